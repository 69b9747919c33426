// The first visit: the worker fetches the whole application, then it starts from there. Where no worker can live it runs from the
// network.

const { base, first } = document.body.dataset
const PATIENCE = 4000

const link = properties => new Promise(resolve => {
  const node = Object.assign(document.createElement('link'), properties)
  node.onload = node.onerror = resolve
  document.head.append(node)
})

async function start() {
  for (const name of first.split(' ')) link({ rel: 'modulepreload', href: `${base}/js/field/${name}.js` })
  await Promise.all(['tokens', 'field'].map(name => link({ rel: 'stylesheet', href: `${base}/css/${name}.css` })))
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
