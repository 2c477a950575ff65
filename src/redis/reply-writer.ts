import { writeDigits } from './integers.ts'

const CR = 13
const LF = 10
const SPACE = 32

const CAPACITY_FIRST = 1024
/** A buffer that one large reply made larger than this is given back at `reset`. */
const CAPACITY_KEPT_MAX = 1 << 20
/** Below this a loop copies faster than a call. */
const LOOP_BYTES_MAX = 64
/** The type byte, a sign, 19 digits, CR LF: what any prefix takes at most. */
const PREFIX_BYTES_MAX = 24

const encoder = new TextEncoder()

/** Thrown in the midst of a reply: a few bytes of a command may ask for any number of copies of a large value. */
export class ReplyTooLarge extends Error {
  override readonly name = 'ReplyTooLarge'
}

/**
 * Writes replies one behind another into one buffer that grows by doubling.
 *
 * What RESP3 has and RESP2 lacks is written as Redis writes it to an older client: a map as an array of twice the
 * length, a double as a bulk string, a boolean as 0 or 1. `protocol` may be set anew before each reply.
 *
 * The bytes are `buffer[0..length)`; they are good until `reset`, and `buffer` changes when it grows.
 */
export class ReplyWriter {
  buffer: Uint8Array
  length: number
  protocol: 2 | 3
  /** A reply that would grow beyond this is a `ReplyTooLarge`; then only `reset` is permitted. */
  bytesMax: number

  constructor(protocol: 2 | 3 = 2) {
    this.buffer = Buffer.allocUnsafeSlow(CAPACITY_FIRST)
    this.length = 0
    this.protocol = protocol
    this.bytesMax = Number.POSITIVE_INFINITY
  }

  reset(): void {
    this.length = 0
    if (this.buffer.length > CAPACITY_KEPT_MAX) this.buffer = Buffer.allocUnsafeSlow(CAPACITY_FIRST)
  }

  /** A view of what is written. */
  bytes(): Uint8Array {
    return this.buffer.subarray(0, this.length)
  }

  ok(): void {
    this.#reserve(5)
    const { buffer, length } = this
    buffer[length] = 43 // +
    buffer[length + 1] = 79 // O
    buffer[length + 2] = 75 // K
    buffer[length + 3] = CR
    buffer[length + 4] = LF
    this.length = length + 5
  }

  /** `status` is ASCII without line ends. */
  simple(status: string): void {
    this.#line(43, status)
  }

  /** `error('ERR', 'syntax error')`. */
  error(code: string, message: string): void {
    this.errorText(`${code} ${message}`)
  }

  /**
   * The whole text of an error, code first. A character is a byte, so that what a client sent can be quoted as it
   * came; line ends, which would end the reply, become spaces, and are cut at the end.
   */
  errorText(text: string): void {
    let size = text.length
    while (size > 0 && (text.charCodeAt(size - 1) === CR || text.charCodeAt(size - 1) === LF)) size--
    this.#line(45, size === text.length ? text : text.slice(0, size))
  }

  integer(value: number | bigint): void {
    this.#prefix(58, value)
  }

  bulk(source: Uint8Array, start: number, end: number): void {
    const size = end - start
    this.#reserve(size + PREFIX_BYTES_MAX + 2)
    this.#prefixUnchecked(36, size)
    this.#copy(source, start, end)
    this.#lineEnd()
  }

  bulkBytes(bytes: Uint8Array): void {
    this.bulk(bytes, 0, bytes.length)
  }

  /** As UTF-8. */
  bulkText(text: string): void {
    const bytes = encoder.encode(text)
    this.bulk(bytes, 0, bytes.length)
  }

  /** The absent value. */
  nil(): void {
    if (this.protocol === 3) this.#line(95, '')
    else this.#line(36, '-1')
  }

  /** The absent array. */
  nilArray(): void {
    if (this.protocol === 3) this.#line(95, '')
    else this.#line(42, '-1')
  }

  /** The elements follow. */
  array(size: number): void {
    this.#prefix(42, size)
  }

  /** The pairs follow: a key, its value, the next key. */
  map(pairs: number): void {
    if (this.protocol === 3) this.#prefix(37, pairs)
    else this.#prefix(42, pairs * 2)
  }

  set(size: number): void {
    this.#prefix(this.protocol === 3 ? 126 : 42, size)
  }

  /** A message that answers no command. */
  push(size: number): void {
    this.#prefix(this.protocol === 3 ? 62 : 42, size)
  }

  double(value: number): void {
    if (this.protocol === 3) this.#line(44, formatDouble(value))
    else this.bulkText(formatDouble(value))
  }

