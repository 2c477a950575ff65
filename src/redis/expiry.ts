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

/** EXPIRE and its sisters: a time from now, or from 1970. */
function expireAfter(
  args: Arguments,
  keyspace: Keyspace,
  reply: ReplyWriter,
  row: CommandRow,
  inSeconds: boolean,
  baseMs: number,
): void {
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
  const expireAtMs = absolute(given, inSeconds, baseMs)
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
  if (expireAtMs <= keyspace.nowMs) keyspace.remove(key)
  else if (expireAtMs !== value.expireAtMs) keyspace.expire(key, expireAtMs)
  reply.integer(1)
}

function executeExpire(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  expireAfter(args, keyspace, reply, expire, true, keyspace.nowMs)
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
  expireAfter(args, keyspace, reply, pexpire, false, keyspace.nowMs)
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

function executeExpireat(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  expireAfter(args, keyspace, reply, expireat, true, 0)
}

export const expireat = cellCommand({
  name: 'expireat',
  arity: -3,
  flags: ['write', 'fast'],
  categories: ['keyspace'],
  keys: [1, 1, 1],
  keyFlags: ['RW', 'update'],
  summary: 'Sets the time at which a key dies, in seconds since 1970.',
  since: '1.2.0',
  group: 'generic',
  execute: executeExpireat,
})

function executePexpireat(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  expireAfter(args, keyspace, reply, pexpireat, false, 0)
}

export const pexpireat = cellCommand({
  name: 'pexpireat',
  arity: -3,
  flags: ['write', 'fast'],
  categories: ['keyspace'],
  keys: [1, 1, 1],
  keyFlags: ['RW', 'update'],
  summary: 'Sets the time at which a key dies, in milliseconds since 1970.',
  since: '2.6.0',
  group: 'generic',
  execute: executePexpireat,
})

/** −2: no such key; −1: it has no time to live. */
function remainingMs(args: Arguments, keyspace: Keyspace): number {
  const value = keyspace.find(args.key(1))
  if (value === null) return -2
  return value.expireAtMs === 0 ? -1 : Math.max(0, value.expireAtMs - keyspace.nowMs)
}

/** To the nearest second; what is below zero is no time. */
function toSeconds(ms: number): number {
  return ms < 0 ? ms : Math.floor((ms + 500) / 1000)
}

function executeTtl(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  reply.integer(toSeconds(remainingMs(args, keyspace)))
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

/** −2: no such key; −1: it has no time to live. Above 2^53 the time is rounded, but stays within 64 bits. */
function expiryTimeMs(args: Arguments, keyspace: Keyspace): number | bigint {
  const value = keyspace.find(args.key(1))
  if (value === null) return -2
  if (value.expireAtMs === 0) return -1
  return value.expireAtMs >= 2 ** 63 ? INTEGER_MAX : value.expireAtMs
}

function executeExpiretime(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  reply.integer(toSeconds(Number(expiryTimeMs(args, keyspace))))
}

export const expiretime = cellCommand({
  name: 'expiretime',
  arity: 2,
  flags: ['readonly', 'fast'],
  categories: ['keyspace'],
  keys: [1, 1, 1],
  keyFlags: ['RO', 'access'],
  summary: 'Gives the time at which a key dies, in seconds since 1970: -1 for never, -2 when it is absent.',
  since: '7.0.0',
  group: 'generic',
  execute: executeExpiretime,
})

function executePexpiretime(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  reply.integer(expiryTimeMs(args, keyspace))
}

export const pexpiretime = cellCommand({
  name: 'pexpiretime',
  arity: 2,
  flags: ['readonly', 'fast'],
  categories: ['keyspace'],
  keys: [1, 1, 1],
  keyFlags: ['RO', 'access'],
  summary: 'Gives the time at which a key dies, in milliseconds since 1970: -1 for never, -2 when it is absent.',
  since: '7.0.0',
  group: 'generic',
  execute: executePexpiretime,
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
