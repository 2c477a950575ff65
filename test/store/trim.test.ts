import { expect, test } from 'vitest'
import { FIRST_USER_CELL } from '../../src/model/index.ts'
import { StoreHarness } from './harness.ts'

test('a flush makes durable what was written before it began, and the log keeps what was written during it', async () => {
  const harness = new StoreHarness(1)
  await harness.startWith(1)
  const peer = harness.nodes[0]?.host?.peer(1, FIRST_USER_CELL)
  const engine = harness.engines.get(1)
  if (peer === undefined || engine === undefined) throw new Error('the store is not there')
  let end: (() => void) | null = null
  const flush = engine.flush.bind(engine)
  engine.flush = (done) =>
    flush((error) => {
      end = () => done(error)
    })
  for (let i = 0; i < 10; i++) await harness.ask(['SET', `k${i}`, 'before'])
  await harness.until(() => end !== null, 'the idle store flushes')
  const flushed = peer.written
  const durableBefore = peer.durable
  for (let i = 0; i < 10; i++) await harness.ask(['SET', `k${i}`, 'during'])
  await harness.until(() => peer.written === peer.applied, 'the rest is written while the flush goes on')
  const release = end as unknown as () => void
  end = null
  release()
  await harness.until(() => peer.durable > durableBefore, 'the flush ends')
  expect(peer.written).toBeGreaterThan(flushed)
  expect([peer.durable, peer.group.firstIndex()]).toEqual([flushed, flushed + 1])
  await harness.until(() => end !== null, 'what was written during the flush is flushed in its turn')
})
