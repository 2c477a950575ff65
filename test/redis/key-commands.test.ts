import { describe, expect, test } from 'vitest'
import { conversation } from './conversation.ts'
import { Front } from './front.ts'

describe('a value under another key', () => {
  conversation('RENAME takes the place of what was there, with value and time to live', [
    ['RENAME a b', '-ERR no such key', []],
    ['SET a 1 EX 10', '+OK'],
    ['SET b 2 EX 20', '+OK'],
    ['RENAME a a', '+OK', []],
    ['RENAME a b', '+OK', ['put b', 'remove a']],
    ['GET b', '$1 1'],
    ['TTL b', ':10'],
    ['EXISTS a', ':0'],
    ['RENAME b c', '+OK', ['put c', 'remove b']],
    ['TTL c', ':10'],
  ])

  conversation('RENAMENX does so only where nothing was', [
    ['RENAMENX a b', '-ERR no such key', []],
    ['SET a 1', '+OK'],
    ['RENAMENX a a', ':0', []],
    ['RENAMENX a b', ':1', ['put b', 'remove a']],
    ['SET a 2', '+OK'],
    ['RENAMENX a b', ':0', []],
    ['GET b', '$1 1'],
  ])

  conversation('COPY leaves the source, and replaces only when it is told to', [
    ['COPY a b', ':0', []],
    ['SET a 1 EX 10', '+OK'],
    ['COPY a b', ':1', ['put b']],
    ['TTL b', ':10'],
    ['SET b 2', '+OK'],
    ['COPY a b', ':0', []],
    ['COPY a b DB 0 replace', ':1', ['put b']],
    ['MGET a b', '*2 $1 1 $1 1'],
    ['TTL b', ':10'],
    ['COPY nope b REPLACE', ':0', []],
    ['COPY a a', '-ERR source and destination objects are the same', []],
    ['COPY a c DB', '-ERR syntax error', []],
    ['COPY a a NOPE', '-ERR syntax error', []],
    ['COPY a c DB 1', '-ERR DB index is out of range', []],
    ['COPY a c DB x', '-ERR value is not an integer or out of range', []],
    ['COPY a c DB 2147483648', '-ERR value is out of range, value must between -2147483648 and 2147483647', []],
  ])
})

describe('times of death', () => {
  conversation('EXPIREAT and PEXPIREAT set them, EXPIRETIME and PEXPIRETIME tell them', [
    ['EXPIREAT a 1700000010', ':0', []],
    ['EXPIRETIME a', ':-2', []],
    ['PEXPIRETIME a', ':-2'],
    ['SET a 1', '+OK'],
    ['EXPIRETIME a', ':-1'],
    ['PEXPIRETIME a', ':-1'],
    ['EXPIREAT a 1700000010', ':1', ['expire a']],
    ['EXPIREAT a 1700000010', ':1', []],
    ['PTTL a', ':10000'],
    ['PEXPIRETIME a', ':1700000010000'],
    ['PEXPIREAT a 1700000010499', ':1', ['expire a']],
    ['EXPIRETIME a', ':1700000010'],
    ['PEXPIREAT a 1700000010500', ':1'],
    ['EXPIRETIME a', ':1700000011'],
    ['PEXPIREAT a 1700000000000', ':1', ['remove a']],
    ['SET a 1', '+OK'],
    ['EXPIREAT a -1', ':1', ['remove a']],
  ])

  conversation('NX, XX, GT and LT bind them', [
    ['SET a 1', '+OK'],
    ['EXPIREAT a 1700000010 XX', ':0', []],
    ['EXPIREAT a 1700000010 GT', ':0', []],
    ['EXPIREAT a 1700000010 NX', ':1', ['expire a']],
    ['PEXPIREAT a 1700000010000 GT', ':0', []],
    ['PEXPIREAT a 1700000010001 xx gt', ':1', ['expire a']],
    ['PEXPIREAT a 1700000010002 LT', ':0', []],
    ['EXPIREAT a 0 LT', ':1', ['remove a']],
    ['EXPIREAT a 1 NX XX', '-ERR NX and XX, GT or LT options at the same time are not compatible'],
    ['PEXPIREAT a 1 NOPE', '-ERR Unsupported option NOPE'],
  ])

  conversation('all of 64 bits, and not one more', [
    ['SET a 1', '+OK'],
    ['EXPIREAT a 9223372036854776', "-ERR invalid expire time in 'expireat' command", []],
    ['EXPIREAT a 9223372036854775', ':1', ['expire a']],
    ['PEXPIREAT a 9007199254740991', ':1', ['expire a']],
    ['PEXPIRETIME a', ':9007199254740991'],
    ['PEXPIREAT a 9223372036854775807', ':1', ['expire a']],
    ['PEXPIRETIME a', ':9223372036854775807'],
    ['EXPIRETIME a', ':9223372036854776'],
    ['PEXPIREAT a 9223372036854775808', '-ERR value is not an integer or out of range', []],
  ])
})

