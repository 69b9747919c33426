// The screens behind the PIN, and what they share: the day's work, the records of this tablet, the one who sends.

import { storage } from './device.js'
import { button, h, note, replace } from './dom.js'
import { Fill } from './fill.js'
import { dayScreen } from './day.js'
import { restoreLost, watchEvening } from './evening.js'
import { homeScreen } from './home.js'
import { Interview } from './interview.js'
import { moreScreen } from './more.js'
import { create, open, rows } from './records.js'
import { Sender } from './send.js'
import { language, t } from './text.js'
import { holdInterview, isWaiting, onUpdate } from './update.js'
import { nameOf, placeScreen, unitScreen } from './visit.js'
import { kept, model } from './work.js'

let current = null
let stopUpdates = () => {}
let stopEvening = () => {}

export async function begin(app) {
  app.work = await kept(app.session)
  app.sender = new Sender(app.session)
  app.sender.addEventListener('change', () => changed(app))
  app.unitRoute = unit => unit ? `unit/${unit}` : 'home'
  app.finished = row => finished(app, row)
  app.lock = () => { location.hash = ''; location.reload() }
  stopUpdates()
  stopUpdates = onUpdate(() => changed(app))
  const restored = await restoreLost(app.session).catch(() => 0)
  if (restored) note(t('copy.restored', { count: restored }))
  await refresh(app)
  app.sender.send()
  stopEvening()
  stopEvening = watchEvening(app)
}

export async function sendNow(app) {
  app.sender.pause = 1000
  await app.sender.send()
  if (app.sender.state === 'offline') note(t('offline.send'), 'note--wrong')
  app.route()
}

// Read anew what this tablet holds and how much room there is.
export async function refresh(app) {
  app.rows = await rows(app.session.person.id)
  app.storage = await storage()
  app.room = app.storage.room
}

async function changed(app) {
  if (app.sender.wiped) return app.lock()
  await refresh(app)
  if (!current) return app.route()
}

export function relabel(app) {
  if (!current) return
  const { form, model: { languages } } = current.interview
  if (languages.includes(language())) form.language = language()
}

export async function show(app, name, rest) {
  if (name === 'fill') return showFill(app, ...rest)
  await leave()
  await refresh(app)
  const screen = { home: homeScreen, place: placeScreen, unit: unitScreen, more: moreScreen, day: dayScreen }[name] || homeScreen
  const top = name === 'home' ? null : name
  app.show(bar(app, top), await screen(app, ...rest))
  if (app.shown !== location.hash) scrollTo(0, 0)
  app.shown = location.hash
}

export const unsent = app => app.rows.filter(row => row.state === 'queued').length

function bar(app, top) {
  const count = unsent(app), { state } = app.sender
  const label = count ? t('unsent', { count }) : t('unsent.none')
  return h('header', { class: 'top' },
    top ? button(`‹ ${t('back')}`, () => history.back(), 'button--plain') : h('p', { class: 'brand' }, h('span', { class: 'brand__mark', 'aria-hidden': 'true' }), 'Phiếu Số'),
    h('div', { class: 'row' },
      h('button', { type: 'button', class: `pill ${count ? 'pill--caution' : 'pill--good'}`, id: 'unsent', onclick: () => app.go('day') },
        state === 'sending' ? t('sending') : label),
      button('☰', () => app.go('more'), 'button--plain', { 'aria-label': t('more') })),
    isWaiting() && h('p', { class: 'notice' }, t('update.waits')))
}

// Start or go on with the interview of a stop: its draft, the correction of a returned record, or a new record.
export async function startInterview(app, place, stop) {
  const draft = app.rows.find(row => row.unit === stop.id && row.state === 'draft')
  if (draft) return app.go(`fill/${draft.id}`)
  if (app.room === 'none') return note(t('full.records'), 'note--wrong')
  const { row } = await begun(app, place, stop)
  app.go(`fill/${row.id}`)
}

