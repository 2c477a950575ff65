/** One suite for every raft log: what they promise is the same, and where they lie makes no difference. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { Random } from '../../src/base/index.ts'
import { COMPACTED, UNAVAILABLE } from '../../src/raft/index.ts'
import { memoryRaftLog, nodeDisk, openRaftLog, type RaftLog } from '../../src/storage/index.ts'
import { SimulatedDisk } from '../sim/disk.ts'
import { all, closed, describeEntry, dump, entries, entry, flushed, NO_STATE, START } from './log-tools.ts'
import { VirtualTime } from './virtual-time.ts'

/** Where a log lies. `open` may be called again after the log was closed, where it outlives its process. */
interface Place {
  name: string
  outlives: boolean
  make(): () => RaftLog
}

const SEGMENT_BYTES = 64 * 1024
const directories: string[] = []

const places: Place[] = [
  { name: 'in memory', outlives: false, make: () => () => memoryRaftLog() },
  {
    name: 'on the real disk',
    outlives: true,
    make: () => {
      const parent = mkdtempSync(join(tmpdir(), 'cellarium-log-'))
      directories.push(parent)
      return () => openRaftLog(nodeDisk, { directory: join(parent, 'log-0'), segmentBytes: SEGMENT_BYTES })
    },
  },
  {
    name: 'on the simulated disk',
    outlives: true,
    make: () => {
      const disk = new SimulatedDisk(new VirtualTime().byItself, new Random(1))
      return () => openRaftLog(disk, { directory: '/log-0', segmentBytes: SEGMENT_BYTES, identity: 7 })
    },
  },
  {
    name: 'on a disk that forgets, between two openings, what was not synced',
    outlives: true,
    make: () => {
      const disk = new SimulatedDisk(new VirtualTime().byItself, new Random(2))
      return () => {
        disk.crash()
        return openRaftLog(disk, { directory: '/log-0', segmentBytes: SEGMENT_BYTES, identity: 7 })
      }
    },
  },
]

afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true })
})

