/** Single commands, and what cells do to them: the three answers of rule 4. */
import { beforeEach, describe, expect, test } from 'vitest'
import { utf8 } from '../../src/base/index.ts'
import {
  type AnswerBatch,
  AnswerWriter,
  type Cell,
  type CommandBatch,
  CommandFlag,
  CommandReader,
  encodeCell,
  Fate,
  FIRST_USER_CELL,
  Refusal,
} from '../../src/model/index.ts'
import { Arguments, encodeCommand, lookupCommand, parseCommand } from '../../src/redis/index.ts'
import { GRACE_MS, Router, type RouterSession } from '../../src/router/index.ts'
import { topologyOf } from './world.ts'

interface Sent {
  readonly executor: number
  readonly store: number
  readonly cell: number
  readonly session: number
  readonly sequence: number
  readonly after: number
  readonly remainingMs: number
  readonly version: number
  readonly flags: number
  readonly words: string
}

const TIMEOUT_MS = 1000
const GENERATION = 3

let router: Router
let session: RouterSession
let sent: Sent[]
let replies: string[]
let nowMs: number
let isFull: boolean
/** Takes nothing, and nobody knows yet. */
let gone: number
let asked: number
let batches: CommandBatch[]

function cell(id: number, start: string, end: string | null, version = 1): Cell {
  return {
    id,
    system: false,
    start: utf8(start),
    end: end === null ? null : utf8(end),
    epoch: { version, confVer: 1 },
    peers: [1, 2, 3].map((store) => ({ id: id * 10 + store, store, role: 'voter' })),
  }
}

function read(executor: number, batch: CommandBatch): void {
  const reader = new CommandReader()
  reader.reset(batch.records)
  const args = new Arguments()
  while (reader.next()) {
    if (reader.flags === CommandFlag.farewell) continue
    parseCommand(reader.buffer, reader.start, args)
    const words: string[] = []
    for (let i = 0; i < args.count; i++) words.push(args.text(i))
    const { store, cell, session, sequence, after, remainingMs, version, flags } = reader
    sent.push({ executor, store, cell, session, sequence, after, remainingMs, version, flags, words: words.join(' ') })
  }
}

function make(order: 'keys' | 'strict' = 'keys', system = false): void {
  sent = []
  batches = []
  replies = []
  nowMs = 100
  isFull = false
  gone = -1
  asked = 0
  router = new Router(
    {
      origin: 'test',
      generation: GENERATION,
      topology: topologyOf(3, 3),
      settings: { requestTimeoutMs: TIMEOUT_MS, connectionOrder: order },
      system,
    },
    {
      send(executor, batch) {
        if (isFull || executor === gone) return false
        batches.push(batch)
        read(executor, batch)
        return true
      },
      routesWanted: () => asked++,
    },
  )
  session = router.open({
    reply(slot, buffer, start, end) {
      expect(replies[slot]).toBeUndefined()
      replies[slot] = Buffer.from(buffer.subarray(start, end)).toString()
    },
  })
}

beforeEach(() => {
  make()
  learn(cell(FIRST_USER_CELL, '', null))
})

function pass(action: () => void): void {
  router.begin(nowMs)
  action()
  router.flush()
}

function learn(...cells: Cell[]): void {
  pass(() =>
    router.takeRoutes({ kind: 'routes', routes: cells.map((each) => ({ cell: each, leaderStore: 1, term: 1 })) }),
  )
}

let slots = 0
function ask(...commands: string[]): void {
  pass(() => {
    for (const command of commands) request(command)
  })
}

/** Within a pass. */
function request(command: string): void {
  const args = new Arguments()
  parseCommand(encodeCommand(command.split(' ')), 0, args)
  const row = lookupCommand(args)
  if (row === undefined) throw new Error(command)
  router.request(session, slots++, row, args, 2)
}
beforeEach(() => {
  slots = 0
})

