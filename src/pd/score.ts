/** How full a store is, in numbers that can be compared: what it has and will have, over its weight. */
import type { CellReport, StoreReport } from '../model/index.ts'
import type { Influence } from './operators.ts'
import type { PdSettings } from './settings.ts'
import type { View } from './view.ts'

/** Weights below this one count as it, so that a score stays a number. */
const WEIGHT_MIN = 0.001
/** How much fuller than it is a store looks whose disk has no room at all. */
const FULL_DISK_FACTOR = 10

export function leadersOf(store: number, view: View, influence: ReadonlyMap<number, Influence>): number {
  return view.tally(store).leaders.size + (influence.get(store)?.leaders ?? 0)
}

export function leaderScore(leaders: number, store: number, view: View): number {
  return leaders / Math.max(WEIGHT_MIN, view.leaderWeight(store))
}

/** In cells; where their sizes differ much, in bytes. `more`: of the same unit, what it would have besides. */
export function cellScore(store: number, view: View, influence: ReadonlyMap<number, Influence>, more = 0): number {
  const effect = influence.get(store)
  const tally = view.tally(store)
  const amount = view.sizesDiffer ? tally.sizeBytes + (effect?.sizeBytes ?? 0) : tally.cells.size + (effect?.cells ?? 0)
  return (Math.max(0, amount + more) * crowding(store, view)) / Math.max(WEIGHT_MIN, view.cellWeight(store))
}

/** What a peer of this cell adds to a score. */
export function cellAmount(report: CellReport, view: View): number {
  return view.sizesDiffer ? report.sizeBytes : 1
}

/** 1 while there is room on its disk, then growing steeply. */
function crowding(store: number, view: View): number {
  const report = view.store(store)?.report
  const { roomySpace } = view.settings
  if (report === undefined || roomySpace === 0) return 1
  const missing = 1 - freeSpace(report) / roomySpace
  return missing <= 0 ? 1 : 1 + missing * missing * FULL_DISK_FACTOR
}

/** Share of its disk; 1 while it has said nothing of it. */
export function freeSpace({ health }: StoreReport): number {
  return health === undefined || health.capacityBytes === 0 ? 1 : health.freeBytes / health.capacityBytes
}

/** What a snapshot of it takes of a store's limit: small ones are over before the next order comes. */
export function snapshotShare(report: CellReport, settings: PdSettings): number {
  return report.sizeBytes < settings.smallCellBytes ? 0.25 : 1
}
