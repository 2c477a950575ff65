/** A small cell is read into memory as a whole for a command that names more keys than it has. */
import { expect, test } from 'vitest'
import type { Engine, ScanDone } from '../../src/storage/index.ts'
import type { Peer } from '../../src/store/peer.ts'
import { StoreHarness } from './harness.ts'

const MANY = Array.from({ length: 2000 }, (_, i) => `absent:${i}`)

/** One copy whose engine has these keys and whose memory has none; what the engine is asked for is counted. */
async function coldCell(words: readonly string[]) {
  const harness = new StoreHarness(1)
  await harness.startWith(1)
  const engine = harness.engines.get(1) as Engine
  const asked = { keys: 0, pages: 0 }
  const held: (() => void)[] = []
  const world = { harness, asked, held, holdsPages: false, peer: harness.leadingPeer() as Peer }
  const getMany = engine.getMany.bind(engine)
  const scan = engine.scan.bind(engine)
  engine.getMany = (keys, done) => {
    asked.keys += keys.length
    getMany(keys, done)
  }
  engine.scan = (start, end, limits, done) => {
    asked.pages++
    const later: ScanDone = (...found) => {
      if (world.holdsPages) held.push(() => done(...found))
      else done(...found)
    }
    scan(start, end, limits, later)
  }
  await harness.ask(words)
  await writeBack(harness, world.peer)
  world.peer.working?.evict(0, world.peer.forgettableIndex)
  asked.keys = 0
  asked.pages = 0
  return world
}

async function writeBack(harness: StoreHarness, peer: Peer): Promise<void> {
  const host = harness.nodes[0]?.host
  host?.writeBack.forceAs(peer, peer.state(), () => {})
  host?.again()
  await harness.until(() => peer.written === peer.node.lastIndex, 'all is written back')
}

test('a command that misses more keys than the cell has asks the engine for none of them by name', async () => {
  const { harness, asked } = await coldCell(['MSET', 'a', '1', 'b\0c', '2', 'z', '3'])
  expect((await harness.ask(['EXISTS', ...MANY, 'a', 'b\0c', 'z'])).text).toBe(':3\r\n')
  expect(asked).toMatchObject({ keys: 0, pages: 1 })
  expect((await harness.ask(['MGET', 'a', 'b\0c', 'z', 'absent:1'])).text).toBe(
    '*4\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n$-1\r\n',
  )
  expect((await harness.ask(['MSET', ...MANY.flatMap((key) => [key, 'v'])])).text).toBe('+OK\r\n')
  expect((await harness.ask(['DBSIZE'])).text).toBe(`:${MANY.length + 3}\r\n`)
  expect(asked.keys).toBe(0)
})

test('a cell of several pages is read to its end', async () => {
  const keys = Array.from({ length: 9000 }, (_, i) => `key:${i}`)
  const { harness, asked } = await coldCell(['MSET', ...keys.flatMap((key) => [key, 'v'])])
  expect((await harness.ask(['EXISTS', ...keys, ...MANY])).text).toBe(`:${keys.length}\r\n`)
  expect(asked).toMatchObject({ keys: 0, pages: 3 })
})

test('a cell that has more keys than a command names is not read through for it', async () => {
  const keys = Array.from({ length: 3000 }, (_, i) => `key:${i}`)
  const { harness, asked } = await coldCell(['MSET', ...keys.flatMap((key) => [key, 'v'])])
  expect((await harness.ask(['EXISTS', ...MANY])).text).toBe(':0\r\n')
  expect(asked).toMatchObject({ keys: MANY.length, pages: 0 })
})

test('what is changed and written back while a page is under way is not taken from the page as it was', async () => {
  const world = await coldCell(['MSET', 'a', 'old', 'b', 'old', 'c', 'old'])
  const { harness, held, peer } = world
  expect((await harness.ask(['GET', 'a'])).text).toBe('$3\r\nold\r\n')
  world.holdsPages = true
  const many = harness.send(['EXISTS', ...MANY], { session: 2 })
  await harness.until(() => held.length === 1, 'a page is read')
  expect((await harness.ask(['SET', 'a', 'new'], { session: 3 })).text).toBe('+OK\r\n')
  await writeBack(harness, peer)
  peer.evict(0)
  world.holdsPages = false
  for (const arrive of held) arrive()
  await harness.until(() => harness.answers.some(({ sequence }) => sequence === many), 'the command is answered')
  expect((await harness.ask(['MGET', 'a', 'b', 'c'], { session: 4 })).text).toBe(
    '*3\r\n$3\r\nnew\r\n$3\r\nold\r\n$3\r\nold\r\n',
  )
})

test('a page that arrives after the cell was emptied brings none of what was there back', async () => {
  const world = await coldCell(['MSET', 'a', '1', 'b', '2'])
  const { harness, held } = world
  world.holdsPages = true
  const many = harness.send(['EXISTS', ...MANY, 'a', 'b'], { session: 2 })
  await harness.until(() => held.length === 1, 'a page is read')
  await harness.until(() => harness.answers.some(({ sequence }) => sequence === many), 'its time is over')
  expect((await harness.ask(['FLUSHALL'], { session: 3 })).text).toBe('+OK\r\n')
  world.holdsPages = false
  for (const arrive of held) arrive()
  await harness.run(5)
  expect((await harness.ask(['MGET', 'a', 'b'], { session: 4 })).text).toBe('*2\r\n$-1\r\n$-1\r\n')
  expect((await harness.ask(['EXISTS', ...MANY, 'a'], { session: 5 })).text).toBe(':0\r\n')
})
