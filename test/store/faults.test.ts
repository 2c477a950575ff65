import { expect, test } from 'vitest'
import { EMPTY, Random } from '../../src/base/index.ts'
import { FIRST_USER_CELL, type StoresMessage } from '../../src/model/index.ts'
import {
  type Engine,
  memoryEngine,
  memoryRaftLog,
  type RaftLog,
  rangeOf,
  SCOPE,
  stagingRange,
} from '../../src/storage/index.ts'
import type { Peer } from '../../src/store/peer.ts'
import { Fate, Refusal, StoreHarness } from './harness.ts'

async function threeCopies(): Promise<StoreHarness> {
  const harness = new StoreHarness(3)
  await harness.startWith(3)
  return harness
}

/** How many pieces of snapshots lie on the stage of a store. */
function staged(harness: StoreHarness, store: number): Promise<number> {
  const { start, end } = stagingRange(FIRST_USER_CELL)
  return new Promise((resolve, reject) =>
    harness.engines
      .get(store)
      ?.scan(start, end, { pairsMax: 1000, bytesMax: 1e9 }, (error, pairs) =>
        error === null ? resolve(pairs.length) : reject(error),
      ),
  )
}

const fateOf = (harness: StoreHarness, sequence: number) =>
  harness.answers.find((answer) => answer.sequence === sequence)?.fate

test('a leader that lost several entries to another one leads again, and the fate of what it lost is told', async () => {
  const harness = await threeCopies()
  await harness.transfer(FIRST_USER_CELL, 1)
  harness.drop = (from, to) => from === 0 || to === 0
  const lost: number[] = []
  for (let i = 0; i < 6; i++) {
    lost.push(harness.send(['SET', `k${i}`, 'lost']))
    await harness.step()
    await harness.step()
  }
  await harness.until(() => (harness.leader(FIRST_USER_CELL)?.store ?? 1) !== 1, 'the others elect a leader')
  harness.drop = () => false
  await harness.until(() => harness.nodes[0]?.host?.peer(1, FIRST_USER_CELL)?.node.isLeader === false, 'it steps down')
  await harness.transfer(FIRST_USER_CELL, 1)
  for (let i = 0; i < 6; i++) expect((await harness.ask(['SET', `n${i}`, 'v'])).text).toBe('+OK\r\n')
  expect(lost.map((sequence) => fateOf(harness, sequence))).toEqual(lost.map(() => Fate.notExecuted))
  expect((await harness.ask(['GET', 'k3'])).text).toBe('$-1\r\n')
})

test('a write that waits for the others to have room is not given up by a leader that goes on leading', async () => {
  const harness = await threeCopies()
  const leader = harness.leader(FIRST_USER_CELL)?.executor as number
  const others = harness.nodes.filter(({ executor }) => executor !== leader)
  // They hear of their leader, and take no entries.
  for (const { host } of others) Object.defineProperty(host, 'overlayBytesLimit', { value: -1, configurable: true })
  const write = harness.send(['SET', 'k', 'v'])
  await harness.run(12_000)
  expect(fateOf(harness, write)).toBe(undefined)
  expect(harness.leader(FIRST_USER_CELL)?.executor).toBe(leader)
  for (const { host } of others) Object.defineProperty(host, 'overlayBytesLimit', { value: 1e9 })
  await harness.until(() => fateOf(harness, write) !== undefined, 'there is room again')
  expect(harness.answers.find(({ sequence }) => sequence === write)).toMatchObject({ fate: Fate.done, text: '+OK\r\n' })
})

test('a write of one that does not lead any more, and never learns what came of it, is unknown after ten seconds', async () => {
  const harness = await threeCopies()
  await harness.transfer(FIRST_USER_CELL, 1)
  harness.drop = (from, to) => from === 0 || to === 0
  const write = harness.send(['SET', 'k', 'v'])
  await harness.until(() => harness.nodes[0]?.host?.peer(1, FIRST_USER_CELL)?.node.isLeader === false, 'it steps down')
  await harness.run(9_000)
  expect(fateOf(harness, write)).toBe(undefined)
  await harness.run(1_500)
  expect(fateOf(harness, write)).toBe(Fate.unknown)
})

