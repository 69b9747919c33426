// The start: words, worker, who is here; and which screen an address shows. What only works after the PIN is loaded then.

import { dropWarnings, h, note, replace } from './dom.js'
import { enterScreens, typing } from './enter.js'
import { open } from './store.js'
import { loadTexts, otherLanguage, t } from './text.js'
import { onUpdate, startWorker, takeOver } from './update.js'

const AWAY = 15 * 60_000
const WHO = 'phieu-so.who'
const { base } = document.body.dataset
const place = document.getElementById('app')
let turn = Promise.resolve()

export const app = {
  session: null,
  rooms: null,
  show: (...nodes) => replace(place, ...nodes),
  go(route) {
    if (location.hash === `#/${route}`) return app.route()
    location.hash = `#/${route}`
  },
  // Show what the address says; one screen after the other, for a record is opened once.
  route() {
    const shown = turn.then(draw)
    turn = shown.catch(() => {})
    return shown
  },
  async entered(session) {
    const who = String(session.person.id)
    if (sessionStorage.getItem(WHO) !== who) history.replaceState(null, '', location.pathname)
    sessionStorage.setItem(WHO, who)
    app.session = session
    app.rooms ||= await import('./rooms.js')
    await app.rooms.begin(app)
    await app.route()
    fetch(`${base}/text/en.json`).catch(() => {})
  },
  async switchLanguage() {
    try { await loadTexts(base, otherLanguage()) } catch { return note(t('offline.language'), 'note--wrong') }
    app.rooms?.relabel(app)
    await app.route()
  },
}

async function draw() {
  if (!app.session) return enterScreens(app)
  const [name = '', ...rest] = location.hash.replace(/^#\//, '').split('/').map(decodeURIComponent)
  await app.rooms.show(app, name || 'home', rest)
}

// Nothing is deleted when the database does not open: say so, and let the person try again.
async function rescue(error) {
  const [{ allCopies }, { download }] = await Promise.all([import('./evening.js'), import('./copy.js')])
  const copies = await allCopies().catch(() => [])
  app.show(h('main', { class: 'page narrow' }, h('h1', null, t('rescue.title')), h('p', null, t('rescue.text')), h('p', { class: 'soft' }, String(error?.message || error)),
    h('button', { type: 'button', class: 'button button--main', onclick: () => location.reload() }, t('again')),
    copies.map(file => h('button', { type: 'button', class: 'button button--quiet button--wide', onclick: () => download(file, file.name) }, t('day.copied.save')))))
}

let hiddenAt = 0
document.addEventListener('visibilitychange', () => {
  if (document.hidden) hiddenAt = Date.now()
  else if (app.session && hiddenAt && Date.now() - hiddenAt > AWAY) location.reload()
})
addEventListener('hashchange', () => { dropWarnings(); app.route() })
addEventListener('unhandledrejection', event => note(t('trouble', { reason: event.reason?.message || event.reason }), 'note--wrong'))

// No module waits for this one to end, for those that load later import from it.
async function start() {
  const database = open().then(() => null, error => error || new Error())
  await loadTexts(base).catch(() => loadTexts(base, 'vi'))
  const broken = await database
  if (broken) await rescue(broken)
  else await app.route().catch(rescue)
  const updateWhileLocked = () => { if (!app.session && !typing.begun) takeOver() }
  onUpdate(updateWhileLocked)
  document.head.append(h('link', { rel: 'manifest', href: '/field/app/app.webmanifest' }))
  startWorker().then(updateWhileLocked, () => {})
}

start()
