import { EMPTY } from '../base/index.ts'
import { parseInteger } from './integers.ts'

const CR = 13

const { latin1Slice, utf8Slice } = Buffer.prototype as unknown as {
  latin1Slice(this: Uint8Array, start: number, end: number): string
  utf8Slice(this: Uint8Array, start: number, end: number): string
}

/** An error reply, as a value: whether it is thrown is the caller's choice. */
export class ReplyError extends Error {
  override readonly name = 'ReplyError'
  /** The first word. */
  readonly code: string
  constructor(text: string) {
    super(text)
    const space = text.indexOf(' ')
    this.code = space < 0 ? text : text.slice(0, space)
  }
}

/** The bytes are not replies: nothing behind them can be trusted. */
class ReplyFormatError extends Error {
  override readonly name = 'ReplyFormatError'
}

/** A message that answers no command. */
export class Push {
  readonly values: readonly Reply[]
  constructor(values: readonly Reply[]) {
    this.values = values
  }
}

/** An integer is a bigint only where a number is not exact; a RESP3 big number is a bigint always. */
export type Reply =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | ReplyError
  | Push
  | Reply[]
  | Set<Reply>
  | Map<Reply, Reply>

/** An aggregate whose elements are being read. */
interface Frame {
  readonly type: number
  readonly values: Reply[]
  remaining: number
}

const ARRAY = 42
const MAP = 37
const SET = 126
const PUSH = 62
const ATTRIBUTE = 124

/** The line at hand has no end yet. No reply is this object. */
const WAITS = Symbol('waits')

/**
 * The server's side of a connection as a client sees it: takes chunks, gives replies of both protocols as values.
 * Attributes are read and dropped. Values own their memory; a chunk is free again after `next` has said undefined.
 */
export class ReplyParser {
  /** Bulk strings as bytes, or as text (UTF-8). Keys of maps are always text. */
  readonly #asText: boolean
  #buffer: Uint8Array
  #owned: boolean
  #at: number
  #limit: number
  #searched: number
  /** Of the bulk string that waits, its end included; 0 if none does. */
  #needed: number
  readonly #frames: Frame[]

  constructor(bulk: 'text' | 'bytes' = 'text') {
    this.#asText = bulk === 'text'
    this.#buffer = EMPTY
    this.#owned = false
    this.#at = 0
    this.#limit = 0
    this.#searched = 0
    this.#needed = 0
    this.#frames = []
  }

