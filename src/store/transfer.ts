/**
 * Leadership given to another peer on purpose, so that no client sees an error (rules 5 and 12). Phases: admission
 * stops → what is pending drains → the lease is given up → Raft tells the other to campaign → a new leader, or, if none
 * has come in time, admission goes on here.
 */
import { peerOn } from '../model/index.ts'
import type { Peer } from './peer.ts'
import type { Stores } from './stores.ts'

export function startTransfer(stores: Stores, peer: Peer, toStore: number): void {
  const target = peerOn(peer.cell, toStore)
  if (target === undefined || target.role !== 'voter' || toStore === peer.store.id) return
  // Not to one that is just leaving by a joint change: its leadership would end with a step down.
  if (!peer.confState.voters.includes(target.id)) return
  peer.transferTo = toStore
  peer.transferSinceMs = stores.nowMs
}

/** Called in each turn while a transfer is under way. */
export function continueTransfer(stores: Stores, peer: Peer): void {
  const target = peerOn(peer.cell, peer.transferTo)
  if (target === undefined || stores.nowMs - peer.transferSinceMs > stores.electionMs) {
    peer.transferTo = 0
    return
  }
  if (!peer.pending.isEmpty || peer.node.leadTransferee === target.id) return
  peer.lease.giveUp()
  peer.node.transferLeadership(target.id)
}
