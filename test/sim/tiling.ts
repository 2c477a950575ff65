/**
 * The cells as ranges: of each cell and version there is one range, on whichever peer it is seen; the newest ranges of all
 * cells never overlap; and at the end they leave nothing out. What has become a part of another cell counts no more. Two
 * keys between which no cell ever began have been in one cell all the time.
 */
import { compareBytes, latin1 } from '../../src/base/index.ts'
import type { Absorbed, Cell } from '../../src/model/index.ts'

export class Tiling {
  /** By cell and version. */
  readonly #seen = new Map<string, string>()
  /** Of each cell of users' keys, the newest. */
  readonly #newest = new Map<number, Cell>()
  readonly #known = new Set<number>()
  readonly #merged = new Set<number>()
  /** Of users' keys: wherever a cell ever began, a character per byte. */
  readonly #starts = new Set<string>()
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
    this.#known.add(cell.id)
    if (!cell.system) this.#starts.add(latin1(cell.start))
    if (this.#merged.has(cell.id)) return null
    const newest = this.#newest.get(cell.id)
    if (!cell.system && (newest === undefined || newest.epoch.version < cell.epoch.version)) {
      this.#newest.set(cell.id, cell)
      this.#changed = true
    }
    return null
  }

  /** These are a part of another one that was seen. */
  merged(absorbed: readonly Absorbed[]): void {
    for (const { cell } of absorbed) {
      if (this.#merged.has(cell)) continue
      this.#merged.add(cell)
      this.#newest.delete(cell)
      this.#changed = true
    }
  }

  /** Was it ever seen? */
  knows(cell: number): boolean {
    return this.#known.has(cell)
  }

  get merges(): number {
    return this.#merged.size
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

  /** Of a key, a character per byte: a number that two keys share when they have been in one cell all the time. */
  cellFinder(): (key: string) => number | null {
    const starts = [...this.#starts].sort()
    const found = new Map<string, number>()
    return (key) => {
      let piece = found.get(key)
      if (piece === undefined) {
        piece = starts.findLastIndex((start) => start <= key)
        found.set(key, piece)
      }
      return piece < 0 ? null : piece
    }
  }

  #sorted(): Cell[] {
    return [...this.#newest.values()].sort((a, b) => compareBytes(a.start, b.start))
  }
}

function rangeText({ start, end }: Cell): string {
  return `[${JSON.stringify(latin1(start))}, ${end === null ? 'end' : JSON.stringify(latin1(end))})`
}
