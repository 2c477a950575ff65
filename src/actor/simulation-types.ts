/** The deterministic twin, as its users see it. */
import type { Clock, Random } from '../base/index.ts'
import type { ActorDefinition } from './definition.ts'
import type { AnyRef, Edges, ExecutorInspection, Lane, LogEntry, Ref, SpawnOptions, Timer } from './types.ts'

/**
 * What becomes of a message on its way to another executor. Only `droppable` ones may be dropped or duplicated. A delay
 * holds back what follows in the same lane too.
 */
export type Verdict = 'deliver' | 'drop' | 'duplicate' | { delayMs: number }

/** Asked for each message on its way to another executor. */
export type MessageFilter = (from: number, to: number, lane: Lane, message: unknown, receiver: AnyRef) => Verdict

/** The seed, the executors, and what the world is like. All times are virtual milliseconds. */
export interface SimulationOptions {
  seed: number | string
  /** Workers; the main thread is executor number `executors`, as in a real system. */
  executors: number
  /** Called at each start of an executor, the main one included. */
  edges?(executor: number, incarnation: number): Edges
  /** Called at each start of an executor, the main one last; spawns what lives there. */
  populate?(executor: number, incarnation: number, simulation: Simulation): void
  /** Between executors; drawn evenly for each flush of a lane. Default 0.005 to 0.2 ms. */
  latency?: { minMs: number; maxMs: number }
  /** From the exit of a thread to the notice of it, drawn for each executor. Default 1 to 50 ms. */
  deathNotice?: { minMs: number; maxMs: number }
  /** A crashed executor is started again so long after the last notice; null (default): only by `restartExecutor`. */
  restartDelayMs?: number | null
  /** Small rings find more. Default 64 KiB. */
  ringBytes?: number
  queueBytesMax?: number
  messageBytesMax?: number
  assemblyBytesMax?: number
  filter?: MessageFilter
  /**
   * Called when a thread exits: `error` is what was thrown, null after `crashExecutor`. Without it a throw that would end
   * a thread is thrown by `run`, so that no bug passes for a fault that was injected.
   */
  onExecutorExit?(executor: number, incarnation: number, error: unknown): void
  /** Default: nothing is written anywhere. */
  log?(entry: LogEntry): void
  /** `wallMs` when virtual time is 0. */
  wallStartMs?: number
}

/** The world, from outside: its time goes on only in `run`, `runUntil` and `drive`. */
export interface Simulation {
  readonly executors: number
  readonly clock: Clock
  /** For the caller's own chance; its draws do not move the simulation's. */
  readonly random: Random
  /** Every step and every delivery folded into one number: the same seed gives the same. */
  readonly traceHash: string
  /** Steps of executors so far. */
  readonly steps: number
  /** The actor has started when this returns; other executors learn its name with the next messages. */
  spawn<M, A>(definition: ActorDefinition<M, A>, args: A, options: SpawnOptions & { executor: number }): Ref<M>
  /** Late-bound, told from outside any actor, through the main executor. Ask for it again after `restartAll`. */
  named<M>(name: string): Ref<M>
  /** Runs the world up to that instant. */
  run(options: { untilMs: number }): void
  /** Runs until the predicate holds, looked at after every event; false when it does not within `limitMs` from now. */
  runUntil(predicate: () => boolean, limitMs: number): boolean
  /** The same, and lets promises (asks, asynchronous handlers) go on between the events. */
  drive(until: Promise<unknown> | (() => boolean), limitMs: number): Promise<boolean>
  /** An event of the world: completions of simulated disks, bytes on simulated sockets, faults. */
  schedule(delayMs: number, action: () => void): Timer
  /** The thread exits now: what it did not publish never was, what it had not taken is undelivered. */
  crashExecutor(executor: number): void
  /** The thread begins its next life, and is populated. It must be down. */
  restartExecutor(executor: number): void
  /** False from its exit to its next start. */
  isUp(executor: number): boolean
  /** None of its passes run for so long; its clock goes on. */
  pauseExecutor(executor: number, durationMs: number): void
  /** The whole process: everything in memory is gone, no one is told. */
  crashAll(): void
  /** All executors begin their next lives, and are populated. All must be down. */
  restartAll(): void
  /** From now on `wallMs` of that executor is so much off. */
  setWallSkew(executor: number, skewMs: number): void
  /** In the place of the former one; null: everything is delivered. */
  setFilter(filter: MessageFilter | null): void
  /** Of the executors that are up, in the order of their numbers. */
  inspect(): ExecutorInspection[]
}
