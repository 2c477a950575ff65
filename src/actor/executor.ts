/**
 * One executor: its actors, its links to the others, and the pass of its loop. The same class runs on a worker thread, on
 * the main thread and in the simulation; what differs (how it is woken, what time it is, what carries the rings) is handed
 * in.
 *
 * A pass: due timers → frames from other threads, control lanes first → local mailboxes → turns → room given back to the
 * senders → what was sent becomes visible, and sleepers are woken.
 */
import { assert, type Clock, type Random } from '../base/index.ts'
import { Asks } from './asks.ts'
import { loadDefinition } from './definition.ts'
import { ExecutorLost } from './errors.ts'
import { Fifo } from './fifo.ts'
import { FrameReader, FrameWriter, Memory, type RefCodec } from './frame.ts'
import { AssemblyBudget, type InLane } from './in-lane.ts'
import { Lifecycle } from './lifecycle.ts'
import { Link, type RingEnds } from './link.ts'
import { type ActorEvent, EVENT, HELD, type LocalActor, type Sender } from './local-actor.ts'
import { Names } from './names.ts'
import { failure, Notices } from './notices.ts'
import type { LaneLimits, OutLane } from './out-lane.ts'
import { ActorRef, FIRST_ASK_SERIAL, NamedRef, targetOf } from './refs.ts'
import {
  align8,
  FRAME_FLAGS_AT,
  FRAME_FROM_AT,
  FRAME_HEADER_BYTES,
  FRAME_KIND_AT,
  FRAME_TO_AT,
  KIND_PAD,
  KIND_PIECE,
  KIND_PROTOCOL,
  KIND_STRUCTURED,
  KIND_SYSTEM,
  type RingWriter,
} from './ring.ts'
import { decodeStructured, encodeStructured } from './structured.ts'
import { Timers } from './timers.ts'
import type {
  AnyRef,
  DeadLetterReason,
  Edges,
  ExecutorInspection,
  Lane,
  LogEntry,
  LogLevel,
  Protocol,
} from './types.ts'
import { Watches } from './watches.ts'

/** What carries an executor: a thread's event loop, or the simulation. */
export interface Host {
  /** There is work: run a pass soon. */
  schedule(): void
  /** The first timer became an earlier one, outside a pass. */
  armTimer(dueMs: number): void
  /** Something new is visible to another executor: wake it if it sleeps. */
  ringDoorbell(executor: number): void
  /** There is room again in a ring that another executor found full: wake it if it sleeps. */
  tellRoom(executor: number): void
  log(entry: LogEntry): void
  /** A handler threw outside a pass, and its supervision says that the thread dies. */
  die(error: unknown): void
}

/** In the simulation, what happens to messages on their way to other executors. */
export interface Interceptor {
  verdict(
    to: number,
    lane: Lane,
    message: unknown,
    receiver: AnyRef,
  ): 'deliver' | 'drop' | 'duplicate' | { delayMs: number }
  hold(writer: RingWriter, delayMs: number): void
}

/** In the simulation, folds what happens into the trace. */
export interface Tracer {
  delivered(serial: number, from: number, size: number): void
}

export interface ExecutorOptions {
  readonly executor: number
  readonly incarnation: number
  readonly clock: Clock
  readonly random: Random
  readonly edges: Edges
  readonly host: Host
  readonly limits: LaneLimits
  readonly assemblyBytesMax: number
  readonly interceptor: Interceptor | null
  readonly tracer: Tracer | null
  /** Overwrite what a pass has read at its end, so that a view that was kept shows at once. */
  readonly poison: boolean
}

/** The sender's definition and name follow the header, because the receiver has not heard from it yet. */
const INTRODUCED = 1

const FRAMES_PER_PASS = 4096
const MESSAGES_PER_PASS = 4096
/** So many of one actor before the next one's turn. */
const MESSAGES_PER_ACTOR = 256
/** Frames held for one actor, in bytes, before senders are told to hold back. */
const HELD_BYTES_MAX = 16 * 1024 * 1024

/** A message from another thread whose actor could not take it when it came. */
class HeldFrame {
  readonly memory: Memory
  readonly kind: number
  /** Where the message begins, behind header and introduction. */
  readonly at: number
  readonly from: ActorRef | null

