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
import type { KeyRecord } from './key-record.ts'
import { type KeyCursor, KeyTable } from './key-table.ts'
import { FAR, ValueApart } from './value-apart.ts'

/** A value that is no longer lies with its key; a longer one stays in the memory in which it came. */
const SHORT_BYTES_MAX = 4096
/** What such a value costs in memory beside its bytes. Roughly. */
const APART_BYTES = 160
/** A call costs more than a loop over fewer bytes. */
const LOOP_BYTES_MAX = 64
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
  /** Memory held by values that lie apart; whole slabs, for that is what a value pins (rule 23). */
  #pinnedBytes = 0
  #apart = 0
  readonly #records: KeyTable
  readonly #seed: number

  /** @param seed for the table of keys; a number that no client can know */
  constructor(seed = 0) {
    this.#seed = seed
    this.#records = new KeyTable(seed)
  }

  get memoryBytes(): number {
    const { memoryBytes } = this.#records
    return memoryBytes + this.#pinnedBytes + this.#apart * APART_BYTES + (this.order?.size ?? 0) * ORDERED_BYTES
  }

  /** Goes over all keys while others come and go. */
  cursor(): KeyCursor {
    return this.#records.cursor()
  }

  find(key: string): KeyRecord | undefined {
    return this.#records.find(key)
  }

  /** Of the key that lies there. */
  findAt(source: Uint8Array, start: number, end: number): KeyRecord | undefined {
    return this.#records.findAt(source, start, end)
  }

  /** That of the key, which is made when there is none: then the key is absent. `bytes`: of the value that it will have. */
  record(key: string, bytes = 0): KeyRecord {
    return this.#records.find(key) ?? this.#records.add(key, bytes <= SHORT_BYTES_MAX ? bytes : 0)
  }

  /** Between turns: memory of which most is of no use is given up. No record is good any more. */
  tidy(): void {
    this.#records.tidy()
  }

  /** What the engine holds of a key that was asked for; null: nothing. A key that is known already stays as it is. */
  load(key: string, raw: Uint8Array | null): void {
    if (this.#records.find(key) !== undefined) return
    const record = this.record(key, raw?.length)
    if (raw === null) return
    this.order?.add(key)
    this.#settleRaw(record, new Slab(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)), 0, raw.length)
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
      record.apart?.newer?.delete(chunk)
      return
    }
    const apart = this.#apartOf(record)
    apart.newer ??= new Map()
    apart.newer.set(chunk, { slab, start: effects.valueStart, end: effects.valueEnd })
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

  /** It exists, with that value; `slab` is not memory of this table. */
  settle(record: KeyRecord, slab: Slab, start: number, end: number, expireAtMs: number, chunkBytes: number): void {
    const bytes = end - start
    if (!record.exists) this.present++
    if (chunkBytes === 0 && bytes <= SHORT_BYTES_MAX) {
      if (record.apart !== null) this.#forgetApart(record)
      this.#records.makeRoom(record, bytes)
      copyInto(record.block.buffer, record.keyEnd, slab.buffer, start, end)
    } else {
      this.#pin(slab)
      const apart = this.#apartOf(record)
      this.#release(apart.slab)
      apart.slab = slab
      apart.start = start
      apart.chunkBytes = chunkBytes
    }
    record.bytes = bytes
    record.expireAtMs = expireAtMs
    record.exists = true
  }

  /** It is known to be absent. */
  vacate(record: KeyRecord): void {
    if (record.apart !== null) this.#forgetApart(record)
    if (!record.exists) return
    this.present--
    record.bytes = 0
    record.expireAtMs = 0
    record.exists = false
    this.#records.makeRoom(record, 0)
  }

  /** The value is not far any more, or not the same. */
  forgetNewer({ apart }: KeyRecord): void {
    if (apart !== null) this.#releaseNewer(apart)
  }

  #releaseNewer(apart: ValueApart): void {
    if (apart.newer === null) return
    for (const { slab } of apart.newer.values()) this.#release(slab)
    apart.newer = null
  }

  #releaseAll(apart: ValueApart): void {
    this.#releaseNewer(apart)
    this.#release(apart.slab)
  }

  #apartOf(record: KeyRecord): ValueApart {
    if (record.apart !== null) return record.apart
    // What the entry held, or had room for, is not its value any more.
    record.bytes = 0
    this.#records.makeRoom(record, 0)
    const apart = new ValueApart()
    this.#pin(apart.slab)
    this.#records.setApart(record, apart)
    this.#apart++
    return apart
  }

  #forgetApart(record: KeyRecord): void {
    this.#releaseAll(record.apart as ValueApart)
    this.#records.setApart(record, null)
    this.#apart--
  }

  forgetAll(): void {
    for (const apart of this.#records.allApart()) this.#releaseAll(apart)
    this.#apart = 0
    this.#records.clear()
    this.order?.clear()
    this.present = 0
  }

  /**
   * What is known of the keys from `bound` on, for the cell that they go to, as if it had been read from the engine, where
   * all of it is by the time it is used. Values are copied, for a slab is counted in one place only; so it ends at
   * `bytesMax`, with those that would be forgotten first left out.
   */
  heirs(bound: Uint8Array, bytesMax: number): KnownKeys {
    const heirs = new KnownKeys(this.#seed)
    const text = latin1(bound)
    const going: number[] = []
    const cursor = this.#records.cursor()
    for (let record = cursor.next(); record !== null; record = cursor.next()) {
      if (record.key >= text) going.push(record.address)
    }
    for (let i = going.length - 1; i >= 0 && heirs.memoryBytes < bytesMax; i--) {
      const record = this.#records.at(going[i] as number)
      const { bytes, expireAtMs, chunkBytes } = record
      const heir = heirs.record(record.key, bytes)
      if (record.isFar) heirs.settle(heir, FAR, 0, bytes, expireAtMs, chunkBytes)
      else if (record.exists && record.apart === null) {
        heirs.settle(heir, new Slab(record.buffer), record.start, record.end, expireAtMs, 0)
      } else if (record.exists) {
        // Memory of a long value is its own: it is patched in place.
        const own = Buffer.allocUnsafeSlow(bytes)
        own.set(record.buffer.subarray(record.start, record.end))
        heirs.settle(heir, new Slab(own), 0, bytes, expireAtMs, chunkBytes)
      }
    }
    return heirs
  }

  /** Keys from `bound` on are another cell's now. */
  cut(bound: Uint8Array | null): void {
    if (bound === null) return
    const text = latin1(bound)
    const cursor = this.#records.cursor()
    for (let record = cursor.next(); record !== null; record = cursor.next()) if (record.key >= text) this.#drop(record)
  }

  #drop(record: KeyRecord): void {
    if (record.exists) {
      this.present--
      this.order?.delete(record.key)
    }
    if (record.apart !== null) this.#forgetApart(record)
    this.#records.delete(record)
  }

  /**
   * Forgets keys until no more than `bytesMax` are held, oldest first, but none whose last effect is not in the engine
   * yet (rule 6), and none that a parked command waits for: one of several keys would never have them all together.
   * Where those keep much memory that others have left, they are moved together.
   */
  evict(bytesMax: number, writtenIndex: number, isAwaited: ((key: string) => boolean) | null): void {
    if (this.memoryBytes <= bytesMax || this.clearedIndex > writtenIndex) return
    const records = this.#records
    const last = records.lastSequence
    const cursor = records.cursor()
    let present = 0
    for (let record = cursor.next(); record !== null; record = cursor.next()) {
      if (cursor.sequence !== present) {
        if (records.isSparse(present)) records.empty(present)
        present = cursor.sequence
        if (present > last || this.memoryBytes <= bytesMax) return
      }
      if (record.index > writtenIndex || isAwaited?.(record.key)) continue
      this.#drop(record)
      if (this.memoryBytes <= bytesMax) return
    }
  }

  /** Everything at once, when all of it is in the engine; that is to be seen to before. */
  dropAll(): void {
    this.forgetAll()
    this.order = null
  }

  #pin(slab: Slab): void {
    if (slab.live++ === 0) this.#pinnedBytes += slab.buffer.length
  }

  #release(slab: Slab): void {
    if (--slab.live === 0) this.#pinnedBytes -= slab.buffer.length
  }
}

function copyInto(target: Uint8Array, at: number, source: Uint8Array, start: number, end: number): void {
  if (end - start > LOOP_BYTES_MAX) target.set(source.subarray(start, end), at)
  else for (let i = start; i < end; i++) target[at++] = source[i] as number
}
