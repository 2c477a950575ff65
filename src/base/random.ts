/**
 * Chance, from a seed: the same seed gives the same numbers on every machine (sfc32, a public-domain generator by
 * Chris Doty-Humphrey).
 */
export class Random {
  #a: number
  #b: number
  #c: number
  #counter: number

  constructor(seed: number | string) {
    // A string is folded with FNV-1a, so that a commit's hash may be a seed.
    let hash = 0x811c9dc5
    for (const character of String(seed)) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0
    this.#a = hash
    this.#b = hash ^ 0x9e3779b9
    this.#c = hash ^ 0x243f6a88
    this.#counter = 1
    for (let i = 0; i < 15; i++) this.u32()
  }

  /** An integer from 0 to 2^32 − 1. */
  u32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** From 0 up to, and without, 1. */
  float(): number {
    return this.u32() / 0x1_0000_0000
  }

  /** An integer from 0 to `n` − 1. */
  below(n: number): number {
    return Math.floor(this.float() * n)
  }

  /** An integer from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1)
  }

  chance(probability: number): boolean {
    return this.float() < probability
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T
  }

  /** A generator of its own, so that one part's draws do not move another's. */
  fork(): Random {
    return new Random(`${this.u32()}/${this.u32()}`)
  }
}
