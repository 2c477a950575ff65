import { expect, test } from 'vitest'
import { Random } from '../../src/base/index.ts'
import { bulkAt, elementEnd, ReplyParser } from '../../src/redis/index.ts'
import type { Peer } from '../../src/store/peer.ts'
import { StoreHarness } from './harness.ts'

async function cluster(copies: number): Promise<StoreHarness> {
  const harness = new StoreHarness(copies)
  await harness.startWith(copies)
  return harness
}

function leaderOf(harness: StoreHarness): Peer {
  const peer = harness.leadingPeer()
  if (peer === undefined) throw new Error('no leader')
  return peer
}

interface PageAnswer {
  readonly next: string | null
  readonly looked: number
  readonly keys: string[]
}

function pageOf(text: string): PageAnswer {
  const parser = new ReplyParser()
  parser.push(Buffer.from(text, 'latin1'))
  const [next, looked, ...keys] = parser.next() as unknown as [string | null, number, ...string[]]
  return { next: next === null ? null : String(next), looked, keys: keys.map(String) }
}

const page = (from: string, keysMax = 10, ...rest: string[]) => ['syspage', from, '', String(keysMax), '', ...rest]

/** Everything of the cell goes to its engine, and memory forgets it. */
async function cool(harness: StoreHarness): Promise<void> {
  const peer = leaderOf(harness)
  await harness.until(() => peer.applied === peer.node.lastIndex, 'all is applied')
  writeBack(harness)
  await harness.until(() => peer.written === peer.node.lastIndex, 'all is written back')
  peer.working?.evict(0, peer.forgettableIndex)
}

/** Asks for all keys; what the engine has read for that is held back until it is released. */
async function heldPage(harness: StoreHarness): Promise<{ sequence: number; release(): void }> {
  const { engine } = leaderOf(harness).store
  const scan = engine.scan.bind(engine)
  const held: (() => void)[] = []
  engine.scan = (start, end, limits, done) => scan(start, end, limits, (...result) => held.push(() => done(...result)))
  const sequence = harness.send(page(''))
  await harness.until(() => held.length > 0, 'the engine has read the page')
  return { sequence, release: () => held.at(-1)?.() }
}

function writeBack(harness: StoreHarness): void {
  const peer = leaderOf(harness)
  const host = harness.nodes[0]?.host
  host?.writeBack.forceAs(peer, peer.state(), () => {})
  host?.again()
}

test('pages go over all keys in byte order, whether memory or the engine has them', async () => {
  const harness = await cluster(1)
  const keys = Array.from({ length: 60 }, (_, i) => `key:${String(i).padStart(2, '0')}`)
  for (const key of keys.slice(0, 40)) await harness.ask(['SET', key, 'old'])
  await cool(harness)
  expect(leaderOf(harness).working?.isWhole).toBe(false)
  for (const key of keys.slice(30)) await harness.ask(['SET', key, 'new'])
  await harness.ask(['DEL', 'key:05', 'key:35', 'key:59'])
  const found: string[] = []
  let from: string | null = ''
  while (from !== null) {
    const answer: PageAnswer = pageOf((await harness.ask(page(from, 7))).text)
    expect(answer.looked).toBeLessThanOrEqual(7)
    found.push(...answer.keys)
    from = answer.next
  }
  expect(found).toEqual(keys.filter((key) => !['key:05', 'key:35', 'key:59'].includes(key)))
})

test('a page ends where it is told to, and tells where the next begins', async () => {
  const harness = await cluster(1)
  for (const key of ['a', 'b', 'c', 'd']) await harness.ask(['SET', key, 'v'])
  expect(pageOf((await harness.ask(['syspage', '', 'c', '10', ''])).text)).toEqual({
    next: null,
    looked: 2,
    keys: ['a', 'b'],
  })
  expect(pageOf((await harness.ask(page('b', 2))).text)).toEqual({ next: 'd', looked: 2, keys: ['b', 'c'] })
  expect(pageOf((await harness.ask(page('', 10, '[bd]'))).text)).toEqual({ next: null, looked: 4, keys: ['b', 'd'] })
  expect(pageOf((await harness.ask(['syspage', '', '', '10', 'list'])).text).keys).toEqual([])
})

