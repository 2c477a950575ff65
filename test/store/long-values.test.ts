/** Values that are longer than one record of the engine should be, and effects that are more than one entry holds. */
import { expect, test } from 'vitest'
import { utf8 } from '../../src/base/index.ts'
import { FIRST_USER_CELL } from '../../src/model/index.ts'
import { Entry, EntryType } from '../../src/raft/index.ts'
import { chunkKey, type Engine, SCOPE } from '../../src/storage/index.ts'
import { EffectReader, EntryWriter } from '../../src/store/entry.ts'
import { EntryGroups } from '../../src/store/entry-groups.ts'
import type { ValueSizes } from '../../src/store/index.ts'
import type { Peer } from '../../src/store/peer.ts'
import type { WorkingState } from '../../src/store/working-state.ts'
import { StoreHarness } from './harness.ts'

const sizes: ValueSizes = {
  wholeBytesMax: 100,
  chunkBytes: 64,
  entryBytesMax: 300,
  sweptKeysMin: 1024,
  heldKeysMax: 1024,
}

async function cluster(executors: number): Promise<StoreHarness> {
  const harness = new StoreHarness(executors, executors, { valueMax: '1mb' })
  harness.sizes = sizes
  await harness.startWith(executors)
  return harness
}

/** Everything but the leader's memory: written back, forgotten, and so to be read from the engine. */
async function forget(harness: StoreHarness): Promise<void> {
  await harness.run(6000)
  for (const node of harness.nodes) {
    for (const peer of node.host?.peers() ?? []) peer.working?.evict(0, peer.written)
  }
}

async function chunksInEngine(harness: StoreHarness, store: number, key: string): Promise<number> {
  const keys = Array.from({ length: 64 }, (_, chunk) => chunkKey(SCOPE.user, utf8(key), chunk))
  let found = -1
  ;(harness.engines.get(store) as Engine).getMany(keys, (_error, values) => {
    found = values.filter((value) => value !== null).length
  })
  await harness.until(() => found >= 0, 'the engine answers')
  return found
}

function pattern(bytes: number): string {
  return Array.from({ length: bytes }, (_, i) => String.fromCharCode(97 + ((i * 7 + (i >> 5)) % 26))).join('')
}

const bulk = (text: string) => ({ text: `$${text.length}\r\n${text}\r\n` })

test('a long value is read back from memory, from the engine, and by the next leader, on which it was never read', async () => {
  const harness = await cluster(3)
  const value = pattern(1000)
  expect((await harness.ask(['SET', 'k', value])).text).toBe('+OK\r\n')
  expect(await harness.ask(['GET', 'k'])).toMatchObject(bulk(value))
  await harness.transfer(FIRST_USER_CELL, 2)
  // From the overlay of the new leader.
  expect(await harness.ask(['GET', 'k'])).toMatchObject(bulk(value))
  await forget(harness)
  expect(await chunksInEngine(harness, 3, 'k')).toBe(16)
  expect(await harness.ask(['GETRANGE', 'k', '990', '-1'])).toMatchObject(bulk(value.slice(990)))
})

test('a part that is changed is all that is written, and lies on top of what the engine has', async () => {
  const harness = await cluster(3)
  const value = pattern(1000)
  await harness.ask(['SET', 'k', value])
  await forget(harness)
  const peer = () => harness.leadingPeer()
  const before = peer()?.group.bytes ?? 0
  expect((await harness.ask(['SETRANGE', 'k', '500', 'HERE'])).text).toBe(':1000\r\n')
  expect((await harness.ask(['APPEND', 'k', 'END'])).text).toBe(':1003\r\n')
  expect((peer()?.group.bytes ?? 0) - before).toBeLessThan(600)
  const changed = `${value.slice(0, 500)}HERE${value.slice(504)}END`
  // The next leader has two chunks in its overlay, and the others in its engine.
  await harness.transfer(FIRST_USER_CELL, 3)
  expect(await harness.ask(['GET', 'k'])).toMatchObject(bulk(changed))
  await forget(harness)
  expect(await harness.ask(['GET', 'k'])).toMatchObject(bulk(changed))
})

