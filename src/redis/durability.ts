import type { Arguments } from './arguments.ts'
import type { Keyspace } from './keyspace.ts'
import type { ReplyWriter } from './reply-writer.ts'
import { cellCommand, sessionCommand, walkCommand } from './row.ts'
import { texts } from './texts.ts'

/**
 * What clients ask about what is saved and where: SAVE, BGSAVE, LASTSAVE, SHUTDOWN, ROLE, WAIT. What was acknowledged
 * is on the disks of a majority of the copies already, so there is nothing to save; WAIT is for those beyond a majority.
 */

function answerSave(_args: Arguments, reply: ReplyWriter): void {
  reply.ok()
}

export const save = sessionCommand({
  name: 'save',
  arity: 1,
  flags: ['admin', 'noscript', 'no_async_loading', 'no_multi'],
  summary: 'Answers OK: what was acknowledged is saved.',
  since: '1.0.0',
  group: 'server',
  answer: answerSave,
})

function answerBgsave(args: Arguments, reply: ReplyWriter): void {
  if (args.count === 1 || (args.count === 2 && args.is(1, 'schedule'))) reply.simple('Background saving started')
  else reply.errorText(texts.syntax)
}

export const bgsave = sessionCommand({
  name: 'bgsave',
  arity: -1,
  flags: ['admin', 'noscript', 'no_async_loading'],
  summary: 'Answers as if a save had begun: what was acknowledged is saved.',
  since: '1.0.0',
  group: 'server',
  answer: answerBgsave,
})

export const lastsave = sessionCommand({
  name: 'lastsave',
  arity: 1,
  flags: ['loading', 'stale', 'fast'],
  categories: ['admin', 'dangerous'],
  tips: ['nondeterministic_output'],
  summary: 'Gives the present time, in seconds since 1970: what was acknowledged is saved.',
  since: '1.0.0',
  group: 'server',
})

export const shutdown = sessionCommand({
  name: 'shutdown',
  arity: -1,
  flags: ['admin', 'noscript', 'loading', 'stale', 'no_multi', 'allow_busy'],
  summary: 'Refused: the server is stopped by a signal.',
  since: '1.0.0',
  group: 'server',
})

/** A master that no Redis replica listens to: copies are followers of Raft, and no client can reach them as such. */
function answerRole(_args: Arguments, reply: ReplyWriter): void {
  reply.array(3)
  reply.bulkText('master')
  reply.integer(0)
  reply.array(0)
}

export const role = sessionCommand({
  name: 'role',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'fast'],
  categories: ['admin', 'dangerous'],
  summary: 'Tells that this is a master without Redis replicas.',
  since: '2.8.12',
  group: 'server',
  answer: answerRole,
})

export const wait = walkCommand({
  name: 'wait',
  arity: 3,
  flags: ['noscript'],
  categories: ['connection'],
  tips: ['request_policy:all_shards', 'response_policy:agg_min'],
  summary: 'Waits until so many copies beside the first have what the connection has written; tells how many have it.',
  since: '3.0.0',
  group: 'generic',
})

/** What a WAIT asks for; a time of 0 is as long as it takes. */
export interface WaitRequest {
  readonly copies: number
  readonly timeoutMs: number
}

/** The request, or the error that Redis answers. */
export function parseWait(args: Arguments): WaitRequest | string {
  const copies = args.integer(1)
  if (copies === null) return texts.notInteger
  const timeoutMs = args.integer(2)
  if (timeoutMs === null) return 'ERR timeout is not an integer or out of range'
  if (timeoutMs < 0) return 'ERR timeout is negative'
  return { copies: Number(copies), timeoutMs: Number(timeoutMs) }
}

function executeSyscopies(_args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  reply.integer(keyspace.copies)
}

export const syscopies = cellCommand({
  name: 'syscopies',
  arity: 1,
  flags: ['readonly'],
  internal: true,
  spread: 'min',
  summary: 'SYSCOPIES: how many copies beside the first have what the connection has written in this cell.',
  since: '7.0.0',
  group: 'generic',
  execute: executeSyscopies,
})
