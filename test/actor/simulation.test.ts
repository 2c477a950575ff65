/** What the twin adds: chance from a seed, faults at will, and time that is not ours. */
import { expect, test } from 'vitest'
import {
  actor,
  createSimulation,
  type Edges,
  edge,
  type Ref,
  type Simulation,
  type SimulationOptions,
} from '../../src/actor/index.ts'
import { checker, counter, type Numbered, pump, puppet, type RecorderMessage, recorder, tally } from './actors.ts'

const MAIN = 2

function begin(options: Partial<SimulationOptions> = {}): { sim: Simulation } {
  const sim = createSimulation({ seed: 1, executors: MAIN, ...options })
  sim.spawn(recorder, undefined, { executor: MAIN, name: 'report' })
  return { sim }
}

async function read(sim: Simulation, from: Ref<RecorderMessage> = sim.named('report')): Promise<unknown[]> {
  const reply = from.ask<unknown[]>((replyTo) => ({ kind: 'read', replyTo }), { timeoutMs: 1000 })
  await sim.drive(reply, 2000)
  return reply
}

/** A world with some traffic, a crash and a restart, run for a while. */
function story(seed: number): { hash: string; steps: number } {
  const { sim } = begin({ seed, ringBytes: 4096, restartDelayMs: 20, onExecutorExit: () => {} })
  sim.spawn(tally, { report: 'report' }, { executor: 1, name: 'tally' })
  const source = sim.spawn(pump, { to: 'tally', report: 'report' }, { executor: 0, name: 'pump' })
  source.tell({ kind: 'go', count: 500, lengths: [0, 10, 2000], lane: 'data' })
  sim.schedule(3, () => sim.crashExecutor(1))
  sim.run({ untilMs: 200 })
  return { hash: sim.traceHash, steps: sim.steps }
}

test('the same seed gives the same run to the last step, and another seed another', () => {
  expect(story(1)).toEqual(story(1))
  expect(story(1).hash).not.toBe(story(2).hash)
})

test('a view of the ring that is kept over a pass reads as garbage', async () => {
  const { sim } = begin()
  sim.spawn(checker, { report: 'report', keepView: true }, { executor: 1, name: 'checker' })
  const to = sim.named<Numbered>('checker')
  to.tell({ lane: 'data', number: 0, bytes: Uint8Array.of(0, 7, 14) })
  sim.run({ untilMs: 10 })
  to.tell({ lane: 'data', number: 1, bytes: Uint8Array.of(1, 8, 15) })
  sim.run({ untilMs: 20 })
  const values = (await read(sim)).map((item) => (item as { value: unknown }).value)
  expect(values).toContainEqual({ kept: [0xdb, 0xdb, 0xdb] })
  expect(JSON.stringify(values)).not.toContain('wrong')
})

test('droppable messages may be dropped and duplicated, delayed ones hold back their lane, and data may not be lost', async () => {
  const { sim } = begin()
  sim.spawn(tally, { report: 'report' }, { executor: 1, name: 'tally' })
  const to = sim.named<Numbered>('tally')
  const tell = (number: number, lane: Numbered['lane']): boolean => to.tell({ lane, number, bytes: new Uint8Array(0) })
  sim.setFilter((from, toExecutor, lane, message) => {
    if (from !== MAIN || toExecutor !== 1) return 'deliver'
    const { number } = message as Numbered
    if (lane === 'droppable' && number === 1) return 'drop'
    if (lane === 'droppable' && number === 2) return 'duplicate'
    if (number === 100) return { delayMs: 50 }
    return 'deliver'
  })
  for (const number of [1, 2, 3]) expect(tell(number, 'droppable')).toBe(true)
  for (const number of [99, 100, 101]) expect(tell(number, 'data')).toBe(true)
  const handled = async (): Promise<unknown> => {
    sim.setFilter(null)
    return (await read(sim)).flatMap((item) => (item as { value: { handled: unknown[] } }).value.handled)
  }
  sim.run({ untilMs: 30 })
  const before = await handled()
  expect(before).toEqual([
    [2, 2],
    [2, 3],
    [99, 99],
  ])
  sim.run({ untilMs: 60 })
  expect(await handled()).toEqual([
    [2, 2],
    [2, 3],
    [99, 99],
    [100, 101],
  ])
  sim.setFilter(() => 'drop')
  expect(() => tell(102, 'data')).toThrow('only a droppable message')
})

