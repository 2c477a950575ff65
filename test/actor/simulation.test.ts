import { expect, test } from 'vitest'
import { createSimulation, type Ref, type Simulation } from '../../src/actor/index.ts'
import { checker, counter, pump, recorder } from './actors.ts'

/** The reply to a read, in virtual time. */
async function read<T>(sim: Simulation, ref: Ref<{ kind: 'read'; replyTo: Ref<T> }>): Promise<T> {
  const reply = ref.ask<T>((replyTo) => ({ kind: 'read', replyTo }), { timeoutMs: 1000 })
  await sim.drive(reply, 2000)
  return reply
}

test('a message told to another executor arrives, and an ask brings the reply back', async () => {
  const sim = createSimulation({ seed: 1, executors: 2 })
  const ref = sim.spawn(counter, { from: 5 }, { executor: 1, name: 'counter' })
  expect(ref.tell({ kind: 'add', amount: 2 })).toBe(true)
  expect(await read(sim, ref)).toBe(7)
})

test('messages of one lane arrive in the order sent, with their bytes, also in pieces and when the ring is full', () => {
  const sim = createSimulation({ seed: 2, executors: 2, ringBytes: 4096 })
  sim.spawn(recorder, undefined, { executor: 2, name: 'report' })
  sim.spawn(checker, { report: 'report' }, { executor: 1, name: 'checker' })
  const from = sim.spawn(pump, { to: 'checker' }, { executor: 0 })
  from.tell({ kind: 'go', count: 500, lengths: [0, 1, 13, 500, 700, 5000, 20000], lane: 'data' })
  sim.run({ untilMs: 5000 })
  const report = sim.named<never>('report')
  expect(report.executor).toBe(2)
})

test('a name that moved while a thread stood still is found there afterwards', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const sim = createSimulation({ seed, executors: 3 })
    const sleeper = sim.spawn(recorder, undefined, { executor: 0 })
    sim.run({ untilMs: 10 })
    sim.pauseExecutor(0, 1000)
    sim.spawn(counter, { from: 1 }, { executor: 1, name: 'moves' })
    sim.run({ untilMs: 20 })
    sim.crashExecutor(1)
    sim.run({ untilMs: 100 })
    sim.spawn(counter, { from: 2 }, { executor: 2, name: 'moves' })
    sim.run({ untilMs: 1200 })
    // A name that is not known is told at once to be no more.
    sleeper.tell({ kind: 'watchName', name: 'moves' })
    expect(await read(sim, sleeper), `seed ${seed}`).toEqual([])
  }
})
