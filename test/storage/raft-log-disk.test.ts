/** What a raft log on disk does when the disk is not kind. */
import { expect, test } from 'vitest'
import { Random, SetUpError, utf8 } from '../../src/base/index.ts'
import { LogDamage, LogLost, openRaftLog, type RaftLog, type RaftLogOptions } from '../../src/storage/index.ts'
import { SimulatedDisk } from '../sim/disk.ts'
import { closed, dump, entries, flushed, NO_STATE, START } from './log-tools.ts'
import { VirtualTime } from './virtual-time.ts'

const SEGMENT_BYTES = 16 * 1024
const RESERVE_BYTES = SEGMENT_BYTES / 8
const HEADER_BYTES = 56

class World {
  readonly time = new VirtualTime()
  readonly disk: SimulatedDisk

  constructor(seed: number | string = 1) {
    this.disk = new SimulatedDisk(this.time.byItself, new Random(seed))
  }

  open(options: Partial<RaftLogOptions> = {}): RaftLog {
    return openRaftLog(this.disk, { directory: '/log', segmentBytes: SEGMENT_BYTES, identity: 7, ...options })
  }

  /** Segments on the disk, oldest first. */
  segments(): string[] {
    return this.disk.list('/log').filter((name) => name.endsWith('.segment'))
  }

  /** Changes what lies on the disk behind the log's back. */
  change(name: string, change: (bytes: Uint8Array) => void): void {
    const bytes = this.disk.read(`/log/${name}`)
    change(bytes)
    this.disk.replace(`/log/${name}`, bytes)
  }
}

/** Three flushes of one group in one segment; gives what the log held after each, and where each batch ended. */
async function threeFlushes(world: World): Promise<{ dumps: object[]; ends: number[] }> {
  const log = world.open()
  const group = log.create(1, 1, 1, START, NO_STATE)
  const dumps: object[] = []
  const ends: number[] = []
  for (let i = 0; i < 3; i++) {
    log.append(group, { term: 1, vote: 1, commit: i * 3 }, entries(1, i * 3 + 1, i * 3 + 3))
    await flushed(log)
    dumps.push(dump(log))
    ends.push(log.stats.bytes)
  }
  await closed(log)
  return { dumps, ends }
}

test('a last batch that is torn anywhere is cut, and writing goes on behind what is left', async () => {
  for (let torn = 0; ; torn += 7) {
    const world = new World()
    const { dumps, ends } = await threeFlushes(world)
    const [, second, third] = ends as [number, number, number]
    if (second + torn >= third - 8) break
    world.change(world.segments()[0]!, (bytes) => bytes.fill(0, second + torn, third))

    const log = world.open()
    expect(dump(log)).toEqual(dumps[1])
    log.append(log.group(1, 1)!, null, entries(2, 7, 8))
    await flushed(log)
    const after = dump(log)
    await closed(log)
    const again = world.open()
    expect(dump(again)).toEqual(after)
    await closed(again)
  }
})

test('a torn tail is left behind: the next batch goes into a new segment, under a new incarnation', async () => {
  const world = new World()
  await threeFlushes(world)
  const first = world.segments()[0]!
  world.change(first, (bytes) => bytes.fill(0xee, 400))
  const torn = world.disk.read(`/log/${first}`)
  const log = world.open()
  log.append(log.group(1, 1)!, { term: 2, vote: 1, commit: 0 }, [])
  await flushed(log)
  expect(log.stats.segments).toBe(2)
  await closed(log)
  expect(world.disk.read(`/log/${first}`)).toEqual(torn)
  const head = JSON.parse(new TextDecoder().decode(world.disk.read('/log/log.json')))
  expect(head.incarnation).toBe(2)
})

test('a damaged batch below a later one that is whole is refused, with file and offset', async () => {
  const world = new World()
  const { ends } = await threeFlushes(world)
  const name = world.segments()[0]!
  world.disk.rot(`/log/${name}`, ends[0]! + HEADER_BYTES + 3)
  const failure = refusal(world)
  expect(failure).toBeInstanceOf(LogDamage)
  expect(failure).toMatchObject({ file: `/log/${name}`, offset: ends[0] })
  expect((failure as Error).message).toContain(`offset ${ends[0]}`)
})

