/** The examples do what they say. */
import { createSimulation, type SeedFailed, settled } from 'cellarium/testing'
import { expect, test } from 'vitest'
import { example as counter } from './counter.ts'
import { limiter, limiterOf, rangeName, example as rateLimiter, type Verdict } from './rate-limiter.ts'
import { search, example as simulated } from './simulated.ts'
import { example as supervisedCrasher } from './supervised-crasher.ts'
import { example as workerPool } from './worker-pool.ts'

async function linesOf(example: (print: (line: string) => void) => Promise<void>): Promise<string[]> {
  const lines: string[] = []
  await example((line) => lines.push(line))
  return lines
}

test('the counter counts on another thread', async () => {
  expect(await linesOf(counter)).toEqual(['counted 2000'])
})

test('the pool of workers counts primes on all threads', async () => {
  expect(await linesOf(workerPool)).toEqual(['9592 primes below 100000'])
})

test('the crasher is started again twice, given up at the third throw, and replaced by who watches it', async () => {
  expect(await linesOf(supervisedCrasher)).toEqual([
    'it is number',
    'AskTimeout',
    'AskTimeout',
    'AskTimeout',
    'it is object',
    'a parser begins',
    'a parser ends: restart',
    'a parser begins',
    'a parser ends: restart',
    'a parser begins',
    'a parser ends: failed',
    'the clerk hears of it: failed',
    'a parser begins',
  ])
})

test('the rate limiter lets each key have its burst, on threads', async () => {
  expect(await linesOf(rateLimiter)).toEqual(['alice may', 'alice may', 'alice may', 'alice must wait', 'zoe may'])
})

test('the rate limiter says when to come again, on virtual time', async () => {
  const simulation = createSimulation({ seed: 1, executors: 2 })
  for (let i = 0; i < 4; i++) {
    simulation.spawn(limiter, { burst: 2, perSecond: 10 }, { executor: i % 2, name: rangeName(i) })
  }
  const acquire = (key: string): Promise<Verdict> =>
    settled(
      simulation,
      limiterOf(key, simulation).ask<Verdict>((replyTo) => ({ key, replyTo }), { timeoutMs: 100 }),
    )
  expect([await acquire('moritz'), await acquire('moritz')]).toEqual([{ allowed: true }, { allowed: true }])
  const refused = await acquire('moritz')
  if (refused.allowed) throw new Error('a third at once is too much')
  expect(refused.retryAfterMs).toBeGreaterThan(90)
  expect(await acquire('max')).toEqual({ allowed: true })
  simulation.run({ untilMs: simulation.clock.monotonicMs() + refused.retryAfterMs })
  expect(await acquire('moritz')).toEqual({ allowed: true })
})

test('the search finds the receiver without a memory, and the seed that it names shows it again', async () => {
  const [right, wrong] = await linesOf(simulated)
  expect(right).toBe('50 runs, 100 virtual seconds: always right')
  expect(wrong).toBe('without a memory: wrong, and SeedFailed names the seed')
  const failure = (await search(false, 50).catch((error: unknown) => error)) as SeedFailed
  const again = (await search(false, [failure.seed]).catch((error: unknown) => error)) as SeedFailed
  expect(again.message).toBe(failure.message)
  expect(failure.message).toMatch(/^seed \d+: sent 20, counted 2\d$/)
})
