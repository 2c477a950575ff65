/**
 * What waits on the heap because the ring is full, oldest first: chunks of whole frames, laid out as in the ring so that
 * many move there in one copy, and large messages, each alone.
 */
import { Fifo } from './fifo.ts'
import { Memory } from './frame.ts'
import { align8 } from './ring.ts'

/** Frames that fit the ring as they are. */
export class Chunk {
  readonly memory: Memory
  /** The first byte that has not moved to the ring; always the beginning of a frame. */
  begin: number
  end: number

  constructor(capacity: number) {
    this.memory = new Memory(new ArrayBuffer(capacity))
    this.begin = 0
    this.end = 0
  }

  get capacity(): number {
    return this.memory.bytes.length
  }

  frameLength(at: number): number {
    return this.memory.view.getUint32(at, true)
  }
}

/** One message that goes in pieces. */
export class Large {
  readonly memory: Memory
  readonly sequence: number
  sentBytes: number

  constructor(memory: Memory, sequence: number) {
    this.memory = memory
    this.sequence = sequence
    this.sentBytes = 0
  }

  get length(): number {
    return this.memory.bytes.length
  }
}

export class Backlog {
  readonly #queue: Fifo<Chunk | Large>
  readonly #chunkBytes: number
  /** The youngest entry, if it is a chunk. */
  #open: Chunk | null
  /** An empty one, kept so that a lane which is now and then full does not allocate each time. */
  #spare: Chunk | null

  constructor(chunkBytes: number) {
    this.#queue = new Fifo()
    this.#chunkBytes = chunkBytes
    this.#open = null
    this.#spare = null
  }

  get isEmpty(): boolean {
    return this.#queue.size === 0
  }

  get oldest(): Chunk | Large | undefined {
    return this.#queue.peek()
  }

  /** A chunk with so much room at its end; the frame that is written there counts after `end` has grown. */
  chunkFor(length: number): Chunk {
    const open = this.#open
    if (open !== null && open.capacity - open.end >= length) return open
    const chunk = this.#spare ?? new Chunk(this.#chunkBytes)
    this.#spare = null
    this.#queue.push(chunk)
    this.#open = chunk
    return chunk
  }

  pushLarge(large: Large): void {
    this.#queue.push(large)
    this.#open = null
  }

  /** The oldest has moved to the ring as a whole. */
  dropOldest(): void {
    const dropped = this.#queue.shift()
    if (!(dropped instanceof Chunk)) return
    if (dropped === this.#open) this.#open = null
    dropped.begin = 0
    dropped.end = 0
    this.#spare = dropped
  }

  forEachFrame(visit: (memory: Memory, offset: number, length: number) => void): void {
    for (let i = 0; i < this.#queue.size; i++) {
      const waiting = this.#queue.at(i)
      if (waiting instanceof Large) {
        visit(waiting.memory, 0, waiting.length)
        continue
      }
      for (let at = waiting.begin; at < waiting.end; at += align8(waiting.frameLength(at))) {
        visit(waiting.memory, at, waiting.frameLength(at))
      }
    }
  }
}
