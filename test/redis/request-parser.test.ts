import { describe, expect, test } from 'vitest'
import { Arguments, encodeCommand, parseCommand, RequestParser } from '../../src/redis/index.ts'
import { drain, everyByte, fed, usualLimits, words } from './feeding.ts'
import { meaningOf } from './reference-parser.ts'

/** What is sent, what it means: commands as words, then, if the connection ends, the error. */
const cases: [name: string, bytes: string, commands: string[][], error?: string][] = [
  ['an array of bulk strings is a command', '*2\r\n$3\r\nGET\r\n$1\r\na\r\n', [['GET', 'a']]],
  ['commands follow one another', '*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nping\r\n', [['PING'], ['ping']]],
  ['an argument may be empty', '*2\r\n$4\r\nECHO\r\n$0\r\n\r\n', [['ECHO', '']]],
  ['an argument may hold line ends and any byte', '*2\r\n$1\r\na\r\n$6\r\n\r\n\0\xff$1\r\n', [['a', '\r\n\0\xff$1']]],
  [
    'lengths have as many digits as they need',
    `*2\r\n$3\r\nSET\r\n$120\r\n${'v'.repeat(120)}\r\n`,
    [['SET', 'v'.repeat(120)]],
  ],
  ['a count may have two digits', `*12\r\n${'$1\r\nx\r\n'.repeat(12)}`, [Array(12).fill('x')]],
  ['more arguments than the usual room for offsets', `*70\r\n${'$1\r\nx\r\n'.repeat(70)}`, [Array(70).fill('x')]],
  ['an empty array is passed over', '*0\r\n*1\r\n$1\r\na\r\n', [['a']]],
  ['a negative count is passed over', '*-1\r\n*-9223372036854775808\r\n*1\r\n$1\r\na\r\n', [['a']]],
  ['a line ends at CR, and the byte behind it is not looked at', '*1\rX$1\rYaZW*1\r\n$1\r\nb\r\n', [['a'], ['b']]],
  ['a line of words is a command', 'SET a  b\r\n', [['SET', 'a', 'b']]],
  [
    'a line may end without CR',
    'GET a\nGET b\n',
    [
      ['GET', 'a'],
      ['GET', 'b'],
    ],
  ],
  ['empty lines are passed over', '\r\n\n  \r\nPING\r\n', [['PING']]],
  ['inline and array commands mix', 'PING\r\n*1\r\n$4\r\nQUIT\r\nPING\r\n', [['PING'], ['QUIT'], ['PING']]],
  [
    'words may stand in double quotes, with escapes',
    'SET k "a\\x41\\n\\r\\t\\b\\a\\"\\\\\\q"\r\n',
    [['SET', 'k', 'aA\n\r\t\b\x07"\\q']],
  ],
  ['a broken hexadecimal escape is a plain escape', 'a "\\xZ1\\x4" \r\n', [['a', 'xZ1x4']]],
  [
    'words may stand in single quotes, where only the quote is escaped',
    "SET 'a\\'b' 'c\\n'\r\n",
    [['SET', "a'b", 'c\\n']],
  ],
  ['a quote may begin within a word', 'a"b c" d\r\n', [['ab c', 'd']]],
  ['a word in quotes may be empty', 'SET a ""\r\n', [['SET', 'a', '']]],
  ['an inline command may hold any byte', 'GET \xff\x01\r\n', [['GET', '\xff\x01']]],
  ['a vertical tab parts words but does not end one', '\v a\vb \f\r\n', [['a\vb']]],
  ['quotes that are not closed end it', 'SET a "b\r\nPING\r\n', [], 'ERR Protocol error: unbalanced quotes in request'],
  [
    'a word right behind a closing quote ends it',
    'SET "a"b\r\n',
    [],
    'ERR Protocol error: unbalanced quotes in request',
  ],
  ['a count that is no number ends it', 'PING\r\n*x\r\n', [['PING']], 'ERR Protocol error: invalid multibulk length'],
  ['a count without digits ends it', '*\r\n', [], 'ERR Protocol error: invalid multibulk length'],
  ['a count with a sign or a leading zero ends it', '*+1\r\n', [], 'ERR Protocol error: invalid multibulk length'],
  ['a count of 2^31 ends it', '*2147483648\r\n', [], 'ERR Protocol error: invalid multibulk length'],
  ['a count beyond 64 bits ends it', '*99999999999999999999\r\n', [], 'ERR Protocol error: invalid multibulk length'],
  [
    'a count that no query can hold ends it',
    '*2147483647\r\n',
    [],
    'TOOBIG Protocol error: command larger than client-query-max',
  ],
  ['what is not a bulk string ends it', '*1\r\n:1\r\n', [], "ERR Protocol error: expected '$', got ':'"],
  ['a missing bulk string ends it', '*1\r\n\r\n', [], "ERR Protocol error: expected '$', got '\r'"],
  ['a negative length ends it', '*1\r\n$-1\r\n', [], 'ERR Protocol error: invalid bulk length'],
  ['a length that is no number ends it', '*1\r\n$1a\r\n', [], 'ERR Protocol error: invalid bulk length'],
  ['a length with a leading zero ends it', '*1\r\n$01\r\na\r\n', [], 'ERR Protocol error: invalid bulk length'],
  ['a length above the limit ends it', '*1\r\n$67108865\r\n', [], 'ERR Protocol error: invalid bulk length'],
  ['a length beyond 2^31 ends it', '*1\r\n$4294967297\r\na\r\n', [], 'ERR Protocol error: invalid bulk length'],
  [
    'a length beyond 64 bits ends it',
    '*1\r\n$18446744073709551617\r\na\r\n',
    [],
    'ERR Protocol error: invalid bulk length',
  ],
  [
    'what follows an error is not read',
    '*x\r\n*1\r\n$4\r\nPING\r\n',
    [],
    'ERR Protocol error: invalid multibulk length',
  ],
  ['a half of a command waits', '*2\r\n$3\r\nGET\r\n$1\r\n', []],
  ['an argument waits for both bytes behind it', '*1\r\n$1\r\na\r', []],
  ['a half of a line waits', 'PIN', []],
]

