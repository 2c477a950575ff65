import { describe, expect, test } from 'vitest'
import { utf8 } from '../../src/base/index.ts'
import { FIRST_USER_CELL } from '../../src/model/index.ts'
import { Bench, EXECUTORS, spread } from './bench.ts'
import type { FakeWorld } from './fake-stores.ts'

function twoCells(world: FakeWorld): void {
  world.add(1, '', null, [1, 2, 3])
  world.add(2, '', null, [1, 2, 3])
}

function newCluster(world: FakeWorld): void {
  world.add(1, '', null, [1])
  world.add(2, '', null, [1])
}

/** Where threads have unlike numbers of stores it is threads that are to have as much as others. */
const settled = (bench: Bench) => {
  const alike = bench.topology.stores.length % EXECUTORS === 0
  const evenly = (counts: readonly number[]) => (alike ? spread(counts) <= 2 : spread(byThread(bench, counts)) <= 3)
  return bench.voters.every((count) => count === 3) && evenly(bench.cellCounts) && evenly(bench.leaders)
}

function byThread({ topology }: Bench, counts: readonly number[]): number[] {
  const sums = Array.from({ length: EXECUTORS }, () => 0)
  for (const [i, { executor }] of topology.stores.entries())
    sums[executor] = (sums[executor] as number) + (counts[i] as number)
  return sums
}

/** Where threads have unlike numbers of stores, no two copies on one thread and as many cells everywhere exclude each other. */
const sharedThreads = { isolationLabels: ['zone', 'host', 'disk'] }

const users = (bench: Bench) => bench.world.cells.size - 1

/** Every user cell asks for a split, as long as there are fewer than so many. */
function grow(bench: Bench, cells: number): void {
  for (let round = 0; users(bench) < cells && round < 500; round++) {
    const userCells = [...bench.world.cells.values()].filter(({ cell }) => !cell.system)
    for (const { cell, leader } of userCells.slice(0, cells - userCells.length)) {
      bench.tell({ kind: 'splitWanted', store: leader, cell, reason: 'it is too big' })
    }
    bench.run(200)
  }
}

describe('A new cluster', () => {
  test.each([
    [2, 1, 0, 0],
    [7, 2, 0.3, 0.5],
    [64, 3, 0.3, 0.5],
    [100, 4, 0, 0.5],
  ])(
    'is cut into %i cells, each whole and no id given twice (seed %i, lost orders %d, late halves %d)',
    (n, seed, lost, late) => {
      const bench = new Bench(seed, newCluster, 3, { initialCells: n })
      bench.world.orderLoss = lost
      bench.world.lateHalf = late
      const done = () => bench.world.values.get('pd/initial-cells') === 'done'
      expect(bench.runUntil(done, 300_000)).toBe(true)
      expect(users(bench)).toBe(n)
      expect(bench.world.tiles).toBe(true)
      expect(bench.voters.every((count) => count === 3)).toBe(true)
      expect(bench.world.givenTwice).toEqual([])
    },
  )

  test('is cut to the end although PD dies on the way', () => {
    const bench = new Bench(5, newCluster, 3, { initialCells: 40 })
    bench.world.lateHalf = 0.5
    for (let i = 0; i < 5; i++) {
      bench.run(800 + 300 * i)
      bench.movePd()
    }
    expect(bench.runUntil(() => bench.world.values.get('pd/initial-cells') === 'done', 120_000)).toBe(true)
    expect(users(bench)).toBe(40)
    expect(bench.world.tiles).toBe(true)
    expect(bench.world.givenTwice).toEqual([])
  })

  test('that holds keys already is left as it is', () => {
    const bench = new Bench(6, twoCells, 3, { initialCells: 8 })
    bench.world.keys = 3
    bench.run(30_000)
    expect(users(bench)).toBe(1)
    expect(bench.world.values.has('pd/initial-cells')).toBe(false)
  })
})

describe('A cell that has grown', () => {
  test.each([1, 2, 3])('is split again and again, and nothing is given twice or left over (seed %i)', (seed) => {
    const bench = new Bench(seed, twoCells)
    bench.world.orderLoss = 0.3
    bench.world.lateHalf = 0.5
    grow(bench, 20)
    expect(users(bench)).toBeGreaterThanOrEqual(20)
    expect(bench.world.tiles).toBe(true)
    expect(bench.world.givenTwice).toEqual([])
    expect(bench.voters.every((count) => count === 3)).toBe(true)
  })

  test('has a child with one peer under `--split-peers one`, which then gets its copies', () => {
    const bench = new Bench(4, twoCells, 3, { splitPeers: 'one' })
    const children: boolean[] = []
    bench.runUntil(() => bench.world.orders.length > 0, 5_000)
    grow(bench, 2)
    for (const { step } of bench.world.orders) if (step.kind === 'split') children.push(step.single === true)
    expect(children.length).toBeGreaterThan(0)
    expect(children.every((isSingle) => isSingle)).toBe(true)
    expect(Math.min(...bench.voters)).toBeLessThan(3)
    expect(bench.runUntil(() => bench.voters.every((count) => count === 3), 30_000)).toBe(true)
  })

  test('is asked again with the same ids while the order is lost', () => {
    const bench = new Bench(5, twoCells)
    bench.run(3_000)
    bench.world.orderLoss = 1
    bench.tell({ kind: 'splitWanted', store: 1, cell: bench.world.cells.get(2)?.cell as never, reason: 'big' })
    const splits = () => bench.world.orders.flatMap(({ step }) => (step.kind === 'split' ? [step] : []))
    expect(bench.runUntil(() => splits().length >= 4, 20_000)).toBe(true)
    expect(new Set(splits().map((step) => JSON.stringify(step))).size).toBe(1)
    bench.world.orderLoss = 0
    expect(bench.runUntil(() => users(bench) === 2, 10_000)).toBe(true)
    const before = splits().length
    bench.run(30_000)
    expect(splits()).toHaveLength(before)
  })
})

