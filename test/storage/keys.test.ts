import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareBytes, concatBytes, utf8 } from '../../src/base/index.ts'
import {
  cellOfMetaKey,
  dataKey,
  isMainKey,
  metaKey,
  metaRange,
  partKey,
  rangeOf,
  rangeOfKey,
  SCOPE,
  SUFFIX,
  scopeOf,
  stagingKey,
  stagingRange,
  storeKey,
  suffixOf,
  userKeyOf,
} from '../../src/storage/index.ts'

/** Bytes where the traps are: short, and full of what escapes and ends are made of. */
const userKeys = fc.oneof(
  fc.uint8Array({ maxLength: 12 }),
  fc.array(fc.constantFrom(0, 1, 2, 0xfe, 0xff, 0x61), { maxLength: 6 }).map((bytes) => Uint8Array.from(bytes)),
)
const parts = fc.record({ kind: fc.constantFrom(...Object.values(SUFFIX)), suffix: fc.uint8Array({ maxLength: 4 }) })

function within(key: Uint8Array, range: { start: Uint8Array; end: Uint8Array }): boolean {
  return compareBytes(key, range.start) >= 0 && compareBytes(key, range.end) < 0
}

test('raw keys are in the order of the user keys, with all their parts', () => {
  fc.assert(
    fc.property(userKeys, userKeys, parts, parts, (a, b, partOfA, partOfB) => {
      const order = Math.sign(compareBytes(a, b))
      expect(Math.sign(compareBytes(dataKey(SCOPE.user, a), dataKey(SCOPE.user, b)))).toBe(order)
      if (order === 0) return
      const rawA = partKey(SCOPE.user, a, partOfA.kind, partOfA.suffix)
      const rawB = partKey(SCOPE.user, b, partOfB.kind, partOfB.suffix)
      expect(Math.sign(compareBytes(rawA, rawB))).toBe(order)
      expect(Math.sign(compareBytes(rawA, dataKey(SCOPE.user, b)))).toBe(order)
      expect(Math.sign(compareBytes(dataKey(SCOPE.user, a), rawB))).toBe(order)
    }),
    { numRuns: 3000, seed: 1 },
  )
})

test('the user key, the scope and the suffix come back from a raw key', () => {
  fc.assert(
    fc.property(userKeys, parts, fc.constantFrom(...Object.values(SCOPE)), (key, { kind, suffix }, scope) => {
      const main = dataKey(scope, key)
      expect([...userKeyOf(main)]).toEqual([...key])
      expect([scopeOf(main), isMainKey(main), suffixOf(main).length]).toEqual([scope, true, 0])
      const part = partKey(scope, key, kind, suffix)
      expect([...userKeyOf(part)]).toEqual([...key])
      expect([...suffixOf(part)]).toEqual([kind, ...suffix])
      expect([scopeOf(part), isMainKey(part)]).toEqual([scope, false])
    }),
    { numRuns: 1000, seed: 2 },
  )
})

test('a range of user keys is one range of raw keys, of exactly what belongs to them', () => {
  const bound = fc.option(userKeys)
  fc.assert(
    fc.property(bound, bound, userKeys, parts, (start, end, key, { kind, suffix }) => {
      const inside = (start === null || compareBytes(key, start) >= 0) && (end === null || compareBytes(key, end) < 0)
      const range = rangeOf(SCOPE.user, start, end)
      expect(within(dataKey(SCOPE.user, key), range)).toBe(inside)
      expect(within(partKey(SCOPE.user, key, kind, suffix), range)).toBe(inside)
      expect(within(dataKey(SCOPE.system, key), range)).toBe(false)
    }),
    { numRuns: 3000, seed: 3 },
  )
})

test('the range of one key holds its main record and its parts, and nothing of another', () => {
  fc.assert(
    fc.property(userKeys, userKeys, parts, (key, other, { kind, suffix }) => {
      const range = rangeOfKey(SCOPE.user, key)
      expect(within(dataKey(SCOPE.user, key), range)).toBe(true)
      expect(within(partKey(SCOPE.user, key, kind, suffix), range)).toBe(true)
      if (compareBytes(key, other) === 0) return
      expect(within(dataKey(SCOPE.user, other), range)).toBe(false)
      expect(within(partKey(SCOPE.user, other, kind, suffix), range)).toBe(false)
    }),
    { numRuns: 2000, seed: 4 },
  )
})

test('what a store knows of itself and its cells lies before all data, and the system range before the user keys', () => {
  const inOrder = [
    storeKey(''),
    storeKey('identity'),
    storeKey('\uffff'),
    metaKey(1),
    metaKey(255),
    metaKey(256),
    metaKey(2 ** 32 - 1),
    metaKey(2 ** 32),
    metaKey(Number.MAX_SAFE_INTEGER),
    stagingKey(1, 0),
    stagingKey(1, 2 ** 33),
    stagingKey(2, 0),
    dataKey(SCOPE.system, utf8('')),
    dataKey(SCOPE.system, Uint8Array.of(0xff, 0xff)),
    dataKey(SCOPE.user, utf8('')),
    dataKey(SCOPE.user, Uint8Array.of(0xff)),
  ]
  expect(inOrder.slice().sort(compareBytes)).toEqual(inOrder)
})

test('the key of a cell meta gives its id, and all of them lie in one range', () => {
  for (const cell of [1, 2, 65_536, 2 ** 32, 2 ** 40 + 7, Number.MAX_SAFE_INTEGER]) {
    expect(cellOfMetaKey(metaKey(cell))).toBe(cell)
    expect(within(metaKey(cell), metaRange())).toBe(true)
    expect(within(stagingKey(cell, 5), metaRange())).toBe(false)
  }
  expect(within(storeKey('x'), metaRange())).toBe(false)
  expect(() => cellOfMetaKey(storeKey('identity'))).toThrow('not the key')
})

test('staged pieces of a cell lie in its range, in the order of their numbers', () => {
  expect(within(stagingKey(7, 0), stagingRange(7))).toBe(true)
  expect(within(stagingKey(7, 2 ** 50), stagingRange(7))).toBe(true)
  expect(within(stagingKey(8, 0), stagingRange(7))).toBe(false)
  expect(compareBytes(stagingKey(7, 255), stagingKey(7, 256))).toBeLessThan(0)
})

test('bytes that are no raw data key are refused', () => {
  expect(() => userKeyOf(concatBytes(Uint8Array.of(SCOPE.user), utf8('no end')))).toThrow('without an end mark')
  expect(() => userKeyOf(Uint8Array.of(SCOPE.user, 0x61, 0, 7))).toThrow('neither escaped nor its end')
})
