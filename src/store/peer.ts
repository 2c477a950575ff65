import { assert, EMPTY, LazyMap, LazySet } from '../base/index.ts'
import {
  type Absorbed,
  type Cell,
  type CellState,
  type MergeAsked,
  type Merging,
  peerOn,
  type StoredConfState,
} from '../model/index.ts'
import type { RawNode } from '../raft/index.ts'
import type { GroupLog } from '../storage/index.ts'
import type { Absorption } from './absorb.ts'
import type { KnownKeys } from './known-keys.ts'
import type { Lease } from './lease.ts'
import type { Meter } from './meter.ts'
import type { EnginePage } from './pages.ts'
import { type ParkedCommand, Parking } from './parking.ts'
import { PendingAnswers } from './pending.ts'
import type { Applying } from './settle.ts'
import type { Single } from './single.ts'
import type { SnapshotIn } from './snapshot-in.ts'
import type { SnapshotOut } from './snapshot-out.ts'
import type { SplitJob } from './split.ts'
import type { Store } from './store.ts'
import type { Sweep } from './sweep.ts'
import type { WorkingState } from './working-state.ts'

const NOTHING: readonly never[] = []
/** Before any time that is read: two of these can be compared. */
const LONG_AGO_MS = -1e15

/** What a leader keeps of one connection. */
export class AcceptedSession {
  /** The last command accepted. */
  sequence: number
  /**
   * The highest release index among its answers (rule 1). No later answer leaves before that one: else an earlier read
   * whose answer is lost with its leader would be sent again, and take effect after a later one (rule 9).
   */
  releaseIndex = 0
  #turn = -1
  #turnBytes = 0

  constructor(sequence: number) {
    this.sequence = sequence
  }

  /** It was answered, in this turn, with so many bytes. */
  charge(turn: number, bytes: number): void {
    this.#turnBytes = this.answeredBytes(turn) + bytes
    this.#turn = turn
  }

  answeredBytes(turn: number): number {
    return turn === this.#turn ? this.#turnBytes : 0
  }
}

/**
 * One replica of a cell: Raft, the applied state's bookkeeping, and, while it leads, the working state.
 *
 * ```
 *          trimmed      in the engine       in the overlay        not committed
 *   ───────────────┤────────────────────┤─────────────────────┤──────────────────▶ index
 *             first-1        written ≤ applied          committed            last
 * ```
 * Invariant: durable ≤ written ≤ applied ≤ committed. The log is trimmed below `durable` only.
 */
export class Peer {
  readonly store: Store
  readonly id: number
  readonly node: RawNode
  group: GroupLog
  readonly lease: Lease

  /** The cell as of `applied`. Without peers: not known yet, a learner that waits for its snapshot. */
  cell: Cell
  confState: StoredConfState
  applied: number
  appliedTerm: number
  keys: number
  sizeBytes: number
  clockFloorMs: number

  /** Up to here the effects are in the engine… */
  written: number
  /** …and up to here they stay there through a crash. */
  durable: number
  /** Of the last applied entries, those of a group of effects that is not closed yet (`entry-groups.ts`). */
  openParts = 0
  /** Of the entries between `written` and `applied`. */
  overlayBytes = 0

  /** Only at a leader whose own term's first entry is applied (rule 2). */
  working: WorkingState | null = null
  /** That entry's index, and its term; 0 when not leading. */
  termStart = 0
  leadSinceMs = 0
  /** By peer: when it last answered this leader. */
  readonly heardAtMs = new LazyMap<number, number>()
  leadTerm = 0
  /** When it led last, as of a tick. */
  ledMs = LONG_AGO_MS
  readonly pending = new PendingAnswers()
  /** What it costs, as leader; null: nobody asks it anything. */
  meter: Meter | null = null
  readonly parked: Parking
  /** By origin and session: what was accepted in this term (rule 10). */
  readonly accepted = new LazyMap<number, AcceptedSession>()
  /** Keys that have been asked of the engine for parked commands. */
  readonly loading = new LazySet<string>()
  /** All keys of the cell are being read into memory. */
  sweep: Sweep | null = null
  /** In that term all keys were read, and were not as many as the cell is said to have: it is not tried again. */
  sweptInVainTerm = 0
  /** Keys of long values whose bytes have been asked for. */
  readonly fetching = new LazySet<string>()
  /** What a parked command over the keys in order has asked of the engine. One at a time. */
  page: EnginePage | null = null
  /** When such a command ran last. */
  walkedMs = 0
  /** A read-index round is under way since; 0: none. */
  confirmingSinceMs = 0
  /** The turn in which the answer to a read-index round came last, and the one in which that round began (rule 1). */
  confirmedTurn = -1
  confirmedRoundTurn = -1
  /** A transfer is under way: nothing is admitted. The store it goes to; 0: none. */
  transferTo = 0
  transferSinceMs = 0

