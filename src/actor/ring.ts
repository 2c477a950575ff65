/**
 * A single-producer single-consumer byte ring in shared memory.
 *
 * ```
 *   words (Int32, each group on a cache line of its own)          data (a power of two of bytes)
 *   ┌────────────┬───────────┬────────────────┬────────────┐     ┌──────────────────────────────────┐
 *   │ generation │ published │ claimed  freed │ wants room │     │ frame frame pad│ … free … │frame │
 *   └────────────┴───────────┴────────────────┴────────────┘     └──────────────────────────────────┘
 *     at birth     producer     consumer         both               positions are mod 2^32, offsets mod size
 * ```
 *
 * Invariant: freed <= claimed' <= published, published − freed <= size, where claimed' is `claimed` cut to `published`.
 *
 * `claimed` is stored before anything below it is handled: a frame that begins at or above the `claimed` of a dead thread
 * was never handled. `freed` is stored at the end of a pass, so views of the ring live until then.
 *
 * Frames are contiguous and aligned to eight bytes; where one does not fit before the end of the data, a pad frame fills
 * the rest. A frame: u32 length (header included, padding not), u8 kind, u8 flags, u16 0, u32 to, u32 from, payload. Of a
 * pad frame only the first eight bytes are there, and its length is its whole extent.
 */
import { assert } from '../base/index.ts'
import { Memory } from './frame.ts'

const GENERATION = 0
const PUBLISHED = 16
const CLAIMED = 32
const FREED = 33
const WANTS_ROOM = 48
const WORDS = 64
const RING_HEADER_BYTES = WORDS * 4

export const FRAME_HEADER_BYTES = 16
export const FRAME_KIND_AT = 4
export const FRAME_FLAGS_AT = 5
export const FRAME_TO_AT = 8
export const FRAME_FROM_AT = 12

export const KIND_STRUCTURED = 1
export const KIND_PROTOCOL = 2
export const KIND_SYSTEM = 3
export const KIND_PIECE = 4
export const KIND_PAD = 5

/** Flag of a message: its sender's definition and name follow the header, as the receiver has not heard from it yet. */
export const INTRODUCED = 1

/** Flags of a piece. */
export const PIECE_FIRST = 1
export const PIECE_LAST = 2

/** How much is claimed at a time: what is claimed when a thread dies is of unknown fate, so not all at once. */
const CLAIM_BYTES = 16 * 1024

export function align8(length: number): number {
  return (length + 7) & ~7
}

/** The shared part, which both ends hold. */
export class Ring {
  readonly words: Int32Array
  readonly memory: Memory
  readonly size: number
  readonly mask: number

  constructor(buffer: ArrayBufferLike, offset: number, size: number) {
    assert(size >= 1024 && (size & (size - 1)) === 0, 'the size of a ring is a power of two, at least 1024')
    this.words = new Int32Array(buffer, offset, WORDS)
    this.memory = new Memory(buffer, offset + RING_HEADER_BYTES, size)
    this.size = size
    this.mask = size - 1
  }

  static bytes(size: number): number {
    return RING_HEADER_BYTES + size
  }

  /** Called once by the maker, before either end sees it. */
  setGeneration(generation: number): void {
    Atomics.store(this.words, GENERATION, generation)
  }

  get generation(): number {
    return Atomics.load(this.words, GENERATION)
  }
}

/** The producer's end. */
export class RingWriter {
  readonly ring: Ring
  readonly #words: Int32Array
  readonly #memory: Memory
  readonly #size: number
  readonly #mask: number
  #position: number
  #published: number
  /** What the consumer had freed when we last looked; it can only have freed more. */
  #freedSeen: number
  #shown: boolean

  constructor(ring: Ring) {
    this.ring = ring
    this.#words = ring.words
    this.#memory = ring.memory
    this.#size = ring.size
    this.#mask = ring.mask
    this.#position = Atomics.load(ring.words, PUBLISHED)
    this.#published = this.#position
    this.#freedSeen = Atomics.load(ring.words, FREED)
    this.#shown = false
  }

  /** Where the next frame begins, as a position. */
  get position(): number {
    return this.#position
  }

