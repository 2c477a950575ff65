/** What `cellarium/testing` adds to the twin. */
import { describe, expect, test } from 'vitest'
import type { Ref } from '../../src/actor/index.ts'
import {
  createSimulation,
  explore,
  type FaultPlan,
  injectFaults,
  SeedFailed,
  type Simulation,
  settled,
} from '../../src/testing.ts'
import { type CounterMessage, counter, type Numbered, type RecorderMessage, recorder, tally } from './actors.ts'

const ASK = { timeoutMs: 10_000 }
const read = (replyTo: Ref<number>): CounterMessage => ({ kind: 'read', replyTo })

describe('explore', () => {
  test('plays each seed once, from the first, or those that are given', async () => {
    const played: (number | string)[] = []
    const note = (_: Simulation, seed: number | string): void => {
      played.push(seed)
    }
    expect((await explore({ seeds: 3, executors: 1 }, note)).runs).toBe(3)
    await explore({ seeds: 2, first: 10, executors: 1 }, note)
    await explore({ seeds: ['a', 7], executors: 1 }, note)
    expect(played).toEqual([1, 2, 3, 10, 11, 'a', 7])
  })

  test('says with which seed it failed, and why, and goes no further', async () => {
    const played: (number | string)[] = []
    const cause = new Error('wrong total')
    const failure = (await explore({ seeds: 9, executors: 1 }, (_, seed) => {
      played.push(seed)
      if (seed === 4) throw cause
    }).catch((error: unknown) => error)) as SeedFailed
    expect(failure).toBeInstanceOf(SeedFailed)
    expect(failure).toMatchObject({ seed: 4, message: 'seed 4: wrong total', cause })
    expect(played).toEqual([1, 2, 3, 4])
  })

  test('a throw of an actor that ends its thread fails the run', async () => {
    const bug = explore({ seeds: ['s'], executors: 1 }, (simulation) => {
      const ref = simulation.spawn(counter, { from: 0 }, { executor: 0, supervise: 'escalate' })
      ref.tell({ kind: 'throw', text: 'a bug' })
      simulation.run({ untilMs: 100 })
    })
    await expect(bug).rejects.toThrow('seed s: a bug')
  })

  test('tells the time that was played', async () => {
    const { virtualMs, steps } = await explore({ seeds: 4, executors: 1 }, (simulation) => {
      simulation.spawn(counter, { from: 0 }, { executor: 0 }).tell({ kind: 'add', amount: 1 })
      simulation.run({ untilMs: 250 })
    })
    expect(virtualMs).toBe(1000)
    expect(steps).toBeGreaterThanOrEqual(4)
  })

  test('verify finds what does not come from the seed', async () => {
    let run = 0
    const scenario = (simulation: Simulation, extra: number): void => {
      const ref = simulation.spawn(counter, { from: 0 }, { executor: 0 })
      for (let i = 0; i < 3 + extra; i++) ref.tell({ kind: 'add', amount: 1 })
      simulation.run({ untilMs: 100 })
    }
    const options = { seeds: 5, executors: 2, verify: true }
    await explore(options, (simulation) => scenario(simulation, 0))
    await expect(explore(options, (simulation) => scenario(simulation, run++))).rejects.toThrow(
      'seed 1: two runs differ',
    )
  })
})

