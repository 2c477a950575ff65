import { assert, latin1, type Random } from '../base/index.ts'
import type { Walked } from '../redis/index.ts'
import { expiryOfValue } from './entry.ts'
import { KeyOrder } from './key-order.ts'
import type { KeyCursor } from './key-table.ts'
import type { EnginePage } from './pages.ts'
import type { WorkingState } from './working-state.ts'

/** A random key of a cell that is not in memory is one of so many behind the one before. */
const STRIDE_KEYS_MAX = 64
/** Dead keys met in a row, after which a random key is asked for anew. */
const RANDOM_TRIES = 16

/**
 * Walks over the keys of a cell: those in memory in their order, merged with a page of the engine. The working state
 * tells `order` of each key that comes and goes.
 */
export class Walker {
  readonly order = new KeyOrder()
  /** What the engine has where the next walk is over; a cell that is in memory needs none. */
  page: EnginePage | null = null
  /** Behind the last random key of a cell that is not in memory. */
  strideFrom: string
  #strideLeft = 0
  readonly #working: WorkingState
  /** What was in memory at the beginning, and is not in the order yet. */
  #unordered: KeyCursor | null
  readonly #random: Random

  constructor(working: WorkingState, records: KeyCursor, random: Random) {
    this.#working = working
    this.#unordered = records
    this.#random = random
    this.strideFrom = latin1(working.cell.start)
  }

  /** Puts up to so many keys more into their order; true when all are there, and a walk may be run. */
  orderKeys(keysMax: number): boolean {
    for (let i = 0; i < keysMax && this.#unordered !== null; i++) {
      const record = this.#unordered.next()
      if (record === null) this.#unordered = null
      else if (record.exists) this.order.add(record.key)
    }
    return this.#unordered === null
  }

  /** The cell was cut. */
  turnBack(): void {
    if (!this.#isInCell(this.strideFrom)) this.strideFrom = latin1(this.#working.cell.start)
  }

  walk(from: string, end: string, keysMax: number, visit: (key: string, type: string) => void): Walked {
    const working = this.#working
    assert(this.#unordered === null, 'a walk needs the order of keys')
    const page = working.isWhole ? null : this.page
    assert(page !== null || working.isWhole, 'a walk over a cell that is not in memory needs a page')
    const { keys, values, next } = mergedKeys(this.order, page, from, end, keysMax, working)
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string
      const raw = values[i] as Uint8Array | null
      if (raw !== null && !isDead(raw, working.nowMs)) {
        visit(key, 'string')
        continue
      }
      // The dead of the engine come into memory, so that they can be deleted.
      if (raw !== null) working.load(key, raw)
      const found = working.find(key)
      if (found !== null) visit(key, found.type)
    }
    return { next: next ?? this.#behindCell(end), looked: keys.length }
  }

  /** In memory each key is as likely as another at any time; else in the long run, and two in a row are neighbours. */
  randomKey(): string | null {
    const working = this.#working
    for (let i = 0; i < RANDOM_TRIES && working.isWhole; i++) {
      const key = this.order.at(this.#random.below(Math.max(1, this.order.size)))
      if (key !== undefined && working.find(key) !== null) return key
    }
    if (working.isWhole) return null
    if (this.#strideLeft === 0) this.#strideLeft = 1 + this.#random.below(Math.min(STRIDE_KEYS_MAX, working.count))
    let last: string | null = null
    const { next, looked } = this.walk(this.strideFrom, '', this.#strideLeft, (key) => {
      last = key
    })
    // Round and round: a stride that was cut short by the end of the cell goes on at its beginning.
    this.strideFrom = next !== null && this.#isInCell(next) ? next : latin1(working.cell.start)
    this.#strideLeft -= looked
    return this.#strideLeft > 0 ? null : last
  }

  #isInCell(position: string): boolean {
    const { end } = this.#working.cell
    return end === null || position < latin1(end)
  }

  /** Where a walk goes on that has come to the end of the cell; null: it was to go no further. */
  #behindCell(end: string): string | null {
    const { cell } = this.#working
    const bound = cell.end === null ? null : latin1(cell.end)
    return bound === null || (end !== '' && end <= bound) ? null : bound
  }
}

interface MergedKeys {
  readonly keys: string[]
  /** As the engine has it; null: memory knows better. */
  readonly values: (Uint8Array | null)[]
  /** Where to go on; null: behind the last key there is, in the cell or before `end`. */
  readonly next: string | null
}

/** Up to so many keys from `from` on, before `end` (empty: none): those in memory, and those of the page that memory does not know. */
function mergedKeys(
  order: KeyOrder,
  page: EnginePage | null,
  from: string,
  end: string,
  keysMax: number,
  memory: { knows(key: string): boolean },
): MergedKeys {
  const keys: string[] = []
  const values: (Uint8Array | null)[] = []
  order.seek(from)
  let ours = order.next()
  for (let i = 0; ; ) {
    const theirs = page?.keys[i]
    const isOurs = ours !== undefined && (theirs === undefined || ours <= theirs)
    const key = isOurs ? ours : theirs
    // What memory has behind a page that was cut short may have others before it in the engine.
    const last = page === null ? null : page.last
    if (last !== null && (key === undefined || key > last)) return { keys, values, next: behindKey(last, end) }
    if (key === undefined || (end !== '' && key >= end)) return { keys, values, next: null }
    if (keys.length === keysMax) return { keys, values, next: key }
    if (theirs === key) i++
    if (isOurs) ours = order.next()
    else if (memory.knows(key)) continue
    keys.push(key)
    values.push(isOurs ? null : (page?.values[i - 1] as Uint8Array))
  }
}

/** The least key that is greater, if it is before `end`. */
function behindKey(key: string, end: string): string | null {
  const next = `${key}\0`
  return end !== '' && next >= end ? null : next
}

function isDead(raw: Uint8Array, nowMs: number): boolean {
  const expireAtMs = expiryOfValue(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength), 0)
  return expireAtMs !== 0 && expireAtMs <= nowMs
}