  constructor(memory: Memory, kind: number, at: number, from: ActorRef | null) {
    this.memory = memory
    this.kind = kind
    this.at = at
    this.from = from
  }
}

export class Executor implements RefCodec {
  readonly executor: number
  readonly incarnation: number
  readonly clock: Clock
  readonly random: Random
  readonly edges: Edges
  readonly host: Host
  readonly actors: Map<number, LocalActor>
  readonly timers: Timers
  readonly names: Names
  readonly asks: Asks
  readonly watches: Watches
  readonly notices: Notices
  readonly lifecycle: Lifecycle
  /** One at a time: nothing is encoded while something else is. */
  readonly out: FrameWriter
  readonly reader: FrameReader
  links: Link[]
  /** Nothing runs any more: late callbacks of sockets and disks find no one. */
  isDead: boolean
  readonly #linkOf: (Link | null)[]
  #linkTokens: number
  readonly #limits: LaneLimits
  readonly #assembly: AssemblyBudget
  readonly #interceptor: Interceptor | null
  readonly #tracer: Tracer | null
  readonly #poison: boolean
  readonly #ready: Fifo<LocalActor>
  #turns: LocalActor[]
  #turnsNow: LocalActor[]
  /** Whose handler runs now. */
  #current: LocalActor | null
  /** Whom the last frame was for: the next is often for the same. */
  #lastReceiver: LocalActor | null
  #inPass: boolean
  #woken: boolean
  #firstLink: number
  readonly #deadLetters: Record<DeadLetterReason, number>
  readonly #importing: Set<string>
  #passes: number
  #messages: number
  #turnsDone: number
  #longestPassMs: number
  #timerLatenessMs: number

  constructor(options: ExecutorOptions) {
    this.executor = options.executor
    this.incarnation = options.incarnation
    this.clock = options.clock
    this.random = options.random
    this.edges = options.edges
    this.host = options.host
    this.actors = new Map()
    this.timers = new Timers((dueMs) => this.#timerChanged(dueMs))
    this.names = new Names(this)
    this.asks = new Asks(this)
    this.watches = new Watches(this)
    this.notices = new Notices(this)
    this.lifecycle = new Lifecycle(this)
    this.out = new FrameWriter(this)
    this.reader = new FrameReader(this)
    this.links = []
    this.isDead = false
    this.#linkOf = []
    this.#linkTokens = 0
    this.#limits = options.limits
    this.#assembly = new AssemblyBudget(options.assemblyBytesMax)
    this.#interceptor = options.interceptor
    this.#tracer = options.tracer
    this.#poison = options.poison
    this.#ready = new Fifo()
    this.#turns = []
    this.#turnsNow = []
    this.#current = null
    this.#lastReceiver = null
    this.#inPass = false
    this.#woken = false
    this.#firstLink = 0
    this.#deadLetters = {
      'no-such-actor': 0,
      stopped: 0,
      'mailbox-full': 0,
      'too-big': 0,
      'executor-lost': 0,
      'late-reply': 0,
    }
    this.#importing = new Set()
    this.#passes = 0
    this.#messages = 0
    this.#turnsDone = 0
    this.#longestPassMs = 0
    this.#timerLatenessMs = 0
  }

  // ───────────────────────────────────────────────────────────────────────────────────────────────────── the pass

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
    this.#takeFrames()
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

