import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { type RunResult, run } from './run.ts'

/** Red or green for good: a commit always plays the same seeds. Fresh ones are for `npm run sim -- --seeds`. */
function commitHash(): string {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return 'no checkout'
  }
}

const SEEDS = 24
const base = commitHash().slice(0, 12)

function expectFine(result: RunResult): void {
  if (result.kind === 'fine') return
  const at = result.virtualMs.toFixed(3)
  throw new Error(
    `${result.kind} at ${at} ms: ${result.message}\nreplay: npm run sim -- --seed '${result.seed}' --trace`,
  )
}

for (let i = 1; i <= SEEDS; i++) {
  const seed = `${base}-${i}`
  test(`seed ${i} of this commit: no wrong answer, no crash, and full service when the faults are over`, async () => {
    const result = await run({ seed })
    expectFine(result)
    expect(result.operations).toBeGreaterThan(200)
  }, 120_000)
}

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
