/**
 * Which copy is to go on where a majority is gone for good. Pure.
 *
 * Of the copies that are left, the one whose log ends in the latest term goes on, and of those the longest: as in an election,
 * where it would have won. A cell of which a copy with later members is not stuck is none: the others are left over from
 * before those members came.
 */
import type { Cell, Recovery, Survivor } from '../model/index.ts'

export interface RecoveredCell {
  readonly cell: Cell
  readonly survivor: Survivor
  /** Copies that are left, too, and will be removed. */
  readonly others: readonly Survivor[]
  /** Stores that are lost and had a copy. */
  readonly lost: readonly number[]
  readonly confVer: number
}

export function planRecovery(survivors: readonly Survivor[], lost: readonly number[]): RecoveredCell[] {
  const byCell = new Map<number, Survivor[]>()
  for (const survivor of survivors) {
    const copies = byCell.get(survivor.cell.id)
    if (copies === undefined) byCell.set(survivor.cell.id, [survivor])
    else copies.push(survivor)
  }
  const gone = new Set(lost)
  const plan: RecoveredCell[] = []
  for (const copies of byCell.values()) {
    const latest = copies.reduce((a, b) => (isLaterConfiguration(b, a) ? b : a))
    if (!latest.isStuck) continue
    const [survivor, ...others] = [...copies].sort(byLog) as [Survivor, ...Survivor[]]
    const stores = latest.cell.peers.map(({ store }) => store).filter((store) => gone.has(store))
    plan.push({ cell: survivor.cell, survivor, others, lost: stores, confVer: latest.cell.epoch.confVer })
  }
  return plan.sort((a, b) => a.cell.id - b.cell.id)
}

export function recoveryOf({ cell, survivor, confVer }: RecoveredCell): Recovery {
  return { cell: cell.id, store: survivor.store, peer: survivor.peer, confVer }
}

function isLaterConfiguration(a: Survivor, b: Survivor): boolean {
  return a.cell.epoch.confVer > b.cell.epoch.confVer
}

/** The longest first. */
function byLog(a: Survivor, b: Survivor): number {
  return b.lastTerm - a.lastTerm || b.lastIndex - a.lastIndex || a.peer - b.peer
}
