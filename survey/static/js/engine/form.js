// A questionnaire being filled (twin of evaluate.py and judge.py): answers in, everything that follows from them out. No DOM, no network.
// Answers that are not asked any more are remembered until `answers()` leaves them out.

import { compile, compileItems, compileNodes, Lookup, maybe } from './closure.js'
import { Moment, momentOf, number, parseMoment, stored, text, truth, typed } from './value.js'

const MAX_ROWS = 1000, MAX_ALL_ROWS = 5000

// Works on plain http too, where crypto.randomUUID does not exist.
const makeUuid = () => '10000000-1000-4000-8000-100000000000'.replace(/[018]/g,
  c => (c ^ crypto.getRandomValues(new Uint8Array(1))[0] & 15 >> c / 4).toString(16))

const begin = (row, level) => {
  row.values = row.given.slice()
  row.conditions = Array(level.conditions).fill(true)
  row.relevant = true
  row.kids = { ...row.all }
  return row
}

const newRow = (level, parent, place) => ({
  parent, place, given: Array(level.types.length).fill(''), all: Object.fromEntries(level.kids.map(kid => [kid, []])),
})

export class Form {
  // `model` is what to_client.py gives; `now` returns a Date; `today` (`yyyy-mm-dd`) overrides its day.
  constructor(model, { now = () => new Date(), today = '', random = Math.random, uuid = makeUuid, language } = {}) {
    Object.assign(this, { model, today, clock: now, nodes: {}, language: language || model.languages[0] })
    const lists = Object.fromEntries(Object.entries(model.lists).map(([name, list]) => [name, new Lookup(list)]))
    this.around = { lists, random, uuid, choiceName: (...args) => this.choiceName(...args) }
    this.steps = model.steps.map(step => ({ ...step, run: maybe(step.x), size: maybe(step.count) }))
    this.index(model.root, '')
    this.load({})
  }

  index(group, prefix) {
    for (const node of group.children) {
      this.nodes[node.path = prefix + node.name] = node
      node.made = {}
      if (node.children) this.index(node, node.path + '/')
    }
  }

  // Start from answers (nested, XForms lexical form).
  load(answers) {
    this.root = newRow(this.model.levels[0], null, 1)
    this.fill(this.root, this.model.root, answers)
    this.recompute()
  }

  // Put answers into a row; without any, the defaults of a new one.
  fill(row, group, answers) {
    for (const node of group.children) {
      const value = answers && answers[node.name]
      if (node.level) for (const one of answers ? (value || []).slice(0, MAX_ROWS) : [null]) this.fill(this.grow(row, node.level), node, one)
      else if (node.children) this.fill(row, node, answers && (value || {}))
      else row.given[node.slot] = typed(node.type, answers ? value : node.default)
    }
  }

  grow(parent, level) {
    const row = newRow(this.model.levels[level], parent, parent.all[level].length + 1)
    parent.all[level].push(row)
    return row
  }

  // Compute everything that follows from the answers, in one fixed order.
  recompute() {
    const { around, model } = this, levels = model.levels.map(() => [])
    around.now = momentOf(this.clock())
    around.today = parseMoment(this.today || around.now.date)
    this.room = MAX_ALL_ROWS + 1
    const enter = (row, level) => {
      this.room--
      levels[level].push(begin(row, model.levels[level]))
      for (const kid of model.levels[level].kids) for (const one of row.all[kid]) enter(one, kid)
    }
    enter(this.root, 0)
    for (const step of this.steps) this[step.action](step, levels)
  }

  met(row, source) { return row.relevant && (source < 0 || row.conditions[source]) }

