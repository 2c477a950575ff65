import { expect, test } from 'vitest'
import { Slab } from '../../src/store/entry.ts'
import { KnownKeys } from '../../src/store/known-keys.ts'

/** As the engine gives it: a string without a time to live, in memory of its own. */
function raw(text: string): Uint8Array {
  return Uint8Array.from([1, 0, ...Buffer.from(text)])
}

function textOf(keys: KnownKeys, key: string): string {
  const record = keys.find(key)
  return Buffer.from(record?.buffer.subarray(record.start, record.end) ?? []).toString()
}

test('short values that are loaded share memory, and all of it is accounted for until the last of them goes', () => {
  const keys = new KnownKeys()
  for (let i = 0; i < 1000; i++) keys.load(`k${i}`, raw(`value ${i}`))
  const buffers = new Set(Array.from({ length: 1000 }, (_, i) => keys.find(`k${i}`)?.buffer))
  expect(buffers.size).toBeLessThan(50)
  expect([textOf(keys, 'k0'), textOf(keys, 'k999')]).toEqual(['value 0', 'value 999'])
  const bytes = [...buffers].reduce((sum, buffer) => sum + (buffer?.length ?? 0), 0)
  expect(keys.memoryBytes).toBeGreaterThanOrEqual(bytes)
  keys.evict(0, 0, () => false)
  expect(keys.memoryBytes).toBe(0)
})

test('a value that is long for a record stays in the memory that it came in', () => {
  const keys = new KnownKeys()
  const value = raw('x'.repeat(5000))
  keys.load('k', value)
  expect(keys.find('k')?.buffer.buffer).toBe(value.buffer)
})

test('what is loaded after everything was dropped is accounted for as at first', () => {
  const keys = new KnownKeys()
  keys.load('k', raw('v'))
  const bytes = keys.memoryBytes
  keys.dropAll()
  expect(keys.memoryBytes).toBe(0)
  keys.load('k', raw('v'))
  expect(keys.memoryBytes).toBe(bytes)
  keys.evict(0, 0, () => false)
  expect(keys.memoryBytes).toBe(0)
})

function settle(keys: KnownKeys, key: string, text: string, index: number): void {
  const record = keys.record(key)
  keys.settle(record, new Slab(Buffer.from(text)), 0, text.length, 0, 0)
  record.index = index
}

test('keys whose last effect is not in the engine are all that is left, moved together, when others are forgotten', () => {
  const keys = new KnownKeys()
  for (let i = 0; i < 5000; i++) settle(keys, `k${i}`, `${i}:`.padEnd(200, 'x'), i % 10 === 0 ? 9 : 1)
  const full = keys.memoryBytes
  keys.evict(0, 5, (key) => key === 'k7')
  const left = Array.from({ length: 5000 }, (_, i) => i).filter((i) => keys.find(`k${i}`) !== undefined)
  expect(left).toEqual(Array.from({ length: 5000 }, (_, i) => i).filter((i) => i % 10 === 0 || i === 7))
  expect(left.filter((i) => textOf(keys, `k${i}`) !== `${i}:`.padEnd(200, 'x'))).toEqual([])
  expect(keys.memoryBytes).toBeLessThan(full / 3)
})

test('no more is forgotten than there must be, the oldest first', () => {
  const keys = new KnownKeys()
  for (let i = 0; i < 50_000; i++) settle(keys, `k${i}`, 'x'.repeat(100), 1)
  const full = keys.memoryBytes
  keys.evict(full * 0.9, 5, null)
  expect(keys.memoryBytes).toBeLessThanOrEqual(full * 0.9)
  expect(keys.memoryBytes).toBeGreaterThan(full * 0.8)
  expect([keys.find('k0'), keys.find('k49999')?.bytes]).toEqual([undefined, 100])
})

test('a value that is short, then long, then short again is what it is, and its memory is accounted for', () => {
  const keys = new KnownKeys()
  for (const bytes of [100, 5000, 0, 70_000, 100]) {
    settle(keys, 'k', 'x'.repeat(bytes), 1)
    settle(keys, 'other', 'y', 1)
    expect([textOf(keys, 'k'), textOf(keys, 'other')]).toEqual(['x'.repeat(bytes), 'y'])
    if (bytes > 4096) expect(keys.memoryBytes).toBeGreaterThan(bytes)
  }
  expect(keys.memoryBytes).toBeLessThan(4096)
  keys.evict(0, 5, null)
  expect(keys.memoryBytes).toBe(0)
})

test('when a slab holds the values of keys that are all forgotten at once, it is counted anew when it is pinned again', () => {
  const keys = new KnownKeys()
  const slab = new Slab(Buffer.alloc(100_000))
  const pin = () => keys.settle(keys.record('k'), slab, 0, 50_000, 0, 0)
  pin()
  const bytes = keys.memoryBytes
  keys.forgetAll()
  expect([keys.memoryBytes, keys.present]).toEqual([0, 0])
  pin()
  expect([keys.memoryBytes, keys.present]).toEqual([bytes, 1])
})
