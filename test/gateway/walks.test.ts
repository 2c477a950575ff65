/** SCAN, KEYS and RANDOMKEY as a client sees them. */
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/index.ts'
import { Cursors } from '../../src/gateway/cursors.ts'
import { encodeCommand, type Reply, ReplyParser } from '../../src/redis/index.ts'
import type { FakeConnection } from './street.ts'
import { Street } from './street.ts'

function ask(client: FakeConnection, ...words: string[]): Reply {
  client.send(encodeCommand(words.map((word) => Buffer.from(word, 'latin1'))))
  const parser = new ReplyParser()
  parser.push(Buffer.from(client.take(), 'latin1'))
  return parser.next() as Reply
}

function fill(client: FakeConnection, keys: readonly string[]): void {
  client.send(encodeCommand(['MSET', ...keys.flatMap((key) => [Buffer.from(key, 'latin1'), 'v'])]))
  expect(client.take()).toBe('+OK\r\n')
}

function scanAll(client: FakeConnection, ...options: string[]): { keys: string[]; calls: number } {
  const keys: string[] = []
  let cursor = '0'
  let calls = 0
  do {
    const [next, found] = ask(client, 'SCAN', cursor, ...options) as [Buffer, Buffer[]]
    cursor = String(next)
    keys.push(...found.map(String))
    calls++
  } while (cursor !== '0')
  return { keys: keys.sort(), calls }
}

const many = Array.from({ length: 100 }, (_, i) => `key:${i}`)

describe('SCAN', () => {
  test('gives every key once, and looks at about COUNT of them with each call', () => {
    const client = new Street().connect()
    fill(client, many)
    expect(scanAll(client)).toEqual({ keys: [...many].sort(), calls: 10 })
    expect(scanAll(client, 'COUNT', '25')).toEqual({ keys: [...many].sort(), calls: 4 })
    expect(scanAll(client, 'count', '9223372036854775807').calls).toBe(1)
  })

  test('gives what fits MATCH and TYPE; a pattern that begins with plain text looks at nothing else', () => {
    const client = new Street().connect()
    fill(client, [...many, 'other', 'k'])
    expect(scanAll(client, 'MATCH', 'key:9*')).toEqual({
      keys: [
        'key:9',
        'key:90',
        'key:91',
        'key:92',
        'key:93',
        'key:94',
        'key:95',
        'key:96',
        'key:97',
        'key:98',
        'key:99',
      ],
      calls: 2,
    })
    expect(scanAll(client, 'MATCH', '*5', 'COUNT', '1000').keys.length).toBe(10)
    expect(scanAll(client, 'MATCH', 'k', 'TYPE', 'string')).toEqual({ keys: ['k'], calls: 1 })
    expect(scanAll(client, 'MATCH', 'zzz*')).toEqual({ keys: [], calls: 1 })
    expect(scanAll(client, 'TYPE', 'LIST', 'COUNT', '1000').keys).toEqual([])
    expect(scanAll(client, 'TYPE', 'String', 'COUNT', '1000').keys.length).toBe(102)
  })

  test('takes a cursor again, and refuses one that it has not given', () => {
    const street = new Street()
    const client = street.connect()
    fill(client, many)
    const [cursor] = ask(client, 'SCAN', '0') as [Buffer]
    const again = ask(street.connect(), 'SCAN', String(cursor)) as [Buffer, Buffer[]]
    expect(String((ask(client, 'SCAN', String(cursor)) as [Buffer, Buffer[]])[1])).toBe(String(again[1]))
    for (const unknown of ['1', '-1', '18446744073709551615', String(BigInt(String(cursor)) + 1000n)]) {
      expect(client.type(`SCAN ${unknown}`)).toBe('-ERR invalid cursor\r\n')
    }
  })

  test('refuses in the words of Redis', () => {
    const client = new Street().connect()
    const words: [string, string][] = [
      ['SCAN', "-ERR wrong number of arguments for 'scan' command"],
      ['SCAN x', '-ERR invalid cursor'],
      ['SCAN " 0"', '-ERR invalid cursor'],
      ['SCAN x COUNT 0', '-ERR invalid cursor'],
      ['SCAN 18446744073709551616', '-ERR invalid cursor'],
      ['SCAN 0 COUNT', '-ERR syntax error'],
      ['SCAN 0 MATCH', '-ERR syntax error'],
      ['SCAN 0 COUNT 0', '-ERR syntax error'],
      ['SCAN 0 FOO bar', '-ERR syntax error'],
      ['SCAN 0 COUNT x', '-ERR value is not an integer or out of range'],
      ['SCAN 0 COUNT 99999999999999999999', '-ERR value is not an integer or out of range'],
      ['KEYS', "-ERR wrong number of arguments for 'keys' command"],
      ['RANDOMKEY x', "-ERR wrong number of arguments for 'randomkey' command"],
      ['SYSPAGE "" "" 10 ""', "-ERR unknown command 'SYSPAGE', with args beginning with: '' '' '10' '' "],
    ]
    for (const [typed, reply] of words) expect(client.type(typed), typed).toBe(`${reply}\r\n`)
    for (const zero of ['0', '00', '+0', '-0', '""'])
      expect(client.type(`SCAN ${zero}`)).toBe('*2\r\n$1\r\n0\r\n*0\r\n')
  })
})

