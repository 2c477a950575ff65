import { expect, test } from 'vitest'
import { text, utf8 } from '../../src/base/index.ts'
import { Message, MessageType } from '../../src/raft/index.ts'
import { configOf, Group, Host, ledByOne, votersOf } from './group.ts'

function readsAt(group: Group, id: number): [number, string][] {
  return group.host(id).readStates.map(({ index, context }) => [index, text(context)])
}

test('a read is answered with the commit index of its time, after a round to a quorum', () => {
  const group = ledByOne()
  group.propose(1, 'a')
  group.node(1).readIndex(utf8('r1'))
  expect(group.host(1).readStates).toEqual([])
  group.settle()
  expect(readsAt(group, 1)).toEqual([[2, 'r1']])
})

test('a leader that is cut off answers no read', () => {
  const group = ledByOne()
  group.isolated.add(1)
  group.node(1).readIndex(utf8('r1'))
  group.settle()
  group.tick(1, 3)
  expect(readsAt(group, 1)).toEqual([])
})

test('a round that was lost is made up for by the next heartbeat', () => {
  const group = ledByOne()
  group.loses = ({ type }) => type === MessageType.heartbeat
  group.node(1).readIndex(utf8('r1'))
  group.settle()
  expect(readsAt(group, 1)).toEqual([])
  group.loses = () => false
  group.tick(1)
  expect(readsAt(group, 1)).toEqual([[1, 'r1']])
})

test('an acknowledged round answers the reads before it, too, and none after it', () => {
  const group = ledByOne()
  group.loses = ({ context }) => context !== null && text(context) !== 'r2'
  for (const name of ['r1', 'r2', 'r3']) group.node(1).readIndex(utf8(name))
  group.settle()
  expect(readsAt(group, 1)).toEqual([
    [1, 'r1'],
    [1, 'r2'],
  ])
})

test('a follower asks its leader, and gets the answer itself', () => {
  const group = ledByOne()
  group.propose(1, 'a')
  group.node(3).readIndex(utf8('from 3'))
  group.settle()
  expect([readsAt(group, 3), readsAt(group, 1)]).toEqual([[[2, 'from 3']], []])
})

test('without a leader a read is lost', () => {
  const group = new Group([1, 2, 3])
  group.node(2).readIndex(utf8('r'))
  group.settle()
  expect(readsAt(group, 2)).toEqual([])
})

test('a learner does not confirm that a leader leads', () => {
  const group = new Group([1, 2, 3], {}, { ...votersOf(1, 2), learners: [3] })
  group.elect(1)
  group.isolated.add(2)
  group.node(1).readIndex(utf8('r'))
  group.settle()
  expect(readsAt(group, 1)).toEqual([])
  group.isolated.clear()
  group.tick(1)
  expect(readsAt(group, 1)).toEqual([[1, 'r']])
})

test('a new leader answers reads only when an entry of its own term is committed, also if it is alone', () => {
  for (const voters of [votersOf(1), votersOf(1, 2)]) {
    const host = new Host(configOf(1, voters, { asyncStorageWrites: true }))
    host.node.campaign()
    const vote = host.node.ready()
    host.write(vote)
    host.node.appended(vote)
    if (voters.voters.length > 1) host.node.step(new Message(MessageType.voteResp, 1, 2, 1))
    expect([host.node.isLeader, host.node.hasCommittedInTerm]).toEqual([true, false])
    host.node.readIndex(utf8('early'))
    const entry = host.node.ready()
    expect(entry.readStates).toEqual([])
    host.write(entry)
    host.node.appended(entry)
    if (voters.voters.length > 1) {
      const acknowledgement = new Message(MessageType.appResp, 1, 2, 1)
      acknowledgement.index = 1
      host.node.step(acknowledgement)
      const heartbeat = host.node.ready().messages.find(({ type }) => type === MessageType.heartbeat)!
      const answer = new Message(MessageType.heartbeatResp, 1, 2, 1)
      answer.context = heartbeat.context
      host.node.step(answer)
    }
    expect(host.node.ready().readStates).toEqual([{ index: 1, context: utf8('early') }])
  }
})

test('reads that wait are forgotten when the leader steps down', () => {
  const group = ledByOne()
  group.isolated.add(1)
  group.node(1).readIndex(utf8('r'))
  group.settle()
  group.elect(2)
  group.isolated.clear()
  group.tick(2, 2)
  group.elect(1)
  group.tick(1, 2)
  expect(readsAt(group, 1)).toEqual([])
})

test('the same read asked twice is answered once', () => {
  const group = ledByOne()
  group.node(1).readIndex(utf8('r'))
  group.node(1).readIndex(utf8('r'))
  group.settle()
  expect(readsAt(group, 1)).toEqual([[1, 'r']])
})

test('under a lease a read is answered at once', () => {
  const group = ledByOne({ checkQuorum: true, readOnlyOption: 'leaseBased' })
  group.isolated.add(2).add(3)
  group.node(1).readIndex(utf8('r'))
  group.settle()
  expect(readsAt(group, 1)).toEqual([[1, 'r']])
  expect(() => new Host(configOf(1, votersOf(1), { readOnlyOption: 'leaseBased' }))).toThrow('check of the quorum')
})

test('reads that were answered are forgotten, and heartbeats carry them no more', () => {
  const group = ledByOne()
  for (let i = 0; i < 10; i++) group.node(1).readIndex(utf8(`r${i}`))
  group.settle()
  expect(readsAt(group, 1).length).toBe(10)
  group.sent.length = 0
  group.tick(1)
  expect(group.sent.filter(({ type }) => type === MessageType.heartbeat).map(({ context }) => context)).toEqual([
    null,
    null,
  ])
})

test('a learner may ask for a read, and gets the answer itself', () => {
  const group = new Group([1, 2, 3], {}, { ...votersOf(1, 2), learners: [3] })
  group.elect(1)
  group.propose(1, 'a')
  group.node(3).readIndex(utf8('from 3'))
  group.settle()
  expect([readsAt(group, 3), readsAt(group, 1)]).toEqual([[[2, 'from 3']], []])
})
