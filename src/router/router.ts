import { EMPTY } from '../base/index.ts'
import {
  type AnswerBatch,
  AnswerReader,
  type CommandBatch,
  CommandReader,
  Fate,
  Refusal,
  type Routes,
  type Topology,
} from '../model/index.ts'
import { Arguments, type CommandRow, parseCommand } from '../redis/index.ts'
import { Fates } from './fates.ts'
import { LaneKeeper, type LaneOwner } from './lane-keeper.ts'
import { Outbox } from './outbox.ts'
import type { Pending } from './pending.ts'
import { Placement } from './placement.ts'
import { RangeMap } from './range-map.ts'
import { replies } from './replies.ts'
import { type Lane, type RouterClient, RouterSession } from './session.ts'

/** How long after its deadline a write that nobody has answered may still be answered; then its fate is unknown. */
export const GRACE_MS = 10_000
/** Between two questions to PD. */
const ROUTES_WANTED_INTERVAL_MS = 100
/** Deadlines are looked at no more often than this. */
const SCAN_INTERVAL_MS_MIN = 5

export interface RouterSettings {
  readonly requestTimeoutMs: number
  readonly connectionOrder: 'keys' | 'strict'
  /** Larger ones are refused before a command is cut. Without it the cells refuse them, each in its own part. */
  readonly valueBytesMax?: number
}

export interface RouterOptions {
  /** The name of the actor that is to get the answers, and which life of it this is. */
  readonly origin: string
  readonly generation: number
  readonly topology: Topology
  readonly settings: RouterSettings
  /** All commands are internal ones, and go to the system cell. */
  readonly system?: boolean
}

export interface RouterSink {
  /** To the stores of an executor. True: taken; what is known later never to have been handled comes to `undelivered`. */
  send(executor: number, batch: CommandBatch): boolean
  /** Ask PD for all routes. */
  routesWanted(): void
}

export class Router implements LaneOwner {
  readonly map: RangeMap
  #nowMs: number
  #settings: RouterSettings
  readonly #generation: number
  readonly #sink: RouterSink
  readonly #outbox: Outbox
  readonly #keeper: LaneKeeper
  readonly #placement: Placement
  readonly #fates: Fates
  readonly #sessions: Map<number, RouterSession>
  #lastSession: RouterSession | null
  #lastSessionId: number
  /** Sessions with held commands. */
  readonly #holding: Set<RouterSession>
  #routesAreWanted: boolean
  #askAtMs: number
  /** No deadline is over before. */
  #scanAtMs: number
  readonly #args: Arguments
  readonly #answers: AnswerReader
  readonly #commands: CommandReader

  constructor(options: RouterOptions, sink: RouterSink) {
    this.map = new RangeMap()
    this.#nowMs = 0
    this.#settings = options.settings
    this.#generation = options.generation
    this.#sink = sink
    this.#outbox = new Outbox(options.origin, options.generation, options.topology)
    this.#keeper = new LaneKeeper(this.map, this.#outbox, this)
    this.#fates = new Fates()
    this.#placement = new Placement(this.map, this.#keeper, this.#fates, this, options.system ?? false)
    this.configure(options.settings)
    this.#sessions = new Map()
    this.#lastSession = null
    this.#lastSessionId = 0
    this.#holding = new Set()
    this.#routesAreWanted = false
    this.#askAtMs = 0
    this.#scanAtMs = Number.POSITIVE_INFINITY
    this.#args = new Arguments()
    this.#answers = new AnswerReader()
    this.#commands = new CommandReader()
  }

  /** Commands and parts of commands that have no reply yet. */
  get inFlight(): number {
    return this.#fates.inFlight
  }

  /** What is kept for them. */
  get heldBytes(): number {
    return this.#fates.heldBytes
  }