  push(chunk: Uint8Array): void {
    const rest = this.#limit - this.#at
    if (rest === 0) {
      this.#buffer = chunk
      this.#owned = false
      this.#at = 0
      this.#searched = 0
      this.#limit = chunk.length
      return
    }
    if (!this.#owned || this.#limit + chunk.length > this.#buffer.length) this.#own(rest + chunk.length)
    this.#buffer.set(chunk, this.#limit)
    this.#limit += chunk.length
  }

  /** Undefined: a chunk is needed. Throws `ReplyFormatError`. */
  next(): Reply | undefined {
    for (;;) {
      let value = this.#read()
      if (value === WAITS) {
        if (this.#at === this.#limit) this.push(EMPTY)
        else if (!this.#owned) this.#own(this.#limit - this.#at)
        return undefined
      }
      // A value ends its frame if it is the last in it, and then is the value of that frame, and so on outward.
      while (value !== undefined) {
        const frame = this.#frames[this.#frames.length - 1]
        if (frame === undefined) return value as Reply
        frame.values.push(value as Reply)
        if (--frame.remaining > 0) break
        this.#frames.pop()
        value = finished(frame)
      }
    }
  }

  /** One value; undefined when a frame was opened, or an attribute dropped. */
  #read(): Reply | undefined | typeof WAITS {
    const end = this.#line()
    if (end < 0) return WAITS
    const at = this.#at
    const buffer = this.#buffer
    const type = buffer[at]!
    switch (type) {
      case 43: // +
        this.#take(end)
        return latin1Slice.call(buffer, at + 1, end)
      case 45: // -
        this.#take(end)
        return new ReplyError(utf8Slice.call(buffer, at + 1, end))
      case 58: // :
        this.#take(end)
        return this.#integer(at + 1, end)
      case 36: // $
      case 33: // !
      case 61: // =
        return this.#bulk(type, at, end)
      case ARRAY:
      case SET:
      case PUSH:
      case MAP:
      case ATTRIBUTE:
        return this.#open(type, at, end)
      case 95: // _
        this.#take(end)
        return null
      case 35: // #
        this.#take(end)
        return buffer[at + 1] === 116
      case 44: // ,
        this.#take(end)
        return toDouble(latin1Slice.call(buffer, at + 1, end))
      case 40: // (
        this.#take(end)
        return toBigInt(latin1Slice.call(buffer, at + 1, end))
      default:
        throw new ReplyFormatError(`no reply begins with byte ${type}`)
    }
  }

  /** The end of the line at hand, −1 if it, or the bulk string it announces, has not come. */
  #line(): number {
    const buffer = this.#buffer
    const limit = this.#limit
    if (limit - this.#at < this.#needed) return -1
    let end = Math.max(this.#at, this.#searched)
    while (end < limit && buffer[end] !== CR) end++
    this.#searched = end
    return end + 1 < limit ? end : -1
  }

  #take(end: number): void {
    this.#at = end + 2
    this.#searched = this.#at
    this.#needed = 0
  }

  #integer(start: number, end: number): number | bigint {
    const value = parseInteger(this.#buffer, start, end)
    if (value === null) throw new ReplyFormatError('an integer that is none')
    return value
  }

  #size(at: number, end: number): number {
    const size = Number(this.#integer(at + 1, end))
    if (size < -1 || size > 2 ** 31) throw new ReplyFormatError('a length out of range')
    return size
  }

  #bulk(type: number, at: number, lineEnd: number): Reply | typeof WAITS {
    const size = this.#size(at, lineEnd)
    if (size < 0) {
      this.#take(lineEnd)
      return null
    }
    const start = lineEnd + 2
    const end = start + size
    if (end + 2 > this.#limit) {
      // Its line is read again when it is whole.
      this.#needed = end + 2 - at
      this.#searched = at
      return WAITS
    }
    this.#take(end)
    if (type === 33) return new ReplyError(utf8Slice.call(this.#buffer, start, end))
    // Four bytes name the format of a verbatim string.
    if (type === 61) return utf8Slice.call(this.#buffer, Math.min(start + 4, end), end)
    return this.#asText || this.#isMapKey()
      ? utf8Slice.call(this.#buffer, start, end)
      : Uint8Array.prototype.slice.call(this.#buffer, start, end)
  }

  #isMapKey(): boolean {
    const frame = this.#frames[this.#frames.length - 1]
    return frame !== undefined && frame.type === MAP && frame.values.length % 2 === 0
  }

  #open(type: number, at: number, end: number): Reply | undefined {
    const size = this.#size(at, end)
    this.#take(end)
    if (size < 0) return null
    const frame = { type, values: [], remaining: type === MAP || type === ATTRIBUTE ? size * 2 : size }
    if (size === 0) return finished(frame)
    this.#frames.push(frame)
    return undefined
  }

  /** To a buffer of our own, with room to grow: twice as much, up to what a bulk string that waits needs. */
  #own(needed: number): void {
    const wanted = this.#needed > 0 ? Math.min(needed * 2, this.#needed) : needed * 2
    const buffer = Buffer.allocUnsafeSlow(Math.max(needed, wanted))
    buffer.set(this.#buffer.subarray(this.#at, this.#limit))
    this.#buffer = buffer
    this.#owned = true
    this.#limit -= this.#at
    this.#searched = Math.max(0, this.#searched - this.#at)
    this.#at = 0
  }
}

function finished(frame: Frame): Reply | undefined {
  const { values } = frame
  switch (frame.type) {
    case SET:
      return new Set(values)
    case PUSH:
      return new Push(values)
    case MAP: {
      const map = new Map<Reply, Reply>()
      for (let i = 0; i < values.length; i += 2) map.set(values[i]!, values[i + 1]!)
      return map
    }
    case ATTRIBUTE:
      return undefined
    default:
      return values
  }
}

function toDouble(text: string): number {
  if (text === 'inf') return Number.POSITIVE_INFINITY
  if (text === '-inf') return Number.NEGATIVE_INFINITY
  if (text === 'nan' || text === '-nan') return Number.NaN
  const value = Number(text)
  if (text === '' || Number.isNaN(value)) throw new ReplyFormatError('a double that is none')
  return value
}

function toBigInt(text: string): bigint {
  if (!/^[+-]?\d+$/.test(text)) throw new ReplyFormatError('a big number that is none')
  return text.startsWith('+') ? BigInt(text.slice(1)) : BigInt(text)
}
