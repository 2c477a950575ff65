import { expect, test } from 'vitest'
import { EMPTY, utf8 } from '../../src/base/index.ts'
import { type CellState, encodeCellState } from '../../src/model/index.ts'
import { type Engine, metaKey } from '../../src/storage/index.ts'
import type { Stores } from '../../src/store/stores.ts'
import { StoreHarness } from './harness.ts'

/** Three stores with many cells, of three peers each, that were never opened before. */
async function manyCells(cells: number): Promise<StoreHarness> {
  const harness = new StoreHarness(3)
  const keyOf = (number: number) => utf8(String(number).padStart(5, '0'))
  for (let store = 1; store <= 3; store++) {
    const states = Array.from({ length: cells }, (_, number): CellState => {
      const id = 10_000 + number
      const voters = [1, 2, 3].map((member) => id * 10 + member)
      return {
        cell: {
          id,
          system: false,
          start: number === 0 ? EMPTY : keyOf(number),
          end: number === cells - 1 ? null : keyOf(number + 1),
          epoch: { version: 1, confVer: 1 },
          peers: voters.map((peer, i) => ({ id: peer, store: i + 1, role: 'voter' as const })),
        },
        peer: id * 10 + store,
        appliedIndex: 5,
        appliedTerm: 5,
        clockFloorMs: 0,
        keys: 0,
        sizeBytes: 0,
        confState: { voters, votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false },
        installing: false,
        merging: null,
        absorbed: [],
      }
    })
    const engine = harness.engines.get(store) as Engine
    const batch = {
      deleteRanges: [],
      keys: states.map(({ cell }) => metaKey(cell.id)),
      values: states.map(encodeCellState),
    }
    await new Promise((resolve) => engine.write(batch, () => engine.flush(resolve)))
  }
  for (let executor = 0; executor < 3; executor++) harness.open(executor, 1)
  await harness.until(() => harness.nodes.every((node) => node.host !== null), 'the stores are open')
  return harness
}

const peersOf = (harness: StoreHarness) => harness.nodes.flatMap(({ host }) => [...(host?.peers() ?? [])])

test('after a start no more than a bounded number of peers look for a leader at once, and all find one', async () => {
  const harness = await manyCells(1600)
  let most = 0
  await harness.until(
    () => {
      for (const { host } of harness.nodes) {
        const looking = [...(host?.peers() ?? [])].filter((peer) => !peer.asleep && peer.node.leader === 0)
        most = Math.max(most, looking.length)
      }
      return peersOf(harness).every((peer) => peer.node.leader !== 0)
    },
    'every cell has a leader',
    10_000,
  )
  // Those that are woken here, and those that the others wake here meanwhile.
  expect(most).toBeLessThanOrEqual(3 * 512)
  expect(peersOf(harness).filter((peer) => peer.isLeader)).toHaveLength(1600)
  // Where nobody has voted before, cells begin with different peers: no store leads them all.
  for (const { host } of harness.nodes) {
    expect([...(host?.peers() ?? [])].filter((peer) => peer.isLeader).length).toBeLessThan(800)
  }
  // One voter asked, at once, and nobody else: the first election was the only one.
  expect(Math.max(...peersOf(harness).map((peer) => peer.node.term))).toBe(6)
}, 60_000)

test('a command for a cell that still lies goes before', async () => {
  const harness = await manyCells(60)
  const lying = peersOf(harness).find((peer) => peer.asleep && peer.node.leader === 0 && peer.store.id === 2)
  if (lying === undefined) throw new Error('all are awake')
  const answer = await harness.ask(['GET', 'k'], { cell: lying.cell.id, to: { executor: 1, store: 2 } })
  expect(answer.text).not.toBe('$-1\r\n')
  expect(lying.asleep).toBe(false)
  await harness.until(() => harness.leader(lying.cell.id) !== null, 'a leader', 500)
}, 60_000)

test('cells that find no leader do not keep the others from waking', async () => {
  const many = await manyCells(600)
  // Nothing passes between threads: nobody can be elected.
  many.drop = () => true
  await many.until(() => peersOf(many).every((peer) => !peer.asleep), 'all are awake', 60_000)
}, 60_000)

const awakePeers = (host: Stores | null | undefined) =>
  [...(host?.stores.values() ?? [])].flatMap((store) => [...store.active])

