import { describe, expect, test } from 'vitest'
import { text } from '../../src/base/index.ts'
import type { StorePlace } from '../../src/model/index.ts'
import { NEW_PEER, type OperatorClass, type Step, type Wish } from '../../src/pd/operator.ts'
import { cellReport, places, storeReport, world } from './world.ts'

const stores = places(4, 2)

function wish(steps: Step[], change: Partial<Wish> = {}): Wish {
  return { kind: 'add-peer', class: 'replica', cell: 2, reason: 'a test', steps, ...change }
}

const add = (store: number): Step[] => [
  { kind: 'addLearner', store, peer: NEW_PEER },
  { kind: 'promoteLearner', store, peer: NEW_PEER },
]

function orders(of: ReturnType<typeof world>, nowMs: number): string[] {
  return of.operators.run(of.view, 7, nowMs).map(({ store, generation, step }) => {
    if (step.kind === 'split') {
      const peers = step.childPeers.map((peer) => `${peer.id}@${peer.store}`)
      return `${store} split ${step.key === null ? '-' : text(step.key)} ${step.child} ${peers.join(' ')} g${generation}`
    }
    if (step.kind === 'merge') return `${store} merge into ${step.target.id} g${generation}`
    const what = step.kind === 'transferLeader' ? step.toStore : `${step.peer.id}@${step.peer.store}`
    const removed = step.kind === 'replacePeer' ? ` for ${step.removed.id}@${step.removed.store}` : ''
    return `${store} ${step.kind} ${what}${removed} g${generation}`
  })
}

function started(peers: string, steps: Step[], id = 104) {
  const of = world(stores, [cellReport({ peers })])
  of.operators.add(wish(steps), of.view.cell(2) as never, () => id, 0)
  return of
}

