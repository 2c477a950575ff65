/**
 * The newest effect on each raw key of many entries. A table over the bytes where they lie, in typed arrays: a store
 * writes back hundreds of thousands of effects a second, and an object and a string for each would cost more than the
 * engine does.
 */
import { compareBytes } from '../base/index.ts'

const SLOTS_MIN = 1024
/** Numbers kept of an effect: its buffer, where its key begins and ends, where its value begins (−1: delete) and ends. */
const FIELDS = 5

export class NewestEffects {
  /** Effects that count, dropped ones included. */
  length = 0
  readonly #buffers: Buffer[] = []
  /** Effect number + 1; 0: free. */
  #slots = new Int32Array(SLOTS_MIN)
  #fields = new Int32Array(SLOTS_MIN * FIELDS)
  #hashes = new Int32Array(SLOTS_MIN)
  readonly #seed: number

  /** @param seed a number that clients do not know, or they could choose keys that all meet in one slot */
  constructor(seed: number) {
    this.#seed = seed
  }

  /** The effects that are put next lie in `buffer`. */
  lookAt(buffer: Buffer): void {
    this.#buffers.push(buffer)
  }

  put(keyStart: number, keyEnd: number, valueStart: number, valueEnd: number): void {
    const buffer = this.#buffers[this.#buffers.length - 1] as Buffer
    const hash = hashOfKey(buffer, keyStart, keyEnd, this.#seed)
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (;;) {
      const at = (this.#slots[slot] as number) - 1
      if (at < 0) break
      if (this.#hashes[at] === hash && this.#isKey(at, buffer, keyStart, keyEnd)) {
        this.#set(at, keyStart, keyEnd, valueStart, valueEnd)
        return
      }
      slot = (slot + 1) & mask
    }
    const at = this.length++
    this.#slots[slot] = at + 1
    this.#hashes[at] = hash
    this.#set(at, keyStart, keyEnd, valueStart, valueEnd)
    if (this.length * 2 > this.#slots.length) this.#grow()
  }

  /** A range was deleted: what was put in it before does not count any more. */
  deleteRange(start: Uint8Array, end: Uint8Array): void {
    for (let at = 0; at < this.length; at++) {
      const key = this.key(at)
      if (key === null || compareBytes(key, start) < 0 || compareBytes(key, end) >= 0) continue
      this.#fields[at * FIELDS] = -1
    }
  }

  /** Null: a range was deleted over it. */
  key(at: number): Uint8Array | null {
    const field = at * FIELDS
    const buffer = this.#fields[field] as number
    if (buffer < 0) return null
    return (this.#buffers[buffer] as Buffer).subarray(this.#fields[field + 1], this.#fields[field + 2])
  }

  /** Null: the key is deleted, or does not count any more. */
  value(at: number): Uint8Array | null {
    const field = at * FIELDS
    const start = this.#fields[field + 3] as number
    if (start < 0 || (this.#fields[field] as number) < 0) return null
    return (this.#buffers[this.#fields[field] as number] as Buffer).subarray(start, this.#fields[field + 4])
  }

  #set(at: number, keyStart: number, keyEnd: number, valueStart: number, valueEnd: number): void {
    const field = at * FIELDS
    const fields = this.#fields
    fields[field] = this.#buffers.length - 1
    fields[field + 1] = keyStart
    fields[field + 2] = keyEnd
    fields[field + 3] = valueStart
    fields[field + 4] = valueEnd
  }

  /** A dropped effect keeps its hash but has no key: it is taken up again by the same key's next effect, or never. */
  #isKey(at: number, buffer: Buffer, keyStart: number, keyEnd: number): boolean {
    const field = at * FIELDS
    const index = this.#fields[field] as number
    if (index < 0) return false
    const start = this.#fields[field + 1] as number
    if ((this.#fields[field + 2] as number) - start !== keyEnd - keyStart) return false
    const known = this.#buffers[index] as Buffer
    for (let i = keyEnd - keyStart - 1; i >= 0; i--) if (known[start + i] !== buffer[keyStart + i]) return false
    return true
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 2)
    const mask = slots.length - 1
    for (let at = 0; at < this.length; at++) {
      let slot = (this.#hashes[at] as number) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = at + 1
    }
    this.#slots = slots
    const fields = new Int32Array(slots.length * FIELDS)
    fields.set(this.#fields)
    this.#fields = fields
    const hashes = new Int32Array(slots.length)
    hashes.set(this.#hashes)
    this.#hashes = hashes
  }
}

/** FNV-1a, with its bits mixed once more, for the low ones choose the slot. */
export function hashOfKey(buffer: Buffer, start: number, end: number, seed: number): number {
  let hash = 0x811c9dc5 ^ seed
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (buffer[i] as number), 0x01000193)
  return hash ^ (hash >>> 15)
}
