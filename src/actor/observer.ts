/**
 * Someone who watches the actors of an executor: their lives, and each message before and after it is handled. For
 * traces, metrics and debugging.
 *
 * Where there is no observer nothing is called and nothing is asked per message: observed actors get a behavior around
 * their own.
 */
import { bound } from './bound.ts'
import { edge, findEdge } from './edges.ts'
import { errorText } from './errors.ts'
import type { Executor } from './executor.ts'
import type { LocalActor } from './local-actor.ts'
import type { AnyRef, Behavior, DeadLetterReason, OnThrow, StopReason } from './types.ts'

/** Who is observed. */
export interface ObservedActor {
  readonly ref: AnyRef
  /** `module#name` of its definition. */
  readonly definition: string
  readonly executor: number
}

/**
 * Its calls are made on the thread of the actors, in the order in which things happen there. It must not throw: one that
 * does is not called again, and the log says so.
 */
export interface Observer {
  /** A life has begun: `start` has returned. Also after each restart. */
  started?(actor: ObservedActor): void
  /** A life ends: just before the actor's own `stop`. Not told when a thread dies, for then nothing runs there. */
  stopping?(actor: ObservedActor, why: StopReason): void
  /** A call of the actor threw; `decision` is what its supervision says. Before the consequence. */
  threw?(actor: ObservedActor, error: unknown, decision: OnThrow): void
  /** Before `receive`. The message is the actor's own: look, and neither change nor keep it. */
  handling?(actor: ObservedActor, message: unknown, from: AnyRef | null): void
  /** After `receive`, or when its promise has settled. `error` is null when it did not throw. */
  handled?(actor: ObservedActor, message: unknown, from: AnyRef | null, durationMs: number, error: unknown): void
  /** A message will never be handled. */
  deadLetter?(reason: DeadLetterReason): void
}

/**
 * The edge under which an executor's maker passes its observer in: `{ [observerEdge.name]: observer }`, from `edges` of a
 * system or a simulation, and from `mainEdges`.
 */
export const observerEdge = edge<Observer>('cellarium/observer')

/** Null: nobody observes this executor. */
export function observation(here: Executor): Observation | null {
  const observer = findEdge(here.edges, observerEdge.name, null)
  return observer === null ? null : new Observation(here, observer as Observer)
}

export class Observation {
  readonly #here: Executor
  readonly #observed: WeakMap<LocalActor, ObservedActor>
  /** Empty after it threw. */
  #observer: Observer

  constructor(here: Executor, observer: Observer) {
    this.#here = here
    this.#observed = new WeakMap()
    this.#observer = observer
  }

  /** The behavior to use from now on. */
  started(actor: LocalActor): Behavior<unknown> {
    const who = this.#who(actor)
    this.#safely((observer) => observer.started?.(who))
    const behavior = actor.behavior
    if (this.#observer.handling === undefined && this.#observer.handled === undefined) return behavior
    return { ...bound(behavior), receive: (message, from) => this.#receive(who, behavior, message, from) }
  }

  stopping(actor: LocalActor, why: StopReason): void {
    this.#safely((observer) => observer.stopping?.(this.#who(actor), why))
  }

  threw(actor: LocalActor, error: unknown, decision: OnThrow): void {
    this.#safely((observer) => observer.threw?.(this.#who(actor), error, decision))
  }

  deadLetter(reason: DeadLetterReason): void {
    this.#safely((observer) => observer.deadLetter?.(reason))
  }

  #receive(
    who: ObservedActor,
    behavior: Behavior<unknown>,
    message: unknown,
    from: AnyRef | null,
  ): void | Promise<void> {
    this.#safely((observer) => observer.handling?.(who, message, from))
    const beginMs = this.#here.clock.monotonicMs()
    const handled = (error: unknown): void => {
      const durationMs = this.#here.clock.monotonicMs() - beginMs
      this.#safely((observer) => observer.handled?.(who, message, from, durationMs, error))
    }
    let result: void | Promise<void>
    try {
      result = behavior.receive(message, from)
    } catch (error) {
      handled(error)
      throw error
    }
    if (result instanceof Promise) result.then(() => handled(null), handled)
    else handled(null)
    return result
  }

  #who(actor: LocalActor): ObservedActor {
    let who = this.#observed.get(actor)
    if (who === undefined) {
      who = { ref: actor.ref as AnyRef, definition: actor.definition.key, executor: this.#here.executor }
      this.#observed.set(actor, who)
    }
    return who
  }

  #safely(call: (observer: Observer) => void): void {
    try {
      call(this.#observer)
    } catch (error) {
      this.#observer = {}
      this.#here.log('error', 'an observer threw, and is not called any more', { error: errorText(error) })
    }
  }
}
