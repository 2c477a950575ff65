import type { Arguments } from './arguments.ts'
import type { Keyspace } from './keyspace.ts'
import type { ReplyWriter } from './reply-writer.ts'
import { cellCommand } from './row.ts'
import { texts } from './texts.ts'

function executeDel(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  let removed = 0
  for (let i = 1; i < args.count; i++) if (keyspace.remove(args.key(i))) removed++
  reply.integer(removed)
}

export const del = cellCommand({
  name: 'del',
  arity: -2,
  flags: ['write'],
  categories: ['keyspace'],
  tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  keys: [1, -1, 1],
  keyFlags: ['RM', 'delete'],
  summary: 'Removes keys; gives how many of them were there.',
  since: '1.0.0',
  group: 'generic',
  complexity: 'O(N) for N keys',
  spread: 'sum',
  execute: executeDel,
})

export const unlink = cellCommand({
  name: 'unlink',
  arity: -2,
  flags: ['write', 'fast'],
  categories: ['keyspace'],
  tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  keys: [1, -1, 1],
  keyFlags: ['RM', 'delete'],
  summary: 'Removes keys, as DEL does; gives how many of them were there.',
  since: '4.0.0',
  group: 'generic',
  complexity: 'O(N) for N keys',
  spread: 'sum',
  execute: executeDel,
})

/** A key that is named twice counts twice. */
function executeExists(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  let present = 0
  for (let i = 1; i < args.count; i++) {
    if (keyspace.findAt(args.buffer, args.start(i), args.end(i)) !== null) present++
  }
  reply.integer(present)
}

export const exists = cellCommand({
  name: 'exists',
  arity: -2,
  flags: ['readonly', 'fast'],
  categories: ['keyspace'],
  tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  keys: [1, -1, 1],
  keyFlags: ['RO'],
  summary: 'Gives how many of the keys named are there, each as often as it is named.',
  since: '1.0.0',
  group: 'generic',
  complexity: 'O(N) for N keys',
  spread: 'sum',
  execute: executeExists,
})

/** Nothing is kept of when a key was used: to touch it is to see whether it is there. */
export const touch = cellCommand({
  name: 'touch',
  arity: -2,
  flags: ['readonly', 'fast'],
  categories: ['keyspace'],
  tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  keys: [1, -1, 1],
  keyFlags: ['RO'],
  summary: 'Gives how many of the keys named are there, as EXISTS does.',
  since: '3.2.1',
  group: 'generic',
  complexity: 'O(N) for N keys',
  spread: 'sum',
  execute: executeExists,
})

function executeType(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  const value = keyspace.find(args.key(1))
  reply.simple(value === null ? 'none' : value.type)
}

export const type = cellCommand({
  name: 'type',
  arity: 2,
  flags: ['readonly', 'fast'],
  categories: ['keyspace'],
  keys: [1, 1, 1],
  keyFlags: ['RO'],
  summary: 'Gives the type of the value of a key, `none` when it is absent.',
  since: '1.0.0',
  group: 'generic',
  execute: executeType,
})

function executeDbsize(_args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  reply.integer(keyspace.count)
}

export const dbsize = cellCommand({
  name: 'dbsize',
  arity: 1,
  flags: ['readonly', 'fast'],
  categories: ['keyspace'],
  tips: ['request_policy:all_shards', 'response_policy:agg_sum'],
  summary: 'Gives the number of keys.',
  since: '1.0.0',
  group: 'server',
  spread: 'sum',
  execute: executeDbsize,
})

/** ASYNC and SYNC are one: what costs time is done later in both. */
function executeFlushall(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  if (args.count > 2 || (args.count === 2 && !args.is(1, 'async') && !args.is(1, 'sync'))) {
    reply.errorText(texts.syntax)
    return
  }
  if (keyspace.count > 0) keyspace.clear()
  reply.ok()
}

export const flushall = cellCommand({
  name: 'flushall',
  arity: -1,
  flags: ['write'],
  categories: ['keyspace', 'dangerous'],
  tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
  summary: 'Removes all keys.',
  since: '1.0.0',
  group: 'server',
  complexity: 'O(N) for N cells',
  spread: 'allOk',
  execute: executeFlushall,
})

/** There is one database. */
export const flushdb = cellCommand({
  name: 'flushdb',
  arity: -1,
  flags: ['write'],
  categories: ['keyspace', 'dangerous'],
  tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
  summary: 'Removes all keys, as FLUSHALL does.',
  since: '1.0.0',
  group: 'server',
  complexity: 'O(N) for N cells',
  spread: 'allOk',
  execute: executeFlushall,
})