test('A pattern that is too long to travel with each page is refused', () => {
  const client = new Street().connect()
  const [longest, longer] = ['a'.repeat(65_536), 'a'.repeat(65_537)]
  for (const words of [['KEYS'], ['SCAN', '0', 'MATCH']]) {
    expect(String(ask(client, ...words, longer))).toContain('TOOBIG a pattern may have at most 65536 bytes')
    expect(ask(client, ...words, longest)).toEqual(words[0] === 'KEYS' ? [] : ['0', []])
  }
})

describe('KEYS', () => {
  test('gives what fits, over as many pages as it takes', () => {
    const client = new Street().connect()
    const keys = Array.from({ length: 4500 }, (_, i) => `k${i}`)
    for (let at = 0; at < keys.length; at += 500) fill(client, keys.slice(at, at + 500))
    expect((ask(client, 'KEYS', '*') as Buffer[]).map(String).sort()).toEqual([...keys].sort())
    expect((ask(client, 'KEYS', 'k44?7') as Buffer[]).map(String).sort()).toEqual(
      keys.filter((key) => /^k44.7$/.test(key)).sort(),
    )
    expect(client.type('KEYS k17', 'KEYS nope', 'KEYS ""')).toBe('*1\r\n$3\r\nk17\r\n*0\r\n*0\r\n')
  })

  test('takes effect in its place among the commands of its connection', () => {
    const client = new Street().connect()
    expect(
      client.type('SET a 1', 'KEYS *', 'DEL a', 'SET b 1', 'KEYS *', 'PING', 'RANDOMKEY', 'DEL b', 'RANDOMKEY'),
    ).toBe('+OK\r\n*1\r\n$1\r\na\r\n:1\r\n+OK\r\n*1\r\n$1\r\nb\r\n+PONG\r\n$1\r\nb\r\n:1\r\n$-1\r\n')
  })

  test('keeps keys of any bytes whole', () => {
    const client = new Street().connect()
    const keys = ['', '\0', 'a\0b', '\xff\xff', '\xff\xff\xff', 'a\r\nb']
    fill(client, keys)
    const bulks = (...found: string[]) =>
      `*${found.length}\r\n${found.map((key) => `$${key.length}\r\n${key}\r\n`).join('')}`
    expect(client.type('KEYS *')).toBe(bulks(...[...keys].sort()))
    expect(client.type('KEYS \xff\xff*')).toBe(bulks('\xff\xff', '\xff\xff\xff'))
    expect(client.type('KEYS ""')).toBe(bulks(''))
  })

  test('whose reply would be larger than a client may be owed is refused, and the connection stays', () => {
    const client = new Street({ clientOutputMax: '1mb' }).connect()
    const long = 'x'.repeat(1000)
    for (let i = 0; i < 6; i++)
      fill(
        client,
        Array.from({ length: 200 }, (_, j) => `${long}${i}:${j}`),
      )
    expect(client.type('KEYS *', 'PING')).toBe(
      '-TOOBIG the reply would be larger than client-output-max (1048576 bytes)\r\n+PONG\r\n',
    )
  })

  test('is thrown away when its client goes', () => {
    const street = new Street()
    const client = street.connect()
    fill(client, many)
    client.send('KEYS *\r\n')
    client.hangUp()
    street.settle()
    expect(street.connect().type('PING')).toBe('+PONG\r\n')
  })

  test('says nothing to a client that wants no replies', () => {
    const client = new Street().connect()
    expect(client.type('CLIENT REPLY SKIP', 'KEYS *', 'CLIENT REPLY OFF', 'SCAN 0', 'CLIENT REPLY ON')).toBe('+OK\r\n')
  })
})

describe('cursors', () => {
  test('are remembered until 65 536 newer ones were given', () => {
    const cursors = new Cursors(new Random(1))
    const first = cursors.give('first')
    for (let i = 1; i < 65_536; i++) cursors.give(`${i}`)
    expect(cursors.find(first)).toBe('first')
    cursors.give('one more')
    expect(cursors.find(first)).toBe(undefined)
    expect(cursors.size).toBe(65_536)
  })

  test('take no more memory than 16 MiB of keys, and the newest is always there', () => {
    const cursors = new Cursors(new Random(1))
    const key = 'k'.repeat(1024 * 1024)
    for (let i = 0; i < 40; i++) cursors.give(key)
    expect(cursors.size).toBe(16)
    expect(cursors.find(cursors.give('k'))).toBe('k')
  })

  test('are numbers that every client can hold', () => {
    for (let seed = 0; seed < 100; seed++) {
      const cursor = new Cursors(new Random(seed)).give('k')
      expect(cursor > 0n && cursor < BigInt(Number.MAX_SAFE_INTEGER) - 1_000_000_000n).toBe(true)
    }
  })
})
