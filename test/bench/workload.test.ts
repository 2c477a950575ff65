import { describe, expect, test } from 'vitest'
import { plainLoad } from '../../bench/plain-load.ts'
import { Random } from '../../src/base/index.ts'
import { UniformKeys, ZipfianKeys } from '../../src/bench/keys.ts'
import { FillRequests, Requests, type Workload, writeShare } from '../../src/bench/workload.ts'
import { Arguments, parseCommand } from '../../src/redis/index.ts'

const plain: Workload = { ...plainLoad, connections: 1, pipeline: 4, keys: 1000, valueBytes: 10 }

function commandsOf(bytes: Uint8Array): string[][] {
  const args = new Arguments()
  const commands: string[][] = []
  for (let at = 0; at < bytes.length; ) {
    at = parseCommand(bytes, at, args)
    commands.push(Array.from({ length: args.count }, (_, i) => args.latin1(i)))
  }
  return commands
}

describe('Requests', () => {
  test('are whole commands, of the mix asked for, with keys of the key space and values of the size', () => {
    const mix = { set: 3, get: 1, incr: 1, append: 1 }
    const requests = new Requests({ ...plain, mix }, 'seed')
    const seen = new Map<string, number>()
    for (let i = 0; i < 3000; i++) {
      for (const [name, key, value] of commandsOf(requests.next(4)) as [string, string, string | undefined][]) {
        seen.set(name, (seen.get(name) ?? 0) + 1)
        expect(Number(/^(?:key|counter|text):(\d{12})$/.exec(key)?.[1])).toBeLessThan(1000)
        expect(value?.length ?? 10).toBe(10)
      }
    }
    expect((seen.get('SET') ?? 0) / 12_000).toBeCloseTo(0.5, 1)
    for (const name of ['GET', 'INCR', 'APPEND']) expect((seen.get(name) ?? 0) / 12_000).toBeCloseTo(1 / 6, 1)
  })

  test('leave nothing of an earlier and longer number in a key', () => {
    const requests = new Requests({ ...plain, keys: 100_000 }, 'seed')
    const keys = new Set<string>()
    for (let i = 0; i < 500; i++) for (const [, key] of commandsOf(requests.next(4))) keys.add(key as string)
    for (const key of keys) expect(key).toMatch(/^key:0{7}\d{5}$/)
    expect(keys.size).toBeGreaterThan(1900)
  })

  test('may have fewer commands than a full batch', () => {
    expect(commandsOf(new Requests(plain, 'seed').next(3))).toHaveLength(3)
  })

  test('of a spread key space begin with bytes that are evenly divided', () => {
    const fill = new FillRequests({ ...plain, spread: true }, 50, 0, 1000, 'seed')
    const counts = new Array<number>(8).fill(0)
    while (fill.left > 0) {
      for (const [, key] of commandsOf(fill.next(50)) as [string, string][]) counts[key.charCodeAt(0) >> 5]!++
    }
    for (const count of counts) expect(count).toBeGreaterThan(100)
  })
})

test('a fill sets each key of its share once', () => {
  const fill = new FillRequests(plain, 16, 20, 52, 'seed')
  const keys: string[] = []
  while (fill.left > 0) for (const [, key] of commandsOf(fill.next(Math.min(16, fill.left)))) keys.push(key as string)
  expect(keys).toEqual(Array.from({ length: 32 }, (_, i) => `key:${String(20 + i).padStart(12, '0')}`))
})

test('of a mix the share that writes is known', () => {
  expect(writeShare({ set: 1, get: 3 })).toBe(0.25)
  expect(writeShare({ incr: 2, append: 2 })).toBe(1)
})

describe('Keys', () => {
  test('drawn evenly are all drawn about as often', () => {
    const picker = new UniformKeys(new Random(1), 10)
    const counts = new Array<number>(10).fill(0)
    for (let i = 0; i < 20_000; i++) counts[picker.next()]!++
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(250)
  })

  test("drawn after Zipf are as popular as Zipf's law says, and strewn over the key space", () => {
    const keys = 1000
    const theta = 0.99
    const picker = new ZipfianKeys(new Random(1), keys, theta)
    const draws = 200_000
    const counts = new Array<number>(keys).fill(0)
    for (let i = 0; i < draws; i++) counts[picker.next()]!++
    const whole = counts.reduce((sum, _, k) => sum + (k + 1) ** -theta, 0)
    const byPopularity = [...counts].sort((a, b) => b - a)
    for (const rank of [0, 1]) {
      expect((byPopularity[rank] as number) / draws / ((rank + 1) ** -theta / whole)).toBeCloseTo(1, 1)
    }
    const hot = (n: number) => byPopularity.slice(0, n).reduce((sum, count) => sum + count, 0) / draws
    const lawful = (n: number) => counts.slice(0, n).reduce((sum, _, k) => sum + (k + 1) ** -theta, 0) / whole
    expect(Math.abs(hot(100) - lawful(100))).toBeLessThan(0.05)
    const best = counts.indexOf(byPopularity[0] as number)
    const second = counts.indexOf(byPopularity[1] as number)
    expect(Math.abs(best - second)).toBeGreaterThan(100)
  })

  test.each([1, 2, 3, 10, 1_000_000])('after Zipf stay within a key space of %d', (keys) => {
    const picker = new ZipfianKeys(new Random(7), keys, 0.99)
    for (let i = 0; i < 1000; i++) {
      const key = picker.next()
      expect(Number.isInteger(key) && key >= 0 && key < keys).toBe(true)
    }
  })
})
