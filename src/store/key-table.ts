/**
 * What is known of keys, found by key, in the order in which it came, forgotten from its oldest end. For each key there
 * is an *entry* of bytes: what is asked of it most, the key, and its value if that is short. A lookup waits for the slot
 * and for the entry, and for nothing else: where there are many keys the time goes into waiting for memory. And what is
 * no object costs no garbage collector anything.
 *
 * All lookups give the same `KeyRecord`, which is good until the next one.
 */
import { assert } from '../base/index.ts'
import { addressOf, type KeyBlock, KeyBlocks, NO_BLOCK, offsetOf } from './key-blocks.ts'
import { ENTRY_HEADER_BYTES, KeyRecord, WORD } from './key-record.ts'
import type { ValueApart } from './value-apart.ts'

/** Two words each: the hash of a key; where its entry lies, or 0 when the slot is free. */
const SLOTS_MIN = 16
/** Of an entry of more than so many bytes no more than half may be empty. */
const ROOMY_BYTES = 128
/** A call costs more than a loop over fewer bytes. */
const LOOP_BYTES_MAX = 24
/** Waste below which it is not worth the work to move what lies between. */
const WASTE_MIN = 64 * 1024
/** Blocks made empty in one turn. */
const BLOCKS_PER_TURN = 4
const NO_SLOTS = new Int32Array(0)

export class KeyTable {
  size: number
  readonly #seed: number
  /** At most half of them are in use. */
  #slots: Int32Array
  readonly #blocks: KeyBlocks
  /** Values that do not lie in their entries; null where a number is free. Number 0 stands for none. */
  readonly #apart: (ValueApart | null)[]
  readonly #apartFree: number[]
  /** What was found last; the next one looked for is often the same. */
  readonly #record: KeyRecord
  /** What is moved. */
  readonly #moving: KeyRecord

  /** @param seed a number that clients do not know, or they could choose keys that all meet in one slot */
  constructor(seed: number) {
    this.size = 0
    this.#seed = seed | 0
    this.#slots = NO_SLOTS
    this.#blocks = new KeyBlocks()
    this.#apart = [null]
    this.#apartFree = []
    this.#record = new KeyRecord()
    this.#moving = new KeyRecord()
  }

  get memoryBytes(): number {
    return this.#blocks.bytes + this.#slots.length * 4
  }

  find(key: string): KeyRecord | undefined {
    const record = this.#record
    if (record.block !== NO_BLOCK && isKey(record.block, record.offset, key)) return record
    const slots = this.#slots
    if (slots.length === 0) return undefined
    const mask = slots.length - 2
    const hash = hashOf(key, this.#seed)
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const address = slots[at + 1] as number
      if (address === 0) return undefined
      if (slots[at] !== hash) continue
      const block = this.#blocks.at(address)
      const offset = offsetOf(address)
      if (isKey(block, offset, key)) return this.#look(record, block, offset)
    }
  }

  /** The same for a key that lies in `source`. */
  findAt(source: Uint8Array, start: number, end: number): KeyRecord | undefined {
    const record = this.#record
    if (record.block !== NO_BLOCK && isKeyAt(record.block, record.offset, source, start, end)) return record
    const slots = this.#slots
    if (slots.length === 0) return undefined
    const mask = slots.length - 2
    const hash = hashOfBytes(source, start, end, this.#seed)
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const address = slots[at + 1] as number
      if (address === 0) return undefined
      if (slots[at] !== hash) continue
      const block = this.#blocks.at(address)
      const offset = offsetOf(address)
      if (isKeyAt(block, offset, source, start, end)) return this.#look(record, block, offset)
    }
  }

