// The life of one questionnaire on the tablet: draft → queued (bytes frozen) → sent. Each is a row of its own, keyed by its UUID and
// pinned to its form version. A row's state and number are checked in the transaction that writes it: nothing late overwrites.

import { read, write } from './store.js'
import { openBytes, openSealed, seal, sha256 } from './vault.js'

export class Stale extends Error {}

const about = id => `record:${id}`
const aboutFile = (id, name) => `file:${id}:${name}`

// Start a draft. `about` of a unit is in the content; the row itself says nothing that names anybody.
export async function create(session, { unit, round, form, deprecated = '' }, content) {
  const id = crypto.randomUUID()
  const row = { id, person: session.person.id, unit, round, form, state: 'draft', number: 1, updated: Date.now(), correction: !!deprecated }
  const whole = { ...content, instance: `uuid:${id}`, deprecated }
  const sealed = await seal(session.key, about(id), whole)
  await write(['records'], store => store('records').add({ ...row, sealed }))
  return { row, content: whole }
}

export const rows = person => read(['records'], async store => {
  const found = []
  await store('records').each('person', person, ({ sealed, ...row }) => found.push(row))
  return found
})

export async function open(session, id) {
  const stored = await read(['records'], store => store('records').get(id))
  if (!stored || stored.person !== session.person.id || !stored.sealed) return null
  const { sealed, ...row } = stored
  return { row, content: await openSealed(session.key, about(id), sealed) }
}

// Write `change` over a row only while it is still the draft that was read; returns the new row, throws Stale otherwise.
async function replaceDraft(session, row, content, change, files = []) {
  const sealed = await seal(session.key, about(row.id), content)
  const next = { ...row, ...change, number: row.number + 1, updated: Date.now() }
  await write(['records', 'files'], async store => {
    const stored = await store('records').get(row.id)
    if (stored?.state !== 'draft' || stored.number !== row.number) throw new Stale(row.id)
    for (const file of files) await store('files').put(file)
    await store('records').put({ ...next, sealed })
  })
  return next
}

export const save = (session, row, content, change = {}) => replaceDraft(session, row, content, change)

// Freeze a draft: the bytes that will be sent are made now and never again.
export async function freeze(session, row, content, xml, { outcome, extra = [], unfinished = false }) {
  const files = []
  for (const { name, blob } of extra) files.push(await sealedFile(session, row.id, name, blob))
  const kept = await read(['files'], async store => {
    const found = []
    await store('files').each('record', row.id, ({ sealed, ...file }) => found.push(file))
    return found
  })
  const named = kept.filter(file => xml.includes(`>${file.name}<`) && !files.some(own => own.name === file.name))
  const list = [...named, ...files].map(({ name, size, type, sha256: hash }) => ({ name, size, type, sha256: hash }))
  const frozen = { xml, sha256: await sha256(xml), files: list }
  const { instance, deprecated, code } = content
  return replaceDraft(session, row, { instance, deprecated, code, frozen }, { state: 'queued', queued: Date.now(), outcome, unfinished, tried: 0 }, files)
}

export const queue = async person => (await rows(person)).filter(row => row.state === 'queued').sort((a, b) => a.queued - b.queued)

// Note on a queued row how sending went; a row that is not queued any more is left alone.
export const mark = (id, change) => write(['records'], async store => {
  const stored = await store('records').get(id)
  if (stored?.state === 'queued') await store('records').put({ ...stored, ...change })
})

// The server holds all of it: drop the content, keep the receipt.
export const settle = (id, receipt) => write(['records', 'files'], async store => {
  const stored = await store('records').get(id)
  if (stored?.state !== 'queued') return
  for (const key of await store('files').keysBy('record', id)) await store('files').delete(key)
  const { sealed, ...row } = stored
  await store('records').put({ ...row, state: 'sent', receipt, problem: '' })
})

// Throw a draft away because a person said so.
export const discard = id => write(['records', 'files'], async store => {
  const stored = await store('records').get(id)
  if (stored?.state !== 'draft') throw new Stale(id)
  for (const key of await store('files').keysBy('record', id)) await store('files').delete(key)
  await store('records').delete(id)
})

// Forget receipts of records that the server's own list shows, or that are old.
export const tidy = (person, known) => write(['records'], async store => {
  const old = Date.now() - 30 * 864e5
  for (const row of await store('records').by('person', person)) {
    if (row.state === 'sent' && (row.updated < old || known(row))) await store('records').delete(row.id)
  }
})

async function sealedFile(session, record, name, blob) {
  const bytes = await blob.arrayBuffer()
  const sealed = await seal(session.key, aboutFile(record, name), bytes)
  return { record, name, size: bytes.byteLength, type: blob.type, sha256: await sha256(bytes), sealed }
}

export async function putFile(session, record, name, blob) {
  if (!blob.size) throw new Error('empty')
  const file = await sealedFile(session, record, name, blob)
  await write(['files'], store => store('files').put(file))
}

export async function getFile(session, record, name) {
  const file = await read(['files'], store => store('files').get([record, name]))
  return file ? new Blob([await openBytes(session.key, aboutFile(record, name), file.sealed)], { type: file.type }) : null
}
