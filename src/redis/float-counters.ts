import { equalBytes, fromLatin1, latin1 } from '../base/index.ts'
import type { Arguments } from './arguments.ts'
import type { Keyspace } from './keyspace.ts'
import { addLongDoubles, formatLongDouble, type LongDouble, parseLongDouble } from './long-double.ts'
import type { ReplyWriter } from './reply-writer.ts'
import { cellCommand } from './row.ts'
import { texts } from './texts.ts'
import { refusesSize } from './values.ts'

/** A value of so many bytes is no number, and more of a longer one need not be looked at. */
const NUMBER_BYTES_MAX = 5 * 1024

const ZERO: LongDouble = { mantissa: 0n, exponent: 0 }

function executeIncrbyfloat(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  const key = args.key(1)
  const value = keyspace.find(key)
  const bytes = value === null ? null : value.buffer.subarray(value.start, value.end)
  const old = bytes === null ? ZERO : parseLongDouble(latin1(bytes.subarray(0, NUMBER_BYTES_MAX)))
  const increment = args.length(2) < NUMBER_BYTES_MAX ? parseLongDouble(args.latin1(2)) : null
  if (old === null || increment === null) {
    reply.errorText(texts.notFloat)
    return
  }
  const sum = old === 'infinite' || increment === 'infinite' ? null : addLongDoubles(old, increment)
  if (sum === null) {
    reply.errorText(texts.notFinite)
    return
  }
  const spelled = fromLatin1(formatLongDouble(sum))
  if (refusesSize(spelled.length, keyspace, reply)) return
  reply.bulkBytes(spelled)
  // Adding nothing may still spell the number anew.
  if (bytes !== null && equalBytes(bytes, spelled)) return
  keyspace.put(key, spelled, 0, spelled.length, value === null ? 0 : value.expireAtMs)
}

export const incrbyfloat = cellCommand({
  name: 'incrbyfloat',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  categories: ['string'],
  keys: [1, 1, 1],
  keyFlags: ['RW', 'access', 'update'],
  summary: 'Adds a number with a fraction to the number that a key holds, 0 if it is absent.',
  since: '2.6.0',
  group: 'string',
  execute: executeIncrbyfloat,
})
