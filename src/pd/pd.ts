/**
 * The placement driver's actor: carries messages, and decides nothing itself. The planner does (`planner.ts`), and what
 * must not be forgotten lies in the system range, so it may be started anywhere at any time.
 *
 *   start      all stores are asked to report; the generation is raised (rule 31); until then no order is given
 *   heartbeat  is the planner's; what it makes of it is asked for at the end of the pass
 *   tick       as often as there is something under way (`pace.ts`)
 *   turn       ids and notes are fetched and written, then the planner's orders, changed routes and events leave
 */
import { type ActorContext, type AnyRef, actor, type Behavior, type Timer } from '../actor/index.ts'
import {
  actorNames,
  type GatewayMessage,
  type HandOrder,
  type OperatorAnswer,
  type OperatorWanted,
  type OpsMessage,
  type Options,
  type PdAsked,
  type PdMessage,
  type PdTold,
  pdProtocol,
  type Route,
  type StoreOrder,
  type StoresMessage,
  type SupervisorMessage,
  type Topology,
  type World,
  type WorldWanted,
} from '../model/index.ts'
import { EventTeller } from './events.ts'
import { Facts } from './facts.ts'
import { Ids } from './ids.ts'
import { InitialCells } from './initial-cells.ts'
import { pdKeys } from './keys.ts'
import { Memory } from './memory.ts'
import { Notes } from './notes.ts'
import { buryEmptied, isNoted, orderStore } from './offline.ts'
import { Pace } from './pace.ts'
import { Planner } from './planner.ts'
import { answerTo } from './questions.ts'
import { justBegun, type Refusal } from './refusal.ts'
import { type PdSettings, pdDefaults } from './settings.ts'
import { Subscribers } from './subscribers.ts'
import { SystemRange } from './system-range.ts'

export interface PdArgs {
  readonly options: Options
  readonly topology: Topology
  /** Other than the defaults; for simulations. */
  readonly settings?: Partial<PdSettings>
}

/** Figures for INFO are told to gateways so often. */
const FACTS_MS = 1_000
/** After a command to the system range that failed: a full disk answers at once, and is not to be asked all the time. */
const SYSTEM_REST_MS = 500
/** What says nothing new of the world; of heartbeats the planner knows. */
const ASKED_OR_REPEATED: ReadonlySet<PdMessage['kind']> = new Set([
  ...(['tick', 'heartbeat', 'worldWanted', 'eventsWanted', 'routesWanted', 'routes', 'memberWanted'] as const),
])
/** Stores that were not there when PD began are asked again, so often, until the world is whole. */
const REPORT_AGAIN_MS = 1_000

class Pd implements Behavior<PdMessage> {
  readonly #ctx: ActorContext<PdMessage>
  readonly #topology: Topology
  readonly #planner: Planner
  readonly #ids: Ids
  readonly #system: SystemRange
  readonly #subscribers: Subscribers
  readonly #events: EventTeller
  readonly #facts = new Facts()
  readonly #notes = new Notes()
  readonly #memory: Memory
  readonly #takeId = () => this.#ids.take()
  readonly #pace: Pace
  #timer: Timer | null = null
  #factsToldMs = 0
  #reportAskedMs = 0
  /** Executors whose stores have reported to this PD. */
  readonly #heardFrom = new Set<number>()
  #systemRestUntilMs = 0

