/**
 * A cluster of eight cells beside one redis-server: commands whose keys lie in several cells, and those that go over all of
 * them. What cannot be cut is refused there (CROSSCELL), and that is the only difference.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Random } from '../../src/base/index.ts'
import { encodeCommand, type Reply, ReplyParser } from '../../src/redis/index.ts'
import { json, Program, until } from '../boot/process.ts'
import { anyCommand, VALUES } from '../redis/any-command.ts'
import { closeInTime, installed, isKeptOtherwise, RedisServer, Reference } from '../redis/reference.ts'

const CELLS = 8
const ROUNDS = Number(process.env.CELLARIUM_DIFFERENTIAL_ROUNDS ?? 25)
const seed = process.env.CELLARIUM_SEED ?? 'cells'

/** Two in each cell, which begins at `i × 65536 / 8`, and two with a tag that lie together. */
const KEYS = Array.from({ length: CELLS }, (_, i) => {
  const first = String.fromCharCode(i * (256 / CELLS))
  return [`${first}\0`, `${first}zzz`]
}).flat()
const TAGGED = ['{t}1', '{t}2']
const ALL = [...KEYS, ...TAGGED]

function cellOf(key: string): number {
  return Math.floor(key.charCodeAt(0) / (256 / CELLS))
}

/** Commands that are all or nothing, by where their keys stand. */
const WHOLE: Readonly<Record<string, (words: readonly string[]) => readonly string[]>> = {
  msetnx: (words) => words.filter((_, i) => i % 2 === 1),
  rename: (words) => words.slice(1, 3),
  renamenx: (words) => words.slice(1, 3),
  copy: (words) => words.slice(1, 3),
  lcs: (words) => words.slice(1, 3),
}

function crosses(words: readonly string[]): boolean {
  const keys = WHOLE[(words[0] as string).toLowerCase()]?.(words) ?? []
  return new Set(keys.map(cellOf)).size > 1
}

function anyOfMany(random: Random): string[] {
  const key = () => random.pick(ALL)
  const some = (most: number, make: () => string[]) => Array.from({ length: random.between(1, most) }, make).flat()
  const pair = () => [key(), random.pick(VALUES)]
  switch (random.below(14)) {
    case 0:
    case 1:
      return ['MSET', ...some(6, pair)]
    case 2:
      return ['MSET', ...some(3, pair), key()]
    case 3:
    case 4:
      return ['MGET', ...some(8, () => [key()])]
    case 5:
      return [random.pick(['DEL', 'UNLINK']), ...some(4, () => [key()])]
    case 6:
      return [random.pick(['EXISTS', 'TOUCH']), ...some(8, () => [key()])]
    case 7:
      return [random.pick(['RENAME', 'RENAMENX', 'COPY']), key(), key(), ...(random.chance(0.2) ? ['REPLACE'] : [])]
    case 8:
      return ['MSETNX', ...some(2, pair)]
    case 9:
      return ['LCS', key(), key(), ...(random.chance(0.5) ? ['LEN'] : [])]
    case 10:
      return ['KEYS', random.pick(['*', '?*', '*zzz', '{t}*', '@*', '[^@]*', ''])]
    case 11:
      return [
        'SCAN',
        '0',
        'COUNT',
        '1000',
        ...(random.chance(0.5) ? ['MATCH', random.pick(['*z', '{t}?', '\\@*'])] : []),
      ]
    case 12:
      return ['DBSIZE']
    default:
      return [random.pick(['INCR', 'APPEND', 'SETRANGE']), key(), ...(random.chance(0.6) ? ['1'] : ['2', 'x'])]
  }
}

/** Of few keys in one place: these in many. */
const elsewhere = new Map([
  ['a', KEYS[0] as string],
  ['b', KEYS[7] as string],
  ['c', KEYS[15] as string],
])

/** Keys are bytes: a character for each. */
function parsed(raw: Buffer): Reply {
  const parser = new ReplyParser('bytes')
  parser.push(raw)
  const asText = (reply: Reply): Reply => {
    if (reply instanceof Uint8Array) return Buffer.from(reply).toString('latin1')
    return Array.isArray(reply) ? reply.map(asText) : reply
  }
  return asText(parser.next() as Reply)
}

/** What a walk found, whose order is not told: as text to compare. */
function found(name: string, raw: Buffer): string {
  const reply = parsed(raw)
  if (!Array.isArray(reply)) return raw.toString('latin1')
  const keys = name === 'keys' ? reply : (reply[1] as string[])
  return JSON.stringify([...keys].sort()) + (name === 'scan' ? String(reply[0]) : '')
}

