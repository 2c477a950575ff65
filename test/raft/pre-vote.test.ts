import { expect, test } from 'vitest'
import { type RaftConfig, StateType } from '../../src/raft/index.ts'
import { Group, votersOf } from './group.ts'

/** Pre-votes (thesis §9.6) where terms and logs have come apart, and while a group changes over to them. */

function groupOf(changes: Partial<RaftConfig>): Group {
  return new Group([1, 2, 3], changes, votersOf(1, 2, 3))
}

/** Node 3 asks without a pre-vote, as before the change, and has run two terms ahead of the others. */
function migrating(): Group {
  const group = groupOf({ preVote: true })
  Object.assign(group.host(3).config, { preVote: false })
  group.host(3).restart()
  group.elect(1)
  group.isolated.add(3)
  group.propose(1, 'a')
  for (let i = 0; i < 2; i++) {
    group.node(3).campaign()
    group.settle()
  }
  Object.assign(group.host(3).config, { preVote: true })
  group.host(3).restart()
  expect([1, 2, 3].map((id) => group.node(id).term)).toEqual([1, 1, 3])
  return group
}

test('a node with a smaller term completes its election once the later term is known to it', () => {
  const group = groupOf({ preVote: true })
  group.isolated.add(3)
  group.elect(1)
  // Node 3 has run ahead in its term, and lacks the entry.
  group.host(3).storage.setHardState({ term: 5, vote: 3, commit: 0 })
  group.host(3).restart()
  group.isolated.clear()
  group.isolated.add(1)
  group.node(3).campaign()
  group.settle()
  expect(group.node(2).term).toBe(1)
  group.node(2).campaign()
  group.settle()
  expect([group.node(2).state, group.node(2).term]).toEqual([StateType.follower, 5])
  group.elect(2)
  expect([group.node(2).term, group.node(3).leader]).toEqual([6, 2])
})

test('after a split vote the next election with pre-votes has a winner', () => {
  const group = groupOf({ preVote: true })
  group.elect(1)
  group.isolated.add(1)
  for (const id of [2, 3]) {
    group.node(id).forgetLeader()
    group.node(id).campaign()
  }
  group.settle()
  expect([2, 3].map((id) => [group.node(id).state, group.node(id).term])).toEqual([
    [StateType.candidate, 2],
    [StateType.candidate, 2],
  ])
  group.elect(2)
  expect([group.node(2).term, group.node(3).leader]).toEqual([3, 2])
})

test('a pre-candidate, who knows no leader, takes part in the pre-vote of another', () => {
  const group = groupOf({ preVote: true, checkQuorum: true })
  group.elect(1)
  group.isolated.add(1)
  // Node 3 has heard its leader lately, and does not answer.
  group.node(2).campaign()
  group.settle()
  expect([group.node(2).state, group.node(2).term]).toEqual([StateType.preCandidate, 1])
  group.elect(3)
  expect([group.node(3).term, group.node(2).leader]).toEqual([2, 3])
})

test('a group that changes over to pre-votes completes elections, though one of it is ahead in its term', () => {
  const group = migrating()
  group.isolated.clear()
  group.isolated.add(1)
  // It lacks an entry, so it loses; but who asks it learns its term.
  group.node(3).campaign()
  group.settle()
  expect(group.node(3).state).toBe(StateType.preCandidate)
  group.node(2).forgetLeader()
  group.node(2).campaign()
  group.settle()
  group.elect(2)
  expect(group.node(3).leader).toBe(2)
})

test('a pre-candidate that is ahead in its term is freed by deposing its leader', () => {
  const group = migrating()
  group.isolated.clear()
  group.node(3).campaign()
  group.settle()
  expect([group.node(1).isLeader, group.node(3).state]).toEqual([true, StateType.preCandidate])
  group.tick(1)
  expect([group.node(1).state, group.node(1).term]).toEqual([StateType.follower, 3])
  group.elect(1)
  expect([group.node(1).term, group.node(3).leader, group.host(3).values]).toEqual([4, 1, ['a']])
})