test('large writes that nobody acknowledges for a while wait for room, and so does the deletion of a dead key', async () => {
  const harness = await threeCopies()
  const leader = harness.leader(FIRST_USER_CELL)?.executor as number
  await harness.ask(['SET', 'dead', 'v', 'PX', '30'])
  await harness.run(20)
  harness.drop = (_, to) => to === leader
  const large = 'x'.repeat(8 * 1024 * 1024 - 100)
  const sequences: number[] = []
  for (let i = 0; i < 10; i++) {
    sequences.push(harness.send(['SET', `k${i}`, large], { session: 10 + i }))
    await harness.run(2)
  }
  await harness.run(20)
  const read = harness.send(['GET', 'dead'], { session: 2 })
  await harness.run(5)
  harness.drop = () => false
  await harness.until(() => [...sequences, read].every((s) => fateOf(harness, s) !== undefined), 'answers')
  expect(harness.answers.find((answer) => answer.sequence === read)?.text).toBe('$-1\r\n')
  expect(sequences.map((sequence) => fateOf(harness, sequence))).toEqual(sequences.map(() => Fate.done))
})

test('a store takes a new peer of a cell although it never heard that its old one was removed', async () => {
  const harness = await threeCopies()
  await harness.ask(['SET', 'k', 'v'])
  await harness.transfer(FIRST_USER_CELL, 1)
  harness.drop = (from, to) => from === 2 || to === 2
  await harness.removePeer(FIRST_USER_CELL, 1002)
  harness.drop = () => false
  await harness.addPeer(FIRST_USER_CELL, 3, 1003)
  await harness.transfer(FIRST_USER_CELL, 3)
  expect((await harness.ask(['GET', 'k'])).text).toBe('$1\r\nv\r\n')
})

test('a learner that is removed while it takes a snapshot makes room for the next one, and leaves no stage behind', async () => {
  const harness = new StoreHarness(3)
  await harness.startWith(1)
  for (let i = 0; i < 30; i++) {
    harness.send(['MSET', ...Array.from({ length: 200 }, (_, j) => [`k${i}-${j}`, 'x'.repeat(100)]).flat()])
  }
  let pieces = 0
  harness.drop = (_, to, message: StoresMessage) => to === 2 && message.kind === 'snapshotPiece' && ++pieces > 1
  harness.order(FIRST_USER_CELL, { kind: 'addLearner', peer: { id: 1002, store: 3, role: 'learner' } })
  await harness.until(() => pieces > 1, 'a piece is staged')
  await harness.removePeer(FIRST_USER_CELL, 1002)
  harness.drop = () => false
  await harness.addPeer(FIRST_USER_CELL, 3, 1003)
  await harness.transfer(FIRST_USER_CELL, 3)
  expect((await harness.ask(['DBSIZE'])).text).toBe(':6000\r\n')
  expect((await harness.ask(['GET', 'k29-199'])).text).toBe(`$100\r\n${'x'.repeat(100)}\r\n`)
  expect(await staged(harness, 3)).toBe(0)
})

test('a peer that has installed a snapshot and died before it could say so catches up', async () => {
  const harness = new StoreHarness(3)
  await harness.startWith(1)
  await harness.ask(['SET', 'k', 'v'])
  const learner = () => harness.nodes[2]?.host?.peer(3, FIRST_USER_CELL)
  harness.drop = (from, _, message: StoresMessage) =>
    from === 2 && message.kind !== 'order' && (learner()?.applied ?? 0) > 0
  harness.order(FIRST_USER_CELL, { kind: 'addLearner', peer: { id: 1002, store: 3, role: 'learner' } })
  await harness.until(() => (learner()?.applied ?? 0) > 0 && learner()?.group.installingIndex === 0, 'it is installed')
  await harness.run(5)
  harness.kill(2)
  harness.open(2, 2)
  await harness.until(() => harness.nodes[2]?.host != null, 'it is open again')
  harness.drop = () => false
  expect((await harness.ask(['SET', 'k', 'w'])).text).toBe('+OK\r\n')
  const leader = () => harness.nodes[0]?.host?.peer(1, FIRST_USER_CELL)
  await harness.until(() => learner()?.applied === leader()?.applied, 'it has caught up')
})

