/** How a snapshot is moved: what it costs a thread that has commands to serve, and what a power cut leaves of it. */
import { expect, test } from 'vitest'
import { Random } from '../../src/base/index.ts'
import { FIRST_USER_CELL, type StoresMessage } from '../../src/model/index.ts'
import { type Engine, type EngineBatch, openRaftLog, type RaftLog, stagingRange } from '../../src/storage/index.ts'
import type { Peer } from '../../src/store/peer.ts'
import { SimulatedDisk } from '../sim/disk.ts'
import { SimulatedEngineDisk } from '../sim/engine.ts'
import { StoreHarness } from './harness.ts'

const CHILD = 50
const LEARNER = { id: 1002, store: 3, role: 'learner' } as const

function fill(harness: StoreHarness, keys: number, valueBytes: number): void {
  const value = 'x'.repeat(valueBytes)
  for (let from = 0; from < keys; from += 200) {
    const count = Math.min(200, keys - from)
    harness.send(['MSET', ...Array.from({ length: count }, (_, i) => [`k${from + i}`, value]).flat()])
  }
}

const learner = (harness: StoreHarness) => harness.nodes[2]?.host?.peer(3, FIRST_USER_CELL)

/** What the engine of store 3 is given, from now on. */
function watch(harness: StoreHarness): { batches: EngineBatch[]; flushes: number } {
  const engine = harness.engines.get(3) as Engine
  const seen: { batches: EngineBatch[]; flushes: number } = { batches: [], flushes: 0 }
  const { write, flush } = engine
  engine.write = (batch, done) => {
    seen.batches.push(batch)
    write.call(engine, batch, done)
  }
  engine.flush = (done) => {
    seen.flushes++
    flush.call(engine, done)
  }
  return seen
}

/** Milliseconds of a thread in which it may do nothing else: at a few microseconds a pair on either side. */
const PAIRS_PER_TURN_MAX = 1100
const RING_FRAME_BYTES = 128 * 1024

test.each([
  ['many small values', 20_000, 20],
  ['fewer large ones', 2000, 4000],
])('a turn has no more to do with a snapshot than a bounded number of pairs: %s', async (_, keys, valueBytes) => {
  const harness = new StoreHarness(3)
  await harness.startWith(1)
  fill(harness, keys, valueBytes)
  await harness.until(() => harness.leadingPeer()?.keys === keys, 'it is filled')
  const seen = watch(harness)
  let pieces = 0
  let largest = 0
  let most = 0
  let told = 0
  harness.drop = (_from, to, message: StoresMessage) => {
    if (to === 2 && message.kind === 'snapshotPiece') {
      pieces++
      told++
      largest = Math.max(largest, message.pairs.length)
    }
    return false
  }
  harness.order(FIRST_USER_CELL, { kind: 'addLearner', peer: LEARNER })
  await harness.until(() => {
    const written = seen.batches.splice(0).map((batch) => batch.keys.length)
    most = Math.max(most, ...written)
    expect(told).toBeLessThanOrEqual(1)
    told = 0
    return learner(harness)?.keys === keys
  }, 'it has all')
  expect(pieces).toBeGreaterThan(10)
  expect(most).toBeLessThanOrEqual(PAIRS_PER_TURN_MAX)
  // A piece that does not go into the ring as it is costs several buffers of its size.
  expect(largest).toBeLessThan(RING_FRAME_BYTES)
})

test('of several snapshots at once a thread reads and sends one piece a turn', async () => {
  const harness = new StoreHarness(3)
  await harness.startWith(1)
  fill(harness, 6000, 100)
  await harness.until(() => harness.leadingPeer()?.keys === 6000, 'it is filled')
  harness.order(FIRST_USER_CELL, {
    kind: 'split',
    key: null,
    child: CHILD,
    childPeers: [{ id: 51, store: 1, role: 'voter' }],
  })
  await harness.until(() => harness.leadingPeer(CHILD) !== undefined, 'it is cut')
  const cells = [FIRST_USER_CELL, CHILD]
  let told: number[] = []
  let toldMax = 0
  const streams = new Set<number>()
  harness.drop = (_from, _to, message: StoresMessage) => {
    if (message.kind === 'snapshotPiece') told.push(message.cell)
    return false
  }
  for (const cell of cells) harness.order(cell, { kind: 'addLearner', peer: { ...LEARNER, id: 1000 + cell } })
  await harness.until(() => {
    toldMax = Math.max(toldMax, told.length)
    const streaming = cells.filter((cell) => harness.leadingPeer(cell)?.snapshotOut?.streaming)
    if (streaming.length > 1) for (const cell of told) streams.add(cell)
    told = []
    return cells.every((cell) => harness.nodes[2]?.host?.peer(3, cell)?.initialized)
  }, 'both are there')
  expect([...streams]).toHaveLength(2)
  expect(toldMax).toBe(1)
})

