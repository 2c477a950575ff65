import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Random } from '../../src/base/index.ts'
import { commands, encodeCommand, formatDouble, matchGlob, type Reply, ReplyParser } from '../../src/redis/index.ts'
import { Front } from './front.ts'
import { replyEnd } from './raw-replies.ts'

/** The same bytes to this room and to a real redis-server: the same bytes must come back. */

const rounds = Number(process.env.CELLARIUM_DIFFERENTIAL_ROUNDS ?? 150)
const seed = process.env.CELLARIUM_SEED ?? 'differential'
/** Other versions differ in words: only this one is the reference. */
const version = String(spawnSync('redis-server', ['--version']).stdout ?? '')
const installed = version.includes(' v=7.0.')

/** A connection to redis-server that gives back raw replies. */
class Reference {
  readonly socket: Socket
  #received = Buffer.alloc(0)
  #wake = () => {}
  ended = false

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1')
    this.socket.setNoDelay(true)
    this.socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#wake()
    })
    this.socket.on('close', () => {
      this.ended = true
      this.#wake()
    })
  }

  /** As many replies as were asked for; fewer when the connection ends before. */
  async ask(bytes: Uint8Array, count: number): Promise<Buffer[]> {
    this.socket.write(bytes)
    const replies: Buffer[] = []
    while (replies.length < count) {
      const end = this.#received.length === 0 ? -1 : replyEnd(this.#received, 0)
      if (end >= 0) {
        replies.push(this.#received.subarray(0, end))
        this.#received = this.#received.subarray(end)
      } else if (this.ended) break
      else await new Promise<void>((wake) => (this.#wake = wake))
    }
    return replies
  }

  async value(...command: string[]): Promise<Reply> {
    const [raw] = await this.ask(encodeCommand(command.map((word) => Buffer.from(word, 'latin1'))), 1)
    const parser = new ReplyParser()
    parser.push(raw!)
    return parser.next()!
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

const KEYS = ['a', 'b', 'c', '\0\xff\r\n']
const VALUES = [
  '',
  '1',
  '-1',
  '10',
  '9223372036854775807',
  '-9223372036854775808',
  '9223372036854775806',
  '007',
  'x',
  ' 1',
  'text\r\n\0',
  '9007199254740993',
  'v'.repeat(300),
]
const FLOATS = [
  '0',
  '1.5',
  '-0.1',
  '0.3',
  '1e3',
  '1e-17',
  '-2.5e-9',
  '0x1.8p3',
  '3.14159265358979323846',
  '123456789012345678.9',
  '1e30',
  '5e-324',
  '-0',
  '.5',
  '5.',
  '+7',
  'inf',
  '-Infinity',
  'nan',
  '1e4932',
  '1e9999',
  '1e-9999',
  '0e9999',
  ' 1',
  '1x',
  '',
]
const INDEXES = [
  '0',
  '1',
  '-1',
  '-2',
  '2',
  '5',
  '-5',
  '100',
  '-400',
  '9223372036854775807',
  '-9223372036854775808',
  'x',
]
const BAD_TIMES = [
  '0',
  '-1',
  'x',
  '1.5',
  '9223372036854775807',
  '-9223372036854775808',
  '9223372036854775',
  '9223372036854776',
  '-9223372036854775',
  '-9223372036854776',
  '01',
  '',
]
const WORDS = ['NX', 'xx', 'GET', 'KEEPTTL', 'EX', 'px', 'EXAT', 'PXAT', 'GT', 'lt', 'PERSIST', '', 'nope']

/**
 * Whole seconds far from any other, so that no reply hangs on how many milliseconds a round takes; now and then what is
 * no time at all.
 */
function seconds(random: Random): string {
  return random.chance(0.3) ? random.pick(BAD_TIMES) : String(1000 * random.between(1, 1_000_000))
}

function anyCommand(random: Random, nowSeconds: number): string[] {
  const key = () => random.pick(KEYS)
  const value = () => random.pick(VALUES)
  const several = (make: () => string, most: number) => Array.from({ length: random.between(1, most) }, make)
  const word = (text: string) => (random.chance(0.3) ? text.toLowerCase() : text)
  const time = () =>
    random.chance(0.2) ? random.pick(BAD_TIMES) : String(nowSeconds + 1000 * random.between(-2, 1_000_000) + 500)
  const conditions = () =>
    random.chance(0.5) ? [] : several(() => random.pick(['NX', 'XX', 'GT', 'LT', 'nx', 'gt', 'no']), 2)
  switch (random.below(48)) {
    case 0:
    case 1:
      return [word('GET'), key()]
    case 2:
    case 3:
      return [word('SET'), key(), value()]
    case 4:
    case 5: {
      const options: string[] = []
      for (let i = random.between(1, 3); i > 0; i--) {
        const option = random.pick(WORDS)
        options.push(option)
        if (/^(ex|px)$/i.test(option) && random.chance(0.9)) options.push(seconds(random))
        if (option === 'EXAT' && random.chance(0.9)) options.push(String(nowSeconds + 1000 * random.between(-2, 1000)))
        if (option === 'PXAT' && random.chance(0.9))
          options.push(String((nowSeconds + 1000 * random.between(1, 1000)) * 1000))
      }
      return ['SET', key(), value(), ...options]
    }
    case 6:
      return [word('MGET'), ...several(key, 4)]
    case 7:
      return ['MSET', ...several(key, 3).flatMap((one) => [one, value()]), ...(random.chance(0.2) ? [key()] : [])]
    case 8:
      return [random.pick(['DEL', 'UNLINK']), ...several(key, 3)]
    case 9:
      return ['EXISTS', ...several(key, 4)]
    case 10:
      return ['TYPE', key()]
    case 11:
    case 12:
      return [random.pick(['INCR', 'DECR']), key()]
    case 13:
    case 14:
      return [random.pick(['INCRBY', 'DECRBY']), key(), value()]
    case 15:
      return ['APPEND', key(), value()]
    case 16:
      return ['STRLEN', key()]
    case 17:
    case 18:
      return [random.pick(['EXPIRE', 'PEXPIRE']), key(), seconds(random), ...conditions()]
    case 19:
      return [random.pick(['TTL', 'PTTL', 'EXPIRETIME', 'PEXPIRETIME']), key()]
    case 20:
      return ['PERSIST', key()]
    case 21:
      return random.chance(0.8)
        ? ['DBSIZE']
        : random.pick([
            ['FLUSHALL'],
            ['FLUSHALL', 'ASYNC'],
            ['FLUSHALL', 'NOW'],
            ['flushall', 'SYNC', 'x'],
            ['FLUSHDB', 'SYNC'],
            ['FLUSHDB', 'x'],
          ])
    case 23:
      return ['EXPIREAT', key(), time(), ...conditions()]
    case 24: {
      const at = time()
      return ['PEXPIREAT', key(), /^\d{10,12}$/.test(at) ? `${at}000` : at, ...conditions()]
    }
    case 25:
      return ['SETNX', key(), value()]
    case 26:
      return [random.pick(['SETEX', 'PSETEX']), key(), seconds(random), value()]
    case 27:
      return ['GETSET', key(), value()]
    case 28:
      return ['GETDEL', key()]
    case 29:
    case 30: {
      const options: string[] = []
      for (let i = random.between(0, 2); i > 0; i--) {
        const option = random.pick(WORDS)
        options.push(option)
        if (/^(ex|px)$/i.test(option) && random.chance(0.9)) options.push(seconds(random))
        if (option === 'EXAT' && random.chance(0.9)) options.push(String(nowSeconds + 1000 * random.between(-2, 1000)))
      }
      return ['GETEX', key(), ...options]
    }
    case 31:
    case 32:
      // What would be longer than a value may be is told in words of our own.
      return ['SETRANGE', key(), random.pick(['0', '1', '5', '300', '-1', 'x', '01']), value()]
    case 33:
    case 34:
      return [random.pick(['GETRANGE', 'SUBSTR']), key(), random.pick(INDEXES), random.pick(INDEXES)]
    case 35:
    case 36:
    case 37:
      return ['INCRBYFLOAT', key(), random.pick(FLOATS)]
    case 38:
      return ['SET', key(), random.pick(FLOATS)]
    case 39: {
      const options = ['IDX', 'len', 'WITHMATCHLEN', 'MINMATCHLEN', 'nope']
      const chosen = random.chance(0.3) ? [] : several(() => random.pick(options), 2)
      return [
        'LCS',
        key(),
        key(),
        ...chosen.flatMap((one) => (/^min/i.test(one) ? [one, random.pick(INDEXES)] : [one])),
      ]
    }
    case 40:
      return ['SET', key(), Array.from({ length: random.below(20) }, () => random.pick(['a', 'b', 'c'])).join('')]
    case 41:
      return ['MSETNX', ...several(key, 3).flatMap((one) => [one, value()]), ...(random.chance(0.2) ? [key()] : [])]
    case 42:
      return ['TOUCH', ...several(key, 4)]
    case 43:
      return [random.pick(['RENAME', 'RENAMENX']), key(), key()]
    case 44: {
      const options = random.chance(0.4) ? [] : several(() => random.pick(['REPLACE', 'DB', '0', 'nope']), 3)
      return ['COPY', key(), key(), ...options]
    }
    case 45:
      return ['OBJECT', random.pick(['ENCODING', 'refcount', 'IDLETIME', 'FREQ', 'nope']), key()]
    case 46: {
      const options = random.chance(0.5) ? [] : ['SAMPLES', random.pick(INDEXES)]
      return ['MEMORY', random.pick(['USAGE', 'nope']), key(), ...options]
    }
    case 22:
      // Too few or too many words.
      return [random.pick(commands.filter((row) => !row.internal && row.where === 'cell')).name, ...several(key, 5)]
    default:
      return random.pick([
        ['NOPE', ...several(value, 6)],
        ['x'.repeat(150), 'y'.repeat(150)],
        ['CLIENT', value()],
        ['CONFIG'],
        ['ECHO', value()],
        ['ECHO'],
        ['COMMAND', 'GETKEYS', ...anyCommand(random, nowSeconds)],
        ['COMMAND', 'LIST', 'FILTERBY', value()],
      ])
  }
}

describe.skipIf(!installed)(
  `against redis-server${installed ? '' : ' (skipped: version 7.0 is not installed)'}`,
  () => {
    let server: ChildProcess
    let port = 0
    const sockets: Reference[] = []

    function reference(): Reference {
      const made = new Reference(port)
      sockets.push(made)
      return made
    }

    beforeAll(async () => {
      port = await freePort()
      server = spawn(
        'redis-server',
        ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
          cwd: tmpdir(),
        },
      )
      let log = ''
      for await (const chunk of server.stdout!) {
        log += chunk
        if (log.includes('Ready to accept connections')) break
      }
      expect(String(await reference().value('INFO', 'server'))).toContain('redis_version:7.0.')
    })

    afterAll(async () => {
      for (const { socket } of sockets) socket.destroy()
      if (server.exitCode === null) {
        server.kill('SIGKILL')
        await once(server, 'exit')
      }
    })

    for (const protocol of [2, 3] as const) {
      test(`random commands over few keys get the same bytes in RESP${protocol} (${rounds} rounds of 100)`, async () => {
        const random = new Random(`${seed}/${protocol}`)
        const redis = reference()
        await redis.value('HELLO', String(protocol))
        const seen = new Map<string, number>()
        for (let round = 0; round < rounds; round++) {
          const front = new Front()
          front.reply.protocol = protocol
          const [time] = (await redis.value('TIME')) as string[]
          const nowSeconds = Number(time)
          front.keyspace.nowMs = nowSeconds * 1000
          const sent = [['FLUSHALL']]
          while (sent.length < 100) sent.push(anyCommand(random, nowSeconds))
          const bytes = sent.map((command) => encodeCommand(command.map((word) => Buffer.from(word, 'latin1'))))
          const theirs = await redis.ask(Buffer.concat(bytes), sent.length)
          for (let i = 0; i < sent.length; i++) {
            const ours = front.feed(bytes[i]!)
            const their = theirs[i]!
            seen.set(sent[i]![0]!.toLowerCase(), (seen.get(sent[i]![0]!.toLowerCase()) ?? 0) + 1)
            if (ours.equals(their)) continue
            const near = /^(p?)(ttl|expiretime)$/.exec(sent[i]![0]!.toLowerCase())
            if (near !== null && closeInTime(ours, their, near[1] === '' ? 1000 : 1)) continue
            if (isKeptOtherwise(sent[i]!, ours, their)) continue
            expect(
              ours.toString('latin1'),
              `seed ${seed}, round ${round}: ${JSON.stringify(sent.slice(0, i + 1))}`,
            ).toBe(their.toString('latin1'))
          }
        }
        for (const row of commands)
          if (row.execute !== null && !row.internal) expect(seen.get(row.name), row.name).toBeGreaterThan(0)
      })
    }

    /** What Redis tells of how it keeps a value hangs on the way in which the value came to be; ours does not. */
    function isKeptOtherwise(command: string[], ours: Buffer, their: Buffer): boolean {
      const asked = command.slice(0, 2).join(' ').toLowerCase()
      const isInteger = (reply: Buffer) => /^:\d+\r\n$/.test(reply.toString())
      if (/^(object (refcount|idletime)|memory usage)$/.test(asked)) return isInteger(ours) && isInteger(their)
      const encodings = ['$3\r\nint\r\n', '$6\r\nembstr\r\n', '$3\r\nraw\r\n']
      const place = encodings.indexOf(ours.toString())
      return asked === 'object encoding' && place >= 0 && encodings.indexOf(their.toString()) > place
    }

    /** Times to live that may differ by what the round took, a few seconds at most. */
    function closeInTime(ours: Buffer, their: Buffer, unitMs: number): boolean {
      const a = Number(ours.toString().slice(1))
      const b = Number(their.toString().slice(1))
      // Above 2^53 milliseconds ours is rounded.
      return a > 0 && b > 0 && Math.abs(a - b) * unitMs <= Math.max(5000, a * unitMs * 2 ** -52)
    }

    const endings = [
      '*x\r\n',
      '*\r\n',
      '*+1\r\n',
      '*2147483648\r\n',
      '*99999999999999999999\r\n',
      '*1\r\n:1\r\n',
      '*1\r\n\r\n',
      '*1\r\nGET\r\n',
      '*1\r\n$-1\r\n',
      '*1\r\n$1a\r\n',
      '*1\r\n$01\r\n',
      '*1\r\n$\r\n',
      '*1\r\n$536870913\r\n',
      '*1\r\n$18446744073709551617\r\n',
      'ECHO "a\r\n',
      'ECHO "a"b\r\n',
      "ECHO 'a\r\n",
      'a'.repeat(65_537),
      `*${'1'.repeat(65_600)}`,
      `*1\r\n$${'1'.repeat(65_600)}`,
    ]
    for (const ending of endings) {
      test(`${JSON.stringify(ending.slice(0, 40))} ends the connection with the same words`, async () => {
        const redis = reference()
        const bytes = Buffer.from(`ECHO before\r\n${ending}`, 'latin1')
        const theirs = Buffer.concat(await redis.ask(bytes, 2))
        expect(new Front().feed(bytes).toString('latin1')).toBe(theirs.toString('latin1'))
        await redis.ask(Buffer.alloc(0), 1)
        expect(redis.ended).toBe(true)
      })
    }

    test('random inline commands mean the same', async () => {
      const random = new Random(`${seed}/inline`)
      const redis = reference()
      const front = new Front()
      const pieces = [
        ' ',
        '  ',
        '\t',
        '\v',
        'a',
        'bc',
        '"',
        '"',
        "'",
        "'",
        '\\',
        '\\x41',
        '\\xfF',
        '\\n',
        '\\"',
        "\\'",
        '\xff',
        '\x01',
      ]
      for (let i = 0; i < 3000; i++) {
        let line = 'ECHO '
        for (let j = random.between(0, 8); j > 0; j--) line += random.pick(pieces)
        const bytes = Buffer.from(`${line}\r\n`, 'latin1')
        const ours = new Front().feed(bytes)
        // What ends a connection is told above.
        if (ours.includes('unbalanced')) continue
        const [their] = await redis.ask(bytes, 1)
        expect(front.feed(bytes).toString('latin1'), JSON.stringify(line)).toBe(their!.toString('latin1'))
      }
    })

    for (const protocol of [2, 3] as const) {
      test(`what needs neither a cell nor a session gets the same bytes in RESP${protocol}`, async () => {
        const redis = reference()
        await redis.value('HELLO', String(protocol))
        await redis.value('SLOWLOG', 'RESET')
        const front = new Front()
        front.reply.protocol = protocol
        for (const line of [
          'CLUSTER',
          'CLUSTER INFO',
          'CLUSTER HELP',
          'CLUSTER NOPE',
          'CLUSTER KEYSLOT',
          'READONLY',
          'READWRITE x',
          'ROLE',
          'BGSAVE NOPE',
          'BGSAVE SCHEDULE x',
          'CONFIG REWRITE',
          'SLOWLOG GET',
          'SLOWLOG GET -2',
          'SLOWLOG get 1 2',
          'SLOWLOG LEN',
          'SLOWLOG RESET',
          'LATENCY LATEST',
          'LATENCY HISTORY x',
          'LATENCY HISTOGRAM nope',
          'LATENCY RESET x',
          'OBJECT',
          'OBJECT NOPE',
          'MEMORY NOPE x',
          'COMMAND GETKEYS RENAME a b',
          'COMMAND GETKEYS OBJECT ENCODING a',
          'COMMAND GETKEYS MEMORY USAGE a SAMPLES 5',
        ]) {
          const bytes = Buffer.from(`${line}\r\n`)
          const [their] = await redis.ask(bytes, 1)
          expect(front.feed(bytes).toString(), line).toBe(their!.toString())
        }
      })
    }

    test('random sums of floats have the same digits', async () => {
      const random = new Random(`${seed}/floats`)
      const redis = reference()
      const front = new Front()
      const digits = (most: number) => Array.from({ length: random.between(1, most) }, () => random.below(10)).join('')
      const decimal = () =>
        `${random.pick(['', '-', '+'])}${digits(25)}${random.chance(0.7) ? `.${digits(25)}` : ''}${
          random.chance(0.4) ? `e${random.between(-40, 40)}` : ''
        }`
      const hexadecimal = () =>
        `0x${random.u32().toString(16)}${random.u32().toString(16)}.${random.u32().toString(16)}p${random.between(-90, 90)}`
      const extreme = () => `${digits(3)}e${random.pick([4930, 4931, 4932, -4931, -4949, -4950, -4951, -4952, -6])}`
      for (let i = 0; i < 1500; i++) {
        const text = random.chance(0.7) ? decimal() : random.chance(0.6) ? hexadecimal() : extreme()
        const command = [random.chance(0.3) ? 'SET' : 'INCRBYFLOAT', 'sum', text]
        const bytes = encodeCommand(command)
        const [their] = await redis.ask(bytes, 1)
        expect(front.feed(bytes).toString(), command.join(' ')).toBe(their!.toString())
      }
    })

    test('COMMAND INFO says the same of every command that both have', async () => {
      const redis = reference()
      await redis.value('HELLO', '3')
      // These came with 7.2.
      const later = ['client|no-touch', 'client|setinfo']
      const names = commands
        .filter((row) => !row.internal)
        .flatMap((row) => [row, ...row.subcommands])
        .map((row) => row.name)
        .filter((name) => !later.includes(name))
      const front = new Front()
      front.reply.protocol = 3
      for (const name of names) {
        const bytes = encodeCommand(['COMMAND', 'INFO', name])
        const [raw] = await redis.ask(bytes, 1)
        const [ours, theirs] = [front.feed(bytes), raw!].map((reply) => {
          const parser = new ReplyParser()
          parser.push(reply)
          const [info] = parser.next() as Reply[][]
          // A container has fewer subcommands here.
          return info!.slice(0, 9)
        })
        expect(ours, name).toEqual(theirs)
      }
    })

    test('COMMAND DOCS tells the same origin and group', async () => {
      const redis = reference()
      for (const row of commands.filter((one) => !one.internal)) {
        const docs = ((await redis.value('COMMAND', 'DOCS', row.name)) as Reply[])[1] as Reply[]
        const told = new Map<Reply, Reply>()
        for (let i = 0; i < docs.length; i += 2) told.set(docs[i]!, docs[i + 1]!)
        expect([row.name, row.since, row.group]).toEqual([row.name, told.get('since'), told.get('group')])
      }
    })

    test('random patterns match the same keys', async () => {
      const random = new Random(`${seed}/patterns`)
      const redis = reference()
      const text = (characters: string, most: number) =>
        Array.from({ length: random.below(most + 1) }, () => random.pick([...characters])).join('')
      await redis.value('FLUSHALL')
      const keys = new Set<string>()
      for (let i = 0; i < 200; i++) keys.add(text('abcd-]^*\\', 4))
      // Redis takes no pattern but exactly `*` for the empty key.
      keys.delete('')
      await redis.value('MSET', ...[...keys].flatMap((key) => [key, '1']))
      for (let i = 0; i < 1500; i++) {
        const pattern = text('aabbcd**??[[]]^--\\', 7)
        const found = (await redis.value('KEYS', pattern)) as string[]
        expect([...keys].filter((key) => matchGlob(pattern, key)).sort(), JSON.stringify(pattern)).toEqual(found.sort())
      }
    })

    test('random doubles have the same spelling', async () => {
      const random = new Random(`${seed}/doubles`)
      const redis = reference()
      const view = new DataView(new ArrayBuffer(8))
      for (let i = 0; i < 2000; i++) {
        view.setUint32(0, random.u32())
        view.setUint32(4, random.u32())
        const value = random.chance(0.5) ? view.getFloat64(0) : (random.float() - 0.5) * 10 ** random.between(-6, 20)
        if (!Number.isFinite(value)) continue
        await redis.value('ZADD', 'doubles', String(value), 'member')
        expect(formatDouble(value)).toBe(await redis.value('ZSCORE', 'doubles', 'member'))
      }
    })
  },
)
