/** Every message that is told goes through here: into a mailbox of this thread, or into a lane to another. */
import type { Executor } from './executor.ts'
import type { Interceptor } from './host.ts'
import type { Link } from './link.ts'
import type { LocalActor } from './local-actor.ts'
import type { OutLane } from './out-lane.ts'
import { type ActorRef, targetOf } from './refs.ts'
import { FRAME_FLAGS_AT, FRAME_KIND_AT, INTRODUCED, KIND_PROTOCOL, KIND_STRUCTURED } from './ring.ts'
import { encodeStructured } from './structured.ts'
import type { AnyRef, Lane, Protocol } from './types.ts'

export class Outbound {
  readonly #here: Executor
  readonly #interceptor: Interceptor | null

  constructor(here: Executor, interceptor: Interceptor | null) {
    this.#here = here
    this.#interceptor = interceptor
  }

  tellAs(actor: LocalActor, ref: AnyRef, message: unknown): boolean {
    const target = targetOf(ref)
    return target !== null && this.post(target, message, actor.ref)
  }

  /** Every message goes through here. */
  post(target: ActorRef, message: unknown, from: ActorRef | null): boolean {
    const here = this.#here
    if (here.isDead) return false
    const local = target.local
    if (local !== null) return this.#postHere(local, message, from)
    if (target.executor === here.executor) {
      if (target.isAsk && target.incarnation === here.incarnation && here.asks.reply(target.serial, message))
        return true
      here.deadLetter(target.isAsk ? 'late-reply' : 'no-such-actor', from)
      return false
    }
    let link = target.link
    if (link === null || link.isLost) {
      link = here.links.to(target.executor, target.incarnation)
      if (link === null) {
        here.deadLetter('executor-lost', from)
        return false
      }
      target.link = link
      // So that what is given back can name it.
      if (!target.isAsk && !link.actors.has(target.serial)) link.actors.set(target.serial, target)
    }
    const protocol = target.protocol()
    const lane = protocol === null || protocol.lane === undefined ? 'data' : protocol.lane(message)
    if (lane === 'data' && link.closed.size > 0 && link.closed.has(target.serial)) return false
    if (this.#interceptor !== null) return this.#intercepted(this.#interceptor, link, lane, target, message, from)
    return this.#write(link, lane, target, protocol, message, from)
  }

  #postHere(actor: LocalActor, message: unknown, from: ActorRef | null): boolean {
    if (actor.state !== 'running') {
      this.#here.deadLetter('stopped', from)
      return false
    }
    if (actor.messages.size >= actor.mailboxMax) {
      // Control is not dropped by anybody, and so has as much room again.
      const isControl = actor.protocol?.lane?.(message) === 'control'
      if (!isControl || actor.messages.size >= actor.mailboxMax * 2) return false
    }
    this.#here.enqueue(actor, message, from)
    return true
  }

  #intercepted(
    interceptor: Interceptor,
    link: Link,
    lane: Lane,
    target: ActorRef,
    message: unknown,
    from: ActorRef | null,
  ): boolean {
    const verdict = interceptor.verdict(link.executor, lane, message, target as AnyRef)
    if (verdict === 'drop') return true
    const protocol = target.protocol()
    if (typeof verdict === 'object') {
      const writer = lane === 'data' ? link.outData.writer : link.outControl.writer
      writer.publish()
      const accepted = this.#write(link, lane, target, protocol, message, from)
      interceptor.hold(writer, verdict.delayMs)
      return accepted
    }
    const accepted = this.#write(link, lane, target, protocol, message, from)
    if (verdict === 'duplicate' && accepted) this.#write(link, lane, target, protocol, message, from)
    return accepted
  }

  #write(
    link: Link,
    laneName: Lane,
    target: ActorRef,
    protocol: Protocol<unknown> | null,
    message: unknown,
    from: ActorRef | null,
  ): boolean {
    const out = this.#here.out
    const isData = laneName === 'data'
    const lane: OutLane = isData ? link.outData : link.outControl
    if (lane.isFull) {
      lane.countRefused()
      return false
    }
    lane.begin(out, KIND_PROTOCOL, target.serial, from === null ? 0 : from.serial)
    const stranger = from === null ? null : this.#stranger(from, link, isData)
    if (stranger !== null) {
      out.patchU8(FRAME_FLAGS_AT, INTRODUCED)
      out.text(stranger.ref.protocolKey)
      out.text(stranger.ref.name ?? '')
    }
    const messageAt = out.position
    if (protocol === null || !protocol.encode(message, out)) {
      out.rewind(messageAt)
      out.patchU8(FRAME_KIND_AT, KIND_STRUCTURED)
      encodeStructured(out, message)
    }
    const accepted = lane.commit(out, laneName !== 'droppable', false)
    // One in pieces may be refused there, and the introduction with it.
    if (accepted && stranger !== null && out.position <= lane.wholeBytesMax)
      stranger.introduced[link.executor * 2 + (isData ? 1 : 0)] = link.token
    this.#here.wake()
    return accepted
  }

  /** The sending actor, if the other side has not heard of it in this lane. */
  #stranger(from: ActorRef, link: Link, isData: boolean): LocalActor | null {
    const actor = from.local
    if (actor === null || actor.introduced[link.executor * 2 + (isData ? 1 : 0)] === link.token) return null
    return actor
  }
}
