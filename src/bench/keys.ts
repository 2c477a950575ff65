/** Which key a command is about: numbers from 0 to the size of the key space, drawn evenly or after Zipf. */
import type { Random } from '../base/index.ts'

export interface KeyPicker {
  next(): number
}

export class UniformKeys implements KeyPicker {
  readonly #random: Random
  readonly #keys: number

  constructor(random: Random, keys: number) {
    this.#random = random
    this.#keys = keys
  }

  next(): number {
    return this.#random.below(this.#keys)
  }
}

/**
 * Few keys are asked for often, most hardly ever: the k-th most popular with a probability of k^-theta. Drawn with the
 * rejection-free approximation of Gray and others ("Quickly generating billion-record synthetic databases", 1994), which
 * needs no table. The popular ones are strewn over the key space: neighbours in popularity are not neighbours in order.
 */
export class ZipfianKeys implements KeyPicker {
  readonly #random: Random
  readonly #keys: number
  readonly #theta: number
  readonly #zeta: number
  readonly #alpha: number
  readonly #eta: number
  readonly #stride: number

  constructor(random: Random, keys: number, theta: number) {
    this.#random = random
    this.#keys = keys
    this.#theta = theta
    this.#zeta = zeta(keys, theta)
    this.#alpha = 1 / (1 - theta)
    this.#eta = (1 - (2 / keys) ** (1 - theta)) / (1 - zeta(2, theta) / this.#zeta)
    this.#stride = coprime(keys)
  }

  next(): number {
    return (this.#rank() * this.#stride) % this.#keys
  }

  /** 0 is the most popular. */
  #rank(): number {
    const u = this.#random.float()
    const uz = u * this.#zeta
    if (uz < 1 || this.#keys === 1) return 0
    if (uz < 1 + 0.5 ** this.#theta) return 1
    return Math.min(this.#keys - 1, Math.floor(this.#keys * (this.#eta * u - this.#eta + 1) ** this.#alpha))
  }
}

const ZETA_TERMS = 100_000

/** The sum of k^-theta up to n; beyond many terms the sum is their integral, with Euler and Maclaurin's correction. */
function zeta(n: number, theta: number): number {
  const terms = Math.min(n, ZETA_TERMS)
  let sum = 0
  for (let k = 1; k <= terms; k++) sum += k ** -theta
  if (n <= terms) return sum
  return sum + (n ** (1 - theta) - terms ** (1 - theta)) / (1 - theta) + (n ** -theta - terms ** -theta) / 2
}

/** Near the golden section of n, and without a common factor with it, so that multiples of it visit every key once. */
function coprime(n: number): number {
  let candidate = Math.max(1, Math.floor(n * 0.618_033_988_749_895))
  while (greatestCommonDivisor(candidate, n) !== 1) candidate++
  return candidate
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b]
  return a
}
