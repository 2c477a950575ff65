import { expect, test } from 'vitest'
import { EMPTY, Random, utf8 } from '../../src/base/index.ts'
import { encodedBytes } from '../../src/raft/entry.ts'
import {
  addLearnerNode,
  addNode,
  type ConfChange,
  ConfChangeTransition,
  ConfChangeType,
  type ConfChangeV2,
  type ConfState,
  confChangeV2,
  Entry,
  EntryType,
  leaveJointChange,
  MemoryStorage,
  Message,
  MessageType,
  RawNode,
  removeNode,
} from '../../src/raft/index.ts'
import { isLocalMessage, isResponseMessage } from '../../src/raft/message.ts'
import { configOf, Group, Host, hostWithLog, ledByOne, logOfTerms, message, votersOf } from './group.ts'

/** What a host does with a node, and gets from it. */

function alone(changes = {}): Host {
  const host = new Host(configOf(1, votersOf(1), changes))
  host.node.campaign()
  host.work()
  return host
}

function v1(type: ConfChangeType, nodeId: number): ConfChange {
  return { id: 0, type, nodeId, context: EMPTY }
}

test('messages of every kind are stepped, but for those that a node says to itself', () => {
  for (const type of Object.values(MessageType)) {
    const { node } = new Host(configOf(1, votersOf(1, 2)))
    expect(node.step(new Message(type, 1, 2, 1)) === 'localMessage', `type ${type}`).toBe(isLocalMessage(type))
  }
})

test('answers from a node that is not in the configuration are refused, and requests are not', () => {
  for (const type of Object.values(MessageType).filter((each) => !isLocalMessage(each))) {
    const { node } = new Host(configOf(1, votersOf(1, 2)))
    expect(node.step(new Message(type, 1, 9, 1)) === 'peerNotFound', `type ${type}`).toBe(isResponseMessage(type))
  }
})

test('what is proposed is applied in its place, changes of the configuration of either form among it', () => {
  const joint = (changes: Partial<ConfState>): ConfState => ({ ...votersOf(1), votersOutgoing: [1], ...changes })
  const table: [change: ConfChange | ConfChangeV2, entered: ConfState, left: ConfState | null][] = [
    [v1(ConfChangeType.addNode, 2), votersOf(1, 2), null],
    [confChangeV2([addNode(2)]), votersOf(1, 2), null],
    [v1(ConfChangeType.addLearnerNode, 2), { ...votersOf(1), learners: [2] }, null],
    [confChangeV2([addLearnerNode(2)]), { ...votersOf(1), learners: [2] }, null],
    [
      confChangeV2([addLearnerNode(2)], ConfChangeTransition.jointExplicit),
      joint({ learners: [2] }),
      { ...votersOf(1), learners: [2] },
    ],
    [
      confChangeV2([addLearnerNode(2)], ConfChangeTransition.jointImplicit),
      joint({ learners: [2], autoLeave: true }),
      { ...votersOf(1), learners: [2] },
    ],
    [
      confChangeV2([addNode(2), addLearnerNode(1), addLearnerNode(3)]),
      joint({ voters: [2], learners: [3], learnersNext: [1], autoLeave: true }),
      { ...votersOf(2), learners: [1, 3] },
    ],
  ]
  for (const [change, entered, left] of table) {
    const { node, storage } = alone()
    const seen: ConfState[] = []
    node.propose(utf8('before'))
    expect(node.proposeConfChange(change)).toBe(true)
    // By hand, as another voter may be needed to go on.
    const turn = () => {
      const ready = node.ready()
      if (ready.hardState !== null) storage.setHardState(ready.hardState)
      storage.append(ready.entries)
      for (const { type } of ready.committedEntries)
        if (type !== EntryType.normal) seen.push(node.applyConfChange(change))
      node.advance()
    }
    for (let i = 0; i < 3 && seen.length === 0; i++) turn()
    expect(seen).toEqual([entered])
    if (left === null) continue
    const leaving = entered.autoLeave ? null : node.proposeConfChange(leaveJointChange())
    expect(leaving).not.toBe(false)
    expect(node.applyConfChange(leaveJointChange())).toEqual(left)
  }
})