test('a damaged first batch is refused too', async () => {
  const world = new World()
  await threeFlushes(world)
  const name = world.segments()[0]!
  world.disk.rot(`/log/${name}`, 0)
  expect(refusal(world)).toMatchObject({ name: 'LogDamage', file: `/log/${name}`, offset: 0 })
})

test('a segment that has become shorter is refused, though what is left of it looks like a torn tail', async () => {
  const world = new World()
  const { ends } = await threeFlushes(world)
  const name = world.segments()[0]!
  const bytes = world.disk.read(`/log/${name}`)
  world.disk.replace(`/log/${name}`, bytes.subarray(0, ends[1]! + 20))
  expect(refusal(world)).toMatchObject({ name: 'LogDamage', file: `/log/${name}`, offset: ends[1]! + 20 })
})

test('damage at the end of a segment that is not the last is refused, where a torn tail would be cut', async () => {
  const world = new World()
  const log = world.open()
  const group = log.create(1, 1, 1, START, NO_STATE)
  let bytesOfFirst = 0
  for (let i = 1; log.stats.segments < 2; i++) {
    bytesOfFirst = log.stats.bytes
    log.append(group, null, entries(1, i, i, 3000))
    await flushed(log)
  }
  await closed(log)
  const name = world.segments()[0]!
  const last = bytesOfFirst - 100
  world.disk.rot(`/log/${name}`, last)
  const failure = refusal(world) as LogDamage
  expect(failure).toMatchObject({ name: 'LogDamage', file: `/log/${name}` })
  expect(failure.offset).toBeLessThan(last)
  expect(failure.offset).toBeGreaterThan(0)
})

test('a segment that is missing in the middle, or at the beginning, is refused', async () => {
  for (const missing of [0, 1]) {
    const world = new World()
    const log = world.open()
    const group = log.create(1, 1, 1, START, NO_STATE)
    for (let i = 1; log.stats.segments < 4; i++) {
      log.append(group, null, entries(1, i, i, 3000))
      await flushed(log)
    }
    await closed(log)
    world.disk.remove(`/log/${world.segments()[missing]}`)
    expect(refusal(world)).toBeInstanceOf(LogDamage)
  }
})

test('a failed sync kills the log: its answer is the error, and every later call refuses', async () => {
  const world = new World()
  const log = world.open()
  const group = log.create(1, 1, 1, START, NO_STATE)
  await flushed(log)
  log.append(group, null, entries(1, 1, 1))
  world.disk.failingSyncs = 1
  await expect(flushed(log)).rejects.toThrow('simulated sync error')
  expect(() => log.append(group, null, entries(1, 2, 2))).toThrow(LogLost)
  expect(() => log.create(1, 2, 2, START, NO_STATE)).toThrow(LogLost)
  expect(() => log.installing(group, 5)).toThrow(LogLost)
  expect(() => log.restart(group, START, NO_STATE)).toThrow(LogLost)
  expect(() => log.bury(group, 1)).toThrow(LogLost)
  expect(() => log.flush(() => {})).toThrow(LogLost)
  expect(log.flushing).toBe(false)
  await closed(log)
})

test('a log that has failed a sync is never opened again', async () => {
  const world = new World()
  const log = world.open()
  log.create(1, 1, 1, START, NO_STATE)
  world.disk.failingSyncs = 1
  await expect(flushed(log)).rejects.toThrow('simulated sync error')
  expect(() => world.open()).toThrow(LogLost)
  world.disk.crash()
  expect(() => world.open()).toThrow(LogLost)
})

/** A log whose process died between the write and the sync of its last batch; the next one finds all of it. */
async function killedInASync(seed: number | string): Promise<World> {
  const world = new World(seed)
  const log = world.open()
  const group = log.create(1, 1, 1, START, NO_STATE)
  log.append(group, null, entries(1, 1, 2))
  await flushed(log)
  world.time.drain()
  log.append(group, { term: 1, vote: 1, commit: 2 }, entries(1, 3, 3))
  log.flush(() => {})
  world.disk.kill()
  return world
}

