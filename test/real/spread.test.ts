/** A small `npm run test:spread`: what it looks at is right here, too, and it looks at all of it. */
import { expect, test } from 'vitest'
import { trial } from '../spread/trial.ts'

const small = {
  stores: 3,
  storesLater: 6,
  executors: 3,
  valueBytes: 1000,
  connections: 4,
  depth: 16,
  rate: 200,
  evenWithinMs: 60_000,
  progress: () => {},
}

test('cells that came to be under a load are even, also over stores that are added, and every key is there', async () => {
  const findings = await trial({ ...small, mode: 'grow', megabytes: 5, cellMegabytes: 0.5, cells: 0 })
  expect(findings.filter(({ isRight }) => isRight === false)).toEqual([])
  expect(findings.filter(({ what }) => what.startsWith('whole and even'))).toHaveLength(2)
  expect(findings.filter(({ what }) => what.startsWith('DBSIZE')).map(({ found }) => found)).toEqual(['5181', '5181'])
}, 180_000)