describe('injected faults', () => {
  const plan: FaultPlan = {
    crash: { everyMs: 300, downMs: 40 },
    pause: { everyMs: 100, forMs: 30 },
    delay: { share: 0.3, maxMs: 5 },
  }

  /** Tells numbers until `untilMs` while the plan's faults happen, and then some after them. */
  function play(seed: number, given: FaultPlan, lane: Numbered['lane'] = 'data') {
    const deaths: number[] = []
    const simulation = createSimulation({
      seed,
      executors: 2,
      populate: (executor, _incarnation, there) => {
        if (executor === 2) there.spawn(recorder, undefined, { executor, name: 'report' })
        if (executor === 1) there.spawn(tally, { report: 'report' }, { executor, name: 'tally' })
      },
      onExecutorExit: (executor) => deaths.push(executor),
    })
    const faults = injectFaults(simulation, given)
    let number = 0
    const send = (): void => {
      simulation.named<Numbered>('tally').tell({ lane, number: number++, bytes: new Uint8Array(0) })
      if (simulation.clock.monotonicMs() < 3000) simulation.schedule(1, send)
    }
    send()
    simulation.run({ untilMs: 3000 })
    faults.stop()
    simulation.run({ untilMs: 3500 })
    return { simulation, faults, deaths, sent: number }
  }

  async function runsOf(simulation: Simulation): Promise<[number, number][]> {
    const report = simulation.named<RecorderMessage>('report')
    const items = await settled(
      simulation,
      report.ask<unknown[]>((replyTo) => ({ kind: 'read', replyTo }), ASK),
    )
    return items.flatMap((item) => (item as { value: { handled: [number, number][] } }).value.handled)
  }

  test('happen, are counted, spare the main executor, and are the same for the same seed', async () => {
    const { simulation, faults, deaths } = play(1, plan)
    expect(faults.counts.crashes).toBeGreaterThan(3)
    expect(faults.counts.pauses).toBeGreaterThan(10)
    expect(faults.counts.delayed).toBeGreaterThan(100)
    expect(faults.counts).toMatchObject({ lost: 0, duplicated: 0 })
    expect(deaths.length).toBe(faults.counts.crashes)
    expect(new Set(deaths)).toEqual(new Set([0, 1]))
    expect([0, 1, 2].map((executor) => simulation.isUp(executor))).toEqual([true, true, true])
    const again = play(1, plan)
    expect(again.simulation.traceHash).toBe(simulation.traceHash)
    expect(again.faults.counts).toEqual(faults.counts)
    expect(play(2, plan).simulation.traceHash).not.toBe(simulation.traceHash)
  })

  test('lose and double droppable messages, and no others', async () => {
    const given = { loss: 0.2, duplicates: 0.2 }
    const safe = play(3, given)
    expect(safe.faults.counts).toMatchObject({ lost: 0, duplicated: 0 })
    expect(await runsOf(safe.simulation).then((runs) => runs.reduce((sum, [a, b]) => sum + b - a + 1, 0))).toBe(
      safe.sent,
    )
    const { simulation, faults, sent } = play(3, given, 'droppable')
    const { lost, duplicated } = faults.counts
    expect(lost).toBeGreaterThan(300)
    expect(duplicated).toBeGreaterThan(300)
    const handled = (await runsOf(simulation)).reduce((sum, [a, b]) => sum + b - a + 1, 0)
    expect(handled).toBe(sent - lost + duplicated)
  })

  test('delays keep the order of a lane', async () => {
    const { simulation } = play(4, { delay: { share: 0.5, maxMs: 20 } })
    const runs = await runsOf(simulation)
    expect(runs.flat()).toEqual(runs.flat().sort((a, b) => a - b))
  })

  test('end with stop', () => {
    const { simulation, faults } = play(5, { ...plan, loss: 0.5 })
    const before = { ...faults.counts }
    simulation.run({ untilMs: 20_000 })
    expect(faults.counts).toEqual(before)
  })

  test('happen at intervals', () => {
    const simulation = createSimulation({ seed: 1, executors: 1 })
    expect(() => injectFaults(simulation, { crash: { everyMs: 0 } })).toThrow(RangeError)
  })
})

describe('waiting on virtual time', () => {
  test('an ask is driven until its reply', async () => {
    const simulation = createSimulation({ seed: 1, executors: 2 })
    const ref = simulation.spawn(counter, { from: 5 }, { executor: 1 })
    expect(await settled(simulation, ref.ask(read, ASK))).toBe(5)
  })

  test('an ask without a reply fails with its own error, at its own time', async () => {
    const simulation = createSimulation({ seed: 1, executors: 1 })
    const ref = simulation.spawn(recorder, undefined, { executor: 0 })
    const never = ref.ask<number>((replyTo) => ({ kind: 'item', value: replyTo }), { timeoutMs: 300 })
    await expect(settled(simulation, never)).rejects.toMatchObject({ code: 'AskTimeout' })
    expect(simulation.clock.monotonicMs()).toBeGreaterThanOrEqual(300)
    expect(simulation.clock.monotonicMs()).toBeLessThan(310)
  })

  test('what is not settled in time is an error', async () => {
    const simulation = createSimulation({ seed: 1, executors: 1 })
    await expect(settled(simulation, new Promise(() => {}), 50)).rejects.toThrow('not settled within 50 ms')
    expect(await settled(simulation, Promise.resolve('now'))).toBe('now')
  })
})

