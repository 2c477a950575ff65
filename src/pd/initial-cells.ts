/**
 * A new cluster is cut into as many cells as were asked for, before there is anything to cut: its range is divided evenly
 * by the first two bytes of a key (by the first three beyond 65 536 cells), so cell i of n begins at `i × 65536 / n`.
 *
 *   absent   of the note in the system range: it is begun when all user keys are one cell, never split and without a key
 *   N        every cell that holds a boundary and is whole is cut at the middle one of those it holds, many at once
 *   done     no cell holds a boundary any more; from then on cells are split for their size alone
 */
import { compareBytes } from '../base/index.ts'
import { type Cell, FIRST_USER_CELL } from '../model/index.ts'
import { pdKeys } from './keys.ts'
import type { Notes } from './notes.ts'
import type { Wish } from './operator.ts'
import { type Survey, unrest } from './scheduler.ts'
import { planSplit } from './split.ts'
import type { View } from './view.ts'

const DONE = 'done'

export function boundariesOf(cells: number): Uint8Array[] {
  const bytes = cells <= 2 ** 16 ? 2 : 3
  return Array.from({ length: cells - 1 }, (_, i) => {
    const at = Math.floor(((i + 1) * 2 ** (8 * bytes)) / cells)
    return Uint8Array.from({ length: bytes }, (_, byte) => at >>> (8 * (bytes - 1 - byte)))
  })
}

export class InitialCells {
  readonly #notes: Notes
  #boundaries: Uint8Array[] | null = null

  constructor(notes: Notes) {
    this.#notes = notes
  }

  wishes(survey: Survey): Wish[] {
    const { view, operators } = survey
    const note = this.#notes.get(pdKeys.initialCells)
    if (note === null || note === DONE) return []
    if (note === '') {
      const { initialCells } = view.settings
      if (initialCells > 1 && isUntouched(view)) this.#notes.want(pdKeys.initialCells, String(initialCells))
      return []
    }
    if (operators.roomFor('split') === 0) return []
    this.#boundaries ??= boundariesOf(Number(note))
    const wishes: Wish[] = []
    let left = 0
    for (const report of view.cells()) {
      if (report.cell.system) continue
      const key = middleOf(this.#boundaries, report.cell)
      if (key === null) continue
      left++
      // Whole, and none behind: what is cut before has to be copied cell by cell.
      if (unrest(report, survey) !== null || operators.hasFailed('split', report.cell.id, survey.nowMs)) continue
      const planned = planSplit(report, key, 'split', `one of ${note} cells to begin with`, survey)
      if (planned.wish !== null) wishes.push(planned.wish)
    }
    if (left === 0 && view.complete) this.#notes.want(pdKeys.initialCells, DONE)
    return wishes
  }
}

function isUntouched(view: View): boolean {
  if (!view.complete) return false
  const users = [...view.cells()].filter(({ cell }) => !cell.system)
  const [only] = users
  return users.length === 1 && only?.cell.id === FIRST_USER_CELL && only.cell.epoch.version === 1 && only.keys === 0
}

/** The middle one of the boundaries that lie strictly within the cell; null when none does. */
function middleOf(boundaries: readonly Uint8Array[], { start, end }: Cell): Uint8Array | null {
  const first = countWhile(boundaries, (boundary) => compareBytes(boundary, start) <= 0)
  const behind =
    end === null ? boundaries.length : countWhile(boundaries, (boundary) => compareBytes(boundary, end) < 0)
  return first < behind ? (boundaries[(first + behind) >>> 1] as Uint8Array) : null
}

/** How many come first for which it holds; it holds for none behind one for which it does not. */
function countWhile(sorted: readonly Uint8Array[], holds: (key: Uint8Array) => boolean): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(sorted[middle] as Uint8Array)) low = middle + 1
    else high = middle
  }
  return low
}
