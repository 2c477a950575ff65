import type { Arguments } from './arguments.ts'
import { parseExpiry } from './expiry.ts'
import type { Keyspace } from './keyspace.ts'
import type { ReplyWriter } from './reply-writer.ts'
import { type CommandRow, cellCommand } from './row.ts'
import { ANY_EXPIRY, PERSIST, StringOptions } from './string-options.ts'
import { texts } from './texts.ts'
import { refusesSize } from './values.ts'

/** Strings and times to live in one command: SETEX, PSETEX, GETEX. */

function setFor(args: Arguments, keyspace: Keyspace, reply: ReplyWriter, row: CommandRow, inSeconds: boolean): void {
  const expireAtMs = parseExpiry(args, 2, inSeconds, keyspace.nowMs, row)
  if (typeof expireAtMs === 'string') reply.errorText(expireAtMs)
  else if (!refusesSize(args.length(3), keyspace, reply)) {
    keyspace.put(args.key(1), args.buffer, args.start(3), args.end(3), expireAtMs)
    reply.ok()
  }
}

function executeSetex(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  setFor(args, keyspace, reply, setex, true)
}

export const setex = cellCommand({
  name: 'setex',
  arity: 4,
  flags: ['write', 'denyoom'],
  categories: ['string'],
  keys: [1, 1, 1],
  keyFlags: ['OW', 'update'],
  summary: 'Sets the value of a key and its time to live, in seconds.',
  since: '2.0.0',
  group: 'string',
  execute: executeSetex,
})

function executePsetex(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  setFor(args, keyspace, reply, psetex, false)
}

export const psetex = cellCommand({
  name: 'psetex',
  arity: 4,
  flags: ['write', 'denyoom'],
  categories: ['string'],
  keys: [1, 1, 1],
  keyFlags: ['OW', 'update'],
  summary: 'Sets the value of a key and its time to live, in milliseconds.',
  since: '2.6.0',
  group: 'string',
  execute: executePsetex,
})

const options = new StringOptions()

/** An absent key is told of before a time that is none. */
function executeGetex(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  if (!options.parse(args, 2, PERSIST | ANY_EXPIRY)) {
    reply.errorText(texts.syntax)
    return
  }
  const key = args.key(1)
  const value = keyspace.find(key)
  if (value === null) {
    reply.nil()
    return
  }
  const oldMs = value.expireAtMs
  let expireAtMs = options.has(PERSIST) ? 0 : oldMs
  if (options.expiryIndex !== 0) {
    const expiry = options.expiry(args, keyspace, getex)
    if (typeof expiry === 'string') {
      reply.errorText(expiry)
      return
    }
    expireAtMs = expiry
  }
  reply.bulk(value.buffer, value.start, value.end)
  if (options.expiryIndex !== 0 && expireAtMs <= keyspace.nowMs) keyspace.remove(key)
  else if (expireAtMs !== oldMs) keyspace.expire(key, expireAtMs)
}

export const getex = cellCommand({
  name: 'getex',
  arity: -2,
  flags: ['write', 'fast'],
  categories: ['string'],
  keys: [1, 1, 1],
  keyFlags: ['RW', 'access', 'update'],
  keyNotes: 'RW and UPDATE because it changes the TTL',
  summary: 'Gives the value of a key, and sets its time to live or takes it away.',
  since: '6.2.0',
  group: 'string',
  execute: executeGetex,
})
