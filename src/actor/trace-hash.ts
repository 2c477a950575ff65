/** A run folded into one number: two that differ anywhere differ here, but for one in 2^64. */
export class TraceHash {
  #low: number
  #high: number

  constructor() {
    this.#low = 0x811c9dc5
    this.#high = 0x9e3779b9
  }

  fold(value: number): void {
    this.#low = Math.imul(this.#low ^ value, 0x01000193)
    this.#high = Math.imul(((this.#high << 13) | (this.#high >>> 19)) ^ this.#low, 0x85ebca6b)
  }

  delivered(executor: number, serial: number, from: number, size: number): void {
    this.fold(executor)
    this.fold(serial)
    this.fold(from)
    this.fold(size)
  }

  get text(): string {
    const high = (this.#high >>> 0).toString(16).padStart(8, '0')
    return high + (this.#low >>> 0).toString(16).padStart(8, '0')
  }
}
