import { copyBytes, EMPTY } from '../base/index.ts'
import { parseInteger } from './integers.ts'

/** What Node gives every byte array, though its types name it only on Buffer: a native, allocation-poor decode. */
const slices = Buffer.prototype as unknown as {
  latin1Slice(this: Uint8Array, start: number, end: number): string
  utf8Slice(this: Uint8Array, start: number, end: number): string
}
const { latin1Slice, utf8Slice } = slices

const OFFSETS_USUAL = 128
/** An array that one hostile command made large is given back with the next command. */
const OFFSETS_KEPT_MAX = 65_536

/**
 * One parsed command: offsets into a buffer, nothing copied; one object serves command after command.
 *
 * The views it gives belong to whoever owns `buffer`: they are good until the parser is asked for the next command
 * or given the next chunk.
 */
export class Arguments {
  buffer: Uint8Array
  count: number
  /** The command's own RESP bytes are `buffer[commandStart..commandEnd)`, also when the client sent it inline. */
  commandStart: number
  commandEnd: number
  /** Start and end of argument i at 2i and 2i + 1. For parsers: they write here, then call `set`. */
  offsets: Int32Array
  #keys: string[]
  #keysOf: number[]
  /** Invariant: `#keys[i]` belongs to the present command exactly when `#keysOf[i]` equals this. */
  #command: number

  constructor() {
    this.buffer = EMPTY
    this.count = 0
    this.commandStart = 0
    this.commandEnd = 0
    this.offsets = new Int32Array(OFFSETS_USUAL)
    this.#keys = []
    this.#keysOf = []
    this.#command = 0
  }

  /** For parsers: `offsets` hold `count` arguments of the command at `buffer[commandStart..commandEnd)`. */
  set(buffer: Uint8Array, count: number, commandStart: number, commandEnd: number): void {
    this.buffer = buffer
    this.count = count
    this.commandStart = commandStart
    this.commandEnd = commandEnd
    this.#command++
  }

  /** For parsers: room for one argument more. */
  grow(): Int32Array {
    const larger = new Int32Array(this.offsets.length * 2)
    larger.set(this.offsets)
    this.offsets = larger
    return larger
  }

  /** For parsers, before a new command. */
  begin(): void {
    if (this.offsets.length > OFFSETS_KEPT_MAX) this.offsets = new Int32Array(OFFSETS_USUAL)
    if (this.#keys.length > OFFSETS_KEPT_MAX) {
      this.#keys = []
      this.#keysOf = []
    }
  }

  start(i: number): number {
    return this.offsets[i * 2]!
  }

  end(i: number): number {
    return this.offsets[i * 2 + 1]!
  }

  length(i: number): number {
    return this.offsets[i * 2 + 1]! - this.offsets[i * 2]!
  }

  /** A view. */
  bytes(i: number): Uint8Array {
    return this.buffer.subarray(this.offsets[i * 2]!, this.offsets[i * 2 + 1]!)
  }

  /** A character per byte: the cheap and exact key of a `Map`. Made once per command and argument. */
  key(i: number): string {
    if (this.#keysOf[i] === this.#command) return this.#keys[i]!
    const key = latin1Slice.call(this.buffer, this.offsets[i * 2]!, this.offsets[i * 2 + 1]!)
    // Filled from the left, so that the arrays keep no holes.
    for (let j = this.#keys.length; j < i; j++) {
      this.#keys[j] = ''
      this.#keysOf[j] = -1
    }
    this.#keys[i] = key
    this.#keysOf[i] = this.#command
    return key
  }

  /** As UTF-8; what is not becomes U+FFFD. */
  text(i: number): string {
    return utf8Slice.call(this.buffer, this.offsets[i * 2]!, this.offsets[i * 2 + 1]!)
  }

  /** A character per byte; unlike `key`, not remembered. */
  latin1(i: number): string {
    return latin1Slice.call(this.buffer, this.offsets[i * 2]!, this.offsets[i * 2 + 1]!)
  }

  /** ASCII letters in upper case, other bytes as characters: for option words. */
  upper(i: number): string {
    return this.latin1(i).replace(/[a-z]+/g, (letters) => letters.toUpperCase())
  }

  /** Whether the argument is this word, which is given in lower case, in any case of ASCII letters. */
  is(i: number, word: string): boolean {
    const start = this.offsets[i * 2]!
    const length = word.length
    if (this.offsets[i * 2 + 1]! - start !== length) return false
    for (let j = 0; j < length; j++) {
      const byte = this.buffer[start + j]!
      if ((byte >= 65 && byte <= 90 ? byte | 32 : byte) !== word.charCodeAt(j)) return false
    }
    return true
  }

  /** A 64-bit integer in its one spelling: a number where that is exact, else a bigint; null for anything else. */
  integer(i: number): number | bigint | null {
    return parseInteger(this.buffer, this.offsets[i * 2]!, this.offsets[i * 2 + 1]!)
  }

  /** A copy of the command's RESP bytes, for what must outlive the buffer. */
  encode(): Uint8Array {
    return copyBytes(this.buffer.subarray(this.commandStart, this.commandEnd))
  }
}
