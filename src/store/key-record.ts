import type { StringValue } from '../redis/index.ts'
import { ENTRY_BYTES_MAX } from './entry.ts'
import { addressOf, type KeyBlock, NO_BLOCK } from './key-blocks.ts'
import { type ChunkView, FAR, type ValueApart } from './value-apart.ts'

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

/** A command wants the bytes of a long value that are not in memory. It has changed nothing yet, and runs again later. */
export class ValueIsFar extends Error {
  override readonly name = 'ValueIsFar'
}

/** One for all: it is thrown often, and nobody looks at its stack. */
const valueIsFar = new ValueIsFar()

/** Where in an entry its numbers are, in words. Before them stand two doubles: its index, and when it dies. */
export const WORD = { keyBytes: 4, valueBytes: 5, entryBytes: 6, state: 7 } as const
/** Then come the key's bytes and the value's. */
export const ENTRY_HEADER_BYTES = 32
/** Bits of the state; above them the number of what lies apart. */
const EXISTS = 1
const GONE = 2
const APART_SHIFT = 2

/**
 * What the leader knows of one key: its value, or that there is none. No object of its own, for there are as many as keys,
 * but a look at the entry where it lies: good until something else is looked up in the same table.
 */
export class KeyRecord implements StringValue {
  block: KeyBlock
  offset: number
  /** Null: the value lies in the entry, or there is none. */
  apart: ValueApart | null

  constructor() {
    this.block = NO_BLOCK
    this.offset = 0
    this.apart = null
  }

  get type(): 'string' {
    return 'string'
  }

  /** A character per byte. */
  get key(): string {
    return this.block.buffer.toString('latin1', this.offset + ENTRY_HEADER_BYTES, this.keyEnd)
  }

  get keyBytes(): number {
    return wordOf(this, WORD.keyBytes)
  }

  get keyEnd(): number {
    return this.offset + ENTRY_HEADER_BYTES + wordOf(this, WORD.keyBytes)
  }

  get entryBytes(): number {
    return wordOf(this, WORD.entryBytes)
  }

  get address(): number {
    return addressOf(this.block, this.offset)
  }

  /** The last entry that changed it; 0: as it is in the engine. */
  get index(): number {
    return this.block.doubles[this.offset >>> 3] as number
  }

  set index(index: number) {
    this.block.doubles[this.offset >>> 3] = index
  }

  get expireAtMs(): number {
    return this.block.doubles[(this.offset >>> 3) + 1] as number
  }

  set expireAtMs(expireAtMs: number) {
    this.block.doubles[(this.offset >>> 3) + 1] = expireAtMs
  }

  /** False: the key is known to be absent. */
  get exists(): boolean {
    return (wordOf(this, WORD.state) & EXISTS) !== 0
  }

  set exists(exists: boolean) {
    setWord(this, WORD.state, exists ? wordOf(this, WORD.state) | EXISTS : wordOf(this, WORD.state) & ~EXISTS)
  }

  /** Its entry is no more, or elsewhere. */
  get isGone(): boolean {
    return (wordOf(this, WORD.state) & GONE) !== 0
  }

  leave(): void {
    setWord(this, WORD.state, GONE)
  }

  get apartNumber(): number {
    return wordOf(this, WORD.state) >>> APART_SHIFT
  }

  set apartNumber(number: number) {
    setWord(this, WORD.state, (wordOf(this, WORD.state) & (EXISTS | GONE)) | (number << APART_SHIFT))
  }

  get buffer(): Buffer {
    const { apart } = this
    if (apart === null) return this.block.buffer
    if (apart.slab === FAR) throw valueIsFar
    return apart.slab.buffer
  }

  get start(): number {
    const { apart } = this
    return apart === null ? this.keyEnd : apart.start
  }

  get end(): number {
    return this.start + wordOf(this, WORD.valueBytes)
  }

  get bytes(): number {
    return wordOf(this, WORD.valueBytes)
  }

  set bytes(bytes: number) {
    setWord(this, WORD.valueBytes, bytes)
  }

  get isFar(): boolean {
    return this.apart !== null && this.apart.slab === FAR
  }

  get newer(): ReadonlyMap<number, ChunkView> | null {
    return this.apart === null ? null : this.apart.newer
  }

  /** Of a long value; 0: the value lies whole in one record. */
  get chunkBytes(): number {
    return this.apart === null ? 0 : this.apart.chunkBytes
  }

  get chunks(): number {
    return chunksOf(this.bytes, this.chunkBytes)
  }
}

function wordOf({ block, offset }: KeyRecord, word: number): number {
  return block.words[(offset >>> 2) + word] as number
}

function setWord({ block, offset }: KeyRecord, word: number, value: number): void {
  block.words[(offset >>> 2) + word] = value
}
