/**
 * What the death of a thread means for the cells that were led on it: nobody has to wait for a lease of the dead
 * (rule 13). One survivor of each cell campaigns at once and the others wait for it, for two at the same time would
 * split the votes. The others may hear of the death a little later, and until then they are silent, as promised to
 * the dead: so it asks again with each tick.
 */
import { StateType } from '../raft/index.ts'
import type { Peer } from './peer.ts'
import type { Stores } from './stores.ts'

/** Its exit proves that the thread of that executor is dead. */
export function surviveExecutor(stores: Stores, executor: number): void {
  for (const peer of stores.peers()) {
    const leaderStore = peer.leaderStore
    if (leaderStore === 0 || stores.transport.executorOf(leaderStore) !== executor || peer.isLeader) continue
    peer.leaderContactMs = Number.NEGATIVE_INFINITY
    peer.node.forgetLeader()
    if (isFirstSurvivor(stores, peer, executor)) {
      peer.orphanedMs = stores.nowMs
      peer.node.campaign()
    }
    stores.touch(peer)
  }
}

/** At each tick, for a peer that campaigns on its leader's death: until there is a leader, or all must have heard. */
export function campaignAgain(stores: Stores, peer: Peer): void {
  const { node } = peer
  if (node.leader !== 0 || stores.nowMs - peer.orphanedMs > stores.electionMs) peer.orphanedMs = 0
  // A candidate has passed the preliminary round: everyone has heard, and its votes are on their way.
  else if (node.state !== StateType.candidate) node.campaign()
}

function isFirstSurvivor(stores: Stores, peer: Peer, executor: number): boolean {
  for (const member of peer.cell.peers) {
    if (member.role !== 'voter' || stores.transport.executorOf(member.store) === executor) continue
    return member.id === peer.id
  }
  return false
}
