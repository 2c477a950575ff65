/**
 * PD's mind: what has been reported and ordered goes in, orders come out. Pure: the same words at the same times, with the
 * same seed, give the same orders, which is how a decision is found again long after it was taken.
 *
 *   heartbeat  the world is brought up to date; cells of which something has changed are due
 *   tick       a few more cells are due, so that each is looked at again and again; so are those of a store that has
 *              fallen or come back; balance runs when its pause is over
 *   plan       due cells are checked, wishes become operators, operators are compared with the world and give orders
 */
import { Random } from '../base/index.ts'
import type { Cell, ClusterEvent, HandOrder, Heartbeat, Order, StorePlace, StoreState } from '../model/index.ts'
import { checkPlace } from './better-place.ts'
import { balanceCells } from './cell-balance.ts'
import { evictLeaders } from './evict.ts'
import { judge } from './hand.ts'
import { HotCells } from './hot.ts'
import { balanceLeaders } from './leader-balance.ts'
import { splitLoaded } from './load-split.ts'
import { Loads } from './loads.ts'
import { ManySplits } from './many-splits.ts'
import { checkMerge, SplitTimes } from './merge.ts'
import type { Operator, Wish } from './operator.ts'
import { Operators } from './operators.ts'
import { checkReplicas } from './replica.ts'
import { type Scheduler, Survey } from './scheduler.ts'
import type { SchedulerName } from './schedulers.ts'
import type { PdSettings } from './settings.ts'
import { SlowStores } from './slow.ts'
import { WantedSplits } from './split.ts'
import { Sweep } from './sweep.ts'
import { View } from './view.ts'

/** Cells looked at per tick beside those that are due: bounded, however many there are. */
const SWEEP_PER_TICK = 200
/** And those whose places are compared with all others, and which may be merged. */
const PLACES_PER_TICK = 20
/** Due cells checked in one go; the rest stays due. */
const CHECKS_PER_PLAN = 1_000
/** Wishes of one scheduler that are taken up in one go. */
const WISHES_PER_RUN = 32
/** Load changes no faster than it is reported. */
const LOAD_PAUSE_MS = 1_000
const TIDY_MS = 1_000

export interface PlannerArgs {
  readonly settings: PdSettings
  readonly places: readonly StorePlace[]
  readonly random: Random
  readonly nowMs: number
  /** What a new cluster is to be cut into. */
  readonly initialCells?: (survey: Survey) => Wish[]
}

interface Paced {
  readonly name: SchedulerName
  readonly scheduler: Scheduler
  /** Null: as the settings say, now. */
  readonly pauseMinMs: number | null
  /** As it has grown. What is waited is that within the bounds, which may change meanwhile. */
  pauseMs: number
  ranMs: number
}

export type TakeId = () => number | null

export class Planner {
  /** Changed in place by `change`: everyone holds the same. */
  readonly settings: PdSettings
  readonly view: View
  readonly operators: Operators
  readonly loads = new Loads()
  readonly hot = new HotCells()
  readonly manySplits = new ManySplits()
  readonly splitTimes: SplitTimes
  readonly wantedSplits = new WantedSplits()
  readonly paused = new Set<SchedulerName>()
  readonly #slow = new SlowStores()
  readonly #initialCells: (survey: Survey) => Wish[]
  readonly #balance: readonly Paced[]
  #random: Random
  readonly #due = new Set<number>()
  readonly #states = new Map<number, StoreState>()
  #happened: ClusterEvent[] = []
  readonly #sweep = new Sweep()
  readonly #placesSweep = new Sweep()
  #placesDue: number[] = []
  #mergesDue: number[] = []
  #balanceDue = false
  /** At each tick, and at once when something was reported: a split is mostly followed by another. */
  #splitsDue = false
  #tidiedMs: number

