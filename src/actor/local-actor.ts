/** An actor that lives here: its mailbox, its state in the loop, and the context its behavior sees. */
import type { Clock, Random } from '../base/index.ts'
import type { ActorDefinition, AnyDefinition } from './definition.ts'
import { type EdgeToken, findEdge } from './edges.ts'
import type { Executor } from './executor.ts'
import { Fifo } from './fifo.ts'
import { pipe } from './pipe.ts'
import { ActorRef, NamedRef } from './refs.ts'
import type { TimerOwner } from './timers.ts'
import type {
  ActorContext,
  ActorInspection,
  AnyRef,
  Behavior,
  LogLevel,
  Protocol,
  Ref,
  SpawnOptions,
  Supervision,
  TerminatedReason,
  Timer,
} from './types.ts'

/** What lies in a mailbox beside messages: news from the runtime, in order with them. */
export type ActorEvent =
  | { readonly kind: 'terminated'; readonly ref: ActorRef; readonly why: TerminatedReason }
  | { readonly kind: 'executorLost' | 'executorUp'; readonly executor: number; readonly incarnation: number }
  | { readonly kind: 'undelivered'; readonly to: ActorRef; readonly message: unknown }

/** In the place of the sender: the message is an ActorEvent. */
export const EVENT = Symbol('event')
/** In the place of the sender: the message is a Held. */
export const HELD = Symbol('held')

/**
 * A message that is made when its turn comes: from a frame of another thread that could not be handled as it came, from
 * what the actor had put aside, from the end of a promise. While a mailbox has one, later frames queue behind it instead
 * of being handled as they come.
 */
export interface Held {
  readonly from: ActorRef | null
  /** Of memory, where the runtime owns it. */
  readonly bytes: number
  /** The message. A throw is a throw of the actor. */
  take(actor: LocalActor): unknown
}

/** What an actor has put aside; at the end of a life it goes back into the mailbox. */
export interface PutAside {
  release(): void
}

export type Sender = ActorRef | null | typeof EVENT | typeof HELD

export type ActorState = 'running' | 'stopping' | 'stopped'

const MAILBOX_MESSAGES = 65_536

export class LocalActor implements TimerOwner {
  readonly here: Executor
  readonly definition: AnyDefinition
  readonly args: unknown
  readonly serial: number
  readonly ref: ActorRef
  readonly context: Context
  readonly parent: LocalActor | null
  readonly protocol: Protocol<unknown> | null
  readonly supervision: Required<Supervision>
  readonly mailboxMax: number
  readonly random: Random
  behavior: Behavior<unknown>
  state: ActorState
  /** Counts restarts and the stop: what belongs to an earlier life (timers, promises) is void. */
  life: number
  readonly messages: Fifo<unknown>
  readonly senders: Fifo<Sender>
  /** Of the messages, those that are Held. */
  heldFrames: number
  heldBytes: number
  /** Senders' threads that were told to hold back. */
  closedTo: number[]
  isReady: boolean
  wantsTurn: boolean
  /** To be stopped, with `stopWhy`, as soon as no handler of it is under way. */
  wantsStop: boolean
  stopWhy: 'stopped' | 'shutdown' | 'failed'
  /** An asynchronous handler is under way, or a restart waits for the last life's `stop`. */
  isSuspended: boolean
  watchesExecutors: boolean
  stashes: PutAside[]
  handled: number
  restarts: number
  restartedAtMs: number[]
  readonly children: Set<LocalActor>
  /** By id: whom this one watches. */
  readonly watching: Map<string, ActorRef>
  /** By id: who watches this one. */
  readonly watchers: Map<string, ActorRef>
  /** Per link and lane, the token of the link that has been told who we are. */
  readonly introduced: number[]
  readonly whenStopped: (() => void)[]

  constructor(
    here: Executor,
    definition: AnyDefinition,
    args: unknown,
    serial: number,
    parent: LocalActor | null,
    options: SpawnOptions,
  ) {
    this.here = here
    this.definition = definition
    this.args = args
    this.serial = serial
    this.protocol = definition.protocol as Protocol<unknown> | null
    const protocolKey = definition.protocol === null ? '' : definition.key
    this.ref = new ActorRef(here, here.executor, here.incarnation, serial, protocolKey, options.name ?? null, this)
    this.parent = parent
    this.supervision = fullSupervision(options.supervise)
    this.mailboxMax = options.mailbox ?? MAILBOX_MESSAGES
    this.random = here.random.fork()
    this.behavior = NOT_STARTED
    this.state = 'running'
    this.life = 0
    this.messages = new Fifo()
    this.senders = new Fifo()
    this.heldFrames = 0
    this.heldBytes = 0
    this.closedTo = []
    this.isReady = false
    this.wantsTurn = false
    this.wantsStop = false
    this.stopWhy = 'stopped'
    this.isSuspended = false
    this.watchesExecutors = false
    this.stashes = NO_STASHES
    this.handled = 0
    this.restarts = 0
    this.restartedAtMs = []
    this.children = new Set()
    this.watching = new Map()
    this.watchers = new Map()
    this.introduced = []
    this.whenStopped = []
    this.context = new Context(this)
  }

