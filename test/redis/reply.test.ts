import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/index.ts'
import { formatDouble, Push, type Reply, ReplyError, ReplyParser, ReplyWriter } from '../../src/redis/index.ts'
import { everyByte } from './feeding.ts'
import { splitReplies } from './raw-replies.ts'

function written(protocol: 2 | 3, write: (reply: ReplyWriter) => void): string {
  const reply = new ReplyWriter(protocol)
  write(reply)
  return Buffer.from(reply.bytes()).toString('latin1')
}

/** How each kind of reply is written, and what is read back. */
const kinds: [
  name: string,
  write: (reply: ReplyWriter) => void,
  resp2: string,
  resp3: string,
  v2: Reply,
  v3?: Reply,
][] = [
  ['OK', (r) => r.ok(), '+OK\r\n', '+OK\r\n', 'OK'],
  ['a status', (r) => r.simple('PONG'), '+PONG\r\n', '+PONG\r\n', 'PONG'],
  ['an error', (r) => r.error('ERR', 'no'), '-ERR no\r\n', '-ERR no\r\n', new ReplyError('ERR no')],
  [
    'an error that quotes line ends',
    (r) => r.errorText('ERR a\r\nb'),
    '-ERR a  b\r\n',
    '-ERR a  b\r\n',
    new ReplyError('ERR a  b'),
  ],
  ['an integer', (r) => r.integer(-7), ':-7\r\n', ':-7\r\n', -7],
  [
    'an integer of 64 bits',
    (r) => r.integer(2n ** 63n - 1n),
    ':9223372036854775807\r\n',
    ':9223372036854775807\r\n',
    2n ** 63n - 1n,
  ],
  ['a bulk string', (r) => r.bulk(Buffer.from('xabcx'), 1, 4), '$3\r\nabc\r\n', '$3\r\nabc\r\n', 'abc'],
  ['an empty bulk string', (r) => r.bulkText(''), '$0\r\n\r\n', '$0\r\n\r\n', ''],
  ['a bulk string of text', (r) => r.bulkText('é'), '$2\r\n\xc3\xa9\r\n', '$2\r\n\xc3\xa9\r\n', 'é'],
  ['nil', (r) => r.nil(), '$-1\r\n', '_\r\n', null],
  ['the absent array', (r) => r.nilArray(), '*-1\r\n', '_\r\n', null],
  ['true', (r) => r.boolean(true), ':1\r\n', '#t\r\n', 1, true],
  ['false', (r) => r.boolean(false), ':0\r\n', '#f\r\n', 0, false],
  ['a double', (r) => r.double(1.5), '$3\r\n1.5\r\n', ',1.5\r\n', '1.5', 1.5],
  ['infinity', (r) => r.double(-1 / 0), '$4\r\n-inf\r\n', ',-inf\r\n', '-inf', -1 / 0],
  [
    'a big number',
    (r) => r.bigNumber(10n ** 30n),
    `$31\r\n1${'0'.repeat(30)}\r\n`,
    `(1${'0'.repeat(30)}\r\n`,
    `1${'0'.repeat(30)}`,
    10n ** 30n,
  ],
  ['verbatim text', (r) => r.verbatim('txt', 'a\nb'), '$3\r\na\nb\r\n', '=7\r\ntxt:a\nb\r\n', 'a\nb'],
  ['an empty array', (r) => r.array(0), '*0\r\n', '*0\r\n', []],
  [
    'an array',
    (r) => {
      r.array(2)
      r.integer(1)
      r.nil()
    },
    '*2\r\n:1\r\n$-1\r\n',
    '*2\r\n:1\r\n_\r\n',
    [1, null],
  ],
  [
    'a map',
    (r) => {
      r.map(1)
      r.bulkText('k')
      r.array(1)
      r.ok()
    },
    '*2\r\n$1\r\nk\r\n*1\r\n+OK\r\n',
    '%1\r\n$1\r\nk\r\n*1\r\n+OK\r\n',
    ['k', ['OK']],
    new Map([['k', ['OK']]]),
  ],
  [
    'a set',
    (r) => {
      r.set(2)
      r.integer(1)
      r.integer(2)
    },
    '*2\r\n:1\r\n:2\r\n',
    '~2\r\n:1\r\n:2\r\n',
    [1, 2],
    new Set([1, 2]),
  ],
  [
    'a push',
    (r) => {
      r.push(2)
      r.bulkText('message')
      r.integer(2)
    },
    '*2\r\n$7\r\nmessage\r\n:2\r\n',
    '>2\r\n$7\r\nmessage\r\n:2\r\n',
    ['message', 2],
    new Push(['message', 2]),
  ],
  ['raw bytes', (r) => r.raw(Buffer.from('x:1\r\nx'), 1, 5), ':1\r\n', ':1\r\n', 1],
]

