import { describe, expect, test } from 'vitest'
import {
  Arguments,
  checkArity,
  commands,
  encodeCommand,
  isCrossProtocolAttack,
  keysEnd,
  lookupCommand,
  matchGlob,
  parseCommand,
  type Reply,
  ReplyParser,
} from '../../src/redis/index.ts'
import { Front } from './front.ts'

function argumentsOf(...command: string[]): Arguments {
  const args = new Arguments()
  parseCommand(encodeCommand(command.map((word) => Buffer.from(word, 'latin1'))), 0, args)
  return args
}

const subcommands = commands.flatMap((row) => row.subcommands)

/** Each character in the other case of ASCII, whatever it is. */
function swapCase(text: string): string {
  return text.replace(/[a-zA-Z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) ^ 32))
}

describe('the table', () => {
  test('every command is found, in any case, and no other', () => {
    for (const row of commands) {
      expect(lookupCommand(argumentsOf(row.name))).toBe(row)
      expect(lookupCommand(argumentsOf(swapCase(row.name)))).toBe(row)
      for (const near of [`${row.name}x`, row.name.slice(0, -1), `${row.name.slice(0, -1)}\xff`, `\0${row.name}`]) {
        expect(lookupCommand(argumentsOf(near)), near).toBe(commands.find((other) => other.name === near))
      }
    }
    expect(lookupCommand(argumentsOf(''))).toBe(undefined)
  })

  test('every subcommand is found, in any case, and only within its container', () => {
    for (const row of subcommands) {
      const [container, word] = row.name.split('|') as [string, string]
      expect(lookupCommand(argumentsOf(container, word))).toBe(row)
      expect(lookupCommand(argumentsOf(swapCase(container), swapCase(word), 'x'))).toBe(row)
      expect(lookupCommand(argumentsOf(container, `${word}x`))).toBe(undefined)
      expect(lookupCommand(argumentsOf(row.name))).toBe(undefined)
    }
  })

  test('a container alone has its own row, which fails by its arity', () => {
    const args = argumentsOf('CLIENT')
    const row = lookupCommand(args)!
    expect(row.name).toBe('client')
    expect(checkArity(row, args)).toBe(false)
  })

  test('a byte that differs from a letter by the case bit alone is another byte', () => {
    expect(lookupCommand(argumentsOf('client', 'no\revict'))).toBe(undefined)
    expect(lookupCommand(argumentsOf('client', 'no-evict'))!.name).toBe('client|no-evict')
  })

  test('rows are made whole', () => {
    for (const row of [...commands, ...subcommands]) {
      expect(row.summary, row.name).toMatch(/^[A-Z].*\.$|^SYS/)
      expect(row.where === 'cell', row.name).toBe(row.execute !== null)
      expect(row.flags.includes('write') && row.flags.includes('readonly'), row.name).toBe(false)
      expect(row.writes).toBe(row.flags.includes('write'))
      expect(row.wholeRange, row.name).toBe(row.where === 'cell' && (row.firstKey === 0 || row.walks))
      expect(row.firstKey === 0, row.name).toBe(row.keyStep === 0)
      if (row.wholeRange && row.firstKey === 0) expect(row.spread, row.name).not.toBe('none')
      if (row.spread !== 'none') expect(row.wholeRange || row.lastKey < 0, row.name).toBe(true)
    }
    expect(new Set(commands.map((row) => row.name)).size).toBe(commands.length)
  })

  test('what has several keys is cut at the bounds of cells, or else is all or nothing', () => {
    const several = commands.filter((row) => !row.internal && row.lastKey !== row.firstKey)
    const whole = several.filter((row) => row.spread === 'none').map((row) => row.name)
    expect(whole).toEqual(['msetnx', 'lcs', 'copy', 'rename', 'renamenx'])
  })

  test('arity is exact, or a least number', () => {
    const get = lookupCommand(argumentsOf('get'))!
    expect(checkArity(get, argumentsOf('get'))).toBe(false)
    expect(checkArity(get, argumentsOf('get', 'a'))).toBe(true)
    expect(checkArity(get, argumentsOf('get', 'a', 'b'))).toBe(false)
    const set = lookupCommand(argumentsOf('set'))!
    expect(checkArity(set, argumentsOf('set', 'a'))).toBe(false)
    expect(checkArity(set, argumentsOf('set', 'a', 'b'))).toBe(true)
    expect(checkArity(set, argumentsOf('set', 'a', 'b', 'c'))).toBe(true)
  })

  const keyed: [string[], string[]][] = [
    [['get', 'a'], ['a']],
    [['set', 'a', 'x', 'EX', '1'], ['a']],
    [
      ['mget', 'a', 'b', 'a'],
      ['a', 'b', 'a'],
    ],
    [
      ['mset', 'a', '1', 'b', '2'],
      ['a', 'b'],
    ],
    [
      ['rename', 'a', 'b'],
      ['a', 'b'],
    ],
    [['object', 'encoding', 'a'], ['a']],
    [['memory', 'usage', 'a', 'samples', '5'], ['a']],
    [['dbsize'], []],
    [['ping', 'a'], []],
    [
      ['syswrite', 'generation', '7', 'a', '1', 'b', '2'],
      ['generation', 'a', 'b'],
    ],
  ]
  for (const [command, keys] of keyed) {
    test(`the keys of ${command.join(' ')} are ${keys.join(' ') || 'none'}`, () => {
      const args = argumentsOf(...command)
      const row = lookupCommand(args)!
      const found: string[] = []
      for (let i = row.firstKey; i < keysEnd(row, args); i += row.keyStep) found.push(args.key(i))
      expect(found).toEqual(keys)
    })
  }

  test('lines that a browser can be made to send are known', () => {
    expect(isCrossProtocolAttack(argumentsOf('POST', '/', 'HTTP/1.1'))).toBe(true)
    expect(isCrossProtocolAttack(argumentsOf('Host:', 'localhost'))).toBe(true)
    expect(isCrossProtocolAttack(argumentsOf('GET', '/'))).toBe(false)
  })
})