test('a gap before a part that is written far behind the end is zeros', async () => {
  const harness = await cluster(1)
  await harness.ask(['SET', 'k', pattern(150)])
  expect((await harness.ask(['SETRANGE', 'k', '700', 'x'])).text).toBe(':701\r\n')
  await forget(harness)
  expect(await harness.ask(['GET', 'k'])).toMatchObject(bulk(`${pattern(150)}${'\0'.repeat(550)}x`))
})

test('whatever takes the place of a long value takes its chunks away', async () => {
  const harness = await cluster(1)
  for (const [command, left] of [
    [['SET', 'k', 'short'], 0],
    [['SET', 'k', pattern(130)], 3],
    [['DEL', 'k'], 0],
    [['GETDEL', 'k'], 0],
    [['RENAME', 'k', 'other'], 0],
    [['PEXPIREAT', 'k', '1'], 0],
    [['FLUSHALL'], 0],
  ] as [string[], number][]) {
    await harness.ask(['SET', 'k', pattern(1000)])
    await forget(harness)
    expect(await chunksInEngine(harness, 1, 'k')).toBe(16)
    await harness.ask(command)
    await forget(harness)
    expect(await chunksInEngine(harness, 1, 'k'), command.join(' ').slice(0, 20)).toBe(left)
  }
})

test('a long value that dies goes with its chunks, when somebody meets it', async () => {
  const harness = await cluster(1)
  await harness.ask(['SET', 'k', pattern(1000), 'PX', '500'])
  await forget(harness)
  expect((await harness.ask(['GET', 'k'])).text).toBe('$-1\r\n')
  await forget(harness)
  expect(await chunksInEngine(harness, 1, 'k')).toBe(0)
  expect((await harness.ask(['DBSIZE'])).text).toBe(':0\r\n')
})

test('what needs the length of a long value only does not read its bytes', async () => {
  const harness = await cluster(1)
  await harness.ask(['SET', 'k', pattern(1000)])
  await forget(harness)
  const engine = harness.engines.get(1) as Engine
  const { getMany } = engine
  let asked = 0
  engine.getMany = (keys, done) => {
    asked += keys.length
    getMany.call(engine, keys, done)
  }
  expect((await harness.ask(['STRLEN', 'k'])).text).toBe(':1000\r\n')
  expect((await harness.ask(['PEXPIRE', 'k', '100000'])).text).toBe(':1\r\n')
  expect((await harness.ask(['SET', 'k', pattern(900)])).text).toBe('+OK\r\n')
  expect(asked).toBe(1)
})

test('several long values that are not in memory are fetched for one command, however little memory there is', async () => {
  const harness = await cluster(1)
  const names = Array.from({ length: 6 }, (_, i) => `k${i}`)
  for (const name of names) await harness.ask(['SET', name, name + pattern(2000)])
  await forget(harness)
  const text = names.map((name) => bulk(name + pattern(2000)).text).join('')
  expect((await harness.ask(['MGET', ...names])).text).toBe(`*6\r\n${text}`)
})

test('half a group of entries that another leader has followed is never seen', async () => {
  const harness = await cluster(3)
  const old = pattern(900)
  await harness.ask(['SET', 'k', old])
  const executor = harness.leader(FIRST_USER_CELL)?.executor ?? 0
  const peer = harness.leadingPeer()
  if (peer === undefined) throw new Error('no leader')
  // The first entries of a group are all that its leader brings out: as if it had died right then.
  const writer = new EntryWriter(sizes.entryBytesMax)
  writer.begin()
  writer.beginCommand(1, 900)
  for (let chunk = 0; chunk < 14; chunk++) writer.putChunk(SCOPE.user, 'k', chunk, Buffer.alloc(64, 'X'), 0, 64)
  writer.finish(peer.cell.epoch.version, 0, 1, 900)
  expect(writer.sealed.length).toBeGreaterThan(2)
  expect(peer.node.proposeAll(writer.sealed)).toBe(true)
  harness.nodes[executor]?.host?.touch(peer)
  await harness.until(
    () => harness.nodes.every((node) => [...(node.host?.peers() ?? [])].some(({ openParts }) => openParts > 0)),
    'every peer has applied half of a group',
  )
  harness.kill(executor)
  await harness.until(() => harness.leader(FIRST_USER_CELL) !== null, 'another leader')
  expect(await harness.ask(['GET', 'k'])).toMatchObject(bulk(old))
  await forget(harness)
  expect(await harness.ask(['GET', 'k'])).toMatchObject(bulk(old))
})

