/**
 * Counts whole replies and looks at nothing else: a load generator that parses what it gets would be measuring itself.
 * Bulk strings are stepped over by their length. Arrays and what RESP3 adds are not expected of the commands of a load.
 */
import { utf8 } from '../base/index.ts'

const LF = 10
const MINUS = 45
const DOLLAR = 36
const ZERO = 48
const NINE = 57
const SIMPLE = [43, 58, MINUS]

/** Where it is: at a reply's first byte, in its line, or in the body of a bulk string. */
const FIRST = 0
const LINE = 1
const BODY = 2

const ERROR_BYTES_MAX = 200

export class ReplyCounter {
  errors = 0
  /** Replies that say that there is no such key. */
  nils = 0
  firstError = ''
  #at = FIRST
  #type = 0
  #length = 0
  #negative = false
  #left = 0
  #errorText = ''

  /** How many replies end in the first `count` bytes of the buffer. */
  take(bytes: Uint8Array, count: number): number {
    let replies = 0
    let i = 0
    while (i < count) {
      if (this.#at === BODY) {
        const step = Math.min(this.#left, count - i)
        i += step
        this.#left -= step
        if (this.#left > 0) break
        replies++
        this.#at = FIRST
      } else if (this.#at === FIRST) {
        this.#begin(bytes[i++]!)
      } else {
        const byte = bytes[i++]!
        if (byte === LF) replies += this.#endLine()
        else this.#inLine(byte)
      }
    }
    return replies
  }

  #begin(type: number): void {
    if (type !== DOLLAR && !SIMPLE.includes(type)) {
      throw new Error(`a reply of a kind that no command of the load has: byte ${type}`)
    }
    this.#type = type
    this.#length = 0
    this.#negative = false
    this.#errorText = ''
    this.#at = LINE
  }

  #inLine(byte: number): void {
    if (this.#type === DOLLAR) {
      if (byte >= ZERO && byte <= NINE) this.#length = this.#length * 10 + byte - ZERO
      else if (byte === MINUS) this.#negative = true
    } else if (this.#type === MINUS && this.firstError === '' && this.#errorText.length < ERROR_BYTES_MAX) {
      this.#errorText += String.fromCharCode(byte)
    }
  }

  /** One when the line was the whole reply. */
  #endLine(): number {
    if (this.#type === DOLLAR && !this.#negative) {
      this.#left = this.#length + lineEnd.length
      this.#at = BODY
      return 0
    }
    if (this.#type === DOLLAR) this.nils++
    if (this.#type === MINUS) {
      this.errors++
      if (this.firstError === '') this.firstError = this.#errorText.trimEnd()
    }
    this.#at = FIRST
    return 1
  }
}

const lineEnd = utf8('\r\n')