test('what is there throughout is found once, and what was never there not at all, whatever goes on meanwhile', async () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const random = new Random(seed)
    const harness = await cluster(1)
    const stable = Array.from({ length: 40 }, (_, i) => `${String(i).padStart(2, '0')}:stable`)
    for (const key of stable) await harness.ask(['SET', key, 'v'])
    const gone = Array.from({ length: 40 }, (_, i) => `${String(i).padStart(2, '0')}:gone`)
    for (const key of gone) await harness.ask(['SET', key, 'v'])
    await cool(harness)
    // In the engine they are still, until the deletions are written back: at some moment of the walk.
    for (let at = 0; at < gone.length; at += 8) await harness.ask(['DEL', ...gone.slice(at, at + 8)])
    const found: string[] = []
    for (let from: string | null = ''; from !== null; ) {
      const sequence = harness.send(page(from, random.between(1, 12)), { session: 2 })
      const answered = () => harness.answers.find((answer) => answer.sequence === sequence)
      while (answered() === undefined) {
        const key = `${String(random.below(40)).padStart(2, '0')}:${random.pick(['x', 'y', 'z'])}`
        harness.send(random.chance(0.5) ? ['SET', key, 'v'] : ['DEL', key], { session: random.between(3, 9) })
        if (random.chance(0.4)) writeBack(harness)
        const peer = leaderOf(harness)
        if (random.chance(0.5)) peer.working?.evict(0, peer.forgettableIndex)
        await harness.step()
      }
      const answer: PageAnswer = pageOf(answered()?.text ?? '')
      found.push(...answer.keys)
      from = answer.next
    }
    expect(
      found.filter((key) => key.endsWith('stable')),
      `seed ${seed}`,
    ).toEqual(stable)
    expect(
      found.filter((key) => key.endsWith('gone')),
      `seed ${seed}`,
    ).toEqual([])
    expect([...new Set(found)], 'in order, none twice').toEqual(found)
  }
})

test('a key that is deleted and forgotten while its page is read does not come back', async () => {
  const harness = await cluster(1)
  for (const key of ['a', 'b', 'c']) await harness.ask(['SET', key, 'v'])
  await cool(harness)
  const peer = leaderOf(harness)
  const { release, sequence } = await heldPage(harness)
  await harness.ask(['DEL', 'b'], { session: 2 })
  writeBack(harness)
  await harness.until(() => peer.written === peer.node.lastIndex, 'the deletion is written back')
  peer.working?.evict(0, peer.forgettableIndex)
  release()
  await harness.until(() => harness.answers.some((answer) => answer.sequence === sequence), 'an answer')
  expect(pageOf(harness.answers.find((answer) => answer.sequence === sequence)?.text ?? '').keys).toEqual(['a', 'c'])
})

test('when the client of a page is gone before it runs, or its time is over, memory may be forgotten again', async () => {
  for (const end of ['farewell', 'deadline'] as const) {
    const harness = await cluster(1)
    for (const key of ['a', 'b', 'c']) await harness.ask(['SET', key, 'v'])
    await cool(harness)
    const peer = leaderOf(harness)
    await heldPage(harness)
    // Another command stays parked behind it: that there is none left must not be what lets the page go.
    if (end === 'deadline') await harness.run(2000)
    harness.send(page(''), { session: 2 })
    if (end === 'farewell') harness.bidFarewell(1)
    await harness.run(end === 'farewell' ? 3 : 4000)
    expect(peer.parked.isEmpty, end).toBe(false)
    expect(peer.page, end).toBe(null)
    await harness.ask(['SET', 'd', 'v'], { session: 4 })
    writeBack(harness)
    await harness.until(() => peer.written === peer.node.lastIndex, 'all is written back')
    expect(peer.forgettableIndex, end).toBe(peer.written)
  }
})

test('a FLUSHALL waits for a page that is being read, and the next page is of its time', async () => {
  const harness = await cluster(1)
  for (const key of ['a', 'b']) await harness.ask(['SET', key, 'v'])
  await cool(harness)
  const sequence = harness.send(page(''))
  harness.send(['FLUSHALL'], { session: 2 })
  const behind = await harness.ask(page(''), { session: 2 })
  expect(pageOf(behind.text).keys).toEqual([])
  expect(pageOf(harness.answers.find((answer) => answer.sequence === sequence)?.text ?? '').keys).toEqual(['a', 'b'])
})

test('others need not wait for a page that is being read, but the same connection does', async () => {
  const harness = await cluster(1)
  for (const key of ['a', 'b']) await harness.ask(['SET', key, 'v'])
  await cool(harness)
  const { release, sequence: walk } = await heldPage(harness)
  expect((await harness.ask(['SET', 'c', 'v'], { session: 2 })).text).toBe('+OK\r\n')
  const behind = harness.send(['GET', 'c'], { after: walk })
  await harness.run(20)
  expect(harness.answers.some((answer) => answer.sequence === behind)).toBe(false)
  release()
  await harness.until(() => harness.answers.some((answer) => answer.sequence === behind), 'the one behind is answered')
  const order = harness.answers.filter(({ sequence }) => sequence === walk || sequence === behind)
  expect(order.map(({ sequence }) => sequence)).toEqual([walk, behind])
})

