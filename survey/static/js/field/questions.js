// How one question stands on the screen. Every control writes XForms lexical values through `interview.set`.

import { alternatives, readNumber, writeNumber } from '../fill/numbers.js'
import { acting, button, dialog, h, note, replace } from './dom.js'
import { FILE_BYTES, position, preview, shrink, sign } from './media.js'
import { getFile, putFile } from './records.js'
import { fold, t } from './text.js'

const LONG = 9
const VERY_LONG = 40
const has = (node, word) => (node.appearance || '').split(' ').includes(word)
const idOf = path => `q-${path.replace(/[^\w]/g, '-')}`

export { idOf }

// Build the control of a question: an element with `refresh(value)`.
export function controlOf(interview, { path, node, row }) {
  const make = MAKERS[node.kind] || text
  return make({ interview, path, node, row, id: idOf(path), value: interview.form.lexical(row, node), put: (v, typed) => interview.set(path, v, typed) })
}

const withRefresh = (element, refresh) => Object.assign(element, { refresh })

function input(place, props, read, write) {
  const { interview, path, id, value, put } = place
  const field = h(props.tag || 'input', { ...props, tag: null, id, autocomplete: 'off', 'aria-describedby': `${id}-said`, value: interview.unread[path] ?? write(value) })
  field.addEventListener('focus', () => { interview.focused[path] = Date.now() })
  field.addEventListener(props.on || 'input', () => put(...read(field.value)))
  return withRefresh(field, now => { if (document.activeElement !== field && interview.unread[path] === undefined) field.value = write(now) })
}

const text = place => input(place, has(place.node, 'multiline')
  ? { tag: 'textarea', rows: 3 }
  : { type: 'text', inputmode: has(place.node, 'numbers') ? 'numeric' : undefined, autocapitalize: place.node.identity ? 'words' : 'sentences' },
typed => [typed.normalize('NFC').trim()], value => value)

function number(place) {
  const whole = place.node.kind === 'integer'
  return input(place, { type: 'text', inputmode: whole ? 'numeric' : 'decimal', class: 'number', enterkeyhint: 'next' }, typed => {
    if (!typed.trim()) return ['']
    const value = readNumber(typed)
    return value === null ? ['', typed] : [value]
  }, value => value === '' ? '' : writeNumber(value, false))
}

// What is wrong with a text that is no number yet.
export function unreadable(typed) {
  const choices = alternatives(typed)
  return choices ? t('number.ambiguous', { a: choices[0], b: choices[1] }) : t('number.unreadable')
}

const date = place => input(place, { type: 'date', on: 'change' }, typed => [typed], value => value)
const time = place => input(place, { type: 'time', on: 'change' }, typed => [typed], value => value.slice(0, 5))
const datetime = place => input(place, { type: 'datetime-local', on: 'change' }, typed => [typed && `${typed}:00.000+07:00`], value => value.slice(0, 16))

const offered = ({ interview, node, row }) => interview.form.offered(node, row)

function options(place, type, codesOf, change) {
  const choices = offered(place)
  const short = choices.length <= 4 && choices.every(choice => choice.label.length <= 16)
  const inputs = choices.map(choice => h('input', { type, name: place.id, value: choice.value, 'data-code': choice.value }))
  const mark = value => { const codes = codesOf(value); for (const one of inputs) one.checked = codes.includes(one.dataset.code) }
  inputs.forEach(one => one.addEventListener('click', () => change(one, mark)))
  mark(place.value)
  const box = h('div', { class: short ? 'opts opts--row' : 'opts' }, choices.map((choice, i) => h('label', { class: 'opt' }, inputs[i], h('span', null, choice.label))))
  return withRefresh(box, mark)
}

function selectOne(place) {
  const choices = offered(place)
  if (choices.length > VERY_LONG) return picker(place, choices)
  if (has(place.node, 'minimal') || choices.length > LONG) return dropdown(place, choices)
  let chosen = place.value
  const box = options(place, 'radio', value => [value], (one, mark) => {
    chosen = one.dataset.code === chosen && !place.interview.form.rule(place.node, place.row, 'required') ? '' : one.dataset.code
    mark(chosen)
    place.put(chosen)
  })
  const { refresh } = box
  return withRefresh(box, value => { chosen = value; refresh(value) })
}

function dropdown(place, choices) {
  const field = h('select', { id: place.id, 'aria-describedby': `${place.id}-said` }, h('option', { value: '' }, t('choose')),
    choices.map(choice => h('option', { value: choice.value }, choice.label)))
  field.value = place.value
  field.addEventListener('change', () => place.put(field.value))
  return withRefresh(field, value => { field.value = value })
}

// A long list is searched, without marks: never thousands of lines at once.
function picker(place, choices) {
  const labelOf = value => choices.find(choice => choice.value === value)?.label || t('choose')
  const opener = button(labelOf(place.value), async () => {
    const found = await dialog(place.interview.form.say(place.node, place.row), close => {
      const list = h('div', { class: 'list' })
      const show = typed => replace(list, choices.filter(choice => fold(choice.label).includes(fold(typed)) || choice.value.startsWith(typed)).slice(0, 50)
        .map(choice => button(choice.label, () => close(choice.value), 'button--row')))
      show('')
      return [h('input', { type: 'search', placeholder: t('search'), oninput: event => show(event.target.value) }), list]
    })
    if (found !== null) { place.put(found); opener.textContent = labelOf(found) }
  }, 'button--field', { id: place.id })
  return withRefresh(opener, value => { opener.textContent = labelOf(value) })
}

