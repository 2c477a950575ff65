/**
 * What Raft has ready, put to work: messages that may leave at once, records for the log, what is committed, who leads.
 *
 * Phases of a Ready: taken → its early messages sent, its records gathered for the next sync → its committed entries
 * applied → (after the sync) acknowledged, and its late messages sent.
 */

import { encodeCell, Refusal } from '../model/index.ts'
import { type Entry, type Message, MessageType, type Ready } from '../raft/index.ts'
import { mustAwaitSource } from './absorb.ts'
import { apply } from './apply.ts'
import { asksForVote } from './birth.ts'
import { EffectReader } from './entry.ts'
import { EntryGroups } from './entry-groups.ts'
import { KnownKeys } from './known-keys.ts'
import { isCommitMerge, isOfMerge } from './merge.ts'
import type { Peer } from './peer.ts'
import { BORN_INDEX } from './split.ts'
import type { Stores } from './stores.ts'
import { WorkingState } from './working-state.ts'

/** What a Ready has committed, applied up to `next`. */
export interface Applying {
  readonly ready: Ready
  next: number
}

/**
 * Takes all that Raft has for one peer. With a limit: nothing behind that index is applied now, for somebody in the midst
 * of an entry of his own waits for what is before it, and nothing else may happen to him.
 */
export function settle(stores: Stores, peer: Peer, indexMax: number = Number.POSITIVE_INFINITY): void {
  const { node } = peer
  while (!peer.destroyed && (peer.applying !== null || node.hasReady())) {
    if (peer.applying !== null) {
      if (!applyUpTo(stores, peer, peer.applying, indexMax)) return
      continue
    }
    const ready = node.ready()
    sendAll(stores, peer, ready.messages)
    gather(stores, peer, ready)
    if (ready.committedEntries.length > 0) peer.applying = { ready, next: 0 }
    for (const { context } of ready.readStates) {
      peer.confirmedTurn = stores.turnNumber
      peer.confirmedRoundTurn = turnOfRound(context)
      peer.confirmingSinceMs = 0
    }
  }
  if (peer.destroyed) return
  follow(stores, peer)
  if (!peer.pending.isEmpty) peer.pending.commit(node.committed, stores.termAt(peer))
}

/** False: there is more. */
function applyUpTo(stores: Stores, peer: Peer, applying: Applying, indexMax: number): boolean {
  const { committedEntries } = applying.ready
  while (applying.next < committedEntries.length && !peer.destroyed) {
    const entry = committedEntries[applying.next] as Entry
    if (entry.index > indexMax) {
      stores.touch(peer)
      return false
    }
    // It is looked at again with the next tick.
    if (isOfMerge(entry) && isCommitMerge(entry) && mustAwaitSource(peer, entry)) return false
    applying.next++
    apply(stores, peer, entry)
  }
  peer.applying = null
  if (!peer.destroyed) peer.node.appliedTo(applying.ready)
  return true
}

/** A Ready is on disk: what waited for that may be said. */
export function acknowledge(stores: Stores, peer: Peer, ready: Ready): void {
  peer.unsynced--
  if (peer.destroyed) return
  sendAll(stores, peer, peer.node.appended(ready))
  stores.touch(peer)
}

function gather(stores: Stores, peer: Peer, ready: Ready): void {
  const { log } = peer.store
  if (ready.snapshot !== null) {
    // Its data is in the engine already, and durable: `snapshot-in.ts` gave it to Raft only then.
    log.restart(peer.group, ready.snapshot, ready.hardState ?? peer.group.hardState)
    if (ready.entries.length > 0) log.append(peer.group, null, ready.entries)
  } else if (ready.entries.length > 0 || ready.hardState !== null) {
    log.append(peer.group, ready.hardState, ready.entries)
  }
  const needsSync = ready.mustSync || ready.snapshot !== null
  if (needsSync || peer.unsynced > 0) {
    // Behind others of its peer it waits its turn, for Readys are acknowledged in order.
    peer.unsynced++
    stores.waitForSync(peer, ready, needsSync)
  } else if (ready.afterSync.length > 0) {
    peer.unsynced++
    acknowledge(stores, peer, ready)
  } else if (ready.promises) {
    peer.node.appended(ready)
  }
}

