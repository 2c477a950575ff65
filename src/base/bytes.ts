/** Byte strings: the one order that ranges, keys and engines agree on. */

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export const EMPTY = new Uint8Array(0)

export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}

export function text(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/** Bytes to a string of the same length, a character per byte: a cheap and exact key for a `Map`. */
export function latin1(bytes: Uint8Array): string {
  // Asked for with every key: a buffer is not wrapped once more.
  const buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return buffer.toString('latin1')
}

/** The reverse of `latin1`: the low byte of each character. */
export function fromLatin1(characters: string): Uint8Array {
  return Buffer.from(characters, 'latin1')
}

/** Unsigned byte order; a prefix sorts before what it begins. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b)
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0
}

export function concatBytes(...parts: Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/**
 * A copy for the bounds of a range and the like, kept by ten thousands: in memory shared with others of its kind, for a
 * buffer of its own costs some hundred bytes beside what is in it.
 */
export function copySmall(bytes: Uint8Array): Uint8Array {
  const { buffer, byteOffset, length } = Buffer.from(bytes)
  return new Uint8Array(buffer, byteOffset, length)
}

/** A copy with a buffer of its own, for bytes that outlive the turn or the ring slot they came in. */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}
