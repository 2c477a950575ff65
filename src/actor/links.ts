/**
 * The other executors, as this one sees them: who is there, how to reach them, what to do when one dies; and so also how
 * references are written and read.
 */
import { assert } from '../base/index.ts'
import { loadDefinition } from './definition.ts'
import { ExecutorLost } from './errors.ts'
import type { Executor } from './executor.ts'
import type { FrameReader, FrameWriter, Memory, RefCodec } from './frame.ts'
import { AssemblyBudget } from './in-lane.ts'
import { Link, type RingEnds } from './link.ts'
import type { LocalActor } from './local-actor.ts'
import { failure } from './notices.ts'
import type { LaneLimits } from './out-lane.ts'
import { ActorRef, FIRST_ASK_SERIAL, NamedRef } from './refs.ts'
import {
  FRAME_FLAGS_AT,
  FRAME_FROM_AT,
  FRAME_HEADER_BYTES,
  FRAME_KIND_AT,
  FRAME_TO_AT,
  INTRODUCED,
  KIND_PROTOCOL,
  KIND_STRUCTURED,
} from './ring.ts'
import { decodeStructured } from './structured.ts'
import type { AnyRef, Protocol } from './types.ts'

export class Links implements RefCodec {
  /** In order of connection. */
  list: Link[]
  readonly #here: Executor
  /** By executor. */
  readonly #linkOf: (Link | null)[]
  readonly #limits: LaneLimits
  readonly #assembly: AssemblyBudget
  readonly #importing: Set<string>
  #tokens: number

  constructor(here: Executor, limits: LaneLimits, assemblyBytesMax: number) {
    this.list = []
    this.#here = here
    this.#linkOf = []
    this.#limits = limits
    this.#assembly = new AssemblyBudget(assemblyBytesMax)
    this.#importing = new Set()
    this.#tokens = 0
  }

  to(executor: number, incarnation: number): Link | null {
    const link = this.#linkOf[executor]
    return link !== undefined && link !== null && link.incarnation === incarnation ? link : null
  }

  /** Whatever its incarnation. */
  with(executor: number): Link | null {
    return this.#linkOf[executor] ?? null
  }

