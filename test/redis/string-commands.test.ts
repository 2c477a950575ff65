import { describe, expect, test } from 'vitest'
import { encodeCommand } from '../../src/redis/index.ts'
import { conversation } from './conversation.ts'
import { Front } from './front.ts'

const NOT_INTEGER = '-ERR value is not an integer or out of range'
const NOT_FLOAT = '-ERR value is not a valid float'
const NOT_FINITE = '-ERR increment would produce NaN or Infinity'

describe('strings that are looked at and changed', () => {
  conversation('SETNX and MSETNX set what is absent, all of it or nothing', [
    ['SETNX a 1', ':1', ['put a']],
    ['SETNX a 2', ':0', []],
    ['GET a', '$1 1'],
    ['MSETNX b 1 a 2', ':0', []],
    ['MSETNX b 1 c 2 b 3', ':1', ['put b', 'put c', 'put b']],
    ['MGET b c', '*2 $1 3 $1 2'],
    ['MSETNX d 1 e', "-ERR wrong number of arguments for 'msetnx' command", []],
  ])

  conversation('GETSET and GETDEL give the old value; a new value has no time to live', [
    ['GETSET a 1', '$-1', ['put a']],
    ['EXPIRE a 10', ':1'],
    ['GETSET a 2', '$1 1', ['put a']],
    ['TTL a', ':-1'],
    ['GETDEL a', '$1 2', ['remove a']],
    ['GETDEL a', '$-1', []],
  ])

  test('a key that has died is absent for each of them', () => {
    const front = new Front()
    for (const [typed, reply] of [
      ['SETNX a 2', ':1'],
      ['MSETNX a 2 b 1', ':1'],
      ['GETSET a 2', '$-1'],
      ['GETDEL a', '$-1'],
      ['GETEX a PERSIST', '$-1'],
      ['GETRANGE a 0 -1', '$0'],
      ['SETRANGE a 0 ""', ':0'],
      ['INCRBYFLOAT a 1', '$1 1'],
      ['RENAME a b', '-ERR no such key'],
      ['COPY a b', ':0'],
      ['TOUCH a', ':0'],
      ['PEXPIRETIME a', ':-2'],
      ['OBJECT ENCODING a', '$-1'],
      ['MEMORY USAGE a', '$-1'],
    ] as const) {
      front.type('FLUSHALL')
      front.type('SET a 1 PX 100')
      front.keyspace.nowMs += 101
      expect(front.type(typed), typed).toBe(reply)
    }
  })
})

describe('strings with a time to live', () => {
  conversation('SETEX and PSETEX', [
    ['SETEX a 10 x', '+OK', ['put a']],
    ['PTTL a', ':10000'],
    ['PSETEX a 1500 y', '+OK', ['put a']],
    ['PTTL a', ':1500'],
    ['SETEX a 0 z', "-ERR invalid expire time in 'setex' command", []],
    ['PSETEX a -1 z', "-ERR invalid expire time in 'psetex' command", []],
    ['SETEX a 9223372036854775 z', "-ERR invalid expire time in 'setex' command", []],
    ['SETEX a x z', NOT_INTEGER, []],
    ['GET a', '$1 y'],
  ])

  conversation('GETEX gives the value, and changes only a time to live that becomes another', [
    ['GETEX a', '$-1', []],
    ['GETEX a EX 0', '$-1', []],
    ['SET a x', '+OK'],
    ['GETEX a', '$1 x', []],
    ['GETEX a PERSIST', '$1 x', []],
    ['GETEX a EX 10', '$1 x', ['expire a']],
    ['GETEX a px 10000', '$1 x', []],
    ['GETEX a', '$1 x', []],
    ['PTTL a', ':10000'],
    ['GETEX a PXAT 1700000000001', '$1 x', ['expire a']],
    ['PTTL a', ':1'],
    ['GETEX a persist', '$1 x', ['expire a']],
    ['TTL a', ':-1'],
    ['GETEX a EX 10 EX 20', '$1 x', ['expire a']],
    ['TTL a', ':20'],
    ['GETEX a EX 0', "-ERR invalid expire time in 'getex' command", []],
    ['GETEX a EX x', NOT_INTEGER, []],
    ['GETEX a EXAT 1', '$1 x', ['remove a']],
    ['EXISTS a', ':0'],
  ])

  for (const options of ['EX', 'KEEPTTL', 'NX', 'GET', 'PERSIST EX 10', 'EX 10 PERSIST', 'EX 1 PX 1', 'NOPE']) {
    conversation(`GETEX a ${options} is a syntax error`, [
      ['SET a x', '+OK'],
      [`GETEX a ${options}`, '-ERR syntax error', []],
    ])
  }
})

