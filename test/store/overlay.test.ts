import { expect, test } from 'vitest'
import { FIRST_USER_CELL } from '../../src/model/index.ts'
import type { Engine } from '../../src/storage/index.ts'
import { StoreHarness } from './harness.ts'

const KIB = 1024
const LIMIT_BYTES = 256 * KIB

/** A follower's engine that answers nothing until it is told to. */
async function withSlowFollower() {
  const harness = new StoreHarness(3)
  await harness.startWith(3)
  await harness.transfer(FIRST_USER_CELL, 1)
  const host = harness.nodes[2]?.host
  const peer = host?.peer(3, FIRST_USER_CELL)
  if (!host || peer === undefined) throw new Error('the follower is not there')
  Object.defineProperty(host, 'overlayBytesLimit', { value: LIMIT_BYTES })
  const engine = harness.engines.get(3) as Engine
  const { write } = engine
  const held: (() => void)[] = []
  engine.write = (batch, done) => {
    held.push(() => write.call(engine, batch, done))
  }
  const release = () => {
    engine.write = write
    for (const go of held.splice(0)) go()
  }
  return { harness, peer, release }
}

test('a follower whose overlay is full takes no more entries, the others go on, and it catches up when there is room', async () => {
  const { harness, peer, release } = await withSlowFollower()
  for (let i = 0; i < 40; i++) {
    expect((await harness.ask(['SET', `k${i}`, 'x'.repeat(64 * KIB)])).text).toBe('+OK\r\n')
  }
  const leader = harness.nodes[0]?.host?.peer(1, FIRST_USER_CELL)
  expect(peer.overlayBytes).toBeGreaterThan(LIMIT_BYTES)
  // What was on its way when it came to its limit, and no more.
  expect(peer.overlayBytes).toBeLessThan(LIMIT_BYTES + 4 * 64 * KIB)
  expect(peer.applied).toBeLessThan(leader?.applied ?? 0)
  release()
  await harness.until(() => peer.applied === leader?.applied, 'the follower has caught up')
})

test('a follower whose overlay is full still takes the rest of a group, without which none of it could be written', async () => {
  const { harness, peer } = await withSlowFollower()
  const { node } = peer
  const step = node.step.bind(node)
  let isRestLost = true
  node.step = (message) => {
    // Parts that come to be committed before the rest of their group has arrived.
    if (isRestLost && message.entries.length > 0 && peer.group.bytes > LIMIT_BYTES) return 'ok'
    return step(message)
  }
  await harness.ask(['SET', 'long', 'x'.repeat(6 * KIB * KIB)])
  await harness.until(() => peer.openParts > 0 && peer.overlayBytes > LIMIT_BYTES, 'the first parts are applied')
  isRestLost = false
  await harness.until(() => peer.openParts === 0, 'the whole group is applied')
  expect(peer.overlayBytes).toBeGreaterThan(6 * KIB * KIB)
})
