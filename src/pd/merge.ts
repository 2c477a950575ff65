/**
 * Which two neighbours could be one: both small, cold, whole, on the same stores, and not cut lately. The judgement alone:
 * stores cannot carry it out yet, so it is shown to who asks and nothing is ordered.
 */
import type { CellReport } from '../model/index.ts'
import { peerOn } from '../model/index.ts'
import { type Survey, unrest } from './scheduler.ts'

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

/** The neighbour that could take this cell in; the smaller one if both could. */
export function mergePartner(report: CellReport, times: SplitTimes, survey: Survey): Partner {
  const own = unfit(report, times, survey)
  if (own !== null) return { partner: null, why: own }
  let best: CellReport | null = null
  let why = 'it has no neighbour'
  for (const neighbour of survey.view.neighbours(report.cell)) {
    const other = survey.view.cell(neighbour.id)
    if (other === undefined) continue
    const against = unfit(other, times, survey) ?? apart(report, other)
    if (against !== null) why = `cell ${neighbour.id} beside it: ${against}`
    else if (best === null || other.sizeBytes < best.sizeBytes) best = other
  }
  return best === null ? { partner: null, why } : { partner: best, why: `cell ${best.cell.id} could take it in` }
}

function unfit(report: CellReport, times: SplitTimes, survey: Survey): string | null {
  const { view, loads, nowMs } = survey
  const { mergeBytesMax, mergeKeysMax, mergeRestMs, hotCommandsMin } = view.settings
  if (report.cell.system) return 'the system range stays one cell'
  if (report.sizeBytes >= mergeBytesMax || report.keys >= mergeKeysMax) return 'it is not small'
  if (loads.of(report.cell.id).commands >= hotCommandsMin / 10) return 'it is not cold'
  if (nowMs - times.restsSinceMs(report.cell.id) < mergeRestMs) return 'it was cut, or first seen, not long ago'
  return unrest(report, survey)
}

function apart(report: CellReport, other: CellReport): string | null {
  const sameStores = report.cell.peers.every((peer) => peerOn(other.cell, peer.store) !== undefined)
  return sameStores ? null : 'its copies are on other stores'
}
