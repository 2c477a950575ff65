import { describe, expect, test } from 'vitest'
import type { CellReport } from '../../src/model/index.ts'
import { balanceCells } from '../../src/pd/cell-balance.ts'
import { chooseStore, isolation } from '../../src/pd/choose.ts'
import { balanceLeaders } from '../../src/pd/leader-balance.ts'
import type { Step, Wish } from '../../src/pd/operator.ts'
import { checkReplicas } from '../../src/pd/replica.ts'
import { cellReport, countsOf, manyCells, places, settle, storeReport, type World, world } from './world.ts'

const stores = places(4, 2)

function words(wish: Wish | null): string | null {
  if (wish === null) return null
  const word = (step: Step) => {
    return `${step.kind} ${step.store}${step.kind === 'replacePeer' ? ` for ${step.removed}` : ''}`
  }
  return wish.steps.map(word).join(', ')
}

function checked(of: World, cell = 2): string {
  const report = of.view.cell(cell)
  const found = checkReplicas(report as NonNullable<typeof report>, of.survey())
  return found.wish === null ? `nothing: ${found.why}` : (words(found.wish) as string)
}

describe('Isolation', () => {
  const at = (zone: string, disk: string, executor: string) => [zone, '', disk, executor]

  test('counts the highest label that differs, and executors last', () => {
    const here = at('a', '1', '0')
    expect(isolation(here, [at('a', '1', '0')])).toBe(0)
    expect(isolation(here, [at('a', '1', '1')])).toBe(1)
    expect(isolation(here, [at('a', '2', '1')])).toBe(100)
    expect(isolation(here, [at('b', '1', '0')])).toBe(1_000_000)
    expect(isolation(here, [at('a', '1', '1'), at('a', '2', '1')])).toBe(101)
  })

  test('is of the labels that are asked for, in their order, a person’s over those of the directory', () => {
    const labelled = places(3, 3).map((place, i) => ({
      ...place,
      labels: { disk: String(i), zone: i < 2 ? 'a' : 'b' },
    }))
    const of = world(labelled, [], { settings: { isolationLabels: ['zone', 'disk'] } })
    const between = (a: number, b: number) => isolation(of.view.place(a), [of.view.place(b)])
    expect([between(1, 2), between(1, 3)]).toEqual([1, 100])
    of.view.setStoreSettings(new Map([[2, { labels: { zone: 'b' } }]]))
    expect([between(1, 2), between(2, 3)]).toEqual([100, 1])
  })
})

describe('A store for a new peer', () => {
  test('is on another executor than the peers that are there', () => {
    const { view, survey } = world(stores, [cellReport({ peers: '1' })])
    const choice = chooseStore(view.cell(2) as never, survey())
    expect([2, 4]).toContain(choice.store)
  })

  test('is the emptiest among those that isolate equally', () => {
    const full = Array.from({ length: 3 }, (_, i) =>
      cellReport({ id: 10 + i, start: `k${i}`, end: `k${i + 1}`, peers: '2' }),
    )
    const { view, survey } = world(stores, [cellReport({ peers: '1', end: 'k0' }), ...full])
    expect(chooseStore(view.cell(2) as never, survey())).toMatchObject({ store: 4 })
  })

  test('is waited for when the best one is only disconnected', () => {
    const { view, survey } = world(stores, [cellReport({ peers: '1' })], { silent: [2, 4] })
    const choice = chooseStore(view.cell(2) as never, survey())
    expect(choice).toEqual({ store: null, why: 'the best store is disconnected' })
  })

  test('is not waited for when the best one is down', () => {
    const { view, survey, settings } = world(stores, [cellReport({ peers: '1' })], { silent: [2, 4] })
    view.heartbeat(
      { kind: 'heartbeat', executor: 0, stores: [storeReport(stores[2] as never)], cells: [] },
      settings.downMs,
    )
    expect(chooseStore(view.cell(2) as never, survey(settings.downMs))).toMatchObject({ store: 3 })
  })

  test('never has a peer of the cell already', () => {
    const { view, survey } = world(places(3, 3), [cellReport({ peers: '1 2 3+' })])
    expect(chooseStore(view.cell(2) as never, survey()).store).toBeNull()
  })
})

