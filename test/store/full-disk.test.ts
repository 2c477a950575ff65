import { expect, test } from 'vitest'
import { Fate, FIRST_USER_CELL, Refusal } from '../../src/model/index.ts'
import { type Engine, memoryEngine } from '../../src/storage/index.ts'
import { roomLeft } from '../../src/store/room.ts'
import { StoreHarness } from './harness.ts'

const MIB = 1024 * 1024
const refused = { fate: Fate.notExecuted, refusal: Refusal.storeStopped }

function spaceWith(freeBytes: number) {
  return { capacityBytes: 1000 * MIB, freeBytes, reserveBytes: 40 * MIB, sharers: 1 }
}

/** An engine on a disk that is full while `disk.full`: what is to be written waits. */
function engineOn(disk: { full: boolean; held: (() => void)[] }): Engine {
  const inner = memoryEngine()
  const whenThereIsRoom = (run: () => void): void => {
    if (disk.full) disk.held.push(run)
    else run()
  }
  return {
    get full() {
      return disk.held.length > 0
    },
    getMany: (keys, done) => inner.getMany(keys, done),
    write: (batch, done) => whenThereIsRoom(() => inner.write(batch, done)),
    flush: (done) => whenThereIsRoom(() => inner.flush(done)),
    snapshot: () => inner.snapshot(),
    scan: (start, end, limits, done) => inner.scan(start, end, limits, done),
    approximateBytes: (start, end, done) => inner.approximateBytes(start, end, done),
    close: (done) => inner.close(done),
  }
}

function isServed(harness: StoreHarness): boolean {
  const leader = harness.leader(FIRST_USER_CELL)
  return leader !== null && harness.nodes[leader.executor]?.host?.peer(leader.store, FIRST_USER_CELL)?.working != null
}

test('the reserve, what the engines of all stores on a disk lack, and what is free make the room that is left', () => {
  expect(roomLeft(spaceWith(40 * MIB), 0)).toBe('enough')
  expect(roomLeft(spaceWith(40 * MIB), 1)).toBe('little')
  expect(roomLeft({ ...spaceWith(100 * MIB), sharers: 3 }, 20 * MIB)).toBe('enough')
  expect(roomLeft({ ...spaceWith(99 * MIB), sharers: 3 }, 20 * MIB)).toBe('little')
  expect(roomLeft(spaceWith(20 * MIB), 0)).toBe('little')
  expect(roomLeft(spaceWith(20 * MIB - 1), 0)).toBe('none')
  expect(roomLeft({ capacityBytes: 0, freeBytes: 0, reserveBytes: 40 * MIB, sharers: 1 }, 0)).toBe('enough')
})

test('while little room is left what makes room is taken, and nothing else; all is again when there has been room for a second', async () => {
  const harness = new StoreHarness(3)
  await harness.startWith(3)
  await harness.ask(['SET', 'k', 'v'])
  await harness.ask(['SET', 'l', 'v'])
  harness.space = spaceWith(30 * MIB)
  await harness.run(200)
  expect(await harness.ask(['SET', 'k', 'w'])).toMatchObject(refused)
  expect(await harness.ask(['APPEND', 'k', 'w'])).toMatchObject(refused)
  expect((await harness.ask(['GET', 'k'])).text).toBe('$1\r\nv\r\n')
  expect((await harness.ask(['DEL', 'k'])).text).toBe(':1\r\n')
  harness.space = spaceWith(800 * MIB)
  await harness.run(500)
  expect(await harness.ask(['SET', 'k', 'w'])).toMatchObject(refused)
  await harness.run(1000)
  expect((await harness.ask(['SET', 'k', 'w'])).text).toBe(`+OK\r\n`)
})

test('while none is left nothing is taken, and a new leader serves reads all the same', async () => {
  const harness = new StoreHarness(3)
  await harness.startWith(3)
  await harness.ask(['SET', 'k', 'v'])
  harness.space = spaceWith(1 * MIB)
  await harness.run(200)
  expect(await harness.ask(['DEL', 'k'])).toMatchObject(refused)
  const leader = harness.leader(FIRST_USER_CELL)?.executor as number
  harness.kill(leader)
  await harness.until(() => harness.leader(FIRST_USER_CELL) !== null, 'another leads')
  await harness.until(() => isServed(harness), 'it evaluates')
  expect((await harness.ask(['GET', 'k'])).text).toBe('$1\r\nv\r\n')
  expect(await harness.ask(['SET', 'k', 'w'])).toMatchObject(refused)
})

test('an engine that waits for room has its store refuse writes; what was acknowledged is written when there is some', async () => {
  const harness = new StoreHarness(1, 1)
  const disk = { full: false, held: [] as (() => void)[] }
  harness.engines.set(1, engineOn(disk))
  await harness.startWith(1)
  await harness.ask(['SET', 'k', 'v'])
  disk.full = true
  await harness.until(() => disk.held.length > 0, 'it is written back, and waits', 10_000)
  expect(await harness.ask(['SET', 'k', 'w'])).toMatchObject(refused)
  expect((await harness.ask(['GET', 'k'])).text).toBe('$1\r\nv\r\n')
  disk.full = false
  for (const run of disk.held.splice(0)) run()
  const peer = harness.nodes[0]?.host?.peer(1, FIRST_USER_CELL)
  await harness.until(() => peer?.durable === peer?.applied, 'it is durable', 10_000)
  expect((await harness.ask(['SET', 'k', 'w'])).text).toBe('+OK\r\n')
})
