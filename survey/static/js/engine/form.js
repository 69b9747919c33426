// A questionnaire being filled: answers in, everything that follows from them out. The twin of questionnaire/evaluate.py and judge.py.
// No DOM and no network. Answers that are not asked any more are remembered until `answers()` leaves them out.

import { compile, compileItems, compileNodes, Lookup } from './closure.js'
import { clockMs, Moment, momentOf, number, parseMoment, stored, text, truth, typed } from './value.js'

const MAX_ROWS = 1000
const FILES = ['image', 'audio', 'video', 'file']
const DECIMAL = /^[+-]?(\d{1,20}(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?$/
const isPoint = s => {
  const m = /^(-?\d+(?:\.\d+)?) (-?\d+(?:\.\d+)?)(?: -?\d+(?:\.\d+)?){0,2}$/.exec(s)
  return m && Math.abs(m[1]) <= 90 && Math.abs(m[2]) <= 180
}
const FORMS = {
  integer: s => /^[+-]?\d{1,15}$/.test(s),
  decimal: s => DECIMAL.test(s),
  date: s => !s.includes('T') && parseMoment(s),
  datetime: s => s.includes('T') && parseMoment(s),
  time: s => clockMs(s) !== null,
  geopoint: isPoint,
  file: s => /^[^/\\\0]{1,255}$/.test(s),
}
const formOf = node => FILES.includes(node.kind) ? 'file' : { int: 'integer', dateTime: 'datetime' }[node.type] || node.type

// Works on plain http too, where crypto.randomUUID does not exist.
const makeUuid = () => '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, c => (c ^ crypto.getRandomValues(new Uint8Array(1))[0] & 15 >> c / 4).toString(16))

class Row {
  constructor(level, parent, place) {
    this.parent = parent
    this.place = place
    this.given = Array(level.types.length).fill('')
    this.all = {}
    for (const kid of level.kids) this.all[kid] = []
  }
  begin(level) {
    this.values = this.given.slice()
    this.conditions = Array(level.conditions).fill(true)
    this.relevant = true
    this.kids = { ...this.all }
  }
}

export class Form {
  // `model` is what questionnaire/to_client.py gives; `now` a function returning a Date; `today` a `yyyy-mm-dd` that overrides its day.
  constructor(model, { now = () => new Date(), today = '', random = Math.random, uuid = makeUuid, language } = {}) {
    Object.assign(this, { model, today, clock: now, language: language || model.languages[0] })
    const lists = Object.fromEntries(Object.entries(model.lists).map(([name, list]) => [name, new Lookup(list)]))
    this.around = { lists, random, uuid, choiceLabel: (path, row, code) => this.choiceName(path, row, code) }
    this.steps = model.steps.map(step => ({ ...step, run: step.x === null ? null : compile(step.x), size: step.count === null ? null : compile(step.count) }))
    this.nodes = {}
    this.index(model.root, '')
    this.load({})
  }

  index(group, prefix) {
    for (const node of group.children) {
      this.nodes[node.path = prefix + node.name] = node
      if (node.children) this.index(node, node.path + '/')
    }
  }

  // Start from answers (nested, XForms lexical form).
  load(answers) {
    this.root = new Row(this.model.levels[0], null, 1)
    this.fill(this.root, this.model.root, answers)
    this.recompute()
  }

  fill(row, group, answers) {
    for (const node of group.children) {
      const value = answers?.[node.name]
      if (node.slot !== undefined) row.given[node.slot] = typeof value === 'string' ? typed(node.type, value) : ''
      else if (node.level === undefined) this.fill(row, node, value)
      else for (const one of (value || []).slice(0, MAX_ROWS)) this.fill(this.grow(row, node.level), node, one)
    }
  }

  grow(parent, level) {
    const row = new Row(this.model.levels[level], parent, parent.all[level].length + 1)
    parent.all[level].push(row)
    return row
  }

  // Compute everything that follows from the answers, in one fixed order.
  recompute() {
    const { around, model } = this
    around.now = momentOf(this.clock())
    around.today = this.today ? parseMoment(this.today) : new Moment(around.now.days * 864e5)
    const levels = this.levels = model.levels.map(() => [])
    const begin = (row, level) => {
      row.begin(model.levels[level])
      levels[level].push(row)
      for (const kid of model.levels[level].kids) for (const one of row.all[kid]) begin(one, kid)
    }
    begin(this.root, 0)
    for (const step of this.steps) this[step.action](step, levels)
  }

  met(row, source) { return row.relevant && (source < 0 || row.conditions[source]) }

  value({ run, level, slot, source, drawn }, levels) {
    const type = this.model.levels[level].types[slot]
    for (const row of levels[level]) {
      if (!this.met(row, source)) row.values[slot] = ''
      else if (!drawn || row.values[slot] === '') {
        let v = run(row, this.around)
        if (v !== v) v = ''
        row.values[slot] = typeof v === 'string' && type === 'string' ? v : typed(type, stored(type, v))
        if (drawn) row.given[slot] = row.values[slot]
      }
    }
  }

  condition({ run, level, slot, source, blanks }, levels) {
    for (const row of levels[level]) {
      row.conditions[slot] = this.met(row, source) && truth(run(row, this.around))
      if (!row.conditions[slot]) for (const leaf of blanks) row.values[leaf] = ''
    }
  }

  rows({ run, size, level, source }, levels) {
    const own = this.model.levels[level], found = []
    for (const parent of levels[own.parent]) {
      if (size) this.resize(parent, level, number(size(parent, this.around)))
      const outer = this.met(parent, source)
      for (const row of parent.kids[level]) {
        row.relevant = outer && (!run || truth(run(row, this.around)))
        if (!row.relevant) {
          row.values.fill('')
          row.conditions.fill(false)
        }
        found.push(row)
      }
    }
    levels[level] = found
  }

  resize(parent, level, wanted) {
    const length = wanted > 0 ? Math.min(Math.trunc(wanted), MAX_ROWS) : 0
    while (parent.all[level].length < length) {
      const row = this.grow(parent, level)
      row.begin(this.model.levels[level])
    }
    parent.kids[level] = parent.all[level].slice(0, length)
  }

  // Return the node and row at a path with 1-based positions (`members[2]/age`), or null.
  locate(path) {
    let row = this.root, name = '', node = null
    for (const part of path.split('/')) {
      const [, own, position] = /^([^[]+)(?:\[(\d+)\])?$/.exec(part) || []
      node = this.nodes[name += (name && '/') + own]
      if (!node) return null
      if (position) row = row.kids[node.level]?.[position - 1]
      if (!row) return null
    }
    return { node, row }
  }

  get(path) {
    const found = this.locate(path)
    return found?.node.slot === undefined ? '' : this.lexical(found.row, found.node)
  }

  lexical(row, node) { const v = row.values[node.slot]; return typeof v === 'string' ? v : stored(node.type, v) }

  // Store an answer (XForms lexical form) and recompute.
  set(path, value) {
    const { node, row } = this.locate(path)
    row.given[node.slot] = typed(node.type, value)
    this.recompute()
  }

  // Add a row to a roster that the user extends and return its path; the roster is named without position.
  addRow(path) {
    const { node, row } = this.locate(path)
    const added = this.grow(row, node.level)
    this.fill(added, node, this.defaults(node))
    this.recompute()
    return `${path}[${added.place}]`
  }

  removeRow(path) {
    const { node, row } = this.locate(path), rows = row.parent.all[node.level]
    rows.splice(rows.indexOf(row), 1)
    rows.forEach((one, i) => { one.place = i + 1 })
    this.recompute()
  }

  defaults(group) {
    return Object.fromEntries(group.children.map(n => [n.name, n.slot !== undefined ? n.default || '' : n.level === undefined ? this.defaults(n) : []]))
  }

  // Start a new interview: defaults, first draws, one row in each roster that the user extends.
  start() {
    const one = group => Object.fromEntries(group.children.map(n =>
      [n.name, n.slot !== undefined ? n.default || '' : n.level === undefined ? one(n) : [one(n)]]))
    this.load(one(this.model.root))
    for (const { node, row } of [...this.walk()]) {
      if (node.dynamic !== undefined && row.values[node.slot] === '') {
        row.given[node.slot] = typed(node.type, stored(node.type, compile(node.dynamic)(row, this.around)))
      }
    }
    this.recompute()
  }

  rule(node, row, name, missing = false) {
    if (node[name] === undefined) return missing
    const rules = node.rules ||= {}
    rules[name] ||= compile(node[name])
    return truth(rules[name](row, this.around))
  }

  // Say whether a node is asked; for a roster without position, whether a row could be added.
  relevant(path) {
    const { node, row } = this.locate(path)
    if (node.level === undefined) return this.met(row, node.source)
    if (path.endsWith(']')) return row.relevant
    const trial = new Row(this.model.levels[node.level], row, 1)
    trial.begin(this.model.levels[node.level])
    return this.met(row, node.source) && this.rule(node, trial, 'relevant', true)
  }

  // Return a text (`label`, `hint`, `guidance`, `constraintMessage`…) of a node in a row, with the answers in it.
  say(node, row, name = 'label', language = this.language) {
    const texts = node[name] || {}
    const parts = texts[language] || Object.values(texts)[0] || []
    return parts.map(part => typeof part === 'string' ? part : this.shown((node.said ||= new Map()).get(part) || this.keep(node, part), row)).join('')
  }

  keep(node, part) { node.said.set(part, compile(part[0])); return node.said.get(part) }

  shown(run, row) {
    const v = run(row, this.around)
    return v instanceof Moment ? v.date.split('-').reverse().join('/') : text(v)
  }

  label(path, name, language) { const { node, row } = this.locate(path); return this.say(node, row, name, language) }

  // Return the choices offered at a path: `{ value, label, image }`.
  choices(path) { const { node, row } = this.locate(path); return this.offered(node, row) }

  offered(node, row, language = this.language) {
    const source = node.choices
    if (!source) return []
    if (source.rows) {
      source.run ||= compileNodes(source.rows)
      const [value, label] = [source.value, source.label].map(name => this.nodes[`${source.repeat}/${name}`])
      return source.run(row, this.around).map(r => ({ value: this.lexical(r, value), label: this.lexical(r, label) })).filter(c => c.value)
    }
    source.run ||= compileItems(source.list, source.filter)
    return source.run(row, this.around).map(item => this.choice(source, item, language))
  }

  choice({ list, value }, item, language = this.language) {
    const table = this.around.lists[list], cell = name => table.cell(item, name)
    return { value: cell(value), label: cell('label:' + language) || cell('label:' + this.model.languages[0]), image: cell('image:') }
  }

  choiceName(path, row, code) {
    const { choices } = this.nodes[path]
    if (choices.rows) return this.offered(this.nodes[path], row).find(c => c.value === code)?.label || ''
    const [item] = this.around.lists[choices.list].where(choices.value, code)
    return item ? this.choice(choices, item).label : ''
  }

  // Yield every node that is asked, with its path and row, in the order of the form.
  * walk(group = this.model.root, row = this.root, prefix = '') {
    for (const node of group.children) {
      const path = prefix + node.name
      if (node.level !== undefined) {
        for (const kid of row.kids[node.level]) {
          if (!kid.relevant) continue
          yield { path: `${path}[${kid.place}]`, node, row: kid }
          yield* this.walk(node, kid, `${path}[${kid.place}]/`)
        }
      } else if (this.met(row, node.source)) {
        yield { path, node, row }
        if (node.children) yield* this.walk(node, row, path + '/')
      }
    }
  }

  // Return the answers without what is not asked.
  answers(group = this.model.root, row = this.root) {
    const tree = {}
    for (const node of group.children) {
      if (node.level !== undefined) {
        const rows = row.kids[node.level].filter(kid => kid.relevant).map(kid => this.answers(node, kid))
        if (rows.length) tree[node.name] = rows
      } else if (this.met(row, node.source)) tree[node.name] = node.children ? this.answers(node, row) : this.lexical(row, node)
    }
    return tree
  }

  // Return everything found: `{ severity, path, code, message, question, value, reason }`.
  findings() { return [...this.walk()].filter(({ node }) => node.asked).flatMap(place => this.check(place)) }

  check({ path, node, row }) {
    const found = [], value = this.lexical(row, node)
    const report = (severity, code, name, reason = '') => found.push({
      severity, path, code, question: node.name, value, reason, message: this.message(node, row, code, name),
    })
    if (value === '') {
      if (this.rule(node, row, 'required')) report('error', 'required', 'requiredMessage')
      return found
    }
    const form = formOf(node)
    if (FORMS[form] && !FORMS[form](value)) return report('error', form), found
    if (node.choices && !this.offers(node, row, value)) report('error', 'choice')
    if (node.kind === 'range' && !onScale(node.parameters, value)) report('error', 'range')
    if (!this.rule(node, row, 'constraint', true)) report('error', 'constraint', 'constraintMessage')
    if (this.rule(node, row, 'warning')) {
      const reason = this.nodes[node.path + '_reason']
      report('warning', 'warning', 'warningMessage', reason ? this.lexical(row, reason) : '')
    }
    return found
  }

  offers(node, row, value) {
    const codes = node.kind === 'select_one' ? [value] : value.split(/\s+/), offered = new Set(this.offered(node, row).map(c => c.value))
    return new Set(codes).size === codes.length && codes.every(code => offered.has(code))
  }

  message(node, row, code, name) {
    if (name && node[name]) return this.say(node, row, name)
    const texts = this.model.messages[code] || {}
    return (texts[this.language] || texts.en || '').replace(/\{(\w+)\}/g, (_, key) => node.parameters?.[key] ?? '1')
  }
}

const onScale = ({ start = 1, end = 1, step = 1 }, value) => {
  const steps = (value - start) / step
  return +start <= +value && +value <= +end && Math.abs(steps - Math.round(steps)) < 1e-9
}