  /** One whose key is not there: known to be absent, with room for a value of so many bytes. */
  add(key: string, valueBytes = 0): KeyRecord {
    if (this.size * 4 + 4 > this.#slots.length) this.#resize(Math.max(SLOTS_MIN, this.#slots.length))
    const bytes = entryBytes(key.length, valueBytes)
    this.#blocks.allocate(bytes)
    const { block, offset } = this.#blocks
    const { words, doubles, buffer } = block
    const word = offset >>> 2
    doubles[offset >>> 3] = 0
    doubles[(offset >>> 3) + 1] = 0
    words[word + WORD.keyBytes] = key.length
    words[word + WORD.valueBytes] = 0
    words[word + WORD.entryBytes] = bytes
    words[word + WORD.state] = 0
    const at = offset + ENTRY_HEADER_BYTES
    if (key.length > LOOP_BYTES_MAX) buffer.write(key, at, 'latin1')
    else for (let i = 0; i < key.length; i++) buffer[at + i] = key.charCodeAt(i)
    put(this.#slots, hashOf(key, this.#seed), addressOf(block, offset))
    this.size++
    return this.#look(this.#record, block, offset)
  }

  /** Its entry gets room for a value of so many bytes; what it held is not there any more if it had to move for that. */
  makeRoom(record: KeyRecord, valueBytes: number): void {
    const wanted = entryBytes(record.keyBytes, valueBytes)
    const has = record.entryBytes
    if (wanted <= has && (has <= ROOMY_BYTES || wanted * 2 >= has)) return
    this.#move(record, wanted, record.keyEnd - record.offset)
  }

  /** Where its value lies, if not in its entry. */
  setApart(record: KeyRecord, apart: ValueApart | null): void {
    const number = record.apartNumber
    if (apart === null) {
      if (number === 0) return
      this.#apart[number] = null
      this.#apartFree.push(number)
      record.apartNumber = 0
    } else if (number === 0) {
      const free = this.#apartFree.pop() ?? this.#apart.length
      this.#apart[free] = apart
      record.apartNumber = free
    } else {
      this.#apart[number] = apart
    }
    record.apart = apart
  }

  *allApart(): Generator<ValueApart, void> {
    for (const apart of this.#apart) if (apart !== null) yield apart
  }

  delete(record: KeyRecord): void {
    assert(record.apart === null, 'what lies apart is given back before')
    const { block } = record
    const slots = this.#slots
    const mask = slots.length - 2
    let hole = this.#slotOf(record)
    // Those behind it come closer to where they are looked for, or they would not be found beyond the hole.
    for (let at = (hole + 2) & mask; slots[at + 1] !== 0; at = (at + 2) & mask) {
      const home = ((slots[at] as number) << 1) & mask
      if (((at - home) & mask) < ((at - hole) & mask)) continue
      slots[hole] = slots[at] as number
      slots[hole + 1] = slots[at + 1] as number
      hole = at
    }
    slots[hole + 1] = 0
    const bytes = record.entryBytes
    record.leave()
    this.#record.block = NO_BLOCK
    if (--this.size === 0) this.clear()
    else this.#blocks.free(block, bytes)
  }

  clear(): void {
    this.size = 0
    this.#slots = NO_SLOTS
    this.#blocks.clear()
    this.#apart.length = 1
    this.#apartFree.length = 0
    this.#record.block = NO_BLOCK
  }

  /** Goes over all records from the oldest on, while others come and go. Who moves on is met again, or for the first time. */
  cursor(): KeyCursor {
    return new KeyCursor(this)
  }

  /** For the cursor: the next record that is there, and where it is. */
  step(cursor: KeyCursor): KeyRecord | null {
    for (;;) {
      const block = this.#blocks.from(cursor.sequence)
      if (block === undefined) return null
      if (block.sequence !== cursor.sequence) {
        cursor.sequence = block.sequence
        cursor.offset = 0
      }
      while (cursor.offset < block.used) {
        const { offset } = cursor
        const record = this.#look(this.#record, block, offset)
        cursor.offset += record.entryBytes
        if (!record.isGone) return record
      }
      this.#record.block = NO_BLOCK
      // New ones will come where this one ends.
      if (block === this.#blocks.last) return null
      cursor.sequence++
      cursor.offset = 0
    }
  }

  /** What was found at `address` and has not been deleted or moved since. */
  at(address: number): KeyRecord {
    return this.#look(this.#record, this.#blocks.at(address), offsetOf(address))
  }

  /** Blocks of which most is of no use are given up, a few at a time. No record that was given before is good any more. */
  tidy(): void {
    const blocks = this.#blocks
    for (let i = 0; i < BLOCKS_PER_TURN && blocks.bytes > 2 * blocks.live + WASTE_MIN; i++) {
      const block = blocks.sparsest()
      if (block === undefined) break
      this.empty(block.sequence)
    }
    if (this.size * 32 < this.#slots.length && this.#slots.length > SLOTS_MIN * 2)
      this.#resize(this.#slots.length >>> 3)
  }

  /** All that is in that block goes to where the newest are, and the block is free. */
  empty(sequence: number): void {
    const block = this.#blocks.from(sequence)
    if (block === undefined || block.sequence !== sequence || block === this.#blocks.last) return
    if (this.#record.block === block) this.#record.block = NO_BLOCK
    const { used } = block
    for (let offset = 0; offset < used && block.sequence === sequence && block.live > 0; ) {
      const record = this.#look(this.#moving, block, offset)
      const bytes = record.entryBytes
      if (!record.isGone) this.#move(record, bytes, bytes)
      offset += bytes
    }
    this.#moving.block = NO_BLOCK
  }

  /** Whether most of the block is of no use. */
  isSparse(sequence: number): boolean {
    const block = this.#blocks.from(sequence)
    return block !== undefined && block.sequence === sequence && block.live * 2 < block.bytes
  }

  get lastSequence(): number {
    return this.#blocks.last?.sequence ?? 0
  }

  /** To the newest end, with its first bytes. */
  #move(record: KeyRecord, entryBytes: number, keptBytes: number): void {
    const slot = this.#slotOf(record)
    const { block: from, offset: fromOffset } = record
    const bytes = record.entryBytes
    this.#blocks.allocate(entryBytes)
    const { block, offset } = this.#blocks
    block.buffer.set(from.buffer.subarray(fromOffset, fromOffset + keptBytes), offset)
    block.words[(offset >>> 2) + WORD.entryBytes] = entryBytes
    this.#slots[slot + 1] = addressOf(block, offset)
    record.leave()
    this.#blocks.free(from, bytes)
    this.#look(record, block, offset)
  }

  #slotOf(record: KeyRecord): number {
    const { block, offset } = record
    const slots = this.#slots
    const mask = slots.length - 2
    const address = addressOf(block, offset)
    const hash = hashOfBytes(block.buffer, offset + ENTRY_HEADER_BYTES, record.keyEnd, this.#seed)
    let at = (hash << 1) & mask
    while (slots[at + 1] !== address) {
      assert(slots[at + 1] !== 0, 'what has an entry has a slot')
      at = (at + 2) & mask
    }
    return at
  }

  #look(record: KeyRecord, block: KeyBlock, offset: number): KeyRecord {
    record.block = block
    record.offset = offset
    const number = record.apartNumber
    record.apart = number === 0 ? null : (this.#apart[number] as ValueApart)
    return record
  }

  #resize(words: number): void {
    let length = Math.max(SLOTS_MIN * 2, words)
    while (this.size * 4 + 4 > length) length *= 2
    const before = this.#slots
    const slots = new Int32Array(length)
    for (let at = 0; at < before.length; at += 2) {
      const address = before[at + 1] as number
      if (address !== 0) put(slots, before[at] as number, address)
    }
    this.#slots = slots
  }
}

export class KeyCursor {
  /** The block and the place in it that are looked at next. */
  sequence: number
  offset: number
  readonly #table: KeyTable

  constructor(table: KeyTable) {
    this.sequence = 0
    this.offset = 0
    this.#table = table
  }

  next(): KeyRecord | null {
    return this.#table.step(this)
  }
}

function entryBytes(keyBytes: number, valueBytes: number): number {
  return (ENTRY_HEADER_BYTES + keyBytes + valueBytes + 7) & ~7
}

function put(slots: Int32Array, hash: number, address: number): void {
  const mask = slots.length - 2
  let at = (hash << 1) & mask
  while (slots[at + 1] !== 0) at = (at + 2) & mask
  slots[at] = hash
  slots[at + 1] = address
}

/** From the end, for keys that are not the same are often of one family. */
function isKey({ words, buffer }: KeyBlock, offset: number, key: string): boolean {
  if (words[(offset >>> 2) + WORD.keyBytes] !== key.length) return false
  const at = offset + ENTRY_HEADER_BYTES
  for (let i = key.length - 1; i >= 0; i--) if (buffer[at + i] !== key.charCodeAt(i)) return false
  return true
}

function isKeyAt({ words, buffer }: KeyBlock, offset: number, source: Uint8Array, start: number, end: number): boolean {
  if (words[(offset >>> 2) + WORD.keyBytes] !== end - start) return false
  const at = offset + ENTRY_HEADER_BYTES - start
  for (let i = end - 1; i >= start; i--) if (buffer[at + i] !== source[i]) return false
  return true
}

/** Four bytes at a time: what one step takes is waited for by the next. A key and its bytes have one hash. */
function hashOf(key: string, seed: number): number {
  const { length } = key
  let hash = seed ^ length
  let i = 0
  for (; i + 4 <= length; i += 4) {
    const word =
      key.charCodeAt(i) | (key.charCodeAt(i + 1) << 8) | (key.charCodeAt(i + 2) << 16) | (key.charCodeAt(i + 3) << 24)
    hash = mixed(hash, word)
  }
  for (; i < length; i++) hash = mixed(hash, key.charCodeAt(i))
  return hash
}

function hashOfBytes(source: Uint8Array, start: number, end: number, seed: number): number {
  let hash = seed ^ (end - start)
  let i = start
  for (; i + 4 <= end; i += 4) {
    const word =
      (source[i] as number) |
      ((source[i + 1] as number) << 8) |
      ((source[i + 2] as number) << 16) |
      ((source[i + 3] as number) << 24)
    hash = mixed(hash, word)
  }
  for (; i < end; i++) hash = mixed(hash, source[i] as number)
  return hash
}

/** So that what the seed changes is not the same for all keys. */
function mixed(hash: number, word: number): number {
  hash = Math.imul(hash ^ word, 0x9e3779b1)
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0x85ebca6b)
  return hash ^ (hash >>> 13)
}
