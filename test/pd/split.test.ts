import { describe, expect, test } from 'vitest'
import { text, utf8 } from '../../src/base/index.ts'
import type { OrderStep } from '../../src/model/index.ts'
import { boundariesOf } from '../../src/pd/initial-cells.ts'
import { planSplit, WantedSplits } from '../../src/pd/split.ts'
import { type CellWish, cellReport, places, type World, world } from './world.ts'

const stores = places(4, 2)
const system = cellReport({ id: 1 })

type SplitOrder = Extract<OrderStep, { kind: 'split' }>

function splitOrders(of: World, nowMs: number): SplitOrder[] {
  return of.operators.run(of.view, 7, nowMs).map(({ step }) => step as SplitOrder)
}

/** A world whose cell 2 is being split at `m`; the child is 1000, its peers 1001 and on. */
function splitting(cell: CellWish = {}, settings = {}): World {
  const of = world(stores, [system, cellReport(cell)], { settings })
  const planned = planSplit(of.view.cell(2) as never, utf8('m'), 'split', 'a test', of.survey())
  if (planned.wish === null) throw new Error(planned.why)
  let id = 1000
  of.operators.add(planned.wish, of.view.cell(2) as never, () => id++, 0)
  return of
}

const outcome = (of: World) => of.operators.infos(0)[0]?.outcome
const parent = (change: CellWish = {}) => cellReport({ id: 2, version: 2, end: 'm', ...change })
const child = (change: CellWish = {}) => cellReport({ id: 1000, version: 2, start: 'm', ...change })

describe('A split', () => {
  test('gives the child one peer beside each of the parent, in the same roles and with ids of their own', () => {
    const [order] = splitOrders(splitting({ peers: '1 2 3' }), 0)
    expect(order).toMatchObject({ kind: 'split', child: 1000 })
    expect(text(order?.key as Uint8Array)).toBe('m')
    expect(order?.childPeers).toEqual([
      { id: 1001, store: 1, role: 'voter' },
      { id: 1002, store: 2, role: 'voter' },
      { id: 1003, store: 3, role: 'voter' },
    ])
  })

  test('gives it as many to be born with under `--split-peers one`, of which it keeps one', () => {
    const [order] = splitOrders(splitting({ peers: '2 1 3' }, { splitPeers: 'one' }), 0)
    expect(order?.childPeers.map((peer) => peer.store)).toEqual([2, 1, 3])
    expect(order?.single).toBe(true)
    expect(splitOrders(splitting(), 0)[0]?.single).toBe(false)
  })

  test('is ordered again with the same ids while the version stays, also of another leader and another member epoch', () => {
    const of = splitting()
    const orders = [...splitOrders(of, 0), ...splitOrders(of, 1_999), ...splitOrders(of, 2_000)]
    of.report(0, cellReport({ peers: '2 1 3', term: 7, confVer: 3 }))
    orders.push(...splitOrders(of, 2_001))
    expect(orders).toHaveLength(3)
    expect(orders.every((order) => JSON.stringify(order) === JSON.stringify(orders[0]))).toBe(true)
  })

  test.each([
    ['the parent', parent(), child()],
    ['the child', child(), parent()],
  ])('is not ordered any more when %s has reported, and finished when both have', (_, first, second) => {
    const of = splitting()
    splitOrders(of, 0)
    of.report(0, first)
    expect(splitOrders(of, 10_000)).toEqual([])
    expect(outcome(of)).toBeNull()
    of.report(0, second)
    expect(splitOrders(of, 10_001)).toEqual([])
    expect(outcome(of)).toBe('finished')
  })

  test.each([
    ['another child was born there', [parent(), cellReport({ id: 77, version: 2, start: 'm' })]],
    ['another child was the first to be told of', [cellReport({ id: 77, version: 2, start: 'm' })]],
    ['a member has come', [cellReport({ peers: '1 2 3 4', confVer: 2 })]],
    ['a member is on another store', [cellReport({ peers: '1 2 4', confVer: 3 })]],
  ])('is void when %s by other hands', (_, reports) => {
    const of = splitting()
    splitOrders(of, 0)
    of.report(0, ...reports)
    expect(splitOrders(of, 1)).toEqual([])
    expect(outcome(of)).toBe('cancelled')
  })

  test('that comes to nothing is given up, and its cell is left to others for a while', () => {
    const of = splitting()
    const { splitStuckMs, restMs } = of.settings
    splitOrders(of, 0)
    splitOrders(of, splitStuckMs)
    expect(outcome(of)).toBe('noProgress')
    expect(of.operators.hasFailed('split', 2, splitStuckMs + restMs - 1)).toBe(true)
    expect(of.operators.hasFailed('split', 2, splitStuckMs + restMs)).toBe(false)
    expect(of.operators.hasFailed('split', 3, splitStuckMs)).toBe(false)
  })

  test('waits while there are no ids for all that it needs', () => {
    const of = world(stores, [cellReport()])
    const planned = planSplit(of.view.cell(2) as never, null, 'split', 'a test', of.survey())
    let id = 1000
    const few = () => (id < 1003 ? id++ : null)
    expect(of.operators.add(planned.wish as never, of.view.cell(2) as never, few, 0)).toBeNull()
    expect(of.operators.of(2)).toBeUndefined()
  })

  test.each<[string, CellWish, string | null, RegExp]>([
    ['the system range', { id: 1 }, 'm', /system range/],
    ['a cell with a learner', { peers: '1 2 3+' }, 'm', /learner/],
    ['a cell at its first key', { start: 'm' }, 'm', /not between/],
    ['a cell at its end', { end: 'm' }, 'm', /not between/],
    ['a cell left of its first key', { start: 'n' }, 'm', /not between/],
  ])('of %s is refused', (_, cell, key, why) => {
    const of = world(stores, [cellReport(cell)])
    const report = of.view.cell(cell.id ?? 2) as never
    expect(planSplit(report, key === null ? null : utf8(key), 'hand', '', of.survey())).toEqual({
      wish: null,
      why: expect.stringMatching(why),
    })
  })

  test('of a cell with an operator under way is refused', () => {
    const of = splitting()
    expect(planSplit(of.view.cell(2) as never, utf8('p'), 'hand', '', of.survey())).toMatchObject({ wish: null })
  })
})