function sendAll(stores: Stores, peer: Peer, messages: readonly Message[]): void {
  if (messages.length === 0) return
  if (peer.asking) stores.sleep.takeBack(peer)
  let round = -1
  for (const message of messages) {
    const toStore = peer.storeOf(message.to)
    if (toStore === 0) continue
    if (message.type === MessageType.snap) {
      stores.snapshots.send(peer, message)
      continue
    }
    if (round < 0) round = peer.isLeader ? peer.lease.nextRound(stores.nowMs) : roundHandled(peer)
    // Who has acknowledged nothing may not have come to be: it must know the range, not to be born over its parent.
    const isStranger = asksForVote(message) || (peer.isLeader && peer.node.progress(message.to)?.match === 0)
    stores.transport.send(
      peer.store.id,
      toStore,
      peer.cell.id,
      round,
      message,
      isStranger ? encodeCell(peer.cell) : null,
    )
  }
}

/** What `Stores.confirmLeadership` wrote. */
function turnOfRound(context: Uint8Array): number {
  return Buffer.from(context.buffer, context.byteOffset, context.byteLength).readDoubleLE(0)
}

function roundHandled(peer: Peer): number {
  return peer.roundTerm === peer.node.term ? peer.roundSeen : 0
}

/** Leadership that came, went, or became ready for commands. */
function follow(stores: Stores, peer: Peer): void {
  const { node } = peer
  const leadTerm = node.isLeader ? node.term : 0
  if (leadTerm !== peer.leadTerm) {
    // Whatever a former term of ours evaluated ahead of the log is void (rule 5); its answers wait for their fate.
    peer.leadTerm = leadTerm
    peer.ledMs = stores.nowMs
    peer.working = null
    peer.page = null
    peer.loading.clear()
    peer.fetching.clear()
    peer.accepted.clear()
    peer.transferTo = 0
    peer.administeredIndex = 0
    peer.mergeWanted = null
    peer.confirmingSinceMs = 0
    stores.evaluator.refuseParked(peer, Refusal.notLeader)
    stores.snapshots.cancel(peer)
    stores.splits.cancel(peer)
    peer.lease.begin()
    peer.heardAtMs.clear()
    peer.leadSinceMs = stores.nowMs
    if (leadTerm !== 0) peer.termStart = node.lastIndex
    stores.heartbeats.due(peer)
  }
  if (peer.inherited !== null && node.leader !== 0 && leadTerm === 0) peer.inherited = null
  // Until then the engine lacks some of its keys.
  const isBorn = peer.bornOf === null && peer.absorbing.length === 0
  if (leadTerm !== 0 && isBorn && peer.working === null && peer.applied >= peer.termStart) beginEvaluation(stores, peer)
  if (peer.split !== null) stores.splits.advance(peer)
  if (peer.merging !== null) stores.merges.advance(peer)
}

const reader = new EffectReader()

/** All before our own term's first entry is applied: what the engine lacks is read from the overlay, and commands may come. */
function beginEvaluation(stores: Stores, peer: Peer): void {
  const { options, sizes } = stores
  const { cell, keys, sizeBytes, node } = peer
  // As of its birth; all that has changed since is in the overlay as long as nothing was written back.
  const known = (peer.written === BORN_INDEX && peer.inherited) || new KnownKeys(stores.random.u32())
  peer.inherited = null
  const working = new WorkingState(node.term, cell, keys, sizeBytes, options.valueMax, stores.random, sizes, known)
  const groups = new EntryGroups()
  for (let index = peer.written + 1; index <= peer.applied; index++) {
    for (const entry of groups.take(peer.group.entry(index))) {
      reader.reset(entry.data)
      working.replay(reader, index)
    }
  }
  peer.working = working
  stores.heartbeats.due(peer)
  stores.touch(peer)
}
