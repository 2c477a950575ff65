import { assert } from '../base/index.ts'
import { type Entry, encodedBytesOf, limitBytes, NO_ENTRIES } from './entry.ts'
import type { Logger } from './logger.ts'
import type { Snapshot } from './state.ts'
import { COMPACTED, type RaftStorage } from './storage.ts'
import { Unstable } from './unstable.ts'

/**
 * The replicated log: the unstable tail over the host's storage, and three marks in it.
 *
 * Invariant: `applied <= applying <= committed <= lastIndex()`. Committed entries that were handed out and not yet
 * acknowledged lie between `applied` and `applying`.
 */
export class Log {
  readonly unstable: Unstable
  committed: number
  applying: number
  applied: number
  /** Whether bytes handed out are counted at all, so that a caller need not sum them up for nothing. */
  readonly countsApplyingBytes: boolean
  readonly #storage: RaftStorage
  readonly #logger: Logger | null
  /** Limit of the encoded bytes that are handed out and not yet applied. */
  readonly #applyingBytesMax: number
  #applyingBytes: number
  #applyingPaused: boolean

  constructor(storage: RaftStorage, logger: Logger | null, applyingBytesMax: number) {
    const first = storage.firstIndex()
    this.unstable = new Unstable(storage.lastIndex() + 1, logger)
    this.committed = first - 1
    this.applying = first - 1
    this.applied = first - 1
    this.countsApplyingBytes = applyingBytesMax !== Number.POSITIVE_INFINITY
    this.#storage = storage
    this.#logger = logger
    this.#applyingBytesMax = applyingBytesMax
    this.#applyingBytes = 0
    this.#applyingPaused = false
  }

  firstIndex(): number {
    const { snapshot, offset } = this.unstable
    return snapshot === null ? this.#storage.firstIndex() : offset
  }

  lastIndex(): number {
    return this.unstable.lastIndex()
  }

  lastTerm(): number {
    const term = this.term(this.lastIndex())
    assert(term >= 0, 'the last entry has no term')
    return term
  }

  /** The term at `index`, COMPACTED or UNAVAILABLE. */
  term(index: number): number {
    const unstable = this.unstable
    if (index >= unstable.offset) return unstable.term(index)
    return index === unstable.offset - 1 && unstable.termBefore >= 0 ? unstable.termBefore : this.#stableTerm(index)
  }

