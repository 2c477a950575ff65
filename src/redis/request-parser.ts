import { assert, EMPTY } from '../base/index.ts'
import type { Arguments } from './arguments.ts'
import { inlineCommand } from './inline.ts'
import { parseInteger } from './integers.ts'

const STAR = 42
const DOLLAR = 36
const CR = 13
const LF = 10
const ZERO = 48

/** What Redis gives a line: an inline command, or the digits of a length. */
const LINE_BYTES_MAX = 65_536
const ARGUMENTS_MAX = 2_147_483_647
/** `$0`, two line ends: no argument is shorter. */
const ARGUMENT_BYTES_MIN = 6
const UNAUTHENTICATED_ARGUMENTS_MAX = 10
const UNAUTHENTICATED_ARGUMENT_BYTES_MAX = 16_384

/** How much of a chunk is copied behind a command that waits, at least, before the parser looks again. */
const PIECE_BYTES = 512
const ASSEMBLY_BYTES_MIN = 1024
const OFFSETS_USUAL = 128

export interface RequestLimits {
  /** The longest single argument; Redis's `proto-max-bulk-len`. */
  readonly argumentBytesMax: number
  /** The longest whole command, and with it what one connection may hold (`--client-query-max`); below 2^31. */
  readonly queryBytesMax: number
}

/** The bytes are not a command, and what follows them cannot be trusted: send `-text`, close the connection. */
export class ProtocolError {
  /** The whole error, code first. */
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

const tooLarge = new ProtocolError('TOOBIG Protocol error: command larger than client-query-max')
const invalidCount = new ProtocolError('ERR Protocol error: invalid multibulk length')
const invalidLength = new ProtocolError('ERR Protocol error: invalid bulk length')
const longCount = new ProtocolError('ERR Protocol error: too big mbulk count string')
const longLength = new ProtocolError('ERR Protocol error: too big bulk count string')
const longInline = new ProtocolError('ERR Protocol error: too big inline request')
const unbalanced = new ProtocolError('ERR Protocol error: unbalanced quotes in request')
const unauthenticatedCount = new ProtocolError('ERR Protocol error: unauthenticated multibulk length')
const unauthenticatedLength = new ProtocolError('ERR Protocol error: unauthenticated bulk length')

/** What `#line` found; the number it read is in `#value`, the offset behind the line in `#lineEnd`. */
const LINE_READ = 0
const LINE_WAITS = 1
const LINE_TOO_LONG = 2
const LINE_NO_NUMBER = 3

/**
 * The client's side of a connection: takes chunks as they come, gives commands, RESP arrays and inline ones.
 *
 * A command that lies whole in a chunk is read where it is. One that spans chunks is put together in a buffer of the
 * parser's own (the assembly), which grows by doubling up to what the command needs: a byte is copied twice at most,
 * however small the chunks, and a length that is announced takes no memory before its bytes come. As soon as a command
 * begins in the present chunk the parser reads there again, and the assembly goes.
 *
 * What it accepts does not depend on how the bytes were cut into chunks.
 *
 * The chunk given to `push` is free again after `next` has said `more`, or after `keep`.
 */
export class RequestParser {
  /** Before the password Redis takes small commands only. */
  authenticated: boolean
  readonly #argumentBytesMax: number
  readonly #queryBytesMax: number
  #failed: ProtocolError | null

  /** The bytes being read: the chunk, or the assembly. Invariant: `#start <= #at <= #limit`. */
  #buffer: Uint8Array
  #assembled: boolean
  #start: number
  #at: number
  #limit: number
  /** If above `#at`: no end of the line at `#at` lies below this. */
  #searched: number

  /** While reading from the assembly: the chunk, whose bytes from `#chunkAt` on are not in the assembly yet. */
  #chunk: Uint8Array
  #chunkAt: number

  /** Arguments that are still to come, 0 between commands; those found; the length of the next, −1 if not known yet. */
  #remaining: number
  #count: number
  #length: number
  /** The offsets of a command that waits, taken from the `Arguments` it was being read into; those of the `Arguments` while it is read on. */
  #offsets: Int32Array | null

  #value: number
  #lineEnd: number

  constructor(limits: RequestLimits) {
    assert(limits.argumentBytesMax >= 1024, 'the limit of an argument is above what the fast path takes unseen')
    assert(limits.queryBytesMax < 2 ** 31, 'offsets within a command fit in 31 bits')
    this.authenticated = true
    this.#argumentBytesMax = limits.argumentBytesMax
    this.#queryBytesMax = limits.queryBytesMax
    this.#failed = null
    this.#buffer = EMPTY
    this.#assembled = false
    this.#start = 0
    this.#at = 0
    this.#limit = 0
    this.#searched = 0
    this.#chunk = EMPTY
    this.#chunkAt = 0
    this.#remaining = 0
    this.#count = 0
    this.#length = -1
    this.#offsets = null
    this.#value = 0
    this.#lineEnd = 0
  }