  constructor({ settings, places, random, nowMs, initialCells }: PlannerArgs) {
    this.settings = { ...settings }
    this.view = new View(this.settings, places, nowMs)
    this.operators = new Operators(this.settings)
    this.splitTimes = new SplitTimes(nowMs)
    this.#random = random
    this.#initialCells = initialCells ?? (() => [])
    const paced = (name: SchedulerName, scheduler: Scheduler, pauseMinMs: number | null = null): Paced => {
      return { name, scheduler, pauseMinMs, pauseMs: 0, ranMs: Number.NEGATIVE_INFINITY }
    }
    this.#balance = [
      paced('scatter', this.manySplits.scatter),
      paced('leaders', balanceLeaders),
      paced('cells', balanceCells),
      paced('load-splits', splitLoaded, LOAD_PAUSE_MS),
      paced('hot-cells', this.hot.balance, LOAD_PAUSE_MS),
    ]
    this.#tidiedMs = nowMs
  }

  /** Something is under way, or waits to be: the world is to be looked at again soon. */
  get isBusy(): boolean {
    const { operators, wantedSplits, manySplits, loads, view } = this
    if (this.#due.size > 0 || !operators.isIdle || !wantedSplits.isEmpty || !manySplits.isIdle) return true
    return !loads.isEmpty || !view.complete
  }

  /** True: it says something that a check could act on. */
  heartbeat(message: Heartbeat, nowMs: number): boolean {
    const { view } = this
    const news = view.heartbeat(message, nowMs)
    for (const id of news) this.#due.add(id)
    for (const report of message.cells) {
      this.loads.take(report, nowMs)
      const { cell, keys } = report
      if (keys > this.settings.splitKeys)
        this.splitWanted(cell, `${keys} keys are more than ${this.settings.splitKeys}`, nowMs)
    }
    for (const { store, state } of message.stores) {
      if (state === 'up' ? this.#slow.reported(store, view, nowMs) : this.#slow.gone(store)) this.#showSlow()
    }
    this.#splitsDue = true
    return news.length > 0
  }

  splitWanted(cell: Cell, reason: string, nowMs: number): void {
    this.wantedSplits.ask(cell, reason, nowMs)
  }

  executorLost(executor: number): void {
    this.view.executorLost(executor)
  }

  change(settings: PdSettings): void {
    Object.assign(this.settings, settings)
    this.view.placesChanged()
  }

  pause(names: Iterable<SchedulerName>): void {
    this.paused.clear()
    for (const name of names) this.paused.add(name)
    this.#showSlow()
  }

  /** @param share of cells that are looked at in turn: so many times as many as usual */
  tick(nowMs: number, share = 1): void {
    for (const id of this.#sweep.next(this.view, share * SWEEP_PER_TICK)) this.#due.add(id)
    for (const id of this.#placesSweep.next(this.view, share * PLACES_PER_TICK)) {
      this.#placesDue.push(id)
      this.#mergesDue.push(id)
    }
    this.#noticeStores(nowMs)
    if (nowMs - this.#tidiedMs >= TIDY_MS) {
      this.#tidiedMs = nowMs
      this.loads.tidy(this.view, nowMs)
      this.splitTimes.forget(nowMs - this.settings.mergeRestMs)
    }
    this.#balanceDue = true
    this.#splitsDue = true
  }

  plan(generation: number, takeId: TakeId, nowMs: number): Order[] {
    this.#check(takeId, nowMs)
    // After the checks: a cell that lacks a copy is mended before it is split, and split before it is moved.
    if (this.#splitsDue) this.#split(takeId, nowMs)
    this.#splitsDue = false
    this.#merge(takeId, nowMs)
    if (this.#balanceDue && this.view.mayBalance(nowMs)) this.#runBalance(takeId, nowMs)
    this.#balanceDue = false
    const orders = this.operators.run(this.view, generation, nowMs)
    this.#notice(nowMs)
    return orders
  }

  /** The operator's id, or why there is none. */
  byHand(order: HandOrder, takeId: TakeId, nowMs: number) {
    const judged = judge(order, this.survey(nowMs))
    if (judged.wish === null) return judged
    const operator = this.#takeUp(judged.wish, 'hand', takeId, nowMs)
    return operator?.id ?? null
  }

  /** What has begun and ended since the last call. */
  takeHappened(): readonly ClusterEvent[] {
    const happened = this.#happened
    if (happened.length > 0) this.#happened = []
    return happened
  }

  survey(nowMs: number): Survey {
    const { view, operators, loads } = this
    return new Survey({ view, operators, loads, nowMs, random: this.#random })
  }

  /** Chance, pauses and sweeps begin anew, from this seed or from one that is drawn; returns it. */
  beginAnew(seed: number | null): number {
    const from = seed ?? this.#random.u32()
    this.#random = new Random(from)
    this.view.recount()
    this.#states.clear()
    this.#sweep.beginAnew()
    this.#placesSweep.beginAnew()
    this.#placesDue = []
    this.#mergesDue = []
    for (const paced of this.#balance) {
      paced.pauseMs = 0
      paced.ranMs = Number.NEGATIVE_INFINITY
    }
    this.#due.clear()
    for (const id of this.view.ids()) this.#due.add(id)
    return from
  }

  /** When each scheduler that has a pause looks again. */
  pauses(nowMs: number): ReadonlyMap<SchedulerName, number> {
    return new Map(this.#balance.map((paced) => [paced.name, Math.max(0, this.#dueMs(paced) - nowMs)]))
  }

  #pauseOf({ pauseMinMs, pauseMs }: Paced): number {
    const { balancePauseMinMs, balancePauseMaxMs } = this.settings
    return Math.max(pauseMinMs ?? balancePauseMinMs, Math.min(balancePauseMaxMs, pauseMs))
  }

  #dueMs(paced: Paced): number {
    return paced.ranMs + this.#pauseOf(paced)
  }

  /** A store that has fallen, or come back: what is to be done about its cells does not wait for the sweep. */
  #noticeStores(nowMs: number): void {
    for (const { report } of this.view.stores()) {
      const state = this.view.storeState(report.store, nowMs)
      if (this.#states.get(report.store) === state) continue
      this.#states.set(report.store, state)
      for (const cell of this.view.tally(report.store).cells.values()) this.#due.add(cell)
    }
  }

  #showSlow(): void {
    this.view.setSlow(this.paused.has('slow-stores') ? new Set() : this.#slow.current)
  }

  #check(takeId: TakeId, nowMs: number): void {
    if (!this.paused.has('evict-leaders') && this.view.mayBalance(nowMs)) {
      for (const wish of evictLeaders(this.survey(nowMs))) this.#takeUp(wish, 'evict-leaders', takeId, nowMs)
    }
    let survey = this.survey(nowMs)
    if (!this.paused.has('replicas') && this.#due.size > 0) {
      const refused: number[] = []
      let left = CHECKS_PER_PLAN
      for (const id of this.#due) {
        if (left-- === 0 || this.#replicaRoom === 0) break
        this.#due.delete(id)
        const report = this.view.cell(id)
        if (report === undefined) continue
        const { wish } = checkReplicas(report, survey)
        if (wish === null) continue
        // What one operator will change is part of what the next is decided on.
        if (this.#takeUp(wish, 'replicas', takeId, nowMs) !== null) survey = this.survey(nowMs)
        else if (this.operators.of(id) === undefined) refused.push(id)
      }
      for (const id of refused) this.#due.add(id)
    }
    if (this.#placesDue.length === 0) return
    const due = this.#placesDue
    this.#placesDue = []
    if (this.paused.has('places') || !this.view.mayBalance(nowMs)) return
    for (const id of due) {
      if (this.operators.roomFor('place') === 0) return
      const report = this.view.cell(id)
      const wish = report === undefined ? null : checkPlace(report, survey).wish
      if (wish !== null && this.#takeUp(wish, 'places', takeId, nowMs) !== null) survey = this.survey(nowMs)
    }
  }

  get #replicaRoom(): number {
    return Math.max(this.operators.roomFor('replica'), this.operators.roomFor('tidy'))
  }

  #split(takeId: TakeId, nowMs: number): void {
    const survey = this.survey(nowMs)
    // By order of a person: not paused with what cuts by itself.
    for (const wish of this.manySplits.splits(survey)) this.#takeUp(wish, 'hand', takeId, nowMs)
    if (this.paused.has('splits')) return
    for (const wish of this.wantedSplits.wishes(survey)) this.#takeUp(wish, 'splits', takeId, nowMs)
    for (const wish of this.#initialCells(survey)) this.#takeUp(wish, 'splits', takeId, nowMs)
  }

  /** Of what the sweep has come to. */
  #merge(takeId: TakeId, nowMs: number): void {
    const due = this.#mergesDue
    if (due.length === 0) return
    this.#mergesDue = []
    if (this.paused.has('merges') || !this.view.complete) return
    for (const id of due) {
      if (this.operators.roomFor('merge') === 0) return
      const report = this.view.cell(id)
      const wish = report === undefined ? null : checkMerge(report, this.splitTimes, this.survey(nowMs)).wish
      if (wish !== null) this.#takeUp(wish, 'merges', takeId, nowMs)
    }
  }

  #runBalance(takeId: TakeId, nowMs: number): void {
    for (const paced of this.#balance) {
      if (nowMs < this.#dueMs(paced) || this.paused.has(paced.name)) continue
      let taken = 0
      for (; taken < WISHES_PER_RUN; taken++) {
        const wishes = paced.scheduler(this.survey(nowMs))
        const some = wishes.filter((wish) => this.#takeUp(wish, paced.name, takeId, nowMs) !== null)
        if (some.length === 0) break
      }
      paced.pauseMs = taken > 0 ? 0 : this.#pauseOf(paced) * this.settings.balancePauseFactor
      paced.ranMs = nowMs
    }
  }

  #takeUp(wish: Wish, by: SchedulerName | 'hand', takeId: TakeId, nowMs: number): Operator | null {
    const report = this.view.cell(wish.cell)
    if (report === undefined) return null
    const operator = this.operators.add({ ...wish, by }, report, takeId, nowMs)
    if (operator !== null && wish.class === 'hot') this.hot.moved(wish.cell, nowMs)
    return operator
  }

  /** What follows from what operators did; told to others afterwards. */
  #notice(nowMs: number): void {
    for (const event of this.operators.takeHappened()) {
      if (event.event === 'operatorEnded') this.#due.add(event.operator.cell)
      if (event.event === 'cellSplit') this.splitTimes.cut([event.cell, event.child], nowMs)
      this.#happened.push(event)
    }
  }
}
