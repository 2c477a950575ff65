/**
 * Commands on their way to a cell, and answers on their way back, many in one message: a fixed layout, little-endian,
 * written once by the sender and read in place by the receiver.
 *
 * ```
 * command   u32 record bytes │ u32 session │ f64 sequence │ f64 cell │ f64 after │ u32 store │ u32 version │
 *           u32 remaining ms │ u8 protocol │ u8 flags │ u16 – │ RESP bytes of the command, as the client sent them
 * answer    u32 record bytes │ u32 session │ f64 sequence │ u8 fate │ u8 refusal │ u16 – │ u32 – │ payload
 * ```
 * Payload of an answer: *done*: RESP bytes. *not executed*: by the refusal, see `Refusal`. *unknown*: nothing.
 */
import { assert } from '../base/index.ts'

/** Rule 4: the three answers there are. */
export const Fate = { done: 0, notExecuted: 1, unknown: 2 } as const
export type Fate = (typeof Fate)[keyof typeof Fate]

/** Why a command was not executed; what the payload of the answer holds. */
export const Refusal = {
  none: 0,
  /** f64 store id of the leader as far as this peer knows, 0 if it does not. */
  notLeader: 1,
  /** The cell as this store has it (`encodeCell`): its range or version is another one. */
  epochNotMatch: 2,
  /** No peer of this cell is on this store. */
  cellNotFound: 3,
  /** The leader is new, or is being moved, and takes nothing just now. */
  notReady: 4,
  /** A queue is full. */
  busy: 5,
  /** `after` was not accepted here in this term: what is before this command must be sent first (rule 10). */
  outOfOrder: 6,
  /** The disk of this store is full, or the store has stopped. */
  storeStopped: 7,
  /** Its time was over before it was evaluated. */
  expired: 8,
} as const
export type Refusal = (typeof Refusal)[keyof typeof Refusal]

export const CommandFlag = {
  /** From PD or another part of the product: internal commands are permitted. */
  internal: 1,
  /**
   * No command: the session is closed, and what the cell's leader has parked of it is not to be executed. Has no bytes,
   * and gets no answer.
   */
  farewell: 2,
} as const

const COMMAND_HEADER_BYTES = 48
const ANSWER_HEADER_BYTES = 24

/** A buffer that a few large records made larger than this is not kept for the next. */
const KEPT_BYTES_MAX = 4 * 1024 * 1024

/** Batches that were given away share blocks of this size. */
const TAKEN_BLOCK_BYTES = 64 * 1024

/**
 * A growing list of records in one buffer. What `take` has given away stays as it is, and the next batch is written
 * behind it: a batch of a few records costs no buffer of its own, which V8 would have to find and free.
 */
export class RecordWriter {
  #buffer: Buffer
  /** Of the same bytes: Buffer's own methods for numbers are several times slower. */
  #data: DataView
  #begin = 0
  #end = 0
  count = 0

  constructor(bytes = 4096) {
    this.#buffer = Buffer.allocUnsafeSlow(bytes)
    this.#data = new DataView(this.#buffer.buffer)
  }

  get length(): number {
    return this.#end - this.#begin
  }

  /** Room for a record of `bytes`; returns where it begins. */
  protected reserve(bytes: number): number {
    if (this.#end + bytes > this.#buffer.length) {
      const { length } = this
      const usual = this.#begin === 0 ? this.#buffer.length * 2 : Math.min(this.#buffer.length * 2, TAKEN_BLOCK_BYTES)
      const larger = Buffer.allocUnsafeSlow(Math.max(usual, length * 2, length + bytes))
      this.#buffer.copy(larger, 0, this.#begin, this.#end)
      this.#write(larger)
      this.#end = length
    }
    const at = this.#end
    this.#end = at + bytes
    this.count++
    return at
  }

  protected get buffer(): Buffer {
    return this.#buffer
  }

  protected get data(): DataView {
    return this.#data
  }

  /** Where the first of the records lies. */
  protected get begin(): number {
    return this.#begin
  }