  #takeFrames(): void {
    const links = this.links
    const count = links.length
    if (count === 0) return
    // Who is first changes from pass to pass, so that a flood from one thread does not starve the others.
    this.#firstLink = (this.#firstLink + 1) % count
    for (let i = 0; i < count; i++) {
      const link = links[(this.#firstLink + i) % count] as Link
      this.#drain(link, link.inControl, FRAMES_PER_PASS, false)
    }
    const share = Math.ceil(FRAMES_PER_PASS / count)
    for (let i = 0; i < count; i++) {
      const link = links[(this.#firstLink + i) % count] as Link
      this.#drain(link, link.inData, share, true)
    }
  }

  #drain(link: Link, lane: InLane, framesMax: number, isData: boolean): void {
    const reader = lane.reader
    const visible = reader.visible()
    if (visible === reader.position) return
    const memory = reader.memory
    const mask = reader.mask
    for (let frames = 0; frames < framesMax && reader.position !== visible && !this.isDead; frames++) {
      const offset = reader.position & mask
      const length = memory.words[offset >> 2] as number
      const kind = memory.bytes[offset + FRAME_KIND_AT] as number
      reader.take(align8(length), visible)
      if (kind === KIND_PROTOCOL || kind === KIND_STRUCTURED) this.#takeMessage(link, memory, offset, length)
      else if (kind === KIND_SYSTEM) this.notices.handle(link, memory, offset, length)
      else if (kind === KIND_PIECE) this.#takePiece(link, lane, memory, offset, length, isData)
      else assert(kind === KIND_PAD, 'a frame in the ring is of a kind we know')
    }
  }

  #takePiece(link: Link, lane: InLane, memory: Memory, offset: number, length: number, isData: boolean): void {
    const sequence = memory.view.getUint32(offset + FRAME_FROM_AT, true)
    if (!lane.piece(memory, offset, length)) {
      this.#deadLetters['too-big']++
      this.notices.large(link, isData, sequence, false)
      return
    }
    const whole = lane.assembled(memory, offset)
    if (whole === null) return
    this.notices.large(link, isData, sequence, true)
    this.#takeMessage(link, whole, 0, whole.bytes.length)
  }

  #takeMessage(link: Link, memory: Memory, offset: number, length: number): void {
    const view = memory.view
    const serial = view.getUint32(offset + FRAME_TO_AT, true)
    const fromSerial = view.getUint32(offset + FRAME_FROM_AT, true)
    const reader = this.reader
    reader.begin(memory, offset + FRAME_HEADER_BYTES, offset + length)
    const introduced = ((memory.bytes[offset + FRAME_FLAGS_AT] as number) & INTRODUCED) !== 0
    const from = fromSerial === 0 ? null : this.#senderOver(link, fromSerial, introduced)
    const kind = memory.bytes[offset + FRAME_KIND_AT] as number
    if (this.#tracer !== null) this.#tracer.delivered(serial, fromSerial, length)
    if (serial >= FIRST_ASK_SERIAL) {
      if (!this.asks.reply(serial, decodeStructured(reader))) this.#deadLetters['late-reply']++
      return
    }
    let actor = this.#lastReceiver
    if (actor === null || actor.serial !== serial) {
      actor = this.actors.get(serial) ?? null
      this.#lastReceiver = actor
    }
    if (actor === null || actor.state !== 'running') {
      this.deadLetter(actor === null ? 'no-such-actor' : 'stopped', from)
      return
    }
    if (actor.isSuspended || actor.heldFrames > 0) {
      this.#holdFrame(actor, link, memory, offset, length, kind, from)
      return
    }
    this.#current = actor
    try {
      const message = kind === KIND_PROTOCOL ? this.#protocolOf(actor).decode(reader) : decodeStructured(reader)
      const result = actor.behavior.receive(message, from as AnyRef | null)
      if (result !== undefined) this.#suspend(actor, result)
    } catch (error) {
      this.#current = null
      this.lifecycle.threw(actor, error)
    }
    this.#current = null
    actor.handled++
    this.#messages++
    if (actor.wantsStop) this.#stopWanted(actor)
  }

  #protocolOf(actor: LocalActor): Protocol<unknown> {
    assert(actor.protocol !== null, 'a message in the protocol of its receiver finds one there')
    return actor.protocol
  }

