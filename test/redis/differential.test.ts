import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Random } from '../../src/base/index.ts'
import { commands, encodeCommand, formatDouble, matchGlob, type Reply, ReplyParser } from '../../src/redis/index.ts'
import { anyCommand } from './any-command.ts'
import { Front } from './front.ts'
import { closeInTime, installed, isKeptOtherwise, RedisServer } from './reference.ts'

/** The same bytes to this room and to a real redis-server: the same bytes must come back. */

const rounds = Number(process.env.CELLARIUM_DIFFERENTIAL_ROUNDS ?? 150)
const seed = process.env.CELLARIUM_SEED ?? 'differential'
describe.skipIf(!installed)(
  `against redis-server${installed ? '' : ' (skipped: version 7.0 is not installed)'}`,
  () => {
    const server = new RedisServer()
    const reference = () => server.connect()

    beforeAll(async () => {
      await server.start()
      expect(String(await reference().value('INFO', 'server'))).toContain('redis_version:7.0.')
    })

    afterAll(() => server.stop())

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
          'LATENCY GRAPH x',
          'LATENCY GRAPH',
          'CLIENT TRACKING',
          'CLIENT TRACKING off',
          'CLIENT TRACKING OFF bcast noloop',
          'CLIENT TRACKING maybe',
          'CLIENT TRACKING on nonsense',
          'CLIENT TRACKING on redirect x',
          'CLIENT TRACKING on redirect',
          'CLIENT CACHING',
          'CLIENT CACHING yes',
          'CLIENT CACHING maybe',
          'CLIENT GETREDIR',
          'CLIENT GETREDIR x',
          'CLIENT TRACKINGINFO',
          'CLIENT UNBLOCK 999999',
          'CLIENT UNBLOCK x',
          'CLIENT UNBLOCK x nope',
          'CLIENT UNBLOCK 999999 timeout',
          'CLIENT UNBLOCK 999999 ERROR',
          'CLIENT UNBLOCK 999999 error x',
          'CLIENT PAUSE x',
          'CLIENT PAUSE -1',
          'CLIENT PAUSE x nope',
          'CLIENT PAUSE 10 nope',
          'CLIENT PAUSE 10 all x',
          'CLIENT PAUSE',
          'CLIENT UNPAUSE',
          'CLIENT UNPAUSE x',
          'MEMORY PURGE',
          'MEMORY PURGE x',
          'MEMORY DOCTOR x',
          'MEMORY MALLOC-STATS x',
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
