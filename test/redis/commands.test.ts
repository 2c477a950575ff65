import { beforeEach, describe, expect, test } from 'vitest'
import { Arguments, encodeCommand, lookupCommand, parseCommand, ReplyWriter } from '../../src/redis/index.ts'
import { conversation } from './conversation.ts'
import { Front } from './front.ts'

let front: Front

beforeEach(() => {
  front = new Front()
})

describe('strings', () => {
  conversation('GET and SET', [
    ['GET a', '$-1'],
    ['SET a 1', '+OK', ['put a']],
    ['GET a', '$1 1', []],
    ['SET a ""', '+OK'],
    ['GET a', '$0 '.trimEnd()],
    ['SET "k\\x00\\xff\\r\\n" "v\\x00\\xff"', '+OK'],
    ['GET "k\\x00\\xff\\r\\n"', '$3 v\0\xff'],
    ['GET', "-ERR wrong number of arguments for 'get' command"],
    ['SET a', "-ERR wrong number of arguments for 'set' command"],
  ])

  conversation('SET on a condition changes nothing where the condition fails', [
    ['SET a 1 XX', '$-1', []],
    ['SET a 1 NX', '+OK', ['put a']],
    ['SET a 2 nx', '$-1', []],
    ['SET a 2 xX', '+OK', ['put a']],
    ['GET a', '$1 2'],
    ['SET a 3 NX XX', '-ERR syntax error', []],
    ['SET a 3 XX NX', '-ERR syntax error', []],
    ['SET a 3 XX XX', '+OK', ['put a']],
  ])

  conversation('SET with GET gives the old value, also where it changes nothing', [
    ['SET a 1 GET', '$-1', ['put a']],
    ['SET a 2 GET', '$1 1', ['put a']],
    ['SET a 3 NX GET', '$1 2', []],
    ['SET b 3 XX GET', '$-1', []],
    ['SET b 3 GET NX', '$-1', ['put b']],
    ['SET a 4 GET XX EX 10', '$1 2', ['put a']],
    ['TTL a', ':10'],
  ])

  conversation('SET with a time to live', [
    ['SET a 1 EX 10', '+OK', ['put a']],
    ['PTTL a', ':10000'],
    ['SET a 1 px 1500', '+OK'],
    ['PTTL a', ':1500'],
    ['SET a 1 EXAT 1700000007', '+OK'],
    ['PTTL a', ':7000'],
    ['SET a 1 PXAT 1700000000001', '+OK'],
    ['PTTL a', ':1'],
    ['SET a 2 KEEPTTL', '+OK', ['put a']],
    ['PTTL a', ':1'],
    ['SET a 2', '+OK'],
    ['TTL a', ':-1'],
    ['SET b 1 KEEPTTL', '+OK'],
    ['TTL b', ':-1'],
    ['SET a 1 EX 10 EX 20', '+OK'],
    ['TTL a', ':20'],
  ])

  conversation('SET with a time that has passed leaves nothing', [
    ['SET a 1 PXAT 1', '+OK', []],
    ['SET a 1', '+OK', ['put a']],
    ['SET a 1 EXAT 1', '+OK', ['remove a']],
    ['EXISTS a', ':0'],
  ])

  for (const options of [
    'EX',
    'EX 10 PX 10',
    'EX 10 KEEPTTL',
    'KEEPTTL PXAT 5',
    'EXAT 1 PXAT 1',
    'NOPE',
    'PERSIST',
    'E',
    'EX 1 NX 2',
    'KEEPTT',
    'GETX',
  ]) {
    conversation(`SET a 1 ${options} is a syntax error`, [[`SET a 1 ${options}`, '-ERR syntax error', []]])
  }
  for (const time of [
    'EX 0',
    'EX -1',
    'PX 0',
    'EX 9223372036854776',
    'PX 9223372036854775807',
    'EXAT 0',
    'PXAT -5',
    'EX 9223372036854775',
  ]) {
    conversation(`SET a 1 ${time} is no time`, [[`SET a 1 ${time}`, "-ERR invalid expire time in 'set' command", []]])
  }
  for (const time of ['EX a', 'PX 1.5', 'EX 9223372036854775808', 'EX 01']) {
    conversation(`SET a 1 ${time} is no integer`, [
      [`SET a 1 ${time}`, '-ERR value is not an integer or out of range', []],
    ])
  }

  conversation('MGET and MSET', [
    ['MSET a 1 b 2 a 3', '+OK', ['put a', 'put b', 'put a']],
    ['MGET a x b a', '*4 $1 3 $-1 $1 2 $1 3', []],
    ['MSET a 1 b', "-ERR wrong number of arguments for 'mset' command", []],
    ['MSET a', "-ERR wrong number of arguments for 'mset' command", []],
    ['MGET', "-ERR wrong number of arguments for 'mget' command"],
    ['SET a 1 EX 10', '+OK'],
    ['MSET a 2', '+OK'],
    ['TTL a', ':-1'],
  ])

  conversation('APPEND and STRLEN', [
    ['APPEND a xy', ':2', ['put a']],
    ['APPEND a z', ':3', ['patch a']],
    ['APPEND a ""', ':3', []],
    ['APPEND b ""', ':0', ['put b']],
    ['EXISTS b', ':1'],
    ['GET a', '$3 xyz'],
    ['STRLEN a', ':3', []],
    ['STRLEN nope', ':0', []],
    ['EXPIRE a 10', ':1'],
    ['APPEND a 1', ':4'],
    ['TTL a', ':10'],
  ])

  test('values above the limit are refused, and nothing changes', () => {
    front.keyspace.valueBytesMax = 4
    const refusal = '-TOOBIG value larger than value-max (4 bytes)'
    expect(front.type('SET a 1234')).toBe('+OK')
    front.keyspace.effects.length = 0
    expect(front.type('SET a 12345')).toBe(refusal)
    expect(front.type('SET a 12345 EX 10')).toBe(refusal)
    expect(front.type('MSET b 1 a 12345')).toBe(refusal)
    expect(front.type('APPEND a 5')).toBe(refusal)
    expect(front.type('APPEND b 12345')).toBe(refusal)
    expect(front.keyspace.effects).toEqual([])
    expect(front.type('APPEND a ""')).toBe(':4')
  })
})

