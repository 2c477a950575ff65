import { expect, test } from 'vitest'
import { EMPTY } from '../../src/base/index.ts'
import {
  type ConfState,
  emptyConfState,
  MessageType,
  ProgressState,
  type Snapshot,
  StateType,
} from '../../src/raft/index.ts'
import { configOf, Group, Host, hostWithLog, leader, ledByOne, message, votersOf } from './group.ts'

/** A follower that the log no longer reaches, seen from both ends. */

function snapshotAt(index: number, confState: ConfState, term = 11): Snapshot {
  return { index, term, confState, data: EMPTY }
}

function offer(host: Host, snapshot: Snapshot): void {
  host.node.step(message(MessageType.snap, 9, host.node.id, Math.max(host.node.term, snapshot.term), { snapshot }))
}

test('a snapshot takes the place of log and configuration, and an older one does not', () => {
  const configurations: ConfState[] = [
    votersOf(1, 2, 3),
    { ...votersOf(1, 2), learners: [3] },
    { ...votersOf(2, 3, 4), votersOutgoing: [1, 2, 3] },
    { ...votersOf(1, 2), votersOutgoing: [1, 2, 3], learners: [4], learnersNext: [3], autoLeave: true },
  ]
  for (const confState of configurations) {
    const host = hostWithLog(configOf(1, votersOf(1, 2)), [1, 1, 1])
    offer(host, snapshotAt(11, confState))
    const { node } = host
    expect([node.lastIndex, node.termAt(11), node.committed, node.configuration]).toEqual([11, 11, 11, confState])
    expect(host.work()).toMatchObject([{ type: MessageType.appResp, to: 9, index: 11, reject: false }])
    expect([host.storage.firstIndex(), host.confState, node.applied]).toEqual([12, confState, 11])
    offer(host, snapshotAt(10, votersOf(1)))
    expect(host.work()).toMatchObject([{ type: MessageType.appResp, to: 9, index: 11 }])
    expect(node.configuration).toEqual(confState)
  }
})

test('a restored snapshot is no reason to campaign before the election timeout', () => {
  const host = new Host(configOf(1, emptyConfState))
  offer(host, snapshotAt(11, votersOf(1, 2)))
  host.work()
  for (let i = 0; i < 9; i++) host.node.tick()
  expect([host.node.state, host.node.term]).toEqual([StateType.follower, 11])
})

test('a snapshot may make a learner of a voter, and a voter of a learner', () => {
  const asLearner = { ...votersOf(1, 2), learners: [3] }
  for (const [before, after] of [
    [votersOf(1, 2, 3), asLearner],
    [asLearner, votersOf(1, 2, 3)],
  ] as const) {
    const { node } = new Host(configOf(3, before))
    expect(node.isLearner(3)).toBe(before === asLearner)
    node.step(message(MessageType.snap, 1, 3, 11, { snapshot: snapshotAt(11, after) }))
    expect([node.isLearner(3), node.isVoter(3)]).toEqual([after === asLearner, after !== asLearner])
  }
})

test('a learner is brought up to date by a snapshot', () => {
  const group = new Group([1, 2], {}, { ...votersOf(1), learners: [2] })
  group.isolated.add(2)
  group.elect(1)
  group.propose(1, 'a')
  group.host(1).compact()
  group.isolated.clear()
  group.tick(1, 2)
  expect([group.node(2).committed, group.host(2).storage.snapshot()?.index]).toEqual([group.node(1).committed, 2])
})

test('a snapshot of what the log holds already only moves the commit index', () => {
  const host = hostWithLog(configOf(1, votersOf(1, 2), { hardState: { term: 0, vote: 0, commit: 1 } }), [1, 1, 1])
  const { node } = host
  offer(host, snapshotAt(1, votersOf(1, 2), 1))
  expect([node.committed, node.firstIndex]).toEqual([1, 1])
  offer(host, snapshotAt(2, votersOf(1, 2), 1))
  expect([node.committed, node.firstIndex, node.lastIndex]).toEqual([2, 1, 3])
})

