/**
 * A whole cell read into memory, from its first key to its last: for a command that misses no fewer keys than the cell
 * has. Then every key that was not met is known to be absent, and to have asked for each of them by name would have cost
 * a look into the engine a key, and memory for each that is under way.
 *
 * While it lasts memory forgets nothing of the cell (`Peer.evict`). So a key that it knew when a page was read, it knows
 * when the page arrives, and that is what counts; of a key that it did not know, nothing can have changed, for a command
 * that changes a key waits until it is loaded.
 */
import { latin1 } from '../base/index.ts'
import type { Pair } from '../storage/index.ts'
import { isMainKey, userKeyOf } from '../storage/index.ts'
import { behind, rangeOfCell } from './cell-range.ts'
import type { Asked } from './loads.ts'
import type { WorkingState } from './working-state.ts'

export const SWEEP_PAGE = { pairsMax: 4096, bytesMax: 2 * 1024 * 1024 }

/** Stands among the keys that are being loaded for all of them: no key of a user has such a character. */
export const EVERY_KEY = '\u{100}'

export class Sweep {
  readonly asked: Asked
  start: Uint8Array
  readonly end: Uint8Array

  constructor(working: WorkingState, asked: Asked) {
    const { start, end } = rangeOfCell(working.cell)
    this.asked = asked
    this.start = start
    this.end = end
  }

  /** True: that was the last page. */
  takePage(working: WorkingState, pairs: readonly Pair[], more: boolean): boolean {
    for (const { key, value } of pairs) if (isMainKey(key)) working.load(latin1(userKeyOf(key)), value)
    const last = pairs[pairs.length - 1]
    if (!more || last === undefined) return true
    this.start = behind(last.key)
    return false
  }
}

/**
 * Whether to read the cell is less than to ask for the keys that are missing: it has fewer, and what their values take
 * is no more than memory has room for anyway. A few are asked for by name, for nobody knows how many keys have died in
 * the range, and a scan goes over the graves of all of them.
 */
export function paysOff(working: WorkingState, missing: number, keysMin: number, bytesMax: number): boolean {
  return missing >= keysMin && missing >= working.count && working.sizeBytes <= bytesMax
}
