/** A message of Raft that has come for a peer, with the host's own rules before Raft sees it (rules 12, 15 and 18). */
import { decodeCell, type Envelope } from '../model/index.ts'
import { MessageType } from '../raft/index.ts'
import { asksForVote, bearLearner, mayBeBorn } from './birth.ts'
import type { Peer } from './peer.ts'
import type { Stores } from './stores.ts'

export function hear(stores: Stores, envelope: Envelope): void {
  const { message } = envelope
  const store = stores.stores.get(envelope.toStore)
  if (store === undefined) return
  let peer = store.peers.get(envelope.cell)
  if (peer === undefined || peer.id !== message.to) {
    if (!mayBeBorn(stores, store, envelope)) return
    if (peer !== undefined) {
      // A cell has one peer on a store, and ids only grow: ours was removed, and did not hear of it.
      if (!peer.snapshotIn?.installing) stores.removals.removeUnknowing(peer)
      return
    }
    peer = bearLearner(stores, store, envelope.cell, message.to, bornConfVer(envelope))
  }
  // A peer whose data is being replaced hears nothing until that is done.
  if (peer.snapshotIn?.installing) return
  if (peer.asleep) stores.sleep.disturb(peer, message)
  if (asksForVote(message) && message.context === null && promisedSilence(stores, peer)) return
  if (peer.storeOf(message.from) === 0) peer.heardFrom.set(message.from, envelope.fromStore)
  // A log or a memory without room takes no entries, but still votes: Raft sends them again.
  if (message.entries.length > 0 && (store.refusesEntries(message.entries) || isOverlayFull(stores, peer))) return
  peer.node.step(message)
  stores.touch(peer)
  countRound(stores, peer, envelope)
}

/** The configuration of the cell of who writes; `mayBeBorn` has seen to it that it is there. */
function bornConfVer({ range }: Envelope): number {
  return range === null ? 0 : decodeCell(range).epoch.confVer
}

/**
 * What is committed is never dropped, so nothing more is taken (rule 23). The rest of a group is, however large: its
 * first half cannot go to the engine without it, and would fill the overlay for ever.
 */
function isOverlayFull(stores: Stores, peer: Peer): boolean {
  return peer.store.overlayBytes > stores.overlayBytesLimit && peer.openParts === 0
}

function countRound(stores: Stores, peer: Peer, { message, round }: Envelope): void {
  const { node } = peer
  const { type, from, term } = message
  if (type === MessageType.app || type === MessageType.heartbeat) {
    if (node.leader === from && node.term === term) handledRound(stores, peer, round)
    return
  }
  if (type !== MessageType.appResp && type !== MessageType.heartbeatResp) return
  if (!node.isLeader || term !== node.term) return
  peer.heardAtMs.set(from, stores.nowMs)
  if (round === 0) return
  const { voters, votersOutgoing } = peer.confState
  peer.lease.answered(from, round, peer.id, voters, votersOutgoing)
}

function handledRound(stores: Stores, peer: Peer, round: number): void {
  peer.leaderContactMs = stores.nowMs
  if (peer.roundTerm !== peer.node.term) {
    peer.roundTerm = peer.node.term
    peer.roundSeen = 0
  }
  if (round > peer.roundSeen) peer.roundSeen = round
}

/** Within the time that a leader's lease may last, nobody else is voted for (rule 12). */
function promisedSilence(stores: Stores, peer: Peer): boolean {
  if (stores.nowMs - peer.leaderContactMs < stores.electionMs) return true
  return !stores.isFirstLife && stores.nowMs - stores.startedMs < stores.electionMs
}

/** Likewise it does not campaign. */
export function mayCampaign(stores: Stores, peer: Peer): boolean {
  return peer.initialized && !promisedSilence(stores, peer)
}