  /** Memory that waits here for the rest of a command, or to be read. */
  get heldBytes(): number {
    return (this.#assembled ? this.#buffer.length : 0) + (this.#offsets === null ? 0 : this.#offsets.byteLength)
  }

  push(chunk: Uint8Array): void {
    if (this.#failed !== null) return
    this.keep()
    if (this.#assembled) {
      this.#chunk = chunk
      this.#chunkAt = 0
    } else this.#read(chunk, 0)
  }

  /** Copies what is unread of the chunk, so that a caller that wants to pause may use its memory for something else. */
  keep(): void {
    if (this.#remaining === 0) this.#start = this.#at
    if (!this.#assembled) {
      // So it is between commands: one that waits has been moved to the assembly.
      const rest = this.#limit - this.#at
      if (rest === 0) this.#read(EMPTY, 0)
      else this.#move(null, rest)
    } else if (this.#chunkAt < this.#chunk.length) {
      this.#append(this.#offsets, this.#chunk.length - this.#chunkAt)
      this.#chunk = EMPTY
      this.#chunkAt = 0
    }
  }

  /**
   * `command`: `args` hold the next one. `more`: a chunk is needed. An error stays: nothing behind it is read. An empty
   * command (`*0`, an empty line) gets no reply from Redis, and is passed over.
   */
  next(args: Arguments): 'command' | 'more' | ProtocolError {
    if (this.#failed !== null) return this.#failed
    args.begin()
    const offsets = this.#offsets
    if (offsets !== null) {
      this.#offsets = args.offsets
      args.offsets = offsets
    }
    for (;;) {
      if (this.#assembled && this.#remaining === 0) this.#leaveAssembly()
      const outcome = this.#scan(args)
      if (outcome === 'command') {
        this.#offsets = null
        return outcome
      }
      if (outcome !== 'more') return this.#fail(outcome)
      if (this.#chunkAt === this.#chunk.length) break
      this.#append(args.offsets, Math.max(PIECE_BYTES, this.#missing()))
    }
    this.#hold(args)
    return 'more'
  }

  /** Reads on at `#at`. Keeps what it knows when the bytes end, so that no byte of an argument is looked at again. */
  #scan(args: Arguments): 'command' | 'more' | ProtocolError {
    const buffer = this.#buffer
    const limit = this.#limit
    let at = this.#at
    let remaining = this.#remaining
    let count = this.#count
    let length = this.#length

    while (remaining === 0) {
      this.#start = at
      this.#at = at
      if (at === limit) return 'more'
      if (buffer[at] !== STAR) {
        const outcome = this.#inline(args)
        if (outcome !== 'empty') return outcome
        at = this.#at
        continue
      }
      count = 0
      length = -1
      if (at + 3 < limit && buffer[at + 2] === CR) {
        const digit = buffer[at + 1]! - ZERO
        if (digit > 0 && digit <= 9) {
          remaining = digit
          at += 4
          break
        }
      }
      const line = this.#line(at)
      if (line === LINE_WAITS) return 'more'
      if (line === LINE_TOO_LONG) return longCount
      if (line === LINE_NO_NUMBER || this.#value > ARGUMENTS_MAX) return invalidCount
      if (this.#value > UNAUTHENTICATED_ARGUMENTS_MAX && !this.authenticated) return unauthenticatedCount
      if (this.#value * ARGUMENT_BYTES_MIN > this.#queryBytesMax) return tooLarge
      at = this.#lineEnd
      if (this.#value > 0) remaining = this.#value
    }

    let offsets = args.offsets
    while (remaining > 0) {
      if (length < 0) {
        if (at + 4 < limit && buffer[at] === DOLLAR) {
          const first = buffer[at + 1]! - ZERO
          const second = buffer[at + 2]! - ZERO
          if (first >= 0 && first <= 9) {
            if (second === CR - ZERO) {
              length = first
              at += 4
            } else if (first > 0 && second >= 0 && second <= 9 && buffer[at + 3] === CR) {
              length = first * 10 + second
              at += 5
            }
          }
        }
        if (length < 0) {
          const line = this.#line(at)
          if (line === LINE_WAITS) return this.#wait(at, remaining, count, length)
          if (line === LINE_TOO_LONG) return longLength
          if (buffer[at] !== DOLLAR) {
            return new ProtocolError(`ERR Protocol error: expected '$', got '${String.fromCharCode(buffer[at]!)}'`)
          }
          if (line === LINE_NO_NUMBER || this.#value < 0 || this.#value > this.#argumentBytesMax) return invalidLength
          if (this.#value > UNAUTHENTICATED_ARGUMENT_BYTES_MAX && !this.authenticated) return unauthenticatedLength
          length = this.#value
          at = this.#lineEnd
        }
        if (at + length + 2 - this.#start > this.#queryBytesMax) return tooLarge
      }
      const end = at + length
      if (end + 2 > limit) return this.#wait(at, remaining, count, length)
      if (2 * count + 1 >= offsets.length) offsets = args.grow()
      offsets[2 * count] = at
      offsets[2 * count + 1] = end
      count++
      remaining--
      length = -1
      at = end + 2
    }

    args.set(buffer, count, this.#start, at)
    this.#at = at
    this.#remaining = 0
    return 'command'
  }

  #wait(at: number, remaining: number, count: number, length: number): 'more' {
    this.#at = at
    this.#remaining = remaining
    this.#count = count
    this.#length = length
    return 'more'
  }

  /** The number between the type byte at `at` and the end of its line. The byte behind CR is not looked at. */
  #line(at: number): number {
    const buffer = this.#buffer
    const limit = this.#limit
    let end = Math.max(at, this.#searched)
    while (end < limit && buffer[end] !== CR) end++
    this.#searched = end
    if (end - at > LINE_BYTES_MAX) return LINE_TOO_LONG
    if (end + 1 >= limit) return LINE_WAITS
    this.#lineEnd = end + 2
    const value = parseInteger(buffer, at + 1, end)
    if (value === null) return LINE_NO_NUMBER
    // What is beyond 2^53 need only stay on its side of every limit.
    this.#value = Number(value)
    return LINE_READ
  }

  #inline(args: Arguments): 'command' | 'more' | 'empty' | ProtocolError {
    const buffer = this.#buffer
    const limit = this.#limit
    const at = this.#at
    let end = Math.max(at, this.#searched)
    while (end < limit && buffer[end] !== LF) end++
    this.#searched = end
    if (end - at > LINE_BYTES_MAX) return longInline
    if (end === limit) return 'more'
    this.#at = end + 1
    const lineEnd = end > at && buffer[end - 1] === CR ? end - 1 : end
    const count = inlineCommand(buffer, at, lineEnd, args)
    if (count < 0) return unbalanced
    return count === 0 ? 'empty' : 'command'
  }

  /** What the argument that is being waited for still lacks; 0 when it is a line. */
  #missing(): number {
    return this.#length < 0 || this.#remaining === 0 ? 0 : this.#at + this.#length + 2 - this.#limit
  }

  #read(chunk: Uint8Array, at: number): void {
    this.#buffer = chunk
    this.#assembled = false
    this.#start = at
    this.#at = at
    this.#searched = at
    this.#limit = chunk.length
    this.#chunk = EMPTY
    this.#chunkAt = 0
  }

  /** Between commands: if all that is unread in the assembly came from the present chunk, it is read there. */
  #leaveAssembly(): void {
    const rest = this.#limit - this.#at
    if (rest <= this.#chunkAt) this.#read(this.#chunk, this.#chunkAt - rest)
  }

  /** The bytes have ended: what the present command has so far goes to the assembly, and the chunk is let go. */
  #hold(args: Arguments): void {
    const spare = this.#offsets
    this.#offsets = null
    if (this.#start === this.#limit) {
      this.#read(EMPTY, 0)
      return
    }
    if (!this.#assembled || this.#start > 0) this.#move(args.offsets, this.#capacity(this.#limit - this.#start))
    if (this.#remaining > 0 && this.#count > 0) {
      this.#offsets = args.offsets
      // One that has waited before gave its array for that of the `Arguments`: so a byte that comes alone costs none.
      args.offsets = spare ?? new Int32Array(OFFSETS_USUAL)
    }
    this.#chunk = EMPTY
    this.#chunkAt = 0
  }

  /** Room for `needed` bytes and for growth: twice as much, but not more than the command is known to take. */
  #capacity(needed: number): number {
    const known = this.#missing()
    const wanted = Math.max(needed * 2, ASSEMBLY_BYTES_MIN)
    return known > 0 ? Math.max(needed, Math.min(wanted, this.#limit - this.#start + known)) : wanted
  }

  /** Puts up to `size` bytes of the chunk behind the assembly. */
  #append(offsets: Int32Array | null, size: number): void {
    const from = this.#chunkAt
    const to = Math.min(this.#chunk.length, from + size)
    const needed = this.#limit - this.#start + to - from
    if (this.#limit + to - from > this.#buffer.length) this.#move(offsets, this.#capacity(needed))
    this.#buffer.set(this.#chunk.subarray(from, to), this.#limit)
    this.#limit += to - from
    this.#chunkAt = to
  }

  /** To a new assembly, where the present command begins at 0. */
  #move(offsets: Int32Array | null, capacity: number): void {
    const shift = this.#start
    const assembly = Buffer.allocUnsafeSlow(capacity)
    assembly.set(this.#buffer.subarray(shift, this.#limit))
    if (shift > 0 && offsets !== null && this.#remaining > 0) {
      for (let i = 0; i < 2 * this.#count; i++) offsets[i]! -= shift
    }
    this.#buffer = assembly
    this.#assembled = true
    this.#start = 0
    this.#at -= shift
    this.#searched = Math.max(0, this.#searched - shift)
    this.#limit -= shift
  }

  #fail(error: ProtocolError): ProtocolError {
    this.#failed = error
    this.#offsets = null
    this.#read(EMPTY, 0)
    return error
  }
}
