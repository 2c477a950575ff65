import { expect, test } from 'vitest'
import { containsKey, decodeCellState, encodeCellState, FIRST_USER_CELL } from '../../src/model/index.ts'
import { Message, MessageType, StateType } from '../../src/raft/index.ts'
import type { Engine } from '../../src/storage/index.ts'
import { bearLearner } from '../../src/store/birth.ts'
import { VALUE_SIZES } from '../../src/store/key-record.ts'
import type { Peer } from '../../src/store/peer.ts'
import { BORN_INDEX } from '../../src/store/split.ts'
import { Fate, Refusal, StoreHarness } from './harness.ts'

const CHILD = 2000

async function cluster(copies: number): Promise<StoreHarness> {
  const harness = new StoreHarness(copies)
  await harness.startWith(copies)
  return harness
}

async function split(harness: StoreHarness, key: string | null, copies: number): Promise<void> {
  const childPeers = Array.from({ length: copies }, (_, i) => ({ id: 2001 + i, store: i + 1, role: 'voter' as const }))
  harness.order(FIRST_USER_CELL, {
    kind: 'split',
    key: key === null ? null : Buffer.from(key),
    child: CHILD,
    childPeers,
  })
  await harness.until(() => harness.leader(CHILD) !== null, 'the child has a leader')
  await harness.until(() => harness.leader(FIRST_USER_CELL) !== null, 'the parent has a leader')
}

/** The cell that a key lies in, as the stores have it now. */
function cellOf(harness: StoreHarness, key: string): { cell: number; version: number } {
  for (const id of [FIRST_USER_CELL, CHILD]) {
    const [peer] = harness.peersOf(id).filter((candidate) => candidate.working !== null)
    if (peer && containsKey(peer.cell, Buffer.from(key))) return { cell: id, version: peer.cell.epoch.version }
  }
  throw new Error(`no cell for ${key}`)
}

test('a cell is cut in the middle: every key is in one half, and both are counted exactly', async () => {
  const harness = await cluster(3)
  for (let i = 0; i < 200; i++) await harness.ask(['SET', `key:${1000 + i}`, `v${i}`])
  await split(harness, null, 3)
  await harness.until(() => harness.peersOf(CHILD).length === 3, 'three peers of the child')
  const counts = []
  for (const cell of [FIRST_USER_CELL, CHILD]) {
    counts.push(Number((await harness.ask(['DBSIZE'], { cell, version: 2 })).text.slice(1)))
  }
  expect(counts.reduce((a, b) => a + b)).toBe(200)
  expect(Math.abs((counts[0] as number) - 100)).toBeLessThan(10)
  for (let i = 0; i < 200; i += 7) {
    const key = `key:${1000 + i}`
    expect((await harness.ask(['GET', key], cellOf(harness, key))).text).toContain(`v${i}`)
  }
  const [left] = harness.peersOf(FIRST_USER_CELL)
  const [right] = harness.peersOf(CHILD)
  expect(Buffer.compare(left?.cell.end ?? Buffer.alloc(0), right?.cell.start ?? Buffer.alloc(1))).toBe(0)
})

test('a command for the cell as it was is turned away, with the cell as it is, and nothing is written', async () => {
  const harness = await cluster(1)
  await harness.ask(['SET', 'a', '1'])
  await harness.ask(['SET', 'z', '1'])
  await split(harness, 'm', 1)
  const answer = await harness.ask(['SET', 'z', '2'], { version: 1 })
  expect(answer).toMatchObject({ fate: Fate.notExecuted, refusal: Refusal.epochNotMatch })
  expect((await harness.ask(['GET', 'z'], { cell: CHILD, version: 2 })).text).toBe('$1\r\n1\r\n')
})

