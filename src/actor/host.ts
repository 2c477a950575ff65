/** What is handed to an executor: what carries it, and what the simulation looks at and meddles with. */
import type { Clock, Random } from '../base/index.ts'
import type { LaneLimits } from './out-lane.ts'
import type { RingWriter } from './ring.ts'
import type { AnyRef, Edges, Lane, LogEntry } from './types.ts'

/** What carries an executor: a thread's event loop, or the simulation. */
export interface Host {
  /** There is work: run a pass soon. */
  schedule(): void
  /** The first timer became an earlier one, outside a pass. */
  armTimer(dueMs: number): void
  /** Something new is visible to another executor: wake it if it sleeps. */
  ringDoorbell(executor: number): void
  /** There is room again in a ring that another executor found full: wake it if it sleeps. */
  tellRoom(executor: number): void
  log(entry: LogEntry): void
  /** A handler threw outside a pass, and its supervision says that the thread dies. */
  die(error: unknown): void
}

/** In the simulation, what happens to messages on their way to other executors. */
export interface Interceptor {
  verdict(
    to: number,
    lane: Lane,
    message: unknown,
    receiver: AnyRef,
  ): 'deliver' | 'drop' | 'duplicate' | { delayMs: number }
  hold(writer: RingWriter, delayMs: number): void
}

/** In the simulation, folds what happens into the trace. */
export interface Tracer {
  delivered(serial: number, from: number, size: number): void
}

export interface ExecutorOptions {
  readonly executor: number
  /** The main thread's executor. */
  readonly main: number
  readonly incarnation: number
  readonly clock: Clock
  readonly random: Random
  readonly edges: Edges
  readonly host: Host
  readonly limits: LaneLimits
  readonly assemblyBytesMax: number
  readonly interceptor: Interceptor | null
  readonly tracer: Tracer | null
  /** Of the data lanes, so that a flood from other threads does not keep libuv waiting. */
  readonly framesPerPass: number
  /** Overwrite what a pass has read at its end, so that a view that was kept shows at once. */
  readonly poison: boolean
}