describe('counters', () => {
  conversation('INCR, DECR, INCRBY and DECRBY', [
    ['INCR a', ':1', ['put a']],
    ['INCRBY a 41', ':42', ['put a']],
    ['DECR a', ':41'],
    ['DECRBY a -9', ':50'],
    ['GET a', '$2 50'],
    ['INCRBY a 0', ':50', []],
    ['INCRBY b 0', ':0', ['put b']],
    ['GET b', '$1 0'],
    ['SET a 10 EX 100', '+OK'],
    ['INCR a', ':11'],
    ['TTL a', ':100'],
  ])

  conversation('all of 64 bits, and not one more', [
    ['SET a 9223372036854775806', '+OK'],
    ['INCR a', ':9223372036854775807'],
    ['INCR a', '-ERR increment or decrement would overflow', []],
    ['GET a', '$19 9223372036854775807'],
    ['INCRBY a -9223372036854775808', ':-1'],
    ['DECRBY a 9223372036854775807', ':-9223372036854775808'],
    ['DECR a', '-ERR increment or decrement would overflow', []],
    ['INCRBY a 9007199254740993', ':-9214364837600034815'],
    ['DECRBY a -9223372036854775808', '-ERR decrement would overflow', []],
  ])

  for (const value of ['x', '1.0', '""', '" 1"', '"1 "', '01', '9223372036854775808']) {
    conversation(`${value} is no integer`, [
      [`SET a ${value}`, '+OK'],
      ['INCR a', '-ERR value is not an integer or out of range', []],
      [`INCRBY b ${value}`, '-ERR value is not an integer or out of range', []],
      [`DECRBY b ${value}`, '-ERR value is not an integer or out of range', []],
    ])
  }
})