function answer(to: Sent, fate: Fate, refusal: Refusal = Refusal.none, payload: Uint8Array | string = ''): void {
  const bytes = typeof payload === 'string' ? utf8(payload) : payload
  const writer = new AnswerWriter()
  writer.add(to.session, to.sequence, fate, refusal, bytes, 0, bytes.length)
  deliver({ kind: 'answers', generation: GENERATION, records: writer.take() })
}

function deliver(batch: AnswerBatch): void {
  pass(() => router.takeAnswers(batch))
}

function refuse(to: Sent, refusal: Refusal, payload: Uint8Array = new Uint8Array(8)): void {
  answer(to, Fate.notExecuted, refusal, payload)
}

function leaderAt(store: number): Uint8Array {
  const payload = Buffer.alloc(8)
  payload.writeDoubleLE(store)
  return payload
}

function wait(ms: number): void {
  const endMs = nowMs + ms
  while (router.nextTickMs <= endMs) {
    nowMs = Math.max(nowMs, router.nextTickMs)
    pass(() => router.tick())
  }
  nowMs = endMs
}

function last(): Sent {
  return sent[sent.length - 1] as Sent
}

describe('a command', () => {
  test('goes to the leader of its cell, with the time it has left, as the client sent it', () => {
    ask('SET a 1')
    expect(last()).toMatchObject({
      executor: 0,
      store: 1,
      cell: 2,
      after: 0,
      version: 1,
      remainingMs: TIMEOUT_MS,
      flags: 0,
    })
    expect(last().words).toBe('SET a 1')
  })

  test('that was executed gets its reply', () => {
    ask('SET a 1')
    answer(last(), Fate.done, Refusal.none, '+OK\r\n')
    expect(replies).toEqual(['+OK\r\n'])
    expect(router.inFlight).toBe(0)
    expect(router.heldBytes).toBe(0)
  })

  test('names the one before it that has no answer yet, and none when all are answered', () => {
    ask('SET a 1', 'SET b 2', 'GET c')
    const [first, second, third] = sent as [Sent, Sent, Sent]
    expect([first.after, second.after, third.after]).toEqual([0, first.sequence, second.sequence])
    answer(third, Fate.done, Refusal.none, '$-1\r\n')
    ask('GET d')
    expect(last().after).toBe(second.sequence)
    answer(first, Fate.done, Refusal.none, '+OK\r\n')
    answer(second, Fate.done, Refusal.none, '+OK\r\n')
    answer(last(), Fate.done, Refusal.none, '$-1\r\n')
    ask('GET e')
    expect(last().after).toBe(0)
  })

  test('of an internal origin goes to the system cell, whatever its key', () => {
    make('keys', true)
    learn({ ...cell(1, '', null), system: true })
    ask('SYSGET a b')
    expect(last()).toMatchObject({ cell: 1, flags: 1 })
  })

  test('waits for a route, for which PD is asked at once and then every 100 ms', () => {
    make()
    ask('SET a 1')
    expect(asked).toBe(1)
    wait(250)
    expect(asked).toBe(3)
    expect(sent).toEqual([])
    learn(cell(2, '', null))
    expect(last().words).toBe('SET a 1')
  })
})

