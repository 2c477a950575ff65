import { expect, test } from 'vitest'
import { actor, createSimulation, type Ref } from '../../src/actor/index.ts'
import { type CounterMessage, counter } from './actors.ts'

type CallerMessage = { kind: 'call'; name: string; replyTo: Ref<boolean> }

/** Tells whether an actor of that name took a message. */
const caller = actor<CallerMessage>({
  module: import.meta.url,
  name: 'caller',
  start: (ctx) => ({
    receive({ name, replyTo }) {
      replyTo.tell(ctx.named<CounterMessage>(name).tell({ kind: 'add', amount: 1 }))
    },
  }),
})

test('a name that moved while a thread stood still is found there afterwards', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const sim = createSimulation({ seed, executors: 3 })
    const sleeper = sim.spawn(caller, undefined, { executor: 0 })
    sim.run({ untilMs: 10 })
    sim.pauseExecutor(0, 1000)
    // Rings are read in the order of their writers, so that what the dead one had to say comes last.
    sim.spawn(counter, { from: 1 }, { executor: 2, name: 'moves' })
    sim.run({ untilMs: 20 })
    sim.crashExecutor(2)
    sim.run({ untilMs: 100 })
    sim.spawn(counter, { from: 2 }, { executor: 1, name: 'moves' })
    sim.run({ untilMs: 1200 })
    const taken = sleeper.ask<boolean>((replyTo) => ({ kind: 'call', name: 'moves', replyTo }), { timeoutMs: 1000 })
    await sim.drive(taken, 2000)
    expect(await taken, `seed ${seed}`).toBe(true)
  }
})
