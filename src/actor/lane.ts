/**
 * One road from one thread to another: a ring, and behind it a bounded queue on the heap.
 *
 * Phases of a message:
 * 1. `begin` … `commit`: written in place in the ring; or, when there is no room or others already wait, on the heap.
 * 2. `pump`, once a pass: what waits moves into the ring in order. A frame larger than an eighth of the ring goes in
 *    pieces, which take at most a quarter of the ring a pass.
 * 3. `publish`: visible to the other side.
 * 4. A large message is kept until the other side has told that it took it, or refused it for want of memory.
 */
import { assert } from '../base/index.ts'
import { type FrameWriter, Memory } from './frame.ts'
import {
  FRAME_FLAGS_AT,
  FRAME_FROM_AT,
  FRAME_HEADER_BYTES,
  FRAME_KIND_AT,
  FRAME_TO_AT,
  KIND_PIECE,
  type RingReader,
  type RingWriter,
} from './ring.ts'
import type { LaneInspection } from './types.ts'

export const PIECE_FIRST = 1
export const PIECE_LAST = 2

/** An encoded frame on the heap. */
class Waiting {
  readonly frame: Memory
  /** 0: fits the ring as one frame. */
  readonly sequence: number
  sentBytes: number

  constructor(frame: Memory, sequence: number) {
    this.frame = frame
    this.sequence = sequence
    this.sentBytes = 0
  }
}

export interface LaneLimits {
  readonly queueBytesMax: number
  readonly messageBytesMax: number
}

/** The sending side. */
export class OutLane {
  readonly writer: RingWriter
  readonly #limits: LaneLimits
  /** A frame longer than this goes in pieces. */
  readonly wholeBytesMax: number
  readonly #pieceBytesMax: number
  #queue: Waiting[]
  /** Large messages whose last piece is in the ring and of which the receiver has not spoken. */
  #unanswered: Waiting[]
  #queuedBytes: number
  #sequence: number
  #sentMessages: number
  #refusedMessages: number

  constructor(writer: RingWriter, limits: LaneLimits) {
    this.writer = writer
    this.#limits = limits
    this.wholeBytesMax = writer.ring.size >> 3
    this.#pieceBytesMax = writer.ring.size >> 4
    this.#queue = []
    this.#unanswered = []
    this.#queuedBytes = 0
    this.#sequence = 0
    this.#sentMessages = 0
    this.#refusedMessages = 0
  }

  inspect(to: number, lane: 'control' | 'data'): LaneInspection {
    return {
      to,
      lane,
      ringBytes: this.writer.ring.size,
      usedBytes: this.writer.usedBytes,
      queuedBytes: this.#queuedBytes,
      sentMessages: this.#sentMessages,
      refusedMessages: this.#refusedMessages,
    }
  }

  /** True: nothing that may be refused would be accepted, so it need not be encoded to learn that. */
  get isFull(): boolean {
    return this.#queuedBytes >= this.#limits.queueBytesMax
  }

  countRefused(): void {
    this.#refusedMessages++
  }

  /** Points the frame writer at where the next frame belongs. */
  begin(out: FrameWriter): void {
    if (this.#queue.length > 0) {
      out.beginOnHeap()
      return
    }
    const room = this.writer.contiguousRoom()
    if (room < FRAME_HEADER_BYTES) {
      out.beginOnHeap()
      return
    }
    const offset = this.writer.offset
    out.begin(this.writer.ring.memory, offset, offset + Math.min(room, this.wholeBytesMax))
  }

  /**
   * What was written becomes a message. False: refused, and nothing of it remains.
   * `mayWait` false (droppable): the queue is not for it. `always` (the runtime's own): no bound is asked.
   */
  commit(out: FrameWriter, mayWait: boolean, always: boolean): boolean {
    const length = out.position
    if (!out.spilled) {
      this.writer.advance(length)
      this.#sentMessages++
      // A receiver that is awake need not wait for the end of our pass.
      if (this.writer.unpublishedBytes > this.wholeBytesMax) this.writer.publish()
      return true
    }
    out.patchU32(0, length)
    if (this.#queue.length === 0 && length <= this.wholeBytesMax && this.#pushWhole(out, length)) {
      this.#sentMessages++
      return true
    }
    if (length > this.#limits.messageBytesMax) {
      throw new RangeError(`a message of ${length} bytes; the most is ${this.#limits.messageBytesMax}`)
    }
    const full = this.#queuedBytes > 0 && this.#queuedBytes + length > this.#limits.queueBytesMax
    if (!always && (!mayWait || full)) {
      this.#refusedMessages++
      return false
    }
    const large = length > this.wholeBytesMax
    if (large) this.#sequence = (this.#sequence % 0xffffffff) + 1
    this.#queue.push(new Waiting(out.take(), large ? this.#sequence : 0))
    this.#queuedBytes += length
    this.#sentMessages++
    return true
  }

