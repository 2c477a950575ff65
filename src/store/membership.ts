/**
 * Peers that come and go. Phases: an order of PD → proposed as Raft's change, with the stores of the peers it names and
 * the epoch it was decided on → committed → applied by every peer at the same index, or a no-op for all of them when
 * the epoch has moved → (at the peer that was removed) its tombstone, synced, then its data is deleted.
 *
 * A move is one change in the end: the learner that has caught up is promoted and the voter that leaves is removed, by
 * way of a joint configuration (thesis §4.3), which Raft leaves by itself. As two changes there would be four voters in
 * between, two of them perhaps behind one log, whose end would then be the end of the majority. In the joint
 * configuration both majorities are of three, each as many failure domains wide as the cell was, or will be.
 * The one that leaves is a member, with a vote, until the joint configuration is left: there, not before, it goes.
 */
import { unreachable } from '../base/index.ts'
import {
  decodeMembershipChange,
  encodeMembershipChange,
  type Peer as Member,
  type MembershipChange,
  type Order,
  type PeerRemoved,
  peerOn,
  peerWithId,
  sameEpoch,
} from '../model/index.ts'
import {
  addLearnerNode,
  addNode,
  type ConfChangeSingle,
  ConfChangeType,
  type ConfState,
  confChangeV2,
  contextOf,
  decodeConfChange,
  type Entry,
  leaveJointChange,
  removeNode,
} from '../raft/index.ts'
import { HEARTBEAT_TICKS } from './birth.ts'
import { hearOfMerger } from './merge.ts'
import type { Peer } from './peer.ts'
import type { Stores } from './stores.ts'
import { startTransfer } from './transfer.ts'

/** A learner is promoted only when it lacks no more than this many entries: a voter that lags would hold commits back. */
const PROMOTE_LAG_MAX = 1000
/** Who has answered within so many ticks, twice the time between two heartbeats, is there. */
const ANSWER_TICKS = 2 * HEARTBEAT_TICKS
/** A peer that has heard of no leader for so long, and then again so often, asks PD whether it still is one. */
const MEMBER_ASK_MS = 3000

/** Does what PD asks, if it still makes sense here. What does not is left: PD derives its orders anew from reports. */
export function obey(stores: Stores, order: Order): void {
  if (order.generation < stores.pdGeneration) return
  stores.pdGeneration = order.generation
  const peer = stores.peer(order.store, order.cell)
  if (peer?.working == null || peer.transferTo !== 0 || peer.merging !== null || peer.isAdministered) return
  if (peer.forcedUpTo !== 0) return
  if (!sameEpoch(peer.cell.epoch, order.epoch)) {
    stores.heartbeats.due(peer)
    return
  }
  stores.sleep.wake(peer)
  stores.touch(peer)
  propose(stores, peer, order)
}

function propose(stores: Stores, peer: Peer, order: Order): void {
  const { step } = order
  const change = (changes: readonly ConfChangeSingle[], peers: readonly Member[]) => {
    if (mostWouldAnswer(stores, peer, changes)) proposeChange(peer, changes, peers)
    else stores.heldOrders.hold(order, stores.nowMs)
  }
  switch (step.kind) {
    case 'addLearner':
      if (peerOn(peer.cell, step.peer.store) !== undefined || peerWithId(peer.cell, step.peer.id) !== undefined) return
      change([addLearnerNode(step.peer.id)], [{ ...step.peer, role: 'learner' }])
      return
    case 'promoteLearner': {
      const learner = learnerToPromote(peer, step.peer.id)
      if (learner !== null) change([addNode(learner.id)], [{ ...learner, role: 'voter' }])
      return
    }
    case 'removePeer':
      if (step.peer.id === peer.id || peerWithId(peer.cell, step.peer.id) === undefined) return
      change([removeNode(step.peer.id)], [])
      return
    case 'replacePeer': {
      const learner = learnerToPromote(peer, step.peer.id)
      const { removed } = step
      if (learner === null || removed.id === peer.id || peerWithId(peer.cell, removed.id) === undefined) return
      change([addNode(learner.id), removeNode(removed.id)], [{ ...learner, role: 'voter' }])
      return
    }
    case 'split':
      stores.splits.begin(peer, step)
      return
    case 'merge':
      if (!stores.merges.begin(peer, step.target)) stores.heldOrders.hold(order, stores.nowMs)
      return
    case 'transferLeader':
      startTransfer(stores, peer, step.toStore)
      return
    default:
      unreachable(step)
  }
}