describe('RequestParser', () => {
  for (const [name, bytes, commands, error] of cases) {
    const meaning = { commands, error: error ?? null }
    const buffer = Buffer.from(bytes, 'latin1')
    test(`${name}: whole, byte by byte, and split at every byte`, () => {
      expect(fed([buffer])).toEqual(meaning)
      expect(fed(everyByte(buffer))).toEqual(meaning)
      for (let cut = 1; cut < buffer.length; cut++) {
        expect(fed([buffer.subarray(0, cut), buffer.subarray(cut)]), `split at ${cut}`).toEqual(meaning)
      }
    })
    test(`${name}: so says the reference parser`, () => {
      expect(meaningOf(bytes, usualLimits)).toEqual(meaning)
    })
  }

  const longLines: [name: string, bytes: string, error: string][] = [
    ['an inline command', 'a'.repeat(65_537), 'ERR Protocol error: too big inline request'],
    ['a count', `*${'1'.repeat(65_536)}`, 'ERR Protocol error: too big mbulk count string'],
    ['a length', `*1\r\n$${'1'.repeat(65_536)}`, 'ERR Protocol error: too big bulk count string'],
  ]
  for (const [name, bytes, error] of longLines) {
    test(`${name} of more than 64 KiB ends it, with or without its line end, and however it comes`, () => {
      const meaning = { commands: [], error }
      expect(fed([Buffer.from(bytes)])).toEqual(meaning)
      expect(fed([Buffer.from(`${bytes}\r\n`)])).toEqual(meaning)
      expect(fed(everyByte(Buffer.from(bytes)))).toEqual(meaning)
      expect(fed([Buffer.from(bytes.slice(0, -1))]), 'a byte less waits').toEqual({ commands: [], error: null })
    })
  }

  test('an inline command of 64 KiB is a command', () => {
    const line = 'b'.repeat(65_535)
    expect(fed([Buffer.from(`${line}\r\n`)])).toEqual({ commands: [[line]], error: null })
  })

  test('before the password eleven arguments, or one of more than 16 KiB, end it', () => {
    const limits = { ...usualLimits, authenticated: false }
    const few = `*10\r\n${'$1\r\na\r\n'.repeat(10)}`
    expect(fed([Buffer.from(few)], limits).commands).toEqual([Array(10).fill('a')])
    expect(fed([Buffer.from('*11\r\n')], limits).error).toBe('ERR Protocol error: unauthenticated multibulk length')
    expect(fed([Buffer.from('*1\r\n$16384\r\n')], limits).error).toBe(null)
    expect(fed([Buffer.from('*1\r\n$16385\r\n')], limits).error).toBe('ERR Protocol error: unauthenticated bulk length')
  })

  test('a command larger than the limit ends it when its length is announced, before its bytes come', () => {
    const limits = { argumentBytesMax: 2000, queryBytesMax: 3000, authenticated: true }
    const head = `*3\r\n$3\r\nSET\r\n$2000\r\n${'k'.repeat(2000)}\r\n`
    const room = 3000 - head.length - '$900\r\n'.length - 2
    expect(fed([Buffer.from(`${head}$${room}\r\n`)], limits).error).toBe(null)
    expect(fed([Buffer.from(`${head}$${room + 1}\r\n`)], limits).error).toBe(
      'TOOBIG Protocol error: command larger than client-query-max',
    )
  })

  test('the last error is given again and again, and nothing is held', () => {
    const parser = new RequestParser(usualLimits)
    const args = new Arguments()
    parser.push(Buffer.from('*1\r\n$5'))
    expect(parser.next(args)).toBe('more')
    expect(parser.heldBytes).toBeGreaterThan(0)
    parser.push(Buffer.from('x\r\n'))
    const error = parser.next(args)
    expect(error).toMatchObject({ text: 'ERR Protocol error: invalid bulk length' })
    parser.push(Buffer.from('PING\r\n'))
    expect(parser.next(args)).toBe(error)
    expect(parser.heldBytes).toBe(0)
  })

  test('a command that lies whole in a chunk is not copied', () => {
    const parser = new RequestParser(usualLimits)
    const args = new Arguments()
    const chunk = Buffer.from('*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\n')
    parser.push(chunk)
    expect(parser.next(args)).toBe('command')
    expect(parser.next(args)).toBe('command')
    expect(args.buffer).toBe(chunk)
    expect([args.commandStart, args.commandEnd]).toEqual([14, chunk.length])
    expect(parser.next(args)).toBe('more')
    expect(parser.heldBytes).toBe(0)
  })

  test('behind a command that spans chunks it reads in the chunk again', () => {
    const parser = new RequestParser(usualLimits)
    const args = new Arguments()
    parser.push(Buffer.from('*2\r\n$3\r\nGE'))
    expect(parser.next(args)).toBe('more')
    const chunk = Buffer.from(`T\r\n$1\r\na\r\n${'*1\r\n$4\r\nPING\r\n'.repeat(500)}*1\r\n`)
    parser.push(chunk)
    expect(parser.next(args)).toBe('command')
    expect(words(args)).toEqual(['GET', 'a'])
    expect(args.buffer).not.toBe(chunk)
    for (let i = 0; i < 500; i++) {
      expect(parser.next(args)).toBe('command')
      expect(args.buffer).toBe(chunk)
      expect(words(args)).toEqual(['PING'])
    }
    expect(parser.next(args)).toBe('more')
    expect(parser.heldBytes).toBeLessThanOrEqual(1024)
  })

  test('a value of 64 MiB in chunks of 64 KiB is moved a few times, and what is held stays near what has come', () => {
    const size = 64 * 1024 * 1024
    const parser = new RequestParser(usualLimits)
    const args = new Arguments()
    parser.push(Buffer.from(`*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$${size}\r\n`))
    expect(parser.next(args)).toBe('more')
    expect(parser.heldBytes, 'the announcement alone takes no memory').toBeLessThan(4096)
    const chunk = Buffer.alloc(64 * 1024, 'v')
    let moves = 0
    let held = parser.heldBytes
    for (let sent = 0; sent < size; ) {
      parser.push(chunk)
      const outcome = parser.next(args)
      if (outcome !== 'more') expect.fail(`${outcome} after ${sent} bytes`)
      sent += chunk.length
      if (parser.heldBytes !== held) moves++
      held = parser.heldBytes
      if (held > 2 * sent + 4096) expect.fail(`${held} bytes held after ${sent}`)
    }
    expect(moves).toBeLessThan(20)
    parser.push(Buffer.from('\r\nPING\r\n'))
    expect(parser.next(args)).toBe('command')
    expect(args.length(2)).toBe(size)
    expect(Buffer.alloc(size, 'v').equals(args.bytes(2))).toBe(true)
    expect(parser.next(args)).toBe('command')
    expect(words(args)).toEqual(['PING'])
    expect(parser.heldBytes, 'let go of as soon as it is read').toBe(0)
  })

  test('a command of 300 000 arguments in small chunks is read once, not once per chunk', () => {
    const count = 300_000
    const bytes = Buffer.from(`*${count}\r\n${'$1\r\nx\r\n'.repeat(count)}`)
    const parser = new RequestParser(usualLimits)
    const args = new Arguments()
    let outcome: unknown = 'more'
    for (let at = 0; at < bytes.length; at += 256) {
      if (outcome !== 'more') expect.fail(`${outcome} before byte ${at}`)
      parser.push(bytes.subarray(at, at + 256))
      outcome = parser.next(args)
    }
    expect(outcome).toBe('command')
    expect(args.count).toBe(count)
    expect(args.key(count - 1)).toBe('x')
    parser.push(Buffer.from('PING\r\n'))
    expect(parser.next(args)).toBe('command')
    expect(args.offsets.length, 'the room it took is given back').toBeLessThan(1000)
  })

  test('one Arguments may serve many parsers whose commands are half sent', () => {
    const args = new Arguments()
    const parsers: { parser: RequestParser; rest: Buffer; command: string[] }[] = []
    for (let cut = 1; cut < 60; cut++) {
      // Each of another length, so that no two have the same offsets.
      const before = 'x'.repeat(cut)
      const command = ['s'.repeat(cut % 7), 'key', 'v'.repeat(cut), 'EX', '10']
      const bytes = Buffer.from(encodeCommand(command))
      const parser = new RequestParser(usualLimits)
      parser.push(Buffer.concat([encodeCommand([before]), bytes.subarray(0, cut)]))
      expect(parser.next(args)).toBe('command')
      expect(words(args)).toEqual([before])
      expect(parser.next(args)).toBe('more')
      parsers.push({ parser, rest: bytes.subarray(cut), command })
    }
    for (const { parser, rest, command } of parsers) {
      parser.push(rest)
      expect(parser.next(args)).toBe('command')
      expect(words(args)).toEqual(command)
    }
  })

  test('what was kept for a pause goes when it has been read, though a half of a command stays', () => {
    const parser = new RequestParser(usualLimits)
    const args = new Arguments()
    const commands: string[][] = []
    const many = Buffer.from('*1\r\n$4\r\nPING\r\n'.repeat(10_000))
    parser.push(many)
    parser.push(Buffer.from('PING\r\n*2\r\n$3\r\n'))
    parser.push(Buffer.from('GE'))
    expect(parser.heldBytes).toBeGreaterThanOrEqual(many.length)
    expect(drain(parser, args, commands)).toBe(null)
    expect(commands).toHaveLength(10_001)
    expect(parser.heldBytes).toBeLessThan(4096)
    parser.push(Buffer.from('T\r\n$1\r\na\r\n'))
    expect(parser.next(args)).toBe('command')
    expect(words(args)).toEqual(['GET', 'a'])
  })

  test('after `keep` the memory of a chunk that is not read yet is free', () => {
    const parser = new RequestParser(usualLimits)
    const args = new Arguments()
    const commands: string[][] = []
    const first = Buffer.from('PING\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\n*2\r\n$3\r\nGE')
    parser.push(first)
    expect(parser.next(args)).toBe('command')
    parser.keep()
    first.fill(0)
    const second = Buffer.from('T\r\n$1\r\nb\r\nPING\r\n')
    parser.push(second)
    parser.keep()
    second.fill(0)
    expect(drain(parser, args, commands)).toBe(null)
    expect(commands).toEqual([['GET', 'a'], ['GET', 'b'], ['PING']])
    expect(parser.heldBytes).toBe(0)
  })
})

