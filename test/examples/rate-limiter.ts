/**
 * A rate limiter for millions of keys, without a lock: the keys are cut into ranges, each range is one actor's alone, and
 * the actors are spread over the threads.
 *
 * It knows time only from its context: so the same code runs on virtual time in a test.
 */
import { actor, createSystem, type Namer, type Ref } from 'cellarium/actor'

export interface Limit {
  /** A key that was idle may do so much at once. */
  readonly burst: number
  readonly perSecond: number
}

export interface Acquire {
  readonly key: string
  readonly replyTo: Ref<Verdict>
}

export type Verdict = { allowed: true } | { allowed: false; retryAfterMs: number }

/** Token buckets of the keys in one range. A bucket that is full again is forgotten. */
export const limiter = actor<Acquire | 'sweep', Limit>({
  module: import.meta.url,
  name: 'limiter',
  start(ctx, { burst, perSecond }) {
    const buckets = new Map<string, { tokens: number; atMs: number }>()
    const fullAfterMs = (burst / perSecond) * 1000
    ctx.every(fullAfterMs, 'sweep')
    return {
      receive(message) {
        const nowMs = ctx.clock.monotonicMs()
        if (message === 'sweep') {
          for (const [key, { atMs }] of buckets) if (nowMs - atMs >= fullAfterMs) buckets.delete(key)
          return
        }
        const { key, replyTo } = message
        const bucket = buckets.get(key) ?? { tokens: burst, atMs: nowMs }
        bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.atMs) * perSecond) / 1000)
        bucket.atMs = nowMs
        buckets.set(key, bucket)
        if (bucket.tokens >= 1) {
          bucket.tokens--
          replyTo.tell({ allowed: true })
        } else {
          replyTo.tell({ allowed: false, retryAfterMs: Math.ceil(((1 - bucket.tokens) / perSecond) * 1000) })
        }
      },
    }
  },
})

/** Range i is `[bounds[i - 1], bounds[i])`, the first and the last are open to their ends. */
export const bounds = ['g', 'n', 't']
export const rangeName = (i: number): string => `limiter of range ${i}`

/** The limiter whose range the key lies in. */
export function limiterOf(key: string, where: Namer): Ref<Acquire> {
  const i = bounds.findIndex((bound) => key < bound)
  return where.named(rangeName(i === -1 ? bounds.length : i))
}

export async function example(print: (line: string) => void): Promise<void> {
  const limit: Limit = { burst: 3, perSecond: 0.001 }
  const system = await createSystem({
    executors: 2,
    populate: async (executor, _incarnation, system) => {
      if (executor === system.executors) return
      for (let i = executor; i <= bounds.length; i += system.executors) {
        await system.spawn(limiter, limit, { executor, name: rangeName(i) })
      }
    },
  })
  for (const key of ['alice', 'alice', 'alice', 'alice', 'zoe']) {
    const ask = limiterOf(key, system).ask<Verdict>((replyTo) => ({ key, replyTo }), { timeoutMs: 5000 })
    print(`${key} ${(await ask).allowed ? 'may' : 'must wait'}`)
  }
  await system.stop()
}
