/**
 * Writing and reading the bytes of one message, straight in the ring.
 *
 * A frame is contiguous. The writer begins at the ring's write position and writes in place; when the contiguous room
 * there ends, it moves what it has to a scratch buffer on the heap and goes on. So a small message costs no buffer and no
 * second copy, and a large one is still written by the same calls.
 */
import { assert } from '../base/index.ts'
import type { AnyRef } from './types.ts'

/** One stretch of bytes, seen the two ways the codecs need. */
export class Memory {
  readonly bytes: Buffer
  readonly view: DataView
  /** The same bytes by fours, for headers: frames begin at multiples of eight. */
  readonly words: Int32Array
  /** Where `bytes` lies; asking it for them costs more than making a view of it. */
  readonly buffer: ArrayBufferLike
  readonly base: number

  constructor(buffer: ArrayBufferLike, offset = 0, length = buffer.byteLength - offset) {
    this.bytes = Buffer.from(buffer, offset, length)
    this.view = new DataView(buffer, offset, length)
    this.words = new Int32Array(buffer, offset, length >> 2)
    this.buffer = buffer
    this.base = offset
  }
}

/** How references become bytes and back: the executor knows. */
export interface RefCodec {
  write(ref: AnyRef, out: FrameWriter): void
  read(frame: FrameReader): AnyRef
}

const SCRATCH_BYTES_FIRST = 64 * 1024
/** A scratch buffer that grew beyond this for one large message is given back after it. */
const SCRATCH_BYTES_KEPT = 1024 * 1024

/** Numbers are little-endian. */
export class FrameWriter {
  #memory: Memory
  #start: number
  #at: number
  #limit: number
  #scratch: Memory
  #spilled: boolean
  readonly #refs: RefCodec

  constructor(refs: RefCodec) {
    this.#scratch = new Memory(new ArrayBuffer(SCRATCH_BYTES_FIRST))
    this.#memory = this.#scratch
    this.#start = 0
    this.#at = 0
    this.#limit = SCRATCH_BYTES_FIRST
    this.#spilled = true
    this.#refs = refs
  }

