/** What an executor has toward one incarnation of another: two lanes out, two lanes in, and whom it knows over there. */
import { type AssemblyBudget, InLane } from './in-lane.ts'
import { type LaneLimits, OutLane } from './out-lane.ts'
import type { ActorRef } from './refs.ts'
import type { RingReader, RingWriter } from './ring.ts'

/** The four ends of the rings between this executor and another. */
export interface RingEnds {
  readonly outControl: RingWriter
  readonly outData: RingWriter
  readonly inControl: RingReader
  readonly inData: RingReader
}

export class Link {
  readonly executor: number
  readonly incarnation: number
  /** Unique among the links of this executor. */
  readonly token: number
  readonly outControl: OutLane
  readonly outData: OutLane
  readonly inControl: InLane
  readonly inData: InLane
  /** Actors over there that we told or heard from, by serial. */
  readonly actors: Map<number, ActorRef>
  /** Of them the one we heard from last: the next message is often from the same. */
  lastSender: ActorRef | null
  isLost: boolean
  /** Serials of actors over there whose mailboxes take no data now. */
  readonly closed: Set<number>

  constructor(
    executor: number,
    incarnation: number,
    token: number,
    rings: RingEnds,
    limits: LaneLimits,
    budget: AssemblyBudget,
  ) {
    this.executor = executor
    this.incarnation = incarnation
    this.token = token
    this.outControl = new OutLane(rings.outControl, limits)
    this.outData = new OutLane(rings.outData, limits)
    this.inControl = new InLane(rings.inControl, budget)
    this.inData = new InLane(rings.inData, budget)
    this.actors = new Map()
    this.lastSender = null
    this.isLost = false
    this.closed = new Set()
  }

  /** There are frames to take, or room was given for what waits to be sent. */
  hasWork(): boolean {
    return this.hasIncoming() || this.outData.canGoOn || this.outControl.canGoOn
  }

  hasIncoming(): boolean {
    return this.inControl.reader.hasMore() || this.inData.reader.hasMore()
  }
}