describe.each(places)('a raft log $name', (place) => {
  test('a new group begins behind its start, whose term is known, and holds nothing', async () => {
    const log = place.make()()
    const group = log.create(1, 2, 3, { index: 5, term: 4 }, { term: 4, vote: 0, commit: 5 })
    expect([group.store, group.cell, group.peer]).toEqual([1, 2, 3])
    expect([group.firstIndex(), group.lastIndex()]).toEqual([6, 5])
    expect([group.term(4), group.term(5), group.term(6)]).toEqual([COMPACTED, 4, UNAVAILABLE])
    expect(group.hardState).toEqual({ term: 4, vote: 0, commit: 5 })
    expect(log.group(1, 2)).toBe(group)
    expect(log.group(2, 2)).toBeUndefined()
    await closed(log)
  })

  test('what is appended can be read at once, before it is durable', async () => {
    const log = place.make()()
    const group = log.create(1, 1, 1, START, NO_STATE)
    log.append(group, { term: 2, vote: 1, commit: 1 }, entries(2, 1, 3))
    expect(all(group).map(describeEntry)).toEqual(['1:2:0:2/1', '2:2:0:2/2', '3:2:0:2/3'])
    expect([group.firstIndex(), group.lastIndex(), group.term(2), group.bytes]).toEqual([1, 3, 2, 9])
    expect(describeEntry(group.entry(3))).toBe('3:2:0:2/3')
    expect(() => group.entry(4)).toThrow('does not hold')
    expect(log.gatheredBytes).toBeGreaterThan(9)
    await closed(log)
  })

  test('entries take the place of what is held from their first index on', async () => {
    const log = place.make()()
    const group = log.create(1, 1, 1, START, NO_STATE)
    log.append(group, null, entries(1, 1, 5))
    log.append(group, null, entries(2, 3, 4))
    expect(all(group).map(describeEntry)).toEqual(['1:1:0:1/1', '2:1:0:1/2', '3:2:0:2/3', '4:2:0:2/4'])
    expect(group.bytes).toBe(12)
    expect(() => log.append(group, null, entries(2, 6, 6))).toThrow('does not follow')
    await closed(log)
  })

  test('a read gives at least one entry, and then as many as fit', async () => {
    const log = place.make()()
    const group = log.create(1, 1, 1, START, NO_STATE)
    log.append(group, null, entries(1, 1, 10, 100))
    expect(group.entries(2, 11, 0)).toHaveLength(1)
    expect(group.entries(2, 11, 350)?.map((each) => each.index)).toEqual([2, 3, 4])
    expect(group.entries(2, 4, 1e9)?.map((each) => each.index)).toEqual([2, 3])
    expect(group.entries(11, 11, 1e9)).toEqual([])
    await closed(log)
  })

  test('what is trimmed is forgotten, and the term of the last of it is still known', async () => {
    const log = place.make()()
    const group = log.create(1, 1, 1, START, NO_STATE)
    log.append(group, null, [...entries(1, 1, 4), ...entries(2, 5, 6)])
    log.trim(group, 4)
    log.trim(group, 2)
    expect([group.firstIndex(), group.lastIndex(), group.term(3), group.term(4)]).toEqual([5, 6, COMPACTED, 1])
    expect(group.entries(4, 6, 1e9)).toBeNull()
    expect(group.bytes).toBe(6)
    expect(() => log.append(group, null, entries(3, 4, 4))).toThrow('trimmed')
    expect(() => log.trim(group, 7)).toThrow('behind the end')
    log.trim(group, 6)
    log.append(group, null, entries(3, 7, 7))
    expect(all(group).map(describeEntry)).toEqual(['7:3:0:3/7'])
    await closed(log)
  })

  test('a flush calls back later, never before it has returned, and there is one at a time', async () => {
    const log = place.make()()
    log.create(1, 1, 1, START, NO_STATE)
    let returned = false
    const first = new Promise<boolean>((resolve) => log.flush(() => resolve(returned)))
    expect(log.flushing).toBe(true)
    expect(log.gatheredBytes).toBe(0)
    expect(() => log.flush(() => {})).toThrow('one flush at a time')
    returned = true
    expect(await first).toBe(true)
    expect(log.flushing).toBe(false)
    await flushed(log)
    await closed(log)
  })

  test('the hard state stays as it was given last, whatever becomes of the object', async () => {
    const log = place.make()()
    const state = { term: 3, vote: 2, commit: 1 }
    const group = log.create(1, 1, 1, START, NO_STATE)
    log.append(group, state, [])
    state.term = 9
    log.append(group, null, entries(3, 1, 1))
    expect(group.hardState).toEqual({ term: 3, vote: 2, commit: 1 })
    await closed(log)
  })

  test('a group that is installing says so until it starts anew, without entries', async () => {
    const log = place.make()()
    const group = log.create(1, 1, 1, START, NO_STATE)
    log.append(group, null, entries(1, 1, 3))
    log.installing(group, 90)
    expect(group.installingIndex).toBe(90)
    log.restart(group, { index: 90, term: 7 }, { term: 7, vote: 0, commit: 90 })
    expect(group.installingIndex).toBe(0)
    expect([group.firstIndex(), group.lastIndex(), group.term(90), group.bytes]).toEqual([91, 90, 7, 0])
    log.append(group, null, entries(7, 91, 92))
    expect(all(group)).toHaveLength(2)
    await closed(log)
  })

  test('a buried peer leaves a tombstone, and another peer of the cell may be born', async () => {
    const log = place.make()()
    const group = log.create(1, 1, 11, START, NO_STATE)
    log.bury(group, 5)
    expect(log.group(1, 1)).toBeUndefined()
    expect([...log.tombstones()]).toMatchObject([{ store: 1, cell: 1, peer: 11, confVer: 5 }])
    expect(() => log.append(group, null, entries(1, 1, 1))).toThrow('not of this log')
    const next = log.create(1, 1, 12, START, NO_STATE)
    expect([...log.tombstones()]).toMatchObject([{ peer: 11 }])
    log.bury(next, 8)
    expect([...log.tombstones()]).toMatchObject([{ peer: 12, confVer: 8 }])
    expect(log.tombstone(1, 1)).toMatchObject({ peer: 12, confVer: 8 })
    expect([log.tombstone(1, 2), log.tombstone(2, 1)]).toEqual([undefined, undefined])
    await closed(log)
  })

  test('a group is made once, and only its own log takes it', async () => {
    const make = place.make()
    const log = make()
    const group = log.create(1, 1, 1, START, NO_STATE)
    expect(() => log.create(1, 1, 2, START, NO_STATE)).toThrow('exists already')
    const other = place.make()()
    other.create(1, 1, 1, START, NO_STATE)
    expect(() => other.append(group, null, entries(1, 1, 1))).toThrow('not of this log')
    await closed(log)
    await closed(other)
  })

  test('groups of many stores live in one log', async () => {
    const log = place.make()()
    for (const store of [1, 2])
      for (const cell of [1, 2, 3]) log.create(store, cell, store * 10 + cell, START, NO_STATE)
    const peers = [...log.groups()].map((group) => group.peer)
    expect(peers.sort((a, b) => a - b)).toEqual([11, 12, 13, 21, 22, 23])
    await closed(log)
  })
})

