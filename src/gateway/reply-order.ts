import { assert } from '../base/index.ts'
import { ReplyWriter } from '../redis/index.ts'

/** In the place of an offset: the reply has not come. */
const AWAITED = -1
/** The same, and when it comes it is thrown away (CLIENT REPLY). */
const AWAITED_SILENT = -2

const PLACES_FIRST = 16
/** Replies that came early are moved together when so much of their memory is no longer needed. */
const WASTE_BYTES_MAX = 64 * 1024

/**
 * Replies leave in the order of the requests, in whatever order they come. The reply that is awaited first goes straight
 * to the output; one that comes before its turn is kept, beside others, in one buffer.
 *
 * Invariant: the place of `first` is awaited, unless nothing is.
 */
export class ReplyOrder {
  /** Slots from `first` to `next` − 1 are awaited, or came early. */
  #first: number
  #next: number
  /** Offsets in `#early`, start and end for each slot; an awaited one has its sign in both. */
  #places: Int32Array
  #early: ReplyWriter | null
  /** Of the replies in `#early` that have not left. */
  #earlyBytes: number

  constructor() {
    this.#first = 0
    this.#next = 0
    this.#places = new Int32Array(PLACES_FIRST * 2)
    this.#early = null
    this.#earlyBytes = 0
  }

  /** Requests whose reply has not left. */
  get pending(): number {
    return this.#next - this.#first
  }

  /** Bytes of replies that wait for one before them. */
  get earlyBytes(): number {
    return this.#earlyBytes
  }

  /** The memory that this takes. */
  get heldBytes(): number {
    return (this.#early === null ? 0 : this.#early.buffer.length) + this.#places.byteLength
  }

  /** A place for the reply of one more request; silent: it will be thrown away. */
  take(isSilent: boolean): number {
    if (this.pending * 2 >= this.#places.length) this.#grow()
    const slot = this.#next++
    const at = this.#at(slot)
    this.#places[at] = isSilent ? AWAITED_SILENT : AWAITED
    this.#places[at + 1] = AWAITED
    return slot
  }

  /** The reply of a slot has come; it leaves to `out` now, with those behind it that came early, or later. */
  fill(slot: number, buffer: Uint8Array, start: number, end: number, out: ReplyWriter): void {
    const at = this.#at(slot)
    const state = this.#places[at] as number
    assert(slot >= this.#first && slot < this.#next && state < 0, 'a reply is awaited once')
    if (slot === this.#first) {
      if (state === AWAITED) out.raw(buffer, start, end)
      this.#first++
      if (this.#early !== null) this.#release(this.#early, out)
      return
    }
    this.#early ??= new ReplyWriter()
    const early = this.#early
    this.#places[at] = early.length
    if (state === AWAITED) {
      early.raw(buffer, start, end)
      this.#earlyBytes += end - start
    }
    this.#places[at + 1] = early.length
  }

  #release(early: ReplyWriter, out: ReplyWriter): void {
    while (this.#first < this.#next) {
      const at = this.#at(this.#first)
      const start = this.#places[at] as number
      if (start < 0) break
      const end = this.#places[at + 1] as number
      out.raw(early.buffer, start, end)
      this.#earlyBytes -= end - start
      this.#first++
    }
    if (this.#earlyBytes === 0 && this.#first === this.#next) this.#early = null
    else if (early.length - this.#earlyBytes > WASTE_BYTES_MAX + this.#earlyBytes) this.#compact(early)
  }

  #compact(early: ReplyWriter): void {
    const moved = new ReplyWriter()
    for (let slot = this.#first; slot < this.#next; slot++) {
      const at = this.#at(slot)
      const start = this.#places[at] as number
      if (start < 0) continue
      this.#places[at] = moved.length
      moved.raw(early.buffer, start, this.#places[at + 1] as number)
      this.#places[at + 1] = moved.length
    }
    this.#early = moved
  }

  #at(slot: number): number {
    return (slot * 2) & (this.#places.length - 1)
  }

  #grow(): void {
    const old = this.#places
    const places = new Int32Array(old.length * 2)
    for (let slot = this.#first; slot < this.#next; slot++) {
      const from = (slot * 2) & (old.length - 1)
      const to = (slot * 2) & (places.length - 1)
      places[to] = old[from] as number
      places[to + 1] = old[from + 1] as number
    }
    this.#places = places
  }
}
