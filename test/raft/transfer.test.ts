import { expect, test } from 'vitest'
import { addLearnerNode, confChangeV2, MessageType, removeNode, StateType } from '../../src/raft/index.ts'
import { configOf, Group, Host, ledByOne, message, votersOf } from './group.ts'

/** Thesis §3.10: leadership is handed over. */

/** Node 1 leads, node 3 is cut off and lacks an entry, and leadership is on its way to it. */
function transferringToThree(): Group {
  const group = ledByOne()
  group.isolated.add(3)
  group.propose(1, 'a')
  group.node(1).transferLeadership(3)
  group.settle()
  expect([group.node(1).isLeader, group.node(1).leadTransferee]).toEqual([true, 3])
  return group
}

test('leadership goes at once to a follower whose log is up to date, and back', () => {
  const group = ledByOne()
  group.node(1).transferLeadership(2)
  group.settle()
  expect([group.node(2).isLeader, group.node(1).leader, group.node(1).leadTransferee]).toEqual([true, 2, 0])
  group.propose(2, 'a')
  group.node(2).transferLeadership(1)
  group.settle()
  expect([group.node(1).isLeader, group.node(2).leader]).toEqual([true, 1])
})

test('a follower passes the wish for a transfer on to its leader', () => {
  const group = ledByOne()
  group.node(2).transferLeadership(2)
  group.settle()
  expect(group.node(2).isLeader).toBe(true)
  group.node(1).transferLeadership(1)
  group.settle()
  expect(group.node(1).isLeader).toBe(true)
})

test('a transfer goes through although all others hear their leader', () => {
  const group = ledByOne({ checkQuorum: true, preVote: true })
  group.tick(1)
  group.node(1).transferLeadership(2)
  group.settle()
  expect([group.node(2).isLeader, group.node(2).term]).toEqual([true, 2])
})

test('a transfer to who needs a snapshot waits for that', () => {
  const group = transferringToThree()
  group.host(1).compact()
  group.isolated.clear()
  group.loses = ({ type }) => type === MessageType.snap
  group.tick(1)
  expect(group.node(1).isLeader).toBe(true)
  group.loses = () => false
  group.node(1).reportSnapshot(3, false)
  group.tick(1)
  expect([group.node(3).isLeader, group.host(3).storage.snapshot()?.index]).toEqual([true, 2])
})

test('leadership is not handed to oneself, to a stranger or to a learner', () => {
  const group = new Group([1, 2, 3], {}, { ...votersOf(1, 2), learners: [3] })
  group.elect(1)
  for (const to of [1, 9, 3]) {
    group.node(1).transferLeadership(to)
    group.settle()
    expect([group.node(1).isLeader, group.node(1).leadTransferee, group.propose(1, 'a')]).toEqual([true, 0, true])
  }
})

test('a transfer that takes longer than an election timeout is given up', () => {
  const group = transferringToThree()
  group.tick(1, 9)
  expect(group.node(1).leadTransferee).toBe(3)
  group.tick(1)
  expect([group.node(1).isLeader, group.node(1).leadTransferee, group.propose(1, 'b')]).toEqual([true, 0, true])
})

test('while leadership is handed over no proposal is taken', () => {
  const group = transferringToThree()
  const { lastIndex } = group.node(1)
  expect([group.propose(1, 'b'), group.node(1).lastIndex, group.node(1).progress(1)!.match]).toEqual([
    false,
    lastIndex,
    lastIndex,
  ])
})

test('a transfer ends when a third is elected', () => {
  const group = transferringToThree()
  group.elect(2)
  expect([group.node(1).state, group.node(1).term, group.node(1).leadTransferee]).toEqual([StateType.follower, 2, 0])
})

test('a transfer ends when who was to take over is removed or made a learner', () => {
  for (const change of [removeNode(3), addLearnerNode(3)]) {
    const group = transferringToThree()
    group.node(1).applyConfChange(confChangeV2([change]))
    expect(group.node(1).leadTransferee).toBe(0)
    expect(group.propose(1, 'b')).toBe(true)
  }
})

test('a leader that is asked to take over itself takes the transfer back', () => {
  const group = transferringToThree()
  group.node(1).transferLeadership(1)
  expect([group.node(1).leadTransferee, group.propose(1, 'b')]).toEqual([0, true])
})

test('a transfer to another takes the place of the one under way', () => {
  const group = transferringToThree()
  group.node(1).transferLeadership(2)
  group.settle()
  expect(group.node(2).isLeader).toBe(true)
})

test('who asks again for the same transfer does not prolong it', () => {
  const group = transferringToThree()
  group.tick(1, 5)
  group.node(1).transferLeadership(3)
  group.tick(1, 5)
  expect([group.node(1).isLeader, group.node(1).leadTransferee]).toEqual([true, 0])
})

test('a node outside of its own configuration does not take over, whoever asks', () => {
  const { node } = new Host(configOf(1, votersOf(2, 3, 4)))
  node.step(message(MessageType.timeoutNow, 2, 1, 0))
  node.step(message(MessageType.voteResp, 2, 1, 0))
  node.step(message(MessageType.voteResp, 3, 1, 0))
  expect([node.state, node.term]).toEqual([StateType.follower, 0])
})
