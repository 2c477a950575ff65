/** What one measurement of one server gave, in the same words for all of them. Null: it is not known. */
import type { Measurement } from '../../src/bench/index.ts'

export interface Sample {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  /** The slowest second's rate. */
  readonly slowest: number | null
  readonly syncsPerSecond: number | null
  readonly commandsPerSync: number | null
  readonly cpuSecondsPerMillion: number | null
  readonly residentBytes: number | null
  readonly logBytesPerCommand: number | null
  /** Segments made ready, write-back, flushes, compaction. */
  readonly otherBytesPerCommand: number | null
  readonly keys: number | null
  readonly errors: number
  readonly firstError: string
  readonly seconds: readonly number[]
}

export function sampleOf({ perSecond, latency, cost, errors, firstError, seconds }: Measurement): Sample {
  const { p50Ms, p99Ms, p999Ms } = latency
  const slowest = seconds.length === 0 ? null : Math.min(...seconds)
  return { perSecond, p50Ms, p99Ms, p999Ms, slowest, errors, firstError, seconds, ...cost }
}