describe('An operator', () => {
  test('orders its steps one after the other, each when the world shows the one before', () => {
    const of = started('1 2', add(4))
    expect(orders(of, 0)).toEqual(['1 addLearner 104@4 g7'])
    of.report(0, cellReport({ peers: '1 2 4+', confVer: 2, pending: [4] }))
    expect(orders(of, 1)).toEqual([])
    of.report(0, cellReport({ peers: '1 2 4+', confVer: 2 }))
    expect(orders(of, 2)).toEqual(['1 promoteLearner 104@4 g7'])
    of.report(0, cellReport({ peers: '1 2 4', confVer: 3 }))
    expect(orders(of, 3)).toEqual([])
    expect(of.operators.of(2)).toBeUndefined()
    expect(of.operators.infos(3)[0]?.outcome).toBe('finished')
  })

  test('is given up when the store of its learner is gone, and does not wait for a snapshot that nobody takes', () => {
    const of = started('1 2', add(4))
    orders(of, 0)
    of.report(0, cellReport({ peers: '1 2 4+', confVer: 2, pending: [4] }))
    orders(of, 1)
    expect(of.operators.of(2)).toBeDefined()
    const lost = storeReport(stores[3] as StorePlace, { state: 'lost' })
    of.view.heartbeat({ kind: 'heartbeat', executor: 1, stores: [lost], cells: [] }, 2)
    expect(orders(of, 3)).toEqual([])
    expect(of.operators.of(2)).toBeUndefined()
    expect(of.operators.infos(3)[0]?.outcome).toBe('cancelled')
  })

  test('gives an order again every two seconds while the world does not change', () => {
    const of = started('1 2', add(4))
    const at = [0, 500, 1999, 2000, 3999, 4000].filter((nowMs) => orders(of, nowMs).length > 0)
    expect(at).toEqual([0, 2000, 4000])
  })

  test('gives an order at once to a leader that is new', () => {
    const of = started('1 2', add(4))
    orders(of, 0)
    of.report(0, cellReport({ peers: '2 1', term: 7 }))
    expect(orders(of, 1)).toEqual(['2 addLearner 104@4 g7'])
  })

  test('is cancelled when the cell was split, or the store has a peer by other hands', () => {
    const split = started('1 2', add(4))
    split.report(0, cellReport({ peers: '1 2', version: 2 }))
    expect(orders(split, 1)).toEqual([])
    expect(split.operators.infos(1)[0]?.outcome).toBe('cancelled')
    const taken = started('1 2', add(4), 999)
    taken.report(0, cellReport({ peers: '1 2 4+', confVer: 2 }))
    expect(orders(taken, 1)).toEqual([])
    expect(taken.operators.infos(1)[0]?.outcome).toBe('cancelled')
  })

  test.each([
    ['the index of its learner', (i: number) => ({ index: i })],
    ['a snapshot', (i: number) => ({ snapshot: { peer: 104, pieces: i } })],
  ])('is given up when nothing moves for long, and never while %s does', (_, moved) => {
    const of = started('1 2', add(4))
    const { catchUpStuckMs: catchUp } = of.settings
    const behind = (i: number) => {
      const { index = 0, ...rest } = moved(i) as { index?: number }
      return { ...cellReport({ peers: '1 2 4+', confVer: 2, pending: [4], index }), ...rest }
    }
    orders(of, 0)
    for (let i = 1; i <= 5; i++) {
      of.report(0, behind(i))
      orders(of, i * (catchUp - 1))
    }
    const lastMs = 5 * (catchUp - 1)
    orders(of, lastMs + catchUp - 1)
    expect(of.operators.of(2)).toBeDefined()
    orders(of, lastMs + catchUp)
    expect(of.operators.infos(0)[0]?.outcome).toBe('noProgress')
  })

  test.each<[string, Step[], string]>([
    ['a transfer', [{ kind: 'transferLeader', store: 2, peer: 0 }], '1 2 3'],
    ['a removal', [{ kind: 'removePeer', store: 3, peer: 103 }], '1 2 3'],
    ['a promotion', [{ kind: 'promoteLearner', store: 4, peer: 104 }], '1 2 4+'],
    ['a replacement', [{ kind: 'replacePeer', store: 4, peer: 104, removed: 103 }], '1 2 3 4+'],
  ])('that comes to nothing keeps its cell for no longer than a change may take: %s, under load', (_, steps, peers) => {
    const of = started(peers, steps)
    const { changeStuckMs: change } = of.settings
    for (let nowMs = 0; nowMs < change; nowMs += 1000) {
      of.report(nowMs, cellReport({ peers, index: 100 + nowMs }))
      orders(of, nowMs)
    }
    expect(of.operators.of(2)).toBeDefined()
    orders(of, change)
    expect(of.operators.infos(0)[0]?.outcome).toBe('noProgress')
  })

  test('never removes a leader: it orders a transfer until another leads', () => {
    const of = started('1 2 3 4', [{ kind: 'removePeer', store: 1, peer: 101 }])
    expect(orders(of, 0)).toEqual(['1 transferLeader 2 g7'])
    of.report(0, cellReport({ peers: '2 1 3 4', term: 7 }))
    expect(orders(of, 1)).toEqual(['2 removePeer 101@1 g7'])
  })

  const move: Step[] = [
    { kind: 'addLearner', store: 4, peer: NEW_PEER },
    { kind: 'replacePeer', store: 4, peer: NEW_PEER, removed: 101 },
  ]

  test('replaces a peer by one order when the new one has caught up, and is finished when no joint change is left', () => {
    const of = started('2 1 3', move)
    expect(orders(of, 0)).toEqual(['2 addLearner 104@4 g7'])
    of.report(0, cellReport({ peers: '2 1 3 4+', confVer: 2, pending: [4] }))
    expect(orders(of, 1)).toEqual([])
    of.report(0, cellReport({ peers: '2 1 3 4+', confVer: 2 }))
    expect(orders(of, 2)).toEqual(['2 replacePeer 104@4 for 101@1 g7'])
    of.report(0, { ...cellReport({ peers: '2 1 3 4', confVer: 3 }), joint: true })
    expect(orders(of, 3)).toEqual([])
    expect(of.operators.of(2)?.progress).toContain('joint')
    of.report(0, cellReport({ peers: '2 3 4', confVer: 4 }))
    expect(orders(of, 4)).toEqual([])
    expect(of.operators.infos(4)[0]?.outcome).toBe('finished')
  })

  test('replaces a peer that has come to lead only when another leads', () => {
    const of = started('1 2 3', move)
    of.report(0, cellReport({ peers: '1 2 3 4+', confVer: 2 }))
    expect(orders(of, 0)).toEqual(['1 transferLeader 2 g7'])
    of.report(0, cellReport({ peers: '2 1 3 4+', confVer: 2, term: 7 }))
    expect(orders(of, 1)).toEqual(['2 replacePeer 104@4 for 101@1 g7'])
  })

  test('replaces no peer where fewer than a majority of those that will vote has caught up', () => {
    const of = started('2 1 3', move)
    of.report(0, cellReport({ peers: '2 1 3 4+', confVer: 2, pending: [3] }))
    expect(orders(of, 0)).toEqual(['2 replacePeer 104@4 for 101@1 g7'])
    const behind = started('2 1 3', move)
    behind.report(0, cellReport({ peers: '2 1 3 4+', confVer: 2, pending: [3, 4] }))
    expect(orders(behind, 0)).toEqual([])
  })

  test('does not do again what other hands have done of a replacement', () => {
    const promoted = started('2 1 3', move)
    promoted.report(0, cellReport({ peers: '2 1 3 4', confVer: 3 }))
    expect(orders(promoted, 0)).toEqual(['2 removePeer 101@1 g7'])
    const removed = started('2 1 3', move)
    removed.report(0, cellReport({ peers: '2 3 4+', confVer: 3 }))
    expect(orders(removed, 0)).toEqual(['2 promoteLearner 104@4 g7'])
  })

  test('never removes a voter where fewer than a majority of the rest has caught up', () => {
    const of = started('1 2 3', [{ kind: 'removePeer', store: 3, peer: 103 }])
    of.report(0, cellReport({ peers: '1 2 3', pending: [2] }))
    expect(orders(of, 0)).toEqual([])
    of.report(0, cellReport({ peers: '1 2 3' }))
    expect(orders(of, 1)).toEqual(['1 removePeer 103@3 g7'])
  })
})

