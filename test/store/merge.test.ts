import { expect, test } from 'vitest'
import { type Cell, containsKey, FIRST_USER_CELL, type MergeAsked, type StoresMessage } from '../../src/model/index.ts'
import { type Engine, memoryEngine } from '../../src/storage/index.ts'
import type { Peer } from '../../src/store/peer.ts'
import { Refusal, StoreHarness } from './harness.ts'

const CHILD = 2000
const keys = Array.from({ length: 40 }, (_, i) => `key:${100 + i}`)

/** Two cells, cut at `key:120`, each with 20 keys. */
async function twoCells(copies: number, options: Record<string, string> = {}): Promise<StoreHarness> {
  const harness = new StoreHarness(copies, copies, options)
  await harness.startWith(copies)
  for (const key of keys) await harness.ask(['SET', key, `${key}:first`])
  await split(harness, 'key:120', copies)
  return harness
}

async function split(harness: StoreHarness, at: string, copies: number, child = CHILD, of = FIRST_USER_CELL) {
  const childPeers = Array.from({ length: copies }, (_, i) => ({
    id: child + 1 + i,
    store: i + 1,
    role: 'voter' as const,
  }))
  harness.order(of, { kind: 'split', key: Buffer.from(at), child, childPeers })
  await harness.until(() => harness.leader(child) !== null && harness.leader(of) !== null, 'both halves are led')
  await harness.until(() => harness.leadingPeer(of)?.barrier === null, 'the barrier is written')
}

function cellOf(harness: StoreHarness, id: number): Cell {
  return (harness.leadingPeer(id) as Peer).cell
}

/** PD's order, once. */
function order(harness: StoreHarness, source: number, target: number): void {
  harness.order(source, { kind: 'merge', target: cellOf(harness, target) })
}

function isMerged(harness: StoreHarness, source: number, target: number, copies: number): boolean {
  const isServed = harness.leadingPeer(target)?.holdsCommands === false
  return isServed && harness.peersOf(source).length === 0 && harness.peersOf(target).length === copies
}

async function merge(harness: StoreHarness, source: number, target: number, copies: number): Promise<void> {
  let orderedMs = 0
  const isDone = () => {
    // PD gives an order again while it has no effect.
    if (harness.nowMs - orderedMs > 500 && harness.leader(source) !== null && harness.leader(target) !== null) {
      orderedMs = harness.nowMs
      order(harness, source, target)
    }
    return isMerged(harness, source, target, copies)
  }
  await harness.until(isDone, `cell ${source} is a part of cell ${target}`)
}

async function get(harness: StoreHarness, key: string): Promise<string> {
  for (const id of [FIRST_USER_CELL, CHILD, 1500, 3000]) {
    const peer = harness.leadingPeer(id)
    if (peer === undefined || !containsKey(peer.cell, Buffer.from(key))) continue
    const { text } = await harness.ask(['GET', key], { cell: id, version: peer.cell.epoch.version })
    return text.split('\r\n')[1] ?? text
  }
  throw new Error(`nobody serves ${key}`)
}

async function expectAll(harness: StoreHarness): Promise<void> {
  for (const key of keys) expect(await get(harness, key)).toBe(`${key}:first`)
}

test.each([
  ['the right one into the left one', CHILD, FIRST_USER_CELL],
  ['the left one into the right one', FIRST_USER_CELL, CHILD],
])('two halves of a cell are one again with every key: %s', async (_, source, target) => {
  const harness = await twoCells(3)
  const versions = [cellOf(harness, source).epoch.version, cellOf(harness, target).epoch.version]
  await merge(harness, source, target, 3)
  const whole = cellOf(harness, target)
  expect([whole.start.length, whole.end]).toEqual([0, null])
  expect(whole.epoch.version).toBeGreaterThan(Math.max(...versions) + 1)
  await expectAll(harness)
  const version = whole.epoch.version
  expect((await harness.ask(['DBSIZE'], { cell: target, version })).text).toBe(`:${keys.length}\r\n`)
  await harness.ask(['SET', 'key:139', 'later'], { cell: target, version })
  expect(await get(harness, 'key:139')).toBe('later')
  for (const peer of harness.peersOf(target)) expect(peer.absorbed.map(({ cell }) => cell)).toEqual([source])
})