function isSame(words: readonly string[], ours: Buffer, theirs: Buffer): boolean {
  if (ours.equals(theirs)) return true
  const name = (words[0] as string).toLowerCase()
  const near = /^(p?)(ttl|expiretime)$/.exec(name)
  if (near !== null) return closeInTime(ours, theirs, near[1] === '' ? 1000 : 1)
  if (isKeptOtherwise([...words], ours, theirs)) return true
  return (name === 'keys' || name === 'scan') && found(name, ours) === found(name, theirs)
}

function bytesOf(sent: readonly string[][]): Buffer {
  return Buffer.concat(sent.map((words) => encodeCommand(words.map((word) => Buffer.from(word, 'latin1')))))
}

const why = installed ? '' : ' (skipped: version 7.0 is not installed)'
describe.skipIf(!installed)(`eight cells beside redis-server${why}`, () => {
  const redis = new RedisServer()
  const directory = mkdtempSync(join(tmpdir(), 'cellarium-many-'))
  let program: Program
  let ours: Reference
  let theirs: Reference

  beforeAll(async () => {
    await redis.start('--databases', '1')
    const flags = ['--port', '0', '--http-port', '0', '--executors', '2', '--initial-cells', String(CELLS)]
    program = new Program(['serve', '--dir', directory, ...flags])
    const { redis: port, http } = await program.ready()
    ours = new Reference(port)
    await until(
      () => json(http, '/api/v1/cells'),
      ({ items }) => items.length === CELLS,
    )
    theirs = redis.connect()
  })

  afterAll(async () => {
    ours?.socket.destroy()
    await redis.stop()
    await program?.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  async function ask(...words: string[]): Promise<Reply> {
    return parsed((await ours.ask(bytesOf([words]), 1))[0] as Buffer)
  }

  async function compare(sent: readonly string[][]): Promise<void> {
    // What cannot be cut does nothing here, and so is not sent there.
    const [our, their] = await Promise.all([
      ours.ask(bytesOf(sent), sent.length),
      theirs.ask(bytesOf(sent.map((words) => (crosses(words) ? ['PING'] : words))), sent.length),
    ])
    const differences = sent.flatMap((words, i) => {
      const [mine, other] = [our[i] as Buffer, their[i] as Buffer]
      const isGood = crosses(words) ? /^-(CROSSCELL|ERR) /.test(mine.toString()) : isSame(words, mine, other)
      return isGood ? [] : [`${JSON.stringify(words)}: ${mine.toString('latin1')} and not ${other.toString('latin1')}`]
    })
    expect(differences, `seed ${seed}: ${JSON.stringify(sent)}`).toEqual([])
  }

  test(`random commands over keys of all cells get the same from both (${ROUNDS} rounds of 100)`, async () => {
    const random = new Random(seed)
    for (let round = 0; round < ROUNDS; round++) {
      const nowSeconds = Math.floor(Date.now() / 1000)
      const sent = [['FLUSHALL']]
      while (sent.length < 100) {
        const words = random.chance(0.3) ? anyCommand(random, nowSeconds) : anyOfMany(random)
        sent.push(words.map((word) => elsewhere.get(word) ?? word))
      }
      await compare(sent)
    }
  })

  test('what cannot be cut says so, and names the keys, and changes nothing', async () => {
    const [here, there] = [KEYS[0] as string, KEYS[15] as string]
    await compare([['FLUSHALL'], ['MSET', here, '1', there, '2']])
    for (const words of [
      ['RENAME', here, there],
      ['COPY', here, there, 'REPLACE'],
      ['MSETNX', here, '5', there, '6'],
      ['LCS', here, there],
    ]) {
      const [refusal] = await ours.ask(bytesOf([words]), 1)
      expect(String(refusal)).toMatch(/^-CROSSCELL /)
    }
    await compare([['MGET', here, there], ['DBSIZE']])
    await compare([
      ['MSET', ...TAGGED.flatMap((key) => [key, '1'])],
      ['RENAME', ...TAGGED],
      ['COPY', '{t}2', '{t}1'],
    ])
  })

  test('a walk in small steps finds each key of all cells once, and RANDOMKEY finds keys of all of them', async () => {
    await compare([['FLUSHALL'], ['MSET', ...KEYS.flatMap((key) => [key, '1'])]])
    const walked: string[] = []
    let cursor = '0'
    do {
      const [next, keys] = (await ask('SCAN', cursor, 'COUNT', '1')) as [string, string[]]
      cursor = next
      walked.push(...keys)
    } while (cursor !== '0')
    expect(walked).toEqual([...KEYS].sort())
    const drawn = new Set<number>()
    for (let i = 0; i < 2000 && drawn.size < CELLS; i++) drawn.add(cellOf(String(await ask('RANDOMKEY'))))
    expect(drawn.size).toBe(CELLS)
  })
})
