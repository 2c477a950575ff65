/**
 * Latencies, counted in buckets whose width grows with what they hold: 64 to each power of two, so that a percentile is
 * off by at most 1.6 %, and always to the side that flatters nobody. A tenth of a microsecond is the unit.
 */
const SUB_BUCKETS = 64
const SUB_BITS = 6
/** 2^31 units are 214 seconds. Whatever takes longer is counted as that. */
const LARGEST = 0x7fff_ffff
const BUCKETS = (31 - SUB_BITS + 1) * SUB_BUCKETS
const UNITS_PER_MS = 10_000

export class Histogram {
  readonly #counts = new Float64Array(BUCKETS)
  #total = 0
  #sumMs = 0
  #maxMs = 0

  get total(): number {
    return this.#total
  }

  get maxMs(): number {
    return this.#maxMs
  }

  get meanMs(): number {
    return this.#total === 0 ? 0 : this.#sumMs / this.#total
  }

  add(ms: number, times: number): void {
    const units = Math.min(LARGEST, ms * UNITS_PER_MS) | 0
    // 2^k to 2^(k+1) is cut into 64: the highest seven bits name the bucket, and what is shifted out is forgotten.
    const shift = units < 2 * SUB_BUCKETS ? 0 : 31 - Math.clz32(units) - SUB_BITS
    this.#counts[shift * SUB_BUCKETS + (units >> shift)]! += times
    this.#total += times
    this.#sumMs += ms * times
    if (ms > this.#maxMs) this.#maxMs = ms
  }

  merge(other: HistogramState): void {
    for (let i = 0; i < BUCKETS; i++) this.#counts[i]! += other.counts[i]!
    for (const count of other.counts) this.#total += count
    this.#sumMs += other.sumMs
    this.#maxMs = Math.max(this.#maxMs, other.maxMs)
  }

  clear(): void {
    this.#counts.fill(0)
    this.#total = 0
    this.#sumMs = 0
    this.#maxMs = 0
  }

  /** The least latency that at least this share (0 to 1) of all did not exceed: the upper end of its bucket. */
  percentileMs(share: number): number {
    const wanted = Math.max(1, Math.ceil(this.#total * share))
    let seen = 0
    for (let i = 0; i < BUCKETS; i++) {
      seen += this.#counts[i]!
      if (seen >= wanted) return Math.min(this.#maxMs, upperEnd(i) / UNITS_PER_MS)
    }
    return this.#maxMs
  }

  /** For another thread. */
  state(): HistogramState {
    return { counts: this.#counts.slice(), sumMs: this.#sumMs, maxMs: this.#maxMs }
  }
}

export interface HistogramState {
  readonly counts: Float64Array
  readonly sumMs: number
  readonly maxMs: number
}

function upperEnd(bucket: number): number {
  const shift = Math.max(0, Math.floor(bucket / SUB_BUCKETS) - 1)
  return (bucket - shift * SUB_BUCKETS + 1) * 2 ** shift
}
