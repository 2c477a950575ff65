import { expect, test } from 'vitest'
import { Random, utf8 } from '../../src/base/index.ts'
import { emptyConfState, MessageType, type RaftConfig, StateType } from '../../src/raft/index.ts'
import { Raft } from '../../src/raft/raft.ts'
import { step as raftStep } from '../../src/raft/step.ts'
import {
  candidate,
  configOf,
  Group,
  Host,
  hostWithLog,
  leader,
  ledByOne,
  logOfTerms,
  message,
  votersOf,
} from './group.ts'

/** Who is elected and who is not, in groups and by single messages. */

const BOTH: Partial<RaftConfig>[] = [{}, { preVote: true }]

/** Nodes with these logs; the term is that of the last entry. */
function groupWithLogs(logs: readonly (readonly number[])[], changes: Partial<RaftConfig> = {}): Group {
  const group = new Group(
    logs.map((_, at) => at + 1),
    changes,
  )
  logs.forEach((terms, at) => {
    const { storage } = group.host(at + 1)
    storage.append(logOfTerms(...terms))
    storage.setHardState({ term: Math.max(0, ...terms), vote: 0, commit: 0 })
    group.host(at + 1).restart()
  })
  return group
}

test('who is heard by a majority is elected, unless too many logs are ahead', () => {
  const table: [away: number[], logs: number[][], elected: boolean][] = [
    [[], [[], [], []], true],
    [[3], [[], [], []], true],
    [[2, 3], [[], [], []], false],
    [[2, 3], [[], [], [], []], false],
    [[2, 3], [[], [], [], [], []], true],
    // Three logs of five are ahead.
    [[], [[], [1], [1], [1, 1], []], false],
  ]
  for (const changes of BOTH) {
    for (const [away, logs, elected] of table) {
      const group = groupWithLogs(logs, changes)
      for (const id of away) group.isolated.add(id)
      group.node(1).campaign()
      group.settle()
      expect(group.node(1).isLeader, JSON.stringify([away, logs, changes])).toBe(elected)
    }
  }
})

test('each node in its turn can be elected, and the one before gives way', () => {
  for (const changes of BOTH) {
    const group = new Group([1, 2, 3], changes)
    for (const id of [1, 2, 3, 1]) {
      group.elect(id)
      expect([1, 2, 3].map((other) => group.node(other).state)).toEqual(
        [1, 2, 3].map((other) => (other === id ? StateType.leader : StateType.follower)),
      )
    }
  }
})

test('a leader overwrites newer entries that were never committed, after losing once to learn the term', () => {
  for (const changes of BOTH) {
    // Node 3 led term 2, reached nobody, and 4 and 5 have voted for it.
    const group = groupWithLogs([[1], [1], [2], [], []], changes)
    for (const id of [4, 5]) {
      group.host(id).storage.setHardState({ term: 2, vote: 3, commit: 0 })
      group.host(id).restart()
    }
    group.node(1).campaign()
    group.settle()
    // A pre-vote asks for term 2, in which 4 and 5 have voted already; it is refused and tells the term as well.
    expect([group.node(1).isLeader, group.node(1).term]).toEqual([false, 2])
    group.elect(1)
    expect(group.node(1).term).toBe(3)
    for (const id of [1, 2, 3, 4, 5]) expect(group.host(id).log.map(({ term }) => term)).toEqual([1, 3])
  }
})

test('whatever its state, a node votes in a later term; and by a pre-vote nothing changes', () => {
  const states: [string, (host: Host) => unknown][] = [
    ['follower', ({ node }) => node.step(message(MessageType.heartbeat, 3, 1, 1))],
    ['pre-candidate', ({ node }) => node.campaign()],
    ['candidate', candidate],
    ['leader', leader],
  ]
  for (const type of [MessageType.vote, MessageType.preVote] as const) {
    for (const [name, enter] of states) {
      const host = new Host(configOf(1, votersOf(1, 2, 3), { preVote: name === 'pre-candidate' }))
      enter(host)
      host.work()
      const before = [host.node.state, host.node.term, host.node.vote]
      host.node.step(message(type, 2, 1, 7, { logTerm: 7, index: 42 }))
      const response = type === MessageType.vote ? MessageType.voteResp : MessageType.preVoteResp
      expect(host.work(), name).toMatchObject([{ type: response, to: 2, term: 7, reject: false }])
      expect([host.node.state, host.node.term, host.node.vote], name).toEqual(
        type === MessageType.vote ? [StateType.follower, 7, 2] : before,
      )
    }
  }
})

