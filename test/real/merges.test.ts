/** A few rounds of `npm run torture -- --merges N`: cells are cut and made one again while clients write. */
import { expect, test } from 'vitest'
import { splitAndMerge } from '../torture/rounds.ts'

test('cells are cut and made one again while clients write: every write is there, and none was refused', async () => {
  const { merges, acknowledged, errors } = await splitAndMerge({ rounds: 6 })
  expect(merges).toBe(6)
  expect(acknowledged).toBeGreaterThan(500)
  expect([...errors]).toEqual([])
}, 180_000)