  /** The records written so far; a view that is valid until the next write. */
  view(): Uint8Array {
    return this.#buffer.subarray(this.#begin, this.#end)
  }

  /** Gives the records away; their bytes stay as they are. */
  take(): Uint8Array {
    const records = this.view()
    this.count = 0
    if (this.#buffer.length > TAKEN_BLOCK_BYTES) this.#write(Buffer.allocUnsafeSlow(TAKEN_BLOCK_BYTES))
    else this.#begin = this.#end
    return records
  }

  /** All records of another writer, as they are. */
  append(records: Uint8Array, count: number): void {
    const at = this.reserve(records.length)
    this.#buffer.set(records, at)
    this.count += count - 1
  }

  /** Forgets the records written since the last `take`. */
  clear(): void {
    this.#end = this.#begin
    this.count = 0
    if (this.#buffer.length > KEPT_BYTES_MAX) this.#write(Buffer.allocUnsafeSlow(TAKEN_BLOCK_BYTES))
  }

  /** From now on into this buffer, from its beginning. */
  #write(buffer: Buffer): void {
    this.#buffer = buffer
    this.#data = new DataView(buffer.buffer)
    this.#begin = 0
    this.#end = 0
  }
}

/** Blocks begin small, for a writer may be used once, and grow to this. */
const COMMAND_BLOCK_BYTES = 64 * 1024
/** Below this a loop copies faster than a call. */
const LOOP_BYTES_MAX = 48

/**
 * The records of one batch after another, in blocks: what `take` has given away stays as it is, in its block, and the
 * next batch is written behind it. So a sender may keep the place of a command in the block, for sending it again, and
 * need not copy it; and a batch of a few commands costs no buffer of its own.
 */
export class CommandWriter {
  /** The block being written. Another one takes its place when it is full, and nothing in the old one changes. */
  block: Buffer
  count = 0
  #view: DataView
  #begin = 0
  #end = 0

  constructor(bytes = 4096) {
    this.block = Buffer.allocUnsafeSlow(bytes)
    this.#view = new DataView(this.block.buffer)
  }

  get length(): number {
    return this.#end - this.#begin
  }

