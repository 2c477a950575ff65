/**
 * A move ends in one joint change: the learner becomes a voter, and the voter that leaves goes where the joint
 * configuration is left.
 */
import { expect, test } from 'vitest'
import { FIRST_USER_CELL, type Order, type Peer } from '../../src/model/index.ts'
import { memoryRaftLog } from '../../src/storage/index.ts'
import { StoreHarness } from './harness.ts'

/** Voters on stores 1, 2 and 3, a learner that has caught up on store 4. */
async function beforeTheChange(): Promise<StoreHarness> {
  const harness = new StoreHarness(4)
  await harness.startWith(3)
  await harness.transfer(FIRST_USER_CELL, 1)
  await harness.ask(['SET', 'k', 'v'])
  const learner = { id: 1003, store: 4, role: 'learner' } as const
  harness.order(FIRST_USER_CELL, { kind: 'addLearner', peer: learner })
  await harness.until(() => (host(harness, 4)?.applied ?? 0) > 0, 'the learner has its snapshot')
  await harness.run(200)
  return harness
}

const host = (harness: StoreHarness, store: number) => harness.nodes[store - 1]?.host?.peer(store, FIRST_USER_CELL)

const replace = (removed: Pick<Peer, 'id' | 'store'>): Order['step'] => ({
  kind: 'replacePeer',
  peer: { id: 1003, store: 4, role: 'voter' },
  removed: { ...removed, role: 'voter' },
})

const votersAt = (harness: StoreHarness, store: number) => host(harness, store)?.confState.voters
const isReplaced = (harness: StoreHarness) =>
  [1, 3, 4].every((store) => {
    const conf = host(harness, store)?.confState
    return conf?.voters.join() === '2,1002,1003' && conf.votersOutgoing.length === 0
  })

test('the new voter takes the place of the old one in one step, and the old one goes when the joint configuration is left', async () => {
  const harness = await beforeTheChange()
  const seen = new Set<string>()
  harness.order(FIRST_USER_CELL, replace({ id: 1001, store: 2 }))
  await harness.until(() => {
    for (const store of [1, 2, 3, 4]) {
      const conf = host(harness, store)?.confState
      if (conf !== undefined) seen.add(`${conf.voters} | ${conf.votersOutgoing}`)
    }
    return isReplaced(harness) && host(harness, 2) === undefined
  }, 'the move is over')
  expect([...seen]).toEqual(['2,1001,1002 | ', '2,1002,1003 | 2,1001,1002', '2,1002,1003 | '])
  expect(host(harness, 1)?.cell.peers.map((peer) => peer.store)).toEqual([1, 3, 4])
  expect(harness.nodes[1]?.host?.stores.get(2)?.isBuried(FIRST_USER_CELL, 1001)).toBe(true)
  await harness.transfer(FIRST_USER_CELL, 4)
  expect((await harness.ask(['GET', 'k'])).text).toBe('$1\r\nv\r\n')
})

test('while the change is joint the one that leaves still votes and answers, and PD is told that it is joint', async () => {
  const harness = await beforeTheChange()
  harness.heartbeats = []
  harness.order(FIRST_USER_CELL, replace({ id: 1001, store: 2 }))
  await harness.until(() => (host(harness, 1)?.confState.votersOutgoing.length ?? 0) > 0, 'it is joint')
  // Now neither half has a majority without store 2 and store 3 together.
  harness.drop = (from, to) => from === 2 || to === 2 || from === 3 || to === 3
  await harness.run(1500)
  expect(host(harness, 2)?.id).toBe(1001)
  expect(votersAt(harness, 2)).toContain(1003)
  const reports = harness.heartbeats.flatMap(({ cells }) => cells.filter(({ cell }) => cell.id === FIRST_USER_CELL))
  expect(reports.find(({ joint }) => joint)?.cell.peers.map((peer) => peer.store)).toEqual([1, 2, 3, 4])
  harness.drop = () => false
  await harness.until(() => isReplaced(harness) && host(harness, 2) === undefined, 'the move is over')
  await harness.until(() => harness.leader(FIRST_USER_CELL) !== null, 'a leader')
  expect((await harness.ask(['GET', 'k'])).text).toBe('$1\r\nv\r\n')
})

