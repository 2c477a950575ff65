import { expect, test } from 'vitest'
import { type CellShape, isWhole, leadersOf, peersOf, tiles } from './cells.ts'

const key = (utf8: string) => ({ utf8 })
const voters = (...stores: number[]) => stores.map((store) => ({ store, role: 'voter' }))

function cell(start: unknown, end: unknown, leader: number | null = 1, peers = voters(1, 2, 3)): CellShape {
  return { id: 1, start, end, leader, peers, load: { commandsPerSecond: 0 } }
}

test('cells tile when the first begins at the beginning, each where the one before ends, and the last never ends', () => {
  expect(tiles([cell(null, key('m')), cell(key('m'), null)])).toBe(true)
  expect(tiles([])).toBe(false)
  expect(tiles([cell(key('a'), null)])).toBe(false)
  expect(tiles([cell(null, key('m'))])).toBe(false)
  expect(tiles([cell(null, key('m')), cell(key('n'), null)])).toBe(false)
  expect(tiles([cell(null, null), cell(null, null)])).toBe(false)
})

test('a cell is whole with a leader among its voters, each of which is on a store of its own', () => {
  expect(isWhole(cell(null, null), 3)).toBe(true)
  expect(isWhole(cell(null, null, null), 3)).toBe(false)
  expect(isWhole(cell(null, null, 4), 3)).toBe(false)
  expect(isWhole(cell(null, null, 1, voters(1, 2)), 3)).toBe(false)
  expect(isWhole(cell(null, null, 1, voters(1, 2, 2)), 3)).toBe(false)
  expect(isWhole(cell(null, null, 1, voters(1, 2, 3, 4)), 3)).toBe(false)
  expect(isWhole(cell(null, null, 1, [...voters(1, 2), { store: 3, role: 'learner' }]), 3)).toBe(false)
})

test('a store that has nothing counts: evenness is of the stores there are, not of those that are used', () => {
  const cells = [cell(null, key('m'), 1), cell(key('m'), null, 1)]
  expect(leadersOf(cells, [1, 2, 3])).toEqual({ counts: [2, 0, 0], gap: 2, deviation: Math.SQRT2 })
  expect(peersOf(cells, [1, 2, 3])).toEqual({ counts: [2, 2, 2], gap: 0, deviation: 0 })
  expect(peersOf(cells, [1, 2, 3, 4]).gap).toBe(2)
})
