/**
 * The records of keys, found by key, in the order in which they came. A `Map` would do, but where there are many keys the
 * time goes into waiting for memory: a `Map` looks at a bucket, then at an entry and at its key for each of those that
 * share the bucket. Here hashes lie beside one another, so that a key is looked at only when it is the right one, and
 * that lies in the record.
 */
import { assert } from '../base/index.ts'
import type { KeyRecord } from './key-record.ts'

/** Two words each: the hash of a key; the place of its record + 1, or 0 when the slot is free. */
const SLOTS_MIN = 64
/** Places of records that are gone, beyond as many as there are records: then they are closed up. */
const GONE_MAX = 1024

export class KeyTable {
  size: number
  readonly #seed: number
  /** At most half of them are in use. */
  #slots: Int32Array
  /** In the order in which they came; null where one is gone. */
  #places: (KeyRecord | null)[]
  /** None below it is there any more: who forgets the oldest first need not look at all that are gone each time. */
  #first: number
  #cursor: KeyCursor | null

  /** @param seed a number that clients do not know, or they could choose keys that all meet in one slot */
  constructor(seed: number) {
    this.size = 0
    this.#seed = seed | 0
    this.#slots = new Int32Array(SLOTS_MIN * 2)
    this.#places = []
    this.#first = 0
    this.#cursor = null
  }

  get(key: string): KeyRecord | undefined {
    const slots = this.#slots
    const mask = slots.length - 2
    const hash = hashOf(key, this.#seed)
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const place = slots[at + 1] as number
      if (place === 0) return undefined
      if (slots[at] !== hash) continue
      const record = this.#places[place - 1] as KeyRecord
      if (record.key === key) return record
    }
  }

  /** One whose key is not there. */
  add(record: KeyRecord): void {
    if (this.size * 4 >= this.#slots.length || this.#places.length > this.size * 2 + GONE_MAX) this.#rebuild()
    this.#places.push(record)
    put(this.#slots, hashOf(record.key, this.#seed), this.#places.length)
    this.size++
  }

  delete(record: KeyRecord): void {
    const slots = this.#slots
    const mask = slots.length - 2
    let hole = (hashOf(record.key, this.#seed) << 1) & mask
    for (;;) {
      const place = slots[hole + 1] as number
      assert(place !== 0, 'what is deleted is there')
      if (this.#places[place - 1] === record) break
      hole = (hole + 2) & mask
    }
    const places = this.#places
    places[(slots[hole + 1] as number) - 1] = null
    while (this.#first < places.length && places[this.#first] === null) this.#first++
    this.size--
    // Those behind it come closer to where they are looked for, or they would not be found beyond the hole.
    for (let at = (hole + 2) & mask; slots[at + 1] !== 0; at = (at + 2) & mask) {
      const home = ((slots[at] as number) << 1) & mask
      if (((at - home) & mask) < ((at - hole) & mask)) continue
      slots[hole] = slots[at] as number
      slots[hole + 1] = slots[at + 1] as number
      hole = at
    }
    slots[hole + 1] = 0
  }

  clear(): void {
    this.size = 0
    this.#slots = new Int32Array(SLOTS_MIN * 2)
    this.#places = []
    this.#first = 0
    if (this.#cursor !== null) this.#cursor.at = 0
  }

  /** In the order in which they came. Records may be deleted meanwhile, and none added. */
  *[Symbol.iterator](): Generator<KeyRecord, void> {
    for (let place = this.#first; place < this.#places.length; place++) {
      const record = this.#places[place] as KeyRecord | null
      if (record !== null) yield record
    }
  }

  /** Goes over all records while others come and go. There is one at a time: the one before it may not go on. */
  cursor(): KeyCursor {
    this.#cursor = new KeyCursor(this)
    return this.#cursor
  }

  /** For the cursor: the next record that is there, from a place on, and where it is. */
  step(cursor: KeyCursor): KeyRecord | null {
    assert(cursor === this.#cursor, 'a cursor goes on while there is no other')
    while (cursor.at < this.#places.length) {
      const record = this.#places[cursor.at++] as KeyRecord | null
      if (record !== null) return record
    }
    return null
  }

  /** Closes up the places of those that are gone, and makes as many slots as the others need. */
  #rebuild(): void {
    const old = this.#places
    const moved = new Int32Array(old.length)
    const places: KeyRecord[] = []
    let cursorAt = 0
    for (let place = 0; place < old.length; place++) {
      if (place === this.#cursor?.at) cursorAt = places.length
      const record = old[place] as KeyRecord | null
      if (record === null) continue
      places.push(record)
      moved[place] = places.length
    }
    if (this.#cursor !== null) this.#cursor.at = this.#cursor.at < old.length ? cursorAt : places.length
    let count = SLOTS_MIN
    while (count < (this.size + 1) * 2) count *= 2
    const before = this.#slots
    const slots = new Int32Array(count * 2)
    for (let at = 0; at < before.length; at += 2) {
      const place = before[at + 1] as number
      if (place !== 0) put(slots, before[at] as number, moved[place - 1] as number)
    }
    this.#places = places
    this.#first = 0
    this.#slots = slots
  }
}

export class KeyCursor {
  /** The place that is looked at next. */
  at: number
  readonly #table: KeyTable

  constructor(table: KeyTable) {
    this.at = 0
    this.#table = table
  }

  next(): KeyRecord | null {
    return this.#table.step(this)
  }
}

function put(slots: Int32Array, hash: number, place: number): void {
  const mask = slots.length - 2
  let at = (hash << 1) & mask
  while (slots[at + 1] !== 0) at = (at + 2) & mask
  slots[at] = hash
  slots[at + 1] = place
}

/** Mixed with each character, so that what the seed changes is not the same for all keys. */
function hashOf(key: string, seed: number): number {
  let hash = seed
  for (let i = 0; i < key.length; i++) {
    hash = Math.imul(hash ^ key.charCodeAt(i), 0x9e3779b1)
    hash ^= hash >>> 15
  }
  return hash
}
