/** Cutting a command over several cells into one command per cell. */
import { type Arguments, type CommandRow, encodeCommand, keysEnd } from '../redis/index.ts'
import { holdsKey, type RangeMap, type RouteEntry } from './range-map.ts'

/** What of a command goes to one cell: its keys, by their indexes among the arguments. */
export interface Part {
  readonly route: RouteEntry
  readonly keys: number[]
}

/** Whether all keys behind the first one lie in the cell of the first. */
export function liesInOneCell(row: CommandRow, args: Arguments, route: RouteEntry): boolean {
  const end = keysEnd(row, args)
  const cell = route.cell
  for (let i = row.firstKey + row.keyStep; i < end; i += row.keyStep) {
    if (!holdsKey(cell, args.buffer, args.start(i), args.end(i))) return false
  }
  return true
}

/** The keys of a command by cell, cells in order of their first key; null when the cell of one is not known. */
export function partsByCell(row: CommandRow, args: Arguments, map: RangeMap): Part[] | null {
  const parts = new Map<RouteEntry, Part>()
  const end = keysEnd(row, args)
  for (let i = row.firstKey; i < end; i += row.keyStep) {
    const route = map.find(args.buffer, args.start(i), args.end(i))
    if (route === null) return null
    const part = parts.get(route)
    if (part === undefined) parts.set(route, { route, keys: [i] })
    else part.keys.push(i)
  }
  return [...parts.values()]
}

/** The command with these keys alone, each with what stands beside it. What is ever cut has its keys up to its end. */
export function encodePart(row: CommandRow, args: Arguments, keys: readonly number[]): Uint8Array {
  const words: Uint8Array[] = []
  for (let i = 0; i < row.firstKey; i++) words.push(args.bytes(i))
  for (const key of keys) {
    for (let i = key; i < Math.min(key + row.keyStep, args.count); i++) words.push(args.bytes(i))
  }
  return encodeCommand(words)
}

/** The place of a key among all keys of its command. */
export function keyPlace(row: CommandRow, index: number): number {
  return (index - row.firstKey) / row.keyStep
}
