/** What a command shares with others, and how much of it there is. */
import type { Arguments, CommandRow } from '../redis/index.ts'

/** The largest command, and the largest value: what one entry, and so one segment of the log, has room for. */
export const COMMAND_BYTES_MAX = 8 * 1024 * 1024

/**
 * Would its effects be larger than an entry may be? Reads are no exception, for they delete the dead. In raw keys a
 * zero is two bytes.
 */
export function isTooLarge(args: Arguments, row: CommandRow): boolean {
  let bytes = args.commandEnd - args.commandStart
  for (const key of keysOf(args, row)) {
    for (let at = key.indexOf('\0'); at >= 0; at = key.indexOf('\0', at + 1)) bytes++
  }
  return bytes > COMMAND_BYTES_MAX
}

const NO_KEYS: readonly string[] = []

/** A command that walks shares no key with others: what comes or goes meanwhile may be in its reply or not. */
export function isWholeRange(row: CommandRow | undefined): boolean {
  return row === undefined || (row.wholeRange && !row.walks)
}

export function sharedKeys(args: Arguments, row: CommandRow | undefined): readonly string[] {
  return row?.walks ? NO_KEYS : keysOf(args, row)
}

function keysOf(args: Arguments, row: CommandRow | undefined): readonly string[] {
  if (row === undefined || row.firstKey === 0) return NO_KEYS
  const last = row.lastKey < 0 ? args.count + row.lastKey : row.lastKey
  const keys: string[] = []
  for (let i = row.firstKey; i <= last; i += row.keyStep) keys.push(args.key(i))
  return keys
}
