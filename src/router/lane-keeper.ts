/**
 * How the commands of a lane leave and, when they come back, leave again.
 *
 * 1. *Flowing*: each command is sent as it comes, behind the one before it (`after`, rule 10).
 * 2. *Stalled*: one came back, or the leader is known to be elsewhere now. Nothing is sent until every transmission on
 *    its way is answered.
 * 3. *Resting*: all are answered, and the lane waits a while: 1 ms, doubling to 50; not at all when a refusal told
 *    where to go.
 * 4. *Pumped*: all commands go again, in order, to where the leader is believed to be. If the cell's range has changed
 *    meanwhile, they are not sent but given back to be placed anew. One that was *overtaken* is not sent again either: a
 *    leader may answer a read while a write before it waits for its commit, and then lose that write with its office.
 */
import { EMPTY } from '../base/index.ts'
import { CommandFlag, decodeCell, Refusal } from '../model/index.ts'
import type { Outbox } from './outbox.ts'
import type { Pending } from './pending.ts'
import type { RangeMap, RouteEntry } from './range-map.ts'
import type { Lane } from './session.ts'

const BACK_OFF_MS_MAX = 50
/** So often in a row a hint is followed at once: two peers that each believe the other leads must not make us run. */
const PROMPT_ATTEMPTS_MAX = 2
/** After so many attempts in a row what we know of the cell is doubted, and PD is asked. */
const DOUBTFUL_ATTEMPTS = 3

export interface LaneOwner {
  /** The range of the lane's cell is another one now: its commands must be placed anew. Nothing of it is on its way. */
  astray(lane: Lane): void
  /** A command behind it took effect while this one did not, and it will not be sent again. */
  overtaken(lane: Lane, pending: Pending): void
  /** The last command has left the lane. */
  emptied(lane: Lane): void
  wantRoutes(): void
}

export class LaneKeeper {
  nowMs: number
  /** The earliest end of a rest. */
  nextRetryAtMs: number
  readonly #map: RangeMap
  readonly #outbox: Outbox
  readonly #owner: LaneOwner
  readonly #reachable: (store: number) => boolean
  #resting: Lane[]

  constructor(map: RangeMap, outbox: Outbox, owner: LaneOwner) {
    this.nowMs = 0
    this.nextRetryAtMs = Number.POSITIVE_INFINITY
    this.#map = map
    this.#outbox = outbox
    this.#owner = owner
    this.#reachable = (store) => outbox.isUp(outbox.executorOf(store))
    this.#resting = []
  }

  /** Puts a command behind those in the lane, and sends it if nothing holds it back. */
  append(lane: Lane, route: RouteEntry, pending: Pending): void {
    const isFlowing = lane.outstanding === lane.count && !lane.resting
    lane.push(pending)
    if (isFlowing && lane.outstanding > 0) {
      if (lane.store === route.store) {
        this.#transmit(lane, route, pending)
        return
      }
      lane.prompt = true
    } else if (isFlowing) {
      if (this.#aim(lane, route)) {
        this.#transmit(lane, route, pending)
        return
      }
      this.#rest(lane)
    }
    pending.own()
  }

  /** A transmission has come to nothing, and its command waits again. */
  takeBack(lane: Lane, pending: Pending): void {
    lane.session.untrack(pending)
    pending.sequence = 0
    lane.outstanding--
  }

