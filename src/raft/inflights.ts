import { assert } from '../base/index.ts'

/** A power of two, so that positions wrap with a mask. Three or four appends are under way to a follower that is far. */
const FIRST_CAPACITY = 4
/** A buffer that grew beyond this in a burst is given back when the burst is over. */
const KEPT_CAPACITY = 16

/**
 * The appends on their way to one follower: a window, first in first out, limited in messages and in bytes.
 *
 * The newest stands in fields of its own, since the usual follower has answered one before the next leaves. Those before
 * it stand in a ring of (last index, bytes) pairs, which is allocated when there are two and grows as it fills: the limit
 * may be far above what is ever used, and most nodes are at rest.
 *
 * Invariant: indexes ascend; `count <= messagesMax`; the ring holds `count - 1` pairs from `#start` on, none for 0.
 */
export class Inflights {
  readonly messagesMax: number
  /** 0: no limit. */
  readonly bytesMax: number
  count: number
  /** Kept with every change, because it is asked for more often. */
  full: boolean
  /** The last index of the newest, and its bytes; 0 when there is none. */
  #newest: number
  #newestBytes: number
  #bytes: number
  #start: number
  #ring: number[] | null

  constructor(messagesMax: number, bytesMax: number) {
    this.messagesMax = messagesMax
    this.bytesMax = bytesMax
    this.count = 0
    this.full = false
    this.#newest = 0
    this.#newestBytes = 0
    this.#bytes = 0
    this.#start = 0
    this.#ring = null
  }

  /**
   * An append that ends at `lastIndex` has left. One message may push the bytes over their limit; none follows it.
   * Returns whether the window is full now.
   */
  add(lastIndex: number, bytes: number): boolean {
    assert(!this.full, 'an append left although the window was full')
    if (this.count > 0) this.#pushOlder()
    this.count++
    this.#newest = lastIndex
    this.#newestBytes = bytes
    this.#bytes += bytes
    const full = this.count >= this.messagesMax || (this.bytesMax !== 0 && this.#bytes >= this.bytesMax)
    this.full = full
    return full
  }

  /** The newest is about to have a successor. */
  #pushOlder(): void {
    const older = this.count - 1
    const ring = this.#ring !== null && older * 2 < this.#ring.length ? this.#ring : this.#grown(older)
    const at = ((this.#start + older) * 2) & (ring.length - 1)
    ring[at] = this.#newest
    ring[at + 1] = this.#newestBytes
  }

  /** The follower has everything up to `index`: appends that end there or below have arrived. */
  freeUpTo(index: number): void {
    if (this.count === 0) return
    if (this.#newest <= index) {
      this.reset()
      return
    }
    if (this.count > 1) this.#freeOlder(index)
  }

  #freeOlder(index: number): void {
    const ring = this.#ring!
    const mask = ring.length - 1
    while (this.count > 1 && ring[(this.#start * 2) & mask]! <= index) {
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
    this.#newestBytes = 0
    this.#bytes = 0
    this.#start = 0
    if (this.#ring !== null && this.#ring.length > KEPT_CAPACITY * 2) this.#ring = null
  }

  #weigh(): void {
    this.full = this.count >= this.messagesMax || (this.bytesMax !== 0 && this.#bytes >= this.bytesMax)
  }

  #grown(older: number): number[] {
    const ring = this.#ring
    if (ring === null) {
      this.#ring = new Array<number>(FIRST_CAPACITY * 2).fill(0)
      return this.#ring
    }
    const grown = new Array<number>(ring.length * 2).fill(0)
    for (let i = 0; i < older; i++) {
      const from = ((this.#start + i) * 2) & (ring.length - 1)
      grown[i * 2] = ring[from]!
      grown[i * 2 + 1] = ring[from + 1]!
    }
    this.#start = 0
    this.#ring = grown
    return grown
  }
}
