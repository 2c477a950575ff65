import { expect, test } from 'vitest'
import { FIRST_USER_CELL } from '../../src/model/index.ts'
import { bearLearner } from '../../src/store/birth.ts'
import { Fate, Refusal, StoreHarness } from './harness.ts'

async function cluster(executors = 3, stores = executors): Promise<StoreHarness> {
  const harness = new StoreHarness(executors, stores)
  await harness.startWith(1)
  return harness
}

async function threeCopies(): Promise<StoreHarness> {
  const harness = await cluster()
  await harness.addPeer(FIRST_USER_CELL, 2, 1001)
  await harness.addPeer(FIRST_USER_CELL, 3, 1002)
  return harness
}

test('a cell with one peer answers a SET and the GET after it', async () => {
  const harness = await cluster(1, 1)
  expect(await harness.ask(['SET', 'k', 'v'])).toMatchObject({ fate: Fate.done, text: '+OK\r\n' })
  expect(await harness.ask(['GET', 'k'])).toMatchObject({ fate: Fate.done, text: '$1\r\nv\r\n' })
})

test('a cell is raised to three copies, with what it holds', async () => {
  const harness = await cluster()
  for (let i = 0; i < 100; i++) await harness.ask(['SET', `k${i}`, `v${i}`])
  await harness.addPeer(FIRST_USER_CELL, 2, 1001)
  await harness.addPeer(FIRST_USER_CELL, 3, 1002)
  expect(await harness.ask(['INCR', 'n'])).toMatchObject({ text: ':1\r\n' })
  await harness.transfer(FIRST_USER_CELL, 2)
  expect(await harness.ask(['GET', 'k42'])).toMatchObject({ text: '$3\r\nv42\r\n' })
  expect(await harness.ask(['INCR', 'n'])).toMatchObject({ text: ':2\r\n' })
  expect(await harness.ask(['DBSIZE'])).toMatchObject({ text: ':101\r\n' })
})

test('the other two elect a leader when a thread dies, and have everything', async () => {
  const harness = await threeCopies()
  await harness.ask(['SET', 'k', 'v'])
  const before = harness.leader(FIRST_USER_CELL)
  harness.kill(before?.executor as number)
  await harness.until(() => harness.leader(FIRST_USER_CELL) !== null, 'a new leader', 3000)
  expect(harness.leader(FIRST_USER_CELL)?.executor).not.toBe(before?.executor)
  expect(await harness.ask(['GET', 'k'])).toMatchObject({ text: '$1\r\nv\r\n' })
})

test('a command for another version of the cell is refused, with the cell', async () => {
  const harness = await cluster(1, 1)
  expect(await harness.ask(['GET', 'k'], { version: 7 })).toMatchObject({
    fate: Fate.notExecuted,
    refusal: Refusal.epochNotMatch,
  })
})

test('a command behind one that was never accepted is refused as out of order', async () => {
  const harness = await cluster(1, 1)
  expect(await harness.ask(['GET', 'k'], { after: 99_999 })).toMatchObject({
    fate: Fate.notExecuted,
    refusal: Refusal.outOfOrder,
  })
})

test('what was written back and forgotten is read from the engine again', async () => {
  const harness = await cluster(1, 1)
  for (let i = 0; i < 50; i++) await harness.ask(['SET', `k${i}`, `v${i}`])
  await harness.run(6000)
  const host = harness.nodes[0]?.host
  const peer = host?.peer(1, FIRST_USER_CELL)
  expect(peer?.durable).toBe(peer?.applied)
  peer?.working?.evict(0, peer.written)
  expect(peer?.working?.isLoaded(Buffer.from('k7'), 0, 2)).toBe(false)
  expect(await harness.ask(['GET', 'k7'])).toMatchObject({ text: '$2\r\nv7\r\n' })
  expect(await harness.ask(['GET', 'nobody'])).toMatchObject({ text: '$-1\r\n' })
})

test('nothing is answered while a majority is out of reach, and nothing is lost when it is back', async () => {
  const harness = await threeCopies()
  const leader = harness.leader(FIRST_USER_CELL)?.executor as number
  harness.drop = (from, to) => from === leader || to === leader
  const sequence = harness.send(['SET', 'k', 'alone'])
  await harness.run(300)
  expect(harness.answers.some((answer) => answer.sequence === sequence)).toBe(false)
  await harness.until(
    () => harness.leader(FIRST_USER_CELL) !== null && harness.leader(FIRST_USER_CELL)?.executor !== leader,
    'the others elect a leader',
  )
  harness.drop = () => false
  await harness.until(() => harness.answers.some((answer) => answer.sequence === sequence), 'the fate of the command')
  const answer = harness.answers.find((candidate) => candidate.sequence === sequence)
  expect(answer?.fate).toBe(Fate.notExecuted)
  expect(await harness.ask(['GET', 'k'])).toMatchObject({ text: '$-1\r\n' })
})

test('a key that is too long is refused, and the store goes on', async () => {
  const harness = await cluster(1, 1)
  const large = 'x'.repeat(1024 * 1024 + 1)
  expect((await harness.ask(['SET', large, 'v'])).text).toMatch(/^-TOOBIG /)
  expect((await harness.ask(['MGET', 'k', large])).text).toMatch(/^-TOOBIG /)
  expect((await harness.ask(['SET', large.slice(1), large])).text).toBe('+OK\r\n')
  expect((await harness.ask(['STRLEN', large.slice(1)])).text).toBe(`:${large.length}\r\n`)
})

test('what was asked to be written as of a state that the engine is beyond is void, and takes nothing back', async () => {
  const harness = new StoreHarness(1)
  await harness.startWith(1)
  const host = harness.nodes[0]?.host
  const peer = host?.peer(1, FIRST_USER_CELL)
  if (!host || !peer) throw new Error('no peer')
  await harness.ask(['SET', 'a', '1'])
  const old = peer.state()
  await harness.ask(['SET', 'a', '2'])
  host.writeBack.force(peer, () => {})
  await harness.until(() => peer.written === peer.node.lastIndex, 'all is written')
  const { written } = peer
  let wasTold = false
  host.writeBack.forceAs(peer, old, () => {
    wasTold = true
  })
  for (let i = 0; i < 100; i++) {
    await harness.step()
    expect(peer.written).toBeGreaterThanOrEqual(written)
  }
  expect(wasTold).toBe(false)
})

test('a range whose snapshot is on its way in is taken, though its peer knows nothing of it yet', async () => {
  const harness = new StoreHarness(2)
  await harness.startWith(1)
  const [cell] = [...(harness.nodes[0]?.host?.peers() ?? [])].map((peer) => peer.cell).filter((each) => !each.system)
  const host = harness.nodes[1]?.host
  const store = host?.stores.get(2)
  if (!host || !store || !cell) throw new Error('no store')
  const peer = bearLearner(host, store, FIRST_USER_CELL, 1001)
  const other = { ...cell, id: FIRST_USER_CELL + 1 }
  expect(host.overlaps(store, other)).toBe(false)
  peer.snapshotIn = { state: { cell } } as unknown as NonNullable<typeof peer.snapshotIn>
  expect(host.overlaps(store, other)).toBe(true)
})