test('a small snapshot is written in one batch, without a stage, and one flush makes it durable', async () => {
  const harness = new StoreHarness(3)
  await harness.startWith(1)
  fill(harness, 800, 100)
  await harness.until(() => harness.leadingPeer()?.keys === 800, 'it is filled')
  const seen = watch(harness)
  harness.order(FIRST_USER_CELL, { kind: 'addLearner', peer: LEARNER })
  await harness.until(() => learner(harness)?.keys === 800, 'it has all')
  expect(seen.batches.map(({ keys }) => keys.length)).toEqual([801])
  expect(seen.flushes).toBe(1)
})

test('a snapshot that is not so small is staged before anything of the cell is cleared', async () => {
  const harness = new StoreHarness(3)
  await harness.startWith(1)
  fill(harness, 1200, 100)
  await harness.until(() => harness.leadingPeer()?.keys === 1200, 'it is filled')
  const seen = watch(harness)
  harness.order(FIRST_USER_CELL, { kind: 'addLearner', peer: LEARNER })
  await harness.until(() => learner(harness)?.keys === 1200, 'it has all')
  const { start, end } = stagingRange(FIRST_USER_CELL)
  const isStaged = ({ keys }: EngineBatch) =>
    keys.some((key) => Buffer.compare(key, start) >= 0 && Buffer.compare(key, end) < 0)
  expect(seen.batches.map(isStaged)).toEqual([true, true, true, false, false, false, false])
})

test('a small snapshot that takes the place of a larger one leaves nothing of that on the stage', async () => {
  const harness = new StoreHarness(3)
  await harness.startWith(2)
  fill(harness, 1500, 100)
  await harness.until(() => harness.leadingPeer()?.keys === 1500, 'it is filled')
  const leader = harness.leader(FIRST_USER_CELL)?.store as number
  harness.order(FIRST_USER_CELL, { kind: 'addLearner', peer: LEARNER })
  await harness.until(() => learner(harness)?.snapshotIn?.next === 1, 'the first piece is staged')
  // The rest never comes: another leads from now on, when there is hardly anything left.
  harness.drop = (_from, to, message) => to === 2 && message.kind === 'snapshotPiece' && message.fromStore === leader
  await harness.ask(['FLUSHALL'])
  await harness.ask(['SET', 'k', 'v'])
  await harness.transfer(FIRST_USER_CELL, 3 - leader)
  await harness.until(() => learner(harness)?.keys === 1, 'it has all')
  let staged = -1
  const { start, end } = stagingRange(FIRST_USER_CELL)
  const engine = harness.engines.get(3) as Engine
  engine.scan(start, end, { pairsMax: 10, bytesMax: 1_000_000 }, (_, pairs) => {
    staged = pairs.length
  })
  await harness.until(() => staged >= 0, 'it is counted')
  expect(staged).toBe(0)
})

test('a snapshot takes the place of nothing that is committed here and is still to be applied', async () => {
  const harness = new StoreHarness(3)
  await harness.startWith(3)
  fill(harness, 100, 100)
  await harness.until(() => harness.peersOf(FIRST_USER_CELL).every((peer) => peer.keys === 100), 'all have all')
  const leader = harness.leader(FIRST_USER_CELL)?.store as number
  const away = leader === 3 ? 2 : 3
  const lagging = harness.nodes[away - 1]?.host?.peer(away, FIRST_USER_CELL) as Peer
  // Its disk stands still, so that it hears of entries, and that they are committed, and applies none of them.
  const log = harness.logs[away - 1] as RaftLog
  const { flush } = log
  const ends: (() => void)[] = []
  let isFlushing = false
  Object.defineProperty(log, 'flushing', { get: () => isFlushing, set: () => {} })
  log.flush = (done) => {
    isFlushing = false
    flush.call(log, (error) => {
      isFlushing = true
      ends.push(() => {
        isFlushing = false
        done(error)
      })
    })
  }
  const childPeers = [1, 2, 3].map((store) => ({ id: CHILD + store, store, role: 'voter' as const }))
  harness.order(FIRST_USER_CELL, { kind: 'split', key: Buffer.from('k5'), child: CHILD, childPeers })
  const index = () => harness.leadingPeer()?.splitIndex as number
  await harness.until(() => harness.leader(CHILD) !== null && lagging.node.committed >= index(), 'it has heard of it')
  expect(lagging.applied).toBeLessThan(index())
  // Then another leads, and its log is trimmed while nothing is heard of the one that stands still.
  const other = [1, 2, 3].find((store) => store !== leader && store !== away) as number
  await harness.transfer(FIRST_USER_CELL, other)
  const next = harness.leadingPeer() as Peer
  const { version } = next.cell.epoch
  for (let i = 0; i < 5; i++) await harness.ask(['SET', 'k1', 'newer'], { version })
  await harness.run(6000)
  next.store.log.trim(next.group, next.durable)
  await harness.until(() => next.snapshotOut?.streaming === true, 'a snapshot is on its way')
  await harness.run(300)
  log.flush = flush
  isFlushing = false
  Object.defineProperty(log, 'flushing', { value: false, writable: true })
  for (const end of ends) end()
  const peers = () => [harness.nodes[away - 1]?.host?.peer(away, CHILD), lagging]
  await harness.until(() => peers().every((peer) => peer?.bornOf === null && peer.barrier === null), 'both are there')
  await harness.until(() => lagging.applied === next.applied, 'it has caught up')
  await harness.transfer(CHILD, away)
  const held = harness.leadingPeer(CHILD) as Peer
  const { text } = await harness.ask(['GET', 'k77'], { cell: CHILD, version: held.cell.epoch.version })
  expect(text).toContain('x'.repeat(100))
})

