/**
 * An executor on a Node event loop, of a worker or of the main thread.
 *
 * The loop: pass; if there is more to do, again after libuv had its turn (setImmediate); else, where cores are not
 * scarce, look at the rings for a bounded while; else say that we sleep, look once more, and sleep. A sleeper is woken by
 * Atomics.notify on the word that says it sleeps, by its timer, or by a callback of a socket or file that asks for a turn.
 *
 * Why the second look: a sender looks at the word after it has made its message visible, and we look at the rings after
 * we have set the word, so one of the two sees the other. The same holds for room: a receiver that gives room answers the
 * ring's wish for it before it looks at the word, and we look for the answer after we have set it.
 */
import type { Executor } from './executor.ts'
import type { Host } from './host.ts'
import type { LogEntry } from './types.ts'

/** One word per executor, each on a cache line of its own. */
const STRIDE = 16
const AWAKE = 0
const ASLEEP = 1
/** Looks at the rings before libuv gets its turn, while there is nothing to do. */
const LOOKS = 64
const SPIN_MS = 0.05

/**
 * Looking is faster than being woken by some 50 µs, and takes the core of a thread that could work: on two cores, with two
 * executors, the main thread and a client, reads one at a time were 10 to 20 % slower with it.
 */
export function defaultSpinMs(executors: number, cores: number): number {
  return cores > executors ? SPIN_MS : 0
}

/** Node 20 has it, the compiler's library for ES2023 has not. */
const waitAsync = (
  Atomics as unknown as {
    waitAsync(words: Int32Array, index: number, value: number): { async: boolean; value: Promise<string> | string }
  }
).waitAsync

export function makeDoorbells(executors: number): SharedArrayBuffer {
  return new SharedArrayBuffer(executors * STRIDE * 4)
}

export class EventLoop implements Host {
  readonly #words: Int32Array
  readonly #word: number
  readonly #spinMs: number
  readonly #log: (entry: LogEntry) => void
  #executor: Executor | null
  /** A pass will run in this round of libuv's loop. */
  #isScheduled: boolean
  #isAsleep: boolean
  /** A waiter is registered on our word: one at a time. */
  #isWaiting: boolean
  #lookUntilMs: number
  #timer: NodeJS.Timeout | null
  #timerDueMs: number
  readonly #run: () => void
  readonly #look: () => void
  readonly #woken: () => void

  constructor(doorbells: SharedArrayBuffer, executor: number, spinMs: number, log: (entry: LogEntry) => void) {
    this.#words = new Int32Array(doorbells)
    this.#word = executor * STRIDE
    this.#spinMs = spinMs
    this.#log = log
    this.#executor = null
    this.#isScheduled = false
    this.#isAsleep = false
    this.#isWaiting = false
    this.#lookUntilMs = 0
    this.#timer = null
    this.#timerDueMs = Number.POSITIVE_INFINITY
    this.#run = () => {
      this.#isScheduled = false
      this.#pass()
    }
    this.#look = () => {
      if (!this.#isScheduled) this.#lookForWork()
    }
    this.#woken = () => {
      this.#isWaiting = false
      if (this.#isAsleep) this.#pass()
    }
  }

  start(executor: Executor): void {
    this.#executor = executor
    this.schedule()
  }

  /** The executor is at its end: nothing is armed any more that would keep the loop alive. */
  stop(): void {
    if (this.#executor !== null) this.#executor.isDead = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    Atomics.store(this.#words, this.#word, AWAKE)
    Atomics.notify(this.#words, this.#word)
  }

  schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(this.#run)
  }

  ringDoorbell(executor: number): void {
    const word = executor * STRIDE
    if (Atomics.load(this.#words, word) !== ASLEEP) return
    if (Atomics.compareExchange(this.#words, word, ASLEEP, AWAKE) === ASLEEP) Atomics.notify(this.#words, word)
  }

  tellRoom(executor: number): void {
    this.ringDoorbell(executor)
  }

  log(entry: LogEntry): void {
    this.#log(entry)
  }

  /** The thread dies. What was told so far, its last log lines among it, becomes visible first. */
  die(error: unknown): void {
    const executor = this.#executor
    if (executor !== null && !executor.isDead) {
      executor.flush()
      executor.isDead = true
    }
    setImmediate(() => {
      throw error
    })
  }

  #pass(): void {
    const executor = this.#executor
    if (executor === null || executor.isDead) return
    if (this.#isAsleep) {
      this.#isAsleep = false
      Atomics.store(this.#words, this.#word, AWAKE)
    }
    let more: boolean
    try {
      more = executor.pass()
    } catch (error) {
      this.die(error)
      return
    }
    this.armTimer(executor.timers.nextDueMs)
    if (more) {
      this.schedule()
      return
    }
    this.#lookUntilMs = this.#spinMs === 0 ? 0 : executor.clock.monotonicMs() + this.#spinMs
    this.#lookForWork()
  }

  #lookForWork(): void {
    const executor = this.#executor
    if (executor === null || executor.isDead) return
    if (this.#spinMs > 0) {
      for (let i = 0; i < LOOKS; i++) {
        if (!executor.hasWork()) continue
        this.schedule()
        return
      }
      if (executor.clock.monotonicMs() < this.#lookUntilMs) {
        setImmediate(this.#look)
        return
      }
    }
    this.#sleep(executor)
  }

  #sleep(executor: Executor): void {
    this.#isAsleep = true
    Atomics.store(this.#words, this.#word, ASLEEP)
    if (executor.hasWork()) {
      this.#isAsleep = false
      Atomics.store(this.#words, this.#word, AWAKE)
      this.schedule()
      return
    }
    if (this.#isWaiting) return
    const waiter = waitAsync(this.#words, this.#word, ASLEEP)
    if (!waiter.async) {
      // Rung already.
      this.#isAsleep = false
      this.schedule()
      return
    }
    this.#isWaiting = true
    void (waiter.value as Promise<string>).then(this.#woken)
  }

  armTimer(dueMs: number): void {
    if (dueMs === this.#timerDueMs) return
    this.#timerDueMs = dueMs
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const executor = this.#executor
    if (dueMs === Number.POSITIVE_INFINITY || executor === null) return
    const delayMs = Math.max(1, Math.min(Math.ceil(dueMs - executor.clock.monotonicMs()), 0x7fff_ffff))
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#timerDueMs = Number.POSITIVE_INFINITY
      this.#pass()
    }, delayMs)
  }
}
