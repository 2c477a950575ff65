/**
 * The sending side of a lane: a ring, and behind it a bounded backlog on the heap.
 *
 * Phases of a message:
 * 1. `begin` … `commit`: written in place, in the ring; or, when there is no room or others already wait, in the backlog.
 * 2. `pump`, once a pass: what waits moves into the ring in order. A frame larger than an eighth of the ring goes in
 *    pieces, which take at most a quarter of the ring a pass.
 * 3. `publish`: visible to the other side.
 * 4. A large message is kept until the other side has told that it took it, or refused it for want of memory.
 */
import { assert } from '../base/index.ts'
import { Backlog, Chunk, Large } from './backlog.ts'
import type { FrameWriter, Memory } from './frame.ts'
import {
  align8,
  FRAME_FLAGS_AT,
  FRAME_FROM_AT,
  FRAME_HEADER_BYTES,
  FRAME_KIND_AT,
  FRAME_TO_AT,
  KIND_PIECE,
  PIECE_FIRST,
  PIECE_LAST,
  type RingWriter,
} from './ring.ts'
import type { LaneInspection } from './types.ts'

/** In chunks of the backlog; a lane that was full once keeps one. */
const CHUNK_BYTES = 128 * 1024

export interface LaneLimits {
  readonly queueBytesMax: number
  readonly messageBytesMax: number
}

export class OutLane {
  readonly writer: RingWriter
  /** A frame longer than this goes in pieces. */
  readonly wholeBytesMax: number
  readonly #pieceBytesMax: number
  readonly #limits: LaneLimits
  readonly #backlog: Backlog
  /** Large messages whose last piece is in the ring and of which the receiver has not spoken. */
  readonly #unanswered: Large[]
  /** The chunk in which the frame now being written began; null: the ring. */
  #chunk: Chunk | null
  #queuedBytes: number
  #sequence: number
  #sentMessages: number
  #refusedMessages: number