describe('a command between threads', () => {
  test('is read where it lies, one behind another, and the same bytes come of it', () => {
    const sent = [['GET', 'a'], ['SET', 'k', 'v\r\n\0\xff'.repeat(40)], ['PING'], Array(200).fill('x')]
    const bytes = Buffer.concat(
      sent.map((command) => encodeCommand(command.map((word) => Buffer.from(word, 'latin1')))),
    )
    const args = new Arguments()
    let at = 0
    for (const command of sent) {
      const start = at
      at = parseCommand(bytes, at, args)
      expect(words(args)).toEqual(command)
      expect([args.commandStart, args.commandEnd]).toEqual([start, at])
      expect(Buffer.from(args.encode()).equals(bytes.subarray(start, at))).toBe(true)
    }
    expect(at).toBe(bytes.length)
  })

  test('that a client sent inline travels as an array', () => {
    const parser = new RequestParser(usualLimits)
    const args = new Arguments()
    parser.push(Buffer.from('SET "a b"   c\r\n'))
    expect(parser.next(args)).toBe('command')
    const bytes = args.encode()
    expect(Buffer.from(bytes).toString()).toBe('*3\r\n$3\r\nSET\r\n$3\r\na b\r\n$1\r\nc\r\n')
    expect(parseCommand(bytes, 0, args)).toBe(bytes.length)
    expect(words(args)).toEqual(['SET', 'a b', 'c'])
  })

  test('is a copy when it is encoded: it outlives the buffer it came in', () => {
    const buffer = Buffer.from(encodeCommand(['SET', 'key', 'value']))
    const before = Buffer.from(buffer)
    const args = new Arguments()
    parseCommand(buffer, 0, args)
    const bytes = args.encode()
    buffer.fill(0)
    expect(before.equals(bytes)).toBe(true)
    expect(bytes.buffer.byteLength, 'and pins no more than itself').toBe(bytes.length)
  })

  test('that is cut short is a bug, and falls', () => {
    const bytes = encodeCommand(['SET', 'key', 'value'])
    expect(() => parseCommand(bytes.subarray(0, bytes.length - 1), 0, new Arguments())).toThrow('complete')
  })

  test('is encoded from text, numbers and bytes', () => {
    const bytes = encodeCommand(['é', 12, -(2n ** 63n), new Uint8Array([0, 255])])
    expect(Buffer.from(bytes).toString('latin1')).toBe(
      '*4\r\n$2\r\n\xc3\xa9\r\n$2\r\n12\r\n$20\r\n-9223372036854775808\r\n$2\r\n\0\xff\r\n',
    )
  })
})

