// Values of expressions and how they turn into one another: the twin of questionnaire/value.py.
// A value is a text, a number, a truth value or a Moment (milliseconds of the clock in Asia/Ho_Chi_Minh); "" is no answer.

export const DAY = 864e5
const ZONE = 252e5
const TINY = 1e-12
const two = (n, width = 2) => String(n).padStart(width, '0')

export class Moment {
  constructor(ms) { this.ms = ms }
  get days() { return Math.floor(this.ms / DAY) }
  get local() { return new Date(this.ms) }
  get date() { return two(this.local.getUTCFullYear(), 4) + this.local.toISOString().slice(-20, -14) }
  get iso() { return this.date + this.local.toISOString().slice(-14, -1) + '+07:00' }
}

export const momentOf = date => new Moment(date.getTime() + ZONE)

export const clockMs = text => {
  const m = /^(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d(?::?\d\d)?)?$/.exec(text.trim())
  if (!m || m[1] > 24 || m[2] > 59 || (m[3] || 0) > 59) return null
  const ms = ((+m[1] * 60 + +m[2]) * 60 + +(m[3] || 0)) * 1000 + +(m[4] || '0').padEnd(3, '0').slice(0, 3)
  const zone = m[5]
  if (!zone) return ms
  const minutes = zone === 'Z' ? 0 : +zone.slice(1, 3) * 60 + (zone.length > 3 ? +zone.slice(-2) : 0)
  return ms + ZONE - (zone[0] === '-' ? -minutes : minutes) * 6e4
}

export const parseMoment = text => {
  const [day, clock] = text.trim().split(/T(.*)/s)
  const m = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(day)
  if (!m || +m[1] < 1) return null
  const start = new Date(0)
  start.setUTCFullYear(m[1], m[2] - 1, m[3])
  if (start.getUTCMonth() !== m[2] - 1 || start.getUTCDate() !== +m[3]) return null
  const offset = clock === undefined ? 0 : clockMs(clock)
  return offset === null ? null : new Moment(start.getTime() + offset)
}

export const typed = (type, text) => {
  if (!text) return ''
  if (type === 'int' || type === 'decimal') {
    return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/.test(text) ? +text : text
  }
  return type === 'date' || type === 'dateTime' ? parseMoment(text) || text : text
}

export const number = v => {
  if (typeof v === 'number') return v
  if (typeof v === 'string') {
    const text = v.replace(/,/g, '.').trim()
    return /^-?(\d+\.?\d*|\.\d+)$/.test(text) ? +text : NaN
  }
  return v instanceof Moment ? v.days : +v
}

export const truth = v => typeof v === 'number' ? Math.abs(v) > TINY : v instanceof Moment || !!v

const plain = x => {
  const [digits, exponent] = String(Math.abs(x)).split('e')
  if (!exponent) return String(x)
  const [whole, part = ''] = digits.split('.')
  const sign = x < 0 ? '-' : ''
  return sign + (exponent < 0 ? '0.' + '0'.repeat(-exponent - 1) + whole + part : whole + part.padEnd(exponent, '0'))
}

export const numberText = x => {
  if (x !== x) return 'NaN'
  if (Math.abs(x) < TINY) return '0'
  const whole = Math.round(x)
  return Math.abs(x - whole) < TINY && Math.abs(x) < 1e15 ? String(whole) : plain(x)
}

export const text = v => typeof v === 'string' ? v : typeof v === 'number' ? numberText(v) : v instanceof Moment ? v.date : String(v)

export const stored = (type, v) => {
  if (type === 'int' || type === 'decimal') {
    const x = number(v)
    return isFinite(x) ? numberText(type === 'int' ? Math.trunc(x) : x) : ''
  }
  if (v instanceof Moment && type === 'dateTime') return v.iso
  if ((type === 'date' || type === 'dateTime') && typeof v === 'number') return isFinite(v) ? new Moment(Math.trunc(v) * DAY).date : ''
  return text(v)
}

export const equal = (a, b) => {
  if (typeof a === 'boolean' || typeof b === 'boolean') return truth(a) === truth(b)
  if (typeof a === 'number' || typeof b === 'number') return Math.abs(number(a) - number(b)) < TINY
  return text(a) === text(b)
}