describe('The replica checker', () => {
  test.each([
    ['adds a learner and promotes it when a copy is missing', '1 2', [], [], 'addLearner 4, promoteLearner 4'],
    ['promotes a learner that is there before it adds another', '1 2 3+', [], [], 'promoteLearner 3'],
    ['leaves alone what is as it should be', '1 2 3', [], [], 'nothing: it has what it should have'],
    [
      'lets a learner take the place of the peer of a lost store',
      '1 2 3',
      [3],
      [],
      'addLearner 4, replacePeer 4 for 103',
    ],
    ['lets a learner that is there take that place', '1 2 3 4+', [3], [], 'replacePeer 4 for 103'],
    ['removes a learner on a lost store, and replaces nothing', '1 2 4 3+', [3], [], 'removePeer 3'],
    ['removes the peer of a lost store when there are enough others', '1 2 4 3', [3], [], 'removePeer 3'],
    ['removes a learner that is left over', '1 2 3 4+', [], [], 'removePeer 4'],
    ['removes the voter too many that isolates least and has not caught up', '1 2 3 4', [], [4], 'removePeer 4'],
    [
      'waits where no store is free',
      '1 2',
      [3, 4],
      [],
      'nothing: 2 of 3 voters are healthy, and every store that takes peers has one of it',
    ],
  ])('%s', (_, peers, lost, pending, expected) => {
    // Store 3 is a little fuller than store 4.
    const other = cellReport({ id: 9, start: 'x', peers: '3' })
    expect(checked(world(stores, [cellReport({ peers, pending, end: 'x' }), other], { lost }))).toBe(expected)
  })

  test('waits while a change of members is under way', () => {
    const of = world(stores, [{ ...cellReport({ peers: '1 2 3 4' }), joint: true }])
    expect(checked(of)).toBe('nothing: a change of its members is under way')
  })

  test('replaces what is dead before what is only being emptied, and never the one that leads', () => {
    const of = world(places(6, 6), [cellReport({ peers: '1 2 3' })], { lost: [3] })
    of.view.setOrdered(new Map([[2, 'offline']]))
    expect(checked(of)).toMatch(/replacePeer . for 103$/)
    const alone = world(places(2, 2), [cellReport({ peers: '1' })], { settings: { replicas: 1 } })
    alone.view.setOrdered(new Map([[1, 'offline']]))
    expect(checked(alone)).toBe('addLearner 2, promoteLearner 2')
  })

  test('hands leadership over before it removes the peer that leads', () => {
    const of = world(places(4, 4), [cellReport({ peers: '1 2 3 4', end: 'x' })], { settings: { replicas: 2 } })
    const full = [5, 6].map((id) => cellReport({ id, start: `x${id}`, end: `x${id}z`, peers: '2 1' }))
    of.report(0, ...full)
    expect(checked(of)).toBe('transferLeader 3, removePeer 1')
  })

  test('brings a cell of one peer to three in as many rounds as it takes', () => {
    let peers = '1'
    const of = world(places(3, 3), [])
    for (let confVer = 1; confVer < 10; confVer++) {
      of.report(0, cellReport({ peers, confVer }))
      const found = checked(of)
      if (found.startsWith('nothing')) break
      for (const step of found.split(', ')) {
        const [kind, store] = step.split(' ')
        peers = kind === 'addLearner' ? `${peers} ${store}+` : peers.replace(`${store}+`, store as string)
      }
    }
    expect(peers.split(' ').sort()).toEqual(['1', '2', '3'])
  })
})

