/**
 * Who has which name. Each executor is the authority for its own actors' names and tells all others; so the tables agree
 * after the notices have arrived, and a name's owner is found without asking anyone.
 *
 * Between authorities there is no order: a thread that was paused may hear of the next owner of a name before it hears
 * what the dead thread of the former one had still to say. So a table keeps all owners that it has heard of and not yet
 * seen end, and uses the latest of them.
 */
import { NameTaken } from './errors.ts'
import type { Executor } from './executor.ts'
import type { Link } from './link.ts'
import type { LocalActor } from './local-actor.ts'
import { ActorRef } from './refs.ts'

interface Announcement {
  /** Executors that have not said yet that they know. */
  readonly missing: Set<number>
  readonly done: () => void
}

export class Names {
  readonly #here: Executor
  /** Hardly ever more than one owner; never none. */
  readonly #table: Map<string, ActorRef[]>
  readonly #announcements: Map<number, Announcement>
  #tokens: number
  /** Changes whenever the table does: late-bound references look again. */
  version: number

  constructor(here: Executor) {
    this.#here = here
    this.#table = new Map()
    this.#announcements = new Map()
    this.#tokens = 0
    this.version = 0
  }

  find(name: string): ActorRef | null {
    return this.#table.get(name)?.at(-1) ?? null
  }

  /** Throws when a living actor that is known here has the name. */
  check(name: string): void {
    const owner = this.find(name)
    if (owner !== null) throw new NameTaken(`the name ${name} belongs to the actor ${owner.id}`)
  }

  claim(actor: LocalActor): void {
    const name = actor.ref.name
    if (name === null) return
    this.#add(name, actor.ref)
    for (const link of this.#here.links.list) this.#here.notices.nameUp(link, actor, 0)
  }

  release(actor: LocalActor): void {
    const name = actor.ref.name
    if (name === null || !this.#table.get(name)?.includes(actor.ref)) return
    this.#remove(name, (ref) => ref === actor.ref)
    for (const link of this.#here.links.list) this.#here.notices.nameDown(link, actor.serial, name)
  }

  /** Calls `done` when every other executor knows the actor's name, or is lost. */
  whenKnown(actor: LocalActor, done: () => void): void {
    const links = this.#here.links.list
    if (actor.ref.name === null || links.length === 0) {
      done()
      return
    }
    const token = ++this.#tokens
    this.#announcements.set(token, { missing: new Set(links.map((link) => link.executor)), done })
    for (const link of links) this.#here.notices.nameUp(link, actor, token)
  }

  /** The first thing a new executor hears. */
  tellAll(link: Link): void {
    for (const refs of this.#table.values()) {
      for (const ref of refs) {
        if (ref.local !== null && ref.local.state === 'running') this.#here.notices.nameUp(link, ref.local, 0)
      }
    }
  }

  learn(executor: number, incarnation: number, serial: number, protocolKey: string, name: string): void {
    const isIt = (ref: ActorRef) =>
      ref.serial === serial && ref.executor === executor && ref.incarnation === incarnation
    if (this.#table.get(name)?.some(isIt)) return
    this.#add(name, new ActorRef(this.#here, executor, incarnation, serial, protocolKey, name, null))
  }

  forget(executor: number, incarnation: number, serial: number, name: string): void {
    this.#remove(name, (ref) => ref.serial === serial && ref.executor === executor && ref.incarnation === incarnation)
  }

  acknowledged(token: number, executor: number): void {
    const announcement = this.#announcements.get(token)
    if (announcement === undefined) return
    announcement.missing.delete(executor)
    if (announcement.missing.size > 0) return
    this.#announcements.delete(token)
    announcement.done()
  }

  executorLost(executor: number, incarnation: number): void {
    for (const name of [...this.#table.keys()]) {
      this.#remove(name, (ref) => ref.executor === executor && ref.incarnation === incarnation)
    }
    for (const token of [...this.#announcements.keys()]) this.acknowledged(token, executor)
  }

  #add(name: string, ref: ActorRef): void {
    const refs = this.#table.get(name)
    if (refs === undefined) this.#table.set(name, [ref])
    else refs.push(ref)
    this.version++
  }

  #remove(name: string, isGone: (ref: ActorRef) => boolean): void {
    const refs = this.#table.get(name)
    if (refs === undefined || !refs.some(isGone)) return
    const left = refs.filter((ref) => !isGone(ref))
    if (left.length === 0) this.#table.delete(name)
    else this.#table.set(name, left)
    this.version++
  }
}
