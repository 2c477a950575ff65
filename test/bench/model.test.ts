import { expect, test } from 'vitest'
import { ALONE, costOf, fit, fitWeights, type Model, predict } from '../../bench/model/fit.ts'
import { divide, type Observation } from '../../bench/model/observe.ts'

const truth: Model = {
  gateway: { command: 1.2, pass: 40 },
  executors: { command: 2.5, copy: 0.8, turn: 90, message: 12 },
  others: { copy: 1.1, sync: 150 },
}

function observation(executors: number, replicas: number, pipeline: number): Observation {
  const share = 1 / (50 * pipeline) ** 0.8
  const counts = {
    passes: share * 1.3,
    turns: share * (executors + 0.5 * replicas),
    messages: executors === 1 ? 0 : 4 * share,
    syncs: share * executors * 0.7,
    copies: replicas,
  }
  const cost = costOf(truth, counts)
  return {
    shape: { executors, replicas },
    pipeline,
    perSecond: 1,
    gateway: { us: cost.gateway, turns: counts.passes, sleeps: 0 },
    executors: { us: cost.executors, turns: counts.turns, sleeps: 0 },
    othersUs: cost.others,
    syncs: counts.syncs,
    logBytes: 0,
    ringMessages: counts.messages,
  }
}

const shapes = [
  [1, 1],
  [1, 3],
  [2, 3],
] as const

test('costs that are known are found again in what they lead to', () => {
  const found = fit(
    [1, 4, 16, 64].flatMap((pipeline) => shapes.map(([executors, copies]) => observation(executors, copies, pipeline))),
  )
  for (const part of ['gateway', 'executors', 'others'] as const) {
    for (const [name, value] of Object.entries(truth[part])) {
      expect((found[part] as Record<string, number>)[name], `${part}, ${name}`).toBeCloseTo(value, 1)
    }
  }
})

test('no weight is below zero, whatever noise says', () => {
  const weights = fitWeights(
    [
      [1, 1],
      [1, 2],
      [1, 3],
    ],
    [3, 2, 1],
  )
  for (const weight of weights) expect(weight).toBeGreaterThanOrEqual(0)
})

test('the prediction names what is full first', () => {
  const shared = { passes: 0.01, turns: 0.02, messages: 0.01, syncs: 0.01, copies: 3 }
  const cost = costOf(truth, shared)
  expect(predict(truth, 2, shared, 'main')).toEqual({
    perSecond: 2e6 / (cost.gateway + cost.executors + cost.others),
    bottleneck: 'all cores',
  })
  expect(predict(truth, 64, shared, 'main')).toEqual({
    perSecond: 1e6 / cost.gateway,
    bottleneck: "the gateway's thread",
  })
  expect(predict(truth, 64, shared, 'all').perSecond).toBeGreaterThan(predict(truth, 64, shared, 'main').perSecond)
  expect(predict(truth, 64, ALONE, 'all').perSecond).toBeLessThan(predict(truth, 64, shared, 'all').perSecond)
})

test('executors are the threads that spent most beside the first one, and threads that are new count whole', () => {
  const thread = (id: number, cpuSeconds: number) => ({ id, cpuSeconds, sleeps: 10 * cpuSeconds })
  const before = { threads: [thread(1, 5), thread(2, 9), thread(3, 1), thread(4, 0)] }
  const after = { threads: [thread(1, 6), thread(2, 9.5), thread(3, 4), thread(4, 2), thread(5, 0.25)] }
  const { main, executors, others } = divide(before, after, 1, 2)
  expect([main.us, executors.us, others.us]).toEqual([1e6, 5e6, 0.75e6])
  expect(executors.sleeps).toBe(50)
})
