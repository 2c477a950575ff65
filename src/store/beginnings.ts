/**
 * How the peers of stores that were just opened come to life: not all at once. Ten thousand elections that begin in the
 * same half second keep one another from ending, time out, and begin again.
 *
 * Phases of a peer: it lies down, without a leader → it is its turn, and it wakes: first those that probably led last,
 * which campaign at once, if they may; their messages wake the others of their cells → some time after the last of the
 * first, those that nobody has woken.
 * The turn is given to so many as keep the number of peers awake without a leader bounded, and at each tick to a few
 * whatever that number is, for some cells may find no leader. Those that a command has come for go before; thousands of
 * them wait for one another likewise. For the others there is a bound of all that are awake, too: what has found its
 * leader costs heartbeats until it sleeps, and many of those leave no time for elections.
 */
import { peerOn } from '../model/index.ts'
import { mayCampaign } from './hear.ts'
import type { Peer } from './peer.ts'
import type { Stores } from './stores.ts'
import { campaignUntilLed } from './survivors.ts'

const LEADERLESS_MAX = 192
const AWAKE_MAX = 512
const PER_TICK_MIN = 8

export class Beginnings {
  readonly #stores: Stores
  /** Who goes first, and the others; the next at the end. */
  #first: Peer[] = []
  #lying: Peer[] = []
  /** Those that a command has come for, in that order. */
  readonly #wanted = new Set<Peer>()
  /** How many more may wake until the next tick. */
  #room = 0
  /** When one of the first was woken last. */
  #firstMs = 0

  constructor(stores: Stores) {
    this.#stores = stores
  }

  start(): void {
    for (const peer of this.#stores.peers()) {
      if (!peer.initialized || peer.isAlone) {
        // Who is its own quorum need not wait to find out that nobody else is there.
        if (peer.isAlone) peer.node.campaign()
        this.#stores.touch(peer)
        continue
      }
      this.#stores.sleep.layDown(peer)
      const queue = goesFirst(peer) ? this.#first : this.#lying
      queue.push(peer)
    }
    this.#firstMs = this.#stores.nowMs
    this.tick(0, 0)
  }

  /** Some have yet to wake, by themselves or because a command waits for them. */
  get isUnderWay(): boolean {
    return this.#first.length > 0 || this.#lying.length > 0 || this.#wanted.size > 0
  }

  /** @param awake all that are, with and without a leader */
  tick(leaderless: number, awake: number): void {
    this.#room = Math.max(PER_TICK_MIN, LEADERLESS_MAX - leaderless)
    for (const peer of this.#wanted) {
      if (this.#room === 0) break
      this.#wanted.delete(peer)
      if (this.#isLying(peer)) this.#wake(peer, true)
    }
    const count = Math.min(this.#room, Math.max(PER_TICK_MIN, AWAKE_MAX - awake))
    if (this.#first.length > 0) {
      this.#wakeNext(this.#first, count, true)
      this.#firstMs = this.#stores.nowMs
    } else if (this.#lying.length > 0 && this.#stores.nowMs - this.#firstMs > 2 * this.#stores.electionMs) {
      this.#wakeNext(this.#lying, count, false)
    }
  }

  #wakeNext(queue: Peer[], count: number, campaigns: boolean): void {
    let left = count
    while (left > 0) {
      const peer = queue.pop()
      if (peer === undefined) return
      if (!this.#isLying(peer)) continue
      this.#wake(peer, campaigns)
      left--
    }
  }

  /** Someone wants something of it. */
  hurry(peer: Peer): void {
    if (!this.#isLying(peer)) return
    if (this.#room > 0) this.#wake(peer, true)
    else this.#wanted.add(peer)
  }

  #isLying(peer: Peer): boolean {
    return peer.asleep && !peer.destroyed && peer.node.leader === 0
  }

  #wake(peer: Peer, campaigns: boolean): void {
    this.#room--
    this.#stores.sleep.wake(peer)
    // Again with each tick: the stores of the others may not be open yet.
    if (campaigns && mayCampaign(this.#stores, peer)) campaignUntilLed(this.#stores, peer)
  }
}

/** Who voted for itself led in its last term, or wanted to. Where nobody ever voted, cells begin with different peers. */
function goesFirst({ node, cell, store }: Peer): boolean {
  if (node.vote !== 0) return node.vote === node.id
  return cell.peers[cell.id % cell.peers.length] === peerOn(cell, store.id)
}
