import { expect, test } from 'vitest'
import { Random } from '../../src/base/index.ts'
import { EFFECT, EFFECT_HEADER_BYTES, ENTRY_KIND, ENTRY_PREFIX_BYTES } from '../../src/storage/index.ts'
import { applyEntry, changeSpace, effectsOf, type OpenGroup, type RawSpace } from './effects.ts'
import { OverlayImage } from './overlay-image.ts'
import { RecordedEntry } from './recorded.ts'

interface LogEntry {
  type: number
  data: Uint8Array
}

const LETTERS = ['a', 'b', 'c', 'd', 'e', 'f', 'g']

function effect(op: number, key: string, value: string): Buffer {
  const header = Buffer.alloc(EFFECT_HEADER_BYTES)
  header[0] = op
  header.writeUInt32LE(key.length, 1)
  header.writeUInt32LE(value.length, 5)
  return Buffer.concat([header, Buffer.from(key + value, 'latin1')])
}

function entryOf(kind: number, parts: number, effects: readonly Buffer[]): LogEntry {
  const prefix = Buffer.alloc(ENTRY_PREFIX_BYTES)
  prefix[0] = kind
  prefix.writeUInt16LE(parts, 2)
  return { type: 0, data: new Uint8Array(Buffer.concat([prefix, ...effects])) }
}

function drawEffect(random: Random): Buffer {
  const key = random.pick(LETTERS)
  if (random.chance(0.1)) return effect(EFFECT.deleteRange, key, random.pick(LETTERS))
  if (random.chance(0.3)) return effect(EFFECT.delete, key, '')
  return effect(EFFECT.put, key, String(random.u32()))
}

/** Plain entries, closed groups, halves of groups, and entries that change no keys. */
function drawLog(random: Random, length: number): LogEntry[] {
  const log: LogEntry[] = []
  while (log.length < length) {
    if (random.chance(0.1)) log.push({ type: 1, data: Uint8Array.of(1, 2, 3) })
    const parts = random.pick([0, 0, 0, 1, 2])
    for (let i = 0; i < parts; i++) log.push(entryOf(ENTRY_KIND.part, 0, [drawEffect(random)]))
    const isLeft = parts > 0 && random.chance(0.3)
    log.push(entryOf(ENTRY_KIND.effects, isLeft ? 0 : parts, isLeft ? [] : [drawEffect(random), drawEffect(random)]))
    if (isLeft) log.splice(-1, 1, { type: 1, data: Uint8Array.of(0) })
  }
  return log
}

const groupOf = (log: readonly LogEntry[]) => ({ entry: (index: number) => log[index - 1] as LogEntry })

function recordOf(log: readonly LogEntry[]): Map<number, RecordedEntry> {
  return new Map(log.map(({ data }, i) => [i + 1, new RecordedEntry(1, data, true)]))
}

function replayed(below: RawSpace, log: readonly LogEntry[], from: number, to: number): RawSpace {
  const space = new Map(below)
  const open: OpenGroup = []
  for (const { type, data } of log.slice(from, to)) {
    applyEntry(space, open, effectsOf(type === 0 ? data : null), changeSpace)
  }
  return space
}

test('what is kept of an overlay from one comparison to the next is what all its entries make, replayed anew', () => {
  for (let seed = 0; seed < 200; seed++) {
    const random = new Random(seed)
    const log = drawLog(random, 60)
    const below: RawSpace = new Map(LETTERS.map((key) => [key, 'below']))
    const image = new OverlayImage()
    let written = 0
    let applied = 0
    while (applied < log.length) {
      // What is written back never ends within a group.
      const isPart = (index: number) => index > 0 && log[index - 1]?.data[0] === ENTRY_KIND.part
      if (random.chance(0.2) && !isPart(applied)) written = applied
      applied = Math.min(log.length, applied + random.between(1, 9))
      expect(image.follow({ written, applied, group: groupOf(log) }, recordOf(log), false)).toBe(0)
      const found = new Map(below)
      image.taken()(found)
      expect(found, `seed ${seed} from ${written} to ${applied}`).toEqual(replayed(below, log, written, applied))
    }
  }
})

test('what was taken of an overlay does not change with what comes later', () => {
  const log = [entryOf(ENTRY_KIND.effects, 0, [effect(EFFECT.put, 'a', '1')])]
  log.push(entryOf(ENTRY_KIND.effects, 0, [effect(EFFECT.put, 'a', '2'), effect(EFFECT.deleteRange, 'b', 'c')]))
  const image = new OverlayImage()
  image.follow({ written: 0, applied: 1, group: groupOf(log) }, recordOf(log), false)
  const taken = image.taken()
  image.follow({ written: 0, applied: 2, group: groupOf(log) }, recordOf(log), false)
  const found: RawSpace = new Map([['b', 'below']])
  taken(found)
  expect([...found]).toEqual([
    ['b', 'below'],
    ['a', '1'],
  ])
})

test('an entry that is changed in memory after it came in is found: within some comparisons, and at once by a thorough one', () => {
  const log = drawLog(new Random('changed'), 300).filter(
    ({ type, data }) => type === 0 && data[0] === ENTRY_KIND.effects,
  )
  for (const entry of log) entry.data[2] = 0
  const record = recordOf(log)
  const peer = { written: 0, applied: log.length, group: groupOf(log) }
  for (const index of [1, 77, log.length]) {
    const slow = new OverlayImage()
    const thorough = new OverlayImage()
    expect(slow.follow(peer, record, false)).toBe(0)
    expect(thorough.follow(peer, record, false)).toBe(0)
    const { data } = log[index - 1] as LogEntry
    data[data.length - 1] = (data[data.length - 1] as number) ^ 1
    expect(thorough.follow(peer, record, true)).toBe(index)
    let found = 0
    for (let i = 0; i < log.length / 32 + 1 && found === 0; i++) found = slow.follow(peer, record, false)
    expect(found).toBe(index)
    data[data.length - 1] = (data[data.length - 1] as number) ^ 1
  }
})