function parsed(chunks: Iterable<Uint8Array>, bulk: 'text' | 'bytes' = 'text'): Reply[] {
  const parser = new ReplyParser(bulk)
  const replies: Reply[] = []
  for (const chunk of chunks) {
    const own = Buffer.from(chunk)
    parser.push(own)
    for (let reply = parser.next(); reply !== undefined; reply = parser.next()) replies.push(reply)
    own.fill(0x21)
  }
  return replies
}

describe('ReplyWriter and ReplyParser', () => {
  for (const [name, write, resp2, resp3, v2, v3] of kinds) {
    test(`${name} is written as Redis writes it, in both protocols`, () => {
      expect(written(2, write)).toBe(resp2)
      expect(written(3, write)).toBe(resp3)
    })
    test(`${name} is read back: whole, byte by byte, and split at every byte`, () => {
      for (const [text, value] of [
        [resp2, v2],
        [resp3, v3 === undefined ? v2 : v3],
      ] as const) {
        const bytes = Buffer.from(`${text}${text}`, 'latin1')
        expect(parsed([bytes])).toEqual([value, value])
        expect(parsed(everyByte(bytes))).toEqual([value, value])
        for (let cut = 1; cut < bytes.length; cut++) {
          expect(parsed([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual([value, value])
        }
      }
    })
  }

  test('the protocol may change between two replies', () => {
    const reply = new ReplyWriter(2)
    reply.nil()
    reply.protocol = 3
    reply.nil()
    expect(Buffer.from(reply.bytes()).toString()).toBe('$-1\r\n_\r\n')
  })

  test('the buffer grows as it must, and what a large reply took is given back', () => {
    const reply = new ReplyWriter()
    const value = Buffer.alloc(3 << 20, 'v')
    reply.ok()
    reply.bulkBytes(value)
    reply.ok()
    const text = Buffer.from(reply.bytes()).toString()
    expect(text).toBe(`+OK\r\n$${value.length}\r\n${value.toString()}\r\n+OK\r\n`)
    reply.reset()
    expect(reply.buffer.length).toBeLessThan(1 << 20)
    expect(reply.length).toBe(0)
  })

  test('integers of every length are written exactly', () => {
    const values: (number | bigint)[] = [0]
    for (let digits = 1; digits <= 15; digits++)
      values.push(10 ** digits - 1, 10 ** digits, -(10 ** digits), 1 - 10 ** digits)
    for (const value of [Number.MAX_SAFE_INTEGER, 2 ** 53, 2 ** 62, -(2 ** 63)]) values.push(value)
    for (let bit = 53n; bit < 63n; bit++) values.push(2n ** bit + 1n, -(2n ** bit) - 1n)
    for (const value of values) expect(written(2, (reply) => reply.integer(value))).toBe(`:${BigInt(value)}\r\n`)
  })

  test('random nested replies come back as they were written, however they are cut', () => {
    const random = new Random('replies')
    for (let i = 0; i < 2000; i++) {
      const reply = new ReplyWriter(3)
      const value = writeRandom(reply, random, 0)
      const bytes = Buffer.from(reply.bytes())
      const chunks: Buffer[] = []
      for (let at = 0; at < bytes.length; ) {
        const size = random.between(1, 40)
        chunks.push(bytes.subarray(at, at + size))
        at += size
      }
      expect(parsed(chunks)).toEqual([value])
      expect(splitReplies(bytes)).toHaveLength(1)
    }
  })

  test('bulk strings are bytes on request, keys of maps are text all the same', () => {
    const bytes = Buffer.from('%1\r\n$1\r\nk\r\n$2\r\n\xff\0\r\n', 'latin1')
    const [map] = parsed([bytes], 'bytes') as [Map<string, Uint8Array>]
    expect([...map.get('k')!]).toEqual([255, 0])
  })

  test('attributes are read and dropped, blob errors are errors', () => {
    expect(parsed([Buffer.from('|1\r\n+ttl\r\n:1\r\n*2\r\n|1\r\n+a\r\n*1\r\n+b\r\n:1\r\n:2\r\n')])).toEqual([[1, 2]])
    expect(parsed([Buffer.from('!7\r\nERR a\nb\r\n')])).toEqual([new ReplyError('ERR a\nb')])
  })

  test('a large bulk string in small chunks is put together with few copies', () => {
    const size = 16 << 20
    const parser = new ReplyParser('bytes')
    parser.push(Buffer.from(`$${size}\r\n`))
    for (let sent = 0; sent < size; sent += 16_384) {
      expect(parser.next()).toBe(undefined)
      parser.push(Buffer.alloc(16_384, 'v'))
    }
    expect(parser.next()).toBe(undefined)
    parser.push(Buffer.from('\r\n+OK\r\n'))
    expect((parser.next() as Uint8Array).length).toBe(size)
    expect(parser.next()).toBe('OK')
    expect(parser.next()).toBe(undefined)
  })

  for (const bytes of [
    'x\r\n',
    ':\r\n',
    ':1a\r\n',
    '$-2\r\n',
    '*99999999999\r\n',
    ',x\r\n',
    '(1.5\r\n',
    '*1\r\n?\r\n',
  ]) {
    test(`${JSON.stringify(bytes)} is no reply`, () => {
      expect(() => parsed([Buffer.from(bytes)])).toThrow(expect.objectContaining({ name: 'ReplyFormatError' }))
    })
  }

  test('the code of an error is its first word', () => {
    expect(new ReplyError('WRONGTYPE Operation').code).toBe('WRONGTYPE')
    expect(new ReplyError('EXECABORT').code).toBe('EXECABORT')
  })
})

function writeRandom(reply: ReplyWriter, random: Random, depth: number): Reply {
  const size = random.below(4)
  const kind = random.below(depth > 3 ? 7 : 11)
  const elements = (count: number) => Array.from({ length: count }, () => writeRandom(reply, random, depth + 1))
  switch (kind) {
    case 0:
      reply.nil()
      return null
    case 1: {
      const value = random.chance(0.5) ? random.u32() * random.u32() : random.below(20) - 10
      const exact = Number.isSafeInteger(value) ? value : BigInt(value) & (2n ** 62n - 1n)
      const narrow = typeof exact === 'bigint' && exact < 2n ** 53n ? Number(exact) : exact
      reply.integer(narrow)
      return narrow
    }
    case 2: {
      const text = 'v'.repeat(random.below(200))
      reply.bulkText(text)
      return text
    }
    case 3:
      reply.simple(`status ${size}`)
      return `status ${size}`
    case 4: {
      const value = (random.float() - 0.5) * 10 ** random.between(-20, 20)
      reply.double(value)
      return value
    }
    case 5:
      reply.boolean(size > 1)
      return size > 1
    case 6:
      reply.verbatim('txt', `text ${size}`)
      return `text ${size}`
    case 7:
      reply.array(size)
      return elements(size)
    case 8: {
      reply.map(size)
      const map = new Map<Reply, Reply>()
      for (let i = 0; i < size; i++) {
        reply.bulkText(`key ${i}`)
        map.set(`key ${i}`, writeRandom(reply, random, depth + 1))
      }
      return map
    }
    case 9:
      reply.push(size)
      return new Push(elements(size))
    default: {
      reply.set(size)
      for (let i = 0; i < size; i++) reply.integer(i)
      return new Set(Array.from({ length: size }, (_, i) => i))
    }
  }
}

describe('formatDouble', () => {
  const spellings: [number, string][] = [
    [0, '0'],
    [-0, '-0'],
    [3, '3'],
    [-1.5, '-1.5'],
    [0.1, '0.10000000000000001'],
    [1e15, '1000000000000000'],
    [1e16, '10000000000000000'],
    [1e17, '1e+17'],
    [1.5e300, '1.5000000000000001e+300'],
    [0.0001, '0.0001'],
    [-1802270284388214 - 0.25, '-1802270284388214.2'],
    [1802270284388214 + 0.75, '1802270284388214.8'],
    [0.00001, '1.0000000000000001e-05'],
    [2 ** 53 + 2, '9007199254740994'],
    [5e-324, '4.9406564584124654e-324'],
    [Number.NaN, 'nan'],
  ]
  for (const [value, spelling] of spellings) {
    test(`${value} is ${spelling}`, () => expect(formatDouble(value)).toBe(spelling))
  }

  test('what it writes is the same number when it is read', () => {
    const random = new Random('doubles')
    const view = new DataView(new ArrayBuffer(8))
    for (let i = 0; i < 20_000; i++) {
      view.setUint32(0, random.u32())
      view.setUint32(4, random.u32())
      const value = view.getFloat64(0)
      if (Number.isFinite(value)) expect(Number(formatDouble(value))).toBe(value)
    }
  })
})
