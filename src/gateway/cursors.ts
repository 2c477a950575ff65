import type { Random } from '../base/index.ts'

/** Positions that are remembered: the newest. A client that leaves a SCAN for long has to begin again. */
const POSITIONS_MAX = 65_536
const POSITION_BYTES_MAX = 16 * 1024 * 1024

/**
 * What the cursors of SCAN stand for: a position is a key, which a number cannot hold. Numbers begin anywhere, so that
 * one which an earlier server gave is not known by chance, and are below 2^53, for not every client has larger ones.
 */
export class Cursors {
  #last: bigint
  #bytes: number
  readonly #positions: Map<bigint, string>

  constructor(random: Random) {
    this.#last = (BigInt(random.u32()) << 16n) + 1n
    this.#bytes = 0
    this.#positions = new Map()
  }

  get size(): number {
    return this.#positions.size
  }

  /** The cursor of a position; a character per byte. */
  give(position: string): bigint {
    this.#positions.set(++this.#last, position)
    this.#bytes += position.length
    for (const [cursor, { length }] of this.#positions) {
      if (this.#positions.size <= POSITIONS_MAX && this.#bytes <= POSITION_BYTES_MAX) break
      this.#positions.delete(cursor)
      this.#bytes -= length
    }
    return this.#last
  }

  /** Undefined: not known, or not any more. A cursor may be used again: its reply may have been lost. */
  find(cursor: bigint): string | undefined {
    return cursor === 0n ? '' : this.#positions.get(cursor)
  }
}