test('of two candidates the one that is heard by a majority wins, and the other follows when the network is whole', () => {
  const group = new Group([1, 2, 3])
  group.loses = ({ from, to }) => from + to === 4
  group.node(1).campaign()
  group.node(3).campaign()
  group.settle()
  expect([group.node(1).state, group.node(3).state]).toEqual([StateType.leader, StateType.candidate])
  group.loses = () => false
  // With its higher term it deposes the leader, and with its shorter log it is refused.
  group.node(3).campaign()
  group.settle()
  expect([1, 2, 3].map((id) => [group.node(id).state, group.node(id).term])).toEqual([
    [StateType.follower, 2],
    [StateType.follower, 2],
    [StateType.follower, 2],
  ])
  expect([1, 2, 3].map((id) => group.node(id).lastIndex)).toEqual([1, 1, 0])
})

test('of two pre-candidates the one that loses disturbs nobody when the network is whole', () => {
  const group = new Group([1, 2, 3], { preVote: true })
  group.loses = ({ from, to }) => from + to === 4
  group.node(1).campaign()
  group.settle()
  group.node(3).campaign()
  group.settle()
  expect([group.node(1).state, group.node(3).state]).toEqual([StateType.leader, StateType.follower])
  group.loses = () => false
  group.node(3).campaign()
  group.settle()
  expect([1, 2, 3].map((id) => group.node(id).term)).toEqual([1, 1, 1])
  expect(group.node(1).isLeader).toBe(true)
})

test('a candidate that hears of a leader in its term concedes, and takes its log', () => {
  const group = new Group([1, 2, 3])
  group.isolated.add(1)
  group.node(1).campaign()
  group.settle()
  group.elect(3)
  group.isolated.clear()
  group.tick(3)
  group.propose(3, 'force follower')
  expect([group.node(1).state, group.node(1).term]).toEqual([StateType.follower, 1])
  for (const id of [1, 2, 3]) expect(group.host(id).log).toEqual(group.host(3).log)
  expect(group.host(1).values).toEqual(['force follower'])
})

test('alone in its group, a node elects itself', () => {
  for (const changes of BOTH) {
    const group = new Group([1], changes)
    group.elect(1)
    expect(group.node(1).term).toBe(1)
  }
})

test('a vote, or a pre-vote, goes to who is as up to date, if the term has no other vote', () => {
  const { follower, candidate: candidating, leader: leading, preCandidate } = StateType
  const table: [state: StateType, index: number, logTerm: number, voted: number, refused: boolean][] = [
    [follower, 0, 0, 0, true],
    [follower, 0, 1, 0, true],
    [follower, 0, 2, 0, true],
    [follower, 0, 3, 0, false],
    [follower, 1, 0, 0, true],
    [follower, 1, 1, 0, true],
    [follower, 1, 2, 0, true],
    [follower, 1, 3, 0, false],
    [follower, 2, 0, 0, true],
    [follower, 2, 1, 0, true],
    [follower, 2, 2, 0, false],
    [follower, 2, 3, 0, false],
    [follower, 3, 0, 0, true],
    [follower, 3, 1, 0, true],
    [follower, 3, 2, 0, false],
    [follower, 3, 3, 0, false],
    [follower, 3, 2, 2, false],
    [follower, 3, 2, 1, true],
    [leading, 3, 3, 1, true],
    [preCandidate, 3, 3, 1, true],
    [candidating, 3, 3, 1, true],
  ]
  for (const type of [MessageType.vote, MessageType.preVote] as const) {
    for (const [state, index, logTerm, voted, refused] of table) {
      const storage = hostWithLog(configOf(1, votersOf(1)), [2, 2]).storage
      const raft = new Raft(
        configOf(1, votersOf(1), { hardState: { term: 3, vote: voted, commit: 0 } }),
        storage,
        new Random(1),
        null,
      )
      raft.state = state
      raft.leader = state === leading ? 1 : 0
      raftStep(raft, message(type, 2, 1, 3, { index, logTerm }))
      expect(raft.messagesAfterAppend, `${[type, state, index, logTerm, voted]}`).toMatchObject([
        { to: 2, reject: refused },
      ])
    }
  }
})

