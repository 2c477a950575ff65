/**
 * Two neighbours made one.
 *
 *   wish      both are small, cold, whole, and not cut lately; or a person orders it
 *   moves     peers of the one that goes, until both live on the same stores: steps as of any move
 *   asked     the order is given again while it is reported as it was planned
 *   prepared  it is reported as merging: the stores decide, and nothing is ordered any more
 *   done      the other one is reported with it among what it has absorbed
 *
 * An operator that ends early leaves nothing undone: what is prepared decides itself, and serves again if that is a no.
 */
import { type CellReport, type OrderStep, peerOn } from '../model/index.ts'
import { type MergeStep, type Step, stepsOfMove, type Wish } from './operator.ts'
import { type Survey, unrest } from './scheduler.ts'
import type { PdSettings } from './settings.ts'
import type { Planned } from './split.ts'
import type { View } from './view.ts'

/** By cell: when it was cut last, as far as this PD has seen; before it began, everything may have been. */
export class SplitTimes {
  readonly #startedMs: number
  readonly #cutMs = new Map<number, number>()

  constructor(startedMs: number) {
    this.#startedMs = startedMs
  }

  cut(cells: readonly number[], nowMs: number): void {
    for (const cell of cells) this.#cutMs.set(cell, nowMs)
  }

  restsSinceMs(cell: number): number {
    return this.#cutMs.get(cell) ?? this.#startedMs
  }

  forget(beforeMs: number): void {
    for (const [cell, cutMs] of this.#cutMs) if (cutMs < beforeMs) this.#cutMs.delete(cell)
  }
}

export type Partner =
  | { readonly partner: CellReport; readonly why: string }
  | { readonly partner: null; readonly why: string }

/** The neighbour that could take this cell in: where fewer copies have to be moved, and of two like that the smaller one. */
export function mergePartner(report: CellReport, times: SplitTimes, survey: Survey): Partner {
  const { view } = survey
  const own = unfit(report, times, survey)
  if (own !== null) return { partner: null, why: own }
  if (view.userCells <= view.settings.initialCells)
    return { partner: null, why: 'there are no more cells than at the beginning' }
  let best: CellReport | null = null
  let why = 'it has no neighbour'
  for (const neighbour of view.neighbours(report.cell)) {
    const other = view.cell(neighbour.id)
    if (other === undefined) continue
    const against = unfit(other, times, survey)
    if (against !== null) why = `cell ${neighbour.id} beside it: ${against}`
    else if (best === null || rank(report, other) < rank(report, best)) best = other
  }
  return best === null ? { partner: null, why } : { partner: best, why: `cell ${best.cell.id} could take it in` }
}

function rank(report: CellReport, other: CellReport): number {
  return strangers(report, other).length + other.sizeBytes / 2 ** 50
}

/** Of its peers, those on stores where the other has none. */
function strangers(report: CellReport, other: CellReport) {
  return report.cell.peers.filter((peer) => peerOn(other.cell, peer.store) === undefined)
}

/** What two of them make is far from being split again. */
function smallBytes({ mergeBytesMax, cellSizeBytes }: PdSettings): number {
  return Math.min(mergeBytesMax, cellSizeBytes / 4)
}

function unfit(report: CellReport, times: SplitTimes, survey: Survey): string | null {
  const { view, loads, nowMs } = survey
  const { mergeKeysMax, splitKeys, mergeRestMs, hotCommandsMin } = view.settings
  if (report.cell.system) return 'the system range stays one cell'
  const isSmall = report.sizeBytes < smallBytes(view.settings) && report.keys < Math.min(mergeKeysMax, splitKeys / 4)
  if (!isSmall) return 'it is not small'
  if (loads.of(report.cell.id).commands >= hotCommandsMin / 10) return 'it is not cold'
  if (nowMs - times.restsSinceMs(report.cell.id) < mergeRestMs) return 'it was cut, or first seen, not long ago'
  return unrest(report, survey)
}

/** What the scheduler wishes for this cell, or why nothing. */
export function checkMerge(report: CellReport, times: SplitTimes, survey: Survey): Planned {
  const { partner, why } = mergePartner(report, times, survey)
  if (partner === null) return { wish: null, why }
  return planMerge(report, partner, 'merge', 'two small neighbours that nobody uses much', survey)
}

/** The cell becomes a part of the other; or what stands against it. */
export function planMerge(
  report: CellReport,
  other: CellReport,
  operatorClass: 'hand' | 'merge',
  reason: string,
  survey: Survey,
): Planned {
  const { view, nowMs } = survey
  const { cell, leader } = report
  const no = (why: string): Planned => ({ wish: null, why })
  if (cell.system || other.cell.system) return no('the system range is one cell for good')
  if (!view.neighbours(cell).some(({ id }) => id === other.cell.id))
    return no(`cell ${other.cell.id} does not lie beside cell ${cell.id}`)
  for (const each of [report, other]) {
    const matter = unrest(each, survey)
    if (matter !== null) return no(`cell ${each.cell.id}: ${matter}`)
  }
  const arriving = strangers(other, report)
  const steps: Step[] = strangers(report, other).flatMap((peer, i) => {
    return stepsOfMove(report, peer, (arriving[i] as typeof peer).store, view, nowMs)
  })
  const { version } = cell.epoch
  steps.push({ kind: 'merge', store: leader.store, peer: 0, target: other.cell.id, version })
  return { wish: { kind: 'merge', class: operatorClass, cell: cell.id, reason, steps } satisfies Wish }
}

/** What the reported world says. `refused`: it was prepared and serves again. `void`: it will not come about. */
export function fateOfMerge(
  step: MergeStep,
  source: number,
  view: View,
): 'asked' | 'prepared' | 'done' | 'refused' | 'void' {
  if (view.mergedInto(source) !== undefined) return 'done'
  const report = view.cell(source)
  if (report === undefined) return 'void'
  if (report.merging !== undefined) return report.merging.target === step.target ? 'prepared' : 'void'
  if (report.cell.epoch.version > step.version + 1) return 'refused'
  return report.cell.epoch.version === step.version ? 'asked' : 'prepared'
}

/** Null while it must wait for one of the two to come to rest. */
export function orderOfMerge(step: MergeStep, report: CellReport, view: View): OrderStep | null {
  const other = view.cell(step.target)
  if (other === undefined || other.joint || report.joint || other.merging !== undefined) return null
  if (strangers(report, other).length > 0 || other.cell.peers.length !== report.cell.peers.length) return null
  return { kind: 'merge', target: other.cell }
}
