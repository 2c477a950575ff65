import { expect, test } from 'vitest'
import { alignedTable, median, shortNumber } from '../../src/bench/report.ts'
import { parseInfo, Slope } from '../../src/bench/server-info.ts'
import { drawBars } from '../../src/bench/svg.ts'

test('the rate of a counter that is shown a second late, in steps, is found from many samples of it', () => {
  const slope = new Slope()
  for (let ms = 0; ms <= 10_000; ms += 100) slope.add(100 + ms / 1000, Math.floor(ms / 1000) * 500)
  expect(slope.perSecond()).toBeGreaterThan(480)
  expect(slope.perSecond()).toBeLessThan(520)
})

test('a counter that stands still has a rate of exactly nothing, however large it is', () => {
  const slope = new Slope()
  for (let i = 0; i < 80; i++) slope.add(123_456.7 + i / 10, 9_876_543_210)
  expect(slope.perSecond()).toBe(0)
})

test('of too few samples no rate is said', () => {
  const slope = new Slope()
  slope.add(1, 5)
  slope.add(2, 10)
  expect(slope.perSecond()).toBeNull()
})

test('INFO is read field by field', () => {
  const info = parseInfo(
    '# Server\r\nredis_version:7.0.15\r\n\r\n# Cellarium\r\nraft_log_syncs:12\r\ndb0:keys=3,expires=0\r\n',
  )
  expect(info.get('raft_log_syncs')).toBe('12')
  expect(info.get('db0')).toBe('keys=3,expires=0')
  expect(info.has('# Server')).toBe(false)
})

test('numbers are shown with the digits that mean something', () => {
  expect([null, 0, 0.012_345, 4.567, 999.4, 12_345, 1_234_567].map(shortNumber)).toEqual([
    ...['–', '0', '0.0123', '4.57', '999', '12 350', '1 235 000'],
  ])
})

test('the median of an even count is between the two in the middle', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5])
})

test('a table has its first column to the left and all others to the right', () => {
  expect(
    alignedTable([
      ['', 'a'],
      ['long', '100'],
      ['x', '5'],
    ]),
  ).toBe('        a\nlong  100\nx       5')
})

test('a picture is well-formed, whatever its labels say', () => {
  const bar = { label: '<a> & "b"', value: 2, low: 1, high: 3, note: 'n', series: 0 }
  const svg = drawBars({
    title: 'T <&>',
    subtitle: '',
    groups: [{ title: 'g', bars: [bar, { ...bar, value: 0, low: null, high: null }] }],
    series: ['one', 'two'],
    mark: { value: 1, label: 'equal' },
    footer: ['f'],
  })
  expect(svg).toContain('&lt;a&gt; &amp; &quot;b&quot;')
  const open = [...svg.matchAll(/<([a-z]+)[^>]*[^/]>/g)].map((match) => match[1])
  const closed = [...svg.matchAll(/<\/([a-z]+)>/g)].map((match) => match[1])
  expect(open.sort()).toEqual(closed.sort())
  expect(svg).not.toMatch(/NaN|Infinity|undefined/)
})
