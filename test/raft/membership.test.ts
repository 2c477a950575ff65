import { expect, test } from 'vitest'
import {
  addLearnerNode,
  addNode,
  ConfChangeTransition,
  confChangeV2,
  emptyConfState,
  leaveJointChange,
  removeNode,
  StateType,
} from '../../src/raft/index.ts'
import { Group, ledByOne, votersOf } from './group.ts'

test('a learner is brought up to date, votes for nobody in the count, and is promoted', () => {
  const group = new Group([1, 2, 3, 4], {}, votersOf(1, 2, 3))
  group.elect(1)
  group.propose(1, 'a')
  group.node(1).proposeConfChange(confChangeV2([addLearnerNode(4)]))
  group.settle()
  expect(group.node(1).configuration).toEqual({ ...votersOf(1, 2, 3), learners: [4] })
  expect(group.host(4).values).toEqual(['a'])
  group.isolated.add(2).add(3)
  group.propose(1, 'b')
  expect([group.host(4).log.length, group.node(1).committed]).toEqual([group.host(1).log.length, 3])
  group.isolated.clear()
  group.tick(1)
  group.node(1).proposeConfChange(confChangeV2([addNode(4)]))
  group.settle()
  expect([1, 2, 3, 4].map((id) => group.node(id).configuration.voters)).toEqual(Array(4).fill([1, 2, 3, 4]))
  group.elect(4)
})

test('a learner does not campaign, however long it hears nothing', () => {
  const group = new Group([1, 2], {}, { ...votersOf(1), learners: [2] })
  group.node(2).campaign()
  for (let i = 0; i < 50; i++) group.node(2).tick()
  expect([group.node(2).state, group.node(2).term]).toEqual([StateType.follower, 0])
})

test('a voter that becomes a learner does so when the joint configuration is left, on every member', () => {
  const group = ledByOne()
  group.node(1).proposeConfChange(confChangeV2([addLearnerNode(3)], ConfChangeTransition.jointExplicit))
  group.settle()
  for (const id of [1, 2, 3]) {
    expect(group.node(id).configuration).toEqual({
      voters: [1, 2],
      votersOutgoing: [1, 2, 3],
      learners: [],
      learnersNext: [3],
      autoLeave: false,
    })
    expect([group.node(id).inJoint, group.node(id).isVoter(3), group.node(id).isLearner(3)]).toEqual([
      true,
      true,
      false,
    ])
  }
  group.node(1).proposeConfChange(leaveJointChange())
  group.settle()
  for (const id of [1, 2, 3]) {
    expect(group.node(id).configuration).toEqual({ ...votersOf(1, 2), learners: [3] })
    expect([group.node(id).inJoint, group.node(id).isVoter(3), group.node(id).isLearner(3)]).toEqual([
      false,
      false,
      true,
    ])
  }
})

test('in a joint configuration nothing is committed without a majority of each half', () => {
  const group = new Group([1, 2, 3, 4, 5], {}, votersOf(1, 2, 3))
  group.elect(1)
  const change = confChangeV2(
    [addNode(4), addNode(5), removeNode(2), removeNode(3)],
    ConfChangeTransition.jointExplicit,
  )
  group.node(1).proposeConfChange(change)
  group.settle()
  const committed = group.node(1).committed
  group.isolated.add(4).add(5)
  group.propose(1, 'only the old half')
  expect(group.node(1).committed).toBe(committed)
  group.isolated.clear()
  group.tick(1)
  expect(group.node(1).committed).toBe(committed + 1)
  group.isolated.add(2).add(3)
  group.propose(1, 'only the new half')
  expect(group.node(1).committed).toBe(committed + 1)
  group.isolated.delete(2)
  group.tick(1)
  expect(group.node(1).committed).toBe(committed + 2)
})