test('what a killed process had written but not synced is synced before it counts: a later power cut takes nothing of it', async () => {
  for (let seed = 0; seed < 20; seed++) {
    const world = await killedInASync(seed)
    const found = world.open()
    expect(found.group(1, 1)?.lastIndex()).toBe(3)
    // The next process goes on behind it, in another segment.
    found.append(found.group(1, 1)!, { term: 2, vote: 1, commit: 3 }, entries(2, 4, 4))
    await flushed(found)
    const before = dump(found)
    world.disk.crash()
    expect(dump(world.open())).toEqual(before)
  }
})

test('a log whose end cannot be synced when it is opened is lost, then and ever after', async () => {
  const world = await killedInASync(1)
  world.disk.failingSyncs = 1
  expect(() => world.open()).toThrow(LogLost)
  expect(() => world.open()).toThrow(LogLost)
})

test('a failed write kills the log as a failed sync does, and the answer comes later', async () => {
  const world = new World()
  const log = world.open()
  log.create(1, 1, 1, START, NO_STATE)
  await flushed(log)
  world.disk.failingWrites = 1
  let returned = false
  const answer = new Promise<[Error | null, boolean]>((resolve) => log.flush((error) => resolve([error, returned])))
  returned = true
  expect(await answer).toMatchObject([{ message: 'EIO: simulated write error' }, true])
  expect(() => world.open()).toThrow(LogLost)
})

test('a full disk is told before it hurts, and hard states still find room', async () => {
  const world = new World()
  const log = world.open()
  const group = log.create(1, 1, 1, START, NO_STATE)
  await flushed(log)
  world.time.drain()
  expect(log.full).toBe(false)
  world.disk.capacityBytes = world.disk.usedBytes
  let index = 0
  let bytesBefore = 0
  while (!log.full) {
    const { segments, bytes } = log.stats
    log.append(group, null, entries(1, index + 1, index + 1, 1000))
    index++
    await flushed(log)
    if (log.stats.segments > segments) bytesBefore = bytes
    world.time.drain()
  }
  // Entries that were on their way still find room, but for what is kept back.
  const { segments } = log.stats
  const used = (): number => log.stats.bytes - bytesBefore
  while (used() < SEGMENT_BYTES - RESERVE_BYTES - 200) {
    log.append(group, null, entries(1, index + 1, index + 1, 20))
    index++
    await flushed(log)
  }
  for (let term = 2; used() < SEGMENT_BYTES - 200; term++) {
    log.append(group, { term, vote: 3, commit: 0 }, [])
    await flushed(log)
  }
  expect(log.stats.segments).toBe(segments)
  const held = dump(log)

  // What does not fit waits, and is written when there is room again.
  log.append(group, null, entries(12, index + 1, index + 4, 1000))
  const waiting = flushed(log)
  world.time.drain()
  expect(log.flushing).toBe(true)
  log.makeRoom()
  world.time.drain()
  expect([log.flushing, log.full]).toEqual([true, true])
  world.disk.capacityBytes = Number.POSITIVE_INFINITY
  log.makeRoom()
  await waiting
  expect(log.full).toBe(false)
  expect(dump(log)).not.toEqual(held)
  const after = dump(log)
  await closed(log)
  expect(dump(world.open())).toEqual(after)
})

test('a log that waits for room on a full disk can be closed', async () => {
  const world = new World()
  world.disk.capacityBytes = 1000
  const log = world.open()
  log.create(1, 1, 1, START, NO_STATE)
  log.flush(() => expect.fail('a flush that found no room is done'))
  world.time.drain()
  expect(log.full).toBe(true)
  await closed(log)
})

test('on a full disk a segment that is freed becomes the next one', async () => {
  const world = new World()
  const log = world.open()
  const group = log.create(1, 1, 1, START, NO_STATE)
  let index = 0
  while (log.stats.segments < 3) {
    log.append(group, null, entries(1, ++index, index, 3000))
    await flushed(log)
  }
  world.time.drain()
  world.disk.capacityBytes = world.disk.usedBytes
  while (!log.full) {
    log.append(group, null, entries(1, ++index, index, 3000))
    await flushed(log)
    world.time.drain()
  }
  log.trim(group, index)
  log.append(group, { term: 2, vote: 0, commit: index }, [])
  await flushed(log)
  world.time.drain()
  expect(log.full).toBe(false)
  expect(log.stats.segments).toBe(1)
  await closed(log)
})

