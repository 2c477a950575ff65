import { expect, test, vi } from 'vitest'
import { BEAT_MS, FIRST_USER_CELL, type StoresMessage, SYSTEM_CELL } from '../../src/model/index.ts'
import { MessageType } from '../../src/raft/index.ts'
import { Liveness } from '../../src/store/liveness.ts'
import { campaignAgain } from '../../src/store/survivors.ts'
import { Fate, StoreHarness } from './harness.ts'

const SLEEP_AFTER_MS = 300

const areAsleep = (harness: StoreHarness, cell: number) => harness.peersOf(cell).every((peer) => peer.asleep)

/** Three copies of the first user cell that sleep, and what is said between executors from then on. */
async function sleepers() {
  const harness = new StoreHarness(3, 3, { sleepAfter: `${SLEEP_AFTER_MS}ms` })
  await harness.startWith(3)
  await harness.ask(['SET', 'k', 'v'])
  const said: StoresMessage[] = []
  await harness.until(() => areAsleep(harness, FIRST_USER_CELL), 'all three sleep')
  const leader = harness.leader(FIRST_USER_CELL)?.executor as number
  harness.drop = (_, __, message) => {
    said.push(message)
    return false
  }
  return { harness, said, leader, term: harness.peersOf(FIRST_USER_CELL)[0]?.node.term as number }
}

test('a cell that nobody uses falls asleep on all its stores, and then nothing at all is said of it', async () => {
  const { harness, said } = await sleepers()
  await harness.run(10_000)
  expect(said.filter((message) => message.kind !== 'alive')).toEqual([])
  // One word per pair of executors and beat, or a few more before they come to rest, however many cells there are.
  expect(said.length).toBeLessThanOrEqual(6 * (10_000 / BEAT_MS + 50))
  expect(areAsleep(harness, FIRST_USER_CELL)).toBe(true)
  expect(areAsleep(harness, SYSTEM_CELL)).toBe(true)
})

test('the turn and its ticks do not look at who sleeps: Raft is not called', async () => {
  const { harness } = await sleepers()
  const peers = harness.peersOf(FIRST_USER_CELL)
  for (const peer of peers) peer.node.tick = () => expect.fail('a sleeping peer was ticked')
  for (const peer of peers) peer.node.hasReady = () => expect.fail('a sleeping peer was looked at')
  await harness.run(3000)
  expect(peers.every((peer) => peer.asleep)).toBe(true)
})

test('with --sleep-after 0 nobody ever sleeps', async () => {
  const harness = new StoreHarness(1, 1, { sleepAfter: '0' })
  await harness.start()
  await harness.run(20_000)
  expect(harness.peersOf(FIRST_USER_CELL).map((peer) => peer.asleep)).toEqual([false])
})

test('the first command after sleep is answered when a quorum has confirmed the leader, and not before', async () => {
  const { harness, leader } = await sleepers()
  harness.drop = (_, to) => to === leader
  const sequence = harness.send(['GET', 'k'])
  const answer = () => harness.answers.find((each) => each.sequence === sequence)
  await harness.run(250)
  expect(answer()).toBeUndefined()
  harness.drop = () => false
  await harness.until(() => answer() !== undefined, 'an answer')
  expect(answer()).toMatchObject({ fate: Fate.done, text: '$1\r\nv\r\n' })
})

test('a leader that falls asleep has no lease any more, though its last round was answered just now', async () => {
  const { harness, leader } = await sleepers()
  const host = harness.nodes[leader]?.host
  const peer = harness.peersOf(FIRST_USER_CELL).find((each) => each.isLeader)
  expect(host && peer && host.holdsLease(peer)).toBe(false)
})

test('when the thread of the leader exits, the sleepers elect another without being asked', async () => {
  const { harness, leader } = await sleepers()
  harness.kill(leader)
  await harness.until(() => harness.leader(FIRST_USER_CELL) !== null, 'another leader', 400)
  expect(harness.leader(FIRST_USER_CELL)?.executor).not.toBe(leader)
  expect(await harness.ask(['GET', 'k'])).toMatchObject({ fate: Fate.done, text: '$1\r\nv\r\n' })
})

test('a thread that falls silent without an exit is taken for dead only after longer than any lease', async () => {
  const { harness, leader } = await sleepers()
  harness.die(leader)
  await harness.run(700)
  expect(areAsleep(harness, FIRST_USER_CELL)).toBe(true)
  await harness.until(() => harness.leader(FIRST_USER_CELL) !== null, 'another leader', 3000)
})

