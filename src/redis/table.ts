import type { Arguments } from './arguments.ts'
import * as client from './client.ts'
import * as cluster from './cluster.ts'
import * as command from './command.ts'
import * as config from './config.ts'
import * as connection from './connection.ts'
import * as counters from './counters.ts'
import * as durability from './durability.ts'
import * as exchanges from './exchanges.ts'
import * as expiry from './expiry.ts'
import * as floatCounters from './float-counters.ts'
import * as inspection from './inspection.ts'
import * as keys from './keys.ts'
import * as lcs from './lcs.ts'
import * as monitoring from './monitoring.ts'
import * as moving from './moving.ts'
import type { CommandRow } from './row.ts'
import * as server from './server.ts'
import * as strings from './strings.ts'
import * as substrings from './substrings.ts'
import * as systemRange from './system-range.ts'
import { unknownCommandText } from './texts.ts'
import * as timedStrings from './timed-strings.ts'
import * as walks from './walks.ts'

/** Every command, by group. Adding one is adding its row here. */
export const commands: readonly CommandRow[] = [
  strings.append,
  strings.get,
  strings.mget,
  strings.mset,
  strings.set,
  strings.strlen,
  exchanges.getdel,
  exchanges.getset,
  exchanges.msetnx,
  exchanges.setnx,
  timedStrings.getex,
  timedStrings.psetex,
  timedStrings.setex,
  substrings.getrange,
  substrings.setrange,
  substrings.substr,
  lcs.lcs,
  counters.decr,
  counters.decrby,
  counters.incr,
  counters.incrby,
  floatCounters.incrbyfloat,
  expiry.expire,
  expiry.expireat,
  expiry.expiretime,
  expiry.persist,
  expiry.pexpire,
  expiry.pexpireat,
  expiry.pexpiretime,
  expiry.pttl,
  expiry.ttl,
  keys.dbsize,
  keys.del,
  keys.exists,
  keys.flushall,
  keys.flushdb,
  keys.touch,
  keys.type,
  keys.unlink,
  moving.copy,
  moving.rename,
  moving.renamenx,
  walks.keys,
  walks.randomkey,
  walks.scan,
  inspection.memory,
  inspection.object,
  connection.auth,
  connection.echo,
  connection.hello,
  connection.ping,
  connection.quit,
  connection.reset,
  connection.select,
  client.client,
  command.command,
  config.config,
  server.debug,
  server.info,
  server.time,
  durability.bgsave,
  durability.lastsave,
  durability.role,
  durability.save,
  durability.shutdown,
  durability.wait,
  monitoring.latency,
  monitoring.slowlog,
  cluster.cluster,
  cluster.readonly,
  cluster.readwrite,
  systemRange.syscas,
  systemRange.sysget,
  systemRange.syswrite,
  durability.syscopies,
  walks.syspage,
  walks.sysrandom,
]

/** A power of two, several times the commands, so that most names are found at the first place looked at. */
const SLOTS = 1024
const rows: (CommandRow | undefined)[] = new Array(SLOTS).fill(undefined)
const names: Uint8Array[] = new Array(SLOTS).fill(new Uint8Array(0))

const lower = new Uint8Array(256)
for (let byte = 0; byte < 256; byte++) lower[byte] = byte >= 65 && byte <= 90 ? byte + 32 : byte

/** Of the length, the first two bytes and the last two: enough to tell names apart, and cheap. */
function slotOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  if (length < 2) return length
  const head = lower[bytes[start]!]! * 31 + lower[bytes[start + 1]!]!
  const tail = lower[bytes[end - 1]!]! * 131 + lower[bytes[end - 2]!]!
  return (head * 37 + tail * 5 + length * 101) & (SLOTS - 1)
}

for (const row of commands) {
  const name = Buffer.from(row.name, 'latin1')
  let slot = slotOf(name, 0, name.length)
  while (rows[slot] !== undefined) slot = (slot + 1) & (SLOTS - 1)
  rows[slot] = row
  names[slot] = name
}

function lookupName(args: Arguments, i: number): CommandRow | undefined {
  const bytes = args.buffer
  const start = args.start(i)
  const end = args.end(i)
  for (let slot = slotOf(bytes, start, end); ; slot = (slot + 1) & (SLOTS - 1)) {
    const row = rows[slot]
    if (row === undefined || sameName(names[slot]!, bytes, start, end)) return row
  }
}

function sameName(name: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false
  for (let i = 0; i < name.length; i++) if (lower[bytes[start + i]!] !== name[i]) return false
  return true
}

function lookupSubcommand(container: CommandRow, args: Arguments, i: number): CommandRow | undefined {
  const offset = container.name.length + 1
  for (const row of container.subcommands) if (args.is(i, row.name.slice(offset))) return row
  return undefined
}

/**
 * The row of a command or a subcommand; a container's own row when it stands alone, which then fails by its arity.
 * Internal commands are found too: whoever speaks to clients treats `row.internal` as unknown.
 */
export function lookupCommand(args: Arguments): CommandRow | undefined {
  return lookupAt(args, 0)
}

/** The same for a command that is quoted in another's arguments. */
export function lookupAt(args: Arguments, first: number): CommandRow | undefined {
  const row = lookupName(args, first)
  if (row === undefined || row.subcommands.length === 0 || args.count - first === 1) return row
  return lookupSubcommand(row, args, first + 1)
}

export function checkArity(row: CommandRow, args: Arguments): boolean {
  return row.arity >= 0 ? args.count === row.arity : args.count >= -row.arity
}

/** The whole error, code first, for `ReplyWriter.errorText`. */
export function unknownCommandError(args: Arguments): string {
  const row = lookupName(args, 0)
  return unknownCommandText(args, row !== undefined && row.subcommands.length > 0 ? row : undefined)
}

/** The index behind the last key's: keys are at `firstKey`, then every `keyStep`, below this. 0 without keys. */
export function keysEnd(row: CommandRow, args: Arguments): number {
  if (row.firstKey === 0) return 0
  return row.lastKey >= 0 ? row.lastKey + 1 : args.count + row.lastKey + 1
}

/**
 * Browsers can be made to send such lines to any port. Redis closes the connection at once, without a reply, and so
 * do we, before lines behind it are taken for commands.
 */
export function isCrossProtocolAttack(args: Arguments): boolean {
  return args.is(0, 'post') || args.is(0, 'host:')
}
