// The functions of the expression language (twin of library.py): plain values in, plain values out.

import { DAY, Moment, number, parseMoment, text, truth, ZONE } from './value.js'

const int = v => Math.trunc(number(v))
const whole = v => int(v) || 0
const codes = v => text(v).split(/\s+/).filter(Boolean)
const fraction = v => v instanceof Moment ? v.ms / DAY : number(v)
const least = test => values => values.map(number).reduce((a, b) => b !== b || test(a, b) ? a : b, NaN)
const shift = (x, places) => { const [m, e = 0] = String(x).split('e'); return +(m + 'e' + (+e + places)) }

const dateOf = (v, time) => {
  if (typeof v === 'string' || typeof v === 'boolean') v = parseMoment(text(v)) || ''
  if (typeof v === 'number' && v === v) {
    v = v < -354285 || v >= 2932896 ? '' : new Moment(time ? Math.trunc(v * DAY) + ZONE : Math.trunc(v) * DAY)
  }
  return v instanceof Moment && !time ? new Moment(v.days * DAY) : v
}

const format = (v, pattern) => {
  const { clock } = dateOf(v, true)
  if (!clock) return ''
  const [Y, m, d, H, M, S, part] = clock.split(/\D/)
  const parts = { Y, y: Y.slice(2), m, n: +m, d, e: +d, H, h: +H, M, S, 3: part, '%': '%' }
  return text(pattern).replace(/%(.)/g, (_, c) => parts[c] ?? '')
}

const fromEnd = (i, length) => { i = whole(i); return Math.max(0, i < 0 ? length + i : i) }

export const PLAIN = {
  true: () => true,
  false: () => false,
  not: v => !truth(v),
  boolean: truth,
  'boolean-from-string': v => /^(true|1)$/i.test(text(v)),
  number,
  int,
  round: (v, places = 0) => {
    const x = number(v), digits = whole(places)
    if (!isFinite(x)) return x
    if (!(Math.abs(digits) <= 30)) return NaN
    return shift(digits < 0 ? Math.trunc(shift(x, digits) + 0.5) : Math.round(shift(x, digits)), -digits)
  },
  pow: (a, b) => number(a) ** number(b),
  exp10: v => 10 ** fraction(v),
  atan2: (a, b) => Math.atan2(fraction(a), fraction(b)),
  pi: () => Math.PI,
  string: text,
  substr: (v, start, end) => {
    const s = text(v)
    return s.slice(fromEnd(start, s.length), end === undefined ? s.length : fromEnd(end, s.length))
  },
  'substring-before': (v, mark) => text(v).slice(0, Math.max(0, text(v).indexOf(text(mark)))),
  'substring-after': (v, mark) => text(v).includes(text(mark)) ? text(v).slice(text(v).indexOf(text(mark)) + text(mark).length) : '',
  translate: (v, old, young) => text(v).replace(/./gsu, c => text(old).includes(c) ? text(young)[text(old).indexOf(c)] || '' : c),
  contains: (v, part) => text(v).includes(text(part)),
  'starts-with': (v, part) => text(v).startsWith(text(part)),
  'ends-with': (v, part) => text(v).endsWith(text(part)),
  'string-length': v => text(v).length,
  'normalize-space': v => codes(v).join(' '),
  regex: (v, pattern) => { try { return RegExp(`^(?:${text(pattern)})$`).test(text(v)) } catch { return false } },
  selected: (v, code) => ` ${text(v)} `.includes(` ${text(code).trim()} `),
  'selected-at': (v, i) => codes(v)[int(i)] || '',
  'count-selected': v => codes(v).length,
  date: v => dateOf(v),
  'date-time': v => dateOf(v, true),
  'decimal-date-time': v => { v = typeof v === 'number' ? v : dateOf(v, true); return v.clock ? (v.ms - ZONE) / DAY : v },
  'decimal-time': v => { v = typeof v === 'number' ? v : dateOf(v, true); return v === '' ? v : fraction(v) - Math.floor(fraction(v)) },
  'format-date': format,
  'format-date-time': format,
  div: (a, b) => number(a) / number(b),
  mod: (a, b) => number(a) % number(b),
  '<': (a, b) => number(a) < number(b),
  '<=': (a, b) => number(a) <= number(b),
  '>': (a, b) => number(a) > number(b),
  '>=': (a, b) => number(a) >= number(b),
  '+': (a, b) => number(a) + number(b),
  '-': (a, b) => number(a) - number(b),
  '*': (a, b) => number(a) * number(b),
  neg: v => -number(v),
}
for (const name of ['abs', 'sqrt', 'exp', 'log', 'log10', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan']) {
  PLAIN[name] = v => Math[name](fraction(v))
}

// Functions of many values: how many arguments come before the values, and the function of both.
export const MANY = {
  count: [0, values => values.length],
  'count-non-empty': [0, values => values.filter(v => text(v)).length],
  sum: [0, values => values.reduce((sum, v) => sum + (number(v) || 0), 0)],
  min: [0, least((a, b) => a < b)],
  max: [0, least((a, b) => a > b)],
  concat: [0, values => values.map(text).join('')],
  join: [1, (values, mark) => values.map(text).join(text(mark))],
  checklist: [2, (values, low, high) => {
    const found = values.filter(truth).length
    return (whole(low) < 0 || found >= whole(low)) && (whole(high) < 0 || found <= whole(high))
  }],
  'weighted-checklist': [2, (values, low, high) => {
    const weight = values.reduce((sum, v, i) => i % 2 || !truth(v) ? sum : sum + number(values[i + 1]), 0)
    return number(low) <= weight && weight <= number(high)
  }],
}
