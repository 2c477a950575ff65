/** The nouns of the room, as its users see them. No code here. */
import type { Clock, Random } from '../base/index.ts'
import type { ActorDefinition } from './definition.ts'
import type { EdgeToken } from './edges.ts'
import type { FrameReader, FrameWriter } from './frame.ts'

/**
 * The two roads between a pair of threads. `control` and `droppable` share the first, which is always drained before the
 * second; `data` is the second. Within one road the order of sending is kept; between the roads there is none.
 *
 * * `control`: small, never dropped, goes first.
 * * `droppable`: goes with control, but is dropped (tell returns false) when the road has no room.
 * * `data`: everything else.
 */
export type Lane = 'control' | 'droppable' | 'data'

/** Messages in the structured codec that do not all go in the lane `data`: `protocol: { lane: () => 'droppable' }`. */
export interface Lanes<M> {
  /** Which lane a message goes in. */
  lane(message: M): Lane
}

/** How an actor's messages travel to another thread. Without one: lane `data`, the structured codec. */
export interface Protocol<M> {
  /** Which lane; `data` when absent. */
  lane?(message: M): Lane
  /** Writes the message into the frame and returns true; false: nothing written counts, and the structured codec is used. */
  encode(message: M, out: FrameWriter): boolean
  /**
   * The message again. It may hold views of the ring (`frame.bytes(n)`): they are valid until the end of the current pass,
   * its `turn()` calls included, and are overwritten afterwards. Whoever keeps bytes longer copies them; an asynchronous
   * handler copies them before it waits.
   */
  decode(frame: FrameReader): M
}

/** Why an actor's `stop` is called. */
export type StopReason =
  /** `ctx.stop()`, a parent that stopped, or `system.stopActor()` */
  | 'stopped'
  /** the system is stopping */
  | 'shutdown'
  /** its handler threw, and its supervision starts it again */
  | 'restart'
  /** its handler threw, and its supervision stops it */
  | 'failed'

/** Why a watched actor is no more. `executor-lost`: its thread exited. `unknown`: there was no such actor when the watch arrived. */
export type TerminatedReason = 'stopped' | 'shutdown' | 'failed' | 'executor-lost' | 'unknown'

/** How long to wait for a reply: `timeoutMs` in milliseconds, and a signal that ends it earlier. */
export interface AskOptions {
  timeoutMs: number
  signal?: AbortSignal
}

/**
 * The address of an actor, on whatever thread. May be sent inside messages.
 *
 * A reference is to one life on one incarnation of a thread: when that is over, `tell` returns false and counts a dead
 * letter. `ctx.named()` gives a reference that follows the name instead.
 */
export interface Ref<M> {
  /**
   * True: accepted (in the mailbox, in the ring, or in the bounded queue behind it). False: no room now, or no such actor.
   *
   * To another thread the bytes have been copied when it returns. On the same thread (`isLocal`) the object itself is
   * handed over, and the sender no longer owns it. A message that cannot be sent (a function, a class instance) throws a
   * TypeError that names the path.
   */
  readonly tell: (message: M) => boolean
  /**
   * Sends what `make` returns, which carries `replyTo`, and resolves with the first message told to `replyTo`. Rejects with
   * AskTimeout, ActorStopped, ExecutorLost, MailboxFull, Aborted or SystemStopped. For the street (sockets, HTTP, tests): between actors
   * send messages both ways instead.
   */
  readonly ask: <R>(make: (replyTo: Ref<R>) => M, options: AskOptions) => Promise<R>
  /** Where it lives; −1 for a name that is not known now. */
  readonly executor: number
  /** True when it lives on this thread, so that `tell` hands over the object itself. */
  readonly isLocal: boolean
  readonly name: string | null
  /** `executor.incarnation.serial`: unique in the life of a system. Empty for a name that is not known now. */
  readonly id: string
}

/** A reference of which only the address is of interest; no message can be told to it without a cast. */
export type AnyRef = Ref<never>

/** What `ctx.after` and `ctx.every` return. */
export interface Timer {
  /** It fires no more; one that has fired already is in the mailbox. */
  cancel(): void
}

/** What an actor is, from `start` to `stop`. All its calls come one at a time, on its own thread. */
export interface Behavior<M> {
  /** `from` is the actor that told it, null when it was told from outside an actor. */
  receive(message: M, from: AnyRef | null): void | Promise<void>
  /**
   * Called once at the end of a pass in which this actor called `ctx.requestTurn()`, after all mailboxes were drained or
   * the pass's budget was used. This is how an actor batches: `receive` gathers, `turn` works.
   */
  turn?(): void
  /** The last call. A promise is waited for, within the system's time limit, when the system stops. */
  stop?(why: StopReason): void | Promise<void>
  /** An actor that this one watches is no more. Comes once, after everything it sent in the data lane. */
  terminated?(ref: AnyRef, why: TerminatedReason): void
  /**
   * An executor's thread has exited: proof of death. Called for actors that called `ctx.watchExecutors()`, after everything
   * the thread had published was delivered and after `undelivered` for everything it never took.
   */
  executorLost?(executor: number, incarnation: number): void
  /** An executor's thread is there, with empty rings both ways. Also called at `watchExecutors()` for those that are up. */
  executorUp?(executor: number, incarnation: number): void
  /** A message this actor told that is known never to have been handled: its thread died first, or refused it for its size. */
  undelivered?(to: AnyRef, message: unknown): void
}

/** What happens when a handler throws. `escalate`: the thread dies, as from any bug outside an actor. */
export type OnThrow = 'restart' | 'stop' | 'escalate'

