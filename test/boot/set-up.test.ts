import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SetUpError } from '../../src/base/index.ts'
import type { Cluster } from '../../src/boot/cluster.ts'
import { openDatabase } from '../../src/boot/identity.ts'
import { NothingToServe, type Prepared, recordedOptions, setUp } from '../../src/boot/set-up.ts'
import { decodeCellState, FIRST_USER_CELL, SYSTEM_CELL } from '../../src/model/index.ts'
import { LOG_FILES, metaKey, nodeDisk, openRaftLog, type RaftLog } from '../../src/storage/index.ts'

let base: string

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'cellarium-set-up-'))
})

afterEach(() => {
  rmSync(base, { recursive: true, force: true })
})

const wanted = { executors: 2, stores: 4, storesGiven: false, replicas: 3, labels: [] as readonly string[] }

async function prepared(directories: readonly string[], change: Partial<typeof wanted> = {}): Promise<Prepared> {
  const found = await setUp(directories, { ...wanted, ...change })
  await found.release()
  return found
}

function clusterIn(directory: string): Cluster & { disk: number } {
  return JSON.parse(readFileSync(join(directory, 'cluster.json'), 'utf8'))
}

async function cellStates(storeDirectory: string) {
  const engine = await openDatabase(storeDirectory)
  const values = await new Promise<(Uint8Array | null)[]>((resolve, reject) =>
    engine.getMany([metaKey(SYSTEM_CELL), metaKey(FIRST_USER_CELL)], (error, found) =>
      error === null ? resolve(found) : reject(error),
    ),
  )
  await new Promise<void>((resolve) => engine.close(() => resolve()))
  return values.map((value) => (value === null ? null : decodeCellState(value)))
}

function settled(log: RaftLog): Promise<void> {
  return new Promise((resolve, reject) =>
    log.flush((error) => (error === null ? log.close(() => resolve()) : reject(error))),
  )
}

describe('A start that is refused', () => {
  const labels = ['no label']

  test('leaves none of the directories that it made, nor their parents', async () => {
    await expect(setUp([join(base, 'x', 'y', 'a'), join(base, 'x', 'b')], { ...wanted, labels })).rejects.toThrow(
      SetUpError,
    )
    await expect(setUp([join(base, 'a'), join(base, 'a')], wanted)).rejects.toThrow('is given twice')
    await expect(setUp([join(base, 'c', 'd'), '/proc/none/of/it'], wanted)).rejects.toThrow('cannot be made')
    expect(readdirSync(base)).toEqual([])
  })

  test('leaves what was there, and a lock that is another’s', async () => {
    const there = join(base, 'there')
    mkdirSync(there)
    await expect(setUp([there, join(base, 'new')], { ...wanted, labels })).rejects.toThrow(SetUpError)
    expect(readdirSync(base)).toEqual(['there'])
    const other = await setUp([there], wanted)
    const before = readdirSync(there)
    await expect(setUp([join(base, 'new'), there], wanted)).rejects.toThrow('is in use by')
    expect(readdirSync(base)).toEqual(['there'])
    expect(readdirSync(there)).toEqual(before)
    await other.release()
    await prepared([there])
  })
})