  /** When `tick` is wanted; infinity: not before something else happens. */
  get nextTickMs(): number {
    const asking = this.#routesAreWanted ? this.#askAtMs : Number.POSITIVE_INFINITY
    return Math.min(this.#scanAtMs, this.#keeper.nextRetryAtMs, asking)
  }

  /** The time of a monotonic clock; before anything else in a pass. */
  begin(nowMs: number): void {
    this.#nowMs = nowMs
    this.#keeper.nowMs = nowMs
  }

  configure(settings: RouterSettings): void {
    this.#settings = settings
    this.#placement.isStrict = settings.connectionOrder === 'strict'
    this.#placement.valueBytesMax = settings.valueBytesMax ?? Number.POSITIVE_INFINITY
  }

  open(client: RouterClient): RouterSession {
    do {
      this.#lastSessionId = this.#lastSessionId === 0xffff_ffff ? 1 : this.#lastSessionId + 1
    } while (this.#sessions.has(this.#lastSessionId))
    const session = new RouterSession(this.#lastSessionId, client)
    this.#sessions.set(session.id, session)
    return session
  }

  /**
   * Nobody waits any longer: answers that still come are dropped, what is not on its way is not sent, and leaders that
   * have something of it parked are told to leave it.
   */
  close(session: RouterSession): void {
    session.closed = true
    this.#sessions.delete(session.id)
    this.#holding.delete(session)
    if (this.#lastSession === session) this.#lastSession = null
    for (const lane of session.lanes()) {
      if (lane.outstanding > 0) this.#keeper.bidFarewell(lane)
      for (let pending = lane.head; pending !== null; pending = lane.head) {
        lane.remove(pending)
        this.#fates.discard(pending)
      }
    }
    for (const pending of session.held) this.#fates.discard(pending)
    session.held = []
    const anew = session.barrier?.anew ?? null
    if (anew !== null) this.#fates.discard(anew)
  }

  /**
   * One command of a session, checked for its arity. `slot` comes back with its reply. The bytes of `args` are sent,
   * or copied, before this returns.
   */
  request(session: RouterSession, slot: number, row: CommandRow, args: Arguments, protocol: number): void {
    const deadlineMs = this.#nowMs + this.#settings.requestTimeoutMs
    if (deadlineMs < this.#scanAtMs) this.#scanAtMs = deadlineMs
    const pending = this.#fates.begin(session, slot, row, args, protocol, deadlineMs)
    if (session.held.length === 0 && this.#placement.place(session, pending, args)) return
    pending.own()
    session.held.push(pending)
    this.#holding.add(session)
  }

  /** At the end of a pass: what was gathered leaves. */
  flush(): void {
    this.#ask()
    this.#outbox.flush(this.#send, this.#returned)
  }

  takeAnswers(batch: AnswerBatch): void {
    if (batch.generation !== this.#generation) return
    const answers = this.#answers
    const ranges = this.map.rangeVersion
    answers.reset(batch.records)
    while (answers.next()) {
      const session = this.#session(answers.session)
      const pending = session === undefined ? null : session.tracked(answers.sequence)
      if (session === undefined || pending === null) continue
      const lane = pending.lane as Lane
      if (answers.fate === Fate.done) {
        if (lane.attempts > 0) this.#keeper.succeeded(lane)
        this.#fates.done(session, lane, pending, answers.buffer, answers.start, answers.end)
      } else if (answers.fate === Fate.notExecuted) this.#refused(session, lane, pending)
      else this.#lost(session, lane, pending)
      this.#proceed(session, lane)
    }
    answers.reset(EMPTY)
    if (this.map.rangeVersion !== ranges) this.#placeHeld()
  }

  takeRoutes(routes: Routes): void {
    this.#routesAreWanted = false
    for (const route of routes.routes) this.map.learn(route.cell, route.leaderStore, route.term)
    this.#keeper.wakeAll()
    this.#placeHeld()
  }

  /** A batch that is known never to have been handled: none of its commands was executed. */
  undelivered(batch: CommandBatch): void {
    if (batch.generation === this.#generation) this.#returned(-1, batch)
  }

  /** A thread is gone, and everything it had answered has come, and everything it never took was given back. */
  executorLost(executor: number): void {
    this.#outbox.setUp(executor, false)
    this.#keeper.turnFrom(executor)
    // What was given back may have been gathered for that executor once more, before anyone knew: it has not left.
    for (const unsent of this.#outbox.recall(executor)) this.#returned(executor, unsent)
    for (const session of this.#sessions.values()) {
      if (session.active === 0) continue
      for (const lane of session.lanes()) {
        if (lane.executor !== executor || lane.outstanding === 0) continue
        for (let pending = lane.head; pending !== null; ) {
          const next: Pending | null = pending.next
          if (pending.sequence !== 0) this.#lost(session, lane, pending)
          pending = next
        }
        lane.prompt = true
        this.#proceed(session, lane)
      }
    }
  }

  executorUp(executor: number): void {
    this.#outbox.setUp(executor, true)
  }

  /** Time has passed: what rests is sent again, what is too late is answered. */
  tick(): void {
    this.#keeper.tick()
    this.#ask()
    if (this.#nowMs >= this.#scanAtMs) this.#scan()
  }

  wantRoutes(): void {
    if (this.#routesAreWanted) return
    this.#routesAreWanted = true
    if (this.#askAtMs < this.#nowMs) this.#askAtMs = this.#nowMs
  }

  astray(lane: Lane): void {
    const session = lane.session
    const moved: Pending[] = []
    for (let pending = lane.head; pending !== null; pending = lane.head) {
      lane.remove(pending)
      session.active--
      moved.push(pending)
    }
    // Parts of one command share their order; sorting leaves them as they are among each other.
    session.held = moved.concat(session.held).sort((a, b) => a.order - b.order)
    this.#holding.add(session)
    this.#placeHeldOf(session)
  }

  overtaken(lane: Lane, pending: Pending): void {
    this.#fates.giveUp(lane.session, lane, pending, replies.overtaken)
  }

  emptied(lane: Lane): void {
    this.#placeHeldOf(lane.session)
  }

  readonly #send = (executor: number, batch: CommandBatch): boolean => this.#sink.send(executor, batch)

  readonly #returned = (_executor: number, batch: CommandBatch): void => {
    const commands = this.#commands
    commands.reset(batch.records)
    while (commands.next()) {
      // A farewell finds no session.
      const session = this.#sessions.get(commands.session)
      const pending = session?.tracked(commands.sequence) ?? null
      if (session === undefined || pending === null) continue
      const lane = pending.lane as Lane
      this.#takeBack(session, lane, pending)
      this.#proceed(session, lane)
    }
    commands.reset(EMPTY)
  }

  #session(id: number): RouterSession | undefined {
    const last = this.#lastSession
    if (last !== null && last.id === id) return last
    const session = this.#sessions.get(id)
    if (session !== undefined) this.#lastSession = session
    return session
  }

  /** Something left the lane, or came back to it: what waited for that may go on. */
  #proceed(session: RouterSession, lane: Lane): void {
    if (lane.count === 0) {
      if (session.held.length > 0) this.#placeHeldOf(session)
    } else if (lane.outstanding === 0 && !lane.resting) this.#keeper.settle(lane)
  }

  #refused(session: RouterSession, lane: Lane, pending: Pending): void {
    const answers = this.#answers
    const refusal = answers.refusal
    if (refusal === Refusal.expired) {
      this.#fates.giveUp(session, lane, pending, tooLate(pending, lane))
      return
    }
    pending.refusal = refusal
    if (refusal === Refusal.storeStopped) lane.stopped = true
    this.#keeper.heed(lane, refusal, answers.buffer, answers.start, answers.end)
    this.#takeBack(session, lane, pending)
  }

  /** It was not executed, and waits to be sent again, if there is time for that. */
  #takeBack(session: RouterSession, lane: Lane, pending: Pending): void {
    if (pending.deadlineMs <= this.#nowMs) this.#fates.giveUp(session, lane, pending, tooLate(pending, lane))
    else this.#keeper.takeBack(lane, pending)
  }

  /** No one knows whether it was executed: a read may be sent again, a write never. */
  #lost(session: RouterSession, lane: Lane, pending: Pending): void {
    if ((pending.row as CommandRow).writes) this.#fates.unknown(session, lane, pending)
    else this.#takeBack(session, lane, pending)
  }

  #placeHeld(): void {
    for (const session of [...this.#holding]) this.#placeHeldOf(session)
  }

  #placeHeldOf(session: RouterSession): void {
    let placed = 0
    for (const pending of session.held) {
      parseCommand(pending.buffer, pending.start, this.#args)
      if (!this.#placement.place(session, pending, this.#args)) break
      placed++
    }
    if (placed > 0) session.held.splice(0, placed)
    if (session.held.length === 0) this.#holding.delete(session)
    else this.#holding.add(session)
  }

  #ask(): void {
    if (!this.#routesAreWanted || this.#nowMs < this.#askAtMs) return
    this.#askAtMs = this.#nowMs + ROUTES_WANTED_INTERVAL_MS
    this.#sink.routesWanted()
  }

  /** Answers what is too late, and finds out when the next will be. */
  #scan(): void {
    let next = Number.POSITIVE_INFINITY
    for (const session of this.#sessions.values()) {
      if (session.active > 0) {
        for (const lane of session.lanes()) if (lane.count > 0) next = Math.min(next, this.#scanLane(session, lane))
      }
      if (session.held.length > 0) next = Math.min(next, this.#scanHeld(session))
    }
    this.#scanAtMs = Math.max(next, this.#nowMs + SCAN_INTERVAL_MS_MIN)
  }

  /** Returns when the next command of the lane is too late. */
  #scanLane(session: RouterSession, lane: Lane): number {
    let next = Number.POSITIVE_INFINITY
    for (let pending = lane.head; pending !== null; ) {
      if (pending.deadlineMs > this.#nowMs) {
        next = Math.min(next, pending.deadlineMs)
        break
      }
      const following: Pending | null = pending.next
      if (pending.sequence === 0 || !(pending.row as CommandRow).writes) {
        this.#fates.giveUp(session, lane, pending, tooLate(pending, lane))
      } else if (pending.deadlineMs + GRACE_MS <= this.#nowMs) this.#fates.unknown(session, lane, pending)
      else next = Math.min(next, pending.deadlineMs + GRACE_MS)
      pending = following
    }
    this.#proceed(session, lane)
    return next
  }

  #scanHeld(session: RouterSession): number {
    const late = session.held.filter((pending) => pending.deadlineMs <= this.#nowMs)
    if (late.length > 0) {
      session.held = session.held.filter((pending) => pending.deadlineMs > this.#nowMs)
      for (const pending of late) this.#fates.giveUp(session, null, pending, tooLate(pending, null))
      this.#placeHeldOf(session)
    }
    return session.held.length === 0 ? Number.POSITIVE_INFINITY : (session.held[0] as Pending).deadlineMs
  }
}

/** A full disk stays the reason while others are asked in vain, and of what waits behind, too. */
function tooLate(pending: Pending, lane: Lane | null): Uint8Array {
  const isStopped = pending.refusal === Refusal.storeStopped || lane?.stopped === true
  return isStopped ? replies.stopped : replies.unavailable
}
