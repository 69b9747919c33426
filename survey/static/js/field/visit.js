// The households of a place, and one household: how to find it, what came back, the visits so far, the interview.

import { acting, button, confirm, dialog, h, note } from './dom.js'
import { discard, open, save } from './records.js'
import { begun, refresh, returnOf, startInterview, stopOf } from './rooms.js'
import { stateOf } from './states.js'
import { dayClock, fold, t } from './text.js'

const FILTERS = ['all', 'due', 'begun', 'returned', 'done', 'refused']
export const nameOf = stop => stop.find.head_name || stop.find.enterprise_name || stop.find.institution_name || stop.find.name || stop.code
const whereOf = stop => [stop.find.address, stop.find.hamlet].filter(Boolean).join(', ')
let filter = 'all'
let typed = ''

export async function placeScreen(app, round, id) {
  const place = app.work?.places.find(one => one.round === +round && one.id === +id)
  if (!place) return h('main', { class: 'page' }, h('p', null, t('work.none')))
  const list = h('div', { class: 'list' })
  const show = () => list.replaceChildren(...place.stops.filter(stop => isWanted(app, stop)).map(stop => line(app, stop)),
    ...place.stops.some(stop => isWanted(app, stop)) ? [] : [h('p', { class: 'soft' }, t('list.empty'))])
  const chips = h('div', { class: 'chips', role: 'group', 'aria-label': t('filter') }, FILTERS.map(name => {
    const count = place.stops.filter(stop => name === 'all' || stateOf(app, stop).group === name).length
    return count || name === 'all' ? h('button', { type: 'button', class: 'chip', 'aria-pressed': String(filter === name), onclick: () => { filter = name; app.route() } }, t(`filter.${name}`, { count })) : null
  }))
  if (!chips.querySelector('[aria-pressed=true]')) filter = 'all'
  show()
  return h('main', { class: 'page', id: 'main' },
    h('h1', null, place.name || t('place.single')),
    place.commune && h('p', { class: 'soft' }, t('place.where', { commune: place.commune, district: place.district, present: place.present })),
    place.directions && h('p', null, place.directions), chips,
    h('input', { type: 'search', value: typed, placeholder: t('search.unit'), 'aria-label': t('search.unit'), oninput: event => { typed = event.target.value; show() } }), list)
}

const isWanted = (app, stop) => (filter === 'all' || stateOf(app, stop).group === filter)
  && (!typed || fold(`${nameOf(stop)} ${whereOf(stop)} ${stop.code}`).includes(fold(typed)))

function line(app, stop) {
  const { label, kind } = stateOf(app, stop)
  return h('a', { class: 'button button--row', href: `#/unit/${stop.id}` },
    h('span', null, h('strong', null, nameOf(stop)), h('br'), h('span', { class: 'soft' }, [stop.known.household_no && t('unit.number', { n: stop.known.household_no }), whereOf(stop)].filter(Boolean).join(' · ')),
      stop.role === 'reserve' && h('span', { class: 'soft' }, ` · ${t('unit.reserve')}`)),
    h('span', { class: `state ${kind}` }, label))
}

export async function unitScreen(app, id) {
  const { place, stop } = stopOf(app, +id)
  if (!stop) return h('main', { class: 'page' }, h('p', null, t('work.none')))
  const own = app.rows.filter(row => row.unit === stop.id).toSorted((a, b) => b.updated - a.updated)
  const draft = own.find(row => row.state === 'draft'), back = returnOf(app, stop), { label, kind } = stateOf(app, stop)
  const visits = draft ? (await open(app.session, draft.id)).content.visits || [] : []
  const isOver = !draft && !back && (own.length > 0 || !!stop.state)
  const begin = draft ? t('interview.continue') : back ? t('interview.correct') : t('interview.begin')
  return h('main', { class: 'page', id: 'main' },
    h('h1', null, nameOf(stop)), h('p', null, h('span', { class: `state ${kind}` }, label)),
    h('dl', { class: 'facts' }, [['unit.code', stop.code], ['unit.household_no', stop.known.household_no], ['unit.hamlet', stop.find.hamlet], ['unit.address', stop.find.address],
      ['unit.phone', stop.find.phone], ['unit.directions', stop.find.directions]].filter(([, value]) => value).map(([key, value]) => [h('dt', null, t(key)), h('dd', null, value)])),
    back && returned(back), own.filter(row => row.state !== 'draft').map(sentLine),
    !isOver && button(begin, acting(() => startInterview(app, place, stop).catch(error => note(error.message, 'note--wrong'))), 'button--main button--wide'),
    !isOver && h('section', null, h('h2', null, t('visits')), visits.length ? h('ul', { class: 'plain-list' }, visits.map(visitLine)) : h('p', { class: 'soft' }, t('visits.none')),
      button(t('visit.add'), () => addVisit(app, place, stop), 'button--quiet')),
    draft && h('p', { class: 'row' }, h('button', { type: 'button', class: 'plain', onclick: () => throwAway(app, draft) }, t('draft.discard'))))
}

const returned = back => h('section', { class: 'notice notice--wrong' }, h('h2', null, t('returned.title')), back.remark && h('p', null, back.remark),
  Object.keys(back.remarks).length > 0 && h('p', { class: 'soft' }, t('returned.fields', { count: Object.keys(back.remarks).length })))

const sentLine = row => h('p', { class: 'soft' }, row.state === 'queued' ? (row.problem ? t('queued.problem', { reason: row.problem }) : t('queued.at', { time: dayClock(row.queued) }))
  : t(row.receipt.held ? 'receipt.held' : 'receipt', { number: row.receipt.number, time: dayClock(row.receipt.at) }))

const visitLine = visit => h('li', null, h('strong', null, dayClock(visit.at)), ' · ', t(`visit.${visit.result}`),
  visit.again && [' · ', t('visit.again.at', { time: dayClock(visit.again) })], visit.note && [h('br'), visit.note])

async function addVisit(app, place, stop) {
  const visit = await dialog(t('visit.add'), close => {
    const result = h('select', { 'aria-label': t('visit.result') }, ['absent', 'appointment', 'other'].map(value => h('option', { value }, t(`visit.${value}`))))
    const again = h('input', { type: 'datetime-local' }), text = h('input', { type: 'text', maxlength: 200 })
    return [h('label', { class: 'field' }, h('span', null, t('visit.result')), result), h('label', { class: 'field' }, h('span', null, t('visit.again')), again),
      h('label', { class: 'field' }, h('span', null, t('visit.note')), text),
      h('div', { class: 'dialog__bar' }, button(t('cancel'), () => close(), 'button--quiet'),
        button(t('save'), () => close({ at: Date.now(), result: result.value, again: again.value && new Date(again.value).getTime(), note: text.value.normalize('NFC').trim() })))]
  })
  if (!visit) return
  try {
    const { row, content } = await begun(app, place, stop)
    content.visits = [...content.visits || [], visit]
    if (!content.answers) content.known = { ...content.known, visit_no: String(content.visits.length + 1) }
    await save(app.session, row, content, { again: visit.again || 0 })
  } catch (error) {
    note(t('trouble', { reason: error.message }), 'note--wrong')
  }
  await refresh(app)
  app.route()
}

async function throwAway(app, draft) {
  if (!await confirm(t('draft.discard'), t('draft.discard.text'), t('draft.discard'), { danger: true })) return
  await discard(draft.id)
  app.route()
}
