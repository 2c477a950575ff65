/**
 * Commands that go over the keys as they lie in order, a page at a time: `scan`, `keys` and `randomkey` for clients,
 * whose steps the gateway takes, and the pages that it asks the leaders of cells for.
 */
import { fromLatin1 } from '../base/index.ts'
import type { Arguments } from './arguments.ts'
import { matchGlob } from './glob.ts'
import type { Keyspace } from './keyspace.ts'
import type { ReplyWriter } from './reply-writer.ts'
import { cellCommand, walkCommand } from './row.ts'
import { texts } from './texts.ts'

export const scan = walkCommand({
  name: 'scan',
  arity: -2,
  flags: ['readonly'],
  categories: ['keyspace'],
  tips: ['nondeterministic_output', 'request_policy:special'],
  summary: 'Gives some of the keys, and a cursor by which the next call goes on.',
  since: '2.8.0',
  group: 'generic',
  complexity: 'O(N) for the N keys that are looked at',
})

export const keys = walkCommand({
  name: 'keys',
  arity: 2,
  flags: ['readonly'],
  categories: ['keyspace', 'dangerous'],
  tips: ['request_policy:all_shards', 'nondeterministic_output_order'],
  summary: 'Gives all the keys that match a pattern.',
  since: '1.0.0',
  group: 'generic',
  complexity: 'O(N) for the N keys that begin as the pattern does',
})

export const randomkey = walkCommand({
  name: 'randomkey',
  arity: 1,
  flags: ['readonly'],
  categories: ['keyspace'],
  tips: ['request_policy:all_shards', 'nondeterministic_output'],
  summary: 'Gives one of the keys, by chance.',
  since: '1.0.0',
  group: 'generic',
  complexity: 'O(N) for N cells',
})

/** What a SCAN asks for. */
export interface ScanRequest {
  cursor: bigint
  /** Keys to be looked at; a wish. */
  count: number
  /** A character per byte; null: every key. */
  pattern: string | null
  /** Lower case; empty: any. A page knows it by this. */
  type: string
}

const COUNT_DEFAULT = 10
/** The empty name is not that of any type. */
const NO_TYPE = '-'
const CURSOR_BEYOND = 1n << 64n

/** As C's `strtoul` reads it, which takes signs and nothing at all; null: what it does not take whole, or a space. */
function parseCursor(word: string): bigint | null {
  const nul = word.indexOf('\0')
  const text = nul < 0 ? word : word.slice(0, nul)
  if (text === '') return 0n
  const digits = /^([+-]?)(\d+)$/.exec(text)
  // Twenty digits hold 64 bits; more of them are zeros in front, or too many.
  const magnitude = digits === null ? null : BigInt((digits[2] as string).replace(/^0+/, '').slice(0, 21) || '0')
  if (digits === null || magnitude === null || magnitude >= CURSOR_BEYOND) return null
  return digits[1] === '-' && magnitude !== 0n ? CURSOR_BEYOND - magnitude : magnitude
}

/** The request, or the error that Redis answers. */
export function parseScan(args: Arguments): ScanRequest | string {
  const cursor = parseCursor(args.latin1(1))
  if (cursor === null) return 'ERR invalid cursor'
  const request: ScanRequest = { cursor, count: COUNT_DEFAULT, pattern: null, type: '' }
  for (let i = 2; i < args.count; i += 2) {
    if (i + 1 === args.count) return texts.syntax
    if (args.is(i, 'count')) {
      const count = args.integer(i + 1)
      if (count === null) return texts.notInteger
      if (count < 1) return texts.syntax
      request.count = Number(count)
    } else if (args.is(i, 'match')) request.pattern = args.latin1(i + 1)
    else if (args.is(i, 'type')) request.type = args.latin1(i + 1).toLowerCase() || NO_TYPE
    else return texts.syntax
  }
  return request
}

/** A page looks at no more keys than this, so that no turn takes long over one. */
export const PAGE_KEYS_MAX = 1000

/**
 * `SYSPAGE from end keysMax type [pattern]`: where to go on (nil: nowhere), how many keys were looked at, and those that
 * match. An empty `end` is none, an empty `type` any.
 */
function executeSyspage(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  const keysMax = Math.min(Number(args.integer(3)), PAGE_KEYS_MAX)
  const wantedType = args.key(4)
  const pattern = args.count > 5 ? args.key(5) : null
  const found: string[] = []
  const walked = keyspace.walk(args.key(1), args.key(2), keysMax, (key, type) => {
    if (wantedType !== '' && wantedType !== type) return
    if (pattern === null || matchGlob(pattern, key)) found.push(key)
  })
  reply.array(2 + found.length)
  if (walked.next === null) reply.nil()
  else reply.bulkBytes(fromLatin1(walked.next))
  reply.integer(walked.looked)
  for (const key of found) reply.bulkBytes(fromLatin1(key))
}

export const syspage = cellCommand({
  name: 'syspage',
  arity: -5,
  flags: ['readonly'],
  // A page is where it begins: so it goes to the cell that has it, also when ranges change.
  keys: [1, 1, 1],
  walks: true,
  internal: true,
  summary: 'SYSPAGE from end keysMax type [pattern]: some keys in order, and where the next ones begin.',
  since: '7.0.0',
  group: 'generic',
  execute: executeSyspage,
})

/**
 * The least score wins over all cells. Scores are drawn from an exponential distribution whose rate is the number of
 * keys, so a cell wins as often as its share of all keys says, and nobody need know the shares of others.
 */
function executeSysrandom(_args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  const { count } = keyspace
  if (count === 0) {
    reply.nil()
    return
  }
  const key = keyspace.randomKey()
  if (key === null) {
    // Whoever asks again comes further.
    reply.integer(0)
    return
  }
  reply.array(2)
  reply.bulkText(String(-Math.log(1 - keyspace.chance()) / count))
  reply.bulkBytes(fromLatin1(key))
}

export const sysrandom = cellCommand({
  name: 'sysrandom',
  arity: 1,
  flags: ['readonly'],
  walks: true,
  internal: true,
  spread: 'least',
  summary: 'SYSRANDOM: a score and a key; nil when there is none; 0 when one should ask again.',
  since: '7.0.0',
  group: 'generic',
  execute: executeSysrandom,
})
