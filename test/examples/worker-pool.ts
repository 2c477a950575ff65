/**
 * Work for every core: a pool of equal actors, and a collector that deals the work and puts the results together.
 *
 * The collector's own reference travels in each message, and the results come back to it from all threads.
 */
import { actor, createSystem, pool, type Ref } from 'cellarium/actor'

/** Counts the primes in `[from, to)`. */
interface Task {
  readonly from: number
  readonly to: number
  readonly collector: Ref<CollectorMessage>
}

export const primeCounter = actor<Task>({
  module: import.meta.url,
  name: 'prime-counter',
  start: () => ({
    receive({ from, to, collector }) {
      let primes = 0
      for (let n = from; n < to; n++) if (isPrime(n)) primes++
      collector.tell({ kind: 'counted', primes })
    },
  }),
})

export const primeCounters = pool({ name: 'prime-counters', size: 4, member: primeCounter, args: undefined })

type CollectorMessage =
  | { kind: 'count'; upTo: number; inPieces: number; replyTo: Ref<number> }
  | { kind: 'counted'; primes: number }

export const collector = actor<CollectorMessage>({
  module: import.meta.url,
  name: 'collector',
  start(ctx) {
    const workers = primeCounters.router(ctx)
    let missing = 0
    let primes = 0
    let replyTo: Ref<number> | null = null
    return {
      receive(message) {
        if (message.kind === 'count') {
          missing = message.inPieces
          replyTo = message.replyTo
          const length = Math.ceil(message.upTo / message.inPieces)
          for (let from = 0; from < message.upTo; from += length) {
            const to = Math.min(from + length, message.upTo)
            // `tell` never waits: it says when nobody has room, and nothing is lost without a word.
            if (!workers.tell({ from, to, collector: ctx.self })) throw new Error('all workers are full')
          }
          return
        }
        primes += message.primes
        if (--missing === 0) replyTo?.tell(primes)
      },
    }
  },
})

function isPrime(n: number): boolean {
  if (n < 2) return false
  for (let i = 2; i * i <= n; i++) if (n % i === 0) return false
  return true
}

export async function example(print: (line: string) => void): Promise<void> {
  const system = await createSystem({
    executors: 2,
    // Called for each thread, and again after each restart of one: what lives there is there again.
    populate: async (executor, _incarnation, system) => {
      await primeCounters.populate(executor, system)
      if (executor === system.executors) await system.spawn(collector, undefined, { executor, name: 'collector' })
    },
  })
  const primes = await system
    .named<CollectorMessage>('collector')
    .ask<number>((replyTo) => ({ kind: 'count', upTo: 100_000, inPieces: 20, replyTo }), { timeoutMs: 30_000 })
  print(`${primes} primes below 100000`)
  await system.stop()
}
