import { assert } from '../base/index.ts'
import { COMPACTED, type Entry, type HardState, UNAVAILABLE } from '../raft/index.ts'
import { ENTRY_HEADER_BYTES } from './format.ts'
import type { GroupLog, LogStart } from './raft-log.ts'

/**
 * What a log holds of one group, in memory. The log that owns it changes it; everyone else only reads.
 *
 * Invariant: `#entries[i].index === start.index + 1 + i`.
 */
export class GroupImage implements GroupLog {
  readonly store: number
  readonly cell: number
  readonly peer: number
  hardState: HardState
  installingIndex: number
  bytes: number
  start: LogStart
  #entries: Entry[]

  constructor(store: number, cell: number, peer: number, start: LogStart, hardState: HardState) {
    this.store = store
    this.cell = cell
    this.peer = peer
    this.hardState = hardState
    this.installingIndex = 0
    this.bytes = 0
    this.start = start
    this.#entries = []
  }

  firstIndex(): number {
    return this.start.index + 1
  }

  lastIndex(): number {
    return this.start.index + this.#entries.length
  }

  term(index: number): number {
    const at = index - this.start.index - 1
    if (at < 0) return at === -1 ? this.start.term : COMPACTED
    if (at >= this.#entries.length) return UNAVAILABLE
    return (this.#entries[at] as Entry).term
  }

  entries(low: number, high: number, bytesMax: number): readonly Entry[] | null {
    if (low <= this.start.index) return null
    assert(low <= high && high <= this.lastIndex() + 1, 'asked for entries that the log does not hold')
    const first = low - this.start.index - 1
    const end = high - this.start.index - 1
    let bytes = 0
    let at = first
    for (; at < end; at++) {
      bytes += ENTRY_HEADER_BYTES + (this.#entries[at] as Entry).data.length
      if (bytes > bytesMax && at > first) break
    }
    return this.#entries.slice(first, at)
  }

  entry(index: number): Entry {
    const entry = this.#entries[index - this.start.index - 1]
    assert(entry !== undefined, 'asked for an entry that the log does not hold')
    return entry
  }

  /** What is held from the first new index on gives way. */
  append(entries: readonly Entry[]): void {
    const first = (entries[0] as Entry).index
    assert(first > this.start.index, 'an entry would take the place of one that was trimmed')
    assert(first <= this.lastIndex() + 1, 'an entry does not follow on the log')
    const keep = first - this.start.index - 1
    if (keep < this.#entries.length) {
      for (let i = keep; i < this.#entries.length; i++) this.bytes -= (this.#entries[i] as Entry).data.length
      this.#entries.length = keep
    }
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i] as Entry
      assert(entry.index === first + i, 'the indexes of appended entries have a gap')
      this.bytes += entry.data.length
      this.#entries.push(entry)
    }
  }

  restart(start: LogStart): void {
    this.start = start
    this.bytes = 0
    this.#entries = []
  }

  /** Forgets what is at or before `start.index`; what follows stays. */
  advance(start: LogStart): void {
    const count = start.index - this.start.index
    if (count >= this.#entries.length) {
      this.restart(start)
      return
    }
    for (const entry of this.#entries.splice(0, count)) this.bytes -= entry.data.length
    this.start = start
  }

  trim(index: number): void {
    if (index <= this.start.index) return
    assert(index <= this.lastIndex(), 'trimmed behind the end of the log')
    this.advance({ index, term: this.term(index) })
  }
}

/** By store, then by cell: two small look-ups, and no key to build. */
export class PerCell<T> {
  readonly #stores = new Map<number, Map<number, T>>()

  get(store: number, cell: number): T | undefined {
    return this.#stores.get(store)?.get(cell)
  }

  set(store: number, cell: number, value: T): void {
    let cells = this.#stores.get(store)
    if (cells === undefined) {
      cells = new Map()
      this.#stores.set(store, cells)
    }
    cells.set(cell, value)
  }

  delete(store: number, cell: number): void {
    this.#stores.get(store)?.delete(cell)
  }

  *values(): Generator<T> {
    for (const cells of this.#stores.values()) yield* cells.values()
  }
}