test('for any seed, what a crashed executor did not handle comes back or was claimed, and nothing comes twice', async () => {
  for (let seed = 1; seed <= 30; seed++) {
    const { sim } = begin({ seed, ringBytes: 4096, onExecutorExit: () => {} })
    sim.spawn(tally, { report: 'report' }, { executor: 1, name: 'tally' })
    const source = sim.spawn(pump, { to: 'tally', report: 'report' }, { executor: 0, name: 'pump' })
    source.tell({ kind: 'go', count: 200, lengths: [0, 10, 200, 40, 1500], lane: 'data' })
    sim.schedule(0.3 + sim.random.float() * 2, () => sim.crashExecutor(1))
    sim.run({ untilMs: 100 })
    const items = (await read(sim)).map(
      (item) => (item as { value: { handled?: [number, number][]; undelivered?: number } }).value,
    )
    const back = items.flatMap((item) => (item.undelivered === undefined ? [] : [item.undelivered]))
    const handled = items.flatMap((item) =>
      (item.handled ?? []).flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i)),
    )
    // In order, from 0 without a gap: handled; then what was claimed; then what came back.
    expect(handled).toEqual(handled.map((_, i) => i))
    expect(back).toEqual(back.map((_, i) => (back[0] as number) + i))
    if (back.length > 0) expect(back[0]).toBeGreaterThanOrEqual(handled.length)
  }
})

test('a paused executor does nothing while its clock goes on, and then catches up', async () => {
  const { sim } = begin()
  const ref = sim.spawn(puppet, { report: 'report', label: 'puppet' }, { executor: 0 })
  ref.tell({ kind: 'after', delayMs: 5, value: 'late' })
  sim.run({ untilMs: 2 })
  sim.pauseExecutor(0, 50)
  sim.run({ untilMs: 51 })
  expect(await read(sim)).toEqual(['puppet started'])
  sim.run({ untilMs: 60 })
  expect(await read(sim)).toEqual(['puppet started', 'late'])
})

test('a crash of the whole process leaves nothing, and everything begins under the next incarnation', async () => {
  const born: string[] = []
  const sim = createSimulation({
    seed: 3,
    executors: MAIN,
    populate(executor, incarnation, simulation) {
      born.push(`${executor}.${incarnation}`)
      if (executor === 0) simulation.spawn(counter, { from: incarnation }, { executor, name: 'counter' })
    },
  })
  sim.named<{ kind: 'add'; amount: number }>('counter').tell({ kind: 'add', amount: 10 })
  sim.run({ untilMs: 10 })
  sim.crashAll()
  expect([0, 1, 2].map((executor) => sim.isUp(executor))).toEqual([false, false, false])
  sim.run({ untilMs: 500 })
  sim.restartAll()
  expect(born).toEqual(['0.1', '1.1', '2.1', '0.2', '1.2', '2.2'])
  const count = sim
    .named<{ kind: 'read'; replyTo: Ref<number> }>('counter')
    .ask<number>((replyTo) => ({ kind: 'read', replyTo }), { timeoutMs: 1000 })
  await sim.drive(count, 2000)
  expect(await count).toBe(2)
})

test('late callbacks of a dead executor find no one', async () => {
  const wake = edge<{ call: () => void }>('wake')
  const sleeper = actor<{ kind: 'none' }>({
    module: import.meta.url,
    name: 'edge-sleeper',
    start(ctx) {
      const report = ctx.named<RecorderMessage>('report')
      ctx.edge(wake).call = () => {
        ctx.requestTurn()
        report.tell({ kind: 'item', value: 'told from a callback' })
      }
      return {
        receive() {},
        turn: () => {
          report.tell({ kind: 'item', value: 'turn' })
        },
      }
    },
  })
  const calls = { call: (): void => {} }
  const { sim } = begin({ edges: (): Edges => ({ wake: calls }) })
  sim.spawn(sleeper, undefined, { executor: 0, name: 'sleeper' })
  sim.schedule(5, () => calls.call())
  sim.run({ untilMs: 10 })
  expect(await read(sim)).toEqual(['told from a callback', 'turn'].map((value) => ({ from: 'sleeper', value })))
  sim.crashExecutor(0)
  sim.schedule(1, () => calls.call())
  sim.run({ untilMs: 100 })
  expect(await read(sim)).toHaveLength(2)
})

test('a throw that would end a thread is thrown by run, unless exits are expected', () => {
  const { sim } = begin()
  const ref = sim.spawn(puppet, { report: 'report', label: 'puppet' }, { executor: 0, supervise: 'escalate' })
  ref.tell({ kind: 'throw', text: 'a bug' })
  expect(() => sim.run({ untilMs: 10 })).toThrow('a bug')
})

test('wall clocks can differ while the monotonic one is the same everywhere', () => {
  const seen: [number, number][] = []
  const clockReader = actor<{ kind: 'look' }>({
    module: import.meta.url,
    name: 'clock-reader',
    start: (ctx) => ({
      receive() {
        seen.push([Math.round(ctx.clock.wallMs()), Math.round(ctx.clock.monotonicMs())])
      },
    }),
  })
  const { sim } = begin({ wallStartMs: 1_000_000 })
  sim.setWallSkew(1, -500)
  for (const executor of [0, 1]) sim.spawn(clockReader, undefined, { executor }).tell({ kind: 'look' })
  sim.run({ untilMs: 1 })
  expect(seen.sort()).toEqual([
    [1_000_000, 0],
    [999_500, 0],
  ])
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
