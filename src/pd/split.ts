/**
 * A cell cut in two.
 *
 *   wish     its leader asks because it has grown, a person orders it, or the cluster is new; the cell is at rest
 *   ids      for the child and each of its peers, given when the wish becomes an operator, and the same in every order
 *   asked    the order is given again while the parent is reported with the version that the split was planned for
 *   cut      one half is reported in its new shape; nothing is ordered any more, the other half will be reported
 *   done     both are
 *
 * Why an order may be repeated: it holds the parent's epoch, which the split itself changes, so that of all copies of it
 * at most one does anything. And why ids of a split that came to nothing are not used again: a copy may still be on its way.
 */
import { compareBytes } from '../base/index.ts'
import { type Cell, type CellReport, type Peer, peerOn } from '../model/index.ts'
import { NEW_PEER, type SplitStep, type Wish } from './operator.ts'
import type { Survey } from './scheduler.ts'
import type { View } from './view.ts'

export type Planned = { readonly wish: Wish } | { readonly wish: null; readonly why: string }

/** A split of this cell, or what stands against it. `key` null: the leader finds the middle. */
export function planSplit(
  report: CellReport,
  key: Uint8Array | null,
  operatorClass: 'hand' | 'split' | 'hot',
  reason: string,
  { view, operators }: Survey,
): Planned {
  const { cell, leader } = report
  const no = (why: string): Planned => ({ wish: null, why })
  if (cell.system) return no(`cell ${cell.id} is the system range, which is one cell for good`)
  const present = operators.of(cell.id)
  if (present !== undefined) return no(`operator ${present.id} (${present.kind}) is under way for cell ${cell.id}`)
  if (key !== null && !isWithin(cell, key))
    return no(`the key is not between the first and the last of cell ${cell.id}`)
  if (report.joint) return no(`a change of the members of cell ${cell.id} is under way`)
  if (cell.peers.some((peer) => peer.role === 'learner')) {
    return no(`cell ${cell.id} has a learner, which has to be a voter first`)
  }
  const step: SplitStep = {
    kind: 'split',
    store: leader.store,
    peer: 0,
    key,
    child: NEW_PEER,
    childPeers: cell.peers.map((peer): Peer => ({ ...peer, id: NEW_PEER })),
    single: view.settings.splitPeers === 'one',
    version: cell.epoch.version,
  }
  return { wish: { kind: 'split', class: operatorClass, cell: cell.id, reason, steps: [step] } }
}

/** A cut there leaves something of the range on either side. */
function isWithin(cell: Cell, key: Uint8Array): boolean {
  return compareBytes(key, cell.start) > 0 && (cell.end === null || compareBytes(key, cell.end) < 0)
}

/** Null when there are no ids: those that were taken already are lost, which costs nothing. */
export function withIds(step: SplitStep, takeId: () => number | null): SplitStep | null {
  const child = takeId()
  const childPeers: Peer[] = []
  for (const peer of step.childPeers) {
    const id = takeId()
    if (id !== null) childPeers.push({ ...peer, id })
  }
  return child === null || childPeers.length < step.childPeers.length ? null : { ...step, child, childPeers }
}

/** What the reported world says of a split. `void`: the range was cut by other hands. */
export function fateOfSplit(step: SplitStep, parentId: number, view: View): 'asked' | 'cut' | 'done' | 'void' {
  const parent = view.cell(parentId)
  const childSeen = view.cell(step.child) !== undefined
  // The child's report has put the parent's old range out of the view.
  if (parent === undefined) return childSeen ? 'cut' : 'void'
  if (parent.cell.epoch.version === step.version) return 'asked'
  if (childSeen) return 'done'
  const { end, system } = parent.cell
  return end === null || view.cellAt(end, system) !== undefined ? 'void' : 'cut'
}

/** False when members came or went since it was planned: the child's peers would not live where its data is. */
export function splitFits(step: SplitStep, { cell }: CellReport): boolean {
  if (step.childPeers.length !== cell.peers.length) return false
  return step.childPeers.every((peer) => peerOn(cell, peer.store)?.role === peer.role)
}

interface Wanted {
  readonly version: number
  readonly reason: string
  readonly askedMs: number
}

/** Leaders' requests. They ask again while they want it, so that nothing is lost with a PD that is. */
export class WantedSplits {
  readonly #byCell = new Map<number, Wanted>()

  ask(cell: Cell, reason: string, nowMs: number): void {
    this.#byCell.set(cell.id, { version: cell.epoch.version, reason, askedMs: nowMs })
  }

  get isEmpty(): boolean {
    return this.#byCell.size === 0
  }

  /** Those that can begin now; the others wait for their cell to come to rest. */
  wishes(survey: Survey): Wish[] {
    const { view, operators, nowMs } = survey
    const wishes: Wish[] = []
    for (const [id, { version, reason, askedMs }] of this.#byCell) {
      const report = view.cell(id)
      const held = report?.cell.epoch.version ?? 0
      if (held > version || nowMs - askedMs >= view.settings.splitWantedMs) {
        this.#byCell.delete(id)
        continue
      }
      if (report === undefined || held < version || operators.hasFailed('split', id, nowMs)) continue
      const planned = planSplit(report, null, 'split', reason, survey)
      if (planned.wish !== null) wishes.push(planned.wish)
    }
    return wishes
  }
}
