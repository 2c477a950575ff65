import { expect, test } from 'vitest'
import { ReplyCounter } from '../../src/bench/reply-counter.ts'

const replies = [
  '+OK\r\n',
  ':12\r\n',
  '$-1\r\n',
  '$0\r\n\r\n',
  '$5\r\n\r\n$+:\r\n',
  '-BUSY a queue is full\r\n',
  '$12\r\n-ERR not one\r\n',
]
const stream = Buffer.from(replies.join(''))

function counted(pieces: readonly Uint8Array[]): ReplyCounter & { readonly replies: number } {
  const counter = new ReplyCounter()
  let sum = 0
  for (const piece of pieces) sum += counter.take(piece, piece.length)
  return Object.assign(counter, { replies: sum })
}

function expectAll(result: ReturnType<typeof counted>): void {
  expect(result.replies).toBe(replies.length)
  expect(result.errors).toBe(1)
  expect(result.nils).toBe(1)
  expect(result.firstError).toBe('BUSY a queue is full')
}

test('replies are counted whole, byte by byte, and cut at every byte', () => {
  expectAll(counted([stream]))
  expectAll(counted([...stream].map((byte) => Uint8Array.of(byte))))
  for (let cut = 0; cut <= stream.length; cut++) expectAll(counted([stream.subarray(0, cut), stream.subarray(cut)]))
})

test('only what was read is looked at, and not what an earlier read has left behind it', () => {
  const counter = new ReplyCounter()
  expect(counter.take(Buffer.from('+OK\r\n+OK\r\n'), 5)).toBe(1)
})

test('a reply of another kind ends the run: it cannot be stepped over', () => {
  expect(() => new ReplyCounter().take(Buffer.from('*1\r\n'), 4)).toThrow(/no command of the load/)
})
