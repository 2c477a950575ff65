/** What the compiler refuses. The assertions are the `@ts-expect-error` lines: this file does not compile if one is not needed. */
import { expect, test } from 'vitest'
import {
  type ActorContext,
  type AnyRef,
  actor,
  createSimulation,
  edge,
  pool,
  type Ref,
  stash,
  topic,
  withReceiveTimeout,
} from '../../src/actor/index.ts'
import { type CounterMessage, counter, puppet } from './actors.ts'

interface Disk {
  sync(): void
}

test('a wrong message, wrong arguments and a wrong reply are compile errors', () => {
  const sim = createSimulation({ seed: 1, executors: 1 })
  const ref: Ref<CounterMessage> = sim.spawn(counter, { from: 1 }, { executor: 0 })
  const notCalled = (ctx: ActorContext<{ kind: 'own' }>): void => {
    // @ts-expect-error: no such kind
    ref.tell({ kind: 'subtract', amount: 1 })
    // @ts-expect-error: a wrong field
    ref.tell({ kind: 'add', amount: '1' })
    // @ts-expect-error: wrong arguments
    sim.spawn(counter, { from: '1' }, { executor: 0 })
    // @ts-expect-error: an executor must be named
    sim.spawn(counter, { from: 1 }, {})
    // @ts-expect-error: a reply of another type
    void ref.ask<string>((replyTo) => ({ kind: 'read', replyTo }), { timeoutMs: 1 })
    // @ts-expect-error: an ask has a time limit
    void ref.ask<number>((replyTo) => ({ kind: 'read', replyTo }))
    // @ts-expect-error: a reference that takes more cannot come from one that takes less
    const wider: Ref<CounterMessage | { kind: 'more' }> = ref
    const narrower: Ref<{ kind: 'add'; amount: number }> = ref
    const any: AnyRef = ref
    // @ts-expect-error: nothing can be told to a reference of which only the address is known
    any.tell({ kind: 'add', amount: 1 })
    // @ts-expect-error: timers tell the actor its own messages
    ctx.after(1, { kind: 'other' })
    const disk = edge<Disk>('disk')
    ctx.edge(disk).sync()
    // @ts-expect-error: an edge has the type of its token
    ctx.edge(disk).write()
    // @ts-expect-error: a child's messages are its own
    ctx.spawn(puppet, { report: 'r', label: 'l' }).tell({ kind: 'own' })
    void [wider, narrower]
  }
  actor<{ kind: 'own' }>({
    module: import.meta.url,
    name: 'refused',
    start: () => ({
      // @ts-expect-error: it must take all its messages
      receive(message: { kind: 'other' }) {
        void message
      },
    }),
  })
  expect(typeof notCalled).toBe('function')
})

test('pools, topics, stashes and promises take the messages of their actors only', () => {
  const counters = pool({ name: 'counters', size: 2, member: counter, args: { from: 0 } })
  const prices = topic<{ kind: 'price'; cents: number }>('prices')
  const notCalled = (ctx: ActorContext<{ kind: 'price'; cents: number } | { kind: 'failed' }>): void => {
    // @ts-expect-error: no such kind
    counters.router(ctx).tell({ kind: 'subtract', amount: 1 })
    // @ts-expect-error: a wrong field
    counters.router(ctx).tellKey('key', { kind: 'add', amount: '1' })
    // @ts-expect-error: wrong arguments of the members
    pool({ name: 'counters', size: 2, member: counter, args: { from: '0' } })
    // @ts-expect-error: members are named after the pool, and have no name of their own
    pool({ name: 'counters', size: 2, member: counter, args: { from: 0 }, executor: 1 })
    prices.subscribe(ctx, ctx.self)
    const deaf: Ref<CounterMessage> = ctx.named('deaf')
    // @ts-expect-error: a subscriber takes what is published
    prices.subscribe(ctx, deaf)
    // @ts-expect-error: only what the topic is of is published
    prices.publisher(ctx).publish({ kind: 'price' })
    const waiting = stash(ctx)
    // @ts-expect-error: what is put aside is a message of the actor
    waiting.push({ kind: 'add', amount: 1 }, null)
    const cents = Promise.resolve(5)
    ctx.pipeToSelf(
      cents,
      (value) => ({ kind: 'price', cents: value }),
      () => ({ kind: 'failed' }),
    )
    ctx.pipeToSelf(
      cents,
      // @ts-expect-error: the end of a promise becomes a message of the actor
      (value) => ({ kind: 'cost', cents: value }),
      () => ({ kind: 'failed' }),
    )
    const silence = { kind: 'silence' } as const
    // @ts-expect-error: silence is a message of the actor
    withReceiveTimeout(ctx, { timeoutMs: 1, message: silence }, { receive() {} })
  }
  expect(typeof notCalled).toBe('function')
})
