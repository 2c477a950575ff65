/** Which store a new peer goes to: filters, then isolation, then the lowest score. */
import type { CellReport, Peer, StoreReport } from '../model/index.ts'
import type { Influence } from './operators.ts'
import type { PdSettings } from './settings.ts'
import type { View } from './view.ts'

export type Choice =
  | { readonly store: number }
  /** Why none: shown to whoever asks why the cell stays as it is. */
  | { readonly store: null; readonly why: string }

function labelOf(store: StoreReport, label: string): string {
  return label === 'executor' ? String(store.executor) : (store.labels[label] ?? '')
}

/**
 * The sum over the other peers' stores of 100^(levels − first level that differs − 1): a difference at a higher level
 * outweighs any number of differences below it. The higher, the more must fail at once before two copies are gone.
 */
export function isolation(store: StoreReport, others: readonly StoreReport[], settings: PdSettings): number {
  const { isolationLabels } = settings
  let score = 0
  for (const other of others) {
    const level = isolationLabels.findIndex((label) => labelOf(store, label) !== labelOf(other, label))
    if (level >= 0) score += 100 ** (isolationLabels.length - level - 1)
  }
  return score
}

/**
 * `leaving`: a peer whose place is to be taken; it does not count among the others. `isolationMin`: what the new place
 * must not fall below; `cellsMax`: how many peers the new store may have before.
 */
export function chooseStore(
  report: CellReport,
  view: View,
  influence: ReadonlyMap<number, Influence>,
  nowMs: number,
  leaving: Peer | null = null,
  isolationMin = 0,
  cellsMax = Infinity,
): Choice {
  const { settings } = view
  const others: StoreReport[] = []
  for (const peer of report.cell.peers) {
    // A peer on a store that is gone isolates nothing.
    if (peer.id === leaving?.id || view.isGone(peer.store, nowMs)) continue
    const store = view.store(peer.store)
    if (store !== undefined) others.push(store.report)
  }
  const counts = view.counts()
  let best = 0
  let bestIsolation = -1
  let bestScore = Infinity
  let lateIsolation = -1
  let full = false
  for (const { report: store } of view.stores()) {
    if (report.cell.peers.some((peer) => peer.store === store.store)) continue
    const state = view.storeState(store.store, nowMs)
    if (state !== 'up' && state !== 'disconnected') continue
    const itsIsolation = isolation(store, others, settings)
    if (itsIsolation < isolationMin) continue
    const effect = influence.get(store.store)
    const score = (counts.get(store.store)?.cells ?? 0) + (effect?.cells ?? 0)
    if (score > cellsMax) continue
    const busy = (effect?.incoming ?? 0) >= settings.snapshotsPerStoreMax
    if (state === 'disconnected' || busy) {
      // Only for now: rather than lose isolation for good, its turn is waited for.
      lateIsolation = Math.max(lateIsolation, itsIsolation)
      full ||= busy
      continue
    }
    if (itsIsolation > bestIsolation || (itsIsolation === bestIsolation && score < bestScore)) {
      best = store.store
      bestIsolation = itsIsolation
      bestScore = score
    }
  }
  if (lateIsolation > bestIsolation) {
    return { store: null, why: full ? 'the best stores take in snapshots already' : 'the best store is disconnected' }
  }
  if (best === 0) return { store: null, why: 'every store that is up has a peer of it' }
  return { store: best }
}
