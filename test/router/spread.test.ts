/** Commands over several cells: how they are cut, how their replies are joined, and what waits for what. */
import { describe, expect, test } from 'vitest'
import { type CommandRow, commands } from '../../src/redis/index.ts'
import { Join } from '../../src/router/join.ts'
import { RouterSession } from '../../src/router/session.ts'
import { Bench, type FakeClient } from './client.ts'
import { FakeWorld } from './world.ts'

function bench(...bounds: string[]): { bench: Bench; client: FakeClient; world: FakeWorld } {
  const world = new FakeWorld('spread', 3, 2, bounds)
  const made = new Bench(world, { requestTimeoutMs: 500, connectionOrder: 'keys' })
  made.pass(() => made.router.takeRoutes(world.routes()))
  return { bench: made, client: made.open(), world }
}

function run(made: Bench, client: FakeClient, ...lines: string[]): (string | null)[] {
  made.ask(client, ...lines.map((line) => line.split(' ')))
  made.runUntil(() => made.waiting === 0, 20_000)
  return client.asked.slice(-lines.length).map(({ reply }) => reply)
}

describe('replies are joined', () => {
  test.each([
    ['EXISTS a k z', ':2\r\n', 'sums'],
    ['EXISTS z z a', ':3\r\n', 'a key named twice'],
    ['MGET z k a z', '*4\r\n$1\r\n3\r\n$-1\r\n$1\r\n1\r\n$1\r\n3\r\n', 'elements in the places of their keys'],
    ['MSET a 5 z 6', '+OK\r\n', 'OK when all are'],
    ['DBSIZE', ':2\r\n', 'over all cells'],
    ['FLUSHALL', '+OK\r\n', 'over all cells'],
  ])('%s gives %j: %s', (line, reply) => {
    const { bench: made, client } = bench('h', 'p')
    run(made, client, 'MSET a 1 z 3')
    expect(run(made, client, line)).toEqual([reply])
  })

  test('of a million keys, cut over three cells', () => {
    const { bench: made, client } = bench('h', 'p')
    run(made, client, 'MSET a 1 z 3')
    const keys: string[] = []
    for (let i = 0; i < 333_333; i++) keys.push('a', 'k', 'z')
    made.ask(client, ['MGET', ...keys])
    made.runUntil(() => made.waiting === 0, 20_000)
    const reply = client.asked[client.asked.length - 1]?.reply
    expect(reply === `*999999\r\n${'$1\r\n1\r\n$-1\r\n$1\r\n3\r\n'.repeat(333_333)}`).toBe(true)
  })

  test('keys in one cell go as they came, in one command', () => {
    const { bench: made, client, world } = bench('h', 'p')
    run(made, client, 'MSET a 1 b 2')
    expect(world.executions.map(({ words }) => words.join(' '))).toEqual(['MSET a 1 b 2'])
  })

  test('one cell for all keys gets whole-keyspace commands as they came', () => {
    const { bench: made, client, world } = bench()
    expect(run(made, client, 'SET a 1', 'DBSIZE', 'SET b 1', 'DBSIZE')).toEqual([
      '+OK\r\n',
      ':1\r\n',
      '+OK\r\n',
      ':2\r\n',
    ])
    expect(world.executions).toHaveLength(4)
  })

  test('if the fate of one part is unknown the whole is UNKNOWN', () => {
    const { bench: made, client, world } = bench('h')
    world.faults.forget = 1
    expect(run(made, client, 'MSET a 1 z 2')[0]).toMatch(/^-UNKNOWN the fate/)
  })

  test('a write of which a part was executed and a part was not is UNKNOWN, and says why', () => {
    const { bench: made, client, world } = bench('h')
    const [first] = world.cells
    if (first === undefined) throw new Error('no cell')
    // The first cell has no leader that answers for longer than the time-out.
    first.leader = 99
    expect(run(made, client, 'MSET a 1 z 2')[0]).toMatch(/^-UNKNOWN some parts/)
    expect(run(made, client, 'EXISTS a z')[0]).toMatch(/^-UNAVAILABLE /)
  })
})

test('what is wrong with a command over several cells is told before any part of it is sent', () => {
  const world = new FakeWorld('spread', 3, 2, ['h', 'p'])
  const made = new Bench(world, { requestTimeoutMs: 500, connectionOrder: 'keys', valueBytesMax: 10 })
  made.pass(() => made.router.takeRoutes(world.routes()))
  const client = made.open()
  const long = 'k'.repeat(1024 * 1024 + 1)
  const arity = (name: string) => `-ERR wrong number of arguments for '${name}' command\r\n`
  const key = '-TOOBIG a key is at most 1048576 bytes long\r\n'
  expect(run(made, client, 'MSET a 1 z 2 k', 'MSETNX a 1 z', `MSET a 1 z ${'v'.repeat(11)}`)).toEqual([
    arity('mset'),
    arity('msetnx'),
    '-TOOBIG value larger than value-max (10 bytes)\r\n',
  ])
  expect(run(made, client, `DEL a z ${long}`, `MSET a 1 ${long} 2`)).toEqual([key, key])
  expect(world.executions).toEqual([])
  expect(run(made, client, `MSET a 1 z ${'v'.repeat(10)}`)).toEqual(['+OK\r\n'])
})

