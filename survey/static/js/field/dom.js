// Elements, notes and dialogs. No markup is ever parsed from text, so nothing that people type can become markup.

import { t } from './text.js'

export function h(tag, props, ...children) {
  const node = document.createElement(tag)
  for (const [name, value] of Object.entries(props || {})) {
    if (value === undefined || value === null || value === false) continue
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value)
    else if (name === 'value') node.value = value
    else node.setAttribute(name, value === true ? '' : value)
  }
  add(node, children)
  return node
}

const add = (node, children) => {
  for (const child of children.flat(9)) if (child !== null && child !== undefined && child !== false) node.append(child)
}

export function replace(parent, ...children) {
  parent.replaceChildren()
  add(parent, children)
  return parent
}

// Take back what was said about a screen that is left.
export const dropWarnings = () => document.querySelector('#notes .note--wrong')?.remove()

export const button = (label, onclick, kind = '', props = {}) =>
  h('button', { type: 'button', class: `button ${kind}`, onclick, ...props }, label)

// Run an action once at a time; the button shows that it works.
export const acting = action => async event => {
  const pressed = event.currentTarget
  if (pressed.getAttribute('aria-busy')) return
  pressed.setAttribute('aria-busy', 'true')
  try { await action(event) } finally { pressed.removeAttribute('aria-busy') }
}

let clearing = 0
export function note(text, kind = '') {
  const place = document.getElementById('notes')
  replace(place, h('p', { class: `note ${kind}` }, text))
  clearTimeout(clearing)
  clearing = setTimeout(() => replace(place), 3200)
}

// Show a dialog; `build(close)` returns its content. Resolves with what `close` was given, null when it was dismissed.
export function dialog(title, build) {
  return new Promise(resolve => {
    const box = h('dialog', { class: 'dialog', 'aria-label': title })
    const close = (value = null) => { box.close(); box.remove(); resolve(value) }
    box.addEventListener('cancel', event => { event.preventDefault(); close() })
    replace(box, h('h2', null, title), build(close))
    document.body.append(box)
    box.showModal()
  })
}

export const confirm = (title, text, yes, { danger = false, no = t('cancel') } = {}) => dialog(title, close => [
  text && h('p', null, text),
  h('div', { class: 'dialog__bar' },
    button(no, () => close(false), 'button--quiet'), button(yes, () => close(true), danger ? 'button--danger' : '')),
])