  /** What a refusal tells about the cell. `payload` is `buffer[start..end)`. */
  heed(lane: Lane, refusal: Refusal, buffer: Buffer, start: number, end: number): void {
    const route = this.#map.byId(lane.cell)
    if (refusal === Refusal.epochNotMatch) {
      this.#map.learn(decodeCell(buffer.subarray(start, end)), 0, 0)
      if (this.#map.byId(lane.cell)?.rangeVersion !== lane.rangeVersion) lane.prompt = true
    } else if (route === undefined || route.store !== lane.store) {
      // Somebody else has learned better since this was sent.
      lane.prompt = true
    } else if (refusal === Refusal.notLeader) {
      const hint = end - start >= 8 ? buffer.readDoubleLE(start) : 0
      this.#map.moveOn(route, lane.store, hint, this.#reachable)
      if (hint !== 0 && hint !== lane.store) lane.prompt = true
    } else if (refusal === Refusal.cellNotFound || refusal === Refusal.storeStopped) {
      this.#map.moveOn(route, lane.store, 0, this.#reachable)
    }
  }

  /** A command was executed: the way there is right. */
  succeeded(lane: Lane): void {
    lane.attempts = 0
    lane.stopped = false
    const route = this.#map.byId(lane.cell)
    if (route !== undefined && route.store === lane.store) route.known = true
  }

  /** All transmissions of a stalled lane are answered. */
  settle(lane: Lane): void {
    const attempt = lane.attempts++
    if (attempt >= DOUBTFUL_ATTEMPTS) this.#owner.wantRoutes()
    const isPrompt = lane.prompt && attempt < PROMPT_ATTEMPTS_MAX
    lane.prompt = false
    if (isPrompt) this.#pump(lane)
    else this.#rest(lane)
  }

  /** Sends the lanes whose rest is over. */
  tick(): void {
    if (this.nextRetryAtMs > this.nowMs) return
    const resting = this.#resting
    this.#resting = []
    this.nextRetryAtMs = Number.POSITIVE_INFINITY
    for (const lane of resting) {
      if (lane.retryAtMs > this.nowMs) {
        this.#resting.push(lane)
        this.nextRetryAtMs = Math.min(this.nextRetryAtMs, lane.retryAtMs)
      } else {
        lane.resting = false
        this.#pump(lane)
      }
    }
  }

  /** There is news: whoever rests need not wait for its time. */
  wakeAll(): void {
    for (const lane of this.#resting) lane.retryAtMs = this.nowMs
    if (this.#resting.length > 0) this.nextRetryAtMs = this.nowMs
    this.tick()
  }

  /** Stores of an executor that is gone are no longer aimed at. */
  turnFrom(executor: number): void {
    const turn = (route: RouteEntry): void => {
      if (this.#outbox.executorOf(route.store) === executor) {
        this.#map.moveOn(route, route.store, 0, this.#reachable)
      }
    }
    for (const route of this.#map.entries()) turn(route)
    if (this.#map.system !== null) turn(this.#map.system)
  }

  /** Behind the commands of a lane of which nobody awaits the answers any longer. */
  bidFarewell({ session, executor, cell, store }: Lane): void {
    if (!this.#outbox.isUp(executor)) return
    this.#outbox.writer(executor, 0).add(session.id, 0, cell, 0, store, 0, 0, 0, CommandFlag.farewell, EMPTY, 0, 0)
  }

  #rest(lane: Lane): void {
    if (lane.resting) return
    lane.retryAtMs = this.nowMs + Math.min(BACK_OFF_MS_MAX, 2 ** Math.max(0, lane.attempts - 1))
    lane.resting = true
    this.#resting.push(lane)
    this.nextRetryAtMs = Math.min(this.nextRetryAtMs, lane.retryAtMs)
  }

  #pump(lane: Lane): void {
    if (lane.count === 0 || lane.outstanding > 0 || lane.session.closed) return
    for (let pending = lane.head; pending !== null && pending.order < lane.effectOrder; pending = lane.head) {
      this.#owner.overtaken(lane, pending)
    }
    if (lane.count === 0) {
      this.#owner.emptied(lane)
      return
    }
    const route = this.#map.byId(lane.cell)
    if (route === undefined || route.rangeVersion !== lane.rangeVersion) {
      this.#owner.astray(lane)
      return
    }
    if (!this.#aim(lane, route)) {
      lane.attempts++
      this.#rest(lane)
      return
    }
    for (let pending = lane.head; pending !== null; pending = pending.next) this.#transmit(lane, route, pending)
  }

  /** Chooses where an empty or stalled lane sends to; false: no peer of the cell can be reached. */
  #aim(lane: Lane, route: RouteEntry): boolean {
    if (!this.#reachable(route.store)) {
      this.#map.moveOn(route, route.store, 0, this.#reachable)
      if (!this.#reachable(route.store)) {
        this.#owner.wantRoutes()
        return false
      }
    }
    lane.store = route.store
    lane.executor = this.#outbox.executorOf(route.store)
    return true
  }

  #transmit(lane: Lane, route: RouteEntry, pending: Pending): void {
    const session = lane.session
    const writer = this.#outbox.writer(lane.executor, pending.end - pending.start)
    const sequence = ++session.sequence
    const remainingMs = pending.deadlineMs - this.nowMs
    const start = writer.add(
      session.id,
      sequence,
      lane.cell,
      pending.previous === null ? 0 : pending.previous.sequence,
      lane.store,
      route.cell.epoch.version,
      remainingMs < 1 ? 1 : Math.floor(remainingMs),
      pending.protocol,
      pending.row?.internal ? CommandFlag.internal : 0,
      pending.buffer,
      pending.start,
      pending.end,
    )
    pending.end = start + pending.end - pending.start
    pending.start = start
    pending.buffer = writer.block
    pending.ownsBytes = true
    pending.sequence = sequence
    lane.outstanding++
    session.track(pending)
  }
}
