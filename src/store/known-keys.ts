import { assert, latin1 } from '../base/index.ts'
import { EFFECT, VALUE_TYPE } from '../storage/index.ts'
import {
  chunkOf,
  type EffectReader,
  expiryOfValue,
  longValueOf,
  mainKeyEnd,
  Slab,
  userKeyText,
  valuePrefixBytes,
} from './entry.ts'
import type { KeyOrder } from './key-order.ts'
import { FAR, KeyRecord, NO_SLAB } from './key-record.ts'
import { type KeyCursor, KeyTable } from './key-table.ts'

/** What a key costs in memory beside its bytes: the record, its place and slot, the string. Roughly. */
const RECORD_BYTES = 192
/** Values that are copied together. */
const HEIRS_SLAB_BYTES = 64 * 1024
const LOADED_SLAB_BYTES = 16 * 1024
/** A longer one stays in the memory in which the engine gave it. */
const COPIED_BYTES_MAX = 1024
/** And in the order of keys. */
const ORDERED_BYTES = 16

/** The keys of a cell that its leader has in memory, and what that memory is. */
export class KnownKeys {
  /** Of them, those that exist. When it equals the cell's count, every other key is absent. */
  present = 0
  /** Of the keys that exist; there is one while somebody walks over them. */
  order: KeyOrder | null = null
  /** The entry that last cleared the range: an absent key is absent because of it. */
  clearedIndex = 0
  /** Memory held by values; whole slabs, for that is what a small value pins (rule 23). */
  #pinnedBytes = 0
  readonly #records: KeyTable
  readonly #seed: number
  /** Where values that are loaded are put, and up to where it is full. */
  #loaded = NO_SLAB
  #loadedAt = 0

  /** @param seed for the table of keys; a number that no client can know */
  constructor(seed = 0) {
    this.#seed = seed
    this.#records = new KeyTable(seed)
  }

  get memoryBytes(): number {
    return this.#pinnedBytes + this.#records.size * RECORD_BYTES + (this.order?.size ?? 0) * ORDERED_BYTES
  }

  /** Goes over all keys while others come and go; there is one at a time. */
  cursor(): KeyCursor {
    return this.#records.cursor()
  }

  find(key: string): KeyRecord | undefined {
    return this.#records.get(key)
  }

  /** That of the key, which is made when there is none: then the key is absent. */
  record(key: string): KeyRecord {
    let record = this.#records.get(key)
    if (record === undefined) {
      record = new KeyRecord(key)
      this.#records.add(record)
    }
    return record
  }

  /** What the engine holds of a key that was asked for; null: nothing. A key that is known already stays as it is. */
  load(key: string, raw: Uint8Array | null): void {
    if (this.#records.get(key) !== undefined) return
    const record = this.record(key)
    if (raw === null) return
    this.order?.add(key)
    if (raw.length > COPIED_BYTES_MAX) {
      this.#settleRaw(record, new Slab(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)), 0, raw.length)
      return
    }
    // The engine gives each value memory of its own, and to keep a million of those costs more than to copy them.
    if (this.#loadedAt + raw.length > this.#loaded.buffer.length) {
      this.#loaded = new Slab(Buffer.allocUnsafeSlow(LOADED_SLAB_BYTES))
      this.#loadedAt = 0
    }
    const start = this.#loadedAt
    this.#loadedAt += raw.length
    this.#loaded.buffer.set(raw, start)
    this.#settleRaw(record, this.#loaded, start, this.#loadedAt)
  }

  /** The bytes of a long value that was far. */
  bring(record: KeyRecord, bytes: Buffer): void {
    assert(record.isFar && bytes.length === record.bytes, 'what is brought is the value that is wanted')
    this.settle(record, new Slab(bytes), 0, bytes.length, record.expireAtMs, record.chunkBytes)
    this.forgetNewer(record)
  }

  /**
   * Takes in a committed entry that is not in the engine yet: a new leader does so for its whole overlay. Entries from
   * before a split tell of keys from `end` on, which are the child's now. They are passed over: counted among those
   * present, they would make it seem that all keys of the cell are known, and the rest absent.
   */
  replay(effects: EffectReader, index: number, end: string | null): void {
    let slab: Slab | null = null
    while (effects.next()) {
      if (effects.op === EFFECT.deleteRange) {
        this.forgetAll()
        this.clearedIndex = index
        continue
      }
      slab ??= new Slab(effects.buffer)
      const chunk = chunkOf(effects.buffer, effects.keyStart, effects.keyEnd)
      const keyEnd = chunk < 0 ? effects.keyEnd : mainKeyEnd(effects.keyEnd)
      const key = userKeyText(effects.buffer, effects.keyStart, keyEnd)
      if (end !== null && key >= end) continue
      const record = this.record(key)
      record.index = index
      if (chunk >= 0) this.#replayChunk(record, chunk, slab, effects)
      else if (effects.op === EFFECT.delete) this.vacate(record)
      else this.#settleRaw(record, slab, effects.valueStart, effects.valueEnd)
    }
  }

  /** Chunks come before their main record, whose length tells which of them count. */
  #replayChunk(record: KeyRecord, chunk: number, slab: Slab, effects: EffectReader): void {
    const old = record.newer?.get(chunk)
    if (old !== undefined) this.#release(old.slab)
    if (effects.op === EFFECT.delete) {
      record.newer?.delete(chunk)
      return
    }
    record.newer ??= new Map()
    record.newer.set(chunk, { slab, start: effects.valueStart, end: effects.valueEnd })
    this.#pin(slab)
  }

