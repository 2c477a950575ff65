import { describe, expect, test } from 'vitest'
import { text } from '../../src/base/index.ts'
import { Meter, middleOf } from '../../src/store/meter.ts'

const middle = (keys: readonly string[]) => {
  const key = middleOf(keys)
  return key === null ? null : text(key)
}

describe('The middle of the keys that were asked for', () => {
  test.each<[string, string[], string | null]>([
    ['has as many before it as behind', ['d', 'a', 'c', 'b'], 'c'],
    ['is behind a key that is asked for much, where that is fairer', ['a', 'b', 'b', 'b', 'c', 'd', 'e'], 'c'],
    ['is none where one key is most of them', ['a', 'b', 'b', 'b', 'b', 'c'], null],
    ['is none of one key', ['a', 'a', 'a'], null],
  ])('%s', (_, keys, expected) => {
    expect(middle(keys)).toBe(expected)
  })
})

test('A meter tells what was since it told last, not before most of a second, and the middle when it knows enough keys', () => {
  const meter = new Meter(0)
  meter.commands = 10
  meter.bytes = 100
  expect(meter.take(899)).toBeNull()
  expect(meter.take(1000)).toEqual({ forMs: 1000, commands: 10, bytes: 100, cpuMicros: 0 })
  for (let i = 0; i < 40; i++) meter.sample(String(i).padStart(2, '0'))
  const load = meter.take(2000)
  expect(load).toMatchObject({ forMs: 1000, commands: 0 })
  expect(load?.middle && text(load.middle)).toBe('20')
})
