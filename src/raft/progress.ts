import { Inflights } from './inflights.ts'

export const ProgressState = { probe: 0, replicate: 1, snapshot: 2 } as const
export type ProgressState = (typeof ProgressState)[keyof typeof ProgressState]
/** Asked for with every append: constants of the module itself are folded into the code. */
const { replicate: REPLICATE, snapshot: SNAPSHOT } = ProgressState

/** What this node knows of another's vote in the election it holds. */
export const Ballot = { none: 0, granted: 1, rejected: 2 } as const
export type Ballot = (typeof Ballot)[keyof typeof Ballot]

/** What an observer may see of a follower's progress. */
export interface ProgressView {
  readonly id: number
  readonly match: number
  readonly next: number
  readonly state: ProgressState
  readonly isLearner: boolean
  readonly isPaused: boolean
  readonly recentActive: boolean
  readonly pendingSnapshot: number
  /** The commit index that it was told last. */
  readonly sentCommit: number
  readonly inflightMessages: number
  readonly isInflightFull: boolean
}

/**
 * What the leader believes about one follower.
 *
 * Why a belief and not a fact: the follower's log is elsewhere, and all we know of it is an acknowledgement that
 * may be old. So `match` only grows, and `next` is a guess that we are ready to take back.
 *
 * ```
 *            acknowledged                 rejected, unreachable
 *   probe ──────────────────► replicate ───────────────────────► probe
 *     │                          ▲  entries needed are compacted
 *     └──────► snapshot ─────────┘  (leaves by way of probe)
 * ```
 * Probing sends one append and waits; replicating sends optimistically within the window; a snapshot under way
 * holds everything else back.
 *
 * Invariant: 0 <= match < next.
 */
export class Progress implements ProgressView {
  readonly id: number
  match: number
  next: number
  state: ProgressState
  /** No more appends for now: a probe is under way, or the window is full. Each answer lifts it. */
  flowPaused: boolean
  /** Heard from since the last check of the quorum. */
  recentActive: boolean
  isLearner: boolean
  ballot: Ballot
  /** In `snapshot`: the index of the snapshot that was sent. */
  pendingSnapshot: number
  /** The highest commit index that was sent and may have arrived. Reaching over it tells the follower nothing new. */
  sentCommit: number
  /** Of a follower that entries were sent to in this term. */
  #inflights: Inflights | null
  readonly #inflightMessagesMax: number
  readonly #inflightBytesMax: number

  constructor(id: number, next: number, inflightMessagesMax: number, inflightBytesMax: number) {
    this.id = id
    this.match = 0
    this.next = next
    this.state = ProgressState.probe
    this.flowPaused = false
    this.recentActive = false
    this.isLearner = false
    this.ballot = Ballot.none
    this.pendingSnapshot = 0
    this.sentCommit = 0
    this.#inflights = null
    this.#inflightMessagesMax = inflightMessagesMax
    this.#inflightBytesMax = inflightBytesMax
  }

  get isPaused(): boolean {
    return this.flowPaused || this.state === SNAPSHOT
  }

  /** Appends leave for it as they come. */
  get isStreaming(): boolean {
    return this.state === REPLICATE && !this.flowPaused && !this.isInflightFull
  }

  get inflightMessages(): number {
    return this.#inflights === null ? 0 : this.#inflights.count
  }

  get isInflightFull(): boolean {
    return this.#inflights?.full ?? false
  }

  /** Forgets all but who it is: what a change of term or state does. */
  reset(match: number, next: number): void {
    this.match = match
    this.next = next
    this.recentActive = false
    this.ballot = Ballot.none
    this.sentCommit = 0
    this.#enter(ProgressState.probe)
  }

  becomeProbe(): void {
    // After a snapshot the probe begins behind it: it may well have arrived, and if not, the probe is rejected.
    const next = this.state === ProgressState.snapshot ? Math.max(this.match, this.pendingSnapshot) + 1 : this.match + 1
    this.#enter(ProgressState.probe)
    this.next = next
    this.#takeBackSentCommit()
  }

  becomeReplicate(): void {
    this.#enter(ProgressState.replicate)
    this.next = this.match + 1
  }

  becomeSnapshot(index: number): void {
    this.#enter(ProgressState.snapshot)
    this.pendingSnapshot = index
    this.next = index + 1
    this.sentCommit = index
  }

  /** An append with that many entries has left for this follower. */
  sentEntries(count: number, payloadBytes: number): void {
    if (this.state === REPLICATE) {
      if (count > 0) this.streamed(this.next + count - 1, payloadBytes)
      // What goes out although the window is full is a probe: wait for an answer.
      else this.flowPaused = this.isInflightFull
    } else if (count > 0) {
      this.flowPaused = true
    }
  }

  /** An append with the entries from `next` up to `last` has left for one that is replicated to. */
  streamed(last: number, payloadBytes: number): void {
    this.next = last + 1
    this.#inflights ??= this.#newInflights()
    // So is what fills the window.
    this.flowPaused = this.#inflights.add(last, payloadBytes)
  }

  #newInflights(): Inflights {
    return new Inflights(this.#inflightMessagesMax, this.#inflightBytesMax)
  }

  /** A higher commit index would be news to this follower, for entries that are on their way to it. */
  canBumpCommit(commit: number): boolean {
    return commit > this.sentCommit && this.sentCommit < this.next - 1
  }

  /** The appends that end at or before `index` have arrived. */
  arrived(index: number): void {
    this.#inflights?.freeUpTo(index)
  }

  /** The follower holds everything up to `index`. False when that was known. */
  acknowledge(index: number): boolean {
    if (index <= this.match) return false
    this.match = index
    if (this.next <= index) this.next = index + 1
    this.flowPaused = false
    return true
  }

  /**
   * The follower refused an append behind `rejected`, and its log may agree with ours at `hint`. False when the
   * refusal is stale: appends overtake one another, and an old no must not take back what a later yes has said.
   */
  reject(rejected: number, hint: number): boolean {
    if (this.state === ProgressState.replicate) {
      if (rejected <= this.match) return false
      this.next = this.match + 1
      this.#takeBackSentCommit()
      return true
    }
    if (this.next - 1 !== rejected) return false
    this.next = Math.max(Math.min(rejected, hint + 1), this.match + 1)
    this.#takeBackSentCommit()
    this.flowPaused = false
    return true
  }

  #enter(state: ProgressState): void {
    this.state = state
    this.flowPaused = false
    this.pendingSnapshot = 0
    this.#inflights = null
  }

  #takeBackSentCommit(): void {
    if (this.sentCommit > this.next - 1) this.sentCommit = this.next - 1
  }
}
