/**
 * Frames from other threads: taken from the rings, decoded, and handled at once; or held, undecoded, for an actor that
 * cannot take them now.
 */
import { assert } from '../base/index.ts'
import type { Executor } from './executor.ts'
import { type FrameReader, Memory } from './frame.ts'
import type { InLane } from './in-lane.ts'
import type { Link } from './link.ts'
import type { Held, LocalActor } from './local-actor.ts'
import { ActorRef, FIRST_ASK_SERIAL } from './refs.ts'
import {
  align8,
  FRAME_FLAGS_AT,
  FRAME_FROM_AT,
  FRAME_HEADER_BYTES,
  FRAME_KIND_AT,
  FRAME_TO_AT,
  INTRODUCED,
  KIND_PAD,
  KIND_PIECE,
  KIND_PROTOCOL,
  KIND_STRUCTURED,
  KIND_SYSTEM,
} from './ring.ts'
import { decodeStructured } from './structured.ts'
import type { AnyRef, Protocol } from './types.ts'

/** Frames held for one actor, in bytes, before senders are told to hold back. */
const HELD_BYTES_MAX = 16 * 1024 * 1024

/** A message from another thread whose actor could not take it when it came. */
class HeldFrame implements Held {
  readonly from: ActorRef | null
  readonly bytes: number
  readonly #memory: Memory
  readonly #kind: number
  /** Where the message begins, behind header and introduction. */
  readonly #at: number

  constructor(memory: Memory, kind: number, at: number, from: ActorRef | null) {
    this.from = from
    this.bytes = memory.bytes.length
    this.#memory = memory
    this.#kind = kind
    this.#at = at
  }

  take(actor: LocalActor): unknown {
    const reader: FrameReader = actor.here.reader
    reader.begin(this.#memory, this.#at, this.#memory.bytes.length)
    return this.#kind === KIND_PROTOCOL ? protocolOf(actor).decode(reader) : decodeStructured(reader)
  }
}

export class Intake {
  readonly #here: Executor
  readonly #framesPerPass: number
  /** Whom the last frame was for: the next is often for the same. */
  #lastReceiver: LocalActor | null
  #firstLink: number

  constructor(here: Executor, framesPerPass: number) {
    this.#here = here
    this.#framesPerPass = framesPerPass
    this.#lastReceiver = null
    this.#firstLink = 0
  }

