// The functions of the expression language: the twin of questionnaire/library.py. Plain values in, plain values out.

import { DAY, Moment, number, parseMoment, text, truth } from './value.js'

const index = v => { const x = number(v); return x !== x ? 0 : Math.trunc(Math.max(-2e9, Math.min(2e9, x))) }
const codes = v => text(v).split(/\s+/).filter(Boolean)
const fraction = v => v instanceof Moment ? v.ms / DAY : number(v)
const numbers = values => values.map(number).filter(x => x === x)
const shift = (x, places) => { const [m, e = 0] = String(x).split('e'); return +(m + 'e' + (+e + places)) }

const round = (v, places = 0) => {
  const x = number(v), digits = Math.trunc(number(places))
  if (!isFinite(x)) return x
  if (!(Math.abs(digits) <= 30)) return NaN
  return shift(digits < 0 ? Math.trunc(shift(x, digits) + 0.5) : Math.round(shift(x, digits)), -digits)
}

const substr = (v, start, end) => {
  const s = text(v)
  const at = i => Math.max(0, i < 0 ? s.length + i : i)
  const first = at(index(start)), last = end === undefined ? s.length : at(index(end))
  return first <= last ? s.slice(first, last) : ''
}

const translate = (v, old, young) => {
  const from = text(old), to = text(young)
  return [...text(v)].map(c => { const i = from.indexOf(c); return i < 0 ? c : to[i] || '' }).join('')
}

const patterns = new Map()
const regex = (v, pattern) => {
  const source = text(pattern)
  if (!patterns.has(source)) {
    try { patterns.set(source, new RegExp(`^(?:${source})$`)) } catch { patterns.set(source, null) }
  }
  return !!patterns.get(source)?.test(text(v))
}

const dateOf = (v, time) => {
  if (v instanceof Moment) return time ? v : new Moment(v.days * DAY)
  if (typeof v !== 'number') return parseMoment(text(v)) || ''
  if (v !== v) return v
  if (Math.abs(v) > 2147483647) return ''
  return new Moment(time ? Math.trunc(v * DAY) + 252e5 : Math.trunc(v) * DAY)
}

const dateNumber = v => { const d = typeof v === 'number' ? v : dateOf(v, true); return d instanceof Moment ? (d.ms - 252e5) / DAY : d }

const timeNumber = v => {
  if (typeof v === 'number') return v - Math.floor(v)
  const d = dateOf(v, true)
  return d instanceof Moment ? (d.ms / DAY) - d.days : d
}

const format = (v, pattern) => {
  const d = dateOf(v, true)
  if (!(d instanceof Moment)) return ''
  const l = d.local, pad = (n, width = 2) => String(n).padStart(width, '0')
  const part = {
    Y: () => pad(l.getUTCFullYear(), 4), y: () => pad(l.getUTCFullYear() % 100), m: () => pad(l.getUTCMonth() + 1),
    n: () => l.getUTCMonth() + 1, d: () => pad(l.getUTCDate()), e: () => l.getUTCDate(), H: () => pad(l.getUTCHours()),
    h: () => l.getUTCHours(), M: () => pad(l.getUTCMinutes()), S: () => pad(l.getUTCSeconds()),
    3: () => pad(l.getUTCMilliseconds(), 3), '%': () => '%',
  }
  return text(pattern).replace(/%(.)/g, (_, c) => part[c] ? part[c]() : '')
}

const split = (v, mark, after) => {
  const s = text(v), m = text(mark), i = s.indexOf(m)
  return i < 0 ? '' : after ? s.slice(i + m.length) : s.slice(0, i)
}

export const PLAIN = {
  true: () => true,
  false: () => false,
  not: v => !truth(v),
  boolean: truth,
  'boolean-from-string': v => /^(true|1)$/i.test(text(v)),
  number,
  int: v => Math.trunc(number(v)),
  round,
  pow: (a, b) => number(a) ** number(b),
  exp10: v => 10 ** fraction(v),
  atan2: (a, b) => Math.atan2(fraction(a), fraction(b)),
  pi: () => Math.PI,
  string: text,
  substr,
  'substring-before': (v, mark) => split(v, mark),
  'substring-after': (v, mark) => split(v, mark, true),
  translate,
  contains: (v, part) => text(v).includes(text(part)),
  'starts-with': (v, part) => text(v).startsWith(text(part)),
  'ends-with': (v, part) => text(v).endsWith(text(part)),
  'string-length': v => text(v).length,
  'normalize-space': v => codes(v).join(' '),
  regex,
  selected: (v, code) => ` ${text(v)} `.includes(` ${text(code).trim()} `),
  'selected-at': (v, i) => codes(v)[Math.trunc(number(i))] || '',
  'count-selected': v => codes(v).length,
  date: v => dateOf(v),
  'date-time': v => dateOf(v, true),
  'decimal-date-time': dateNumber,
  'decimal-time': timeNumber,
  'format-date': format,
  'format-date-time': format,
  div: (a, b) => number(a) / number(b),
  mod: (a, b) => number(a) % number(b),
}
for (const name of ['abs', 'sqrt', 'exp', 'log', 'log10', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan']) {
  PLAIN[name] = v => Math[name](fraction(v))
}

const sumWhere = values => values.reduce((sum, v, i) => i % 2 || !truth(v) ? sum : sum + number(values[i + 1]), 0)

// Functions of many values: how many arguments come before the values, and the function of both.
export const MANY = {
  count: [0, values => values.length],
  'count-non-empty': [0, values => values.filter(v => text(v) !== '').length],
  sum: [0, values => numbers(values).reduce((a, b) => a + b, 0)],
  min: [0, values => { const found = numbers(values); return found.length ? found.reduce((a, b) => a < b ? a : b) : NaN }],
  max: [0, values => { const found = numbers(values); return found.length ? found.reduce((a, b) => a > b ? a : b) : NaN }],
  concat: [0, values => values.map(text).join('')],
  join: [1, (values, mark) => values.map(text).join(text(mark))],
  checklist: [2, (values, low, high) => {
    const found = values.filter(truth).length, least = Math.trunc(number(low)), most = Math.trunc(number(high))
    return (least < 0 || found >= least) && (most < 0 || found <= most)
  }],
  'weighted-checklist': [2, (values, low, high) => { const w = sumWhere(values); return number(low) <= w && w <= number(high) }],
}