describe('A new cluster', () => {
  test('has the labels of each directory on its stores, in whatever order the directories come back', async () => {
    const [a, b] = [join(base, 'a'), join(base, 'b')]
    const labelled = ({ topology }: Prepared) => topology.stores.map(({ labels }) => `${labels.disk} ${labels.host}`)
    const first = labelled(await prepared([a, b], { labels: ['host=x', 'host=y'] }))
    expect([...new Set(first)].sort()).toEqual(['1 x', '2 y'])
    expect(labelled(await prepared([b, a], { labels: ['host=y', 'host=x'] }))).toEqual(first)
  })

  test('has its stores on the executors in turn, and both cells with one voter on the first store', async () => {
    const found = await prepared([join(base, 'd')])
    expect(found.topology.stores.map((store) => [store.id, store.executor, store.labels.disk])).toEqual([
      [1, 0, '1'],
      [2, 1, '1'],
      [3, 0, '1'],
      [4, 1, '1'],
    ])
    const states = await cellStates(join(base, 'd', 'store-1'))
    expect(states.map((state) => state?.cell)).toEqual(
      [SYSTEM_CELL, FIRST_USER_CELL].map((id) => ({
        id,
        system: id === SYSTEM_CELL,
        start: new Uint8Array(0),
        end: null,
        epoch: { version: 1, confVer: 1 },
        peers: [{ id, store: 1, role: 'voter' }],
      })),
    )
    expect(states.map((state) => [state?.appliedIndex, state?.appliedTerm])).toEqual([
      [5, 5],
      [5, 5],
    ])
    expect(await cellStates(join(base, 'd', 'store-2'))).toEqual([null, null])
  })

  test('deals its stores over the disks, and lets those of one executor share a disk', async () => {
    const found = await prepared([join(base, 'a'), join(base, 'b')])
    const places = found.topology.stores.map(({ executor, labels }) => `${executor}/${labels.disk}`)
    expect(places).toEqual(['0/1', '1/2', '0/1', '1/2'])
    expect(new Set(found.topology.stores.map((store) => store.logDir)).size).toBe(2)
    expect(clusterIn(join(base, 'b')).disk).toBe(2)
  })

  test('has a raft log for each executor and disk, so that a disk takes no store with it that lies elsewhere', async () => {
    const directories = ['a', 'b', 'c'].map((name) => join(base, name))
    const found = await prepared(directories)
    for (const store of found.topology.stores) expect(store.logDir.startsWith(join(store.dir, '..'))).toBe(true)
    expect(found.topology.stores.map((store) => `${store.executor}/${store.labels.disk}`)).toEqual([
      '0/1',
      '1/2',
      '0/3',
      '1/1',
    ])
    expect(new Set(found.topology.stores.map((store) => store.logDir)).size).toBe(4)
    rmSync(directories[0] as string, { recursive: true })
    expect([...(await prepared(directories)).lost.keys()]).toEqual([1, 4])
  })

  test('cut off after any step and begun again ends as if it had not been', async () => {
    const steps: string[] = []
    const small = { ...wanted, stores: 2, replicas: 1 }
    const whole = await setUp([join(base, 'whole')], small, { reached: (step) => steps.push(step) })
    await whole.release()
    expect(steps.length).toBeGreaterThan(9)
    for (let stop = 0; stop < steps.length; stop++) {
      const directory = join(base, `cut-${stop}`)
      let reached = 0
      const cut = setUp([directory], small, {
        reached(step) {
          if (reached++ === stop) throw new Error(`cut off after: ${step}`)
        },
      })
      await expect(cut).rejects.toThrow('cut off')
      const found = await prepared([directory], small)
      expect(found.lost.size).toBe(0)
      const expected = { ...whole.cluster, revision: 0, cluster: '', stores: [], logs: [], nextLog: 0 }
      expect({ ...found.cluster, revision: 0, cluster: '', stores: [], logs: [], nextLog: 0 }).toEqual(expected)
      expect(found.cluster.stores.map(({ id, state }) => [id, state])).toEqual(
        whole.cluster.stores.map(({ id, state }) => [id, state]),
      )
      const states = await cellStates(join(directory, 'store-1'))
      expect(states.map((state) => state?.cell.id)).toEqual([SYSTEM_CELL, FIRST_USER_CELL])
      const logs = readdirSync(directory).filter((name) => name.startsWith('log-'))
      expect(logs.sort()).toEqual(found.cluster.logs.map((log) => log.name).sort())
    }
  })
})

