/** The whole server beside a real redis-server: the same bytes to both, the same bytes back. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Random } from '../../src/base/index.ts'
import { encodeCommand } from '../../src/redis/index.ts'
import { Program } from '../boot/process.ts'
import { anyCommand, KEYS, VALUES } from '../redis/any-command.ts'
import { closeInTime, installed, isKeptOtherwise, RedisServer, Reference } from '../redis/reference.ts'

const rounds = Number(process.env.CELLARIUM_DIFFERENTIAL_ROUNDS ?? 25)
const seed = process.env.CELLARIUM_SEED ?? 'servers'

const NAMES = ['', 'name', 'with space', 'x'.repeat(200), '\xff', 'a\0b']
const NUMBERS = ['0', '1', '-1', '01', 'x', '', '2147483648', '9223372036854775807', '9223372036854775808', '1.5']
const PATTERNS = ['*', '?', '[ab]', 'a', 'nope*', '[^a]', '\\a', '']

/** What the gateway answers, and what walks over the keys. */
function anySessionCommand(random: Random): string[] {
  const pick = (...words: string[]) => random.pick(words)
  const several = (make: () => string, most: number) => Array.from({ length: random.between(0, most) }, make)
  const number = () => random.pick(NUMBERS)
  const name = () => random.pick(NAMES)
  const word = () => random.pick([...NUMBERS, ...NAMES, ...KEYS, 'yes', 'no', 'on', 'off', 'id', 'type', 'normal'])
  switch (random.below(24)) {
    case 0:
      return ['SCAN', pick('0', '00', 'x', '', ' 0', '+0'), 'COUNT', pick('100', '0', 'x', '-1', '1000000')]
    case 1:
      return ['SCAN', '0', ...several(() => pick('MATCH', 'COUNT', 'TYPE', 'nope', '100', 'string'), 4)]
    case 2:
      return ['SCAN', '0', 'COUNT', '100', 'TYPE', pick('string', 'STRING', 'list', 'nope', '')]
    case 3:
    case 4:
      return [pick('KEYS', 'keys'), random.pick(PATTERNS)]
    case 5:
      return ['SCAN', '0', 'COUNT', '100', 'MATCH', random.pick(PATTERNS)]
    case 6:
      return ['RANDOMKEY', ...several(word, 1)]
    case 7:
      return ['SELECT', number()]
    case 8:
      return ['PING', ...several(name, 2)]
    case 9:
      return ['ECHO', ...several(name, 2)]
    case 10:
      return ['CLIENT', 'SETNAME', name()]
    case 11:
      return [
        'CLIENT',
        pick('GETNAME', 'getname', 'NO-EVICT', 'NOPE', 'ID'),
        ...several(() => pick('on', 'off', 'x'), 2),
      ].filter((text, i, all) => !(i === 1 && text === 'ID' && all.length === 2))
    case 12:
      return [
        'CLIENT',
        'KILL',
        pick('ID', 'ADDR', 'TYPE', 'SKIPME', 'USER', 'nope'),
        pick('0', 'x', '-1', '999999999', 'nobody'),
      ]
    case 13:
      return ['CLIENT', 'KILL', pick('x', '1.2.3.4:5', '')]
    case 14:
      return ['CLIENT', 'LIST', pick('TYPE', 'ID', 'nope'), pick('replica', 'x', 'pubsub', '999999999', '0')]
    case 15:
      return ['CLIENT', 'REPLY', pick('ON', 'nope')]
    case 16:
      return [
        'CONFIG',
        'GET',
        ...several(() => pick('appendfsync', 'save', 'databases', 'nope', 'timeout', 'APPENDFSYNC'), 2),
      ]
    case 17:
      return ['CONFIG', pick('SET', 'RESETSTAT', 'NOPE'), ...several(word, 3)]
    case 18:
      return [
        'HELLO',
        ...several(() => pick('2', '3', '4', 'x', 'AUTH', 'SETNAME', 'default', 'name', 'a b'), 3),
      ].filter((text, i) => i === 0 || text !== '3')
    case 19:
      return ['AUTH', ...several(() => pick('default', 'x', ''), 3)]
    case 20:
      return [
        'COMMAND',
        pick('GETKEYS', 'NOPE', 'INFO'),
        ...(random.chance(0.5) ? ['SET', 'a'] : ['nope', ...several(word, 2)]),
      ]
    case 21:
      return [pick('LASTSAVE', 'TIME', 'ROLE', 'DBSIZE', 'READONLY', 'READWRITE', 'RESET'), 'x', ...several(word, 2)]
    case 22:
      return [
        pick('OBJECT', 'MEMORY', 'LATENCY', 'SLOWLOG', 'CLUSTER', 'CONFIG', 'CLIENT'),
        pick('nope', 'LEN', 'INFO'),
        ...several(word, 1),
      ]
    default:
      return ['WAIT', pick('0', 'x', ''), pick('0', 'x', '-1', '1')]
  }
}