test('trimming frees whole segments, and recycled ones do not bring back what they held', async () => {
  const world = new World()
  const log = world.open()
  const group = log.create(1, 1, 1, START, NO_STATE)
  const used = new Set<string>()
  let index = 0
  for (let i = 0; i < 400; i++) {
    log.append(group, { term: 1, vote: 1, commit: index }, entries(1, index + 1, index + 1, 500))
    index++
    await flushed(log)
    if (i % 10 === 0) log.trim(group, index)
    for (const name of world.segments()) used.add(name)
    expect(log.stats.segments).toBeLessThanOrEqual(3)
  }
  expect(used.size).toBeGreaterThan(10)
  expect(world.segments().length).toBeLessThanOrEqual(3 + 1 + 4)
  const before = dump(log)
  await closed(log)
  expect(dump(world.open())).toEqual(before)
})

test('stale batches of a recycled segment are not read, though their checksums are good', async () => {
  const world = new World()
  const log = world.open({ sparesMax: 8 })
  const group = log.create(1, 1, 1, START, NO_STATE)
  let index = 0
  while (log.stats.segments < 4) {
    log.append(group, null, entries(1, ++index, index, 900))
    await flushed(log)
  }
  log.trim(group, index)
  const other = log.create(1, 2, 2, START, NO_STATE)
  for (let i = 0; i < 20; i++) {
    log.append(other, { term: i, vote: 0, commit: 0 }, entries(1, 1, 1, 900))
    log.append(group, { term: 2, vote: 0, commit: index }, [])
    await flushed(log)
  }
  const before = dump(log)
  await closed(log)
  // Stale bytes lie behind the newest batch of some recycled segment: whole batches, of another segment's number.
  const magic = Buffer.from('CELL')
  const stale = world.segments().filter((name) => {
    const bytes = Buffer.from(world.disk.read(`/log/${name}`))
    for (let at = bytes.indexOf(magic); at !== -1; at = bytes.indexOf(magic, at + 1)) {
      if (at % 8 === 0 && Number(bytes.readBigUInt64LE(at + 24)) !== Number(name.slice(0, 16))) return true
    }
    return false
  })
  expect(stale.length).toBeGreaterThan(0)
  expect(dump(world.open())).toEqual(before)
})

test('what little of idle groups lives in the oldest segment is written anew, so that it can go', async () => {
  const world = new World()
  const log = world.open({ checkpointSegments: 3 })
  for (let cell = 2; cell <= 40; cell++) {
    const idle = log.create(1, cell, cell, { index: 5, term: 5 }, { term: 5, vote: 0, commit: 5 })
    log.append(idle, null, entries(5, 6, 7))
  }
  log.bury(log.create(1, 99, 99, START, NO_STATE), 4)
  await flushed(log)
  for (const group of log.groups()) log.trim(group, 7)
  const busy = log.create(1, 1, 1, START, NO_STATE)
  let index = 0
  for (let i = 0; i < 200; i++) {
    log.append(busy, { term: 1, vote: 1, commit: index }, entries(1, index + 1, index + 1, 500))
    log.trim(busy, index)
    index++
    await flushed(log)
    expect(log.stats.segments).toBeLessThanOrEqual(5)
  }
  log.append(busy, null, [])
  await flushed(log)
  const before = dump(log)
  await closed(log)
  const again = world.open()
  expect(dump(again)).toEqual(before)
  expect([...again.tombstones()]).toMatchObject([{ store: 1, cell: 99, peer: 99, confVer: 4 }])
})

test('who holds the oldest segment with entries can be asked, and nothing else is freed by checkpoints', async () => {
  const world = new World()
  const log = world.open({ checkpointSegments: 2 })
  const holder = log.create(1, 1, 1, START, NO_STATE)
  log.append(holder, null, entries(1, 1, 3))
  const busy = log.create(1, 2, 2, START, NO_STATE)
  let index = 0
  while (log.stats.segments < 6) {
    log.append(busy, null, entries(1, ++index, index, 900))
    log.trim(busy, index)
    await flushed(log)
  }
  expect([...log.holders()]).toEqual([holder])
  log.trim(holder, 3)
  expect([...log.holders()]).toEqual([])
  await flushed(log)
  await flushed(log)
  expect(log.stats.segments).toBeLessThanOrEqual(2)
  await closed(log)
})

