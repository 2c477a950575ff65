import { describe, expect, test } from 'vitest'
import { utf8 } from '../../src/base/index.ts'
import { pdKeys } from '../../src/pd/keys.ts'
import { Bench, nineCells, spread } from './bench.ts'
import type { FakeWorld } from './fake-stores.ts'

function wholeCells(world: FakeWorld): void {
  world.add(1, '', null, [1, 2, 3])
  for (let i = 0; i < 9; i++) world.add(2 + i, i === 0 ? '' : `k${i}`, i === 8 ? null : `k${i + 1}`, [1, 2, 3])
}

const isSettled = (bench: Bench) => bench.voters.every((count) => count === 3) && spread(bench.leaders) <= 2

function settled(seed: number, stores = 3): Bench {
  const bench = new Bench(seed, wholeCells, stores)
  expect(bench.runUntil(() => isSettled(bench) && spread(bench.cellCounts) <= 2)).toBe(true)
  bench.run(5_000)
  return bench
}

type Items = { items: { name: string; value?: unknown; paused?: boolean }[] }
const settingOf = (bench: Bench, name: string) =>
  (bench.question({ what: 'settings' }).value as Items).items.find((item) => item.name === name)?.value

describe('A setting', () => {
  test('is changed at run time, holds for the next PD, and is refused beyond its bounds', () => {
    const bench = settled(1)
    expect(settingOf(bench, 'leaderOperatorsMax')).toBe(4)
    expect(bench.question({ what: 'changeSettings', change: { leaderOperatorsMax: 9 } }).refusal).toBe('none')
    expect(settingOf(bench, 'leaderOperatorsMax')).toBe(9)
    bench.movePd()
    bench.run(10_000)
    expect(settingOf(bench, 'leaderOperatorsMax')).toBe(9)
    const refused = bench.question({ what: 'changeSettings', change: { leaderOperatorsMax: -1 } })
    expect(refused).toMatchObject({
      refusal: 'notPossible',
      message: "leaderOperatorsMax is a number from 0 to 1000, not '-1'",
    })
    expect(bench.question({ what: 'changeSettings', change: { replicas: 2.5 } }).message).toBe(
      "replicas is a whole number, not '2.5'",
    )
    expect(bench.question({ what: 'changeSettings', change: { hotBand: 1.5 } }).refusal).toBe('none')
    expect(bench.question({ what: 'changeSettings', change: { colour: 1 } }).message).toBe('there is no setting colour')
    expect(bench.question({ what: 'changeSettings', change: { idBlock: 1 } }).message).toContain(
      'when the server starts',
    )
  })

  test('that bounds the pauses of balance holds for the pause that is being made', () => {
    const bench = settled(14)
    const nextMs = () =>
      (bench.question({ what: 'schedulers' }).value as { items: { name: string; nextMs: number }[] }).items.find(
        ({ name }) => name === 'cells',
      )?.nextMs
    bench.run(60_000)
    expect(nextMs()).toBeLessThanOrEqual(5_000)
    bench.question({ what: 'changeSettings', change: { balancePauseMinMs: 60_000 } })
    expect(nextMs()).toBeGreaterThan(40_000)
    bench.question({ what: 'changeSettings', change: { balancePauseMinMs: 1, balancePauseMaxMs: 20 } })
    expect(nextMs()).toBeLessThanOrEqual(20)
  })

  test('that is stored, and that this version refuses, leaves the others in force, and is told of', () => {
    const bench = settled(15)
    bench.question({ what: 'changeSettings', change: { leaderOperatorsMax: 9, hotBand: 2 } })
    const stored = JSON.parse(bench.world.values.get(pdKeys.settings) as string)
    expect(stored).toEqual({ leaderOperatorsMax: 9, hotBand: 2 })
    bench.world.values.set(pdKeys.settings, JSON.stringify({ colour: 1, replicas: 99, ...stored }))
    bench.movePd()
    bench.run(10_000)
    expect(settingOf(bench, 'leaderOperatorsMax')).toBe(9)
    expect(settingOf(bench, 'hotBand')).toBe(2)
    expect(settingOf(bench, 'replicas')).toBe(3)
    expect(bench.logged.flatMap(({ fields }) => fields.why ?? [])).toEqual([
      'there is no setting colour',
      "replicas is a number from 1 to 9, not '99'",
    ])
    expect(bench.question({ what: 'changeSettings', change: { hotBand: 3 } }).refusal).toBe('none')
  })

  test('takes effect: with five replicas wished for, every cell gets five', () => {
    const bench = settled(2, 6)
    bench.question({ what: 'changeSettings', change: { replicas: 5 } })
    expect(bench.runUntil(() => bench.voters.every((count) => count === 5))).toBe(true)
    bench.question({ what: 'changeSettings', change: { replicas: '3' } })
    expect(bench.runUntil(() => bench.voters.every((count) => count === 3))).toBe(true)
  })
})

describe('A scheduler', () => {
  test('that is paused wishes nothing, also for the next PD, until it is resumed', () => {
    const bench = settled(3)
    expect(bench.question({ what: 'pauseScheduler', name: 'leaders', paused: true }).refusal).toBe('none')
    for (const held of bench.world.cells.values()) {
      held.leader = 1
      held.term++
    }
    bench.run(10_000)
    bench.movePd()
    bench.run(20_000)
    expect(bench.leaders).toEqual([10, 0, 0])
    const shown = (bench.question({ what: 'schedulers' }).value as Items).items
    expect(shown.filter(({ paused }) => paused).map(({ name }) => name)).toEqual(['leaders'])
    bench.question({ what: 'pauseScheduler', name: 'leaders', paused: false })
    expect(bench.runUntil(() => isSettled(bench), 60_000)).toBe(true)
    expect(bench.question({ what: 'pauseScheduler', name: 'x', paused: true }).refusal).toBe('notFound')
  })
})