describe('The counts while one half of a split has not reported', () => {
  const cellsWithInfluence = (of: World) => {
    const influence = of.operators.influence(of.view)
    return [...of.view.stores()].map(({ report: { store } }) => {
      const effect = influence.get(store)
      const { cells, leaders } = of.view.tally(store)
      return `${cells.size + (effect?.cells ?? 0)}/${leaders.size + (effect?.leaders ?? 0)}`
    })
  }
  // The system cell and two halves on stores 1 to 3, all led by store 1.
  const expected = ['3/3', '3/0', '3/0', '0/0']

  test.each([
    ['nobody', []],
    ['the parent', [parent()]],
    ['the child', [child()]],
    ['both', [parent(), child()]],
    ['both, the child first', [child(), parent()]],
  ])('are those of both halves, each once, when %s has', (_, reports) => {
    const of = splitting()
    of.report(0, ...reports)
    expect(cellsWithInfluence(of)).toEqual(expected)
  })

  test('balance goes on, and nothing is ordered of the half that is not known', () => {
    const of = splitting()
    expect(of.view.mayBalance(0)).toBe(true)
    of.report(0, child())
    expect(of.view.complete).toBe(false)
    expect(of.view.mayBalance(0)).toBe(true)
    expect(of.view.cell(2)).toBeUndefined()
    expect([...of.view.ids()].sort()).toEqual([1, 1000])
  })

  test('an older word of the parent is not believed', () => {
    const of = splitting({ confVer: 5 })
    of.report(0, child({ confVer: 5 }), parent({ confVer: 4 }), cellReport({ confVer: 6 }))
    expect(of.view.cell(2)).toBeUndefined()
    of.report(0, parent({ confVer: 5 }))
    expect(of.view.cell(2)?.cell.epoch.version).toBe(2)
  })

  test('what is left of nothing is forgotten when all keys are told of', () => {
    const of = world(stores, [system, cellReport({ id: 2 })])
    of.report(0, cellReport({ id: 5, version: 2, start: 'm' }), cellReport({ id: 6, version: 2, end: 'm' }))
    expect(of.view.complete).toBe(true)
    expect([1, 2, 3, 4].map((store) => of.view.tally(store).cells.size)).toEqual([3, 3, 3, 0])
  })
})

describe('A leader that wants a split', () => {
  test('gets one when its cell is at rest, once for each time it asks of a version', () => {
    const of = world(stores, [cellReport()])
    const wanted = new WantedSplits()
    expect(wanted.wishes(of.survey())).toEqual([])
    wanted.ask(cellReport().cell, 'big', 0)
    expect(wanted.wishes(of.survey())).toHaveLength(1)
    of.report(0, parent())
    expect(wanted.wishes(of.survey())).toEqual([])
  })

  test('is not waited for when it has not asked again', () => {
    const of = world(stores, [cellReport()])
    const wanted = new WantedSplits()
    wanted.ask(cellReport().cell, 'big', 0)
    expect(wanted.wishes(of.survey(of.settings.splitWantedMs - 1))).toHaveLength(1)
    expect(wanted.wishes(of.survey(of.settings.splitWantedMs))).toEqual([])
  })

  test('is heard when the view learns of its version later', () => {
    const of = world(stores, [cellReport()])
    const wanted = new WantedSplits()
    wanted.ask(parent().cell, 'big', 0)
    expect(wanted.wishes(of.survey())).toEqual([])
    of.report(0, parent())
    expect(wanted.wishes(of.survey())).toHaveLength(1)
  })
})

describe('The first keys of the cells that a cluster begins with', () => {
  const hex = (cells: number) => boundariesOf(cells).map((key) => Buffer.from(key).toString('hex'))

  test.each([
    [1, []],
    [2, ['8000']],
    [3, ['5555', 'aaaa']],
    [4, ['4000', '8000', 'c000']],
  ])('for %i cells are %j', (cells, expected) => {
    expect(hex(cells)).toEqual(expected)
  })

  test.each([65_536, 65_537, 100_000])('are %i less one different keys in order', (cells) => {
    const keys = hex(cells)
    expect(new Set(keys).size).toBe(cells - 1)
    expect([...keys].sort()).toEqual(keys)
  })
})