test('commands go on while a split is prepared, and the halves still count every key', async () => {
  const harness = await cluster(3)
  for (let i = 0; i < 300; i++) await harness.ask(['SET', `key:${1000 + i}`, 'v'])
  const childPeers = [1, 2, 3].map((store) => ({ id: 2000 + store, store, role: 'voter' as const }))
  harness.order(FIRST_USER_CELL, { kind: 'split', key: Buffer.from('key:1150'), child: CHILD, childPeers })
  const sent: string[] = []
  for (let i = 0; harness.leader(CHILD) === null && i < 3000; i++) {
    const key = `key:${i % 2 === 0 ? 1000 : 1150}:new:${i}`
    if (harness.leader(FIRST_USER_CELL) !== null) {
      harness.send(['SET', key, 'v'])
      if (i % 5 === 0) harness.send(['DEL', `key:${1000 + (i % 300)}`])
      sent.push(key)
    }
    await harness.step()
  }
  await harness.run(500)
  let dbsize = 0
  let found = 0
  for (const cell of [FIRST_USER_CELL, CHILD]) {
    dbsize += Number((await harness.ask(['DBSIZE'], { cell, version: 2 })).text.slice(1))
  }
  for (let i = 0; i < 300; i++) sent.push(`key:${1000 + i}`)
  for (const key of sent) {
    if ((await harness.ask(['EXISTS', key], cellOf(harness, key))).text === ':1\r\n') found++
  }
  expect(sent.length).toBeGreaterThan(305)
  expect(dbsize).toBe(found)
})

test('values that grow, shrink and go while a split is prepared are counted in the half that they are in', async () => {
  const harness = await cluster(1)
  const bytesOf = new Map<string, number>()
  for (let i = 0; i < 100; i++) {
    await harness.ask(['SET', `key:${1000 + i}`, 'v'.repeat(100)])
    bytesOf.set(`key:${1000 + i}`, 100)
  }
  const childPeers = [{ id: 2001, store: 1, role: 'voter' as const }]
  harness.order(FIRST_USER_CELL, { kind: 'split', key: Buffer.from('key:1050'), child: CHILD, childPeers })
  const [peer] = harness.peersOf(FIRST_USER_CELL)
  await harness.until(() => peer?.split?.phase === 'write', 'the split is prepared')
  // Each is answered before the engine is read to the end, so before the split is proposed.
  for (const [key, bytes] of [
    ['key:1000', 10],
    ['key:1001', 5000],
    ['key:1051', 7],
    ['key:1002x', 33],
  ] as const) {
    harness.send(['SET', key, 'w'.repeat(bytes)])
    bytesOf.set(key, bytes)
  }
  harness.send(['DEL', ...Array.from({ length: 40 }, (_, i) => `key:${1010 + i}`)])
  for (let i = 0; i < 40; i++) bytesOf.delete(`key:${1010 + i}`)
  await harness.until(() => harness.leader(CHILD) !== null, 'the child has a leader')
  const sums = [0, 0] as [number, number]
  for (const [key, bytes] of bytesOf) sums[key < 'key:1050' ? 0 : 1] += key.length + bytes
  expect([peer?.working?.sizeBytes, harness.peersOf(CHILD)[0]?.working?.sizeBytes]).toEqual(sums)
})

test('a size that was written below zero is read as none, and a cell that believed it counts on from there', async () => {
  const harness = await cluster(1)
  const [peer] = harness.peersOf(FIRST_USER_CELL)
  if (peer === undefined) throw new Error('no peer')
  expect(decodeCellState(encodeCellState({ ...peer.state(), sizeBytes: -17 })).sizeBytes).toBe(0)
  await harness.ask(['SET', 'a', 'v'.repeat(50)])
  const { working } = peer
  if (working === null) throw new Error('no leader')
  working.sizeBytes = 3
  await harness.ask(['DEL', 'a'])
  expect(working.sizeBytes).toBe(0)
  expect(peer.sizeBytes).toBe(0)
  peer.sizeBytes = -1
  expect(peer.state().sizeBytes).toBe(0)
})

test('a middle never falls between keys that begin with the same tag', async () => {
  const harness = await cluster(1)
  for (let i = 0; i < 20; i++) await harness.ask(['SET', `a${i}`, 'v'])
  for (let i = 0; i < 100; i++) await harness.ask(['SET', `{tag}${i}`, 'v'])
  await split(harness, null, 1)
  const [child] = harness.peersOf(CHILD)
  expect(Buffer.from(child?.cell.start ?? []).toString()).toBe('{tag}')
})