describe('keys', () => {
  conversation('DEL and UNLINK count what was there, EXISTS counts each mention, TYPE tells', [
    ['MSET a 1 b 2 c 3', '+OK'],
    ['EXISTS a a x b', ':3', []],
    ['TYPE a', '+string', []],
    ['DEL a a x', ':1', ['remove a']],
    ['UNLINK b c', ':2', ['remove b', 'remove c']],
    ['TYPE a', '+none'],
    ['DEL a', ':0', []],
  ])

  conversation('DBSIZE and FLUSHALL', [
    ['DBSIZE', ':0'],
    ['FLUSHALL', '+OK', []],
    ['MSET a 1 b 2', '+OK'],
    ['DBSIZE', ':2', []],
    ['FLUSHALL NOW', '-ERR syntax error', []],
    ['FLUSHALL SYNC ASYNC', '-ERR syntax error', []],
    ['flushall async', '+OK', ['clear']],
    ['DBSIZE', ':0'],
    ['SET a 1', '+OK'],
    ['FLUSHALL SYNC', '+OK', ['clear']],
  ])
})

describe('expiry', () => {
  conversation('EXPIRE, TTL and PERSIST', [
    ['EXPIRE a 10', ':0', []],
    ['TTL a', ':-2'],
    ['PTTL a', ':-2'],
    ['PERSIST a', ':0', []],
    ['SET a 1', '+OK'],
    ['TTL a', ':-1'],
    ['PTTL a', ':-1'],
    ['PERSIST a', ':0', []],
    ['EXPIRE a 10', ':1', ['expire a']],
    ['EXPIRE a 10', ':1', []],
    ['PEXPIRE a 10499', ':1'],
    ['TTL a', ':10', []],
    ['PEXPIRE a 10500', ':1'],
    ['TTL a', ':11'],
    ['PERSIST a', ':1', ['expire a']],
    ['TTL a', ':-1'],
  ])

  conversation('a time that has passed removes the key', [
    ['SET a 1', '+OK'],
    ['EXPIRE a -1', ':1', ['remove a']],
    ['SET a 1', '+OK'],
    ['PEXPIRE a 0', ':1', ['remove a']],
    ['EXPIRE a -1', ':0', []],
  ])

  conversation('NX, XX, GT and LT', [
    ['SET a 1', '+OK'],
    ['EXPIRE a 10 XX', ':0', []],
    ['EXPIRE a 10 GT', ':0', []],
    ['EXPIRE a 10 NX', ':1', ['expire a']],
    ['EXPIRE a 20 nx', ':0', []],
    ['EXPIRE a 10 GT', ':0', []],
    ['EXPIRE a 10 LT', ':0', []],
    ['EXPIRE a 20 GT', ':1', ['expire a']],
    ['EXPIRE a 5 xx lt', ':1', ['expire a']],
    ['PERSIST a', ':1'],
    ['EXPIRE a 5 XX GT', ':0', []],
    ['EXPIRE a 50 LT', ':1', ['expire a']],
    ['EXPIRE a -1 GT', ':0', []],
    ['EXPIRE a -1 LT', ':1', ['remove a']],
  ])

  conversation('options and times that are none', [
    ['EXPIRE a 10 NX XX', '-ERR NX and XX, GT or LT options at the same time are not compatible'],
    ['EXPIRE a 10 GT NX', '-ERR NX and XX, GT or LT options at the same time are not compatible'],
    ['PEXPIRE a 10 GT LT', '-ERR GT and LT options at the same time are not compatible'],
    ['EXPIRE a 10 Maybe', '-ERR Unsupported option Maybe'],
    ['EXPIRE a x maybe', '-ERR Unsupported option maybe'],
    ['EXPIRE a x', '-ERR value is not an integer or out of range'],
    ['EXPIRE a 9223372036854775', "-ERR invalid expire time in 'expire' command"],
    ['EXPIRE a 9223372036854776', "-ERR invalid expire time in 'expire' command"],
    ['EXPIRE a -9223372036854776', "-ERR invalid expire time in 'expire' command"],
    ['PEXPIRE a 9223372036854775807', "-ERR invalid expire time in 'pexpire' command"],
    ['PEXPIRE a -9223372036854775808', ':0'],
    ['EXPIRE a -9223372036854775', ':0'],
    ['EXPIRE a', "-ERR wrong number of arguments for 'expire' command"],
  ])

  test('a dead key is absent for every command', () => {
    front.type('SET a 1 PX 100')
    front.keyspace.nowMs += 101
    for (const [typed, reply] of [
      ['GET a', '$-1'],
      ['EXISTS a', ':0'],
      ['TTL a', ':-2'],
      ['DBSIZE', ':0'],
      ['SET a 2 XX', '$-1'],
      ['DEL a', ':0'],
      ['APPEND a x', ':1'],
    ] as const) {
      expect(front.type(typed), typed).toBe(reply)
    }
    expect(front.type('TTL a')).toBe(':-1')
  })
})

