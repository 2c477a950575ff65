import { expect, test } from 'vitest'
import { EMPTY } from '../../src/base/index.ts'
import { encodedBytes, encodedBytesOf } from '../../src/raft/entry.ts'
import { COMPACTED, Entry, emptyConfState, MemoryStorage, UNAVAILABLE } from '../../src/raft/index.ts'
import { Log } from '../../src/raft/log.ts'

const NO_LIMIT = Number.POSITIVE_INFINITY

function entries(first: number, ...terms: number[]): Entry[] {
  return terms.map((term, at) => new Entry(term, first + at))
}

/** Terms of the stable entries from index 1 on, and of the unstable ones behind. */
function logOf(stable: number[], unstable: number[] = [], limit = NO_LIMIT): { log: Log; storage: MemoryStorage } {
  const storage = new MemoryStorage()
  storage.append(entries(1, ...stable))
  const log = new Log(storage, null, limit)
  if (unstable.length > 0) log.append(entries(stable.length + 1, ...unstable))
  return { log, storage }
}

function termsOf(list: readonly Entry[] | null): number[] | null {
  return list === null ? null : list.map(({ term }) => term)
}

test('an append behind an entry that does not match is refused, and changes nothing', () => {
  const { log } = logOf([1, 2], [3])
  expect(log.tryAppend(3, 2, entries(4, 4), 4)).toBe(-1)
  expect(log.tryAppend(4, 4, entries(5, 4), 4)).toBe(-1)
  expect([log.lastIndex(), log.committed]).toEqual([3, 0])
})

test('entries that are here already are not appended again, and what is behind them stays', () => {
  const { log } = logOf([1, 2], [3])
  expect(log.tryAppend(1, 1, entries(2, 2), 1)).toBe(2)
  expect([log.lastIndex(), log.lastTerm(), log.committed]).toEqual([3, 3, 1])
})

test('an append takes the place of the entries that conflict with it, on disk or not', () => {
  const { log } = logOf([1, 2], [3])
  expect(log.tryAppend(1, 1, entries(2, 4, 4), 9)).toBe(3)
  expect(termsOf(log.slice(1, 4, NO_LIMIT))).toEqual([1, 4, 4])
  expect(log.unstable.offset).toBe(2)
})

test('the commit index goes no further than what the append has made sure of', () => {
  const { log } = logOf([1, 1, 1])
  log.tryAppend(1, 1, [], 3)
  expect(log.committed).toBe(1)
  log.tryAppend(3, 1, [], 3)
  expect(log.committed).toBe(3)
  log.tryAppend(3, 1, [], 2)
  expect(log.committed).toBe(3)
})

test('a committed entry is never overwritten', () => {
  const { log } = logOf([1, 1])
  log.commitTo(2)
  expect(() => log.tryAppend(1, 1, entries(2, 2), 2)).toThrow('conflicts with a committed entry')
  expect(() => log.append(entries(2, 2))).toThrow('overwrite a committed entry')
  expect(() => log.commitTo(3)).toThrow('beyond the end of the log')
})

test('the entries of an append must follow one another', () => {
  const { log } = logOf([1])
  expect(() => log.tryAppend(1, 1, [new Entry(1, 3)], 0)).toThrow('not in sequence')
})

test('terms are known from the compaction point to the last entry', () => {
  const { log, storage } = logOf([1, 2, 3, 4], [5])
  storage.compact(2)
  expect([0, 1, 2, 3, 5, 6].map((index) => log.term(index))).toEqual([COMPACTED, COMPACTED, 2, 3, 5, UNAVAILABLE])
  expect([log.firstIndex(), log.lastIndex()]).toEqual([3, 5])
})

test('while a snapshot waits to be written, nothing of the old log is known', () => {
  const { log } = logOf([1, 1, 1, 1])
  log.restore({ index: 7, term: 3, confState: emptyConfState, data: EMPTY })
  expect([3, 6, 7, 8].map((index) => log.term(index))).toEqual([COMPACTED, COMPACTED, 3, UNAVAILABLE])
  expect([log.firstIndex(), log.lastIndex(), log.committed]).toEqual([8, 7, 7])
  expect(log.slice(2, 4, NO_LIMIT)).toBeNull()
  log.append(entries(8, 3))
  expect(log.lastIndex()).toBe(8)
})

test('the newer log is the one with the later last term, then the longer one', () => {
  const { log } = logOf([1, 2], [3])
  expect(log.isUpToDate(4, 1)).toBe(true)
  expect(log.isUpToDate(2, 9)).toBe(false)
  expect([2, 3, 4].map((index) => log.isUpToDate(3, index))).toEqual([false, true, true])
})