test('an order that names fewer stores for the child than its parent has is left', async () => {
  const harness = await cluster(3)
  for (const key of ['a', 'm', 'z']) await harness.ask(['SET', key, key])
  const leader = harness.leader(FIRST_USER_CELL)?.store as number
  const childPeers = [{ id: 2001, store: leader, role: 'voter' as const }]
  harness.order(FIRST_USER_CELL, { kind: 'split', key: Buffer.from('m'), child: CHILD, childPeers })
  await harness.run(3000)
  for (const key of ['a', 'm', 'z']) expect((await harness.ask(['GET', key])).text).toContain(key)
  await split(harness, 'm', 3)
  expect((await harness.ask(['GET', 'z'], { cell: CHILD, version: 2 })).text).toContain('z')
})

test('a follower that was away while its cell was cut gets both halves', async () => {
  const harness = await cluster(3)
  for (let i = 0; i < 50; i++) await harness.ask(['SET', `key:${10 + i}`, 'v'])
  const leader = harness.leader(FIRST_USER_CELL)?.executor as number
  const away = leader === 2 ? 1 : 2
  harness.drop = (from, to) => from === away || to === away
  await split(harness, 'key:30', 3)
  await harness.run(6000)
  for (let i = 0; i < 50; i++) await harness.ask(['SET', `key:${10 + i}`, 'w'], cellOf(harness, `key:${10 + i}`))
  await harness.run(6000)
  harness.drop = () => false
  await harness.until(() => harness.peersOf(CHILD).length === 3, 'the third peer of the child is born')
  await harness.until(
    () => harness.peersOf(CHILD).every((peer) => peer.initialized && peer.applied === peer.node.committed),
    'it has caught up',
  )
})

test('who was called to life before its birth keeps its vote, and what it promised to a leader', async () => {
  const harness = await cluster(3)
  const leader = harness.leader(FIRST_USER_CELL)?.executor as number
  const at = leader === 2 ? 1 : 2
  const host = harness.nodes[at]?.host
  const store = host?.stores.get(at + 1)
  if (!host || !store) throw new Error('no host')
  const stranger = bearLearner(host, store, CHILD, 2001 + at)
  const vote = new Message(MessageType.vote, 2001 + at, 2001 + leader, 50)
  vote.index = 10
  vote.logTerm = 10
  stranger.node.step(vote)
  host.touch(stranger)
  host.again()
  await harness.until(() => stranger.group.hardState.vote !== 0, 'it has voted')
  stranger.leaderContactMs = harness.nowMs - 1
  const promisedMs = stranger.leaderContactMs
  const childPeers = [1, 2, 3].map((id) => ({ id: 2000 + id, store: id, role: 'voter' as const }))
  harness.order(FIRST_USER_CELL, { kind: 'split', key: Buffer.from('m'), child: CHILD, childPeers })
  await harness.until(() => stranger.destroyed, 'it is born')
  const child = host.peer(store.id, CHILD)
  expect(child?.initialized).toBe(true)
  expect(child?.group.hardState).toMatchObject({ term: 50, vote: 2001 + leader })
  expect(child?.leaderContactMs).toBeGreaterThanOrEqual(promisedMs)
})

test('who leads a parent does not campaign for its child while the silence lasts that it has promised there', async () => {
  const harness = await cluster(3)
  const leader = harness.leader(FIRST_USER_CELL)?.executor as number
  const host = harness.nodes[leader]?.host
  const store = host?.stores.get(leader + 1)
  if (!host || !store) throw new Error('no host')
  const stranger = bearLearner(host, store, CHILD, 2001 + leader)
  // A leader of the child that the others do not know: nothing but this promise holds an election back.
  stranger.leaderContactMs = harness.nowMs + 60_000
  const childPeers = [1, 2, 3].map((id) => ({ id: 2000 + id, store: id, role: 'voter' as const }))
  harness.order(FIRST_USER_CELL, { kind: 'split', key: Buffer.from('m'), child: CHILD, childPeers })
  await harness.until(() => stranger.destroyed, 'it is born')
  const child = host.peer(store.id, CHILD) as Peer
  await harness.run(300)
  expect(child.node.state).toBe(StateType.follower)
  expect(child.node.leader).toBe(0)
})

