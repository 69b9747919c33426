// The copy that the tablet makes by itself of what was not sent yet: once in the evening, and on leaving with something new. It lies
// sealed in the browser's private files, beside the database and not in it, so that either may fail alone.

import { makeCopy, restoreCopy } from './copy.js'
import { log } from './journal.js'
import { remember } from './people.js'
import { rows } from './records.js'

const EVENING = 17
const APART = 30 * 60_000
const LOOK = 60_000
const nameOf = person => `phieu-so-${person}.bin`
const folder = () => navigator.storage.getDirectory()

// What of a person's records a copy would hold, as one short mark; '' when everything was sent.
const markOf = unsent => unsent.length ? [unsent.length, ...['number', 'updated'].map(name => unsent.reduce((sum, row) => sum + row[name], 0))].join('.') : ''

// Whether a copy is due at `now`: after five in the afternoon once a day, on leaving at most every half hour.
export function isDue(now, { at = 0 } = {}, leaving = false) {
  const evening = new Date(now).setHours(EVENING, 0, 0, 0)
  return at > now || (now >= evening && at < evening) || (leaving && now - at >= APART)
}

async function write(name, blob) {
  const file = await (await folder()).getFileHandle(name, { create: true })
  await blob.stream().pipeTo(await file.createWritable())
}

// Write the copy anew when it is due and would differ from the one that is there.
export const copyIfDue = (person, leaving = false, now = Date.now()) => navigator.locks.request(`phieu-so.copy.${person.id}`, { ifAvailable: true }, async lock => {
  if (!lock || !isDue(now, person.copied, leaving)) return false
  const unsent = (await rows(person.id)).filter(row => row.state !== 'sent'), mark = markOf(unsent)
  if (mark === (person.copied?.mark || '')) return false
  if (mark) {
    const { count, blob } = await makeCopy(person.id)
    await write(nameOf(person.id), blob)
    await log(person.id, 'copied.self', { count })
  } else await dropCopy(person)
  person.copied = { at: now, count: unsent.length, mark }
  await remember(person.id, { copied: person.copied })
  return true
})

// The copy of a person, as a file; null when there is none.
export const keptCopy = async ({ id }) => {
  try { return await (await (await folder()).getFileHandle(nameOf(id))).getFile() } catch { return null }
}

export const dropCopy = async ({ id }) => {
  try { await (await folder()).removeEntry(nameOf(id)) } catch { /* There was none. */ }
}

// Bring back what the copy holds when the database was lost and the same person signs in again; returns how many records.
export async function restoreLost(session) {
  const { person } = session, file = person.copied ? null : await keptCopy(person)
  const count = file ? await restoreCopy(session, file) : 0
  if (count) await log(person.id, 'restored', { count })
  return count
}

// Every copy on this tablet, for the day on which the database does not open.
export async function allCopies() {
  const found = []
  for await (const [name, handle] of await folder()) if (name.startsWith('phieu-so-')) found.push(await handle.getFile())
  return found
}

// Watch the clock and the leaving of the page; returns how to stop.
export function watchEvening(app) {
  const trouble = error => log(app.session.person.id, 'copy.failed', { reason: error.message })
  const look = leaving => copyIfDue(app.session.person, leaving).catch(trouble)
  const left = () => { if (document.hidden) look(true) }
  const idle = () => requestIdleCallback(() => { if (app.sender.state !== 'sending') look(false) })
  const timer = setInterval(idle, LOOK)
  document.addEventListener('visibilitychange', left)
  idle()
  return () => { clearInterval(timer); document.removeEventListener('visibilitychange', left) }
}