test('only these changes of state are possible', () => {
  const { follower, candidate: candidating, leader: leading, preCandidate } = StateType
  const become: Record<number, (raft: Raft) => void> = {
    [follower]: (raft) => raft.becomeFollower(raft.term, 0),
    [preCandidate]: (raft) => raft.becomePreCandidate(),
    [candidating]: (raft) => raft.becomeCandidate(),
    [leading]: (raft) => raft.becomeLeader(),
  }
  const table: [from: StateType, to: StateType, term: number | null][] = [
    [follower, follower, 0],
    [follower, preCandidate, 0],
    [follower, candidating, 1],
    [follower, leading, null],
    [preCandidate, follower, 0],
    [preCandidate, preCandidate, 0],
    [preCandidate, candidating, 1],
    [preCandidate, leading, null],
    [candidating, follower, 0],
    [candidating, preCandidate, 0],
    [candidating, candidating, 1],
    [candidating, leading, 0],
    [leading, follower, 0],
    [leading, preCandidate, null],
    [leading, candidating, null],
  ]
  for (const [from, to, term] of table) {
    const raft = new Raft(configOf(1, votersOf(1)), new Host(configOf(1, votersOf(1))).storage, new Random(1), null)
    raft.state = from
    if (term === null) {
      expect(() => become[to]!(raft), `${from} to ${to}`).toThrow()
    } else {
      become[to]!(raft)
      expect([raft.state, raft.term, raft.leader]).toEqual([to, term, to === leading ? 1 : 0])
    }
  }
})

test('a candidate follows the leader of its term, be it told by a heartbeat or by an append', () => {
  for (const type of [MessageType.heartbeat, MessageType.app] as const) {
    const group = new Group([1, 2, 3])
    group.isolated.add(3)
    group.elect(1)
    group.node(3).campaign()
    group.settle()
    expect([group.node(3).state, group.node(3).term]).toEqual([StateType.candidate, 1])
    group.node(3).step(message(type, 1, 3, 1))
    expect([group.node(3).state, group.node(3).leader, group.node(3).term]).toEqual([StateType.follower, 1, 1])
  }
})

test('a leader that is told to campaign, or to take over, goes on leading', () => {
  for (const changes of BOTH) {
    const group = new Group([1, 2, 3], changes)
    group.elect(1)
    group.node(1).campaign()
    group.node(1).step(message(MessageType.timeoutNow, 2, 1, 1))
    group.settle()
    expect([group.node(1).isLeader, group.node(1).term]).toEqual([true, 1])
  }
})

test('who may campaign is a voter of its own configuration', () => {
  const table: [voters: number[], learners: number[], may: boolean][] = [
    [[1], [], true],
    [[1, 2, 3], [], true],
    [[], [], false],
    [[2, 3], [], false],
    [[2, 3], [1], false],
  ]
  for (const [voters, learners, may] of table) {
    const { node } = new Host(configOf(1, { ...emptyConfState, voters, learners }))
    node.campaign()
    expect(node.term, JSON.stringify([voters, learners])).toBe(may ? 1 : 0)
  }
})

test('a learner does not campaign: not in time, not on demand, not when it is told to take over', () => {
  for (const changes of BOTH) {
    const group = new Group([1, 2], changes, { ...votersOf(1), learners: [2] })
    group.elect(1)
    group.node(2).campaign()
    group.node(2).step(message(MessageType.timeoutNow, 1, 2, 1))
    for (let i = 0; i < 50; i++) group.node(2).tick()
    expect([group.node(2).state, group.node(2).term]).toEqual([StateType.follower, 1])
  }
})

test('a learner that is asked for its vote gives it', () => {
  const host = new Host(configOf(2, { ...votersOf(1), learners: [2] }))
  host.node.step(message(MessageType.vote, 1, 2, 2, { logTerm: 11, index: 11 }))
  expect(host.work()).toMatchObject([{ type: MessageType.voteResp, to: 1, reject: false, term: 2 }])
})

test('an own vote that reaches the disk after the election was lost makes nobody leader', () => {
  for (const changes of BOTH) {
    const host = new Host(configOf(1, votersOf(1, 2, 3), { ...changes, asyncStorageWrites: true }))
    const { node } = host
    node.campaign()
    const ready = node.ready()
    // Another leads that term already.
    node.step(message(MessageType.heartbeat, 2, 1, 1))
    host.write(ready)
    node.appended(ready)
    node.step(message(MessageType.voteResp, 3, 1, 1))
    node.step(message(MessageType.preVoteResp, 3, 1, 1))
    expect([node.state, node.leader]).toEqual([StateType.follower, 2])
  }
})

