import type { Arguments } from './arguments.ts'
import type { ReplyWriter } from './reply-writer.ts'
import { type CommandFlag, type CommandRow, sessionCommand } from './row.ts'

/**
 * Commands of Redis Cluster, all refused as Redis refuses them outside of one. What is a cell here is no slot: a client
 * that asks should go on as with a single server.
 */

function refuse(_args: Arguments, reply: ReplyWriter): void {
  reply.error('ERR', 'This instance has cluster support disabled')
}

const CHANGES: readonly CommandFlag[] = ['admin', 'stale', 'no_async_loading']
const RESETS: readonly CommandFlag[] = ['admin', 'noscript', 'stale']
const ADMIN_ASKS: readonly CommandFlag[] = ['admin', 'stale']
const ASKS: readonly CommandFlag[] = ['stale']
const HELPS: readonly CommandFlag[] = ['loading', 'stale']

const VARIES = ['nondeterministic_output']

function subcommand(
  word: string,
  arity: number,
  since: string,
  flags: readonly CommandFlag[],
  tips: readonly string[] = [],
): CommandRow {
  return sessionCommand({
    name: `cluster|${word}`,
    arity,
    flags,
    tips,
    summary: 'Refused: this is no node of a Redis cluster.',
    since,
    group: 'cluster',
    answer: refuse,
  })
}

export const cluster: CommandRow = sessionCommand({
  name: 'cluster',
  arity: -2,
  flags: [],
  summary: 'Contains the commands about Redis Cluster, all of them refused.',
  since: '3.0.0',
  group: 'cluster',
  complexity: 'Depends on subcommand.',
  subcommands: [
    subcommand('addslots', -3, '3.0.0', CHANGES),
    subcommand('addslotsrange', -4, '7.0.0', CHANGES),
    subcommand('bumpepoch', 2, '3.0.0', CHANGES, VARIES),
    subcommand('count-failure-reports', 3, '3.0.0', ADMIN_ASKS, VARIES),
    subcommand('countkeysinslot', 3, '3.0.0', ASKS),
    subcommand('delslots', -3, '3.0.0', CHANGES),
    subcommand('delslotsrange', -4, '7.0.0', CHANGES),
    subcommand('failover', -2, '3.0.0', CHANGES),
    subcommand('flushslots', 2, '3.0.0', CHANGES),
    subcommand('forget', 3, '3.0.0', CHANGES),
    subcommand('getkeysinslot', 4, '3.0.0', ASKS, VARIES),
    subcommand('help', 2, '5.0.0', HELPS),
    subcommand('info', 2, '3.0.0', ASKS, VARIES),
    subcommand('keyslot', 3, '3.0.0', ASKS),
    subcommand('links', 2, '7.0.0', ASKS, VARIES),
    subcommand('meet', -4, '3.0.0', CHANGES),
    subcommand('myid', 2, '3.0.0', ASKS),
    subcommand('nodes', 2, '3.0.0', ASKS, VARIES),
    subcommand('replicas', 3, '5.0.0', ADMIN_ASKS, VARIES),
    subcommand('replicate', 3, '3.0.0', CHANGES),
    subcommand('reset', -2, '3.0.0', RESETS),
    subcommand('saveconfig', 2, '3.0.0', CHANGES),
    subcommand('set-config-epoch', 3, '3.0.0', CHANGES),
    subcommand('setslot', -4, '3.0.0', CHANGES),
    subcommand('shards', 2, '7.0.0', ASKS, VARIES),
    subcommand('slaves', 3, '3.0.0', ADMIN_ASKS, VARIES),
    subcommand('slots', 2, '3.0.0', ASKS, VARIES),
  ],
})

export const readonly = sessionCommand({
  name: 'readonly',
  arity: 1,
  flags: ['loading', 'stale', 'fast'],
  categories: ['connection'],
  summary: 'Refused: this is no node of a Redis cluster.',
  since: '3.0.0',
  group: 'cluster',
  answer: refuse,
})

export const readwrite = sessionCommand({
  name: 'readwrite',
  arity: 1,
  flags: ['loading', 'stale', 'fast'],
  categories: ['connection'],
  summary: 'Refused: this is no node of a Redis cluster.',
  since: '3.0.0',
  group: 'cluster',
  answer: refuse,
})