/** Null when it is none, or would hold commits back as a voter. */
function learnerToPromote(peer: Peer, id: number): Member | null {
  const learner = peerWithId(peer.cell, id)
  const progress = peer.node.progress(id)
  if (learner?.role !== 'learner' || progress === undefined) return null
  if (progress.match + PROMOTE_LAG_MAX < peer.node.committed || progress.match < peer.termStart) return null
  return learner
}

/**
 * Do most of those who would vote answer now? Who has fallen silent a moment ago is a voter like any other to PD, which
 * hears of it later; but a change after which most voters are gone for good could never be taken back.
 */
function mostWouldAnswer(stores: Stores, peer: Peer, changes: readonly ConfChangeSingle[]): boolean {
  const voters = new Set(peer.confState.voters)
  for (const { type, nodeId } of changes) {
    if (type === ConfChangeType.addNode) voters.add(nodeId)
    else voters.delete(nodeId)
  }
  let answering = 0
  for (const id of voters) if (answersNow(stores, peer, id)) answering++
  return answering * 2 > voters.size
}

/** Has it answered this leader just now? It hears itself. */
export function answersNow({ nowMs, options }: Stores, leader: Peer, id: number): boolean {
  return id === leader.id || (leader.heardAtMs.get(id) ?? 0) >= nowMs - ANSWER_TICKS * options.tick
}

/** Several at once go through a joint configuration. Raft refuses what comes while one is in force. */
export function proposeChange(peer: Peer, changes: readonly ConfChangeSingle[], peers: readonly Member[]): boolean {
  const context = encodeMembershipChange({ peers, epoch: peer.cell.epoch })
  return peer.node.proposeConfChange(confChangeV2(changes, undefined, context))
}

export function applyMembership(stores: Stores, peer: Peer, entry: Entry): void {
  const conf = decodeConfChange(entry.type, entry.data)
  // The change that leaves a joint configuration is Raft's own and has none: it belongs to the one that entered it.
  const context = contextOf(conf)
  const decided: MembershipChange | null = context.length === 0 ? null : decodeMembershipChange(context)
  if (decided !== null && !sameEpoch(decided.epoch, peer.cell.epoch)) {
    stores.log('info', 'a membership change was decided on another epoch and does nothing', { cell: peer.cell.id })
    return
  }
  if (entry.index <= peer.forcedUpTo) {
    // It counts, for what was decided behind it, but who is a member is not for the log to say (`unsafe-recover.ts`).
    peer.cell = { ...peer.cell, epoch: { ...peer.cell.epoch, confVer: peer.cell.epoch.confVer + 1 } }
    return
  }
  const wasMember = isMember(peer)
  const confState = peer.node.applyConfChange(conf)
  const stores_ = new Map<number, number>()
  for (const member of peer.cell.peers) stores_.set(member.id, member.store)
  for (const member of decided?.peers ?? []) stores_.set(member.id, member.store)
  peer.confState = confState
  peer.cell = {
    ...peer.cell,
    epoch: { version: peer.cell.epoch.version, confVer: peer.cell.epoch.confVer + 1 },
    peers: membersOf(confState, stores_),
  }
  // That this is committed is written with whatever is written next. If all went down before, and a copy with them, who is
  // left would go by the members as they were, of whom there may be no majority any more. So nobody is told before.
  peer.unsyncedChanges++
  stores.afterSync(() => {
    peer.unsyncedChanges--
    stores.heartbeats.due(peer)
    if (peer.isLeader) tellTheRemoved(stores, peer, stores_)
  })
  // Who is removed goes by its own log, if those who stay could elect one of them by the members as they were. Where one stays
  // it could not: until that one, or PD, says that it is gone, it stays and votes.
  if (wasMember && !isMember(peer) && confState.voters.length > 1) stores.removals.remove(peer)
}

