/** Takes leaders from stores that are not to lead: by order of a person, or because they keep others waiting. */
import type { CellReport } from '../model/index.ts'
import { successorOf, transferTo, type Wish } from './operator.ts'
import type { Survey } from './scheduler.ts'

export function evictLeaders(survey: Survey): Wish[] {
  const { view, operators, nowMs } = survey
  const wishes: Wish[] = []
  let room = operators.roomFor('evict')
  for (const { report: store } of view.stores()) {
    if (!view.isEvicted(store.store)) continue
    for (const id of view.tally(store.store).leaders.values()) {
      if (room <= 0) return wishes
      const report = view.cell(id) as CellReport
      if (report === undefined || operators.of(id) !== undefined || report.joint) continue
      const successor = successorOf(report, view, nowMs)
      // From one that is not to lead to another such one would be a move without end.
      if (successor === null || !view.mayLead(successor.store, nowMs)) continue
      room--
      wishes.push({
        kind: 'transfer-leader',
        class: 'evict',
        cell: id,
        reason: `store ${store.store} ${view.isSlow(store.store) ? 'is slow' : 'is not to lead, by order'}`,
        steps: [transferTo(successor.store)],
      })
    }
  }
  return wishes
}
