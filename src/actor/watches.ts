/** Death watch: who wants to know of whose end, on this thread and over threads. */
import type { Executor } from './executor.ts'
import type { LocalActor } from './local-actor.ts'
import { type ActorRef, targetOf } from './refs.ts'
import type { AnyRef, TerminatedReason } from './types.ts'

export class Watches {
  readonly #here: Executor

  constructor(here: Executor) {
    this.#here = here
  }

  watch(watcher: LocalActor, ref: AnyRef): void {
    const target = targetOf(ref)
    if (target === null) {
      // A name that nobody has: it is told about the reference it asked for.
      this.#here.enqueueEvent(watcher, { kind: 'terminated', ref: ref as unknown as ActorRef, why: 'unknown' })
      return
    }
    if (watcher.watching.has(target.id)) return
    watcher.watching.set(target.id, target)
    if (target.executor === this.#here.executor) {
      this.watchedFrom(target.serial, target.incarnation, watcher.ref)
      return
    }
    const link = this.#here.links.to(target.executor, target.incarnation)
    if (link === null) this.ended(watcher, target, 'executor-lost')
    else this.#here.notices.watch(link, target.serial, watcher.serial)
  }

  unwatch(watcher: LocalActor, ref: AnyRef): void {
    const target = targetOf(ref)
    if (target === null || !watcher.watching.delete(target.id)) return
    if (target.executor === this.#here.executor) {
      target.local?.watchers.delete(watcher.ref.id)
      return
    }
    const link = this.#here.links.to(target.executor, target.incarnation)
    if (link !== null) this.#here.notices.unwatch(link, target.serial, watcher.serial)
  }

  /** Someone, here or elsewhere, watches our actor. */
  watchedFrom(serial: number, incarnation: number, watcher: ActorRef): void {
    const actor = incarnation === this.#here.incarnation ? this.#here.actors.get(serial) : undefined
    if (actor === undefined) {
      const ref = this.#here.links.refTo(this.#here.executor, incarnation, serial)
      this.#tell(watcher, ref, 'unknown')
    } else {
      actor.watchers.set(watcher.id, watcher)
    }
  }

  unwatchedFrom(serial: number, watcher: ActorRef): void {
    this.#here.actors.get(serial)?.watchers.delete(watcher.id)
  }

  /** Our actor is no more. */
  actorEnded(actor: LocalActor, why: TerminatedReason): void {
    for (const watcher of actor.watchers.values()) this.#tell(watcher, actor.ref, why)
    actor.watchers.clear()
    this.dropAll(actor)
  }

  /** It watches no one any more: it ends, or begins anew. */
  dropAll(watcher: LocalActor): void {
    for (const target of [...watcher.watching.values()]) this.unwatch(watcher, target)
  }

  executorLost(executor: number, incarnation: number): void {
    for (const actor of this.#here.actors.values()) {
      for (const target of [...actor.watching.values()]) {
        if (target.executor === executor && target.incarnation === incarnation) {
          this.ended(actor, target, 'executor-lost')
        }
      }
      for (const [id, watcher] of actor.watchers) {
        if (watcher.executor === executor && watcher.incarnation === incarnation) actor.watchers.delete(id)
      }
    }
  }

  /** Tells one of our actors, if it still wants to know. */
  ended(watcher: LocalActor, target: ActorRef, why: TerminatedReason): void {
    const known = watcher.watching.get(target.id)
    if (known === undefined) return
    watcher.watching.delete(target.id)
    this.#here.enqueueEvent(watcher, { kind: 'terminated', ref: known, why })
  }

  #tell(watcher: ActorRef, target: ActorRef, why: TerminatedReason): void {
    if (watcher.executor === this.#here.executor) {
      const actor = this.#here.actors.get(watcher.serial)
      if (actor !== undefined) this.ended(actor, target, why)
      return
    }
    const link = this.#here.links.to(watcher.executor, watcher.incarnation)
    if (link !== null) this.#here.notices.terminated(link, watcher.serial, target, why)
  }
}
