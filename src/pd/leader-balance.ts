/** Leaders in equal numbers over the stores, which is over the cores: from the store that leads most to one that leads least. */
import type { CellReport } from '../model/index.ts'
import type { Wish } from './operator.ts'
import type { Survey } from './scheduler.ts'

/** A transfer narrows the gap by two: below this it would only turn the gap around. */
const GAP_MIN = 2

export function balanceLeaders(survey: Survey): Wish[] {
  const { view, operators, influence, nowMs } = survey
  if (operators.roomFor('leader') === 0) return []
  const leaders = new Map<number, number>()
  for (const [store, count] of view.counts()) {
    if (view.storeState(store, nowMs) !== 'up') continue
    leaders.set(store, count.leaders + (influence.get(store)?.leaders ?? 0))
  }
  const sources = [...leaders.keys()].sort((a, b) => (leaders.get(b) as number) - (leaders.get(a) as number) || a - b)
  const led = ledBy(survey)
  for (const source of sources) {
    const cells = led.get(source)
    if (cells === undefined) continue
    const wish = transferFrom(source, cells, leaders, survey)
    if (wish !== null) return [wish]
  }
  return []
}

function ledBy({ view, operators }: Survey): Map<number, CellReport[]> {
  const led = new Map<number, CellReport[]>()
  for (const report of view.cells()) {
    if (operators.of(report.cell.id) !== undefined) continue
    const cells = led.get(report.leader.store)
    if (cells === undefined) led.set(report.leader.store, [report])
    else cells.push(report)
  }
  return led
}

/** The cell and the target that narrow the widest gap; from a chance beginning, so that no cell is moved again and again. */
function transferFrom(
  source: number,
  cells: readonly CellReport[],
  leaders: ReadonlyMap<number, number>,
  { view, random }: Survey,
): Wish | null {
  const sourceLeaders = leaders.get(source) as number
  const first = random.below(cells.length)
  let best: { report: CellReport; target: number } | null = null
  let bestGap = GAP_MIN - 1
  for (let i = 0; i < cells.length; i++) {
    const report = cells[(first + i) % cells.length] as CellReport
    for (const peer of report.cell.peers) {
      const targetLeaders = leaders.get(peer.store)
      if (targetLeaders === undefined || peer.role !== 'voter' || view.isPending(report, peer)) continue
      const gap = sourceLeaders - targetLeaders
      if (gap <= bestGap) continue
      bestGap = gap
      best = { report, target: peer.store }
    }
  }
  if (best === null) return null
  return {
    kind: 'transfer-leader',
    class: 'leader',
    cell: best.report.cell.id,
    reason: `store ${source} leads ${sourceLeaders} cells, store ${best.target} leads ${leaders.get(best.target)}`,
    steps: [{ kind: 'transferLeader', store: best.target, peer: 0 }],
  }
}
