import { expect, test } from 'vitest'
import { Random } from '../../src/base/index.ts'
import { checkStream } from './streams.ts'

const cases = 3000
const seed = process.env.CELLARIUM_SEED ?? 'requests'

test(`a stream means the same whole, byte by byte, and split at every byte, right or wrong (${cases} streams)`, () => {
  const random = new Random(seed)
  const endings = new Set<string | null>()
  for (let i = 0; i < cases; i++) {
    const { text, expected, wrong } = checkStream(random)
    expect(wrong, `stream ${i} of seed ${seed}: ${JSON.stringify(text)}`).toBe(null)
    endings.add(expected.error?.replace(/got '[\s\S]'/, 'got') ?? null)
  }
  // Otherwise the streams have become too tame to tell anything.
  expect(endings.size).toBeGreaterThanOrEqual(6)
})