const codes = value => value.split(/\s+/).filter(Boolean)
const selectMany = place => options(place, 'checkbox', codes, () => {
  const order = offered(place).map(choice => choice.value)
  const checked = [...document.querySelectorAll(`[name="${place.id}"]:checked`)].map(one => one.dataset.code)
  place.put(order.filter(code => checked.includes(code)).join(' '))
})

// Ranked by the order of taps.
const rank = place => options(place, 'checkbox', codes, one => {
  const rest = codes(place.interview.form.get(place.path)).filter(code => code !== one.dataset.code)
  place.put((one.checked ? [...rest, one.dataset.code] : rest).join(' '))
})

function acknowledge(place) {
  const field = h('input', { type: 'checkbox', id: place.id })
  field.checked = place.value === 'OK'
  field.addEventListener('change', () => place.put(field.checked ? 'OK' : ''))
  return withRefresh(h('label', { class: 'opt' }, field, h('span', null, t('acknowledge'))), value => { field.checked = value === 'OK' })
}

function range(place) {
  const { start = '1', end = '10', step = '1' } = place.node.parameters || {}
  return input(place, { type: 'number', min: start, max: end, step, inputmode: 'decimal', class: 'number' }, typed => [typed], value => value)
}

function geopoint(place) {
  const policy = place.interview.round?.gps || 'off'
  const shown = h('output', { class: 'figures' })
  const refresh = value => replace(shown, value ? value.split(' ').slice(0, 2).join(', ') : '')
  refresh(place.value)
  if (policy === 'off') return withRefresh(h('p', { class: 'soft' }, t('gps.off')), () => {})
  const take = acting(async () => {
    try { place.put(await position(policy)) } catch { note(t('gps.failed'), 'note--wrong') }
  })
  return withRefresh(h('div', { class: 'stack' }, button(t('gps.take'), take, 'button--quiet', { id: place.id }), shown), refresh)
}

const isDrawn = node => ['signature', 'draw', 'annotate'].some(word => has(node, word))

function image(place) {
  const { interview, node } = place, { session } = interview, box = h('div', { class: 'stack' })
  if (interview.round?.photos === 'off') return withRefresh(h('p', { class: 'soft' }, t('photo.off')), () => {})
  const keep = async (blob, ending) => {
    const name = `${crypto.randomUUID()}.${ending}`
    try {
      await putFile(session, interview.row.id, name, blob)
      place.put(name)
    } catch { note(t('full.photo'), 'note--wrong') }
  }
  const take = async event => {
    const [file] = event.target.files
    if (!file) return
    try { await keep(await shrink(file, +node.parameters?.['max-pixels'] || undefined), 'jpg') } catch { note(t('photo.unreadable'), 'note--wrong') }
  }
  const draw = async () => { const blob = await sign(interview.form.say(node, place.row)); if (blob) await keep(blob, 'png') }
  const show = async value => {
    if (box.dataset.shown === value) return
    box.dataset.shown = value
    const blob = value && await getFile(session, interview.row.id, value)
    const again = isDrawn(node) ? button(t(value ? 'signature.again' : 'signature.take'), draw, 'button--quiet', { id: place.id })
      : h('label', { class: 'button button--quiet' }, t(value ? 'photo.again' : 'photo.take'),
        h('input', { type: 'file', accept: 'image/*', capture: has(node, 'new') ? 'environment' : null, class: 'hidden-file', id: place.id, onchange: take, disabled: interview.noPhotos }))
    replace(box, blob && await preview(blob), value && !blob && h('p', { class: 'soft' }, t('photo.elsewhere')),
      h('div', { class: 'row' }, again, value && button(t('remove'), () => place.put(''), 'button--quiet')), interview.noPhotos && h('p', { class: 'wrong' }, t('full.photo')))
  }
  show(place.value)
  return withRefresh(box, show)
}

function file(place) {
  const { interview } = place, shown = h('output')
  const take = async event => {
    const [chosen] = event.target.files
    if (!chosen) return
    if (chosen.size > FILE_BYTES) return note(t('file.large', { limit: FILE_BYTES / 1e6 }), 'note--wrong')
    const name = `${crypto.randomUUID()}.${(/\.(\w{1,5})$/.exec(chosen.name) || [, 'bin'])[1]}`
    await putFile(interview.session, interview.row.id, name, chosen).then(() => place.put(name), () => note(t('full.photo'), 'note--wrong'))
  }
  const refresh = value => replace(shown, value ? t('file.kept') : '')
  refresh(place.value)
  return withRefresh(h('div', { class: 'stack' }, h('input', { type: 'file', id: place.id, onchange: take }), shown), refresh)
}

const fixed = place => withRefresh(h('p', { class: 'fixed' }), () => {})

const MAKERS = {
  integer: number, decimal: number, date, time, datetime, select_one: selectOne, select_multiple: selectMany, rank, range,
  acknowledge, geopoint, image, audio: file, video: file, file, geotrace: fixed, geoshape: fixed,
}

// What a locked answer says.
export function shownValue(interview, { node, row }) {
  const value = interview.form.lexical(row, node)
  if (!value) return '–'
  if (node.choices) return codes(value).map(code => offered({ interview, node, row }).find(c => c.value === code)?.label || code).join(', ')
  if (node.kind === 'date') return value.split('-').reverse().join('/')
  return node.kind === 'integer' || node.kind === 'decimal' ? writeNumber(value, false) : value
}