describe('Balance after splits', () => {
  test.each([
    [20, 4, 1],
    [20, 6, 2],
    [50, 6, 3],
    [100, 6, 4],
    [100, 9, 5],
  ])(
    'of %i cells on three stores reaches all of %i stores within a minute, and then rests (seed %i)',
    (cells, stores, seed) => {
      const bench = new Bench(seed, twoCells, stores, stores % 3 === 0 ? {} : sharedThreads)
      bench.world.catchUpMs = 300
      bench.world.lateHalf = 0.3
      grow(bench, cells)
      expect(bench.runUntil(() => settled(bench), 60_000)).toBe(true)
      bench.run(20_000)
      const before = bench.world.orders.length
      bench.run(60_000)
      expect(bench.world.orders.length).toBe(before)
      expect(settled(bench)).toBe(true)
      expect(bench.world.givenTwice).toEqual([])
      expect(bench.world.votersMost).toBe(3)
    },
  )
})

describe('An order by hand', () => {
  const split = (cell: number, key: string | null) =>
    ({ kind: 'operatorWanted', operator: 'split', cell, store: 0, key: key === null ? null : utf8(key) }) as const

  test('splits a cell at a key, or in the middle, and is refused where it makes no sense', () => {
    const bench = new Bench(1, twoCells)
    bench.run(3_000)
    expect(bench.ask(split(FIRST_USER_CELL, 'm'))).toMatchObject({ refusal: 'none' })
    expect(bench.runUntil(() => users(bench) === 2, 5_000)).toBe(true)
    bench.run(2_000)
    expect(bench.ask(split(FIRST_USER_CELL, 'm'))).toMatchObject({ refusal: 'notPossible' })
    expect(bench.ask(split(FIRST_USER_CELL, 'z'))).toMatchObject({ refusal: 'notPossible' })
    expect(bench.ask(split(1, 'm'))).toMatchObject({ refusal: 'notPossible' })
    expect(bench.ask(split(99, null))).toMatchObject({ refusal: 'notFound' })
    expect(bench.ask(split(FIRST_USER_CELL, null))).toMatchObject({ refusal: 'none' })
    expect(bench.runUntil(() => users(bench) === 3, 5_000)).toBe(true)
    expect(bench.world.tiles).toBe(true)
  })

  test('waits its turn: while a split is under way another order for its cell is refused', () => {
    const bench = new Bench(2, twoCells)
    bench.run(3_000)
    bench.world.orderLoss = 1
    bench.ask(split(2, 'm'))
    expect(bench.ask(split(2, 'p'))).toMatchObject({ refusal: 'notPossible', message: expect.stringMatching(/split/) })
    const transfer = { kind: 'operatorWanted', operator: 'transfer-leader', cell: 2, store: 2, key: null } as const
    expect(bench.ask(transfer)).toMatchObject({ refusal: 'notPossible' })
  })

  test('adds a peer where there is none, and takes one away', () => {
    const bench = new Bench(3, twoCells, 4)
    bench.run(10_000)
    const of = (cell: number) => bench.world.cells.get(cell)?.cell.peers.map(({ store }) => store) as number[]
    const free = [1, 2, 3, 4].find((store) => !of(2).includes(store)) as number
    const order = (operator: 'add-peer' | 'remove-peer', store: number) =>
      bench.ask({ kind: 'operatorWanted', operator, cell: 2, store, key: null })
    const [present] = of(2) as [number]
    expect(order('add-peer', present)).toMatchObject({ refusal: 'notPossible' })
    expect(order('remove-peer', free)).toMatchObject({ refusal: 'notPossible' })
    expect(order('add-peer', 77)).toMatchObject({ refusal: 'notFound' })
    expect(order('add-peer', free)).toMatchObject({ refusal: 'none' })
    expect(bench.runUntil(() => of(2).includes(free), 5_000)).toBe(true)
    expect(bench.runUntil(() => of(2).length === 3, 10_000)).toBe(true)
    // Its operator is closed when the world shows its last step.
    bench.run(3_000)
    const [leaving] = of(2) as [number]
    expect(order('remove-peer', leaving)).toMatchObject({ refusal: 'none' })
    expect(bench.runUntil(() => !of(2).includes(leaving), 10_000)).toBe(true)
  })
})