describe('A cluster that is there', () => {
  test('is opened without a change, however often', async () => {
    const first = await prepared([join(base, 'd')])
    const again = await prepared([join(base, 'd')])
    expect(again.cluster).toEqual(first.cluster)
    expect(again.topology).toEqual(first.topology)
  })

  test('knows its number of stores and copies, also under another number of executors', async () => {
    await prepared([join(base, 'd')], { stores: 5, replicas: 1 })
    expect(recordedOptions([join(base, 'd')])).toEqual({ stores: 5, replicas: 1 })
    expect(recordedOptions([join(base, 'other')])).toBeNull()
  })

  test('finds its disks in whatever order they are given', async () => {
    const directories = [join(base, 'a'), join(base, 'b')]
    const first = await prepared(directories)
    const again = await prepared([...directories].reverse())
    expect(again.topology).toEqual(first.topology)
  })

  test('has two openers refused at once, also within one process, and is free when the first has gone', async () => {
    const first = await setUp([join(base, 'd')], wanted)
    await expect(setUp([join(base, 'd')], wanted)).rejects.toThrow(/in use by process \d+: stop it/)
    await first.release()
    await prepared([join(base, 'd')])
  })

  test('moved to another number of executors keeps what its raft logs held', async () => {
    const directory = join(base, 'd')
    const before = await prepared([directory])
    const store3 = before.topology.stores.find((store) => store.id === 3)
    const log = openRaftLog(nodeDisk, { directory: store3?.logDir as string })
    const group = log.create(3, 77, 1234, { index: 5, term: 5 }, { term: 6, vote: 1234, commit: 6 })
    const entries = [6, 7, 8].map((index) => ({ index, term: 6, type: 0 as const, data: new Uint8Array([index]) }))
    log.append(group, null, entries)
    log.entomb({ store: 1, cell: 9, peer: 1001, confVer: 3 })
    await settled(log)

    const after = await prepared([directory], { executors: 3 })
    expect(after.topology.stores.map((store) => store.executor)).toEqual([0, 1, 2, 0])
    const moved = openRaftLog(nodeDisk, { directory: after.topology.stores[2]?.logDir as string })
    const found = moved.group(3, 77)
    expect(found?.hardState).toEqual({ term: 6, vote: 1234, commit: 6 })
    expect(found?.peer).toBe(1234)
    expect(found?.entries(6, 9, Infinity)?.map((entry) => [entry.index, entry.term, [...entry.data]])).toEqual([
      [6, 6, [6]],
      [7, 6, [7]],
      [8, 6, [8]],
    ])
    expect(found?.term(5)).toBe(5)
    await settled(moved)
    const first = openRaftLog(nodeDisk, { directory: after.topology.stores[0]?.logDir as string })
    const tombstones = [...first.tombstones()].map(({ store, cell, peer, confVer }) => ({ store, cell, peer, confVer }))
    expect(tombstones).toEqual([{ store: 1, cell: 9, peer: 1001, confVer: 3 }])
    await settled(first)
    expect(readdirSync(directory).filter((name) => name.startsWith('log-'))).toHaveLength(3)
  })

  test('moved to another number of executors and cut off anywhere loses nothing', async () => {
    const directory = join(base, 'd')
    const before = await prepared([directory])
    const log = openRaftLog(nodeDisk, { directory: before.topology.stores[0]?.logDir as string })
    log.create(1, 77, 1234, { index: 5, term: 5 }, { term: 6, vote: 1234, commit: 5 })
    await settled(log)
    for (let stop = 0; stop < 3; stop++) {
      let reached = 0
      const cut = setUp(
        [directory],
        { ...wanted, executors: 1 },
        {
          reached() {
            if (reached++ === stop) throw new Error('cut off')
          },
        },
      )
      await expect(cut).rejects.toThrow('cut off')
    }
    const after = await prepared([directory], { executors: 1 })
    const moved = openRaftLog(nodeDisk, { directory: after.topology.stores[0]?.logDir as string })
    expect(moved.group(1, 77)?.hardState).toEqual({ term: 6, vote: 1234, commit: 5 })
    await settled(moved)
  })
})

describe('More stores than before', () => {
  test('are added empty, on the executors and disks whose turn it is, and stay when nobody asks for them again', async () => {
    const directories = [join(base, 'a'), join(base, 'b')]
    const before = await prepared(directories)
    const after = await prepared(directories, { stores: 6, storesGiven: true })
    expect(after.topology.stores.slice(0, 4)).toEqual(before.topology.stores)
    const places = after.topology.stores.map(({ id, executor, labels }) => `${id}: ${executor}/${labels.disk}`)
    expect(places).toEqual(['1: 0/1', '2: 1/2', '3: 0/1', '4: 1/2', '5: 0/1', '6: 1/2'])
    expect(await cellStates(after.topology.stores[5]?.dir as string)).toEqual([null, null])
    expect(recordedOptions(directories)?.stores).toBe(6)
    expect((await prepared(directories)).topology).toEqual(after.topology)
  })

  test('come together with more executors, and what the logs held is in the new ones', async () => {
    const directory = join(base, 'd')
    const before = await prepared([directory], { executors: 1, stores: 3 })
    const log = openRaftLog(nodeDisk, { directory: before.topology.stores[0]?.logDir as string })
    log.create(2, 77, 1234, { index: 5, term: 5 }, { term: 6, vote: 1234, commit: 5 })
    await settled(log)
    const after = await prepared([directory], { executors: 4, stores: 8, storesGiven: true })
    expect(after.topology.stores.map(({ id, executor }) => `${id}@${executor}`)).toEqual([
      '1@0',
      '2@1',
      '3@2',
      '4@3',
      '5@0',
      '6@1',
      '7@2',
      '8@3',
    ])
    expect(new Set(after.topology.stores.map((store) => store.logDir)).size).toBe(4)
    const moved = openRaftLog(nodeDisk, { directory: after.topology.stores[1]?.logDir as string })
    expect(moved.group(2, 77)?.hardState).toEqual({ term: 6, vote: 1234, commit: 5 })
    await settled(moved)
  })

  test('are there under the same ids when their making was cut off anywhere', async () => {
    const directory = join(base, 'd')
    await prepared([directory])
    const more = { ...wanted, stores: 6, storesGiven: true }
    for (let stop = 0; stop < 7; stop++) {
      let reached = 0
      const cut = setUp([directory], more, {
        reached() {
          if (reached++ === stop) throw new Error('cut off')
        },
      })
      await cut.then(
        (found) => found.release(),
        (error) => expect(error.message).toBe('cut off'),
      )
    }
    const after = await prepared([directory])
    expect(after.topology.stores.map((store) => store.id)).toEqual([1, 2, 3, 4, 5, 6])
    expect(clusterIn(directory).stores.every((store) => store.state === 'up')).toBe(true)
  })
})

