/**
 * The data of an entry: effects on the raw key space, written by the leader in the order in which its commands ran.
 * They are written once, straight into the buffer that the log writes, the rings carry and the overlay points into.
 *
 * A command whose effects are more than an entry holds (a long value) gets a *group*: entries of the kind `part`, and
 * the one that closes them, proposed together. What ran before it in the turn is closed in an entry of its own, so that
 * nobody else's answer waits for less than the group.
 */
import { assert } from '../base/index.ts'
import {
  EFFECT,
  EFFECT_HEADER_BYTES,
  ENTRY_KIND,
  ENTRY_PREFIX_BYTES,
  KEY_END,
  KEY_ESCAPE,
  type Scope,
  SUFFIX,
  VALUE_FLAG,
  VALUE_TYPE,
} from '../storage/index.ts'

const SLAB_BYTES = 256 * 1024
/** An entry holds no more than this, but for one effect that is larger alone. */
export const ENTRY_BYTES_MAX = 1024 * 1024
/** What the number of parts has room for. */
const ENTRY_PARTS_MAX = 0xffff
/** A new entry begins in a new slab when less than this is left. */
const SLAB_REST_BYTES = 8 * 1024

const NOTHING = Buffer.alloc(0)

/** Memory that many entries and values share. `live` counts the values of a working state that lie in it. */
export class Slab {
  readonly buffer: Buffer
  live = 0

  constructor(buffer: Buffer) {
    this.buffer = buffer
  }
}

/** Bytes of the raw form of a string value before its own bytes. */
export function valuePrefixBytes(expireAtMs: number): number {
  return expireAtMs === 0 ? 2 : 10
}

/** Behind the prefix of a long value, in the place of its bytes. */
const LONG_BYTES = 8
const CHUNK_SUFFIX_BYTES = 5

export class EntryWriter {
  /** Where the last value was put: its bytes lie in `slab` from `valueStart` to `valueEnd`. */
  slab: Slab
  valueStart = 0
  valueEnd = 0
  /** What came before the present entry since `begin`: whole entries, and parts of the group that it belongs to. */
  readonly sealed: Buffer[] = []
  readonly #entryBytesMax: number
  #sealedBytes = 0
  /** Of `sealed`, at the end: those of the group that the present entry closes. */
  #parts = 0
  #begin = 0
  #at = 0
  /** What may be written without another look. */
  #limit = 0
  /** Where the effects of the present command begin, and what the cell held then. */
  #commandAt = 0
  #keysBefore = 0
  #sizeBefore = 0

  readonly #slabBytes: number

  /**
   * @param entryBytesMax exceeded only by a single effect
   * @param slabBytes of the memory that it takes at a time, as long as entries fit into that
   */
  constructor(entryBytesMax: number = ENTRY_BYTES_MAX, slabBytes: number = SLAB_BYTES) {
    this.#entryBytesMax = entryBytesMax
    this.#slabBytes = slabBytes
    // Taken with the first effect: in a turn that is for thousands of cells most only read.
    this.slab = new Slab(NOTHING)
  }

  /** Bytes of all entries so far. */
  get bytes(): number {
    return this.#sealedBytes + this.#at - this.#begin
  }

  get hasEffects(): boolean {
    return this.bytes > ENTRY_PREFIX_BYTES
  }

  begin(): void {
    this.sealed.length = 0
    this.#sealedBytes = 0
    this.#parts = 0
    this.#open(0)
  }

  /** What is written from now on belongs to another command; the cell holds so much before it. */
  beginCommand(keys: number, sizeBytes: number): void {
    this.#commandAt = this.#at
    this.#keysBefore = keys
    this.#sizeBefore = sizeBytes
  }

  /** The last entry's data, a view of the slab; those before it are `sealed`. Good until `begin`. */
  finish(version: number, stampMs: number, keys: number, sizeBytes: number): Uint8Array {
    const last = this.#close(ENTRY_KIND.effects, this.#at, keys, sizeBytes)
    this.#begin = this.#at
    for (let i = 0; i < this.sealed.length; i++) stamp(this.sealed[i] as Buffer, version, stampMs)
    stamp(last, version, stampMs)
    return last
  }

