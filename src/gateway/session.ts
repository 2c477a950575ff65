import type { CommandRow, ReplyWriter, RequestParser } from '../redis/index.ts'
import type { RouterClient, RouterSession } from '../router/index.ts'
import type { Connection, ConnectionHandler } from './edges.ts'
import { ReplyOrder } from './reply-order.ts'
import type { Walk } from './walks.ts'

/** What a session asks of the gateway it belongs to. */
export interface SessionOwner {
  /** It has bytes to read, or may go on reading. */
  wake(session: Session): void
  /** Its output has something in it that must leave at the end of the pass. */
  soil(session: Session): void
  /** An output buffer for as long as there is something in it. */
  lend(): ReplyWriter
  received(bytes: number): void
  /** The answer to a step of its walk; bytes that are valid during the call. */
  stepped(session: Session, buffer: Uint8Array, start: number, end: number): void
  closed(session: Session): void
}

/** Commands of a session in flight, beyond which it is not read. Replies are in order, so this bounds what waits for one. */
export const PENDING_MAX = 1024
/** It is read again when so few are left. */
const PENDING_RESUME = 512
/**
 * Replies that a session is owed, in bytes, beyond which no more of its commands are taken while one is under way: those
 * that wait here for the client to read or for one before them, and those to come, each taken to be as large as the last
 * ones were. So a client that asks for large values and does not read has few of them under way, and not a thousand.
 */
const OWED_BYTES_MAX = 16 * 1024 * 1024
const OWED_BYTES_RESUME = OWED_BYTES_MAX / 2
/** Bytes kept for its commands above which it is not read. */
const HELD_BYTES_MAX = 32 * 1024 * 1024

/** One client: what it has said about itself, what it is owed, and its two directions of bytes. */
export class Session implements ConnectionHandler, RouterClient {
  readonly id: number
  readonly connection: Connection
  readonly parser: RequestParser
  readonly order: ReplyOrder
  readonly createdAtMs: number
  /** Set right after it is made. */
  routed: RouterSession | null
  protocol: 2 | 3
  isAuthenticated: boolean
  name: string
  libraryName: string
  libraryVersion: string
  /** CLIENT NO-EVICT and NO-TOUCH: remembered for CLIENT LIST, and nothing else. */
  noEvict: boolean
  noTouch: boolean
  /** CLIENT REPLY: off; of this command; of the next one. */
  isMuted: boolean
  skipsThis: boolean
  skipsNext: boolean
  lastCommand: CommandRow | null
  lastCommandAtMs: number
  /** Nothing more is read; when what is owed has left, the connection is closed. */
  isClosing: boolean
  isClosed: boolean
  /** The connection was told to end. */
  isFinished: boolean
  /** In the gateway's list of those to be read. */
  isAwake: boolean
  /** In the gateway's list of those to be written. */
  isSoiled: boolean
  /** No bytes are taken from the connection. */
  isPaused: boolean
  /** So much lies unread at the client that its commands wait. */
  isChoked: boolean
  /** Bytes that have come and may hold a command. */
  hasUnread: boolean
  /** The client sends no more. */
  hasEnded: boolean
  /** A command of many steps is under way: nothing behind it is read until it is answered. */
  walk: Walk | null
  output: ReplyWriter | null
  readonly #owner: SessionOwner
  /** What a reply is expected to take: as much as the largest of late, which counts less with each smaller one. */
  #usualReplyBytes: number

  constructor(id: number, connection: Connection, parser: RequestParser, nowMs: number, owner: SessionOwner) {
    this.id = id
    this.connection = connection
    this.parser = parser
    this.order = new ReplyOrder()
    this.createdAtMs = nowMs
    this.routed = null
    this.protocol = 2
    this.isAuthenticated = false
    this.name = ''
    this.libraryName = ''
    this.libraryVersion = ''
    this.noEvict = false
    this.noTouch = false
    this.isMuted = false
    this.skipsThis = false
    this.skipsNext = false
    this.lastCommand = null
    this.lastCommandAtMs = nowMs
    this.isClosing = false
    this.isClosed = false
    this.isFinished = false
    this.isAwake = false
    this.isSoiled = false
    this.isPaused = false
    this.isChoked = false
    this.hasUnread = false
    this.hasEnded = false
    this.walk = null
    this.output = null
    this.#owner = owner
    this.#usualReplyBytes = 0
  }

