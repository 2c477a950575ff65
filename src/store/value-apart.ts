import { Slab } from './entry.ts'

const NO_SLAB = new Slab(Buffer.alloc(0))
/** Of a long value of which only the length is known: its bytes are in the engine, or in the overlay. */
export const FAR = new Slab(Buffer.alloc(0))

/** A part of a value, where an entry of the overlay has it. */
export interface ChunkView {
  readonly slab: Slab
  readonly start: number
  readonly end: number
}

/** A value that does not lie in the entry of its key: one that is not short, or is long and perhaps far. */
export class ValueApart {
  slab: Slab
  start: number
  /** Of a long value; 0: the value lies whole in one record. */
  chunkBytes: number
  /** Of a value that is far: the chunks that are newer in the overlay than in the engine. */
  newer: Map<number, ChunkView> | null

  constructor() {
    this.slab = NO_SLAB
    this.start = 0
    this.chunkBytes = 0
    this.newer = null
  }
}