  /** Nothing was changed: the room is used again. */
  abandon(): void {
    assert(this.sealed.length === 0, 'what was sealed has effects')
    this.#at = this.#begin
  }

  put(scope: Scope, key: string, expireAtMs: number, source: Uint8Array, start: number, end: number): void {
    this.#effect(EFFECT.put, scope, key, -1, valuePrefixBytes(expireAtMs) + end - start)
    this.#valuePrefix(0, expireAtMs)
    this.#bytes(source, start, end)
  }

  /** The main record of a long value; its chunks are put beside it. */
  putLong(scope: Scope, key: string, expireAtMs: number, chunkBytes: number, valueBytes: number): void {
    this.#effect(EFFECT.put, scope, key, -1, valuePrefixBytes(expireAtMs) + LONG_BYTES)
    this.#valuePrefix(VALUE_FLAG.long, expireAtMs)
    writeU32(this.slab.buffer, this.#at, chunkBytes)
    writeU32(this.slab.buffer, this.#at + 4, valueBytes)
    this.#at += LONG_BYTES
  }

  putChunk(scope: Scope, key: string, chunk: number, source: Uint8Array, start: number, end: number): void {
    this.#effect(EFFECT.put, scope, key, chunk, end - start)
    this.#bytes(source, start, end)
  }

  delete(scope: Scope, key: string): void {
    this.#effect(EFFECT.delete, scope, key, -1, 0)
  }

  deleteChunk(scope: Scope, key: string, chunk: number): void {
    this.#effect(EFFECT.delete, scope, key, chunk, 0)
  }

  deleteRange(start: Uint8Array, end: Uint8Array): void {
    this.#reserve(EFFECT_HEADER_BYTES + start.length + end.length)
    const buffer = this.slab.buffer
    buffer[this.#at] = EFFECT.deleteRange
    buffer.writeUInt32LE(start.length, this.#at + 1)
    buffer.writeUInt32LE(end.length, this.#at + 5)
    buffer.set(start, this.#at + EFFECT_HEADER_BYTES)
    buffer.set(end, this.#at + EFFECT_HEADER_BYTES + start.length)
    this.#at += EFFECT_HEADER_BYTES + start.length + end.length
  }

  /** Header and raw key; room for the value is there. `chunk` −1: of the main record. */
  #effect(op: number, scope: Scope, key: string, chunk: number, valueBytes: number): void {
    const escapedKey = key.includes('\0') ? key.replaceAll('\0', ESCAPED_ZERO) : key
    const keyBytes = escapedKey.length + 3 + (chunk < 0 ? 0 : CHUNK_SUFFIX_BYTES)
    this.#reserve(EFFECT_HEADER_BYTES + keyBytes + valueBytes)
    const buffer = this.slab.buffer
    let at = this.#at
    buffer[at] = op
    writeU32(buffer, at + 1, keyBytes)
    writeU32(buffer, at + 5, valueBytes)
    at += EFFECT_HEADER_BYTES
    buffer[at++] = scope
    if (escapedKey.length < 24) {
      for (let i = 0; i < escapedKey.length; i++) buffer[at + i] = escapedKey.charCodeAt(i)
    } else {
      buffer.write(escapedKey, at, 'latin1')
    }
    at += escapedKey.length
    buffer[at++] = 0
    buffer[at++] = KEY_END
    if (chunk >= 0) {
      buffer[at++] = SUFFIX.chunk
      at = buffer.writeUInt32BE(chunk, at)
    }
    this.#at = at
  }

  #valuePrefix(flags: number, expireAtMs: number): void {
    const buffer = this.slab.buffer
    buffer[this.#at++] = VALUE_TYPE.string
    if (expireAtMs === 0) {
      buffer[this.#at++] = flags
    } else {
      buffer[this.#at++] = flags | VALUE_FLAG.expires
      buffer.writeDoubleLE(expireAtMs, this.#at)
      this.#at += 8
    }
  }

  #bytes(source: Uint8Array, start: number, end: number): void {
    this.valueStart = this.#at
    copyInto(this.slab.buffer, this.#at, source, start, end)
    this.#at += end - start
    this.valueEnd = this.#at
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes > this.#limit) this.#makeRoom(bytes)
  }

  #makeRoom(bytes: number): void {
    while (this.#at - this.#begin + bytes > this.#entryBytesMax && this.#at - this.#begin > ENTRY_PREFIX_BYTES) {
      this.#roll(bytes)
    }
    const written = this.#at - this.#begin
    if (this.slab.buffer.length < this.#at + bytes) {
      // The entry moves to a slab of its own size. Values already put stay readable where they were.
      const larger = Buffer.allocUnsafeSlow(
        Math.max(this.#slabBytes, Math.min(2 * written, this.#entryBytesMax), written + bytes),
      )
      this.slab.buffer.copy(larger, 0, this.#begin, this.#at)
      this.slab = new Slab(larger)
      this.#commandAt -= this.#begin
      this.#begin = 0
      this.#at = written
    }
    // An effect that is larger than an entry should be has it for itself.
    this.#limit = Math.min(this.slab.buffer.length, this.#begin + Math.max(this.#entryBytesMax, written + bytes))
  }

  /** The present command needs another entry. */
  #roll(bytes: number): void {
    const commandAt = this.#commandAt
    const moved = this.#at - commandAt
    if (commandAt > this.#begin + ENTRY_PREFIX_BYTES) {
      // Others have written before it in this turn: their effects are an entry of their own, and its begin the next one.
      const { buffer } = this.slab
      this.#seal(this.#close(ENTRY_KIND.effects, commandAt, this.#keysBefore, this.#sizeBefore))
      this.#parts = 0
      this.#open(moved + bytes)
      buffer.copy(this.slab.buffer, this.#at, commandAt, commandAt + moved)
      this.#at += moved
    } else {
      this.#seal(this.#close(ENTRY_KIND.part, this.#at, 0, 0))
      this.#parts++
      this.#open(this.#entryBytesMax)
    }
    this.#commandAt = this.#begin + ENTRY_PREFIX_BYTES
  }

  #seal(data: Buffer): void {
    this.sealed.push(data)
    this.#sealedBytes += data.length
  }

  /** The next entry begins behind the last one, or in a slab that is taken when it has so many bytes to hold. */
  #open(bytes: number): void {
    const restBytes = Math.min(SLAB_REST_BYTES, this.#slabBytes >>> 1)
    if (this.slab.buffer.length - this.#at < restBytes + bytes) {
      const isLater = bytes === 0
      this.slab = new Slab(isLater ? NOTHING : Buffer.allocUnsafeSlow(Math.max(this.#slabBytes, restBytes + bytes)))
      this.#at = 0
    }
    this.#begin = this.#at
    this.#at += ENTRY_PREFIX_BYTES
    this.#commandAt = this.#at
    this.#limit = Math.min(this.slab.buffer.length, this.#begin + this.#entryBytesMax)
  }

  #close(kind: number, end: number, keys: number, sizeBytes: number): Buffer {
    const data = this.slab.buffer.subarray(this.#begin, end)
    assert(this.#parts <= ENTRY_PARTS_MAX, 'a command whose effects are more than a group of entries holds')
    data.writeUInt32LE(kind | ((kind === ENTRY_KIND.effects ? this.#parts : 0) << 16), 0)
    data.writeDoubleLE(keys, 16)
    data.writeDoubleLE(sizeBytes, 24)
    return data
  }
}

function stamp(data: Buffer, version: number, stampMs: number): void {
  data.writeUInt32LE(version, 4)
  data.writeDoubleLE(stampMs, 8)
}

const ESCAPED_ZERO = `\0${String.fromCharCode(KEY_ESCAPE)}`

function writeU32(buffer: Buffer, at: number, value: number): void {
  buffer[at] = value
  buffer[at + 1] = value >>> 8
  buffer[at + 2] = value >>> 16
  buffer[at + 3] = value >>> 24
}

function copyInto(target: Buffer, at: number, source: Uint8Array, start: number, end: number): void {
  // A call into the runtime costs more than a short loop.
  if (end - start < 32) {
    for (let i = start; i < end; i++) target[at++] = source[i] as number
  } else {
    target.set(source.subarray(start, end), at)
  }
}

/** Reads the effects of an entry in place. One object serves for many entries. */
export class EffectReader {
  version = 0
  /** Entries of the kind `part` right before this one that belong to it. */
  parts = 0
  stampMs = 0
  keys = 0
  sizeBytes = 0
  op = 0
  buffer: Buffer = EMPTY_BUFFER
  keyStart = 0
  keyEnd = 0
  valueStart = 0
  valueEnd = 0
  #at = 0

  /** Reads the prefix; the effects follow with `next`. */
  reset(data: Uint8Array): void {
    const buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    const kind = buffer[0]
    assert(buffer.length >= ENTRY_PREFIX_BYTES, 'an entry of effects is no shorter than what opens it')
    assert(kind === ENTRY_KIND.effects || kind === ENTRY_KIND.part, 'not an entry of effects')
    this.buffer = buffer
    this.parts = buffer.readUInt16LE(2)
    this.version = buffer.readUInt32LE(4)
    this.stampMs = buffer.readDoubleLE(8)
    this.keys = buffer.readDoubleLE(16)
    this.sizeBytes = buffer.readDoubleLE(24)
    this.#at = ENTRY_PREFIX_BYTES
  }

  next(): boolean {
    const buffer = this.buffer
    const at = this.#at
    if (at >= buffer.length) return false
    this.op = buffer[at] as number
    this.keyStart = at + EFFECT_HEADER_BYTES
    this.keyEnd = this.keyStart + buffer.readUInt32LE(at + 1)
    this.valueStart = this.keyEnd
    this.valueEnd = this.valueStart + buffer.readUInt32LE(at + 5)
    assert(this.valueEnd <= buffer.length, 'an effect reaches over the end of its entry')
    this.#at = this.valueEnd
    return true
  }
}

const EMPTY_BUFFER = Buffer.alloc(0)

/** Takes a raw value apart: when it dies, and where its own bytes begin. */
export function expiryOfValue(raw: Buffer, start: number): number {
  return (raw[start + 1] as number) & VALUE_FLAG.expires ? raw.readDoubleLE(start + 2) : 0
}

/** The user key of a raw main key, a character per byte. */
export function userKeyText(raw: Buffer, start: number, end: number): string {
  const text = raw.toString('latin1', start + 1, end - 2)
  return text.includes(ESCAPED_ZERO) ? text.replaceAll(ESCAPED_ZERO, '\0') : text
}

/** The number of a chunk, −1 for the key of a main record. A zero and the end mark stand nowhere within a user key. */
export function chunkOf(raw: Buffer, start: number, end: number): number {
  const at = end - CHUNK_SUFFIX_BYTES
  if (at < start + 3 || raw[at] !== SUFFIX.chunk || raw[at - 1] !== KEY_END || raw[at - 2] !== 0) return -1
  return raw.readUInt32BE(at + 1)
}

/** The end of the raw key of the main record that a chunk belongs to. */
export function mainKeyEnd(chunkKeyEnd: number): number {
  return chunkKeyEnd - CHUNK_SUFFIX_BYTES
}

function prefixBytesOf(flags: number): number {
  return flags & VALUE_FLAG.expires ? 10 : 2
}

/** Bytes of the value that lie in its main record: none of a long one's. */
export function ownBytesOf(raw: Uint8Array): number {
  const flags = raw[1] as number
  return flags & VALUE_FLAG.long ? 0 : raw.length - prefixBytesOf(flags)
}

/** What a raw main value says of its length: null for one that holds its own bytes. */
export function longValueOf(raw: Buffer, start: number): { chunkBytes: number; valueBytes: number } | null {
  const flags = raw[start + 1] as number
  if ((flags & VALUE_FLAG.long) === 0) return null
  const at = start + prefixBytesOf(flags)
  return { chunkBytes: raw.readUInt32LE(at), valueBytes: raw.readUInt32LE(at + 4) }
}

/** The data of an entry that changes the cell and no key: its kind, then what it says. */
export function administrative(kind: number, bytes: Uint8Array): Uint8Array {
  const data = Buffer.allocUnsafe(1 + bytes.length)
  data[0] = kind
  data.set(bytes, 1)
  return data
}
