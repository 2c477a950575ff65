import { expect, test } from 'vitest'
import { utf8 } from '../../src/base/index.ts'
import {
  addNode,
  confChangeV2,
  Entry,
  EntryType,
  leaveJointChange,
  Message,
  MessageType,
  removeNode,
} from '../../src/raft/index.ts'
import { configOf, Group, Host, ledByOne, votersOf } from './group.ts'

test('a proposal gets the next index and the term of its leader', () => {
  const group = ledByOne()
  const node = group.node(1)
  const predicted = node.lastIndex + 1
  expect(node.propose(utf8('x'))).toBe(true)
  group.settle()
  const entry = group.host(2).applied.find(({ index }) => index === predicted)
  expect(entry).toEqual(new Entry(node.term, predicted, EntryType.normal, utf8('x')))
})

test('the budget is nothing at followers, candidates and non-members, and while leadership is handed over', () => {
  const group = ledByOne({ uncommittedBytesMax: 100 })
  expect([1, 2, 3].map((id) => group.node(id).proposalBudgetBytes())).toEqual([100, 0, 0])
  group.isolated.add(2)
  group.propose(1, 'x')
  group.node(1).transferLeadership(2)
  expect([group.node(1).leadTransferee, group.node(1).proposalBudgetBytes()]).toEqual([2, 0])
  expect(group.propose(1, 'y')).toBe(false)
  group.tick(1, 10)
  expect([group.node(1).leadTransferee, group.node(1).proposalBudgetBytes()]).toEqual([0, 100])
})

test('the budget shrinks by what is under way, and grows again when that is applied', () => {
  const group = ledByOne({ uncommittedBytesMax: 100 })
  const node = group.node(1)
  group.isolated.add(1)
  node.propose(new Uint8Array(60))
  expect(node.proposalBudgetBytes()).toBe(40)
  expect(node.propose(new Uint8Array(41))).toBe(false)
  expect(node.propose(new Uint8Array(40))).toBe(true)
  expect(node.proposalBudgetBytes()).toBe(0)
  expect(node.propose(new Uint8Array(1))).toBe(false)
  expect(node.propose(new Uint8Array(0))).toBe(true)
  group.settle()
  group.isolated.clear()
  group.tick(1)
  expect([node.applied, node.proposalBudgetBytes()]).toEqual([node.lastIndex, 100])
})

test('one proposal is taken whatever its size, or the limit would hold it up for ever', () => {
  const node = ledByOne({ uncommittedBytesMax: 100 }).node(1)
  expect(node.propose(new Uint8Array(1000))).toBe(true)
  expect(node.proposalBudgetBytes()).toBe(0)
})

test('a change of leader forgets what the old one had under way', () => {
  const group = ledByOne({ uncommittedBytesMax: 100 })
  group.isolated.add(1)
  group.propose(1, 'x'.repeat(90))
  group.elect(2)
  group.isolated.clear()
  group.tick(2)
  expect(group.node(1).isLeader).toBe(false)
  group.elect(1)
  expect(group.node(1).proposalBudgetBytes()).toBe(100)
})

test('a follower sends proposals on to its leader, if it is not told otherwise', () => {
  const group = ledByOne()
  expect(group.propose(2, 'through 2')).toBe(true)
  expect(group.host(3).values).toEqual(['through 2'])
  const strict = ledByOne({ disableProposalForwarding: true })
  expect(strict.propose(2, 'through 2')).toBe(false)
  expect(strict.host(1).values).toEqual([])
})

test('without a leader a proposal is dropped', () => {
  const group = new Group([1, 2, 3])
  expect(group.propose(1, 'x')).toBe(false)
  group.isolated.add(1)
  group.node(1).campaign()
  expect(group.propose(1, 'x')).toBe(false)
})

test('a proposal of several entries is taken as a whole or not at all', () => {
  const group = ledByOne({ uncommittedBytesMax: 100 })
  const proposal = (...sizes: number[]) => {
    const message = new Message(MessageType.prop, 1, 2)
    message.entries = sizes.map((size) => new Entry(0, 0, EntryType.normal, new Uint8Array(size)))
    return message
  }
  const node = group.node(1)
  expect(node.step(proposal(50, 30))).toBe('ok')
  expect(node.step(proposal(10, 11))).toBe('proposalDropped')
  expect(node.lastIndex).toBe(3)
})

test('appends are cut to the size of a message, at least one entry each', () => {
  const group = ledByOne({ entryBytesMax: 30 })
  group.isolated.add(2)
  for (const value of ['a', 'b', 'c'.repeat(50), 'd']) group.propose(1, value)
  group.isolated.clear()
  group.sent.length = 0
  group.tick(1)
  group.tick(1)
  expect(group.host(2).values).toEqual(['a', 'b', 'c'.repeat(50), 'd'])
  const sizes = group.sent
    .filter(({ to, type, entries }) => to === 2 && type === MessageType.app && entries.length > 0)
    .map(({ entries }) => entries.length)
  expect(sizes).toEqual([2, 1, 1])
})

test('a change of the configuration is refused while another may be unapplied, and an empty entry stands in its place', () => {
  const group = ledByOne()
  const node = group.node(1)
  expect(node.proposeConfChange(confChangeV2([addNode(4)]))).toBe(true)
  expect(node.proposeConfChange(confChangeV2([removeNode(2)]))).toBe(true)
  group.settle()
  expect(group.host(2).applied.map(({ type }) => type)).toEqual([
    EntryType.normal,
    EntryType.confChangeV2,
    EntryType.normal,
  ])
  expect(node.configuration.voters).toEqual([1, 2, 3, 4])
})

test('a new leader takes no change of the configuration before it has applied what its predecessors left', () => {
  const host = new Host(configOf(1, votersOf(1, 2)))
  host.node.campaign()
  host.work()
  host.node.step(new Message(MessageType.voteResp, 1, 2, 1))
  expect(host.node.proposeConfChange(confChangeV2([addNode(3)]))).toBe(true)
  host.work()
  expect(host.log.map(({ type }) => type)).toEqual([EntryType.normal, EntryType.confChangeV2])

  const successor = new Host(configOf(1, votersOf(1, 2), { hardState: { term: 1, vote: 1, commit: 0 } }), host.storage)
  successor.node.campaign()
  successor.work()
  successor.node.step(new Message(MessageType.voteResp, 1, 2, 2))
  expect(successor.node.proposeConfChange(confChangeV2([addNode(3)]))).toBe(true)
  successor.work()
  expect(successor.log.map(({ type }) => type)).toEqual([
    EntryType.normal,
    EntryType.confChangeV2,
    EntryType.normal,
    EntryType.normal,
  ])
})

test('a change that cannot be made is refused when it is proposed, and no peer falls over it', () => {
  const group = ledByOne()
  const node = group.node(1)
  node.proposeConfChange(confChangeV2([removeNode(1), removeNode(2), removeNode(3)]))
  node.proposeConfChange(leaveJointChange())
  group.settle()
  expect(group.host(2).applied.map(({ type }) => type)).toEqual([EntryType.normal, EntryType.normal, EntryType.normal])
  expect(node.configuration.voters).toEqual([1, 2, 3])
})
