/**
 * Birth, failure and end of actors.
 *
 * Phases of an end: asked for → children first, youngest first → `stop(why)`, whose promise is waited for → the mailbox
 * becomes dead letters, watchers are told, the parent goes on with its own end.
 *
 * A restart is an end and a birth that keep the address, the name and the mailbox; the message that was being handled is
 * not handled again.
 */
import { assert, unreachable } from '../base/index.ts'
import { checkSpawn } from './arguments.ts'
import type { AnyDefinition } from './definition.ts'
import { errorText } from './errors.ts'
import type { Executor } from './executor.ts'
import { LocalActor, NOT_STARTED } from './local-actor.ts'
import { type ActorRef, FIRST_ASK_SERIAL, targetOf } from './refs.ts'
import type { ActorContext, AnyRef, Behavior, OnThrow, SpawnOptions, StopReason } from './types.ts'

type Start = (context: ActorContext<unknown>, args: unknown) => Behavior<unknown>

export class Lifecycle {
  readonly #here: Executor
  #serial: number

  constructor(here: Executor) {
    this.#here = here
    this.#serial = 1
  }

  /** Starts it now. A throw of its first `start` is the spawner's, and nothing remains of the actor. */
  spawn(definition: AnyDefinition, args: unknown, options: SpawnOptions, parent: LocalActor | null): LocalActor {
    const here = this.#here
    checkSpawn(definition, options)
    assert(parent === null || parent.state === 'running', 'an actor that is stopping has no more children')
    if (options.name !== undefined) here.names.check(options.name)
    const serial = this.#serial++
    assert(serial < FIRST_ASK_SERIAL, 'an executor has two thousand million serials for actors')
    const actor = new LocalActor(here, definition, args, serial, parent, options)
    here.actors.set(serial, actor)
    try {
      this.#start(actor)
    } catch (error) {
      here.actors.delete(serial)
      for (const child of [...actor.children].reverse()) this.stop(child, 'failed')
      actor.state = 'stopped'
      actor.life++
      here.watches.dropAll(actor)
      throw error
    }
    parent?.children.add(actor)
    here.names.claim(actor)
    return actor
  }

