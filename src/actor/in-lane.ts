/**
 * The receiving side of a lane: the ring, and the pieces of a large message that are being gathered. It knows bytes; who
 * handles a frame is the executor's business.
 */
import { assert } from '../base/index.ts'
import { Memory } from './frame.ts'
import {
  FRAME_FLAGS_AT,
  FRAME_FROM_AT,
  FRAME_HEADER_BYTES,
  FRAME_TO_AT,
  PIECE_FIRST,
  PIECE_LAST,
  type RingReader,
} from './ring.ts'

/** Memory for large messages on their way in, shared by all lanes of a thread. */
export class AssemblyBudget {
  readonly bytesMax: number
  bytes: number

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
    this.bytes = 0
  }
}

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

  /**
   * The first piece of a message for which others have no memory left just now: it stays in the ring, and all behind it.
   * They need nothing from this lane, so they come to their ends, and give their memory back.
   */
  mustWait(memory: Memory, offset: number): boolean {
    if (((memory.bytes[offset + FRAME_FLAGS_AT] as number) & PIECE_FIRST) === 0) return false
    const total = memory.view.getUint32(offset + FRAME_TO_AT, true)
    const { bytes, bytesMax } = this.#budget
    const own = this.#assembly === null ? 0 : this.#assembly.bytes.length
    return total <= bytesMax && bytes - own > 0 && bytes - own + total > bytesMax
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
