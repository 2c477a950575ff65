import { assert } from '../base/index.ts'
import { type Entry, NO_ENTRIES } from './entry.ts'
import type { Logger } from './logger.ts'
import type { Snapshot } from './state.ts'
import { UNAVAILABLE } from './storage.ts'

/**
 * The tail of the log that is not known to be on disk, and a snapshot that waits to be written before it.
 *
 * ```
 *                 offset        offsetInProgress
 *   ───────────────┬────────────────┬────────────────┐
 *    in storage    │ being written  │ not handed out │
 *   ───────────────┴────────────────┴────────────────┘
 * ```
 * The part below `offset` is the storage's to answer for. The storage may hold entries at and above `offset` too,
 * older ones or the same: what stands here goes before them.
 *
 * The array of entries is handed out to messages and Readys without a copy. So it is pushed to only while nobody
 * else holds it (`#shared`), and otherwise replaced.
 */
export class Unstable {
  offset: number
  offsetInProgress: number
  entries: readonly Entry[]
  snapshot: Snapshot | null
  /** The term of the entry before `offset`, which is asked for with every append; UNAVAILABLE: the storage knows. */
  termBefore: number
  #snapshotInProgress: boolean
  #shared: boolean
  readonly #logger: Logger | null

  constructor(offset: number, logger: Logger | null) {
    this.offset = offset
    this.offsetInProgress = offset
    this.entries = NO_ENTRIES
    this.snapshot = null
    this.termBefore = UNAVAILABLE
    this.#snapshotInProgress = false
    this.#shared = true
    this.#logger = logger
  }

  /** The last index of the whole log: what is below `offset` ends there. */
  lastIndex(): number {
    return this.offset + this.entries.length - 1
  }

  /** UNAVAILABLE: no such entry here. */
  term(index: number): number {
    const at = index - this.offset
    return at >= 0 && at < this.entries.length ? this.entries[at]!.term : UNAVAILABLE
  }

  slice(low: number, high: number): readonly Entry[] {
    const from = low - this.offset
    const to = high - this.offset
    assert(from >= 0 && from <= to && to <= this.entries.length, 'a slice outside of the unstable log')
    if (from === to) return NO_ENTRIES
    if (from === 0 && to === this.entries.length) return this.whole()
    return this.entries.slice(from, to)
  }

  /** All of them, as they are kept. */
  whole(): readonly Entry[] {
    this.#shared = true
    return this.entries
  }

  /** The last entry, where there is one. */
  get last(): Entry {
    return this.entries[this.entries.length - 1]!
  }

  hasNextEntries(): boolean {
    return this.offsetInProgress < this.offset + this.entries.length
  }

  nextEntries(): readonly Entry[] {
    return this.offsetInProgress === this.offset ? this.whole() : this.#rest()
  }

  #rest(): readonly Entry[] {
    return this.slice(this.offsetInProgress, this.offset + this.entries.length)
  }

  nextSnapshot(): Snapshot | null {
    return this.#snapshotInProgress ? null : this.snapshot
  }

  /** What `nextEntries` and `nextSnapshot` gave is being written. */
  acceptInProgress(): void {
    this.offsetInProgress = this.offset + this.entries.length
    if (this.snapshot !== null) this.#snapshotInProgress = true
  }

  /**
   * Everything up to (index, term) is on disk. An acknowledgement may come late: what was written can have been
   * replaced since by a newer leader's entries, and those are not on disk yet.
   */
  stableTo(index: number, term: number): void {
    const own = this.term(index)
    if (own === term) this.#forgetUpTo(index, term)
    else this.#ignoreStable(index, term, own)
  }

  #forgetUpTo(index: number, term: number): void {
    const written = index + 1 - this.offset
    // Never kept is an array of which nothing is needed any more: a node at rest owns none.
    this.#shared = written === this.entries.length
    this.entries = this.#shared ? NO_ENTRIES : this.entries.slice(written)
    this.offset = index + 1
    this.termBefore = term
    if (this.offsetInProgress <= index) this.offsetInProgress = index + 1
  }

  #ignoreStable(index: number, term: number, own: number): void {
    if (index < this.offset && this.snapshot?.index === index) {
      this.#logger?.info(`entry at index ${index} matched unstable snapshot; ignoring`)
    } else if (own < 0) {
      this.#logger?.info(`entry at index ${index} missing from unstable log; ignoring`)
    } else {
      this.#logger?.info(
        `entry at (index,term)=(${index},${term}) mismatched with entry at (${index},${own}) in unstable log; ignoring`,
      )
    }
  }

  stableSnapshotTo(index: number): void {
    if (this.snapshot === null || this.snapshot.index !== index) return
    this.snapshot = null
    this.#snapshotInProgress = false
  }

  /** The log begins anew behind the snapshot. */
  restore(snapshot: Snapshot): void {
    this.offset = snapshot.index + 1
    this.termBefore = snapshot.term
    this.offsetInProgress = this.offset
    this.#replace(NO_ENTRIES, true)
    this.snapshot = snapshot
    this.#snapshotInProgress = false
  }

  /** `entries` take the place of what they overlap, and of everything behind that. The array is not copied. */
  truncateAndAppend(entries: readonly Entry[]): void {
    const first = entries[0]!.index
    const end = this.offset + this.entries.length
    if (first !== end || this.entries.length > 0) {
      this.#join(first, end, entries)
      return
    }
    this.entries = entries
    this.#shared = true
  }

  #join(first: number, end: number, entries: readonly Entry[]): void {
    if (first === end) this.#append(entries)
    else this.#overwrite(first, end, entries)
  }

  #overwrite(first: number, end: number, entries: readonly Entry[]): void {
    if (first <= this.offset) {
      this.#logger?.info(`replace the unstable entries from index ${first}`)
      this.#replace(entries, true)
      this.offset = first
      this.termBefore = UNAVAILABLE
      this.offsetInProgress = first
    } else {
      assert(first < end, 'a gap in the unstable log')
      this.#logger?.info(`truncate the unstable entries before index ${first}`)
      this.#replace(this.entries.slice(0, first - this.offset).concat(entries), false)
      // What is being written at and above `first` is not what stands there now.
      if (this.offsetInProgress > first) this.offsetInProgress = first
    }
  }

  #append(entries: readonly Entry[]): void {
    if (this.#shared) {
      this.#replace(this.entries.concat(entries), false)
    } else {
      const own = this.entries as Entry[]
      for (let i = 0; i < entries.length; i++) own.push(entries[i]!)
    }
  }

  #replace(entries: readonly Entry[], shared: boolean): void {
    this.entries = entries
    this.#shared = shared
  }
}
