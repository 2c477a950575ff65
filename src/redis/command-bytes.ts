import { assert } from '../base/index.ts'
import type { Arguments } from './arguments.ts'

const CR = 13
const ZERO = 48

/**
 * Reads one command that a `RequestParser` has passed, so complete and correct, and gives the offset behind it. The
 * two bytes behind a line or an argument are skipped unseen, as Redis skips them.
 */
export function parseCommand(buffer: Uint8Array, offset: number, args: Arguments): number {
  args.begin()
  let at = offset + 1
  let count = 0
  for (let byte = buffer[at]!; byte !== CR; byte = buffer[++at]!) count = count * 10 + byte - ZERO
  at += 2
  let offsets = args.offsets
  for (let i = 0; i < count; i++) {
    let length = 0
    at++
    for (let byte = buffer[at]!; byte !== CR; byte = buffer[++at]!) length = length * 10 + byte - ZERO
    at += 2
    if (2 * i + 1 >= offsets.length) offsets = args.grow()
    offsets[2 * i] = at
    offsets[2 * i + 1] = at + length
    at += length + 2
  }
  assert(at <= buffer.length, 'a command between threads is complete')
  args.set(buffer, count, offset, at)
  return at
}

const encoder = new TextEncoder()

/** A command as RESP bytes: for those who send one, and for those who make one of a part of another's. */
export function encodeCommand(parts: readonly (string | number | bigint | Uint8Array)[]): Uint8Array {
  const encoded = parts.map((part) => (part instanceof Uint8Array ? part : encoder.encode(String(part))))
  const pieces: Uint8Array[] = [encoder.encode(`*${parts.length}\r\n`)]
  for (const bytes of encoded) pieces.push(encoder.encode(`$${bytes.length}\r\n`), bytes, lineEnd)
  return Buffer.concat(pieces)
}

const lineEnd = encoder.encode('\r\n')