  /** A raw value of a main record, as the engine or an entry has it. */
  #settleRaw(record: KeyRecord, slab: Slab, start: number, end: number): void {
    const { buffer } = slab
    assert(buffer[start] === VALUE_TYPE.string, 'a value of an unknown type')
    const expireAtMs = expiryOfValue(buffer, start)
    const long = longValueOf(buffer, start)
    if (long === null) {
      this.settle(record, slab, start + valuePrefixBytes(expireAtMs), end, expireAtMs, 0)
      this.forgetNewer(record)
    } else {
      this.settle(record, FAR, 0, long.valueBytes, expireAtMs, long.chunkBytes)
    }
  }

  settle(record: KeyRecord, slab: Slab, start: number, end: number, expireAtMs: number, chunkBytes: number): void {
    this.#pin(slab)
    if (record.exists) this.#release(record.slab)
    else this.present++
    record.slab = slab
    record.start = start
    record.end = end
    record.expireAtMs = expireAtMs
    record.exists = true
    record.chunkBytes = chunkBytes
  }

  vacate(record: KeyRecord): void {
    this.forgetNewer(record)
    if (!record.exists) return
    this.#release(record.slab)
    this.present--
    record.slab = NO_SLAB
    record.start = 0
    record.end = 0
    record.expireAtMs = 0
    record.exists = false
    record.chunkBytes = 0
  }

  /** The value is not far any more, or not the same. */
  forgetNewer(record: KeyRecord): void {
    if (record.newer === null) return
    for (const { slab } of record.newer.values()) this.#release(slab)
    record.newer = null
  }

  forgetAll(): void {
    for (const record of this.#records) this.vacate(record)
    this.#records.clear()
    this.order?.clear()
  }

  /**
   * What is known of the keys from `bound` on, for the cell that they go to, as if it had been read from the engine, where
   * all of it is by the time it is used. Values are copied, for a slab is counted in one place only; so it ends at
   * `bytesMax`, with those that would be forgotten first left out.
   */
  heirs(bound: Uint8Array, bytesMax: number): KnownKeys {
    const heirs = new KnownKeys(this.#seed)
    const text = latin1(bound)
    const going: KeyRecord[] = []
    for (const record of this.#records) if (record.key >= text) going.push(record)
    let slab = NO_SLAB
    let at = 0
    for (let i = going.length - 1; i >= 0 && heirs.memoryBytes < bytesMax; i--) {
      const record = going[i] as KeyRecord
      const heir = heirs.record(record.key)
      const { start, end, bytes, expireAtMs, chunkBytes } = record
      if (record.isFar) heirs.settle(heir, FAR, start, end, expireAtMs, chunkBytes)
      else if (chunkBytes !== 0) {
        // Memory of a long value is its own: it is patched in place.
        const own = Buffer.allocUnsafeSlow(bytes)
        own.set(record.buffer.subarray(start, end))
        heirs.settle(heir, new Slab(own), 0, bytes, expireAtMs, chunkBytes)
      } else if (record.exists) {
        if (slab.buffer.length - at < bytes || slab === NO_SLAB) {
          slab = new Slab(Buffer.allocUnsafeSlow(Math.max(HEIRS_SLAB_BYTES, bytes)))
          at = 0
        }
        slab.buffer.set(record.buffer.subarray(start, end), at)
        heirs.settle(heir, slab, at, at + bytes, expireAtMs, chunkBytes)
        at += bytes
      }
    }
    return heirs
  }

  /** Keys from `bound` on are another cell's now. */
  cut(bound: Uint8Array | null): void {
    if (bound === null) return
    const text = latin1(bound)
    for (const record of this.#records) if (record.key >= text) this.#drop(record)
  }

  #drop(record: KeyRecord): void {
    if (record.exists) this.order?.delete(record.key)
    this.vacate(record)
    this.#records.delete(record)
  }

  /**
   * Forgets keys until no more than `bytesMax` are held, oldest first, but none whose last effect is not in the engine
   * yet (rule 6), and none that a parked command waits for: one of several keys would never have them all together.
   */
  evict(bytesMax: number, writtenIndex: number, isAwaited: (key: string) => boolean): void {
    if (this.memoryBytes <= bytesMax || this.clearedIndex > writtenIndex) return
    for (const record of this.#records) {
      if (record.index > writtenIndex || isAwaited(record.key)) continue
      this.#drop(record)
      if (this.memoryBytes <= bytesMax) return
    }
  }

  /** Everything at once, in no time, when all of it is in the engine; that is to be seen to before. */
  dropAll(): void {
    this.#records.clear()
    this.present = 0
    this.order = null
    this.#pinnedBytes = 0
    this.#loaded = NO_SLAB
    this.#loadedAt = 0
  }

  #pin(slab: Slab): void {
    if (slab.live++ === 0) this.#pinnedBytes += slab.buffer.length
  }

  #release(slab: Slab): void {
    if (--slab.live === 0) this.#pinnedBytes -= slab.buffer.length
  }
}
