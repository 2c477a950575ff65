import type { Arguments } from './arguments.ts'
import { writeDigits } from './integers.ts'

const CR = 13
const LF = 10
const SPACE = 32
const TAB = 9
const QUOTE = 34
const APOSTROPHE = 39
const BACKSLASH = 92
const LOWER_X = 120
/** `$`, a length of at most five digits, two line ends. */
const FRAME_BYTES_MAX = 10

function isSpace(byte: number): boolean {
  return byte === SPACE || (byte >= TAB && byte <= CR)
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1
  if (byte >= 48 && byte <= 57) return byte - 48
  const letter = byte | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}

function escaped(byte: number): number {
  switch (byte) {
    case 110: // n
      return LF
    case 114: // r
      return CR
    case 116: // t
      return TAB
    case 98: // b
      return 8
    case 97: // a
      return 7
    default:
      return byte
  }
}

/**
 * A command that a person types: words, of which some are in quotes. It is written anew as RESP, into a buffer of its
 * own, so that nobody behind the parser need know that there are two forms.
 *
 * Returns the number of words, and −1 when a quote is not closed or something stands right behind a closing one.
 */
export function inlineCommand(line: Uint8Array, start: number, end: number, args: Arguments): number {
  const words = splitWords(line, start, end)
  if (words === null) return -1
  if (words.length === 0) return 0
  let size = FRAME_BYTES_MAX
  for (const word of words) size += word.length + FRAME_BYTES_MAX
  const buffer = Buffer.allocUnsafeSlow(size)
  let at = frame(buffer, 0, 42, words.length)
  let offsets = args.offsets
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    at = frame(buffer, at, 36, word.length)
    if (2 * i + 1 >= offsets.length) offsets = args.grow()
    offsets[2 * i] = at
    buffer.set(word, at)
    at += word.length
    offsets[2 * i + 1] = at
    buffer[at++] = CR
    buffer[at++] = LF
  }
  args.set(buffer, words.length, 0, at)
  return words.length
}

function frame(buffer: Uint8Array, at: number, type: number, value: number): number {
  buffer[at] = type
  const end = writeDigits(buffer, at + 1, value)
  buffer[end] = CR
  buffer[end + 1] = LF
  return end + 2
}

function splitWords(line: Uint8Array, start: number, end: number): Uint8Array[] | null {
  const words: Uint8Array[] = []
  // A word is never longer than its spelling.
  const word = new Uint8Array(end - start)
  let at = start
  for (;;) {
    while (at < end && isSpace(line[at]!)) at++
    if (at === end) return words
    let size = 0
    let quote = 0
    for (; ; at++) {
      if (at === end) {
        if (quote !== 0) return null
        break
      }
      const byte = line[at]!
      if (quote === 0) {
        if (byte === SPACE || byte === LF || byte === CR || byte === TAB) break
        if (byte === QUOTE || byte === APOSTROPHE) quote = byte
        else word[size++] = byte
      } else if (byte === quote) {
        if (at + 1 < end && !isSpace(line[at + 1]!)) return null
        at++
        break
      } else if (byte === BACKSLASH && quote === QUOTE && at + 1 < end) {
        const high = line[at + 1] === LOWER_X && at + 3 < end ? hexDigit(line[at + 2]) : -1
        const low = high < 0 ? -1 : hexDigit(line[at + 3])
        if (low >= 0) {
          word[size++] = high * 16 + low
          at += 3
        } else word[size++] = escaped(line[++at]!)
      } else if (byte === BACKSLASH && line[at + 1] === APOSTROPHE && at + 1 < end) {
        word[size++] = APOSTROPHE
        at++
      } else word[size++] = byte
    }
    words.push(word.slice(0, size))
  }
}
