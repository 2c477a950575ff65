import { expect, test } from 'vitest'
import { EMPTY, Random, utf8 } from '../../src/base/index.ts'
import { Entry, type Message, MessageType, ProgressState, StateType } from '../../src/raft/index.ts'
import { Raft } from '../../src/raft/raft.ts'
import { configOf, Group, Host, hostWithLog, leader, ledByOne, logOfTerms, message, votersOf } from './group.ts'

/** What single messages do, as tables: appends, heartbeats, their answers, proposals. */

function at(commit: number, changes = {}): Parameters<typeof hostWithLog>[0] {
  return configOf(1, votersOf(1, 2, 3), { hardState: { term: 0, vote: 0, commit }, ...changes })
}

test('an append is refused, taken or cuts the log, and commits what it has made sure of', () => {
  type Row = [
    logTerm: number,
    index: number,
    entries: [number, number][],
    commit: number,
    last: number,
    committed: number,
    refused: boolean,
  ]
  const table: Row[] = [
    // The entry before does not match, or is not there.
    [3, 2, [], 3, 2, 0, true],
    [3, 3, [], 3, 2, 0, true],
    // It does.
    [1, 1, [], 1, 2, 1, false],
    [0, 0, [[2, 1]], 1, 1, 1, false],
    [
      2,
      2,
      [
        [2, 3],
        [2, 4],
      ],
      3,
      4,
      3,
      false,
    ],
    [2, 2, [[2, 3]], 4, 3, 3, false],
    [1, 1, [[2, 2]], 4, 2, 2, false],
    // The commit index goes no further than the last entry that is known to agree.
    [1, 1, [], 3, 2, 1, false],
    [1, 1, [[2, 2]], 3, 2, 2, false],
    [2, 2, [], 3, 2, 2, false],
    [2, 2, [], 4, 2, 2, false],
  ]
  for (const [logTerm, index, entries, commit, last, committed, refused] of table) {
    const host = hostWithLog(at(0), [1, 2])
    const list = entries.map(([t, i]) => new Entry(t, i))
    host.node.step(message(MessageType.app, 2, 1, 2, { logTerm, index, entries: list, commit }))
    expect([host.node.lastIndex, host.node.committed], `${[logTerm, index, commit]}`).toEqual([last, committed])
    expect(host.work()).toMatchObject([{ type: MessageType.appResp, reject: refused }])
  }
})

test('a heartbeat moves the commit index forward and never back', () => {
  for (const [commit, committed] of [
    [3, 3],
    [1, 2],
  ] as const) {
    const host = hostWithLog(at(2), [1, 2, 3])
    host.node.step(message(MessageType.heartbeat, 2, 1, 3, { commit }))
    expect([host.node.committed, host.work().map(({ type }) => type)]).toEqual([committed, [MessageType.heartbeatResp]])
  }
})

test("a heartbeat's answer from who is behind draws an append, and from who is not draws none", () => {
  const host = hostWithLog(at(0), [1, 2, 3])
  leader(host)
  const { node } = host
  for (let i = 0; i < 2; i++) {
    node.step(message(MessageType.heartbeatResp, 2, 1, node.term))
    expect(host.work()).toMatchObject([{ type: MessageType.app, to: 2 }])
  }
  node.step(message(MessageType.appResp, 2, 1, node.term, { index: node.lastIndex }))
  host.work()
  node.step(message(MessageType.heartbeatResp, 2, 1, node.term))
  expect(host.work()).toEqual([])
})

test('a probe that was answered is sent anew with what has come since, and only then', () => {
  const host = new Host(configOf(1, votersOf(1, 2, 3)))
  leader(host)
  const { node } = host
  node.step(message(MessageType.appResp, 2, 1, 1, { index: 1 }))
  host.work()
  // A new proposal goes to 2, who has answered, and not to 3.
  node.propose(EMPTY)
  expect(host.work().map(({ to, entries }) => [to, entries.length])).toEqual([[2, 1]])
  // 3 answers the first probe: now the rest goes to it.
  node.step(message(MessageType.appResp, 3, 1, 1, { index: 1 }))
  expect(host.work()).toMatchObject([{ to: 3, type: MessageType.app, entries: [{ index: 2 }] }])
})

