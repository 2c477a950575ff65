import { expect, test } from 'vitest'
import { Random, utf8 } from '../../src/base/index.ts'
import { Entry, MemoryStorage, Message, MessageType, RawNode, type Ready, StateType } from '../../src/raft/index.ts'
import { configOf, Group, Host, ledByOne, votersOf } from './group.ts'

/** Node 1 of three, asynchronous, leading in term 1, with its empty entry committed by node 2. */
function asyncLeader(): Host {
  const host = new Host(configOf(1, votersOf(1, 2, 3), { asyncStorageWrites: true }))
  host.node.campaign()
  host.work()
  host.node.step(new Message(MessageType.voteResp, 1, 2, 1))
  host.work()
  acknowledge(host.node, 2)
  host.work()
  expect([host.node.isLeader, host.node.committed]).toEqual([true, 1])
  return host
}

/** Follower `from` has everything. */
function acknowledge(node: RawNode, from: number, index = node.lastIndex): void {
  const message = new Message(MessageType.appResp, node.id, from, node.term)
  message.index = index
  node.step(message)
}

function kinds(messages: readonly Message[]): [number, MessageType][] {
  return messages.map(({ to, type }) => [to, type])
}

function indexes(entries: readonly Entry[]): number[] {
  return entries.map(({ index }) => index)
}

test('Readys are numbered from 1, and each tells only what is new', () => {
  const { node } = new Host(configOf(1, votersOf(1)))
  expect(node.hasReady()).toBe(false)
  node.campaign()
  const first = node.ready()
  expect([first.number, first.softState, first.hardState]).toEqual([
    1,
    { leader: 0, state: StateType.candidate },
    { term: 1, vote: 1, commit: 0 },
  ])
  node.advance()
  const second = node.ready()
  expect([second.number, second.softState, second.hardState]).toEqual([2, { leader: 1, state: StateType.leader }, null])
})

test('a node with nothing to tell has an empty Ready that holds no arrays of its own', () => {
  const { node } = new Host(configOf(1, votersOf(1, 2, 3), { asyncStorageWrites: true }))
  const [a, b] = [node.ready(), node.ready()]
  expect([a.messages, a.afterSync, a.entries, a.committedEntries, a.readStates]).toEqual([[], [], [], [], []])
  expect(a.messages).toBe(b.messages)
  expect(a.entries).toBe(b.committedEntries)
})

test('a leader sends its appends at once, and what it promises waits for its own disk', () => {
  const { node } = asyncLeader()
  node.propose(utf8('x'))
  const ready = node.ready()
  expect(ready.mustSync).toBe(true)
  expect(kinds(ready.messages)).toEqual([[2, MessageType.app]])
  expect([ready.afterSync, ready.countsItself, ready.promises]).toEqual([[], true, true])
  expect([ready.writtenIndex, ready.writtenLogTerm, ready.writtenTerm]).toEqual([2, 1, 1])
})

test('a follower promises nothing before its sync', () => {
  const host = new Host(configOf(2, votersOf(1, 2, 3), { asyncStorageWrites: true }))
  const append = new Message(MessageType.app, 2, 1, 1)
  append.entries = [new Entry(1, 1), new Entry(1, 2)]
  host.node.step(append)
  const ready = host.node.ready()
  expect(ready.messages).toEqual([])
  host.write(ready)
  const released = host.node.appended(ready)
  expect(kinds(released)).toEqual([[1, MessageType.appResp]])
  expect(released[0]!.index).toBe(2)
})

test('a vote waits for the disk, too, and a heartbeat does not', () => {
  const { node } = new Host(configOf(2, votersOf(1, 2, 3), { asyncStorageWrites: true }))
  node.step(new Message(MessageType.vote, 2, 1, 1))
  const vote = node.ready()
  expect([kinds(vote.messages), kinds(vote.afterSync), vote.mustSync]).toEqual([[], [[1, MessageType.voteResp]], true])
  node.step(new Message(MessageType.heartbeat, 2, 1, 1))
  const heartbeat = node.ready()
  expect([kinds(heartbeat.messages), heartbeat.mustSync]).toEqual([[[1, MessageType.heartbeatResp]], false])
})

test('a leader counts its own disk as it counts the others', () => {
  const host = asyncLeader()
  const { node } = host
  node.propose(utf8('x'))
  const ready = node.ready()
  host.write(ready)
  expect(node.committed).toBe(1)
  node.appended(ready)
  expect([node.committed, node.progress(1)!.match]).toEqual([1, 2])
  acknowledge(node, 2)
  expect(node.committed).toBe(2)
})