const sentGets = (harness: StoreHarness, cells: number) =>
  harness.nodes.flatMap(({ executor }) =>
    [...(harness.nodes[executor]?.host?.peers() ?? [])]
      .filter((peer) => peer.isLeader && peer.cell.id < 10_000 + cells)
      .map(({ cell, store }) => harness.send(['GET', 'k'], { cell: cell.id, to: { executor, store: store.id } })),
  )

test('when commands come for thousands of sleeping cells at once, they wake in their turn, and all are answered', async () => {
  const cells = 4500
  const harness = await manyCells(cells)
  const areAllAsleep = () => {
    if (harness.nodes.some(({ host }) => awakePeers(host).length > 0)) return false
    return peersOf(harness).every((peer) => peer.node.leader !== 0)
  }
  await harness.until(areAllAsleep, 'all sleep', 20_000)
  const sent = new Set(sentGets(harness, cells))
  expect(sent.size).toBe(cells)
  const awakeLeaders = () => harness.nodes.map(({ host }) => awakePeers(host).filter((peer) => peer.isLeader).length)
  let most = 0
  const answered = () => harness.answers.filter(({ sequence }) => sent.has(sequence)).length
  await harness.until(
    () => {
      most = Math.max(most, ...awakeLeaders())
      return answered() === cells
    },
    'an answer of each',
    5000,
  )
  // Each of the three leads 1500.
  expect(most).toBeLessThan(1300)
  // All but so few as may stay awake for the three seconds sleep before.
  await harness.run(1500)
  expect(Math.max(...awakeLeaders())).toBeLessThan(600)
}, 120_000)

test('when commands come for thousands of cells without a leader, no more than a bounded number look for one at once', async () => {
  const cells = 2400
  const harness = await manyCells(cells)
  // All commands come to the second store, which leads none of the cells yet.
  for (let cell = 10_000; cell < 10_000 + cells; cell++) {
    harness.send(['GET', 'k'], { cell, to: { executor: 1, store: 2 } })
  }
  let most = 0
  await harness.until(
    () => {
      const host = harness.nodes[1]?.host
      const looking = awakePeers(host).filter((peer) => peer.node.leader === 0)
      most = Math.max(most, looking.length)
      return peersOf(harness).every((peer) => peer.node.leader !== 0)
    },
    'every cell has a leader',
    10_000,
  )
  expect(most).toBeLessThan(1000)
}, 60_000)

test('a store that comes back and lacks what no log has any more takes a bounded number of snapshots in at once, and gets all', async () => {
  const cells = 90
  const harness = await manyCells(cells)
  await harness.until(() => peersOf(harness).every((peer) => peer.node.leader !== 0), 'every cell has a leader', 10_000)
  harness.kill(2)
  const led = () =>
    harness.nodes.slice(0, 2).flatMap(({ host }) => [...(host?.peers() ?? [])].filter((p) => p.isLeader))
  await harness.until(() => led().length === cells, 'the other two lead them all', 10_000)
  for (const { cell, store } of led()) {
    await harness.ask(['SET', 'k', 'v'], { cell: cell.id, to: { executor: store.id - 1, store: store.id } })
  }
  await harness.until(() => led().every((peer) => peer.durable === peer.applied), 'all is in the engines', 20_000)
  for (const peer of led()) harness.logs[peer.store.id - 1]?.trim(peer.group, peer.durable)
  harness.open(2, 2)
  let takenAtOnce = 0
  let sentAtOnce = 0
  await harness.until(
    () => {
      for (const { host } of harness.nodes) {
        const awake = awakePeers(host)
        takenAtOnce = Math.max(takenAtOnce, awake.filter((peer) => peer.snapshotIn !== null).length)
        sentAtOnce = Math.max(sentAtOnce, awake.filter((peer) => peer.snapshotOut !== null).length)
      }
      const back = [...(harness.nodes[2]?.host?.peers() ?? [])]
      return (
        back.length === cells && led().every((peer) => peer.node.members.every(({ match }) => match === peer.applied))
      )
    },
    'all have caught up',
    60_000,
  )
  expect(takenAtOnce).toBeGreaterThan(1)
  expect(takenAtOnce).toBeLessThanOrEqual(16)
  expect(sentAtOnce).toBeLessThanOrEqual(16)
}, 120_000)