describe.each(places.filter((place) => place.outlives))('a raft log $name, opened again', (place) => {
  test('holds what was flushed: groups, entries, hard states, tombstones and marks of installation', async () => {
    const open = place.make()
    const log = open()
    const one = log.create(1, 1, 101, START, NO_STATE)
    const two = log.create(1, 2 ** 40, 2 ** 50, { index: 5, term: 5 }, { term: 5, vote: 0, commit: 5 })
    const three = log.create(3, 3, 103, START, NO_STATE)
    const four = log.create(3, 4, 104, START, NO_STATE)
    log.append(one, { term: 1, vote: 101, commit: 0 }, entries(1, 1, 5))
    log.append(two, null, [entry(5, 6, ''), entry(5, 7, 'conf', 1), entry(6, 8, 'conf v2', 2)])
    await flushed(log)
    log.append(one, { term: 2, vote: 102, commit: 2 }, entries(2, 4, 9))
    log.installing(three, 77)
    log.bury(four, 6)
    log.entomb({ store: 9, cell: 9, peer: 9, confVer: 9 })
    await flushed(log)
    log.restart(two, { index: 50, term: 6 }, { term: 6, vote: 0, commit: 50 })
    log.append(two, null, entries(6, 51, 52))
    await flushed(log)
    const before = dump(log)
    await closed(log)

    const again = open()
    expect(dump(again)).toEqual(before)
    await closed(again)
    const third = open()
    expect(dump(third)).toEqual(before)
    await closed(third)
  })

  test('does not hold what was gathered and not flushed', async () => {
    const open = place.make()
    const log = open()
    const group = log.create(1, 1, 1, START, NO_STATE)
    log.append(group, null, entries(1, 1, 2))
    await flushed(log)
    const before = dump(log)
    log.append(group, null, entries(1, 3, 4))
    await closed(log)
    const again = open()
    expect(dump(again)).toEqual(before)
    await closed(again)
  })

  test('goes on where it ended, over many segments and openings', async () => {
    const open = place.make()
    let index = 0
    let before: object = { groups: [], tombstones: [] }
    for (let opening = 0; opening < 4; opening++) {
      const log = open()
      expect(dump(log)).toEqual(before)
      const group = log.group(1, 1) ?? log.create(1, 1, 1, START, NO_STATE)
      for (let i = 0; i < 30; i++) {
        log.append(group, { term: 1, vote: 1, commit: index }, entries(1, index + 1, index + 10, 1000))
        index += 10
        await flushed(log)
      }
      expect(log.stats.segments).toBeGreaterThan(4)
      before = dump(log)
      await closed(log)
    }
  })

  test('a flush larger than a segment is written in several batches, in order', async () => {
    const open = place.make()
    const log = open()
    const group = log.create(1, 1, 1, START, NO_STATE)
    log.append(group, null, entries(1, 1, 300, 1000))
    await flushed(log)
    expect(log.stats.batches).toBeGreaterThan(4)
    expect(log.stats.syncs).toBe(log.stats.batches)
    const before = dump(log)
    await closed(log)
    const again = open()
    expect(dump(again)).toEqual(before)
    await closed(again)
  })

  test('an ordinary flush is one batch and one sync', async () => {
    const log = place.make()()
    for (let cell = 1; cell <= 100; cell++) log.create(1, cell, cell, START, NO_STATE)
    await flushed(log)
    for (const group of log.groups()) log.append(group, null, entries(1, 1, 3))
    await flushed(log)
    expect([log.stats.batches, log.stats.syncs]).toEqual([2, 2])
    await closed(log)
  })

  test('what was trimmed may come back, but never more than was there', async () => {
    const open = place.make()
    const log = open()
    const group = log.create(1, 1, 1, START, NO_STATE)
    log.append(group, null, entries(1, 1, 20))
    await flushed(log)
    log.trim(group, 10)
    await closed(log)
    const again = open()
    const found = again.group(1, 1)!
    expect(found.firstIndex()).toBeLessThanOrEqual(11)
    expect(found.lastIndex()).toBe(20)
    again.trim(found, 10)
    again.append(found, null, entries(1, 21, 21))
    await flushed(again)
    await closed(again)
    const third = open()
    expect(third.group(1, 1)?.firstIndex()).toBe(11)
    expect(third.group(1, 1)?.term(10)).toBe(1)
    await closed(third)
  })
})