  #pushWhole(out: FrameWriter, length: number): boolean {
    if (!this.writer.makeRoom(length)) return false
    out.copyTo(this.writer.ring.memory.bytes, this.writer.offset)
    this.writer.advance(length)
    return true
  }

  /** Something waits for room, and there is some. To be asked when `pump` has left it waiting. */
  get canGoOn(): boolean {
    return this.#queue.length > 0 && this.writer.isRoomGiven
  }

  /** Moves what waits into the ring. True: more of it could go in the next pass without the receiver's doing anything. */
  pump(): boolean {
    if (this.#queue.length === 0) return false
    let pieceBytesLeft = this.writer.ring.size >> 2
    let moved = 0
    for (;;) {
      const waiting = this.#queue[moved]
      if (waiting === undefined) break
      if (waiting.sequence === 0) {
        if (!this.#roomFor(waiting.frame.bytes.length)) break
        this.writer.push(waiting.frame.bytes, waiting.frame.bytes.length)
        this.#queuedBytes -= waiting.frame.bytes.length
      } else {
        while (waiting.sentBytes < waiting.frame.bytes.length && pieceBytesLeft > 0) {
          const piece = Math.min(this.#pieceBytesMax, waiting.frame.bytes.length - waiting.sentBytes)
          if (!this.#roomFor(FRAME_HEADER_BYTES + piece)) break
          this.#writePiece(waiting, piece)
          pieceBytesLeft -= piece
        }
        if (waiting.sentBytes < waiting.frame.bytes.length) break
        this.#unanswered.push(waiting)
      }
      moved++
    }
    if (moved === this.#queue.length) this.#queue = []
    else if (moved > 0) this.#queue.splice(0, moved)
    return this.#queue.length > 0 && pieceBytesLeft <= 0
  }

  /** Room now, or a promise that our doorbell rings when there is. */
  #roomFor(length: number): boolean {
    return this.writer.makeRoom(length) || (this.writer.askForRoom() && this.writer.makeRoom(length))
  }

  #writePiece(waiting: Waiting, piece: number): void {
    const { bytes, view } = this.writer.ring.memory
    const at = this.writer.offset
    const first = waiting.sentBytes === 0 ? PIECE_FIRST : 0
    const last = waiting.sentBytes + piece === waiting.frame.bytes.length ? PIECE_LAST : 0
    bytes[at + FRAME_KIND_AT] = KIND_PIECE
    bytes[at + FRAME_FLAGS_AT] = first | last
    view.setUint32(at + FRAME_TO_AT, waiting.frame.bytes.length, true)
    view.setUint32(at + FRAME_FROM_AT, waiting.sequence, true)
    bytes.set(waiting.frame.bytes.subarray(waiting.sentBytes, waiting.sentBytes + piece), at + FRAME_HEADER_BYTES)
    this.writer.advance(FRAME_HEADER_BYTES + piece)
    waiting.sentBytes += piece
  }

  /** The receiver took the large message, or refused it; the frame comes back. Null: not known, or answered before. */
  answered(sequence: number): Memory | null {
    const at = this.#unanswered.findIndex((waiting) => waiting.sequence === sequence)
    if (at >= 0) {
      const waiting = this.#unanswered.splice(at, 1)[0] as Waiting
      this.#queuedBytes -= waiting.frame.bytes.length
      return waiting.frame
    }
    // Refused at its first piece, with others still to go: they stay at home.
    const head = this.#queue[0]
    if (head === undefined || head.sequence !== sequence) return null
    this.#queue.shift()
    this.#queuedBytes -= head.frame.bytes.length
    return head.frame
  }

  /** After the receiver's death: what it never handled, oldest first. */
  forEachUnhandled(visit: (memory: Memory, offset: number, length: number) => void): void {
    this.writer.forEachUnclaimed((memory, offset, length) => {
      if (memory.bytes[offset + FRAME_KIND_AT] !== KIND_PIECE) {
        visit(memory, offset, length)
        return
      }
      // A message in pieces is handled at its last one.
      if (((memory.bytes[offset + FRAME_FLAGS_AT] as number) & PIECE_LAST) === 0) return
      const sequence = memory.view.getUint32(offset + FRAME_FROM_AT, true)
      const large = this.#unanswered.find((waiting) => waiting.sequence === sequence)
      if (large !== undefined) visit(large.frame, 0, large.frame.bytes.length)
    })
    for (const waiting of this.#queue) visit(waiting.frame, 0, waiting.frame.bytes.length)
  }
}

/** Memory for large messages on their way in, shared by all lanes of a thread. */
export class AssemblyBudget {
  readonly bytesMax: number
  bytes: number

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
    this.bytes = 0
  }
}

/** The receiving side. It knows bytes; who handles a frame is the executor's business. */
export class InLane {
  readonly reader: RingReader
  readonly #budget: AssemblyBudget
  /** Invariant: `#assembly` is null, or the pieces of message `#sequence` are being gathered in it. */
  #assembly: Memory | null
  #sequence: number
  #filled: number
  /** Assembled in this pass: messages may hold views of them until its end. */
  #handedOut: Memory[]

  constructor(reader: RingReader, budget: AssemblyBudget) {
    this.reader = reader
    this.#budget = budget
    this.#assembly = null
    this.#sequence = 0
    this.#filled = 0
    this.#handedOut = []
  }

  /** True: accepted, maybe as the first of its message. False: there is no memory for the message, which is refused whole. */
  piece(memory: Memory, offset: number, length: number): boolean {
    const flags = memory.bytes[offset + FRAME_FLAGS_AT] as number
    const total = memory.view.getUint32(offset + FRAME_TO_AT, true)
    const sequence = memory.view.getUint32(offset + FRAME_FROM_AT, true)
    if ((flags & PIECE_FIRST) !== 0) {
      // A sender that was told no leaves the rest of its message out, so one may end without a last piece.
      this.#dropAssembly()
      this.#sequence = sequence
      this.#filled = 0
      if (this.#budget.bytes + total > this.#budget.bytesMax) return false
      this.#budget.bytes += total
      this.#assembly = new Memory(new ArrayBuffer(total))
    }
    const assembly = this.#assembly
    // Without one these are the rest of a refused message, which were on their way already.
    if (assembly === null) return true
    assert(sequence === this.#sequence, 'the pieces of two messages of one lane are never mixed')
    const bytes = length - FRAME_HEADER_BYTES
    const from = offset + FRAME_HEADER_BYTES
    assembly.bytes.set(memory.bytes.subarray(from, from + bytes), this.#filled)
    this.#filled += bytes
    return true
  }

  /** The message, when the piece just taken was its last one. */
  assembled(memory: Memory, offset: number): Memory | null {
    const assembly = this.#assembly
    if (assembly === null || ((memory.bytes[offset + FRAME_FLAGS_AT] as number) & PIECE_LAST) === 0) return null
    assert(this.#filled === assembly.bytes.length, 'a message in pieces is complete at its last one')
    this.#assembly = null
    this.#handedOut.push(assembly)
    return assembly
  }

  /** The end of the pass: room and memory go back. True when the sender's doorbell should ring. */
  free(poison: boolean): boolean {
    if (this.#handedOut.length > 0) {
      for (const memory of this.#handedOut) {
        this.#budget.bytes -= memory.bytes.length
        if (poison) memory.bytes.fill(0xdb)
      }
      this.#handedOut = []
    }
    return this.reader.free(poison)
  }

  /** The sender is dead: a half will not become a whole. What was handed out stays readable, it is only not charged any more. */
  drop(): void {
    this.#dropAssembly()
    for (const memory of this.#handedOut) this.#budget.bytes -= memory.bytes.length
    this.#handedOut = []
  }

  #dropAssembly(): void {
    if (this.#assembly !== null) this.#budget.bytes -= this.#assembly.bytes.length
    this.#assembly = null
  }
}
