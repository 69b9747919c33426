// The worker, and when a new edition may take over: never while an interview is open in any window.

const INTERVIEW = 'phieu-so.interview'
const listeners = new Set()
let registration = null

export const onUpdate = listener => { listeners.add(listener); return () => listeners.delete(listener) }
export const isWaiting = () => !!registration?.waiting

const tell = () => listeners.forEach(listener => listener())
const watch = worker => worker?.addEventListener('statechange', () => { if (worker.state === 'installed') tell() })

export async function startWorker() {
  if (!navigator.serviceWorker) return
  registration = await navigator.serviceWorker.register('/field/app/worker.js', { scope: '/field/app/', updateViaCache: 'none' })
  watch(registration.installing)
  registration.addEventListener('updatefound', () => watch(registration.installing))
}

// Look for a new edition; `build` is what the server announced.
export const lookFor = build => build && build !== document.body.dataset.build ? registration?.update().catch(() => {}) : undefined

// Hold the interview open until the returned function is called.
export function holdInterview() {
  let release
  const held = new Promise(resolve => { release = resolve })
  navigator.locks.request(INTERVIEW, { mode: 'shared' }, () => held)
  return release
}

// Let a waiting edition take over and start it; returns false, and changes nothing, while an interview is open somewhere.
export const takeOver = () => navigator.locks.request(INTERVIEW, { mode: 'exclusive', ifAvailable: true }, async lock => {
  const waiting = registration?.waiting
  if (!lock || !waiting) return false
  const changed = new Promise(resolve => navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }))
  waiting.postMessage('take-over')
  await changed
  location.reload()
  return true
})
