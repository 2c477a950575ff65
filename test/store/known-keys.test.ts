import { expect, test } from 'vitest'
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
  expect(buffers.size).toBeLessThan(5)
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
