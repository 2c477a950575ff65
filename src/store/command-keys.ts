/** What a command shares with others, and how much of it there is. */
import { type Arguments, type CommandRow, KEY_BYTES_MAX, keysEnd } from '../redis/index.ts'
import type { WorkingState } from './working-state.ts'

const NO_KEYS: readonly string[] = []

/** A command that walks shares no key with others: what comes or goes meanwhile may be in its reply or not. */
export function isWholeRange(row: CommandRow | undefined): boolean {
  return row === undefined || (row.wholeRange && !row.walks)
}

export function sharedKeys(args: Arguments, row: CommandRow | undefined): readonly string[] {
  return row?.walks ? NO_KEYS : keysOf(args, row)
}

/** The keys that a command names. */
export function keysOf(args: Arguments, row: CommandRow | undefined): readonly string[] {
  if (row === undefined || row.firstKey === 0) return NO_KEYS
  const end = keysEnd(row, args)
  const keys: string[] = []
  for (let i = row.firstKey; i < end; i += row.keyStep) keys.push(args.key(i))
  return keys
}

/** Those of its keys of which memory knows nothing; null: it knows all of them. */
export function missingKeys(args: Arguments, row: CommandRow, working: WorkingState): string[] | null {
  if (row.firstKey === 0) return null
  const end = keysEnd(row, args)
  let missing: string[] | null = null
  for (let i = row.firstKey; i < end; i += row.keyStep) {
    if (working.isLoaded(args.buffer, args.start(i), args.end(i))) continue
    if (missing === null) missing = [args.key(i)]
    else missing.push(args.key(i))
  }
  return missing
}

export function hasHugeKey(args: Arguments, row: CommandRow): boolean {
  if (args.commandEnd - args.commandStart <= KEY_BYTES_MAX) return false
  return keysOf(args, row).some((key) => key.length > KEY_BYTES_MAX)
}