describe('not executed', () => {
  test('by a peer that knows the leader: sent there at once', () => {
    ask('SET a 1')
    refuse(last(), Refusal.notLeader, leaderAt(3))
    expect(sent).toHaveLength(2)
    expect(last()).toMatchObject({ store: 3, executor: 2, words: 'SET a 1' })
  })

  test('by a peer that does not know: the next peer is tried after a while', () => {
    ask('SET a 1')
    refuse(last(), Refusal.notLeader, leaderAt(0))
    expect(sent).toHaveLength(1)
    wait(1)
    expect(last()).toMatchObject({ store: 2, words: 'SET a 1' })
  })

  test('two peers that each believe the other leads do not make it run in circles', () => {
    ask('SET a 1')
    for (let i = 0; i < 20; i++) {
      refuse(last(), Refusal.notLeader, leaderAt(last().store === 1 ? 2 : 1))
      if (sent.length > 5) break
    }
    expect(sent.length).toBeLessThanOrEqual(3)
  })

  test('it is sent again after 1 ms, then 2, doubling to 50, with less and less time left', () => {
    ask('SET a 1')
    const at: number[] = []
    for (let i = 0; i < 9; i++) {
      const before = sent.length
      refuse(last(), Refusal.notReady)
      const fromMs = nowMs
      while (sent.length === before) wait(1)
      at.push(nowMs - fromMs)
    }
    expect(at).toEqual([1, 2, 4, 8, 16, 32, 50, 50, 50])
    expect(last().remainingMs).toBe(TIMEOUT_MS - 213)
  })

  test('until its deadline: then it is UNAVAILABLE', () => {
    ask('SET a 1')
    for (let i = 0; i < 40 && replies.length === 0; i++) {
      refuse(last(), Refusal.notReady)
      wait(50)
    }
    expect(replies[0]).toMatch(/^-UNAVAILABLE /)
    expect(router.inFlight).toBe(0)
  })

  test('by a store that has stopped, to the end: MISCONF', () => {
    ask('SET a 1')
    for (let i = 0; i < 40 && replies.length === 0; i++) {
      refuse(last(), Refusal.storeStopped)
      wait(50)
    }
    expect(replies[0]).toMatch(/^-MISCONF /)
  })

  test('by a store without room, and then by others that do not lead, to the end: MISCONF, and so for what is behind', () => {
    ask('SET a 1')
    ask('SET a 2')
    let refused = 0
    for (let i = 0; i < 40 && replies.length < 2; i++) {
      for (; refused < sent.length; refused++) {
        const others = refused % 2 === 0 ? Refusal.notLeader : Refusal.outOfOrder
        refuse(sent[refused] as Sent, refused === 0 ? Refusal.storeStopped : others)
      }
      wait(50)
    }
    expect(replies).toEqual([expect.stringMatching(/^-MISCONF /), expect.stringMatching(/^-MISCONF /)])
  })

  test('because its time was over: UNAVAILABLE at once', () => {
    ask('SET a 1')
    refuse(last(), Refusal.expired)
    expect(replies[0]).toMatch(/^-UNAVAILABLE /)
  })

  test('that has not left yet when its executor is lost was not executed, and leaves for another', () => {
    pass(() => {
      request('SET a 1')
      router.executorLost(0)
    })
    wait(1)
    expect(replies).toEqual([])
    expect(last()).toMatchObject({ executor: 1, words: 'SET a 1' })
    answer(last(), Fate.done, Refusal.none, '+OK\r\n')
    expect(replies).toEqual(['+OK\r\n'])
  })

  test('that comes back in the middle of sending leaves in the same pass for an executor whose turn was before', () => {
    pass(() =>
      router.takeRoutes({
        kind: 'routes',
        routes: [{ cell: cell(FIRST_USER_CELL, '', null), leaderStore: 2, term: 2 }],
      }),
    )
    gone = 1
    pass(() => {
      request('SET a 1')
      router.takeRoutes({
        kind: 'routes',
        routes: [{ cell: cell(FIRST_USER_CELL, '', null), leaderStore: 1, term: 3 }],
      })
      request('SET b 2')
    })
    expect(sent.map(({ executor, words }) => `${executor} ${words}`)).toEqual(['0 SET a 1', '0 SET b 2'])
  })

  test('because there was no room to send it: sent again after a while', () => {
    isFull = true
    ask('SET a 1', 'SET b 2')
    isFull = false
    expect(sent).toEqual([])
    wait(5)
    expect(sent.map(({ words }) => words)).toEqual(['SET a 1', 'SET b 2'])
  })

  test('because a thread died before it took them: they go to another peer', () => {
    ask('SET a 1', 'GET a')
    const batch = batches[0] as CommandBatch
    pass(() => router.undelivered(batch))
    pass(() => router.executorLost(0))
    wait(10)
    expect(sent.slice(2).map(({ words, store }) => `${words} at ${store}`)).toEqual(['SET a 1 at 2', 'GET a at 2'])
    expect(replies).toEqual([])
  })

  test('a refused command takes those behind it with it, and all go again in order, each naming the one before', () => {
    ask('SET a 1', 'SET b 2', 'SET c 3')
    const [first, second, third] = sent as [Sent, Sent, Sent]
    refuse(first, Refusal.busy)
    refuse(second, Refusal.outOfOrder)
    ask('SET d 4')
    wait(20)
    expect(sent).toHaveLength(3)
    refuse(third, Refusal.outOfOrder)
    wait(20)
    const again = sent.slice(3)
    expect(again.map(({ words }) => words)).toEqual(['SET a 1', 'SET b 2', 'SET c 3', 'SET d 4'])
    expect(again.map(({ after }) => after)).toEqual([0, ...again.slice(0, 3).map(({ sequence }) => sequence)])
  })

  test('what comes back after a command behind it took effect is not sent again: their order would be reversed', () => {
    ask('SET a 1', 'GET b')
    const [write, another] = sent as [Sent, Sent]
    answer(another, Fate.done, Refusal.none, '$-1\r\n')
    refuse(write, Refusal.notLeader, leaderAt(2))
    expect(replies[0]).toMatch(/^-UNAVAILABLE not executed, while a command behind it was/)
    expect(sent).toHaveLength(2)
  })
})

