// Words of the application in the chosen language, and the writing of dates. Sentences come whole from the server's catalogue.

import { words } from './words.js'

const KEY = 'phieu-so.language'
let texts = {}
let current = localStorage.getItem(KEY) || 'vi'

export const language = () => current
export const otherLanguage = () => current === 'vi' ? 'en' : 'vi'

export async function loadTexts(base, wanted = current) {
  texts = wanted === 'vi' ? words : await (await fetch(`${base}/text/${wanted}.json`)).json()
  current = wanted
  localStorage.setItem(KEY, wanted)
  document.documentElement.lang = wanted
}

export const t = (key, values) => (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values?.[name] ?? '–')

const two = n => String(n).padStart(2, '0')
const asDate = moment => moment instanceof Date ? moment : new Date(moment)

export const clock = moment => { const d = asDate(moment); return `${two(d.getHours())}:${two(d.getMinutes())}` }
export const day = moment => { const d = asDate(moment); return `${two(d.getDate())}/${two(d.getMonth() + 1)}/${d.getFullYear()}` }
export const dayClock = moment => `${day(moment)} ${clock(moment)}`
export const megabytes = bytes => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0).replace('.', current === 'vi' ? ',' : '.')

// Letters without marks, for search: "Nguyễn Đình" → "nguyen dinh".
export const fold = text => text.toLowerCase().replaceAll('đ', 'd').normalize('NFD').replace(/[\u0300-\u036f]/g, '')