describe('Arguments', () => {
  function argumentsOf(...command: string[]): Arguments {
    const args = new Arguments()
    parseCommand(encodeCommand(command.map((word) => Buffer.from(word, 'latin1'))), 0, args)
    return args
  }

  test('a key is remembered for one command only', () => {
    const args = argumentsOf('GET', 'a')
    expect(args.key(1)).toBe('a')
    parseCommand(encodeCommand(['GET', 'b']), 0, args)
    expect(args.key(1)).toBe('b')
    expect(args.key(0)).toBe('GET')
  })

  test('a key is a character per byte, text is UTF-8', () => {
    const args = argumentsOf('GET', '\xc3\xa9\xff')
    expect(args.key(1)).toBe('\xc3\xa9\xff')
    expect(args.text(1)).toBe('é\ufffd')
  })

  test('option words are compared by ASCII letters alone', () => {
    const args = argumentsOf('keepTTL', '\xe9x', 'EX@')
    expect(args.upper(0)).toBe('KEEPTTL')
    expect(args.upper(1)).toBe('\xe9X')
    expect(args.is(0, 'keepttl')).toBe(true)
    expect(args.is(0, 'keepttx')).toBe(false)
    expect(args.is(2, 'ex`')).toBe(false)
  })
})

test('a command that comes byte by byte costs one array of offsets, and not one a byte', () => {
  const parser = new RequestParser(usualLimits)
  const args = new Arguments()
  const arrays = new Set<Int32Array>()
  const bytes = Buffer.from(encodeCommand(['MSET', ...Array.from({ length: 100 }, (_, i) => `${i}`)]))
  const commands: string[][] = []
  for (const chunk of everyByte(bytes)) {
    parser.push(chunk)
    expect(drain(parser, args, commands)).toBe(null)
    arrays.add(args.offsets)
  }
  expect(commands.map((words) => words.length)).toEqual([101])
  // That of the arguments, another in its place, and larger ones as the command grows.
  expect(arrays.size).toBeLessThanOrEqual(3)
})
