/** The operators under way: one per cell, within limits, ordered again until the world shows that they are finished. */
import type { CellReport, ClusterEvent, OperatorInfo, Order, OrderStep } from '../model/index.ts'
import { fateOfMerge, orderOfMerge } from './merge.ts'
import {
  isFinished,
  isPlain,
  isStillPossible,
  type MergeStep,
  NEW_PEER,
  Operator,
  type OperatorClass,
  type OperatorKind,
  type Outcome,
  orderFor,
  type Patience,
  type PlainStep,
  patienceFor,
  progressOf,
  type SplitStep,
  type Step,
  type Wish,
} from './operator.ts'
import { snapshotShare } from './score.ts'
import type { NumberSetting, PdSettings } from './settings.ts'
import { fateOfSplit, splitFits, withIds } from './split.ts'
import type { View } from './view.ts'

/** What operators under way will still change of a store. */
export interface Influence {
  cells: number
  leaders: number
  sizeBytes: number
  /** Snapshots that it has been, or will be, asked to take in, and to send; small ones count less. */
  incoming: number
  outgoing: number
}

/** A copy that is missing is more urgent than any balance, and a person's word than both. */
const CLASSES: Readonly<Record<OperatorClass, { priority: number; limit: NumberSetting | null }>> = {
  hand: { priority: 3, limit: null },
  replica: { priority: 2, limit: 'replicaOperatorsMax' },
  evict: { priority: 1, limit: 'leaderOperatorsMax' },
  tidy: { priority: 0, limit: 'replicaOperatorsMax' },
  place: { priority: 0, limit: 'cellOperatorsMax' },
  cell: { priority: 0, limit: 'cellOperatorsMax' },
  leader: { priority: 0, limit: 'leaderOperatorsMax' },
  hot: { priority: 0, limit: 'hotOperatorsMax' },
  split: { priority: 0, limit: 'splitOperatorsMax' },
  merge: { priority: 0, limit: 'mergeOperatorsMax' },
}

const STUCK = {
  change: 'changeStuckMs',
  catchUp: 'catchUpStuckMs',
  split: 'splitStuckMs',
  merge: 'mergeStuckMs',
} as const satisfies Record<Patience, NumberSetting>

export class Operators {
  readonly #settings: PdSettings
  readonly #byCell = new Map<number, Operator>()
  /** By the cells that are to take another in. */
  readonly #byTarget = new Map<number, Operator>()
  readonly #counts = new Map<OperatorClass, number>()
  readonly #ended: Operator[] = []
  /** By kind and cell: when one came to nothing there. */
  readonly #failedMs = new Map<string, number>()
  #happened: ClusterEvent[] = []

  constructor(settings: PdSettings) {
    this.#settings = settings
  }

  of(cell: number): Operator | undefined {
    return this.#byCell.get(cell) ?? this.#byTarget.get(cell)
  }

  get isIdle(): boolean {
    return this.#byCell.size === 0
  }