test('size and number of keys, and the clock, are those of both', async () => {
  const harness = await twoCells(1)
  const [left, right] = [harness.leadingPeer(FIRST_USER_CELL) as Peer, harness.leadingPeer(CHILD) as Peer]
  const sum = (left.working?.sizeBytes ?? 0) + (right.working?.sizeBytes ?? 0)
  right.clockFloorMs += 5_000_000
  const { clockFloorMs } = right
  await merge(harness, CHILD, FIRST_USER_CELL, 1)
  expect([left.keys, left.sizeBytes]).toEqual([keys.length, sum])
  expect([left.working?.count, left.working?.sizeBytes]).toEqual([keys.length, sum])
  expect(left.clockFloorMs).toBe(clockFloorMs)
  await harness.ask(['SET', 'a', 'b'], { version: left.cell.epoch.version })
  expect(left.working?.nowMs).toBe(clockFloorMs)
})

test('who asks for the cell that went is told of the one that took it in', async () => {
  const harness = await twoCells(1)
  await merge(harness, CHILD, FIRST_USER_CELL, 1)
  const to = harness.leader(FIRST_USER_CELL)
  const { refusal } = await harness.ask(['GET', 'key:130'], { cell: CHILD, version: 2, to })
  expect(refusal).toBe(Refusal.epochNotMatch)
})

test('from its preparation on the source serves nothing, writes or reads, and again when it is refused', async () => {
  const harness = await twoCells(3)
  const isAsk = (message: StoresMessage) => message.kind === 'mergeAsked'
  harness.drop = (_from, _to, message) => isAsk(message)
  const stop = muteOwn(harness)
  order(harness, CHILD, FIRST_USER_CELL)
  await harness.until(() => harness.leadingPeer(CHILD)?.isAdministered === true, 'the preparation is proposed')
  const held = harness.send(['GET', 'key:130'], { cell: CHILD, version: 2 })
  await harness.until(() => harness.leadingPeer(CHILD)?.merging != null, 'it is prepared')
  const version = cellOf(harness, CHILD).epoch.version
  const answerTo = (sequence: number) => harness.answers.find((answer) => answer.sequence === sequence)
  for (const words of [['GET', 'key:130'], ['SET', 'key:130', 'x'], ['DBSIZE']]) {
    const { refusal } = await harness.ask(words, { cell: CHILD, version })
    expect(refusal).toBe(Refusal.notReady)
  }
  expect(answerTo(held)?.refusal).toBe(Refusal.notReady)
  await harness.run(4000)
  expect(harness.leadingPeer(CHILD)?.merging).not.toBeNull()
  stop()
  harness.drop = () => false
  await harness.until(() => harness.leadingPeer(CHILD)?.merging === null, 'it is refused, and rolled back')
  await expectAll(harness)
  expect(cellOf(harness, CHILD).epoch.version).toBeGreaterThan(version)
})

/** Questions do not pass within an executor either; returns what lets them pass again. */
function muteOwn(harness: StoreHarness): () => void {
  const undo = harness.nodes.map((node) => {
    const merges = node.host?.merges
    if (merges === undefined) throw new Error('no host')
    const asked = merges.asked.bind(merges)
    merges.asked = () => {}
    return () => {
      merges.asked = asked
    }
  })
  return () => {
    for (const each of undo) each()
  }
}

test('a merge that was decided on another epoch does nothing, and the source serves again', async () => {
  const harness = await twoCells(3)
  const target = cellOf(harness, FIRST_USER_CELL)
  await split(harness, 'key:110', 3, 3000)
  // As if the target had changed behind PD's back, and the store of the source did not know yet.
  for (const { store } of harness.peersOf(CHILD)) {
    const beside = store.peers.get(3000) as Peer
    beside.cell = { ...beside.cell, epoch: { ...beside.cell.epoch, version: beside.cell.epoch.version + 1 } }
  }
  const stale = { ...cellOf(harness, 3000), epoch: target.epoch }
  const peer = harness.leadingPeer(CHILD) as Peer
  const other = peer.store.peers.get(3000) as Peer
  const now = other.cell
  other.cell = stale
  harness.order(CHILD, { kind: 'merge', target: stale })
  await harness.until(() => peer.isAdministered, 'it is proposed')
  other.cell = now
  await harness.until(() => peer.merging !== null, 'it is prepared')
  await harness.until(() => peer.merging === null, 'it serves again', 10_000)
  expect(harness.peersOf(3000).every(({ absorbed }) => absorbed.length === 0)).toBe(true)
})

