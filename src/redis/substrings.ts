import { EMPTY } from '../base/index.ts'
import type { Arguments } from './arguments.ts'
import type { Keyspace } from './keyspace.ts'
import type { ReplyWriter } from './reply-writer.ts'
import { cellCommand } from './row.ts'
import { texts } from './texts.ts'
import { refusesSize } from './values.ts'

/** Parts of strings: GETRANGE, which once was called SUBSTR, and SETRANGE. */

/** Both ends are part of the range; negative ones count from the end of the value, and none lies before its start. */
function executeGetrange(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  const from = args.integer(2)
  const to = args.integer(3)
  if (from === null || to === null) {
    reply.errorText(texts.notInteger)
    return
  }
  const value = keyspace.find(args.key(1))
  const length = value === null ? 0 : value.end - value.start
  // Redis compares what was given first: clipped, both may come to lie on the first byte.
  const isReversed = from < 0 && to < 0 && from > to
  const first = clipped(from, length)
  const last = Math.min(clipped(to, length), length - 1)
  if (value === null || isReversed || first > last) reply.bulk(EMPTY, 0, 0)
  else reply.bulk(value.buffer, value.start + first, value.start + last + 1)
}

/** What is beyond 2^53 is rounded, and far out of any value all the same. */
function clipped(index: number | bigint, length: number): number {
  const at = Number(index)
  return at < 0 ? Math.max(0, length + at) : at
}

export const getrange = cellCommand({
  name: 'getrange',
  arity: 4,
  flags: ['readonly'],
  categories: ['string'],
  keys: [1, 1, 1],
  keyFlags: ['RO', 'access'],
  summary: 'Gives the bytes of a value from one index to another, which count from its end when they are negative.',
  since: '2.4.0',
  group: 'string',
  complexity: 'O(N) for N bytes given',
  execute: executeGetrange,
})

export const substr = cellCommand({
  name: 'substr',
  arity: 4,
  flags: ['readonly'],
  categories: ['string'],
  keys: [1, 1, 1],
  keyFlags: ['RO', 'access'],
  summary: 'Gives a part of a value, as GETRANGE does.',
  since: '1.0.0',
  group: 'string',
  complexity: 'O(N) for N bytes given',
  execute: executeGetrange,
})

function executeSetrange(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  const given = args.integer(2)
  if (given === null) {
    reply.errorText(texts.notInteger)
    return
  }
  if (given < 0) {
    reply.errorText(texts.offsetOutOfRange)
    return
  }
  const key = args.key(1)
  const value = keyspace.find(key)
  const length = value === null ? 0 : value.end - value.start
  if (args.length(3) === 0) {
    reply.integer(length)
    return
  }
  const offset = Number(given)
  const end = offset + args.length(3)
  if (refusesSize(end, keyspace, reply)) return
  keyspace.patch(key, offset, args.buffer, args.start(3), args.end(3))
  reply.integer(Math.max(length, end))
}

export const setrange = cellCommand({
  name: 'setrange',
  arity: 4,
  flags: ['write', 'denyoom'],
  categories: ['string'],
  keys: [1, 1, 1],
  keyFlags: ['RW', 'update'],
  summary: 'Writes bytes over a value from an offset on; a gap before it becomes zeros. Gives the new length.',
  since: '2.2.0',
  group: 'string',
  complexity: 'O(N) for N bytes of the value',
  execute: executeSetrange,
})
