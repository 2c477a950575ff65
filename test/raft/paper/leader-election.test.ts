import { expect, test } from 'vitest'
import { Random } from '../../../src/base/index.ts'
import { MemoryStorage, MessageType, RawNode, StateType } from '../../../src/raft/index.ts'
import { candidate, configOf, Host, leader, message, votersOf } from '../group.ts'
import { seed } from '../seed.ts'

/** The paper, §5.2: leader election. */

const TICKS = 10

test('a node begins as a follower', () => {
  const { node } = new Host(configOf(1, votersOf(1, 2, 3)))
  expect([node.state, node.term, node.leader]).toEqual([StateType.follower, 0, 0])
})

test('a leader sends a heartbeat to every other at each interval, and to nobody in between', () => {
  const host = new Host(configOf(1, votersOf(1, 2, 3), { heartbeatTicks: 3 }))
  leader(host)
  const perTick = Array.from({ length: 6 }, () => {
    host.node.tick()
    return host.work().map(({ type, to, entries }) => [type, to, entries.length])
  })
  const beat = [
    [MessageType.heartbeat, 2, 0],
    [MessageType.heartbeat, 3, 0],
  ]
  expect(perTick).toEqual([[], [], beat, [], [], beat])
})

test('who hears nothing for its election timeout raises its term, votes for itself, and asks all others', () => {
  for (const host of [new Host(configOf(1, votersOf(1, 2, 3))), candidate(new Host(configOf(1, votersOf(1, 2, 3))))]) {
    const { node } = host
    const before = node.term
    for (let i = 1; i < 2 * TICKS; i++) node.tick()
    expect([node.term, node.state, node.vote]).toEqual([before + 1, StateType.candidate, 1])
    const requests = host.work().map(({ type, to, term }) => [type, to, term])
    expect(requests).toEqual([
      [MessageType.vote, 2, before + 1],
      [MessageType.vote, 3, before + 1],
    ])
  }
})

test('one round of votes decides an election: won by a majority, lost to one, open until either', () => {
  const { leader: won, candidate: open, follower: lost } = { ...StateType }
  const table: [size: number, votes: Record<number, boolean>, state: StateType][] = [
    [1, {}, won],
    [3, { 2: true, 3: true }, won],
    [3, { 2: true }, won],
    [5, { 2: true, 3: true, 4: true, 5: true }, won],
    [5, { 2: true, 3: true, 4: true }, won],
    [5, { 2: true, 3: true }, won],
    [3, { 2: false, 3: false }, lost],
    [5, { 2: false, 3: false, 4: false, 5: false }, lost],
    [5, { 2: true, 3: false, 4: false, 5: false }, lost],
    [3, {}, open],
    [5, { 2: true }, open],
    [5, { 2: false, 3: false }, open],
    [5, {}, open],
  ]
  for (const [size, votes, state] of table) {
    const ids = Array.from({ length: size }, (_, at) => at + 1)
    const host = candidate(new Host(configOf(1, votersOf(...ids))))
    for (const [from, granted] of Object.entries(votes)) {
      host.node.step(message(MessageType.voteResp, Number(from), 1, 1, { reject: !granted }))
    }
    expect([host.node.state, host.node.term], `${size} nodes, votes ${JSON.stringify(votes)}`).toEqual([state, 1])
  }
})

test('a follower votes once a term, first come first served', () => {
  const table: [voted: number, asks: number, refused: boolean][] = [
    [0, 2, false],
    [0, 3, false],
    [2, 2, false],
    [3, 3, false],
    [2, 3, true],
    [3, 2, true],
  ]
  for (const [voted, asks, refused] of table) {
    const host = new Host(configOf(1, votersOf(1, 2, 3), { hardState: { term: 1, vote: voted, commit: 0 } }))
    host.node.step(message(MessageType.vote, asks, 1, 1))
    expect(host.work()).toMatchObject([{ type: MessageType.voteResp, to: asks, term: 1, reject: refused }])
  }
})

test('a candidate that hears a leader of its term or a later one returns to follow it', () => {
  for (const term of [1, 2]) {
    const { node } = candidate(new Host(configOf(1, votersOf(1, 2, 3))))
    expect(node.state).toBe(StateType.candidate)
    node.step(message(MessageType.app, 2, 1, term))
    expect([node.state, node.term, node.leader]).toEqual([StateType.follower, term, 2])
  }
})

/** Ticks until the node begins an election. */
function timeout(node: RawNode): number {
  const { term } = node
  let ticks = 0
  while (node.term === term) {
    node.tick()
    ticks++
  }
  return ticks
}

test('the election timeouts of followers and of candidates take every value of their range', () => {
  for (const isCandidate of [false, true]) {
    const drawn = new Set<number>()
    const node = new RawNode(configOf(1, votersOf(1, 2, 3)), new MemoryStorage(), new Random(`${seed} drawn`))
    for (let i = 0; i < 50 * TICKS; i++) {
      if (isCandidate) node.campaign()
      else node.step(message(MessageType.heartbeat, 2, 1, node.term + 1))
      drawn.add(timeout(node))
    }
    expect([...drawn].sort((a, b) => a - b)).toEqual(Array.from({ length: TICKS }, (_, at) => TICKS + at))
  }
})

test('most elections of five followers, or of five candidates, are begun by one alone', () => {
  const ids = [1, 2, 3, 4, 5]
  for (const isCandidate of [false, true]) {
    const nodes = ids.map(
      (id) => new RawNode(configOf(id, votersOf(...ids)), new MemoryStorage(), new Random(`${seed} alone ${id}`)),
    )
    const rounds = 1000
    let conflicts = 0
    for (let round = 0; round < rounds; round++) {
      const timeouts = nodes.map((node) => {
        if (isCandidate) node.campaign()
        else node.step(message(MessageType.heartbeat, (node.id % 5) + 1, node.id, node.term + 1))
        return timeout(node)
      })
      const first = Math.min(...timeouts)
      if (timeouts.filter((ticks) => ticks === first).length > 1) conflicts++
    }
    expect(conflicts / rounds).toBeLessThan(0.3)
  }
})