describe('parts of strings', () => {
  conversation('GETRANGE, and SUBSTR as it was called once', [
    ['SET a 0123456789', '+OK'],
    ['GETRANGE a 0 3', '$4 0123', []],
    ['SUBSTR a 0 3', '$4 0123', []],
    ['GETRANGE a -3 -1', '$3 789'],
    ['GETRANGE a 0 -1', '$10 0123456789'],
    ['GETRANGE a 8 100', '$2 89'],
    ['GETRANGE a -100 1', '$2 01'],
    ['GETRANGE a 5 3', '$0'],
    ['GETRANGE a -1 -3', '$0'],
    ['GETRANGE a -100 -50', '$1 0'],
    ['GETRANGE a -50 -100', '$0'],
    ['GETRANGE a 10 20', '$0'],
    ['GETRANGE a -9223372036854775808 9223372036854775807', '$10 0123456789'],
    ['GETRANGE nope 0 -1', '$0'],
    ['GETRANGE a x 1', NOT_INTEGER],
    ['GETRANGE a 1 1.5', NOT_INTEGER],
  ])

  conversation('SETRANGE writes over a value, grows it, fills a gap with zeros, and keeps its time to live', [
    ['SETRANGE a 0 ""', ':0', []],
    ['EXISTS a', ':0'],
    ['SETRANGE a 2 xy', ':4', ['patch a']],
    ['GET a', '$4 \0\0xy'],
    ['EXPIRE a 10', ':1'],
    ['SETRANGE a 1 z', ':4', ['patch a']],
    ['GET a', '$4 \0zxy'],
    ['SETRANGE a 9223372036854775807 ""', ':4', []],
    ['SETRANGE a 5 !', ':6', ['patch a']],
    ['GET a', '$6 \0zxy\0!'],
    ['TTL a', ':10'],
    ['SETRANGE a -1 x', '-ERR offset is out of range', []],
    ['SETRANGE a x x', NOT_INTEGER, []],
  ])
})

describe('INCRBYFLOAT', () => {
  conversation('adds, keeps the time to live, and changes nothing that is spelled the same', [
    ['INCRBYFLOAT a 0', '$1 0', ['put a']],
    ['INCRBYFLOAT a 0', '$1 0', []],
    ['INCRBYFLOAT a 10.50', '$4 10.5', ['put a']],
    ['INCRBYFLOAT a 0.1', '$4 10.6'],
    ['INCRBYFLOAT a -5', '$3 5.6'],
    ['EXPIRE a 10', ':1'],
    ['INCRBYFLOAT a 5.0e3', '$22 5005.60000000000000009'],
    ['TTL a', ':10'],
    ['SET a 5.0', '+OK'],
    ['INCRBYFLOAT a 0', '$1 5', ['put a']],
    ['SET a 3.0e3', '+OK'],
    ['INCRBYFLOAT a 200', '$4 3200'],
    ['SET a 0x1.8p1', '+OK'],
    ['INCRBYFLOAT a +.5', '$3 3.5'],
    ['INCRBYFLOAT a -3.5', '$1 0'],
    ['INCRBYFLOAT a -1e-30', '$1 0', []],
  ])

  conversation('has the 64 bits of a long double, not the 53 of a double', [
    ['SET a 9223372036854775807', '+OK'],
    ['INCRBYFLOAT a 1', '$19 9223372036854775808'],
    ['INCRBYFLOAT a 0.5', '$19 9223372036854775808', []],
    ['INCRBYFLOAT a 1.5', '$19 9223372036854775810'],
    ['SET a 0.3', '+OK'],
    ['INCRBYFLOAT a 0.6', '$3 0.9'],
    ['SET a 1', '+OK'],
    ['INCRBYFLOAT a 1e-17', '$19 1.00000000000000001'],
    ['SET a 18446744073709551615', '+OK'],
    ['INCRBYFLOAT a 1', '$20 18446744073709551616'],
    ['INCRBYFLOAT a 1', '$20 18446744073709551616', []],
    ['INCRBYFLOAT a 3', '$20 18446744073709551620'],
  ])

  for (const text of ['x', '""', '" 1"', '"1 "', 'nan', '1e', '.', '0x', '1e5000', '1e-5000', '"1\\x00"', '--1']) {
    conversation(`${text} is no float, neither as a value nor as an increment`, [
      [`INCRBYFLOAT a ${text}`, NOT_FLOAT, []],
      [`SET a ${text}`, '+OK'],
      ['INCRBYFLOAT a 1', NOT_FLOAT, []],
    ])
  }

  conversation('what is no number in the end is refused', [
    ['INCRBYFLOAT a inf', NOT_FINITE, []],
    ['INCRBYFLOAT a -Infinity', NOT_FINITE, []],
    ['SET a INF', '+OK'],
    ['INCRBYFLOAT a -inf', NOT_FINITE, []],
    ['SET a 1.1e4932', '+OK'],
    ['INCRBYFLOAT a 1.1e4932', NOT_FINITE, []],
    ['INCRBYFLOAT a 1.2e4932', NOT_FLOAT, []],
  ])

  test('the largest and the least number are exact', () => {
    const front = new Front()
    const largest = `0x1.fffffffffffffffep16383`
    const spelled = String((2n ** 64n - 1n) << 16_320n)
    expect(front.type(`INCRBYFLOAT a ${largest}`)).toBe(`$${spelled.length} ${spelled}`)
    expect(front.type('INCRBYFLOAT b 0x1p-16445')).toBe('$1 0')
    expect(front.type('INCRBYFLOAT b 0x1p-16447')).toBe(NOT_FLOAT)
  })

  test('a long text that is nearly a number is refused in a short time', () => {
    const front = new Front()
    const texts = [`${'1'.repeat(5000)}x`, `1${'0'.repeat(5000)}1x`, `0.${'0'.repeat(5000)}1x`, '1'.repeat(1_000_000)]
    for (const text of texts) {
      const reply = front.feed(encodeCommand(['INCRBYFLOAT', 'a', text]))
      expect(reply.toString()).toBe(`${NOT_FLOAT}\r\n`)
    }
  })
})

