/** How a peer comes to be in memory: its Raft node over its part of the log, and what the engine holds (rule 18). */
import { unboxed } from '../base/index.ts'
import { type CellState, decodeCell, type Envelope, type Options } from '../model/index.ts'
import { type Message, MessageType, type RaftStorage, RawNode } from '../raft/index.ts'
import type { GroupLog } from '../storage/index.ts'
import { Lease } from './lease.ts'
import { Peer, unknownCell } from './peer.ts'
import type { Store } from './store.ts'
import type { Stores } from './stores.ts'
import { UNCOMMITTED_RESERVE_BYTES } from './turn-entries.ts'

export const HEARTBEAT_TICKS = 2
const MESSAGE_BYTES_MAX = 1024 * 1024
const INFLIGHT_MESSAGES_MAX = 256
const INFLIGHT_BYTES_MAX = 32 * 1024 * 1024
/** Where memory is short both are less, but not less than this. */
const UNDER_WAY_BYTES_MIN = 4 * 1024 * 1024
const UNCOMMITTED_BYTES_MAX = 64 * 1024 * 1024
const COMMITTED_BYTES_PER_READY_MAX = 16 * 1024 * 1024

/** How long after a round left nobody else can be elected, as a leader may believe (rule 12). */
function leaseMs(options: Options): number {
  return (options.electionTicks - 1) * options.tick * 0.9
}

/** Raft reads its log from the group, and asks the peer, which it becomes a part of, for snapshots. */
class PeerStorage implements RaftStorage {
  peer: Peer | null = null
  readonly #stores: Stores
  readonly #group: GroupLog

  constructor(stores: Stores, group: GroupLog) {
    this.#stores = stores
    this.#group = group
  }

  firstIndex(): number {
    return this.#group.firstIndex()
  }

  lastIndex(): number {
    return this.#group.lastIndex()
  }

  term(index: number): number {
    return this.#group.term(index)
  }

  entries(low: number, high: number, bytesMax: number) {
    return this.#group.entries(low, high, bytesMax)
  }

  snapshot() {
    return this.#stores.snapshots.prepared(this.peer as Peer)
  }
}

export function createPeer(stores: Stores, store: Store, state: CellState, group: GroupLog): Peer {
  const storage = new PeerStorage(stores, group)
  const { options } = stores
  const underWayBytes = unboxed(Math.max(UNDER_WAY_BYTES_MIN, Math.floor(stores.overlayBytesMax)))
  const node = new RawNode(
    {
      id: state.peer,
      electionTicks: options.electionTicks,
      heartbeatTicks: HEARTBEAT_TICKS,
      // A commit index is written with the next record that must be: the engine may be ahead of it.
      hardState: { ...group.hardState, commit: Math.max(group.hardState.commit, state.appliedIndex) },
      confState: state.confState,
      applied: state.appliedIndex,
      entryBytesMax: MESSAGE_BYTES_MAX,
      inflightMessagesMax: INFLIGHT_MESSAGES_MAX,
      inflightBytesMax: Math.min(INFLIGHT_BYTES_MAX, underWayBytes),
      uncommittedBytesMax: Math.min(UNCOMMITTED_BYTES_MAX, underWayBytes) + UNCOMMITTED_RESERVE_BYTES,
      committedBytesPerReadyMax: COMMITTED_BYTES_PER_READY_MAX,
      preVote: true,
      checkQuorum: true,
      stepDownOnRemoval: true,
      disableProposalForwarding: true,
      disableConfChangeValidation: false,
      quietCommit: true,
      asyncStorageWrites: true,
      readOnlyOption: 'safe',
    },
    storage,
    stores.random,
  )
  const peer = new Peer(store, state, node, group, new Lease(leaseMs(options)))
  storage.peer = peer
  store.active.add(peer)
  return peer
}

/** Only a leader's message brings a peer to be, and none that was removed, or whose predecessor has not left yet. */
export function mayBeBorn(stores: Stores, store: Store, { cell, message, range }: Envelope): boolean {
  // From a leader, or from one that wants to be: of three that a split was to bear, one may have got its parent's
  // snapshot instead of the split, and if a second is lost, the third needs the vote of the one that was not born yet.
  const { type } = message
  if (type !== MessageType.app && type !== MessageType.heartbeat && !asksForVote(message)) return false
  if ((store.peers.get(cell)?.id ?? 0) >= message.to || stores.removals.isUnderWay(store, cell)) return false
  if (stores.absorptions.isUnderWay(store, cell)) return false
  if (store.isBuried(cell, message.to)) return false
  // While a peer of an older version covers the range, it will give birth to this one itself, by a split (rule 18).
  return range !== null && !stores.overlaps(store, decodeCell(range))
}

export function asksForVote({ type }: Message): boolean {
  return type === MessageType.vote || type === MessageType.preVote
}

/**
 * A learner that a leader has written to for the first time: it knows nothing, and waits for its snapshot. `confVer` is
 * that of the cell of the one that wrote.
 */
export function bearLearner(stores: Stores, store: Store, cell: number, id: number, confVer = 0): Peer {
  const group =
    store.log.group(store.id, cell) ??
    store.log.create(store.id, cell, id, { index: 0, term: 0 }, { term: 0, vote: 0, commit: 0 })
  const state = unbornState(cell, id)
  const peer = createPeer(stores, store, state, group)
  peer.bornConfVer = confVer
  peer.askedMs = stores.nowMs
  store.peers.set(cell, peer)
  return peer
}

function unbornState(cell: number, peer: number): CellState {
  return {
    cell: unknownCell(cell),
    peer,
    appliedIndex: 0,
    appliedTerm: 0,
    clockFloorMs: 0,
    keys: 0,
    sizeBytes: 0,
    confState: { voters: [], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false },
    installing: false,
    merging: null,
    absorbed: [],
  }
}