test('a cell that is about to become a part of another takes none in: what it took would be lost with it', async () => {
  const harness = await twoCells(3)
  await split(harness, 'key:110', 3, 3000)
  harness.drop = (_from, _to, message) => message.kind === 'mergeAsked'
  const unmute = muteOwn(harness)
  order(harness, 3000, FIRST_USER_CELL)
  await harness.until(
    () => harness.peersOf(3000).every(({ merging }) => merging !== null),
    'the middle one is prepared',
  )
  const peer = harness.leadingPeer(CHILD) as Peer
  order(harness, CHILD, 3000)
  await harness.run(200)
  expect([peer.merging, peer.isAdministered]).toEqual([null, false])
  // And if the store of the source did not know: nobody decides for it before the middle one is decided upon.
  const beside = peer.store.peers.get(3000) as Peer
  const { merging } = beside
  beside.merging = null
  order(harness, CHILD, 3000)
  await harness.until(() => peer.isAdministered, 'it is proposed')
  beside.merging = merging
  await harness.until(() => peer.merging !== null, 'it is prepared')
  unmute()
  const middle = harness.leadingPeer(3000) as Peer
  harness.drop = (_from, _to, message) => message.kind === 'mergeAsked' && message.source.id === 3000
  const asked = middle.store.place.executor
  const merges = harness.nodes[asked]?.host?.merges as { asked(message: MergeAsked): void }
  const ask = merges.asked.bind(merges)
  merges.asked = (message) => (message.source.id === CHILD ? ask(message) : undefined)
  await harness.run(500)
  expect(middle.absorbed).toEqual([])
  merges.asked = ask
  harness.drop = () => false
  await harness.until(() => isMerged(harness, 3000, FIRST_USER_CELL, 3), 'the middle one is a part of the first')
  await harness.until(() => peer.merging === null, 'the last one serves again')
  await expectAll(harness)
})

test('nothing is committed before every voter of the source has its log', async () => {
  const harness = await twoCells(3)
  const source = harness.leadingPeer(CHILD) as Peer
  const away = source.cell.peers.find(({ store }) => store !== source.store.id)?.store as number
  const at = away - 1
  const asks: MergeAsked['wanted'][] = []
  order(harness, CHILD, FIRST_USER_CELL)
  harness.drop = (from, to, message) => {
    if (message.kind === 'mergeAsked') asks.push(message.wanted)
    return from === at || to === at
  }
  await harness.until(() => source.merging !== null, 'it is prepared')
  await harness.run(2000)
  expect(asks).toContain('nothing')
  expect(asks).not.toContain('commit')
  await harness.until(() => source.merging === null, 'it gives up, and serves again')
  harness.drop = () => false
  await merge(harness, CHILD, FIRST_USER_CELL, 3)
  await expectAll(harness)
})

test('where the target lags its peer takes the source in when it catches up', async () => {
  const harness = await twoCells(3)
  const source = harness.leadingPeer(CHILD) as Peer
  const away = source.cell.peers.find(({ store }) => {
    return store !== source.store.id && store !== harness.leader(FIRST_USER_CELL)?.store
  })?.store as number
  // Of the target's log nothing reaches it.
  harness.drop = (_from, to, message) => to === away - 1 && message.kind === 'raft' && isMuted
  let isMuted = false
  order(harness, CHILD, FIRST_USER_CELL)
  await harness.until(() => source.merging !== null, 'it is prepared')
  const behind = harness.nodes[away - 1]?.host?.peer(away, CHILD) as Peer
  await harness.until(() => behind.node.lastIndex >= (source.merging?.index ?? Infinity), 'all have it')
  isMuted = true
  await harness.until(() => harness.peersOf(CHILD).length === 1, 'it is merged elsewhere')
  const version = cellOf(harness, FIRST_USER_CELL).epoch.version
  for (const key of keys) await harness.ask(['APPEND', key, '!'], { version })
  // It is gone for good, but the peer of the target here has yet to take it in.
  tellMerged(harness, behind)
  await harness.run(100)
  expect(harness.peersOf(CHILD)).toEqual([behind])
  isMuted = false
  await harness.until(() => harness.peersOf(CHILD).length === 0, 'it is merged there, too')
  await harness.until(() => harness.peersOf(FIRST_USER_CELL).every(({ barrier }) => barrier === null), 'it is written')
  await harness.transfer(FIRST_USER_CELL, away)
  for (const key of keys) expect(await get(harness, key)).toBe(`${key}:first!`)
})