test('a store that died while a snapshot was on its way to it has nothing of that when it is open again', async () => {
  const harness = new StoreHarness(3)
  await harness.startWith(1)
  for (let i = 0; i < 20; i++) {
    harness.send(['MSET', ...Array.from({ length: 200 }, (_, j) => [`k${i}-${j}`, 'x'.repeat(100)]).flat()])
  }
  let pieces = 0
  harness.drop = (_, to, message: StoresMessage) => to === 2 && message.kind === 'snapshotPiece' && ++pieces > 1
  harness.order(FIRST_USER_CELL, { kind: 'addLearner', peer: { id: 1002, store: 3, role: 'learner' } })
  await harness.until(() => pieces > 1, 'a piece is staged')
  expect(await staged(harness, 3)).toBe(1)
  harness.kill(2)
  harness.open(2, 2)
  await harness.until(() => harness.nodes[2]?.host != null, 'it is open again')
  expect(await staged(harness, 3)).toBe(0)
  harness.drop = () => false
  await harness.until(() => (harness.nodes[2]?.host?.peer(3, FIRST_USER_CELL)?.keys ?? 0) === 4000, 'it has all')
})

test('a snapshot whose rest never comes is let go, and its stage is deleted', async () => {
  const harness = new StoreHarness(3)
  await harness.startWith(1)
  for (let i = 0; i < 20; i++) {
    harness.send(['MSET', ...Array.from({ length: 200 }, (_, j) => [`k${i}-${j}`, 'x'.repeat(100)]).flat()])
  }
  harness.drop = (_, to, message: StoresMessage) =>
    to === 2 && message.kind === 'snapshotPiece' && (message.piece > 0 || harness.nowMs > 2000)
  harness.order(FIRST_USER_CELL, { kind: 'addLearner', peer: { id: 1002, store: 3, role: 'learner' } })
  await harness.until(
    () => harness.nodes[2]?.host?.peer(3, FIRST_USER_CELL)?.snapshotIn?.next === 1,
    'a piece is there',
  )
  await harness.run(31_000)
  expect(harness.nodes[2]?.host?.peer(3, FIRST_USER_CELL)?.snapshotIn).toBeNull()
  expect(await staged(harness, 3)).toBe(0)
  harness.drop = () => false
  await harness.until(() => (harness.nodes[2]?.host?.peer(3, FIRST_USER_CELL)?.keys ?? 0) === 4000, 'it has all')
})

/** An engine that answers late, and that falls when it is given two writes at a time. */
function slowEngine(delays: () => number): Engine {
  const inner = memoryEngine()
  let writing = false
  const later = (turns: number, run: () => void): void => {
    if (turns <= 0) run()
    else setImmediate(() => later(turns - 1, run))
  }
  return {
    full: false,
    getMany: (keys, done) => inner.getMany(keys, done),
    write(batch, done) {
      if (writing) throw new Error('two writes at a time')
      writing = true
      inner.write(batch, (error) =>
        later(delays(), () => {
          writing = false
          done(error)
        }),
      )
    },
    flush: (done) => inner.flush(done),
    snapshot: () => inner.snapshot(),
    scan: (start, end, limits, done) => inner.scan(start, end, limits, done),
    approximateBytes: (start, end, done) => inner.approximateBytes(start, end, done),
    close: (done) => inner.close(done),
  }
}

test('a peer that is removed while it is written back lets its last write end before its data is deleted', async () => {
  const harness = new StoreHarness(3)
  let delay = 0
  harness.engines.set(
    3,
    slowEngine(() => delay),
  )
  await harness.startWith(1)
  await harness.addPeer(FIRST_USER_CELL, 3, 1002)
  for (let i = 0; i < 30; i++) await harness.ask(['SET', `k${i}`, 'v'])
  delay = 400
  await harness.until(() => harness.nodes[2]?.host?.stores.get(3)?.writing === 'writeBack', 'it is written back')
  await harness.run(2)
  await harness.removePeer(FIRST_USER_CELL, 1002)
  delay = 0
  await harness.run(500)
  const { start, end } = rangeOf(SCOPE.user, EMPTY, null)
  const left = await new Promise<number>((resolve) =>
    harness.engines.get(3)?.scan(start, end, { pairsMax: 100, bytesMax: 1e6 }, (_, pairs) => resolve(pairs.length)),
  )
  expect(left).toBe(0)
  expect(harness.nodes[2]?.host?.stores.get(3)?.writing).toBeNull()
})

test('what has no bytes is made durable, too, so that no log is held for it', async () => {
  const harness = new StoreHarness(1, 1)
  await harness.startWith(1)
  const peer = harness.nodes[0]?.host?.peer(1, FIRST_USER_CELL)
  await harness.until(() => peer?.durable === peer?.applied, 'the first entry of the term is durable', 10_000)
  expect(peer?.group.firstIndex()).toBe((peer?.applied ?? 0) + 1)
})

