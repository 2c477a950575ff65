/**
 * Load in equal parts over the threads: by CPU, else by commands, else by bytes. A thread far above the mean gives a cell
 * to one far below it, if that narrows the gap: to a peer that is there already, else with a peer that moves. A cell that
 * carries so much that it would only take the gap along is cut first.
 *
 * Threads and not stores, because it is a thread that runs out of time; stores of one thread share it.
 */
import type { CellReport } from '../model/index.ts'
import { chooseStore, isolationOf } from './choose.ts'
import { splitForLoad } from './load-split.ts'
import { DIMENSIONS, type Dimension, type Load } from './loads.ts'
import { NEW_PEER, type Step, transferTo, type Wish } from './operator.ts'
import { type Survey, unrest } from './scheduler.ts'

/** Cells of one thread that are looked at, from the one that carries most. */
const CELLS_TRIED = 20

export class HotCells {
  /** By cell: when it was moved last. */
  readonly #movedMs = new Map<number, number>()

  readonly balance = (survey: Survey): Wish[] => {
    const { view, operators, nowMs } = survey
    if (operators.roomFor('hot') === 0) return []
    for (const [cell, movedMs] of this.#movedMs) {
      if (nowMs - movedMs >= view.settings.hotRestMs) this.#movedMs.delete(cell)
    }
    if (survey.loadByExecutor.size < 2) return []
    for (const dimension of DIMENSIONS) {
      const wish = this.#narrow(dimension, survey)
      if (wish !== null) return [wish]
    }
    return []
  }

  /** Its wish was taken up. */
  moved(cell: number, nowMs: number): void {
    this.#movedMs.set(cell, nowMs)
  }

  #narrow(dimension: Dimension, survey: Survey): Wish | null {
    const { view, loadByExecutor } = survey
    const sorted = [...loadByExecutor].sort(([a, x], [b, y]) => y[dimension] - x[dimension] || a - b)
    const mean = sorted.reduce((sum, [, load]) => sum + load[dimension], 0) / sorted.length
    const [giver, most] = sorted[0] as [number, Load]
    // Two threads need more time for a load than one that bears it with ease: this is help for those that do not.
    if (most.cpu < view.settings.busyCpu) return null
    if (most[dimension] < least(dimension, survey) || most[dimension] <= mean * view.settings.hotBand) return null
    const cells = this.#cellsLedOn(giver, dimension, survey)
    for (const [taker, load] of [...sorted].reverse()) {
      if (load[dimension] >= mean / view.settings.hotBand) break
      const gap = most[dimension] - load[dimension]
      // Of many cells that carry a little none carries much of the gap: what would be felt is enough.
      const worth = Math.min(gap, mean / 4) * view.settings.hotShare
      const wish = this.#give(cells, giver, taker, gap, worth, dimension, survey)
      if (wish !== null) return wish
    }
    const [first] = cells
    const share = first === undefined ? 0 : survey.loads.of(first.cell.id)[dimension] / most[dimension]
    if (first === undefined || share < view.settings.hotShare) return null
    const reason = `${Math.round(share * 100)} % of the ${dimension} of thread ${giver} go to it`
    return splitForLoad(first, reason, survey).wish
  }

  /** The cell whose move leaves the smallest gap. */
  #give(
    cells: readonly CellReport[],
    giver: number,
    taker: number,
    gap: number,
    least: number,
    dimension: Dimension,
    survey: Survey,
  ): Wish | null {
    const loadOf = (report: CellReport) => survey.loads.of(report.cell.id)[dimension]
    const worth = cells
      .filter((report) => loadOf(report) >= least && loadOf(report) <= gap * 0.9)
      .sort((a, b) => Math.abs(gap - 2 * loadOf(a)) - Math.abs(gap - 2 * loadOf(b)) || a.cell.id - b.cell.id)
    for (const report of worth) {
      const steps = stepsTo(taker, report, survey)
      if (steps === null) continue
      const share = Math.round((loadOf(report) / gap) * 100)
      return {
        kind: steps.length === 1 ? 'transfer-leader' : 'move-peer',
        class: 'hot',
        cell: report.cell.id,
        reason: `thread ${giver} has more ${dimension} than thread ${taker}, and this cell ${share} % of what it has more`,
        steps,
      }
    }
    return null
  }

  #cellsLedOn(executor: number, dimension: Dimension, survey: Survey): CellReport[] {
    const { view, loads } = survey
    const cells: CellReport[] = []
    for (const id of loads.loaded()) {
      const report = view.cell(id)
      if (report === undefined || view.store(report.leader.store)?.report.executor !== executor) continue
      if (this.#movedMs.has(id) || report.cell.system || unrest(report, survey) !== null) continue
      cells.push(report)
    }
    const loadOf = (report: CellReport) => loads.of(report.cell.id)[dimension]
    return cells.sort((a, b) => loadOf(b) - loadOf(a) || a.cell.id - b.cell.id).slice(0, CELLS_TRIED)
  }
}

function least(dimension: Dimension, { view: { settings } }: Survey): number {
  const leasts: Load = { cpu: settings.hotCpuMin, commands: settings.hotCommandsMin, bytes: settings.hotBytesMin }
  return leasts[dimension]
}

/** How a store of that thread comes to lead it; null: none may. */
function stepsTo(executor: number, report: CellReport, survey: Survey): Step[] | null {
  const { view, nowMs } = survey
  const isThere = (store: number) => view.store(store)?.report.executor === executor && view.mayLead(store, nowMs)
  const peer = report.cell.peers.find((candidate) => isThere(candidate.store))
  if (peer !== undefined) return [transferTo(peer.store)]
  for (const leaving of report.cell.peers) {
    if (leaving.id === report.leader.id) continue
    const isolationMin = isolationOf(leaving, report, view, nowMs)
    const choice = chooseStore(report, survey, { leaving, isolationMin, among: isThere })
    if (choice.store === null) continue
    return [
      { kind: 'addLearner', store: choice.store, peer: NEW_PEER },
      { kind: 'replacePeer', store: choice.store, peer: NEW_PEER, removed: leaving.id },
      transferTo(choice.store),
    ]
  }
  return null
}
