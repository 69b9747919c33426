// What the browser promises about storage, and how much room is left. Asked at each start; shown, never assumed.

const PHOTO_ROOM = 500e6
const RECORD_ROOM = 20e6

const AGAIN = 30_000
let measured = { at: 0, room: 'all' }

export async function storage() {
  const manager = navigator.storage
  if (!manager?.estimate) return { persisted: false, free: Infinity, usage: 0, room: 'all' }
  const { quota = 0, usage = 0 } = await manager.estimate(), free = Math.max(0, quota - usage)
  if (Date.now() - measured.at > AGAIN || Date.now() < measured.at) measured = { at: Date.now(), room: await roomFor(free) }
  const { room } = measured
  return { persisted: await manager.persisted(), free: room === 'all' ? free : Math.min(free, room === 'none' ? RECORD_ROOM : PHOTO_ROOM), usage, room }
}

const roomFor = async free => !await fits(RECORD_ROOM, free) ? 'none' : !await fits(PHOTO_ROOM, free) ? 'records' : 'all'

// Newer browsers name the same free room to every site, whatever the disk has. So it is tried: an empty private file is stretched, which
// writes nothing, and thrown away.
async function fits(bytes, free) {
  if (free < bytes) return false
  try {
    const folder = await navigator.storage.getDirectory()
    const writer = await (await folder.getFileHandle('room', { create: true })).createWritable()
    try { await writer.truncate(bytes) } finally { await writer.abort().catch(() => {}) }
    await folder.removeEntry('room').catch(() => {})
    return true
  } catch (error) { return error.name !== 'QuotaExceededError' }
}

export const askToPersist = async () => {
  const manager = navigator.storage
  return manager?.persist ? await manager.persisted() || manager.persist() : false
}

export const isInstalled = () => matchMedia('(display-mode: standalone)').matches

let offer = null
addEventListener('beforeinstallprompt', event => { event.preventDefault(); offer = event; dispatchEvent(new Event('installable')) })
export const canInstall = () => offer !== null
export async function install() {
  const asked = offer
  offer = null
  await asked?.prompt()
}