  /** The sender of a frame; the reader stands behind its introduction afterwards. */
  #senderOver(link: Link, serial: number, introduced: boolean): ActorRef {
    if (introduced) {
      const protocolKey = this.reader.text()
      const name = this.reader.text()
      const ref = new ActorRef(
        this,
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
    const ref = this.refOver(link, serial)
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
      this.deadLetter('mailbox-full', from)
      return
    }
    const copy = new ArrayBuffer(length)
    new Uint8Array(copy).set(memory.bytes.subarray(offset, offset + length))
    const at = this.reader.offset - offset
    actor.heldFrames++
    actor.heldBytes += length
    actor.messages.push(new HeldFrame(new Memory(copy), kind, at, from))
    actor.senders.push(HELD)
    this.makeReady(actor)
    const isFull = actor.messages.size >= actor.mailboxMax >> 1 || actor.heldBytes > HELD_BYTES_MAX
    if (isFull && !actor.closedTo.includes(link.executor)) {
      actor.closedTo.push(link.executor)
      this.notices.window(link, actor.serial, false)
    }
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
    this.#current = actor
    try {
      if (from === EVENT) {
        this.#handleEvent(actor, message as ActorEvent)
      } else {
        if (from === HELD) {
          const held = message as HeldFrame
          this.#unhold(actor, held)
          this.reader.begin(held.memory, held.at, held.memory.bytes.length)
          message =
            held.kind === KIND_PROTOCOL ? this.#protocolOf(actor).decode(this.reader) : decodeStructured(this.reader)
          from = held.from
        } else if (this.#tracer !== null) {
          this.#tracer.delivered(actor.serial, from === null ? 0 : from.serial, 0)
        }
        const result = actor.behavior.receive(message, from as AnyRef | null)
        if (result !== undefined) this.#suspend(actor, result)
      }
    } catch (error) {
      this.#current = null
      this.lifecycle.threw(actor, error)
    }
    this.#current = null
    actor.handled++
    this.#messages++
    if (actor.wantsStop) this.#stopWanted(actor)
  }

