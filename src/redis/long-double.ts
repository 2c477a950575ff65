/**
 * The floating point of INCRBYFLOAT: Redis adds in C's `long double`, which on x86-64 is the 80-bit format of the x87,
 * and clients see its last digits. So this is that format, with the roundings of glibc's `strtold` and `printf`: to
 * nearest, ties to even.
 *
 * A number is `mantissa * 2^exponent`, 0 <= |mantissa| < 2^64; bigints hold what lies between two roundings exactly.
 */
export interface LongDouble {
  readonly mantissa: bigint
  readonly exponent: number
}

const MANTISSA_BITS = 64
/** Of the last bit of the mantissa: that of the least number above zero, and that of the largest numbers. */
const EXPONENT_MIN = -16_445
const EXPONENT_MAX = 16_320
/** A decimal point further from the first digit than this is beyond all numbers, or so close to zero that it is zero. */
const POINT_MAX = 5000
/** Redis reads a number into a buffer of so many bytes, the final NUL included. */
const TEXT_BYTES_MAX = 5 * 1024 - 1
const FRACTION_DIGITS = 17

const ZERO: LongDouble = { mantissa: 0n, exponent: 0 }

/**
 * What `strtold` reads from the whole of `text`: decimal, hexadecimal, or `inf`, which is 'infinite'. Null where Redis
 * says that it is no valid float: also what is too large, or rounds to zero without being it.
 */
export function parseLongDouble(text: string): LongDouble | 'infinite' | null {
  if (text.length > TEXT_BYTES_MAX) return null
  if (/^[+-]?inf(inity)?$/i.test(text)) return 'infinite'
  const decimal = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(text)
  if (decimal !== null) return parseDigits(decimal, 10)
  const hexadecimal = /^([+-]?)0x([\da-f]*)(?:\.([\da-f]*))?(?:p([+-]?\d+))?$/i.exec(text)
  return hexadecimal === null ? null : parseDigits(hexadecimal, 16)
}

function parseDigits(parts: RegExpExecArray, radix: 10 | 16): LongDouble | null {
  const sign = parts[1]!
  const whole = parts[2]!
  const fraction = parts[3] ?? ''
  if (whole === '' && fraction === '') return null
  const digits = whole + fraction
  let end = digits.length
  // Zeros at the end would only make large numbers of it.
  while (end > 0 && digits[end - 1] === '0') end--
  if (end === 0) return ZERO
  const significant = digits.slice(0, end).replace(/^0+/, '')
  const bitsOrDigits = radix === 10 ? 1 : 4
  const scale = Number(parts[4] ?? 0) + (digits.length - end - fraction.length) * bitsOrDigits
  const point = (scale + significant.length * bitsOrDigits) / (radix === 10 ? 1 : Math.log2(10))
  if (Math.abs(point) > POINT_MAX) return null
  const integer = BigInt(radix === 10 ? significant : `0x${significant}`)
  const rounded =
    radix === 16
      ? round(integer, 1n, scale)
      : scale >= 0
        ? round(integer * 10n ** BigInt(scale), 1n, 0)
        : round(integer, 10n ** BigInt(-scale), 0)
  if (rounded === null || rounded.mantissa === 0n) return null
  return sign === '-' ? { mantissa: -rounded.mantissa, exponent: rounded.exponent } : rounded
}

/** Null when the sum is beyond all numbers. */
export function addLongDoubles(a: LongDouble, b: LongDouble): LongDouble | null {
  const exponent = Math.min(a.exponent, b.exponent)
  const sum = (a.mantissa << BigInt(a.exponent - exponent)) + (b.mantissa << BigInt(b.exponent - exponent))
  if (sum >= 0n) return round(sum, 1n, exponent)
  const rounded = round(-sum, 1n, exponent)
  return rounded === null ? null : { mantissa: -rounded.mantissa, exponent: rounded.exponent }
}

/** The number nearest to `numerator / denominator * 2^exponent`, which is not negative; null when it is too large. */
function round(numerator: bigint, denominator: bigint, exponent: number): LongDouble | null {
  if (numerator === 0n) return ZERO
  // A guess that may be one too small, never too large: then the quotient has a bit too many, and is halved.
  let last = Math.max(bitLength(numerator) - bitLength(denominator) - MANTISSA_BITS + exponent, EXPONENT_MIN)
  let mantissa = quotient(numerator, denominator, last - exponent)
  if (mantissa >> BigInt(MANTISSA_BITS) > 0n) {
    last++
    mantissa = quotient(numerator, denominator, last - exponent)
  }
  if (mantissa >> BigInt(MANTISSA_BITS) > 0n) {
    mantissa >>= 1n
    last++
  }
  return last > EXPONENT_MAX ? null : { mantissa, exponent: last }
}

/** `numerator / (denominator * 2^shift)` to the nearest integer, ties to even. */
function quotient(numerator: bigint, denominator: bigint, shift: number): bigint {
  const above = shift < 0 ? numerator << BigInt(-shift) : numerator
  const below = shift > 0 ? denominator << BigInt(shift) : denominator
  const whole = above / below
  const twiceRest = (above - whole * below) * 2n
  const isUp = twiceRest > below || (twiceRest === below && (whole & 1n) === 1n)
  return isUp ? whole + 1n : whole
}

function bitLength(value: bigint): number {
  const hexadecimal = value.toString(16)
  return hexadecimal.length * 4 - Math.clz32(Number.parseInt(hexadecimal[0]!, 16)) + 28
}

/** As `%.17Lf`, with the zeros at its end cut, and no sign at a zero. */
export function formatLongDouble(value: LongDouble): string {
  const isNegative = value.mantissa < 0n
  const magnitude = isNegative ? -value.mantissa : value.mantissa
  const scaled = quotient(magnitude * 10n ** BigInt(FRACTION_DIGITS), 1n, -value.exponent)
  const digits = String(scaled).padStart(FRACTION_DIGITS + 1, '0')
  const fraction = digits.slice(-FRACTION_DIGITS).replace(/0+$/, '')
  const text = digits.slice(0, -FRACTION_DIGITS) + (fraction === '' ? '' : `.${fraction}`)
  return isNegative && text !== '0' ? `-${text}` : text
}