test('an executor that stood still itself takes nobody for dead', async () => {
  const { harness } = await sleepers()
  // All stood still, and none has heard another for ten seconds.
  harness.nowMs += 10_000
  await harness.run(5000)
  expect(areAsleep(harness, FIRST_USER_CELL)).toBe(true)
})

test('a question that comes when its sender is known to be dead is not agreed to', async () => {
  const { harness, leader } = await sleepers()
  const late: { to: number; message: StoresMessage }[] = []
  let isLate = false
  harness.drop = (from, to, message) => {
    if (!isLate || from !== leader || !('records' in message)) return false
    late.push({ to, message: { ...message, records: Uint8Array.from(message.records) } })
    return true
  }
  await harness.ask(['GET', 'k'])
  await harness.run(SLEEP_AFTER_MS - 100)
  isLate = true
  await harness.until(() => late.some(({ message }) => message.kind === 'sleep'), 'a question')
  harness.kill(leader)
  await harness.step()
  // Its last heartbeats make it a leader again, in the eyes of those who have just forgotten it; then comes the question.
  const tellAll = (kind: string) => {
    for (const { to, message } of late) if (message.kind === kind) harness.tell(to, message)
  }
  tellAll('raft')
  await harness.run(60)
  tellAll('sleep')
  await harness.until(() => harness.leader(FIRST_USER_CELL) !== null, 'another leader', 3000)
})

test('a late answer does not count for a follower that the leader has woken in between', async () => {
  const { harness, leader } = await sleepers()
  const late: StoresMessage[] = []
  harness.drop = (_, to, message) => {
    if (to !== leader || message.kind !== 'sleep') return false
    late.push({ ...message, records: Uint8Array.from(message.records) })
    return true
  }
  await harness.ask(['GET', 'k'])
  const peers = harness.peersOf(FIRST_USER_CELL)
  const led = peers.find((peer) => peer.isLeader)
  await harness.until(() => late.length === 2, 'both have agreed')
  await harness.until(() => peers.every((peer) => !peer.asleep), 'a heartbeat wakes them')
  for (const message of late) harness.tell(leader, message)
  await harness.run(2)
  expect(led?.asleep).toBe(false)
})

test('a question whose answer is lost is taken back by the next heartbeat, and asked again', async () => {
  const { harness, leader, term } = await sleepers()
  let isLossy = true
  harness.drop = (_, to, message) => isLossy && to === leader && message.kind === 'sleep'
  await harness.ask(['GET', 'k'])
  await harness.run(3000)
  const peers = harness.peersOf(FIRST_USER_CELL)
  expect(peers.find((peer) => peer.isLeader)?.asleep).toBe(false)
  isLossy = false
  await harness.until(() => areAsleep(harness, FIRST_USER_CELL), 'all sleep')
  expect(peers.map((peer) => peer.node.term)).toEqual([term, term, term])
})

test('a question is said again to who has not agreed, and wakes nobody who has', async () => {
  const { harness, leader } = await sleepers()
  const peers = harness.peersOf(FIRST_USER_CELL)
  const [first, second] = peers.filter((peer) => !peer.isLeader)
  if (first === undefined || second === undefined) throw new Error('two followers')
  const executor = second.store.place.executor
  await harness.ask(['GET', 'k'])
  await harness.until(() => peers.every((peer) => !peer.asleep), 'all are awake')
  // The question to one of them is lost; the other agrees, and sleeps on.
  harness.drop = (_, to, message) => to === executor && message.kind === 'sleep'
  await harness.until(() => first.asleep, 'one sleeps')
  let hasWoken = false
  const heartbeats: StoresMessage[] = []
  harness.drop = (from, _, message) => {
    if (from === leader && message.kind === 'raft') heartbeats.push(message)
    return false
  }
  await harness.until(() => {
    hasWoken ||= !first.asleep
    return areAsleep(harness, FIRST_USER_CELL)
  }, 'all sleep')
  expect(hasWoken).toBe(false)
  expect(heartbeats).toEqual([])
})

