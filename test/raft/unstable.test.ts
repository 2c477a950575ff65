import fc from 'fast-check'
import { expect, test } from 'vitest'
import './seed.ts'
import { EMPTY } from '../../src/base/index.ts'
import { Entry, emptyConfState, UNAVAILABLE } from '../../src/raft/index.ts'
import { Unstable } from '../../src/raft/unstable.ts'

/** `entries(5, 1, 1, 2)`: terms 1, 1, 2 from index 5 on. */
function entries(first: number, ...terms: number[]): Entry[] {
  return terms.map((term, at) => new Entry(term, first + at))
}

function unstableWith(first: number, ...terms: number[]): Unstable {
  const unstable = new Unstable(first, null)
  if (terms.length > 0) unstable.truncateAndAppend(entries(first, ...terms))
  return unstable
}

function termsOf(list: readonly Entry[]): number[] {
  return list.map(({ term }) => term)
}

const snapshot = { index: 10, term: 3, confState: emptyConfState, data: EMPTY }

test('it knows the terms of its entries and of nothing else', () => {
  const unstable = unstableWith(5, 1, 2)
  expect([4, 5, 6, 7].map((index) => unstable.term(index))).toEqual([UNAVAILABLE, 1, 2, UNAVAILABLE])
  expect(unstable.lastIndex()).toBe(6)
  expect(unstableWith(5).lastIndex()).toBe(4)
})

test('appended entries take the place of what they overlap and of what is behind', () => {
  const appended = unstableWith(5, 1, 1)
  appended.truncateAndAppend(entries(7, 2))
  expect([appended.offset, termsOf(appended.entries)]).toEqual([5, [1, 1, 2]])
  const inside = unstableWith(5, 1, 1, 1)
  inside.truncateAndAppend(entries(6, 2))
  expect([inside.offset, termsOf(inside.entries)]).toEqual([5, [1, 2]])
  const below = unstableWith(5, 1, 1, 1)
  below.truncateAndAppend(entries(3, 2))
  expect([below.offset, termsOf(below.entries)]).toEqual([3, [2]])
})

test('what is overwritten is no longer being written, what stands before it is', () => {
  const unstable = unstableWith(5, 1, 1, 1)
  unstable.acceptInProgress()
  expect(unstable.hasNextEntries()).toBe(false)
  unstable.truncateAndAppend(entries(6, 2, 2))
  expect(termsOf(unstable.nextEntries())).toEqual([2, 2])
  unstable.acceptInProgress()
  unstable.truncateAndAppend(entries(5, 3))
  expect(termsOf(unstable.nextEntries())).toEqual([3])
})

test('an acknowledgement moves the entries out, and nothing else', () => {
  const unstable = unstableWith(5, 1, 1, 2)
  unstable.acceptInProgress()
  unstable.stableTo(6, 1)
  expect([unstable.offset, unstable.offsetInProgress, termsOf(unstable.entries)]).toEqual([7, 8, [2]])
  unstable.stableTo(7, 2)
  expect([unstable.offset, unstable.entries.length]).toEqual([8, 0])
})

test('an acknowledgement of what was replaced, or is not here, is passed over', () => {
  const unstable = unstableWith(5, 1, 2)
  unstable.stableTo(6, 1)
  unstable.stableTo(7, 2)
  unstable.stableTo(4, 1)
  expect([unstable.offset, unstable.entries.length]).toEqual([5, 2])
  unstable.restore(snapshot)
  unstable.stableTo(10, 3)
  expect(unstable.snapshot).toBe(snapshot)
})

test('a snapshot begins the log anew, is handed out once, and goes when it is stable', () => {
  const unstable = unstableWith(5, 1, 1)
  unstable.acceptInProgress()
  unstable.restore(snapshot)
  expect([unstable.offset, unstable.offsetInProgress, unstable.entries.length]).toEqual([11, 11, 0])
  expect(unstable.nextSnapshot()).toBe(snapshot)
  unstable.acceptInProgress()
  expect(unstable.nextSnapshot()).toBeNull()
  unstable.stableSnapshotTo(9)
  expect(unstable.snapshot).toBe(snapshot)
  unstable.stableSnapshotTo(10)
  expect(unstable.snapshot).toBeNull()
})

