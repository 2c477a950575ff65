import fc from 'fast-check'
import { expect, test } from 'vitest'
import './seed.ts'
import { Inflights } from '../../src/raft/inflights.ts'

test('a window does what a list of (index, bytes) does, whatever its size and however it wraps', () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constant('add' as const),
        step: fc.integer({ min: 1, max: 3 }),
        bytes: fc.nat({ max: 40 }),
      }),
      fc.record({ kind: fc.constant('free' as const), back: fc.nat({ max: 12 }) }),
      fc.record({ kind: fc.constant('reset' as const) }),
    ),
    { maxLength: 200 },
  )
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.constantFrom(0, 100), steps, (messagesMax, bytesMax, all) => {
      const window = new Inflights(messagesMax, bytesMax)
      let model: [number, number][] = []
      let last = 0
      for (const each of all) {
        const bytes = model.reduce((sum, [, size]) => sum + size, 0)
        const isFull = model.length >= messagesMax || (bytesMax > 0 && bytes >= bytesMax)
        expect([window.count, window.full]).toEqual([model.length, isFull])
        if (each.kind === 'reset') {
          window.reset()
          model = []
        } else if (each.kind === 'free') {
          window.freeUpTo(last - each.back)
          model = model.filter(([index]) => index > last - each.back)
        } else if (!isFull) {
          last += each.step
          window.add(last, each.bytes)
          model.push([last, each.bytes])
        }
      }
    }),
  )
})

test('a message that goes over the limit of bytes is let through, and the next is not', () => {
  const window = new Inflights(10, 100)
  window.add(1, 99)
  window.add(2, 1000)
  expect(window.full).toBe(true)
  expect(() => window.add(3, 1)).toThrow('the window was full')
  window.freeUpTo(1)
  expect(window.full).toBe(true)
  window.freeUpTo(2)
  expect(window.full).toBe(false)
})

test('what is freed are the appends up to the index, be it that of one of them or not', () => {
  const table: [index: number, left: number][] = [
    [0, 10],
    [1, 9],
    [5, 5],
    [9, 1],
    [10, 0],
    [99, 0],
  ]
  for (const [index, left] of table) {
    const window = new Inflights(10, 0)
    for (let i = 1; i <= 10; i++) window.add(i, 100)
    window.freeUpTo(index)
    expect([window.count, window.full]).toEqual([left, left === 10])
    // And the places are there again.
    for (let i = 11; window.count < 10; i++) window.add(i, 100)
    expect(window.full).toBe(true)
  }
})

test('a window is full by messages or by bytes, and empty again when it is reset', () => {
  const table: [messagesMax: number, bytesMax: number, sizes: number[], full: boolean][] = [
    [3, 0, [99, 99], false],
    [3, 0, [99, 99, 99], true],
    [100, 100, [50, 49], false],
    [100, 100, [50, 50], true],
    [100, 100, [150], true],
    [2, 100, [1, 1], true],
  ]
  for (const [messagesMax, bytesMax, sizes, full] of table) {
    const window = new Inflights(messagesMax, bytesMax)
    for (const [at, bytes] of sizes.entries()) window.add(at + 1, bytes)
    expect(window.full, `${sizes} of ${messagesMax} and ${bytesMax}`).toBe(full)
    window.reset()
    expect([window.full, window.count]).toEqual([false, 0])
    window.add(1, bytesMax)
    expect(window.full).toBe(bytesMax > 0)
  }
})