describe('A store that is not what it was', () => {
  test('comes back under a new id when its directory is gone, and its slot and disk are the same', async () => {
    const directory = join(base, 'd')
    await prepared([directory])
    rmSync(join(directory, 'store-3'), { recursive: true })
    const found = await prepared([directory])
    expect([...found.lost.keys()]).toEqual([3])
    expect(found.topology.stores.map((store) => [store.id, store.executor])).toEqual([
      [1, 0],
      [2, 1],
      [4, 1],
      [5, 0],
    ])
    expect(existsSync(join(directory, 'store-5', 'identity.json'))).toBe(true)
    const again = await prepared([directory])
    expect(again.lost.size).toBe(0)
    expect(again.cluster.stores.find((store) => store.id === 3)?.state).toBe('lost')
  })

  test('is a new store when only its identity is gone, whatever else its directory holds', async () => {
    const directory = join(base, 'd')
    await prepared([directory])
    rmSync(join(directory, 'store-2', 'identity.json'))
    const found = await prepared([directory])
    expect(found.lost.get(2)).toContain('has no identity')
    expect(found.topology.stores.map((store) => store.id)).toEqual([1, 3, 4, 5])
  })

  test('is lost with its whole executor when the raft log is gone, or has failed a sync', async () => {
    const directory = join(base, 'd')
    const first = await prepared([directory])
    rmSync(first.topology.stores[1]?.logDir as string, { recursive: true })
    const second = await prepared([directory])
    expect([...second.lost.keys()]).toEqual([2, 4])
    expect(second.topology.stores.map((store) => store.id)).toEqual([1, 3, 5, 6])

    const failed = second.topology.stores.find((store) => store.id === 5)?.logDir as string
    writeFileSync(join(failed, LOG_FILES.lost), '')
    const third = await prepared([directory])
    expect([...third.lost.keys()]).toEqual([5, 6])
    expect(existsSync(join(failed, LOG_FILES.lost))).toBe(true)
  })

  test('leaves no records behind in a log that others go on using', async () => {
    const directory = join(base, 'd')
    const before = await prepared([directory])
    const logDir = before.topology.stores[0]?.logDir as string
    const log = openRaftLog(nodeDisk, { directory: logDir })
    for (const store of [1, 3])
      log.create(store, 77, 1000 + store, { index: 5, term: 5 }, { term: 5, vote: 0, commit: 5 })
    await settled(log)
    rmSync(join(directory, 'store-3'), { recursive: true })
    await prepared([directory])
    const again = openRaftLog(nodeDisk, { directory: logDir })
    expect([...again.groups()].map((group) => group.store)).toEqual([1])
    await settled(again)
  })

  test('takes a whole disk with it, and the empty disk in its place is filled anew', async () => {
    const directories = [join(base, 'a'), join(base, 'b')]
    await prepared(directories)
    rmSync(directories[1] as string, { recursive: true })
    const found = await prepared(directories)
    expect([...found.lost.keys()]).toEqual([2, 4])
    expect(found.topology.stores.map((store) => `${store.id}/${store.labels.disk}`)).toEqual([
      '1/1',
      '3/1',
      '5/2',
      '6/2',
    ])
  })

  test('cut off in the middle of being replaced is replaced once', async () => {
    const directory = join(base, 'd')
    await prepared([directory])
    rmSync(join(directory, 'store-3'), { recursive: true })
    for (let stop = 0; stop < 5; stop++) {
      let reached = 0
      await setUp([directory], wanted, {
        reached() {
          if (reached++ === stop) throw new Error('cut off')
        },
      }).then(
        (found) => found.release(),
        (error) => expect(error.message).toBe('cut off'),
      )
    }
    const found = await prepared([directory])
    expect(found.topology.stores.map((store) => store.id)).toEqual([1, 2, 4, 5])
  })

  test('is not replaced when there is no other: an empty cluster in its place would be a lie', async () => {
    const directory = join(base, 'd')
    await prepared([directory], { stores: 1, executors: 1, replicas: 1 })
    rmSync(join(directory, 'store-1'), { recursive: true })
    const again = () => prepared([directory], { stores: 1, executors: 1, replicas: 1 })
    await expect(again()).rejects.toThrow(NothingToServe)
    await expect(again()).rejects.toThrow(/every store .* is lost .*is gone.*restore a backup/)
  })
})