test('a joint configuration is left automatically once it is applied, and a new leader leaves it for the old', () => {
  const group = new Group([1, 2, 3, 4], {}, votersOf(1, 2, 3))
  group.elect(1)
  group.node(1).proposeConfChange(confChangeV2([addNode(4), removeNode(3)]))
  group.settle()
  expect(group.node(2).configuration).toEqual(votersOf(1, 2, 4))

  const broken = new Group([1, 2, 3, 4], {}, votersOf(1, 2, 3))
  broken.elect(1)
  broken.node(1).proposeConfChange(confChangeV2([addNode(4), removeNode(3)]))
  // The first leader vanishes as soon as it has applied the change and told the others that it is committed.
  broken.loses = ({ from }) => from === 1 && broken.node(1).inJoint
  broken.settle()
  broken.isolated.add(1)
  expect([broken.node(1).inJoint, broken.node(2).inJoint]).toEqual([true, false])
  broken.elect(2)
  expect(broken.node(2).configuration).toEqual(votersOf(1, 2, 4))
})

test('an answer from a node that is not in the configuration is refused', () => {
  const group = ledByOne()
  group.node(1).proposeConfChange(confChangeV2([removeNode(3)]))
  group.settle()
  const late = group.sent.find(({ from, to }) => from === 3 && to === 1)!
  expect(group.node(1).step(late)).toBe('peerNotFound')
})

test('a leader that is removed goes on leading without a vote, or steps down if it is told so', () => {
  for (const stepDownOnRemoval of [false, true]) {
    const group = ledByOne({ stepDownOnRemoval })
    group.node(1).proposeConfChange(confChangeV2([removeNode(1)]))
    group.settle()
    expect(group.node(1).isLeader).toBe(!stepDownOnRemoval)
    expect(group.propose(1, 'x')).toBe(false)
    expect(group.node(1).proposalBudgetBytes()).toBe(0)
    group.elect(2)
    expect(group.propose(2, 'y')).toBe(true)
    expect(group.host(3).values).toEqual(['y'])
  }
})

test('removing a member may commit what waited for it', () => {
  const group = new Group([1, 2])
  group.elect(1)
  group.node(1).proposeConfChange(confChangeV2([removeNode(2)]))
  group.host(1).work()
  group.propose(1, 'needs both')
  expect(group.host(1).values).toEqual(['needs both'])
  expect(group.node(1).configuration.voters).toEqual([1])
})

test('a new member gets a snapshot when the log does not reach, and the log from there on', () => {
  const group = new Group([1, 2, 3, 4], {}, votersOf(1, 2, 3))
  group.hosts.get(4)!.config.confState = emptyConfState
  group.host(4).restart()
  group.elect(1)
  for (const value of ['a', 'b', 'c']) group.propose(1, value)
  group.node(1).proposeConfChange(confChangeV2([addLearnerNode(4)]))
  group.isolated.add(4)
  group.settle()
  group.host(1).compact()
  group.isolated.clear()
  group.tick(1, 2)
  group.propose(1, 'd')
  const host = group.host(4)
  expect([host.storage.snapshot()?.index, host.values, host.node.configuration.learners]).toEqual([5, ['d'], [4]])
})

test('a snapshot for somebody else, or an old one, is passed over', () => {
  const group = ledByOne()
  group.propose(1, 'a')
  group.host(1).compact()
  const host = group.host(2)
  const message = {
    ...group.sent[0]!,
    type: 7 as const,
    from: 1,
    to: 2,
    term: host.node.term,
    entries: [],
  }
  const snapshot = { index: 50, term: 1, confState: votersOf(1, 3), data: new Uint8Array(0) }
  host.node.step({ ...message, snapshot })
  expect([host.node.committed, host.node.lastIndex]).toEqual([2, 2])
  host.node.step({ ...message, snapshot: { ...snapshot, index: 1, confState: votersOf(1, 2, 3) } })
  expect([host.node.committed, host.node.lastIndex]).toEqual([2, 2])
})
