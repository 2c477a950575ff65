import type { Arguments } from './arguments.ts'
import type { Keyspace } from './keyspace.ts'
import type { ReplyWriter } from './reply-writer.ts'
import { cellCommand } from './row.ts'
import { ANY_EXPIRY, GET, KEEPTTL, NX, StringOptions, XX } from './string-options.ts'
import { texts } from './texts.ts'
import { putPairs, refusesPairs, refusesSize, replyValue, replyValues } from './values.ts'

function executeGet(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  replyValue(keyspace.findAt(args.buffer, args.start(1), args.end(1)), reply)
}

export const get = cellCommand({
  name: 'get',
  arity: 2,
  flags: ['readonly', 'fast'],
  categories: ['string'],
  keys: [1, 1, 1],
  keyFlags: ['RO', 'access'],
  summary: 'Gives the value of a key.',
  since: '1.0.0',
  group: 'string',
  execute: executeGet,
})

function executeSet(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  if (args.count === 3) {
    if (refusesSize(args.length(2), keyspace, reply)) return
    keyspace.put(args.key(1), args.buffer, args.start(2), args.end(2), 0)
    reply.ok()
  } else executeSetWithOptions(args, keyspace, reply)
}

const options = new StringOptions()

function executeSetWithOptions(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  if (!options.parse(args, 3, NX | XX | GET | KEEPTTL | ANY_EXPIRY)) {
    reply.errorText(texts.syntax)
    return
  }
  let expireAtMs = 0
  if (options.expiryIndex !== 0) {
    const expiry = options.expiry(args, keyspace, set)
    if (typeof expiry === 'string') {
      reply.errorText(expiry)
      return
    }
    expireAtMs = expiry
  }
  if (refusesSize(args.length(2), keyspace, reply)) return

  const key = args.key(1)
  const old = keyspace.find(key)
  const wanted = options.has(NX) ? old === null : options.has(XX) ? old !== null : true
  // The reply comes before the change: what `find` gave is good only until the keyspace is called again.
  if (options.has(GET)) replyValue(old, reply)
  else if (wanted) reply.ok()
  else reply.nil()
  if (!wanted) return

  if (options.has(KEEPTTL) && old !== null) expireAtMs = old.expireAtMs
  // A key that is dead when it is born is not born.
  if (options.expiryIndex !== 0 && expireAtMs <= keyspace.nowMs) keyspace.remove(key)
  else keyspace.put(key, args.buffer, args.start(2), args.end(2), expireAtMs)
}

export const set = cellCommand({
  name: 'set',
  arity: -3,
  flags: ['write', 'denyoom'],
  categories: ['string'],
  keys: [1, 1, 1],
  keyFlags: ['RW', 'access', 'update', 'variable_flags'],
  keyNotes: 'RW and ACCESS due to the optional `GET` argument',
  summary: 'Sets the value of a key, whatever it held before; options bind it to a condition or a time to live.',
  since: '1.0.0',
  group: 'string',
  execute: executeSet,
})

export const mget = cellCommand({
  name: 'mget',
  arity: -2,
  flags: ['readonly', 'fast'],
  categories: ['string'],
  tips: ['request_policy:multi_shard'],
  keys: [1, -1, 1],
  keyFlags: ['RO', 'access'],
  summary: 'Gives the values of all the keys named, nil for each that is absent.',
  since: '1.0.0',
  group: 'string',
  complexity: 'O(N) for N keys',
  spread: 'array',
  execute: replyValues,
})

function executeMset(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  if (refusesPairs(args, mset, keyspace, reply)) return
  putPairs(args, keyspace)
  reply.ok()
}

export const mset = cellCommand({
  name: 'mset',
  arity: -3,
  flags: ['write', 'denyoom'],
  categories: ['string'],
  tips: ['request_policy:multi_shard', 'response_policy:all_succeeded'],
  keys: [1, -1, 2],
  keyFlags: ['OW', 'update'],
  summary: 'Sets each key named to the value behind it.',
  since: '1.0.1',
  group: 'string',
  complexity: 'O(N) for N keys',
  spread: 'allOk',
  execute: executeMset,
})

function executeStrlen(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  const value = keyspace.findAt(args.buffer, args.start(1), args.end(1))
  reply.integer(value === null ? 0 : value.end - value.start)
}

export const strlen = cellCommand({
  name: 'strlen',
  arity: 2,
  flags: ['readonly', 'fast'],
  categories: ['string'],
  keys: [1, 1, 1],
  keyFlags: ['RO'],
  summary: 'Gives the length of a value in bytes.',
  since: '2.2.0',
  group: 'string',
  execute: executeStrlen,
})

function executeAppend(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  const key = args.key(1)
  const value = keyspace.find(key)
  const offset = value === null ? 0 : value.end - value.start
  const length = offset + args.length(2)
  if (refusesSize(length, keyspace, reply)) return
  if (value === null) keyspace.put(key, args.buffer, args.start(2), args.end(2), 0)
  else if (length > offset) keyspace.patch(key, offset, args.buffer, args.start(2), args.end(2))
  reply.integer(length)
}

export const append = cellCommand({
  name: 'append',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  categories: ['string'],
  keys: [1, 1, 1],
  keyFlags: ['RW', 'insert'],
  summary: 'Adds bytes at the end of a value, or makes the key with them; gives the new length.',
  since: '2.0.0',
  group: 'string',
  execute: executeAppend,
})
