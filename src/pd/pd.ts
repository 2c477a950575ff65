/**
 * The placement driver's actor: heartbeats in, orders out. It decides nothing itself; the policies beside this file do,
 * and what it must not forget lies in the system range, so it may be started anywhere at any time.
 *
 *   start      all stores are asked to report; the generation is raised (rule 31); until then no order is given
 *   heartbeat  the world is brought up to date; cells that were reported are checked at the end of the pass
 *   tick       a few more cells are checked, so that each is looked at again and again; balance runs when its pause is over
 *   turn       ids and notes are fetched and written, wishes become operators, orders and changed routes leave
 */
import { type ActorContext, type AnyRef, actor, type Behavior } from '../actor/index.ts'
import {
  actorNames,
  type GatewayMessage,
  type HandOrder,
  type OperatorAnswer,
  type OperatorWanted,
  type OpsMessage,
  type Options,
  type PdMessage,
  pdProtocol,
  type Route,
  type StoreOrder,
  type StoresMessage,
  type SupervisorMessage,
  type Topology,
  type World,
  type WorldWanted,
} from '../model/index.ts'
import { balanceCells } from './cell-balance.ts'
import { EventTeller } from './events.ts'
import { Facts } from './facts.ts'
import { judge } from './hand.ts'
import { Ids } from './ids.ts'
import { InitialCells } from './initial-cells.ts'
import { pdKeys } from './keys.ts'
import { balanceLeaders } from './leader-balance.ts'
import { Notes } from './notes.ts'
import { buryEmptied, isNoted, orderStore, parseStores } from './offline.ts'
import type { Operator, Wish } from './operator.ts'
import { Operators } from './operators.ts'
import { checkReplicas } from './replica.ts'
import type { Scheduler, Survey } from './scheduler.ts'
import { type PdSettings, pdDefaults } from './settings.ts'
import { WantedSplits } from './split.ts'
import { Subscribers } from './subscribers.ts'
import { SystemRange } from './system-range.ts'
import { View } from './view.ts'

export interface PdArgs {
  readonly options: Options
  readonly topology: Topology
  /** Other than the defaults; for simulations. */
  readonly settings?: Partial<PdSettings>
}

const TICK_MS = 100
/** Figures for INFO are told to gateways so often. */
const FACTS_MS = 1_000
/** After a command to the system range that failed: a full disk answers at once, and is not to be asked all the time. */
const SYSTEM_REST_MS = 500
/** Stores that were not there when PD began are asked again, so often, until the world is whole. */
const REPORT_AGAIN_MS = 1_000
/** Cells looked at per tick beside those that were just reported: bounded, however many there are. */
const CHECKS_PER_TICK = 200

interface Paced {
  readonly scheduler: Scheduler
  pauseMs: number
  dueMs: number
}

class Pd implements Behavior<PdMessage> {
  readonly #ctx: ActorContext<PdMessage>
  readonly #topology: Topology
  readonly #settings: PdSettings
  readonly #view: View
  readonly #operators: Operators
  readonly #ids: Ids
  readonly #system: SystemRange
  readonly #balance: readonly Paced[]
  readonly #subscribers: Subscribers
  readonly #events: EventTeller
  /** Reported since they were last checked. */
  readonly #due = new Set<number>()
  readonly #facts = new Facts()
  readonly #notes = new Notes()
  readonly #initialCells = new InitialCells(this.#notes)
  readonly #wantedSplits = new WantedSplits()
  /** Orders for stores that are to be remembered before they are answered. */
  #storeOrders: StoreOrder[] = []
  #storesNote = ''
  #factsToldMs = 0
  #sweep: Iterator<number> | null = null
  #reportAskedMs = 0
  #systemRestUntilMs = 0
  #balanceDue = false
  /** At each tick, and at once when something was reported: a split is mostly followed by another. */
  #splitsDue = false

  constructor(ctx: ActorContext<PdMessage>, { options, topology, settings }: PdArgs) {
    const nowMs = ctx.clock.monotonicMs()
    this.#ctx = ctx
    this.#topology = topology
    const { replicas, splitPeers, initialCells } = options
    this.#settings = { ...pdDefaults, replicas, splitPeers, initialCells, ...settings }
    this.#view = new View(this.#settings, topology.stores, nowMs)
    this.#subscribers = new Subscribers(ctx)
    this.#events = new EventTeller(ctx)
    this.#operators = new Operators(this.#settings)
    this.#ids = new Ids(this.#settings.idBlock)
    this.#system = new SystemRange(ctx, topology, options.requestTimeout)
    const pauseMs = this.#settings.balancePauseMinMs
    this.#balance = [balanceLeaders, balanceCells].map((scheduler) => ({ scheduler, pauseMs, dueMs: nowMs }))
    ctx.watchExecutors()
    ctx.every(TICK_MS, { kind: 'tick' })
    this.#askForReports(nowMs)
  }