/** What happens when an actor throws, and how often it may. */
export interface Supervision {
  onThrow: OnThrow
  /** More restarts than this within `windowMs`, and `onLimit` happens. Default 10 in 60 000 ms. */
  restartsMax?: number
  windowMs?: number
  /** Default `escalate`. */
  onLimit?: 'stop' | 'escalate'
}

/** How an actor is made to live. */
export interface SpawnOptions {
  /** Unique in the system while the actor lives; found with `named()` on every thread. */
  name?: string
  /** Messages its mailbox holds before `tell` returns false. Default 65 536. */
  mailbox?: number
  /** Default `restart`, ten times a minute, then `escalate`. */
  supervise?: OnThrow | Supervision
}

/** From the least to the most urgent. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** One line of the log. */
export interface LogEntry {
  readonly level: LogLevel
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly executor: number
  /** Name or id of the actor; empty for the runtime itself. */
  readonly actor: string
}

/** What an actor may do. The same on worker threads, on the main thread and in the twin. */
export interface ActorContext<M> {
  readonly self: Ref<M>
  readonly executor: number
  /** How many workers the system has; also the number of the main thread's executor. */
  readonly executors: number
  /** How often this executor's thread has been started, from 1. */
  readonly incarnation: number
  readonly clock: Clock
  readonly random: Random
  /** Asks for one `turn()` at the end of this pass; wakes the loop if it sleeps. May be called from callbacks of sockets and files. */
  requestTurn(): void
  /** Tells `self` the message later. Gone with the actor, also when it is restarted. */
  after(delayMs: number, message: M): Timer
  /**
   * The same again and again, first after one interval. A loop that was late does not make up for the beats it missed.
   */
  every(intervalMs: number, message: M): Timer
  /**
   * Tells `self` what `done`, or `failed`, makes of the promise's end; meanwhile the actor goes on with other messages. The
   * message is taken whatever the mailbox's bound: how many promises are under way is the actor's to limit.
   *
   * When the actor has stopped or begun anew before the promise ends, nothing is told: what the former life asked for is
   * void. `done` and `failed` are called when the message's turn has come, and a throw in them is a throw of the actor.
   *
   * ```ts
   * ctx.pipeToSelf(readFile(path), (bytes) => ({ kind: 'loaded', bytes }), (error) => ({ kind: 'failed', text: String(error) }))
   * ```
   */
  pipeToSelf<R>(promise: PromiseLike<R>, done: (value: R) => M, failed: (error: unknown) => M): void
  /**
   * Resolved at each tell to the actor that has the name then; `tell` returns false, and counts nothing, while there is
   * none. This actor is the sender, also when it is told from a callback.
   */
  named<T>(name: string): Ref<T>
  /** `ref.tell(message)` with this actor as the sender, also from callbacks of sockets and files. */
  tell<T>(ref: Ref<T>, message: T): boolean
  /** What the maker of this executor passed in under the token: disks, sockets. Throws when there is none. */
  edge<T>(token: EdgeToken<T>): T
  /** A child on this executor, stopped when this actor stops or is restarted. It runs from the next pass on. */
  spawn<T, A>(definition: ActorDefinition<T, A>, args: A, options?: SpawnOptions): Ref<T>
  /** From now on `terminated` is called when that actor ends; at once, with `unknown`, when there is none. */
  watch(ref: AnyRef): void
  /** What is in the mailbox already still comes. */
  unwatch(ref: AnyRef): void
  /** From now on `executorLost` and `executorUp` are called. */
  watchExecutors(): void
  /** Stops this actor, after the current call; or a child. What is in the mailbox becomes dead letters. */
  stop(child?: AnyRef): void
  /** Where the system's log goes, from whatever thread. Fields that are not plain data are written as text. */
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void
}

/** What an executor's maker passes in, by the names of the tokens. */
export type Edges = ReadonlyMap<string, unknown> | Readonly<Record<string, unknown>>

/** A function of this shape, exported by name from a module, makes the edges of each executor on its own thread. */
export type MakeEdges<A = unknown> = (executor: number, incarnation: number, args: A) => Edges | Promise<Edges>

/** Why a message was never handled, and will not be. */
export type DeadLetterReason = 'no-such-actor' | 'stopped' | 'mailbox-full' | 'too-big' | 'executor-lost' | 'late-reply'

/** How an actor is. `handled` counts messages and news of the runtime; `restarts` are those since it was spawned. */
export interface ActorInspection {
  readonly id: string
  readonly name: string | null
  readonly definition: string
  readonly mailbox: number
  readonly mailboxMax: number
  readonly handled: number
  readonly restarts: number
}

/** One road to another executor, as its sender sees it. */
export interface LaneInspection {
  readonly to: number
  readonly lane: 'control' | 'data'
  readonly ringBytes: number
  /** Written and not yet freed by the receiver. */
  readonly usedBytes: number
  /** Behind a full ring. */
  readonly queuedBytes: number
  readonly sentMessages: number
  readonly refusedMessages: number
}

/** How an executor is. Counts are since its thread was started. */
export interface ExecutorInspection {
  readonly executor: number
  readonly incarnation: number
  readonly state: 'up' | 'starting' | 'lost'
  readonly threadId: number
  readonly actors: readonly ActorInspection[]
  readonly lanes: readonly LaneInspection[]
  readonly deadLetters: Readonly<Record<DeadLetterReason, number>>
  readonly passes: number
  readonly messages: number
  readonly turns: number
  readonly timers: number
  /** Of the time since the last inspection. */
  readonly longestPassMs: number
  readonly timerLatenessMs: number
  /** Share of the time in which the event loop was not idle, since the last inspection. */
  readonly utilization: number
}

/** How all executors are, the main one last. */
export interface SystemInspection {
  readonly executors: readonly ExecutorInspection[]
}
