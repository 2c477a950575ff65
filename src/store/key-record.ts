import type { StringValue } from '../redis/index.ts'
import { ENTRY_BYTES_MAX, Slab } from './entry.ts'

/** How values lie in the engine, and are fetched. Settings of the store, so that a test may make short values long ones. */
export interface ValueSizes {
  /** A longer value is cut into chunks. */
  readonly wholeBytesMax: number
  readonly chunkBytes: number
  /** Of effects in one entry of the log. */
  readonly entryBytesMax: number
  /** For a command that misses fewer keys the cell is not read through, however small it is (`sweep.ts`). */
  readonly sweptKeysMin: number
  /** A snapshot with no more keys is held in memory until it is whole, and then written at once, without a stage. */
  readonly heldKeysMax: number
}

/**
 * A chunk as large as this costs the engine hardly more than its bytes, and whoever reads many at a time (a snapshot, a
 * split) knows how much memory that takes.
 */
export const VALUE_SIZES: ValueSizes = {
  wholeBytesMax: 128 * 1024,
  chunkBytes: 128 * 1024,
  entryBytesMax: ENTRY_BYTES_MAX,
  sweptKeysMin: 1024,
  heldKeysMax: 1024,
}

/** Each chunk carries its key: chunks of a long key are longer, so that keys are never most of what is written. */
export function chunkBytesFor(sizes: ValueSizes, key: string): number {
  return Math.max(sizes.chunkBytes, Math.min(key.length * 4, 1024 * 1024))
}

export function chunksOf(valueBytes: number, chunkBytes: number): number {
  return chunkBytes === 0 ? 0 : Math.ceil(valueBytes / chunkBytes)
}

export const NO_SLAB = new Slab(Buffer.alloc(0))
/** Of a long value of which only the length is known: its bytes are in the engine, or in the overlay. */
export const FAR = new Slab(Buffer.alloc(0))

/** A command wants the bytes of a long value that are not in memory. It has changed nothing yet, and runs again later. */
export class ValueIsFar extends Error {
  override readonly name = 'ValueIsFar'
}

/** One for all: it is thrown often, and nobody looks at its stack. */
const valueIsFar = new ValueIsFar()

/** A part of a value, where an entry of the overlay has it. */
export interface ChunkView {
  readonly slab: Slab
  readonly start: number
  readonly end: number
}

/** What the leader knows of one key: its value, or that there is none. */
export class KeyRecord implements StringValue {
  readonly key: string
  slab: Slab
  start: number
  end: number
  expireAtMs: number
  /** False: the key is known to be absent. */
  exists: boolean
  /** The last entry that changed it; 0: as it is in the engine. */
  index: number
  /** Of a long value; 0: the value lies whole in one record. */
  chunkBytes: number
  /** Of a value that is far: the chunks that are newer in the overlay than in the engine. */
  newer: Map<number, ChunkView> | null

  constructor(key: string) {
    this.key = key
    this.slab = NO_SLAB
    this.start = 0
    this.end = 0
    this.expireAtMs = 0
    this.exists = false
    this.index = 0
    this.chunkBytes = 0
    this.newer = null
  }

  /** Not a field, for there are as many records as keys. */
  get type(): 'string' {
    return 'string'
  }

  get buffer(): Uint8Array {
    if (this.slab === FAR) throw valueIsFar
    return this.slab.buffer
  }

  get isFar(): boolean {
    return this.slab === FAR
  }

  get bytes(): number {
    return this.end - this.start
  }

  get chunks(): number {
    return chunksOf(this.end - this.start, this.chunkBytes)
  }
}

/** What has become of a key, or of several, since something began: how many more there are, and bytes of them. */
export class KeyChange {
  keys = 0
  bytes = 0

  add(keys: number, bytes: number): void {
    this.keys += keys
    this.bytes += bytes
  }
}