  #countOf(operatorClass: OperatorClass): number {
    return this.#counts.get(operatorClass) ?? 0
  }

  /** Room under the limit of a class of scheduler. */
  roomFor(operatorClass: OperatorClass): number {
    const { limit } = CLASSES[operatorClass]
    return limit === null ? Infinity : Math.max(0, this.#settings[limit] - this.#countOf(operatorClass))
  }

  /**
   * Takes up a wish. Null when the cell has an operator that does not give way, its class is at its limit, or there is no
   * id to give to it, or to a new peer: the wish is derived again as long as the world asks for it. Its own id is of those
   * that are never given twice: two operators that two PDs gave one number could not be told apart by who asks for one.
   */
  add(wish: Wish, report: CellReport, takeId: () => number | null, nowMs: number): Operator | null {
    const present = this.of(wish.cell)
    const target = targetOf(wish)
    if (target !== null && this.of(target) !== undefined) return null
    if (present !== undefined && CLASSES[present.class].priority >= CLASSES[wish.class].priority) return null
    if (this.roomFor(wish.class) === 0) return null
    // A person may insist.
    if (wish.class !== 'hand' && this.hasFailed(wish.kind, wish.cell, nowMs)) return null
    const steps = stepsWithIds(wish.steps, takeId)
    const id = takeId()
    if (steps === null || id === null) return null
    if (present !== undefined) this.#end(present, 'cancelled', nowMs)
    const operator = new Operator(id, wish, steps, report.cell.epoch, nowMs)
    this.#byCell.set(wish.cell, operator)
    if (target !== null) this.#byTarget.set(target, operator)
    this.#counts.set(wish.class, this.#countOf(wish.class) + 1)
    this.#happened.push({ event: 'operatorStarted', operator: infoOf(operator, nowMs) })
    return operator
  }

  /** An operator of that kind came to nothing there lately: something is in its way. */
  hasFailed(kind: OperatorKind, cell: number, nowMs: number): boolean {
    if (this.#failedMs.size === 0) return false
    const key = `${kind} ${cell}`
    const failedMs = this.#failedMs.get(key)
    if (failedMs === undefined) return false
    if (nowMs - failedMs < this.#settings.restMs) return true
    this.#failedMs.delete(key)
    return false
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
        found = { cells: 0, leaders: 0, sizeBytes: 0, incoming: 0, outgoing: 0 }
        influence.set(store, found)
      }
      return found
    }
    for (const operator of this.#byCell.values()) {
      const report = view.cell(operator.cell)
      for (let i = operator.at; i < operator.steps.length; i++) {
        const step = operator.steps[i] as Step
        if (step.kind === 'split') addChild(step, view, on)
        else if (step.kind === 'merge') takeAway(report, on)
        else addStep(step, report, this.#settings, on)
      }
    }
    return influence
  }

  /** The store that is to lead the cell when its operator is done, if that has a say in it. */
  successorOf(cell: number): number | undefined {
    const operator = this.#byCell.get(cell)
    return operator?.steps.findLast(({ kind }) => kind === 'transferLeader')?.store
  }

  underWay(): Operator[] {
    return [...this.#byCell.values()]
  }

  /** As `underWay` gave them, perhaps through JSON. */
  restore(operators: readonly Operator[], readStep: (step: Step) => Step): void {
    for (const held of operators) {
      const wish: Wish = { ...held, steps: [] }
      const operator = new Operator(held.id, wish, held.steps.map(readStep), held, held.startedMs)
      Object.assign(operator, { ...held, steps: operator.steps })
      this.#byCell.set(operator.cell, operator)
      const target = targetOf(operator)
      if (target !== null) this.#byTarget.set(target, operator)
      this.#counts.set(operator.class, this.#countOf(operator.class) + 1)
    }
  }

  infosUnderWay(nowMs: number): OperatorInfo[] {
    return this.underWay().map((operator) => infoOf(operator, nowMs))
  }

  /** Under way, then those that ended, the latest first. */
  infos(nowMs: number): OperatorInfo[] {
    return [...this.infosUnderWay(nowMs), ...this.#ended.toReversed().map((operator) => infoOf(operator, nowMs))]
  }

  /** What has begun and ended since the last call. */
  takeHappened(): readonly ClusterEvent[] {
    const happened = this.#happened
    if (happened.length > 0) this.#happened = []
    return happened
  }

  #advance(operator: Operator, view: View, generation: number, nowMs: number): Order | null {
    let step = operator.steps[operator.at]
    if (step?.kind === 'split') return this.#advanceSplit(operator, step, view, generation, nowMs)
    if (step?.kind === 'merge') return this.#advanceMerge(operator, step, view, generation, nowMs)
    const report = view.cell(operator.cell)
    if (report === undefined || report.cell.epoch.version !== operator.version) {
      return this.#end(operator, 'cancelled', nowMs)
    }
    while (isPlain(step) && isFinished(step, report)) step = operator.steps[++operator.at]
    if (step?.kind === 'merge') return this.#advanceMerge(operator, step, view, generation, nowMs)
    note(operator, progressOf(operator, report), nowMs)
    if (!isPlain(step)) return this.#end(operator, 'finished', nowMs)
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
    if (!splitFits(step, report)) return this.#end(operator, 'cancelled', nowMs)
    const { kind, key, child, childPeers, single } = step
    return this.#order(operator, { kind, key, child, childPeers, single }, report, generation, nowMs)
  }

  #advanceMerge(operator: Operator, step: MergeStep, view: View, generation: number, nowMs: number): Order | null {
    const fate = fateOfMerge(step, operator.cell, view)
    if (fate === 'done') operator.at++
    note(operator, fate === 'done' ? 'all steps done' : fate, nowMs)
    if (fate === 'done') {
      this.#happened.push({ event: 'cellMerged', cell: operator.cell, into: step.target })
      return this.#end(operator, 'finished', nowMs)
    }
    if (fate === 'void') return this.#end(operator, 'cancelled', nowMs)
    // It serves again. Something was in the way, and may be still.
    if (fate === 'refused' || this.#isStuck(operator, 'merge', nowMs)) return this.#end(operator, 'noProgress', nowMs)
    const report = view.cell(operator.cell)
    if (fate === 'prepared' || report === undefined) return null
    const ordered = orderOfMerge(step, report, view)
    return ordered === null ? null : this.#order(operator, ordered, report, generation, nowMs)
  }

  #isStuck(operator: Operator, patience: Patience, nowMs: number): boolean {
    return nowMs - operator.movedMs >= this.#settings[STUCK[patience]]
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
    const target = targetOf(operator)
    if (target !== null) this.#byTarget.delete(target)
    this.#counts.set(operator.class, this.#countOf(operator.class) - 1)
    if (outcome === 'noProgress') this.#failedMs.set(`${operator.kind} ${operator.cell}`, nowMs)
    this.#ended.push(operator)
    if (this.#ended.length > this.#settings.operatorsShown) this.#ended.shift()
    this.#happened.push({ event: 'operatorEnded', operator: infoOf(operator, nowMs) })
    return null
  }
}

type On = (store: number) => Influence

function addChild(step: SplitStep, view: View, on: On): void {
  // Until the child is reported: then it counts by itself.
  if (view.cell(step.child) !== undefined) return
  for (const peer of step.childPeers) on(peer.store).cells++
  on(step.store).leaders++
}

/** The cell will be a part of one that is there already. */
function takeAway(report: CellReport | undefined, on: On): void {
  if (report === undefined) return
  for (const peer of report.cell.peers) on(peer.store).cells--
  on(report.leader.store).leaders--
}

function addStep(step: PlainStep, report: CellReport | undefined, settings: PdSettings, on: On): void {
  const sizeBytes = report?.sizeBytes ?? 0
  switch (step.kind) {
    case 'addLearner':
      on(step.store).cells++
      on(step.store).sizeBytes += sizeBytes
      return
    case 'removePeer':
      on(step.store).cells--
      on(step.store).sizeBytes -= sizeBytes
      return
    case 'replacePeer': {
      const removed = report?.cell.peers.find((peer) => peer.id === step.removed)
      if (removed !== undefined) {
        on(removed.store).cells--
        on(removed.store).sizeBytes -= sizeBytes
      }
      addSnapshot(step.store, report, settings, on)
      return
    }
    case 'promoteLearner':
      addSnapshot(step.store, report, settings, on)
      return
    case 'transferLeader':
      if (report === undefined) return
      on(step.store).leaders++
      on(report.leader.store).leaders--
  }
}

function addSnapshot(to: number, report: CellReport | undefined, settings: PdSettings, on: On): void {
  if (report === undefined) return
  const share = snapshotShare(report, settings)
  on(to).incoming += share
  on(report.leader.store).outgoing += share
}

function infoOf(operator: Operator, nowMs: number): OperatorInfo {
  return {
    id: operator.id,
    kind: operator.kind,
    by: operator.by,
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

/** Null when ids are wanted and there are none. An operator adds one child, or at most one peer on a store. */
function stepsWithIds(steps: readonly Step[], takeId: () => number | null): readonly Step[] | null {
  const [first] = steps
  if (first?.kind === 'split') {
    const given = withIds(first, takeId)
    return given === null ? null : [given]
  }
  const ids = new Map<number, number>()
  for (const step of steps) {
    if (!isForNewPeer(step) || ids.has(step.store)) continue
    const id = takeId()
    if (id === null) return null
    ids.set(step.store, id)
  }
  return steps.map((step): Step => (isForNewPeer(step) ? { ...step, peer: ids.get(step.store) as number } : step))
}

function isForNewPeer(step: Step): step is PlainStep {
  return isPlain(step) && step.peer === NEW_PEER && step.kind !== 'transferLeader'
}

/** The cell that is to take in the one the steps are for. */
function targetOf({ steps }: { readonly steps: readonly Step[] }): number | null {
  const last = steps[steps.length - 1]
  return last?.kind === 'merge' ? last.target : null
}