test('two followers may commit what the leader itself has not synced, and it is applied only when it has', () => {
  const host = asyncLeader()
  const { node } = host
  acknowledge(node, 3)
  host.work()
  node.propose(utf8('x'))
  const ready = node.ready()
  acknowledge(node, 2)
  acknowledge(node, 3)
  expect(node.committed).toBe(2)
  const commit = node.ready()
  expect([commit.hardState?.commit, commit.mustSync, indexes(commit.committedEntries)]).toEqual([2, false, []])
  host.write(ready)
  node.appended(ready)
  expect(indexes(node.ready().committedEntries)).toEqual([2])
})

test('several Readys are under way at once, and are acknowledged in order', () => {
  const host = asyncLeader()
  const { node } = host
  node.propose(utf8('x'))
  const first = node.ready()
  node.propose(utf8('y'))
  const second = node.ready()
  expect([indexes(first.entries), indexes(second.entries)]).toEqual([[2], [3]])
  expect(() => node.appended(second)).toThrow('before an earlier one')
  host.write(first)
  host.write(second)
  node.appended(first)
  expect(node.progress(1)!.match).toBe(2)
  node.appended(second)
  expect(node.progress(1)!.match).toBe(3)
  expect(() => node.appended(second)).toThrow('twice')
})

test('a Ready that promises nothing need not be acknowledged', () => {
  const host = asyncLeader()
  const { node } = host
  node.tick()
  const heartbeats = node.ready()
  expect([heartbeats.messages.length, heartbeats.afterSync.length]).toEqual([2, 0])
  node.propose(utf8('x'))
  const ready = node.ready()
  host.write(ready)
  expect(node.appended(ready)).toEqual([])
  expect(node.progress(1)!.match).toBe(2)
})

test('the acknowledgement of a write of an earlier term does not count', () => {
  const host = new Host(configOf(2, votersOf(1, 2, 3), { asyncStorageWrites: true }))
  const { node } = host
  const append = (term: number, entries: Entry[]) => {
    const message = new Message(MessageType.app, 2, term === 2 ? 3 : 1, term)
    message.entries = entries
    node.step(message)
    return node.ready()
  }
  const first = append(1, [new Entry(1, 1), new Entry(1, 2)])
  const second = append(2, [new Entry(2, 1)])
  const third = append(3, [new Entry(3, 1)])
  for (const ready of [first, second, third]) host.write(ready)
  node.appended(first)
  node.appended(second)
  expect(node.ready().committedEntries).toEqual([])
  const commit = new Message(MessageType.heartbeat, 2, 1, 3)
  commit.commit = 1
  node.step(commit)
  expect(node.ready().committedEntries).toEqual([])
  node.appended(third)
  expect(indexes(node.ready().committedEntries)).toEqual([1])
})

test('what a leader promised itself does not count when it leads again in a later term', () => {
  const host = asyncLeader()
  const { node } = host
  node.proposeAll([utf8('x'), utf8('y')])
  const first = node.ready()
  expect(first.countsItself).toBe(true)
  const overwrite = new Message(MessageType.app, 1, 2, 2)
  overwrite.index = 1
  overwrite.logTerm = 1
  overwrite.entries = [new Entry(2, 2)]
  node.step(overwrite)
  const second = node.ready()
  node.campaign()
  node.step(new Message(MessageType.voteResp, 1, 2, 3))
  node.step(new Message(MessageType.voteResp, 1, 3, 3))
  expect([node.isLeader, node.term, node.lastIndex]).toEqual([true, 3, 3])
  for (const ready of [first, second]) {
    host.write(ready)
    node.appended(ready)
  }
  // The entry at 3 is another now, and not on disk.
  expect(node.progress(1)!.match).toBe(2)
})

test('what a leader promises itself stands in its place among the promises to others', () => {
  const { node } = asyncLeader()
  node.propose(utf8('x'))
  const request = new Message(MessageType.vote, 1, 2, 9)
  request.index = 9
  request.logTerm = 1
  node.step(request)
  const ready = node.ready()
  expect([kinds(ready.afterSync), ready.countsItself]).toEqual([
    [
      [1, MessageType.appResp],
      [2, MessageType.voteResp],
    ],
    false,
  ])
  expect([ready.afterSync[0]!.term, ready.afterSync[0]!.index, node.term]).toEqual([1, 2, 9])
})

