/**
 * A plan for one cell: steps, each finished when the reported world shows it. An operator is not remembered over a
 * restart of PD; what is left to do is derived again from the world.
 */
import {
  type CellReport,
  type Epoch,
  type HandKind,
  type OrderStep,
  type Peer,
  peerOn,
  peerWithId,
} from '../model/index.ts'
import type { View } from './view.ts'

export type OperatorKind = HandKind | 'promote-peer' | 'replace-peer' | 'move-peer'

/**
 * What an operator is for. `tidy` takes away what is too much; a move in the middle looks like that, and is not disturbed.
 * `place` brings copies further apart, `hot` spreads load, `evict` takes leaders from a store.
 */
export type OperatorClass =
  | 'hand'
  | 'replica'
  | 'tidy'
  | 'evict'
  | 'place'
  | 'cell'
  | 'leader'
  | 'hot'
  | 'split'
  | 'merge'

/** A step as a scheduler wishes it. A learner's id is given when the wish becomes an operator: peer 0 stands for it. */
export interface MemberStep {
  readonly kind: Exclude<OrderStep['kind'], 'split' | 'merge' | 'replacePeer'>
  readonly store: number
  /** 0 in `transferLeader`. */
  readonly peer: number
}

/**
 * The end of a move: the learner that has caught up, on `store`, takes the place of the voter `removed`, in one joint
 * change. Whoever replaces a peer uses it: between a promotion and a removal there would be one voter too many, and of
 * four of which two share a log, the end of that log is the end of the majority.
 */
export interface ReplaceStep {
  readonly kind: 'replacePeer'
  readonly store: number
  readonly peer: number
  readonly removed: number
}

/** The one step of its operator. Its ids are given when the wish becomes an operator, as a learner's is. */
export interface SplitStep {
  readonly kind: 'split'
  /** Of the leader when it was planned; shown, and where the child is expected to be led. */
  readonly store: number
  readonly peer: 0
  readonly key: Uint8Array | null
  readonly child: number
  readonly childPeers: readonly Peer[]
  /** The child keeps one of them (`--split-peers one`). */
  readonly single: boolean
  /** Of the parent as it is cut. */
  readonly version: number
}

/** The last step of its operator: by then the peers of both cells live on the same stores. */
export interface MergeStep {
  readonly kind: 'merge'
  /** Of the leader when it was planned; shown. */
  readonly store: number
  readonly peer: 0
  readonly target: number
  /** Of the cell that goes, before it is prepared for that. */
  readonly version: number
}

/** What only changes members and leaders. */
export type PlainStep = MemberStep | ReplaceStep
export type Step = PlainStep | SplitStep | MergeStep

export function isPlain(step: Step | undefined): step is PlainStep {
  return step !== undefined && step.kind !== 'split' && step.kind !== 'merge'
}

export function transferTo(store: number): MemberStep {
  return { kind: 'transferLeader', store, peer: 0 }
}

/** The peer, or the cell, that this operator itself adds: it has no id yet. */
export const NEW_PEER = 0

export interface Wish {
  readonly kind: OperatorKind
  readonly class: OperatorClass
  readonly cell: number
  readonly reason: string
  readonly steps: readonly Step[]
  /** What wished it; the name that is shown, and paused by. */
  readonly by?: string
}

export type Outcome = 'finished' | 'cancelled' | 'noProgress'

export class Operator {
  readonly id: number
  readonly kind: OperatorKind
  readonly class: OperatorClass
  readonly cell: number
  readonly reason: string
  readonly steps: readonly Step[]
  readonly startedMs: number
  /** Ranges that were planned for: a split or a merge makes the plan void. */
  readonly version: number
  /** What wished it. */
  readonly by: string
  /** The first step that is not finished. */
  at: number
  outcome: Outcome | null
  endedMs: number
  /** What could be seen to move, and since when it has not. */
  progress: string
  movedMs: number
  /** What the last order was given for, and when: another epoch or leader asks for the order at once. */
  orderedFor: string
  orderedMs: number

  constructor(id: number, wish: Wish, steps: readonly Step[], epoch: Pick<Epoch, 'version'>, nowMs: number) {
    this.id = id
    this.kind = wish.kind
    this.class = wish.class
    this.cell = wish.cell
    this.reason = wish.reason
    this.steps = steps
    this.startedMs = nowMs
    this.version = epoch.version
    this.by = wish.by ?? wish.class
    this.at = 0
    this.outcome = null
    this.endedMs = 0
    this.progress = 'planned'
    this.movedMs = nowMs
    this.orderedFor = ''
    this.orderedMs = 0
  }
}

/** Looks at the reported world only: an order that was given is no reason to believe that it was carried out. */
export function isFinished(step: PlainStep, report: CellReport): boolean {
  const find = (id: number) => peerWithId(report.cell, id)
  switch (step.kind) {
    case 'addLearner':
      return find(step.peer) !== undefined
    case 'promoteLearner':
      return find(step.peer)?.role === 'voter'
    case 'removePeer':
      return find(step.peer) === undefined
    case 'replacePeer':
      // While the change is joint, the one that leaves is reported as a member.
      return find(step.peer)?.role === 'voter' && find(step.removed) === undefined
    case 'transferLeader':
      return report.leader.store === step.store
  }
}

/** False when the world has moved so that the step cannot be finished any more: the plan is for another world. */
export function isStillPossible(step: PlainStep, report: CellReport, view: View, nowMs: number): boolean {
  switch (step.kind) {
    case 'addLearner':
      return peerOn(report.cell, step.store) === undefined && !view.isGone(step.store, nowMs)
    case 'promoteLearner':
    case 'replacePeer':
      // On a store that is gone it would be waited for as long as a snapshot may take.
      return report.cell.peers.some((peer) => peer.id === step.peer && !view.isGone(peer.store, nowMs))
    case 'removePeer':
      return true
    case 'transferLeader':
      return peerOn(report.cell, step.store)?.role === 'voter'
  }
}

