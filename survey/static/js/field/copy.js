// A file with everything that was not sent yet, sealed as it lies on disk. The same enumerator can restore it on another tablet: the
// key travels inside, wrapped under the key that the server gives after a sign-in. First line JSON, then the sealed bytes in order.

import { rows } from './records.js'
import { get, read, write } from './store.js'
import { keyByRecovery, openBytes, seal } from './vault.js'

const MARK = 'phieu-so-copy-1'
const list = bytes => [...new Uint8Array(bytes)]
const bytes = numbers => new Uint8Array(numbers)

// Return the file and how many records it holds; needs no PIN, so it works when nothing else does.
export async function makeCopy(id) {
  const person = await get('people', id), parts = [], records = []
  const lay = sealed => { parts.push(sealed.data); return { iv: list(sealed.iv), size: sealed.data.byteLength } }
  for (const row of await rows(id)) {
    if (row.state === 'sent') continue
    const { sealed, ...own } = await get('records', row.id)
    const files = await read(['files'], store => store('files').by('record', row.id))
    records.push({ row: own, sealed: lay(sealed), files: files.map(({ sealed: inside, ...file }) => ({ file, sealed: lay(inside) })) })
  }
  const { iv, data } = person.vault.byRecovery
  const head = { mark: MARK, person: id, made: new Date().toISOString(), key: { iv: list(iv), data: list(data) }, records }
  return { count: records.length, blob: new Blob([JSON.stringify(head), '\n', ...parts], { type: 'application/octet-stream' }) }
}

async function headOf(blob) {
  const start = new Uint8Array(await blob.slice(0, Math.min(blob.size, 32e6)).arrayBuffer()), end = start.indexOf(10)
  const head = end > 0 ? JSON.parse(new TextDecoder().decode(start.subarray(0, end))) : {}
  if (head.mark !== MARK) throw new Error('no-copy')
  return { head, offset: end + 1 }
}

// Bring back the records of a copy. What this tablet knows already stays as it is. Returns how many came back.
export async function restoreCopy(session, blob) {
  const { head, offset } = await headOf(blob)
  if (head.person !== session.person.id) throw new Error('other-person')
  const key = { iv: bytes(head.key.iv), data: bytes(head.key.data).buffer }
  const old = await keyByRecovery({ byRecovery: key }, session.recovery)
  let place = offset, restored = 0
  const take = async (about, { iv, size }) => {
    const data = await blob.slice(place, place += size).arrayBuffer()
    return seal(session.key, about, await openBytes(old, about, { iv: bytes(iv), data }))
  }
  for (const { row, sealed, files } of head.records) {
    const record = { ...row, sealed: await take(`record:${row.id}`, sealed) }, own = []
    for (const { file, sealed: inside } of files) own.push({ ...file, sealed: await take(`file:${row.id}:${file.name}`, inside) })
    restored += await keep(record, own)
  }
  return restored
}

const keep = (record, files) => write(['records', 'files'], async store => {
  if (await store('records').get(record.id)) return 0
  for (const file of files) await store('files').put(file)
  await store('records').put(record)
  return 1
})

// Hand a file to the person.
export function download(blob, name) {
  const address = URL.createObjectURL(blob)
  const link = document.createElement('a')
  Object.assign(link, { href: address, download: name })
  document.body.append(link)
  link.click()
  link.remove()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}