describe('unknown', () => {
  test('a write is never sent again', () => {
    ask('SET a 1')
    answer(last(), Fate.unknown)
    wait(100)
    expect(replies[0]).toMatch(/^-UNKNOWN /)
    expect(sent).toHaveLength(1)
  })

  test('a read is', () => {
    ask('GET a')
    answer(last(), Fate.unknown)
    wait(5)
    expect(sent.map(({ words }) => words)).toEqual(['GET a', 'GET a'])
    expect(replies).toEqual([])
  })

  test('what was with an executor that is lost: writes are UNKNOWN, a read behind them is sent elsewhere', () => {
    ask('SET a 1', 'GET a')
    pass(() => router.executorLost(0))
    wait(5)
    expect(replies[0]).toMatch(/^-UNKNOWN /)
    expect(last()).toMatchObject({ words: 'GET a', store: 2, after: 0 })
  })

  test('an executor that is lost takes nothing, until it is up', () => {
    pass(() => router.executorLost(0))
    ask('GET a')
    expect(last().store).toBe(2)
    pass(() => router.executorUp(0))
    refuse(last(), Refusal.notLeader, leaderAt(1))
    expect(last().store).toBe(1)
  })

  test('a write that nobody answers is UNKNOWN when its deadline and the grace are over, a read UNAVAILABLE at its deadline', () => {
    ask('SET a 1', 'GET a')
    wait(TIMEOUT_MS + 10)
    expect(replies[1]).toMatch(/^-UNAVAILABLE /)
    expect(replies[0]).toBeUndefined()
    wait(GRACE_MS - 50)
    expect(replies[0]).toBeUndefined()
    wait(100)
    expect(replies[0]).toMatch(/^-UNKNOWN /)
    expect(router.nextTickMs - nowMs).toBeGreaterThan(1e6)
  })
})

