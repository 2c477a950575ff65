/** CONFIG and DEBUG; SHUTDOWN and LASTSAVE. */
import { type Arguments, texts } from '../redis/index.ts'
import type { SessionCommand } from './server.ts'
import type { Wish } from './settings.ts'

const configGet: SessionCommand = (_session, args, reply, server) => {
  const patterns: string[] = []
  for (let i = 2; i < args.count; i++) patterns.push(args.latin1(i))
  const found = server.settings.find(patterns)
  reply.map(found.length)
  for (const [name, value] of found) {
    reply.bulkText(name)
    reply.bulkText(value)
  }
}

/** All or nothing, as Redis does it since 7.0. */
const configSet: SessionCommand = (_session, args, reply, server) => {
  if (args.count % 2 !== 0) return reply.errorText(texts.syntax)
  const wishes: Wish[] = []
  for (let i = 2; i < args.count; i += 2) wishes.push({ name: args.text(i), value: args.text(i + 1) })
  const fault = server.settings.check(wishes)
  if (fault !== null) return reply.errorText(fault)
  server.change(wishes)
  reply.ok()
}

const configResetStat: SessionCommand = (_session, _args, reply, server) => {
  server.statistics.reset()
  reply.ok()
}

const DEBUG_REFUSED =
  'ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.'

const DEBUG_HELP = [
  'DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'CRASH-EXECUTOR <n>',
  '    Throw in the thread of executor <n>, which dies and is started again.',
  'SLEEP <seconds> [EXECUTOR <n>]',
  '    Block the thread of executor <n>, or the one that serves this connection, for <seconds>. Decimals allowed.',
  'HELP',
  '    Print this help.',
]

const debug: SessionCommand = (_session, args, reply, server) => {
  const port = server.debug
  if (port === null) return reply.errorText(DEBUG_REFUSED)
  const { executors } = server.topology
  if (args.is(1, 'help') && args.count === 2) {
    reply.array(DEBUG_HELP.length)
    for (const line of DEBUG_HELP) reply.simple(line)
  } else if (args.is(1, 'crash-executor') && args.count === 3) {
    const executor = executorAt(args, 2, executors)
    if (executor === null) return reply.error('ERR', 'there is no such executor')
    port.crashExecutor(executor)
    reply.ok()
  } else if (args.is(1, 'sleep') && (args.count === 3 || (args.count === 5 && args.is(3, 'executor')))) {
    const seconds = Number(args.latin1(2))
    if (!(seconds >= 0 && seconds <= 3600)) return reply.errorText('ERR value is not a valid float')
    const executor = args.count === 3 ? server.executor : executorAt(args, 4, executors)
    if (executor === null) return reply.error('ERR', 'there is no such executor')
    port.pauseExecutor(executor, seconds * 1000)
    reply.ok()
  } else {
    const word = args.latin1(1).slice(0, 128)
    reply.errorText(`ERR unknown subcommand or wrong number of arguments for '${word}'. Try DEBUG HELP.`)
  }
}

function executorAt(args: Arguments, i: number, executors: number): number | null {
  const executor = args.integer(i)
  return typeof executor === 'number' && executor >= 0 && executor < executors ? executor : null
}

const SHUTDOWN_WORDS = ['nosave', 'save', 'now', 'force', 'abort']

/** Never for a client to do: the process may be another's, and what stops it should know how it is started again. */
const shutdown: SessionCommand = (_session, args, reply, server) => {
  for (let i = 1; i < args.count; i++) {
    if (!SHUTDOWN_WORDS.some((word) => args.is(i, word))) return reply.errorText(texts.syntax)
  }
  reply.error(
    'ERR',
    `SHUTDOWN is not for clients: stop the server by the signal SIGTERM to process ${server.process.id}`,
  )
}

/** Of Redis's names those that mean something here: of the thread that answers, of the process, and of the keys, roughly. */
const memoryStats: SessionCommand = (_session, _args, reply, server) => {
  const { heapBytes, residentBytes } = server.process.usage()
  const facts = { 'total.allocated': heapBytes, 'allocator.resident': residentBytes, 'keys.count': server.facts.keys }
  const pairs = Object.entries(facts)
  reply.map(pairs.length)
  for (const [name, value] of pairs) {
    reply.bulkText(name)
    reply.integer(value)
  }
}

/** What was acknowledged is saved, at any time. */
const lastSave: SessionCommand = (_session, _args, reply, server) => {
  reply.integer(Math.floor(server.clock.wallMs() / 1000))
}

export const serverCommands: Readonly<Record<string, SessionCommand>> = {
  'config|get': configGet,
  'config|set': configSet,
  'config|resetstat': configResetStat,
  debug,
  lastsave: lastSave,
  'memory|stats': memoryStats,
  shutdown,
}
