import type { Arguments } from './arguments.ts'
import type { Keyspace, StringValue } from './keyspace.ts'
import type { ReplyWriter } from './reply-writer.ts'
import { cellCommand } from './row.ts'
import { databaseFault, texts } from './texts.ts'

/**
 * A value under another key: RENAME, RENAMENX, COPY. Its time to live goes with it. Both keys must lie in one cell,
 * which keys with one {tag} always do: no part of such a command could be done alone.
 *
 * What `find` gives is good only until the keyspace is called again, so the destination is looked at first.
 */

function move(keyspace: Keyspace, value: StringValue, source: string, destination: string): void {
  keyspace.put(destination, value.buffer, value.start, value.end, value.expireAtMs)
  keyspace.remove(source)
}

function executeRename(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  const source = args.key(1)
  const destination = args.key(2)
  const value = keyspace.find(source)
  if (value === null) {
    reply.errorText(texts.noSuchKey)
    return
  }
  if (source !== destination) move(keyspace, value, source, destination)
  reply.ok()
}

export const rename = cellCommand({
  name: 'rename',
  arity: 3,
  flags: ['write'],
  categories: ['keyspace'],
  keys: [1, 2, 1],
  keyFlags: ['RW', 'access', 'delete'],
  secondKeyFlags: ['OW', 'update'],
  summary: 'Gives a key another name, whatever had that name before; both must lie in one cell.',
  since: '1.0.0',
  group: 'generic',
  execute: executeRename,
})

function executeRenamenx(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  const source = args.key(1)
  const destination = args.key(2)
  const isTaken = keyspace.find(destination) !== null
  const value = keyspace.find(source)
  if (value === null) {
    reply.errorText(texts.noSuchKey)
    return
  }
  if (isTaken) {
    reply.integer(0)
    return
  }
  move(keyspace, value, source, destination)
  reply.integer(1)
}

export const renamenx = cellCommand({
  name: 'renamenx',
  arity: 3,
  flags: ['write', 'fast'],
  categories: ['keyspace'],
  keys: [1, 2, 1],
  keyFlags: ['RW', 'access', 'delete'],
  secondKeyFlags: ['OW', 'insert'],
  summary: 'Gives a key another name if no key has it, and tells whether; both must lie in one cell.',
  since: '1.0.0',
  group: 'generic',
  execute: executeRenamenx,
})

function executeCopy(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  let replaces = false
  for (let i = 3; i < args.count; i++) {
    let fault: string | null = null
    if (args.is(i, 'replace')) replaces = true
    else if (args.is(i, 'db') && i + 1 < args.count) fault = databaseFault(args, ++i)
    else fault = texts.syntax
    if (fault !== null) {
      reply.errorText(fault)
      return
    }
  }
  const source = args.key(1)
  const destination = args.key(2)
  if (source === destination) {
    reply.errorText(texts.sameObject)
    return
  }
  const isTaken = keyspace.find(destination) !== null
  const value = keyspace.find(source)
  if (value === null || (isTaken && !replaces)) {
    reply.integer(0)
    return
  }
  keyspace.put(destination, value.buffer, value.start, value.end, value.expireAtMs)
  reply.integer(1)
}

export const copy = cellCommand({
  name: 'copy',
  arity: -3,
  flags: ['write', 'denyoom'],
  categories: ['keyspace'],
  keys: [1, 2, 1],
  keyFlags: ['RO', 'access'],
  secondKeyFlags: ['OW', 'update'],
  summary: 'Gives a second key the value of the first, if it is absent or REPLACE is said; both must lie in one cell.',
  since: '6.2.0',
  group: 'generic',
  complexity: 'O(N) for N bytes of the value',
  execute: executeCopy,
})