test('a follower that is known not to have what was compacted is sent a snapshot', () => {
  const host = new Host(configOf(1, emptyConfState))
  offer(host, snapshotAt(11, votersOf(1, 2)))
  host.work()
  leader(host)
  const { node } = host
  // It was heard of, and refuses what is behind the snapshot.
  node.step(message(MessageType.appResp, 2, 1, node.term, { index: 11, reject: true, rejectHint: 0 }))
  const [sent] = host.work()
  expect(sent).toMatchObject({ type: MessageType.snap, to: 2, snapshot: { index: 11, term: 11 } })
})

test('no snapshot is sent to who has not been heard of since the last check of the quorum', () => {
  const host = new Host(configOf(1, votersOf(1, 2, 3), { checkQuorum: true }))
  leader(host)
  const { node } = host
  for (const from of [2, 3]) node.step(message(MessageType.appResp, from, 1, 1, { index: 1 }))
  for (let i = 0; i < 10; i++) node.tick()
  node.propose(EMPTY)
  node.step(message(MessageType.appResp, 3, 1, 1, { index: 2 }))
  host.work()
  host.compact()
  expect([node.firstIndex, node.progress(2)!.recentActive]).toEqual([3, false])
  node.reportUnreachable(2)
  node.propose(EMPTY)
  expect(host.work().filter(({ to }) => to === 2)).toEqual([])
  expect(node.progress(2)).toMatchObject({ state: ProgressState.probe, isPaused: false })
  node.step(message(MessageType.heartbeatResp, 2, 1, 1))
  expect(host.work()).toMatchObject([{ type: MessageType.snap, to: 2 }])
})

test('who sends a snapshot in a term leads it', () => {
  const { node } = new Host(configOf(2, votersOf(1, 2)))
  node.step(message(MessageType.snap, 1, 2, 2, { snapshot: snapshotAt(11, votersOf(1, 2), 2) }))
  expect([node.leader, node.term, node.electionElapsed]).toEqual([1, 2, 0])
})

test('a slow follower is caught up by a snapshot, and then by the log', () => {
  const group = ledByOne()
  group.isolated.add(3)
  for (let i = 0; i < 100; i++) group.propose(1, `v${i}`)
  group.host(1).compact()
  group.isolated.clear()
  group.tick(1, 2)
  expect(group.node(3).committed).toBe(group.node(1).committed)
  group.propose(1, 'last')
  expect([group.node(3).committed, group.host(3).values]).toEqual([group.node(1).committed, ['last']])
})

/** Leads 2, to whom a snapshot at 11 is under way, or will be. */
function leaderBehindSnapshot(): Host {
  const host = new Host(configOf(1, emptyConfState))
  offer(host, snapshotAt(11, votersOf(1, 2)))
  host.work()
  leader(host)
  host.node.step(message(MessageType.appResp, 2, 1, host.node.term, { index: 11, reject: true, rejectHint: 0 }))
  host.work()
  expect(host.node.progress(2)).toMatchObject({ state: ProgressState.snapshot })
  return host
}

test('a snapshot that is sent is remembered as under way', () => {
  expect(leaderBehindSnapshot().node.progress(2)).toMatchObject({ pendingSnapshot: 11, next: 12, isPaused: true })
})

test('while a snapshot is under way its follower gets heartbeats, and nothing else', () => {
  const host = leaderBehindSnapshot()
  host.node.propose(EMPTY)
  expect(host.work()).toEqual([])
  host.node.tick()
  expect(host.work().map(({ type }) => type)).toEqual([MessageType.heartbeat])
})

test('a snapshot that failed is probed for from what matches, after a pause', () => {
  const { node } = leaderBehindSnapshot()
  node.reportSnapshot(2, false)
  expect(node.progress(2)).toMatchObject({ state: ProgressState.probe, pendingSnapshot: 0, next: 1, isPaused: true })
})

test('a snapshot that arrived is probed behind, after a pause', () => {
  const { node } = leaderBehindSnapshot()
  node.reportSnapshot(2, true)
  expect(node.progress(2)).toMatchObject({ state: ProgressState.probe, pendingSnapshot: 0, next: 12, isPaused: true })
})

test("a follower's own word that it is behind the snapshot ends the wait for it", () => {
  const host = leaderBehindSnapshot()
  const { node } = host
  // Higher than the snapshot: it has come by the log, too.
  node.step(message(MessageType.appResp, 2, 1, node.term, { index: 12 }))
  expect(node.progress(2)).toMatchObject({ state: ProgressState.replicate, pendingSnapshot: 0, match: 12, next: 13 })
})