/** This very peer, by its id: another one of the cell may have come to its store. */
function isMember({ cell, id }: Peer): boolean {
  return peerWithId(cell, id) !== undefined
}

/**
 * At each tick, at a leader. Raft leaves a joint configuration by itself, each time it has applied something; but it proposes
 * nothing while leadership is being given away. Where that came to nothing and no command comes, nothing would be applied
 * ever again: until it is left no member could be moved.
 */
export function leaveJointAgain({ node, confState, applied }: Peer): void {
  if (confState.autoLeave && applied === node.lastIndex) node.proposeConfChange(leaveJointChange())
}

/** Nobody writes to them any more, and one that sleeps would not miss it. */
function tellTheRemoved(stores: Stores, peer: Peer, storeOf: ReadonlyMap<number, number>): void {
  const { id: cell, epoch } = peer.cell
  for (const [id, store] of storeOf) {
    if (peerWithId(peer.cell, id) !== undefined) continue
    stores.transport.tell(store, { kind: 'peerRemoved', store, cell, peer: id, confVer: epoch.confVer })
  }
}

/** Everyone in either half of a joint configuration, ascending; learners are those who vote in neither. */
function membersOf(confState: ConfState, storeOf: ReadonlyMap<number, number>): Member[] {
  const voters = new Set([...confState.voters, ...confState.votersOutgoing])
  const members: Member[] = []
  for (const id of voters) members.push({ id, store: storeOf.get(id) ?? 0, role: 'voter' })
  for (const id of confState.learners) members.push({ id, store: storeOf.get(id) ?? 0, role: 'learner' })
  return members.sort((a, b) => a.id - b.id)
}

/**
 * Who was removed while it was away hears of it from nobody: the others do not write to it any more. So it asks PD. One
 * that came to be by a message that was late, after its removal, does likewise.
 */
export function askIfMember(stores: Stores, peer: Peer): void {
  if (peer.isLeader || peer.snapshotIn?.installing) return
  const pieceMs = peer.snapshotIn?.sinceMs ?? 0
  const sinceMs = Math.max(peer.leaderContactMs, pieceMs, peer.askedMs, stores.startedMs)
  if (stores.nowMs - sinceMs < MEMBER_ASK_MS) return
  peer.askedMs = stores.nowMs
  const confVer = knownConfVer(peer)
  stores.tellPd({ kind: 'memberWanted', store: peer.store.id, cell: peer.cell.id, peer: peer.id, confVer })
}

export function hearOfRemoval(stores: Stores, { store, cell, peer: id, confVer, merged }: PeerRemoved): void {
  const peer = stores.peer(store, cell)
  if (merged && peer?.id === id && !peer.snapshotIn?.installing) return hearOfMerger(stores, peer)
  // Ids are never used twice, and a later configuration has no place for this one.
  if (peer?.id !== id || peer.snapshotIn?.installing) return
  const known = knownConfVer(peer)
  if (known > confVer || (known === confVer && (isMember(peer) || !peer.initialized))) return
  stores.removals.removeUnknowing(peer)
}

/**
 * The latest configuration that is known here to have this peer as a member. One that knows nothing, and has forgotten in
 * a crash what it was born by, believes whatever it is told: as long as it has no data, PD makes another where it errs.
 */
function knownConfVer({ cell, bornConfVer, snapshotIn }: Peer): number {
  return Math.max(cell.epoch.confVer, bornConfVer, snapshotIn?.state.cell.epoch.confVer ?? 0)
}
