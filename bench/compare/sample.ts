/** What one measurement of one server gave, in the same words for all of them. Null: it is not known. */
import type { Latencies, Measurement, ServerCost } from '../../src/bench/index.ts'

export interface Sample extends ServerCost, Pick<Latencies, 'p50Ms' | 'p99Ms' | 'p999Ms'> {
  readonly perSecond: number
  /** The slowest second's rate. */
  readonly slowest: number | null
  readonly errors: number
  readonly firstError: string
  readonly seconds: readonly number[]
}

export function sampleOf({ perSecond, latency, cost, errors, firstError, seconds }: Measurement): Sample {
  const { p50Ms, p99Ms, p999Ms } = latency
  const slowest = seconds.length === 0 ? null : Math.min(...seconds)
  return { perSecond, p50Ms, p99Ms, p999Ms, slowest, errors, firstError, seconds, ...cost }
}