test('a joint configuration is left by the leader itself, also if one who led before could not', () => {
  const group = new Group([1, 2], {}, votersOf(1))
  group.elect(1)
  group.node(1).proposeConfChange(confChangeV2([addNode(2)], ConfChangeTransition.jointImplicit))
  group.settle()
  for (const id of [1, 2]) expect(group.node(id).configuration).toEqual(votersOf(1, 2))
  const kinds = group.host(1).applied.map(({ type, data }) => [type, data.length > 0])
  expect(kinds).toEqual([
    [EntryType.normal, false],
    [EntryType.confChangeV2, true],
    [EntryType.confChangeV2, false],
  ])
})

test('a member that is added twice is there once, and the second change is an entry like any other', () => {
  const group = new Group([1, 2], {}, votersOf(1))
  group.elect(1)
  for (let i = 0; i < 2; i++) {
    group.node(1).proposeConfChange(confChangeV2([addNode(2)]))
    group.settle()
  }
  expect(group.host(2).applied.map(({ type }) => type)).toEqual([0, 2, 2])
  expect(group.node(1).configuration).toEqual(votersOf(1, 2))
})

test('members are added and removed, voters and learners, and named in ascending order', () => {
  const table: [change: ConfChangeV2, after: ConfState][] = [
    [confChangeV2([addNode(3)]), votersOf(1, 2, 3)],
    [confChangeV2([addLearnerNode(3)]), { ...votersOf(1, 2), learners: [3] }],
    [confChangeV2([removeNode(2)]), votersOf(1)],
    [confChangeV2([addLearnerNode(2)]), { ...votersOf(1), learners: [2] }],
  ]
  for (const [change, after] of table) {
    const { node } = new Host(configOf(1, votersOf(2, 1)))
    expect(node.applyConfChange(change)).toEqual(after)
    expect(node.members.map(({ id }) => id)).toEqual([...after.voters, ...after.learners])
  }
  const { node } = new Host(configOf(1, { ...votersOf(1), learners: [2] }))
  expect(node.applyConfChange(confChangeV2([removeNode(2)]))).toEqual(votersOf(1))
  expect(() => node.applyConfChange(confChangeV2([removeNode(1)]))).toThrow('cannot be made')
})

test('a new member counts as active until the next check of the quorum, so that its adding deposes nobody', () => {
  const group = new Group([1], { checkQuorum: true })
  group.elect(1)
  for (let i = 0; i < 9; i++) group.node(1).tick()
  group.settle()
  group.node(1).applyConfChange(confChangeV2([addNode(2)]))
  group.tick(1)
  expect(group.node(1).isLeader).toBe(true)
  group.tick(1, 10)
  expect(group.node(1).isLeader).toBe(false)
})

test('a read comes back in a Ready with the index that must be applied before it is answered', () => {
  const { node } = alone()
  node.readIndex(utf8('context'))
  expect(node.ready().readStates).toEqual([{ index: 1, context: utf8('context') }])
  node.advance()
  expect(node.hasReady()).toBe(false)
})

test('a new node of one voter elects itself, commits, and has nothing more to say', () => {
  const { node, storage } = new Host(configOf(1, votersOf(1)))
  expect(node.hasReady()).toBe(false)
  const turn = () => {
    const { hardState, entries, committedEntries, mustSync } = node.ready()
    if (hardState !== null) storage.setHardState(hardState)
    storage.append(entries)
    node.advance()
    return [hardState, entries.length, committedEntries.length, mustSync]
  }
  node.campaign()
  expect(turn()).toEqual([{ term: 1, vote: 1, commit: 0 }, 0, 0, true])
  node.propose(utf8('foo'))
  expect(turn()).toEqual([null, 2, 0, true])
  expect(turn()).toEqual([{ term: 1, vote: 1, commit: 2 }, 0, 2, false])
  expect(node.hasReady()).toBe(false)
})