// Return the draft of a stop, made now if there is none.
export async function begun(app, place, stop) {
  const draft = app.rows.find(row => row.unit === stop.id && row.state === 'draft')
  if (draft) return open(app.session, draft.id)
  const back = returnOf(app, stop)
  const form = back?.form ?? app.work.forms.find(one => one.round === place.round && one.kind === stop.kind)?.id
  if (form === undefined || !await model(form)) throw new Error(t('no.form'))
  const said = app.work.rounds.find(one => one.id === place.round).known
  const content = { code: stop.code, known: { ...stop.known, ...said }, visits: [], ...back && { answers: back.answers, remark: back.remark, remarks: back.remarks } }
  const made = await create(app.session, { unit: stop.id, round: place.round, form, deprecated: back?.instance }, content)
  await refresh(app)
  return made
}

// The returned record of a stop, unless its correction is on its way already.
export const returnOf = (app, stop) => {
  const back = app.work.returns.find(one => one.unit === stop.id)
  const since = back && app.rows.some(row => row.unit === stop.id && row.correction && row.state !== 'draft' && row.updated > Date.parse(back.at))
  return since ? null : back
}

export const stopOf = (app, unit) => {
  for (const place of app.work?.places || []) {
    const stop = place.stops.find(one => one.id === unit)
    if (stop) return { place, stop }
  }
  return {}
}

async function showFill(app, id, key = '') {
  if (current?.interview.row.id !== id) {
    await leave()
    if (!await enterRecord(app, id)) return
  }
  app.show(current.fill.node)
  app.shown = location.hash
  current.fill.show(key || current.interview.content.where || '')
  current.fill.arrive()
}

// Open a record for one window only; another window that has it open keeps it.
async function enterRecord(app, id) {
  const release = await holdRecord(id)
  if (!release) {
    app.show(bar(app, 'fill'), h('main', { class: 'page' }, h('h1', null, t('elsewhere.title')), h('p', null, t('elsewhere.text'))))
    return false
  }
  const record = await open(app.session, id)
  if (record?.row.state !== 'draft') {
    release()
    app.go('home')
    return false
  }
  const { place, stop } = stopOf(app, record.row.unit)
  const round = app.work?.rounds.find(one => one.id === record.row.round)
  const interview = new Interview(app.session, record, await model(record.row.form), round)
  interview.noPhotos = app.room !== 'all'
  interview.addEventListener('change', () => rescue(app, interview))
  const updates = holdInterview()
  current = { interview, release: () => { release(); updates() } }
  current.fill = new Fill(app, interview, stop ? nameOf(stop) : place?.name || record.content.code)
  interview.keep()
  return true
}

const holdRecord = id => new Promise(resolve => {
  navigator.locks.request(`phieu-so.record.${id}`, { ifAvailable: true }, lock => {
    if (!lock) return resolve(null)
    return new Promise(release => resolve(release))
  })
})

// Leave the interview only when its last answer is on disk.
async function leave() {
  if (!current) return
  const { interview, fill, release } = current
  if (!interview.frozen) {
    interview.event('form exit')
    await Promise.race([interview.keep(), new Promise(resolve => setTimeout(resolve, 5000))])
  }
  fill.close()
  release()
  current = null
}

// Full disk or broken storage: what was typed stays in memory, says so, and is tried again.
function rescue(app, interview) {
  const bad = interview.state === 'full' || interview.state === 'failed'
  const shown = document.getElementById('rescue')
  if (!bad) return shown?.remove()
  if (shown) return
  const box = h('section', { id: 'rescue', class: 'rescue', role: 'alert' })
  replace(box, h('strong', null, t(`rescue.${interview.state}`)), h('p', null, t('rescue.keep')),
    button(t('rescue.copy'), async () => (await import('./more.js')).saveCopy(app), 'button--quiet'))
  document.body.append(box)
}

async function finished(app, row) {
  current?.fill.close()
  current?.release()
  current = null
  await refresh(app)
  note(t('finished'))
  location.replace(`#/${app.unitRoute(row.unit)}`)
  app.sender.send()
}
