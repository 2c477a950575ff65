/**
 * What the end of a thread, or its return, means for cells.
 *
 * **Its end.** Nobody has to wait for a lease of the dead (rule 13). One survivor of each cell that was led there campaigns
 * at once and the others wait for it, for two at the same time would split the votes. The others may hear of the death a
 * little later, and until then they are silent, as promised to the dead: so it asks again with each tick. Silence for
 * longer than any lease wakes the sleeping in the same way, but takes back no promise: only an exit is proof.
 *
 * **Its return.** Sleeping leaders of cells with a peer there wake: what has come back may lack something, and knows no leader.
 *
 * Cells are taken up in the order of their last use, and so many a turn: ten thousand elections at once would keep
 * waiting those that someone asks for.
 */
import { StateType } from '../raft/index.ts'
import { mayCampaign } from './hear.ts'
import type { Peer } from './peer.ts'
import type { Stores } from './stores.ts'

const PER_TURN = 200

interface Waking {
  readonly peer: Peer
  readonly executor: number
  /** In which the leader was there. */
  readonly term: number
  readonly why: 'exit' | 'silence' | 'return'
}

export class Wakings {
  readonly #stores: Stores
  /** The last used at the end. */
  #queue: Waking[] = []

  constructor(stores: Stores) {
    this.#stores = stores
  }

  get isUnderWay(): boolean {
    return this.#queue.length > 0
  }

  /** The leaders on that executor are gone: for sure, or as far as silence tells, which is for those who sleep to heed. */
  ledFrom(executor: number, proven: boolean): void {
    const why = proven ? 'exit' : 'silence'
    for (const peer of this.#stores.peers()) {
      if ((proven || peer.asleep) && this.#isLedFrom(peer, executor)) {
        this.#queue.push({ peer, executor, term: peer.node.term, why })
      }
    }
    this.#sort()
  }

  withPeerOn(executor: number): void {
    const { transport } = this.#stores
    for (const peer of this.#stores.peers()) {
      if (!peer.asleep || !peer.isLeader) continue
      if (!peer.cell.peers.some((member) => transport.executorOf(member.store) === executor)) continue
      this.#queue.push({ peer, executor, term: peer.node.term, why: 'return' })
    }
    this.#sort()
  }

  /** Called each turn. */
  advance(): void {
    for (let i = 0; i < PER_TURN; i++) {
      const waking = this.#queue.pop()
      if (waking === undefined) return
      this.#take(waking)
    }
    if (this.#queue.length > 0) this.#stores.again()
  }

  #sort(): void {
    this.#queue.sort((a, b) => a.peer.usedMs - b.peer.usedMs)
  }

  #take({ peer, executor, term, why }: Waking): void {
    const stores = this.#stores
    if (peer.destroyed || peer.node.term !== term) return
    if (why === 'return') return stores.sleep.wake(peer)
    if (!this.#isLedFrom(peer, executor)) return
    stores.sleep.wake(peer)
    if (why === 'exit') peer.leaderContactMs = Number.NEGATIVE_INFINITY
    peer.node.forgetLeader()
    if (isFirstSurvivor(stores, peer, executor) && (why === 'exit' || mayCampaign(stores, peer))) {
      campaignUntilLed(stores, peer)
    }
    stores.touch(peer)
  }

  #isLedFrom(peer: Peer, executor: number): boolean {
    const leaderStore = peer.leaderStore
    return leaderStore !== 0 && !peer.isLeader && this.#stores.transport.executorOf(leaderStore) === executor
  }
}

/**
 * At once, and again with each tick: those that are asked may not be there yet, or be silent for a while still. So may the
 * peer itself: what it, or its store in an earlier life, has promised to a leader of this very cell it keeps.
 */
export function campaignUntilLed(stores: Stores, peer: Peer): void {
  peer.orphanedMs = stores.nowMs
  if (mayCampaign(stores, peer)) peer.node.campaign()
}

/** At each tick, for a peer that began so: until there is a leader, or all must have heard. */
export function campaignAgain(stores: Stores, peer: Peer): void {
  const { node } = peer
  if (node.leader !== 0 || stores.nowMs - peer.orphanedMs > stores.electionMs) peer.orphanedMs = 0
  // A candidate has passed the preliminary round: everyone has heard, and its votes are on their way.
  // A new leader may have been heard of, and be lost again, in between: what was promised to that one is kept.
  else if (node.state !== StateType.candidate && mayCampaign(stores, peer)) node.campaign()
}

function isFirstSurvivor(stores: Stores, peer: Peer, executor: number): boolean {
  for (const member of peer.cell.peers) {
    if (member.role !== 'voter' || stores.transport.executorOf(member.store) === executor) continue
    return member.id === peer.id
  }
  return false
}
