/**
 * Idle cells sleep: no ticks, no messages, no lease; the turn does not look at them (rules 12 to 14).
 *
 * Phases: nobody has used the cell for `--sleep-after`, all its peers have all of its log, nothing is under way → the
 * leader **asks** each follower, naming its term and the end of its log → a follower that is exactly there sleeps, and
 * **agrees** → when all have agreed, and the leader has said nothing else since it asked, it sleeps, too → something
 * **wakes** a peer.
 *
 * What a sleeping follower has promised: nothing but to campaign no more on a timer. Its vote is as free as its last
 * contact with the leader makes it, by the clock. What a sleeping leader has: no lease. So nothing that is correct
 * rests on sleep, and all that can go wrong is that someone sleeps too long. Hence the one invariant: *who sleeps as a
 * follower does so under a leader of that very term, which lives, and which either sleeps or still talks to it.*
 *
 * Who wakes whom:
 * - A command, an order of PD: the leader. Its first command pays a read-index round, which wakes the followers.
 * - Any message of Raft: whoever it is for. If it is not from the leader that the peer sleeps under, that one is
 *   **woken** by a note, and may show that it is there before the peer's timer runs out.
 * - The end of the leader's thread, proven by its exit or by a later life of its executor, or silence of it for longer than
 *   any lease: the followers, which elect another (`survivors.ts`).
 * - A later life of a follower's executor: the leader, for it may have to bring something there.
 * A question of PD wakes nobody: the store answers for its sleeping cells (`heartbeat.ts`).
 *
 * Lost messages: a lost question or answer leaves the leader awake; it says its question again, and if that does not help
 * its next heartbeat wakes those that agreed, and it asks anew. It is no harm if a note is lost, for then a timer runs out. A question that comes after its sender's end
 * is known, or under a term that is over, is not agreed to. A leader that sends anything takes its question back, so a
 * late answer never counts for a follower that was woken in between.
 */
import { type SleepNote, SleepWord } from '../model/index.ts'
import { type Message, MessageType, ProgressState } from '../raft/index.ts'
import type { Peer } from './peer.ts'
import type { Stores } from './stores.ts'

/** So many leaders of one executor may stay awake as long as `--sleep-after` says. */
const AWAKE_LEADERS_CALM = 512
/** However many there are: from one command to the next, a cell that is in use does not sleep. */
const SLEEP_AFTER_MS_MIN = 200
/** Up to so many a command wakes its cell at once; beyond that, so many of those that commands wait for in a tick. */
const AWAKE_LEADERS_FREE = 1024
const WAKES_PER_TICK_MIN = 16
/** A leader whose question came to nothing asks again after so many ticks. */
const ASK_AGAIN_TICKS = 7
/** While it waits it says its question again, in place of heartbeats, to those that have not agreed… */
const REPEAT_TICKS = 4
/** …so long; then it is the leader that it was, which finds out whom it has lost. */
const WAIT_TICKS_MAX = 24
/** Of a cell's share of memory: what it may keep while it sleeps. */
const SLEEPERS_SHARE = 1 / 2
/** So many ticks has the leader, after a peer woke by itself, to show that it is there. */
const GRACE_TICKS = 4

interface Ask {
  readonly serial: number
  readonly agreed: Set<number>
}

interface Heard {
  readonly note: SleepNote
  readonly executor: number
  readonly incarnation: number
}

export class Sleep {
  readonly #stores: Stores
  readonly #asks = new Map<Peer, Ask>()
  #candidates: Peer[] = []
  #heard: Heard[] = []
  #serial = 0
  /** After how long without use a cell sleeps. */
  #sleepAfterMs: number
  /** Leaders that commands wait for, in that order; and how many may wake until the next tick. */
  readonly #wanted = new Set<Peer>()
  #room = AWAKE_LEADERS_FREE

  constructor(stores: Stores) {
    this.#stores = stores
    this.#sleepAfterMs = stores.options.sleepAfter
  }

  /** Commands wait for leaders to wake in their turn. */
  get isWanted(): boolean {
    return this.#wanted.size > 0
  }