test('behind a command that waited while a cell was cut, and was turned away, what follows on it is refused, too', async () => {
  const harness = await cluster(3)
  await harness.ask(['SET', 'a', '1'])
  const peer = harness.leadingPeer(FIRST_USER_CELL) as Peer
  const childPeers = [1, 2, 3].map((id) => ({ id: 2000 + id, store: id, role: 'voter' as const }))
  harness.order(FIRST_USER_CELL, { kind: 'split', key: Buffer.from('m'), child: CHILD, childPeers })
  await harness.until(() => peer.split?.phase === 'proposed', 'the split is proposed')
  const first = harness.send(['APPEND', 'a', '2'])
  const answered = () => harness.answers.find(({ sequence }) => sequence === first)
  await harness.until(() => answered() !== undefined, 'it is answered')
  expect(answered()).toMatchObject({ fate: Fate.notExecuted, refusal: Refusal.epochNotMatch })
  const second = await harness.ask(['APPEND', 'a', '3'], { after: first, version: 2 })
  expect(second).toMatchObject({ fate: Fate.notExecuted, refusal: Refusal.outOfOrder })
})

test('a snapshot that is on its way when its cell is cut is sent again, of the cell as it is then', async () => {
  const harness = new StoreHarness(3)
  await harness.startWith(2)
  for (const key of ['a', 'z']) await harness.ask(['SET', key, key])
  harness.drop = (_, to, { kind }) => to === 2 && kind === 'snapshotPiece'
  harness.order(FIRST_USER_CELL, { kind: 'addLearner', peer: { id: 1002, store: 3, role: 'learner' } })
  await harness.until(() => harness.leadingPeer()?.snapshotOut?.streaming === true, 'a piece is sent')
  await split(harness, 'm', 2)
  harness.drop = () => false
  const learner = () => harness.nodes[2]?.host?.peer(3, FIRST_USER_CELL)
  await harness.until(() => learner()?.initialized === true, 'the learner has its data', 5000)
  expect(learner()?.cell.epoch.version).toBe(2)
})

for (const heard of ['from PD', 'from its successor'] as const) {
  test(`who was removed while it was down, and hears of it ${heard}, leaves its child what it was born with`, async () => {
    const harness = await cluster(3)
    const engine = harness.engines.get(2) as Engine
    const { write } = engine
    for (const key of ['a', 'z']) await harness.ask(['SET', key, key])
    // A crash leaves nothing of what is written from here on.
    engine.write = () => {}
    await split(harness, 'm', 3)
    await harness.ask(['SET', 'y', 'y'], { cell: CHILD, version: 2 })
    const child = () => harness.nodes[1]?.host?.peer(2, CHILD)
    await harness.until(() => (child()?.applied ?? 0) > BORN_INDEX, 'the child has entries of its own')
    harness.kill(1)
    engine.write = write
    await harness.removePeer(FIRST_USER_CELL, 1001)
    if (heard === 'from its successor') {
      harness.order(FIRST_USER_CELL, { kind: 'addLearner', peer: { id: 1009, store: 2, role: 'learner' } })
      const isAdded = () => harness.leadingPeer()?.cell.peers.some(({ id }) => id === 1009) === true
      await harness.until(isAdded, 'its successor is a member')
    }
    harness.open(1, 2)
    await harness.until(() => harness.nodes[1]?.host !== null, 'it is back')
    const told = { kind: 'peerRemoved', store: 2, cell: FIRST_USER_CELL, peer: 1001, confVer: 99 } as const
    if (heard === 'from PD') harness.tell(1, told)
    await harness.until(() => child()?.initialized === true, 'the child is born again')
    await harness.until(() => child()?.applied === harness.leadingPeer(CHILD)?.applied, 'it has what the others have')
    if (heard === 'from PD') harness.tell(1, told)
    await harness.until(() => harness.nodes[1]?.host?.peer(2, FIRST_USER_CELL)?.id !== 1001, 'the removed one is gone')
  })
}