  /** As a follower: when the leader's round was last handled, which round, of which term (rule 12). */
  leaderContactMs = Number.NEGATIVE_INFINITY
  /** Since when it campaigns at each tick (`campaignUntilLed`); 0: it does not. */
  orphanedMs = 0
  roundSeen = 0
  /** When it last asked PD whether it belongs to its cell. */
  askedMs = Number.NEGATIVE_INFINITY
  roundTerm = 0
  /** Stores of peers that this one has heard of but that are not in its cell: a learner's leader. */
  readonly heardFrom = new LazyMap<number, number>()

  /** Committed entries that are being applied, or wait for that (`settle`). */
  applying: Applying | null = null
  /** Readys whose sync is outstanding; those of them that wait for the flush after the one in flight. */
  unsynced = 0
  gathered = 0
  /** In the list of peers that the turn looks at. */
  touched = false
  evaluating = false
  /** No ticks, no messages (`sleep.ts`). A leader that `asking` has asked its followers to sleep. */
  asleep = false
  asking = false
  askingTicks = 0
  sleepAskedMs = Number.NEGATIVE_INFINITY
  /** When a command was evaluated or an entry with data applied last. */
  usedMs = LONG_AGO_MS
  wokenMs = Number.NEGATIVE_INFINITY
  /** May commands run, as judged in turn `gateTurn`; the evaluator's. */
  gate = 0
  gateRefusal = 0
  gateTurn = -1
  /** The turn in which it was last asked to be looked at again (`Stores.lookAgain`). */
  lookAgainTurn = -1
  /** What the working state took after it was last made smaller for what had been loaded. */
  keptBytes = 0
  destroyed = false
  /** As of this `confVer` it was a member, though it may know nothing of its cell yet; 0: not known. */
  bornConfVer = 0
  /** Changes of members that were applied, and would be forgotten in a crash. */
  unsyncedChanges = 0
  /** The leader's part of a split under way. */
  split: SplitJob | null = null
  /** The cell as it was before a split whose effects are not all in the engine yet: what the child lacks. */
  barrier: Cell | null = null
  barriers = 0
  /** The parent whose barrier this split-born peer waits for. */
  bornOf: Peer | null = null
  /** What its parent's leader knew of its keys when it was born here: where clients go on when it leads. */
  inherited: KnownKeys | null = null
  /** It was born to go on with one copy; null: not so, or it is settled. */
  single: Single | null = null
  /** The last split, or commit of a merge, that was applied here: what others have of it, or it of others. */
  splitIndex = 0

  /** It is to become a part of its neighbour, and serves nothing (`merge.ts`). */
  merging: Merging | null
  preparedMs = LONG_AGO_MS
  /** What its leader last asked the neighbour for, and when. */
  mergeWanted: MergeAsked['wanted'] | null = null
  mergeAskedMs = LONG_AGO_MS
  /** What has become a part of it, or of what has. */
  absorbed: readonly Absorbed[]
  /** Of that, what the engine does not know yet, in order. */
  absorbing: readonly Absorption[] = NOTHING
  /** What it has become a part of itself: out of service, but for its write-back. */
  absorbedBy: Peer | null = null
  /** As leader: the last entry that changes the version of the cell. Until it is applied nothing is evaluated. */
  administeredIndex = 0

  /** It is made the only voter, by order, and changes of members up to here do not count (`unsafe-recover.ts`); 0: not so. */
  forcedUpTo = 0

  snapshotOut: SnapshotOut | null = null
  snapshotIn: SnapshotIn | null = null

