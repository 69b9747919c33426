// Where a unit stands, from what the server said last and from what this tablet holds since.

import { returnOf } from './rooms.js'
import { dayClock, t } from './text.js'

const REFUSED = '21'

// Return { group, label, kind }: group is due, begun, returned, done or refused.
export function stateOf(app, stop) {
  const own = app.rows.filter(row => row.unit === stop.id)
  const draft = own.find(row => row.state === 'draft')
  if (draft) return { group: 'begun', label: draft.again ? t('visit.again.at', { time: dayClock(draft.again) }) : t('state.draft'), kind: 'state--caution' }
  const newest = own.toSorted((a, b) => b.updated - a.updated)[0]
  if (newest?.state === 'queued') return { group: groupOf(newest.outcome), label: t(newest.problem ? 'state.stuck' : 'state.queued'), kind: 'state--caution' }
  if (stop.state === 'returned' && returnOf(app, stop)) return { group: 'returned', label: t('state.returned'), kind: 'state--wrong' }
  if (newest) return { group: groupOf(newest.outcome), label: t(newest.receipt?.held ? 'state.held' : 'state.sent'), kind: 'state--good' }
  if (stop.state === 'rejected') return { group: 'done', label: t('state.rejected'), kind: 'state--wrong' }
  if (stop.state) return { group: groupOf(stop.outcome), label: t(`state.${stop.state}`), kind: 'state--good' }
  return { group: 'due', label: t('state.due'), kind: '' }
}

const groupOf = outcome => outcome === REFUSED ? 'refused' : 'done'