describe('what is handed in wrong is refused by name', () => {
  // As from a program without types.
  // biome-ignore lint/suspicious/noExplicitAny: so it is meant
  const untyped = (value: unknown): any => value
  const nothing = () => {}

  test('by explore, for which no seeds are no search', async () => {
    for (const seeds of [0, -1, 1.5, Number.NaN, [], 'abc', undefined]) {
      await expect(explore(untyped({ seeds, executors: 1 }), nothing)).rejects.toThrow('seeds is how many, from 1 on')
    }
    await expect(explore(untyped({ seeds: [{}], executors: 1 }), nothing)).rejects.toThrow('a seed is a number or text')
    await expect(explore(untyped({ seeds: 1 }), nothing)).rejects.toThrow('executors is a whole number from 1')
    await expect(explore(untyped({ seeds: 1, executors: 1, restartMs: 5 }), nothing)).rejects.toThrow(
      "no option 'restartMs'",
    )
    await expect(explore({ seeds: 1, executors: 1 }, untyped(5))).rejects.toThrow(
      'the scenario of explore is a function',
    )
  })

  test('by a simulation, whose time would stand still at no number', async () => {
    expect(() => createSimulation(untyped({ executors: 1 }))).toThrow('a seed is a number or text, not undefined')
    expect(() => createSimulation(untyped({ seed: 1, executors: 0 }))).toThrow(RangeError)
    expect(() => createSimulation(untyped({ seed: 1, executors: 1, latencyMs: 5 }))).toThrow("no option 'latencyMs'")
    const simulation = createSimulation({ seed: 'a', executors: 1 })
    expect(() => simulation.run(untyped({ until: 5 }))).toThrow('untilMs of run is a number of milliseconds')
    expect(() => simulation.runUntil(() => true, untyped(undefined))).toThrow('limitMs of runUntil')
    expect(() => simulation.schedule(Number.NaN, nothing)).toThrow('delayMs of schedule')
    expect(() => simulation.pauseExecutor(0, untyped('long'))).toThrow("not 'long'")
    expect(() => simulation.spawn(counter, { from: 1 }, { executor: 2 })).toThrow(
      'executor is a whole number from 0 to 1',
    )
    await expect(settled(simulation, untyped(5))).rejects.toThrow('settled takes a simulation and a promise')
    expect(simulation.clock.monotonicMs()).toBe(0)
  })

  test('by injectFaults, for which a fault that never comes is no fault', () => {
    const simulation = createSimulation({ seed: 1, executors: 1 })
    const wrong: [unknown, string][] = [
      [{ crashes: { everyMs: 5 } }, "injectFaults has no option 'crashes'"],
      [{ crash: { every: 5 } }, "crash has no option 'every'"],
      [{ pause: { everyMs: 5 } }, 'forMs of pause is a number'],
      [{ delay: { share: 50, maxMs: 5 } }, 'share of delay is a share from 0 to 1, not 50'],
      [{ loss: -1 }, 'loss is a share from 0 to 1'],
      [undefined, 'injectFaults takes an object of options'],
    ]
    for (const [plan, text] of wrong) expect(() => injectFaults(simulation, untyped(plan))).toThrow(text)
  })

  test('and faults that are stopped twice leave the filter that was set in between', () => {
    const simulation = createSimulation({ seed: 1, executors: 2 })
    const faults = injectFaults(simulation, { loss: 1 })
    faults.stop()
    let asked = 0
    simulation.setFilter(() => {
      asked++
      return 'deliver'
    })
    faults.stop()
    simulation.spawn(recorder, undefined, { executor: 1 }).tell({ kind: 'item', value: 1 })
    simulation.run({ untilMs: 10 })
    expect(asked).toBe(1)
  })
})
