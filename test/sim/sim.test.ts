import { expect, test } from 'vitest'
import { playSeedsOfCommit } from './commit-seeds.ts'
import { run } from './run.ts'

playSeedsOfCommit(1, 50)

test('the same seed plays the same run, to the last step', async () => {
  const first = await run({ seed: 'twice' })
  const second = await run({ seed: 'twice' })
  expect(first.strikes.size).toBeGreaterThan(0)
  expect(second).toEqual(first)
}, 120_000)

test('another seed plays another run', async () => {
  const first = await run({ seed: 'one' })
  const second = await run({ seed: 'another' })
  expect(second.hash).not.toBe(first.hash)
}, 120_000)

test('where a majority is destroyed, what can no longer be known is refused', async () => {
  const result = await run({ seed: 'ruins', mode: 'ruin' })
  expect(result).toMatchObject({ kind: 'fine', message: '' })
  expect(result.strikes.get('majority destroyed')).toBe(1)
  expect(result.notExecuted).toBeGreaterThan(0)
}, 120_000)