describe('answers', () => {
  test('to an earlier transmission, or that come twice, are dropped', () => {
    ask('GET a')
    const first = last()
    answer(first, Fate.unknown)
    wait(5)
    answer(first, Fate.done, Refusal.none, '$3\r\nold\r\n')
    expect(replies).toEqual([])
    answer(last(), Fate.done, Refusal.none, '$3\r\nnew\r\n')
    answer(last(), Fate.done, Refusal.none, '$3\r\nnew\r\n')
    expect(replies).toEqual(['$3\r\nnew\r\n'])
  })

  test('to an earlier generation, or for a session that has closed, are dropped', () => {
    ask('GET a')
    const writer = new AnswerWriter()
    writer.add(last().session, last().sequence, Fate.done, Refusal.none, utf8('+OK\r\n'), 0, 5)
    deliver({ kind: 'answers', generation: GENERATION - 1, records: writer.take() })
    expect(replies).toEqual([])
    pass(() => router.close(session))
    answer(last(), Fate.done, Refusal.none, '$-1\r\n')
    expect(replies).toEqual([])
    expect(router.inFlight).toBe(0)
    expect(router.heldBytes).toBe(0)
  })

  test('come in any order: a transmission that waits long is still found when many others came and went', () => {
    ask('SET a 1')
    const slow = last()
    for (let i = 0; i < 500; i++) {
      ask(`GET k${i}`)
      answer(last(), Fate.done, Refusal.none, '$-1\r\n')
    }
    answer(slow, Fate.done, Refusal.none, '+OK\r\n')
    expect(replies[0]).toBe('+OK\r\n')
  })
})

describe('a split', () => {
  const left = cell(2, '', 'm', 2)
  const right = cell(3, 'm', null, 2)

  test('turns a command away with the new cell: it is sent again when its own cell is known', () => {
    ask('SET z 1')
    refuse(last(), Refusal.epochNotMatch, encodeCell(left))
    expect(sent).toHaveLength(1)
    expect(asked).toBe(1)
    learn(left, right)
    expect(last()).toMatchObject({ cell: 3, version: 2, words: 'SET z 1' })
  })

  test('a command on a key waits while an earlier one on it is with the old cell, and all behind wait with it', () => {
    ask('SET z 1')
    const old = last()
    learn(left, right)
    ask('SET z 2', 'SET a 1')
    expect(sent).toHaveLength(1)
    answer(old, Fate.done, Refusal.none, '+OK\r\n')
    expect(sent.slice(1).map(({ words, cell }) => `${words} in ${cell}`)).toEqual(['SET z 2 in 3', 'SET a 1 in 2'])
  })

  test('a command on a cell that did not change is not held up by one that did', () => {
    make()
    learn(cell(2, '', 'g'), cell(4, 'g', null))
    ask('SET h 1')
    learn(cell(4, 'g', 'm', 2), cell(3, 'm', null, 2))
    ask('SET a 1')
    expect(last()).toMatchObject({ words: 'SET a 1', cell: 2 })
  })

  test('what was turned away keeps its order before what was held', () => {
    ask('SET z 1', 'SET z 2')
    const [first, second] = sent as [Sent, Sent]
    learn(left, right)
    ask('SET z 3')
    refuse(first, Refusal.epochNotMatch, encodeCell(left))
    refuse(second, Refusal.epochNotMatch, encodeCell(left))
    expect(sent.slice(2).map(({ words, cell }) => `${words} in ${cell}`)).toEqual([
      'SET z 1 in 3',
      'SET z 2 in 3',
      'SET z 3 in 3',
    ])
  })

  test('cuts a command anew whose keys it has parted', () => {
    ask('MGET a z b')
    refuse(last(), Refusal.epochNotMatch, encodeCell(left))
    learn(left, right)
    const parts = sent.slice(1)
    expect(parts.map(({ words, cell }) => `${words} in ${cell}`)).toEqual(['MGET a b in 2', 'MGET z in 3'])
    answer(parts[1] as Sent, Fate.done, Refusal.none, '*1\r\n$1\r\nZ\r\n')
    answer(parts[0] as Sent, Fate.done, Refusal.none, '*2\r\n$1\r\nA\r\n$-1\r\n')
    expect(replies).toEqual(['*3\r\n$1\r\nA\r\n$1\r\nZ\r\n$-1\r\n'])
  })

  test('cuts a part anew, and the whole is still joined', () => {
    make()
    learn(cell(2, '', 'm'), cell(3, 'm', null))
    ask('EXISTS a n z')
    const [a, nz] = sent as [Sent, Sent]
    answer(a, Fate.done, Refusal.none, ':1\r\n')
    const n = cell(3, 'm', 'p', 2)
    const z = cell(4, 'p', null, 2)
    refuse(nz, Refusal.epochNotMatch, encodeCell(n))
    learn(n, z)
    expect(sent.slice(2).map(({ words }) => words)).toEqual(['EXISTS n', 'EXISTS z'])
    for (const part of sent.slice(2)) answer(part, Fate.done, Refusal.none, ':1\r\n')
    expect(replies).toEqual([':3\r\n'])
  })
})

