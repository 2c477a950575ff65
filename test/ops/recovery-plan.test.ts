import { expect, test } from 'vitest'
import type { Cell, Survivor } from '../../src/model/index.ts'
import { planRecovery } from '../../src/ops/index.ts'

function cellWith(stores: readonly number[], confVer = 5, id = 7): Cell {
  const peers = stores.map((store) => ({ id: id * 100 + store, store, role: 'voter' as const }))
  return { id, system: false, start: new Uint8Array(0), end: null, epoch: { version: 3, confVer }, peers }
}

function copy(store: number, log: [term: number, index: number], more: Partial<Survivor> = {}): Survivor {
  const [lastTerm, lastIndex] = log
  const held = { lastTerm, lastIndex, committed: lastIndex, applied: lastIndex, keys: 1, sizeBytes: 10 }
  return { cell: cellWith([1, 2, 3]), store, peer: 700 + store, ...held, isStuck: true, ...more }
}

test('the only copy that is left goes on, and the lost stores that had one are named', () => {
  const plan = planRecovery([copy(1, [4, 20])], [2, 3, 9])
  expect(plan).toMatchObject([{ cell: { id: 7 }, survivor: { store: 1 }, others: [], lost: [2, 3], confVer: 5 }])
})

test('of several copies the one goes on whose log ends in the latest term, and then the longest', () => {
  const cell = cellWith([1, 2, 3, 4, 5])
  const copies = [copy(1, [4, 90], { cell }), copy(2, [5, 20], { cell }), copy(3, [5, 21], { cell })]
  const [planned] = planRecovery(copies.slice(0, 2), [3, 4, 5])
  expect([planned?.survivor.store, planned?.others.map(({ store }) => store)]).toEqual([2, [1]])
  expect(planRecovery(copies, [4, 5])[0]?.survivor.store).toBe(3)
})

test('a copy that was left over when members changed is none: those who came later have their majority', () => {
  const later = copy(5, [6, 40], { cell: cellWith([4, 5, 6], 9), isStuck: false })
  expect(planRecovery([copy(1, [4, 20]), later], [2, 3])).toEqual([])
})

test('the configuration of the one that goes on comes behind the latest that any copy knows', () => {
  const later = copy(2, [4, 20], { cell: cellWith([1, 2, 4], 8) })
  const [planned] = planRecovery([copy(1, [5, 30]), later], [3, 4])
  expect(planned).toMatchObject({ survivor: { store: 1 }, confVer: 8, lost: [4] })
})