  constructor(ctx: ActorContext<PdMessage>, { options, topology, settings: others }: PdArgs) {
    const nowMs = ctx.clock.monotonicMs()
    this.#ctx = ctx
    this.#topology = topology
    const { replicas, splitPeers, initialCells, cellSize } = options
    const settings = { ...pdDefaults, replicas, splitPeers, initialCells, cellSizeBytes: cellSize, ...others }
    const beginning = new InitialCells(this.#notes)
    this.#planner = new Planner({
      settings,
      places: topology.stores,
      random: ctx.random,
      nowMs,
      initialCells: (survey) => beginning.wishes(survey),
    })
    this.#memory = new Memory(this.#notes, this.#planner, settings, (why) =>
      ctx.log('warn', 'a stored setting does not hold in this version', { why }),
    )
    this.#subscribers = new Subscribers(ctx)
    this.#events = new EventTeller(ctx)
    this.#ids = new Ids(settings.idBlock)
    this.#system = new SystemRange(ctx, topology, options.requestTimeout)
    ctx.watchExecutors()
    this.#pace = new Pace(nowMs)
    this.#keepPace(nowMs)
    this.#askForReports(nowMs)
  }

  receive(message: PdMessage): void {
    const nowMs = this.#ctx.clock.monotonicMs()
    if (!ASKED_OR_REPEATED.has(message.kind)) this.#pace.disturb(nowMs)
    switch (message.kind) {
      case 'heartbeat':
        if (this.#planner.heartbeat(message, nowMs)) this.#pace.disturb(nowMs)
        if (message.whole === true) this.#heardFrom.add(message.executor)
        if (message.raftLog !== undefined) this.#facts.countLog(message.executor, message.raftLog)
        break
      case 'answers':
        this.#system.answers(message, nowMs)
        break
      case 'routesWanted':
        this.#subscribers.add(message.origin)
        break
      case 'worldWanted':
        this.#tellWorld(message, nowMs)
        break
      case 'transferWanted':
        this.#byHand({ operator: 'transfer-leader', cell: message.cell, store: message.toStore, key: null }, nowMs)
        break
      case 'operatorWanted':
        this.#operatorWanted(message, nowMs)
        break
      case 'pdAsked':
        this.#asked(message, nowMs)
        break
      case 'storeOrder':
        this.#orderStore(message, nowMs)
        break
      case 'eventsWanted':
        this.#events.listen(message.origin, nowMs)
        break
      case 'splitWanted':
        this.#planner.splitWanted(message.cell, message.reason, nowMs)
        break
      case 'memberWanted':
        this.#tellStore(message.store, this.#planner.view.removalOf(message))
        break
      case 'routes':
        // A gateway that learned of a leader before PD did: the leader itself will report.
        break
      case 'tick':
        // It may have been in the mailbox when another one was set in its place: of two, each would be followed by others.
        this.#timer?.cancel()
        this.#timer = null
        this.#tick(nowMs)
        break
    }
    this.#ctx.requestTurn()
  }

  turn(): void {
    const nowMs = this.#ctx.clock.monotonicMs()
    const changed = this.#planner.view.takeChanged()
    const routes = this.#routesOf(changed)
    this.#system.begin(nowMs)
    if (this.#system.takeRoutesWanted()) this.#system.learn(this.#routesOf(this.#cellIds()))
    else if (routes.length > 0) this.#system.learn(routes)
    this.#askSystemRange(nowMs)
    this.#system.flush()
    this.#memory.take()
    if (this.#ids.deposed || this.#notes.deposed) {
      this.#ctx.log('warn', 'another placement driver has taken over: this one ends', {
        generation: this.#ids.generation,
      })
      this.#ctx.stop()
      return
    }
    if (this.#isReady) this.#giveOrders(nowMs)
    const happened = this.#planner.takeHappened()
    for (const event of happened) {
      if (event.event !== 'operatorStarted') continue
      const { id, kind, by, cell, reason } = event.operator
      this.#ctx.log('info', 'operator', { id, kind, by, cell, reason })
    }
    this.#events.tell(happened, routes, nowMs)
    this.#subscribers.tellRoutes(routes, () => this.#routesOf(this.#cellIds()))
    this.#keepPace(nowMs)
  }

  #keepPace(nowMs: number): void {
    const { isBusy, settings } = this.#planner
    const rested = this.#pace.rests
    const isWaiting = !this.#system.isReady || this.#notes.isWanted || this.#subscribers.isHeldUp
    if (isBusy || isWaiting || !this.#isReady) this.#pace.disturb(nowMs)
    if (this.#timer !== null && rested === this.#pace.rests) return
    this.#timer?.cancel()
    this.#timer = this.#ctx.after(this.#pace.next(nowMs, settings.balancePauseMaxMs), { kind: 'tick' })
  }

  executorLost(executor: number): void {
    this.#pace.disturb(this.#ctx.clock.monotonicMs())
    this.#heardFrom.delete(executor)
    this.#planner.executorLost(executor)
    this.#system.executorLost(executor, this.#ctx.clock.monotonicMs())
    this.#ctx.requestTurn()
  }

  executorUp(executor: number): void {
    this.#pace.disturb(this.#ctx.clock.monotonicMs())
    this.#ctx.requestTurn()
    this.#system.executorUp(executor)
  }

  undelivered(_to: AnyRef, message: unknown): void {
    this.#system.undelivered(message, this.#ctx.clock.monotonicMs())
  }

  #tick(nowMs: number): void {
    this.#system.tick(nowMs)
    this.#planner.tick(nowMs, this.#pace.share)
    const { view } = this.#planner
    if (!view.complete && nowMs - this.#reportAskedMs >= REPORT_AGAIN_MS) this.#askForReports(nowMs)
    if (this.#ids.generation > 0) buryEmptied(view, this.#notes)
    if (nowMs - this.#factsToldMs >= FACTS_MS) {
      this.#factsToldMs = nowMs
      this.#subscribers.tellFacts(this.#facts.of(view))
    }
  }

  /** The generation is its own, and it knows what persons have ordered: what is paused, which stores are being emptied. */
  get #isReady(): boolean {
    return this.#ids.generation > 0 && this.#notes.get(pdKeys.stores) !== null
  }

  /** No message is sent to wait for: those that are not there yet report when they are. */
  #askForReports(nowMs: number): void {
    this.#reportAskedMs = nowMs
    const message = { kind: 'reportAll', generation: this.#ids.generation } as const
    for (let executor = 0; executor < this.#topology.executors; executor++) {
      // Who has told of all it led tells of what it comes to lead by itself. Other news proves nothing: what sleeps is not
      // in it, and if the system range sleeps, and nobody asks for it again, PD waits for its own memory for ever.
      if (this.#heardFrom.has(executor)) continue
      this.#ctx.tell(this.#ctx.named<StoresMessage>(actorNames.stores(executor)), message)
    }
    this.#ctx.tell(this.#ctx.named<SupervisorMessage>(actorNames.supervisor), message)
  }

  /** One command at a time: the generation and ids come first. */
  #askSystemRange(nowMs: number): void {
    // Asked first, because a command that cannot be sent stays at the head of the queue.
    if (!this.#system.isReady || nowMs < this.#systemRestUntilMs) return
    let asker: Ids | Notes = this.#ids
    let command = this.#ids.next()
    if (command === null) {
      asker = this.#notes
      command = this.#notes.next(this.#ids.generation)
    }
    if (command === null) return
    this.#system.send(command, (reply) => {
      asker.answered(reply)
      if (reply.kind === 'error' || reply.kind === 'unknown') this.#systemRestUntilMs = nowMs + SYSTEM_REST_MS
      this.#ctx.requestTurn()
    })
  }

  #giveOrders(nowMs: number): void {
    for (const order of this.#planner.plan(this.#ids.generation, this.#takeId, nowMs)) {
      // An order that finds no room is given again in two seconds, like any other that had no effect.
      this.#tellStore(order.store, order)
    }
  }

  #tellStore(store: number, message: StoresMessage | null): void {
    const executor = this.#planner.view.store(store)?.report.executor
    if (executor !== undefined && message !== null)
      this.#ctx.tell(this.#ctx.named<StoresMessage>(actorNames.stores(executor)), message)
  }

  #cellIds(): number[] {
    return [...this.#planner.view.ids()]
  }

  #routesOf(cells: readonly number[]): Route[] {
    const routes: Route[] = []
    for (const id of cells) {
      const report = this.#planner.view.cell(id)
      if (report === undefined) continue
      routes.push({ cell: report.cell, leaderStore: this.#planner.view.leaderStore(report), term: report.term })
    }
    return routes
  }

  #tellWorld({ origin, request }: WorldWanted, nowMs: number): void {
    const { view, operators, loads } = this.#planner
    const cells = []
    for (const report of view.cells()) {
      cells.push({ ...report, leaderStore: view.leaderStore(report), usual: loads.of(report.cell.id) })
    }
    const world: World = {
      kind: 'world',
      request,
      cells,
      stores: view.storeInfos(nowMs),
      operators: operators.infosUnderWay(nowMs),
    }
    this.#ctx.tell(this.#ctx.named<GatewayMessage>(origin), world)
  }

  #operatorWanted(wanted: OperatorWanted, nowMs: number): void {
    const done = this.#byHand(wanted, nowMs)
    if (typeof done === 'number') this.#answer(wanted, done)
    else this.#answer(wanted, 0, done.refusal, done.message)
  }

  /** The operator's id, or why there is none. */
  #byHand(order: HandOrder, nowMs: number): number | Refusal {
    if (!this.#isReady) return justBegun
    const done = this.#planner.byHand(order, this.#takeId, nowMs)
    return done ?? { refusal: 'notReady', message: 'the placement driver has no ids to give yet' }
  }

  #orderStore(order: StoreOrder, nowMs: number): void {
    const refused = orderStore(order.store, order.offline, this.#planner.view, this.#notes, nowMs)
    if (refused !== null) this.#answer(order, 0, refused.refusal, refused.message)
    else
      this.#memory.whenWritten(pdKeys.stores, () => {
        if (isNoted(order.store, order.offline, this.#notes)) this.#answer(order, order.store)
        else this.#answer(order, 0, 'notPossible', 'a later order said the opposite')
      })
  }

  #asked({ origin, request, question }: PdAsked, nowMs: number): void {
    const tell = (told: Omit<PdTold, 'kind' | 'request'>) => {
      this.#ctx.tell(this.#ctx.named<OpsMessage>(origin), { kind: 'pdTold', request, ...told })
    }
    const answer = answerTo(question, this.#planner, this.#notes, nowMs)
    const { written } = answer
    if (written === undefined) tell(answer.told)
    else this.#memory.whenWritten(written, () => tell(answer.told))
  }

  #answer(
    { origin, request }: { readonly origin: string; readonly request: number },
    operator: number,
    refusal: OperatorAnswer['refusal'] = 'none',
    message = '',
  ): void {
    const answer: OperatorAnswer = { kind: 'operatorAnswer', request, operator, refusal, message }
    this.#ctx.tell(this.#ctx.named<OpsMessage>(origin), answer)
  }
}

export const pd = actor<PdMessage, PdArgs>({
  module: import.meta.url,
  name: 'pd',
  protocol: pdProtocol,
  start: (ctx, args) => new Pd(ctx, args),
})