  /**
   * @internal Begins a frame at `start` of a memory, with room up to `limit`, and writes its header but for the length,
   * which is known last. There is always room for a header.
   */
  begin(memory: Memory, start: number, limit: number, kind: number, to: number, from: number): void {
    // A store of the same pointer would still cost its write barrier.
    if (this.#memory !== memory) this.#memory = memory
    this.#start = start
    this.#limit = limit
    this.#spilled = false
    const words = memory.words
    const word = start >> 2
    words[word + 1] = kind
    words[word + 2] = to
    words[word + 3] = from
    this.#at = start + 16
  }

  /** @internal Begins a frame on the heap. */
  beginOnHeap(): void {
    this.#shrinkScratch()
    this.#memory = this.#scratch
    this.#start = 0
    this.#at = 0
    this.#limit = this.#scratch.bytes.length
    this.#spilled = true
  }

  /** @internal True when the frame did not fit in place and lies on the heap. */
  get spilled(): boolean {
    return this.#spilled
  }

  /** @internal A copy of the whole frame. */
  take(): Memory {
    const copy = new ArrayBuffer(this.#at - this.#start)
    new Uint8Array(copy).set(this.#memory.bytes.subarray(this.#start, this.#at))
    this.#shrinkScratch()
    return new Memory(copy)
  }

  /** What one large message made of it is not kept until the next comes. */
  #shrinkScratch(): void {
    if (this.#scratch.bytes.length > SCRATCH_BYTES_KEPT) {
      this.#scratch = new Memory(new ArrayBuffer(SCRATCH_BYTES_FIRST))
    }
  }

  /** @internal */
  copyTo(bytes: Uint8Array, offset: number): void {
    bytes.set(this.#memory.bytes.subarray(this.#start, this.#at), offset)
  }

  /** @internal Forgets everything after `position`. */
  rewind(position: number): void {
    this.#at = this.#start + position
  }

  /** Bytes written so far; a place for `patchU32`. */
  get position(): number {
    return this.#at - this.#start
  }

  /** Where `reserve` points into. Read it again after each call: a frame that outgrows its room moves. */
  get buffer(): Uint8Array {
    return this.#memory.bytes
  }

  /** Takes `length` bytes, to be filled by the caller at the returned offset of `buffer` before any other call. */
  reserve(length: number): number {
    if (this.#at + length > this.#limit) this.#spill(length)
    const at = this.#at
    this.#at = at + length
    return at
  }

  u8(value: number): void {
    if (this.#at + 1 > this.#limit) this.#spill(1)
    this.#memory.bytes[this.#at] = value
    this.#at += 1
  }

  u16(value: number): void {
    if (this.#at + 2 > this.#limit) this.#spill(2)
    this.#memory.view.setUint16(this.#at, value, true)
    this.#at += 2
  }

  u32(value: number): void {
    if (this.#at + 4 > this.#limit) this.#spill(4)
    this.#memory.view.setUint32(this.#at, value, true)
    this.#at += 4
  }

  i32(value: number): void {
    if (this.#at + 4 > this.#limit) this.#spill(4)
    this.#memory.view.setInt32(this.#at, value, true)
    this.#at += 4
  }

  /** Any safe integer that is not negative; eight bytes. */
  u53(value: number): void {
    this.f64(value)
  }

  f64(value: number): void {
    if (this.#at + 8 > this.#limit) this.#spill(8)
    this.#memory.view.setFloat64(this.#at, value, true)
    this.#at += 8
  }

  /** The bytes alone, without their length. */
  bytes(bytes: Uint8Array): void {
    const length = bytes.length
    if (this.#at + length > this.#limit) this.#spill(length)
    const to = this.#memory.bytes
    const at = this.#at
    // A call to set() costs more than a handful of stores.
    if (length <= 12) for (let i = 0; i < length; i++) to[at + i] = bytes[i] as number
    else to.set(bytes, at)
    this.#at = at + length
  }

  /** Length (u32) and UTF-8. */
  text(text: string): void {
    const length = text.length
    const bytesMax = 4 + length * 3
    if (this.#at + bytesMax > this.#limit) this.#spill(bytesMax)
    const bytes = this.#memory.bytes
    const at = this.#at + 4
    let written = 0
    if (length <= 32) {
      while (written < length) {
        const code = text.charCodeAt(written)
        if (code > 0x7f) break
        bytes[at + written] = code
        written++
      }
    }
    if (written < length) written = bytes.write(text, at, bytesMax - 4, 'utf8')
    this.#memory.view.setUint32(this.#at, written, true)
    this.#at = at + written
  }

  /** A reference to an actor, or null. */
  ref(ref: AnyRef | null): void {
    if (ref === null) {
      this.u8(0)
      return
    }
    this.u8(1)
    this.#refs.write(ref, this)
  }

  /** Writes over four bytes at a `position` noted before. */
  patchU32(position: number, value: number): void {
    this.#memory.view.setUint32(this.#start + position, value, true)
  }

  patchU8(position: number, value: number): void {
    this.#memory.bytes[this.#start + position] = value
  }

  #spill(more: number): void {
    const written = this.#at - this.#start
    const needed = written + more
    const from = this.#memory
    if (this.#scratch.bytes.length < needed) {
      let capacity = this.#scratch.bytes.length
      while (capacity < needed) capacity *= 2
      this.#scratch = new Memory(new ArrayBuffer(capacity))
    }
    if (from !== this.#scratch) this.#scratch.bytes.set(from.bytes.subarray(this.#start, this.#at), 0)
    this.#memory = this.#scratch
    this.#start = 0
    this.#at = written
    this.#limit = this.#scratch.bytes.length
    this.#spilled = true
  }
}

/** Reads what FrameWriter wrote, in the same order. Reading past the end is a bug of the codec, and throws. */
export class FrameReader {
  #memory: Memory
  #at: number
  #end: number
  readonly #refs: RefCodec

  constructor(refs: RefCodec) {
    this.#memory = new Memory(new ArrayBuffer(0))
    this.#at = 0
    this.#end = 0
    this.#refs = refs
  }

  /** @internal */
  begin(memory: Memory, start: number, end: number): void {
    this.#memory = memory
    this.#at = start
    this.#end = end
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.#end - this.#at
  }

  /** For codecs that read in place: the memory, the offset of the next byte, and `skip` to go on behind what was read. */
  get buffer(): Uint8Array {
    return this.#memory.bytes
  }

  get offset(): number {
    return this.#at
  }

  skip(length: number): void {
    this.#take(length)
  }

  u8(): number {
    return this.#memory.bytes[this.#take(1)] as number
  }

  u16(): number {
    return this.#memory.view.getUint16(this.#take(2), true)
  }

  u32(): number {
    return this.#memory.view.getUint32(this.#take(4), true)
  }

  i32(): number {
    return this.#memory.view.getInt32(this.#take(4), true)
  }

  u53(): number {
    return this.#memory.view.getFloat64(this.#take(8), true)
  }

  f64(): number {
    return this.#memory.view.getFloat64(this.#take(8), true)
  }

  /** A view of the ring: valid until the end of the pass. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length)
    return new Uint8Array(this.#memory.buffer, this.#memory.base + at, length)
  }

  /** Bytes of one's own. */
  copy(length: number): Uint8Array {
    return new Uint8Array(this.bytes(length))
  }

  text(): string {
    const length = this.u32()
    const at = this.#take(length)
    return this.#memory.bytes.toString('utf8', at, at + length)
  }

  ref(): AnyRef | null {
    return this.u8() === 0 ? null : this.#refs.read(this)
  }

  #take(length: number): number {
    const at = this.#at
    assert(length <= this.#end - at, 'a frame was read past its end')
    this.#at = at + length
    return at
  }
}
