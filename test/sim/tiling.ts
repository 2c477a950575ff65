/**
 * The cells as ranges: of each cell and version there is one range, on whichever peer it is seen; the newest ranges of all
 * cells never overlap; and at the end they leave nothing out. Cells are only ever cut, so two keys in one of the last
 * ranges have been in one cell all the time.
 */
import { compareBytes, fromLatin1, latin1 } from '../../src/base/index.ts'
import type { Cell } from '../../src/model/index.ts'

export class Tiling {
  /** By cell and version. */
  readonly #seen = new Map<string, string>()
  /** Of each cell of users' keys, the newest. */
  readonly #newest = new Map<number, Cell>()
  #changed = false

  /** Null, or what is wrong with it. */
  see(cell: Cell): string | null {
    const name = `${cell.id}/${cell.epoch.version}`
    const range = rangeText(cell)
    const known = this.#seen.get(name)
    if (known === range) return null
    if (known !== undefined)
      return `cell ${cell.id} in version ${cell.epoch.version} is ${range}, and elsewhere ${known}`
    this.#seen.set(name, range)
    const newest = this.#newest.get(cell.id)
    if (!cell.system && (newest === undefined || newest.epoch.version < cell.epoch.version)) {
      this.#newest.set(cell.id, cell)
      this.#changed = true
    }
    return null
  }

  /** Null, or two cells that overlap. Looks only when something has changed. */
  overlap(): string | null {
    if (!this.#changed) return null
    this.#changed = false
    const cells = this.#sorted()
    for (let i = 1; i < cells.length; i++) {
      const before = cells[i - 1] as Cell
      const cell = cells[i] as Cell
      if (before.end === null || compareBytes(before.end, cell.start) > 0) {
        return `cell ${before.id} ${rangeText(before)} and cell ${cell.id} ${rangeText(cell)} overlap`
      }
    }
    return null
  }

  /** Null, or where the cells leave a gap. */
  gap(): string | null {
    let at: Uint8Array | null = new Uint8Array(0)
    for (const cell of this.#sorted()) {
      if (at === null || compareBytes(at, cell.start) !== 0) return `nobody has the keys before ${rangeText(cell)}`
      at = cell.end
    }
    return at === null ? null : `nobody has the keys from ${JSON.stringify(latin1(at))} on`
  }

  get cells(): readonly number[] {
    return [...this.#newest.keys()]
  }

  /** Of a key, a character per byte: which of the last cells it is in. */
  cellFinder(): (key: string) => number | null {
    const cells = this.#sorted()
    const found = new Map<string, number | null>()
    return (key) => {
      const known = found.get(key)
      if (known !== undefined) return known
      const bytes = fromLatin1(key)
      const cell = cells.find(
        ({ start, end }) => compareBytes(start, bytes) <= 0 && (end === null || compareBytes(bytes, end) < 0),
      )
      const id = cell?.id ?? null
      found.set(key, id)
      return id
    }
  }

  #sorted(): Cell[] {
    return [...this.#newest.values()].sort((a, b) => compareBytes(a.start, b.start))
  }
}

function rangeText({ start, end }: Cell): string {
  return `[${JSON.stringify(latin1(start))}, ${end === null ? 'end' : JSON.stringify(latin1(end))})`
}