  constructor(store: Store, state: CellState, node: RawNode, group: GroupLog, lease: Lease) {
    this.store = store
    this.parked = new Parking(store.parkingBudget)
    this.id = state.peer
    this.node = node
    this.group = group
    this.lease = lease
    this.cell = state.cell
    this.confState = state.confState
    this.applied = state.appliedIndex
    this.appliedTerm = state.appliedTerm
    this.keys = state.keys
    this.sizeBytes = state.sizeBytes
    this.clockFloorMs = state.clockFloorMs
    this.written = state.appliedIndex
    this.durable = state.appliedIndex
    this.merging = state.merging
    this.absorbed = state.absorbed
  }

  get initialized(): boolean {
    return this.cell.peers.length > 0
  }

  get isLeader(): boolean {
    return this.node.isLeader
  }

  get isAdministered(): boolean {
    return this.administeredIndex > this.applied
  }

  /** Its leader evaluates nothing: its range or version is about to change, or its engine lacks some of its keys. */
  get holdsCommands(): boolean {
    return this.split?.holdsCommands === true || this.isAdministered || this.absorbing.length > 0
  }

  /** It is its own quorum. */
  get isAlone(): boolean {
    const { voters, votersOutgoing } = this.confState
    return voters.length === 1 && voters[0] === this.id && votersOutgoing.length === 0
  }

  /** 0 when the peer is not known here. */
  storeOf(peer: number): number {
    for (const member of this.cell.peers) if (member.id === peer) return member.store
    return this.heardFrom.get(peer) ?? 0
  }

  /** The store of the leader as far as is known here; 0: not known. */
  get leaderStore(): number {
    return this.node.leader === 0 ? 0 : this.storeOf(this.node.leader)
  }

  /** What is written beside the data, as of `applied`. Its numbers are unsigned there: a negative one would come back huge. */
  state(): CellState {
    return {
      cell: this.cell,
      peer: this.id,
      appliedIndex: this.applied,
      appliedTerm: this.appliedTerm,
      clockFloorMs: this.clockFloorMs,
      keys: this.keys,
      sizeBytes: Math.max(0, this.sizeBytes),
      confState: this.confState,
      installing: false,
      merging: this.merging,
      absorbed: this.absorbed,
    }
  }

  /** It has run, or never will. A page that was asked for it goes with it: nothing is forgotten while there is one. */
  unpark(command: ParkedCommand): void {
    this.parked.remove(command)
    if (this.page?.command === command) this.page = null
  }

  /** What the engine has for certain, and a page that was asked for, too: what memory may forget. */
  get forgettableIndex(): number {
    return this.page === null ? this.written : Math.min(this.written, this.page.written)
  }

  /** What was applied and not written counts no more: it is no use, or the engine has it otherwise. */
  dropOverlay(): void {
    this.store.overlayBytes -= this.overlayBytes
    this.overlayBytes = 0
  }

  /**
   * Memory gives up keys until the working state takes no more than this, as far as it may. One that the engine is still to
   * answer for stays: should it have changed since it was asked for, what comes is old, and counts only if nothing is known.
   */
  evict(bytesMax: number): void {
    if (this.sweep !== null) return
    const isAwaited = (key: string) => this.parked.awaits(key) || this.loading.has(key)
    this.working?.evict(bytesMax, this.forgettableIndex, isAwaited)
  }

  /**
   * Copies beside the leader's that have all up to an index, when that is committed: those that have said so, and in any
   * case a majority of the voters. 0: up to the last one, for it is not known which are meant.
   */
  copiesWith(index: number): number {
    const { voters, votersOutgoing } = this.confState
    const upTo = index === 0 ? this.node.lastIndex : index
    let copies = 0
    for (const { id } of this.cell.peers) {
      if (id !== this.id && (this.node.progress(id)?.match ?? 0) >= upTo) copies++
    }
    const half = votersOutgoing.length === 0 ? voters.length : Math.min(voters.length, votersOutgoing.length)
    return Math.max(copies, Math.floor(half / 2))
  }

  checkInvariant(): void {
    assert(
      this.durable <= this.written && this.written <= this.applied && this.applied <= this.node.committed,
      'the marks of a peer are out of order',
    )
  }

  /** Self as a member; undefined for a learner that has not heard of its own cell yet. */
  get member() {
    return peerOn(this.cell, this.store.id)
  }
}

/** What is known of a cell by a peer that was told of it by a leader's first message only. */
export function unknownCell(id: number): Cell {
  return { id, system: false, start: EMPTY, end: null, epoch: { version: 0, confVer: 0 }, peers: [] }
}