describe('Refused, with what to do about it', () => {
  const refusal = async (directories: readonly string[], change: Partial<typeof wanted> = {}) => {
    const error = await prepared(directories, change).then(
      () => null,
      (thrown) => thrown,
    )
    expect(error).toBeInstanceOf(SetUpError)
    expect(error.message).not.toContain('\n')
    return error.message as string
  }

  test('fewer stores than there are', async () => {
    await prepared([join(base, 'd')])
    const change = { stores: 3, storesGiven: true }
    expect(await refusal([join(base, 'd')], change)).toContain('has 4 stores, and --stores asks for 3')
  })

  test('more stores than there are ids', async () => {
    await prepared([join(base, 'd')])
    writeFileSync(join(base, 'd', 'cluster.json'), JSON.stringify({ ...clusterIn(join(base, 'd')), nextStore: 999 }))
    const change = { stores: 6, storesGiven: true }
    expect(await refusal([join(base, 'd')], change)).toContain('all 999 store ids have been used')
  })

  test('a newer format', async () => {
    await prepared([join(base, 'd')])
    const cluster = clusterIn(join(base, 'd'))
    writeFileSync(join(base, 'd', 'cluster.json'), JSON.stringify({ ...cluster, format: 99 }))
    expect(await refusal([join(base, 'd')])).toContain('written by a newer cellarium (format 99')
  })

  test('a directory of another cluster', async () => {
    await prepared([join(base, 'a')])
    await prepared([join(base, 'b')])
    expect(await refusal([join(base, 'a'), join(base, 'b')])).toContain('belong to different clusters')
  })

  test("another store's directory in a store's place", async () => {
    await prepared([join(base, 'a')])
    await prepared([join(base, 'b')])
    const identity = readFileSync(join(base, 'b', 'store-2', 'identity.json'))
    writeFileSync(join(base, 'a', 'store-2', 'identity.json'), identity)
    expect(await refusal([join(base, 'a')])).toContain('put the right directory back')
  })

  test('fewer directories, more, or one twice', async () => {
    const directories = [join(base, 'a'), join(base, 'b')]
    await prepared(directories)
    expect(await refusal([join(base, 'a')])).toContain('give all')
    expect(await refusal([...directories, join(base, 'c')])).toContain('keeps the number it began with')
    expect(await refusal([join(base, 'a'), join(base, 'a', '.')])).toContain('given twice')
  })

  test('stores without their cluster.json, and a cluster.json that is not one', async () => {
    await prepared([join(base, 'd')])
    rmSync(join(base, 'd', 'cluster.json'))
    expect(await refusal([join(base, 'd')])).toContain('and no cluster.json')
    writeFileSync(join(base, 'd', 'cluster.json'), '{')
    expect(await refusal([join(base, 'd')])).toContain('is not JSON')
  })

  test('a directory that cannot be made', async () => {
    writeFileSync(join(base, 'file'), '')
    expect(await refusal([join(base, 'file', 'd')])).toMatch(/cannot be made \(E\w+\): give another --dir/)
  })

  // Node's own recursion never came back here, and heard no signal.
  test.runIf(process.platform === 'linux')('a directory under one that takes none', async () => {
    expect(await refusal(['/proc/cellarium/d'])).toMatch(/cannot be made \(E\w+\): give another --dir/)
  })

  test('what is no directory', async () => {
    const file = join(base, 'file')
    writeFileSync(file, '')
    expect(await refusal([file])).toMatch(/cannot be (made|written) \(E\w+\): give another --dir/)
    expect(() => recordedOptions([file])).toThrow(/cannot be read \(E\w+\): give another --dir/)
    expect(() => recordedOptions([file])).toThrow(SetUpError)
  })
})