test('who comes to lead before all that was before the split is in the engine still finds every key', async () => {
  const harness = new StoreHarness(3)
  const engine = harness.engines.get(2) as Engine
  const write = engine.write.bind(engine)
  const held: (() => void)[] = []
  let isHeld = false
  engine.write = (batch, done) => (isHeld ? held.push(() => write(batch, done)) : write(batch, done))
  await harness.startWith(3)
  for (const key of ['a', 'b']) await harness.ask(['SET', key, key])
  await harness.run(5000)
  isHeld = true
  // As many keys right of the cut as there are left of it, and only these are in the log of the next leader.
  for (const key of ['y', 'z']) await harness.ask(['SET', key, key])
  await split(harness, 'm', 3)
  await harness.transfer(FIRST_USER_CELL, 2)
  const [next] = harness.peersOf(FIRST_USER_CELL).filter((peer) => peer.store.id === 2)
  expect(next?.barrier).not.toBeNull()
  for (const key of ['a', 'b']) {
    const { text } = await harness.ask(['GET', key], { version: 2 })
    expect(text).toBe(`$1\r\n${key}\r\n`)
  }
  isHeld = false
  for (const go of held) go()
  await harness.until(() => next?.barrier === null, 'the barrier is written')
})

test('a child that is led where its parent is begins with what was in memory: nothing is read again', async () => {
  const harness = new StoreHarness(1)
  harness.sizes = { ...VALUE_SIZES, wholeBytesMax: 100, chunkBytes: 64, entryBytesMax: 3000 }
  const engine = harness.engines.get(1) as Engine
  const getMany = engine.getMany.bind(engine)
  let read = 0
  engine.getMany = (keys, done) => {
    read += keys.length
    getMany(keys, done)
  }
  await harness.startWith(1)
  const keys = Array.from({ length: 100 }, (_, i) => `key:${100 + i}`)
  for (const key of keys) await harness.ask(['SET', key, key])
  await harness.ask(['PEXPIRE', 'key:199', '60000'])
  // Long values are patched in place, so each must have memory of its own.
  const long = 'x'.repeat(200)
  for (const key of ['long:1', 'long:2']) await harness.ask(['SET', key, long])
  await split(harness, 'key:150', 1)
  await harness.ask(['SET', 'key:160', 'newer'], { cell: CHILD, version: 2 })
  read = 0
  for (const key of ['long:1', 'long:2']) await harness.ask(['APPEND', key, key], { cell: CHILD, version: 2 })
  for (const key of ['long:1', 'long:2']) {
    const { text } = await harness.ask(['GETRANGE', key, '199', '-1'], { cell: CHILD, version: 2 })
    expect(text).toBe(`$7\r\nx${key}\r\n`)
    expect((await harness.ask(['GETRANGE', key, '0', '2'], { cell: CHILD, version: 2 })).text).toBe('$3\r\nxxx\r\n')
  }
  for (const key of keys) {
    const value = key === 'key:160' ? 'newer' : key
    const { text } = await harness.ask(['GET', key], cellOf(harness, key))
    expect(text).toBe(`$${value.length}\r\n${value}\r\n`)
  }
  expect((await harness.ask(['PTTL', 'key:199'], { cell: CHILD, version: 2 })).text).toMatch(/^:[1-9]/)
  expect((await harness.ask(['GET', 'key:151x'], { cell: CHILD, version: 2 })).text).toBe('$-1\r\n')
  expect(read).toBe(0)
})

test('on quiet disks both halves serve again less than three ticks after a cell was cut', async () => {
  const harness = await cluster(3)
  for (let i = 0; i < 100; i++) await harness.ask(['SET', `key:${1000 + i}`, 'v'])
  const childPeers = [1, 2, 3].map((store) => ({ id: 2000 + store, store, role: 'voter' as const }))
  harness.order(FIRST_USER_CELL, { kind: 'split', key: Buffer.from('key:1050'), child: CHILD, childPeers })
  await harness.until(() => harness.peersOf(CHILD).length > 0, 'the child is born')
  const bornMs = harness.nowMs
  await harness.until(() => harness.peersOf(CHILD).some(({ working }) => working !== null), 'the child serves')
  expect(harness.nowMs - bornMs).toBeLessThan(300)
  expect((await harness.ask(['SET', 'key:1099', 'w'], { cell: CHILD, version: 2 })).text).toBe('+OK\r\n')
})