test('the hint for a conflict skips the terms that the other log cannot have', () => {
  const { log } = logOf([1, 1, 4, 4], [5, 5])
  expect(log.findConflictByTerm(6, 5)).toBe(6)
  expect(log.findConflictByTerm(6, 4)).toBe(4)
  expect(log.findConflictByTerm(6, 3)).toBe(2)
  expect(log.findConflictByTerm(6, 0)).toBe(0)
  const { log: compacted, storage } = logOf([2, 2, 2, 5])
  storage.compact(3)
  expect(compacted.findConflictByTerm(4, 1)).toBe(2)
})

test('only entries of the own term are committed by counting', () => {
  const { log } = logOf([1, 2, 2])
  expect(log.tryCommit(1, 2)).toBe(false)
  expect(log.tryCommit(3, 2)).toBe(true)
  expect(log.tryCommit(3, 2)).toBe(false)
  expect(log.tryCommit(9, 2)).toBe(false)
})

test('a slice over both parts of the log is one, and ends where the limit says', () => {
  const { log } = logOf([1, 1, 1], [2, 2])
  const one = encodedBytes(new Entry(1, 1))
  const slice = (low: number, high: number, entryCount: number) => termsOf(log.slice(low, high, one * entryCount))
  expect(slice(2, 6, 100)).toEqual([1, 1, 2, 2])
  expect(slice(1, 6, 3)).toEqual([1, 1, 1])
  expect(slice(1, 6, 2)).toEqual([1, 1])
  expect(slice(1, 6, 4)).toEqual([1, 1, 1, 2])
  expect(slice(3, 6, 1.5)).toEqual([1])
  expect(slice(1, 6, 0)).toEqual([1])
  expect(slice(4, 6, 0)).toEqual([2])
})

test('entries that need compacted ones are not to be had', () => {
  const { log, storage } = logOf([1, 1, 1], [2])
  storage.compact(2)
  expect(log.entriesFrom(2, NO_LIMIT)).toBeNull()
  expect(termsOf(log.entriesFrom(3, NO_LIMIT))).toEqual([1, 2])
  expect(log.entriesFrom(5, NO_LIMIT)).toEqual([])
})

test('committed entries are handed out once, and no further than they are stable if that is asked', () => {
  const { log } = logOf([1, 1], [1])
  log.commitTo(3)
  expect(log.nextCommitted(false).length).toBe(2)
  expect(log.nextCommitted(true).length).toBe(3)
  log.acceptApplying(log.nextCommitted(false), false)
  expect(log.hasNextCommitted(false)).toBe(false)
  expect(log.nextCommitted(true).map(({ index }) => index)).toEqual([3])
})

test('what is being applied stays within its limit, and at least one entry goes', () => {
  const one = encodedBytes(new Entry(1, 1))
  const { log } = logOf([1, 1, 1, 1], [], one * 2)
  log.commitTo(4)
  const first = log.nextCommitted(true)
  expect(first.length).toBe(2)
  log.acceptApplying(first, true)
  expect(log.hasNextCommitted(true)).toBe(false)
  log.appliedTo(1, one)
  expect(log.nextCommitted(true).map(({ index }) => index)).toEqual([3])
  const { log: tight } = logOf([1, 1], [], 1)
  tight.commitTo(2)
  expect(tight.nextCommitted(true).length).toBe(1)
})

test('a page that ends before the limit because the next entry is too large pauses, too', () => {
  const small = new Entry(1, 1)
  const large = new Entry(1, 2, 0, new Uint8Array(1000))
  const storage = new MemoryStorage()
  storage.append([small, large])
  const log = new Log(storage, null, encodedBytes(small) + 10)
  log.commitTo(2)
  const page = log.nextCommitted(true)
  expect(page).toEqual([small])
  log.acceptApplying(page, true)
  expect(log.hasNextCommitted(true)).toBe(false)
  log.appliedTo(1, encodedBytesOf(page))
  expect(log.nextCommitted(true)).toEqual([large])
})

test('the applied index goes forward only, and never over the commit index', () => {
  const { log } = logOf([1, 1])
  log.commitTo(1)
  expect(() => log.appliedTo(2, 0)).toThrow('out of range')
  log.appliedTo(1, 0)
  expect(() => log.appliedTo(0, 0)).toThrow('out of range')
})

test('the size of an entry is that of its protobuf', () => {
  expect(encodedBytes(new Entry(1, 1))).toBe(6)
  expect(encodedBytes(new Entry(128, 1, 0, new Uint8Array(1)))).toBe(10)
  expect(encodedBytes(new Entry(1, 2 ** 40, 0, new Uint8Array(200)))).toBe(11 + 203)
})
