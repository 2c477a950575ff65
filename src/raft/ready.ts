import type { Entry } from './entry.ts'
import type { Message } from './message.ts'
import type { ReadState } from './raft.ts'
import type { HardState, Snapshot, SoftState } from './state.ts'

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
  /** Set when the leader or the state has changed. Nothing to store. */
  readonly softState: SoftState | null
  /** Set when it has changed. */
  readonly hardState: HardState | null
  readonly readStates: readonly ReadState[]
  readonly entries: readonly Entry[]
  readonly snapshot: Snapshot | null
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
  /** Whether something waits for its writes. Only then need it be acknowledged. */
  readonly promises: boolean
  /** The last Ready before this one that promises anything, which must have been acknowledged before. */
  readonly appendsAfter: number

  constructor(
    number: number,
    softState: SoftState | null,
    hardState: HardState | null,
    readStates: readonly ReadState[],
    entries: readonly Entry[],
    snapshot: Snapshot | null,
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
    this.softState = softState
    this.hardState = hardState
    this.readStates = readStates
    this.entries = entries
    this.snapshot = snapshot
    this.committedEntries = committedEntries
    this.messages = messages
    this.afterSync = afterSync
    this.countsItself = countsItself
    this.writtenIndex = writtenIndex
    this.writtenLogTerm = writtenLogTerm
    this.writtenTerm = writtenTerm
    this.mustSync = mustSync
    this.promises = writtenIndex > 0 || afterSync.length > 0 || snapshot !== null
    this.appendsAfter = appendsAfter
  }
}
