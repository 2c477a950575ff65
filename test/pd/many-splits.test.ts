import { expect, test } from 'vitest'
import { utf8 } from '../../src/base/index.ts'
import { ManySplits } from '../../src/pd/many-splits.ts'
import type { Survey } from '../../src/pd/scheduler.ts'

test('Keys that wait to be cut are given up when nothing is cut for two minutes, and not while others are', () => {
  const cut = new Set<string>()
  const at = (nowMs: number) => {
    const cellAt = (key: Uint8Array) => {
      const isCut = cut.has(String(key))
      return { id: 1, start: isCut ? key : new Uint8Array(0) }
    }
    return { nowMs, view: { cellAt, cell: () => undefined } } as unknown as Survey
  }
  const splits = new ManySplits()
  const [a, b, c] = ['a', 'b', 'c'].map(utf8) as [Uint8Array, Uint8Array, Uint8Array]
  splits.order([a, b, c], false, at(0))
  cut.add(String(a))
  splits.splits(at(100_000))
  expect(splits.waiting).toBe(2)
  cut.add(String(b))
  splits.splits(at(200_000))
  expect(splits.waiting).toBe(1)
  splits.splits(at(319_999))
  expect(splits.waiting).toBe(1)
  splits.splits(at(320_000))
  expect(splits.waiting).toBe(0)
})