test('an answer moves what is known of its follower as it says, and what is stale moves nothing', () => {
  type Row = [
    index: number,
    reject: boolean,
    match: number,
    next: number,
    sent: number,
    sentIndex: number,
    sentCommit: number,
  ]
  const table: Row[] = [
    // Stale: refused what was never probed.
    [3, true, 0, 3, 0, 0, 0],
    // The probe is refused: one back.
    [2, true, 0, 2, 1, 1, 0],
    // Taken: the two entries of this leader's log are on a majority, and the commit is broadcast.
    [2, false, 2, 4, 2, 2, 2],
    // It agrees at what was known: the stream begins, from there.
    [0, false, 0, 4, 1, 0, 0],
  ]
  for (const [index, reject, match, next, count, sentIndex, commit] of table) {
    const host = hostWithLog(at(0), [1], 1)
    // The log is 1/1, and 2/2 behind it is the leader's own. As if 2 were probed behind index 2.
    leader(host)
    const { node } = host
    node.propose(EMPTY)
    host.work()
    const progress = node.progress(2)! as unknown as { next: number; flowPaused: boolean }
    progress.next = 3
    progress.flowPaused = false
    node.step(message(MessageType.appResp, 2, 1, 2, { index, reject, rejectHint: index }))
    const sent = host.work()
    expect(node.progress(2), `${[index, reject]}`).toMatchObject({ match, next })
    expect(sent.filter(({ to }) => to === 2).length > 0, `${[index, reject]}`).toBe(count > 0)
    for (const { index, commit: told } of sent.filter(({ to }) => to === 2)) {
      expect([index, told]).toEqual([sentIndex, commit])
    }
  }
})

test('a heartbeat tells each follower to commit what it is known to have', () => {
  const host = hostWithLog(at(2), [1, 1])
  leader(host)
  const { node } = host
  node.step(message(MessageType.appResp, 2, 1, 2, { index: 3 }))
  node.step(message(MessageType.appResp, 3, 1, 2, { index: 1 }))
  host.work()
  node.tick()
  const beats = host.work().filter(({ type }) => type === MessageType.heartbeat)
  expect(beats).toMatchObject([
    { to: 2, commit: 3, term: 2, index: 0, logTerm: 0, entries: [] },
    { to: 3, commit: 1, term: 2, index: 0, logTerm: 0, entries: [] },
  ])
})

test('only a leader beats', () => {
  const host = (enter: (each: Host) => unknown): Message[] => {
    const each = new Host(configOf(1, votersOf(1, 2, 3)))
    enter(each)
    each.work()
    each.node.tick()
    return each.work()
  }
  expect(host(() => {})).toEqual([])
  expect(host(({ node }) => node.campaign())).toEqual([])
  expect(host(leader).map(({ type }) => type)).toEqual([MessageType.heartbeat, MessageType.heartbeat])
})

test('the commit index is the highest of the own term that a majority has', () => {
  const table: [matches: number[], terms: number[], term: number, committed: number][] = [
    [[1], [1], 1, 1],
    [[1], [1], 2, 0],
    [[2], [1, 2], 2, 2],
    [[1], [2], 2, 1],
    [[2, 1, 1], [1, 2], 1, 1],
    [[2, 1, 1], [1, 1], 2, 0],
    [[2, 1, 2], [1, 2], 2, 2],
    [[2, 1, 2], [1, 1], 2, 0],
    [[2, 1, 1, 1], [1, 2], 1, 1],
    [[2, 1, 1, 1], [1, 1], 2, 0],
    [[2, 1, 1, 2], [1, 2], 1, 1],
    [[2, 1, 1, 2], [1, 1], 2, 0],
    [[2, 1, 2, 2], [1, 2], 2, 2],
    [[2, 1, 2, 2], [1, 1], 2, 0],
  ]
  for (const [matches, terms, term, committed] of table) {
    const { storage } = hostWithLog(configOf(1, votersOf(1)), terms)
    const ids = matches.map((_, position) => position + 1)
    const hardState = { term, vote: 0, commit: 0 }
    const raft = new Raft(configOf(1, votersOf(...ids), { hardState }), storage, new Random(1), null)
    raft.tracker.progress.forEach((progress, position) => {
      progress.match = matches[position]!
      progress.next = matches[position]! + 1
    })
    raft.tryCommit()
    expect(raft.log.committed, `${matches} of ${terms} in term ${term}`).toBe(committed)
  }
})

test('a log of conflicting terms is found in one refusal for each, and not entry by entry', () => {
  type Row = [leading: number[], following: number[], hintTerm: number, hint: number, nextTerm: number, next: number]
  const table: Row[] = [
    // The leader's is longer, with uncommitted terms that the follower lacks.
    [[1, 2, 2, 4, 4, 4, 4], [1, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3], 3, 7, 2, 3],
    [[1, 2, 2, 3, 4, 4, 4, 5], [1, 2, 2, 3, 4, 4, 4, 4, 4, 4, 4], 4, 8, 4, 7],
    [[1, 1, 1, 1], [1, 1, 1, 1], 1, 4, 1, 4],
    [[1, 1, 1, 5], [1, 1, 1, 4], 4, 4, 1, 3],
    [[1, 1, 1, 1, 1, 1], [1, 1], 1, 2, 1, 2],
    // The follower's has later terms than the leader knows at all.
    [[1, 1, 1, 1], [1, 2, 2, 3], 1, 1, 1, 1],
    [[2, 2, 2, 2], [1, 1, 1, 1, 3], 1, 4, 0, 0],
  ]
  for (const [leading, following, hintTerm, hint, nextTerm, next] of table) {
    const newest = Math.max(...leading, ...following)
    const lead = hostWithLog(
      configOf(1, votersOf(1, 2, 3), { hardState: { term: 0, vote: 0, commit: 0 } }),
      leading,
      newest,
    )
    const follow = hostWithLog(configOf(2, votersOf(1, 2, 3)), following, newest)
    const [probe] = leader(lead).filter(({ to }) => to === 2)
    expect(probe).toMatchObject({ type: MessageType.app, index: leading.length })
    follow.node.step(probe!)
    const [refusal] = follow.work()
    if (following[leading.length - 1] === leading.at(-1)) {
      expect(refusal!.reject).toBe(false)
      continue
    }
    expect(refusal, `${leading} and ${following}`).toMatchObject({ reject: true, logTerm: hintTerm, rejectHint: hint })
    lead.node.step(refusal!)
    const [second] = lead.work()
    expect(second, `${leading} and ${following}`).toMatchObject({ logTerm: nextTerm, index: next })
  }
})