test('a leader is not removed by it, nor does leadership go to one that is leaving', async () => {
  const harness = await beforeTheChange()
  harness.order(FIRST_USER_CELL, replace({ id: 2, store: 1 }))
  await harness.run(300)
  expect(votersAt(harness, 1)).toEqual([2, 1001, 1002])
  harness.order(FIRST_USER_CELL, replace({ id: 1001, store: 2 }))
  await harness.until(() => (host(harness, 1)?.confState.votersOutgoing.length ?? 0) > 0, 'it is joint')
  harness.order(FIRST_USER_CELL, { kind: 'transferLeader', toStore: 2 })
  await harness.step()
  expect(host(harness, 1)?.transferTo).toBe(0)
})

test.each([1, 2, 3, 4])(
  'when store %i dies in the middle of it the move comes to its end all the same',
  async (store) => {
    const harness = await beforeTheChange()
    harness.order(FIRST_USER_CELL, replace({ id: 1001, store: 2 }))
    await harness.until(() => (host(harness, 1)?.confState.votersOutgoing.length ?? 0) > 0, 'it is joint')
    harness.kill(store - 1)
    if (store === 2) {
      // Of either half a majority is left: nobody has to wait for the one that leaves.
      await harness.until(() => isReplaced(harness), 'the move is over without it')
    }
    await harness.run(500)
    harness.open(store - 1, 2)
    await harness.until(() => isReplaced(harness), 'the move is over')
    if (store === 2) {
      // The last word of the change may have waited for it; else nobody tells it, and it asks.
      const asked = () => harness.memberAsked.some(({ peer }) => peer === 1001)
      await harness.until(() => host(harness, 2) === undefined || asked(), 'it has gone, or asks whether it is one')
    } else await harness.until(() => host(harness, 2) === undefined, 'the old peer is gone')
    await harness.until(() => harness.leader(FIRST_USER_CELL) !== null, 'a leader')
    expect((await harness.ask(['GET', 'k'])).text).toBe('$1\r\nv\r\n')
  },
)

test('a joint configuration is left also when leadership was being given away in vain as it came, and nobody writes', async () => {
  const harness = await beforeTheChange()
  const leader = host(harness, 1)
  const outgoing = () => leader?.confState.votersOutgoing.length
  harness.drop = (from, to) => from === 3 || to === 3
  harness.order(FIRST_USER_CELL, replace({ id: 1001, store: 2 }))
  await harness.until(() => (leader?.node.lastIndex ?? 0) > (leader?.applied ?? 0), 'the change is proposed')
  leader?.node.transferLeadership(1002)
  await harness.until(() => outgoing() === 3, 'it is joint')
  expect(leader?.node.leadTransferee).toBe(1002)
  await harness.until(() => outgoing() === 0, 'it is left')
  expect([leader?.isLeader, leader?.node.term]).toEqual([true, leader?.leadTerm])
  const length = leader?.node.lastIndex
  await harness.run(500)
  expect(leader?.node.lastIndex).toBe(length)
})

test('PD hears how far a snapshot has come', async () => {
  const harness = new StoreHarness(2)
  await harness.startWith(1)
  for (let i = 0; i < 30; i++) {
    harness.send(['MSET', ...Array.from({ length: 200 }, (_, j) => [`k${i}-${j}`, 'x'.repeat(100)]).flat()])
  }
  await harness.run(50)
  let pieces = 0
  harness.drop = (_, to, message) => to === 1 && message.kind === 'snapshotPiece' && ++pieces > 2
  harness.order(FIRST_USER_CELL, { kind: 'addLearner', peer: { id: 1001, store: 2, role: 'learner' } })
  await harness.until(() => pieces > 2, 'two pieces have been taken')
  harness.heartbeats = []
  await harness.run(1100)
  const reports = harness.heartbeats.flatMap(({ cells }) => cells.filter(({ cell }) => cell.id === FIRST_USER_CELL))
  expect(reports.at(-1)?.snapshot).toEqual({ peer: 1001, pieces: 2 })
})

