// Keeps one edition of the application, whole or not at all. Touches GET requests for files of an edition and nothing else:
// what is sent to the server never passes through here. BUILD, PACK and SHA256 are written above by the server.

const PREFIX = 'phieu-so-'
const OWN = PREFIX + BUILD
const PAGE = '/field/app/'
let opened = null
const GUARDS = ['content-security-policy', 'x-content-type-options', 'referrer-policy', 'permissions-policy', 'cross-origin-opener-policy']

self.addEventListener('install', event => {
  event.waitUntil(keep())
  // What is surely in this edition's cache needs no worker to wake up first.
  event.addRoutes?.(['', ...['css/*', 'js/*', 'icons/*'].map(path => `files/${BUILD}/${path}`)].map(path => ({
    condition: { urlPattern: new URLPattern({ pathname: PAGE + path, baseURL: location.origin }), requestMethod: 'GET' }, source: { cacheName: OWN },
  })))
})
self.addEventListener('activate', event => event.waitUntil(tidy().then(() => self.clients.claim())))
self.addEventListener('message', event => { if (event.data === 'take-over') self.skipWaiting() })
self.addEventListener('fetch', event => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== location.origin) return
  if (request.mode === 'navigate' ? pathname === PAGE : pathname.startsWith(PAGE + 'files/')) event.respondWith(own(pathname, request))
})

// Fetch the pack, prove it, and lay its files into a cache of this edition's own. When any of it fails, the installation fails and
// the edition that is here goes on.
async function keep() {
  const reply = await fetch(PACK, { credentials: 'omit' })
  const bytes = await reply.arrayBuffer(), digest = await crypto.subtle.digest('SHA-256', bytes)
  const hash = Array.from(new Uint8Array(digest), b => b.toString(16).padStart(2, '0')).join('')
  if (!reply.ok || hash !== SHA256) throw new Error('damaged')
  const end = new Uint8Array(bytes).indexOf(10), cache = await caches.open(OWN)
  let place = end + 1
  await Promise.all(JSON.parse(new TextDecoder().decode(bytes.slice(0, end))).map(([address, type, size]) => {
    const headers = new Headers({ 'Content-Type': type })
    for (const name of GUARDS) if (reply.headers.has(name)) headers.set(name, reply.headers.get(name))
    return cache.put(address, new Response(bytes.slice(place, place += size), { headers }))
  }))
}

// Keep this edition and the one before it, which an open page may still be reading.
async function tidy() {
  const old = (await caches.keys()).filter(name => name.startsWith(PREFIX) && name !== OWN)
  await Promise.all(old.slice(0, -1).map(name => caches.delete(name)))
}

// What an edition has beyond its pack (the texts of the other language) is kept once it was asked for.
async function own(address, request) {
  const cache = await (opened ||= caches.open(OWN)), kept = await cache.match(address) || await caches.match(address)
  if (kept) return kept
  const reply = await fetch(request)
  if (reply.ok && address.includes(BUILD)) await cache.put(address, reply.clone())
  return reply
}
