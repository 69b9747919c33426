// One interview being held: the engine's form over a record, saved at every answer. Knows no screen.

import { Form } from '../engine/form.js'
import { momentOf, stored } from '../engine/value.js'
import { serialise } from './instance.js'
import { freeze, Stale, save } from './records.js'
import { isFull } from './store.js'
import { language } from './text.js'

const MOST_EVENTS = 6000

// Everything written, asked or not at present, so that a condition switched off by mistake loses nothing.
function everything(group, row) {
  const tree = {}
  for (const node of group.children) {
    if (node.slot !== undefined) {
      const value = row.given[node.slot]
      if (value !== '') tree[node.name] = stored(node.type, value)
    } else if (node.level === undefined) tree[node.name] = everything(node, row)
    else tree[node.name] = row.all[node.level].map(kid => everything(node, kid))
  }
  return tree
}

// The answer stands on the screen before it is written: a slow tablet must not stammer. A page that is not seen does not wait.
const painted = () => new Promise(resolve => {
  setTimeout(resolve, document.hidden ? 0 : 60)
  requestAnimationFrame(() => setTimeout(resolve))
})

export class Interview extends EventTarget {
  constructor(session, { row, content }, model, round) {
    super()
    Object.assign(this, { session, row, content, model, round, state: 'saved', savedAt: row.updated, wanted: false })
    this.form = new Form(model, { now: () => new Date(this.now()), language: model.languages.includes(language()) ? language() : undefined })
    this.unread = content.unread ||= {}
    this.focused = {}
    if (content.answers) this.form.load(content.answers)
    else this.begin()
    this.stamp(['today'])
    this.event('form resume')
  }

  // The clock of the server as far as it is known: a tablet that believes to be in 2020 must not make everybody six years younger.
  now() { return Date.now() + (this.session.person.skew || 0) }

  begin() {
    this.form.start()
    this.content.started = this.now()
    this.stamp(['start', 'deviceid', 'username'])
    this.prefill(this.model.root, this.content.known || {})
    this.event('form start')
  }

  prefill(group, known) {
    for (const node of group.children) {
      if (node.level !== undefined) continue
      if (node.children) this.prefill(node, known)
      else if (known[node.name] && (node.asked || node.kind === 'hidden') && !node.calculated && !this.form.root.given[node.slot]) {
        this.form.set(node.path, known[node.name])
      }
    }
  }

  stamp(names) {
    const moment = momentOf(new Date(this.now())), { person } = this.session
    const values = {
      start: momentOf(new Date(this.content.started || this.now())).iso, end: moment.iso, today: moment.date,
      deviceid: `tablet-${person.device}`, username: person.username,
    }
    for (const node of this.model.root.children) {
      const name = node.preload || node.name
      if (node.kind === 'metadata' && names.includes(name)) this.form.set(node.path, values[name])
    }
  }

  event(kind, path = '') {
    const { events = [] } = this.content, end = Date.now(), last = events.at(-1)
    this.content.events = events
    const steady = Math.round(performance.now())
    if (last && path && last[1] === path) last.splice(3, 3, end, steady, (last[5] || 0) + 1)
    else if (events.length < MOST_EVENTS) events.push([kind, path, this.focused[path] || end, end, steady, path ? 1 : 0])
  }

  // Store an answer; `typed` is kept where it could not be read as one yet.
  set(path, value, typed) {
    if (typed === undefined) delete this.unread[path]
    else this.unread[path] = typed
    this.form.set(path, value)
    this.event('question', path)
    this.dispatchEvent(new Event('answer'))
    this.keep()
  }

  addRow(path) { const added = this.form.addRow(path); this.event('add repeat', added); this.keep(); return added }

  removeRow(path) {
    const count = this.countOf(this.form.locate(path).node)
    this.form.removeRow(path)
    for (const mark of Object.keys(this.unread)) if (mark.startsWith(path.replace(/\[\d+\]$/, '['))) delete this.unread[mark]
    if (count) this.form.set(count.path, String(Math.max(0, +this.form.get(count.path) - 1)))
    this.event('delete repeat', path)
    this.keep()
  }

