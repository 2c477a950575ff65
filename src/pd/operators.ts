/** The operators under way: one per cell, within limits, ordered again until the world shows that they are finished. */
import type { CellReport, ClusterEvent, OperatorInfo, Order, OrderStep } from '../model/index.ts'
import {
  isFinished,
  isStillPossible,
  type MemberStep,
  NEW_PEER,
  Operator,
  type OperatorClass,
  type OperatorKind,
  type Outcome,
  orderFor,
  type Patience,
  patienceFor,
  progressOf,
  type ReplaceStep,
  type SplitStep,
  type Step,
  type Wish,
} from './operator.ts'
import type { PdSettings } from './settings.ts'
import { fateOfSplit, splitFits, withIds } from './split.ts'
import type { View } from './view.ts'

/** What operators under way will still change of a store. */
export interface Influence {
  cells: number
  leaders: number
  /** Learners it has been, or will be, asked to take in. */
  incoming: number
}

const CLASS_PRIORITY: Readonly<Record<OperatorClass, number>> = {
  leader: 0,
  cell: 0,
  tidy: 0,
  split: 0,
  replica: 1,
  hand: 2,
}

export class Operators {
  readonly #settings: PdSettings
  readonly #byCell = new Map<number, Operator>()
  readonly #ended: Operator[] = []
  #nextId = 1
  #happened: ClusterEvent[] = []

  constructor(settings: PdSettings) {
    this.#settings = settings
  }

  of(cell: number): Operator | undefined {
    return this.#byCell.get(cell)
  }