test('a voter is removed only when most of those that are left have answered just now, and the order is held until then', async () => {
  const harness = new StoreHarness(3)
  await harness.startWith(3)
  await harness.transfer(FIRST_USER_CELL, 1)
  await harness.run(1000)
  const leader = host(harness, 1)
  const members = () => leader?.cell.peers.length
  harness.drop = (from, to) => from === 2 || to === 2
  await harness.run(500)
  // With stores 1 and 2 a majority is left, without store 3 only half of one.
  const removal = { kind: 'removePeer', peer: { id: 1001, store: 2, role: 'voter' } } as const
  harness.order(FIRST_USER_CELL, removal)
  await harness.run(500)
  expect(members()).toBe(3)
  expect(leader?.isLeader).toBe(true)
  harness.drop = () => false
  await harness.until(() => members() === 2, 'it is removed as soon as the third answers', 400)
})

test('an order that was held for a second is left', async () => {
  const harness = new StoreHarness(3)
  await harness.startWith(3)
  await harness.transfer(FIRST_USER_CELL, 1)
  await harness.run(1000)
  harness.drop = (from, to) => from === 2 || to === 2
  await harness.run(500)
  harness.order(FIRST_USER_CELL, { kind: 'removePeer', peer: { id: 1001, store: 2, role: 'voter' } })
  await harness.run(1500)
  harness.drop = () => false
  await harness.run(1000)
  expect(host(harness, 1)?.cell.peers).toHaveLength(3)
})

test('who leaves one alone goes when that one has it on its disk, and votes till then', async () => {
  const harness = new StoreHarness(3)
  const syncs: { readonly endMs: number; readonly end: () => void }[] = []
  let syncMs = 0
  harness.logs[0] = memoryRaftLog((end) => {
    syncs.push({ endMs: harness.nowMs + syncMs, end })
  })
  const disk = () => {
    while ((syncs[0]?.endMs ?? Number.POSITIVE_INFINITY) <= harness.nowMs) syncs.shift()?.end()
    return false
  }
  harness.drop = disk
  const until = (isSo: () => boolean, what: string) => harness.until(() => disk() || isSo(), what)
  const started = harness.startWith(2)
  let isStarted = false
  void started.then(() => {
    isStarted = true
  })
  while (!isStarted) {
    disk()
    await new Promise(setImmediate)
  }
  const stays = harness.leadingPeer()
  const other = harness.nodes[1]?.host?.peer(2, FIRST_USER_CELL)
  if (stays?.store.id !== 1 || other === undefined) throw new Error('led from the first store')
  syncMs = 60
  harness.heartbeats = []
  const isTold = () =>
    harness.heartbeats.some(({ cells }) =>
      cells.some(({ cell }) => cell.id === FIRST_USER_CELL && cell.peers.length === 1),
    )
  harness.order(FIRST_USER_CELL, { kind: 'removePeer', peer: { id: other.id, store: 2, role: 'voter' } })
  await until(() => stays.cell.peers.length === 1 && other.cell.peers.length === 1, 'both have applied it')
  expect([stays.unsyncedChanges, other.destroyed, isTold()]).toEqual([1, false, false])
  await until(() => other.destroyed, 'it has gone')
  expect(stays.unsyncedChanges).toBe(0)
  await until(isTold, 'PD is told')
})

test('who leaves one alone and is told nothing hears of it from PD, and goes', async () => {
  const harness = new StoreHarness(3)
  await harness.startWith(2)
  const id = 1001
  harness.drop = (_from, _to, { kind }) => kind === 'peerRemoved'
  await harness.removePeer(FIRST_USER_CELL, id)
  await harness.until(() => harness.memberAsked.some((asked) => asked.peer === id), 'it asks')
  const asked = harness.memberAsked.find((each) => each.peer === id)
  const confVer = harness.leadingPeer()?.cell.epoch.confVer ?? 0
  expect(asked?.confVer).toBe(confVer)
  harness.drop = () => false
  harness.tell(1, { kind: 'peerRemoved', store: 2, cell: FIRST_USER_CELL, peer: id, confVer })
  await harness.until(() => harness.peersOf(FIRST_USER_CELL).length === 1, 'it has gone')
})
