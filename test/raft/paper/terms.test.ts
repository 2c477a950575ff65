import { expect, test } from 'vitest'
import { Entry, MessageType, StateType } from '../../../src/raft/index.ts'
import { candidate, configOf, Host, leader, message, votersOf } from '../group.ts'

/** The paper, §5.1: terms. */

function hosts(): [string, Host][] {
  const host = () => new Host(configOf(1, votersOf(1, 2, 3)))
  const leading = host()
  leader(leading)
  return [
    ['a follower', host()],
    ['a candidate', candidate(host())],
    ['a leader', leading],
  ]
}

test('whatever its state, a node that hears of a higher term takes it, and follows', () => {
  for (const [, { node }] of hosts()) {
    node.step(message(MessageType.app, 2, 1, 7))
    expect([node.state, node.term, node.leader, node.vote]).toEqual([StateType.follower, 7, 2, 0])
  }
})

test('only appends, heartbeats and snapshots of a higher term say who leads it', () => {
  for (const [type, known] of [
    [MessageType.app, 2],
    [MessageType.heartbeat, 2],
    [MessageType.snap, 2],
    [MessageType.vote, 0],
    [MessageType.voteResp, 0],
    [MessageType.appResp, 0],
  ] as const) {
    for (const [, { node }] of hosts()) {
      node.step(message(type, 2, 1, 7, type === MessageType.vote ? { index: 0, logTerm: 0 } : {}))
      expect([node.state, node.term, node.leader]).toEqual([StateType.follower, 7, known])
    }
  }
})

test('what is said in an earlier term is not listened to', () => {
  for (const [, host] of hosts()) {
    const { node } = host
    node.step(message(MessageType.heartbeat, 2, 1, 7))
    host.work()
    const before = [node.state, node.term, node.leader, node.vote, node.lastIndex, node.committed]
    for (const type of [MessageType.app, MessageType.heartbeat, MessageType.vote, MessageType.appResp] as const) {
      node.step(
        message(type, 3, 1, 6, { entries: [new Entry(6, node.lastIndex + 1)], commit: 5, index: node.lastIndex }),
      )
      expect(host.work()).toEqual([])
    }
    expect([node.state, node.term, node.leader, node.vote, node.lastIndex, node.committed]).toEqual(before)
  }
})