  receive(message: PdMessage): void {
    const nowMs = this.#ctx.clock.monotonicMs()
    switch (message.kind) {
      case 'heartbeat':
        this.#view.heartbeat(message, nowMs)
        for (const report of message.cells) this.#due.add(report.cell.id)
        this.#splitsDue = true
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
      case 'storeOrder':
        this.#orderStore(message, nowMs)
        break
      case 'eventsWanted':
        this.#events.listen(message.origin, nowMs)
        break
      case 'splitWanted':
        this.#wantedSplits.ask(message.cell, message.reason, nowMs)
        break
      case 'memberWanted':
        this.#tellStore(message.store, this.#view.removalOf(message))
        break
      case 'routes':
        // A gateway that learned of a leader before PD did: the leader itself will report.
        break
      case 'tick':
        this.#tick(nowMs)
        break
    }
    this.#ctx.requestTurn()
  }

  turn(): void {
    const nowMs = this.#ctx.clock.monotonicMs()
    const changed = this.#view.takeChanged()
    const routes = this.#routesOf(changed)
    this.#system.begin(nowMs)
    if (this.#system.takeRoutesWanted()) this.#system.learn(this.#routesOf(this.#cellIds()))
    else if (routes.length > 0) this.#system.learn(routes)
    this.#askSystemRange(nowMs)
    this.#system.flush()
    this.#takeNotes()
    if (this.#ids.deposed || this.#notes.deposed) {
      this.#ctx.log('warn', 'another placement driver has taken over: this one ends', {
        generation: this.#ids.generation,
      })
      this.#ctx.stop()
      return
    }
    if (this.#ids.generation > 0) {
      this.#check(nowMs)
      // After the checks: a cell that lacks a copy is mended before it is split, and split before it is moved.
      if (this.#splitsDue) this.#split(nowMs)
      this.#splitsDue = false
      if (this.#balanceDue && this.#view.mayBalance(nowMs)) this.#runBalance(nowMs)
      this.#balanceDue = false
      this.#giveOrders(nowMs)
    }
    this.#events.tell(this.#operators.takeHappened(), routes, nowMs)
    this.#subscribers.tellRoutes(routes, () => this.#routesOf(this.#cellIds()))
  }

  executorLost(executor: number): void {
    this.#view.executorLost(executor)
    this.#system.executorLost(executor, this.#ctx.clock.monotonicMs())
    this.#ctx.requestTurn()
  }

  executorUp(executor: number): void {
    this.#system.executorUp(executor)
  }

  undelivered(_to: AnyRef, message: unknown): void {
    this.#system.undelivered(message, this.#ctx.clock.monotonicMs())
  }

  #tick(nowMs: number): void {
    this.#system.tick(nowMs)
    if (!this.#view.complete && nowMs - this.#reportAskedMs >= REPORT_AGAIN_MS) this.#askForReports(nowMs)
    for (let i = 0; i < CHECKS_PER_TICK; i++) {
      this.#sweep ??= this.#view.ids()
      const next = this.#sweep.next()
      if (next.done) {
        this.#sweep = null
        break
      }
      this.#due.add(next.value)
    }
    this.#balanceDue = true
    this.#splitsDue = true
    if (this.#ids.generation > 0) buryEmptied(this.#view, this.#notes)
    if (nowMs - this.#factsToldMs >= FACTS_MS) {
      this.#factsToldMs = nowMs
      this.#subscribers.tellFacts(this.#facts.of(this.#view))
    }
  }

  /** No message is sent to wait for: those that are not there yet report when they are. */
  #askForReports(nowMs: number): void {
    this.#reportAskedMs = nowMs
    const message = { kind: 'reportAll', generation: this.#ids.generation } as const
    for (let executor = 0; executor < this.#topology.executors; executor++) {
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

  /** What is remembered of stores takes effect when it is written, and is answered then. */
  #takeNotes(): void {
    const note = this.#notes.get(pdKeys.stores) ?? ''
    if (note !== this.#storesNote) {
      this.#storesNote = note
      this.#view.setOrdered(parseStores(note))
    }
    if (this.#storeOrders.length === 0 || this.#notes.planned(pdKeys.stores) !== note) return
    for (const order of this.#storeOrders) {
      if (isNoted(order.store, order.offline, this.#notes)) this.#answer(order, order.store)
      else this.#answer(order, 0, 'notPossible', 'a later order said the opposite')
    }
    this.#storeOrders = []
  }

  #survey(nowMs: number): Survey {
    const influence = this.#operators.influence(this.#view)
    return { view: this.#view, operators: this.#operators, influence, nowMs, random: this.#ctx.random }
  }

  #check(nowMs: number): void {
    if (this.#due.size === 0) return
    let survey = this.#survey(nowMs)
    for (const id of this.#due) {
      const report = this.#view.cell(id)
      if (report === undefined) continue
      const { wish } = checkReplicas(report, survey)
      // What one operator will change is part of what the next is decided on.
      if (wish !== null && this.#takeUp(wish, nowMs) !== null) survey = this.#survey(nowMs)
    }
    this.#due.clear()
  }

  #split(nowMs: number): void {
    const survey = this.#survey(nowMs)
    for (const wish of this.#wantedSplits.wishes(survey)) this.#takeUp(wish, nowMs)
    for (const wish of this.#initialCells.wishes(survey)) this.#takeUp(wish, nowMs)
  }

  #runBalance(nowMs: number): void {
    for (const paced of this.#balance) {
      if (nowMs < paced.dueMs) continue
      const taken = paced.scheduler(this.#survey(nowMs)).filter((wish) => this.#takeUp(wish, nowMs) !== null)
      const { balancePauseMinMs, balancePauseMaxMs, balancePauseFactor } = this.#settings
      paced.pauseMs =
        taken.length > 0 ? balancePauseMinMs : Math.min(balancePauseMaxMs, paced.pauseMs * balancePauseFactor)
      paced.dueMs = nowMs + paced.pauseMs
    }
  }

  #takeUp(wish: Wish, nowMs: number): Operator | null {
    const report = this.#view.cell(wish.cell)
    if (report === undefined) return null
    const operator = this.#operators.add(wish, report, () => this.#ids.take(), nowMs)
    if (operator === null) return null
    const { kind, cell, reason } = operator
    this.#ctx.log('info', 'operator', { id: operator.id, kind, cell, reason })
    return operator
  }

  #giveOrders(nowMs: number): void {
    for (const order of this.#operators.run(this.#view, this.#ids.generation, nowMs)) {
      // An order that finds no room is given again in two seconds, like any other that had no effect.
      this.#tellStore(order.store, order)
    }
  }

  #tellStore(store: number, message: StoresMessage | null): void {
    const executor = this.#view.store(store)?.report.executor
    if (executor !== undefined && message !== null)
      this.#ctx.tell(this.#ctx.named<StoresMessage>(actorNames.stores(executor)), message)
  }

  #cellIds(): number[] {
    return [...this.#view.ids()]
  }

  #routesOf(cells: readonly number[]): Route[] {
    const routes: Route[] = []
    for (const id of cells) {
      const report = this.#view.cell(id)
      if (report === undefined) continue
      routes.push({ cell: report.cell, leaderStore: this.#view.leaderStore(report), term: report.term })
    }
    return routes
  }

  #tellWorld({ origin, request }: WorldWanted, nowMs: number): void {
    const cells = []
    for (const report of this.#view.cells()) cells.push({ ...report, leaderStore: this.#view.leaderStore(report) })
    const world: World = {
      kind: 'world',
      request,
      cells,
      stores: this.#view.storeInfos(nowMs),
      operators: this.#operators.infos(nowMs),
    }
    this.#ctx.tell(this.#ctx.named<GatewayMessage>(origin), world)
  }

  #operatorWanted(wanted: OperatorWanted, nowMs: number): void {
    const done = this.#byHand(wanted, nowMs)
    if (typeof done === 'number') this.#answer(wanted, done)
    else this.#answer(wanted, 0, done.refusal, done.message)
  }

  /** The operator's id, or why there is none. */
  #byHand(order: HandOrder, nowMs: number): number | Pick<OperatorAnswer, 'refusal' | 'message'> {
    if (this.#ids.generation === 0) return { refusal: 'notReady', message: 'the placement driver has just begun' }
    const judged = judge(order, this.#survey(nowMs))
    if (judged.wish === null) return judged
    const operator = this.#takeUp(judged.wish, nowMs)
    return operator?.id ?? { refusal: 'notReady', message: 'the placement driver has no ids to give yet' }
  }

  #orderStore(order: StoreOrder, nowMs: number): void {
    const refused = orderStore(order.store, order.offline, this.#view, this.#notes, nowMs)
    if (refused !== null) this.#answer(order, 0, refused.refusal, refused.message)
    else this.#storeOrders.push(order)
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
