// Expression lists (see program.py) made callable (twin of closure.py): each becomes one function of a row and its surroundings.

import { MANY, PLAIN } from './library.js'
import { equal, number, text, truth } from './value.js'

const climb = (row, up) => { while (up-- > 0) row = row.parent; return row }

// A list of choices; equality is answered from an index.
export class Lookup {
  constructor({ columns, rows }) { Object.assign(this, { columns, rows, indexes: {} }) }
  cell(item, column) { return item[this.columns.indexOf(column)] ?? '' }
  where(column, value) {
    if (typeof value !== 'string') return this.rows.filter(item => equal(this.cell(item, column), value))
    const index = this.indexes[column] ||= this.rows.reduce((map, item) => {
      const key = this.cell(item, column)
      if (!map.get(key)?.push(item)) map.set(key, [item])
      return map
    }, new Map())
    return index.get(value) || []
  }
}

// Keep the members that pass a test, each being `item` (of `list`) or the row itself, `current()` being the row that asks.
const passing = (members, test, row, around, list) => {
  if (!test) return members
  const inner = { ...around, origin: around.origin || row, list }
  return members.filter(one => {
    if (list) inner.item = one
    return truth(test(list ? row : one, inner))
  })
}

export const maybe = x => x === null || x === undefined ? null : compile(x)

// Return the function that lists what a reference names: relevant values or rows, cells of a list, or one value.
export const compileNodes = x => {
  const [kind, ...args] = Array.isArray(x) ? x : []
  if (kind === 'N') {
    const [up, levels, tests, slot, source] = args, checks = tests.map(maybe)
    return (row, around) => {
      const rows = levels.reduce((found, level, i) =>
        passing(found.flatMap(r => r.kids[level].filter(kid => kid.relevant)), checks[i], row, around), [climb(row, up)])
      return slot < 0 ? rows : rows.filter(r => source < 0 || r.conditions[source]).map(r => r.values[slot])
    }
  }
  if (kind === 'I') {
    const items = compileItems(x)
    return (row, around) => items(row, around).map(item => around.lists[args[0]].cell(item, args[4]))
  }
  if (kind === 'O') {
    const inner = compileNodes(args[0])
    return (row, around) => inner(around.origin || row, around)
  }
  const one = compile(x)
  return (row, around) => [one(row, around)]
}

// Return the function that lists the items that a lookup finds.
export const compileItems = ([, name, key, value, test]) => {
  const wanted = maybe(value), check = maybe(test)
  return (row, around) => {
    const list = around.lists[name]
    return passing(key === null ? list.rows : list.where(key, wanted(row, around)), check, row, around, list)
  }
}

const first = x => { const nodes = compileNodes(x); return (row, around) => { const [v = ''] = nodes(row, around); return v.kids ? '' : v } }
const coalesce = (a, b) => (row, around) => { const v = a(row, around); return v === '' || v !== v ? b(row, around) : v }

const SPECIAL = {
  V: (up, slot) => up ? row => climb(row, up).values[slot] : row => row.values[slot],
  C: column => (row, { list, item }) => list ? list.cell(item, column) : '',
  P: up => row => climb(row, up).place,
  X: (up, levels, indexes, slot) => {
    const places = indexes.map(compile)
    return (row, around) => levels.reduce((at, level, i) => {
      const found = at?.kids[level][Math.max(1, Math.trunc(number(places[i](row, around))) || 1) - 1]
      return found?.relevant ? found : null
    }, climb(row, up))?.values[slot] ?? ''
  },
  L: (path, x) => { const code = compile(x); return (row, around) => around.choiceName(path, row, text(code(row, around))) },
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
}

// Return the function of an expression list.
export const compile = x => {
  if (!Array.isArray(x)) return () => x
  const [name, ...args] = x
  if ('NIO'.includes(name)) return first(x)
  if (SPECIAL[name]) return SPECIAL[name](...args)
  if (MANY[name]) {
    const [fixed, finish] = MANY[name], before = args.slice(0, fixed).map(compile), lists = args.slice(fixed).map(compileNodes)
    const plain = /^count/.test(name) ? v => v : v => v.kids ? '' : v
    return (row, around) => finish(lists.flatMap(nodes => nodes(row, around)).map(plain), ...before.map(f => f(row, around)))
  }
  const given = args.map(compile), [a, b] = given, f = PLAIN[name]
  if (LAZY[name]) return LAZY[name](...given)
  if (given.length === 1) return (row, around) => f(a(row, around))
  if (given.length === 2) return (row, around) => f(a(row, around), b(row, around))
  return (row, around) => f(...given.map(g => g(row, around)))
}