/**
 * What is asked of the cell now, null while the step must wait: a learner is promoted when it has caught up, a leader
 * hands over before its peer goes, and no removal leaves fewer than a majority that has caught up.
 */
export function orderFor(step: PlainStep, report: CellReport, view: View, nowMs: number): OrderStep | null {
  // No member comes or goes, nor takes over, before the joint configuration is left, which needs no order.
  if (report.joint) return null
  const peer = peerWithId(report.cell, step.peer)
  switch (step.kind) {
    case 'addLearner':
      return { kind: 'addLearner', peer: { id: step.peer, store: step.store, role: 'learner' } }
    case 'promoteLearner':
      if (peer === undefined || view.isPending(report, peer)) return null
      return { kind: 'promoteLearner', peer: { ...peer, role: 'voter' } }
    case 'removePeer':
      if (peer === undefined) return null
      if (peer.role === 'voter' && !leavesMajority(report, peer, view)) return null
      return peer.id === report.leader.id ? handOver(report, view, nowMs) : { kind: 'removePeer', peer }
    case 'replacePeer': {
      if (peer === undefined) return null
      const removed = peerWithId(report.cell, step.removed)
      // What other hands have done of it is not done again.
      if (removed === undefined) return orderFor({ ...step, kind: 'promoteLearner' }, report, view, nowMs)
      if (peer.role === 'voter') return orderFor({ ...step, kind: 'removePeer', peer: removed.id }, report, view, nowMs)
      if (view.isPending(report, peer)) return null
      if (!leavesMajority(report, removed, view, peer)) return null
      if (removed.id === report.leader.id) return handOver(report, view, nowMs)
      return { kind: 'replacePeer', peer: { ...peer, role: 'voter' }, removed }
    }
    case 'transferLeader': {
      const target = peerOn(report.cell, step.store)
      if (target === undefined || view.isPending(report, target)) return null
      return { kind: 'transferLeader', toStore: step.store }
    }
  }
}

/** Before a leader goes another one leads; null when there is none that could. */
function handOver(report: CellReport, view: View, nowMs: number): OrderStep | null {
  const successor = successorOf(report, view, nowMs)
  return successor === null ? null : { kind: 'transferLeader', toStore: successor.store }
}

/** Of those that will vote, `added` among them. */
function leavesMajority(report: CellReport, removed: Peer, view: View, added: Peer | null = null): boolean {
  const others = report.cell.peers.filter((peer) => {
    return (peer.role === 'voter' && peer.id !== removed.id) || peer.id === added?.id
  })
  const caughtUp = others.filter((peer) => !view.isPending(report, peer))
  return others.length > 0 && caughtUp.length > others.length / 2
}

/**
 * A new peer on `store` takes the place of `leaving`. One that leads hands over first: to another that is there; or, where
 * it is the only one, to the new peer, which then has to be a voter before the old one goes.
 */
export function stepsOfMove(report: CellReport, leaving: Peer, store: number, view: View, nowMs: number): Step[] {
  const added: Step = { kind: 'addLearner', store, peer: NEW_PEER }
  const replaced: Step = { kind: 'replacePeer', store, peer: NEW_PEER, removed: leaving.id }
  if (report.leader.id !== leaving.id) return [added, replaced]
  const successor = successorOf(report, view, nowMs)
  if (successor !== null) return [added, transferTo(successor.store), replaced]
  return [
    added,
    { kind: 'promoteLearner', store, peer: NEW_PEER },
    transferTo(store),
    { kind: 'removePeer', store: leaving.store, peer: leaving.id },
  ]
}

/** A voter on a store that is up and has caught up, of those the one that leads least. */
export function successorOf(report: CellReport, view: View, nowMs: number): Peer | null {
  let best: Peer | null = null
  let bestRank = Infinity
  for (const peer of report.cell.peers) {
    if (peer.role !== 'voter' || peer.id === report.leader.id || view.isPending(report, peer)) continue
    if (view.storeState(peer.store, nowMs) !== 'up') continue
    // One that is not to lead is better than none: the leader it takes the place of is to go altogether.
    const shunned = view.isEvicted(peer.store) ? Number.MAX_SAFE_INTEGER / 2 : 0
    const rank = view.tally(peer.store).leaders.size + shunned
    if (rank < bestRank) {
      best = peer
      bestRank = rank
    }
  }
  return best
}

/** What a step waits for, which is what decides how long it may stand still. */
export type Patience = 'change' | 'catchUp' | 'split' | 'merge'

export function patienceFor(step: PlainStep, report: CellReport): Patience {
  const waits = step.kind === 'promoteLearner' || step.kind === 'replacePeer'
  return waits && report.pending.includes(step.peer) ? 'catchUp' : 'change'
}

/**
 * Everything that moves while a step is being carried out, folded into words: they are shown, and their change is progress.
 * The index of a peer that has caught up is not: under load it moves, whatever becomes of the step.
 */
export function progressOf(operator: Operator, report: CellReport): string {
  const step = operator.steps[operator.at]
  if (step === undefined) return 'all steps done'
  const parts = [`step ${operator.at + 1} of ${operator.steps.length}`, `confVer ${report.cell.epoch.confVer}`]
  if (report.joint) parts.push('joint')
  if (!report.pending.includes(step.peer)) return parts.join(', ')
  const match = report.match.find((entry) => entry.peer === step.peer)
  parts.push('catching up', `index ${match?.index ?? 0}`)
  if (report.snapshot?.peer === step.peer) parts.push(`${report.snapshot.pieces} pieces of a snapshot`)
  return parts.join(', ')
}
