/** Finding one's way in replies of our own as bytes, without taking them apart. */
import { assert } from '../base/index.ts'

const MINUS = 45
const CR = 13
const DOLLAR = 36

/** The offset behind the line that begins at or before `at`. */
export function lineEnd(buffer: Uint8Array, at: number): number {
  while (buffer[at] !== CR) at++
  return at + 2
}

/** The number whose digits begin at `at`. */
export function integerAt(buffer: Uint8Array, at: number): number {
  const isNegative = buffer[at] === MINUS
  if (isNegative) at++
  let value = 0
  for (; buffer[at] !== CR; at++) value = value * 10 + buffer[at]! - 48
  return isNegative ? -value : value
}

/** The offset behind the element that begins at `at`: a bulk string, or what takes one line. */
export function elementEnd(buffer: Uint8Array, at: number): number {
  assert(at < buffer.length, 'an answer is complete')
  const behind = lineEnd(buffer, at)
  if (buffer[at] !== DOLLAR) return behind
  const size = integerAt(buffer, at + 1)
  return size < 0 ? behind : behind + size + 2
}

/** The bytes of the bulk string that begins at `at`, a view; null: the absent one. */
export function bulkAt(buffer: Uint8Array, at: number): Uint8Array | null {
  const size = integerAt(buffer, at + 1)
  if (buffer[at] !== DOLLAR || size < 0) return null
  const start = lineEnd(buffer, at)
  return buffer.subarray(start, start + size)
}
