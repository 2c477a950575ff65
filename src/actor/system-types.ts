/** What the main thread's owner hands in and gets. */
import type { ActorDefinition } from './definition.ts'
import type { AnyRef, Edges, LogEntry, Ref, SpawnOptions, SystemInspection } from './types.ts'

/** Where a thread finds the function that makes its edges. */
export interface EdgesModule {
  /** URL of the module, as `import.meta.url` gives it. */
  module: string
  /** Name of the exported function, a `MakeEdges`. */
  name: string
  /** Structured-cloned to the thread. */
  args?: unknown
}

/** Of each worker's heap, as in `new Worker`: a thread that needs more dies, and is started again. */
export interface ResourceLimits {
  maxOldGenerationSizeMb?: number
  maxYoungGenerationSizeMb?: number
  codeRangeSizeMb?: number
  stackSizeMb?: number
}

/** How many threads, what lives there, and what they may use. */
export interface SystemOptions {
  /** Worker threads, numbered 0 … executors − 1. The main thread is executor number `executors`. */
  executors: number
  edges?: EdgesModule
  mainEdges?: Edges
  /** Of each data ring, one per ordered pair of threads; a power of two. Default 1 MiB. The control ring has a quarter of it. */
  ringBytes?: number
  /** Encoded messages that may wait behind a full ring, per ordered pair of threads. Default 64 MiB. */
  queueBytesMax?: number
  /** The largest single message. Default 128 MiB. */
  messageBytesMax?: number
  /** Memory for large messages that arrive in pieces, per thread. Default 256 MiB. */
  assemblyBytesMax?: number
  /**
   * How long a worker's loop looks for work before it sleeps. Default 0.05 ms where the main thread and each executor can
   * have a core of their own, else 0. The main thread does not spin.
   */
  spinMs?: number
  /**
   * Called for each executor, the main one last, when it is up, and again after each restart; spawns what lives there.
   * A system is created when all first calls have resolved.
   */
  populate?(executor: number, incarnation: number, system: System): Promise<void> | void
  /**
   * After everyone has heard of the exit, before the thread is started again. `error` is what it died of; null: its
   * task ended.
   */
  onExecutorExit?(executor: number, incarnation: number, error: Error | null): void
  /** Default: warnings and errors go to stderr. */
  log?(entry: LogEntry): void
  resourceLimits?: ResourceLimits
}

/** The main thread's hold on all executors. */
export interface System {
  /** How many worker threads; also the number of the main thread's executor. */
  readonly executors: number
  /** Resolves when the actor has started and, if it has a name, every thread knows it. Rejects when its `start` throws. */
  spawn<M, A>(definition: ActorDefinition<M, A>, args: A, options: SpawnOptions & { executor: number }): Promise<Ref<M>>
  /** A late-bound reference, told from outside any actor. */
  named<M>(name: string): Ref<M>
  /** Resolves when the actor has stopped, its `stop` included. */
  stopActor(ref: AnyRef): Promise<void>
  /** How each executor is now. One that does not answer within 500 ms is shown as lost. */
  inspect(): Promise<SystemInspection>
  /** Throws in that thread, outside any actor: it dies, and is started again. For tests and drills. */
  crashExecutor(executor: number): void
  /** Blocks that thread. For tests and drills. */
  pauseExecutor(executor: number, durationMs: number): void
  /**
   * Actors are stopped in reverse order of their spawning, the main thread's first, then all workers at once; a promise
   * from `stop` is waited for. After the limit (default 10 000 ms) the threads are ended. Resolves to true when everything
   * stopped in time.
   */
  stop(options?: { timeoutMs?: number }): Promise<boolean>
}