test('a dead key is in no page, and the page waits until its deletion is committed', async () => {
  const harness = await cluster(3)
  await harness.ask(['SET', 'dies', 'v', 'PX', '20'])
  await harness.ask(['SET', 'stays', 'v'])
  for (const isCold of [false, true]) {
    await harness.ask(['SET', 'dies', 'v', 'PX', '20'])
    if (isCold) await cool(harness)
    await harness.run(30)
    const before = leaderOf(harness).node.lastIndex
    harness.drop = () => true
    const sequence = harness.send(page(''))
    const answer = () => harness.answers.find((candidate) => candidate.sequence === sequence)
    await harness.until(() => leaderOf(harness).node.lastIndex > before, 'the deletion is proposed')
    await harness.run(20)
    expect(answer()).toBeUndefined()
    harness.drop = () => false
    await harness.until(() => answer() !== undefined, 'an answer')
    expect(pageOf(answer()?.text ?? '').keys).toEqual(['stays'])
  }
})

test('a page waits for whatever was written in its cell before', async () => {
  const harness = await cluster(3)
  await harness.ask(['SET', 'a', 'v'])
  harness.drop = () => true
  const write = harness.send(['SET', 'b', 'v'])
  const walk = harness.send(page(''), { session: 2 })
  await harness.run(30)
  expect(harness.answers.filter(({ sequence }) => sequence === walk || sequence === write)).toEqual([])
  harness.drop = () => false
  await harness.until(() => harness.answers.some(({ sequence }) => sequence === walk), 'an answer')
  expect(pageOf(harness.answers.find(({ sequence }) => sequence === walk)?.text ?? '').keys).toEqual(['a', 'b'])
})

test('a random key is each as often as another, in memory and not', async () => {
  const harness = await cluster(1)
  const keys = Array.from({ length: 20 }, (_, i) => `key:${i}`)
  for (const key of keys) await harness.ask(['SET', key, 'v'])
  for (const isCold of [false, true]) {
    if (isCold) await cool(harness)
    const drawn = new Map<string, number>()
    for (let i = 0; i < 600; i++) {
      const answer = Buffer.from((await harness.ask(['sysrandom'])).text, 'latin1')
      // A number: one should ask again.
      if (answer[0] === 58) {
        i--
        continue
      }
      const key = String(bulkAt(answer, elementEnd(answer, 4)))
      drawn.set(key, (drawn.get(key) ?? 0) + 1)
      if (isCold) leaderOf(harness).working?.evict(0, leaderOf(harness).forgettableIndex)
    }
    expect([...drawn.keys()].sort()).toEqual([...keys].sort())
    expect(Math.max(...drawn.values())).toBeLessThan(90)
  }
})

test('there is no random key when there are no keys, and none that is dead', async () => {
  const harness = await cluster(1)
  expect((await harness.ask(['sysrandom'])).text).toBe('$-1\r\n')
  for (let i = 0; i < 50; i++) await harness.ask(['SET', `dies:${i}`, 'v', 'PX', '500'])
  await harness.run(600)
  for (let i = 0; i < 10; i++) {
    const { text } = await harness.ask(['sysrandom'])
    if (text === '$-1\r\n') break
    expect(text).toBe(':0\r\n')
  }
  expect((await harness.ask(['DBSIZE'])).text).toBe(':0\r\n')
})

test('a key whose value is on its way from the engine is not forgotten when it changes meanwhile, else the old value would count', async () => {
  const harness = await cluster(1)
  await harness.ask(['SET', 'brief', 'v', 'PX', '50'])
  await harness.ask(['SET', 'other', 'v'])
  await cool(harness)
  await harness.run(100)
  const peer = leaderOf(harness)
  const { engine } = peer.store
  const getMany = engine.getMany.bind(engine)
  const held: (() => void)[] = []
  engine.getMany = (keys, done) => getMany(keys, (...result) => held.push(() => done(...result)))
  harness.send(['GET', 'brief'], { session: 2 })
  await harness.until(() => held.length > 0, 'the engine has read it')
  // Who asked has gone. A walk finds the key dead, and deletes it.
  harness.bidFarewell(2)
  expect(pageOf((await harness.ask(page(''))).text).keys).toEqual(['other'])
  writeBack(harness)
  await harness.until(() => peer.written === peer.node.lastIndex, 'the deletion is in the engine')
  peer.evict(0)
  engine.getMany = getMany
  for (const deliver of held) deliver()
  await harness.until(() => peer.loading.size === 0, 'what was read has come')
  expect((await harness.ask(['GET', 'brief'])).text).toBe('$-1\r\n')
  expect((await harness.ask(['DBSIZE'])).text).toBe(':1\r\n')
  expect((await harness.ask(['GET', 'other'])).text).toBe('$1\r\nv\r\n')
})