  timerFired(message: unknown): void {
    this.here.enqueue(this, message, null)
  }

  enqueueHeld(held: Held): void {
    this.messages.push(held)
    this.senders.push(HELD)
    this.heldFrames++
    this.here.makeReady(this)
  }

  /** Before all that waits in the mailbox, in this order. */
  enqueueFirst(held: readonly Held[]): void {
    for (let i = held.length - 1; i >= 0; i--) {
      this.messages.unshift(held[i])
      this.senders.unshift(HELD)
      this.heldFrames++
    }
    this.here.makeReady(this)
  }

  releaseStashes(): void {
    for (const stash of this.stashes) stash.release()
    this.stashes = NO_STASHES
  }

  /** For people. */
  get label(): string {
    return this.ref.name ?? this.ref.id
  }

  inspect(): ActorInspection {
    return {
      id: this.ref.id,
      name: this.ref.name,
      definition: this.definition.key,
      mailbox: this.messages.size,
      mailboxMax: this.mailboxMax,
      handled: this.handled,
      restarts: this.restarts,
    }
  }
}

/** Of nearly all actors. */
const NO_STASHES: PutAside[] = []

/** Before the first life, and between one and the next. */
export const NOT_STARTED: Behavior<unknown> = {
  receive() {
    throw new Error('an actor received a message while it was not started')
  },
}

/** The actor that was given this context, for what extends contexts from other files. */
export function actorOf(context: ActorContext<never>): LocalActor {
  if (!(context instanceof Context)) throw new TypeError('a context is the one that the runtime gave to start')
  return Context.actorOf(context)
}

function fullSupervision(given: SpawnOptions['supervise']): Required<Supervision> {
  const supervision = typeof given === 'string' ? { onThrow: given } : (given ?? { onThrow: 'restart' })
  return {
    onThrow: supervision.onThrow,
    restartsMax: supervision.restartsMax ?? 10,
    windowMs: supervision.windowMs ?? 60_000,
    onLimit: supervision.onLimit ?? 'escalate',
  }
}

class Context implements ActorContext<unknown> {
  readonly #actor: LocalActor
  readonly #here: Executor

  constructor(actor: LocalActor) {
    this.#actor = actor
    this.#here = actor.here
  }

  static actorOf(context: Context): LocalActor {
    return context.#actor
  }

  get self(): Ref<unknown> {
    return this.#actor.ref
  }

  get executors(): number {
    return this.#here.main
  }

  get executor(): number {
    return this.#here.executor
  }

  get incarnation(): number {
    return this.#here.incarnation
  }

  get clock(): Clock {
    return this.#here.clock
  }

  get random(): Random {
    return this.#actor.random
  }

  requestTurn(): void {
    this.#here.requestTurn(this.#actor)
  }

  after(delayMs: number, message: unknown): Timer {
    return this.#here.timers.add(this.#actor, message, this.#here.clock.monotonicMs() + delayMs, 0)
  }

  every(intervalMs: number, message: unknown): Timer {
    if (!(intervalMs > 0)) throw new RangeError('an interval is longer than 0 ms')
    return this.#here.timers.add(this.#actor, message, this.#here.clock.monotonicMs() + intervalMs, intervalMs)
  }

  pipeToSelf<R>(promise: PromiseLike<R>, done: (value: R) => unknown, failed: (error: unknown) => unknown): void {
    pipe(this.#actor, promise, done, failed)
  }

  named<T>(name: string): Ref<T> {
    return new NamedRef(this.#here, this.#actor, name)
  }

  tell<T>(ref: Ref<T>, message: T): boolean {
    return this.#here.outbound.tellAs(this.#actor, ref as AnyRef, message)
  }

  edge<T>(token: EdgeToken<T>): T {
    return findEdge(this.#here.edges, token.name) as T
  }

  spawn<T, A>(definition: ActorDefinition<T, A>, args: A, options: SpawnOptions = {}): Ref<T> {
    return this.#here.lifecycle.spawn(definition as unknown as AnyDefinition, args, options, this.#actor).ref
  }

  watch(ref: AnyRef): void {
    this.#here.watches.watch(this.#actor, ref)
  }

  unwatch(ref: AnyRef): void {
    this.#here.watches.unwatch(this.#actor, ref)
  }

  watchExecutors(): void {
    this.#here.links.watchExecutors(this.#actor)
  }

  stop(child?: AnyRef): void {
    this.#here.lifecycle.requestStop(this.#actor, child)
  }

  log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#here.log(level, message, fields, this.#actor.label)
  }
}
