import type { Entry } from './entry.ts'
import type { Message } from './message.ts'
import type { ReadState } from './raft.ts'
import type { HardState, Snapshot, SoftState } from './state.ts'

/** What hardly any Ready brings stands together, so that the others are small: there are two for each entry. */
export class Rarities {
  readonly softState: SoftState | null
  readonly readStates: readonly ReadState[]
  readonly snapshot: Snapshot | null

  constructor(softState: SoftState | null, readStates: readonly ReadState[], snapshot: Snapshot | null) {
    this.softState = softState
    this.readStates = readStates
    this.snapshot = snapshot
  }
}

/**
 * What a node wants done, all at once. The host:
 *
 * 1. sends `messages`, at once if it likes (thesis §10.2.1: a leader writes to its disk and to its followers' at once);
 * 2. writes `snapshot`, `entries` and `hardState`, in that order, in one piece, and syncs when `mustSync`;
 * 3. only then lets go of `afterSync`: by `RawNode.appended`, or by `advance`;
 * 4. applies `committedEntries`, and says so by `appliedTo`, or by `advance`.
 *
 * Entries take the place of what they overlap in the log, and of everything behind that.
 */
export class Ready {
  /** Counts from 1. What is written and acknowledged follows this order. */
  readonly number: number
  /** To be read by way of what is in it. Not private: a private field costs every Ready a call when it is made. */
  readonly rarities: Rarities
  /** Set when it has changed. */
  readonly hardState: HardState | null
  readonly entries: readonly Entry[]
  readonly committedEntries: readonly Entry[]
  /** May leave at once. */
  readonly messages: readonly Message[]
  /**
   * Promises that what is written here and before is on disk: to others, and to this node itself. Without `mustSync`
   * they wait for the syncs of the Readys before only.
   */
  readonly afterSync: readonly Message[]
  /**
   * A leader counts its own disk as it counts others': with this set, `writtenIndex` is its acknowledgement, too. It
   * would be a message to itself for each of its entries; it is one only where others wait beside it.
   */
  readonly countsItself: boolean
  /**
   * What `appended` tells the node of its own log: with the writes of this Ready, its tail is on disk up to
   * (`writtenIndex`, `writtenLogTerm`). 0: there is nothing to tell. The last entry there is, in progress or not: those
   * before were handed out before, and are written before.
   *
   * It is told in `writtenTerm`, and void in another. Else this could be: entries are written in term 1, replaced in
   * memory in term 2, and replaced once more by the same as before in term 3; then the first acknowledgement arrives,
   * and matches, although the disk holds, or will hold after the writes on their way, something else.
   */
  readonly writtenIndex: number
  readonly writtenLogTerm: number
  readonly writtenTerm: number
  /** False: nothing is lost if what is to be written here (a commit index) waits for the next sync. */
  readonly mustSync: boolean
  /** The last Ready before this one that promises anything, which must have been acknowledged before. */
  readonly appendsAfter: number

  constructor(
    number: number,
    rarities: Rarities,
    hardState: HardState | null,
    entries: readonly Entry[],
    committedEntries: readonly Entry[],
    messages: readonly Message[],
    afterSync: readonly Message[],
    countsItself: boolean,
    writtenIndex: number,
    writtenLogTerm: number,
    writtenTerm: number,
    mustSync: boolean,
    appendsAfter: number,
  ) {
    this.number = number
    this.rarities = rarities
    this.hardState = hardState
    this.entries = entries
    this.committedEntries = committedEntries
    this.messages = messages
    this.afterSync = afterSync
    this.countsItself = countsItself
    this.writtenIndex = writtenIndex
    this.writtenLogTerm = writtenLogTerm
    this.writtenTerm = writtenTerm
    this.mustSync = mustSync
    this.appendsAfter = appendsAfter
  }

  /** Set when the leader or the state has changed. Nothing to store. */
  get softState(): SoftState | null {
    return this.rarities.softState
  }

  get readStates(): readonly ReadState[] {
    return this.rarities.readStates
  }

  get snapshot(): Snapshot | null {
    return this.rarities.snapshot
  }

  /** Whether something waits for its writes. Only then need it be acknowledged. */
  get promises(): boolean {
    return this.writtenIndex > 0 || this.afterSync.length > 0 || this.snapshot !== null
  }
}