  #start(actor: LocalActor): void {
    const start = actor.definition.start as unknown as Start
    const outer = this.#here.current
    this.#here.current = actor
    try {
      actor.behavior = start(actor.context as ActorContext<unknown>, actor.args)
    } finally {
      this.#here.current = outer
    }
    const observation = this.#here.observation
    if (observation !== null) actor.behavior = observation.started(actor)
  }

  /** A handler threw. Returns when the actor is in order again, or throws when the thread has to die. */
  threw(actor: LocalActor, error: unknown): void {
    const here = this.#here
    const decision = this.#decide(actor)
    const fields = { error: errorText(error), decision }
    here.log(decision === 'escalate' ? 'error' : 'warn', 'an actor threw', fields, actor.label)
    here.observation?.threw(actor, error, decision)
    switch (decision) {
      case 'escalate':
        throw error
      case 'stop':
        this.stop(actor, 'failed')
        return
      case 'restart':
        this.#restart(actor)
        return
      default:
        unreachable(decision)
    }
  }

  #decide(actor: LocalActor): OnThrow {
    const { onThrow, restartsMax, windowMs, onLimit } = actor.supervision
    if (onThrow !== 'restart') return onThrow
    if (actor.state !== 'running') return 'stop'
    const nowMs = this.#here.clock.monotonicMs()
    actor.restartedAtMs = actor.restartedAtMs.filter((atMs) => atMs > nowMs - windowMs)
    if (actor.restartedAtMs.length >= restartsMax) return onLimit
    actor.restartedAtMs.push(nowMs)
    return 'restart'
  }

  #restart(actor: LocalActor): void {
    actor.restarts++
    for (const child of [...actor.children].reverse()) this.stop(child, 'stopped')
    this.#here.watches.dropAll(actor)
    actor.watchesExecutors = false
    actor.wantsTurn = false
    actor.life++
    const closing = this.#callStop(actor, 'restart')
    actor.releaseStashes()
    if (closing === null) {
      this.#startAgain(actor)
      return
    }
    const life = actor.life
    actor.isSuspended = true
    void closing.then(() =>
      this.#here.fromOutside(() => {
        if (actor.life !== life || actor.state !== 'running') return
        this.#startAgain(actor)
        this.#here.resume(actor)
      }),
    )
  }

  #startAgain(actor: LocalActor): void {
    try {
      this.#start(actor)
    } catch (error) {
      this.threw(actor, error)
    }
  }

  /** `ctx.stop()`: takes effect after the current call. */
  requestStop(actor: LocalActor, childRef: AnyRef | undefined): void {
    if (childRef === undefined) {
      actor.wantsStop = true
      this.#here.makeReady(actor)
      return
    }
    const child = targetOf(childRef)?.local ?? null
    if (child === null || child.parent !== actor) throw new Error('an actor stops itself and its children only')
    child.wantsStop = true
    this.#here.makeReady(child)
  }

  /** On behalf of another thread, or of this one's owner: `replyTo` is told when it has stopped. */
  stopFor(serial: number, replyTo: ActorRef): void {
    const here = this.#here
    const actor = here.actors.get(serial)
    if (actor === undefined) {
      here.outbound.post(replyTo, undefined, null)
      return
    }
    actor.whenStopped.push(() => here.outbound.post(replyTo, undefined, null))
    this.requestStop(actor, undefined)
  }

  stop(actor: LocalActor, why: Exclude<StopReason, 'restart'>): void {
    if (actor.state !== 'running') return
    if (actor.isSuspended) {
      // Calls of one actor never overlap: its asynchronous handler ends first.
      actor.wantsStop = true
      actor.stopWhy = why
      return
    }
    actor.state = 'stopping'
    actor.wantsStop = false
    actor.life++
    this.#here.names.release(actor)
    actor.releaseStashes()
    this.#here.discardMailbox(actor)
    if (actor.children.size === 0) {
      this.#stopSelf(actor, why)
      return
    }
    // The last child to end continues with this one.
    for (const child of [...actor.children].reverse()) {
      child.whenStopped.push(() => {
        if (actor.children.size === 0) this.#stopSelf(actor, why)
      })
      this.stop(child, why === 'failed' ? 'stopped' : why)
    }
  }

  #stopSelf(actor: LocalActor, why: Exclude<StopReason, 'restart'>): void {
    const closing = this.#callStop(actor, why)
    if (closing === null) this.#ended(actor, why)
    else void closing.then(() => this.#here.fromOutside(() => this.#ended(actor, why)))
  }

  /** A promise that never rejects, or null when there is nothing to wait for. */
  #callStop(actor: LocalActor, why: StopReason): Promise<void> | null {
    const behavior = actor.behavior
    // It was the last call of this life: should the next one fail to begin, nobody is stopped a second time.
    actor.behavior = NOT_STARTED
    if (behavior !== NOT_STARTED) this.#here.observation?.stopping(actor, why)
    if (behavior.stop === undefined) return null
    const failed = (error: unknown): void => {
      this.#here.log('warn', 'an actor threw while it stopped', { error: errorText(error) }, actor.label)
    }
    const outer = this.#here.current
    this.#here.current = actor
    try {
      const closing = behavior.stop(why)
      return closing instanceof Promise ? closing.catch(failed) : null
    } catch (error) {
      failed(error)
      return null
    } finally {
      this.#here.current = outer
    }
  }

  #ended(actor: LocalActor, why: Exclude<StopReason, 'restart'>): void {
    const here = this.#here
    actor.state = 'stopped'
    here.actors.delete(actor.serial)
    actor.parent?.children.delete(actor)
    here.discardMailbox(actor)
    here.watches.actorEnded(actor, why)
    for (const done of actor.whenStopped) done()
  }

  /** The graceful end of the whole executor: actors without a parent, the youngest first, one after the other. */
  stopAll(done: () => void): void {
    let youngest: LocalActor | undefined
    for (const actor of this.#here.actors.values()) if (actor.parent === null) youngest = actor
    if (youngest === undefined) {
      done()
      return
    }
    youngest.whenStopped.push(() => this.stopAll(done))
    this.stop(youngest, 'shutdown')
  }
}
