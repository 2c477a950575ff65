import { expect, test } from 'vitest'
import { FIRST_USER_CELL } from '../../src/model/index.ts'
import { type Engine, rangeOf, SCOPE } from '../../src/storage/index.ts'
import { StoreHarness } from './harness.ts'

const CHILD = 2000

/** A cell of `a`, `m` and `z` on three stores, which is told to cut itself at `m`; the child is to go on with one copy. */
async function cut(before = (_: StoreHarness): void => {}): Promise<StoreHarness> {
  const harness = new StoreHarness(3)
  await harness.startWith(3)
  before(harness)
  for (const key of ['a', 'm', 'z']) await harness.ask(['SET', key, key])
  const childPeers = [1, 2, 3].map((store) => ({ id: CHILD + store, store, role: 'voter' as const }))
  const step = { kind: 'split', key: Buffer.from('m'), child: CHILD, childPeers, single: true } as const
  harness.order(FIRST_USER_CELL, step)
  return harness
}

interface Held {
  readonly count: number
  release(): void
}

/** What one of its functions would do is held back, in order, until `release`. */
function hold(engine: Engine, name: 'flush' | 'write'): Held {
  const held: (() => void)[] = []
  const real = engine[name].bind(engine) as (...args: unknown[]) => void
  engine[name] = (...args: unknown[]) => {
    held.push(() => real(...args))
  }
  return {
    get count() {
      return held.length
    },
    release() {
      engine[name] = real
      for (const run of held) run()
    },
  }
}

/** How many pairs a store's engine has of the child's keys. */
function pairsFrom(harness: StoreHarness, store: number): Promise<number> {
  const { start, end } = rangeOf(SCOPE.user, Buffer.from('m'), null)
  return new Promise((resolve) => {
    harness.engines
      .get(store)
      ?.snapshot()
      .scan(start, end, { pairsMax: 10, bytesMax: 1e6 }, (_, pairs) => {
        resolve(pairs.length)
      })
  })
}

const members = (harness: StoreHarness) => harness.leadingPeer(CHILD)?.cell.peers.map(({ store }) => store)

async function expectServed(harness: StoreHarness): Promise<void> {
  expect((await harness.ask(['GET', 'z'], { cell: CHILD, version: 2 })).text).toContain('z')
  expect((await harness.ask(['DBSIZE'], { cell: CHILD, version: 2 })).text).toBe(':2\r\n')
}

test('a child that is to have one copy takes its keys away from the other stores, and may come back there', async () => {
  const harness = await cut()
  const { store } = harness.leader(FIRST_USER_CELL) as { store: number }
  await harness.until(() => harness.peersOf(CHILD).length === 1, 'one is left')
  expect(members(harness)).toEqual([store])
  await expectServed(harness)
  const other = store === 1 ? 2 : 1
  expect(await pairsFrom(harness, other)).toBe(0)
  await harness.addPeer(CHILD, other, 3001)
  expect(members(harness)).toHaveLength(2)
  await expectServed(harness)
})

test('it is there also when who led its parent gets a snapshot in place of its birth', async () => {
  const harness = await cut()
  const { executor: first } = harness.leader(FIRST_USER_CELL) as { executor: number }
  const parentAt = (executor: number) => harness.nodes[executor]?.host?.peer(executor + 1, FIRST_USER_CELL)
  await harness.until(() => parentAt(first)?.split?.phase === 'proposed', 'the split is proposed')
  // The others have the entry. That it is committed nobody tells the one that proposed it.
  harness.drop = (_from, to) => to === first
  const others = [0, 1, 2].filter((executor) => executor !== first)
  await harness.until(() => others.every((at) => parentAt(at)?.cell.epoch.version === 2), 'the others have applied it')
  await harness.until(() => harness.leadingPeer(CHILD) !== undefined, 'their child is led')
  const end = parentAt(others[0] as number)?.applied as number
  const isTrimmed = (at: number) => (parentAt(at)?.group.firstIndex() ?? 0) > end
  await harness.ask(['SET', 'b', 'b'], { version: 2 })
  // Who does not lead trims without a look at the others.
  const { store } = harness.leader(FIRST_USER_CELL) as { store: number }
  const next = others.find((executor) => executor + 1 !== store) as number
  await harness.until(() => isTrimmed(next), 'the log of one is trimmed', 60_000)
  await harness.transfer(FIRST_USER_CELL, next + 1)
  expect(parentAt(first)?.cell.epoch.version).toBe(1)
  harness.drop = () => false
  await harness.until(() => parentAt(first)?.cell.epoch.version === 2, 'it has its snapshot')
  await harness.until(() => members(harness)?.length === 1, 'one copy is left')
  await expectServed(harness)
})

test('the others stay until what it was born with is durable where it leads', async () => {
  const flushes: Held[] = []
  const harness = await cut(({ engines }) => {
    for (const engine of engines.values()) flushes.push(hold(engine, 'flush'))
  })
  await harness.until(() => harness.leadingPeer(CHILD) !== undefined, 'it is led')
  await harness.run(3000)
  expect(members(harness)).toHaveLength(3)
  for (const flush of flushes) flush.release()
  await harness.until(() => members(harness)?.length === 1, 'one copy is left')
  await expectServed(harness)
})

test('who is removed while its birth is still being written stays for that, and leaves nothing behind', async () => {
  const harness = await cut()
  const { store } = harness.leader(FIRST_USER_CELL) as { store: number }
  const other = store === 1 ? 2 : 1
  const childThere = () => harness.nodes[other - 1]?.host?.peer(other, CHILD)
  const writes = hold(harness.engines.get(other) as Engine, 'write')
  await harness.until(() => members(harness)?.length === 1, 'one copy is left')
  await harness.until(() => writes.count > 0, 'the birth is being written')
  await harness.run(200)
  expect(childThere()).toMatchObject({ destroyed: false, bornOf: expect.anything() })
  writes.release()
  await harness.until(() => childThere() === undefined, 'it has gone')
  await harness.run(500)
  expect(await pairsFrom(harness, other)).toBe(0)
})