describe.skipIf(!installed)(`beside redis-server${installed ? '' : ' (skipped: version 7.0 is not installed)'}`, () => {
  const redis = new RedisServer()
  const directory = mkdtempSync(join(tmpdir(), 'cellarium-beside-'))
  let program: Program
  let port = 0
  const connections: Reference[] = []
  const connect = () => {
    const made = new Reference(port)
    connections.push(made)
    return made
  }

  beforeAll(async () => {
    await redis.start('--databases', '1', '--appendfsync', 'always', '--slowlog-log-slower-than', '-1')
    program = new Program(['serve', '--dir', directory, '--port', '0', '--http-port', '0', '--executors', '1'])
    port = (await program.ready()).redis
  })

  afterAll(async () => {
    for (const { socket } of connections) socket.destroy()
    await redis.stop()
    await program.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  async function both(ours: Reference, theirs: Reference, sent: readonly string[][]): Promise<void> {
    const bytes = Buffer.concat(sent.map((words) => encodeCommand(words.map((word) => Buffer.from(word, 'latin1')))))
    const [our, their] = await Promise.all([ours.ask(bytes, sent.length), theirs.ask(bytes, sent.length)])
    expect([our.length, their.length], 'every command is answered').toEqual([sent.length, sent.length])
    const differences: string[] = []
    for (const [i, command] of sent.entries()) {
      const mine = our[i] as Buffer
      const other = their[i] as Buffer
      if (mine.equals(other) || mayDiffer(command, mine, other) || sorted(mine) === sorted(other)) continue
      differences.push(`${JSON.stringify(command)}: ${sorted(mine)} and not ${sorted(other)}`)
    }
    expect(differences, `seed ${seed}: ${JSON.stringify(sent)}`).toEqual([])
  }

  /** Redis gives keys in the order of a hash table. */
  function sorted(reply: Buffer): string {
    const text = reply.toString('latin1')
    const isKeys = /^[*%](2\r\n\$1\r\n0\r\n\*)?\d+\r\n/.test(text)
    return isKeys ? text.split('\r\n').sort().join('|') : text
  }

  function mayDiffer(command: readonly string[], ours: Buffer, theirs: Buffer): boolean {
    const name = (command[0] as string).toLowerCase()
    const near = /^(p?)(ttl|expiretime)$/.exec(name)
    if (near !== null) return closeInTime(ours, theirs, near[1] === '' ? 1000 : 1)
    if (name === 'randomkey') return ours[0] === 36 && theirs[0] === 36 && ours[1] !== 45
    // Three copies, of which two, or all, have it.
    if (name === 'wait') return /^:[12]\r\n$/.test(ours.toString()) && theirs.toString() === ':0\r\n'
    // Each tells of itself; and one key may be as good as another.
    if (name === 'client' && /^info$/i.test(command[1] ?? '')) return ours[0] === theirs[0]
    if (name === 'hello') return ours[0] === theirs[0] && ours[0] !== 45
    return isKeptOtherwise([...command], ours, theirs)
  }

  for (const protocol of ['2', '3']) {
    test(`random commands get the same bytes from both in RESP${protocol} (${rounds} rounds of 100)`, async () => {
      const random = new Random(`${seed}/${protocol}`)
      const ours = connect()
      const theirs = redis.connect()
      for (let round = 0; round < rounds; round++) {
        const nowSeconds = Math.floor(Date.now() / 1000)
        const sent = [['HELLO', protocol], ['FLUSHALL']]
        while (sent.length < 100) {
          sent.push(random.chance(0.5) ? anyCommand(random, nowSeconds) : anySessionCommand(random))
        }
        await both(ours, theirs, sent)
      }
    })
  }

  test('what the gateway answers is the same where it hangs on nothing but the words', async () => {
    const lines = [
      'SELECT 2147483648',
      'SELECT -2147483649',
      'COPY a b DB 2147483648',
      'COPY a b DB 1',
      'COPY a b DB x',
      'CLIENT NO-EVICT x',
      'CLIENT ID x',
      'CLIENT GETNAME x',
      'CLIENT KILL',
      'CLIENT LIST ID',
      'CLIENT LIST ID x',
      'CLIENT LIST TYPE',
      'CLIENT KILL ID',
      'CLIENT KILL ID 1 ADDR',
      'CLIENT',
      'CLIENT NOPE',
      'CONFIG GET',
      'CONFIG SET save',
      'CONFIG SET save "" timeout',
      'CONFIG SET save "" save ""',
      'CONFIG SET nope 1',
      'CONFIG SET save "" nope 1',
      'CONFIG SET databases 2',
      'CONFIG SET maxclients x',
      'CONFIG SET maxclients -1',
      'CONFIG GET timeout TIMEOUT time*out',
      'HELLO 3 SETNAME',
      'HELLO 1',
      'HELLO 3 AUTH a',
      'DEBUG',
      'DEBUG SLEEP x',
      'COMMAND DOCS nope',
      'COMMAND LIST FILTERBY',
      'COMMAND LIST FILTERBY ACLCAT nope',
      'COMMAND LIST FILTERBY MODULE x',
      'COMMAND LIST FILTERBY PATTERN',
      'COMMAND LIST FILTERBY PATTERN getd*',
      'COMMAND COUNT x',
      'COMMAND GETKEYS',
      'COMMAND GETKEYS nope a',
      'COMMAND GETKEYS GET',
      'COMMAND GETKEYS PING a',
      'COMMAND GETKEYS MSET a 1 b 2',
      'COMMAND GETKEYS SCAN 0',
      'INFO nope',
      'FLUSHALL ASYNC SYNC',
      'FLUSHDB nope',
      'WAIT 0',
      'RESET x',
      'AUTH',
      'AUTH a',
      'AUTH default a',
      'AUTH nobody a',
      'AUTH a b c',
      'ECHO',
      'TYPE',
      'SHUTDOWN nope',
      'LASTSAVE x',
      'LATENCY NOPE',
      'SLOWLOG GET x',
      'CLUSTER NOPE',
      'MEMORY USAGE a SAMPLES x',
      'MEMORY USAGE a SAMPLES',
      'MEMORY USAGE a SAMPLES -1',
      'MEMORY USAGE',
      'READONLY x',
      'PING a b',
      'TIME x',
      'SYSGET a',
    ]
    for (const protocol of ['2', '3']) {
      const sent = lines.map((line) => (line.match(/"[^"]*"|\S+/g) as string[]).map((word) => word.replaceAll('"', '')))
      await both(connect(), redis.connect(), [['HELLO', protocol], ...sent])
    }
  })

  test('a key dies at the same time for both, and what is left of it is the same', async () => {
    const ours = connect()
    const theirs = redis.connect()
    await both(ours, theirs, [
      ['FLUSHALL'],
      ...KEYS.map((key, i) => ['SET', key, VALUES[i] as string, 'PX', '1']),
      ['SET', 'stays', '1'],
    ])
    for (const connection of [ours, theirs]) {
      while ((await connection.value('GET', 'a')) !== null) {
        // Until a millisecond has gone by.
      }
    }
    await both(
      ours,
      theirs,
      KEYS.flatMap((key) => [
        ['EXISTS', key],
        ['TTL', key],
        ['GETDEL', key],
        ['SCAN', '0', 'COUNT', '100'],
        ['EXPIRE', key, '10'],
        ['PERSIST', key],
        ['APPEND', key, 'x'],
        ['TTL', key],
        ['KEYS', '*'],
        ['INCR', 'stays'],
      ]),
    )
  })
})
