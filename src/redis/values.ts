/** What commands on string values have in common: values in replies, sizes that are refused, pairs of keys and values. */
import type { Arguments } from './arguments.ts'
import type { Keyspace, StringValue } from './keyspace.ts'
import type { ReplyWriter } from './reply-writer.ts'
import type { CommandRow } from './row.ts'
import { tooBigText, wrongArityError } from './texts.ts'

/** The value, or nil. */
export function replyValue(value: StringValue | null, reply: ReplyWriter): void {
  if (value === null) reply.nil()
  else reply.bulk(value.buffer, value.start, value.end)
}

/** The values of all keys named, nil for each that is absent. */
export function replyValues(args: Arguments, keyspace: Keyspace, reply: ReplyWriter): void {
  reply.array(args.count - 1)
  for (let i = 1; i < args.count; i++) replyValue(keyspace.findAt(args.buffer, args.start(i), args.end(i)), reply)
}

/** True: no value may be so long, and the reply says it. */
export function refusesSize(bytes: number, keyspace: Keyspace, reply: ReplyWriter): boolean {
  if (bytes <= keyspace.valueBytesMax) return false
  reply.errorText(tooBigText(keyspace.valueBytesMax))
  return true
}

/** True: they are no pairs of a key and a value that may be set, and the reply says why. */
export function refusesPairs(args: Arguments, row: CommandRow, keyspace: Keyspace, reply: ReplyWriter): boolean {
  if (args.count % 2 === 0) {
    reply.errorText(wrongArityError(row))
    return true
  }
  for (let i = 2; i < args.count; i += 2) if (refusesSize(args.length(i), keyspace, reply)) return true
  return false
}

export function putPairs(args: Arguments, keyspace: Keyspace): void {
  for (let i = 1; i < args.count; i += 2) {
    keyspace.put(args.key(i), args.buffer, args.start(i + 1), args.end(i + 1), 0)
  }
}
