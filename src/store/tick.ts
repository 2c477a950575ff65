/** Time's part of the turn: what each peer that is awake does at each tick. Those that sleep are not looked at. */
import { mayCampaign } from './hear.ts'
import { askIfMember, leaveJointAgain, obey } from './membership.ts'
import type { Peer } from './peer.ts'
import { keepOne } from './single.ts'
import type { Stores } from './stores.ts'
import { campaignAgain } from './survivors.ts'

/** A peer that has not led for so long, and has not learned a fate, answers *unknown* (rule 5). */
const FATE_MS = 10_000

export function tick(stores: Stores): void {
  let leaderless = 0
  let awake = 0
  let leaders = 0
  for (const store of stores.stores.values()) {
    store.tick(stores)
    awake += store.active.size
    for (const peer of store.active) {
      tickPeer(stores, peer)
      if (peer.node.leader === 0) leaderless++
    }
    leaders += store.leaders
  }
  stores.heldOrders.tick(stores.nowMs, (order) => obey(stores, order))
  stores.sleep.counted(leaders)
  stores.beginnings.tick(leaderless, awake)
  for (const origin of stores.origins.values()) origin.tick(stores.nowMs)
  stores.snapshots.tick()
  stores.snapshotsIn.tick()
  stores.unsafeRecoveries.tick()
}

function tickPeer(stores: Stores, peer: Peer): void {
  const { node } = peer
  if (peer.isLeader) {
    peer.store.leaders++
    peer.ledMs = stores.nowMs
    stores.sleep.consider(peer)
    leaveJointAgain(peer)
  } else if (!mayCampaign(stores, peer)) {
    // A follower that has promised silence keeps its election clock at zero.
    node.setElectionElapsed(0)
  }
  if (!stores.sleep.isWaiting(peer)) node.tick()
  if (peer.orphanedMs !== 0) campaignAgain(stores, peer)
  // Who leads will learn it, however long the others have no room for entries, or this thread got no time: how long a
  // client is to wait is for its gateway to say.
  if (!peer.pending.isEmpty && stores.nowMs - peer.ledMs > FATE_MS) peer.pending.abandon()
  stores.splits.tick(peer)
  if (peer.single !== null) keepOne(stores, peer, peer.single)
  stores.pages.tick(peer)
  askIfMember(stores, peer)
  if (hasWork(peer)) stores.touch(peer)
}

/** Most peers, in most ticks, have nothing to settle: to look at each costs more than the tick itself. */
function hasWork(peer: Peer): boolean {
  if (!peer.parked.isEmpty || !peer.pending.isEmpty || peer.transferTo !== 0 || peer.split !== null) return true
  if (peer.merging !== null || peer.applying !== null) return true
  return (peer.isLeader && peer.working === null) || peer.inherited !== null || peer.node.hasReady()
}
