/**
 * The data of an entry: effects on the raw key space, written by the leader in the order in which its commands ran.
 * They are written once, straight into the buffer that the log writes, the rings carry and the overlay points into.
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
  VALUE_FLAG,
  VALUE_TYPE,
} from '../storage/index.ts'

const SLAB_BYTES = 256 * 1024
/** A new entry begins in a new slab when less than this is left. */
const SLAB_REST_BYTES = 8 * 1024

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

export class EntryWriter {
  /** Where the last value was put: its bytes lie in `slab` from `valueStart` to `valueEnd`. */
  slab: Slab
  valueStart = 0
  valueEnd = 0
  #begin = 0
  #at = 0

  constructor() {
    this.slab = new Slab(Buffer.allocUnsafeSlow(SLAB_BYTES))
  }

  /** Bytes of the entry so far. */
  get bytes(): number {
    return this.#at - this.#begin
  }

  get hasEffects(): boolean {
    return this.#at - this.#begin > ENTRY_PREFIX_BYTES
  }

  begin(): void {
    if (this.slab.buffer.length - this.#at < SLAB_REST_BYTES) {
      this.slab = new Slab(Buffer.allocUnsafeSlow(SLAB_BYTES))
      this.#at = 0
    }
    this.#begin = this.#at
    this.#at += ENTRY_PREFIX_BYTES
  }

  /** The finished data, a view of the slab. */
  finish(version: number, stampMs: number, keys: number, sizeBytes: number): Uint8Array {
    const buffer = this.slab.buffer
    const begin = this.#begin
    buffer.writeUInt32LE(ENTRY_KIND.effects, begin)
    buffer.writeUInt32LE(version, begin + 4)
    buffer.writeDoubleLE(stampMs, begin + 8)
    buffer.writeDoubleLE(keys, begin + 16)
    buffer.writeDoubleLE(sizeBytes, begin + 24)
    this.#begin = this.#at
    return buffer.subarray(begin, this.#at)
  }

  /** Nothing was changed: the room is used again. */
  abandon(): void {
    this.#at = this.#begin
  }

  put(scope: Scope, key: string, expireAtMs: number, source: Uint8Array, start: number, end: number): void {
    const valueBytes = valuePrefixBytes(expireAtMs) + end - start
    const escaped = key.includes('\0') ? key.replaceAll('\0', ESCAPED_ZERO) : key
    this.#open(EFFECT.put, escaped, scope, valueBytes)
    const buffer = this.slab.buffer
    buffer[this.#at++] = VALUE_TYPE.string
    if (expireAtMs === 0) {
      buffer[this.#at++] = 0
    } else {
      buffer[this.#at++] = VALUE_FLAG.expires
      buffer.writeDoubleLE(expireAtMs, this.#at)
      this.#at += 8
    }
    this.valueStart = this.#at
    copyInto(buffer, this.#at, source, start, end)
    this.#at += end - start
    this.valueEnd = this.#at
  }

  delete(scope: Scope, key: string): void {
    this.#open(EFFECT.delete, key.includes('\0') ? key.replaceAll('\0', ESCAPED_ZERO) : key, scope, 0)
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

  /** Header and raw key; room for the value is there. */
  #open(op: number, escapedKey: string, scope: Scope, valueBytes: number): void {
    const keyBytes = escapedKey.length + 3
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
    this.#at = at
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.slab.buffer.length) return
    // The entry moves to a slab of its own size. Values already put stay readable where they were.
    const written = this.#at - this.#begin
    const larger = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, 2 * (written + bytes)))
    this.slab.buffer.copy(larger, 0, this.#begin, this.#at)
    this.slab = new Slab(larger)
    this.#begin = 0
    this.#at = written
  }
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
    assert(buffer.length >= ENTRY_PREFIX_BYTES && buffer[0] === ENTRY_KIND.effects, 'not an entry of effects')
    this.buffer = buffer
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
