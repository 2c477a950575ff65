import { expect, test } from 'vitest'
import { utf8 } from '../../../src/base/index.ts'
import { Entry, EntryType, MessageType } from '../../../src/raft/index.ts'
import { configOf, Group, Host, hostWithLog, leader, logOfTerms, message, votersOf } from '../group.ts'

/** The paper, §5.3: log replication. */

/** A leader of `size` whose empty entry all have acknowledged. */
function settledLeader(size: number, terms: readonly number[] = []): Host {
  const ids = Array.from({ length: size }, (_, at) => at + 1)
  const host = hostWithLog(configOf(1, votersOf(...ids)), terms)
  leader(host)
  for (const id of ids.slice(1)) acknowledge(host, id)
  host.work()
  return host
}

function acknowledge({ node }: Host, from: number, index = node.lastIndex): void {
  node.step(message(MessageType.appResp, from, 1, node.term, { index }))
}

test('a leader appends what is proposed, and sends it to all others at once', () => {
  const host = settledLeader(3)
  const { node } = host
  const last = node.lastIndex
  node.propose(utf8('some data'))
  const entry = new Entry(1, last + 1, EntryType.normal, utf8('some data'))
  expect([node.lastIndex, node.committed]).toEqual([last + 1, last])
  const sent = host.work()
  expect(host.log.at(-1)).toEqual(entry)
  expect(sent).toMatchObject(
    [2, 3].map((to) => ({ to, type: MessageType.app, index: last, logTerm: 1, commit: last, entries: [entry] })),
  )
})

test('a leader commits an entry that is on a majority, applies it, and tells the others', () => {
  const host = settledLeader(3)
  const { node } = host
  node.propose(utf8('some data'))
  host.work()
  acknowledge(host, 2)
  const sent = host.work()
  expect([node.committed, host.values]).toEqual([2, ['some data']])
  expect(sent).toMatchObject([2, 3].map((to) => ({ to, type: MessageType.app, commit: 2 })))
})

test('an entry is committed when a majority has it, and not before', () => {
  const table: [size: number, acknowledgedBy: number[], committed: boolean][] = [
    [1, [], true],
    [3, [], false],
    [3, [2], true],
    [3, [2, 3], true],
    [5, [], false],
    [5, [2], false],
    [5, [2, 3], true],
    [5, [2, 3, 4], true],
    [5, [2, 3, 4, 5], true],
  ]
  for (const [size, acknowledgedBy, committed] of table) {
    const host = settledLeader(size)
    const index = host.node.lastIndex + 1
    host.node.propose(utf8('some data'))
    host.work()
    for (const from of acknowledgedBy) acknowledge(host, from)
    expect(host.node.committed >= index, `${acknowledgedBy.length} of ${size}`).toBe(committed)
  }
})

test('with its entry a leader commits all before it, of whatever leader', () => {
  for (const terms of [[], [2], [1, 2], [1]]) {
    const host = hostWithLog(configOf(1, votersOf(1, 2, 3)), terms, 2)
    leader(host)
    host.node.propose(utf8('some data'))
    host.work()
    acknowledge(host, 2)
    host.work()
    const expected = [...terms, 3, 3].map((term, at) => [term, at + 1])
    expect(host.applied.map(({ term, index }) => [term, index])).toEqual(expected)
  }
})

test('a follower applies what its leader says is committed, in the order of the log', () => {
  const [one, two] = [utf8('one'), utf8('two')]
  const table: [data: Uint8Array[], commit: number][] = [
    [[one], 1],
    [[one, two], 2],
    [[two, one], 2],
    [[one, two], 1],
  ]
  for (const [data, commit] of table) {
    const host = new Host(configOf(1, votersOf(1, 2, 3)))
    const entries = data.map((each, at) => new Entry(1, at + 1, EntryType.normal, each))
    host.node.step(message(MessageType.app, 2, 1, 1, { entries, commit }))
    host.work()
    expect([host.node.committed, host.applied]).toEqual([commit, entries.slice(0, commit)])
  }
})

test('a follower refuses an append behind an entry that it does not have, and says where it could agree', () => {
  const table: [logTerm: number, index: number, refused: boolean, hint: number, hintTerm: number][] = [
    // Behind what is committed: it needs no look at the term.
    [0, 0, false, 0, 0],
    [1, 1, false, 0, 0],
    // The last entry.
    [2, 2, false, 0, 0],
    // An entry there is, of another term.
    [1, 2, true, 1, 1],
    // No entry there.
    [3, 3, true, 2, 2],
  ]
  for (const [logTerm, index, refused, hint, hintTerm] of table) {
    const host = hostWithLog(configOf(1, votersOf(1, 2, 3), { hardState: { term: 0, vote: 0, commit: 1 } }), [1, 2])
    host.node.step(message(MessageType.app, 2, 1, 2, { logTerm, index }))
    const [answer] = host.work()
    const expected = refused
      ? { reject: true, index, rejectHint: hint, logTerm: hintTerm }
      : { reject: false, index: Math.max(index, 1) }
    expect(answer, `behind ${logTerm}/${index}`).toMatchObject({ type: MessageType.appResp, to: 2, ...expected })
  }
})

test('a follower makes its log that of its leader: what conflicts goes, what agrees stays, what is new is added', () => {
  const table: [index: number, logTerm: number, entries: [number, number][], log: number[], written: number[]][] = [
    [2, 2, [[3, 3]], [1, 2, 3], [3]],
    [
      1,
      1,
      [
        [3, 2],
        [4, 3],
      ],
      [1, 3, 4],
      [3, 4],
    ],
    [0, 0, [[1, 1]], [1, 2], []],
    [0, 0, [[3, 1]], [3], [3]],
  ]
  for (const [index, logTerm, entries, log, written] of table) {
    const host = hostWithLog(configOf(1, votersOf(1, 2, 3)), [1, 2], 2)
    host.node.step(
      message(MessageType.app, 2, 1, 4, { index, logTerm, entries: entries.map(([t, i]) => new Entry(t, i)) }),
    )
    const ready = host.node.ready()
    expect(ready.entries.map(({ term }) => term)).toEqual(written)
    host.write(ready)
    host.node.advance()
    expect(host.log.map(({ term }) => term)).toEqual(log)
  }
})

test('a new leader brings every log of figure 7 to be its own', () => {
  const own = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6]
  const figure7: number[][] = [
    own.slice(0, -1),
    own.slice(0, 4),
    [...own, 6],
    [...own, 7, 7],
    [1, 1, 1, 4, 4, 4, 4],
    [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
  ]
  for (const terms of figure7) {
    // A third, of whose log nothing is asked, gives its vote: the follower's own may be refused.
    const group = new Group([1, 2, 3])
    for (const [id, log] of [
      [1, own],
      [2, terms],
    ] as const) {
      group.host(id).storage.append(logOfTerms(...log))
      group.host(id).storage.setHardState({ term: id === 1 ? 8 : 7, vote: 0, commit: 0 })
      group.host(id).restart()
    }
    group.elect(1)
    group.propose(1, '')
    expect(group.host(2).log.map(({ term }) => term)).toEqual([...own, 9, 9])
    expect(group.host(2).log).toEqual(group.host(1).log)
  }
})
