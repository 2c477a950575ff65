/** Time's part of the turn: what each peer that is awake does at each tick. Those that sleep are not looked at. */
import { mayCampaign } from './hear.ts'
import { askIfMember, obey } from './membership.ts'
import type { Peer } from './peer.ts'
import type { Stores } from './stores.ts'
import { campaignAgain } from './survivors.ts'

/** A peer that gives no fate for so long answers *unknown* (rule 5). */
const FATE_MS = 10_000

export function tick(stores: Stores): void {
  let leaderless = 0
  for (const store of stores.stores.values()) {
    store.tick(stores.nowMs)
    for (const peer of store.active) {
      tickPeer(stores, peer)
      if (peer.node.leader === 0) leaderless++
    }
  }
  stores.heldOrders.tick(stores.nowMs, (order) => obey(stores, order))
  stores.beginnings.tick(leaderless)
  for (const origin of stores.origins.values()) origin.tick(stores.nowMs)
  stores.snapshots.tick()
  stores.snapshotsIn.tick()
}

function tickPeer(stores: Stores, peer: Peer): void {
  const { node } = peer
  if (peer.isLeader) {
    peer.store.leaders++
    stores.sleep.consider(peer)
  } else if (!mayCampaign(stores, peer)) {
    // A follower that has promised silence keeps its election clock at zero.
    node.setElectionElapsed(0)
  }
  if (!stores.sleep.isWaiting(peer)) node.tick()
  if (peer.orphanedMs !== 0) campaignAgain(stores, peer)
  if (!peer.pending.isEmpty) peer.pending.expire(stores.nowMs - FATE_MS)
  stores.splits.tick(peer)
  stores.pages.tick(peer)
  askIfMember(stores, peer)
  stores.touch(peer)
}
