/** Where a cell lies in the raw key space of its engine. */
import type { Cell } from '../model/index.ts'
import { type KeyRange, rangeOf, SCOPE, type Scope } from '../storage/index.ts'

export function scopeOfCell(cell: Cell): Scope {
  return cell.system ? SCOPE.system : SCOPE.user
}

export function rangeOfCell(cell: Cell): KeyRange {
  return rangeOf(scopeOfCell(cell), cell.start, cell.end)
}

/** The least key that is greater: where a scan that ended with `key` goes on. */
export function behind(key: Uint8Array): Uint8Array {
  return Buffer.concat([key, Uint8Array.of(0)])
}