test('a follower that is woken by a stray message asks its leader, and nobody else comes to lead', async () => {
  const { harness, leader, term } = await sleepers()
  const [follower, other] = harness.peersOf(FIRST_USER_CELL).filter((peer) => !peer.isLeader)
  if (follower === undefined || other === undefined) throw new Error('two followers')
  const executor = follower.store.place.executor
  harness.nodes[executor]?.host?.envelopes.push({
    fromStore: other.store.id,
    toStore: follower.store.id,
    cell: FIRST_USER_CELL,
    round: 0,
    range: null,
    message: Object.assign(Object.create(null), {
      type: MessageType.heartbeatResp,
      to: follower.id,
      from: other.id,
      term,
      entries: [],
      context: null,
      snapshot: null,
      index: 0,
      logTerm: 0,
      commit: 0,
      reject: false,
      rejectHint: 0,
    }),
  })
  await harness.until(() => !follower.asleep, 'it wakes')
  await harness.until(() => areAsleep(harness, FIRST_USER_CELL), 'all sleep again')
  expect(harness.leader(FIRST_USER_CELL)?.executor).toBe(leader)
  expect(harness.peersOf(FIRST_USER_CELL).map((peer) => peer.node.term)).toEqual([term, term, term])
})

test('when a thread comes back, sleeping leaders with a peer there wake, and lead on in the same term', async () => {
  const { harness, leader, term } = await sleepers()
  const executor = (leader + 1) % 3
  harness.kill(executor)
  await harness.run(500)
  harness.open(executor, 2)
  await harness.until(() => harness.peersOf(FIRST_USER_CELL).length === 3, 'the store is open')
  await harness.until(
    () => harness.peersOf(FIRST_USER_CELL).some((peer) => peer.isLeader && !peer.asleep),
    'the leader wakes',
  )
  await harness.until(() => areAsleep(harness, FIRST_USER_CELL), 'all sleep again')
  expect(harness.leader(FIRST_USER_CELL)?.executor).toBe(leader)
  expect(harness.peersOf(FIRST_USER_CELL).map((peer) => peer.node.term)).toEqual([term, term, term])
})

test('the late first word of a new life takes back no promise that was made to a leader of that life', async () => {
  const { harness, leader } = await sleepers()
  harness.kill(leader)
  await harness.until(() => harness.leader(FIRST_USER_CELL) !== null, 'another leader', 3000)
  harness.drop = (from, _, message) => from === leader && message.kind === 'alive'
  harness.open(leader, 2)
  await harness.until(() => harness.nodes[leader]?.host !== null, 'the thread is back')
  await harness.transfer(FIRST_USER_CELL, leader + 1)
  await harness.run(100)
  const followers = harness.peersOf(FIRST_USER_CELL).filter((peer) => !peer.isLeader)
  const { term } = (followers[0] as (typeof followers)[0]).node
  const contacts = followers.map((peer) => peer.leaderContactMs)
  harness.drop = () => false
  for (let i = 0; i < 300; i++) {
    await harness.step()
    followers.forEach((peer, at) => {
      expect(peer.leaderContactMs).toBeGreaterThanOrEqual(contacts[at] as number)
    })
  }
  expect(followers.map((peer) => peer.node.term)).toEqual([term, term])
  expect(harness.leader(FIRST_USER_CELL)?.executor).toBe(leader)
})

test('a word that a full ring refuses is said at the next tick', async () => {
  const { harness, leader } = await sleepers()
  const host = harness.nodes[leader]?.host
  if (!host) throw new Error('no host')
  const saidMs: number[] = []
  let isFull = true
  const tellExecutor = () => {
    if (isFull) return false
    saidMs.push(host.nowMs)
    return true
  }
  const liveness = new Liveness(Object.create(host, { transport: { value: { tellExecutor } } }), 1)
  liveness.tick()
  isFull = false
  await harness.run(1)
  liveness.tick()
  liveness.tick()
  // To both others, once.
  expect(saidMs).toHaveLength(2)
})

test('a cell that sleeps keeps its keys while they are few', async () => {
  const harness = new StoreHarness(1, 1, { sleepAfter: `${SLEEP_AFTER_MS}ms` })
  await harness.startWith(1)
  for (let i = 0; i < 10; i++) await harness.ask(['SET', `k${i}`, 'v'])
  const [peer] = harness.peersOf(FIRST_USER_CELL)
  if (!peer?.working) throw new Error('no leader')
  await harness.until(() => peer.asleep && peer.written === peer.node.lastIndex, 'it sleeps, and is in the engine')
  expect(peer.working.knows('k7')).toBe(true)
  expect((await harness.ask(['GET', 'k7'])).text).toBe('$1\r\nv\r\n')
})