  /** Where replies that may leave now are written. */
  out(): ReplyWriter {
    let output = this.output
    if (output === null) {
      output = this.#owner.lend()
      output.protocol = this.protocol
      this.output = output
    }
    if (!this.isSoiled) this.#owner.soil(this)
    return output
  }

  setProtocol(protocol: 2 | 3): void {
    this.protocol = protocol
    if (this.output !== null) this.output.protocol = protocol
  }

  get isSilent(): boolean {
    return this.isMuted || this.skipsThis
  }

  /** Where a reply that is made here is to be written: the output, or `scratch` when one before it is owed. */
  beginReply(scratch: ReplyWriter): ReplyWriter {
    if (this.order.pending === 0) return this.out()
    scratch.reset()
    scratch.protocol = this.protocol
    return scratch
  }

  /** It is written, from `start` on. */
  endReply(reply: ReplyWriter, start: number): void {
    if (reply === this.output) {
      if (this.isSilent) reply.length = start
      return
    }
    const slot = this.order.take(this.isSilent)
    this.order.fill(slot, reply.buffer, 0, reply.length, this.out())
  }

  /** No more commands are taken: the client does not read, or enough is under way, and what ends that wakes it. */
  get isHeldUp(): boolean {
    return this.isChoked || this.walk !== null || this.#owesEnough || this.#heldBytes > HELD_BYTES_MAX
  }

  get #owesEnough(): boolean {
    const { pending } = this.order
    return pending >= PENDING_MAX || (pending > 0 && this.#owedBytes > OWED_BYTES_MAX)
  }

  get #heldBytes(): number {
    return this.routed?.heldBytes ?? 0
  }

  get #owedBytes(): number {
    const unread = this.connection.bufferedBytes + (this.output?.length ?? 0)
    return unread + this.order.earlyBytes + this.order.pending * this.#usualReplyBytes
  }

  /** With nothing under way nothing else would wake it. */
  get #mayTakeMore(): boolean {
    const { pending } = this.order
    return pending === 0 || (pending <= PENDING_RESUME && this.#owedBytes <= OWED_BYTES_RESUME)
  }

  /** From the router: bytes that are valid during the call. */
  reply(slot: number, buffer: Uint8Array, start: number, end: number): void {
    if (this.isClosed) return
    if (slot === this.walk?.slot) return this.#owner.stepped(this, buffer, start, end)
    this.#usualReplyBytes = Math.max(end - start, this.#usualReplyBytes - this.#usualReplyBytes / 8)
    this.order.fill(slot, buffer, start, end, this.out())
    // One that has nothing unread may be paused all the same, and then nobody else would ever read its connection again.
    if ((this.hasUnread || this.isPaused) && !this.isAwake && this.#mayTakeMore) this.#owner.wake(this)
  }

  /** Nothing more is read; when what is owed has left, the connection is closed. */
  close(): void {
    this.isClosing = true
    this.#owner.soil(this)
  }

  /** The walk is over. */
  resume(): void {
    if (!this.isAwake) this.#owner.wake(this)
  }

  fail(text: string, scratch: ReplyWriter): void {
    const reply = this.beginReply(scratch)
    const start = reply.length
    reply.errorText(text)
    this.endReply(reply, start)
  }

  onData(chunk: Uint8Array): void {
    if (this.isClosing || this.isClosed) return
    this.parser.push(chunk)
    this.hasUnread = true
    this.#owner.received(chunk.length)
    if (!this.isAwake) this.#owner.wake(this)
  }

  onDrain(): void {
    this.isChoked = false
    if (!this.isAwake) this.#owner.wake(this)
  }

  /** What has come is answered; then the connection is closed. */
  onEnd(): void {
    this.hasEnded = true
    if (!this.isAwake) this.#owner.wake(this)
  }

  onClose(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.#owner.closed(this)
  }
}
