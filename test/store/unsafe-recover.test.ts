import { expect, test } from 'vitest'
import {
  actorNames,
  encodeCommitMerge,
  encodeRollbackMerge,
  FIRST_USER_CELL,
  type Survivor,
  SYSTEM_CELL,
} from '../../src/model/index.ts'
import { addNode, confChangeV2 } from '../../src/raft/index.ts'
import { ENTRY_KIND, type Engine, memoryEngine } from '../../src/storage/index.ts'
import { administrative } from '../../src/store/entry.ts'
import { Fate, StoreHarness } from './harness.ts'

let requests = 0

/** What is left of stuck cells (`cells` null), or of these, by the stores of an executor. */
async function survivors(
  harness: StoreHarness,
  executor: number,
  lost: readonly number[],
  cells: readonly number[] | null = null,
): Promise<readonly Survivor[]> {
  const request = ++requests
  harness.tell(executor, { kind: 'survivorsWanted', origin: actorNames.ops, request, lost, cells })
  const answer = () => harness.toDesk.find((each) => each.request === request)
  await harness.until(() => answer() !== undefined, 'an answer')
  const told = answer()
  return told?.kind === 'survivors' ? told.survivors : []
}

async function recover(harness: StoreHarness, executor: number, lost: readonly number[], copy: Survivor) {
  const request = ++requests
  const { cell, store, peer } = copy
  const recoveries = [{ cell: cell.id, store, peer, confVer: cell.epoch.confVer }]
  harness.tell(executor, { kind: 'recoveryWanted', origin: actorNames.ops, request, lost, recoveries })
  const answer = () => harness.toDesk.find((each) => each.request === request)
  await harness.until(() => answer() !== undefined, 'an answer', 20_000)
  const told = answer()
  return told?.kind === 'recovered' ? told.outcomes : []
}

/** Three copies of the user cell, of which the second and the third are gone, with their stores. */
async function bereaved() {
  const harness = new StoreHarness(3)
  await harness.startWith(3)
  for (let i = 0; i < 20; i++) await harness.ask(['SET', `k${i}`, `v${i}`])
  harness.kill(1)
  harness.kill(2)
  await harness.until(() => harness.leader(FIRST_USER_CELL) === null, 'nobody leads')
  return harness
}

const LOST = [2, 3]

test('one copy of three goes on, by order, with all that was acknowledged, and takes writes', async () => {
  const harness = await bereaved()
  await harness.run(3000)
  expect(harness.leader(FIRST_USER_CELL)).toBeNull()
  // The system cell has its one copy, and is not stuck.
  const [copy, ...others] = await survivors(harness, 0, LOST)
  expect(others).toEqual([])
  expect(copy).toMatchObject({ cell: { id: FIRST_USER_CELL }, store: 1, isStuck: true, keys: 20 })
  const before = (copy as Survivor).cell.epoch.confVer
  expect(await recover(harness, 0, LOST, copy as Survivor)).toEqual([
    { cell: FIRST_USER_CELL, store: 1, refused: null },
  ])
  for (let i = 0; i < 20; i++) {
    expect(await harness.ask(['GET', `k${i}`])).toMatchObject({
      fate: Fate.done,
      text: `$2\r\nv${i}\r\n`.replace('$2', `$${`v${i}`.length}`),
    })
  }
  expect(await harness.ask(['SET', 'k0', 'new'])).toMatchObject({ fate: Fate.done })
  const peer = harness.leadingPeer()
  expect(peer?.cell.peers).toEqual([{ id: peer?.id, store: 1, role: 'voter' }])
  expect(peer?.cell.epoch.confVer).toBeGreaterThanOrEqual(before + 1000)
})

test('it stays so through a crash, once the order is answered, and copies can be added', async () => {
  const harness = await bereaved()
  const [copy] = await survivors(harness, 0, LOST)
  await recover(harness, 0, LOST, copy as Survivor)
  harness.kill(0)
  harness.open(0, 2)
  await harness.until(() => harness.leader(FIRST_USER_CELL)?.store === 1, 'it leads again', 5000)
  expect(await harness.ask(['GET', 'k7'])).toMatchObject({ text: '$2\r\nv7\r\n' })
})

test('a cell whose majority is there is not touched, whatever the order says', async () => {
  const harness = new StoreHarness(3)
  await harness.startWith(3)
  await harness.ask(['SET', 'k', 'v'])
  expect(await survivors(harness, 0, [3])).toEqual([])
  const [copy] = await survivors(harness, 0, [3], [FIRST_USER_CELL])
  expect(copy?.isStuck).toBe(false)
  const [outcome] = await recover(harness, 0, [3], copy as Survivor)
  expect(outcome?.refused).toBe('a majority of its cell is not lost')
  expect(harness.leadingPeer()?.cell.peers).toHaveLength(3)
})