  /** An executor is there, with empty rings both ways. The former incarnation, if any, was lost before. */
  connect(executor: number, incarnation: number, rings: RingEnds): void {
    const here = this.#here
    assert(this.with(executor) === null, 'an incarnation is lost before the next one is connected')
    const link = new Link(executor, incarnation, ++this.#tokens, rings, this.#limits, this.#assembly)
    this.#linkOf[executor] = link
    this.list.push(link)
    here.names.tellAll(link)
    for (const actor of here.actors.values()) {
      if (actor.watchesExecutors) here.enqueueEvent(actor, { kind: 'executorUp', executor, incarnation })
    }
    here.wake()
  }

  watchExecutors(actor: LocalActor): void {
    const here = this.#here
    if (actor.watchesExecutors) return
    actor.watchesExecutors = true
    for (const link of this.list) {
      here.enqueueEvent(actor, { kind: 'executorUp', executor: link.executor, incarnation: link.incarnation })
    }
  }

  /**
   * Proof that a thread is dead. Phases: everything it published is delivered; halves are dropped; what it never took goes
   * back to the senders; asks to it fail; its names and watches end; last, `executorLost`.
   */
  lose(executor: number, incarnation: number): void {
    const here = this.#here
    const link = this.to(executor, incarnation)
    if (link === null || here.isDead) return
    here.betweenPasses(() => here.intake.drainAll(link))
    link.inControl.drop()
    link.inData.drop()
    const giveBack = (memory: Memory, offset: number, length: number): void =>
      this.giveBack(link, memory, offset, length, 'executor-lost')
    link.outControl.forEachUnhandled(giveBack)
    link.outData.forEachUnhandled(giveBack)
    link.isLost = true
    this.#linkOf[executor] = null
    this.list = this.list.filter((other) => other !== link)
    here.asks.executorLost(executor, incarnation)
    here.names.executorLost(executor, incarnation)
    here.watches.executorLost(executor, incarnation)
    for (const actor of here.actors.values()) {
      actor.closedTo = actor.closedTo.filter((other) => other !== executor)
      if (actor.watchesExecutors) here.enqueueEvent(actor, { kind: 'executorLost', executor, incarnation })
    }
    here.wake()
  }

  /** A message of ours that is known never to have been handled. Its bytes stay as they are: no ring is behind them any more. */
  giveBack(link: Link, memory: Memory, offset: number, length: number, reason: 'executor-lost' | 'too-big'): void {
    const here = this.#here
    const kind = memory.bytes[offset + FRAME_KIND_AT] as number
    if (kind !== KIND_PROTOCOL && kind !== KIND_STRUCTURED) return
    const serial = memory.view.getUint32(offset + FRAME_TO_AT, true)
    const fromSerial = memory.view.getUint32(offset + FRAME_FROM_AT, true)
    if (fromSerial >= FIRST_ASK_SERIAL) {
      const lost = new ExecutorLost(`executor ${link.executor} exited before it took the message`, 'never')
      here.asks.fail(fromSerial, reason === 'executor-lost' ? lost : failure(reason))
      return
    }
    const actor = here.actors.get(fromSerial)
    if (actor === undefined || actor.state !== 'running' || actor.behavior.undelivered === undefined) {
      if (reason === 'executor-lost') here.countDeadLetter(reason)
      return
    }
    const reader = here.reader
    reader.begin(memory, offset + FRAME_HEADER_BYTES, offset + length)
    if (((memory.bytes[offset + FRAME_FLAGS_AT] as number) & INTRODUCED) !== 0) {
      reader.text()
      reader.text()
    }
    const to = this.refOver(link, serial)
    const protocol = to.protocol()
    assert(kind === KIND_STRUCTURED || protocol !== null, 'what was encoded here in a protocol can be decoded here')
    const message = kind === KIND_PROTOCOL ? (protocol as Protocol<unknown>).decode(reader) : decodeStructured(reader)
    here.enqueueEvent(actor, { kind: 'undelivered', to, message })
  }

  refOver(link: Link, serial: number): ActorRef {
    const known = link.actors.get(serial)
    if (known !== undefined) return known
    return new ActorRef(this.#here, link.executor, link.incarnation, serial, '', null, null)
  }

  refTo(executor: number, incarnation: number, serial: number): ActorRef {
    if (executor === this.#here.executor && incarnation === this.#here.incarnation) {
      const actor = this.#here.actors.get(serial)
      if (actor !== undefined) return actor.ref
    }
    const link = this.to(executor, incarnation)
    if (link !== null) return this.refOver(link, serial)
    return new ActorRef(this.#here, executor, incarnation, serial, '', null, null)
  }

  write(ref: AnyRef, out: FrameWriter): void {
    const given: unknown = ref
    if (given instanceof NamedRef) {
      out.u8(1)
      out.text(given.name)
      return
    }
    assert(given instanceof ActorRef, 'a reference in a message is one of this system')
    out.u8(0)
    out.u16(given.executor)
    out.u32(given.incarnation)
    out.u32(given.serial)
    out.text(given.protocolKey)
    out.text(given.name ?? '')
  }

  read(frame: FrameReader): AnyRef {
    if (frame.u8() === 1) return this.#here.named(frame.text()) as unknown as AnyRef
    const executor = frame.u16()
    const incarnation = frame.u32()
    const serial = frame.u32()
    const protocolKey = frame.text()
    const name = frame.text()
    if (executor === this.#here.executor && incarnation === this.#here.incarnation) {
      const actor = this.#here.actors.get(serial)
      if (actor !== undefined) return actor.ref as AnyRef
    }
    return new ActorRef(
      this.#here,
      executor,
      incarnation,
      serial,
      protocolKey,
      name === '' ? null : name,
      null,
    ) as AnyRef
  }

  /** A protocol is needed whose module has not been evaluated here; until it has, messages go structured. */
  importDefinition(key: string): void {
    if (this.#importing.has(key)) return
    this.#importing.add(key)
    loadDefinition(key).catch((error: unknown) => {
      this.#here.log('warn', 'the module of an actor cannot be imported here', { key, error: String(error) })
    })
  }
}
