// The door: who is here, the PIN, and signing in once with the server.

import { acting, button, h, note, replace } from './dom.js'
import { waitOf } from './patience.js'
import { read } from './store.js'
import { dayClock, t } from './text.js'

const DIGITS = 6
// What is needed only once somebody has typed comes after the door is on the screen.
const loaded = { people: () => import('./people.js'), device: () => import('./device.js') }

const everybody = () => read(['people', 'records'], async store => {
  const people = await store('people').all()
  for (const person of people) person.unsent = await store('records').count('standing', [person.id, 'queued'])
  return people
})

// Whether somebody has begun to type: from then on no new edition takes the pad away from under the finger.
export const typing = { begun: false }

// Read while the words are still on their way.
let early = everybody().catch(() => null)

export async function enterScreens(app) {
  const people = await early || await everybody()
  early = null
  if (people.length) choosePerson(app, people)
  else signInScreen(app, people)
  setTimeout(loaded.people, 100)
}

const frame = (...children) => h('main', { class: 'page narrow enter', id: 'main' },
  h('p', { class: 'brand' }, h('span', { class: 'brand__mark', 'aria-hidden': 'true' }), 'Phiếu Số'), ...children)

// Said once a tablet was cleared on the office's order, until somebody signs in.
function cleared() {
  const { at, unfinished } = JSON.parse(localStorage.getItem('phieu-so.cleared') || '{}')
  return at && h('div', { class: 'notice', role: 'status' }, h('p', null, t('cleared', { time: dayClock(at), count: unfinished })))
}

const languageSwitch = app => h('button', { type: 'button', class: 'plain', onclick: () => app.switchLanguage() }, t('language.other'))

function choosePerson(app, people) {
  if (people.length === 1) return askPin(app, people, people[0])
  app.show(frame(cleared(), h('h1', null, t('who')),
    h('div', { class: 'list' }, people.map(person => h('button', { type: 'button', class: 'button button--row', onclick: () => askPin(app, people, person) },
      h('span', null, person.name), person.unsent > 0 && h('span', { class: 'state state--caution' }, t('unsent', { count: person.unsent }))))),
    h('p', { class: 'row' }, h('button', { type: 'button', class: 'plain', onclick: () => signInScreen(app, people) }, t('enter.other')), languageSwitch(app))))
}

// A pad of large keys; `done(pin)` is called when the last digit is there and returns what went wrong, or nothing.
function pad(title, text, done) {
  let digits = '', busy = false
  const dots = h('p', { class: 'dots', role: 'img' }), said = h('p', { class: 'wrong', role: 'alert' })
  const draw = () => {
    dots.setAttribute('aria-label', t('pin.digits', { count: digits.length }))
    replace(dots, Array.from({ length: DIGITS }, (_, i) => h('span', { class: i < digits.length ? 'dot dot--full' : 'dot' })))
  }
  const press = async key => {
    if (busy) return
    typing.begun = true
    digits = key === '⌫' ? digits.slice(0, -1) : (digits + key).slice(0, DIGITS)
    draw()
    if (digits.length < DIGITS) return
    busy = true
    const wrong = await done(digits)
    busy = false
    digits = ''
    if (wrong) { replace(said, wrong); draw() }
  }
  draw()
  const keys = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '', '0', '⌫'].map(key => key
    ? h('button', { type: 'button', class: 'key', 'aria-label': key === '⌫' ? t('remove') : key, onclick: () => press(key) }, key) : h('span'))
  return [h('h1', null, title), text && h('p', { class: 'soft' }, text), dots, said, h('div', { class: 'keys' }, keys)]
}

function askPin(app, people, person) {
  const wait = waitOf(person)
  const done = async pin => {
    try {
      const { enter } = await loaded.people()
      await app.entered(await enter(person.id, pin))
    } catch (error) {
      if (error.wait === undefined) throw error
      return error.wait ? t('pin.wait', { seconds: error.wait }) : t('pin.wrong')
    }
  }
  app.show(frame(pad(person.name, wait ? t('pin.wait', { seconds: wait }) : t('pin.enter'), done),
    h('p', { class: 'row row--centre' },
      people.length > 1 && h('button', { type: 'button', class: 'plain', onclick: () => choosePerson(app, people) }, t('back')),
      h('button', { type: 'button', class: 'plain', onclick: () => signInScreen(app, people, person.username) }, t('pin.forgotten')),
      people.length === 1 && h('button', { type: 'button', class: 'plain', onclick: () => signInScreen(app, people) }, t('enter.other')), languageSwitch(app))))
}

function signInScreen(app, people, username = '') {
  const said = h('div', { role: 'alert' })
  const field = (name, type, value = '') => h('label', { class: 'field' }, h('span', null, t(`enter.${name}`)),
    h('input', { type, name, value, required: name !== 'device', autocapitalize: 'none', autocomplete: { password: 'current-password', code: 'one-time-code' }[name] || 'off' }))
  const submit = acting(async () => {
    try {
      const { signIn } = await loaded.people()
      choosePin(app, await signIn(Object.fromEntries(new FormData(form))))
    } catch (error) {
      if (error.code === 'code-needed') askCode()
      replace(said, h('p', { class: 'wrong' }, error.status ? error.message : t('enter.offline')))
    }
  })
  // Asked for once the server says that this account has a second factor.
  const askCode = () => {
    if (!form.elements.code) said.before(field('code', 'text'))
    form.elements.code.focus()
  }
  const go = button(t('enter.go'), submit, 'button--main button--wide')
  const form = h('form', { onsubmit: event => { event.preventDefault(); go.click() } },
    field('username', 'text', username), field('password', 'password'), field('device', 'text', localStorage.getItem('phieu-so.device') || ''), said, go)
  form.addEventListener('input', event => { if (event.target.name === 'device') localStorage.setItem('phieu-so.device', event.target.value) })
  app.show(frame(cleared(), h('h1', null, t('enter.title')), h('p', { class: 'soft' }, t('enter.text')), form,
    h('p', { class: 'row' }, people.length > 0 && h('button', { type: 'button', class: 'plain', onclick: () => choosePerson(app, people) }, t('back')), languageSwitch(app))))
}

function choosePin(app, reply) {
  const again = first => app.show(frame(pad(t('pin.again'), '', async pin => {
    if (pin !== first) { choosePin(app, reply); note(t('pin.differs'), 'note--wrong'); return '' }
    const [{ settle }, { askToPersist }] = await Promise.all([loaded.people(), loaded.device()])
    const session = await settle(reply, pin)
    localStorage.removeItem('phieu-so.cleared')
    askToPersist().catch(() => {})
    await app.entered(session)
  })))
  app.show(frame(pad(t('pin.choose'), t('pin.choose.text'), async pin => {
    if (new Set(pin).size < 2 || '0123456789'.includes(pin)) return t('pin.weak')
    again(pin)
  })))
}