test('a snapshot is applied when its Ready is, and holds back everything else', () => {
  const host = new Host(configOf(2, votersOf(), { asyncStorageWrites: true }))
  const { node } = host
  const message = new Message(MessageType.snap, 2, 1, 3)
  message.snapshot = { index: 10, term: 2, confState: votersOf(1, 2, 3), data: utf8('state') }
  node.step(message)
  const ready = node.ready()
  expect(ready.snapshot?.index).toBe(10)
  expect([node.committed, node.applied, node.configuration.voters]).toEqual([10, 0, [1, 2, 3]])
  const append = new Message(MessageType.app, 2, 1, 3)
  append.index = 10
  append.logTerm = 2
  append.entries = [new Entry(3, 11)]
  append.commit = 11
  node.step(append)
  const behind = node.ready()
  expect([indexes(behind.entries), behind.committedEntries]).toEqual([[11], []])
  host.write(ready)
  expect(kinds(node.appended(ready))).toEqual([[1, MessageType.appResp]])
  expect(node.applied).toBe(10)
  host.write(behind)
  node.appended(behind)
  expect(indexes(node.ready().committedEntries)).toEqual([11])
})

test('a node with a snapshot to install does not campaign', () => {
  const { node } = new Host(configOf(2, votersOf(), { asyncStorageWrites: true }))
  const message = new Message(MessageType.snap, 2, 1, 3)
  message.snapshot = { index: 10, term: 2, confState: votersOf(1, 2, 3), data: utf8('state') }
  node.step(message)
  node.campaign()
  expect(node.state).toBe(StateType.follower)
})

test('a commit alone is no reason to sync', () => {
  const host = asyncLeader()
  const { node } = host
  node.propose(utf8('x'))
  host.work()
  acknowledge(node, 2)
  const ready = node.ready()
  expect([ready.hardState, ready.mustSync]).toEqual([{ term: 1, vote: 1, commit: 2 }, false])
})

test('synchronous mode takes one Ready at a time', () => {
  const group = ledByOne()
  const node = group.node(1)
  node.propose(utf8('x'))
  node.ready()
  expect(() => node.ready()).toThrow('before the last was advanced')
  node.advance()
  expect(() => node.advance()).toThrow('nothing to advance')
})

test('each mode has its own acknowledgements', () => {
  const ready = (node: RawNode): Ready => {
    node.campaign()
    return node.ready()
  }
  const sync = new Host(configOf(1, votersOf(1))).node
  const syncReady = ready(sync)
  expect(() => sync.appended(syncReady)).toThrow('by advance')
  expect(() => sync.appliedTo(syncReady)).toThrow('by advance')
})

test('the same group comes to the same state in both modes', () => {
  const logs = [false, true].map((asyncStorageWrites) => {
    const group = new Group([1, 2, 3], { asyncStorageWrites })
    group.elect(1)
    group.propose(1, 'a')
    group.elect(2)
    group.propose(2, 'b')
    return [1, 2, 3].map((id) => [group.host(id).values, group.host(id).log.map(({ term, index }) => [term, index])])
  })
  expect(logs[0]).toEqual(logs[1])
  expect(logs[0]![0]![0]).toEqual(['a', 'b'])
})

test('a restarted node goes on where its storage and its applied index say', () => {
  const group = ledByOne()
  for (const value of ['a', 'b', 'c']) group.propose(1, value)
  const host = group.host(2)
  const { term, vote, commit } = host.storage.hardState
  host.restart()
  expect([host.node.term, host.node.vote, host.node.committed, host.node.applied]).toEqual([term, vote, commit, 4])
  expect(host.node.hasReady()).toBe(false)
  group.propose(1, 'd')
  expect(host.values).toEqual(['a', 'b', 'c', 'd'])
})

test('a restarted node hands out again what was committed and not applied', () => {
  const group = ledByOne()
  group.propose(1, 'a')
  const host = group.host(2)
  host.appliedIndex = 1
  host.restart()
  expect(indexes(host.node.ready().committedEntries)).toEqual([2])
})

test('what was applied was committed, even if the stored commit index is older', () => {
  const storage = new MemoryStorage()
  storage.append([new Entry(1, 1), new Entry(1, 2), new Entry(1, 3)])
  const hardState = { term: 1, vote: 1, commit: 1 }
  const node = new RawNode(configOf(1, votersOf(1, 2), { hardState, applied: 3 }), storage, new Random(1))
  expect([node.committed, node.applied, node.hasReady()]).toEqual([3, 3, false])
})

test('a vote in a term that is on disk already is a reason to sync', () => {
  const host = new Host(configOf(1, votersOf(1, 2, 3), { asyncStorageWrites: true }))
  host.node.step(new Message(MessageType.heartbeat, 1, 2, 1))
  host.work()
  host.node.forgetLeader()
  host.node.step(new Message(MessageType.vote, 1, 3, 1))
  const ready = host.node.ready()
  expect([ready.hardState, ready.mustSync]).toEqual([{ term: 1, vote: 3, commit: 0 }, true])
})
