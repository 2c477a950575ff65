import { assert } from '../base/index.ts'
import type { Join } from './join.ts'
import type { KeyRange, Pending } from './pending.ts'
import type { RouteEntry } from './range-map.ts'

/** Who gets the replies of a session. */
export interface RouterClient {
  /**
   * The reply of the command that was given in with this slot: RESP bytes that are valid during the call. Called once
   * for each command, in any order, perhaps before `request` returns. It must not call the router.
   */
  reply(slot: number, buffer: Uint8Array, start: number, end: number): void
}

/**
 * The commands of one session that go to one cell, in the order sent: the unit of order (rule 9).
 *
 * They are sent as they come, each naming the one before it, which the cell's leader must have accepted. When one is
 * refused all behind it are refused too, so the lane *stalls*: nothing more is sent until every transmission is
 * answered, and then all that is left goes again, in order, to where the leader is by then. Hence all transmissions
 * that are on their way in a lane go to one store.
 *
 * Invariant: `outstanding <= count`, and the lane is stalled exactly when they differ.
 */
export class Lane {
  readonly session: RouterSession
  readonly cell: number
  /** The range that the commands in it were routed by; an older one than the map's, after a split. */
  range: KeyRange
  rangeVersion: number
  /** Where the transmissions on their way have gone. */
  store: number
  executor: number
  head: Pending | null
  tail: Pending | null
  count: number
  outstanding: number
  /**
   * Place in the session's order of the last command here that took effect, or may have. What is before it and comes
   * back is not sent again: it would take effect behind what came after it.
   */
  effectOrder: number
  /** Times in a row that the lane had to be sent again. */
  attempts: number
  /** Not to be sent again before; 0 when flowing. */
  retryAtMs: number
  /** A refusal told something new: the next attempt may be made at once. */
  prompt: boolean
  /** A store that is full, or has stopped, is why nothing was executed since. */
  stopped: boolean
  /** Among the lanes that wait for `retryAtMs`. */
  resting: boolean

  constructor(session: RouterSession, route: RouteEntry) {
    this.session = session
    this.cell = route.cell.id
    this.range = route.cell
    this.rangeVersion = route.rangeVersion
    this.store = 0
    this.executor = -1
    this.head = null
    this.tail = null
    this.count = 0
    this.outstanding = 0
    this.effectOrder = 0
    this.attempts = 0
    this.retryAtMs = 0
    this.prompt = false
    this.stopped = false
    this.resting = false
  }

  /** An empty lane takes up the cell as it is known now. */
  renew(route: RouteEntry): void {
    assert(this.count === 0, 'a lane in use keeps the range it was routed by')
    this.range = route.cell
    this.rangeVersion = route.rangeVersion
    this.attempts = 0
    this.retryAtMs = 0
    this.prompt = false
    this.stopped = false
  }

  push(pending: Pending): void {
    pending.lane = this
    pending.previous = this.tail
    pending.next = null
    if (this.tail === null) this.head = pending
    else this.tail.next = pending
    this.tail = pending
    this.count++
  }

  remove(pending: Pending): void {
    const { previous, next } = pending
    if (previous === null) this.head = next
    else previous.next = next
    if (next === null) this.tail = previous
    else next.previous = previous
    pending.previous = null
    pending.next = null
    pending.lane = null
    this.count--
  }
}

const RING_FIRST = 16
/** Lanes that are empty are swept away when a session has more than this. */
const LANES_KEPT_MAX = 128

/** What the router keeps of one connection. */
export class RouterSession {
  readonly id: number
  readonly client: RouterClient
  closed: boolean
  /** Of the last transmission. */
  sequence: number
  /** Commands taken so far: the order of the next one. */
  order: number
  /** In lanes. */
  active: number
  /** Kept for commands that have no reply yet. */
  heldBytes: number
  /** Not in a lane yet, in order; while there is one, all that come later wait behind it. */
  held: Pending[]
  /** A command over all cells that is under way: what comes later waits until it is answered. */
  barrier: Join | null
  /** Of the map: every command in a lane was routed by the ranges as they are since then. */
  rangeVersion: number
  /** The lane of the last command; most sessions need no other. */
  lane: Lane | null
  #lanes: Map<number, Lane> | null
  #ring: (Pending | null)[]
  /** Transmissions whose place in the ring a later one needed. */
  #strays: Map<number, Pending> | null
  #tracked: number

  constructor(id: number, client: RouterClient) {
    this.id = id
    this.client = client
    this.closed = false
    this.sequence = 0
    this.order = 0
    this.active = 0
    this.heldBytes = 0
    this.held = []
    this.barrier = null
    this.rangeVersion = 0
    this.lane = null
    this.#lanes = null
    this.#ring = new Array<Pending | null>(RING_FIRST).fill(null)
    this.#strays = null
    this.#tracked = 0
  }

  /** The lane to the cell of a route, made when there is none. */
  laneTo(route: RouteEntry): Lane {
    const cell = route.cell.id
    let lane = this.lane
    if (lane !== null && lane.cell === cell) return lane
    if (lane === null) {
      lane = new Lane(this, route)
    } else {
      if (this.#lanes === null) this.#lanes = new Map([[lane.cell, lane]])
      lane = this.#lanes.get(cell) ?? null
      if (lane === null) {
        if (this.#lanes.size >= LANES_KEPT_MAX) this.#sweep(this.#lanes)
        lane = new Lane(this, route)
        this.#lanes.set(cell, lane)
      }
    }
    this.lane = lane
    return lane
  }

  #sweep(lanes: Map<number, Lane>): void {
    for (const [cell, lane] of lanes) if (lane.count === 0 && !lane.resting) lanes.delete(cell)
  }

  get hasOneLane(): boolean {
    return this.#lanes === null
  }

  lanes(): Iterable<Lane> {
    if (this.#lanes !== null) return this.#lanes.values()
    return this.lane === null ? [] : [this.lane]
  }

  /** A transmission leaves: its answer will be looked up by its sequence. */
  track(pending: Pending): void {
    if (this.#tracked * 2 >= this.#ring.length) this.#grow()
    const at = pending.sequence & (this.#ring.length - 1)
    const occupant = this.#ring[at]!
    if (occupant !== null) {
      // One that has waited for its answer while many others came and went: it must not make the ring grow.
      this.#strays ??= new Map()
      this.#strays.set(occupant.sequence, occupant)
    }
    this.#ring[at] = pending
    this.#tracked++
  }

  tracked(sequence: number): Pending | null {
    const found = this.#ring[sequence & (this.#ring.length - 1)]!
    if (found !== null && found.sequence === sequence) return found
    return this.#strays?.get(sequence) ?? null
  }

  /** The transmission is answered or given up: what comes later for it is not found. */
  untrack(pending: Pending): void {
    const at = pending.sequence & (this.#ring.length - 1)
    if (this.#ring[at] === pending) this.#ring[at] = null
    else this.#strays?.delete(pending.sequence)
    this.#tracked--
  }

  #grow(): void {
    const old = this.#ring
    const ring = new Array<Pending | null>(old.length * 2).fill(null)
    for (const pending of old) if (pending !== null) ring[pending.sequence & (ring.length - 1)] = pending
    this.#ring = ring
  }
}
