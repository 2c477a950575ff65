import { expect, test } from 'vitest'
import { BEAT_MS, FIRST_USER_CELL, type StoresMessage } from '../../src/model/index.ts'
import { Fate, StoreHarness } from './harness.ts'

const SLEEP_AFTER_MS = 300
/** More than it takes to write back, to flush, and to fall asleep. */
const UNTIL_REST_MS = 6000

/** Three stores that have nothing to do any more, and the moments at which each executor is told that time has passed. */
async function resting() {
  const harness = new StoreHarness(3, 3, { sleepAfter: `${SLEEP_AFTER_MS}ms` })
  await harness.startWith(3)
  await harness.ask(['SET', 'k', 'v'])
  // The snapshots that its copies came by are kept for a while.
  await harness.run(35_000)
  const ticks = harness.nodes.map((node): number[] => {
    const seen: number[] = []
    const { behavior } = node
    const receive = behavior.receive.bind(behavior)
    behavior.receive = (message, from) => {
      if ((message as StoresMessage).kind === 'tick') seen.push(harness.nowMs)
      return receive(message, from)
    }
    return seen
  })
  return { harness, ticks }
}

test('stores that have nothing to do are woken by the clock once a beat, all at the same moments', async () => {
  const { harness, ticks } = await resting()
  await harness.run(20 * BEAT_MS)
  for (const seen of ticks) {
    expect(seen.length).toBeGreaterThanOrEqual(19)
    expect(seen.length).toBeLessThanOrEqual(21)
    for (const atMs of seen) expect(Math.min(atMs % BEAT_MS, BEAT_MS - (atMs % BEAT_MS))).toBeLessThanOrEqual(2)
  }
})

test('ticks that were on their way when rest began are not each followed by another one', async () => {
  const { harness, ticks } = await resting()
  const strays = 10
  for (let i = 0; i < strays; i++) {
    for (const executor of ticks.keys()) harness.tell(executor, { kind: 'tick' })
    await harness.run(3)
  }
  await harness.run(2 * BEAT_MS)
  for (const seen of ticks) expect(seen.length).toBeLessThanOrEqual(strays + 3)
})

test('a command brings the ticks of a thread that rests back at once, and when all sleep again it rests again', async () => {
  const { harness, ticks } = await resting()
  const { tick } = harness.options
  const at = harness.leader(FIRST_USER_CELL)?.executor as number
  const seen = ticks[at] as number[]
  const fromMs = harness.nowMs
  expect(await harness.ask(['SET', 'k', 'w'])).toMatchObject({ fate: Fate.done })
  await harness.run(5 * tick)
  const first = seen.filter((atMs) => atMs > fromMs).slice(0, 4)
  expect(first[0] as number).toBeLessThanOrEqual(fromMs + tick + 2)
  first.slice(1).forEach((atMs, i) => {
    expect(atMs - (first[i] as number)).toBe(tick)
  })
  await harness.run(UNTIL_REST_MS)
  const before = seen.length
  await harness.run(8 * BEAT_MS)
  expect(seen.length - before).toBeLessThanOrEqual(9)
})

test('what is not in the engine yet, or not durable there, keeps a store from resting', async () => {
  const { harness } = await resting()
  await harness.ask(['SET', 'k', 'w'])
  const at = harness.leader(FIRST_USER_CELL)?.executor as number
  await harness.run(UNTIL_REST_MS)
  const peer = harness.peersOf(FIRST_USER_CELL).find(({ isLeader }) => isLeader)
  expect(peer?.durable).toBe(peer?.applied)
  expect(harness.nodes[at]?.host?.stores.get(at + 1)?.unflushedBytes).toBe(0)
})

test('a thread that rests hears the silence of another when it is over, and not a beat later', async () => {
  const { harness } = await resting()
  const leader = harness.leader(FIRST_USER_CELL)?.executor as number
  let lastWordMs = 0
  harness.drop = (from, _, message) => {
    if (from === leader && message.kind === 'alive') lastWordMs = harness.nowMs
    return false
  }
  await harness.run(4 * BEAT_MS)
  // Not at a beat, so that the silence does not end at one.
  await harness.run(90)
  harness.drop = (from, _, message) => from === leader && message.kind === 'alive'
  const others = harness.peersOf(FIRST_USER_CELL).filter((peer) => !peer.isLeader)
  await harness.until(() => others.some((peer) => !peer.asleep), 'the silence is heard', 3000)
  expect(harness.nowMs - lastWordMs).toBeGreaterThan(1000)
  expect(harness.nowMs - lastWordMs).toBeLessThanOrEqual(1000 + harness.options.tick)
})