describe('two cells become one under a command over all keys', () => {
  const whole = cell(2, '', null, 3)

  function begin(line: string): [Sent, Sent] {
    make()
    learn(cell(2, '', 'm', 2), cell(3, 'm', null, 2))
    ask(line, 'SET a 1')
    return sent.slice() as [Sent, Sent]
  }

  test('it is asked anew, of the one, when its other part has been answered before', () => {
    const [left, right] = begin('DBSIZE')
    answer(left, Fate.done, Refusal.none, ':1\r\n')
    refuse(right, Refusal.epochNotMatch, encodeCell(whole))
    expect(sent.slice(2).map(({ words, cell }) => `${words} in ${cell}`)).toEqual(['DBSIZE in 2', 'SET a 1 in 2'])
    answer(sent[2] as Sent, Fate.done, Refusal.none, ':2\r\n')
    answer(sent[3] as Sent, Fate.done, Refusal.none, '+OK\r\n')
    expect(replies).toEqual([':2\r\n', '+OK\r\n'])
  })

  test.each(['answered', 'refused'])('or when its other part is %s later', (fate) => {
    const [left, right] = begin('DBSIZE')
    refuse(right, Refusal.epochNotMatch, encodeCell(whole))
    expect(sent).toHaveLength(2)
    if (fate === 'answered') answer(left, Fate.done, Refusal.none, ':1\r\n')
    else refuse(left, Refusal.epochNotMatch, encodeCell(whole))
    expect(sent.slice(2).map(({ words }) => words)).toEqual(['DBSIZE', 'SET a 1'])
    answer(sent[2] as Sent, Fate.done, Refusal.none, ':2\r\n')
    answer(sent[3] as Sent, Fate.done, Refusal.none, '+OK\r\n')
    expect(replies).toEqual([':2\r\n', '+OK\r\n'])
  })

  const partly = '-UNKNOWN some parts of this command were executed and others were not\r\n'

  test.each(['before', 'after'])('a write is not sent a second time, and says so at once: answered %s', (when) => {
    const [left, right] = begin('FLUSHALL')
    if (when === 'before') answer(left, Fate.done, Refusal.none, '+OK\r\n')
    refuse(right, Refusal.epochNotMatch, encodeCell(whole))
    if (when === 'after') answer(left, Fate.done, Refusal.none, '+OK\r\n')
    expect(sent.slice(2).map(({ words }) => words)).toEqual(['SET a 1'])
    answer(last(), Fate.done, Refusal.none, '+OK\r\n')
    expect(replies).toEqual([partly, '+OK\r\n'])
    expect(router.inFlight).toBe(0)
    expect(router.heldBytes).toBe(0)
  })

  test('a write of which nothing was executed begins anew', () => {
    const [left, right] = begin('FLUSHALL')
    refuse(right, Refusal.epochNotMatch, encodeCell(whole))
    refuse(left, Refusal.epochNotMatch, encodeCell(whole))
    expect(sent.slice(2).map(({ words, cell }) => `${words} in ${cell}`)).toEqual(['FLUSHALL in 2', 'SET a 1 in 2'])
    answer(sent[2] as Sent, Fate.done, Refusal.none, '+OK\r\n')
    answer(sent[3] as Sent, Fate.done, Refusal.none, '+OK\r\n')
    expect(replies).toEqual(['+OK\r\n', '+OK\r\n'])
  })

  test('a write of whose other part nobody knows is not begun anew', () => {
    const [left, right] = begin('FLUSHALL')
    refuse(right, Refusal.epochNotMatch, encodeCell(whole))
    answer(left, Fate.unknown, Refusal.none, '')
    expect(sent.slice(2).map(({ words }) => words)).toEqual(['SET a 1'])
    expect(replies).toHaveLength(1)
    expect(replies[0]).toContain('-UNKNOWN')
  })
})