describe('errors of commands that are none', () => {
  const front = new Front()
  const told: [string, string][] = [
    ['NOPE', "-ERR unknown command 'NOPE', with args beginning with:"],
    ['nope a "b c"', "-ERR unknown command 'nope', with args beginning with: 'a' 'b c'"],
    [`${'n'.repeat(200)} a`, `-ERR unknown command '${'n'.repeat(128)}', with args beginning with: 'a'`],
    [`nope ${'a'.repeat(126)} bcd`, `-ERR unknown command 'nope', with args beginning with: '${'a'.repeat(126)}'`],
    [
      `nope ${'a'.repeat(120)} bcdefgh`,
      `-ERR unknown command 'nope', with args beginning with: '${'a'.repeat(120)}' 'bcdef'`,
    ],
    ['nope "a\\r\\nb\\x00c"', "-ERR unknown command 'nope', with args beginning with: 'a  b'"],
    ['CLIENT nope', "-ERR unknown subcommand 'nope'. Try CLIENT HELP."],
    ['config', "-ERR wrong number of arguments for 'config' command"],
    ['CONFIG GET', "-ERR wrong number of arguments for 'config|get' command"],
    ['get a b', "-ERR wrong number of arguments for 'get' command"],
  ]
  for (const [typed, reply] of told) test(JSON.stringify(typed), () => expect(front.type(typed)).toBe(reply))
})

