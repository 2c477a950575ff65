import { expect, test } from 'vitest'
import { EMPTY, utf8 } from '../../src/base/index.ts'
import { type Message, MessageType, ProgressState, type RaftConfig } from '../../src/raft/index.ts'
import { configOf, Host, leader, message, votersOf } from './group.ts'

/** How much goes to a follower before it answers, and when more may. */

/** Leads 2, which has everything so far: appends stream. */
function streaming(changes: Partial<RaftConfig> = {}): Host {
  const host = new Host(configOf(1, votersOf(1, 2), changes))
  leader(host)
  host.node.step(message(MessageType.appResp, 2, 1, 1, { index: 1 }))
  host.work()
  expect(host.node.progress(2)).toMatchObject({ state: ProgressState.replicate, match: 1, next: 2 })
  return host
}

function propose(host: Host, bytes = 10): Message[] {
  host.node.propose(new Uint8Array(bytes))
  return host.work()
}

function appends(messages: readonly Message[]): number[][] {
  return messages.filter(({ type }) => type === MessageType.app).map(({ entries }) => entries.map(({ index }) => index))
}

test('appends go out one by one until the window is full, and then none does', () => {
  const host = streaming({ inflightMessagesMax: 4 })
  for (let i = 0; i < 4; i++) expect(appends(propose(host))).toEqual([[2 + i]])
  expect(host.node.progress(2)).toMatchObject({ isInflightFull: true, isPaused: true })
  for (let i = 0; i < 4; i++) expect(propose(host)).toEqual([])
})

test('a follower that lacks what is before a new entry gets that first', () => {
  const host = streaming({ entryBytesMax: 0 })
  host.node.proposeAll([utf8('a'), utf8('b'), utf8('c')])
  expect(appends(host.work())).toEqual([[2]])
  const next = propose(host).filter(({ type }) => type === MessageType.app)
  expect(next.map(({ index, entries }) => [index, entries.map((entry) => entry.index)])).toEqual([[2, [3]]])
  host.node.step(message(MessageType.appResp, 2, 1, 1, { index: 3 }))
  expect(appends(host.work())).toEqual([[4], [5]])
})

test('an acknowledgement moves the window up to what it names, and an old one does not', () => {
  const host = streaming({ inflightMessagesMax: 4 })
  for (let i = 0; i < 4; i++) propose(host)
  for (let index = 2; index < 5; index++) {
    host.node.step(message(MessageType.appResp, 2, 1, 1, { index }))
    host.work()
    expect(appends(propose(host))).toEqual([[index + 4]])
    expect(host.node.progress(2)!.isInflightFull).toBe(true)
    for (let old = 0; old <= index; old++) {
      host.node.step(message(MessageType.appResp, 2, 1, 1, { index: old }))
      expect(host.node.progress(2)!.isInflightFull, `acknowledged ${old} again`).toBe(true)
    }
    host.work()
  }
})

test("a heartbeat's answer lets one empty append through a full window, however many answers there are", () => {
  const host = streaming({ inflightMessagesMax: 2 })
  for (let i = 0; i < 3; i++) propose(host)
  for (let attempt = 1; attempt < 4; attempt++) {
    host.node.step(message(MessageType.heartbeatResp, 2, 1, 1))
    expect(appends(host.work())).toEqual([[]])
    for (let i = 0; i < 3; i++) expect(appends(propose(host))).toEqual([])
    expect(host.node.progress(2)).toMatchObject({ isInflightFull: true, isPaused: true })
  }
})

test('while it probes, a leader sends one append with entries at each answer, and nothing in between', () => {
  const host = streaming()
  const { node } = host
  node.reportUnreachable(2)
  for (let i = 0; i < 3; i++) {
    expect(appends(propose(host))).toEqual(i === 0 ? [[2]] : [])
    expect(node.progress(2)!.isPaused).toBe(true)
    for (let tick = 0; tick < 5; tick++) {
      node.tick()
      expect(host.work().map(({ type }) => type)).toEqual([MessageType.heartbeat])
    }
    node.step(message(MessageType.heartbeatResp, 2, 1, 1))
    expect(appends(host.work())).toEqual([Array.from({ length: i + 1 }, (_, at) => 2 + at)])
    expect(node.progress(2)!.isPaused).toBe(true)
  }
})

