/** Addresses: of one life of an actor, and of a name. */
import { type AnyDefinition, knownDefinition } from './definition.ts'
import type { Executor } from './executor.ts'
import type { Link } from './link.ts'
import type { LocalActor } from './local-actor.ts'
import type { AnyRef, AskOptions, Protocol, Ref } from './types.ts'

/** Serials from here on are of asks: an address for one reply. */
export const FIRST_ASK_SERIAL = 0x8000_0000

export class ActorRef implements Ref<unknown> {
  readonly #here: Executor
  readonly executor: number
  readonly incarnation: number
  readonly serial: number
  /** The definition's key if it brings a protocol of its own, else empty. */
  readonly protocolKey: string
  readonly name: string | null
  /** The actor itself when it lives, or lived, on this thread. */
  readonly local: LocalActor | null
  #definition: AnyDefinition | null
  /** The way to it, once something was told to it or heard from it; null for one that lives here. */
  link: Link | null

  constructor(
    here: Executor,
    executor: number,
    incarnation: number,
    serial: number,
    protocolKey: string,
    name: string | null,
    local: LocalActor | null,
  ) {
    this.#here = here
    this.executor = executor
    this.incarnation = incarnation
    this.serial = serial
    this.protocolKey = protocolKey
    this.name = name
    this.local = local
    this.#definition = null
    this.link = null
  }

  tell(message: unknown): boolean {
    return this.#here.outbound.post(this, message, this.#here.sender())
  }

  ask<R>(make: (replyTo: Ref<R>) => unknown, options: AskOptions): Promise<R> {
    return this.#here.asks.ask(this, make, options)
  }

  get isLocal(): boolean {
    return this.executor === this.#here.executor
  }

  get id(): string {
    return `${this.executor}.${this.incarnation}.${this.serial}`
  }

  get isAsk(): boolean {
    return this.serial >= FIRST_ASK_SERIAL
  }

  /** Null: the structured codec, because it has none, or because its module is still being imported here. */
  protocol(): Protocol<unknown> | null {
    if (this.#definition !== null) return this.#definition.protocol as Protocol<unknown> | null
    if (this.protocolKey === '') return null
    const definition = knownDefinition(this.protocolKey)
    if (definition === undefined) {
      this.#here.links.importDefinition(this.protocolKey)
      return null
    }
    this.#definition = definition
    return definition.protocol as Protocol<unknown> | null
  }
}

export class NamedRef implements Ref<unknown> {
  readonly #here: Executor
  readonly #owner: LocalActor | null
  readonly name: string
  #target: ActorRef | null
  #version: number

  /** `owner`: the sender when it is told from outside any actor. */
  constructor(here: Executor, owner: LocalActor | null, name: string) {
    this.#here = here
    this.#owner = owner
    this.name = name
    this.#target = null
    this.#version = -1
  }

  tell(message: unknown): boolean {
    const target = this.target
    if (target === null) return false
    return this.#here.outbound.post(
      target,
      message,
      this.#here.sender() ?? (this.#owner === null ? null : this.#owner.ref),
    )
  }

  ask<R>(make: (replyTo: Ref<R>) => unknown, options: AskOptions): Promise<R> {
    return this.#here.asks.ask(this, make, options)
  }

  /** Who has the name now. */
  get target(): ActorRef | null {
    const names = this.#here.names
    if (this.#version !== names.version) {
      this.#version = names.version
      this.#target = names.find(this.name)
    }
    return this.#target
  }

  get executor(): number {
    const target = this.target
    return target === null ? -1 : target.executor
  }

  get isLocal(): boolean {
    return this.executor === this.#here.executor
  }

  get id(): string {
    const target = this.target
    return target === null ? '' : target.id
  }
}

export function isRef(value: object): value is ActorRef | NamedRef {
  return value instanceof ActorRef || value instanceof NamedRef
}

/** The address behind a reference now; null for a name that nobody has. */
export function targetOf(ref: AnyRef): ActorRef | null {
  const given: unknown = ref
  if (given instanceof ActorRef) return given
  if (given instanceof NamedRef) return given.target
  throw new TypeError('not a reference to an actor')
}
