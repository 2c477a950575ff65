/**
 * One executor: its actors and the pass of its loop. The same class runs on a worker thread, on the main thread and in the
 * simulation; what differs (how it is woken, what time it is, what carries the rings) is handed in.
 *
 * A pass: due timers → frames from other threads, control lanes first → local mailboxes → turns → room given back to the
 * senders → what was sent becomes visible, and sleepers are woken.
 */
import { assert, type Clock, type Random } from '../base/index.ts'
import { Asks } from './asks.ts'
import { Fifo } from './fifo.ts'
import { FrameReader, FrameWriter } from './frame.ts'
import type { ExecutorOptions, Host, Tracer } from './host.ts'
import { Intake } from './intake.ts'
import { Lifecycle } from './lifecycle.ts'
import { Links } from './links.ts'
import { type ActorEvent, EVENT, HELD, type Held, type LocalActor, type Sender } from './local-actor.ts'
import { Names } from './names.ts'
import { failure, Notices } from './notices.ts'
import { type Observation, observation } from './observer.ts'
import { Outbound } from './outbound.ts'
import { type ActorRef, NamedRef } from './refs.ts'
import { Timers } from './timers.ts'
import type { AnyRef, DeadLetterReason, Edges, ExecutorInspection, LogLevel } from './types.ts'
import { Watches } from './watches.ts'

const MESSAGES_PER_PASS = 4096
/** So many of one actor before the next one's turn. */
const MESSAGES_PER_ACTOR = 256

export function noDeadLetters(): Record<DeadLetterReason, number> {
  return { 'no-such-actor': 0, stopped: 0, 'mailbox-full': 0, 'too-big': 0, 'executor-lost': 0, 'late-reply': 0 }
}

export class Executor {
  readonly executor: number
  readonly main: number
  readonly incarnation: number
  readonly clock: Clock
  readonly random: Random
  readonly edges: Edges
  readonly host: Host
  readonly tracer: Tracer | null
  readonly observation: Observation | null
  readonly actors: Map<number, LocalActor>
  readonly timers: Timers
  readonly names: Names
  readonly asks: Asks
  readonly watches: Watches
  readonly notices: Notices
  readonly lifecycle: Lifecycle
  readonly links: Links
  readonly intake: Intake
  readonly outbound: Outbound
  /** One at a time: nothing is encoded while something else is. */
  readonly out: FrameWriter
  readonly reader: FrameReader
  /** Whose handler runs now. */
  current: LocalActor | null
  /** Nothing runs any more: late callbacks of sockets and disks find no one. */
  isDead: boolean
  readonly #poison: boolean
  readonly #ready: Fifo<LocalActor>
  #turns: LocalActor[]
  #turnsNow: LocalActor[]
  #inPass: boolean
  #woken: boolean
  readonly #deadLetters: Record<DeadLetterReason, number>
  #passes: number
  #messages: number
  #turnsDone: number
  #longestPassMs: number
  #timerLatenessMs: number

  constructor(options: ExecutorOptions) {
    this.executor = options.executor
    this.main = options.main
    this.incarnation = options.incarnation
    this.clock = options.clock
    this.random = options.random
    this.edges = options.edges
    this.host = options.host
    this.tracer = options.tracer
    this.observation = observation(this)
    this.actors = new Map()
    this.timers = new Timers((dueMs) => this.#timerChanged(dueMs))
    this.names = new Names(this)
    this.asks = new Asks(this)
    this.watches = new Watches(this)
    this.notices = new Notices(this)
    this.lifecycle = new Lifecycle(this)
    this.links = new Links(this, options.limits, options.assemblyBytesMax)
    this.intake = new Intake(this, options.framesPerPass)
    this.outbound = new Outbound(this, options.interceptor)
    this.out = new FrameWriter(this.links)
    this.reader = new FrameReader(this.links)
    this.current = null
    this.isDead = false
    this.#poison = options.poison
    this.#ready = new Fifo()
    this.#turns = []
    this.#turnsNow = []
    this.#inPass = false
    this.#woken = false
    this.#deadLetters = noDeadLetters()
    this.#passes = 0
    this.#messages = 0
    this.#turnsDone = 0
    this.#longestPassMs = 0
    this.#timerLatenessMs = 0
  }

  // ───────────────────────────────────────────────────────────────────────────────────────────────────────── the pass

  /** One pass. True: there is more to do at once. A throw out of it is the thread's death. */
  pass(): boolean {
    if (this.isDead) return false
    this.#woken = false
    this.#inPass = true
    const startMs = this.clock.monotonicMs()
    if (this.timers.nextDueMs <= startMs) {
      this.#timerLatenessMs = Math.max(this.#timerLatenessMs, startMs - this.timers.nextDueMs)
      this.timers.fireDue(startMs)
    }
    this.intake.takeFrames()
    this.#handleMailboxes()
    this.#takeTurns()
    // A simulated thread may be made to die by one of its own handlers: then nothing more of it is seen.
    if (this.isDead) return false
    const more = this.#giveBackRoom()
    const moreToSend = this.flush()
    this.#inPass = false
    this.#passes++
    this.#longestPassMs = Math.max(this.#longestPassMs, this.clock.monotonicMs() - startMs)
    return more || moreToSend || this.#ready.size > 0 || this.#turns.length > 0
  }

  #handleMailboxes(): void {
    const ready = this.#ready
    let left = MESSAGES_PER_PASS
    while (ready.size > 0 && left > 0 && !this.isDead) {
      const actor = ready.shift()
      actor.isReady = false
      if (actor.wantsStop) this.#stopWanted(actor)
      let mine = Math.min(left, MESSAGES_PER_ACTOR)
      while (mine > 0 && actor.messages.size > 0 && actor.state === 'running' && !actor.isSuspended && !this.isDead) {
        this.#handleNext(actor)
        mine--
        left--
      }
      if (actor.messages.size > 0) this.makeReady(actor)
    }
  }

