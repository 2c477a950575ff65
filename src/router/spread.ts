/** Cutting a command over several cells into one command per cell. */
import { fromLatin1 } from '../base/index.ts'
import {
  type Arguments,
  type CommandRow,
  KEY_BYTES_MAX,
  keysEnd,
  lineEnd,
  tooBigKeyText,
  tooBigText,
  wrongArityError,
} from '../redis/index.ts'
import { holdsKey, type RangeMap, type RouteEntry } from './range-map.ts'

/** What of a command goes to one cell: its keys, by their indexes among the arguments. */
export interface Part {
  readonly route: RouteEntry
  readonly keys: number[]
}

/**
 * What is wrong with a command that is to be cut, whatever the cells hold; null if nothing is. Each cell would find it in
 * its own part alone, when the others had been executed.
 */
export function faultOfCut(row: CommandRow, args: Arguments, valueBytesMax: number): string | null {
  const { firstKey, keyStep } = row
  const hasValues = keyStep === 2
  if (hasValues && (args.count - firstKey) % 2 !== 0) return wrongArityError(row)
  if (args.commandEnd - args.commandStart <= Math.min(KEY_BYTES_MAX, valueBytesMax)) return null
  const end = keysEnd(row, args)
  for (let i = firstKey; i < end; i += keyStep) {
    if (args.length(i) > KEY_BYTES_MAX) return tooBigKeyText
    if (hasValues && args.length(i + 1) > valueBytesMax) return tooBigText(valueBytesMax)
  }
  return null
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

/**
 * The command with these keys alone, each with what stands beside it. What is ever cut has its keys up to its end. Words
 * are copied as they stand in the command, lengths and all, neighbours together.
 */
export function encodePart(row: CommandRow, args: Arguments, keys: readonly number[]): Uint8Array {
  const { buffer } = args
  let from = wordStart(args, 0)
  let to = wordStart(args, row.firstKey)
  let words = row.firstKey
  let bytes = to - from
  for (const key of keys) {
    const end = Math.min(key + row.keyStep, args.count)
    words += end - key
    bytes += wordStart(args, end) - wordStart(args, key)
  }
  const head = fromLatin1(`*${words}\r\n`)
  const part = new Uint8Array(head.length + bytes)
  part.set(head)
  let at = head.length
  const copy = (): void => {
    if (to - from <= LOOP_BYTES_MAX) for (let i = from; i < to; i++) part[at++] = buffer[i] as number
    else {
      part.set(buffer.subarray(from, to), at)
      at += to - from
    }
  }
  for (const key of keys) {
    const start = wordStart(args, key)
    if (start !== to) {
      copy()
      from = start
    }
    to = wordStart(args, Math.min(key + row.keyStep, args.count))
  }
  copy()
  return part
}

/** Below this a loop copies faster than a call. */
const LOOP_BYTES_MAX = 48
const LINE_END_BYTES = 2

/** Where the length of a word begins in the bytes of the command. */
function wordStart(args: Arguments, i: number): number {
  return i === 0 ? lineEnd(args.buffer, args.commandStart) : args.end(i - 1) + LINE_END_BYTES
}

/** The place of a key among all keys of its command. */
export function keyPlace(row: CommandRow, index: number): number {
  return (index - row.firstKey) / row.keyStep
}
