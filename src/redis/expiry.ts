import type { Arguments } from './arguments.ts'
import { INTEGER_MAX, INTEGER_MIN, narrow } from './integers.ts'
import type { Keyspace } from './keyspace.ts'
import type { ReplyWriter } from './reply-writer.ts'
import { type CommandRow, cellCommand } from './row.ts'
import { invalidExpireError, quoted, texts } from './texts.ts'

/** Above this a sum in a double might not be exact. */
const PLAIN_MAX = 2 ** 52

/**
 * The absolute time of an option such as EX or PXAT, in milliseconds; or the text of an error. It must be above zero,
 * and stay within 64 bits, before and after it is made absolute.
 */
export function parseExpiry(
  args: Arguments,
  i: number,
  inSeconds: boolean,
  baseMs: number,
  row: CommandRow,
): number | string {
  const given = args.integer(i)
  if (given === null) return texts.notInteger
  if (given <= 0) return invalidExpireError(row)
  const expireAtMs = absolute(given, inSeconds, baseMs)
  return expireAtMs === null ? invalidExpireError(row) : expireAtMs
}

/** Null when it leaves 64 bits. Above 2^53 it is rounded: such a key outlives the sun all the same. */
function absolute(given: number | bigint, inSeconds: boolean, baseMs: number): number | null {
  if (typeof given === 'number') {
    const ms = (inSeconds ? given * 1000 : given) + baseMs
    if (ms <= PLAIN_MAX && ms >= -PLAIN_MAX) return ms
  }
  const relative = BigInt(given) * (inSeconds ? 1000n : 1n)
  if (relative > INTEGER_MAX || relative < INTEGER_MIN) return null
  const sum = relative + BigInt(baseMs)
  return sum > INTEGER_MAX ? null : Number(narrow(sum))
}

const NX = 1
const XX = 2
const GT = 4
const LT = 8

/** The bits of the option words from argument 3 on; or the text of an error. */
function parseConditions(args: Arguments): number | string {
  let conditions = 0
  for (let i = 3; i < args.count; i++) {
    if (args.is(i, 'nx')) conditions |= NX
    else if (args.is(i, 'xx')) conditions |= XX
    else if (args.is(i, 'gt')) conditions |= GT
    else if (args.is(i, 'lt')) conditions |= LT
    else return `ERR Unsupported option ${quoted(args, i)}`
  }
  if ((conditions & NX) !== 0 && (conditions & (XX | GT | LT)) !== 0) return texts.expireNxConflict
  if ((conditions & GT) !== 0 && (conditions & LT) !== 0) return texts.expireGtLtConflict
  return conditions
}

/** A key without a time to live counts as one that never ends: GT never holds for it, LT always does. */
function holds(conditions: number, oldMs: number, newMs: number): boolean {
  if ((conditions & NX) !== 0 && oldMs !== 0) return false
  if ((conditions & XX) !== 0 && oldMs === 0) return false
  if ((conditions & GT) !== 0 && (oldMs === 0 || newMs <= oldMs)) return false
  return (conditions & LT) === 0 || oldMs === 0 || newMs < oldMs
}

function expireIn(args: Arguments, keyspace: Keyspace, reply: ReplyWriter, row: CommandRow, inSeconds: boolean): void {
  const conditions = args.count === 3 ? 0 : parseConditions(args)
  if (typeof conditions === 'string') {
    reply.errorText(conditions)
    return
  }
  const given = args.integer(2)
  if (given === null) {
    reply.errorText(texts.notInteger)
    return
  }
  const { nowMs } = keyspace
  const expireAtMs = absolute(given, inSeconds, nowMs)
  if (expireAtMs === null) {
    reply.errorText(invalidExpireError(row))
    return
  }
  const key = args.key(1)
  const value = keyspace.find(key)
  if (value === null || !holds(conditions, value.expireAtMs, expireAtMs)) {
    reply.integer(0)
    return
  }
  if (expireAtMs <= nowMs) keyspace.remove(key)
  else if (expireAtMs !== value.expireAtMs) keyspace.expire(key, expireAtMs)
  reply.integer(1)
}

function executeExpire(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  expireIn(args, keyspace, reply, expire, true)
}

export const expire = cellCommand({
  name: 'expire',
  arity: -3,
  flags: ['write', 'fast'],
  categories: ['keyspace'],
  keys: [1, 1, 1],
  keyFlags: ['RW', 'update'],
  summary: 'Sets the time to live of a key, in seconds.',
  since: '1.0.0',
  group: 'generic',
  execute: executeExpire,
})

function executePexpire(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  expireIn(args, keyspace, reply, pexpire, false)
}

export const pexpire = cellCommand({
  name: 'pexpire',
  arity: -3,
  flags: ['write', 'fast'],
  categories: ['keyspace'],
  keys: [1, 1, 1],
  keyFlags: ['RW', 'update'],
  summary: 'Sets the time to live of a key, in milliseconds.',
  since: '2.6.0',
  group: 'generic',
  execute: executePexpire,
})

/** −2: no such key; −1: it has no time to live. */
function remainingMs(args: Arguments, keyspace: Keyspace): number {
  const value = keyspace.find(args.key(1))
  if (value === null) return -2
  return value.expireAtMs === 0 ? -1 : Math.max(0, value.expireAtMs - keyspace.nowMs)
}

function executeTtl(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  const ms = remainingMs(args, keyspace)
  reply.integer(ms < 0 ? ms : Math.floor((ms + 500) / 1000))
}

export const ttl = cellCommand({
  name: 'ttl',
  arity: 2,
  flags: ['readonly', 'fast'],
  categories: ['keyspace'],
  tips: ['nondeterministic_output'],
  keys: [1, 1, 1],
  keyFlags: ['RO', 'access'],
  summary: 'Gives the time that a key has to live, in seconds: -1 for ever, -2 when it is absent.',
  since: '1.0.0',
  group: 'generic',
  execute: executeTtl,
})

function executePttl(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  reply.integer(remainingMs(args, keyspace))
}

export const pttl = cellCommand({
  name: 'pttl',
  arity: 2,
  flags: ['readonly', 'fast'],
  categories: ['keyspace'],
  tips: ['nondeterministic_output'],
  keys: [1, 1, 1],
  keyFlags: ['RO', 'access'],
  summary: 'Gives the time that a key has to live, in milliseconds: -1 for ever, -2 when it is absent.',
  since: '2.6.0',
  group: 'generic',
  execute: executePttl,
})

function executePersist(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  const key = args.key(1)
  const value = keyspace.find(key)
  if (value === null || value.expireAtMs === 0) {
    reply.integer(0)
    return
  }
  keyspace.expire(key, 0)
  reply.integer(1)
}

export const persist = cellCommand({
  name: 'persist',
  arity: 2,
  flags: ['write', 'fast'],
  categories: ['keyspace'],
  keys: [1, 1, 1],
  keyFlags: ['RW', 'update'],
  summary: 'Takes the time to live from a key.',
  since: '2.2.0',
  group: 'generic',
  execute: executePersist,
})
