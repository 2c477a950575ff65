import type { Arguments } from './arguments.ts'
import { helpSubcommand } from './help.ts'
import { parseInteger } from './integers.ts'
import type { Keyspace, StringValue } from './keyspace.ts'
import type { ReplyWriter } from './reply-writer.ts'
import { type Answer, type CommandRow, cellCommand, type Execute, sessionCommand } from './row.ts'
import { texts } from './texts.ts'

/**
 * OBJECT and MEMORY ask how Redis keeps a value. Here it is kept in another way, so they answer what Redis would of a
 * value that was just set.
 */

/** Redis keeps a string up to this long in one piece with its header. */
const EMBEDDED_BYTES_MAX = 44
/** Redis has these integers once for all keys, and gives them this count of references. */
const SHARED_INTEGERS = 10_000
const SHARED_REFERENCES = 0x7fff_ffff

/** What the leader of a cell has of a key in memory beside its bytes, roughly. */
const KEY_OVERHEAD_BYTES = 160

const NO_FREQUENCIES =
  'ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.'

function encodingOf(value: StringValue): string {
  if (parseInteger(value.buffer, value.start, value.end) !== null) return 'int'
  return value.end - value.start <= EMBEDDED_BYTES_MAX ? 'embstr' : 'raw'
}

function executeEncoding(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  const value = keyspace.find(args.key(2))
  if (value === null) reply.nil()
  else reply.bulkText(encodingOf(value))
}

function executeRefcount(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  const value = keyspace.find(args.key(2))
  if (value === null) {
    reply.nil()
    return
  }
  const integer = parseInteger(value.buffer, value.start, value.end)
  const isShared = integer !== null && integer >= 0 && integer < SHARED_INTEGERS
  reply.integer(isShared ? SHARED_REFERENCES : 1)
}

/** Nothing is kept of when a key was used, so none has been idle. */
function executeIdletime(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  if (keyspace.find(args.key(2)) === null) reply.nil()
  else reply.integer(0)
}

function executeFreq(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  if (keyspace.find(args.key(2)) === null) reply.nil()
  else reply.errorText(NO_FREQUENCIES)
}

function objectSubcommand(word: string, since: string, summary: string, execute: Execute): CommandRow {
  return cellCommand({
    name: `object|${word}`,
    arity: 3,
    flags: ['readonly'],
    categories: ['keyspace'],
    tips: ['nondeterministic_output'],
    keys: [2, 2, 1],
    keyFlags: ['RO'],
    summary,
    since,
    group: 'generic',
    execute,
  })
}

export const object: CommandRow = sessionCommand({
  name: 'object',
  arity: -2,
  flags: [],
  summary: 'Contains the commands about how values are kept.',
  since: '2.2.3',
  group: 'generic',
  complexity: 'Depends on subcommand.',
  subcommands: [
    objectSubcommand('encoding', '2.2.3', 'Gives the form in which Redis would keep the value.', executeEncoding),
    objectSubcommand('freq', '4.0.0', 'Refused: uses of keys are not counted.', executeFreq),
    helpSubcommand('object', 'generic', ['keyspace'], () => object.subcommands, '6.2.0'),
    objectSubcommand('idletime', '2.2.3', 'Gives 0: uses of keys are not remembered.', executeIdletime),
    objectSubcommand('refcount', '2.2.3', 'Gives the references that Redis would have to the value.', executeRefcount),
  ],
})

/** SAMPLES is read, and means nothing for strings. */
function samplesFault(args: Arguments): string | null {
  for (let i = 3; i < args.count; i += 2) {
    if (!args.is(i, 'samples') || i + 1 === args.count) return texts.syntax
    const samples = args.integer(i + 1)
    if (samples === null) return texts.notInteger
    if (samples < 0) return texts.syntax
  }
  return null
}

function executeUsage(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  const fault = samplesFault(args)
  if (fault !== null) {
    reply.errorText(fault)
    return
  }
  const value = keyspace.find(args.key(2))
  if (value === null) reply.nil()
  else reply.integer(KEY_OVERHEAD_BYTES + args.length(2) + value.end - value.start)
}

/** No key takes part in them: they are about the process. */
function memorySubcommand(word: string, tips: readonly string[], summary: string, answer?: Answer): CommandRow {
  return sessionCommand({
    name: `memory|${word}`,
    arity: 2,
    flags: [],
    tips,
    summary,
    since: '4.0.0',
    group: 'server',
    ...(answer === undefined ? {} : { answer }),
  })
}

const SPECIAL = ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special']
const ALL_SUCCEED = ['request_policy:all_shards', 'response_policy:all_succeeded']

function answerDoctor(_args: Arguments, reply: ReplyWriter): void {
  reply.verbatim(
    'txt',
    'Memory is not diagnosed here. INFO memory and MEMORY STATS tell what is used, --memory bounds it.\n',
  )
}

/** As a Redis that was built with another allocator than jemalloc answers. */
function answerMallocStats(_args: Arguments, reply: ReplyWriter): void {
  reply.bulkText('Stats not supported for the current allocator')
}

function answerPurge(_args: Arguments, reply: ReplyWriter): void {
  reply.ok()
}

export const memory: CommandRow = sessionCommand({
  name: 'memory',
  arity: -2,
  flags: [],
  summary: 'Contains the commands about memory.',
  since: '4.0.0',
  group: 'server',
  complexity: 'Depends on subcommand.',
  subcommands: [
    memorySubcommand('doctor', SPECIAL, 'Tells that memory is not diagnosed.', answerDoctor),
    helpSubcommand('memory', 'server', [], () => memory.subcommands, '4.0.0'),
    memorySubcommand('malloc-stats', SPECIAL, 'Tells that the allocator gives none.', answerMallocStats),
    memorySubcommand('purge', ALL_SUCCEED, 'Accepted: nothing is held back that could be given away.', answerPurge),
    memorySubcommand('stats', SPECIAL, 'Tells what this process uses, as far as it is known.'),
    cellCommand({
      name: 'memory|usage',
      arity: -3,
      flags: ['readonly'],
      keys: [2, 2, 1],
      keyFlags: ['RO'],
      summary: 'Gives the bytes that a key and its value take in the memory of the leader, roughly.',
      since: '4.0.0',
      group: 'server',
      execute: executeUsage,
    }),
  ],
})
