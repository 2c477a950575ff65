/**
 * Who has which name. Each executor is the authority for its own actors' names and tells all others; so the tables agree
 * after the notices have arrived, and a name's owner is found without asking anyone.
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
  readonly #table: Map<string, ActorRef>
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
    return this.#table.get(name) ?? null
  }

  /** Throws when a living actor that is known here has the name. */
  check(name: string): void {
    const owner = this.#table.get(name)
    if (owner !== undefined) throw new NameTaken(`the name ${name} belongs to the actor ${owner.id}`)
  }

  claim(actor: LocalActor): void {
    const name = actor.ref.name
    if (name === null) return
    this.#set(name, actor.ref)
    for (const link of this.#here.links) this.#here.notices.nameUp(link, actor, 0)
  }

  release(actor: LocalActor): void {
    const name = actor.ref.name
    if (name === null || this.#table.get(name) !== actor.ref) return
    this.#delete(name)
    for (const link of this.#here.links) this.#here.notices.nameDown(link, actor.serial, name)
  }

  /** Calls `done` when every other executor knows the actor's name, or is lost. */
  whenKnown(actor: LocalActor, done: () => void): void {
    const links = this.#here.links
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
    for (const ref of this.#table.values()) {
      if (ref.local !== null && ref.local.state === 'running') this.#here.notices.nameUp(link, ref.local, 0)
    }
  }

  learn(executor: number, incarnation: number, serial: number, protocolKey: string, name: string): void {
    const known = this.#table.get(name)
    if (known?.serial === serial && known.executor === executor && known.incarnation === incarnation) return
    this.#set(name, new ActorRef(this.#here, executor, incarnation, serial, protocolKey, name, null))
  }

  forget(executor: number, incarnation: number, serial: number, name: string): void {
    const known = this.#table.get(name)
    if (known?.serial === serial && known.executor === executor && known.incarnation === incarnation) {
      this.#delete(name)
    }
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
    for (const [name, ref] of this.#table) {
      if (ref.executor === executor && ref.incarnation === incarnation) this.#delete(name)
    }
    for (const token of [...this.#announcements.keys()]) this.acknowledged(token, executor)
  }

  #set(name: string, ref: ActorRef): void {
    this.#table.set(name, ref)
    this.version++
  }

  #delete(name: string): void {
    this.#table.delete(name)
    this.version++
  }
}