describe('COMMAND', () => {
  function ask(line: string): Reply {
    const front = new Front()
    front.reply.protocol = 3
    const parser = new ReplyParser()
    parser.push(front.feed(Buffer.from(`${line}\r\n`)))
    const reply = parser.next()
    expect(parser.next()).toBe(undefined)
    return reply!
  }

  const visible = commands.filter((row) => !row.internal)

  test('COUNT, LIST, INFO and DOCS tell of the same commands, and not of internal ones', () => {
    const names = visible.map((row) => row.name)
    expect(ask('COMMAND COUNT')).toBe(names.length)
    expect(ask('COMMAND LIST')).toEqual(names)
    expect((ask('COMMAND') as Reply[][]).map((info) => info[0])).toEqual(names)
    expect((ask('COMMAND INFO') as Reply[][]).map((info) => info[0])).toEqual(names)
    expect([...(ask('COMMAND DOCS') as Map<string, Reply>).keys()]).toEqual(names)
    expect(names).not.toContain('syscas')
  })

  test('INFO of one command', () => {
    expect(ask('COMMAND INFO GET nope syscas')).toEqual([
      [
        'get',
        2,
        new Set(['readonly', 'fast']),
        1,
        1,
        1,
        new Set(['@read', '@string', '@fast']),
        new Set(),
        new Set([
          new Map<string, Reply>([
            ['flags', new Set(['RO', 'access'])],
            [
              'begin_search',
              new Map<string, Reply>([
                ['type', 'index'],
                ['spec', new Map([['index', 1]])],
              ]),
            ],
            [
              'find_keys',
              new Map<string, Reply>([
                ['type', 'range'],
                [
                  'spec',
                  new Map([
                    ['lastkey', 0],
                    ['keystep', 1],
                    ['limit', 0],
                  ]),
                ],
              ]),
            ],
          ]),
        ]),
        new Set(),
      ],
      null,
      null,
    ])
  })

  test('INFO of a container holds those of its subcommands', () => {
    const [[info]] = [ask('COMMAND INFO config') as Reply[][]]
    expect([...(info![9] as Set<Reply[]>)].map((row) => row[0])).toEqual([
      'config|get',
      'config|help',
      'config|resetstat',
      'config|rewrite',
      'config|set',
    ])
    expect((ask('COMMAND INFO Client|ID') as Reply[][])[0]![0]).toBe('client|id')
  })

  test('DOCS leaves out what it does not know', () => {
    const docs = ask('COMMAND DOCS nope ttl') as Map<string, Map<string, Reply>>
    expect([...docs.keys()]).toEqual(['ttl'])
    expect(docs.get('ttl')!.get('group')).toBe('generic')
  })

  test('LIST filters by pattern, category and module', () => {
    expect(ask('COMMAND LIST FILTERBY PATTERN *GET')).toEqual([
      'get',
      'mget',
      'config|get',
      'slowlog|get',
      'cluster|forget',
    ])
    expect(ask('COMMAND LIST FILTERBY ACLCAT String')).toContain('append')
    expect(ask('COMMAND LIST FILTERBY ACLCAT nope')).toEqual([])
    expect(ask('COMMAND LIST FILTERBY MODULE json')).toEqual([])
    expect(ask('COMMAND LIST FILTERBY NOPE x')).toMatchObject({ message: 'ERR syntax error' })
    expect(ask('COMMAND LIST FILTERBY')).toMatchObject({ message: 'ERR syntax error' })
  })

  test('GETKEYS gives the keys of a whole command', () => {
    expect(ask('COMMAND GETKEYS MSET a 1 b 2')).toEqual(['a', 'b'])
    expect(ask('COMMAND GETKEYS GET a b')).toMatchObject({
      message: 'ERR Invalid number of arguments specified for command',
    })
    expect(ask('COMMAND GETKEYS PING a')).toMatchObject({ message: 'ERR The command has no key arguments' })
    expect(ask('COMMAND GETKEYS NOPE a')).toMatchObject({ message: 'ERR Invalid command specified' })
    expect(ask('COMMAND GETKEYS SYSGET a')).toMatchObject({ message: 'ERR Invalid command specified' })
  })

  test('HELP is made of the rows', () => {
    const lines = ask('CLIENT HELP') as string[]
    expect(lines[0]).toBe('CLIENT <subcommand> [<arg> ...]. Subcommands are:')
    expect(lines).toContain('SETNAME')
  })
})

describe('matchGlob', () => {
  const matches: [pattern: string, text: string, matched: boolean][] = [
    ['', '', true],
    ['', 'a', false],
    ['*', '', true],
    ['*', 'anything', true],
    ['a*c', 'abbbc', true],
    ['a*c', 'abbbd', false],
    ['*a*b*', 'xxaxxbxx', true],
    ['*a*b*', 'xxbxxaxx', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['[abc]x', 'bx', true],
    ['[abc]x', 'dx', false],
    ['[^abc]x', 'dx', true],
    ['[^abc]x', 'ax', false],
    ['[a-c]', 'b', true],
    ['[c-a]', 'b', true],
    ['[a-c]', 'd', false],
    ['[\\]]', ']', true],
    ['[a', 'a', true],
    ['[', 'a', false],
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['a\\', 'a\\', true],
    ['user:*', 'user:1', true],
    ['USER', 'user', false],
  ]
  for (const [pattern, text, matched] of matches) {
    test(`${JSON.stringify(pattern)} ${matched ? 'takes' : 'refuses'} ${JSON.stringify(text)}`, () => {
      expect(matchGlob(pattern, text)).toBe(matched)
    })
  }

  test('in any case, if asked', () => {
    expect(matchGlob('U[A-C]*', 'ubX', true)).toBe(true)
  })

  test('many stars do not take more than pattern times text', () => {
    expect(matchGlob(`${'a*'.repeat(1000)}b`, 'a'.repeat(10_000))).toBe(false)
  })
})