  countOf(operatorClass: OperatorClass): number {
    let count = 0
    for (const operator of this.#byCell.values()) if (operator.class === operatorClass) count++
    return count
  }

  /** Room under the limit of a class of scheduler. */
  roomFor(operatorClass: OperatorClass): number {
    const { leaderOperatorsMax, cellOperatorsMax, replicaOperatorsMax, splitOperatorsMax } = this.#settings
    const limits: Readonly<Record<OperatorClass, number>> = {
      hand: Infinity,
      replica: replicaOperatorsMax,
      tidy: replicaOperatorsMax,
      cell: cellOperatorsMax,
      leader: leaderOperatorsMax,
      split: splitOperatorsMax,
    }
    return Math.max(0, limits[operatorClass] - this.countOf(operatorClass))
  }

  /**
   * Takes up a wish. Null when the cell has an operator that does not give way, its class is at its limit, or there is no
   * id to give to a new peer: the wish is derived again as long as the world asks for it.
   */
  add(wish: Wish, report: CellReport, takeId: () => number | null, nowMs: number): Operator | null {
    const present = this.#byCell.get(wish.cell)
    if (present !== undefined && CLASS_PRIORITY[present.class] >= CLASS_PRIORITY[wish.class]) return null
    if (this.roomFor(wish.class) === 0) return null
    const steps = stepsWithIds(wish.steps, takeId)
    if (steps === null) return null
    if (present !== undefined) this.#end(present, 'cancelled', nowMs)
    const operator = new Operator(this.#nextId++, wish, steps, report.cell.epoch, nowMs)
    this.#byCell.set(wish.cell, operator)
    this.#happened.push({ event: 'operatorStarted', operator: infoOf(operator, nowMs) })
    return operator
  }

  /** An operator of that kind came to nothing there lately: something is in its way. */
  hasFailed(kind: OperatorKind, cell: number, nowMs: number): boolean {
    return this.#ended.some(
      (ended) =>
        ended.outcome === 'noProgress' &&
        ended.cell === cell &&
        ended.kind === kind &&
        nowMs - ended.endedMs < this.#settings.splitRestMs,
    )
  }

  /** Compares every operator with the world, and gives the orders that are due. */
  run(view: View, generation: number, nowMs: number): Order[] {
    const orders: Order[] = []
    for (const operator of this.#byCell.values()) {
      const order = this.#advance(operator, view, generation, nowMs)
      if (order !== null) orders.push(order)
    }
    return orders
  }

  influence(view: View): Map<number, Influence> {
    const influence = new Map<number, Influence>()
    const on = (store: number) => {
      let found = influence.get(store)
      if (found === undefined) {
        found = { cells: 0, leaders: 0, incoming: 0 }
        influence.set(store, found)
      }
      return found
    }
    for (const operator of this.#byCell.values()) {
      const report = view.cell(operator.cell)
      for (let i = operator.at; i < operator.steps.length; i++) {
        const step = operator.steps[i] as Step
        if (step.kind === 'split') {
          // Until the child is reported: then it counts by itself.
          if (view.cell(step.child) !== undefined) continue
          for (const peer of step.childPeers) on(peer.store).cells++
          on(step.store).leaders++
        } else if (step.kind === 'addLearner') on(step.store).cells++
        else if (step.kind === 'removePeer') on(step.store).cells--
        else if (step.kind === 'promoteLearner') on(step.store).incoming++
        else if (step.kind === 'replacePeer') {
          on(step.store).incoming++
          const removed = report?.cell.peers.find((peer) => peer.id === step.removed)
          if (removed !== undefined) on(removed.store).cells--
        } else if (report !== undefined) {
          on(step.store).leaders++
          on(report.leader.store).leaders--
        }
      }
    }
    return influence
  }

  /** Under way, then the latest that ended. */
  infos(nowMs: number): OperatorInfo[] {
    const all = [...this.#byCell.values(), ...[...this.#ended].reverse()]
    return all.map((operator) => infoOf(operator, nowMs))
  }

  /** What has begun and ended since the last call. */
  takeHappened(): readonly ClusterEvent[] {
    const happened = this.#happened
    if (happened.length > 0) this.#happened = []
    return happened
  }

  #advance(operator: Operator, view: View, generation: number, nowMs: number): Order | null {
    const first = operator.steps[operator.at]
    if (first?.kind === 'split') return this.#advanceSplit(operator, first, view, generation, nowMs)
    const report = view.cell(operator.cell)
    if (report === undefined || report.cell.epoch.version !== operator.version) {
      return this.#end(operator, 'cancelled', nowMs)
    }
    let step = first
    while (step !== undefined && isFinished(step, report))
      step = operator.steps[++operator.at] as MemberStep | ReplaceStep | undefined
    note(operator, progressOf(operator, report), nowMs)
    if (step === undefined) return this.#end(operator, 'finished', nowMs)
    if (!isStillPossible(step, report, view, nowMs)) return this.#end(operator, 'cancelled', nowMs)
    if (this.#isStuck(operator, patienceFor(step, report), nowMs)) return this.#end(operator, 'noProgress', nowMs)
    const ordered = orderFor(step, report, view, nowMs)
    return ordered === null ? null : this.#order(operator, ordered, report, generation, nowMs)
  }

  #advanceSplit(operator: Operator, step: SplitStep, view: View, generation: number, nowMs: number): Order | null {
    const fate = fateOfSplit(step, operator.cell, view)
    if (fate === 'done') operator.at++
    note(operator, fate === 'cut' ? 'one half is reported' : fate === 'done' ? 'all steps done' : 'asked', nowMs)
    if (fate === 'done') {
      this.#happened.push({ event: 'cellSplit', cell: operator.cell, child: step.child })
      return this.#end(operator, 'finished', nowMs)
    }
    if (fate === 'void') return this.#end(operator, 'cancelled', nowMs)
    // What is left of a split that has been cut is to be heard of, like any change.
    const patience = fate === 'cut' ? 'change' : 'split'
    if (this.#isStuck(operator, patience, nowMs)) return this.#end(operator, 'noProgress', nowMs)
    const report = view.cell(operator.cell)
    if (fate === 'cut' || report === undefined) return null
    if (!splitFits(step, report, this.#settings.splitPeers === 'all')) return this.#end(operator, 'cancelled', nowMs)
    const { kind, key, child, childPeers } = step
    return this.#order(operator, { kind, key, child, childPeers }, report, generation, nowMs)
  }

  #isStuck(operator: Operator, patience: Patience, nowMs: number): boolean {
    return nowMs - operator.movedMs >= this.#settings.noProgressMs[patience]
  }

  /** Null while what was ordered last is given time. */
  #order(operator: Operator, step: OrderStep, report: CellReport, generation: number, nowMs: number): Order | null {
    const { epoch } = report.cell
    const orderedFor = `${operator.at} ${step.kind} ${epoch.confVer} ${report.leader.id} ${report.term}`
    if (orderedFor === operator.orderedFor && nowMs - operator.orderedMs < this.#settings.resendMs) return null
    operator.orderedFor = orderedFor
    operator.orderedMs = nowMs
    return { kind: 'order', generation, store: report.leader.store, cell: operator.cell, epoch, step }
  }

  #end(operator: Operator, outcome: Outcome, nowMs: number): null {
    operator.outcome = outcome
    operator.endedMs = nowMs
    this.#byCell.delete(operator.cell)
    this.#ended.push(operator)
    if (this.#ended.length > this.#settings.operatorsShown) this.#ended.shift()
    this.#happened.push({ event: 'operatorEnded', operator: infoOf(operator, nowMs) })
    return null
  }
}

function infoOf(operator: Operator, nowMs: number): OperatorInfo {
  return {
    id: operator.id,
    kind: operator.kind,
    cell: operator.cell,
    reason: operator.reason,
    steps: operator.steps.map((step, i) => ({ kind: step.kind, store: step.store, done: i < operator.at })),
    progress: operator.progress,
    ageMs: (operator.outcome === null ? nowMs : operator.endedMs) - operator.startedMs,
    outcome: operator.outcome,
  }
}

function note(operator: Operator, progress: string, nowMs: number): void {
  if (progress === operator.progress) return
  operator.progress = progress
  operator.movedMs = nowMs
}

/** Null when ids are wanted and there are none. One operator adds at most one peer, or one child. */
function stepsWithIds(steps: readonly Step[], takeId: () => number | null): readonly Step[] | null {
  const [first] = steps
  if (first?.kind === 'split') {
    const given = withIds(first, takeId)
    return given === null ? null : [given]
  }
  if (!steps.some(isForNewPeer)) return steps
  const id = takeId()
  if (id === null) return null
  return steps.map((step): Step => (step.kind !== 'split' && isForNewPeer(step) ? { ...step, peer: id } : step))
}

function isForNewPeer(step: Step): boolean {
  return step.peer === NEW_PEER && step.kind !== 'transferLeader'
}
