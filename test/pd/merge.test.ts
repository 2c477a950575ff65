import { describe, expect, test } from 'vitest'
import type { CellReport } from '../../src/model/index.ts'
import { judge } from '../../src/pd/hand.ts'
import { checkMerge, mergePartner, planMerge, SplitTimes } from '../../src/pd/merge.ts'
import type { Wish } from '../../src/pd/operator.ts'
import type { PdSettings } from '../../src/pd/settings.ts'
import { pdDefaults } from '../../src/pd/settings.ts'
import { type CellWish, cellReport, places, storeReport, type World, world } from './world.ts'

const MIB = 1024 * 1024
const rested = pdDefaults.mergeRestMs
const left = (change: CellWish = {}) => cellReport({ id: 2, end: 'm', ...change })
const right = (change: CellWish = {}) => cellReport({ id: 3, start: 'm', ...change })

function pair(reports: CellReport[], nowMs = rested, settings: Partial<PdSettings> = {}): World {
  const of = world(places(5, 5), reports, { settings })
  for (const store of places(5, 5)) {
    of.view.heartbeat({ kind: 'heartbeat', executor: 0, stores: [storeReport(store)], cells: [] }, nowMs)
  }
  return of
}

function report(of: World, cell: number): CellReport {
  return of.view.cell(cell) as CellReport
}

describe('Two neighbours could be one', () => {
  test.each<[string, CellReport[], number, string]>([
    ['when both are small, cold and whole', [left(), right()], rested, 'cell 3 could take it in'],
    [
      'when copies are elsewhere, which can be moved',
      [left(), right({ peers: '1 2 4' })],
      rested,
      'cell 3 could take it in',
    ],
    [
      'not when one is large',
      [left(), { ...right(), sizeBytes: 20 * MIB }],
      rested,
      'cell 3 beside it: it is not small',
    ],
    ['not when it has many keys', [{ ...left(), keys: 200_000 }, right()], rested, 'it is not small'],
    [
      'not when a peer is behind',
      [left(), right({ pending: [2] })],
      rested,
      'cell 3 beside it: its peer on store 2 has not caught up',
    ],
    ['not soon after it was seen first', [left(), right()], rested - 1, 'it was cut, or first seen, not long ago'],
  ])('%s', (_, reports, nowMs, why) => {
    const of = pair(reports, nowMs)
    expect(mergePartner(report(of, 2), new SplitTimes(0), of.survey(nowMs)).why).toBe(why)
  })

  test('not when both together were near to being split again', () => {
    const cellSizeBytes = 8 * MIB
    const of = pair([left(), { ...right(), sizeBytes: 2 * MIB }], rested, { cellSizeBytes })
    expect(mergePartner(report(of, 2), new SplitTimes(0), of.survey(rested)).why).toContain('it is not small')
    const small = pair([left(), { ...right(), sizeBytes: 2 * MIB - 1 }], rested, { cellSizeBytes })
    expect(mergePartner(report(small, 2), new SplitTimes(0), small.survey(rested)).partner?.cell.id).toBe(3)
  })

  test('not when there would be fewer cells than the cluster began with', () => {
    const of = pair([left(), right()], rested, { initialCells: 2 })
    expect(checkMerge(report(of, 2), new SplitTimes(0), of.survey(rested)).wish).toBeNull()
  })

  test('not when one of them was cut lately', () => {
    const of = pair([left(), right()])
    const times = new SplitTimes(0)
    times.cut([3], 5)
    expect(checkMerge(report(of, 2), times, of.survey(rested)).wish).toBeNull()
    expect(checkMerge(report(of, 2), times, of.survey(rested + 5)).wish).not.toBeNull()
  })

  test('and of two neighbours the one that has its copies on the same stores takes it in', () => {
    const of = pair([
      cellReport({ id: 2, end: 'f', peers: '1 4 5' }),
      cellReport({ id: 3, start: 'f', end: 'm' }),
      cellReport({ id: 4, start: 'm' }),
    ])
    expect(mergePartner(report(of, 3), new SplitTimes(0), of.survey(rested)).partner?.cell.id).toBe(4)
  })
})

/** The operator for cell 2 into cell 3, and its orders in words. */
function begun(of: World) {
  const planned = planMerge(report(of, 2), report(of, 3), 'hand', 'a test', of.survey(rested))
  let id = 200
  const operator = of.operators.add(planned.wish as Wish, report(of, 2), () => ++id, rested)
  const orders = (nowMs = rested) => {
    return of.operators.run(of.view, 7, nowMs).map(({ store, step }) => {
      if (step.kind === 'merge') return `${store} merge into ${step.target.id} v${step.target.epoch.version}`
      if (step.kind === 'addLearner') return `${store} add ${step.peer.id}@${step.peer.store}`
      if (step.kind === 'replacePeer') return `${store} replace ${step.removed.store} by ${step.peer.store}`
      return `${store} ${step.kind}`
    })
  }
  const outcome = () => of.operators.infos(rested)[0]?.outcome
  return { operator, orders, outcome }
}