  #stableTerm(index: number): number {
    const { snapshot } = this.unstable
    if (snapshot === null) return this.#storage.term(index)
    // The storage holds something still, but all of it is about to give way to the snapshot.
    return index === snapshot.index ? snapshot.term : COMPACTED
  }

  /** For those to whom an unknown entry has term 0. */
  termOrZero(index: number): number {
    const term = this.term(index)
    return Math.max(term, 0)
  }

  matchTerm(index: number, term: number): boolean {
    return this.term(index) === term
  }

  /** Election restriction (thesis §3.6.1): the later term wins, then the longer log. */
  isUpToDate(term: number, index: number): boolean {
    const own = this.lastTerm()
    return term > own || (term === own && index >= this.lastIndex())
  }

  // Writing.

  /** A leader's append behind (previousIndex, previousTerm). Returns the last index that is now known to agree, or -1. */
  tryAppend(previousIndex: number, previousTerm: number, entries: readonly Entry[], committed: number): number {
    if (!this.matchTerm(previousIndex, previousTerm)) return -1
    const last = previousIndex + entries.length
    const conflict = this.#findConflict(previousIndex, entries)
    if (conflict < entries.length) {
      assert(previousIndex + 1 + conflict > this.committed, 'an append conflicts with a committed entry')
      this.append(conflict === 0 ? entries : entries.slice(conflict))
    }
    this.commitTo(Math.min(committed, last))
    return last
  }

  /** Position of the first entry that this log does not hold, or their number. */
  #findConflict(previousIndex: number, entries: readonly Entry[]): number {
    for (let i = 0; i < entries.length; i++) {
      const { index, term } = entries[i]!
      assert(index === previousIndex + 1 + i, 'the entries of an append are not in sequence')
      const own = this.term(index)
      if (own === term) continue
      if (this.#logger !== null && index <= this.lastIndex()) {
        this.#logger.info(
          `found conflict at index ${index} [existing term: ${this.termOrZero(index)}, conflicting term: ${term}]`,
        )
      }
      return i
    }
    return entries.length
  }

  append(entries: readonly Entry[]): void {
    if (entries.length === 0) return
    assert(entries[0]!.index > this.committed, 'an append would overwrite a committed entry')
    this.unstable.truncateAndAppend(entries)
  }

  /**
   * The highest index at or below `index` whose term is at most `term`: where a log that ends in `term` could agree
   * with this one. Below the known part of the log anything could agree, so its upper end is returned.
   */
  findConflictByTerm(index: number, term: number): number {
    while (index > 0) {
      const own = this.term(index)
      if (own < 0 || own <= term) break
      index--
    }
    return index
  }

  restore(snapshot: Snapshot): void {
    this.#logger?.info(
      `log [${this.describe()}] starts to restore snapshot [index: ${snapshot.index}, term: ${snapshot.term}]`,
    )
    this.committed = snapshot.index
    this.unstable.restore(snapshot)
  }

  describe(): string {
    const { offset, offsetInProgress, entries } = this.unstable
    return (
      `committed=${this.committed}, applied=${this.applied}, applying=${this.applying}, ` +
      `unstable.offset=${offset}, unstable.offsetInProgress=${offsetInProgress}, len(unstable.Entries)=${entries.length}`
    )
  }

  // Reading.

  snapshot(): Snapshot | null {
    return this.unstable.snapshot ?? this.#storage.snapshot()
  }

  /** Everything from `low` on, within `bytesMax`; null when part of that is compacted. */
  entriesFrom(low: number, bytesMax: number): readonly Entry[] | null {
    const last = this.lastIndex()
    if (low > last) return NO_ENTRIES
    // The usual: the tail is one entry, and nobody has it yet. One goes whatever its size.
    if (low === last && low === this.unstable.offset) return this.unstable.whole()
    return this.slice(low, last + 1, bytesMax)
  }

  slice(low: number, high: number, bytesMax: number): readonly Entry[] | null {
    const offset = this.unstable.offset
    if (low >= offset) return limitBytes(this.unstable.slice(low, high), bytesMax)
    if (this.unstable.snapshot !== null) return null
    const cut = Math.min(high, offset)
    const stable = this.#storage.entries(low, cut, bytesMax)
    if (stable === null || high <= offset || stable.length < cut - low) return stable
    return this.#joinUnstable(stable, high, bytesMax)
  }

  /** The stable part fits as a whole: adds as much of the unstable part as fits, too. */
  #joinUnstable(stable: readonly Entry[], high: number, bytesMax: number): readonly Entry[] {
    const offset = this.unstable.offset
    if (bytesMax === Number.POSITIVE_INFINITY) return stable.concat(this.unstable.slice(offset, high))
    const room = bytesMax - encodedBytesOf(stable)
    if (room <= 0) return stable
    const rest = limitBytes(this.unstable.slice(offset, high), room)
    // The limit lets one entry through whatever its size; here it is not the only one.
    return rest.length === 1 && encodedBytesOf(rest) > room ? stable : stable.concat(rest)
  }

  // Committing and applying.

  /** Never goes back. */
  commitTo(index: number): void {
    if (index <= this.committed) return
    assert(index <= this.lastIndex(), 'commit beyond the end of the log: was it corrupted, truncated or lost?')
    this.committed = index
  }

  /** A leader commits by counting only what its own term appended (thesis §3.6.2). */
  tryCommit(index: number, term: number): boolean {
    if (index <= this.committed || !this.matchTerm(index, term)) return false
    this.committed = index
    return true
  }

  hasSnapshotPending(): boolean {
    return this.unstable.snapshot !== null
  }

  /** Where application may go: to the commit index, or no further than what is on disk here. */
  #appliableIndex(allowUnstable: boolean): number {
    return allowUnstable ? this.committed : Math.min(this.committed, this.unstable.offset - 1)
  }

  hasNextCommitted(allowUnstable: boolean): boolean {
    if (this.applying >= this.#appliableIndex(allowUnstable)) return false
    return !this.#applyingPaused && !this.hasSnapshotPending()
  }

  nextCommitted(allowUnstable: boolean): readonly Entry[] {
    return this.hasNextCommitted(allowUnstable) ? this.#pageOfCommitted(allowUnstable) : NO_ENTRIES
  }

  #pageOfCommitted(allowUnstable: boolean): readonly Entry[] {
    const room = this.countsApplyingBytes ? this.#applyingBytesMax - this.#applyingBytes : Number.POSITIVE_INFINITY
    const low = this.applying + 1
    const high = this.#appliableIndex(allowUnstable) + 1
    const isStable = high <= this.unstable.offset
    const entries = isStable ? this.#storage.entries(low, high, room) : this.slice(low, high, room)
    assert(entries !== null, 'committed entries were compacted before they were applied')
    return entries
  }

  /** `entries` were handed out to be applied. */
  acceptApplying(entries: readonly Entry[], allowUnstable: boolean): void {
    if (entries.length === 0) return
    this.applying = entries[entries.length - 1]!.index
    if (this.countsApplyingBytes) this.#countApplying(entries, allowUnstable)
  }

  #countApplying(entries: readonly Entry[], allowUnstable: boolean): void {
    this.#applyingBytes += encodedBytesOf(entries)
    // Paused at the limit, and also when the next entry would have gone over it: that is why it was not handed out.
    this.#applyingPaused =
      this.#applyingBytes >= this.#applyingBytesMax || this.applying < this.#appliableIndex(allowUnstable)
  }

  /** Everything up to `index` is applied, `bytes` of it handed out as entries (0 for a snapshot). */
  appliedTo(index: number, bytes: number): void {
    assert(index <= this.committed && index >= this.applied, 'applied index out of range')
    this.applied = index
    if (this.applying < index) this.applying = index
    if (!this.countsApplyingBytes) return
    this.#applyingBytes = Math.max(this.#applyingBytes - bytes, 0)
    this.#applyingPaused = this.#applyingBytes >= this.#applyingBytesMax
  }
}