test('what a leader takes is on all nodes and committed, whichever of them leads', () => {
  const group = new Group([1, 2, 3])
  group.elect(1)
  group.propose(1, 'a')
  group.propose(1, 'b')
  group.elect(2)
  group.propose(2, 'c')
  for (const id of [1, 2, 3]) {
    expect(group.host(id).values).toEqual(['a', 'b', 'c'])
    expect([group.node(id).committed, group.host(id).log]).toEqual([5, group.host(1).log])
  }
})

test('alone in its group, a node commits what it has written', () => {
  const group = new Group([1])
  group.elect(1)
  group.propose(1, 'a')
  group.propose(1, 'b')
  expect([group.node(1).committed, group.host(1).values]).toEqual([3, ['a', 'b']])
})

test('a proposal is committed when a majority can be reached, and stays where it is if not', () => {
  const table: [size: number, away: number[], committed: boolean][] = [
    [3, [], true],
    [3, [3], true],
    [3, [2, 3], false],
    [4, [2, 3], false],
    [5, [2, 3], true],
  ]
  for (const [size, away, committed] of table) {
    const group = new Group(Array.from({ length: size }, (_, position) => position + 1))
    group.elect(1)
    for (const id of away) group.isolated.add(id)
    expect(group.propose(1, 'a')).toBe(true)
    expect(group.host(1).values, `${away} of ${size}`).toEqual(committed ? ['a'] : [])
  }
})

test('appends of an earlier leader are not taken, though they come late and look well', () => {
  const group = new Group([1, 2, 3])
  group.elect(1)
  group.elect(2)
  group.elect(1)
  group.node(1).step(message(MessageType.app, 2, 1, 2, { entries: [new Entry(2, 3)], index: 2, logTerm: 1 }))
  group.settle()
  group.propose(1, 'a')
  for (const id of [1, 2, 3]) expect(group.host(id).log.map(({ term }) => term)).toEqual([1, 2, 3, 3])
})

test('appends that come in another order than they were sent, and refusals of them, end in the same log', () => {
  const group = ledByOne()
  const held: Message[] = []
  // Node 2 gets the second append before the first, and its refusal comes last.
  group.loses = (sent) => sent.to === 2 && sent.type === MessageType.app && held.push(sent) > 0
  group.propose(1, 'a')
  group.propose(1, 'b')
  expect(held.filter(({ entries }) => entries.length > 0).length).toBe(2)
  group.loses = () => false
  for (const each of held.reverse()) group.node(2).step(each)
  group.settle()
  group.tick(1)
  expect(group.host(2).log).toEqual(group.host(1).log)
  expect(group.node(1).progress(2)).toMatchObject({ state: ProgressState.replicate, match: 3 })
})

test('a proposal at a candidate, or where no leader is known, is dropped, and one at a follower is passed on', () => {
  const host = new Host(configOf(1, votersOf(1, 2, 3)))
  expect(host.node.propose(utf8('x'))).toBe(false)
  host.node.step(message(MessageType.heartbeat, 2, 1, 1))
  host.work()
  expect(host.node.propose(utf8('x'))).toBe(true)
  expect(host.work()).toMatchObject([{ type: MessageType.prop, to: 2, from: 1, term: 0 }])
  host.node.campaign()
  host.work()
  expect([host.node.state, host.node.propose(utf8('x'))]).toEqual([StateType.candidate, false])
})

test('an append at an index below the commit index is answered by that, whatever it holds', () => {
  const host = hostWithLog(at(3), [1, 1, 1])
  host.node.step(message(MessageType.app, 2, 1, 1, { index: 1, logTerm: 9, entries: logOfTerms(1, 1).slice(1) }))
  expect(host.work()).toMatchObject([{ type: MessageType.appResp, index: 3, reject: false }])
})