describe('There is one operator for a cell, and', () => {
  test.each<[OperatorClass, OperatorClass, boolean]>([
    ['leader', 'replica', true],
    ['cell', 'replica', true],
    ['cell', 'tidy', false],
    ['replica', 'hand', true],
    ['hand', 'replica', false],
    ['hand', 'hand', false],
    ['replica', 'leader', false],
  ])('%s under way and %s wished: the wish takes its place: %s', (present, wished, replaced) => {
    const of = world(stores, [cellReport({ peers: '1 2' })])
    const step: Step[] = [{ kind: 'transferLeader', store: 2, peer: 0 }]
    const first = of.operators.add(wish(step, { class: present }), of.view.cell(2) as never, () => 1001, 0)
    const second = of.operators.add(wish(step, { class: wished }), of.view.cell(2) as never, () => 1002, 0)
    expect(second !== null).toBe(replaced)
    expect(first?.outcome).toBe(replaced ? 'cancelled' : null)
  })

  test('a wish for a new peer waits while there are no ids', () => {
    const of = world(stores, [cellReport({ peers: '1 2' })])
    expect(of.operators.add(wish(add(4)), of.view.cell(2) as never, () => null, 0)).toBeNull()
    let last = 1000
    const taken = of.operators.add(wish(add(4)), of.view.cell(2) as never, () => ++last, 0)
    expect(taken?.steps.map((step) => step.peer)).toEqual([1001, 1001])
    expect(taken?.id).toBe(1002)
  })
})
