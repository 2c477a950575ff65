import { describe, expect, test } from 'vitest'
import { cellReport, places, storeReport, world } from './world.ts'

const stores = places(4, 2)
const [first] = stores as [(typeof stores)[0]]

describe('A report of a cell', () => {
  test.each([
    ['an older version', { version: 1, confVer: 4 }],
    ['an older confVer', { version: 2, confVer: 2 }],
    ['an older term', { version: 2, confVer: 3, term: 5 }],
  ])('of %s than the one held is ignored', (_, older) => {
    const { view, report } = world(stores, [cellReport({ version: 2, confVer: 3, term: 6, peers: '1 2 3' })])
    report(0, cellReport({ term: 6, ...older, peers: '4 2 3' }))
    expect(view.cell(2)?.leader.store).toBe(1)
  })

  test('of the same epoch and a later term is believed', () => {
    const { view, report } = world(stores, [cellReport({ term: 6 })])
    report(0, cellReport({ term: 7, peers: '2 1 3' }))
    expect(view.cell(2)?.leader.store).toBe(2)
  })

  test('that overlaps others wins with a newer version, and is ignored otherwise', () => {
    const { view, report } = world(stores, [
      cellReport({ id: 2, version: 2, end: 'm' }),
      cellReport({ id: 3, version: 2, start: 'm' }),
    ])
    report(0, cellReport({ id: 9, version: 2, start: 'k', end: 'p' }))
    expect([...view.ids()]).toEqual([2, 3])
    report(0, cellReport({ id: 9, version: 3, start: 'k', end: 'p' }))
    expect([...view.ids()]).toEqual([9])
  })

  test('of a child and then of its cut parent makes both known', () => {
    const { view, report } = world(stores, [cellReport({ id: 2, version: 1 })])
    report(0, cellReport({ id: 1000, version: 2, start: 'm' }))
    report(0, cellReport({ id: 2, version: 2, end: 'm' }))
    expect([...view.ids()].sort()).toEqual([1000, 2])
  })

  test('tells those who route only when the leader or the epoch is another', () => {
    const { view, report } = world(stores, [cellReport()])
    expect(view.takeChanged()).toEqual([2])
    report(0, cellReport({ index: 20 }))
    expect(view.takeChanged()).toEqual([])
    report(0, cellReport({ term: 7, peers: '2 1 3' }))
    expect(view.takeChanged()).toEqual([2])
    report(0, cellReport({ term: 7, confVer: 2, peers: '2 1 3' }))
    expect(view.takeChanged()).toEqual([2])
  })

  test('names a leader until its thread is known to have exited', () => {
    const { view, report } = world(stores, [
      cellReport({ id: 1, peers: '2 1 3' }),
      cellReport({ id: 2, peers: '1 2 3' }),
    ])
    view.executorLost(1)
    expect([...view.cells()].map((cell) => view.leaderStore(cell))).toEqual([0, 1])
    report(0, cellReport({ id: 1, term: 7, peers: '3 1 2' }))
    expect([...view.cells()].map((cell) => view.leaderStore(cell))).toEqual([3, 1])
  })
})

describe('The world is complete', () => {
  const system = cellReport({ id: 1 })
  test.each([
    ['with one cell over all keys, and the system range', [system, cellReport()], true],
    [
      'with cells that follow on each other',
      [system, cellReport({ id: 3, start: 'm' }), cellReport({ id: 2, end: 'm' })],
      true,
    ],
    ['not without the system range', [cellReport()], false],
    ['not with nothing', [], false],
    ['not with a gap at the beginning', [system, cellReport({ start: 'a' })], false],
    ['not with a gap at the end', [system, cellReport({ end: 'm' })], false],
    ['not with a gap between', [system, cellReport({ id: 2, end: 'm' }), cellReport({ id: 3, start: 'n' })], false],
  ])('%s', (_, cells, expected) => {
    expect(world(stores, cells).view.complete).toBe(expected)
  })

  test('or, for balance, has been waited for long enough', () => {
    const { view, settings } = world(stores, [cellReport()])
    expect(view.mayBalance(settings.incompleteMs - 1)).toBe(false)
    expect(view.mayBalance(settings.incompleteMs)).toBe(true)
  })

  test('no more when a child was reported and its parent not yet, and again when it is', () => {
    const { view, report } = world(stores, [system, cellReport()])
    report(0, cellReport({ id: 1000, version: 2, start: 'm' }))
    expect(view.complete).toBe(false)
    report(0, cellReport({ id: 2, version: 2, end: 'm' }))
    expect(view.complete).toBe(true)
  })
})

describe('A store', () => {
  const { disconnectedMs, downMs } = world(stores, []).settings
  test.each([
    ['is up while it is heard', 0, 'up'],
    ['is disconnected after a while of silence', disconnectedMs, 'disconnected'],
    ['is down after a long silence', downMs, 'down'],
  ])('%s', (_, silentMs, state) => {
    expect(world(stores, []).view.storeState(1, silentMs)).toBe(state)
  })

  test('that has never reported is disconnected at once, and down after as long', () => {
    const { view } = world(stores, [], { silent: [1] })
    expect(view.storeState(1, 0)).toBe('disconnected')
    expect(view.storeState(1, downMs)).toBe('down')
  })

  test('that is lost stays lost, whatever is still heard of it', () => {
    const { view } = world(stores, [], { lost: [1] })
    view.heartbeat({ kind: 'heartbeat', executor: 0, stores: [storeReport(first)], cells: [] }, 5)
    expect(view.storeState(1, 5)).toBe('lost')
  })

  test('that nobody knows is lost', () => {
    expect(world(stores, []).view.storeState(77, 0)).toBe('lost')
  })
})

test('who asks whether it is a member is told that it is not, also by who knows no later change than the asker', () => {
  const of = world(places(3, 3), [cellReport({ peers: '1 2', confVer: 7 })])
  const asked = (peer: number, confVer: number) =>
    of.view.removalOf({ kind: 'memberWanted', store: 3, cell: 2, peer, confVer })
  const [member] = of.view.cell(2)?.cell.peers ?? []
  expect(asked(99, 6)).toMatchObject({ kind: 'peerRemoved', peer: 99, confVer: 7 })
  expect(asked(99, 7)).toMatchObject({ kind: 'peerRemoved', peer: 99, confVer: 7 })
  expect(asked(99, 8)).toBeNull()
  expect(asked(member?.id as number, 6)).toBeNull()
})