test('a log of many segments is not held for a follower that is not there', async () => {
  const harness = new StoreHarness(3)
  const segments = { now: 1 }
  const log = memoryRaftLog()
  Object.defineProperty(log.stats, 'segments', { get: () => segments.now })
  log.holders = () => [...log.groups()].filter((group) => group.firstIndex() <= group.lastIndex())
  harness.logs[0] = log
  await harness.startWith(3)
  await harness.transfer(FIRST_USER_CELL, 1)
  harness.kill(2)
  for (let i = 0; i < 10; i++) await harness.ask(['SET', `k${i}`, 'v'])
  await harness.run(10_000)
  const peer = harness.nodes[0]?.host?.peer(1, FIRST_USER_CELL)
  expect(peer?.durable).toBe(peer?.applied)
  expect(peer?.group.firstIndex()).toBeLessThan(peer?.applied ?? 0)
  segments.now = 100
  await harness.until(() => peer?.group.firstIndex() === (peer?.applied ?? 0) + 1, 'it is trimmed', 10_000)
})

test.each([
  [500, 'keeps'],
  [25_000, 'lets go of'],
])('with %i small entries a log %s what a follower that is away lacks', async (count, does) => {
  const harness = new StoreHarness(3)
  await harness.startWith(3)
  await harness.transfer(FIRST_USER_CELL, 1)
  harness.kill(2)
  const peer = harness.leadingPeer() as Peer
  for (let left = count; left > 0; left -= 500) {
    peer.node.proposeAll(Array.from({ length: 500 }, () => EMPTY))
    harness.nodes[0]?.host?.touch(peer)
    harness.nodes[0]?.host?.again()
    await harness.run(5)
  }
  await harness.until(() => peer.applied === peer.node.lastIndex, 'all is applied', 20_000)
  await harness.until(() => peer.durable === peer.applied, 'all is durable', 20_000)
  await harness.run(100)
  expect(peer.group.bytes).toBeLessThan(64 * 1024)
  expect(peer.group.firstIndex() > peer.applied).toBe(does === 'lets go of')
})

test('a store whose log was full asks for room, and takes writes when there is some', async () => {
  const harness = new StoreHarness(1, 1)
  const log = memoryRaftLog() as { full: boolean } & RaftLog
  let isRoom = false
  log.makeRoom = () => {
    if (isRoom) log.full = false
  }
  harness.logs[0] = log
  await harness.startWith(1)
  await harness.ask(['SET', 'k', 'v'])
  log.full = true
  await harness.run(200)
  expect(await harness.ask(['SET', 'k', 'w'])).toMatchObject({ fate: Fate.notExecuted, refusal: Refusal.storeStopped })
  expect((await harness.ask(['GET', 'k'])).text).toBe('$1\r\nv\r\n')
  isRoom = true
  await harness.run(1500)
  expect((await harness.ask(['SET', 'k', 'w'])).text).toBe('+OK\r\n')
})

test('a command that comes before the stores are open, or after they have failed, is refused at once', async () => {
  const harness = await threeCopies()
  await harness.transfer(FIRST_USER_CELL, 1)
  harness.kill(0)
  harness.open(0, 2)
  const early = harness.send(['SET', 'k', 'v'], { to: { executor: 0, store: 1 } })
  await harness.step()
  await harness.step()
  expect(fateOf(harness, early)).toBe(Fate.notExecuted)
  await harness.until(() => harness.nodes[0]?.host != null, 'it is open again')
  harness.storesLost = () => {}
  harness.nodes[0]?.host?.fail(new Error('the disk is gone'))
  const late = harness.send(['SET', 'k', 'v'], { to: { executor: 0, store: 1 } })
  await harness.step()
  await harness.step()
  expect(harness.answers.find((answer) => answer.sequence === late)).toMatchObject({
    fate: Fate.notExecuted,
    refusal: Refusal.storeStopped,
  })
})

test('stores that fail tell what they know: what never ran is not executed, what was proposed is unknown', async () => {
  const harness = await threeCopies()
  const leader = harness.leader(FIRST_USER_CELL)?.executor as number
  harness.drop = (from, to) => from === leader || to === leader
  const proposed = harness.send(['SET', 'k', 'v'], { session: 1 })
  await harness.step()
  await harness.step()
  await harness.run(450)
  const parked = harness.send(['SET', 'k', 'w'], { session: 2 })
  await harness.step()
  await harness.step()
  harness.storesLost = () => {}
  harness.nodes[leader]?.host?.fail(new Error('the disk is gone'))
  await harness.step()
  await harness.step()
  expect(fateOf(harness, proposed)).toBe(Fate.unknown)
  expect(fateOf(harness, parked)).toBe(Fate.notExecuted)
})

