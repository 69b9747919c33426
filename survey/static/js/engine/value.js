// Values and how they turn into one another (twin of value.py): texts, numbers, truth values, Moments; "" is no answer.

export const DAY = 864e5
export const ZONE = 252e5 // Asia/Ho_Chi_Minh, all year
const TINY = 1e-12
const NUMBER = /^-?(\d+\.?\d*|\.\d+)$/

// A date or a date with its time: milliseconds of the local clock.
export class Moment {
  constructor(ms) { this.ms = ms }
  get days() { return Math.floor(this.ms / DAY) }
  get clock() { return new Date(this.ms).toISOString().slice(0, -1) }
  get date() { return this.clock.slice(0, 10) }
  get iso() { return this.clock + '+07:00' }
}

export const momentOf = date => new Moment(+date + ZONE)

export const clockMs = text => {
  const [, h, min, s = 0, part = '', zone, hours, minutes = 0] =
    /^(\d{1,2}):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,3})\d*)?)?(Z|([+-]\d\d)(?::?(\d\d))?)?$/.exec(text.trim()) || []
  if (!(h <= 24)) return null
  const east = zone ? ZONE - (hours || 0) * 36e5 - ((hours || '+')[0] + 1) * minutes * 6e4 : 0
  return ((h * 60 + +min) * 60 + +s) * 1e3 + +part.padEnd(3, 0) + east
}

export const parseMoment = text => {
  const [, y, m, d, clock] = /^([1-9]\d{3})-(\d{1,2})-(\d{1,2})(?:T(.*))?$/.exec(text.trim()) || []
  const start = new Moment(Date.UTC(y, m - 1, d)), time = clock === undefined ? 0 : clockMs(clock)
  if (!y || time === null || +start.date.slice(5, 7) !== +m || +start.date.slice(8) !== +d) return null
  return new Moment(start.ms + time)
}

export const typed = (type, text) => !text ? '' : type === 'int' ? /^[+-]?\d+$/.test(text) ? +text : text
  : type === 'decimal' ? /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/.test(text) ? +text : text
  : /^date/.test(type) && /T/.test(text) === (type === 'dateTime') && parseMoment(text) || text

export const number = v => {
  if (typeof v !== 'string') return v instanceof Moment ? v.days : +v
  v = v.replace(/,/g, '.').trim()
  return NUMBER.test(v) ? +v : NaN
}

export const truth = v => typeof v === 'number' ? Math.abs(v) > TINY : !!v

// Write a number without an exponent.
const plain = x => {
  const [digits, power] = String(x).split('e'), [whole, part = ''] = digits.replace('-', '').split('.')
  if (!power) return digits
  return (x < 0 ? '-' : '') + (power < 0 ? '0.'.padEnd(1 - power, 0) + whole + part : whole + part.padEnd(power, 0))
}

export const text = v => {
  if (typeof v !== 'number') return v instanceof Moment ? v.date : String(v)
  const near = Math.round(v)
  return plain(Math.abs(v - near) < TINY && Math.abs(v) < 1e15 ? near + 0 : v)
}

export const stored = (type, v) => {
  const isDate = /^date/.test(type)
  if (type === 'int' || type === 'decimal' || isDate && typeof v === 'number') {
    v = number(v)
    if (!isFinite(v)) return ''
    if (type !== 'decimal') v = Math.trunc(v)
    if (isDate) v = new Moment(v * DAY)
  } else if (type === 'dateTime' && v instanceof Moment) return v.iso
  return text(v)
}

export const equal = (a, b) => typeof a === 'boolean' || typeof b === 'boolean' ? truth(a) === truth(b)
  : typeof a === 'number' || typeof b === 'number' ? Math.abs(number(a) - number(b)) < TINY : text(a) === text(b)