test("a heartbeat's answer lifts the pause of a probe, and the beat itself does not", () => {
  const host = streaming()
  const { node } = host
  node.reportUnreachable(2)
  propose(host)
  expect(node.progress(2)!.isPaused).toBe(true)
  node.tick()
  host.work()
  expect(node.progress(2)!.isPaused).toBe(true)
  node.step(message(MessageType.appResp, 2, 1, 1, { index: 2 }))
  expect(node.progress(2)).toMatchObject({ state: ProgressState.replicate, isPaused: false })
})

test('while it replicates, a leader sends each append at once', () => {
  const host = streaming()
  for (let i = 0; i < 10; i++) expect(appends(propose(host))).toEqual([[2 + i]])
})

test('appends are cut by size: one entry while probing, then as many messages as the window holds', () => {
  const host = streaming({ inflightMessagesMax: 3, entryBytesMax: 2048 })
  const { node } = host
  node.reportUnreachable(2)
  const sent = [1000, 1000, 10000, 1000, 1000, 1000, 1000].flatMap((bytes) => propose(host, bytes))
  expect(appends(sent)).toEqual([[2]])
  node.step(message(MessageType.appResp, 2, 1, 1, { index: 2 }))
  expect(appends(host.work())).toEqual([[3], [4], [5, 6]])
  expect(node.progress(2)).toMatchObject({ isInflightFull: true })
  node.step(message(MessageType.appResp, 2, 1, 1, { index: 4 }))
  expect(appends(host.work()).filter(({ length }) => length > 0)).toEqual([[7, 8]])
})

test('where the next append begins moves with what was sent while replicating, and not while probing', () => {
  for (const [isReplicating, next] of [
    [true, 4],
    [false, 2],
  ] as const) {
    const host = streaming()
    if (!isReplicating) host.node.reportUnreachable(2)
    propose(host)
    propose(host)
    expect(host.node.progress(2)!.next).toBe(next)
  }
})

test('who cannot be reached is probed again from what it has', () => {
  const host = streaming()
  for (let i = 0; i < 3; i++) propose(host)
  expect(host.node.progress(2)!.next).toBe(5)
  host.node.reportUnreachable(2)
  expect(host.node.progress(2)).toMatchObject({ state: ProgressState.probe, match: 1, next: 2 })
})

test('a follower that answers is not kept waiting by one that does not', () => {
  const host = new Host(configOf(1, votersOf(1, 2, 3)))
  leader(host)
  // The empty entry reaches node 2 only; the commit that follows goes there, and node 3 stays as it was: paused.
  host.node.step(message(MessageType.appResp, 2, 1, 1, { index: 1 }))
  expect(host.work()).toMatchObject([{ to: 2, type: MessageType.app, commit: 1 }])
  host.node.propose(utf8('a'))
  expect(host.work().map(({ to, index, entries }) => [to, index, entries.length])).toEqual([[2, 1, 1]])
  // Now 3 answers, late: it gets all at once.
  host.node.step(message(MessageType.appResp, 3, 1, 1, { index: 1 }))
  expect(host.work().map(({ to, index, entries }) => [to, index, entries.length])).toEqual([[3, 1, 1]])
})

test('a probe that was answered by an empty append is not taken for an acknowledgement', () => {
  const host = streaming()
  host.node.reportUnreachable(2)
  host.node.propose(EMPTY)
  host.work()
  host.node.step(message(MessageType.appResp, 2, 1, 1, { index: 0 }))
  expect(host.node.progress(2)).toMatchObject({ state: ProgressState.probe, match: 1, isPaused: true })
})