describe('A store', () => {
  test('that is not to lead by order leads nothing, also for the next PD, and leads again when it may', () => {
    const bench = settled(4)
    expect(bench.question({ what: 'changeStore', store: 2, change: { evictLeaders: true } }).refusal).toBe('none')
    expect(bench.runUntil(() => bench.leaders[1] === 0, 60_000)).toBe(true)
    bench.movePd()
    bench.run(20_000)
    expect(bench.leaders[1]).toBe(0)
    bench.question({ what: 'changeStore', store: 2, change: { evictLeaders: false } })
    expect(bench.runUntil(() => isSettled(bench), 60_000)).toBe(true)
  })

  test.each([
    [{ leaderWeight: -1 }, 'leaderWeight is a number from 0 to 100, not -1'],
    [{ labels: { executor: '3' } }, 'the label executor is that of the thread'],
    [{ labels: { 'a b': '3' } }, 'names and values of labels are letters, digits, and _ . -'],
  ])('cannot be set to %j', (change, message) => {
    const bench = settled(5)
    expect(bench.question({ what: 'changeStore', store: 2, change })).toMatchObject({ refusal: 'notPossible', message })
    expect(bench.question({ what: 'changeStore', store: 77, change: {} }).refusal).toBe('notFound')
  })
})

test('Cuts at many keys are made, many at once, and what comes of them is led by all stores alike', () => {
  const bench = settled(6)
  const keys = Array.from({ length: 30 }, (_, i) => utf8(`k3${String(i).padStart(2, '0')}`))
  expect(bench.question({ what: 'splitAt', keys: [...keys, utf8('k5')], scatter: true }).value).toEqual({ splits: 30 })
  const begun = () =>
    [...bench.world.cells.values()].filter(({ cell }) => Buffer.from(cell.start).toString().startsWith('k3'))
  expect(bench.runUntil(() => begun().length === 31, 60_000)).toBe(true)
  expect(bench.world.tiles).toBe(true)
  const led = () => [1, 2, 3].map((store) => begun().filter(({ leader }) => leader === store).length)
  expect(bench.runUntil(() => spread(led()) <= 2, 60_000)).toBe(true)
  expect(bench.world.givenTwice).toEqual([])
  // And then they stay: what is on its way is not made up for once more.
  bench.run(5_000)
  const operators = () => bench.logged.filter(({ message }) => message === 'operator').length
  const before = operators()
  bench.run(30_000)
  expect(operators()).toBe(before)
})

describe('Why', () => {
  interface Why {
    readonly opinions: readonly { scheduler: string; opinion: string }[]
    readonly operator: { kind: string; reason: string } | null
  }
  const opinionOf = (why: unknown, name: string) =>
    (why as Why).opinions.find(({ scheduler }) => scheduler === name)?.opinion

  test('a cell stays as it is, each scheduler says', () => {
    const bench = settled(7)
    const { value } = bench.question({ what: 'whyCell', cell: 4 })
    expect(opinionOf(value, 'replicas')).toBe('it has what it should have')
    expect(opinionOf(value, 'leaders')).toMatch(
      /^store \d, which leads it, leads \d; store \d leads \d, store \d leads \d$/,
    )
    expect(opinionOf(value, 'merges')).toContain('it was cut, or first seen, not long ago')
    bench.question({ what: 'pauseScheduler', name: 'leaders', paused: true })
    expect(opinionOf(bench.question({ what: 'whyCell', cell: 4 }).value, 'leaders')).toMatch(/^paused; else: /)
    expect(bench.question({ what: 'whyCell', cell: 99 }).refusal).toBe('notFound')
  })

  test('a cell lacks copies, and what is being done about it', () => {
    const bench = new Bench(8, nineCells)
    bench.world.orderLoss = 1
    bench.runUntil(() => bench.world.orders.length > 3)
    const cell = bench.world.orders[0]?.cell as number
    const why = bench.question({ what: 'whyCell', cell }).value as Why
    expect(why.operator).toMatchObject({ kind: 'add-peer', reason: '1 of 3 voters are healthy' })
    expect(opinionOf(why, 'replicas')).toMatch(/^wishes add-peer/)
    expect(opinionOf(why, 'cells')).toMatch(/^operator \d+ \(add-peer\) is under way$/)
  })

  test('a store takes no peers, and how full it is beside others', () => {
    const bench = settled(9, 6)
    bench.ask({ kind: 'storeOrder', store: 4, offline: true })
    const why = bench.question({ what: 'whyStore', store: 4 }).value
    expect(opinionOf(why, 'replicas')).toBe('it takes no new peers: it is offline')
    expect(opinionOf(bench.question({ what: 'whyStore', store: 1 }).value, 'cells')).toMatch(/^its score is \d/)
  })
})

test('A PD that begins anew orders no balance before the whole world is reported to it', () => {
  const bench = settled(10, 6)
  bench.world.silent.add(5)
  bench.movePd()
  for (const held of bench.world.cells.values()) {
    held.leader = held.cell.peers[0]?.store as number
    held.term++
  }
  const before = bench.world.orders.length
  bench.run(30_000)
  expect(bench.world.orders.length).toBe(before)
  bench.world.silent.clear()
  bench.run(30_000)
  expect(isSettled(bench)).toBe(true)
})
