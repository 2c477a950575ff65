/**
 * Peers in equal numbers over the stores, by weight: one is added on the emptier store, and takes the place of one on the
 * fuller. By bytes instead where the sizes of cells differ so much that numbers would say little.
 */
import type { CellReport, Peer } from '../model/index.ts'
import { peerOn } from '../model/index.ts'
import { chooseStore, isolationOf, keptOut } from './choose.ts'
import { stepsOfMove, type Wish } from './operator.ts'
import { type Survey, samplePlaces, unrest } from './scheduler.ts'
import { cellAmount, cellScore } from './score.ts'

/** Stores that are tried before the rest is left to the next time. */
const STORES_TRIED = 8

export function balanceCells(survey: Survey): Wish[] {
  const { view, operators, influence, nowMs, random } = survey
  if (operators.roomFor('cell') === 0) return []
  const sources: { store: number; score: number }[] = []
  let lowest = Infinity
  const tolerance = toleranceOf(survey)
  for (const store of view.stores()) {
    const id = store.report.store
    if (view.storeState(id, nowMs) !== 'up') continue
    sources.push({ store: id, score: cellScore(id, view, influence, -tolerance) })
    if (keptOut(store, null, survey) === null) lowest = Math.min(lowest, cellScore(id, view, influence, tolerance))
  }
  sources.sort((a, b) => b.score - a.score || a.store - b.store)
  for (const { store, score } of sources.slice(0, STORES_TRIED)) {
    if (score <= lowest) break
    const { cells } = view.tally(store)
    for (const place of samplePlaces(cells.size, view.settings.balanceTries, random)) {
      const report = view.cell(cells.at(place))
      if (report === undefined || unrest(report, survey) !== null || survey.loads.isHot(report.cell.id)) continue
      const wish = moveFrom(store, report, tolerance, survey)
      if (wish !== null) return [wish]
    }
  }
  return []
}

/** In cells or in bytes, as scores are. A move across a gap of two would only be followed by another. */
function toleranceOf({ view, nowMs }: Survey): number {
  let most = 0
  let cells = 0
  let bytes = 0
  for (const { report } of view.stores()) {
    if (view.storeState(report.store, nowMs) !== 'up') continue
    const tally = view.tally(report.store)
    most = Math.max(most, tally.cells.size)
    cells += tally.cells.size
    bytes += tally.sizeBytes
  }
  const tolerance = Math.max(1, view.settings.cellTolerance * most)
  return view.sizesDiffer && cells > 0 ? (tolerance * bytes) / cells : tolerance
}

function moveFrom(source: number, report: CellReport, tolerance: number, survey: Survey): Wish | null {
  const { view, influence, nowMs } = survey
  const leaving = peerOn(report.cell, source) as Peer
  const isolationMin = isolationOf(leaving, report, view, nowMs)
  // A large cell must not turn the gap around, however small the mean is.
  const more = Math.max(tolerance, cellAmount(report, view))
  const scoreBelow = cellScore(source, view, influence, -more)
  const choice = chooseStore(report, survey, { leaving, isolationMin, scoreBelow, more })
  if (choice.store === null) return null
  const { cells } = view.tally(source)
  return {
    kind: 'move-peer',
    class: 'cell',
    cell: report.cell.id,
    reason: `store ${source} has ${cells.size} cells, store ${choice.store} has ${view.tally(choice.store).cells.size}`,
    steps: stepsOfMove(report, leaving, choice.store, view, nowMs),
  }
}
