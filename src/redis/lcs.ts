import { copyBytes, EMPTY } from '../base/index.ts'
import type { Arguments } from './arguments.ts'
import type { Keyspace, StringValue } from './keyspace.ts'
import type { ReplyWriter } from './reply-writer.ts'
import { cellCommand } from './row.ts'
import { texts } from './texts.ts'

/** Where a common run of bytes lies in both values. */
interface Match {
  readonly a: number
  readonly b: number
  readonly length: number
}

/** Of a table with a number of four bytes for each pair of bytes, which is what Redis limits by this setting. */
const BYTES_PER_PAIR = 4

const TOO_LARGE = 'ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len'
const TOO_MUCH_ASKED = 'ERR If you want both the length and indexes, please just use IDX.'

class Wish {
  wantsLength = false
  wantsIndexes = false
  wantsMatchLengths = false
  matchLengthMin: number | bigint = 0
}

/** What options ask for; or the text of an error. */
function parseWish(args: Arguments): Wish | string {
  const wish = new Wish()
  for (let i = 3; i < args.count; i++) {
    if (args.is(i, 'idx')) wish.wantsIndexes = true
    else if (args.is(i, 'len')) wish.wantsLength = true
    else if (args.is(i, 'withmatchlen')) wish.wantsMatchLengths = true
    else if (args.is(i, 'minmatchlen') && i + 1 < args.count) {
      const least = args.integer(++i)
      if (least === null) return texts.notInteger
      wish.matchLengthMin = least
    } else return texts.syntax
  }
  return wish.wantsIndexes && wish.wantsLength ? TOO_MUCH_ASKED : wish
}

/**
 * `lengths[j]` becomes the length of the longest subsequence common to `a` and `b[0..j)`. With `isUp`, a byte for each
 * pair tells which way to go back where the bytes differ: to the shorter `a`, or else to the shorter `b`.
 */
function measure(a: Uint8Array, b: Uint8Array, lengths: Uint32Array, isUp: Uint8Array | null): void {
  for (let i = 0; i < a.length; i++) {
    const byte = a[i]
    const row = i * b.length
    let diagonal = 0
    let left = 0
    for (let j = 0; j < b.length; j++) {
      const up = lengths[j + 1]!
      if (byte === b[j]) left = diagonal + 1
      else if (up > left) {
        left = up
        if (isUp !== null) isUp[row + j] = 1
      }
      diagonal = up
      lengths[j + 1] = left
    }
  }
}

/** The runs of one longest common subsequence, the last one first. */
function trace(a: Uint8Array, b: Uint8Array, isUp: Uint8Array): Match[] {
  const matches: Match[] = []
  let i = a.length
  let j = b.length
  while (i > 0 && j > 0) {
    if (a[i - 1] === b[j - 1]) {
      let length = 0
      while (length < i && length < j && a[i - 1 - length] === b[j - 1 - length]) length++
      i -= length
      j -= length
      matches.push({ a: i, b: j, length })
    } else if (isUp[(i - 1) * b.length + j - 1] === 1) i--
    else j--
  }
  return matches
}

function writeSubsequence(a: Uint8Array, matches: readonly Match[], length: number, reply: ReplyWriter): void {
  const whole = new Uint8Array(length)
  let end = length
  for (const match of matches) {
    end -= match.length
    whole.set(a.subarray(match.a, match.a + match.length), end)
  }
  reply.bulkBytes(whole)
}

function writeMatches(matches: readonly Match[], length: number, wish: Wish, reply: ReplyWriter): void {
  const shown = matches.filter((match) => match.length >= wish.matchLengthMin)
  reply.map(2)
  reply.bulkText('matches')
  reply.array(shown.length)
  for (const match of shown) {
    reply.array(wish.wantsMatchLengths ? 3 : 2)
    for (const start of [match.a, match.b]) {
      reply.array(2)
      reply.integer(start)
      reply.integer(start + match.length - 1)
    }
    if (wish.wantsMatchLengths) reply.integer(match.length)
  }
  reply.bulkText('len')
  reply.integer(length)
}

function copyOf(value: StringValue | null): Uint8Array {
  return value === null ? EMPTY : copyBytes(value.buffer.subarray(value.start, value.end))
}

function executeLcs(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  const wish = parseWish(args)
  if (typeof wish === 'string') {
    reply.errorText(wish)
    return
  }
  // Copies: what `find` gave is good only until the keyspace is called again.
  const a = copyOf(keyspace.find(args.key(1)))
  const b = copyOf(keyspace.find(args.key(2)))
  if ((a.length + 1) * (b.length + 1) * BYTES_PER_PAIR > keyspace.valueBytesMax) {
    reply.errorText(TOO_LARGE)
    return
  }
  const lengths = new Uint32Array(b.length + 1)
  const isUp = wish.wantsLength ? null : new Uint8Array(a.length * b.length)
  measure(a, b, lengths, isUp)
  const length = lengths[b.length]!
  if (isUp === null) {
    reply.integer(length)
    return
  }
  const matches = trace(a, b, isUp)
  if (wish.wantsIndexes) writeMatches(matches, length, wish, reply)
  else writeSubsequence(a, matches, length, reply)
}

export const lcs = cellCommand({
  name: 'lcs',
  arity: -3,
  flags: ['readonly'],
  categories: ['string'],
  keys: [1, 2, 1],
  keyFlags: ['RO', 'access'],
  summary:
    'Gives the longest common subsequence of two values, its length, or where it lies; both must lie in one cell.',
  since: '7.0.0',
  group: 'string',
  complexity: 'O(N*M) for values of N and M bytes',
  execute: executeLcs,
})
