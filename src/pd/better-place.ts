/** A copy that could be further from the others is moved there: what fails at once should not hold two of them. */
import type { CellReport } from '../model/index.ts'
import { chooseStore, isolationOf } from './choose.ts'
import { stepsOfMove } from './operator.ts'
import type { Checked } from './replica.ts'
import { type Survey, unrest } from './scheduler.ts'

export function checkPlace(report: CellReport, survey: Survey): Checked {
  const { view, nowMs } = survey
  const restless = unrest(report, survey)
  if (restless !== null) return { wish: null, why: restless }
  let reason = ''
  let best: { steps: ReturnType<typeof stepsOfMove>; gain: number } | null = null
  for (const leaving of report.cell.peers) {
    const today = isolationOf(leaving, report, view, nowMs)
    const choice = chooseStore(report, survey, { leaving, isolationMin: today + 1 })
    if (choice.store === null) {
      reason ||= choice.why
      continue
    }
    const gain = choice.isolation - today
    if (best !== null && gain <= best.gain) continue
    reason = `on store ${choice.store} a copy is further from the others than on store ${leaving.store}`
    best = { steps: stepsOfMove(report, leaving, choice.store, view, nowMs), gain }
  }
  if (best === null) return { wish: null, why: `its copies are as far apart as they can be: ${reason}` }
  return { wish: { kind: 'move-peer', class: 'place', cell: report.cell.id, reason, steps: best.steps } }
}