/** A store that leads neither of the two cells, and the target's peer there. */
function besideBothLeaders(harness: StoreHarness) {
  const source = harness.leadingPeer(CHILD) as Peer
  const target = harness.leadingPeer(FIRST_USER_CELL) as Peer
  const away = source.cell.peers.find(({ store }) => store !== source.store.id && store !== target.store.id)
    ?.store as number
  const host = harness.nodes[away - 1]?.host
  const lagging = host?.peer(away, FIRST_USER_CELL) as Peer
  return { away, host, lagging }
}

/** The target takes the source in everywhere but there. It hears again with what is returned. */
async function mergeUnheard(harness: StoreHarness, { node }: Peer): Promise<() => void> {
  const step = node.step.bind(node)
  node.step = () => 'ok'
  order(harness, CHILD, FIRST_USER_CELL)
  await harness.until(() => harness.peersOf(CHILD).length === 1, 'it is merged elsewhere')
  return () => {
    node.step = step
  }
}

/** What its leader has written back is not in the log any more: who lacks it gets a snapshot. */
async function trimmedLeader(harness: StoreHarness, cell: number): Promise<Peer> {
  const leader = harness.leadingPeer(cell) as Peer
  await harness.until(() => leader.barrier === null, 'it is written')
  leader.store.log.trim(leader.group, leader.written)
  return leader
}

function tellMerged(harness: StoreHarness, { store, id, cell }: Peer): void {
  const removed = { store: store.id, cell: cell.id, peer: id, confVer: cell.epoch.confVer, merged: true } as const
  harness.tell(store.place.executor, { kind: 'peerRemoved', ...removed })
}

test('what is left of a source where the target has no peer any more goes when PD says that it is merged', async () => {
  const harness = await twoCells(3)
  const { away, lagging } = besideBothLeaders(harness)
  await mergeUnheard(harness, lagging)
  const [left] = harness.peersOf(CHILD) as [Peer]
  await harness.removePeer(FIRST_USER_CELL, lagging.id)
  await harness.until(() => lagging.destroyed, 'the target has two peers')
  tellMerged(harness, left)
  await harness.until(() => {
    if (harness.nowMs % 200 === 0) tellMerged(harness, left)
    return harness.peersOf(CHILD).length === 0
  }, 'it is gone')
  await harness.addPeer(FIRST_USER_CELL, away, 4000)
  await harness.transfer(FIRST_USER_CELL, away)
  await expectAll(harness)
})

test('what was born and merged is born again after a crash, before the log of its parent is replayed', async () => {
  const harness = await twoCells(1, { sleepAfter: '0' })
  await merge(harness, FIRST_USER_CELL, CHILD, 1)
  await split(harness, 'key:130', 1, 1500, CHILD)
  const engine = harness.engines.get(1) as Engine
  await harness.run(6000)
  // What the engine has by now is all that the crash leaves. The parent's id is greater, so its log is replayed later.
  const left = await copyOf(harness, engine)
  engine.flush = () => {}
  await split(harness, 'key:125', 1, 3000, CHILD)
  await merge(harness, 3000, 1500, 1)
  harness.kill(0)
  harness.engines.set(1, left)
  harness.open(0, 2)
  await harness.until(() => harness.leader(CHILD) !== null && harness.leader(1500) !== null, 'both are led')
  await harness.until(() => harness.leadingPeer(1500)?.holdsCommands === false, 'it serves')
  expect(cellOf(harness, 1500).start).toEqual(cellOf(harness, CHILD).end)
  await expectAll(harness)
})