test('the many keys of a cell that sleeps leave memory all at once, as soon as they are in the engine', async () => {
  const harness = new StoreHarness(1, 1, { sleepAfter: `${SLEEP_AFTER_MS}ms`, memory: '16mb' })
  await harness.start()
  const value = 'v'.repeat(30_000)
  await harness.until(() => harness.leader(FIRST_USER_CELL) !== null, 'a leader')
  for (let i = 0; i < 100; i++) await harness.ask(['SET', `k${i}`, value])
  const [peer] = harness.peersOf(FIRST_USER_CELL)
  const working = peer?.working
  if (!peer || !working) throw new Error('no leader')
  working.evict = () => expect.fail('keys were gone over one by one')
  await harness.until(() => peer.asleep, 'it sleeps')
  expect(working.memoryBytes > 0).toBe(peer.written < peer.node.lastIndex)
  await harness.until(() => peer.written === peer.node.lastIndex, 'all is in the engine')
  expect(working.memoryBytes).toBe(0)
  working.evict = () => {}
  expect((await harness.ask(['GET', 'k7'])).text).toBe(`$30000\r\n${value}\r\n`)
  expect((await harness.ask(['DBSIZE'])).text).toBe(':100\r\n')
})

test("who campaigns on its leader's death keeps what it promised to a later leader", async () => {
  const { harness, leader } = await sleepers()
  const at = (leader + 1) % 3
  const host = harness.nodes[at]?.host
  const peer = host?.peer(at + 1, FIRST_USER_CELL)
  if (!host || !peer) throw new Error('no peer')
  peer.node.forgetLeader()
  peer.orphanedMs = host.nowMs
  const campaign = vi.spyOn(peer.node, 'campaign')
  peer.leaderContactMs = host.nowMs
  campaignAgain(host, peer)
  expect(campaign).not.toHaveBeenCalled()
  peer.leaderContactMs = Number.NEGATIVE_INFINITY
  campaignAgain(host, peer)
  expect(campaign).toHaveBeenCalledOnce()
})

test('a new PD is told of sleeping cells by their store, and nobody wakes for it', async () => {
  const { harness, leader } = await sleepers()
  harness.heartbeats = []
  await harness.run(3000)
  expect(harness.heartbeats.flatMap((heartbeat) => heartbeat.cells)).toEqual([])
  harness.tell(leader, { kind: 'reportAll', generation: 7 })
  const reported = () =>
    harness.heartbeats.flatMap((heartbeat) => heartbeat.cells).find(({ cell }) => cell.id === FIRST_USER_CELL)
  await harness.until(() => reported() !== undefined, 'a report')
  expect(harness.heartbeats.filter(({ whole }) => whole)).toHaveLength(1)
  expect(reported()).toMatchObject({ pending: [], down: [] })
  expect(areAsleep(harness, FIRST_USER_CELL)).toBe(true)
})

test('the store still counts its sleepers when it reports', async () => {
  const { harness, leader } = await sleepers()
  const store = harness.leader(FIRST_USER_CELL)?.store
  harness.heartbeats = []
  await harness.run(2500)
  const last = harness.heartbeats
    .findLast(({ executor }) => executor === leader)
    ?.stores.find((each) => each.store === store)
  expect(last?.leaders).toBe(
    harness
      .peersOf(FIRST_USER_CELL)
      .concat(harness.peersOf(SYSTEM_CELL))
      .filter((peer) => peer.isLeader && peer.store.id === store).length,
  )
  expect(last?.sizeBytes).toBeGreaterThan(0)
})

test('an order of PD wakes the leader, and is carried out', async () => {
  const { harness } = await sleepers()
  const follower = harness.peersOf(FIRST_USER_CELL).find((peer) => !peer.isLeader)
  await harness.transfer(FIRST_USER_CELL, follower?.store.id as number)
  await harness.until(() => areAsleep(harness, FIRST_USER_CELL), 'all sleep again')
})

test('a sleeper that is removed, and hears nothing of it from Raft, is told by the leader', async () => {
  const { harness } = await sleepers()
  const follower = harness.peersOf(FIRST_USER_CELL).find((peer) => !peer.isLeader)
  const executor = follower?.store.place.executor
  harness.drop = (_, to, message) => to === executor && message.kind === 'raft'
  await harness.removePeer(FIRST_USER_CELL, follower?.id as number)
  await harness.until(() => follower?.destroyed === true, 'it goes', 1000)
})
