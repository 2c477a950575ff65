/** Which store a new peer goes to: filters, then isolation, then the lowest score. */
import { type CellReport, type Peer, peerOn, type StoreReport } from '../model/index.ts'
import type { Influence } from './operators.ts'
import type { Survey } from './scheduler.ts'
import { cellScore, freeSpace, snapshotShare } from './score.ts'
import type { ViewStore } from './store-view.ts'
import type { View } from './view.ts'

export type Choice =
  | { readonly store: number; readonly isolation: number }
  /** Why none: shown to whoever asks why the cell stays as it is. */
  | { readonly store: null; readonly why: string }

export interface Wanted {
  /** A peer whose place is to be taken; it does not count among the others. */
  readonly leaving?: Peer
  /** What the new place must not fall below. */
  readonly isolationMin?: number
  /** What the new store's score must stay below, `more` being added to it. */
  readonly scoreBelow?: number
  readonly more?: number
  /** Only these. */
  readonly among?: (store: number) => boolean
}

/**
 * The sum over the other peers' stores of 100^(levels − first level that differs − 1): a difference at a higher level
 * outweighs any number of differences below it. The higher, the more must fail at once before two copies are gone.
 */
export function isolation(place: readonly string[], others: readonly (readonly string[])[]): number {
  let score = 0
  for (const other of others) {
    for (let level = 0; level < place.length; level++) {
      if (place[level] === other[level]) continue
      score += 100 ** (place.length - level - 1)
      break
    }
  }
  return score
}

/** Of a peer among the others of its cell; peers on stores that are gone isolate nothing. */
export function isolationOf(peer: Peer, report: CellReport, view: View, nowMs: number): number {
  return isolation(view.place(peer.store), othersOf(report, peer, view, nowMs))
}

function othersOf(report: CellReport, leaving: Peer | undefined, view: View, nowMs: number): (readonly string[])[] {
  const others: (readonly string[])[] = []
  for (const peer of report.cell.peers) {
    if (peer.id === leaving?.id || view.isPeerGone(report, peer, nowMs)) continue
    others.push(view.place(peer.store))
  }
  return others
}

export function chooseStore(report: CellReport, survey: Survey, wanted: Wanted = {}): Choice {
  const { view, influence, nowMs } = survey
  const { leaving, isolationMin = 0, scoreBelow = Infinity, more = 0 } = wanted
  const others = othersOf(report, leaving, view, nowMs)
  let best = 0
  let bestIsolation = -1
  let bestScore = Infinity
  let lateIsolation = -1
  let late = ''
  let without = 0
  for (const store of view.stores()) {
    const id = store.report.store
    if (peerOn(report.cell, id) !== undefined) continue
    without++
    if (wanted.among?.(id) === false) continue
    const kept = keptOut(store, report, survey)
    if (kept?.forLong) continue
    const itsIsolation = isolation(store.place, others)
    if (itsIsolation < isolationMin) continue
    const score = cellScore(id, view, influence, more)
    if (score >= scoreBelow) continue
    if (kept !== null) {
      // Only for now: rather than lose isolation for good, its turn is waited for.
      if (itsIsolation > lateIsolation) late = kept.why
      lateIsolation = Math.max(lateIsolation, itsIsolation)
      continue
    }
    if (itsIsolation > bestIsolation || (itsIsolation === bestIsolation && score < bestScore)) {
      best = id
      bestIsolation = itsIsolation
      bestScore = score
    }
  }
  if (lateIsolation > bestIsolation) return { store: null, why: `the best store ${late}` }
  if (best === 0) return { store: null, why: whyNone(without, wanted) }
  const sending = influence.get(report.leader.store)?.outgoing ?? 0
  if (sending + snapshotShare(report, view.settings) > view.settings.snapshotsPerStoreMax) {
    return { store: null, why: `store ${report.leader.store}, which leads it, sends snapshots already` }
  }
  return { store: best, isolation: bestIsolation }
}

function whyNone(without: number, { isolationMin = 0, scoreBelow = Infinity }: Wanted): string {
  if (without === 0) return 'every store has a peer of it'
  if (scoreBelow !== Infinity) return 'no store has fewer cells and isolates as well'
  if (isolationMin > 0) return 'no store that takes peers isolates as well'
  return 'every store that takes peers has one of it'
}

/** Null: it takes this peer. `forLong`: waiting would not help. */
export function keptOut(
  store: ViewStore,
  report: CellReport | null,
  { view, influence, nowMs }: Survey,
): { readonly why: string; readonly forLong: boolean } | null {
  const { report: told } = store
  const { settings } = view
  const state = view.storeState(told.store, nowMs)
  if (state === 'disconnected') return { why: 'is disconnected', forLong: false }
  if (state !== 'up') return { why: `is ${state}`, forLong: true }
  if (view.cellWeight(told.store) === 0) return { why: 'has the weight 0', forLong: true }
  if (isLow(told, view) && someHasRoom(view, nowMs)) return { why: 'is low on space', forLong: true }
  if (view.isSlow(told.store)) return { why: 'is slow', forLong: false }
  const effect: Influence | undefined = influence.get(told.store)
  const share = report === null ? 0 : snapshotShare(report, settings)
  const taking = Math.max(effect?.incoming ?? 0, told.health?.snapshotsIn ?? 0)
  if (taking + share > settings.snapshotsPerStoreMax) return { why: 'takes in snapshots already', forLong: false }
  if (view.tally(told.store).pending >= settings.pendingPeersMax) {
    return { why: 'has many peers that are behind', forLong: false }
  }
  return null
}

function isLow(store: StoreReport, view: View): boolean {
  return 1 - freeSpace(store) > view.settings.lowSpace
}

/** Where all disks are nearly full a missing copy is made all the same: there is no better place to wait for. */
function someHasRoom(view: View, nowMs: number): boolean {
  for (const { report } of view.stores()) {
    if (view.storeState(report.store, nowMs) === 'up' && !isLow(report, view)) return true
  }
  return false
}