describe('keys', () => {
  conversation('TOUCH counts each mention, FLUSHDB removes all', [
    ['MSET a 1 b 2', '+OK'],
    ['TOUCH a a nope b', ':3', []],
    ['FLUSHDB NOW', '-ERR syntax error', []],
    ['flushdb sync', '+OK', ['clear']],
    ['FLUSHDB', '+OK', []],
    ['DBSIZE', ':0'],
  ])

  conversation('OBJECT tells how Redis would keep a value', [
    ['MSET a 1 b 10000 c 007 d -1', '+OK'],
    [`SET e ${'x'.repeat(44)}`, '+OK'],
    [`SET f ${'x'.repeat(45)}`, '+OK'],
    ['OBJECT ENCODING a', '$3 int', []],
    ['object encoding b', '$3 int'],
    ['OBJECT ENCODING c', '$6 embstr'],
    ['OBJECT ENCODING e', '$6 embstr'],
    ['OBJECT ENCODING f', '$3 raw'],
    ['OBJECT ENCODING nope', '$-1'],
    ['OBJECT REFCOUNT a', ':2147483647'],
    ['OBJECT REFCOUNT b', ':1'],
    ['OBJECT REFCOUNT d', ':1'],
    ['OBJECT REFCOUNT f', ':1'],
    ['OBJECT REFCOUNT nope', '$-1'],
    ['OBJECT IDLETIME a', ':0'],
    ['OBJECT IDLETIME nope', '$-1'],
    [
      'OBJECT FREQ a',
      '-ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.',
    ],
    ['OBJECT FREQ nope', '$-1'],
    ['OBJECT', "-ERR wrong number of arguments for 'object' command"],
    ['OBJECT ENCODING', "-ERR wrong number of arguments for 'object|encoding' command"],
    ['OBJECT NOPE a', "-ERR unknown subcommand 'NOPE'. Try OBJECT HELP."],
  ])

  test('MEMORY USAGE grows with key and value by as many bytes', () => {
    const front = new Front()
    front.type(`MSET a 1 abc ${'v'.repeat(101)}`)
    const usage = (typed: string) => Number(/^:(\d+)$/.exec(front.type(typed))![1])
    expect(usage('MEMORY USAGE a')).toBeGreaterThan(2)
    expect(usage('MEMORY USAGE abc SAMPLES 0') - usage('MEMORY USAGE a')).toBe(102)
    expect(front.type('MEMORY USAGE nope')).toBe('$-1')
    expect(front.type('MEMORY USAGE a SAMPLES')).toBe('-ERR syntax error')
    expect(front.type('MEMORY USAGE a SAMPLES -1')).toBe('-ERR syntax error')
    expect(front.type('MEMORY USAGE a SAMPLES x')).toBe('-ERR value is not an integer or out of range')
    expect(front.type('MEMORY NOPE a')).toBe("-ERR unknown subcommand 'NOPE'. Try MEMORY HELP.")
  })
})

describe('commands that need neither a cell nor a session', () => {
  const NO_CLUSTER = '-ERR This instance has cluster support disabled'
  conversation('there is no cluster', [
    ['CLUSTER INFO', NO_CLUSTER],
    ['CLUSTER SLOTS', NO_CLUSTER],
    ['CLUSTER HELP', NO_CLUSTER],
    ['CLUSTER KEYSLOT', "-ERR wrong number of arguments for 'cluster|keyslot' command"],
    ['CLUSTER NOPE', "-ERR unknown subcommand 'NOPE'. Try CLUSTER HELP."],
    ['READONLY', NO_CLUSTER],
    ['READWRITE', NO_CLUSTER],
  ])

  conversation('everything is saved', [
    ['SAVE', '+OK'],
    ['BGSAVE', '+Background saving started'],
    ['BGSAVE schedule', '+Background saving started'],
    ['BGSAVE nope', '-ERR syntax error'],
    ['ROLE', '*3 $6 master :0 *0'],
    ['CONFIG REWRITE', '-ERR The server is running without a config file'],
  ])

  conversation('nothing slow is recorded', [
    ['SLOWLOG GET', '*0'],
    ['SLOWLOG GET -1', '*0'],
    ['SLOWLOG GET -2', '-ERR count should be greater than or equal to -1'],
    ['SLOWLOG GET x', '-ERR count should be greater than or equal to -1'],
    ['SLOWLOG get 1 2', "-ERR unknown subcommand or wrong number of arguments for 'get'. Try SLOWLOG HELP."],
    ['SLOWLOG LEN', ':0'],
    ['SLOWLOG RESET', '+OK'],
    ['LATENCY LATEST', '*0'],
    ['LATENCY HISTORY command', '*0'],
    ['LATENCY HISTOGRAM get', '*0'],
    ['LATENCY RESET command', ':0'],
    ['LATENCY GRAPH command', "-ERR No samples available for event 'command'"],
    ['LATENCY DOCTOR', /^\$\d+ No delays are recorded, /],
  ])

  conversation('nobody is told of keys that change, nor held up, and whoever asks for it is told so', [
    ['CLIENT TRACKING on', /^-ERR CLIENT TRACKING is not supported: /],
    ['CLIENT TRACKING on bcast prefix a', /^-ERR CLIENT TRACKING is not supported: /],
    ['CLIENT TRACKING off', '+OK'],
    ['CLIENT CACHING yes', /^-ERR CLIENT CACHING can be called only when the client is in tracking mode/],
    ['CLIENT TRACKINGINFO', '*6 $5 flags *1 $3 off $8 redirect :-1 $8 prefixes *0'],
    ['CLIENT GETREDIR', ':-1'],
    ['CLIENT PAUSE 1000', /^-ERR CLIENT PAUSE is not supported: /],
    ['CLIENT PAUSE 1000 WRITE', /^-ERR CLIENT PAUSE is not supported: /],
    ['CLIENT UNPAUSE', '+OK'],
    ['CLIENT UNBLOCK 7 TIMEOUT', ':0'],
  ])

  conversation('memory is not diagnosed', [
    ['MEMORY DOCTOR', /^\$\d+ Memory is not diagnosed here\. /],
    ['MEMORY MALLOC-STATS', '$45 Stats not supported for the current allocator'],
    ['MEMORY PURGE', '+OK'],
  ])
})
