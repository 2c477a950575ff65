import { EMPTY } from '../base/index.ts'
import type { Arguments } from './arguments.ts'
import type { Keyspace } from './keyspace.ts'
import type { ReplyWriter } from './reply-writer.ts'
import { cellCommand } from './row.ts'
import { replyValues } from './values.ts'

/**
 * Commands for the system range, where the placement driver keeps what must survive it. Here an absent key and an
 * empty value are one thing, so that "only if it is absent" needs no other form.
 */

/** Whether the present value of `key` is argument `i`, byte for byte. */
function holdsArgument(keyspace: Keyspace, key: string, args: Arguments, i: number): boolean {
  const value = keyspace.find(key)
  if (value === null) return args.length(i) === 0
  if (value.end - value.start !== args.length(i)) return false
  let at = args.start(i)
  for (let from = value.start; from < value.end; from++) if (value.buffer[from] !== args.buffer[at++]) return false
  return true
}

function write(keyspace: Keyspace, args: Arguments, keyIndex: number, valueIndex: number): void {
  const key = args.key(keyIndex)
  if (holdsArgument(keyspace, key, args, valueIndex)) return
  if (args.length(valueIndex) === 0) keyspace.remove(key)
  else keyspace.put(key, args.buffer, args.start(valueIndex), args.end(valueIndex), 0)
}

function executeSyscas(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  const key = args.key(1)
  if (holdsArgument(keyspace, key, args, 2)) {
    write(keyspace, args, 1, 3)
    reply.integer(1)
    return
  }
  const value = keyspace.find(key)
  if (value === null) reply.bulk(EMPTY, 0, 0)
  else reply.bulk(value.buffer, value.start, value.end)
}

export const syscas = cellCommand({
  name: 'syscas',
  arity: 4,
  flags: ['write'],
  keys: [1, 1, 1],
  internal: true,
  summary: 'SYSCAS key expected new: 1 if the value was `expected` and now is `new`; else the value it has.',
  since: '7.0.0',
  group: 'server',
  execute: executeSyscas,
})

function executeSyswrite(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  if (args.count % 2 === 0) {
    reply.error('ERR', "wrong number of arguments for 'syswrite' command")
    return
  }
  if (!holdsArgument(keyspace, args.key(1), args, 2)) {
    reply.error('STALE', 'generation')
    return
  }
  for (let i = 3; i < args.count; i += 2) write(keyspace, args, i, i + 1)
  reply.ok()
}

export const syswrite = cellCommand({
  name: 'syswrite',
  arity: -5,
  flags: ['write'],
  // The generation stands where a value would, so that the keys keep the step of MSET.
  keys: [1, -1, 2],
  internal: true,
  summary: 'SYSWRITE generationKey generation key value [key value ...]: writes all while that is the generation.',
  since: '7.0.0',
  group: 'server',
  execute: executeSyswrite,
})

export const sysget = cellCommand({
  name: 'sysget',
  arity: -2,
  flags: ['readonly'],
  keys: [1, -1, 1],
  internal: true,
  summary: 'SYSGET key [key ...]: the values, nil for each that is absent.',
  since: '7.0.0',
  group: 'server',
  execute: replyValues,
})
