/** One suite for every engine. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { latin1, Random, utf8 } from '../../src/base/index.ts'
import { type Engine, memoryEngine, openRocksEngine } from '../../src/storage/index.ts'
import { SimulatedEngineDisk } from '../sim/engine.ts'
import { batch, closed, everything, flushed, get, read, scanned, type Texts, written } from './engine-tools.ts'
import { VirtualTime } from './virtual-time.ts'

interface Place {
  name: string
  outlives: boolean
  make(): () => Promise<Engine>
}

const directories: string[] = []

const places: Place[] = [
  { name: 'in memory', outlives: false, make: () => async () => memoryEngine() },
  {
    name: 'on RocksDB',
    outlives: true,
    make: () => {
      const path = mkdtempSync(join(tmpdir(), 'cellarium-engine-'))
      directories.push(path)
      return () =>
        new Promise((resolve, reject) => {
          openRocksEngine(join(path, 'db'), {}, (error, engine) => (engine === null ? reject(error) : resolve(engine)))
        })
    },
  },
  {
    name: 'on the simulated disk',
    outlives: true,
    make: () => {
      const disk = new SimulatedEngineDisk(new VirtualTime().byItself, new Random(1))
      return async () => disk.open()
    },
  },
]

afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true })
})

const ALL = { pairsMax: 1e9, bytesMax: 1e9 }

describe.each(places)('an engine $name', (place) => {
  test('gives back what was put, and null for what is not there, each at its place', async () => {
    const engine = await place.make()()
    await written(engine, batch({ a: '1', b: '', c: '3' }))
    expect(await get(engine, ['c', 'x', 'b', 'a', 'c'])).toEqual(['3', null, '', '1', '3'])
    expect(await get(engine, [])).toEqual([])
    await closed(engine)
  })

  test('reads thousands of keys at once', async () => {
    const engine = await place.make()()
    const pairs: Texts = {}
    for (let i = 0; i < 3000; i++) pairs[`key ${i}`] = `value ${i}`
    await written(engine, batch(pairs))
    expect(await get(engine, Object.keys(pairs))).toEqual(Object.values(pairs))
    await closed(engine)
  })

  test('deletes ranges first, then puts and deletes in the order given', async () => {
    const engine = await place.make()()
    await written(engine, batch({ a: '1', b: '1', c: '1', d: '1', e: '1' }))
    await written(engine, {
      deleteRanges: [
        { start: utf8('b'), end: utf8('d') },
        { start: utf8('x'), end: utf8('x') },
      ],
      keys: [utf8('c'), utf8('a'), utf8('a'), utf8('e'), utf8('e'), utf8('none')],
      values: [utf8('new'), null, utf8('again'), utf8('gone'), null, null],
    })
    expect(await everything(engine)).toEqual({ a: 'again', c: 'new', d: '1' })
    await closed(engine)
  })

  test('an empty batch is written', async () => {
    const engine = await place.make()()
    await written(engine, batch({}))
    expect(await everything(engine)).toEqual({})
    await closed(engine)
  })

  test('keys and values are any bytes, ordered as unsigned numbers', async () => {
    const engine = await place.make()()
    const keys = [[0], [0, 0], [0, 255], [1], [127], [128], [255], [255, 255]].map((bytes) => Uint8Array.from(bytes))
    await written(engine, { deleteRanges: [], keys: keys.slice().reverse(), values: keys.slice().reverse() })
    const { pairs } = await scanned(engine, Uint8Array.of(), Uint8Array.of(255, 255, 255), ALL)
    expect(pairs.map(({ key }) => [...key])).toEqual(keys.map((key) => [...key]))
    expect(pairs.map(({ value }) => [...value])).toEqual(keys.map((key) => [...key]))
    await closed(engine)
  })

  test('a scan is from its start up to, and without, its end, and tells whether there is more', async () => {
    const engine = await place.make()()
    await written(engine, batch({ a: '1', b: '2', c: '3', d: '4' }))
    const scan = async (start: string, end: string, pairsMax: number, bytesMax = 1e9): Promise<[string, boolean]> => {
      const { pairs, more } = await scanned(engine, utf8(start), utf8(end), { pairsMax, bytesMax })
      return [pairs.map(({ key }) => latin1(key)).join(''), more]
    }
    expect(await scan('b', 'd', 10)).toEqual(['bc', false])
    expect(await scan('b', 'd', 2)).toEqual(['bc', false])
    expect(await scan('b', 'd', 1)).toEqual(['b', true])
    expect(await scan('a', 'z', 10, 4)).toEqual(['ab', true])
    expect(await scan('a', 'z', 10, 1)).toEqual(['a', true])
    expect(await scan('a', 'z', 10, 8)).toEqual(['abcd', false])
    expect(await scan('e', 'z', 10)).toEqual(['', false])
    expect(await scan('c', 'c', 10)).toEqual(['', false])
    await closed(engine)
  })

  test('a long range is read in steps, each from behind the last key of the one before', async () => {
    const engine = await place.make()()
    const pairs: Texts = {}
    for (let i = 0; i < 1000; i++) pairs[`${i}`.padStart(4, '0')] = 'v'.repeat(i % 50)
    await written(engine, batch(pairs))
    const found: string[] = []
    let start = Uint8Array.of()
    let steps = 0
    for (;;) {
      const step = await scanned(engine, start, utf8('z'), { pairsMax: 300, bytesMax: 5000 })
      steps++
      for (const { key } of step.pairs) found.push(latin1(key))
      if (!step.more) break
      start = Uint8Array.of(...step.pairs.at(-1)!.key, 0)
    }
    expect(found).toEqual(Object.keys(pairs).sort())
    expect(steps).toBeGreaterThan(4)
    await closed(engine)
  })

  test('a snapshot stays as it was, whatever is written and flushed after it', async () => {
    const engine = await place.make()()
    await written(engine, batch({ a: '1', b: '1', c: '1' }))
    const snapshot = engine.snapshot()
    await written(engine, batch({ a: '2', d: '2' }, [['b', 'c']]))
    const later = engine.snapshot()
    await flushed(engine)
    await written(engine, batch({}, [['a', 'z']]))
    expect(await everything(snapshot)).toEqual({ a: '1', b: '1', c: '1' })
    expect(await everything(later)).toEqual({ a: '2', c: '1', d: '2' })
    expect(await everything(engine)).toEqual({})
    const { pairs, more } = await scanned(snapshot, utf8('b'), utf8('z'), { pairsMax: 1, bytesMax: 1e9 })
    expect([pairs.length, more]).toEqual([1, true])
    snapshot.release()
    later.release()
    expect(() => snapshot.scan(utf8('a'), utf8('b'), ALL, () => {})).toThrow()
    await closed(engine)
  })

  test('the size of a range is about right', async () => {
    const engine = await place.make()()
    const pairs: Texts = {}
    const random = new Random(3)
    for (let i = 0; i < 2000; i++) {
      pairs[`${i}`.padStart(4, '0')] = Array.from({ length: 500 }, () =>
        String.fromCharCode(random.below(94) + 33),
      ).join('')
    }
    await written(engine, batch(pairs))
    await flushed(engine)
    const bytes = (start: string, end: string): Promise<number> =>
      new Promise((resolve, reject) => {
        engine.approximateBytes(utf8(start), utf8(end), (error, n) => (error === null ? resolve(n) : reject(error)))
      })
    const whole = await bytes('0000', '9999')
    expect(whole).toBeGreaterThan(500_000)
    expect(whole).toBeLessThan(2_000_000)
    const half = await bytes('0000', '1000')
    expect(half).toBeGreaterThan(whole * 0.3)
    expect(half).toBeLessThan(whole * 0.7)
    expect(await bytes('x', 'z')).toBeLessThan(20_000)
    await closed(engine)
  })

  test('nothing calls back before it has returned', async () => {
    const engine = await place.make()()
    await written(engine, batch({ a: '1' }))
    const early: string[] = []
    const calls: Promise<void>[] = []
    const call = (name: string, start: (done: () => void) => void): void => {
      let returned = false
      calls.push(
        new Promise((resolve) => {
          start(() => {
            if (!returned) early.push(name)
            resolve()
          })
        }),
      )
      returned = true
    }
    const snapshot = engine.snapshot()
    call('write', (done) => engine.write(batch({ b: '2' }), done))
    call('flush', (done) => engine.flush(done))
    call('getMany', (done) => engine.getMany([utf8('a')], done))
    call('getMany of nothing', (done) => engine.getMany([], done))
    call('scan', (done) => engine.scan(utf8('a'), utf8('z'), ALL, done))
    call('snapshot.scan', (done) => snapshot.scan(utf8('a'), utf8('z'), ALL, done))
    call('approximateBytes', (done) => engine.approximateBytes(utf8('a'), utf8('z'), done))
    await Promise.all(calls)
    snapshot.release()
    call('close', (done) => engine.close(done))
    await Promise.all(calls)
    expect(early).toEqual([])
  })

  test('any sequence of batches leaves what a plain map would hold', async () => {
    const keyOf = fc.integer({ min: 0, max: 300 }).map((n) => `${n}`.padStart(3, '0'))
    const operation = fc.record({
      ranges: fc.array(fc.tuple(keyOf, keyOf), { maxLength: 1 }),
      puts: fc.array(fc.tuple(keyOf, fc.option(fc.string({ maxLength: 5 }))), { maxLength: 150 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 12 }), fc.nat(), async (operations, at) => {
        const engine = await place.make()()
        const model = new Map<string, string>()
        const frozenAt = at % (operations.length + 1)
        let frozen: [string, string][] = []
        let snapshot = engine.snapshot()
        for (const [i, { ranges, puts }] of operations.entries()) {
          if (i === frozenAt) {
            snapshot.release()
            snapshot = engine.snapshot()
            frozen = [...model]
          }
          await written(engine, {
            deleteRanges: ranges.map(([start, end]) => ({ start: utf8(start), end: utf8(end) })).filter(isForward),
            keys: puts.map(([key]) => utf8(key)),
            values: puts.map(([, value]) => (value === null ? null : utf8(value))),
          })
          for (const [start, end] of ranges)
            for (const key of model.keys()) if (key >= start && key < end) model.delete(key)
          for (const [key, value] of puts) value === null ? model.delete(key) : model.set(key, value)
        }
        expect(await everything(engine)).toEqual(Object.fromEntries(model))
        expect(await everything(snapshot)).toEqual(frozenAt < operations.length ? Object.fromEntries(frozen) : {})
        const keys = [...model.keys(), 'none']
        expect(await get(engine, keys)).toEqual(keys.map((key) => model.get(key) ?? null))
        snapshot.release()
        await closed(engine)
      }),
      { numRuns: place.name === 'on RocksDB' ? 15 : 60, seed: 5 },
    )
  })
})

describe.each(places.filter((place) => place.outlives))('an engine $name, opened again', (place) => {
  test('holds what was written', async () => {
    const open = place.make()
    const engine = await open()
    await written(engine, batch({ a: '1', b: '2' }))
    await flushed(engine)
    await written(engine, batch({ b: '3', c: '4' }, [['a', 'b']]))
    await closed(engine)
    const again = await open()
    expect(await everything(again)).toEqual({ b: '3', c: '4' })
    await closed(again)
  })
})

test('memory engine: a hundred thousand keys in random order are all found, in order, and deleted by the range', async () => {
  const engine = memoryEngine()
  const random = new Random(9)
  const keys: Uint8Array[] = []
  for (let i = 0; i < 100_000; i++) keys.push(Buffer.from(`key ${random.u32()}`))
  for (let i = 0; i < keys.length; i += 1000) {
    const some = keys.slice(i, i + 1000)
    await written(engine, { deleteRanges: [], keys: some, values: some })
  }
  const found = await read(engine, keys)
  expect(found.every((value, i) => value !== null && Buffer.compare(value, keys[i]!) === 0)).toBe(true)
  const sorted = [...new Set(keys.map(latin1))].sort()
  const { pairs } = await scanned(engine, utf8('key'), utf8('kez'), ALL)
  expect(pairs.map(({ key }) => latin1(key))).toEqual(sorted)
  await written(engine, batch({}, [['key 1', 'key 4']]))
  const rest = await scanned(engine, utf8('key'), utf8('kez'), ALL)
  expect(rest.pairs.map(({ key }) => latin1(key))).toEqual(sorted.filter((key) => key < 'key 1' || key >= 'key 4'))
  await written(engine, batch({}, [['key', 'kez']]))
  expect(await everything(engine)).toEqual({})
})

test('simulated engine: after a crash there is what was flushed, and some of the later batches in order, each whole', () => {
  const survivors = new Set<number>()
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const time = new VirtualTime()
      const random = new Random(seed)
      const disk = new SimulatedEngineDisk(time.schedule, random.fork())
      let engine = disk.open()
      let issued = 0
      let acknowledged = 0
      let durable = 0
      let busy = false
      let flushing = false
      for (let i = 0; i < 200; i++) {
        const choice = random.below(10)
        if (choice < 4 && !busy) {
          busy = true
          const number = ++issued
          engine.write(batch({ count: `${number}`, [`also ${number}`]: 'x' }), () => {
            busy = false
            acknowledged = number
          })
        } else if (choice < 5 && !flushing) {
          flushing = true
          const carried = acknowledged
          engine.flush(() => {
            flushing = false
            durable = Math.max(durable, carried)
          })
        } else if (choice < 9) {
          time.advance(random.float() * 30)
        } else {
          disk.crash()
          engine = disk.open()
          const held = new Map<string, string>()
          engine.scan(utf8(' '), utf8('~'), ALL, (_, pairs) => {
            for (const { key, value } of pairs) held.set(latin1(key), latin1(value))
          })
          time.advance(10)
          const count = Number(held.get('count') ?? 0)
          expect(count).toBeGreaterThanOrEqual(durable)
          expect(count).toBeLessThanOrEqual(issued)
          for (let n = 1; n <= count; n++) expect(held.has(`also ${n}`)).toBe(true)
          expect(held.size).toBe(count === 0 ? 0 : count + 1)
          survivors.add(count - durable)
          issued = acknowledged = durable = count
          busy = flushing = false
        }
      }
    }),
    { numRuns: 100, seed: 3 },
  )
  expect(survivors.size).toBeGreaterThan(2)
})

function isForward({ start, end }: { start: Uint8Array; end: Uint8Array }): boolean {
  return Buffer.compare(start, end) < 0
}