  boolean(value: boolean): void {
    if (this.protocol === 3) this.#line(35, value ? 't' : 'f')
    else this.#prefix(58, value ? 1 : 0)
  }

  /** Text that a person is to see as it is; `format` has three characters: `txt` or `mkd`. */
  verbatim(format: string, text: string): void {
    if (this.protocol === 2) {
      this.bulkText(text)
      return
    }
    const bytes = encoder.encode(`${format}:${text}`)
    this.#reserve(bytes.length + PREFIX_BYTES_MAX + 2)
    this.#prefixUnchecked(61, bytes.length)
    this.#copy(bytes, 0, bytes.length)
    this.#lineEnd()
  }

  bigNumber(value: bigint): void {
    if (this.protocol === 3) this.#line(40, String(value))
    else this.bulkText(String(value))
  }

  /** Bytes that are replies already. */
  raw(source: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start)
    this.#copy(source, start, end)
  }

  /** A type byte, text of a byte per character, a line end. */
  #line(type: number, text: string): void {
    const size = text.length
    this.#reserve(size + 3)
    const { buffer } = this
    let at = this.length
    buffer[at++] = type
    for (let i = 0; i < size; i++) {
      const code = text.charCodeAt(i)
      buffer[at++] = code === CR || code === LF ? SPACE : code
    }
    buffer[at++] = CR
    buffer[at++] = LF
    this.length = at
  }

  #prefix(type: number, value: number | bigint): void {
    this.#reserve(PREFIX_BYTES_MAX)
    this.#prefixUnchecked(type, value)
  }

  #prefixUnchecked(type: number, value: number | bigint): void {
    const { buffer, length } = this
    buffer[length] = type
    const at = writeDigits(buffer, length + 1, value)
    buffer[at] = CR
    buffer[at + 1] = LF
    this.length = at + 2
  }

  #copy(source: Uint8Array, start: number, end: number): void {
    const { buffer } = this
    const size = end - start
    let at = this.length
    if (size <= LOOP_BYTES_MAX) {
      for (let from = start; from < end; from++) buffer[at++] = source[from]!
    } else {
      buffer.set(start === 0 && end === source.length ? source : source.subarray(start, end), at)
    }
    this.length += size
  }

  #lineEnd(): void {
    const { buffer, length } = this
    buffer[length] = CR
    buffer[length + 1] = LF
    this.length = length + 2
  }

  #reserve(size: number): void {
    if (this.length + size > this.buffer.length) this.#grow(size)
  }

  #grow(size: number): void {
    const needed = this.length + size
    if (needed > this.bytesMax) throw new ReplyTooLarge()
    const larger = Buffer.allocUnsafeSlow(Math.max(Math.min(this.buffer.length * 2, this.bytesMax), needed))
    larger.set(this.buffer.subarray(0, this.length))
    this.buffer = larger
  }
}

/** As C's `%.17g`, which Redis 7.0 uses: seventeen significant digits, trailing zeros cut, two digits of exponent. */
export function formatDouble(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return 'inf'
  if (value === Number.NEGATIVE_INFINITY) return '-inf'
  if (Number.isNaN(value)) return 'nan'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value)
  const [mantissa, exponentText] = exponential17(value).split('e') as [string, string]
  const sign = value < 0 ? '-' : ''
  const digits = mantissa.replace(/[-.]/g, '')
  const exponent = Number(exponentText)
  if (exponent < -4 || exponent >= 17) {
    const power = String(Math.abs(exponent)).padStart(2, '0')
    return `${sign}${cutZeros(`${digits[0]}.${digits.slice(1)}`)}e${exponent < 0 ? '-' : '+'}${power}`
  }
  if (exponent < 0) return `${sign}${cutZeros(`0.${'0'.repeat(-exponent - 1)}${digits}`)}`
  return `${sign}${cutZeros(`${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`)}`
}

/** Seventeen digits. Where the number lies just between two spellings C takes the even one, and JavaScript the larger. */
function exponential17(value: number): string {
  const rounded = value.toExponential(16)
  if (!value.toExponential(17).includes('5e')) return rounded
  const [mantissa, exponent] = value.toExponential(100).split('e') as [string, string]
  const kept = mantissa.length - 84
  const isTie = /^50*$/.test(mantissa.slice(kept))
  return isTie && Number(mantissa[kept - 1]) % 2 === 0 ? `${mantissa.slice(0, kept)}e${exponent}` : rounded
}

function cutZeros(digits: string): string {
  return digits.replace(/\.?0*$/, '')
}
