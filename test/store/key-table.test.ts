import { expect, test } from 'vitest'
import { Random } from '../../src/base/index.ts'
import { KeyRecord } from '../../src/store/key-record.ts'
import { type KeyCursor, KeyTable } from '../../src/store/key-table.ts'

const keysOf = (table: KeyTable): string[] => [...table].map((record) => record.key)

test('whatever comes and goes, a table of keys holds what a Map would, in the order in which it came', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = new Random(seed)
    const table = new KeyTable(random.u32())
    const model = new Map<string, KeyRecord>()
    const names = random.between(1, 3000)
    const growth = random.float()
    let differences = 0
    for (let step = 0; step < 6000; step++) {
      const key = `k${random.below(names)}`
      const known = model.get(key)
      if (table.get(key) !== known || table.size !== model.size) differences++
      if (random.chance(growth)) {
        if (known !== undefined) continue
        const record = new KeyRecord(key)
        table.add(record)
        model.set(key, record)
      } else if (known !== undefined) {
        table.delete(known)
        model.delete(key)
      } else if (random.chance(0.001)) {
        table.clear()
        model.clear()
      }
    }
    expect(differences).toBe(0)
    expect(keysOf(table)).toEqual([...model.keys()])
    expect([...model].filter(([key, record]) => table.get(key) !== record)).toEqual([])
  }
})

test('of so many keys that some share a hash each is found, also when others have gone', () => {
  const table = new KeyTable(3)
  const records = Array.from({ length: 300_000 }, (_, i) => new KeyRecord(`key:${i}`))
  for (const record of records) table.add(record)
  expect(records.filter((record) => table.get(record.key) !== record)).toEqual([])
  for (let i = 0; i < records.length; i += 2) table.delete(records[i] as KeyRecord)
  const isWrong = (record: KeyRecord, i: number) => table.get(record.key) !== (i % 2 === 0 ? undefined : record)
  expect(records.filter(isWrong)).toEqual([])
})

test('while it is gone over, records may be deleted: those that are left are met once', () => {
  const table = new KeyTable(1)
  for (let i = 0; i < 100; i++) table.add(new KeyRecord(`k${i}`))
  const met: string[] = []
  for (const record of table) {
    met.push(record.key)
    table.delete(record)
    const next = table.get(`k${met.length * 2 - 1}`)
    if (next !== undefined) table.delete(next)
  }
  expect(met).toEqual(Array.from({ length: 50 }, (_, i) => `k${i * 2}`))
  expect([table.size, keysOf(table)]).toEqual([0, []])
})

test('a cursor meets each key that stays, once, however many come and go between its steps, and those that come behind it', () => {
  const random = new Random(7)
  const table = new KeyTable(7)
  let next = 0
  const add = () => table.add(new KeyRecord(`k${next++}`))
  for (let i = 0; i < 5000; i++) add()
  const stay = new Set(keysOf(table).filter((_, i) => i % 3 === 0))
  const cursor: KeyCursor = table.cursor()
  const met: string[] = []
  for (let record = cursor.next(); record !== null; record = cursor.next()) {
    met.push(record.key)
    if (next > 12_000) continue
    for (let i = 0; i < 4; i++) {
      const victim = table.get(`k${random.below(next)}`)
      if (victim !== undefined && !stay.has(victim.key)) table.delete(victim)
    }
    add()
  }
  expect(new Set(met).size).toBe(met.length)
  expect([...stay].filter((key) => !met.includes(key))).toEqual([])
  expect(met.at(-1)).toBe(keysOf(table).at(-1))
})

test('a cursor goes on while there is no other', () => {
  const table = new KeyTable(0)
  table.add(new KeyRecord('k'))
  const first = table.cursor()
  expect(table.cursor().next()?.key).toBe('k')
  expect(() => first.next()).toThrow('no other')
})
