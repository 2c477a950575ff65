import { expect, test } from 'vitest'
import { Message, MessageType, ProgressState } from '../../src/raft/index.ts'
import { Group, ledByOne, votersOf } from './group.ts'

test('what a follower has missed is sent when it is back', () => {
  const group = ledByOne()
  group.isolated.add(3)
  for (let i = 0; i < 20; i++) group.propose(1, `v${i}`)
  group.isolated.clear()
  group.tick(1)
  expect(group.host(3).values).toEqual(group.host(1).values)
})

test('uncommitted entries of a leader that was cut off give way to those of the next', () => {
  const group = ledByOne()
  group.isolated.add(1)
  for (let i = 0; i < 3; i++) group.propose(1, `lost ${i}`)
  group.elect(2)
  group.propose(2, 'kept')
  group.isolated.clear()
  group.tick(2)
  for (const id of [1, 2, 3]) expect(group.host(id).values).toEqual(['kept'])
  expect(group.host(1).log).toEqual(group.host(2).log)
})

test('entries of an earlier term are committed only by way of one of the own term', () => {
  const group = new Group([1, 2, 3, 4, 5], { entryBytesMax: 0 })
  group.elect(1)
  group.isolated.add(3).add(4).add(5)
  group.propose(1, 'old')
  expect(group.node(1).committed).toBe(1)
  group.isolated.clear()
  // Node 2 has the entry, and wins. An append has one entry, and its own empty one is lost on the way to who could take it:
  // so three others acknowledge the old one, and that commits nothing.
  group.loses = ({ type, from, to, entries }) =>
    type === MessageType.app && from === 2 && entries.some(({ index }) => index > 2) && group.node(to).lastIndex === 2
  group.node(2).campaign()
  group.settle()
  const matches = [3, 4, 5].map((id) => group.node(2).progress(id)?.match)
  expect([group.node(2).isLeader, group.node(2).committed, matches]).toEqual([true, 1, [2, 2, 2]])
  group.loses = () => false
  group.tick(2, 2)
  expect([group.node(2).committed, group.host(5).values]).toEqual([3, ['old']])
})

test('the window of appends is kept in messages', () => {
  const group = ledByOne({ inflightMessagesMax: 2 })
  group.isolated.add(2)
  for (let i = 0; i < 5; i++) group.propose(1, `v${i}`)
  expect(group.node(1).progress(2)).toMatchObject({
    state: ProgressState.replicate,
    inflightMessages: 2,
    isPaused: true,
  })
  group.isolated.clear()
  group.tick(1)
  expect(group.node(1).progress(2)).toMatchObject({ match: 6, inflightMessages: 0, isPaused: false })
})

test('the window of appends is kept in bytes', () => {
  const group = ledByOne({ inflightBytesMax: 100 })
  group.isolated.add(2)
  for (let i = 0; i < 5; i++) group.propose(1, 'x'.repeat(60))
  expect(group.node(1).progress(2)).toMatchObject({ inflightMessages: 2, isInflightFull: true })
})

test('a follower that cannot be reached is probed, not flooded', () => {
  const group = ledByOne()
  group.isolated.add(2)
  group.propose(1, 'a')
  group.node(1).reportUnreachable(2)
  expect(group.node(1).progress(2)!.state).toBe(ProgressState.probe)
  group.sent.length = 0
  for (let i = 0; i < 5; i++) group.propose(1, `v${i}`)
  expect(group.sent.filter(({ to, entries }) => to === 2 && entries.length > 0).length).toBe(1)
  group.isolated.clear()
  group.tick(1)
  expect(group.host(2).values.length).toBe(6)
})

test('a snapshot is waited for, and what the host says of it is heard', () => {
  const group = ledByOne()
  group.isolated.add(3)
  for (const value of ['a', 'b']) group.propose(1, value)
  group.host(1).compact()
  group.isolated.clear()
  group.loses = ({ type }) => type === MessageType.snap
  group.tick(1)
  const progress = () => group.node(1).progress(3)!
  expect(progress()).toMatchObject({ state: ProgressState.snapshot, pendingSnapshot: 3, isPaused: true })
  group.node(1).reportSnapshot(3, false)
  expect(progress()).toMatchObject({ state: ProgressState.probe, next: 2, isPaused: true })
  group.loses = () => false
  group.tick(1)
  expect(progress()).toMatchObject({ state: ProgressState.replicate, match: 3 })
  expect(group.host(3).storage.snapshot()?.index).toBe(3)
})

test('when there is no snapshot at hand, it is asked for again later', () => {
  const group = ledByOne()
  group.isolated.add(3)
  group.propose(1, 'a')
  const { storage } = group.host(1)
  storage.compact(2)
  group.isolated.clear()
  group.tick(1)
  expect(group.node(1).progress(3)!.state).not.toBe(ProgressState.snapshot)
  storage.setSnapshot({ index: 2, term: 1, confState: votersOf(1, 2, 3), data: new Uint8Array(0) })
  group.tick(1)
  expect(group.node(1).progress(3)).toMatchObject({ state: ProgressState.replicate, match: 2 })
})

test('a heartbeat never tells a follower to commit what it may not have', () => {
  const group = ledByOne()
  group.isolated.add(3)
  for (const value of ['a', 'b']) group.propose(1, value)
  group.node(1).tick()
  const heartbeats = group
    .host(1)
    .work()
    .filter(({ type }) => type === MessageType.heartbeat)
  expect(heartbeats.map(({ to, commit }) => [to, commit])).toEqual([
    [2, 3],
    [3, 1],
  ])
})

test('messages of an old leader are answered, under check-quorum, so that it learns of the new term', () => {
  const group = ledByOne({ checkQuorum: true })
  const { node } = group.host(2)
  node.forgetLeader()
  node.step(new Message(MessageType.vote, 2, 3, 5))
  node.step(new Message(MessageType.heartbeat, 2, 1, 1))
  const [answer] = group
    .host(2)
    .work()
    .filter(({ to }) => to === 1)
  expect(answer).toMatchObject({ type: MessageType.appResp, term: 5, index: 0 })
})

test('a message that arrives twice, or late, changes nothing', () => {
  const group = ledByOne()
  for (const value of ['a', 'b', 'c']) group.propose(1, value)
  const before = [1, 2, 3].map((id) => group.host(id).log)
  for (const message of group.sent.slice().reverse()) group.node(message.to).step(message)
  group.settle()
  expect([1, 2, 3].map((id) => group.host(id).log)).toEqual(before)
  expect([group.node(1).isLeader, group.node(1).term]).toEqual([true, 1])
})
