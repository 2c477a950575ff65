import { assert, latin1, type Random } from '../base/index.ts'
import type { Cell } from '../model/index.ts'
import type { Keyspace, StringValue, Walked } from '../redis/index.ts'
import { EFFECT, type Scope, VALUE_TYPE } from '../storage/index.ts'
import { rangeOfCell, scopeOfCell } from './cell-range.ts'
import { type EffectReader, type EntryWriter, expiryOfValue, Slab, userKeyText, valuePrefixBytes } from './entry.ts'
import { Walker } from './walker.ts'

/** What a key costs in memory beside its bytes: the record, the map's slot, the string. Roughly. */
const RECORD_BYTES = 160

/** What the leader knows of one key: its value, or that there is none. */
class KeyRecord implements StringValue {
  readonly type = 'string'
  slab: Slab
  start: number
  end: number
  expireAtMs: number
  /** False: the key is known to be absent. */
  exists: boolean
  /** The last entry that changed it; 0: as it is in the engine. */
  index: number

  constructor(slab: Slab, start: number, end: number, expireAtMs: number, exists: boolean, index: number) {
    this.slab = slab
    this.start = start
    this.end = end
    this.expireAtMs = expireAtMs
    this.exists = exists
    this.index = index
  }

  get buffer(): Uint8Array {
    return this.slab.buffer
  }
}

const NO_SLAB = new Slab(Buffer.alloc(0))

/**
 * The leader's view of its cell, ahead of the commit index: where commands are executed (design §4). It turns what
 * commands do into effects of the entry being built, and remembers for each key the entry that changed it last, which
 * is what a reply that saw the key must wait for (rule 1).
 *
 * Lives as long as a term of leadership, and is thrown away with it (rule 5).
 */
export class WorkingState implements Keyspace {
  readonly term: number
  readonly valueBytesMax: number
  nowMs = 0
  /** Keys of the cell, those that are dead and not yet deleted included. */
  count: number
  sizeBytes: number
  /** How often the whole range was changed: a load that was asked for before such a change is void (rule 6). */
  rangeEffects = 0
  /** Memory held by values; whole slabs, for that is what a small value pins (rule 23). */
  pinnedBytes = 0

  /** The highest entry whose effects the current command has read. */
  touchedIndex = 0
  /** Whether the current command has made an effect. */
  wrote = false

  #cell: Cell
  readonly #scope: Scope
  /** The entry being built; there is one between `begin` and the proposal. */
  #writer: EntryWriter | null = null
  readonly #records = new Map<string, KeyRecord>()
  /** Records of keys that exist. When it equals `count`, every key that is not here is absent. */
  #present = 0
  #entryIndex = 0
  /** While a split is prepared: by key, how often it came to be less how often it went. */
  #changes: Map<string, number> | null = null
  /** The entry that last cleared the range: an absent key is absent because of it. */
  #clearedIndex = 0
  /** There is one while somebody walks over the keys. */
  #walker: Walker | null = null
  readonly #random: Random

  constructor(term: number, cell: Cell, keys: number, sizeBytes: number, valueBytesMax: number, random: Random) {
    this.term = term
    this.valueBytesMax = valueBytesMax
    this.count = keys
    this.sizeBytes = sizeBytes
    this.#cell = cell
    this.#scope = scopeOfCell(cell)
    this.#random = random
  }

  get entryIndex(): number {
    return this.#entryIndex
  }

  get memoryBytes(): number {
    return this.pinnedBytes + this.#records.size * RECORD_BYTES + (this.#walker?.memoryBytes ?? 0)
  }

  /** One turn's evaluation begins: its effects will be in the entry at `entryIndex`. */
  begin(writer: EntryWriter, nowMs: number, entryIndex: number): void {
    this.#writer = writer
    this.nowMs = nowMs
    this.#entryIndex = entryIndex
  }

  beginCommand(): void {
    this.touchedIndex = 0
    this.wrote = false
  }

  isLoaded(key: string): boolean {
    return this.isWhole || this.#records.has(key)
  }

  /** Every key that is not here is absent. */
  get isWhole(): boolean {
    return this.#present === this.count
  }