test('records of cells that nobody knows hold their segments', async () => {
  const world = new World()
  const log = world.open({ checkpointSegments: 2 })
  const unborn = log.create(1, 77, 77, { index: 5, term: 5 }, { term: 6, vote: 78, commit: 5 })
  log.append(unborn, null, entries(6, 6, 6))
  const busy = log.create(1, 2, 2, START, NO_STATE)
  let index = 0
  while (log.stats.segments < 5) {
    log.append(busy, null, entries(1, ++index, index, 900))
    log.trim(busy, index)
    await flushed(log)
  }
  await closed(log)
  const again = world.open({ checkpointSegments: 2 })
  expect(again.group(1, 77)?.hardState).toEqual({ term: 6, vote: 78, commit: 5 })
  expect(again.group(1, 77)?.lastIndex()).toBe(6)
})

test('entries that were replaced down to the first are whole, though the segment of their first copies is gone', async () => {
  const world = new World()
  const log = world.open()
  const group = log.create(1, 1, 1, { index: 5, term: 5 }, NO_STATE)
  let index = 5
  while (log.stats.segments < 2) {
    log.append(group, null, entries(5, ++index, index, 900))
    await flushed(log)
  }
  // The second segment holds entries of the middle, and only then those that take the place of all.
  log.append(group, null, entries(6, 6, 8))
  await flushed(log)
  await flushed(log)
  expect(log.stats.segments).toBe(1)
  const before = dump(log)
  await closed(log)
  expect(dump(world.open())).toEqual(before)
})

test('a directory of a newer format is refused, and named', async () => {
  const world = new World()
  await closed(world.open())
  world.disk.replace('/log/log.json', utf8('{"format":2,"shape":"another"}'))
  const failure = refusal(world)
  expect(failure).toBeInstanceOf(SetUpError)
  expect((failure as Error).message).toContain('/log/log.json is of format 2')
})

test('a head that is damaged, or missing beside segments, is refused', async () => {
  const world = new World()
  await threeFlushes(world)
  const head = new TextDecoder().decode(world.disk.read('/log/log.json'))
  for (const wrong of [head.replace('"identity":7', '"identity":5'), '{', '{"format":1}', '{"format":"1"}']) {
    world.disk.replace('/log/log.json', utf8(wrong))
    expect(refusal(world)).toMatchObject({ name: 'LogDamage', file: '/log/log.json' })
  }
  world.disk.remove('/log/log.json')
  expect(refusal(world)).toMatchObject({ name: 'LogDamage', file: '/log/log.json' })
})

test('batches of another log are not taken for its own', async () => {
  const world = new World()
  await threeFlushes(world)
  const foreign = new World()
  await closed(openRaftLog(foreign.disk, { directory: '/log', segmentBytes: SEGMENT_BYTES, identity: 8 }))
  const bytes = world.disk.read(`/log/${world.segments()[0]}`)
  foreign.disk.replace(`/log/${world.segments()[0]}`, bytes)
  expect(dump(openRaftLog(foreign.disk, { directory: '/log', segmentBytes: SEGMENT_BYTES }))).toEqual({
    groups: [],
    tombstones: [],
  })
})

test('an entry that does not fit in a segment is refused', async () => {
  const log = new World().open()
  const group = log.create(1, 1, 1, START, NO_STATE)
  expect(() => log.append(group, null, entries(1, 1, 1, SEGMENT_BYTES))).toThrow('does not fit in a segment')
  await closed(log)
})

test('the segment size may change between two openings', async () => {
  const world = new World()
  const { dumps } = await threeFlushes(world)
  const log = world.open({ segmentBytes: SEGMENT_BYTES * 2 })
  expect(dump(log)).toEqual(dumps[2])
  log.append(log.group(1, 1)!, null, entries(2, 10, 10, SEGMENT_BYTES))
  await flushed(log)
  const before = dump(log)
  await closed(log)
  expect(dump(world.open())).toEqual(before)
})

function refusal(world: World): unknown {
  try {
    world.open()
  } catch (error) {
    return error
  }
  return expect.fail('a damaged log was opened')
}
