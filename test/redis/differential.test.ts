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
  switch (random.below(24)) {
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
    case 18: {
      const conditions = random.chance(0.5)
        ? []
        : several(() => random.pick(['NX', 'XX', 'GT', 'LT', 'nx', 'gt', 'no']), 2)
      return [random.pick(['EXPIRE', 'PEXPIRE']), key(), seconds(random), ...conditions]
    }
    case 19:
      return [random.pick(['TTL', 'PTTL']), key()]
    case 20:
      return ['PERSIST', key()]
    case 21:
      return random.chance(0.8)
        ? ['DBSIZE']
        : random.pick([['FLUSHALL'], ['FLUSHALL', 'ASYNC'], ['FLUSHALL', 'NOW'], ['flushall', 'SYNC', 'x']])
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
            const near = /^p?ttl$/.exec(sent[i]![0]!.toLowerCase())
            if (near !== null && closeInTime(ours, their, near[0] === 'ttl' ? 1000 : 1)) continue
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
