import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/index.ts'
import type { CellReport, Heartbeat, StoreHealth } from '../../src/model/index.ts'
import { checkPlace } from '../../src/pd/better-place.ts'
import { balanceCells } from '../../src/pd/cell-balance.ts'
import { chooseStore } from '../../src/pd/choose.ts'
import { balanceLeaders } from '../../src/pd/leader-balance.ts'
import { NEW_PEER } from '../../src/pd/operator.ts'
import { Planner } from '../../src/pd/planner.ts'
import { checkReplicas } from '../../src/pd/replica.ts'
import { pdDefaults } from '../../src/pd/settings.ts'
import { cellReport, countsOf, manyCells, places, settle, storeReport, type World, world } from './world.ts'

const MIB = 1024 * 1024
const well: StoreHealth = { capacityBytes: 100, freeBytes: 90, syncMs: 1, lagMs: 1, snapshotsOut: 0, snapshotsIn: 0 }

function told(of: World, store: number, change: Partial<StoreHealth>): void {
  const place = places(9, 9)[store - 1]
  if (place === undefined) throw new Error('there is no such place')
  const stores = [storeReport(place, { health: { ...well, ...change } })]
  of.view.heartbeat({ kind: 'heartbeat', executor: 0, stores, cells: [] }, 0)
}

function choose(of: World, cell = 2) {
  return chooseStore(of.view.cell(cell) as CellReport, of.survey())
}

const cells = (count: number, peers: (i: number) => string, sizeBytes: (i: number) => number = () => 0) =>
  manyCells(count, peers).map((report, i) => ({ ...report, sizeBytes: sizeBytes(i) }))

describe('A store for a new peer', () => {
  test.each<[string, Partial<StoreHealth>, string | null]>([
    ['takes it when it is well', {}, null],
    ['takes none when it is low on space', { freeBytes: 19 }, 'every store that takes peers has one of it'],
    ['is waited for while it takes in snapshots', { snapshotsIn: 3 }, 'the best store takes in snapshots already'],
  ])('%s', (_, change, why) => {
    const of = world(places(4, 4), [cellReport({ peers: '1 2 3' })])
    told(of, 4, change)
    expect(choose(of)).toMatchObject(why === null ? { store: 4 } : { store: null, why })
  })

  test('is waited for while many of its peers are behind', () => {
    const behind = cells(17, () => '1 2 4').map((report) => ({ ...report, pending: [104] }))
    const of = world(places(4, 4), [...behind, cellReport({ id: 1, peers: '1 2 3' })])
    expect(choose(of, 1)).toEqual({ store: null, why: 'the best store has many peers that are behind' })
  })

  test('with the weight 0 gets none, and one with twice the weight gets twice as many', () => {
    const of = world(
      places(3, 3),
      cells(12, () => '1'),
      { settings: { replicas: 1 } },
    )
    of.view.setStoreSettings(new Map([[2, { cellWeight: 0 }]]))
    for (let i = 0; i < 5; i++) expect(choose(of, 10)).toMatchObject({ store: 3 })
    of.view.setStoreSettings(new Map([[2, { cellWeight: 2 }]]))
    settle(of, balanceCells)
    const counts = countsOf(of, 'cells')
    expect(counts[1]).toBeGreaterThanOrEqual(5)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(12)
  })

  test('is not asked to take a peer while the leader’s store sends as many snapshots as it may', () => {
    const large = cells(4, (i) => (i < 3 ? '1 2' : '1 3')).map((report) => ({ ...report, sizeBytes: 5 * MIB }))
    const of = world(places(5, 5), large)
    for (const id of [10, 11, 12]) {
      const steps = [
        { kind: 'addLearner', store: id - 7, peer: NEW_PEER },
        { kind: 'promoteLearner', store: id - 7, peer: NEW_PEER },
      ] as const
      const report = of.view.cell(id) as CellReport
      of.operators.add({ kind: 'add-peer', class: 'replica', cell: id, reason: '', steps }, report, () => 900 + id, 0)
    }
    expect(choose(of, 13)).toEqual({ store: null, why: 'store 1, which leads it, sends snapshots already' })
  })
})

