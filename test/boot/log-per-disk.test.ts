import { expect, test } from 'vitest'
import { LogPerDisk } from '../../src/boot/log-per-disk.ts'
import { memoryRaftLog, type RaftLog } from '../../src/storage/index.ts'

const start = { index: 5, term: 5 }
const hardState = { term: 5, vote: 0, commit: 5 }

/** Flushes are held back until the test lets them go. */
function held(): { log: RaftLog; go: (error?: Error) => void } {
  const log = memoryRaftLog((run) => run())
  let waiting: ((error: Error | null) => void) | null = null
  log.flush = (done) => {
    waiting = done
  }
  return {
    log,
    go(error) {
      const done = waiting
      waiting = null
      done?.(error ?? null)
    },
  }
}

function bench() {
  const one = held()
  const two = held()
  const log = new LogPerDisk(
    new Map([
      [1, one.log],
      [3, one.log],
      [2, two.log],
    ]),
  )
  return { one, two, log }
}

test('a record goes to the log of its own disk, and all are seen as one log', () => {
  const { one, two, log } = bench()
  for (const store of [1, 2, 3]) log.create(store, 7, 100 + store, start, hardState)
  expect([...one.log.groups()].map((group) => group.store)).toEqual([1, 3])
  expect([...two.log.groups()].map((group) => group.store)).toEqual([2])
  expect([...log.groups()].map((group) => group.store)).toEqual([1, 3, 2])
  const group = log.group(2, 7)
  if (group === undefined) throw new Error('the group is not there')
  log.append(group, { ...hardState, term: 6 }, [{ index: 6, term: 6, type: 0, data: new Uint8Array(10) }])
  expect(two.log.group(2, 7)?.lastIndex()).toBe(6)
  log.bury(group, 4)
  expect(log.group(2, 7)).toBeUndefined()
  expect([...log.tombstones()].map(({ store, peer }) => [store, peer])).toEqual([[2, 102]])
})

test('a flush is done when all disks have it, and fails when one does', () => {
  const { one, two, log } = bench()
  const done: (Error | null)[] = []
  log.flush((error) => done.push(error))
  expect(log.flushing).toBe(true)
  two.go()
  expect(done).toEqual([])
  one.go()
  expect(done).toEqual([null])
  expect(log.flushing).toBe(false)
  const failure = new Error('EIO')
  log.flush((error) => done.push(error))
  one.go(failure)
  two.go()
  expect(done).toEqual([null, failure])
})

test('a store whose log is not there is not served', () => {
  expect(() => bench().log.group(4, 7)).toThrow('is not served')
})
