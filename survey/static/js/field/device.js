// What the browser promises about storage, and how much room is left. Asked at each start; shown, never assumed.

const PHOTO_ROOM = 500e6
const RECORD_ROOM = 20e6

export async function storage() {
  const manager = navigator.storage
  if (!manager?.estimate) return { persisted: false, free: Infinity, usage: 0 }
  const { quota = 0, usage = 0 } = await manager.estimate()
  return { persisted: await manager.persisted(), free: Math.max(0, quota - usage), usage }
}

export const askToPersist = async () => {
  const manager = navigator.storage
  return manager?.persist ? await manager.persisted() || manager.persist() : false
}

export const roomFor = free => free < RECORD_ROOM ? 'none' : free < PHOTO_ROOM ? 'records' : 'all'

export const isInstalled = () => matchMedia('(display-mode: standalone)').matches

let offer = null
addEventListener('beforeinstallprompt', event => { event.preventDefault(); offer = event; dispatchEvent(new Event('installable')) })
export const canInstall = () => offer !== null
export async function install() {
  const asked = offer
  offer = null
  await asked?.prompt()
}
