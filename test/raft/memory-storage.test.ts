import { expect, test } from 'vitest'
import { EMPTY } from '../../src/base/index.ts'
import { COMPACTED, Entry, emptyConfState, MemoryStorage, UNAVAILABLE } from '../../src/raft/index.ts'

function stored(...terms: number[]): MemoryStorage {
  const storage = new MemoryStorage()
  storage.append(terms.map((term, at) => new Entry(term, at + 1)))
  return storage
}

function termsOf(storage: MemoryStorage): number[] {
  const list = storage.entries(storage.firstIndex(), storage.lastIndex() + 1, Number.POSITIVE_INFINITY)
  return (list ?? []).map(({ term }) => term)
}

test('an empty storage begins at 1 and knows the term of what is before', () => {
  const storage = new MemoryStorage()
  expect([storage.firstIndex(), storage.lastIndex(), storage.term(0), storage.term(1)]).toEqual([1, 0, 0, UNAVAILABLE])
  expect(storage.snapshot()).toBeNull()
})

test('an append takes the place of what it overlaps', () => {
  const storage = stored(1, 1, 1)
  storage.append([new Entry(2, 2)])
  expect(termsOf(storage)).toEqual([1, 2])
  expect(() => storage.append([new Entry(2, 4)])).toThrow('gap')
})

test('what is compacted is gone, its last term is not, and late appends of it are passed over', () => {
  const storage = stored(1, 2, 3)
  storage.compact(2)
  expect([1, 2, 3, 4].map((index) => storage.term(index))).toEqual([COMPACTED, 2, 3, UNAVAILABLE])
  expect(storage.entries(2, 4, 1000)).toBeNull()
  storage.append([new Entry(2, 2), new Entry(4, 3)])
  expect(termsOf(storage)).toEqual([4])
  storage.compact(1)
  expect(storage.firstIndex()).toBe(3)
})

test('a snapshot takes the place of the log, an older one does not', () => {
  const storage = stored(1, 1)
  const snapshot = { index: 9, term: 4, confState: emptyConfState, data: EMPTY }
  expect(storage.applySnapshot(snapshot)).toBe(true)
  expect([storage.firstIndex(), storage.lastIndex(), storage.term(9)]).toEqual([10, 9, 4])
  expect(storage.applySnapshot({ ...snapshot, index: 8 })).toBe(false)
  expect(storage.snapshot()).toBe(snapshot)
})