  // The question whose answer is the number of a roster's rows, where the count is just that question.
  countOf(roster) {
    const step = this.model.steps.find(one => one.action === 'rows' && one.level === roster.level)
    const [kind, up, slot] = Array.isArray(step?.count) ? step.count : []
    const find = group => group.children.reduce((found, node) => found
      || (node.level !== undefined ? null : node.children ? find(node) : node.slot === slot && node.kind === 'integer' ? node : null), null)
    return kind === 'V' && !up ? find(this.model.root) : null
  }

  // Save as soon as the save before it is on disk; several answers in between are one write.
  keep() {
    this.wanted = true
    this.saving ||= this.saveAll().finally(() => { this.saving = null })
    return this.saving
  }

  async saveAll() {
    while (this.wanted && !this.frozen) {
      this.wanted = false
      this.tell('saving')
      await painted()
      try {
        this.content.answers = everything(this.model.root, this.form.root)
        this.row = await save(this.session, this.row, this.content)
        this.savedAt = Date.now()
        this.tell('saved')
      } catch (error) {
        this.wanted = true
        this.tell(error instanceof Stale ? 'stale' : isFull(error) ? 'full' : 'failed')
        if (error instanceof Stale) return
        await new Promise(resolve => setTimeout(resolve, 3000))
      }
    }
  }

  tell(state) {
    this.state = state
    this.dispatchEvent(new Event('change'))
  }

  get isSafe() { return !this.wanted && this.state === 'saved' }

  findings() {
    return this.form.findings().map(found => this.unread[found.path] && found.code === 'required' ? { ...found, code: 'unread' } : found)
      .concat(Object.keys(this.unread).filter(path => this.isOpen(path) && !this.form.findings().some(found => found.path === path))
        .map(path => ({ severity: 'error', path, code: 'unread', message: '' })))
  }

  isOpen(path) {
    const found = this.form.locate(path)
    return !!found && this.form.met(found.row, found.node.source)
  }

  // Freeze the record: from here on nothing is saved over it, whatever is still under way.
  async finish({ unfinished = false } = {}) {
    await this.saving
    this.stamp(['end', 'today'])
    this.event(unfinished ? 'form exit' : 'form finalize')
    const answers = this.form.answers(), extra = []
    const meta = this.model.root.children.find(node => node.name === 'meta')
    if (meta?.children?.some(node => node.name === 'audit')) {
      answers.meta = { ...answers.meta, audit: 'audit.csv' }
      extra.push({ name: 'audit.csv', blob: new Blob([this.paradata()], { type: 'text/csv' }) })
    }
    const { instance, deprecated } = this.content
    const xml = serialise(this.model, answers, { instance, deprecated })
    this.frozen = true
    try {
      this.row = await freeze(this.session, this.row, this.content, xml, { outcome: outcomeOf(answers), extra, unfinished })
    } catch (error) {
      this.frozen = false
      throw error
    }
  }

  // When each question was answered and how often it was changed: device clock, its zone, how far it was from the server's clock, and
  // a clock that nobody can set, running since the page was opened. Visits stand there with their result. Holds no answers.
  paradata() {
    const zone = -new Date().getTimezoneOffset(), skew = this.session.person.skew || 0, root = this.model.root.name
    const visits = (this.content.visits || []).map(visit => [`visit ${visit.result}`, '', visit.at, visit.again || visit.at])
    const lines = [...visits, ...this.content.events].map(([kind, path, start, end, steady = '', changes = 0]) =>
      [kind, path && `/${root}/${path}`, start, end, zone, skew, steady, changes].join(','))
    return ['event,node,start,end,tz-offset-minutes,clock-skew-ms,steady-ms,changes', ...lines, ''].join('\n')
  }
}

const outcomeOf = tree => tree.result_code || Object.values(tree).reduce(
  (found, value) => found || (value && typeof value === 'object' && !Array.isArray(value) ? outcomeOf(value) : ''), '')
