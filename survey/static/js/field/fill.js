// The interview on the screen: one section a screen, the way on always in the same place, errors gathered on the last screen.

import { acting, button, confirm, dialog, h, note, replace } from './dom.js'
import { partsOf, rowsOf, screenOf, screensOf } from './parts.js'
import { controlOf, idOf, shownValue, unreadable } from './questions.js'
import { clock, language, t } from './text.js'

const plainText = text => text.replace(/<[^>]*>|[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}/g, '')

export class Fill {
  constructor(app, interview, title) {
    Object.assign(this, { app, interview, title, seen: new Set(interview.content.seen || []), touched: new Set(), cells: new Map(), warned: '' })
    this.parts = partsOf(interview.model)
    this.saved = h('span', { class: 'saved', role: 'status' })
    this.body = h('div', { class: 'body' })
    this.tell = () => this.showState()
    this.again = () => { this.known = null; this.renderSoon(100) }
    interview.addEventListener('change', this.tell)
    interview.addEventListener('answer', this.again)
    this.node = h('div', { class: 'fill' },
      this.head = h('header', { class: 'fill__head' }), h('main', { class: 'fill__main', id: 'main' }, this.body), this.foot = h('footer', { class: 'foot' }))
    this.showState()
  }

  close() {
    clearTimeout(this.timer)
    this.ended = true
    this.interview.removeEventListener('change', this.tell)
    this.interview.removeEventListener('answer', this.again)
  }

  get form() { return this.interview.form }
  get screens() { return this.known ||= screensOf(this.form, this.parts) }

  showState() {
    const { state, savedAt } = this.interview
    const bad = ['full', 'failed', 'stale'].includes(state)
    replace(this.saved, bad ? t(`save.${state}`) : state === 'saving' ? t('save.saving') : t('save.saved', { time: clock(savedAt) }))
    this.saved.className = bad ? 'saved saved--wrong' : 'saved'
    this.node?.classList.toggle('fill--rescue', bad)
  }

  // Show a screen by its key; an unknown key shows the first that was not seen.
  show(key) {
    this.known = null
    const { screens } = this
    this.screen = key === 'end' ? null : screens.find(one => one.key === key) || screens.find(one => !this.seen.has(one.key)) || screens[0]
    this.cells.clear()
    this.warned = ''
    if (this.screen) this.seen.add(this.screen.key)
    this.interview.content.seen = [...this.seen]
    this.interview.content.where = this.screen?.key || 'end'
    replace(this.body)
    this.render()
    scrollTo(0, 0)
  }

  render() {
    if (this.ended) return
    this.known = null
    this.renderHead()
    if (!this.screen) this.renderEnd()
    else if (this.screen.roster && !this.screen.row) this.renderRoster()
    else this.renderQuestions()
    this.renderFoot()
  }

  titleOf(screen) {
    if (!screen) return t('end.title')
    if (screen.row) return this.rowName(screen.row)
    const { form } = this, { head } = screen.part
    return (head.path ? plainText(form.say(head, form.root)) : '') || this.interview.model.title[language()] || Object.values(this.interview.model.title)[0]
  }

  rowName(path) {
    const { form } = this, { node, row } = form.locate(path)
    const named = node.children.find(child => child.identity && child.kind === 'text')
    return (named && form.lexical(row, named)) || (this.kindOf(node) ? `${this.kindOf(node)} ${row.place}` : t('row', { n: row.place }))
  }