  /**
   * At each tick: so many lead and are awake. The more there are, the sooner they sleep: the heartbeats of ten thousand
   * cells are more than two cores can bear, and to fall asleep and to wake is less than to be awake for a second. For the
   * same reason not all wake at once that commands come for.
   */
  counted(awakeLeaders: number): void {
    const { sleepAfter } = this.#stores.options
    const share = AWAKE_LEADERS_CALM / Math.max(AWAKE_LEADERS_CALM, awakeLeaders)
    this.#sleepAfterMs = Math.min(sleepAfter, Math.max(SLEEP_AFTER_MS_MIN, sleepAfter * share * share))
    this.#room = Math.max(WAKES_PER_TICK_MIN, AWAKE_LEADERS_FREE - awakeLeaders)
    for (const peer of this.#wanted) {
      if (this.#room === 0) break
      this.#wanted.delete(peer)
      if (peer.destroyed || !peer.asleep) continue
      this.#room--
      this.wake(peer)
    }
  }

  /**
   * At each tick, for a leader that has asked: does it wait for the answers still? A heartbeat would take its question
   * back, and wake those that have agreed; and where threads are slow there would never be time for all answers between
   * two of them. So the question is said again, and keeps the others from campaigning as a heartbeat would.
   */
  isWaiting(peer: Peer): boolean {
    if (!peer.asking || ++peer.askingTicks > WAIT_TICKS_MAX) return false
    if (peer.askingTicks % REPEAT_TICKS === 0) this.#askAll(peer, this.#asks.get(peer) as Ask)
    return true
  }

  /** At each tick, for a leader that is awake: is it time to ask? */
  consider(peer: Peer): void {
    const { nowMs, options } = this.#stores
    if (peer.asking) return
    if (options.sleepAfter === 0 || nowMs - peer.usedMs < this.#sleepAfterMs) return
    if (nowMs - peer.sleepAskedMs >= ASK_AGAIN_TICKS * options.tick) this.#candidates.push(peer)
  }

  /** Asks, behind everything else that leaves in this turn: what leaves later takes the question back. */
  ask(): void {
    if (this.#candidates.length === 0) return
    const { nowMs } = this.#stores
    for (const peer of this.#candidates) {
      if (!this.#leaderMaySleep(peer)) continue
      peer.sleepAskedMs = nowMs
      if (peer.cell.peers.length === 1) {
        this.#fallAsleep(peer)
        continue
      }
      const ask = { serial: ++this.#serial, agreed: new Set<number>() }
      this.#asks.set(peer, ask)
      peer.asking = true
      peer.askingTicks = 0
      this.#askAll(peer, ask)
    }
    this.#candidates = []
  }

  #askAll(peer: Peer, { serial, agreed }: Ask): void {
    for (const { id, store } of peer.cell.peers) {
      if (id === peer.id || agreed.has(id)) continue
      this.#stores.transport.sendNote(noteOf(SleepWord.ask, peer, store, id, serial))
    }
  }

  /** The leader says something else to its followers. */
  takeBack(peer: Peer): void {
    peer.asking = false
    this.#asks.delete(peer)
  }

  receive(note: SleepNote, executor: number, incarnation: number): void {
    this.#heard.push({ note, executor, incarnation })
  }

  /** Notes, once Raft's messages that came with them are stepped. */
  hear(): void {
    if (this.#heard.length === 0) return
    const heard = this.#heard
    this.#heard = []
    for (const each of heard) {
      const { note } = each
      const peer = this.#stores.peer(note.toStore, note.cell)
      if (peer?.id !== note.to) continue
      if (note.word === SleepWord.ask) this.#asked(peer, each)
      else if (note.word === SleepWord.agree) this.#agreed(peer, note)
      else if (peer.asleep) this.#wakeByItself(peer)
    }
  }

  /** To one that was never awake no more than this is done: it has no leader, and is woken by `beginnings.ts`. */
  layDown(peer: Peer): void {
    peer.asleep = true
    peer.store.active.delete(peer)
    peer.store.asleepBytes += peer.sizeBytes
  }

  /** A message of Raft for a sleeping peer is about to be stepped. */
  disturb(peer: Peer, { type, from, term }: Message): void {
    const { node } = peer
    const isFromLeader = type === MessageType.app || type === MessageType.heartbeat || type === MessageType.snap
    if (isFromLeader && (term > node.term || (term === node.term && from === node.leader))) this.wake(peer)
    else this.#wakeByItself(peer)
  }

  /** A command has come for a leader. False: it sleeps, and wakes when its turn comes. */
  used(peer: Peer): boolean {
    peer.usedMs = this.#stores.nowMs
    if (!peer.asleep) return true
    if (this.#room === 0) {
      this.#wanted.add(peer)
      return false
    }
    this.#room--
    this.wake(peer)
    return true
  }

  /** Its clock runs again: a follower's as if it had never stood still, but for the time that its leader is given to speak. */
  wake(peer: Peer): void {
    if (!peer.asleep) return
    const { store } = peer
    const { nowMs, options } = this.#stores
    peer.asleep = false
    store.active.add(peer)
    store.asleepBytes -= peer.sizeBytes
    if (peer.isLeader) store.asleepLeaders--
    peer.wokenMs = nowMs
    const silentTicks = Math.floor((nowMs - peer.leaderContactMs) / options.tick)
    // A leader has a whole election timeout to hear a quorum of those that were silent with it.
    const graceTicks = options.electionTicks - GRACE_TICKS
    peer.node.setElectionElapsed(peer.isLeader ? 0 : Math.max(0, Math.min(silentTicks, graceTicks)))
    this.#stores.touch(peer)
  }

  /** Its peers may not know that it is awake, and it has not heard from its leader. */
  #wakeByItself(peer: Peer): void {
    this.wake(peer)
    const { node } = peer
    const leaderStore = peer.leaderStore
    if (peer.isLeader || leaderStore === 0) return
    this.#stores.transport.sendNote(noteOf(SleepWord.wake, peer, leaderStore, node.leader, 0))
  }

  #asked(peer: Peer, { note, executor, incarnation }: Heard): void {
    const { node } = peer
    if (node.isLeader || node.leader !== note.from || node.term !== note.term) return
    // It is from the leader of this term, which says nothing else while it asks.
    if (!peer.asleep) node.setElectionElapsed(0)
    if (node.lastIndex !== note.index) return
    // The life in which it asked is known to be over: nobody would wake who agrees.
    if (!this.#stores.liveness.isAlive(executor, incarnation)) return
    if (!peer.asleep) {
      if (!isAtRest(peer)) return
      this.#fallAsleep(peer)
    }
    this.#stores.transport.sendNote(noteOf(SleepWord.agree, peer, note.fromStore, note.from, note.ask))
  }

  #agreed(peer: Peer, note: SleepNote): void {
    const ask = this.#asks.get(peer)
    if (ask?.serial !== note.ask || peer.asleep) return
    ask.agreed.add(note.from)
    if (ask.agreed.size < peer.cell.peers.length - 1) return
    this.takeBack(peer)
    if (this.#leaderMaySleep(peer)) this.#fallAsleep(peer)
  }

  #fallAsleep(peer: Peer): void {
    this.layDown(peer)
    // Forgetting is safe, as all is answered: see `Evaluator`.
    peer.accepted.clear()
    peer.loading.clear()
    peer.fetching.clear()
    peer.parked.shrink()
    if (!peer.isLeader) return
    peer.store.asleepLeaders++
    peer.lease.rest()
    peer.working?.forgetWalker()
    forgetKeys(this.#stores, peer)
    // PD's last word of it: everyone has everything.
    this.#stores.heartbeats.due(peer)
  }

  #leaderMaySleep(peer: Peer): boolean {
    const { nowMs, options } = this.#stores
    const { node, working, cell } = peer
    if (!node.isLeader || working === null || working.term !== node.term || !isAtRest(peer)) return false
    if (nowMs - peer.usedMs < this.#sleepAfterMs) return false
    if (peer.transferTo !== 0 || node.leadTransferee !== 0 || peer.split !== null || peer.loading.size > 0) return false
    // It has something to ask of PD, and asks again and again.
    if (!cell.system && working.sizeBytes > options.cellSize) return false
    for (const member of cell.peers) {
      const progress = node.progress(member.id)
      if (progress === undefined || progress.match !== node.lastIndex) return false
      if (progress.state !== ProgressState.replicate) return false
      // Who has not been told that all is committed is not at rest, and would not agree.
      if (member.id !== peer.id && progress.sentCommit !== node.lastIndex) return false
    }
    return cell.peers.length === node.members.length
  }
}

/**
 * Who sleeps keeps its keys while they are few: a pause of some seconds must not make a busy cell read all of them again.
 * What many sleepers keep together is a part of `--memory`. Thousands of cells fall asleep in one turn, so keys are
 * not gone over one by one: they go all at once, when all is in the engine. What is not there yet comes there in a moment,
 * and this is asked again.
 */
export function forgetKeys(stores: Stores, peer: Peer): void {
  const { store, working } = peer
  if (working === null || peer.forgettableIndex < peer.node.lastIndex) return
  const share = stores.workingBytesMax(store, store.leaders + store.asleepLeaders)
  if (working.memoryBytes > share * SLEEPERS_SHARE) working.forgetKeys()
}

/** Nothing is under way with this peer, and it has applied all that it has. */
function isAtRest(peer: Peer): boolean {
  const { node } = peer
  if (peer.destroyed || peer.member === undefined || node.inJoint || peer.orphanedMs !== 0) return false
  if (peer.merging !== null || peer.isAdministered || (peer.isLeader && peer.single !== null)) return false
  if (peer.snapshotIn !== null || peer.snapshotOut?.streaming || peer.barrier !== null || peer.bornOf !== null)
    return false
  if (peer.unsynced > 0 || !peer.pending.isEmpty || !peer.parked.isEmpty || node.hasReady()) return false
  return peer.applied === node.lastIndex && node.committed === node.lastIndex
}

function noteOf(word: SleepWord, peer: Peer, toStore: number, to: number, ask: number): SleepNote {
  const { node, store, cell, id } = peer
  return {
    word,
    toStore,
    fromStore: store.id,
    cell: cell.id,
    to,
    from: id,
    term: node.term,
    index: node.lastIndex,
    ask,
  }
}