test('what the log holds behind the order, a change of members of before, does nothing', async () => {
  const harness = new StoreHarness(3)
  await harness.startWith(3)
  await harness.ask(['SET', 'k', 'v'])
  await harness.until(() => harness.leader(FIRST_USER_CELL)?.store === 1, 'the first leads')
  const peer = harness.leadingPeer()
  // Nobody else hears of it: it will be in the log of this copy only, and never committed by a majority.
  harness.drop = () => true
  harness.order(FIRST_USER_CELL, { kind: 'addLearner', peer: { id: 5000, store: 2, role: 'learner' } })
  harness.order(FIRST_USER_CELL, { kind: 'removePeer', peer: { id: 1001, store: 2, role: 'voter' } })
  await harness.run(10)
  expect(peer?.node.lastIndex).toBeGreaterThan(peer?.node.committed as number)
  harness.kill(1)
  harness.kill(2)
  harness.drop = () => false
  await harness.until(() => harness.leader(FIRST_USER_CELL) === null, 'nobody leads')
  const [copy] = await survivors(harness, 0, LOST)
  expect(copy?.lastIndex).toBeGreaterThan(copy?.committed as number)
  const [outcome] = await recover(harness, 0, LOST, copy as Survivor)
  expect(outcome?.refused).toBeNull()
  expect(harness.leadingPeer()?.cell.peers).toEqual([{ id: peer?.id, store: 1, role: 'voter' }])
  expect(await harness.ask(['GET', 'k'])).toMatchObject({ text: '$1\r\nv\r\n' })
})

test('a joint configuration that nobody can leave any more is overwritten, too', async () => {
  const harness = new StoreHarness(3)
  await harness.startWith(1)
  await harness.ask(['SET', 'k', 'v'])
  const peer = harness.leadingPeer()
  if (peer === undefined) throw new Error('a leader')
  // Two voters that do not exist, added at once: the cell enters the joint configuration and never gets out of it.
  peer.cell = {
    ...peer.cell,
    peers: [...peer.cell.peers, { id: 71, store: 2, role: 'voter' }, { id: 72, store: 3, role: 'voter' }],
  }
  peer.node.applyConfChange(confChangeV2([addNode(71), addNode(72)]))
  peer.confState = peer.node.configuration as typeof peer.confState
  expect(peer.node.inJoint).toBe(true)
  harness.kill(1)
  harness.kill(2)
  const [copy] = await survivors(harness, 0, LOST)
  const [outcome] = await recover(harness, 0, LOST, copy as Survivor)
  expect(outcome?.refused).toBeNull()
  expect(await harness.ask(['GET', 'k'])).toMatchObject({ text: '$1\r\nv\r\n' })
})

test('the system cell is recovered like any other', async () => {
  const harness = new StoreHarness(3)
  await harness.start()
  await harness.addPeer(SYSTEM_CELL, 2, 900)
  await harness.addPeer(SYSTEM_CELL, 3, 901)
  await harness.until(() => harness.leader(SYSTEM_CELL)?.store === 1, 'the first leads', 5000)
  harness.kill(1)
  harness.kill(2)
  await harness.until(() => harness.leader(SYSTEM_CELL) === null, 'nobody leads')
  const [copy] = await survivors(harness, 0, LOST)
  expect(copy?.cell).toMatchObject({ id: SYSTEM_CELL, system: true })
  await recover(harness, 0, LOST, copy as Survivor)
  expect(harness.leader(SYSTEM_CELL)?.store).toBe(1)
})

/** An engine whose writes and flushes wait while `held` is an array; a crash is when those never come. */
class HeldEngine {
  held: (() => void)[] | null = null
  readonly #inner = memoryEngine()

  readonly engine: Engine = {
    ...{ full: false, snapshot: () => this.#inner.snapshot() },
    getMany: (keys, done) => this.#inner.getMany(keys, done),
    write: (batch, done) => this.#hold(() => this.#inner.write(batch, done)),
    flush: (done) => this.#hold(() => this.#inner.flush(done)),
    scan: (start, end, limits, done) => this.#inner.scan(start, end, limits, done),
    approximateBytes: (start, end, done) => this.#inner.approximateBytes(start, end, done),
    close: (done) => this.#inner.close(done),
  }

  #hold(run: () => void): void {
    if (this.held === null) run()
    else this.held.push(run)
  }

  release(): void {
    const held = this.held ?? []
    this.held = null
    for (const run of held) run()
  }
}

const CHILD = 2000

/**
 * Two cells of which the left one's only copy that is left has a commit in its log, by which it would take in the right one;
 * the lost ones had refused that, and the right one was rolled back and has gone on.
 */