/** A store whose disk forgets at a power cut what was not synced. */
class Cut {
  readonly harness = new StoreHarness(3)
  readonly #random: Random
  readonly #disk: SimulatedDisk
  readonly #engine: SimulatedEngineDisk

  constructor(seed: string) {
    this.#random = new Random(`power cut ${seed}`)
    this.#disk = new SimulatedDisk(this.harness.schedule, this.#random.fork())
    this.#engine = new SimulatedEngineDisk(this.harness.schedule, this.#random.fork())
    this.#engine.flushMs = [1, 20]
    this.#mount()
  }

  async powerFails(): Promise<void> {
    this.harness.kill(2)
    this.#disk.crash()
    this.#engine.crash()
    this.#mount()
    await this.#open()
  }

  /** What it had written is there, for the kernel has it, and may still be lost when the power fails later. */
  async processDies(): Promise<void> {
    this.harness.kill(2)
    await this.harness.run(50)
    this.#openLog()
    await this.#open()
  }

  async #open(): Promise<void> {
    this.harness.open(2, (this.harness.nodes[2]?.incarnation ?? 1) + 1)
    await this.harness.until(() => this.harness.nodes[2]?.host != null, 'it is open again')
  }

  #mount(): void {
    this.#openLog()
    this.harness.engines.set(3, this.#engine.open())
  }

  #openLog(): void {
    this.harness.logs[2] = openRaftLog(this.#disk, { directory: 'log', segmentBytes: 512 * 1024, identity: 3 })
  }
}

/** The store goes down so long after the first piece came, comes back, and goes down again; what it had when it came back. */
async function cutAt(moment: number, keys: number): Promise<{ wasUnderWay: boolean; found: number }> {
  const cut = new Cut(`${keys} ${moment}`)
  const { harness } = cut
  await harness.startWith(1)
  fill(harness, keys, 100)
  await harness.until(() => harness.leadingPeer()?.keys === keys, 'it is filled')
  harness.order(FIRST_USER_CELL, { kind: 'addLearner', peer: LEARNER })
  await harness.until(() => learner(harness)?.snapshotIn != null, 'a piece has come')
  await harness.run(moment)
  const wasUnderWay = learner(harness)?.snapshotIn != null
  // Nobody tells it anything: what it has is what its disk has kept.
  harness.drop = (from, to) => from === 2 || to === 2
  if (moment % 2 === 0) await cut.powerFails()
  else await cut.processDies()
  const found = learner(harness)?.keys ?? 0
  // Again, when of what its recovery has done nothing need be on the disk; and again, when its log has gone on from there.
  if (moment % 3 === 0) await cut.powerFails()
  harness.drop = () => false
  await harness.ask(['SET', 'k0', 'new'])
  await harness.run(20)
  await cut.powerFails()
  const hasAll = () => learner(harness)?.keys === keys && learner(harness)?.applied === harness.leadingPeer()?.applied
  await harness.until(hasAll, 'it has caught up')
  return { wasUnderWay, found }
}

test.each([
  ['held', 300, 1],
  ['staged', 1500, 3],
])(
  'whenever the power fails, or the process dies, a snapshot that is %s is there or is not',
  async (_, keys, stepMs) => {
    const cuts = []
    for (let step = 0; step < 24; step++) cuts.push(await cutAt(step * stepMs, keys))
    for (const { found } of cuts) expect([0, keys]).toContain(found)
    expect(cuts.filter(({ wasUnderWay }) => wasUnderWay).length).toBeGreaterThan(5)
    expect(cuts.some(({ found }) => found === keys)).toBe(true)
  },
)