describe('An operator that merges', () => {
  test('is finished when the other cell is reported with this one among what it has absorbed', () => {
    const of = pair([left(), right()])
    const { orders, outcome } = begun(of)
    expect(orders()).toEqual(['1 merge into 3 v1'])
    expect(orders(rested + 1)).toEqual([])
    expect(orders(rested + 2000)).toEqual(['1 merge into 3 v1'])
    const merging = { target: 3, targetEpoch: { version: 1, confVer: 1 }, index: 20 }
    of.report(rested, { ...left({ version: 2 }), merging })
    expect(orders(rested + 9000)).toEqual([])
    of.report(rested, { ...right({ version: 3, start: '' }), absorbed: [{ cell: 2, index: 30 }] })
    expect(orders(rested + 9001)).toEqual([])
    expect(outcome()).toBe('finished')
    expect(of.view.cell(2)).toBeUndefined()
    expect(of.operators.takeHappened()).toContainEqual({ event: 'cellMerged', cell: 2, into: 3 })
  })

  test('moves copies first, so that both live on the same stores, and gives each new one an id of its own', () => {
    const of = pair([left({ peers: '1 2 3' }), right({ peers: '1 4 5' })])
    const { orders } = begun(of)
    expect(orders()).toEqual(['1 add 201@4'])
    of.report(rested, moved('1 2 3 4+', 2))
    expect(orders()).toEqual(['1 replace 2 by 4'])
    of.report(rested, moved('1 3 4', 4))
    expect(orders()).toEqual(['1 add 202@5'])
    of.report(rested, moved('1 3 4 5+', 5))
    expect(orders()).toEqual(['1 replace 3 by 5'])
    of.report(rested, moved('1 4 5', 7))
    expect(orders()).toEqual(['1 merge into 3 v1'])
  })

  /** The peers that the operator has added have ids that it was given. */
  function moved(peers: string, confVer: number): CellReport {
    const now = left({ peers, confVer })
    const members = now.cell.peers.map((peer) => (peer.store >= 4 ? { ...peer, id: 197 + peer.store } : peer))
    return { ...now, cell: { ...now.cell, peers: members } }
  }

  test('keeps both cells from everything else', () => {
    const of = pair([left(), right()])
    const { operator } = begun(of)
    expect(of.operators.of(2)).toBe(operator)
    expect(of.operators.of(3)).toBe(operator)
    expect(planMerge(report(of, 3), report(of, 2), 'hand', 'a test', of.survey(rested)).wish).toBeNull()
  })

  test('that was refused rests', () => {
    const of = pair([left(), right()])
    const { orders, outcome } = begun(of)
    orders()
    of.report(rested, left({ version: 3 }))
    orders()
    expect(outcome()).toBe('noProgress')
    expect(of.operators.of(3)).toBeUndefined()
    expect(of.operators.hasFailed('merge', 2, rested + 1)).toBe(true)
  })

  test('is given up when nothing moves, and what is prepared then decides itself', () => {
    const of = pair([left(), right()])
    const { orders, outcome } = begun(of)
    orders()
    orders(rested + of.settings.mergeStuckMs)
    expect(outcome()).toBe('noProgress')
  })
})

describe('By hand', () => {
  test.each<[string, CellReport[], number, string]>([
    ['no cell that is not there', [left(), right()], 9, 'cell 9'],
    [
      'no cells that do not lie side by side',
      [left({ end: 'f' }), right(), cellReport({ id: 4, start: 'f', end: 'm' })],
      3,
      'beside',
    ],
    ['no cell with a copy that is behind', [left({ pending: [3] }), right()], 3, 'has not caught up'],
  ])('%s', (_, reports, into, why) => {
    const of = pair(reports)
    const judged = judge({ operator: 'merge', cell: 2, store: 0, key: null, into }, of.survey(rested))
    expect(judged.wish).toBeNull()
    expect('message' in judged && judged.message).toContain(why)
  })
})

test('who asks whether it belongs to a cell that was merged is told so', () => {
  const of = pair([left(), right()])
  const question = { kind: 'memberWanted', store: 5, cell: 2, peer: 90, confVer: 1 } as const
  of.report(rested, { ...right({ version: 3, start: '' }), absorbed: [{ cell: 2, index: 30 }] })
  expect(of.view.removalOf(question)).toMatchObject({ kind: 'peerRemoved', store: 5, cell: 2, peer: 90, merged: true })
  of.report(rested, left({ version: 2 }))
  expect(of.view.cell(2)).toBeUndefined()
})