test('arrays that were handed out never change, whatever comes after', () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('append' as const),
      back: fc.nat({ max: 3 }),
      count: fc.integer({ min: 1, max: 4 }),
    }),
    fc.record({ kind: fc.constant('stable' as const), back: fc.nat({ max: 3 }) }),
    fc.record({ kind: fc.constant('accept' as const) }),
    fc.record({ kind: fc.constant('slice' as const), from: fc.nat({ max: 5 }), to: fc.nat({ max: 5 }) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const unstable = new Unstable(1, null)
      // The model: a plain array of terms from index 1 on, and how much of it is stable.
      let model: number[] = []
      let stable = 0
      let term = 0
      const handedOut: [readonly Entry[], string][] = []
      const keep = (list: readonly Entry[]) => handedOut.push([list, JSON.stringify(list)])
      for (const each of steps) {
        if (each.kind === 'append') {
          term++
          const from = Math.max(model.length - each.back, 0)
          const added = Array.from({ length: each.count }, () => term)
          const list = entries(from + 1, ...added)
          keep(list)
          unstable.truncateAndAppend(list)
          model = [...model.slice(0, from), ...added]
          stable = Math.min(stable, from)
        } else if (each.kind === 'stable') {
          const index = Math.max(model.length - each.back, stable)
          if (index === stable) continue
          unstable.stableTo(index, model[index - 1]!)
          stable = index
        } else if (each.kind === 'accept') {
          keep(unstable.nextEntries())
          unstable.acceptInProgress()
        } else {
          const from = Math.min(stable + each.from, model.length)
          const to = Math.max(from, Math.min(stable + each.to, model.length))
          const list = unstable.slice(from + 1, to + 1)
          expect(termsOf(list)).toEqual(model.slice(from, to))
          keep(list)
        }
        expect([unstable.offset, termsOf(unstable.entries)]).toEqual([stable + 1, model.slice(stable)])
        for (const [list, before] of handedOut) expect(JSON.stringify(list)).toBe(before)
      }
    }),
    { numRuns: 60 },
  )
})

test('what it holds begins and ends where its entries and its snapshot say', () => {
  type Row = [terms: number[], snapshot: boolean, last: number, termOfSnapshot: number]
  const table: Row[] = [
    [[1], false, 5, UNAVAILABLE],
    [[], false, 4, UNAVAILABLE],
    [[], true, 10, UNAVAILABLE],
    [[1], true, 11, UNAVAILABLE],
  ]
  for (const [terms, hasSnapshot, last, termOfSnapshot] of table) {
    const unstable = new Unstable(5, null)
    if (hasSnapshot) unstable.restore(snapshot)
    if (terms.length > 0) unstable.truncateAndAppend(entries(unstable.offset, ...terms))
    expect([unstable.lastIndex(), unstable.term(10)]).toEqual([last, termOfSnapshot])
  }
})

test('what is handed out is handed out once: entries from where the writing is, a snapshot until it is taken', () => {
  const table: [terms: number[], inProgress: number, expected: number[]][] = [
    [[1, 1], 5, [1, 1]],
    [[1, 1], 6, [1]],
    [[1, 1], 7, []],
  ]
  for (const [terms, inProgress, expected] of table) {
    const unstable = unstableWith(5, ...terms)
    unstable.offsetInProgress = inProgress
    expect([unstable.hasNextEntries(), termsOf(unstable.nextEntries())]).toEqual([expected.length > 0, expected])
    unstable.acceptInProgress()
    expect([unstable.offsetInProgress, unstable.nextEntries()]).toEqual([7, []])
  }
})

test('an acknowledgement within what is being written leaves the rest as being written', () => {
  type Row = [
    offset: number,
    inProgress: number,
    terms: number[],
    index: number,
    term: number,
    after: [number, number, number],
  ]
  const table: Row[] = [
    [5, 5, [], 5, 1, [5, 5, 0]],
    [5, 6, [1], 5, 1, [6, 6, 0]],
    [5, 6, [1, 1], 5, 1, [6, 6, 1]],
    [5, 7, [1, 1], 5, 1, [6, 7, 1]],
    [6, 7, [2], 6, 1, [6, 7, 1]],
    [5, 6, [1], 4, 1, [5, 6, 1]],
    [5, 7, [2, 2], 4, 1, [5, 7, 2]],
  ]
  for (const [offset, inProgress, terms, index, term, after] of table) {
    const unstable = unstableWith(offset, ...terms)
    unstable.offsetInProgress = inProgress
    unstable.stableTo(index, term)
    expect([unstable.offset, unstable.offsetInProgress, unstable.entries.length]).toEqual(after)
  }
})

test('an append over what is being written takes back as much of it as it replaces', () => {
  type Row = [
    inProgress: number,
    terms: number[],
    first: number,
    added: number[],
    offset: number,
    writing: number,
    after: number[],
  ]
  const table: Row[] = [
    [5, [1], 6, [1, 1], 5, 5, [1, 1, 1]],
    [6, [1], 6, [1, 1], 5, 6, [1, 1, 1]],
    [5, [1], 5, [2, 2], 5, 5, [2, 2]],
    [5, [1], 4, [2, 2, 2], 4, 4, [2, 2, 2]],
    [6, [1], 5, [2, 2], 5, 5, [2, 2]],
    [5, [1, 1, 1], 6, [2], 5, 5, [1, 2]],
    [5, [1, 1, 1], 7, [2, 2], 5, 5, [1, 1, 2, 2]],
    [6, [1, 1, 1], 6, [2], 5, 6, [1, 2]],
    [7, [1, 1, 1], 6, [2], 5, 6, [1, 2]],
  ]
  for (const [inProgress, terms, first, added, offset, writing, after] of table) {
    const unstable = unstableWith(5, ...terms)
    unstable.offsetInProgress = inProgress
    unstable.truncateAndAppend(entries(first, ...added))
    expect([unstable.offset, unstable.offsetInProgress, termsOf(unstable.entries)]).toEqual([offset, writing, after])
  }
})
