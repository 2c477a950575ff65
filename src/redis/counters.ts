import type { Arguments } from './arguments.ts'
import { addIntegers, INTEGER_MIN, parseInteger, writeDigits } from './integers.ts'
import type { Keyspace } from './keyspace.ts'
import type { ReplyWriter } from './reply-writer.ts'
import { cellCommand } from './row.ts'
import { texts } from './texts.ts'

/** The keyspace copies from here before `put` returns; a sign and nineteen digits fit. */
const scratch = new Uint8Array(32)

function add(args: Arguments, keyspace: Keyspace, reply: ReplyWriter, increment: number | bigint): void {
  const key = args.key(1)
  const value = keyspace.find(key)
  const old = value === null ? 0 : parseInteger(value.buffer, value.start, value.end)
  if (old === null) {
    reply.errorText(texts.notInteger)
    return
  }
  const sum = addIntegers(old, increment)
  if (sum === null) {
    reply.errorText(texts.overflow)
    return
  }
  // INCRBY 0 still makes an absent key, and only then changes anything.
  if (value === null || sum !== old) {
    keyspace.put(key, scratch, 0, writeDigits(scratch, 0, sum), value === null ? 0 : value.expireAtMs)
  }
  reply.integer(sum)
}

function executeIncr(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  add(args, keyspace, reply, 1)
}

export const incr = cellCommand({
  name: 'incr',
  arity: 2,
  flags: ['write', 'denyoom', 'fast'],
  categories: ['string'],
  keys: [1, 1, 1],
  keyFlags: ['RW', 'access', 'update'],
  summary: 'Adds one to the integer that a key holds, 0 if it is absent.',
  since: '1.0.0',
  group: 'string',
  execute: executeIncr,
})

function executeDecr(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  add(args, keyspace, reply, -1)
}

export const decr = cellCommand({
  name: 'decr',
  arity: 2,
  flags: ['write', 'denyoom', 'fast'],
  categories: ['string'],
  keys: [1, 1, 1],
  keyFlags: ['RW', 'access', 'update'],
  summary: 'Takes one from the integer that a key holds, 0 if it is absent.',
  since: '1.0.0',
  group: 'string',
  execute: executeDecr,
})

function executeIncrby(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  const increment = args.integer(2)
  if (increment === null) reply.errorText(texts.notInteger)
  else add(args, keyspace, reply, increment)
}

export const incrby = cellCommand({
  name: 'incrby',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  categories: ['string'],
  keys: [1, 1, 1],
  keyFlags: ['RW', 'access', 'update'],
  summary: 'Adds a number to the integer that a key holds, 0 if it is absent.',
  since: '1.0.0',
  group: 'string',
  execute: executeIncrby,
})

function executeDecrby(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  const decrement = args.integer(2)
  if (decrement === null) reply.errorText(texts.notInteger)
  // The smallest integer has no counterpart.
  else if (decrement === INTEGER_MIN) reply.errorText(texts.decrementOverflow)
  else add(args, keyspace, reply, -decrement)
}

export const decrby = cellCommand({
  name: 'decrby',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  categories: ['string'],
  keys: [1, 1, 1],
  keyFlags: ['RW', 'access', 'update'],
  summary: 'Takes a number from the integer that a key holds, 0 if it is absent.',
  since: '1.0.0',
  group: 'string',
  execute: executeDecrby,
})
