import { assert } from '../base/index.ts'
import { Entry, limitBytes, NO_ENTRIES } from './entry.ts'
import type { HardState, Snapshot } from './state.ts'
import { COMPACTED, type RaftStorage, UNAVAILABLE } from './storage.ts'

/** A log in memory: for tests and recorded scenarios, and to read as a model of what a host's storage does. */
export class MemoryStorage implements RaftStorage {
  hardState: HardState = { term: 0, vote: 0, commit: 0 }
  #snapshot: Snapshot | null = null
  /** The first is no entry: it stands for all that is compacted, and knows the last index and term of that. */
  #entries: Entry[] = [new Entry(0, 0)]

  firstIndex(): number {
    return this.#entries[0]!.index + 1
  }

  lastIndex(): number {
    return this.#entries[0]!.index + this.#entries.length - 1
  }

  term(index: number): number {
    const at = index - this.#entries[0]!.index
    if (at < 0) return COMPACTED
    return at < this.#entries.length ? this.#entries[at]!.term : UNAVAILABLE
  }

  entries(low: number, high: number, bytesMax: number): readonly Entry[] | null {
    const offset = this.#entries[0]!.index
    if (low <= offset) return null
    assert(high <= this.lastIndex() + 1, 'entries are asked for that are not in the log')
    return low >= high ? NO_ENTRIES : limitBytes(this.#entries.slice(low - offset, high - offset), bytesMax)
  }

  snapshot(): Snapshot | null {
    return this.#snapshot
  }

  setHardState(hardState: HardState): void {
    this.hardState = hardState
  }

  /** Takes the place of what it overlaps, and of everything behind that. */
  append(entries: readonly Entry[]): void {
    const first = this.firstIndex()
    const fresh = entries.length > 0 && entries[0]!.index < first ? entries.filter((e) => e.index >= first) : entries
    if (fresh.length === 0) return
    assert(fresh[0]!.index <= this.lastIndex() + 1, 'a gap in the log')
    const kept = fresh[0]!.index - this.#entries[0]!.index
    if (kept < this.#entries.length) this.#entries.length = kept
    for (const entry of fresh) this.#entries.push(entry)
  }

  /** Forgets the entries up to and including `index`. Its term stays known. */
  compact(index: number): void {
    const offset = this.#entries[0]!.index
    if (index <= offset) return
    assert(index <= this.lastIndex(), 'compaction beyond the end of the log')
    this.#entries = this.#entries.slice(index - offset)
    this.#entries[0] = new Entry(this.#entries[0]!.term, index)
  }

  /** Takes the place of the whole log. Returns false for a snapshot that is older than the one held. */
  applySnapshot(snapshot: Snapshot): boolean {
    if (this.#snapshot !== null && snapshot.index <= this.#snapshot.index) return false
    this.#snapshot = snapshot
    this.#entries = [new Entry(snapshot.term, snapshot.index)]
    return true
  }

  /** A newer snapshot of one's own state, which leaves the log as it is; `compact` may follow. */
  setSnapshot(snapshot: Snapshot): void {
    this.#snapshot = snapshot
  }
}
