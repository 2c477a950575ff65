import { afterEach, beforeEach, expect, test } from 'vitest'
import { EventLoop, makeDoorbells } from '../../src/actor/event-loop.ts'
import type { Executor } from '../../src/actor/executor.ts'

const SPIN_MS = 1

/** An executor that never has anything to do, and counts how often it is asked. */
class Idler {
  isDead = false
  looks = 0
  passes = 0
  nowMs = 0
  readonly timers = { nextDueMs: Number.POSITIVE_INFINITY }
  /** Time passes only as it is looked at. */
  readonly clock = { monotonicMs: () => (this.nowMs += 0.01) }

  hasWork(): boolean {
    this.looks++
    return false
  }

  pass(): boolean {
    this.passes++
    return false
  }
}

let doorbells: SharedArrayBuffer
let idler: Idler
let loop: EventLoop
let other: EventLoop

beforeEach(() => {
  doorbells = makeDoorbells(2)
  idler = new Idler()
  loop = new EventLoop(doorbells, 0, SPIN_MS, () => {})
  other = new EventLoop(doorbells, 1, 0, () => {})
  loop.start(idler as unknown as Executor)
})

afterEach(() => {
  loop.stop()
  other.stop()
})

async function untilAsleep(): Promise<void> {
  while (Atomics.load(new Int32Array(doorbells), 0) === 0) await new Promise((resolve) => setImmediate(resolve))
}

/** Wakes it when it has slept for so long, and tells how often it looked for work before it slept again. */
async function looksAfterSleepOf(ms: number): Promise<number> {
  idler.nowMs += ms
  const passes = idler.passes
  idler.looks = 0
  other.ringDoorbell(0)
  while (idler.passes === passes) await new Promise((resolve) => setImmediate(resolve))
  await untilAsleep()
  return idler.looks
}

test('A loop looks for work for a while before it sleeps, but once only after it was woken too late for that', async () => {
  await untilAsleep()
  // It begins with looking.
  expect(idler.looks).toBeGreaterThan(64)
  expect(await looksAfterSleepOf(10 * SPIN_MS)).toBe(1)
  expect(await looksAfterSleepOf(10 * SPIN_MS)).toBe(1)
  // Nobody looked in between: a short sleep shows that it would help again.
  expect(await looksAfterSleepOf(SPIN_MS / 2)).toBeGreaterThan(64)
  expect(await looksAfterSleepOf(10 * SPIN_MS)).toBe(1)
})
