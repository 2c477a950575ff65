/** A place in the simulation where a thread may be. */
import type { Clock } from '../base/index.ts'
import type { DelayedWriter } from './delayed-rings.ts'
import type { Executor } from './executor.ts'
import type { Timer } from './types.ts'

interface World {
  readonly nowMs: number
  requestStep(index: number): void
  step(slot: Slot): void
}

/** A thread that may live, die and live again. */
export class Slot {
  readonly index: number
  readonly clock: Clock
  executor: Executor | null
  incarnation: number
  skewMs: number
  pausedUntilMs: number
  step: Timer | null
  wakeTimer: Timer | null
  wakeAtMs: number
  /** Who writes to whom: by executor number, this slot's writers. */
  writers: DelayedWriter[][]
  /** Executors that have yet to be told of this one's death. */
  readonly unnoticed: Set<number>
  restart: Timer | null
  /** Made once: of all events these are the most. */
  readonly stepIsDue: () => void
  readonly wakeIsDue: () => void

  constructor(index: number, world: World, wallStartMs: number) {
    this.index = index
    this.clock = {
      monotonicMs: () => world.nowMs,
      wallMs: () => wallStartMs + world.nowMs + this.skewMs,
    }
    this.executor = null
    this.incarnation = 0
    this.skewMs = 0
    this.pausedUntilMs = 0
    this.step = null
    this.wakeTimer = null
    this.wakeAtMs = Number.POSITIVE_INFINITY
    this.writers = []
    this.unnoticed = new Set()
    this.restart = null
    this.stepIsDue = () => world.step(this)
    this.wakeIsDue = () => {
      this.wakeTimer = null
      this.wakeAtMs = Number.POSITIVE_INFINITY
      world.requestStep(index)
    }
  }
}
