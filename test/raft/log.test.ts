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

test('the first entry that conflicts is found, and an append of what is here changes nothing', () => {
  type Row = [previous: number, terms: number[], rewritten: number | null]
  const table: Row[] = [
    [0, [], null],
    [0, [1, 2, 3], null],
    [1, [2, 3], null],
    [2, [3], null],
    // Behind what is here.
    [0, [1, 2, 3, 4, 4], 4],
    [1, [2, 3, 4, 4], 4],
    [2, [3, 4, 4], 4],
    [3, [4, 4], 4],
    // In conflict with it.
    [0, [4, 4], 1],
    [1, [1, 4, 4], 2],
    [2, [1, 2, 4, 4], 3],
  ]
  for (const [previous, terms, rewritten] of table) {
    const { log } = logOf([1, 2, 3])
    const previousTerm = previous === 0 ? 0 : [1, 2, 3][previous - 1]!
    expect(log.tryAppend(previous, previousTerm, entries(previous + 1, ...terms), 0)).toBe(previous + terms.length)
    const first = log.unstable.nextEntries()[0]
    expect(first?.index ?? null, `${terms} behind ${previous}`).toBe(rewritten)
    expect(log.lastIndex()).toBe(rewritten === null ? 3 : previous + terms.length)
  }
})

test('a leader appends behind its log, or over the part of it that is not committed', () => {
  const table: [first: number, terms: number[], log: number[], offset: number][] = [
    [3, [2], [1, 2, 2], 3],
    [1, [2], [2], 1],
    [2, [3, 3], [1, 3, 3], 2],
  ]
  for (const [first, terms, expected, offset] of table) {
    const { log } = logOf([1, 2])
    log.append(entries(first, ...terms))
    expect(termsOf(log.entriesFrom(1, NO_LIMIT))).toEqual(expected)
    expect(log.unstable.offset).toBe(offset)
  }
})

test('a follower takes an append that matches, with as much of the commit index as it covers', () => {
  const table: [logTerm: number, index: number, terms: number[], commit: number, last: number, committed: number][] = [
    [2, 3, [4], 3, -1, 1],
    [3, 4, [4], 3, -1, 1],
    [3, 3, [], 3, 3, 3],
    [3, 3, [], 4, 3, 3],
    [3, 3, [], 2, 3, 2],
    [3, 3, [], 0, 3, 1],
    [0, 0, [], 3, 0, 1],
    [3, 3, [4], 3, 4, 3],
    [3, 3, [4], 4, 4, 4],
    [3, 3, [4], 5, 4, 4],
    [3, 3, [4, 4], 5, 5, 5],
    [2, 2, [4], 3, 3, 3],
  ]
  for (const [logTerm, index, terms, commit, last, committed] of table) {
    const { log } = logOf([1, 2, 3])
    log.commitTo(1)
    expect(log.tryAppend(index, logTerm, entries(index + 1, ...terms), commit), `${[logTerm, index]}`).toBe(last)
    expect(log.committed).toBe(committed)
    if (last > index) expect(termsOf(log.slice(index + 1, last + 1, NO_LIMIT))).toEqual(terms)
  }
  const { log } = logOf([1, 2, 3])
  log.commitTo(1)
  expect(() => log.tryAppend(0, 0, entries(1, 4), 1)).toThrow('conflicts with a committed entry')
})

test('compaction takes the old entries and leaves everything else', () => {
  const last = 20
  const { log, storage } = logOf(
    Array.from({ length: 15 }, (_, at) => at + 1),
    Array.from({ length: 5 }, (_, at) => at + 16),
  )
  log.commitTo(last)
  storage.compact(10)
  expect([log.firstIndex(), log.lastIndex(), log.lastTerm()]).toEqual([11, last, last])
  for (let index = 10; index <= last; index++) expect(log.matchTerm(index, index)).toBe(true)
  expect(log.unstable.nextEntries().map(({ index }) => index)).toEqual([16, 17, 18, 19, 20])
  log.append(entries(last + 1, last + 1))
  expect([log.lastIndex(), log.entriesFrom(last + 1, NO_LIMIT)?.length]).toEqual([last + 1, 1])
})

test('compaction goes up to an index that is there, and no further', () => {
  for (const [compact, left] of [
    [
      [300, 500, 800, 900],
      [700, 500, 200, 100],
    ],
    [
      [300, 299],
      [700, 700],
    ],
  ] as const) {
    const storage = new MemoryStorage()
    storage.append(entries(1, ...new Array<number>(1000).fill(1)))
    const log = new Log(storage, null, NO_LIMIT)
    compact.forEach((index, at) => {
      storage.compact(index)
      expect(log.entriesFrom(log.firstIndex(), NO_LIMIT)?.length).toBe(left[at])
    })
    expect(() => storage.compact(1001)).toThrow('beyond the end of the log')
  }
})

test('a log that begins behind a snapshot is empty, and knows the term that comes before', () => {
  const storage = new MemoryStorage()
  storage.applySnapshot({ index: 1000, term: 1000, confState: emptyConfState, data: EMPTY })
  const log = new Log(storage, null, NO_LIMIT)
  expect([log.firstIndex(), log.committed, log.applied, log.unstable.offset, log.term(1000), log.lastIndex()]).toEqual([
    1001, 1000, 1000, 1001, 1000, 1000,
  ])
})

