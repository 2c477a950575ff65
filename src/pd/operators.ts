/** The operators under way: one per cell, within limits, ordered again until the world shows that they are finished. */
import type { CellReport, OperatorInfo, Order } from '../model/index.ts'
import {
  isFinished,
  isStillPossible,
  NEW_PEER,
  Operator,
  type OperatorClass,
  type Outcome,
  orderFor,
  progressOf,
  type Step,
  type Wish,
} from './operator.ts'
import type { PdSettings } from './settings.ts'
import type { View } from './view.ts'

/** What operators under way will still change of a store. */
export interface Influence {
  cells: number
  leaders: number
  /** Learners it has been, or will be, asked to take in. */
  incoming: number
}

const CLASS_PRIORITY: Readonly<Record<OperatorClass, number>> = { leader: 0, cell: 0, tidy: 0, replica: 1, hand: 2 }

export class Operators {
  readonly #settings: PdSettings
  readonly #byCell = new Map<number, Operator>()
  readonly #ended: Operator[] = []
  #nextId = 1

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
    const { leaderOperatorsMax, cellOperatorsMax, replicaOperatorsMax } = this.#settings
    const limits: Readonly<Record<OperatorClass, number>> = {
      hand: Infinity,
      replica: replicaOperatorsMax,
      tidy: replicaOperatorsMax,
      cell: cellOperatorsMax,
      leader: leaderOperatorsMax,
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
    let steps = wish.steps
    if (steps.some(isForNewPeer)) {
      const id = takeId()
      if (id === null) return null
      steps = steps.map((step): Step => (isForNewPeer(step) ? { ...step, peer: id } : step))
    }
    if (present !== undefined) this.#end(present, 'cancelled', nowMs)
    const operator = new Operator(this.#nextId++, wish, steps, report.cell.epoch, nowMs)
    this.#byCell.set(wish.cell, operator)
    return operator
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
        if (step.kind === 'addLearner') on(step.store).cells++
        else if (step.kind === 'removePeer') on(step.store).cells--
        else if (step.kind === 'promoteLearner') on(step.store).incoming++
        else if (report !== undefined) {
          on(step.store).leaders++
          on(report.leader.store).leaders--
        }
      }
    }
    return influence
  }

  /** Under way, then the latest that ended. */
  infos(nowMs: number): OperatorInfo[] {
    const info = (operator: Operator): OperatorInfo => ({
      id: operator.id,
      kind: operator.kind,
      cell: operator.cell,
      reason: operator.reason,
      steps: operator.steps.map((step, i) => ({ kind: step.kind, store: step.store, done: i < operator.at })),
      progress: operator.progress,
      ageMs: (operator.outcome === null ? nowMs : operator.endedMs) - operator.startedMs,
      outcome: operator.outcome,
    })
    return [...[...this.#byCell.values()].map(info), ...[...this.#ended].reverse().map(info)]
  }

  #advance(operator: Operator, view: View, generation: number, nowMs: number): Order | null {
    const report = view.cell(operator.cell)
    if (report === undefined || report.cell.epoch.version !== operator.version) {
      this.#end(operator, 'cancelled', nowMs)
      return null
    }
    let step = operator.steps[operator.at]
    while (step !== undefined && isFinished(step, report)) step = operator.steps[++operator.at]
    const progress = progressOf(operator, report)
    if (progress !== operator.progress) {
      operator.progress = progress
      operator.movedMs = nowMs
    }
    if (step === undefined) {
      this.#end(operator, 'finished', nowMs)
      return null
    }
    if (!isStillPossible(step, report)) {
      this.#end(operator, 'cancelled', nowMs)
      return null
    }
    if (nowMs - operator.movedMs >= this.#settings.noProgressMs) {
      this.#end(operator, 'noProgress', nowMs)
      return null
    }
    const ordered = orderFor(step, report, view, nowMs)
    if (ordered === null) return null
    const { epoch } = report.cell
    const orderedFor = `${operator.at} ${ordered.kind} ${epoch.confVer} ${report.leader.id} ${report.term}`
    if (orderedFor === operator.orderedFor && nowMs - operator.orderedMs < this.#settings.resendMs) return null
    operator.orderedFor = orderedFor
    operator.orderedMs = nowMs
    return { kind: 'order', generation, store: report.leader.store, cell: operator.cell, epoch, step: ordered }
  }

  #end(operator: Operator, outcome: Outcome, nowMs: number): void {
    operator.outcome = outcome
    operator.endedMs = nowMs
    this.#byCell.delete(operator.cell)
    this.#ended.push(operator)
    if (this.#ended.length > this.#settings.operatorsShown) this.#ended.shift()
  }
}

function isForNewPeer(step: Step): boolean {
  return step.peer === NEW_PEER && step.kind !== 'transferLeader'
}
