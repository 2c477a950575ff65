import { expect, test } from 'vitest'
import { FIRST_USER_CELL } from '../../src/model/index.ts'
import { Fate, StoreHarness } from './harness.ts'

/** Three copies. While `deaf` is true the leader hears nothing of the others, and so nothing is committed. */
async function threeCopies() {
  const harness = new StoreHarness(3)
  await harness.startWith(3)
  const leader = harness.leader(FIRST_USER_CELL)?.executor as number
  const world = { harness, deaf: false }
  harness.drop = (_, to) => world.deaf && to === leader
  return world
}

const reads: readonly (readonly [about: string, words: readonly string[], reply: string])[] = [
  ['GET of the key', ['GET', 'k'], '$3\r\nnew\r\n'],
  ['STRLEN of the key', ['STRLEN', 'k'], ':3\r\n'],
  ['MGET of this key and another', ['MGET', 'other', 'k'], '*2\r\n$1\r\nv\r\n$3\r\nnew\r\n'],
  ['SET NX, which changes nothing', ['SET', 'k', 'x', 'NX'], '$-1\r\n'],
  ['INCR, whose error depends on the value', ['INCR', 'k'], '-ERR value is not an integer or out of range\r\n'],
  ['DBSIZE', ['DBSIZE'], ':2\r\n'],
]

test.each(reads)('what an uncommitted SET has changed is not told by %s', async (_, words, reply) => {
  const world = await threeCopies()
  const { harness } = world
  await harness.ask(['SET', 'other', 'v'])
  // The lease was just extended: nothing but the entry keeps the reads waiting.
  world.deaf = true
  const write = harness.send(['SET', 'k', 'new'], { session: 2 })
  await harness.run(5)
  const read = harness.send([...words], { session: 3 })
  const elsewhere = harness.send(['GET', 'other'], { session: 4 })
  const answerTo = (sequence: number) => harness.answers.find((answer) => answer.sequence === sequence)
  await harness.until(() => answerTo(elsewhere) !== undefined, 'a read that saw nothing of it is answered')
  expect([answerTo(write), answerTo(read)]).toEqual([undefined, undefined])
  world.deaf = false
  await harness.until(() => answerTo(read) !== undefined, 'the entry is committed')
  expect(answerTo(write)).toMatchObject({ fate: Fate.done, text: '+OK\r\n' })
  expect(answerTo(read)).toMatchObject({ fate: Fate.done, text: reply })
})

test('a command on more cold keys than one batch brings looks at each of them twice, and not with every batch', async () => {
  const harness = new StoreHarness(1)
  await harness.startWith(1)
  const keys = Array.from({ length: 10_000 }, (_, i) => `key:${i}`)
  // More than the command names, or the cell would be read through.
  await harness.ask(['MSET', ...[...keys, 'another'].flatMap((key) => [key, 'v'])])
  const host = harness.nodes[0]?.host
  const peer = harness.leadingPeer()
  if (!host || !peer?.working) throw new Error('no leader')
  host.writeBack.forceAs(peer, peer.state(), () => {})
  host.again()
  await harness.until(() => peer.written === peer.node.lastIndex, 'all is written back')
  // Less than the keys of the command need.
  Object.defineProperty(host, 'workingBytesMax', { value: () => 100_000 })
  peer.working.evict(0, peer.forgettableIndex)
  let looks = 0
  const { working } = peer
  const isLoaded = working.isLoaded.bind(working)
  working.isLoaded = (...key) => {
    looks++
    return isLoaded(...key)
  }
  for (const words of [
    ['EXISTS', ...keys],
    ['MGET', ...keys],
    ['DEL', ...keys],
  ]) {
    looks = 0
    const { text } = await harness.ask(words)
    expect(text.startsWith(words[0] === 'MGET' ? '*10000' : ':10000'), words[0]).toBe(true)
    expect(looks, words[0]).toBeLessThanOrEqual(2 * keys.length + 10)
    peer.working.evict(0, peer.forgettableIndex)
  }
})

test('how many copies have it all is what they have acknowledged, and no less than a majority when it is told', async () => {
  const harness = new StoreHarness(3)
  await harness.startWith(1)
  const copies = async () => (await harness.ask(['syscopies'])).text
  await harness.ask(['SET', 'k', 'alone'])
  expect(await copies()).toBe(':0\r\n')
  await harness.addPeer(FIRST_USER_CELL, 2, 1001)
  await harness.addPeer(FIRST_USER_CELL, 3, 1002)
  const leader = harness.leader(FIRST_USER_CELL)?.executor as number
  const others = [0, 1, 2].filter((executor) => executor !== leader)
  await harness.ask(['SET', 'k', 'three'])
  await harness.run(50)
  expect(await copies()).toBe(':2\r\n')
  harness.drop = (from, to) => from === others[0] || to === others[0]
  await harness.ask(['SET', 'k', 'two'])
  await harness.run(50)
  expect(await copies()).toBe(':1\r\n')
  harness.drop = () => false
  await harness.run(500)
  expect(await copies()).toBe(':2\r\n')
})

test('who asks for many large values does not keep others waiting, and when it is gone the rest is never executed', async () => {
  const harness = new StoreHarness(1)
  await harness.startWith(1)
  await harness.ask(['SET', 'large', 'x'.repeat(1024 * 1024)])
  const node = harness.nodes[0]
  const sent = harness.answers.length
  const greedy = 77
  let after = 0
  for (let i = 0; i < 100; i++) after = harness.send(['GET', 'large'], { session: greedy, after })
  const small = harness.send(['SET', 'small', 'v'], { session: 78 })
  const answered = () => harness.answers.slice(sent)
  await harness.until(() => answered().some(({ sequence }) => sequence === small), 'the small command is answered')
  const large = () => answered().filter(({ session }) => session === greedy).length
  expect(large()).toBeLessThan(50)
  harness.bidFarewell(greedy)
  await harness.run(20)
  const before = large()
  await harness.run(2000)
  expect(large()).toBe(before)
  expect([...(node?.host?.peers() ?? [])].every((peer) => peer.parked.isEmpty)).toBe(true)
})
