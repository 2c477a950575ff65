/** Rings and lanes as bytes: any sizes, any interleaving of the two ends, wrap-around, pieces, a full ring, a dead reader. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameReader, FrameWriter, type Memory, type RefCodec } from '../../src/actor/frame.ts'
import { AssemblyBudget, InLane } from '../../src/actor/in-lane.ts'
import { OutLane } from '../../src/actor/out-lane.ts'
import {
  align8,
  FRAME_FROM_AT,
  FRAME_HEADER_BYTES,
  FRAME_KIND_AT,
  KIND_PAD,
  KIND_PIECE,
  KIND_PROTOCOL,
  Ring,
  RingReader,
  RingWriter,
} from '../../src/actor/ring.ts'
import { bytesOf } from './actors.ts'

const noRefs: RefCodec = {
  write: () => expect.fail('no references here'),
  read: () => expect.fail('no references here'),
}

/** Both ends of one lane, and what the receiver took, as [number, length, isRight]. */
class Pair {
  readonly ring: Ring
  readonly out: OutLane
  readonly in: InLane
  readonly budget: AssemblyBudget
  readonly frame = new FrameWriter(noRefs)
  readonly reader = new FrameReader(noRefs)
  readonly taken: { number: number; isRight: boolean }[] = []
  readonly refused: number[] = []

  constructor(size: number, queueBytesMax: number, assemblyBytesMax = 1 << 30, position = 0) {
    this.ring = new Ring(new SharedArrayBuffer(Ring.bytes(size)), 0, size)
    // A ring that has been in use: published, claimed and freed are all there.
    for (const word of [16, 32, 33]) this.ring.words[word] = position
    this.out = new OutLane(new RingWriter(this.ring), { queueBytesMax, messageBytesMax: 1 << 20 })
    this.budget = new AssemblyBudget(assemblyBytesMax)
    this.in = new InLane(new RingReader(this.ring), this.budget)
  }

  send(number: number, length: number, mayWait = true): boolean {
    this.out.begin(this.frame, KIND_PROTOCOL, 7, number)
    this.frame.u32(length)
    this.frame.bytes(bytesOf(number, length))
    return this.out.commit(this.frame, mayWait, false)
  }

  flush(): void {
    this.out.pump()
    this.out.writer.publish()
  }

  /** Takes up to so many frames; does not give their room back. */
  take(framesMax: number): void {
    const reader = this.in.reader
    const visible = reader.visible()
    for (let i = 0; i < framesMax && reader.position !== visible; i++) {
      const offset = reader.position & reader.mask
      const length = reader.memory.view.getUint32(offset, true)
      const kind = reader.memory.bytes[offset + FRAME_KIND_AT]
      reader.take(align8(length), visible)
      if (kind === KIND_PAD) continue
      if (kind !== KIND_PIECE) {
        this.message(reader.memory, offset, length)
        continue
      }
      const sequence = reader.memory.view.getUint32(offset + FRAME_FROM_AT, true)
      if (!this.in.piece(reader.memory, offset, length)) {
        const frame = this.out.answered(sequence)
        this.refused.push(frame?.view.getUint32(FRAME_FROM_AT, true) ?? -1)
        continue
      }
      const whole = this.in.assembled(reader.memory, offset)
      if (whole === null) continue
      expect(this.out.answered(sequence)).not.toBeNull()
      this.message(whole, 0, whole.bytes.length)
    }
  }

  message(memory: Memory, offset: number, length: number): void {
    const number = memory.view.getUint32(offset + FRAME_FROM_AT, true)
    this.reader.begin(memory, offset + FRAME_HEADER_BYTES, offset + length)
    const bytes = this.reader.bytes(this.reader.u32())
    this.taken.push({
      number,
      isRight: this.reader.remaining === 0 && Buffer.compare(bytes, bytesOf(number, bytes.length)) === 0,
    })
  }
}

test('a droppable message is not refused by an empty ring, wherever in it the last one ended', () => {
  for (let position = 0; position < 1024; position += 8) {
    const pair = new Pair(1024, 10_000, 1 << 30, position)
    for (let number = 1; number <= 3; number++) {
      expect(pair.send(number, 20, false), `at ${position}`).toBe(true)
      pair.flush()
      pair.take(50)
      pair.in.free(true)
    }
    expect(pair.taken.map((each) => each.number)).toEqual([1, 2, 3])
  }
})

const lengths = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 100 }) },
  { weight: 2, arbitrary: fc.integer({ min: 100, max: 600 }) },
  { weight: 1, arbitrary: fc.integer({ min: 600, max: 9000 }) },
)

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('send' as const), length: lengths }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('flush' as const) }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('take' as const), frames: fc.integer({ min: 1, max: 20 }) }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('free' as const) }) },
  ),
  { minLength: 1, maxLength: 300 },
)

