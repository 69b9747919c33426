// The first visit: let the worker fetch the whole application, then start it. Where no worker can live it runs from the network.

const TRIES = 'phieu-so.tries'
const tries = +sessionStorage.getItem(TRIES) || 0
const direct = () => location.replace(`/field/app/direct${location.hash}`)

async function boot() {
  if (!navigator.serviceWorker || tries > 2) return direct()
  sessionStorage.setItem(TRIES, tries + 1)
  const registration = await navigator.serviceWorker.register('/field/app/worker.js', { scope: '/field/app/', updateViaCache: 'none' })
  registration.installing?.addEventListener('statechange', event => { if (event.target.state === 'redundant') direct() })
  await navigator.serviceWorker.ready
  location.reload()
}

boot().catch(direct)
