import { describe, expect, test } from 'vitest'
import { Bench, EXECUTORS, nineCells, spread } from './bench.ts'
import type { FakeWorld } from './fake-stores.ts'

describe('PD', () => {
  test.each([1, 2, 3])('gives every cell three copies and every store its share of leaders (seed %i)', (seed) => {
    const bench = new Bench(seed, nineCells)
    expect(bench.runUntil(() => bench.voters.every((count) => count === 3) && spread(bench.leaders) <= 1)).toBe(true)
  })

  test.each([4, 5, 6, 7])('does so although half of its orders have no effect (seed %i)', (seed) => {
    const bench = new Bench(seed, nineCells)
    bench.world.orderLoss = 0.5
    expect(bench.runUntil(() => bench.voters.every((count) => count === 3) && spread(bench.leaders) <= 1)).toBe(true)
    expect(bench.world.givenTwice).toEqual([])
  })

  test.each([8, 9, 10, 11])(
    'that dies again and again is taken up where it was, and no id is given twice (seed %i)',
    (seed) => {
      const bench = new Bench(seed, nineCells)
      bench.world.orderLoss = 0.3
      for (let i = 0; i < 6; i++) {
        bench.run(300 + 450 * i)
        bench.movePd()
      }
      expect(bench.runUntil(() => bench.voters.every((count) => count === 3) && spread(bench.leaders) <= 1)).toBe(true)
      expect(bench.world.givenTwice).toEqual([])
      expect(Number(bench.world.values.get('pd/generation'))).toBeGreaterThan(4)
    },
  )

  test('that has nothing to do is woken by the clock once a second, and as often as before when something happens', () => {
    const bench = new Bench(19, nineCells)
    bench.runUntil(() => bench.voters.every((count) => count === 3) && spread(bench.leaders) <= 1)
    bench.run(20_000)
    // Each executor tells of its stores once a second; the rest are ticks.
    const ticksIn = (seconds: number) => {
      const before = bench.handled
      bench.run(seconds * 1000)
      return bench.handled - before - seconds * EXECUTORS
    }
    expect(ticksIn(20)).toBeLessThanOrEqual(24)
    const leader = bench.world.cells.get(4)?.leader as number
    const store = [1, 2, 3].find((other) => other !== leader) as number
    bench.ask({ kind: 'operatorWanted', operator: 'transfer-leader', cell: 4, store, key: null })
    expect(ticksIn(2)).toBeGreaterThanOrEqual(10)
  })

  test('that has a tick in its mailbox when it sets the next one is not told the time more often from then on', () => {
    const bench = new Bench(20, nineCells)
    bench.runUntil(() => bench.voters.every((count) => count === 3))
    // Something is under way for a while yet.
    for (let i = 0; i < 5; i++) {
      bench.tell({ kind: 'tick' })
      bench.run(17)
    }
    const before = bench.handled
    bench.run(2000)
    expect(bench.handled - before).toBeLessThanOrEqual(80)
  })

  test('gives orders only under a generation that it has raised, and each PD a higher one', () => {
    const bench = new Bench(12, nineCells)
    bench.runUntil(() => bench.world.orders.length > 0)
    expect(bench.world.orders.every((order) => order.generation === 1)).toBe(true)
    const before = bench.world.orders.length
    bench.movePd()
    bench.runUntil(() => bench.world.orders.length > before)
    expect(bench.world.orders.slice(before).every((order) => order.generation === 2)).toBe(true)
  })

  test('orders nothing while the system range is not led: it could not know its generation', () => {
    const bench = new Bench(13, (world) => {
      nineCells(world)
      world.silent.add(1)
    })
    bench.run(30_000)
    expect(bench.world.orders).toEqual([])
  })

  test('asks again until it was told of everything: news are not everything, and the system range may sleep', () => {
    const bench = new Bench(18, nineCells)
    bench.runUntil(() => bench.voters.every((count) => count === 3) && spread(bench.leaders) <= 1)
    for (const id of bench.world.cells.keys()) bench.world.asleep.add(id)
    bench.world.asksLost = EXECUTORS
    bench.movePd()
    bench.run(5_000)
    expect(bench.world.asksLost).toBe(0)
    const target = [1, 2, 3].find((store) => store !== bench.world.cells.get(4)?.leader) as number
    bench.tell({ kind: 'transferWanted', cell: 4, toStore: target })
    expect(bench.runUntil(() => bench.world.cells.get(4)?.leader === target, 10_000)).toBe(true)
  })

  test('moves no leader before the reports tile the keyspace', () => {
    const transfers = (bench: Bench) =>
      bench.world.orders.filter((order) => order.step.kind === 'transferLeader').length
    const fill = (world: FakeWorld) => {
      nineCells(world)
      for (const held of world.cells.values())
        world.add(
          held.cell.id,
          Buffer.from(held.cell.start).toString(),
          held.cell.end === null ? null : Buffer.from(held.cell.end).toString(),
          [1, 2, 3],
        )
      world.silent.add(5)
    }
    const bench = new Bench(14, fill)
    bench.run(20_000)
    expect(transfers(bench)).toBe(0)
    bench.world.silent.clear()
    expect(bench.runUntil(() => transfers(bench) > 0)).toBe(true)
  })

  test('replaces the peers of a lost store at once, and never goes below two healthy copies', () => {
    const bench = new Bench(15, nineCells, 4)
    expect(bench.runUntil(() => bench.voters.every((count) => count === 3))).toBe(true)
    bench.runUntil(() => spread(bench.leaders) <= 1)
    const lost = 2
    for (const held of bench.world.cells.values()) {
      if (held.leader !== lost) continue
      held.leader = held.cell.peers.find((peer) => peer.store !== lost)?.store as number
      held.term++
    }
    const place = bench.topology.stores[lost - 1]
    if (place === undefined) throw new Error('there is no such store')
    const { id, executor, dir, labels } = place
    bench.tell({
      kind: 'heartbeat',
      executor: EXECUTORS,
      stores: [{ store: id, executor, dir, labels, state: 'lost', cells: 0, leaders: 0, sizeBytes: 0 }],
      cells: [],
    })
    let fewest = 3
    const settled = () => {
      for (const { cell } of bench.world.cells.values()) {
        const healthy = cell.peers.filter((peer) => peer.store !== lost && peer.role === 'voter').length
        fewest = Math.min(fewest, healthy)
      }
      return [...bench.world.cells.values()].every(
        ({ cell }) =>
          cell.peers.length === 3 && cell.peers.every((peer) => peer.store !== lost && peer.role === 'voter'),
      )
    }
    expect(bench.runUntil(settled, 60_000)).toBe(true)
    expect(fewest).toBe(2)
  })
})