  takeFrames(): void {
    const links = this.#here.links.list
    const framesPerPass = this.#framesPerPass
    const count = links.length
    if (count === 0) return
    // Who is first changes from pass to pass, so that a flood from one thread does not starve the others.
    this.#firstLink = (this.#firstLink + 1) % count
    for (let i = 0; i < count; i++) {
      const link = links[(this.#firstLink + i) % count] as Link
      this.#drain(link, link.inControl, framesPerPass, false)
    }
    const share = Math.ceil(framesPerPass / count)
    for (let i = 0; i < count; i++) {
      const link = links[(this.#firstLink + i) % count] as Link
      this.#drain(link, link.inData, share, true)
    }
  }

  /** `isLast`: nothing will be drained later, so nothing waits for later. */
  #drain(link: Link, lane: InLane, framesMax: number, isData: boolean, isLast = false): void {
    const here = this.#here
    const reader = lane.reader
    const visible = reader.visible()
    if (visible === reader.position) return
    const memory = reader.memory
    const mask = reader.mask
    for (let frames = 0; frames < framesMax && reader.position !== visible && !here.isDead; frames++) {
      const offset = reader.position & mask
      const length = memory.words[offset >> 2] as number
      const kind = memory.bytes[offset + FRAME_KIND_AT] as number
      if (kind === KIND_PIECE && !isLast && lane.mustWait(memory, offset)) return
      reader.take(align8(length), visible)
      if (kind === KIND_PROTOCOL || kind === KIND_STRUCTURED) this.#takeMessage(link, memory, offset, length)
      else if (kind === KIND_SYSTEM) this.#here.notices.handle(link, memory, offset, length)
      else if (kind === KIND_PIECE) this.#takePiece(link, lane, memory, offset, length, isData)
      else assert(kind === KIND_PAD, 'a frame in the ring is of a kind we know')
    }
  }

  #takePiece(link: Link, lane: InLane, memory: Memory, offset: number, length: number, isData: boolean): void {
    const sequence = memory.view.getUint32(offset + FRAME_FROM_AT, true)
    if (!lane.piece(memory, offset, length)) {
      this.#here.countDeadLetter('too-big')
      this.#here.notices.large(link, isData, sequence, false)
      return
    }
    const whole = lane.assembled(memory, offset)
    if (whole === null) return
    this.#here.notices.large(link, isData, sequence, true)
    this.#takeMessage(link, whole, 0, whole.bytes.length)
  }

  #takeMessage(link: Link, memory: Memory, offset: number, length: number): void {
    const here = this.#here
    const view = memory.view
    const serial = view.getUint32(offset + FRAME_TO_AT, true)
    const fromSerial = view.getUint32(offset + FRAME_FROM_AT, true)
    const reader = here.reader
    reader.begin(memory, offset + FRAME_HEADER_BYTES, offset + length)
    const introduced = ((memory.bytes[offset + FRAME_FLAGS_AT] as number) & INTRODUCED) !== 0
    const from = fromSerial === 0 ? null : this.#senderOver(link, fromSerial, introduced)
    const kind = memory.bytes[offset + FRAME_KIND_AT] as number
    if (here.tracer !== null) here.tracer.delivered(serial, fromSerial, length)
    if (serial >= FIRST_ASK_SERIAL) {
      if (!here.asks.reply(serial, decodeStructured(reader))) here.countDeadLetter('late-reply')
      return
    }
    let actor = this.#lastReceiver
    if (actor === null || actor.serial !== serial) {
      actor = here.actors.get(serial) ?? null
      this.#lastReceiver = actor
    }
    if (actor === null || actor.state !== 'running') {
      here.deadLetter(actor === null ? 'no-such-actor' : 'stopped', from)
      return
    }
    if (actor.isSuspended || actor.heldFrames > 0) {
      this.#holdFrame(actor, link, memory, offset, length, kind, from)
      return
    }
    here.current = actor
    try {
      const message = kind === KIND_PROTOCOL ? protocolOf(actor).decode(reader) : decodeStructured(reader)
      const result = actor.behavior.receive(message, from as AnyRef | null)
      if (result !== undefined) here.suspend(actor, result)
    } catch (error) {
      here.current = null
      here.lifecycle.threw(actor, error)
    }
    here.handled(actor)
  }

  /** The sender of a frame; the reader stands behind its introduction afterwards. */
  #senderOver(link: Link, serial: number, introduced: boolean): ActorRef {
    if (introduced) {
      const protocolKey = this.#here.reader.text()
      const name = this.#here.reader.text()
      const ref = new ActorRef(
        this.#here,
        link.executor,
        link.incarnation,
        serial,
        protocolKey,
        name === '' ? null : name,
        null,
      )
      ref.link = link
      link.actors.set(serial, ref)
      link.lastSender = ref
      return ref
    }
    const last = link.lastSender
    if (last !== null && last.serial === serial) return last
    const ref = this.#here.links.refOver(link, serial)
    if (ref.link === link) link.lastSender = ref
    return ref
  }

  #holdFrame(
    actor: LocalActor,
    link: Link,
    memory: Memory,
    offset: number,
    length: number,
    kind: number,
    from: ActorRef | null,
  ): void {
    if (actor.messages.size >= actor.mailboxMax * 2) {
      this.#here.deadLetter('mailbox-full', from)
      return
    }
    const copy = new ArrayBuffer(length)
    new Uint8Array(copy).set(memory.bytes.subarray(offset, offset + length))
    const at = this.#here.reader.offset - offset
    actor.heldBytes += length
    actor.enqueueHeld(new HeldFrame(new Memory(copy), kind, at, from))
    const isFull = actor.messages.size >= actor.mailboxMax >> 1 || actor.heldBytes > HELD_BYTES_MAX
    if (isFull && !actor.closedTo.includes(link.executor)) {
      actor.closedTo.push(link.executor)
      this.#here.notices.window(link, actor.serial, false)
    }
  }

  /** All that a dead thread has published, whatever a pass may take. */
  drainAll(link: Link): void {
    this.#drain(link, link.inControl, Number.POSITIVE_INFINITY, false, true)
    this.#drain(link, link.inData, Number.POSITIVE_INFINITY, true, true)
  }

  /** It is handled now, or never will be. */
  unhold(actor: LocalActor, held: Held): void {
    actor.heldFrames--
    actor.heldBytes -= held.bytes
    if (actor.closedTo.length === 0) return
    if (actor.messages.size > actor.mailboxMax >> 2 || actor.heldBytes > HELD_BYTES_MAX >> 1) return
    for (const executor of actor.closedTo) {
      const link = this.#here.links.with(executor)
      if (link !== null) this.#here.notices.window(link, actor.serial, true)
    }
    actor.closedTo = []
  }
}

function protocolOf(actor: LocalActor): Protocol<unknown> {
  assert(actor.protocol !== null, 'a message in the protocol of its receiver finds one there')
  return actor.protocol
}
