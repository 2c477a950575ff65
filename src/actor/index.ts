/**
 * Actors on worker threads, with mailboxes in shared memory. Published alone as `cellarium/actor`; it knows nothing of
 * cells, Raft or Redis.
 *
 * **For** programs that want every core without locks: state lives in actors, an actor lives on one thread for its whole
 * life, and threads share nothing but byte rings.
 *
 * **Promises.** From one actor to another, messages of one lane arrive in the order sent, at most once, large ones (in
 * pieces) too. What `tell` accepted is handled, or is counted as a dead letter. A sender never blocks. One actor's calls
 * never overlap. A thread's exit is told to those who watch executors only after everything it had published is
 * delivered and everything it never took is given back.
 *
 * **Refuses** functions and class instances in messages; unbounded queues; a silent second delivery.
 *
 * **Beyond** tell and ask: pools and their routers (`pool`), publish and subscribe over threads (`topic`), messages put
 * aside (`stash`), promises as messages (`ctx.pipeToSelf`), a limit on silence (`withReceiveTimeout`), and someone who watches
 * lives and messages (`observerEdge`). Whoever uses none of them pays for none.
 *
 * **In this order.** Define actors where their modules are evaluated (`actor({ module: import.meta.url, … })`), create a
 * system, spawn in `populate`, tell; at the end `stop`. In tests `createSimulation` runs the same definitions in one
 * thread on virtual time, from a seed.
 *
 * ```ts
 * // counter.ts
 * import { actor, type Ref } from 'cellarium/actor'
 *
 * export type CounterMessage = { kind: 'add'; amount: number } | { kind: 'read'; replyTo: Ref<number> }
 *
 * export const counter = actor<CounterMessage>({
 *   module: import.meta.url,
 *   name: 'counter',
 *   start(ctx) {
 *     let count = 0
 *     return {
 *       receive(message) {
 *         if (message.kind === 'add') count += message.amount
 *         else ctx.tell(message.replyTo, count)
 *       },
 *     }
 *   },
 * })
 * ```
 *
 * A thread imports the module of an actor, and with it whatever else happens there: so a system is created in another one.
 *
 * ```ts
 * // main.ts
 * import { createSystem } from 'cellarium/actor'
 * import { counter } from './counter.ts'
 *
 * const system = await createSystem({ executors: 2 })
 * const ref = await system.spawn(counter, undefined, { executor: 0 })
 * ref.tell({ kind: 'add', amount: 2 })
 * console.log(await ref.ask<number>((replyTo) => ({ kind: 'read', replyTo }), { timeoutMs: 1000 })) // 2
 * await system.stop()
 * ```
 */

/** @internal For `testing.ts` alone. */
export { checkSimulation } from './arguments.ts'
export type { ExecutorTask } from './control.ts'
export { type ActorDefinition, type ActorOptions, actor } from './definition.ts'
export { type EdgeToken, edge } from './edges.ts'
export {
  Aborted,
  ActorError,
  type ActorErrorCode,
  ActorStopped,
  AskTimeout,
  ExecutorLost,
  MailboxFull,
  NameTaken,
  SystemStopped,
} from './errors.ts'
export type { FrameReader, FrameWriter } from './frame.ts'
export { type ReceiveTimeout, withReceiveTimeout } from './idle.ts'
export { type ObservedActor, type Observer, observerEdge } from './observer.ts'
export { type Namer, type Pool, type PoolOptions, pool, type Router, type Spawner } from './pool.ts'
export { createSimulation } from './simulation.ts'
export type { MessageFilter, Simulation, SimulationOptions, Verdict } from './simulation-types.ts'
export { type Stash, type StashOptions, stash } from './stash.ts'
export { createSystem } from './system.ts'
export type { EdgesModule, ResourceLimits, System, SystemOptions } from './system-types.ts'
export { type Publisher, type Topic, topic } from './topic.ts'
export type {
  ActorContext,
  ActorInspection,
  AnyRef,
  AskOptions,
  Behavior,
  DeadLetterReason,
  Edges,
  ExecutorInspection,
  Lane,
  LaneInspection,
  Lanes,
  LogEntry,
  LogLevel,
  MakeEdges,
  OnThrow,
  Protocol,
  Ref,
  SpawnOptions,
  StopReason,
  Supervision,
  SystemInspection,
  TerminatedReason,
  Timer,
} from './types.ts'
/** @internal For `workers/executor.ts` alone. */
export { runExecutor } from './worker.ts'