  // What a roster's rows are, by its label without the number of its part: "Phần II. Thành viên hộ" → "Thành viên hộ".
  kindOf(roster) {
    const label = roster.label ? plainText(this.form.say(roster, this.form.locate(roster.path).row)) : ''
    return label.replace(/^\S+\s+[\dIVXA-Z]+[.:)]\s+/, '')
  }

  rowAge(path) {
    const { form } = this, { node, row } = form.locate(path), age = node.children.find(child => child.name === 'age_years')
    const years = age ? form.lexical(row, age) : ''
    return years === '' ? '' : t('age', { n: years })
  }

  // A button that is being pressed must not be exchanged under the finger: what says the same stays.
  isAsBefore(bar, what) {
    const key = JSON.stringify([...what, language()]), isSame = bar.dataset.key === key
    bar.dataset.key = key
    return isSame
  }

  renderHead() {
    const { screens } = this, at = this.screen ? screens.findIndex(one => one.key === this.screen.key) : screens.length
    if (this.isAsBefore(this.head, [this.title, at, screens.length])) return
    replace(this.head,
      h('div', { class: 'fill__line' },
        h('button', { type: 'button', class: 'plain', onclick: () => this.app.go(this.app.unitRoute(this.interview.row.unit)) }, '‹ ', this.title),
        this.saved),
      h('div', { class: 'fill__line' },
        h('button', { type: 'button', class: 'plain sections', onclick: () => this.chooseSection() }, t('section.of', { n: Math.min(at + 1, screens.length), all: screens.length }), ' ▾'),
        h('button', { type: 'button', class: 'plain', onclick: () => this.app.switchLanguage() }, t('language.other'))),
      h('progress', { max: screens.length, value: at, 'aria-label': t('progress') }))
  }

  renderFoot() {
    const last = !this.screen, disabled = this.screens[0]?.key === this.screen?.key
    if (this.isAsBefore(this.foot, [last, disabled])) return
    replace(this.foot, button(t('back'), () => this.step(-1), 'button--quiet', { disabled }),
      last ? null : button(t('next'), () => this.next(), 'button--main'))
  }

  get position() { return this.screen ? this.screens.findIndex(one => one.key === this.screen.key) : this.screens.length }

  step(by) {
    const next = this.screens[this.position + by]
    this.app.go(`fill/${this.interview.row.id}/${encodeURIComponent(next ? next.key : 'end')}`)
  }

  // Go on; the first press stops at what is wrong on this screen, a second one goes on all the same.
  next() {
    const wrong = this.problems().filter(found => found.severity === 'error' || !found.reason)
    if (wrong.length && this.warned !== this.screen.key) {
      this.warned = this.screen.key
      wrong.forEach(found => this.touched.add(found.path))
      this.render()
      document.getElementById(`${idOf(wrong[0].path)}-box`)?.scrollIntoView({ block: 'center' })
      return note(t('problems.here', { count: wrong.length }), 'note--wrong')
    }
    this.step(1)
  }

  // What is wrong on the present screen.
  problems() {
    const { screen } = this, { screens } = this
    if (screen?.roster && !screen.row) return []
    return this.interview.findings().filter(found => screenOf(screens, found.path)?.key === screen?.key)
  }

  * places() {
    const { form, screen } = this
    if (screen.row) {
      const { node, row } = form.locate(screen.row)
      yield* form.walk(node, row, `${screen.row}/`)
    } else for (const node of screen.part.nodes) yield* form.walk({ children: [node] }, form.root, node.path.slice(0, node.path.length - node.name.length))
  }

  renderQuestions() {
    const { form } = this, found = new Map(), heads = [], children = []
    for (const one of this.interview.findings()) found.set(one.path, [...found.get(one.path) || [], one])
    children.push(this.keyed('title', '', () => h('h1', null)))
    children[0].textContent = this.titleOf(this.screen)
    if (this.screen.row) children.push(this.keyed('age', this.rowAge(this.screen.row), text => h('p', { class: 'soft' }, text)))
    for (const place of this.places()) {
      const { path, node } = place
      if (node.children) {
        if (node !== this.screen.part.head && node.label) heads.push([path, plainText(form.say(node, place.row)) || (node.level === undefined ? '' : t('row', { n: place.row.place }))])
      } else if (node.asked || node.kind === 'note') {
        while (heads.length && !path.startsWith(`${heads[0][0]}/`)) heads.shift()
        for (const [head, text] of heads.splice(0)) if (text && path.startsWith(`${head}/`)) children.push(this.keyed(`head:${head}`, text, said => h('h2', null, said)))
        children.push(node.kind === 'note' ? this.noteOf(place) : this.questionOf(place, found.get(path) || []))
      }
    }
    this.arrange(this.body, children)
  }

  // Keep the element of a key while its signature stays; people may be typing in it.
  keyed(key, signature, make) {
    const kept = this.cells.get(key)
    if (kept?.signature === signature) return kept.node
    const node = make(signature)
    this.cells.set(key, { signature, node })
    return node
  }

  arrange(parent, children) {
    const wanted = new Set(children)
    for (const child of [...parent.children]) if (!wanted.has(child)) child.remove()
    let at = parent.firstElementChild
    for (const child of children) {
      if (at === child) at = at.nextElementSibling
      else parent.insertBefore(child, at)
    }
  }

  noteOf({ path, node, row }) {
    return this.keyed(path, plainText(this.form.say(node, row)), text => h('p', { class: 'q q--note' }, text))
  }

  questionOf(place, found) {
    const { form, interview } = this, { path, node, row } = place
    const label = plainText(form.say(node, row)), hint = node.hint ? plainText(form.say(node, row, 'hint')) : ''
    const locked = form.rule(node, row, 'readonly') || node.calculated
    const required = form.rule(node, row, 'required'), choices = node.choices ? form.offered(node, row).map(c => c.value + c.label).join() : ''
    const signature = JSON.stringify([label, hint, locked, required, choices, interview.content.remarks?.[path], language()])
    const box = this.keyed(path, signature, () => this.buildQuestion(place, { label, hint, locked, required }))
    if (locked) box.control.textContent = shownValue(interview, place)
    else box.control.refresh(form.lexical(row, node))
    this.sayFindings(box, place, found)
    return box
  }

  buildQuestion(place, { label, hint, locked, required }) {
    const { path, node } = place, id = idOf(path), remark = this.interview.content.remarks?.[path]
    const control = locked ? h('p', { class: 'fixed' }) : controlOf(this.interview, place)
    const said = h('div', { class: 'said', id: `${id}-said` })
    const many = !locked && control.classList.contains('opts')
    const box = h(many ? 'fieldset' : 'div', { class: `q${remark ? ' q--remark' : ''}`, id: `${id}-box` },
      many ? h('legend', { class: 'q__label' }, label, !required && h('span', { class: 'q__free' }, ` ${t('optional')}`))
        : h('label', { class: 'q__label', for: id }, label, !required && !locked && h('span', { class: 'q__free' }, ` ${t('optional')}`)),
      hint && h('p', { class: 'q__hint' }, hint),
      remark && h('p', { class: 'remark' }, h('strong', null, t('remark')), ' ', remark), control, said)
    box.addEventListener('change', () => { this.touched.add(path); this.renderSoon(0) })
    return Object.assign(box, { control, said })
  }

  renderSoon(delay) {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.render(), delay)
  }

  sayFindings(box, { path, node, row }, found) {
    const typed = this.interview.unread[path]
    const shown = found.filter(one => one.code !== 'required' || this.touched.has(path) && this.warned === this.screen?.key || this.warned === this.screen?.key)
      .filter(one => one.code !== 'unread' || this.touched.has(path))
    const key = JSON.stringify([shown.map(one => [one.code, one.message]), typed])
    if (box.said.dataset.key === key) return
    box.said.dataset.key = key
    const errors = shown.filter(one => one.severity === 'error'), warning = shown.find(one => one.severity === 'warning')
    box.classList.toggle('q--wrong', errors.length > 0)
    replace(box.said, errors.map(one => h('p', { class: 'wrong' }, one.code === 'unread' ? unreadable(typed) : one.message)),
      warning && this.warningOf(path, node, row, warning))
  }

  warningOf(path, node, row, warning) {
    const reason = this.form.nodes[`${node.path}_reason`]
    const field = reason && h('input', { type: 'text', 'aria-label': t('warning.reason'), placeholder: t('warning.reason'), value: this.form.lexical(row, reason) })
    field?.addEventListener('input', event => {
      event.stopPropagation()
      this.interview.set(`${path}_reason`, field.value.normalize('NFC').trim())
    })
    return h('div', { class: 'warning' }, h('p', null, warning.message), field)
  }

  renderRoster() {
    const { form, interview, screen: { roster } } = this, rows = rowsOf(form, roster), count = interview.countOf(roster)
    const wrong = new Map(), end = roster.path.length
    for (const { path, severity } of interview.findings()) {
      const row = path.startsWith(roster.path) && severity === 'error' && path.slice(0, path.indexOf(']', end) + 1)
      if (row) wrong.set(row, (wrong.get(row) || 0) + 1)
    }
    const add = () => {
      if (roster.fixed) interview.set(count.path, String(rowsOf(form, roster).length + 1))
      else interview.addRow(roster.path)
      this.render()
    }
    const said = (key, text, make) => this.keyed(key, `${language()} ${text}`, () => make(text)), what = this.kindOf(roster)
    const cards = said('cards', '', () => h('div', { class: 'cards' }))
    this.arrange(cards, rows.map(path => this.cardOf(path, wrong.get(path) || 0)))
    this.arrange(this.body, [said('title', this.titleOf(this.screen), text => h('h1', null, text)),
      said('count', t('roster.count', { count: rows.length }), text => h('p', { class: 'soft' }, text)), cards,
      ...!roster.fixed || count ? [said('add', t(what ? 'roster.add' : 'roster.add.one', { what }), text => button(text, add, 'button--quiet button--wide'))] : []])
  }

  cardOf(path, errors) {
    const { node, row } = this.form.locate(path)
    const begun = node.children.some(child => child.asked && row.given[child.slot] !== '')
    const state = !begun ? t('row.empty') : errors ? t('row.errors', { count: errors }) : t('row.done')
    const key = this.screens.find(screen => screen.row === path)?.key, name = [this.rowName(path), this.rowAge(path)].filter(Boolean).join(', ')
    return this.keyed(path, JSON.stringify([name, state, key, language()]), () => h('div', { class: 'card' },
      h('button', { type: 'button', class: 'card__open', onclick: () => this.app.go(`fill/${this.interview.row.id}/${encodeURIComponent(key)}`) },
        h('span', { class: 'card__name' }, name),
        h('span', { class: begun && !errors ? 'state state--good' : errors && begun ? 'state state--wrong' : 'state' }, state)),
      h('button', { type: 'button', class: 'plain card__more', 'aria-label': t('row.remove', { name: this.rowName(path) }), onclick: () => this.removeRow(path) }, '✕')))
  }

  async removeRow(path) {
    if (!await confirm(t('row.remove', { name: this.rowName(path) }), t('row.remove.text'), t('remove'), { danger: true })) return
    this.interview.removeRow(path)
    this.render()
  }

  chooseSection() {
    const { screens } = this, found = this.interview.findings()
    const wrong = key => found.filter(one => one.severity === 'error' && screenOf(screens, one.path)?.key === key).length
    dialog(t('sections'), close => [h('div', { class: 'list' }, [...screens, null].map(screen => {
      const key = screen?.key || 'end', count = screen && this.seen.has(key) ? wrong(key) : 0
      const state = !screen ? '' : !this.seen.has(key) ? '' : count ? t('row.errors', { count }) : '✓'
      return h('button', { type: 'button', class: `button button--row${screen?.row ? ' indent' : ''}`, 'aria-current': key === (this.screen?.key || 'end') ? 'step' : null,
        onclick: () => { close(); this.app.go(`fill/${this.interview.row.id}/${encodeURIComponent(key)}`) } },
      h('span', null, this.titleOf(screen)), h('span', { class: count ? 'state state--wrong' : 'soft' }, state))
    })), h('div', { class: 'dialog__bar' }, button(t('close'), () => close(), 'button--quiet'))])
  }

  renderEnd() {
    const { screens } = this, found = this.interview.findings()
    const errors = found.filter(one => one.severity === 'error'), open = found.filter(one => one.severity === 'warning' && !one.reason)
    const line = one => {
      const screen = screenOf(screens, one.path)
      return h('button', { type: 'button', class: 'button button--row', onclick: () => screen && this.jump(screen, one.path) },
        h('span', null, h('strong', null, screen ? this.titleOf(screen) : ''), h('br'), plainText(this.form.label(one.path)).slice(0, 120)),
        h('span', { class: one.severity === 'error' ? 'state state--wrong' : 'state state--caution' }, one.code === 'unread' ? t('number.unreadable') : one.message))
    }
    const isReady = !errors.length && !open.length
    this.cells.clear()
    replace(this.body, h('h1', null, t('end.title')),
      isReady ? h('p', { class: 'lead' }, t('end.ready')) : h('p', { class: 'lead' }, t('end.problems', { errors: errors.length, warnings: open.length })),
      h('div', { class: 'list' }, errors.map(line), open.map(line)),
      isReady ? button(t('end.finish'), acting(() => this.finish()), 'button--main button--wide')
        : button(t('end.anyway'), acting(() => this.finishAnyway(errors.length + open.length)), 'button--quiet button--wide'),
      h('p', { class: 'soft' }, t('end.after')))
  }

  jump(screen, path) {
    this.target = path
    this.app.go(`fill/${this.interview.row.id}/${encodeURIComponent(screen.key)}`)
  }

  // After a jump: show what is wrong on the screen and bring the question into view.
  arrive() {
    if (!this.target || !this.screen) return
    this.warned = this.screen.key
    this.touched.add(this.target)
    this.render()
    document.getElementById(`${idOf(this.target)}-box`)?.scrollIntoView({ block: 'center' })
    this.target = ''
  }

  async finishAnyway(count) {
    if (await confirm(t('end.anyway'), t('end.anyway.text', { count }), t('end.anyway.yes'))) await this.finish()
  }

  async finish() {
    try {
      await this.interview.finish()
    } catch {
      return note(t('save.failed'), 'note--wrong')
    }
    this.ended = true
    clearTimeout(this.timer)
    this.app.finished(this.interview.row)
  }
}
