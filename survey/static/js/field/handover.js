// An order to clear the tablet does not wait for interviews that will never end: what was begun is frozen as it stands and goes to the
// office as unfinished. A questionnaire that is open in a window is left alone until it is closed.

import { Interview } from './interview.js'
import { open } from './records.js'
import { model } from './work.js'

// Put drafts into the queue as unfinished; returns how many.
export async function handOver(session, drafts) {
  let count = 0
  for (const { id } of drafts) {
    count += await navigator.locks.request(`phieu-so.record.${id}`, { ifAvailable: true }, async lock => {
      const record = lock && await open(session, id), form = record?.row.state === 'draft' && await model(record.row.form)
      if (!form) return 0
      await new Interview(session, record, form, null).finish({ unfinished: true })
      return 1
    })
  }
  return count
}