async function refusedInVain(): Promise<{ harness: StoreHarness; disk: HeldEngine }> {
  const harness = new StoreHarness(3)
  const disk = new HeldEngine()
  harness.engines.set(1, disk.engine)
  await harness.startWith(3)
  for (const key of ['a', 'x']) await harness.ask(['SET', key, 'v'])
  const childPeers = [1, 2, 3].map((store) => ({ id: CHILD + store, store, role: 'voter' as const }))
  harness.order(FIRST_USER_CELL, { kind: 'split', key: Buffer.from('m'), child: CHILD, childPeers })
  await harness.until(() => harness.leadingPeer(CHILD)?.working != null, 'the child is led')
  for (const cell of [FIRST_USER_CELL, CHILD]) await harness.transfer(cell, 1)
  await harness.until(() => harness.leadingPeer()?.barrier === null, 'the barrier is written')
  const target = harness.leadingPeer()
  if (target === undefined) throw new Error('a leader')
  harness.drop = (_from, _to, message) => message.kind === 'mergeAsked'
  for (const { host } of harness.nodes) if (host) host.merges.asked = () => {}
  const targetEpoch = target.cell.epoch
  harness.order(CHILD, { kind: 'merge', target: target.cell })
  await harness.until(() => harness.peersOf(CHILD).every(({ merging }) => merging !== null), 'it is prepared')
  const source = harness.leadingPeer(CHILD)
  if (source?.merging == null) throw new Error('a leader that is prepared')
  const { index: preparedIndex } = source.merging
  const { start, end, epoch } = source.cell
  source.node.propose(administrative(ENTRY_KIND.rollbackMerge, encodeRollbackMerge({ preparedIndex })))
  await harness.until(() => harness.peersOf(CHILD).every(({ merging }) => merging === null), 'it is rolled back')
  harness.drop = () => true
  const commit = { source: CHILD, sourceVersion: epoch.version, preparedIndex, start, end, targetEpoch }
  target.node.propose(administrative(ENTRY_KIND.commitMerge, encodeCommitMerge(commit)))
  await harness.run(50)
  expect(target.node.lastIndex).toBeGreaterThan(target.node.committed)
  harness.kill(1)
  harness.kill(2)
  harness.drop = () => false
  await harness.until(() => harness.leader(FIRST_USER_CELL) === null, 'nobody leads')
  return { harness, disk }
}

async function expectBoth(harness: StoreHarness): Promise<void> {
  for (const [key, cell] of [
    ['a', FIRST_USER_CELL],
    ['x', CHILD],
  ] as const) {
    const { version } = harness.leadingPeer(cell)?.cell.epoch ?? { version: 0 }
    expect(await harness.ask(['GET', key], { cell, version })).toMatchObject({ text: '$1\r\nv\r\n' })
  }
  expect(harness.leadingPeer(FIRST_USER_CELL)?.absorbed).toEqual([])
}

test('a merge in its log that the lost ones had refused does nothing: both cells go on', async () => {
  const { harness } = await refusedInVain()
  const copies = await survivors(harness, 0, LOST)
  expect(copies.map(({ cell }) => cell.id).sort()).toEqual([FIRST_USER_CELL, CHILD])
  for (const copy of copies) {
    const [outcome] = await recover(harness, 0, LOST, copy)
    expect(outcome?.refused).toBeNull()
  }
  await expectBoth(harness)
})

test('nor after a power cut before the order was answered, when it is given again', async () => {
  const { harness, disk } = await refusedInVain()
  const [left] = (await survivors(harness, 0, LOST)).filter(({ cell }) => cell.id === FIRST_USER_CELL)
  disk.held = []
  const { cell, store, peer } = left as Survivor
  const recoveries = [{ cell: cell.id, store, peer, confVer: cell.epoch.confVer }]
  harness.tell(0, { kind: 'recoveryWanted', origin: actorNames.ops, request: ++requests, lost: LOST, recoveries })
  await harness.until(() => harness.leadingPeer()?.working != null, 'it leads alone')
  await harness.run(200)
  harness.kill(0)
  disk.held = null
  harness.open(0, 2)
  await harness.until(() => harness.nodes[0]?.host != null, 'the store is open')
  await harness.run(500)
  for (const copy of await survivors(harness, 0, LOST)) await recover(harness, 0, LOST, copy)
  await expectBoth(harness)
})

test('no change of members is begun before the order is answered: a power cut would take its ground away', async () => {
  const harness = new StoreHarness(4)
  const disk = new HeldEngine()
  harness.engines.set(1, disk.engine)
  await harness.startWith(3)
  await harness.ask(['SET', 'k', 'v'])
  harness.kill(1)
  harness.kill(2)
  await harness.until(() => harness.leader(FIRST_USER_CELL) === null, 'nobody leads')
  const [copy] = await survivors(harness, 0, LOST)
  disk.held = []
  const recovered = recover(harness, 0, LOST, copy as Survivor)
  await harness.until(() => harness.leadingPeer()?.cell.peers.length === 1, 'it is alone')
  const learner = { id: 5000, store: 4, role: 'learner' as const }
  harness.order(FIRST_USER_CELL, { kind: 'addLearner', peer: learner })
  await harness.run(500)
  expect(harness.leadingPeer()?.cell.peers).toHaveLength(1)
  disk.release()
  expect((await recovered)[0]?.refused).toBeNull()
  harness.order(FIRST_USER_CELL, { kind: 'addLearner', peer: learner })
  await harness.until(() => harness.leadingPeer()?.cell.peers.length === 2, 'it has a learner')
})
