import { describe, expect, test } from 'vitest'
import { readLabels } from '../../src/boot/labels.ts'

describe('Labels', () => {
  test('belong to the directories in their order, and those without have none', () => {
    const labels = readLabels(['host=a zone=1', 'host=b'], ['/x', '/y', '/z'])
    expect(Object.fromEntries(labels)).toEqual({ '/x': { host: 'a', zone: '1' }, '/y': { host: 'b' } })
  })

  test.each([
    [['a=1', 'b=2'], '--labels is given 2 times and --dir 1: give one for each --dir'],
    [['host'], "--labels are names and values such as 'host=a zone=1', not 'host'"],
    [['executor=1'], 'the label executor is that of the thread: give it another name'],
  ])('%j are refused', (given, message) => {
    expect(() => readLabels(given, ['/x'])).toThrow(message)
  })
})