  value({ run, level, slot, source, drawn }, levels) {
    const type = this.model.levels[level].types[slot]
    for (const row of levels[level]) {
      if (!this.met(row, source)) row.values[slot] = ''
      else if (!drawn || row.values[slot] === '') {
        const v = run(row, this.around)
        row.values[slot] = v === v ? typed(type, stored(type, v)) : ''
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
    levels[level] = levels[this.model.levels[level].parent].flatMap(parent => {
      if (size) this.resize(parent, level, number(size(parent, this.around)))
      for (const row of parent.kids[level]) {
        row.relevant = this.met(parent, source) && (!run || truth(run(row, this.around)))
        if (!row.relevant) {
          row.values.fill('')
          row.conditions.fill(false)
        }
      }
      return parent.kids[level]
    })
  }

  resize(parent, level, wanted) {
    const length = wanted > 0 ? Math.min(Math.trunc(wanted), MAX_ROWS) : 0
    while (parent.all[level].length < length && this.room-- > 0) begin(this.grow(parent, level), this.model.levels[level])
    parent.kids[level] = parent.all[level].slice(0, length)
  }

  // Return the node and row at a path with 1-based positions (`members[2]/age`), or null.
  locate(path) {
    let row = this.root, name = '', node
    for (const part of path.split('/')) {
      const [own, place] = part.split('[')
      node = this.nodes[name += own]
      name += '/'
      if (place) row = row?.kids[node?.level]?.[parseInt(place) - 1]
    }
    return node && row ? { node, row } : null
  }

  get(path) { const found = this.locate(path); return found && !found.node.children ? this.lexical(found.row, found.node) : '' }

  lexical(row, node) { const v = row.values[node.slot]; return typeof v === 'string' ? v : stored(node.type, v) }

  // Store an answer (XForms lexical form) and recompute.
  set(path, value) {
    const { node, row } = this.locate(path)
    row.given[node.slot] = typed(node.type, value)
    this.recompute()
  }

  // Add a row to a roster that the user extends and return its path; the roster is named without position.
  addRow(path) {
    const { node, row } = this.locate(path), added = this.grow(row, node.level)
    this.fill(added, node)
    this.recompute()
    return `${path}[${added.place}]`
  }

  removeRow(path) {
    const { node, row } = this.locate(path), rows = row.parent.all[node.level]
    rows.splice(rows.indexOf(row), 1)
    rows.forEach((one, i) => { one.place = i + 1 })
    this.recompute()
  }

  // Start a new interview: defaults, first draws, one row in each roster that the user extends.
  start() {
    this.load(null)
    for (const { node, row } of [...this.walk()]) {
      if (node.dynamic !== undefined && row.values[node.slot] === '') {
        row.given[node.slot] = typed(node.type, stored(node.type, compile(node.dynamic)(row, this.around)))
      }
    }
    this.recompute()
  }

  rule(node, row, name, missing = false) {
    return node[name] === undefined ? missing : truth((node.made[name] ||= compile(node[name]))(row, this.around))
  }

  // Say whether a node is asked; for a roster without position, whether a row could be added.
  relevant(path) {
    const { node, row } = this.locate(path)
    if (!node.level || path.endsWith(']')) return node.level ? row.relevant : this.met(row, node.source)
    const level = this.model.levels[node.level]
    return this.met(row, node.source) && this.rule(node, begin(newRow(level, row, 1), level), 'relevant', true)
  }

  // Return a text (`label`, `hint`, `guidance`, `constraintMessage`…) of a node in a row, with the answers in it.
  say(node, row, name = 'label', language = this.language) {
    const texts = node[name] || {}, parts = texts[language] || Object.values(texts)[0] || []
    return parts.map((part, i) => {
      if (typeof part === 'string') return part
      const v = (node.made[name + language + i] ||= compile(part[0]))(row, this.around)
      return v instanceof Moment ? v.date.split('-').reverse().join('/') : text(v)
    }).join('')
  }

  label(path, name, language) { const { node, row } = this.locate(path); return this.say(node, row, name, language) }

  // Return the choices offered: `{ value, label, image }`.
  offered(node, row, language = this.language) {
    const source = node.choices
    if (!source) return []
    if (source.rows) {
      const [value, label] = [source.value, source.label].map(name => this.nodes[`${source.repeat}/${name}`])
      return (node.made.rows ||= compileNodes(source.rows))(row, this.around)
        .map(one => ({ value: this.lexical(one, value), label: this.lexical(one, label) })).filter(one => one.value)
    }
    return (node.made.items ||= compileItems(source.items))(row, this.around).map(item => this.choice(source.items[1], item, language))
  }

  choice(name, item, language = this.language) {
    const [value, label, image] = ['name', 'label:' + language, 'image:'].map(column => this.around.lists[name].cell(item, column))
    return { value, label, image }
  }

  choiceName(path, row, code) {
    const node = this.nodes[path], name = node.choices.items?.[1]
    const found = name ? this.around.lists[name].where('name', code).map(item => this.choice(name, item))
      : this.offered(node, row).filter(one => one.value === code)
    return found[0]?.label || ''
  }

  // Yield every node that is asked, with its path and row, in the order of the form.
  * walk(group = this.model.root, row = this.root, prefix = '') {
    for (const node of group.children) {
      const rows = node.level ? row.kids[node.level].filter(kid => kid.relevant) : this.met(row, node.source) ? [row] : []
      for (const one of rows) {
        const path = prefix + node.name + (node.level ? `[${one.place}]` : '')
        yield { path, node, row: one }
        if (node.children) yield* this.walk(node, one, path + '/')
      }
    }
  }

  // Return the answers without what is not asked.
  answers(group = this.model.root, row = this.root) {
    const tree = {}
    for (const node of group.children) {
      if (node.level) {
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
    const report = (code, name, reason = '') => found.push({
      severity: code === 'warning' ? code : 'error', path, code, question: node.name, value, reason, message: this.message(node, row, code, name),
    })
    if (value === '') {
      if (this.rule(node, row, 'required')) report('required', 'requiredMessage')
      return found
    }
    const [code, pattern] = this.model.forms[node.kind] || this.model.forms[node.type] || []
    if (code && !RegExp(pattern).test(value) || /^date/.test(code) && !parseMoment(value)) report(code)
    else {
      if (node.choices && !this.offers(node, row, value)) report('choice')
      if (!this.rule(node, row, 'scale', true)) report('range', 'rangeMessage')
      if (!this.rule(node, row, 'constraint', true)) report('constraint', 'constraintMessage')
      if (this.rule(node, row, 'warning')) report('warning', 'warningMessage', this.get(path + '_reason'))
    }
    return found
  }

  offers(node, row, value) {
    const codes = node.kind === 'select_one' ? [value] : value.split(/\s+/), offered = this.offered(node, row).map(one => one.value)
    return new Set(codes).size === codes.length && codes.every(code => offered.includes(code))
  }

  message(node, row, code, name) {
    const texts = this.model.messages[code]
    return name && node[name] ? this.say(node, row, name) : texts[this.language] || texts.en
  }
}
