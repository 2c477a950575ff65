import { expect, test } from 'vitest'
import { utf8 } from '../../../src/base/index.ts'
import { Entry, MessageType } from '../../../src/raft/index.ts'
import { configOf, Host, hostWithLog, leader, message, votersOf } from '../group.ts'

/** The paper, §5.4: the election restriction, and committing entries of earlier terms. */

test('a candidate tells its last entry to everybody whom it asks for a vote', () => {
  for (const [entries, term] of [
    [[[1, 1]], 2],
    [
      [
        [1, 1],
        [2, 2],
      ],
      3,
    ],
  ] as [[number, number][], number][]) {
    const host = new Host(configOf(1, votersOf(1, 2, 3)))
    const list = entries.map(([t, i]) => new Entry(t, i))
    host.node.step(message(MessageType.app, 2, 1, term - 1, { entries: list }))
    host.work()
    for (let i = 1; i < 20; i++) host.node.tick()
    const { index, term: logTerm } = list.at(-1)!
    expect(host.work()).toMatchObject([2, 3].map((to) => ({ type: MessageType.vote, to, term, index, logTerm })))
  }
})

test('nobody votes for a log that is less up to date: the later last term wins, then the longer log', () => {
  const table: [own: number[], logTerm: number, index: number, refused: boolean][] = [
    // The same last term.
    [[1], 1, 1, false],
    [[1], 1, 2, false],
    [[1, 1], 1, 1, true],
    // The candidate's is later, however short.
    [[1], 2, 1, false],
    [[1], 2, 2, false],
    [[1, 1], 2, 1, false],
    // The voter's is later, however short.
    [[2], 1, 1, true],
    [[2], 1, 2, true],
    [[1, 2], 1, 2, true],
  ]
  for (const [own, logTerm, index, refused] of table) {
    const host = hostWithLog(configOf(1, votersOf(1, 2)), own, 2)
    host.node.step(message(MessageType.vote, 2, 1, 3, { logTerm, index }))
    expect(host.work(), `${own} against ${logTerm}/${index}`).toMatchObject([
      { type: MessageType.voteResp, to: 2, reject: refused },
    ])
  }
})

test('acknowledgements commit an entry of the own term only, and with it those before', () => {
  const table: [acknowledged: number, committed: number][] = [
    [1, 0],
    [2, 0],
    [3, 3],
    [4, 4],
  ]
  for (const [acknowledged, committed] of table) {
    const host = hostWithLog(configOf(1, votersOf(1, 2)), [1, 2], 2)
    leader(host)
    host.node.propose(utf8('some data'))
    host.work()
    host.node.step(message(MessageType.appResp, 2, 1, 3, { index: acknowledged }))
    expect(host.node.committed).toBe(committed)
  }
})