describe('LCS', () => {
  conversation('the subsequence, its length, and where it lies', [
    ['MSET a ohmytext b mynewtext', '+OK'],
    ['LCS a b', '$6 mytext', []],
    ['LCS a b LEN', ':6', []],
    ['LCS a b IDX', '*4 $7 matches *2 *2 *2 :4 :7 *2 :5 :8 *2 *2 :2 :3 *2 :0 :1 $3 len :6'],
    ['LCS a b IDX MINMATCHLEN 4', '*4 $7 matches *1 *2 *2 :4 :7 *2 :5 :8 $3 len :6'],
    ['LCS a b idx minmatchlen 4 withmatchlen', '*4 $7 matches *1 *3 *2 :4 :7 *2 :5 :8 :4 $3 len :6'],
    ['LCS a b IDX MINMATCHLEN 9223372036854775807', '*4 $7 matches *0 $3 len :6'],
    ['LCS a nope', '$0'],
    ['LCS a nope LEN', ':0'],
    ['LCS a a LEN', ':8'],
    ['LCS a b IDX LEN', '-ERR If you want both the length and indexes, please just use IDX.'],
    ['LCS a b MINMATCHLEN x', NOT_INTEGER],
    ['LCS a b MINMATCHLEN', '-ERR syntax error'],
    ['LCS a b NOPE', '-ERR syntax error'],
  ])

  test('is refused when its table would be larger than a value may be', () => {
    const front = new Front()
    front.keyspace.valueBytesMax = 4 * 11 * 11
    front.type('MSET a 0123456789 b 0123456789 c 01234567890')
    expect(front.type('LCS a b LEN')).toBe(':10')
    expect(front.type('LCS a c LEN')).toBe(
      '-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len',
    )
  })
})

test('values above the limit are refused, and nothing changes', () => {
  const front = new Front()
  front.keyspace.valueBytesMax = 4
  front.type('SET a 1234')
  front.keyspace.effects.length = 0
  for (const typed of [
    'SETNX b 12345',
    'MSETNX b 1 c 12345',
    'GETSET a 12345',
    'SETEX a 10 12345',
    'SETRANGE a 4 5',
    'SETRANGE b 9223372036854775807 1',
    'INCRBYFLOAT a 10000',
  ]) {
    expect(front.type(typed), typed).toBe('-TOOBIG value larger than value-max (4 bytes)')
  }
  expect(front.keyspace.effects).toEqual([])
  expect(front.type('SETRANGE a 3 5')).toBe(':4')
})