describe('strict order', () => {
  test('a command waits while one to another cell has no answer', () => {
    make('strict')
    learn(cell(2, '', 'm'), cell(3, 'm', null))
    ask('SET a 1', 'SET b 1', 'SET z 1', 'SET c 1')
    expect(sent.map(({ words }) => words)).toEqual(['SET a 1', 'SET b 1'])
    answer(sent[1] as Sent, Fate.done, Refusal.none, '+OK\r\n')
    expect(sent).toHaveLength(2)
    answer(sent[0] as Sent, Fate.done, Refusal.none, '+OK\r\n')
    expect(last().words).toBe('SET z 1')
    answer(last(), Fate.done, Refusal.none, '+OK\r\n')
    expect(last().words).toBe('SET c 1')
  })

  test('by keys it does not', () => {
    learn(cell(2, '', 'm', 2), cell(3, 'm', null, 2))
    ask('SET a 1', 'SET z 1')
    expect(sent).toHaveLength(2)
  })
})

describe('a command over all keys', () => {
  const OK = '+OK\r\n'
  const wordsSent = () => sent.map(({ words }) => words)

  test('of several cells waits for what came before it, and what comes behind it waits for its reply', () => {
    make()
    learn(cell(2, '', 'm'), cell(3, 'm', null))
    ask('SET a 1', 'FLUSHALL', 'SET z 1')
    expect(wordsSent()).toEqual(['SET a 1'])
    answer(last(), Fate.done, Refusal.none, OK)
    expect(wordsSent()).toEqual(['SET a 1', 'FLUSHALL', 'FLUSHALL'])
    answer(sent[2] as Sent, Fate.done, Refusal.none, OK)
    expect(sent).toHaveLength(3)
    answer(sent[1] as Sent, Fate.done, Refusal.none, OK)
    expect(last().words).toBe('SET z 1')
    expect(replies).toEqual([OK, OK])
  })

  test('of one cell holds nothing up', () => {
    ask('SET a 1', 'FLUSHALL', 'SET z 1')
    expect(wordsSent()).toEqual(['SET a 1', 'FLUSHALL', 'SET z 1'])
  })

  test('waits until the cells that are known leave no hole', () => {
    make()
    learn(cell(2, '', 'm'))
    ask('DBSIZE')
    expect(sent).toEqual([])
    learn(cell(3, 'm', null))
    expect(wordsSent()).toEqual(['DBSIZE', 'DBSIZE'])
  })

  test('whose one cell has split is cut, and its part is cut again when that splits too', () => {
    ask('DBSIZE')
    refuse(last(), Refusal.epochNotMatch, encodeCell(cell(2, '', 'm', 2)))
    learn(cell(2, '', 'm', 2), cell(3, 'm', null, 2))
    const [left, right] = sent.slice(1) as [Sent, Sent]
    answer(left, Fate.done, Refusal.none, ':5\r\n')
    refuse(right, Refusal.epochNotMatch, encodeCell(cell(3, 'm', 'p', 3)))
    learn(cell(3, 'm', 'p', 3), cell(4, 'p', null, 3))
    for (const part of sent.slice(3)) answer(part, Fate.done, Refusal.none, ':1\r\n')
    expect(replies).toEqual([':7\r\n'])
  })
})
