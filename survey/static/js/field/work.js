// The day's work: fetched in one go, sealed, and swapped in whole once every questionnaire it needs is here and proved.

import { call, json } from './api.js'
import { log } from './journal.js'
import { tidy } from './records.js'
import { get, put } from './store.js'
import { openSealed, seal, sha256 } from './vault.js'

const about = id => `work:${id}`

export async function kept(session) {
  const stored = await get('work', session.person.id)
  return stored ? { ...await openSealed(session.key, about(session.person.id), stored.sealed), at: stored.at } : null
}

// Fetch work and questionnaires. The work that is here stays until all of the new is on disk.
export async function fetchWork(session) {
  const work = await json('work', { token: session.token })
  for (const id of new Set([...work.forms.map(form => form.id), ...work.older_forms])) await fetchForm(session, id)
  await put('work', { id: session.person.id, at: Date.now(), sealed: await seal(session.key, about(session.person.id), work) })
  const states = new Map(work.places.flatMap(place => place.stops.map(stop => [stop.id, stop.state])))
  await tidy(session.person.id, row => states.get(row.unit))
  await log(session.person.id, 'work', { count: states.size })
  return work
}

async function fetchForm(session, id) {
  if (await get('forms', id)) return
  const { headers, text } = await call(`forms/${id}`, { token: session.token })
  if (await sha256(text) !== headers.get('X-Content-Sha256')) throw new Error('damaged')
  await put('forms', { id, text })
}

// A questionnaire version; versions are never thrown away while the application is installed.
export async function model(id) {
  const form = await get('forms', id)
  return form ? JSON.parse(form.text) : null
}