describe('PD tells', () => {
  test('all routes to a gateway that asks, and then only what changes', () => {
    const bench = new Bench(16, nineCells)
    bench.runUntil(() => bench.voters.every((count) => count === 3) && spread(bench.leaders) <= 1)
    bench.run(5_000)
    bench.tell({ kind: 'routesWanted', origin: 'listener' })
    const routes = () => bench.heard.flatMap((message) => (message.kind === 'routes' ? message.routes : []))
    bench.runUntil(() => routes().length > 0)
    expect(
      routes()
        .map((route) => route.cell.id)
        .sort((a, b) => a - b),
    ).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
    bench.run(5_000)
    expect(routes()).toHaveLength(9)
    const target = [1, 2, 3].find((store) => store !== bench.world.cells.get(4)?.leader) as number
    bench.tell({ kind: 'transferWanted', cell: 4, toStore: target })
    bench.runUntil(() => routes().some((route) => route.cell.id === 4 && route.leaderStore === target))
    expect(
      routes()
        .slice(9)
        .some((route) => route.cell.id === 4),
    ).toBe(true)
  })

  test('all routes no more often than it can bear, however often a gateway asks', () => {
    const cells = 2000
    const bench = new Bench(16, (world) => {
      world.add(1, '', null, [1, 2, 3])
      const keyAt = (i: number) => `k${String(i).padStart(4, '0')}`
      for (let i = 0; i < cells; i++) {
        world.add(i + 2, i === 0 ? '' : keyAt(i), i === cells - 1 ? null : keyAt(i + 1), [1, 2, 3])
      }
    })
    bench.run(3_000)
    const told = () =>
      bench.heard.reduce((n, message) => n + (message.kind === 'routes' ? message.routes.length : 0), 0)
    for (let asked = 0; asked < 50; asked++) {
      bench.tell({ kind: 'routesWanted', origin: 'listener' })
      bench.run(20)
    }
    // A second for ten thousand cells, so a fifth of that for these: five times, the first one included, and not fifty.
    expect(told()).toBeGreaterThanOrEqual(cells + 1)
    expect(told()).toBeLessThanOrEqual(7 * (cells + 1))
  })

  test('figures for INFO to gateways', () => {
    const bench = new Bench(17, nineCells)
    bench.world.keys = 1
    bench.tell({ kind: 'routesWanted', origin: 'listener' })
    bench.run(3_000)
    expect(bench.heard.findLast((message) => message.kind === 'facts')).toMatchObject({ cells: 8, keys: 8 })
  })

  test('the world to whoever asks, with stores, leaders and operators', () => {
    const bench = new Bench(18, nineCells)
    bench.world.orderLoss = 1
    bench.runUntil(() => bench.world.orders.length > 3)
    bench.tell({ kind: 'worldWanted', origin: 'listener', request: 5 })
    bench.runUntil(() => bench.heard.some((message) => message.kind === 'world'))
    const world = bench.heard.find((message) => message.kind === 'world')
    expect(world?.request).toBe(5)
    expect(world?.cells).toHaveLength(9)
    expect(world?.stores.map((store) => store.state)).toEqual(['up', 'up', 'up'])
    expect(world?.operators?.[0]).toMatchObject({ reason: '1 of 3 voters are healthy', outcome: null })
  })

  test('numbers operators as no PD before it has done', () => {
    const bench = new Bench(20, nineCells)
    const ids = new Set<number>()
    const operators = 6
    for (let i = 0; i < operators; i++) {
      bench.runUntil(() => bench.voters.every((count) => count === 3) && spread(bench.leaders) <= 1)
      bench.run(5_000)
      const target = [1, 2, 3].find((store) => store !== bench.world.cells.get(2)?.leader) as number
      const answer = bench.ask({
        kind: 'operatorWanted',
        operator: 'transfer-leader',
        cell: 2,
        store: target,
        key: null,
      })
      expect(answer.refusal).toBe('none')
      ids.add(answer.operator)
      if (i % 2 === 1) bench.movePd()
    }
    expect(ids.size).toBe(operators)
  })

  test('what became of an order by hand', () => {
    const bench = new Bench(19, nineCells)
    bench.world.silent.add(1)
    const ask = (cell: number, store: number) =>
      bench.ask({ kind: 'operatorWanted', operator: 'transfer-leader', cell, store, key: null }).refusal
    expect(ask(2, 1)).toBe('notReady')
    bench.world.silent.clear()
    bench.runUntil(() => bench.voters.every((count) => count === 3) && spread(bench.leaders) <= 1)
    expect(ask(77, 1)).toBe('notFound')
    expect(ask(2, 77)).toBe('notFound')
    bench.run(5_000)
    const target = [1, 2, 3].find((store) => store !== bench.world.cells.get(2)?.leader) as number
    expect(ask(2, target)).toBe('none')
    expect(bench.runUntil(() => bench.world.cells.get(2)?.leader === target, 5_000)).toBe(true)
  })
})