  #unhold(actor: LocalActor, held: HeldFrame): void {
    actor.heldFrames--
    actor.heldBytes -= held.memory.bytes.length
    if (actor.closedTo.length === 0) return
    if (actor.messages.size > actor.mailboxMax >> 2 || actor.heldBytes > HELD_BYTES_MAX >> 1) return
    for (const executor of actor.closedTo) {
      const link = this.#linkOf[executor] ?? null
      if (link !== null) this.notices.window(link, actor.serial, true)
    }
    actor.closedTo = []
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
      this.#current = actor
      try {
        actor.behavior.turn()
      } catch (error) {
        this.#current = null
        this.lifecycle.threw(actor, error)
      }
      this.#current = null
      if (actor.wantsStop) this.#stopWanted(actor)
    }
    now.length = 0
  }

  /** After the turns nothing holds a view of a ring. True: some frames were left for the next pass. */
  #giveBackRoom(): boolean {
    let more = false
    for (let i = 0; i < this.links.length; i++) {
      const link = this.links[i] as Link
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
    for (let i = 0; i < this.links.length; i++) {
      const link = this.links[i] as Link
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
    for (let i = 0; i < this.links.length; i++) if ((this.links[i] as Link).hasWork()) return true
    return false
  }

  // ──────────────────────────────────────────────────────────────────────────────────────────────────────── sending

  /** Whose handler runs now; null outside. */
  sender(): ActorRef | null {
    return this.#current === null ? null : this.#current.ref
  }

  enter(actor: LocalActor): LocalActor | null {
    const outer = this.#current
    this.#current = actor
    return outer
  }

  leave(outer: LocalActor | null): void {
    this.#current = outer
  }

  tellAs(actor: LocalActor, ref: AnyRef, message: unknown): boolean {
    const target = targetOf(ref)
    return target !== null && this.post(target, message, actor.ref)
  }

  /** Every message goes through here. */
  post(target: ActorRef, message: unknown, from: ActorRef | null): boolean {
    if (this.isDead) return false
    const local = target.local
    if (local !== null) return this.#postHere(local, message, from)
    if (target.executor === this.executor) {
      if (target.isAsk && target.incarnation === this.incarnation && this.asks.reply(target.serial, message))
        return true
      this.deadLetter(target.isAsk ? 'late-reply' : 'no-such-actor', from)
      return false
    }
    let link = target.link
    if (link === null || link.isLost) {
      link = this.linkTo(target.executor, target.incarnation)
      if (link === null) {
        this.deadLetter('executor-lost', from)
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
      this.deadLetter('stopped', from)
      return false
    }
    if (actor.messages.size >= actor.mailboxMax) {
      // Control is not dropped by anybody, and so has as much room again.
      const isControl = actor.protocol?.lane?.(message) === 'control'
      if (!isControl || actor.messages.size >= actor.mailboxMax * 2) return false
    }
    this.enqueue(actor, message, from)
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
    const out = this.out
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
    this.wake()
    return accepted
  }

  /** The sending actor, if the other side has not heard of it in this lane. */
  #stranger(from: ActorRef, link: Link, isData: boolean): LocalActor | null {
    const actor = from.local
    if (actor === null || actor.introduced[link.executor * 2 + (isData ? 1 : 0)] === link.token) return null
    return actor
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

  // ────────────────────────────────────────────────────────────────────────────────── asynchronous handlers, and the end

  #suspend(actor: LocalActor, result: unknown): void {
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
          this.resume(actor)
        })
      },
    )
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

  resume(actor: LocalActor): void {
    actor.isSuspended = false
    if (actor.state !== 'running') return
    if (actor.messages.size > 0 || actor.wantsStop) this.makeReady(actor)
    if (actor.wantsTurn) {
      this.#turns.push(actor)
      this.wake()
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
        const held = message as HeldFrame
        this.#unhold(actor, held)
        this.deadLetter('stopped', held.from)
      } else if (from !== EVENT) {
        this.deadLetter('stopped', from)
      }
    }
  }

  /** Counts it, and tells an asker that no reply will come. */
  deadLetter(reason: DeadLetterReason, from: ActorRef | null): void {
    this.#deadLetters[reason]++
    if (from === null || !from.isAsk) return
    if (from.executor === this.executor) {
      this.asks.fail(from.serial, failure(reason))
      return
    }
    const link = this.linkTo(from.executor, from.incarnation)
    if (link !== null) this.notices.askFailed(link, from.serial, reason)
  }

  log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>, actor = ''): void {
    this.host.log({ level, message, fields, executor: this.executor, actor })
  }

  // ─────────────────────────────────────────────────────────────────────────────────────────────── the other executors

  linkTo(executor: number, incarnation: number): Link | null {
    const link = this.#linkOf[executor]
    return link !== undefined && link !== null && link.incarnation === incarnation ? link : null
  }

  /** An executor is there, with empty rings both ways. The former incarnation, if any, was lost before. */
  connect(executor: number, incarnation: number, rings: RingEnds): void {
    assert((this.#linkOf[executor] ?? null) === null, 'an incarnation is lost before the next one is connected')
    const link = new Link(executor, incarnation, ++this.#linkTokens, rings, this.#limits, this.#assembly)
    this.#linkOf[executor] = link
    this.links.push(link)
    this.names.tellAll(link)
    for (const actor of this.actors.values()) {
      if (actor.watchesExecutors) this.enqueueEvent(actor, { kind: 'executorUp', executor, incarnation })
    }
    this.wake()
  }

  watchExecutors(actor: LocalActor): void {
    if (actor.watchesExecutors) return
    actor.watchesExecutors = true
    for (const link of this.links) {
      this.enqueueEvent(actor, { kind: 'executorUp', executor: link.executor, incarnation: link.incarnation })
    }
  }

  /**
   * Proof that a thread is dead. Phases: everything it published is delivered; halves are dropped; what it never took goes
   * back to the senders; asks to it fail; its names and watches end; last, `executorLost`.
   */
  lose(executor: number, incarnation: number): void {
    const link = this.linkTo(executor, incarnation)
    if (link === null || this.isDead) return
    assert(!this.#inPass, 'the loss of an executor is handled between passes')
    this.#inPass = true
    this.#drain(link, link.inControl, Number.POSITIVE_INFINITY, false)
    this.#drain(link, link.inData, Number.POSITIVE_INFINITY, true)
    this.#inPass = false
    link.inControl.drop()
    link.inData.drop()
    const giveBack = (memory: Memory, offset: number, length: number): void =>
      this.giveBack(link, memory, offset, length, 'executor-lost')
    link.outControl.forEachUnhandled(giveBack)
    link.outData.forEachUnhandled(giveBack)
    link.isLost = true
    this.#linkOf[executor] = null
    this.links = this.links.filter((other) => other !== link)
    this.asks.executorLost(executor, incarnation)
    this.names.executorLost(executor, incarnation)
    this.watches.executorLost(executor, incarnation)
    for (const actor of this.actors.values()) {
      actor.closedTo = actor.closedTo.filter((other) => other !== executor)
      if (actor.watchesExecutors) this.enqueueEvent(actor, { kind: 'executorLost', executor, incarnation })
    }
    this.#woken = false
    this.wake()
  }

  /** A message of ours that is known never to have been handled. Its bytes stay as they are: no ring is behind them any more. */
  giveBack(link: Link, memory: Memory, offset: number, length: number, reason: 'executor-lost' | 'too-big'): void {
    const kind = memory.bytes[offset + FRAME_KIND_AT] as number
    if (kind !== KIND_PROTOCOL && kind !== KIND_STRUCTURED) return
    const serial = memory.view.getUint32(offset + FRAME_TO_AT, true)
    const fromSerial = memory.view.getUint32(offset + FRAME_FROM_AT, true)
    if (fromSerial >= FIRST_ASK_SERIAL) {
      const lost = new ExecutorLost(`executor ${link.executor} exited before it took the message`, 'never')
      this.asks.fail(fromSerial, reason === 'executor-lost' ? lost : failure(reason))
      return
    }
    const actor = this.actors.get(fromSerial)
    if (actor === undefined || actor.state !== 'running' || actor.behavior.undelivered === undefined) {
      if (reason === 'executor-lost') this.#deadLetters[reason]++
      return
    }
    const reader = this.reader
    reader.begin(memory, offset + FRAME_HEADER_BYTES, offset + length)
    if (((memory.bytes[offset + FRAME_FLAGS_AT] as number) & INTRODUCED) !== 0) {
      reader.text()
      reader.text()
    }
    const to = this.refOver(link, serial)
    const protocol = to.protocol()
    assert(kind === KIND_STRUCTURED || protocol !== null, 'what was encoded here in a protocol can be decoded here')
    const message = kind === KIND_PROTOCOL ? (protocol as Protocol<unknown>).decode(reader) : decodeStructured(reader)
    this.enqueueEvent(actor, { kind: 'undelivered', to, message })
  }

  // ──────────────────────────────────────────────────────────────────────────────────────────────────────── references

  named(name: string): NamedRef {
    return new NamedRef(this, null, name)
  }

  refOver(link: Link, serial: number): ActorRef {
    const known = link.actors.get(serial)
    if (known !== undefined) return known
    return new ActorRef(this, link.executor, link.incarnation, serial, '', null, null)
  }

  refTo(executor: number, incarnation: number, serial: number): ActorRef {
    if (executor === this.executor && incarnation === this.incarnation) {
      const actor = this.actors.get(serial)
      if (actor !== undefined) return actor.ref
    }
    const link = this.linkTo(executor, incarnation)
    if (link !== null) return this.refOver(link, serial)
    return new ActorRef(this, executor, incarnation, serial, '', null, null)
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
    if (frame.u8() === 1) return this.named(frame.text()) as unknown as AnyRef
    const executor = frame.u16()
    const incarnation = frame.u32()
    const serial = frame.u32()
    const protocolKey = frame.text()
    const name = frame.text()
    if (executor === this.executor && incarnation === this.incarnation) {
      const actor = this.actors.get(serial)
      if (actor !== undefined) return actor.ref as AnyRef
    }
    return new ActorRef(this, executor, incarnation, serial, protocolKey, name === '' ? null : name, null) as AnyRef
  }

  /** A protocol is needed whose module has not been evaluated here; until it has, messages go structured. */
  importDefinition(key: string): void {
    if (this.#importing.has(key)) return
    this.#importing.add(key)
    loadDefinition(key).catch((error: unknown) => {
      this.log('warn', 'the module of an actor cannot be imported here', { key, error: String(error) })
    })
  }

  // ──────────────────────────────────────────────────────────────────────────────────────────────────────── inspection

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
      actors: [...this.actors.values()].map((actor) => ({
        id: actor.ref.id,
        name: actor.ref.name,
        definition: actor.definition.key,
        mailbox: actor.messages.size,
        mailboxMax: actor.mailboxMax,
        handled: actor.handled,
        restarts: actor.restarts,
      })),
      lanes: this.links.flatMap((link) => [
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