test('what ran before a command with many effects is an entry of its own, which need not wait for the group', () => {
  const writer = new EntryWriter(300)
  writer.begin()
  writer.beginCommand(0, 0)
  writer.put(SCOPE.user, 'small', 0, utf8('value'), 0, 5)
  writer.beginCommand(1, 10)
  for (let chunk = 0; chunk < 8; chunk++) writer.putChunk(SCOPE.user, 'k', chunk, Buffer.alloc(64, 'X'), 0, 64)
  writer.putLong(SCOPE.user, 'k', 0, 64, 512)
  const entries = [...writer.sealed, writer.finish(3, 99, 2, 600)]
  const reader = new EffectReader()
  const groups = new EntryGroups()
  const counted = entries.map((data, i) => groups.take(new Entry(1, i, EntryType.normal, data)).length)
  expect(counted).toEqual([1, ...new Array(entries.length - 2).fill(0), entries.length - 1])
  let effects = 0
  for (const data of entries) {
    expect(data.length).toBeLessThanOrEqual(300)
    reader.reset(data)
    expect([reader.version, reader.stampMs]).toEqual([3, 99])
    while (reader.next()) effects++
  }
  expect(effects).toBe(10)
  reader.reset(entries[0] as Uint8Array)
  expect([reader.keys, reader.sizeBytes, reader.parts]).toEqual([1, 10, 0])
  reader.reset(entries.at(-1) as Uint8Array)
  expect([reader.keys, reader.sizeBytes, reader.parts]).toEqual([2, 600, entries.length - 2])
})

test('a split leaves the chunks with their key, and counts them with it', async () => {
  const harness = await cluster(1)
  for (const key of ['a', 'b', 'c', 'd']) await harness.ask(['SET', key, key + pattern(1000)])
  await forget(harness)
  const peerOf = (cell: number) => harness.nodes[0]?.host?.peer(1, cell)
  const childPeers = [{ id: 770, store: 1, role: 'voter' as const }]
  harness.order(FIRST_USER_CELL, { kind: 'split', key: null, child: 77, childPeers })
  await harness.until(() => peerOf(77)?.bornOf === null, 'the child is born')
  const [left, right] = [FIRST_USER_CELL, 77].map(peerOf)
  expect([left?.keys, right?.keys]).toEqual([2, 2])
  expect([left?.sizeBytes, right?.sizeBytes]).toEqual([2004, 2004])
})

test('a walk over the keys meets each long value once, in memory or not', async () => {
  const harness = await cluster(1)
  for (const key of ['a', 'b', 'c']) await harness.ask(['SET', key, key + pattern(1000)])
  await forget(harness)
  await harness.ask(['APPEND', 'b', 'more'])
  const { text } = await harness.ask(['syspage', '', '', '10', ''])
  expect(text.split('\r\n').filter((line) => /^[a-z]$/.test(line))).toEqual(['a', 'b', 'c'])
})

test('a command that waits for the bytes of a long value is tried again when they have come, and not at each look', async () => {
  const harness = await cluster(1)
  harness.send(['SET', 'k', pattern(1000)])
  await harness.run(50)
  await forget(harness)
  expect((await harness.ask(['STRLEN', 'k'])).text).toBe(':1000\r\n')
  const { working } = harness.leadingPeer() as Peer
  const engine = harness.engines.get(1) as Engine
  const getMany = engine.getMany.bind(engine)
  let arrive: (() => void) | null = null
  engine.getMany = (keys, done) =>
    getMany(keys, (...found) => {
      arrive = () => done(...found)
    })
  let tries = 0
  const beginCommand = (working as WorkingState).beginCommand.bind(working)
  ;(working as WorkingState).beginCommand = () => {
    tries++
    beginCommand()
  }
  const long = harness.send(['GET', 'k'], { session: 2 })
  await harness.until(() => arrive !== null, 'its chunks are read')
  // Others are served meanwhile, and each of them is a look at what is parked.
  for (let i = 0; i < 10; i++) await harness.ask(['SET', 'other', 'x'], { session: 3 + i })
  expect(tries).toBe(11)
  engine.getMany = getMany
  ;(arrive as unknown as () => void)()
  await harness.until(() => harness.answers.some(({ sequence }) => sequence === long), 'it is answered')
  expect(tries).toBe(12)
})
