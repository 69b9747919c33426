// The end of the day: what is still only on this tablet, when the server was last heard, the copy and the journal.

import { acting, button, confirm, h, note } from './dom.js'
import { NoNetwork, call } from './api.js'
import { download } from './copy.js'
import { dropCopy, keptCopy } from './evening.js'
import { saveJournal, saveCopy } from './more.js'
import { forget } from './people.js'
import { returnOf, sendNow } from './rooms.js'
import { dayClock, t } from './text.js'

const count = (app, state) => app.rows.filter(row => row.state === state).length

export async function dayScreen(app) {
  const { session: { person }, work } = app, queued = count(app, 'queued'), drafts = count(app, 'draft')
  const returned = (work?.places || []).flatMap(place => place.stops).filter(stop => stop.state === 'returned' && returnOf(app, stop)).length
  const copy = await keptCopy(person), stuck = app.rows.filter(row => row.state === 'queued' && row.problem)
  const fact = (key, value) => [h('dt', null, t(key)), h('dd', { class: 'figures' }, value)]
  return h('main', { class: 'page', id: 'main' }, h('h1', null, t('day')),
    h('p', { class: 'lead' }, queued ? t('day.unsent', { count: queued }) : t('day.done')),
    stuck.length > 0 && h('div', { class: 'notice' }, stuck.map(row => h('p', null, t('queued.problem', { reason: row.problem })))),
    button(t('send.now'), acting(() => sendNow(app)), 'button--main button--wide'),
    h('dl', { class: 'facts' }, fact('day.queued', String(queued)), fact('device.drafts', String(drafts)), fact('day.returned', String(returned)),
      fact('day.heard', person.seen ? dayClock(person.seen) : '–'),
      fact('day.copied', person.copied?.mark ? t('day.copied.at', { time: dayClock(person.copied.at), count: person.copied.count }) : '–')),
    h('div', { class: 'row row--fill' }, button(t('copy.save'), acting(() => saveCopy(app)), 'button--quiet', { disabled: !(queued + drafts) }),
      button(t('journal.save'), acting(() => saveJournal(app)), 'button--quiet')),
    copy && h('div', { class: 'row' }, button(t('day.copied.save'), () => download(copy, copy.name), 'button--quiet')),
    h('div', { class: 'list' }, h('button', { type: 'button', class: 'button button--row', onclick: () => app.go('more/journal') }, t('journal')),
      h('button', { type: 'button', class: 'button button--row', onclick: () => app.lock() }, t('lock')),
      h('button', { type: 'button', class: 'button button--row', onclick: acting(() => leave(app)) }, t('leave'))))
}

// Take this person off the tablet: only when nothing is left that only this tablet has, and the server knows.
async function leave(app) {
  const { person, token } = app.session, left = app.rows.filter(row => row.state !== 'sent').length
  if (left) return note(t('leave.unsent', { count: left }), 'note--wrong')
  if (!await confirm(t('leave'), t('leave.text'), t('leave'), { danger: true })) return
  try {
    await call('wiped', { method: 'POST', token, body: '{}', headers: { 'Content-Type': 'application/json' } })
  } catch (error) {
    if (error instanceof NoNetwork) return note(t('offline.work'), 'note--wrong')
    if (error.status !== 401) throw error
  }
  await forget(person.id)
  await dropCopy(person)
  app.lock()
}
