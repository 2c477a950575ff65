import type { Arguments } from './arguments.ts'
import type { Keyspace } from './keyspace.ts'
import type { ReplyWriter } from './reply-writer.ts'
import { cellCommand } from './row.ts'
import { putPairs, refusesPairs, refusesSize, replyValue } from './values.ts'

/** Strings that are looked at and changed in one command: SETNX, MSETNX, GETSET, GETDEL. */

function executeSetnx(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  if (refusesSize(args.length(2), keyspace, reply)) return
  const key = args.key(1)
  if (keyspace.find(key) !== null) {
    reply.integer(0)
    return
  }
  keyspace.put(key, args.buffer, args.start(2), args.end(2), 0)
  reply.integer(1)
}

export const setnx = cellCommand({
  name: 'setnx',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  categories: ['string'],
  keys: [1, 1, 1],
  keyFlags: ['OW', 'insert'],
  summary: 'Sets the value of a key that is absent; gives whether it was.',
  since: '1.0.0',
  group: 'string',
  execute: executeSetnx,
})

function executeMsetnx(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  if (refusesPairs(args, msetnx, keyspace, reply)) return
  for (let i = 1; i < args.count; i += 2) {
    if (keyspace.find(args.key(i)) !== null) {
      reply.integer(0)
      return
    }
  }
  putPairs(args, keyspace)
  reply.integer(1)
}

/** All or nothing, so it is never cut into one command per cell. */
export const msetnx = cellCommand({
  name: 'msetnx',
  arity: -3,
  flags: ['write', 'denyoom'],
  categories: ['string'],
  tips: ['request_policy:multi_shard', 'response_policy:agg_min'],
  keys: [1, -1, 2],
  keyFlags: ['OW', 'insert'],
  summary: 'Sets each key named to the value behind it, if all of them are absent; they must lie in one cell.',
  since: '1.0.1',
  group: 'string',
  complexity: 'O(N) for N keys',
  execute: executeMsetnx,
})

// In both the reply comes before the change: what `find` gave is good only until the keyspace is called again.

function executeGetset(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  if (refusesSize(args.length(2), keyspace, reply)) return
  const key = args.key(1)
  replyValue(keyspace.find(key), reply)
  keyspace.put(key, args.buffer, args.start(2), args.end(2), 0)
}

export const getset = cellCommand({
  name: 'getset',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  categories: ['string'],
  keys: [1, 1, 1],
  keyFlags: ['RW', 'access', 'update'],
  summary: 'Sets the value of a key, and gives the one that it had.',
  since: '1.0.0',
  group: 'string',
  execute: executeGetset,
})

function executeGetdel(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  const key = args.key(1)
  const value = keyspace.find(key)
  replyValue(value, reply)
  if (value !== null) keyspace.remove(key)
}

export const getdel = cellCommand({
  name: 'getdel',
  arity: 2,
  flags: ['write', 'fast'],
  categories: ['string'],
  keys: [1, 1, 1],
  keyFlags: ['RW', 'access', 'delete'],
  summary: 'Removes a key, and gives the value that it had.',
  since: '6.2.0',
  group: 'string',
  execute: executeGetdel,
})
