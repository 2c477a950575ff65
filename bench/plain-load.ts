import type { Workload } from '../src/bench/index.ts'

/** What is measured unless something else is: small values, one key as likely as another, as fast as they are answered. */
export const plainLoad: Workload = {
  mix: { set: 1 },
  connections: 50,
  pipeline: 16,
  keys: 100_000,
  distribution: 'uniform',
  zipfTheta: 0.99,
  valueBytes: 64,
  spread: false,
  ratePerSecond: 0,
}
