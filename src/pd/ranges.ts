import { compareBytes } from '../base/index.ts'
import type { Cell } from '../model/index.ts'

/**
 * Cells by the order of their ranges, user cells apart from system cells. Invariant: no two of them overlap, so those
 * that a range meets lie side by side.
 */
export class Ranges {
  readonly #user = new Tiles()
  readonly #system = new Tiles()

  overlapping(cell: Cell): Cell[] {
    return this.#of(cell.system).overlapping(cell)
  }

  /** The cell that holds the key. */
  at(key: Uint8Array, system: boolean): Cell | undefined {
    return this.#of(system).at(key)
  }

  /** Those that end where it begins and begin where it ends. */
  neighbours(cell: Cell): Cell[] {
    return this.#of(cell.system).neighbours(cell)
  }

  /** What it overlaps has been removed. */
  insert(cell: Cell): void {
    this.#of(cell.system).insert(cell)
  }

  /** By id and range. */
  remove(cell: Cell): void {
    this.#of(cell.system).remove(cell)
  }

  /** True when the cells cover every user key, and the system range. */
  tile(): boolean {
    return this.#user.holes === 0 && this.#system.holes === 0
  }

  #of(system: boolean): Tiles {
    return system ? this.#system : this.#user
  }
}

/** One keyspace. The holes are counted as cells come and go: to look for them would be to look at all cells. */
class Tiles {
  readonly #cells: Cell[] = []
  holes = 1

  overlapping(cell: Cell): Cell[] {
    const cells = this.#cells
    const found: Cell[] = []
    for (let i = this.#firstEndingAfter(cell.start); i < cells.length; i++) {
      const other = cells[i] as Cell
      if (cell.end !== null && compareBytes(other.start, cell.end) >= 0) break
      found.push(other)
    }
    return found
  }

  at(key: Uint8Array): Cell | undefined {
    const cell = this.#cells[this.#firstEndingAfter(key)]
    return cell !== undefined && compareBytes(cell.start, key) <= 0 ? cell : undefined
  }

  neighbours(cell: Cell): Cell[] {
    const at = this.#firstEndingAfter(cell.start)
    const [left, right] = [this.#cells[at - 1], this.#cells[at + 1]]
    const found: Cell[] = []
    if (left !== undefined && !isHole(left, cell)) found.push(left)
    if (right !== undefined && !isHole(cell, right)) found.push(right)
    return found
  }

  insert(cell: Cell): void {
    const at = this.#firstEndingAfter(cell.start)
    const [left, right] = [this.#cells[at - 1], this.#cells[at]]
    this.holes += isHole(left, cell) + isHole(cell, right) - isHole(left, right)
    this.#cells.splice(at, 0, cell)
  }

  remove(cell: Cell): void {
    const at = this.#firstEndingAfter(cell.start)
    const held = this.#cells[at]
    if (held?.id !== cell.id) return
    const [left, right] = [this.#cells[at - 1], this.#cells[at + 1]]
    this.holes += isHole(left, right) - isHole(left, held) - isHole(held, right)
    this.#cells.splice(at, 1)
  }

  #firstEndingAfter(key: Uint8Array): number {
    let low = 0
    let high = this.#cells.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const end = (this.#cells[middle] as Cell).end
      if (end !== null && compareBytes(end, key) <= 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** 1 when there are keys between two cells that lie side by side; undefined: the first key, the last key. */
function isHole(left: Cell | undefined, right: Cell | undefined): 0 | 1 {
  const end = left === undefined ? FIRST_KEY : left.end
  if (right === undefined) return end === null ? 0 : 1
  return end !== null && compareBytes(end, right.start) === 0 ? 0 : 1
}

const FIRST_KEY = new Uint8Array(0)