describe('Balance', () => {
  test('of cells is by bytes where sizes differ much, and then one large cell weighs what many small do', () => {
    const size = (i: number) => (i < 2 ? 96 * MIB : 12 * MIB)
    const of = world(
      places(2, 2),
      cells(18, (i) => (i < 2 ? '1' : '2'), size),
      { settings: { replicas: 1 } },
    )
    expect(of.view.sizesDiffer).toBe(true)
    settle(of, balanceCells)
    const bytes = [1, 2].map((store) => of.view.tally(store).sizeBytes)
    expect(Math.abs((bytes[0] as number) - (bytes[1] as number))).toBeLessThanOrEqual(3 * 24 * MIB)
    settle(of, balanceCells)
    expect(countsOf(of, 'cells')).toEqual([2, 16])
  })

  test('of cells is by number where cells are nearly empty, whatever their bytes', () => {
    const of = world(
      places(2, 2),
      cells(
        10,
        (i) => (i < 9 ? '1' : '2'),
        (i) => (i === 9 ? 4 * MIB : i),
      ),
      { settings: { replicas: 1 } },
    )
    settle(of, balanceCells)
    const counts = countsOf(of, 'cells')
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2)
  })

  test('fills a store less whose disk has little room', () => {
    const of = world(
      places(2, 2),
      cells(20, () => '1'),
      { settings: { replicas: 1, lowSpace: 1 } },
    )
    told(of, 2, { freeBytes: 8 })
    settle(of, balanceCells)
    const [full, tight] = countsOf(of, 'cells') as [number, number]
    expect(tight).toBeGreaterThan(0)
    expect(full).toBeGreaterThan(2 * tight)
  })

  test('of leaders goes by weight, and gives nothing to a store that is not to lead', () => {
    const of = world(
      places(3, 3),
      cells(12, () => '1 2 3'),
    )
    of.view.setStoreSettings(new Map([[2, { evictLeaders: true }]]))
    settle(of, balanceLeaders)
    const led = () => [1, 2, 3].map((store) => of.view.tally(store).leaders.size)
    expect(led()).toEqual([6, 0, 6])
    of.view.setStoreSettings(new Map([[2, { leaderWeight: 2 }]]))
    settle(of, balanceLeaders)
    expect(led()).toEqual([3, 6, 3])
  })

  test('counts a thread once, however many stores it has', () => {
    const of = world(
      places(3, 2),
      cells(12, () => '1 2 3'),
    )
    settle(of, balanceLeaders)
    const [one, two, three] = [1, 2, 3].map((store) => of.view.tally(store).leaders.size) as [number, number, number]
    expect(Math.abs(one + three - two)).toBeLessThanOrEqual(2)
  })
})

describe('A better place', () => {
  const disks = (...labels: string[]) =>
    places(labels.length, labels.length).map((place, i) => ({ ...place, labels: { disk: labels[i] as string } }))

  test('is where a copy is on another disk than the others', () => {
    const of = world(disks('a', 'a', 'b', 'c'), [cellReport({ peers: '1 2 3' })])
    const { wish } = checkPlace(of.view.cell(2) as CellReport, of.survey())
    expect(wish?.steps[0]).toEqual({ kind: 'addLearner', store: 4, peer: NEW_PEER })
    expect(wish?.reason).toMatch(/further from the others than on store [12]/)
  })

  test('is none where copies are as far apart as they can be, or the cell is not at rest', () => {
    const apart = world(disks('a', 'b', 'c', 'c'), [cellReport({ peers: '1 2 3' })])
    expect(checkPlace(apart.view.cell(2) as CellReport, apart.survey()).wish).toBeNull()
    const behind = world(disks('a', 'a', 'b', 'c'), [cellReport({ peers: '1 2 3', pending: [2] })])
    expect(checkPlace(behind.view.cell(2) as CellReport, behind.survey())).toMatchObject({
      wish: null,
      why: 'its peer on store 2 has not caught up',
    })
  })

  test('is kept: of three disks with two stores each, one taken offline, copies go to the disks that are left', () => {
    const of = world(disks('a', 'a', 'b', 'b', 'c', 'c'), [cellReport({ peers: '1 3 5' })])
    of.view.setOrdered(new Map([[5, 'offline']]))
    const checked = checkReplicas(of.view.cell(2) as CellReport, of.survey())
    expect(checked.wish?.steps[0]).toMatchObject({ kind: 'addLearner', store: 6 })
  })

  test('a person’s labels count at once', () => {
    const of = world(disks('a', 'a', 'a', 'a'), [cellReport({ peers: '1 2 3' })])
    expect(checkPlace(of.view.cell(2) as CellReport, of.survey()).wish).toBeNull()
    of.view.setStoreSettings(new Map([[4, { labels: { disk: 'b' } }]]))
    expect(checkPlace(of.view.cell(2) as CellReport, of.survey()).wish).not.toBeNull()
  })
})

test('A peer that its leader has not heard of for half an hour is replaced, though its store is up', () => {
  const down = (seconds: number) => ({ ...cellReport({ peers: '1 2 3' }), down: [{ peer: 103, seconds }] })
  const of = world(places(4, 4), [down(1799)])
  expect(checkReplicas(of.view.cell(2) as CellReport, of.survey()).wish).toBeNull()
  of.report(0, down(1800))
  const { wish } = checkReplicas(of.view.cell(2) as CellReport, of.survey())
  expect(wish?.steps.at(-1)).toEqual({ kind: 'replacePeer', store: 4, peer: NEW_PEER, removed: 103 })
})

test('Every cell is looked at for a better place and for a merge in its turn, however many there are', () => {
  const stores = places(6, 3)
  // Of store 1 and 4 the thread is the same; the cell stands in the middle of those that are looked at in one tick.
  const misplaced = 150
  const all = [cellReport({ id: 1, peers: '1 2 3' }), ...manyCells(450, (i) => (i === misplaced ? '2 1 4' : '2 1 3'))]
  const planner = new Planner({ settings: pdDefaults, places: stores, random: new Random(1), nowMs: 0 })
  const heartbeat = { kind: 'heartbeat', executor: 0, stores: stores.map((store) => storeReport(store)), cells: all }
  planner.heartbeat(heartbeat as Heartbeat, 0)
  planner.pause(['leaders', 'cells'])
  let id = 5000
  for (let tick = 1; tick <= 40; tick++) {
    planner.tick(tick * 100)
    planner.plan(1, () => id++, tick * 100)
  }
  const moved = planner.operators.infosUnderWay(4000).filter(({ by }) => by === 'places')
  expect(moved.map(({ cell }) => cell)).toEqual([10 + misplaced])
})