async function copyOf(harness: StoreHarness, engine: Engine): Promise<Engine> {
  const copy = memoryEngine()
  let isCopied = false
  const all = { pairsMax: 100_000, bytesMax: 100_000_000 }
  engine.scan(new Uint8Array(0), new Uint8Array(64).fill(0xff), all, (_, pairs) => {
    const batch = { deleteRanges: [], keys: pairs.map(({ key }) => key), values: pairs.map(({ value }) => value) }
    copy.write(batch, () => {
      isCopied = true
    })
  })
  await harness.until(() => isCopied, 'it is copied')
  return copy
}

test('where the target gets a snapshot it takes the place of the source, too', async () => {
  const harness = await twoCells(3)
  const { away, host, lagging } = besideBothLeaders(harness)
  // Nothing of the target's reaches it, while it hears the source.
  const hearAgain = await mergeUnheard(harness, lagging)
  const version = cellOf(harness, FIRST_USER_CELL).epoch.version
  for (const key of keys) await harness.ask(['APPEND', key, '!'], { version })
  const leader = await trimmedLeader(harness, FIRST_USER_CELL)
  hearAgain()
  await harness.until(() => harness.peersOf(CHILD).length === 0, 'the snapshot is installed')
  await harness.until(() => lagging.absorbed.length === 1 && lagging.applied === leader.applied, 'it has caught up')
  await harness.transfer(FIRST_USER_CELL, away)
  for (const key of keys) expect(await get(harness, key)).toBe(`${key}:first!`)
  expect(host?.rawLog.group(away, CHILD)).toBeUndefined()
})

test('a merge is applied when the source has installed what it takes in', async () => {
  const harness = await twoCells(3)
  const { host, away } = besideBothLeaders(harness)
  const source = host?.peer(away, CHILD) as Peer
  order(harness, CHILD, FIRST_USER_CELL)
  await harness.until(() => source.merging !== null, 'it is prepared')
  // Its leader is another one now, and came by a snapshot itself, behind the preparation.
  const into = { installing: true, held: [], sinceMs: harness.nowMs } as unknown as NonNullable<Peer['snapshotIn']>
  source.snapshotIn = into
  await harness.until(() => harness.peersOf(CHILD).length === 1, 'it is merged elsewhere')
  await harness.run(500)
  expect(harness.peersOf(CHILD)).toEqual([source])
  source.snapshotIn = null
  await harness.until(() => isMerged(harness, CHILD, FIRST_USER_CELL, 3), 'it is merged there, too')
  await harness.transfer(FIRST_USER_CELL, away)
  await expectAll(harness)
})

test('while a peer installs a larger cell nobody comes to be in what is added to it', async () => {
  const harness = await twoCells(3)
  const { away, host, lagging } = besideBothLeaders(harness)
  const hearAgain = await mergeUnheard(harness, lagging)
  const leader = await trimmedLeader(harness, FIRST_USER_CELL)
  // All of the snapshot is in the engine, but not known to stay there, when the cell is cut once more.
  const engine = harness.engines.get(away) as Engine
  const flush = engine.flush.bind(engine)
  const held: (() => void)[] = []
  let flushes = 0
  engine.flush = (done) => (++flushes > 1 ? held.push(() => flush(done)) : flush(done))
  hearAgain()
  await harness.until(() => lagging.snapshotIn?.installing === true && held.length > 0, 'it is being installed')
  await harness.ask(['SET', 'key:130', 'older'], { version: leader.cell.epoch.version })
  const others = cellOf(harness, FIRST_USER_CELL).peers
  const childPeers = others.map(({ store, role }) => ({ id: 3000 + store, store, role }))
  harness.order(FIRST_USER_CELL, { kind: 'split', key: Buffer.from('key:125'), child: 3000, childPeers })
  await harness.until(() => harness.leader(3000) !== null, 'it is cut')
  await harness.ask(['SET', 'key:130', 'newer'], { cell: 3000, version: cellOf(harness, 3000).epoch.version })
  const born = harness.leadingPeer(3000) as Peer
  await harness.run(3000)
  born.store.log.trim(born.group, born.written)
  await harness.run(3000)
  const isThere = () => host?.peer(away, 3000)?.initialized === true
  expect(isThere()).toBe(false)
  engine.flush = flush
  for (const go of held) go()
  await harness.until(isThere, 'it is born of what was installed')
  await harness.until(() => host?.peer(away, 3000)?.bornOf === null, 'with all its data')
  await harness.transfer(3000, away)
  expect(await get(harness, 'key:130')).toBe('newer')
})

