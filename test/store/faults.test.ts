import { expect, test } from 'vitest'
import { FIRST_USER_CELL, type StoresMessage } from '../../src/model/index.ts'
import { stagingRange } from '../../src/storage/index.ts'
import { Fate, StoreHarness } from './harness.ts'

async function threeCopies(): Promise<StoreHarness> {
  const harness = new StoreHarness(3)
  await harness.start()
  await harness.until(() => harness.leader(FIRST_USER_CELL) !== null, 'a leader')
  await harness.addPeer(FIRST_USER_CELL, 2, 1001)
  await harness.addPeer(FIRST_USER_CELL, 3, 1002)
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
  await harness.start()
  await harness.until(() => harness.leader(FIRST_USER_CELL) !== null, 'a leader')
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
  await harness.start()
  await harness.until(() => harness.leader(FIRST_USER_CELL) !== null, 'a leader')
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
  await harness.start()
  await harness.until(() => harness.leader(FIRST_USER_CELL) !== null, 'a leader')
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
  await harness.start()
  await harness.until(() => harness.leader(FIRST_USER_CELL) !== null, 'a leader')
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