  /** What the engine holds of a key that was asked for; null: nothing. A key that is known already stays as it is. */
  load(key: string, raw: Uint8Array | null): void {
    if (this.#records.has(key)) return
    if (raw === null) {
      this.#records.set(key, new KeyRecord(NO_SLAB, 0, 0, 0, false, 0))
      return
    }
    const buffer = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)
    assert(buffer[0] === VALUE_TYPE.string, 'a value of an unknown type')
    const expireAtMs = expiryOfValue(buffer, 0)
    const record = new KeyRecord(NO_SLAB, 0, 0, 0, false, 0)
    this.#records.set(key, record)
    this.#walker?.order.add(key)
    this.#settle(record, new Slab(buffer), valuePrefixBytes(expireAtMs), buffer.length, expireAtMs)
  }

  /** Takes in a committed entry that is not in the engine yet: a new leader does so for its whole overlay. */
  replay(effects: EffectReader, index: number): void {
    let slab: Slab | null = null
    while (effects.next()) {
      if (effects.op === EFFECT.deleteRange) {
        this.#forgetAll()
        this.#clearedIndex = index
        continue
      }
      const key = userKeyText(effects.buffer, effects.keyStart, effects.keyEnd)
      const record = this.#record(key)
      record.index = index
      if (effects.op === EFFECT.delete) {
        this.#vacate(record)
      } else {
        // There is no walker yet: nobody has walked in this term.
        slab ??= new Slab(effects.buffer)
        const expireAtMs = expiryOfValue(effects.buffer, effects.valueStart)
        const start = effects.valueStart + valuePrefixBytes(expireAtMs)
        this.#settle(record, slab, start, effects.valueEnd, expireAtMs)
      }
    }
  }

