import { expect, test } from 'vitest'
import { Random } from '../../src/base/index.ts'
import type { KeyRecord } from '../../src/store/key-record.ts'
import { KeyTable } from '../../src/store/key-table.ts'

function keysOf(table: KeyTable): string[] {
  const keys: string[] = []
  const cursor = table.cursor()
  for (let record = cursor.next(); record !== null; record = cursor.next()) keys.push(record.key)
  return keys
}

/** A value of so many bytes, each of which tells whose it is. */
function write(table: KeyTable, record: KeyRecord, bytes: number, mark: number): void {
  table.makeRoom(record, bytes)
  record.block.buffer.fill(mark, record.start, record.start + bytes)
  record.bytes = bytes
  record.exists = bytes > 0
  record.index = mark * 1e12
  record.expireAtMs = mark + 0.5
}

function isAs(record: KeyRecord | undefined, key: string, bytes: number, mark: number): boolean {
  if (record === undefined || record.key !== key || record.bytes !== bytes) return false
  const isMarked = record.index === mark * 1e12 && record.expireAtMs === mark + 0.5 && record.exists === bytes > 0
  return isMarked && record.buffer.subarray(record.start, record.end).every((byte) => byte === mark)
}

test('whatever comes, grows, shrinks, is moved and goes, a table of keys holds what a Map would', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = new Random(seed)
    const table = new KeyTable(random.u32())
    const model = new Map<string, { bytes: number; mark: number }>()
    const names = random.between(1, 3000)
    const bytesMax = random.pick([20, 200, 3000])
    const growth = random.float()
    let differences = 0
    for (let step = 0; step < 6000; step++) {
      const key = `${'k'.repeat(random.below(3) * 20)}${random.below(names)}`
      const known = model.get(key)
      const bytes = Buffer.from(`-${key}-`)
      const record = random.chance(0.5) ? table.find(key) : table.findAt(bytes, 1, bytes.length - 1)
      if (table.size !== model.size) differences++
      if (known === undefined ? record !== undefined : !isAs(record, key, known.bytes, known.mark)) differences++
      if (random.chance(growth)) {
        const value = { bytes: random.below(bytesMax), mark: random.below(256) }
        write(table, record ?? table.add(key, random.below(2) * value.bytes), value.bytes, value.mark)
        model.set(key, value)
      } else if (record !== undefined) {
        table.delete(record)
        model.delete(key)
      } else if (random.chance(0.01)) {
        table.tidy()
      } else if (random.chance(0.001)) {
        table.clear()
        model.clear()
      }
    }
    expect(differences).toBe(0)
    expect(keysOf(table).sort()).toEqual([...model.keys()].sort())
    expect([...model].filter(([key, { bytes, mark }]) => !isAs(table.find(key), key, bytes, mark))).toEqual([])
  }
})

test('keys are met in the order in which they came', () => {
  const table = new KeyTable(5)
  const keys = Array.from({ length: 20_000 }, (_, i) => `key:${i}`)
  for (const key of keys) table.add(key, 50)
  expect(keysOf(table)).toEqual(keys)
})

test('of so many keys that some share a hash each is found, also when others have gone', () => {
  const table = new KeyTable(3)
  const keys = Array.from({ length: 300_000 }, (_, i) => `key:${i}`)
  for (const key of keys) table.add(key)
  expect(keys.filter((key) => table.find(key)?.key !== key)).toEqual([])
  for (let i = 0; i < keys.length; i += 2) table.delete(table.find(keys[i] as string) as KeyRecord)
  expect(keys.filter((key, i) => table.find(key)?.key !== (i % 2 === 0 ? undefined : key))).toEqual([])
})

test('while it is gone over, records may be deleted: those that are left are met once', () => {
  const table = new KeyTable(1)
  for (let i = 0; i < 1000; i++) table.add(`k${i}`, 100)
  const met: string[] = []
  const cursor = table.cursor()
  for (let record = cursor.next(); record !== null; record = cursor.next()) {
    met.push(record.key)
    table.delete(record)
    const next = table.find(`k${met.length * 2 - 1}`)
    if (next !== undefined) table.delete(next)
  }
  expect(met).toEqual(Array.from({ length: 500 }, (_, i) => `k${i * 2}`))
  expect([table.size, keysOf(table), table.memoryBytes]).toEqual([0, [], 0])
})

test('a cursor meets each key that stays, however many come, move and go between its steps, and those that come behind it', () => {
  const random = new Random(7)
  const table = new KeyTable(7)
  let next = 0
  const add = () => table.add(`k${next++}`, random.below(100))
  for (let i = 0; i < 5000; i++) add()
  const stay = new Set(keysOf(table).filter((_, i) => i % 3 === 0))
  const cursor = table.cursor()
  const met = new Set<string>()
  for (let record = cursor.next(); record !== null; record = cursor.next()) {
    met.add(record.key)
    if (next > 12_000) continue
    for (let i = 0; i < 4; i++) {
      const victim = table.find(`k${random.below(next)}`)
      if (victim !== undefined && !stay.has(victim.key)) table.delete(victim)
      else if (victim !== undefined && i === 0) table.makeRoom(victim, victim.entryBytes + 8)
    }
    add()
    if (random.chance(0.01)) table.tidy()
  }
  expect([...stay].filter((key) => !met.has(key))).toEqual([])
  expect(met.has(`k${next - 1}`)).toBe(true)
})

test('what is empty among keys that are left is given up, and none of them is lost', () => {
  const table = new KeyTable(2)
  for (let i = 0; i < 20_000; i++) write(table, table.add(`k${i}`), 100, i % 256)
  const full = table.memoryBytes
  for (let i = 0; i < 20_000; i++) if (i % 8 !== 0) table.delete(table.find(`k${i}`) as KeyRecord)
  for (let i = 0; i < 100; i++) table.tidy()
  expect(table.memoryBytes).toBeLessThan(full / 3)
  const left = Array.from({ length: 2500 }, (_, i) => i * 8)
  expect(left.filter((i) => !isAs(table.find(`k${i}`), `k${i}`, 100, i % 256))).toEqual([])
})

test('a table that takes in as much as it forgets takes no more memory with time', () => {
  const table = new KeyTable(2)
  let most = 0
  for (let i = 0; i < 200_000; i++) {
    table.add(`k${i}`, 1000)
    if (i >= 5000) table.delete(table.find(`k${i - 5000}`) as KeyRecord)
    most = Math.max(most, table.memoryBytes)
  }
  expect(most).toBeLessThan(1.25 * 5000 * 1048)
})

test('a key that is longer than a block, and one that is empty, are keys like others', () => {
  const table = new KeyTable(9)
  const keys = ['', 'x'.repeat(700_000), 'y', 'x'.repeat(700_001)]
  for (const key of keys) write(table, table.add(key), key.length % 1000, 7)
  expect(keys.filter((key) => !isAs(table.find(key), key, key.length % 1000, 7))).toEqual([])
  expect(keysOf(table)).toEqual(keys)
})