test('nothing is handed out to be applied while a snapshot waits, while too much is under way, or beyond the commit', () => {
  const snapshot = { index: 3, term: 1, confState: emptyConfState, data: EMPTY }
  type Row = [
    applied: number,
    applying: number,
    committed: number,
    allowUnstable: boolean,
    snapshot: boolean,
    expected: number[],
  ]
  const table: Row[] = [
    [3, 3, 3, true, false, []],
    [3, 3, 5, true, false, [4, 5]],
    [3, 4, 5, true, false, [5]],
    [3, 5, 5, true, false, []],
    [4, 4, 5, true, false, [5]],
    [5, 5, 5, true, false, []],
    // Only what is on disk, which ends at 4.
    [3, 3, 5, false, false, [4]],
    [3, 4, 5, false, false, []],
    // A snapshot waits.
    [3, 3, 5, true, true, []],
  ]
  for (const [applied, applying, committed, allowUnstable, isPending, expected] of table) {
    const storage = new MemoryStorage()
    storage.applySnapshot(snapshot)
    storage.append(entries(4, 1))
    const log = new Log(storage, null, NO_LIMIT)
    log.append(entries(5, 1, 1))
    log.commitTo(committed)
    log.appliedTo(applied, 0)
    for (let index = applied + 1; index <= applying; index++) log.acceptApplying(entries(index, 1), allowUnstable)
    if (isPending) log.restore({ ...snapshot, index: 6 })
    expect(log.hasNextCommitted(allowUnstable), `${[applied, applying, committed]}`).toBe(expected.length > 0)
    expect(log.nextCommitted(allowUnstable).map(({ index }) => index)).toEqual(expected)
  }
})

test('handing out pauses at the limit of bytes, and goes on when enough of that is applied', () => {
  const one = encodedBytes(new Entry(1, 1))
  const table: [limit: number, given: number, applied: number, goesOn: boolean][] = [
    [3 * one, 2, 0, true],
    [3 * one, 3, 0, false],
    [3 * one, 3, 1, true],
    [3 * one, 3, 3, true],
    [2 * one, 3, 1, false],
    [2 * one, 3, 2, true],
  ]
  for (const [limit, given, applied, goesOn] of table) {
    const { log } = logOf([1, 1, 1, 1, 1], [], limit)
    log.commitTo(given)
    log.acceptApplying(entries(1, ...new Array<number>(given).fill(1)), true)
    log.commitTo(5)
    if (applied > 0) log.appliedTo(applied, applied * one)
    expect(log.hasNextCommitted(true), `${[limit / one, given, applied]}`).toBe(goesOn)
  }
})

test('entries are unstable from where the storage ends, until they are acknowledged', () => {
  for (const [unstable, expected] of [
    [
      [1, 2],
      [1, 2],
    ],
    [[], []],
  ] as const) {
    const { log } = logOf([], [...unstable])
    expect(termsOf(log.unstable.nextEntries())).toEqual(expected)
    if (unstable.length > 0) log.unstable.stableTo(unstable.length, unstable.at(-1)!)
    expect([log.unstable.offset, log.unstable.hasNextEntries()]).toEqual([unstable.length + 1, false])
  }
})

test('only entries that match in index and term become stable, and none that a snapshot has taken the place of', () => {
  const table: [index: number, term: number, offset: number][] = [
    [1, 1, 2],
    [2, 2, 3],
    [2, 1, 1],
    [3, 1, 1],
  ]
  for (const [index, term, offset] of table) {
    const { log } = logOf([], [1, 2])
    log.unstable.stableTo(index, term)
    expect(log.unstable.offset, `${[index, term]}`).toBe(offset)
  }
  for (const index of [4, 5, 6]) {
    const { log } = logOf([1])
    log.restore({ index: 5, term: 2, confState: emptyConfState, data: EMPTY })
    log.append(entries(6, 2))
    log.unstable.stableTo(index, 2)
    expect(log.unstable.offset).toBe(index === 6 ? 7 : 6)
  }
})

test('terms below a snapshot that waits are not told, whatever the storage holds', () => {
  const storage = new MemoryStorage()
  storage.applySnapshot({ index: 100, term: 1, confState: emptyConfState, data: EMPTY })
  const log = new Log(storage, null, NO_LIMIT)
  log.restore({ index: 105, term: 2, confState: emptyConfState, data: EMPTY })
  expect([100, 104, 105, 106].map((index) => log.term(index))).toEqual([COMPACTED, COMPACTED, 2, UNAVAILABLE])
})

test('a slice outside of the log is a bug, and one below what is kept is not to be had', () => {
  const { log, storage } = logOf([1, 1, 1, 1], [2, 2])
  storage.compact(2)
  expect(log.slice(1, 3, NO_LIMIT)).toBeNull()
  expect(log.slice(2, 5, NO_LIMIT)).toBeNull()
  expect(log.slice(3, 3, NO_LIMIT)).toEqual([])
  expect(termsOf(log.slice(3, 7, NO_LIMIT))).toEqual([1, 1, 2, 2])
  expect(() => log.slice(3, 8, NO_LIMIT)).toThrow('outside of the unstable log')
  expect(() => log.slice(7, 8, NO_LIMIT)).toThrow('outside of the unstable log')
})

test('a log read page by page is the log', () => {
  const { log } = logOf([1, 1, 1, 2, 2], [2, 3, 3])
  for (const limit of [0, 1, 15, 25, 1000]) {
    const read: Entry[] = []
    while (read.length < 8) read.push(...log.slice(read.length + 1, 9, limit)!)
    expect(termsOf(read)).toEqual([1, 1, 1, 2, 2, 2, 3, 3])
  }
})
