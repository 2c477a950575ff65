import type { Entry } from './entry.ts'
import type { Snapshot } from './state.ts'

/** Terms are 0 or more; what has none is told apart by these. */
export const COMPACTED = -1
export const UNAVAILABLE = -2

/**
 * The part of the log that is on disk, as far as Raft needs to read it. Implemented by the host, which writes it:
 * what a Ready hands out, in the order of the Readys.
 *
 * All of it answers at once. Reads touch the tail only, but for a follower that has fallen behind.
 */
export interface RaftStorage {
  /** The first index that `entries` can give: one above the newest snapshot or compaction. */
  firstIndex(): number
  /** The last index; `firstIndex() - 1` when there are no entries. */
  lastIndex(): number
  /**
   * The term of the entry at `index`, COMPACTED or UNAVAILABLE. The entry at `firstIndex() - 1` is gone, but its
   * term is known still: an append right behind the snapshot has to be matched with it.
   */
  term(index: number): number
  /**
   * Entries from `low` up to, and without, `high`: the longest beginning within `bytesMax` of encoded entries, but at
   * least one. Null when part of it is compacted. The array and the entries are never changed afterwards.
   */
  entries(low: number, high: number, bytesMax: number): readonly Entry[] | null
  /** The newest snapshot. Null: not available now, Raft asks again later. */
  snapshot(): Snapshot | null
}
