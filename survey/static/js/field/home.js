// Today: the places of this enumerator with done, due and returned, and what the tablet still has to send.

import { askToPersist, canInstall, install, isInstalled } from './device.js'
import { acting, button, h, note } from './dom.js'
import { NoNetwork } from './api.js'
import { begin, refresh, sendNow, stopOf } from './rooms.js'
import { dayClock, day, t } from './text.js'
import { isWaiting, takeOver } from './update.js'
import { stateOf } from './states.js'
import { nameOf } from './visit.js'
import { fetchWork } from './work.js'

export async function homeScreen(app) {
  const { work, session: { person } } = app
  return h('main', { class: 'page', id: 'main' },
    h('div', { class: 'hello' }, h('h1', null, person.name), h('p', { class: 'soft' }, work ? t('work.at', { time: dayClock(work.at) }) : t('work.none'))),
    warnings(app),
    h('div', { class: 'row row--fill' },
      button(t('work.fetch'), acting(() => fetchAll(app)), work ? 'button--quiet' : ''),
      button(t('send.now'), acting(() => sendNow(app)), 'button--quiet', { disabled: app.sender.state === 'sending' })),
    again(app),
    loose(app),
    work && work.rounds.map(round => roundOf(app, round)),
    work && !work.places.length && h('p', { class: 'lead' }, t('work.empty')),
    button(t('day'), () => app.go('day'), 'button--quiet button--wide'))
}

function warnings(app) {
  const { sender, storage, room } = app
  const said = []
  if (sender.state === 'signin') said.push([t('signin.needed'), t('enter.go'), () => app.lock()])
  if (room !== 'all') said.push([t(room === 'none' ? 'full.records' : 'full.photos')])
  if (isWaiting()) said.push([t('update.ready'), t('update.go'), async () => { if (!await takeOver()) note(t('update.later')) }])
  if (sender.wipe) said.push([t('journal.wipe-waits')])
  if (!isInstalled() && canInstall()) said.push([t('install.text'), t('install.go'), () => install()])
  if (!storage.persisted) said.unshift([t(app.session.person.lasting ? 'storage.stop' : 'storage.unsure'), t('storage.ask'), () => ask(app), app.session.person.lasting && 'notice--wrong'])
  return said.map(([text, label, act, kind]) => h('div', { class: `notice ${kind || ''}` }, h('p', null, text), label && button(label, act, 'button--quiet button--small')))
}

async function ask(app) {
  const kept = await askToPersist()
  await refresh(app)
  await app.route()
  note(t(kept ? 'storage.kept' : 'storage.refused'), kept ? '' : 'note--wrong')
}

// Work is fetched only into storage that the browser has promised to keep, unless the office waived that. What is here goes on.
async function mayFetch(app) {
  if (await askToPersist()) return true
  if (app.session.person.lasting === undefined) await app.sender.greet()
  return !app.session.person.lasting
}

async function fetchAll(app) {
  try {
    if (!await mayFetch(app)) return note(t('storage.refused'), 'note--wrong')
    await fetchWork(app.session)
    app.work = null
    app.sender.stop()
    await begin(app)
    note(t('work.fetched'))
  } catch (error) {
    note(error instanceof NoNetwork ? t('offline.work') : t('trouble', { reason: error.message }), 'note--wrong')
  }
  app.route()
}

// Who asked to be visited again, the next first.
function again(app) {
  const rows = app.rows.filter(row => row.state === 'draft' && row.again && stopOf(app, row.unit).stop).sort((a, b) => a.again - b.again)
  return rows.length > 0 && h('section', null, h('h2', null, t('again.title')), h('div', { class: 'list' }, rows.map(row =>
    h('a', { class: 'button button--row', href: `#/${app.unitRoute(row.unit)}` }, h('span', null, nameOf(stopOf(app, row.unit).stop)),
      h('span', { class: row.again < Date.now() ? 'state state--wrong' : 'state state--caution' }, dayClock(row.again))))))
}

// Records of units that are no longer in the work: they are shown, and sent, all the same.
function loose(app) {
  const known = new Set((app.work?.places || []).flatMap(place => place.stops.map(stop => stop.id)))
  const rows = app.rows.filter(row => row.state !== 'sent' && !known.has(row.unit))
  if (!rows.length) return null
  return h('section', null, h('h2', null, t('loose')), h('div', { class: 'list' }, rows.map(row =>
    h('button', { type: 'button', class: 'button button--row', onclick: () => row.state === 'draft' && app.go(`fill/${row.id}`) },
      h('span', null, t('loose.record', { time: dayClock(row.updated) })), h('span', { class: 'state state--caution' }, t(`state.${row.state}`))))))
}

function roundOf(app, round) {
  const places = app.work.places.filter(place => place.round === round.id)
  return h('section', null,
    round.is_synthetic && h('p', { class: 'synthetic' }, t('synthetic')),
    h('h2', null, round.title), h('p', { class: 'soft' }, t('round.until', { day: day(`${round.ends_on}T12:00`) })),
    places.map(place => placeCard(app, place)))
}

function placeCard(app, place) {
  const main = place.stops.filter(stop => stop.role === 'main')
  const counts = {}
  for (const stop of main) { const { group } = stateOf(app, stop); counts[group] = (counts[group] || 0) + 1 }
  const done = (counts.done || 0) + (counts.refused || 0)
  const part = (group, kind = '') => counts[group] ? h('span', { class: `state ${kind}` }, t(`count.${group}`, { count: counts[group] })) : null
  return h('a', { class: 'place', href: `#/place/${place.round}/${place.id}` },
    h('span', { class: 'place__name' }, place.name || t('place.single')),
    place.commune && h('span', { class: 'soft' }, t('place.where', { commune: place.commune, district: place.district, present: place.present })),
    h('progress', { max: main.length || 1, value: done, 'aria-label': t('progress') }),
    h('span', { class: 'row' }, h('span', { class: 'state state--good' }, t('count.of', { done, all: main.length })),
      part('due'), part('begun', 'state--caution'), part('returned', 'state--wrong'), part('refused')))
}
