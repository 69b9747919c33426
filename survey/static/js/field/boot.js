// The first visit: the worker fetches the whole application, then it starts from there. Where no worker can live it runs from the
// network.

const { base } = document.body.dataset
const PATIENCE = 4000

async function start() {
  await new Promise(resolve => {
    const style = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: `${base}/css/field.css`, onload: resolve, onerror: resolve })
    document.head.append(style)
  })
  await import(`${base}/js/field/main.js`)
}

async function keep() {
  const worker = navigator.serviceWorker
  const registration = await worker.register('/field/app/worker.js', { scope: '/field/app/', updateViaCache: 'none' })
  await new Promise((resolve, reject) => {
    if (worker.controller) return resolve()
    worker.addEventListener('controllerchange', resolve, { once: true })
    registration.installing?.addEventListener('statechange', ({ target }) => { if (target.state === 'redundant') reject() })
    if (registration.active) setTimeout(resolve, PATIENCE)
  })
}

keep().catch(() => {}).then(start)