test('without PD the reports wait, and are not made anew in each turn', async () => {
  const harness = await threeCopies()
  const leader = harness.leader(FIRST_USER_CELL)?.executor as number
  let told = 0
  harness.takesHeartbeat = () => {
    told++
    return false
  }
  for (let i = 0; i < 2000; i++) {
    harness.nodes[leader]?.host?.again()
    await harness.step()
  }
  expect(told).toBeLessThan(3 * 25)
  harness.heartbeats = []
  harness.takesHeartbeat = () => true
  await harness.until(() => harness.heartbeats.some((report) => report.cells.length > 0), 'reports', 200)
})

test('behind a command that was parked and refused, what follows on it is refused, too', async () => {
  const harness = await threeCopies()
  await harness.transfer(FIRST_USER_CELL, 1)
  await harness.ask(['SET', 'cold', 'v'])
  await harness.run(6000)
  const peer = harness.nodes[0]?.host?.peer(1, FIRST_USER_CELL)
  peer?.working?.evict(0, peer.written)
  const engine = harness.engines.get(1) as Engine
  const { getMany } = engine
  engine.getMany = (keys, done) => {
    engine.getMany = getMany
    getMany.call(engine, keys, (error, values) => setTimeout(() => done(error, values), 20))
  }
  const first = harness.send(['APPEND', 'cold', 'w'])
  await harness.step()
  await harness.step()
  harness.drop = (from, to) => from + to === 1
  harness.order(FIRST_USER_CELL, { kind: 'transferLeader', toStore: 2 })
  await harness.step()
  await harness.step()
  expect(fateOf(harness, first)).toBe(Fate.notExecuted)
  await harness.until(() => peer?.transferTo === 0, 'the transfer is given up')
  expect(peer?.node.isLeader).toBe(true)
  expect(await harness.ask(['APPEND', 'cold', 'x'], { after: first })).toMatchObject({ refusal: Refusal.outOfOrder })
  expect((await harness.ask(['GET', 'cold'])).text).toBe('$1\r\nv\r\n')
})

test('a pipeline that reads what is not in memory asks the engine for all of it at once', async () => {
  const harness = await threeCopies()
  await harness.transfer(FIRST_USER_CELL, 1)
  const keys = Array.from({ length: 20 }, (_, i) => `cold${i}`)
  for (const key of keys) await harness.ask(['SET', key, key])
  await harness.run(6000)
  const peer = harness.nodes[0]?.host?.peer(1, FIRST_USER_CELL)
  peer?.working?.evict(0, peer.written)
  const engine = harness.engines.get(1) as Engine
  const { getMany } = engine
  let readings = 0
  engine.getMany = (asked, done) => {
    readings++
    getMany.call(engine, asked, done)
  }
  let after = 0
  for (const key of keys) after = harness.send(['GET', key], { after })
  const last = () => harness.answers.find((answer) => answer.sequence === after)
  await harness.until(() => last() !== undefined, 'the last answer')
  expect(last()?.text).toBe('$6\r\ncold19\r\n')
  expect(readings).toBeLessThan(4)
})

test('what is kept for a follower that is gone is not written back again and again', async () => {
  const harness = new StoreHarness(3, 3, { memory: '64mb' })
  await harness.startWith(3)
  await harness.transfer(FIRST_USER_CELL, 1)
  harness.kill(2)
  for (let i = 0; i < 12; i++) await harness.ask(['SET', `k${i}`, 'x'.repeat(1024 * 1024)])
  const engine = harness.engines.get(1) as Engine
  let writes = 0
  const { write } = engine
  engine.write = (batch, done) => {
    writes++
    write.call(engine, batch, done)
  }
  for (let i = 0; i < 40; i++) {
    await harness.ask(['SET', 'small', `${i}`])
    await harness.run(50)
  }
  expect(writes).toBeLessThan(20)
  // Nor is more of the log held in memory than the overlays have a share of.
  const group = harness.nodes[0]?.host?.peer(1, FIRST_USER_CELL)?.group
  await harness.run(5000)
  expect(group?.bytes).toBeLessThan((64 * 1024 * 1024) / 2 / 3)
})

