import { expect, test } from 'vitest'
import { Random } from '../../src/base/index.ts'
import { AnswerReader, AnswerWriter, Fate, Refusal } from '../../src/model/index.ts'

const texts = (records: Uint8Array): string[] => {
  const reader = new AnswerReader()
  reader.reset(records)
  const all: string[] = []
  while (reader.next()) all.push(`${reader.sequence} ${reader.buffer.toString('latin1', reader.start, reader.end)}`)
  return all
}

function add(writer: AnswerWriter, sequence: number, text: string): string {
  const bytes = Buffer.from(text, 'latin1')
  writer.add(7, sequence, Fate.done, Refusal.none, bytes, 0, bytes.length)
  return `${sequence} ${text}`
}

test('answers that were given away stay as they are, whatever is written after them', () => {
  const random = new Random(3)
  const writer = new AnswerWriter()
  const given: { readonly records: Uint8Array; readonly written: readonly string[] }[] = []
  let sequence = 0
  for (let batch = 0; batch < 300; batch++) {
    const written: string[] = []
    const count = random.between(1, 40)
    const bytesMax = random.chance(0.05) ? 20_000 : 60
    for (let i = 0; i < count; i++)
      written.push(add(writer, ++sequence, `${batch} `.repeat(random.below(bytesMax) / 3)))
    expect([writer.count, writer.length]).toEqual([count, writer.view().length])
    const seen: number[] = []
    writer.forEach((_session, seenSequence) => void seen.push(seenSequence))
    expect(seen).toEqual(Array.from({ length: count }, (_, i) => sequence - count + 1 + i))
    // What is forgotten was never given.
    if (random.chance(0.2)) writer.clear()
    else given.push({ records: writer.take(), written })
    expect([writer.count, writer.length]).toEqual([0, 0])
  }
  expect(given.map(({ records }) => texts(records))).toEqual(given.map(({ written }) => written))
})

test('small batches that are given away share memory', () => {
  const writer = new AnswerWriter()
  const buffers = new Set<ArrayBufferLike>()
  for (let batch = 0; batch < 1000; batch++) {
    add(writer, batch, 'x'.repeat(64))
    buffers.add(writer.take().buffer)
  }
  expect(buffers.size).toBeLessThan(10)
})