test('keys of one atomic command in two cells: CROSSCELL, which names two keys, and nothing is sent', () => {
  const { bench: made, client, world } = bench('h')
  const row = commands.find(({ name }) => name === 'mget')
  if (row === undefined) throw new Error('no MGET')
  const atomic = { ...row, spread: 'none' } as const
  const slot = client.asked.push({ words: [], askedAtMs: 0, reply: null, repliedAtMs: 0 }) - 1
  made.pass(() => made.request(client, slot, atomic, ['MGET', 'a', "it's \x01"]))
  expect(client.asked[slot]?.reply).toBe(
    "-CROSSCELL the keys 'a' and 'it\\'s \\x01' lie in different cells: keys with one {tag} never do\r\n",
  )
  expect(world.executions).toEqual([])
})

describe('order', () => {
  test('a whole-keyspace command sees what came before it and nothing that comes behind it, in every cell', () => {
    const { bench: made, client } = bench('h', 'p')
    const lines = [
      'SET a 1',
      'SET k 1',
      'SET z 1',
      'DBSIZE',
      'SET b 1',
      'SET y 1',
      'DBSIZE',
      'FLUSHALL',
      'SET c 1',
      'DBSIZE',
    ]
    const replies = run(made, client, ...lines)
    expect(replies.filter((reply) => reply?.startsWith(':'))).toEqual([':3\r\n', ':5\r\n', ':1\r\n'])
  })

  test('so it does while cells split under it', () => {
    for (let seed = 0; seed < 20; seed++) {
      const world = new FakeWorld(`split/${seed}`, 3, 2, ['h'])
      const made = new Bench(world, { requestTimeoutMs: 5000, connectionOrder: 'keys' })
      made.pass(() => made.router.wantRoutes())
      const client = made.open()
      for (const at of ['c', 'k', 'p', 'w']) {
        world.after(world.random.float() * 20, () => world.split(world.random.pick(world.cells), at))
      }
      const lines: string[][] = []
      for (let i = 0; i < 8; i++) lines.push(['SET', `${'akpz'[i % 4]}${i}`, '1'], ['DBSIZE'])
      for (const line of lines) {
        made.ask(client, line)
        made.run(world.nowMs + world.random.float() * 3)
      }
      expect(made.runUntil(() => made.waiting === 0, 5000)).toBe(true)
      const sizes = client.asked.filter(({ words }) => words[0] === 'DBSIZE').map(({ reply }) => reply)
      expect(sizes).toEqual(Array.from({ length: 8 }, (_, i) => `:${i + 1}\r\n`))
    }
  })
})

test('every command that is cut has its keys up to its end, and whole-keyspace commands can be joined', () => {
  const rows = commands.filter(({ where, internal }) => where === 'cell' && !internal)
  for (const row of rows.filter(({ spread }) => spread !== 'none')) {
    expect(row.wholeRange || row.lastKey === -1, row.name).toBe(true)
  }
  for (const row of rows.filter(({ wholeRange }) => wholeRange))
    expect(['sum', 'allOk'], row.name).toContain(row.spread)
})

test('of a command whose parts have scores the least one is the reply; what should be asked again comes before nothing', () => {
  const session = new RouterSession(1, { reply() {} })
  const row = commands.find(({ name }) => name === 'sysrandom') as CommandRow
  const reply = (...parts: string[]) => {
    const join = new Join(session, 0, row, parts.length)
    for (const part of parts) join.done(Buffer.from(`before${part}`), 6, 6 + part.length, null)
    return Buffer.from(join.reply()).toString()
  }
  const scored = (score: string, key: string) => `*2\r\n$${score.length}\r\n${score}\r\n$1\r\n${key}\r\n`
  const nothing = '$-1\r\n'
  const again = ':0\r\n'
  expect(reply(scored('0.5', 'a'), nothing, scored('1e-7', 'b'), again)).toBe(scored('1e-7', 'b'))
  expect(reply(again, scored('0.5', 'a'), scored('2', 'b'))).toBe(scored('0.5', 'a'))
  expect(reply(nothing, again, nothing)).toBe(again)
  expect(reply(nothing, nothing)).toBe(nothing)
})
