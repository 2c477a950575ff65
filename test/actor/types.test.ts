/** What the compiler refuses. The assertions are the `@ts-expect-error` lines: this file does not compile if one is not needed. */
import { expect, test } from 'vitest'
import { type ActorContext, type AnyRef, actor, createSimulation, edge, type Ref } from '../../src/actor/index.ts'
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
