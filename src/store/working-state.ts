import { assert, latin1, type Random } from '../base/index.ts'
import type { Cell } from '../model/index.ts'
import type { Keyspace, Walked } from '../redis/index.ts'
import type { Scope } from '../storage/index.ts'
import { rangeOfCell, scopeOfCell } from './cell-range.ts'
import { type EffectReader, type EntryWriter, Slab } from './entry.ts'
import type { KeyChanges } from './key-changes.ts'
import { chunkBytesFor, chunksOf, type KeyRecord, VALUE_SIZES, type ValueSizes } from './key-record.ts'
import { KnownKeys } from './known-keys.ts'
import type { ValueApart } from './value-apart.ts'
import { Walker } from './walker.ts'

/** Handed over to the child of a split, at most: to copy more would hold the thread up. */
const HEIRS_BYTES_MAX = 16 * 1024 * 1024

/**
 * The leader's view of its cell, ahead of the commit index: where commands are executed (design §4). It turns what
 * commands do into effects of the entry being built, and remembers for each key the entry that changed it last, which
 * is what a reply that saw the key must wait for (rule 1).
 *
 * A long value is cut into chunks, each a raw key of its own beside the key's main record, and a command that changes a
 * part of one writes the chunks that it touches. Here it lies in one piece, or is *far*: its length is known, which is
 * enough to overwrite or delete it, and its bytes are fetched when a command wants them.
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

  /** The highest entry whose effects the current command has read. */
  touchedIndex = 0
  copies = 0
  /** Whether the current command has made an effect. */
  wrote = false
  /** While a split is prepared: which keys come and go, and how they grow. */
  changes: KeyChanges | null = null

  #cell: Cell
  readonly #scope: Scope
  /** The entry being built; there is one between `begin` and the proposal. */
  #writer: EntryWriter | null = null
  readonly #sizes: ValueSizes
  readonly #keys: KnownKeys
  /** Those that the present command has changed: it may turn out that their entry is a later one. */
  readonly #changed: string[] = []
  /** There is one while somebody walks over the keys. */
  #walker: Walker | null = null
  readonly #random: Random
  #firstIndex = 0
  #hasCleared = false
  #entryIndex = 0

  constructor(
    term: number,
    cell: Cell,
    keys: number,
    sizeBytes: number,
    valueBytesMax: number,
    random: Random,
    sizes: ValueSizes = VALUE_SIZES,
    known: KnownKeys = new KnownKeys(),
  ) {
    this.#sizes = sizes
    this.#keys = known
    this.#random = random
    this.term = term
    this.valueBytesMax = valueBytesMax
    this.count = keys
    this.sizeBytes = Math.max(0, sizeBytes)
    this.#cell = cell
    this.#scope = scopeOfCell(cell)
  }

  get entryIndex(): number {
    return this.#entryIndex
  }

  get memoryBytes(): number {
    return this.#keys.memoryBytes
  }

  /** One turn's evaluation begins: its effects will be in the entry at `entryIndex`. */
  begin(writer: EntryWriter, nowMs: number, entryIndex: number): void {
    this.#keys.tidy()
    this.#writer = writer
    this.nowMs = nowMs
    this.#entryIndex = entryIndex
    this.#firstIndex = entryIndex
  }

  beginCommand(): void {
    this.touchedIndex = 0
    this.wrote = false
    this.#hasCleared = false
    if (this.#changed.length > 0) this.#changed.length = 0
    this.#writer?.beginCommand(this.count, this.sizeBytes)
  }

  /** Its effects may have needed more than the entry had room for: then all of them count with the last entry there is. */
  endCommand(): void {
    const index = this.#firstIndex + this.#entry().sealed.length
    if (index === this.#entryIndex) return
    this.#entryIndex = index
    for (const key of this.#changed) {
      // Cleared by the same command it is known no more.
      const record = this.#keys.find(key)
      if (record !== undefined) record.index = index
    }
    if (this.#hasCleared) this.#keys.clearedIndex = index
    if (this.wrote) this.touchedIndex = index
  }

  /** Of the key that lies there: whether a command on it may run. */
  isLoaded(source: Uint8Array, start: number, end: number): boolean {
    return this.#keys.findAt(source, start, end) !== undefined || this.isWhole
  }

  /** Whether memory knows of the key, be it that it is absent. */
  knows(key: string): boolean {
    return this.#keys.find(key) !== undefined
  }

  /** Every key that is not here is absent. */
  get isWhole(): boolean {
    return this.#keys.present === this.count
  }

  /** What the engine holds of a key that was asked for; null: nothing. */
  load(key: string, raw: Uint8Array | null): void {
    this.#keys.load(key, raw)
  }

  /** The key's record when it is a long value whose bytes are not in memory. */
  far(key: string): KeyRecord | null {
    const record = this.#keys.find(key)
    return record?.isFar ? record : null
  }

  /** Of the values of keys that are known. */
  bytesOf(keys: readonly string[]): number {
    let bytes = 0
    for (const key of keys) bytes += this.#keys.find(key)?.bytes ?? 0
    return bytes
  }

  /** The bytes of a long value that was far. */
  bring(record: KeyRecord, bytes: Buffer): void {
    this.#keys.bring(record, bytes)
  }

  /** Takes in a committed entry that is not in the engine yet: a new leader does so for its whole overlay. */
  replay(effects: EffectReader, index: number): void {
    this.#keys.replay(effects, index, this.#cell.end === null ? null : latin1(this.#cell.end))
  }

  /** Forgets keys until no more than `bytesMax` are held, none that `isAwaited`. */
  evict(bytesMax: number, writtenIndex: number, isAwaited: ((key: string) => boolean) | null = null): void {
    this.#keys.evict(bytesMax, writtenIndex, isAwaited)
  }

  find(key: string): KeyRecord | null {
    return this.#seen(this.#keys.find(key))
  }

  findAt(source: Uint8Array, start: number, end: number): KeyRecord | null {
    return this.#seen(this.#keys.findAt(source, start, end))
  }

  #seen(record: KeyRecord | undefined): KeyRecord | null {
    if (record === undefined) {
      assert(this.isWhole, 'a command runs on a key that is not in memory')
      if (this.#keys.clearedIndex > this.touchedIndex) this.touchedIndex = this.#keys.clearedIndex
      return null
    }
    const { index, expireAtMs } = record
    if (index > this.touchedIndex) this.touchedIndex = index
    if (!record.exists) return null
    if (expireAtMs !== 0 && expireAtMs <= this.nowMs) {
      // The dead stay dead (rule 7): whoever learns that the key has died waits until its deletion is committed.
      this.#delete(record.key, record)
      return null
    }
    return record
  }

  put(key: string, source: Uint8Array, start: number, end: number, expireAtMs: number): void {
    const writer = this.#entry()
    const known = this.#keys.find(key)
    const bytes = end - start
    if (bytes > this.#sizes.wholeBytesMax) {
      this.#putLong(key, source, start, end, expireAtMs)
      return
    }
    if (known !== undefined && known.chunkBytes !== 0) this.#deleteChunks(key, 0, known)
    // Written before the record takes it over: `source` may be what lies there.
    writer.put(this.#scope, key, expireAtMs, source, start, end)
    const record = known ?? this.#keys.record(key, bytes)
    if (record.newer !== null) this.#keys.forgetNewer(record)
    this.#count(key, record, bytes)
    this.#keys.settle(record, writer.slab, writer.valueStart, writer.valueEnd, expireAtMs, 0)
    this.#touched(key, record)
  }

  #putLong(key: string, source: Uint8Array, start: number, end: number, expireAtMs: number): void {
    const bytes = end - start
    const chunkBytes = chunkBytesFor(this.#sizes, key)
    const own = Buffer.allocUnsafeSlow(bytes)
    own.set(source.subarray(start, end))
    const record = this.#keys.record(key)
    this.#putChunks(key, own, 0, bytes, chunkBytes)
    this.#deleteChunks(key, chunksOf(bytes, chunkBytes), record)
    this.#entry().putLong(this.#scope, key, expireAtMs, chunkBytes, bytes)
    this.#keys.forgetNewer(record)
    this.#count(key, record, bytes)
    this.#keys.settle(record, new Slab(own), 0, bytes, expireAtMs, chunkBytes)
    this.#touched(key, record)
  }

  /** The value that it is about to have, or has, is so long. */
  #count(key: string, record: KeyRecord, bytes: number): void {
    if (record.exists) {
      this.#resize(key, 0, bytes - record.bytes)
    } else {
      this.#resize(key, 1, key.length + bytes)
      this.#keys.order?.add(key)
    }
  }

  /** The chunks of a value that hold the bytes from `from` to `to`. */
  #putChunks(key: string, value: Buffer, from: number, to: number, chunkBytes: number): void {
    const writer = this.#entry()
    for (let chunk = Math.floor(from / chunkBytes); chunk * chunkBytes < to; chunk++) {
      const start = chunk * chunkBytes
      writer.putChunk(this.#scope, key, chunk, value, start, Math.min(start + chunkBytes, value.length))
    }
  }

  /** What a record has beyond so many chunks. */
  #deleteChunks(key: string, from: number, record: KeyRecord): void {
    if (!record.exists) return
    for (let chunk = from; chunk < record.chunks; chunk++) this.#entry().deleteChunk(this.#scope, key, chunk)
  }

  /** The value has its memory for itself, so it is changed in place; only the chunks that are touched are written. */
  #patchLong(key: string, record: KeyRecord, offset: number, source: Uint8Array, start: number, end: number): void {
    const oldBytes = record.bytes
    const bytes = Math.max(oldBytes, offset + end - start)
    // Asked for first, for it may be far.
    let memory = record.buffer as Buffer
    if (bytes > memory.length) {
      // Who appends once will append again.
      memory = Buffer.allocUnsafeSlow(Math.max(bytes, Math.min(this.valueBytesMax, bytes + (bytes >> 2))))
      memory.set(record.buffer.subarray(0, oldBytes))
    }
    if (offset > oldBytes) memory.fill(0, oldBytes, offset)
    memory.set(source.subarray(start, end), offset)
    const from = Math.min(offset, oldBytes)
    const { chunkBytes, expireAtMs } = record
    this.#putChunks(key, memory.subarray(0, bytes), from, offset + end - start, chunkBytes)
    this.#entry().putLong(this.#scope, key, expireAtMs, chunkBytes, bytes)
    this.#resize(key, 0, bytes - oldBytes)
    const { slab } = record.apart as ValueApart
    this.#keys.settle(record, memory === slab.buffer ? slab : new Slab(memory), 0, bytes, expireAtMs, chunkBytes)
    this.#touched(key, record)
  }

  patch(key: string, offset: number, source: Uint8Array, start: number, end: number): void {
    const old = this.find(key)
    if (old !== null && old.chunkBytes !== 0) {
      this.#patchLong(key, old, offset, source, start, end)
      return
    }
    const oldBytes = old === null ? 0 : old.end - old.start
    const whole = Buffer.allocUnsafe(Math.max(oldBytes, offset + end - start))
    if (old !== null) whole.set(old.buffer.subarray(old.start, old.end))
    if (offset > oldBytes) whole.fill(0, oldBytes, offset)
    whole.set(source.subarray(start, end), offset)
    this.put(key, whole, 0, whole.length, old === null ? 0 : old.expireAtMs)
  }

  expire(key: string, expireAtMs: number): void {
    const record = this.#keys.find(key)
    assert(record?.exists, 'a time to live is given to a key that is not there')
    if (record.chunkBytes === 0) {
      this.put(key, record.buffer, record.start, record.end, expireAtMs)
      return
    }
    this.#entry().putLong(this.#scope, key, expireAtMs, record.chunkBytes, record.bytes)
    record.expireAtMs = expireAtMs
    this.#touched(key, record)
  }

  remove(key: string): boolean {
    // What there is to remove is what can be found: neither the dead nor, without waiting for its deletion, the deleted.
    if (this.find(key) === null) return false
    this.#delete(key, this.#keys.find(key) as KeyRecord)
    return true
  }

  #delete(key: string, record: KeyRecord): void {
    if (record.chunkBytes !== 0) this.#deleteChunks(key, 0, record)
    this.#entry().delete(this.#scope, key)
    this.#resize(key, -1, -record.bytes - key.length)
    this.#keys.order?.delete(key)
    this.#keys.vacate(record)
    this.#touched(key, record)
  }

  clear(): void {
    if (this.count === 0) return
    const range = rangeOfCell(this.#cell)
    this.#entry().deleteRange(range.start, range.end)
    this.#keys.forgetAll()
    this.count = 0
    this.sizeBytes = 0
    this.rangeEffects++
    this.#keys.clearedIndex = this.#entryIndex
    this.#hasCleared = true
    this.wrote = true
    this.touchedIndex = this.#entryIndex
  }

  #entry(): EntryWriter {
    assert(this.#writer !== null, 'an effect outside of an evaluation')
    return this.#writer
  }

  /** What is known of the keys from `bound` on, before the cell is cut there. */
  heirs(bound: Uint8Array): KnownKeys {
    return this.#keys.heirs(bound, HEIRS_BYTES_MAX)
  }

  /** The cell was cut, or has grown: what is right of its new end is forgotten. */
  reshape(cell: Cell, keys: number, sizeBytes: number): void {
    this.#cell = cell
    this.changes = null
    this.#keys.cut(cell.end)
    this.#walker?.turnBack()
    this.count = keys
    this.sizeBytes = Math.max(0, sizeBytes)
    this.rangeEffects++
  }

  /** What walks over the keys of this cell; made when it is asked for. */
  walker(): Walker {
    this.#walker ??= new Walker(this, this.#keys.cursor(), this.#random)
    this.#keys.order = this.#walker.order
    return this.#walker
  }

  /** Nobody has walked for a while. */
  forgetWalker(): void {
    this.#walker = null
    this.#keys.order = null
  }

  /** All keys, at once; nobody walks, and all that was evaluated is in the engine. */
  forgetKeys(): void {
    this.forgetWalker()
    this.#keys.dropAll()
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

  /** The only place where a key changes the size of the cell. A size that was wrong before never becomes a negative one. */
  #resize(key: string, keys: number, bytes: number): void {
    this.count += keys
    this.sizeBytes = Math.max(0, this.sizeBytes + bytes)
    this.changes?.note(key, keys, bytes)
  }

  #touched(key: string, record: KeyRecord): void {
    this.wrote = true
    this.touchedIndex = this.#entryIndex
    record.index = this.#entryIndex
    this.#changed.push(key)
  }
}
