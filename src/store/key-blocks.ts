import { assert } from '../base/index.ts'

const BLOCK_BYTES_MIN = 1024
/** An entry that is larger has a block of its own. */
const BLOCK_BYTES_MAX = 256 * 1024
/** A new block is this part of what there is: little is empty, and few blocks are many entries. */
const BLOCK_SHARE = 8
/** So many that are empty are kept. */
const SPARE_MAX = 2
/** An address has so many bits for where in its block an entry lies, in units of eight bytes. */
const OFFSET_BITS = 15
const OFFSET_MASK = (1 << OFFSET_BITS) - 1
const BLOCKS_MAX = 1 << (32 - OFFSET_BITS)

/** Memory in which entries lie one behind another. */
export class KeyBlock {
  readonly number: number
  readonly buffer: Buffer
  readonly words: Int32Array
  readonly doubles: Float64Array
  /** Blocks are filled in the order of these numbers. */
  sequence: number
  /** Up to here there are entries; those that are gone included. */
  used: number
  /** Of that, what belongs to entries that are there. */
  live: number

  constructor(number: number, bytes: number) {
    const buffer = Buffer.allocUnsafeSlow(bytes)
    this.number = number
    this.buffer = buffer
    this.words = new Int32Array(buffer.buffer, buffer.byteOffset, bytes >>> 2)
    this.doubles = new Float64Array(buffer.buffer, buffer.byteOffset, bytes >>> 3)
    this.sequence = 0
    this.used = 0
    this.live = 0
  }

  get bytes(): number {
    return this.buffer.length
  }
}

export const NO_BLOCK = new KeyBlock(0, 64)

/**
 * The memory of a table of keys. Entries are put behind one another, so that the oldest lie in the first block, and a block
 * in which nothing is left is used again for the next: a working state that takes in and forgets needs no new memory.
 */
export class KeyBlocks {
  /** Of all blocks with entries. */
  bytes = 0
  /** Of entries that are there. */
  live = 0
  /** By number, which is never 0; null where there is none. */
  readonly #numbered: (KeyBlock | null)[] = [null]
  readonly #free: number[] = []
  /** In the order in which they are filled: only the last has room. */
  #filled: KeyBlock[] = []
  /** Empty, and not counted. */
  readonly #spare: KeyBlock[] = []
  #sequence = 0

  /** Where `allocate` found room. */
  block = NO_BLOCK
  offset = 0

  at(address: number): KeyBlock {
    return this.#numbered[address >>> OFFSET_BITS] as KeyBlock
  }

  /** Bytes are a multiple of eight. Afterwards `block` and `offset` say where. */
  allocate(bytes: number): void {
    let block = this.#filled[this.#filled.length - 1]
    if (block === undefined || block.used + bytes > block.bytes) block = this.#open(bytes)
    this.block = block
    this.offset = block.used
    block.used += bytes
    block.live += bytes
    this.live += bytes
  }

  /** A block in which nothing is left is kept to be the next one, if it may be, or given up. */
  free(block: KeyBlock, bytes: number): void {
    block.live -= bytes
    this.live -= bytes
    if (block.live > 0) return
    this.#filled.splice(this.#indexFrom(block.sequence), 1)
    this.bytes -= block.bytes
    block.used = 0
    if (this.#spare.length < SPARE_MAX && block.bytes === BLOCK_BYTES_MAX) this.#spare.push(block)
    else this.#drop(block)
  }

  clear(): void {
    for (const block of this.#filled) {
      block.used = 0
      this.#drop(block)
    }
    for (const block of this.#spare) this.#drop(block)
    this.#filled = []
    this.#spare.length = 0
    this.bytes = 0
    this.live = 0
    this.block = NO_BLOCK
  }

  /** The first block of this number in the order, or of a later one. */
  from(sequence: number): KeyBlock | undefined {
    return this.#filled[this.#indexFrom(sequence)]
  }

  get last(): KeyBlock | undefined {
    return this.#filled[this.#filled.length - 1]
  }

  /** Of those that are full, the one in which most is of no use; undefined when little is. */
  sparsest(): KeyBlock | undefined {
    let sparsest: KeyBlock | undefined
    let most = 0
    for (let i = 0; i < this.#filled.length - 1; i++) {
      const block = this.#filled[i] as KeyBlock
      const waste = block.bytes - block.live
      if (waste * 2 < block.bytes || waste <= most) continue
      most = waste
      sparsest = block
    }
    return sparsest
  }

  #indexFrom(sequence: number): number {
    let low = 0
    let high = this.#filled.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#filled[middle] as KeyBlock).sequence < sequence) low = middle + 1
      else high = middle
    }
    return low
  }

  #open(bytes: number): KeyBlock {
    let size = BLOCK_BYTES_MIN
    while (size < BLOCK_BYTES_MAX && size * 2 * BLOCK_SHARE <= this.bytes) size *= 2
    let block = bytes <= BLOCK_BYTES_MAX ? this.#spare.pop() : undefined
    if (block === undefined) {
      const number = this.#free.pop() ?? this.#numbered.length
      assert(number < BLOCKS_MAX, 'a table of keys has more blocks than it can name')
      block = new KeyBlock(number, Math.max(size, bytes))
      this.#numbered[number] = block
    }
    block.sequence = ++this.#sequence
    this.bytes += block.bytes
    this.#filled.push(block)
    return block
  }

  #drop({ number }: KeyBlock): void {
    this.#numbered[number] = null
    this.#free.push(number)
  }
}

export function addressOf(block: KeyBlock, offset: number): number {
  return (block.number << OFFSET_BITS) | (offset >>> 3)
}

export function offsetOf(address: number): number {
  return (address & OFFSET_MASK) << 3
}