describe('RESP3', () => {
  test('absent values are its null', () => {
    front.reply.protocol = 3
    expect(front.type('GET a')).toBe('_')
    expect(front.type('MGET a b')).toBe('*2 _ _')
    expect(front.type('SET a 1 XX')).toBe('_')
    expect(front.type('SET a 1 GET')).toBe('_')
  })
})

describe('the system range', () => {
  const args = new Arguments()

  function internal(...command: (string | number)[]): string {
    const reply = new ReplyWriter()
    parseCommand(encodeCommand(command), 0, args)
    const row = lookupCommand(args)!
    expect(row.internal).toBe(true)
    front.keyspace.effects.length = 0
    row.execute!(args, front.keyspace, reply)
    return Buffer.from(reply.bytes()).toString().trimEnd().replaceAll('\r\n', ' ')
  }

  test('SYSCAS replaces what is expected, and tells what is there if it is not', () => {
    expect(internal('SYSCAS', 'generation', '1', '2'), 'absent is not 1').toBe('$0')
    expect(front.keyspace.effects).toEqual([])
    expect(internal('SYSCAS', 'generation', '', '1')).toBe(':1')
    expect(front.keyspace.effects).toEqual(['put generation'])
    expect(internal('SYSCAS', 'generation', '', '2')).toBe('$1 1')
    expect(internal('SYSCAS', 'generation', '1', '2')).toBe(':1')
    expect(internal('SYSCAS', 'generation', '2', '2')).toBe(':1')
    expect(front.keyspace.effects, 'the same value is no change').toEqual([])
    expect(internal('SYSCAS', 'generation', '2', '')).toBe(':1')
    expect(front.keyspace.effects).toEqual(['remove generation'])
    expect(internal('SYSGET', 'generation')).toBe('*1 $-1')
  })

  test('SYSWRITE writes all, or nothing under an old generation', () => {
    expect(internal('SYSWRITE', 'generation', '1', 'ids', '1000'), 'there is none yet').toBe('-STALE generation')
    expect(front.keyspace.effects).toEqual([])
    expect(internal('SYSCAS', 'generation', '', '1')).toBe(':1')
    expect(internal('SYSWRITE', 'generation', '1', 'ids', '1000', 'stores', 'x')).toBe('+OK')
    expect(front.keyspace.effects).toEqual(['put ids', 'put stores'])
    expect(internal('SYSCAS', 'generation', '1', '2')).toBe(':1')
    expect(internal('SYSWRITE', 'generation', '1', 'ids', '2000')).toBe('-STALE generation')
    expect(internal('SYSGET', 'ids', 'stores', 'none')).toBe('*3 $4 1000 $1 x $-1')
    expect(internal('SYSWRITE', 'generation', '2', 'stores', '', 'ids', '1000')).toBe('+OK')
    expect(front.keyspace.effects, 'only what changes').toEqual(['remove stores'])
    expect(internal('SYSWRITE', 'generation', '2', 'ids', '1', 'stores')).toBe(
      "-ERR wrong number of arguments for 'syswrite' command",
    )
  })

  test('its commands are unknown to clients', () => {
    expect(front.type('SYSCAS a b c')).toBe("-ERR unknown command 'SYSCAS', with args beginning with: 'a' 'b' 'c'")
  })
})
