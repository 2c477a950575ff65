/**
 * Integers as Redis reads and writes them: decimal, 64 bits, in exactly one spelling (no `+`, no leading zero, no
 * space, no `-0`). A number is given while it is exact, a bigint beyond that; so `typeof` never lies about a value.
 */

const ZERO = 48
const NINE = 57
const MINUS = 45

export const INTEGER_MAX = 0x7fff_ffff_ffff_ffffn
export const INTEGER_MIN = -0x8000_0000_0000_0000n

/** Fifteen digits are below 2^53, so that sums of them in a double are exact. */
const EXACT_DIGITS = 15

/** Null when the bytes are not a 64-bit integer in its one spelling. */
export function parseInteger(buffer: Uint8Array, start: number, end: number): number | bigint | null {
  const length = end - start
  if (length === 1) {
    const digit = buffer[start]! - ZERO
    return digit >= 0 && digit <= 9 ? digit : null
  }
  // The longest is the smallest: a sign and nineteen digits.
  if (length <= 0 || length > 20) return null
  let at = start
  const negative = buffer[at] === MINUS
  if (negative) at++
  const first = buffer[at]!
  if (at === end || first <= ZERO || first > NINE) return null
  if (end - at > EXACT_DIGITS) return parseLong(buffer, at, end, negative)
  let value = 0
  for (; at < end; at++) {
    const digit = buffer[at]! - ZERO
    if (digit < 0 || digit > 9) return null
    value = value * 10 + digit
  }
  return negative ? -value : value
}

function parseLong(buffer: Uint8Array, start: number, end: number, negative: boolean): number | bigint | null {
  let digits = ''
  for (let at = start; at < end; at++) {
    const byte = buffer[at]!
    if (byte < ZERO || byte > NINE) return null
    digits += String.fromCharCode(byte)
  }
  const value = negative ? -BigInt(digits) : BigInt(digits)
  if (value > INTEGER_MAX || value < INTEGER_MIN) return null
  return narrow(value)
}

/** The number that a bigint is, if there is one; so that equal integers have equal types. */
export function narrow(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** Null when the sum leaves 64 bits. */
export function addIntegers(a: number | bigint, b: number | bigint): number | bigint | null {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (Number.isSafeInteger(sum)) return sum
  }
  const sum = BigInt(a) + BigInt(b)
  return sum > INTEGER_MAX || sum < INTEGER_MIN ? null : narrow(sum)
}

/** Writes the decimal digits of a whole number at `at`, where there is room for 20 bytes; returns the offset behind. */
export function writeDigits(buffer: Uint8Array, at: number, value: number | bigint): number {
  if (typeof value === 'number' && value >= 0 && value < 1_000_000_000) {
    if (value < 10) {
      buffer[at] = ZERO + value
      return at + 1
    }
    if (value < 100) {
      const tens = (value / 10) | 0
      buffer[at] = ZERO + tens
      buffer[at + 1] = ZERO + value - tens * 10
      return at + 2
    }
    const end = at + digitCount(value)
    let rest = value | 0
    for (let place = end - 1; place >= at; place--) {
      const quotient = (rest / 10) | 0
      buffer[place] = ZERO + rest - quotient * 10
      rest = quotient
    }
    return end
  }
  // Above 2^53 a double has a longer spelling than `String` gives it.
  const digits = String(typeof value === 'number' && !Number.isSafeInteger(value) ? BigInt(value) : value)
  for (let i = 0; i < digits.length; i++) buffer[at + i] = digits.charCodeAt(i)
  return at + digits.length
}

/** For 0 <= value < 10^9. */
function digitCount(value: number): number {
  if (value < 10) return 1
  if (value < 100) return 2
  if (value < 1_000) return 3
  if (value < 10_000) return 4
  if (value < 100_000) return 5
  if (value < 1_000_000) return 6
  if (value < 10_000_000) return 7
  return value < 100_000_000 ? 8 : 9
}
