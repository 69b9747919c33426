// The sync journal: what was sent, received, refused, in words and in order. Codes of households, never names. Kept, exportable.

import { read, write } from './store.js'
import { dayClock, t } from './text.js'

const KEPT = 2000

export const log = (person, kind, detail = {}) => write(['journal'], async store => {
  const journal = store('journal')
  await journal.add({ person, at: Date.now(), kind, detail })
  const keys = await journal.keysBy('person', person)
  for (const key of keys.slice(0, Math.max(0, keys.length - KEPT))) await journal.delete(key)
}).catch(() => {})

export const entries = async person => (await read(['journal'], store => store('journal').by('person', person))).reverse()

export const sentence = ({ kind, detail }) => t(`journal.${kind}`, detail)

export const asText = list => list.map(entry => `${dayClock(entry.at)}\t${sentence(entry)}`).join('\r\n')