test('a node that restarts hands out what is committed, and nothing of what is not', () => {
  const host = hostWithLog(configOf(1, votersOf(1), { hardState: { term: 1, vote: 0, commit: 1 } }), [1, 1], 1)
  const ready = host.node.ready()
  expect([ready.hardState, ready.mustSync, ready.entries, ready.committedEntries]).toEqual([
    null,
    false,
    [],
    logOfTerms(1),
  ])
  host.node.advance()
  expect(host.node.hasReady()).toBe(false)
})

test('a node that restarts from a snapshot hands out only what is behind it', () => {
  const storage = new MemoryStorage()
  storage.applySnapshot({ index: 2, term: 1, confState: votersOf(1, 2), data: EMPTY })
  storage.append([new Entry(1, 3, EntryType.normal, utf8('foo'))])
  const hardState = { term: 1, vote: 0, commit: 3 }
  const node = new RawNode(configOf(1, votersOf(1, 2), { hardState, applied: 2 }), storage, new Random(1))
  const ready = node.ready()
  expect([ready.committedEntries, ready.mustSync]).toEqual([storage.entries(3, 4, 100), false])
  node.advance()
  expect(node.hasReady()).toBe(false)
})

test('a leader shows the progress of all, and who does not lead is not asked', () => {
  const group = ledByOne()
  group.propose(1, 'a')
  expect(group.node(1).members.map(({ id, match, next }) => [id, match, next])).toEqual([
    [1, 2, 3],
    [2, 2, 3],
    [3, 2, 3],
  ])
  expect([group.node(1).leader, group.node(1).term, group.node(1).vote, group.node(1).committed]).toEqual([1, 1, 1, 2])
  expect(group.node(1).progress(9)).toBeUndefined()
})

test('after a restart, too, committed entries come in pages, none of them lost or given twice', () => {
  const bytes = encodedBytes(new Entry(1, 1, EntryType.normal, utf8('a')))
  const storage = new MemoryStorage()
  storage.append(Array.from({ length: 10 }, (_, position) => new Entry(1, position + 1, EntryType.normal, utf8('a'))))
  const changes = { hardState: { term: 1, vote: 1, commit: 10 }, committedBytesPerReadyMax: bytes * 3 - 1 }
  const host = new Host(configOf(1, votersOf(1, 2), changes), storage)
  const pages: number[] = []
  while (host.node.hasReady()) {
    const ready = host.node.ready()
    pages.push(ready.committedEntries.length)
    host.apply(ready)
    // More is committed while that is under way.
    if (pages.length === 1) {
      host.node.step(
        message(MessageType.app, 2, 1, 1, { index: 10, logTerm: 1, entries: [new Entry(1, 11)], commit: 11 }),
      )
    }
    host.write(ready)
    host.node.advance()
  }
  expect(pages).toEqual([2, 2, 2, 2, 3])
  expect(host.applied.map(({ index }) => index)).toEqual(Array.from({ length: 11 }, (_, position) => position + 1))
})

test('the log of a leader that reaches nobody does not grow over the limit', () => {
  const data = new Uint8Array(100)
  const group = ledByOne({ uncommittedBytesMax: 1000 })
  group.isolated.add(1)
  let taken = 0
  for (let i = 0; i < 100; i++) if (group.node(1).propose(data)) taken++
  expect([taken, group.node(1).lastIndex]).toEqual([10, 11])
  group.settle()
  group.isolated.clear()
  group.tick(1)
  expect([group.node(1).proposalBudgetBytes(), group.host(2).applied.length]).toEqual([1000, 11])
})

test('a Ready that was taken is not given again, and what comes meanwhile is in the next', () => {
  const group = ledByOne()
  const { node } = group.host(1)
  node.tick()
  const first = node.ready()
  expect(first.messages.length).toBe(2)
  expect(node.hasReady()).toBe(false)
  node.tick()
  expect(node.hasReady()).toBe(true)
  node.advance()
  const second = node.ready()
  expect([first.messages.length, second.messages.length]).toEqual([2, 2])
  expect(second.messages[0]).not.toBe(first.messages[0])
})
