// Expression lists (see questionnaire/program.py) made callable: each becomes one function of a row and its surroundings.

import { MANY, PLAIN } from './library.js'
import { equal, number, text, truth } from './value.js'

export const climb = (row, up) => { while (up-- > 0 && row.parent) row = row.parent; return row }

// A list of choices; `where` answers equality from an index.
export class Lookup {
  constructor({ columns, rows }) {
    this.columns = columns
    this.rows = rows
    this.indexes = {}
  }
  cell(item, column) { const i = this.columns.indexOf(column); return i < 0 ? '' : item[i] }
  where(column, value) {
    if (!this.indexes[column]) {
      const index = this.indexes[column] = new Map(), at = this.columns.indexOf(column)
      for (const item of this.rows) {
        const key = at < 0 ? '' : item[at]
        if (index.has(key)) index.get(key).push(item)
        else index.set(key, [item])
      }
    }
    return this.indexes[column].get(value) || []
  }
}

const readsItem = x => Array.isArray(x) && (x[0] === 'C' || x.slice(1).some(readsItem))

const splitTest = test => {
  if (Array.isArray(test) && test[0] === 'and') {
    const [found, rest] = splitTest(test[1])
    return [found, rest === null ? test[2] : ['and', rest, test[2]]]
  }
  if (Array.isArray(test) && test[0] === '=') {
    for (const [column, value] of [[test[1], test[2]], [test[2], test[1]]]) {
      if (Array.isArray(column) && column[0] === 'C' && !readsItem(value)) return [[column[1], compile(value)], null]
    }
  }
  return [null, test]
}

// Run something with a choice or a row under test, `current()` being the row that asks.
const within = (around, list, item, row, test) => {
  const kept = [around.list, around.item, around.origin]
  around.list = list
  around.item = item
  around.origin ||= row
  try { return truth(test()) } finally { [around.list, around.item, around.origin] = kept }
}

// Return the function that lists the items of a list (given by name) that pass a test.
export const compileItems = (name, test) => {
  if (test === null) return (row, around) => around.lists[name].rows
  const [indexed, rest] = splitTest(test)
  const check = rest === null ? null : compile(rest)
  return (row, around) => {
    const list = around.lists[name]
    let found = list.rows
    if (indexed) {
      const [column, wanted] = indexed, value = wanted(row, around)
      found = typeof value === 'string' ? list.where(column, value) : found.filter(item => equal(list.cell(item, column), value))
    }
    return check ? found.filter(item => within(around, list, item, row, () => check(row, around))) : found
  }
}

const below = ([, up, levels, tests, slot, source]) => {
  const checks = tests.map(test => test === null ? null : compile(test))
  return (row, around) => {
    let rows = [climb(row, up)]
    levels.forEach((level, i) => {
      rows = rows.flatMap(r => r.kids[level].filter(kid => kid.relevant))
      if (checks[i]) rows = rows.filter(kid => within(around, around.list, around.item, row, () => checks[i](kid, around)))
    })
    return slot < 0 ? rows : rows.filter(r => source < 0 || r.conditions[source]).map(r => r.values[slot])
  }
}

// Return the function that lists what a reference names: relevant values, rows, or cells of a list.
export const compileNodes = x => {
  if (x[0] === 'N' && Array.isArray(x)) return below(x)
  if (x[0] === 'I' && Array.isArray(x)) {
    const items = compileItems(x[1], x[2])
    return (row, around) => items(row, around).map(item => around.lists[x[1]].cell(item, x[3]))
  }
  if (x[0] === 'O' && Array.isArray(x)) {
    const inner = compileNodes(x[1])
    return (row, around) => inner(around.origin || row, around)
  }
  const one = compile(x)
  return (row, around) => [one(row, around)]
}

const first = x => {
  const nodes = compileNodes(x)
  return (row, around) => { const [v = ''] = nodes(row, around); return v.kids ? '' : v }
}

const indexed = ([, up, levels, indexes, slot]) => {
  const places = indexes.map(compile)
  return (row, around) => {
    let at = climb(row, up)
    for (let i = 0; i < levels.length; i++) {
      const wanted = number(places[i](row, around))
      at = at.kids[levels[i]][Math.max(1, isFinite(wanted) ? Math.trunc(wanted) : 1) - 1]
      if (!at?.relevant) return ''
    }
    return at.values[slot]
  }
}

const coalesce = (a, b) => (row, around) => { const v = a(row, around); return v === '' || v !== v ? b(row, around) : v }
const compare = test => (a, b) => (row, around) => test(number(a(row, around)), number(b(row, around)))

const SPECIAL = {
  V: ([, up, slot]) => up ? (row => climb(row, up).values[slot]) : (row => row.values[slot]),
  N: first,
  I: first,
  C: ([, column]) => (row, around) => around.item ? around.list.cell(around.item, column) : '',
  O: ([, x]) => { const inner = compile(x); return (row, around) => inner(around.origin || row, around) },
  P: ([, up]) => row => climb(row, up).place,
  X: indexed,
  L: ([, path, x]) => { const code = compile(x); return (row, around) => around.choiceLabel(path, row, text(code(row, around))) },
  today: () => (row, around) => around.today,
  now: () => (row, around) => around.now,
  random: () => (row, around) => around.random(),
  uuid: () => (row, around) => around.uuid(),
}

const LAZY = {
  if: (test, yes, no) => (row, around) => (truth(test(row, around)) ? yes : no)(row, around),
  coalesce,
  once: coalesce,
  and: (a, b) => (row, around) => truth(a(row, around)) && truth(b(row, around)),
  or: (a, b) => (row, around) => truth(a(row, around)) || truth(b(row, around)),
  '=': (a, b) => (row, around) => equal(a(row, around), b(row, around)),
  '!=': (a, b) => (row, around) => !equal(a(row, around), b(row, around)),
  '<': compare((x, y) => x < y),
  '<=': compare((x, y) => x <= y),
  '>': compare((x, y) => x > y),
  '>=': compare((x, y) => x >= y),
  '+': compare((x, y) => x + y),
  '-': compare((x, y) => x - y),
  '*': compare((x, y) => x * y),
  neg: a => (row, around) => -number(a(row, around)),
}

const aggregate = ([name, ...args]) => {
  const [fixed, finish] = MANY[name]
  const before = args.slice(0, fixed).map(compile), lists = args.slice(fixed).map(compileNodes)
  return (row, around) => finish(lists.flatMap(nodes => nodes(row, around)), ...before.map(f => f(row, around)))
}

// Return the function of an expression list.
export const compile = x => {
  if (!Array.isArray(x)) return () => x
  const [name, ...args] = x
  if (SPECIAL[name]) return SPECIAL[name](x)
  if (MANY[name]) return aggregate(x)
  const given = args.map(compile)
  if (LAZY[name]) return LAZY[name](...given)
  const [a, b] = given, f = PLAIN[name]
  if (given.length === 1) return (row, around) => f(a(row, around))
  if (given.length === 2) return (row, around) => f(a(row, around), b(row, around))
  return (row, around) => f(...given.map(g => g(row, around)))
}