test('commands for what was taken in wait until the engine has all of it, and nothing is asked of it before', async () => {
  const harness = await twoCells(1)
  // The engine has what is there now, and memory nothing of it.
  await harness.run(6000)
  harness.leadingPeer(CHILD)?.working?.forgetKeys()
  await harness.ask(['SET', 'key:130', 'newer'], { cell: CHILD, version: 2 })
  const engine = harness.engines.get(1) as Engine
  const write = engine.write.bind(engine)
  const held: (() => void)[] = []
  engine.write = (batch, done) => held.push(() => write(batch, done))
  order(harness, CHILD, FIRST_USER_CELL)
  await harness.until(() => harness.peersOf(CHILD).length === 0, 'it is merged')
  const { cell } = harness.leadingPeer(FIRST_USER_CELL) as Peer
  const sequence = harness.send(['GET', 'key:130'], { version: cell.epoch.version })
  await harness.run(50)
  expect(harness.answers.some((answer) => answer.sequence === sequence)).toBe(false)
  engine.write = write
  for (const go of held) go()
  await harness.until(() => harness.answers.some((answer) => answer.sequence === sequence), 'it is answered')
  expect(harness.answers.find((answer) => answer.sequence === sequence)?.text).toBe('$5\r\nnewer\r\n')
})

test('a store that comes back after a crash anywhere in a merge has every key', async () => {
  for (let steps = 1; steps < 40; steps += 3) {
    const harness = await twoCells(1, { sleepAfter: '0' })
    order(harness, CHILD, FIRST_USER_CELL)
    for (let i = 0; i < steps; i++) await harness.step()
    harness.kill(0)
    harness.open(0, 2)
    const isDone = () => {
      const peer = harness.leadingPeer(CHILD)
      return peer === undefined ? isMerged(harness, CHILD, FIRST_USER_CELL, 1) : peer.merging === null
    }
    await harness.until(() => harness.leader(FIRST_USER_CELL) !== null && isDone(), 'it serves')
    await expectAll(harness)
  }
})

test('cells are cut and made one again and again, and every key stays', async () => {
  const harness = await twoCells(3)
  let child = CHILD
  for (let round = 0; round < 6; round++) {
    await merge(harness, child, FIRST_USER_CELL, 3)
    child += 10
    await split(harness, `key:${103 + 5 * round}`, 3, child)
  }
  await merge(harness, child, FIRST_USER_CELL, 3)
  await expectAll(harness)
  const [peer] = harness.peersOf(FIRST_USER_CELL)
  expect(peer?.absorbed).toHaveLength(7)
})

test('while data of a removed peer is still to be deleted nobody comes to be in its range', async () => {
  const harness = await twoCells(2)
  const away = (harness.leader(CHILD)?.store as number) === 1 ? 2 : 1
  const host = harness.nodes[away - 1]?.host
  const peer = host?.peer(away, CHILD) as Peer
  const { store, cell } = peer
  const engine = harness.engines.get(away) as Engine
  const write = engine.write.bind(engine)
  const held: (() => void)[] = []
  engine.write = (batch, done) => held.push(() => write(batch, done))
  const later = { ...cell, id: 5000, epoch: { ...cell.epoch, version: cell.epoch.version + 1 } }
  await harness.removePeer(CHILD, peer.id)
  await harness.until(() => held.length > 0 && peer.destroyed, 'it is removed, and its data is to be deleted')
  expect(host?.overlaps(store, later)).toBe(true)
  engine.write = write
  for (const go of held) go()
  await harness.until(() => host?.overlaps(store, later) === false, 'it is deleted')
})