describe('Leader balance', () => {
  test.each([1, 2, 3])('ends with leaders that differ by at most one, from all on one store (seed %i)', (seed) => {
    const of = world(
      places(3, 3),
      manyCells(20, () => '1 2 3'),
      { seed },
    )
    const moves = settle(of, balanceLeaders)
    const counts = countsOf(of, 'leaders')
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
    expect(moves).toBeLessThanOrEqual(14)
  })

  test('moves nothing for a difference of one, and nothing to a peer that is behind or a store that is not up', () => {
    expect(
      balanceLeaders(
        world(
          places(2, 2),
          manyCells(3, (i) => (i < 2 ? '1 2' : '2 1')),
        ).survey(),
      ),
    ).toEqual([])
    const behind = manyCells(4, () => '1 2').map((report) => ({ ...report, pending: [102] }))
    expect(balanceLeaders(world(places(2, 2), behind).survey())).toEqual([])
    expect(
      balanceLeaders(
        world(
          places(2, 2),
          manyCells(4, () => '1 2'),
          { silent: [2] },
        ).survey(),
      ),
    ).toEqual([])
  })

  test('counts transfers that are under way, and stops at its limit', () => {
    const of = world(
      places(2, 2),
      manyCells(20, () => '1 2'),
    )
    let taken = 0
    for (let i = 0; i < 20; i++) {
      const [wish] = balanceLeaders(of.survey())
      if (wish === undefined) break
      if (of.operators.add(wish, of.view.cell(wish.cell) as never, () => 1000 + taken, 0) !== null) taken++
    }
    expect(taken).toBe(of.settings.leaderOperatorsMax)
    const small = world(
      places(2, 2),
      manyCells(2, () => '1 2'),
    )
    const [only] = balanceLeaders(small.survey())
    small.operators.add(only as Wish, small.view.cell(only?.cell as number) as never, () => 1000, 0)
    expect(balanceLeaders(small.survey())).toEqual([])
  })
})

describe('Cell balance', () => {
  test.each([1, 2, 3])('ends with peers that differ by at most two, from one empty store (seed %i)', (seed) => {
    const of = world(
      places(4, 2),
      manyCells(16, () => '1 2 3'),
      { seed },
    )
    settle(of, balanceCells)
    const counts = countsOf(of, 'cells')
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2)
  })

  test('never lets two peers of a cell meet where one place less would fail at once', () => {
    const of = world(
      places(4, 2),
      manyCells(16, () => '1 2 3'),
    )
    settle(of, balanceCells)
    for (const report of of.view.cells()) {
      const executors = new Set(report.cell.peers.map((peer) => of.view.store(peer.store)?.report.executor))
      expect(executors.size).toBe(2)
    }
  })

  test('ends a move with one change; a leader hands over to another that is there before it goes', () => {
    const of = world(
      places(4, 4),
      manyCells(4, (i) => (i < 2 ? '1 2 3' : '2 1 3')),
    )
    for (let i = 0; i < 8; i++) {
      const [wish] = balanceCells(of.survey())
      const { steps } = wish as Wish
      const last = steps[steps.length - 1] as Step
      if (last.kind !== 'replacePeer') throw new Error(`the last step is ${last.kind}`)
      const report = of.view.cell((wish as Wish).cell) as CellReport
      const handsOver = steps[1]?.kind === 'transferLeader'
      expect(handsOver).toBe(report.leader.id === last.removed)
      expect(steps).toHaveLength(handsOver ? 3 : 2)
    }
  })

  test('counts what a move under way brings and takes, until it is done', () => {
    const of = world(
      places(4, 4),
      manyCells(4, () => '1 2 3'),
    )
    const [wish] = balanceCells(of.survey())
    const { cell, steps } = wish as Wish
    const from = of.view.cell(cell) as CellReport
    const replaced = steps[steps.length - 1] as Extract<Step, { kind: 'replacePeer' }>
    const leaving = from.cell.peers.find((peer) => peer.id === replaced.removed)?.store as number
    of.operators.add(wish as Wish, from, () => 104, 0)
    expect(of.survey().influence.get(4)).toMatchObject({ cells: 1, incoming: 0.25 })
    expect(of.survey().influence.get(leaving)?.cells).toBe(-1)
  })

  test('of the only peer: it adds before it removes, and hands leadership over in between', () => {
    const of = world(
      places(2, 2),
      manyCells(4, () => '1'),
      { settings: { replicas: 1 } },
    )
    const [wish] = balanceCells(of.survey())
    expect(words(wish ?? null)).toBe('addLearner 2, promoteLearner 2, transferLeader 2, removePeer 1')
  })

  test('leaves cells alone that lack a copy or wait for one', () => {
    const missing = manyCells(8, () => '1 2')
    expect(balanceCells(world(places(4, 2), missing).survey())).toEqual([])
    const behind = manyCells(8, () => '1 2 3').map((report) => ({ ...report, pending: [103] }))
    expect(balanceCells(world(places(4, 2), behind).survey())).toEqual([])
  })
})