  /** Returns where the command's RESP bytes lie in `block`. */
  add(
    session: number,
    sequence: number,
    cell: number,
    after: number,
    store: number,
    version: number,
    remainingMs: number,
    protocol: number,
    flags: number,
    source: Uint8Array,
    start: number,
    end: number,
  ): number {
    const size = end - start
    const bytes = COMMAND_HEADER_BYTES + size
    if (this.#end + bytes > this.block.length) this.#renew(bytes)
    const at = this.#end
    const view = this.#view
    view.setUint32(at, bytes, true)
    view.setUint32(at + 4, session, true)
    view.setFloat64(at + 8, sequence, true)
    view.setFloat64(at + 16, cell, true)
    view.setFloat64(at + 24, after, true)
    view.setUint32(at + 32, store, true)
    view.setUint32(at + 36, version, true)
    view.setUint32(at + 40, remainingMs, true)
    view.setUint32(at + 44, protocol | (flags << 8), true)
    const block = this.block
    const to = at + COMMAND_HEADER_BYTES
    if (size <= LOOP_BYTES_MAX) for (let i = 0; i < size; i++) block[to + i] = source[start + i] as number
    else block.set(source.subarray(start, end), to)
    this.#end = at + bytes
    this.count++
    return to
  }

  /** The records written since the last `take`; a view that is valid until the next write. */
  view(): Uint8Array {
    return this.block.subarray(this.#begin, this.#end)
  }

  /** Gives the records away; their bytes stay as they are. */
  take(): Uint8Array {
    const records = this.view()
    this.#begin = this.#end
    this.count = 0
    return records
  }

  /** Forgets the records written since the last `take`. */
  clear(): void {
    this.#end = this.#begin
    this.count = 0
  }

  /** A new block, with room for `bytes` behind the records that were not taken yet, which move there. */
  #renew(bytes: number): void {
    const kept = this.#end - this.#begin
    const usual = Math.min(this.block.length * 2, COMMAND_BLOCK_BYTES)
    const block = Buffer.allocUnsafeSlow(Math.max(usual, kept * 2, kept + bytes))
    this.block.copy(block, 0, this.#begin, this.#end)
    this.block = block
    this.#view = new DataView(block.buffer)
    this.#begin = 0
    this.#end = kept
  }
}

/** Reads records in place: `next()`, then the fields. One object for all records. */
class RecordReader {
  session = 0
  sequence = 0
  /** What is behind the header lies in `buffer` from `start` to `end`. */
  buffer: Buffer = Buffer.alloc(0)
  start = 0
  end = 0
  protected data: DataView = new DataView(new ArrayBuffer(0))

  reset(records: Uint8Array): void {
    this.buffer = Buffer.from(records.buffer, records.byteOffset, records.byteLength)
    this.data = new DataView(records.buffer, records.byteOffset, records.byteLength)
    this.start = 0
    this.end = 0
  }

  /** Where the next record begins, whose common fields are there then; -1: there is none. */
  protected advance(headerBytes: number): number {
    const at = this.end
    if (at >= this.buffer.length) return -1
    const data = this.data
    const bytes = data.getUint32(at, true)
    assert(bytes >= headerBytes && at + bytes <= this.buffer.length, 'a record reaches over its end')
    this.session = data.getUint32(at + 4, true)
    this.sequence = data.getFloat64(at + 8, true)
    this.start = at + headerBytes
    this.end = at + bytes
    return at
  }
}

export class CommandReader extends RecordReader {
  cell = 0
  after = 0
  store = 0
  version = 0
  remainingMs = 0
  protocol = 2
  flags = 0

  next(): boolean {
    const at = this.advance(COMMAND_HEADER_BYTES)
    if (at < 0) return false
    const { buffer, data } = this
    this.cell = data.getFloat64(at + 16, true)
    this.after = data.getFloat64(at + 24, true)
    this.store = data.getUint32(at + 32, true)
    this.version = data.getUint32(at + 36, true)
    this.remainingMs = data.getUint32(at + 40, true)
    this.protocol = buffer[at + 44] as number
    this.flags = buffer[at + 45] as number
    return true
  }
}

export class AnswerWriter extends RecordWriter {
  add(
    session: number,
    sequence: number,
    fate: Fate,
    refusal: Refusal,
    source: Uint8Array,
    start: number,
    end: number,
  ): void {
    const size = end - start
    const bytes = ANSWER_HEADER_BYTES + size
    const at = this.reserve(bytes)
    const data = this.data
    data.setUint32(at, bytes, true)
    data.setUint32(at + 4, session, true)
    data.setFloat64(at + 8, sequence, true)
    data.setUint32(at + 16, fate | (refusal << 8), true)
    data.setUint32(at + 20, 0, true)
    const buffer = this.buffer
    const to = at + ANSWER_HEADER_BYTES
    if (size <= LOOP_BYTES_MAX) for (let i = 0; i < size; i++) buffer[to + i] = source[start + i] as number
    else buffer.set(source.subarray(start, end), to)
  }

  /** Whom the records are for, in order. */
  forEach(visit: (session: number, sequence: number) => void): void {
    const end = this.begin + this.length
    for (let at = this.begin; at < end; at += this.buffer.readUInt32LE(at)) {
      visit(this.buffer.readUInt32LE(at + 4), this.buffer.readDoubleLE(at + 8))
    }
  }
}

export class AnswerReader extends RecordReader {
  fate: Fate = Fate.done
  refusal: Refusal = Refusal.none

  next(): boolean {
    const at = this.advance(ANSWER_HEADER_BYTES)
    if (at < 0) return false
    this.fate = this.buffer[at + 16] as Fate
    this.refusal = this.buffer[at + 17] as Refusal
    return true
  }
}