  get usedBytes(): number {
    return (this.#position - Atomics.load(this.#words, FREED)) | 0
  }

  get unpublishedBytes(): number {
    return (this.#position - this.#published) | 0
  }

  /** Offset in the data where the next frame begins. */
  get offset(): number {
    return this.#position & this.#mask
  }

  /** Contiguous bytes there; asks the consumer's cursor only when what was seen last is not plenty. */
  contiguousRoom(): number {
    const offset = this.#position & this.#mask
    const toEnd = this.#size - offset
    let free = this.#size - ((this.#position - this.#freedSeen) | 0)
    if (free < this.#size >> 2) {
      this.#freedSeen = Atomics.load(this.#words, FREED)
      free = this.#size - ((this.#position - this.#freedSeen) | 0)
    }
    return Math.min(free, toEnd)
  }

  /** The frame of `length` bytes that was written in place at `offset` counts from now on; visible after `publish`. */
  advance(length: number): void {
    this.#memory.words[(this.#position & this.#mask) >> 2] = length
    this.#position = (this.#position + align8(length)) | 0
  }

  /** Copies whole frames in, as they lie between `from` and `to`; there is contiguous room for them. */
  pushFrames(frames: Uint8Array, from: number, to: number): void {
    this.#memory.bytes.set(frames.subarray(from, to), this.#position & this.#mask)
    this.#position = (this.#position + (to - from)) | 0
  }

  /** Makes `offset` a place where `length` contiguous bytes are free, padding if it must. */
  makeRoom(length: number): boolean {
    const extent = align8(length)
    const offset = this.#position & this.#mask
    const toEnd = this.#size - offset
    const needed = extent <= toEnd ? extent : toEnd + extent
    let free = this.#size - ((this.#position - this.#freedSeen) | 0)
    if (free < needed) {
      this.#freedSeen = Atomics.load(this.#words, FREED)
      free = this.#size - ((this.#position - this.#freedSeen) | 0)
      if (free < needed) return false
    }
    if (extent > toEnd) {
      this.#memory.view.setUint32(offset, toEnd, true)
      this.#memory.bytes[offset + FRAME_KIND_AT] = KIND_PAD
      this.#position = (this.#position + toEnd) | 0
    }
    return true
  }

  /** A message is visible only after its last byte. */
  publish(): void {
    if (this.#published === this.#position) return
    this.#published = this.#position
    this.#shown = true
    Atomics.store(this.#words, PUBLISHED, this.#position)
  }

  /** True once after something became visible: the consumer's doorbell should ring. */
  takeShown(): boolean {
    const shown = this.#shown
    this.#shown = false
    return shown
  }

  /** Asks the consumer to ring our doorbell when it frees something. True when it already has. */
  askForRoom(): boolean {
    Atomics.store(this.#words, WANTS_ROOM, 1)
    const freed = Atomics.load(this.#words, FREED)
    if (freed === this.#freedSeen) return false
    this.#freedSeen = freed
    return true
  }

  /** The consumer has answered `askForRoom`, maybe while we were not asleep and so did not hear the bell. */
  get isRoomGiven(): boolean {
    return Atomics.load(this.#words, WANTS_ROOM) === 0
  }

  /** After the consumer's death: the frames it never handled, oldest first. */
  forEachUnclaimed(visit: (memory: Memory, offset: number, length: number) => void): void {
    const claimed = Atomics.load(this.#words, CLAIMED)
    // Frames are walked from `freed`, which is always the beginning of one; `claimed` need not be.
    let position = Atomics.load(this.#words, FREED)
    while (position !== this.#position) {
      const offset = position & this.#mask
      const length = this.#memory.view.getUint32(offset, true)
      const kind = this.#memory.bytes[offset + FRAME_KIND_AT]
      if (((position - claimed) | 0) >= 0 && kind !== KIND_PAD) visit(this.#memory, offset, length)
      position = (position + align8(length)) | 0
    }
  }
}

/** The consumer's end. */
export class RingReader {
  readonly ring: Ring
  readonly memory: Memory
  readonly mask: number
  readonly #words: Int32Array
  #position: number
  #claimed: number
  #freed: number
  /** In the twin, how far the simulated wires have brought it; null: what is published is visible. */
  readonly gate: { visible: number } | null

  constructor(ring: Ring, gate: { visible: number } | null = null) {
    this.ring = ring
    this.memory = ring.memory
    this.mask = ring.mask
    this.#words = ring.words
    this.#freed = Atomics.load(ring.words, FREED)
    this.#position = this.#freed
    this.#claimed = this.#freed
    this.gate = gate
  }

  /** The next frame to take, as a position. */
  get position(): number {
    return this.#position
  }

  /** How far it may be read now. */
  visible(): number {
    return this.gate === null ? Atomics.load(this.#words, PUBLISHED) : this.gate.visible
  }

  hasMore(): boolean {
    return this.visible() !== this.#position
  }

  /** Takes the frame at `position`, whose extent is known, before it is handled. */
  take(extent: number, visible: number): void {
    if (((this.#claimed - this.#position) | 0) <= 0) {
      const ahead = (visible - this.#position) | 0
      this.#claimed = (this.#position + Math.min(ahead, CLAIM_BYTES)) | 0
      Atomics.store(this.#words, CLAIMED, this.#claimed)
    }
    this.#position = (this.#position + extent) | 0
  }

  /** Gives back the room of everything taken. True when the producer waits for room and its doorbell should ring. */
  free(poison: boolean): boolean {
    if (this.#freed === this.#position) return false
    if (poison) {
      const from = this.#freed & this.mask
      const count = (this.#position - this.#freed) | 0
      this.memory.bytes.fill(0xdb, from, Math.min(from + count, this.ring.size))
      if (from + count > this.ring.size) this.memory.bytes.fill(0xdb, 0, from + count - this.ring.size)
    }
    this.#freed = this.#position
    Atomics.store(this.#words, FREED, this.#position)
    return Atomics.load(this.#words, WANTS_ROOM) === 1 && Atomics.exchange(this.#words, WANTS_ROOM, 0) === 1
  }
}