test('many copies of a large value are asked for in a few bytes, and no buffer grows without bounds', async () => {
  const harness = new StoreHarness(1, 1, { clientOutputMax: '20mb' })
  await harness.startWith(1)
  const large = 'x'.repeat(4 * 1024 * 1024)
  let largestBatch = 0
  harness.tellAnswers = (records) => {
    largestBatch = Math.max(largestBatch, records.length)
  }
  // Those behind the SET in the same turn wait for its commit; the others leave at once.
  const first = harness.send(['SET', 'k', large], { session: 1 })
  const waiting = Array.from({ length: 30 }, (_, i) => harness.send(['STRLEN', 'k'], { session: 100 + i }))
  const behind = Array.from({ length: 30 }, (_, i) => harness.send(['GET', 'k'], { session: 200 + i }))
  const all = [first, ...waiting, ...behind]
  await harness.until(() => all.every((sequence) => fateOf(harness, sequence) === Fate.done), 'answers')
  const more = Array.from({ length: 30 }, (_, i) => harness.send(['GET', 'k'], { session: 300 + i }))
  await harness.until(() => more.every((sequence) => fateOf(harness, sequence) === Fate.done), 'answers')
  expect(largestBatch).toBeLessThan(100 * 1024 * 1024)
  expect((await harness.ask(['MGET', 'k', 'k', 'k', 'k'])).text.length).toBeGreaterThan(4 * large.length)
  const refused = await harness.ask(['MGET', ...Array.from({ length: 20 }, () => 'k')])
  expect(refused.text.slice(0, 8)).toBe('-TOOBIG ')
})

/** Engine calls end late, and reads not in the order in which they were asked for. */
function lateEngine(random: Random): Engine {
  const inner = memoryEngine()
  const later = (run: () => void, turns = random.below(12)): void => {
    if (turns === 0) run()
    else setImmediate(() => later(run, turns - 1))
  }
  return {
    full: false,
    getMany: (keys, done) => inner.getMany(keys, (error, values) => later(() => done(error, values))),
    write: (batch, done) => inner.write(batch, (error) => later(() => done(error))),
    flush: (done) => inner.flush((error) => later(() => done(error))),
    snapshot: () => inner.snapshot(),
    scan: (start, end, limits, done) =>
      inner.scan(start, end, limits, (error, pairs, more) => later(() => done(error, pairs, more))),
    approximateBytes: (start, end, done) => inner.approximateBytes(start, end, done),
    close: (done) => inner.close(done),
  }
}

for (const seed of ['a', 'b']) {
  test(`loads, evictions, write-back, FLUSHALL and changes of leader show nobody an old value (seed ${seed})`, async () => {
    const random = new Random(`store faults ${seed}`)
    const harness = new StoreHarness(3)
    for (const store of [1, 2, 3]) harness.engines.set(store, lateEngine(random.fork()))
    await harness.startWith(3)
    const model = new Map<string, string>()
    const run = (words: string[]): string => {
      const [name, key = '', value = ''] = words
      const old = model.get(key)
      switch (name) {
        case 'SET':
          model.set(key, value)
          return '+OK\r\n'
        case 'APPEND':
          model.set(key, (old ?? '') + value)
          return `:${(old ?? '').length + value.length}\r\n`
        case 'GET':
          return old === undefined ? '$-1\r\n' : `$${old.length}\r\n${old}\r\n`
        case 'DEL':
          return `:${model.delete(key) ? 1 : 0}\r\n`
        case 'FLUSHALL':
          model.clear()
          return '+OK\r\n'
        default:
          return `:${model.size}\r\n`
      }
    }
    const draw = (): string[] => {
      const key = `k${random.below(12)}`
      const dice = random.below(100)
      if (dice < 30) return ['SET', key, `v${random.below(1000)}`]
      if (dice < 40) return ['APPEND', key, 'w']
      if (dice < 75) return ['GET', key]
      if (dice < 92) return ['DEL', key]
      if (dice < 95) return ['FLUSHALL']
      return ['DBSIZE']
    }
    for (let round = 0; round < 250; round++) {
      const expected: [number, string, string][] = []
      let after = 0
      for (let i = random.below(8); i >= 0; i--) {
        const words = draw()
        const sequence = harness.send(words, { after })
        expected.push([sequence, run(words), words.join(' ')])
        after = sequence
        if (random.below(3) === 0) await harness.step()
        const leader = harness.leader(FIRST_USER_CELL)
        const host = harness.nodes[leader?.executor ?? 0]?.host
        const peer = host?.peer(leader?.store ?? 1, FIRST_USER_CELL)
        if (host && peer && random.below(4) === 0) peer.working?.evict(0, peer.written)
        if (host && peer && random.below(4) === 0) host.writeBack.force(peer, () => {})
      }
      await harness.until(() => expected.every(([sequence]) => fateOf(harness, sequence) !== undefined), 'answers')
      for (const [sequence, text, words] of expected) {
        const answer = harness.answers.find((candidate) => candidate.sequence === sequence)
        expect(`${words}: ${answer?.text}`).toBe(`${words}: ${text}`)
      }
      harness.answers.length = 0
      if (round % 50 === 49) await harness.transfer(FIRST_USER_CELL, 1 + random.below(3))
    }
  })
}