  #handleNext(actor: LocalActor): void {
    let message = actor.messages.shift()
    let from: Sender = actor.senders.shift()
    this.current = actor
    try {
      if (from === EVENT) {
        this.#handleEvent(actor, message as ActorEvent)
      } else {
        if (from === HELD) {
          const held = message as Held
          this.intake.unhold(actor, held)
          message = held.take(actor)
          from = held.from
        } else if (this.tracer !== null) {
          this.tracer.delivered(actor.serial, from === null ? 0 : from.serial, 0)
        }
        const result = actor.behavior.receive(message, from as AnyRef | null)
        if (result !== undefined) this.suspend(actor, result)
      }
    } catch (error) {
      this.current = null
      this.lifecycle.threw(actor, error)
    }
    this.handled(actor)
  }

  /** A message, or an event, of the actor has been handled. */
  handled(actor: LocalActor): void {
    this.current = null
    actor.handled++
    this.#messages++
    if (actor.wantsStop) this.#stopWanted(actor)
  }

  #handleEvent(actor: LocalActor, event: ActorEvent): void {
    const behavior = actor.behavior
    switch (event.kind) {
      case 'terminated':
        behavior.terminated?.(event.ref as AnyRef, event.why)
        return
      case 'executorLost':
        if (actor.watchesExecutors) behavior.executorLost?.(event.executor, event.incarnation)
        return
      case 'executorUp':
        if (actor.watchesExecutors) behavior.executorUp?.(event.executor, event.incarnation)
        return
      case 'undelivered':
        behavior.undelivered?.(event.to as AnyRef, event.message)
    }
  }

  #takeTurns(): void {
    if (this.#turns.length === 0) return
    const now = this.#turns
    // Whoever asks during a turn gets one in the next pass.
    this.#turns = this.#turnsNow
    this.#turnsNow = now
    for (let i = 0; i < now.length; i++) {
      const actor = now[i] as LocalActor
      if (!actor.wantsTurn || actor.isSuspended || this.isDead) continue
      actor.wantsTurn = false
      if (actor.state !== 'running' || actor.behavior.turn === undefined) continue
      this.#turnsDone++
      this.current = actor
      try {
        actor.behavior.turn()
      } catch (error) {
        this.current = null
        this.lifecycle.threw(actor, error)
      }
      this.current = null
      if (actor.wantsStop) this.#stopWanted(actor)
    }
    now.length = 0
  }

  /** After the turns nothing holds a view of a ring. True: some frames were left for the next pass. */
  #giveBackRoom(): boolean {
    let more = false
    for (const link of this.links.list) {
      const controlWanted = link.inControl.free(this.#poison)
      const dataWanted = link.inData.free(this.#poison)
      if (controlWanted || dataWanted) this.host.tellRoom(link.executor)
      if (link.hasIncoming()) more = true
    }
    return more
  }

  /** Makes what was sent visible. True: more could go at once in another pass. */
  flush(): boolean {
    let more = false
    for (const link of this.links.list) {
      if (link.outControl.pump()) more = true
      if (link.outData.pump()) more = true
      link.outControl.writer.publish()
      link.outData.writer.publish()
      const control = link.outControl.writer.takeShown()
      const data = link.outData.writer.takeShown()
      if (control || data) this.host.ringDoorbell(link.executor)
    }
    return more
  }

  /** Looks at all rings: before it sleeps, and while it looks for work. */
  hasWork(): boolean {
    for (const link of this.links.list) if (link.hasWork()) return true
    return false
  }

  /** Handlers run as in a pass, but nothing is given back or sent before the next one. */
  betweenPasses(work: () => void): void {
    assert(!this.#inPass, 'this is done between passes')
    this.#inPass = true
    work()
    this.#inPass = false
    this.#woken = false
    this.wake()
  }

  // ────────────────────────────────────────────────────────────────────────────────────────── who has something to do

  /** Whose handler runs now; null outside. */
  sender(): ActorRef | null {
    return this.current === null ? null : this.current.ref
  }

  /** Into the mailbox, whatever its bound. */
  enqueue(actor: LocalActor, message: unknown, from: Sender): void {
    actor.messages.push(message)
    actor.senders.push(from)
    this.makeReady(actor)
  }

  enqueueEvent(actor: LocalActor, event: ActorEvent): void {
    if (actor.state === 'running') this.enqueue(actor, event, EVENT)
  }

  makeReady(actor: LocalActor): void {
    if (actor.isReady || actor.isSuspended || actor.state !== 'running') return
    actor.isReady = true
    this.#ready.push(actor)
    this.wake()
  }

  requestTurn(actor: LocalActor): void {
    if (actor.wantsTurn || actor.state !== 'running' || this.isDead) return
    actor.wantsTurn = true
    this.#turns.push(actor)
    this.wake()
  }

  wake(): void {
    if (this.#inPass || this.#woken || this.isDead) return
    this.#woken = true
    this.host.schedule()
  }

  #timerChanged(dueMs: number): void {
    if (!this.#inPass && !this.isDead) this.host.armTimer(dueMs)
  }

  // ──────────────────────────────────────────────────────────────────────────────── asynchronous handlers, and the end

  /** The mailbox waits until the promise of its handler is settled. */
  suspend(actor: LocalActor, result: unknown): void {
    if (!(result instanceof Promise)) throw new TypeError('receive returns nothing, or a promise')
    if (!actor.definition.asynchronous) {
      result.catch(() => {})
      throw new TypeError(`receive of ${actor.definition.key} returned a promise: declare it asynchronous`)
    }
    const life = actor.life
    actor.isSuspended = true
    result.then(
      () => {
        if (actor.life === life) this.fromOutside(() => this.resume(actor))
      },
      (error: unknown) => {
        if (actor.life !== life) return
        this.fromOutside(() => {
          actor.isSuspended = false
          this.lifecycle.threw(actor, error)
          // Its next life may be waiting for the end of this one.
          if (!actor.isSuspended) this.resume(actor)
        })
      },
    )
  }

  resume(actor: LocalActor): void {
    actor.isSuspended = false
    if (actor.state !== 'running') return
    if (actor.messages.size > 0 || actor.wantsStop) this.makeReady(actor)
    if (actor.wantsTurn) {
      this.#turns.push(actor)
      this.wake()
    }
  }

  /** Runs the runtime's own work in a callback of a promise, where a throw would be lost. */
  fromOutside(work: () => void): void {
    if (this.isDead) return
    try {
      work()
    } catch (error) {
      this.host.die(error)
    }
  }

  #stopWanted(actor: LocalActor): void {
    if (!actor.isSuspended) this.lifecycle.stop(actor, actor.stopWhy)
  }

  /** What an actor that stops has not handled. */
  discardMailbox(actor: LocalActor): void {
    while (actor.messages.size > 0) {
      const message = actor.messages.shift()
      const from = actor.senders.shift()
      if (from === HELD) {
        const held = message as Held
        this.intake.unhold(actor, held)
        this.deadLetter('stopped', held.from)
      } else if (from !== EVENT) {
        this.deadLetter('stopped', from)
      }
    }
  }

  /** Counts it, and tells an asker that no reply will come. */
  deadLetter(reason: DeadLetterReason, from: ActorRef | null): void {
    this.countDeadLetter(reason)
    if (from === null || !from.isAsk) return
    if (from.executor === this.executor) {
      this.asks.fail(from.serial, failure(reason))
      return
    }
    const link = this.links.to(from.executor, from.incarnation)
    if (link !== null) this.notices.askFailed(link, from.serial, reason)
  }

  countDeadLetter(reason: DeadLetterReason): void {
    this.#deadLetters[reason]++
    this.observation?.deadLetter(reason)
  }

  log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>, actor = ''): void {
    this.host.log({ level, message, fields, executor: this.executor, actor })
  }

  named(name: string): NamedRef {
    return new NamedRef(this, null, name)
  }

  inspect(threadId: number, utilization: number): ExecutorInspection {
    const longestPassMs = this.#longestPassMs
    const timerLatenessMs = this.#timerLatenessMs
    this.#longestPassMs = 0
    this.#timerLatenessMs = 0
    return {
      executor: this.executor,
      incarnation: this.incarnation,
      state: 'up',
      threadId,
      actors: [...this.actors.values()].map((actor) => actor.inspect()),
      lanes: this.links.list.flatMap((link) => [
        link.outControl.inspect(link.executor, 'control'),
        link.outData.inspect(link.executor, 'data'),
      ]),
      deadLetters: { ...this.#deadLetters },
      passes: this.#passes,
      messages: this.#messages,
      turns: this.#turnsDone,
      timers: this.timers.size,
      longestPassMs,
      timerLatenessMs,
      utilization,
    }
  }
}
