import { expect, test } from 'vitest'
import { addNode, confChangeV2, removeNode } from '../../src/raft/index.ts'
import { Group, ledByOne, votersOf } from './group.ts'

const valuesOf = (group: Group, ...ids: number[]) => ids.map((id) => group.host(id).values)

test('a quiet leader tells what is committed with the next entries, in no append of its own', () => {
  const group = ledByOne({ quietCommit: true })
  group.propose(1, 'a')
  expect(valuesOf(group, 1, 2, 3)).toEqual([['a'], [], []])
  group.propose(1, 'b')
  expect(valuesOf(group, 1, 2, 3)).toEqual([['a', 'b'], ['a'], ['a']])
})

test('a quiet leader tells it with its heartbeat, where no entries follow', () => {
  const group = ledByOne({ quietCommit: true })
  group.propose(1, 'a')
  group.tick(1)
  expect(valuesOf(group, 1, 2, 3)).toEqual([['a'], ['a'], ['a']])
})

test('a quiet leader tells it at once when its host announces it, and a follower announces nothing', () => {
  const group = ledByOne({ quietCommit: true })
  group.propose(1, 'a')
  group.node(2).announceCommit()
  group.settle()
  expect(valuesOf(group, 2, 3)).toEqual([[], []])
  group.node(1).announceCommit()
  group.settle()
  expect(valuesOf(group, 2, 3)).toEqual([['a'], ['a']])
})

test('of a change of members all hear at once from a quiet leader, also the one that leaves', () => {
  const group = new Group([1, 2, 3, 4], { quietCommit: true }, votersOf(1, 2, 3))
  group.elect(1)
  group.node(1).proposeConfChange(confChangeV2([addNode(4), removeNode(3)]))
  group.settle()
  expect([1, 2, 3, 4].map((id) => group.node(id).configuration.voters)).toEqual(Array(4).fill([1, 2, 4]))
})

test('entries that were lost on their way to a follower are brought again by a quiet leader, too', () => {
  const group = ledByOne({ quietCommit: true })
  group.isolated.add(3)
  for (let i = 0; i < 5; i++) group.propose(1, `v${i}`)
  group.isolated.clear()
  group.tick(1)
  group.tick(1)
  expect(group.host(3).values).toEqual(group.host(1).values)
})