test('Whoever listens hears of operators, splits and leaders, and is forgotten after ten seconds', () => {
  const bench = new Bench(9, twoCells)
  bench.run(10_000)
  const happened = () => bench.heard.flatMap((message) => (message.kind === 'events' ? message.events : []))
  bench.tell({ kind: 'eventsWanted', origin: 'listener' })
  bench.ask({ kind: 'operatorWanted', operator: 'split', cell: 2, store: 0, key: utf8('m') })
  bench.runUntil(() => happened().some(({ event }) => event === 'cellSplit'), 5_000)
  expect(happened().slice(0, 3)).toMatchObject([
    { event: 'operatorStarted', operator: { kind: 'split', outcome: null } },
    { event: 'cellSplit', cell: 2 },
    { event: 'operatorEnded', operator: { kind: 'split', outcome: 'finished' } },
  ])
  bench.runUntil(() => happened().some(({ event }) => event === 'leaderChanged'), 5_000)
  expect(happened().some(({ event }) => event === 'leaderChanged')).toBe(true)
  bench.run(15_000)
  const before = happened().length
  bench.ask({ kind: 'operatorWanted', operator: 'split', cell: 2, store: 0, key: utf8('c') })
  bench.run(5_000)
  expect(happened()).toHaveLength(before)
})

describe('A store that is ordered offline', () => {
  const order = (bench: Bench, store: number, offline: boolean) => bench.ask({ kind: 'storeOrder', store, offline })
  const state = (bench: Bench, store: number) => {
    bench.tell({ kind: 'worldWanted', origin: 'listener', request: bench.heard.length })
    const worlds = () => bench.heard.flatMap((message) => (message.kind === 'world' ? [message] : []))
    const before = worlds().length
    bench.runUntil(() => worlds().length > before, 5_000)
    return worlds()
      .at(-1)
      ?.stores.find((info) => info.store === store)?.state
  }

  test('is emptied, leaders first, becomes a tombstone and stays one, also for the next PD', () => {
    const bench = new Bench(1, twoCells, 4, sharedThreads)
    bench.world.catchUpMs = 300
    grow(bench, 12)
    expect(bench.runUntil(() => settled(bench), 60_000)).toBe(true)
    const from = bench.world.orders.length
    expect(order(bench, 2, true)).toMatchObject({ refusal: 'none' })
    expect(state(bench, 2)).toBe('offline')
    expect(bench.runUntil(() => bench.leaders[1] === 0, 60_000)).toBe(true)
    expect(bench.cellCounts[1]).toBeGreaterThan(0)
    expect(bench.runUntil(() => bench.cellCounts[1] === 0, 60_000)).toBe(true)
    expect(bench.voters.every((count) => count === 3)).toBe(true)
    // Each copy was replaced, not added to; and no leader went without handing over.
    expect(bench.world.votersMost).toBe(3)
    expect(bench.world.leadersRemoved).toEqual([])
    expect(
      bench.world.orders
        .slice(from)
        .some(({ step }) => 'peer' in step && step.kind === 'addLearner' && step.peer.store === 2),
    ).toBe(false)
    bench.run(5_000)
    expect(state(bench, 2)).toBe('tombstone')
    expect(order(bench, 2, false)).toMatchObject({ refusal: 'notPossible' })
    bench.movePd()
    bench.run(20_000)
    expect(state(bench, 2)).toBe('tombstone')
    expect(bench.cellCounts[1]).toBe(0)
  })

  test('is used again when the order is taken back', () => {
    const bench = new Bench(2, twoCells, 4, sharedThreads)
    grow(bench, 12)
    bench.world.catchUpMs = 2_000
    expect(bench.runUntil(() => settled(bench), 60_000)).toBe(true)
    order(bench, 2, true)
    bench.run(1_000)
    expect(order(bench, 2, false)).toMatchObject({ refusal: 'none' })
    expect(state(bench, 2)).toBe('up')
    expect(bench.runUntil(() => settled(bench), 60_000)).toBe(true)
    expect(bench.cellCounts[1]).toBeGreaterThan(0)
  })

  test('is refused when fewer stores than copies would remain, or it is none', () => {
    const bench = new Bench(3, twoCells, 4)
    bench.run(3_000)
    expect(order(bench, 77, true)).toMatchObject({ refusal: 'notFound' })
    expect(order(bench, 1, true)).toMatchObject({ refusal: 'none' })
    expect(order(bench, 2, true)).toMatchObject({ refusal: 'notPossible' })
    expect(order(bench, 1, true)).toMatchObject({ refusal: 'none' })
  })
})
