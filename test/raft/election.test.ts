import { expect, test } from 'vitest'
import { Random } from '../../src/base/index.ts'
import {
  addLearnerNode,
  confChangeV2,
  MemoryStorage,
  Message,
  MessageType,
  RawNode,
  StateType,
} from '../../src/raft/index.ts'
import { configOf, Host, ledByOne, votersOf } from './group.ts'
import { seed } from './seed.ts'

test('election timeouts are drawn from the whole of [ticks, 2 × ticks), and anew for each election', () => {
  const drawn = new Set<number>()
  const node = new RawNode(configOf(1, votersOf(1, 2)), new MemoryStorage(), new Random(seed))
  for (let round = 0; round < 300; round++) {
    const { term } = node
    let ticks = 0
    while (node.term === term) {
      node.tick()
      ticks++
    }
    drawn.add(ticks)
  }
  expect([...drawn].sort((a, b) => a - b)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19])
})

test('the same seed draws the same timeouts', () => {
  const termsAfter = (ticks: number) => {
    const node = new RawNode(configOf(1, votersOf(1, 2)), new MemoryStorage(), new Random(seed))
    return Array.from({ length: ticks }, () => {
      node.tick()
      return node.term
    })
  }
  expect(termsAfter(200)).toEqual(termsAfter(200))
})

test('a follower that hears its leader does not campaign', () => {
  const group = ledByOne()
  for (let i = 0; i < 100; i++) for (const id of [1, 2, 3]) group.tick(id)
  expect([group.node(1).isLeader, group.node(1).term]).toEqual([true, 1])
})

test('one vote a term, also after a restart', () => {
  const host = new Host(configOf(1, votersOf(1, 2, 3)))
  const ask = (from: number) => {
    host.node.step(new Message(MessageType.vote, 1, from, 3))
    return host.work().map(({ to, reject }) => [to, reject])
  }
  expect(ask(2)).toEqual([[2, false]])
  expect(ask(3)).toEqual([[3, true]])
  host.restart()
  expect(ask(3)).toEqual([[3, true]])
  expect(ask(2)).toEqual([[2, false]])
})

test('who lacks a committed entry is not elected', () => {
  const group = ledByOne()
  group.isolated.add(3)
  group.propose(1, 'a')
  group.isolated.clear()
  group.isolated.add(1)
  group.node(3).campaign()
  group.settle()
  expect(group.node(3).isLeader).toBe(false)
  group.elect(2)
  expect(group.host(3).values).toEqual(['a'])
})

test('a pre-vote that fails disturbs nobody', () => {
  const group = ledByOne({ preVote: true, checkQuorum: true })
  group.isolated.add(3)
  group.tick(3, 50)
  expect([group.node(3).state, group.node(3).term]).toEqual([StateType.preCandidate, 1])
  group.isolated.clear()
  group.tick(3, 20)
  group.tick(1)
  expect([group.node(1).isLeader, group.node(1).term, group.node(3).leader]).toEqual([true, 1, 1])
})

test('under check-quorum no vote is cast while a leader is heard, but for one that the leader asks for', () => {
  const group = ledByOne({ checkQuorum: true, preVote: true })
  group.node(2).campaign()
  group.settle()
  expect(group.node(2).state).toBe(StateType.preCandidate)
  group.tick(1)
  group.node(1).transferLeadership(3)
  group.settle()
  expect([group.node(3).isLeader, group.node(2).leader]).toEqual([true, 3])
})

test('a follower that forgets its leader votes at once', () => {
  const group = ledByOne({ checkQuorum: true, preVote: true })
  group.isolated.add(1)
  group.node(2).campaign()
  group.settle()
  expect(group.node(2).isLeader).toBe(false)
  group.node(2).forgetLeader()
  group.node(3).forgetLeader()
  expect([group.node(2).leader, group.node(3).leader]).toEqual([0, 0])
  group.elect(2)
})

test('a leader that hears no quorum steps down', () => {
  const group = ledByOne({ checkQuorum: true })
  group.isolated.add(1)
  group.tick(1, 9)
  expect(group.node(1).isLeader).toBe(true)
  group.tick(1, 11)
  expect([group.node(1).isLeader, group.node(1).leader]).toEqual([false, 0])
})

test('who has a committed change of the configuration to apply does that before it campaigns', () => {
  const group = ledByOne()
  group.node(1).proposeConfChange(confChangeV2([addLearnerNode(4)]))
  group.settle()
  const host = group.host(2)
  host.appliedIndex = 1
  host.confState = votersOf(1, 2, 3)
  host.restart()
  host.node.campaign()
  expect([host.node.state, host.node.term]).toEqual([StateType.follower, 1])
  host.work()
  host.node.campaign()
  expect([host.node.state, host.node.configuration.learners]).toEqual([StateType.candidate, [4]])
})

test('a node that wakes counts the ticks that it has slept', () => {
  const group = ledByOne()
  group.node(2).setElectionElapsed(30)
  group.isolated.add(2)
  group.tick(2)
  expect([group.node(2).state, group.node(2).electionElapsed]).toEqual([StateType.candidate, 0])
})

test('a transfer waits until the other is up to date, and then needs no timeout', () => {
  const group = ledByOne({ preVote: true, checkQuorum: true })
  group.isolated.add(2)
  group.propose(1, 'a')
  group.node(1).transferLeadership(2)
  group.settle()
  expect([group.node(1).isLeader, group.node(1).leadTransferee]).toEqual([true, 2])
  group.isolated.clear()
  group.tick(1)
  expect([group.node(2).isLeader, group.node(1).leader, group.node(1).leadTransferee]).toEqual([true, 2, 0])
})

test('a transfer may be asked for at a follower, given to another, or taken back', () => {
  const group = ledByOne()
  group.node(3).transferLeadership(3)
  group.settle()
  expect(group.node(3).isLeader).toBe(true)
  group.isolated.add(1).add(2)
  group.propose(3, 'a')
  group.node(3).transferLeadership(1)
  group.node(3).transferLeadership(2)
  expect(group.node(3).leadTransferee).toBe(2)
  group.node(3).transferLeadership(3)
  expect(group.node(3).leadTransferee).toBe(0)
})

test('local kinds are refused from the network, and unknown nodes have nothing to answer', () => {
  const { node } = ledByOne().host(1)
  expect(node.step(new Message(MessageType.hup, 1, 2))).toBe('localMessage')
  expect(node.step(new Message(MessageType.hup, 1))).toBe('localMessage')
  expect(node.step(new Message(MessageType.checkQuorum, 1, 2))).toBe('localMessage')
  expect(node.step(new Message(MessageType.storageAppendResp, 1, 2, 1))).toBe('localMessage')
  expect(node.step(new Message(MessageType.appResp, 1, 9, 1))).toBe('peerNotFound')
  expect(node.step(new Message(MessageType.vote, 1, 9, 1))).toBe('ok')
})
