import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Histogram } from '../../src/bench/histogram.ts'

const latenciesMs = fc.array(fc.double({ min: 0.001, max: 200_000, noNaN: true }), { minLength: 1, maxLength: 300 })

function exact(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(1, Math.ceil(sorted.length * share)) - 1] as number
}

test('a percentile is never better than the truth, and at most one bucket worse', () => {
  fc.assert(
    fc.property(latenciesMs, fc.constantFrom(0.01, 0.5, 0.99, 0.999, 1), (values, share) => {
      const histogram = new Histogram()
      for (const value of values) histogram.add(value, 1)
      const truth = exact(values, share)
      expect(histogram.percentileMs(share)).toBeGreaterThanOrEqual(truth)
      expect(histogram.percentileMs(share)).toBeLessThanOrEqual(truth * (1 + 1 / 64) + 0.0001)
    }),
  )
})

test('histograms of several threads come to what one of all would be', () => {
  fc.assert(
    fc.property(latenciesMs, latenciesMs, (ours, theirs) => {
      const together = new Histogram()
      const parts = [ours, theirs].map((values) => {
        const part = new Histogram()
        for (const value of values) {
          part.add(value, 2)
          together.add(value, 2)
        }
        return part
      })
      const merged = new Histogram()
      for (const part of parts) merged.merge(part.state())
      expect(merged.total).toBe(together.total)
      expect(merged.maxMs).toBe(together.maxMs)
      expect(merged.meanMs).toBeCloseTo(together.meanMs, 6)
      for (const share of [0.1, 0.5, 0.999]) expect(merged.percentileMs(share)).toBe(together.percentileMs(share))
    }),
  )
})

test('what takes longer than the largest bucket is still the largest there was', () => {
  const histogram = new Histogram()
  histogram.add(1e6, 1)
  expect(histogram.maxMs).toBe(1e6)
  expect(histogram.percentileMs(1)).toBeGreaterThan(200_000)
})
