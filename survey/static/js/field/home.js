// Today: the places of this enumerator with done, due and returned, and what the tablet still has to send.

import { askToPersist, canInstall, install, isInstalled } from './device.js'
import { acting, button, h, note, replace } from './dom.js'
import { NoNetwork } from './api.js'
import { begin, refresh } from './rooms.js'
import { dayClock, day, t } from './text.js'
import { isWaiting, takeOver } from './update.js'
import { stateOf } from './states.js'
import { fetchWork } from './work.js'

export async function homeScreen(app) {
  const { work, session: { person } } = app
  return h('main', { class: 'page', id: 'main' },
    h('div', { class: 'hello' }, h('h1', null, person.name), h('p', { class: 'soft' }, work ? t('work.at', { time: dayClock(work.at) }) : t('work.none'))),
    warnings(app),
    h('div', { class: 'row row--fill' },
      button(t('work.fetch'), acting(() => fetchAll(app)), work ? 'button--quiet' : ''),
      button(t('send.now'), acting(() => sendNow(app)), 'button--quiet', { disabled: app.sender.state === 'sending' })),
    loose(app),
    work && work.rounds.map(round => roundOf(app, round)),
    work && !work.places.length && h('p', { class: 'lead' }, t('work.empty')))
}

function warnings(app) {
  const { sender, storage, room } = app
  const said = []
  if (sender.state === 'signin') said.push([t('signin.needed'), t('enter.go'), () => app.lock()])
  if (room !== 'all') said.push([t(room === 'none' ? 'full.records' : 'full.photos')])
  if (isWaiting()) said.push([t('update.ready'), t('update.go'), async () => { if (!await takeOver()) note(t('update.later')) }])
  if (!storage.persisted) said.push([t('storage.unsure'), t('storage.ask'), async () => {
    note(t(await askToPersist() ? 'storage.kept' : 'storage.refused'))
    await refresh(app)
    app.route()
  }])
  if (!isInstalled() && canInstall()) said.push([t('install.text'), t('install.go'), () => install()])
  return said.map(([text, label, act]) => h('div', { class: 'notice' }, h('p', null, text), label && button(label, act, 'button--quiet button--small')))
}

async function fetchAll(app) {
  try {
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

async function sendNow(app) {
  app.sender.pause = 1000
  await app.sender.send()
  if (app.sender.state === 'offline') note(t('offline.send'), 'note--wrong')
  app.route()
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
