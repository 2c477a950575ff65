/** Orders by hand: what was asked for becomes a wish, or a sentence that says why it cannot. */
import { type CellReport, type HandKind, type HandOrder, type Peer, peerOn } from '../model/index.ts'
import { planMerge } from './merge.ts'
import { NEW_PEER, type Step, stepsOfMove, successorOf, transferTo, type Wish } from './operator.ts'
import { noCell, noStore, notPossible, type Refusal } from './refusal.ts'
import type { Survey } from './scheduler.ts'
import { planSplit } from './split.ts'
import type { View } from './view.ts'

export type Judged = { readonly wish: Wish } | ({ readonly wish: null } & Refusal)

const REASON = 'ordered by hand'

export function judge(order: HandOrder, survey: Survey): Judged {
  const { view } = survey
  const report = view.cell(order.cell)
  if (report === undefined) return { wish: null, ...noCell(order.cell) }
  if (order.operator === 'split') {
    const planned = planSplit(report, order.key, 'hand', REASON, survey)
    return planned.wish !== null ? planned : { wish: null, ...notPossible(planned.why) }
  }
  if (order.operator === 'merge') {
    const into = view.cell(order.into ?? 0)
    if (into === undefined) return { wish: null, ...noCell(order.into ?? 0) }
    const planned = planMerge(report, into, 'hand', REASON, survey)
    return planned.wish !== null ? planned : { wish: null, ...notPossible(planned.why) }
  }
  if (view.store(order.store) === undefined) return { wish: null, ...noStore(order.store) }
  const present = survey.operators.of(order.cell)
  // A copy that is half made, or half a split or merge, would be left behind: only what moves for balance gives way.
  if (present !== undefined && (present.class === 'hand' || present.kind === 'split' || present.kind === 'merge')) {
    const why = `operator ${present.id} (${present.kind}) is under way for cell ${order.cell}`
    return { wish: null, ...notPossible(why) }
  }
  const steps = stepsOf(order.operator, order.store, report, survey)
  if (typeof steps === 'string') return { wish: null, ...notPossible(steps) }
  return { wish: { kind: order.operator, class: 'hand', cell: order.cell, reason: REASON, steps } }
}

function stepsOf(
  operator: Exclude<HandKind, 'split' | 'merge'>,
  store: number,
  report: CellReport,
  { view, nowMs }: Survey,
): readonly Step[] | string {
  const cell = report.cell.id
  const peer = peerOn(report.cell, store)
  const state = view.storeState(store, nowMs)
  switch (operator) {
    case 'transfer-leader':
      if (peer?.role !== 'voter') return `cell ${cell} has no voter on store ${store}`
      if (state !== 'up') return `store ${store} is ${state}`
      return [transferTo(store)]
    case 'add-peer': {
      if (peer !== undefined) return `cell ${cell} has a peer on store ${store} already`
      if (state !== 'up') return `store ${store} is ${state}`
      const replaced = besideTooMany(report, store, view)
      if (replaced !== null) return stepsOfMove(report, replaced, store, view, nowMs)
      return [
        { kind: 'addLearner', store, peer: NEW_PEER },
        { kind: 'promoteLearner', store, peer: NEW_PEER },
      ]
    }
    case 'remove-peer': {
      if (peer === undefined) return `cell ${cell} has no peer on store ${store}`
      const removal: Step = { kind: 'removePeer', store, peer: peer.id }
      const others = report.cell.peers.filter(({ id, role }) => id !== peer.id && role === 'voter')
      if (others.length === 0) return `cell ${cell} has no other voter than the one on store ${store}`
      // Who would remain must be able to go on: without a majority they could not even take this one back.
      const able = others.filter((other) => view.storeState(other.store, nowMs) === 'up')
      if (able.length * 2 <= others.length) return `of cell ${cell} most other voters are on stores that are not up`
      if (peer.id !== report.leader.id) return [removal]
      const successor = successorOf(report, view, nowMs)
      if (successor === null) return `no other peer of cell ${cell} can lead now`
      return [transferTo(successor.store), removal]
    }
  }
}

/**
 * Whose place a voter more than wanted is to take; null: nobody's, for now. Beside another one, behind the same log, it is
 * worse than none: with that log half of the voters would be lost, where a majority was left before.
 */
function besideTooMany(report: CellReport, store: number, view: View): Peer | null {
  const voters = report.cell.peers.filter(({ role }) => role === 'voter')
  if (voters.length < view.settings.replicas) return null
  const executorOf = (id: number) => view.store(id)?.report.executor
  const beside = voters.filter((peer) => executorOf(peer.store) === executorOf(store))
  const survivesToday = beside.length * 2 < voters.length
  const survivesThen = (beside.length + 1) * 2 < voters.length + 1
  return survivesToday && !survivesThen ? (beside[0] ?? null) : null
}
