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

/** A command as RESP bytes: for those who send one, and for those who make one of a part of another's. */
export function encodeCommand(parts: readonly (string | number | bigint | Uint8Array)[]): Uint8Array {
  // Measured, then written into one piece of memory: a piece for each argument would cost a million of them seconds.
  const encoded = Buffer.allocUnsafe(commandBytes(parts))
  let at = encoded.write(`*${parts.length}\r\n`, 'latin1')
  for (const part of parts) {
    const length = bytesIn(part)
    at += encoded.write(`$${length}\r\n`, at, 'latin1')
    if (part instanceof Uint8Array) encoded.set(part, at)
    else encoded.write(String(part), at, 'utf8')
    at += length
    encoded[at++] = 13
    encoded[at++] = 10
  }
  return encoded
}

/** What `encodeCommand` makes of it would take so much. */
export function commandBytes(parts: readonly (string | number | bigint | Uint8Array)[]): number {
  let bytes = lineBytes(parts.length)
  for (const part of parts) {
    const length = bytesIn(part)
    bytes += lineBytes(length) + length + 2
  }
  return bytes
}

function bytesIn(part: string | number | bigint | Uint8Array): number {
  return part instanceof Uint8Array ? part.length : Buffer.byteLength(String(part))
}

/** Of a line that holds a type and this number. */
function lineBytes(count: number): number {
  return String(count).length + 3
}
