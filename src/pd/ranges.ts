import { compareBytes } from '../base/index.ts'
import type { Cell } from '../model/index.ts'

/**
 * Cells by the order of their ranges, user cells apart from system cells. Invariant: no two of them overlap, so those
 * that a range meets lie side by side.
 */
export class Ranges {
  readonly #user: Cell[] = []
  readonly #system: Cell[] = []

  overlapping(cell: Cell): Cell[] {
    const cells = this.#of(cell)
    const found: Cell[] = []
    for (let i = this.#firstEndingAfter(cells, cell.start); i < cells.length; i++) {
      const other = cells[i] as Cell
      if (cell.end !== null && compareBytes(other.start, cell.end) >= 0) break
      found.push(other)
    }
    return found
  }

  /** The cell that holds the key. */
  at(key: Uint8Array, system: boolean): Cell | undefined {
    const cells = system ? this.#system : this.#user
    const cell = cells[this.#firstEndingAfter(cells, key)]
    return cell !== undefined && compareBytes(cell.start, key) <= 0 ? cell : undefined
  }

  /** What it overlaps has been removed. */
  insert(cell: Cell): void {
    const cells = this.#of(cell)
    cells.splice(this.#firstEndingAfter(cells, cell.start), 0, cell)
  }

  /** By id and range. */
  remove(cell: Cell): void {
    const cells = this.#of(cell)
    const at = this.#firstEndingAfter(cells, cell.start)
    if (cells[at]?.id === cell.id) cells.splice(at, 1)
  }

  /** True when the cells cover every user key, and the system range. */
  tile(): boolean {
    return covers(this.#user) && covers(this.#system)
  }

  #of(cell: Cell): Cell[] {
    return cell.system ? this.#system : this.#user
  }

  #firstEndingAfter(cells: readonly Cell[], key: Uint8Array): number {
    let low = 0
    let high = cells.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const end = (cells[middle] as Cell).end
      if (end !== null && compareBytes(end, key) <= 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

function covers(cells: readonly Cell[]): boolean {
  if (cells.length === 0 || (cells[0] as Cell).start.length > 0) return false
  for (let i = 0; i + 1 < cells.length; i++) {
    const end = (cells[i] as Cell).end
    if (end === null || compareBytes(end, (cells[i + 1] as Cell).start) !== 0) return false
  }
  return (cells[cells.length - 1] as Cell).end === null
}
