/** A few rounds of `npm run torture`: the server is struck in the middle of splits and moves. */
import { expect, test } from 'vitest'
import { torture } from '../torture/torture.ts'

test('killed, and with threads that crash, in the middle of splits and moves, it has all that it acknowledged', async () => {
  const { strikes, acknowledged } = await torture({ seed: 'short', rounds: 6, strikes: ['kill', 'crash'] })
  expect([...strikes.values()].reduce((sum, count) => sum + count)).toBe(6)
  expect(acknowledged).toBeGreaterThan(6 * 50)
}, 180_000)