for (const first of [1, 2]) {
  test(`a leader's death is known to executor ${first} a little earlier than to the other, and they elect at once`, async () => {
    const harness = await threeCopies()
    await harness.transfer(FIRST_USER_CELL, 1)
    await harness.run(1000)
    harness.die(0)
    harness.tellOfDeath(first, 0)
    await harness.run(5)
    harness.tellOfDeath(3 - first, 0)
    await harness.until(() => harness.leader(FIRST_USER_CELL) !== null, 'a new leader', 120)
  })
}

test('a peer that was removed while it was away asks PD, and goes when it is told', async () => {
  const harness = new StoreHarness(3)
  await harness.startWith(3)
  harness.drop = (from, to) => from === 2 || to === 2
  harness.order(FIRST_USER_CELL, { kind: 'removePeer', peer: { id: 1002, store: 3, role: 'voter' } })
  await harness.run(5000)
  expect(harness.nodes[2]?.host?.peer(3, FIRST_USER_CELL)?.id).toBe(1002)
  expect(harness.memberAsked.some(({ peer }) => peer === 1002)).toBe(true)
  const told = { kind: 'peerRemoved', store: 3, cell: FIRST_USER_CELL, peer: 1002 } as const
  harness.tell(2, { ...told, confVer: 1 })
  await harness.run(100)
  expect(harness.nodes[2]?.host?.peer(3, FIRST_USER_CELL)?.id).toBe(1002)
  harness.tell(2, { ...told, confVer: 100 })
  await harness.until(() => harness.nodes[2]?.host?.peer(3, FIRST_USER_CELL) === undefined, 'it is gone')
})

for (const isCrashed of [false, true]) {
  test(`a learner that is removed before its first data goes${isCrashed ? ', though a crash made it forget who it is' : ''}`, async () => {
    const harness = new StoreHarness(3)
    await harness.startWith(2)
    harness.drop = (_, to, { kind }) => to === 2 && kind === 'snapshotPiece'
    const learner = { id: 1002, store: 3, role: 'learner' } as const
    harness.order(FIRST_USER_CELL, { kind: 'addLearner', peer: learner })
    const unborn = () => harness.nodes[2]?.host?.peer(3, FIRST_USER_CELL)
    await harness.until(() => unborn() !== undefined, 'the leader has written to it')
    const bornAt = harness.leadingPeer()?.cell.epoch.confVer as number
    harness.drop = (from, to) => from === 2 || to === 2
    await harness.removePeer(FIRST_USER_CELL, 1002)
    if (isCrashed) {
      harness.kill(2)
      harness.open(2, 2)
      await harness.until(() => unborn() !== undefined, 'it is back')
    }
    expect(unborn()?.initialized).toBe(false)
    await harness.until(() => harness.memberAsked.some(({ peer }) => peer === 1002), 'it asks PD')
    expect(harness.memberAsked[0]?.confVer).toBe(isCrashed ? 0 : bornAt)
    const told = { kind: 'peerRemoved', store: 3, cell: FIRST_USER_CELL, peer: 1002 } as const
    if (!isCrashed) {
      // What PD knew before it was added says nothing.
      harness.tell(2, { ...told, confVer: bornAt })
      await harness.run(100)
      expect(unborn()?.id).toBe(1002)
    }
    harness.tell(2, { ...told, confVer: bornAt + 1 })
    await harness.until(() => unborn() === undefined, 'it is gone')
  })
}