  find(key: string): StringValue | null {
    const record = this.#records.get(key)
    if (record === undefined) {
      assert(this.#present === this.count, 'a command runs on a key that is not in memory')
      if (this.#clearedIndex > this.touchedIndex) this.touchedIndex = this.#clearedIndex
      return null
    }
    if (record.index > this.touchedIndex) this.touchedIndex = record.index
    if (!record.exists) return null
    if (record.expireAtMs !== 0 && record.expireAtMs <= this.nowMs) {
      // The dead stay dead (rule 7): whoever learns that the key has died waits until its deletion is committed.
      this.#delete(key, record)
      return null
    }
    return record
  }

  put(key: string, source: Uint8Array, start: number, end: number, expireAtMs: number): void {
    const writer = this.#entry()
    writer.put(this.#scope, key, expireAtMs, source, start, end)
    const record = this.#record(key)
    if (record.exists) {
      this.sizeBytes -= record.end - record.start
    } else {
      this.count++
      this.#changed(key, 1)
      this.#walker?.order.add(key)
      this.sizeBytes += key.length
    }
    this.sizeBytes += end - start
    record.index = this.#entryIndex
    this.#settle(record, writer.slab, writer.valueStart, writer.valueEnd, expireAtMs)
    this.#touched()
  }

  patch(key: string, offset: number, source: Uint8Array, start: number, end: number): void {
    const old = this.find(key)
    const oldBytes = old === null ? 0 : old.end - old.start
    const whole = Buffer.allocUnsafe(Math.max(oldBytes, offset + end - start))
    if (old !== null) whole.set(old.buffer.subarray(old.start, old.end))
    if (offset > oldBytes) whole.fill(0, oldBytes, offset)
    whole.set(source.subarray(start, end), offset)
    this.put(key, whole, 0, whole.length, old === null ? 0 : old.expireAtMs)
  }

  expire(key: string, expireAtMs: number): void {
    const record = this.#records.get(key)
    assert(record?.exists, 'a time to live is given to a key that is not there')
    this.put(key, record.buffer, record.start, record.end, expireAtMs)
  }

  remove(key: string): boolean {
    // What there is to remove is what can be found: neither the dead nor, without waiting for its deletion, the deleted.
    if (this.find(key) === null) return false
    this.#delete(key, this.#records.get(key) as KeyRecord)
    return true
  }

  #delete(key: string, record: KeyRecord): void {
    this.#entry().delete(this.#scope, key)
    this.count--
    this.#changed(key, -1)
    this.#walker?.order.delete(key)
    this.sizeBytes -= key.length + record.end - record.start
    record.index = this.#entryIndex
    this.#vacate(record)
    this.#touched()
  }

  clear(): void {
    if (this.count === 0) return
    const range = rangeOfCell(this.#cell)
    this.#entry().deleteRange(range.start, range.end)
    this.#forgetAll()
    this.count = 0
    this.sizeBytes = 0
    this.rangeEffects++
    this.#clearedIndex = this.#entryIndex
    this.#touched()
  }

  /**
   * Forgets keys until no more than `bytesMax` are held, oldest first, but none whose last effect is not in the engine
   * yet (rule 6), and none that a parked command waits for: one of several keys would never have them all together.
   */
  evict(bytesMax: number, writtenIndex: number, isAwaited: (key: string) => boolean = () => false): void {
    if (this.memoryBytes <= bytesMax || this.#clearedIndex > writtenIndex) return
    for (const [key, record] of this.#records) {
      if (record.index > writtenIndex || isAwaited(key)) continue
      this.#drop(key, record)
      if (this.memoryBytes <= bytesMax) return
    }
  }

  #entry(): EntryWriter {
    assert(this.#writer !== null, 'an effect outside of an evaluation')
    return this.#writer
  }

  /** From now on it is counted which keys come and go. */
  trackChanges(): void {
    this.#changes = new Map()
  }

  untrackChanges(): void {
    this.#changes = null
  }

  /** How many more keys left of `key` there are than when tracking began. */
  changesLeftOf(key: Uint8Array): number {
    const bound = latin1(key)
    let sum = 0
    for (const [changed, change] of this.#changes ?? []) if (changed < bound) sum += change
    return sum
  }

  /** The cell was cut: what is right of its new end is forgotten. */
  cut(cell: Cell, keys: number, sizeBytes: number): void {
    this.#cell = cell
    this.#changes = null
    const bound = cell.end === null ? null : latin1(cell.end)
    for (const [key, record] of this.#records) {
      if (bound !== null && key >= bound) this.#drop(key, record)
    }
    this.#walker?.turnBack()
    this.count = keys
    this.sizeBytes = sizeBytes
    this.rangeEffects++
  }

  /** What walks over the keys of this cell; made when it is asked for. */
  walker(): Walker {
    this.#walker ??= new Walker(this, this.#records.entries(), this.#random)
    return this.#walker
  }

  /** Nobody has walked for a while. */
  forgetWalker(): void {
    this.#walker = null
  }

  /** Whether memory knows of the key, be it that it is absent. */
  knows(key: string): boolean {
    return this.#records.has(key)
  }

  get cell(): Cell {
    return this.#cell
  }

  walk(from: string, end: string, keysMax: number, visit: (key: string, type: string) => void): Walked {
    return this.walker().walk(from, end, keysMax, visit)
  }

  randomKey(): string | null {
    return this.walker().randomKey()
  }

  chance(): number {
    return this.#random.float()
  }

  #drop(key: string, record: KeyRecord): void {
    if (record.exists) this.#walker?.order.delete(key)
    this.#vacate(record)
    this.#records.delete(key)
  }

  #changed(key: string, change: number): void {
    if (this.#changes !== null) this.#changes.set(key, (this.#changes.get(key) ?? 0) + change)
  }

  #touched(): void {
    this.wrote = true
    this.touchedIndex = this.#entryIndex
  }

  #record(key: string): KeyRecord {
    let record = this.#records.get(key)
    if (record === undefined) {
      record = new KeyRecord(NO_SLAB, 0, 0, 0, false, 0)
      this.#records.set(key, record)
    }
    return record
  }

  #settle(record: KeyRecord, slab: Slab, start: number, end: number, expireAtMs: number): void {
    if (record.exists) this.#release(record.slab)
    else this.#present++
    if (slab.live++ === 0) this.pinnedBytes += slab.buffer.length
    record.slab = slab
    record.start = start
    record.end = end
    record.expireAtMs = expireAtMs
    record.exists = true
  }

  #vacate(record: KeyRecord): void {
    if (!record.exists) return
    this.#release(record.slab)
    this.#present--
    record.slab = NO_SLAB
    record.start = 0
    record.end = 0
    record.expireAtMs = 0
    record.exists = false
  }

  #release(slab: Slab): void {
    if (--slab.live === 0) this.pinnedBytes -= slab.buffer.length
  }

  #forgetAll(): void {
    for (const record of this.#records.values()) if (record.exists) this.#release(record.slab)
    this.#records.clear()
    this.#walker?.order.clear()
    this.#present = 0
  }
}