test('an own pre-vote that comes after its candidate has become one is no vote', () => {
  const host = new Host(configOf(1, votersOf(1, 2, 3, 4, 5), { preVote: true, asyncStorageWrites: true }))
  const { node } = host
  node.campaign()
  const preVote = node.ready()
  for (const from of [2, 3, 4]) node.step(message(MessageType.preVoteResp, from, 1, 1))
  expect([node.state, node.term]).toEqual([StateType.candidate, 1])
  const vote = node.ready()
  node.step(message(MessageType.voteResp, 2, 1, 1))
  host.write(preVote)
  node.appended(preVote)
  node.step(message(MessageType.voteResp, 3, 1, 1))
  expect(node.state).toBe(StateType.candidate)
  host.write(vote)
  node.appended(vote)
  expect(node.state).toBe(StateType.leader)
})

test('an own acknowledgement that comes after the leader was deposed counts for nothing', () => {
  const host = new Host(configOf(1, votersOf(1, 2, 3), { asyncStorageWrites: true }))
  const { node } = host
  leader(host)
  node.propose(utf8('a'))
  const ready = node.ready()
  node.step(message(MessageType.heartbeat, 2, 1, 2))
  host.write(ready)
  node.appended(ready)
  expect([node.state, node.leader, node.committed]).toEqual([StateType.follower, 2, 0])
  // It leads again, and the acknowledgement of the term before has not told it anything about its log.
  node.campaign()
  host.work()
  for (const from of [2, 3]) node.step(message(MessageType.voteResp, from, 1, 3))
  expect([node.isLeader, node.progress(1)!.match]).toEqual([true, 2])
})

test('a follower whose term ran ahead deposes its leader, who learns of the term by an answer', () => {
  const group = ledByOne({ checkQuorum: true })
  group.isolated.add(3)
  for (let i = 0; i < 25; i++) group.node(3).tick()
  group.settle()
  expect([group.node(3).state, group.node(3).term]).toEqual([StateType.candidate, 2])
  // Nobody votes for it while the others hear their leader.
  group.isolated.clear()
  group.node(3).campaign()
  group.settle()
  expect([group.node(1).isLeader, group.node(1).term, group.node(3).term]).toEqual([true, 1, 3])
  group.tick(1)
  expect([group.node(1).state, group.node(1).term]).toEqual([StateType.follower, 3])
})

test('with pre-votes a follower that was cut off does not disturb its leader', () => {
  const group = ledByOne({ preVote: true, checkQuorum: true })
  group.isolated.add(3)
  group.propose(1, 'a')
  for (let i = 0; i < 100; i++) group.node(3).tick()
  group.settle()
  group.isolated.clear()
  group.node(3).campaign()
  group.settle()
  group.tick(1)
  expect([1, 2, 3].map((id) => [group.node(id).term, group.node(id).leader])).toEqual([
    [1, 1],
    [1, 1],
    [1, 1],
  ])
})

test('under check-quorum a leader that hears a quorum goes on', () => {
  const group = ledByOne({ checkQuorum: true })
  group.isolated.add(3)
  group.tick(1, 50)
  expect([group.node(1).isLeader, group.node(1).term]).toEqual([true, 1])
})

test('under check-quorum a new leader is elected when the old one has been silent, and not before', () => {
  const group = ledByOne({ checkQuorum: true })
  group.isolated.add(1)
  group.node(3).campaign()
  group.settle()
  expect([group.node(3).state, group.node(2).term]).toEqual([StateType.candidate, 1])
  for (let i = 0; i < 10; i++) group.node(2).tick()
  group.elect(3)
  group.isolated.clear()
  group.tick(3)
  expect([group.node(1).leader, group.node(1).term]).toEqual([3, 3])
})

test('a candidate that is stuck in a later term is freed when its answer deposes the leader', () => {
  const group = ledByOne({ checkQuorum: true })
  group.isolated.add(1)
  for (let i = 0; i < 2; i++) {
    group.node(3).campaign()
    group.settle()
  }
  expect([group.node(2).term, group.node(3).term, group.node(3).state]).toEqual([1, 3, StateType.candidate])
  group.isolated.clear()
  group.tick(1)
  expect([group.node(1).state, group.node(1).term]).toEqual([StateType.follower, 3])
  for (let i = 0; i < 10; i++) group.node(2).tick()
  group.elect(1)
  expect([group.node(1).term, group.node(3).leader]).toEqual([4, 1])
})

test('who is not in its own configuration follows, and does not campaign', () => {
  const group = new Group([1, 2], { checkQuorum: true }, votersOf(1))
  for (let i = 0; i < 50; i++) group.node(2).tick()
  expect([group.node(2).state, group.node(2).term]).toEqual([StateType.follower, 0])
  group.elect(1)
  // Told by hand: it is in nobody's configuration yet.
  group.node(2).step(message(MessageType.heartbeat, 1, 2, 1))
  expect([group.node(2).state, group.node(2).leader]).toEqual([StateType.follower, 1])
})