  constructor(writer: RingWriter, limits: LaneLimits) {
    this.writer = writer
    this.wholeBytesMax = writer.ring.size >> 3
    this.#pieceBytesMax = writer.ring.size >> 4
    this.#limits = limits
    this.#backlog = new Backlog(Math.max(CHUNK_BYTES, this.wholeBytesMax))
    this.#unanswered = []
    this.#chunk = null
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

  /** Begins the next frame where it belongs. */
  begin(out: FrameWriter, kind: number, to: number, from: number): void {
    if (this.#backlog.isEmpty) {
      let room = this.writer.contiguousRoom()
      // Too little may be left before the end of the ring even for a header. Who may wait is moved over it by `pump`;
      // a droppable message would be refused there, and so would all after it, for ever.
      if (room < FRAME_HEADER_BYTES && this.writer.makeRoom(FRAME_HEADER_BYTES)) room = this.writer.contiguousRoom()
      if (room >= FRAME_HEADER_BYTES) {
        const offset = this.writer.offset
        if (this.#chunk !== null) this.#chunk = null
        const limit = offset + Math.min(room, this.wholeBytesMax)
        out.begin(this.writer.ring.memory, offset, limit, kind, to, from)
        return
      }
    }
    const chunk = this.#backlog.chunkFor(FRAME_HEADER_BYTES)
    this.#chunk = chunk
    const limit = Math.min(chunk.end + this.wholeBytesMax, chunk.capacity)
    out.begin(chunk.memory, chunk.end, limit, kind, to, from)
  }

  /**
   * What was written becomes a message. False: refused, and nothing of it remains.
   * `mayWait` false (droppable): the backlog is not for it. `always` (the runtime's own): no bound is asked.
   */
  commit(out: FrameWriter, mayWait: boolean, always: boolean): boolean {
    const length = out.position
    if (this.#chunk === null && this.#commitToRing(out, length)) {
      this.#sentMessages++
      return true
    }
    if (length > this.#limits.messageBytesMax) {
      throw new RangeError(`a message of ${length} bytes; the most is ${this.#limits.messageBytesMax}`)
    }
    const isFull = this.#queuedBytes > 0 && this.#queuedBytes + length > this.#limits.queueBytesMax
    if (!always && (!mayWait || isFull)) {
      this.#refusedMessages++
      return false
    }
    out.patchU32(0, length)
    if (length > this.wholeBytesMax) this.#queueLarge(out)
    else this.#queueWhole(out, length)
    this.#sentMessages++
    return true
  }

  #commitToRing(out: FrameWriter, length: number): boolean {
    if (!out.spilled) {
      this.writer.advance(length)
      // A receiver that is awake need not wait for the end of our pass.
      if (this.writer.unpublishedBytes > this.wholeBytesMax) this.writer.publish()
      return true
    }
    // It did not fit before the end of the ring; maybe it fits at the beginning.
    if (length > this.wholeBytesMax || !this.#backlog.isEmpty || !this.writer.makeRoom(length)) return false
    out.copyTo(this.writer.ring.memory.bytes, this.writer.offset)
    this.writer.advance(length)
    return true
  }

  #queueWhole(out: FrameWriter, length: number): void {
    let chunk = this.#chunk
    if (chunk === null || out.spilled) {
      chunk = this.#backlog.chunkFor(align8(length))
      out.copyTo(chunk.memory.bytes, chunk.end)
    }
    chunk.end += align8(length)
    this.#queuedBytes += align8(length)
  }

  #queueLarge(out: FrameWriter): void {
    this.#sequence = (this.#sequence % 0xffff_ffff) + 1
    const large = new Large(out.take(), this.#sequence)
    this.#backlog.pushLarge(large)
    this.#queuedBytes += large.length
  }

  /** Something waits for room, and there is some. To be asked when `pump` has left it waiting. */
  get canGoOn(): boolean {
    return !this.#backlog.isEmpty && this.writer.isRoomGiven
  }

  /** Moves what waits into the ring. True: more of it could go in the next pass without the receiver's doing anything. */
  pump(): boolean {
    let pieceBytesLeft = this.writer.ring.size >> 2
    for (;;) {
      const oldest = this.#backlog.oldest
      if (oldest === undefined) return false
      if (oldest instanceof Chunk) {
        if (!this.#moveChunk(oldest)) return false
      } else {
        while (oldest.sentBytes < oldest.length) {
          if (pieceBytesLeft <= 0) return true
          const piece = Math.min(this.#pieceBytesMax, oldest.length - oldest.sentBytes)
          if (!this.#roomFor(FRAME_HEADER_BYTES + piece)) return false
          this.#writePiece(oldest, piece)
          pieceBytesLeft -= piece
        }
        this.#unanswered.push(oldest)
      }
      this.#backlog.dropOldest()
    }
  }

  /** As many frames at a time as fit contiguously. True: all of them. */
  #moveChunk(chunk: Chunk): boolean {
    while (chunk.begin < chunk.end) {
      const first = align8(chunk.frameLength(chunk.begin))
      if (!this.#roomFor(first)) return false
      const room = this.writer.contiguousRoom()
      let end = chunk.begin + first
      while (end < chunk.end) {
        const next = end + align8(chunk.frameLength(end))
        if (next - chunk.begin > room) break
        end = next
      }
      this.writer.pushFrames(chunk.memory.bytes, chunk.begin, end)
      this.#queuedBytes -= end - chunk.begin
      chunk.begin = end
    }
    return true
  }

  /** Room now, or a promise that our doorbell rings when there is. */
  #roomFor(length: number): boolean {
    return this.writer.makeRoom(length) || (this.writer.askForRoom() && this.writer.makeRoom(length))
  }

  #writePiece(large: Large, piece: number): void {
    const { bytes, view } = this.writer.ring.memory
    const at = this.writer.offset
    const first = large.sentBytes === 0 ? PIECE_FIRST : 0
    const last = large.sentBytes + piece === large.length ? PIECE_LAST : 0
    bytes[at + FRAME_KIND_AT] = KIND_PIECE
    bytes[at + FRAME_FLAGS_AT] = first | last
    view.setUint32(at + FRAME_TO_AT, large.length, true)
    view.setUint32(at + FRAME_FROM_AT, large.sequence, true)
    const from = large.sentBytes
    bytes.set(large.memory.bytes.subarray(from, from + piece), at + FRAME_HEADER_BYTES)
    this.writer.advance(FRAME_HEADER_BYTES + piece)
    large.sentBytes += piece
  }

  /** The receiver took the large message, or refused it; the frame comes back. Null: not known, or answered before. */
  answered(sequence: number): Memory | null {
    const at = this.#unanswered.findIndex((large) => large.sequence === sequence)
    if (at >= 0) return this.#settle(this.#unanswered.splice(at, 1)[0] as Large)
    // Refused at its first piece, with others still to go: they stay at home.
    const oldest = this.#backlog.oldest
    if (!(oldest instanceof Large) || oldest.sequence !== sequence) return null
    this.#backlog.dropOldest()
    return this.#settle(oldest)
  }

  #settle(large: Large): Memory {
    this.#queuedBytes -= large.length
    assert(this.#queuedBytes >= 0, 'a lane gives back only what it has charged')
    return large.memory
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
      const large = this.#unanswered.find((candidate) => candidate.sequence === sequence)
      if (large !== undefined) visit(large.memory, 0, large.length)
    })
    this.#backlog.forEachFrame(visit)
  }
}
