/** Peers in equal numbers over the stores: one is added on the emptier store, and takes the place of one on the fuller. */
import type { CellReport, Peer, StoreReport } from '../model/index.ts'
import { peerOn } from '../model/index.ts'
import { chooseStore, isolation } from './choose.ts'
import { stepsOfMove, type Wish } from './operator.ts'
import type { Survey } from './scheduler.ts'

/** A move narrows the gap by two: below this it would only turn the gap around. */
const GAP_MIN = 2
/** Cells of a store that are tried before the next store is. */
const TRIES = 10

export function balanceCells(survey: Survey): Wish[] {
  const { view, operators, influence, nowMs, random } = survey
  if (operators.roomFor('cell') === 0) return []
  const peers = new Map<number, number>()
  for (const [store, count] of view.counts()) {
    if (view.storeState(store, nowMs) !== 'up') continue
    peers.set(store, count.cells + (influence.get(store)?.cells ?? 0))
  }
  const fewest = Math.min(...peers.values())
  const sources = [...peers.keys()]
    .filter((store) => (peers.get(store) as number) - fewest >= GAP_MIN)
    .sort((a, b) => (peers.get(b) as number) - (peers.get(a) as number) || a - b)
  for (const source of sources) {
    const cells = [...view.cells()].filter((report) => isMovable(report, source, survey))
    for (let tries = Math.min(TRIES, cells.length); tries > 0; tries--) {
      const [report] = cells.splice(random.below(cells.length), 1)
      const wish = moveFrom(source, report as CellReport, peers, survey)
      if (wish !== null) return [wish]
    }
  }
  return []
}

/** At rest and whole: what is missing or behind is the replica checker's to mend first. */
function isMovable(report: CellReport, source: number, { view, operators, nowMs }: Survey): boolean {
  if (operators.of(report.cell.id) !== undefined || peerOn(report.cell, source)?.role !== 'voter') return false
  return (
    report.cell.peers.length === view.settings.replicas &&
    report.cell.peers.every(
      (peer) => peer.role === 'voter' && !view.isPending(report, peer) && view.storeState(peer.store, nowMs) === 'up',
    )
  )
}

function moveFrom(
  source: number,
  report: CellReport,
  peers: ReadonlyMap<number, number>,
  { view, influence, nowMs }: Survey,
): Wish | null {
  const leaving = peerOn(report.cell, source) as Peer
  const others = report.cell.peers
    .filter((peer) => peer !== leaving)
    .map((peer) => view.store(peer.store)?.report as StoreReport)
  const today = isolation(view.store(source)?.report as StoreReport, others, view.settings)
  const sourcePeers = peers.get(source) as number
  const choice = chooseStore(report, view, influence, nowMs, leaving, today, sourcePeers - GAP_MIN)
  if (choice.store === null) return null
  return {
    kind: 'move-peer',
    class: 'cell',
    cell: report.cell.id,
    reason: `store ${source} has ${sourcePeers} cells, store ${choice.store} has ${peers.get(choice.store)}`,
    steps: stepsOfMove(report, leaving, choice.store, view, nowMs),
  }
}