test('whatever the sizes and the interleaving, what was accepted arrives once, in order, with its bytes', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(1024, 4096),
      fc.integer({ min: 0, max: 20_000 }),
      steps,
      (size, queueBytesMax, script) => {
        const pair = new Pair(size, queueBytesMax)
        const accepted: number[] = []
        let number = 0
        for (const step of script) {
          if (step.kind === 'send') {
            if (pair.send(++number, step.length)) accepted.push(number)
          } else if (step.kind === 'flush') pair.flush()
          else if (step.kind === 'take') pair.take(step.frames)
          else pair.in.free(true)
        }
        // No progress within so many rounds would be a lane that is stuck.
        for (let round = 0; round < 2000 && pair.taken.length < accepted.length; round++) {
          pair.flush()
          pair.take(50)
          pair.in.free(true)
        }
        pair.in.free(true)
        expect(pair.taken.map((each) => each.number)).toEqual(accepted)
        expect(pair.taken.every((each) => each.isRight)).toBe(true)
        expect(pair.budget.bytes).toBe(0)
        expect(pair.out.inspect(0, 'data').queuedBytes).toBe(0)
      },
    ),
    { numRuns: 300 },
  )
})

test('what a dead reader had not claimed is given back in order, each once, and what it handled never is', () => {
  fc.assert(
    fc.property(steps, (script) => {
      const pair = new Pair(1024, 1 << 20)
      const accepted: number[] = []
      let number = 0
      for (const step of script) {
        if (step.kind === 'send') {
          if (pair.send(++number, step.length)) accepted.push(number)
        } else if (step.kind === 'flush') pair.flush()
        else if (step.kind === 'take') pair.take(step.frames)
        else pair.in.free(true)
      }
      const back: number[] = []
      pair.out.forEachUnhandled((memory, offset, length) => {
        const at = pair.taken.length
        pair.message(memory, offset, length)
        const given = pair.taken.splice(at)[0]
        expect(given?.isRight).toBe(true)
        back.push(given?.number ?? -1)
      })
      const handled = new Set(pair.taken.map((each) => each.number))
      expect(back.filter((each) => handled.has(each))).toEqual([])
      expect(back).toEqual([...back].sort((a, b) => a - b))
      // What is neither handled nor given back had been claimed: it lies between the two.
      expect(accepted.filter((each) => each >= (back[0] ?? number + 1))).toEqual(back)
      expect(pair.taken.every((each) => each.number < (back[0] ?? number + 1))).toBe(true)
    }),
    { numRuns: 300 },
  )
})

test('positions go around 2^32 without harm', () => {
  const pair = new Pair(1024, 0, 0, 0xffff_f000 | 0)
  for (let number = 1; number <= 100; number++) {
    expect(pair.send(number, number % 90)).toBe(true)
    pair.flush()
    pair.take(10)
    pair.in.free(true)
  }
  expect(pair.taken).toHaveLength(100)
  expect(pair.taken.every((each) => each.isRight)).toBe(true)
  expect(pair.in.reader.position).toBeGreaterThan(0)
})

test('a lane with a backlog that was refused room is told to go on when the reader has answered', () => {
  const pair = new Pair(1024, 1 << 20)
  while (pair.out.inspect(0, 'data').queuedBytes === 0) pair.send(1, 50)
  pair.flush()
  expect(pair.out.canGoOn).toBe(false)
  pair.take(1000)
  expect(pair.in.free(false)).toBe(true)
  expect(pair.out.canGoOn).toBe(true)
  pair.flush()
  expect(pair.out.inspect(0, 'data').queuedBytes).toBe(0)
})

test('a message in pieces takes at most a quarter of the ring at a time', () => {
  const pair = new Pair(4096, 1 << 20)
  expect(pair.send(1, 3000)).toBe(true)
  expect(pair.out.pump()).toBe(true)
  expect(pair.out.writer.usedBytes).toBeLessThanOrEqual(1024 + 4 * FRAME_HEADER_BYTES)
  expect(pair.out.pump()).toBe(true)
  expect(pair.out.pump()).toBe(false)
})

test('a message for whose assembly there is no memory is refused whole, and those behind it arrive', () => {
  const pair = new Pair(1024, 1 << 20, 5000)
  pair.send(1, 8000)
  pair.send(2, 10)
  pair.send(3, 4000)
  for (let round = 0; round < 100; round++) {
    pair.flush()
    pair.take(50)
    pair.in.free(true)
  }
  expect(pair.refused).toEqual([1])
  expect(pair.taken.map((each) => each.number)).toEqual([2, 3])
  expect(pair.budget.bytes).toBe(0)
})

test('a message larger than the most throws, and the lane goes on', () => {
  const pair = new Pair(1024, 1 << 30)
  expect(() => pair.send(1, 2 << 20)).toThrow(RangeError)
  expect(pair.send(2, 5)).toBe(true)
  pair.flush()
  pair.take(5)
  expect(pair.taken).toEqual([{ number: 2, isRight: true }])
})
