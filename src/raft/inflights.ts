import { assert } from '../base/index.ts'

/** A power of two, so that positions wrap with a mask. Three or four appends are under way to a follower that keeps up. */
const FIRST_CAPACITY = 4
/** A buffer that grew beyond this in a burst is given back when the burst is over. */
const KEPT_CAPACITY = 16

/**
 * The appends on their way to one follower: a window, first in first out, limited in messages and in bytes.
 *
 * A ring of (last index, bytes) pairs. It is allocated when the first append leaves and grows as it fills, because
 * the limit may be far above what is ever used and most nodes are at rest.
 *
 * Invariant: indexes ascend; `count <= messagesMax`.
 */
export class Inflights {
  readonly messagesMax: number
  /** 0: no limit. */
  readonly bytesMax: number
  count: number
  /** Kept with every change, because it is asked for more often. */
  full: boolean
  /** The last index of the last of them; 0 when there are none. */
  #newest: number
  #bytes: number
  #start: number
  #ring: number[] | null

  constructor(messagesMax: number, bytesMax: number) {
    this.messagesMax = messagesMax
    this.bytesMax = bytesMax
    this.count = 0
    this.full = false
    this.#newest = 0
    this.#bytes = 0
    this.#start = 0
    this.#ring = null
  }

  /** An append that ends at `lastIndex` has left. One message may push the bytes over their limit; none follows it. */
  add(lastIndex: number, bytes: number): void {
    assert(!this.full, 'an append left although the window was full')
    const ring = this.#ring !== null && this.count * 2 < this.#ring.length ? this.#ring : this.#grown()
    const at = ((this.#start + this.count) * 2) & (ring.length - 1)
    ring[at] = lastIndex
    ring[at + 1] = bytes
    this.count++
    this.#newest = lastIndex
    this.#bytes += bytes
    this.#weigh()
  }

  /** The follower has everything up to `index`: appends that end there or below have arrived. */
  freeUpTo(index: number): void {
    if (this.count === 0) return
    if (this.#newest <= index) {
      this.reset()
      return
    }
    const ring = this.#ring!
    const mask = ring.length - 1
    while (ring[(this.#start * 2) & mask]! <= index) {
      this.#bytes -= ring[((this.#start * 2) & mask) + 1]!
      this.#start++
      this.count--
    }
    this.#weigh()
  }

  reset(): void {
    this.count = 0
    this.full = false
    this.#newest = 0
    this.#bytes = 0
    this.#start = 0
    if (this.#ring !== null && this.#ring.length > KEPT_CAPACITY * 2) this.#ring = null
  }

  #weigh(): void {
    this.full = this.count >= this.messagesMax || (this.bytesMax !== 0 && this.#bytes >= this.bytesMax)
  }

  #grown(): number[] {
    const ring = this.#ring
    if (ring === null) {
      this.#ring = new Array<number>(FIRST_CAPACITY * 2).fill(0)
      return this.#ring
    }
    const grown = new Array<number>(ring.length * 2).fill(0)
    for (let i = 0; i < this.count; i++) {
      const from = ((this.#start + i) * 2) & (ring.length - 1)
      grown[i * 2] = ring[from]!
      grown[i * 2 + 1] = ring[from + 1]!
    }
    this.#start = 0
    this.#ring = grown
    return grown
  }
}
