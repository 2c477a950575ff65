/**
 * SCAN, KEYS, RANDOMKEY and WAIT: commands of many steps (`redis/walks.ts`).
 *
 * Phases: read, and a place in the order of replies taken → a page asked for, of the cell where the walk is, through the
 * router like any other command → its keys gathered → the next page, from where this one says → at the end, the reply.
 * Meanwhile nothing more of the session is read, so what it sends behind a walk takes effect behind it (rule 9); what it
 * sent before is before it in the lane of each cell.
 *
 * A page takes its cell a moment, however large the cell is. So a walk is no picture of one instant: what is there
 * throughout is found once, what comes or goes meanwhile may be found or not.
 */
import { fromLatin1, latin1 } from '../base/index.ts'
import {
  Arguments,
  bulkAt,
  type CommandRow,
  elementEnd,
  encodeCommand,
  integerAt,
  lineEnd,
  literalPrefix,
  lookupCommand,
  PAGE_KEYS_MAX,
  parseCommand,
  parseScan,
  parseWait,
  ReplyTooLarge,
  ReplyWriter,
} from '../redis/index.ts'
import type { Router, RouterSession } from '../router/index.ts'
import { Cursors } from './cursors.ts'
import type { Server } from './server.ts'
import type { Session } from './session.ts'

/** A SCAN ends early when it has found so much, whatever its COUNT: it is to be a reply among others. */
const SCAN_BYTES_MAX = 1024 * 1024
/** What all walks under way may have gathered. */
const GATHERED_BYTES_MAX = 512 * 1024 * 1024
/** Before what is found there is room for the lines that come before it in the reply. */
const HEADER_BYTES = 64
const MINUS = 45
const ASTERISK = 42
const COLON = 58

const UNKNOWN_CURSOR = 'ERR invalid cursor'
const RANDOM_KEY = encodeCommand(['sysrandom'])
const COPIES = encodeCommand(['syscopies'])
/** Between the first two questions of a WAIT; then more and more, since what has not come soon may be long in coming. */
const WAIT_STEP_MS = 5
const WAIT_STEP_GROWTH = 1.5
const WAIT_STEP_MAX_MS = 100
/** A client that has closed its half while it waits may be gone for good, or may read: it is given so long. */
const WAIT_ENDED_MS = 1_000
/** Bytes that are taken of a client while it waits: its end comes behind them. */
const WAIT_READS_BYTES_MAX = 128 * 1024
/** Longer patterns are refused: one travels with each page, and is compared with each key. */
const PATTERN_BYTES_MAX = 64 * 1024
const PATTERN_TOO_LONG = `TOOBIG a pattern may have at most ${PATTERN_BYTES_MAX} bytes`

type Kind = 'scan' | 'keys' | 'randomkey' | 'wait'

/** One such command under way. */
class Walk {
  readonly session: Session
  readonly slot: number
  readonly kind: Kind
  /** Where the next page begins, a character per byte; null: there is none. */
  position: string | null
  /** Without this key and those behind it; empty: to the end. */
  end = ''
  pattern: string | null = null
  type = ''
  /** Keys still to be looked at; copies that are waited for. */
  wanted = Number.POSITIVE_INFINITY
  readonly found = new ReplyWriter()
  count = 0
  /** Of a WAIT: the next question is not to be asked before, and the last one not behind. */
  dueMs = 0
  deadlineMs = Number.POSITIVE_INFINITY
  stepMs = WAIT_STEP_MS
  /** RESP bytes that are the whole reply. */
  whole: Uint8Array | null = null
  /** Gathered by it, as counted among all. */
  bytes = 0

  constructor(session: Session, slot: number, kind: Kind, position: string, bytesMax: number) {
    this.session = session
    this.slot = slot
    this.kind = kind
    this.position = position
    this.found.bytesMax = bytesMax + HEADER_BYTES
    this.found.length = HEADER_BYTES
  }

  /** Only what begins as the pattern does can fit it, and such keys lie together. */
  narrow(pattern: string): void {
    if (pattern !== '*') this.pattern = pattern
    const { prefix, isAll } = literalPrefix(pattern)
    if (this.position !== null && this.position < prefix) this.position = prefix
    this.end = isAll ? `${prefix}\0` : behindAll(prefix)
    if (this.end !== '' && this.position !== null && this.position >= this.end) this.position = null
  }

  get isOver(): boolean {
    return (
      this.whole !== null ||
      this.position === null ||
      (this.kind === 'scan' && (this.wanted <= 0 || this.found.length > SCAN_BYTES_MAX))
    )
  }

  command(): Uint8Array {
    if (this.kind === 'randomkey') return RANDOM_KEY
    if (this.kind === 'wait') return COPIES
    const limits = [fromLatin1(this.end), Math.min(this.wanted, PAGE_KEYS_MAX), fromLatin1(this.type)]
    const pattern = this.pattern === null ? [] : [fromLatin1(this.pattern)]
    return encodeCommand(['syspage', fromLatin1(this.position as string), ...limits, ...pattern])
  }

  /** The answer to the last command; views. */
  take(buffer: Uint8Array, start: number, end: number, nowMs: number): void {
    if (buffer[start] === MINUS) this.whole = buffer.slice(start, end)
    else if (this.kind === 'randomkey') this.#takeRandom(buffer, start, end)
    else if (this.kind === 'wait') this.#takeCopies(buffer, start, end, nowMs)
    else this.#takePage(buffer, start, end)
  }

  #takeCopies(buffer: Uint8Array, start: number, end: number, nowMs: number): void {
    const isEnough = integerAt(buffer, start + 1) >= this.wanted
    if (isEnough || nowMs >= this.deadlineMs) this.whole = buffer.slice(start, end)
    this.dueMs = Math.min(nowMs + this.stepMs, this.deadlineMs)
    this.stepMs = Math.min(this.stepMs * WAIT_STEP_GROWTH, WAIT_STEP_MAX_MS)
  }

  /** The time that it may take ends then, if not before. */
  hurry(deadlineMs: number): void {
    this.deadlineMs = Math.min(this.deadlineMs, deadlineMs)
    this.dueMs = Math.min(this.dueMs, this.deadlineMs)
  }

  #takeRandom(buffer: Uint8Array, start: number, end: number): void {
    // A number: none yet, as when those that were looked at are dead. One is to ask again.
    if (buffer[start] === COLON) return
    const from = buffer[start] === ASTERISK ? elementEnd(buffer, lineEnd(buffer, start)) : start
    this.whole = buffer.slice(from, end)
  }

  #takePage(buffer: Uint8Array, start: number, end: number): void {
    const first = lineEnd(buffer, start)
    const second = elementEnd(buffer, first)
    const next = bulkAt(buffer, first)
    const keysStart = lineEnd(buffer, second)
    this.position = next === null ? null : latin1(next)
    this.wanted -= Math.max(1, integerAt(buffer, second + 1))
    this.count += integerAt(buffer, start + 1) - 2
    this.found.raw(buffer, keysStart, end)
  }
}

/** All that are under way at a gateway. */
export class Walks {
  readonly #server: Server
  readonly #router: Router
  readonly #cursors: Cursors
  readonly #args = new Arguments()
  /** Whose page has come. */
  #ready: Walk[] = []
  #bytes = 0

  constructor(server: Server, router: Router) {
    this.#server = server
    this.#router = router
    this.#cursors = new Cursors(server.random)
  }

  /** The first step of a command of this sort. Returns an error instead. */
  begin(session: Session, row: CommandRow, args: Arguments): string | null {
    const make = (position: string): Walk => {
      const slot = session.order.take(session.isSilent)
      return new Walk(session, slot, row.name as Kind, position, this.#server.settings.options.clientOutputMax)
    }
    let walk: Walk
    if (row.name === 'scan') {
      const request = parseScan(args)
      if (typeof request === 'string') return request
      if ((request.pattern?.length ?? 0) > PATTERN_BYTES_MAX) return PATTERN_TOO_LONG
      const position = this.#cursors.find(request.cursor)
      if (position === undefined) return UNKNOWN_CURSOR
      walk = make(position)
      walk.wanted = request.count
      walk.type = request.type
      if (request.pattern !== null) walk.narrow(request.pattern)
    } else if (row.name === 'wait') {
      const request = parseWait(args)
      if (typeof request === 'string') return request
      walk = make('')
      walk.wanted = request.copies
      walk.dueMs = this.#server.nowMs
      if (request.timeoutMs > 0) walk.deadlineMs = this.#server.nowMs + request.timeoutMs
    } else {
      if (row.name === 'keys' && args.length(1) > PATTERN_BYTES_MAX) return PATTERN_TOO_LONG
      walk = make('')
      if (row.name === 'keys') walk.narrow(args.latin1(1))
    }
    session.walk = walk
    this.#advance(walk)
    return null
  }

  /** The answer to a step of the session's walk: views, and the router must not be called now. */
  take(session: Session, buffer: Uint8Array, start: number, end: number): void {
    const walk = session.walk as Walk
    try {
      walk.take(buffer, start, end, this.#server.nowMs)
    } catch (error) {
      if (!(error instanceof ReplyTooLarge)) throw error
      const { clientOutputMax } = this.#server.settings.options
      this.#fail(walk, `TOOBIG the reply would be larger than client-output-max (${clientOutputMax} bytes)`)
    }
    this.#bytes += walk.found.buffer.length - walk.bytes
    walk.bytes = walk.found.buffer.length
    if (this.#bytes > GATHERED_BYTES_MAX) this.#fail(walk, 'BUSY not executed: too much is being gathered for KEYS')
    this.#ready.push(walk)
  }

  /** Once in a pass: the next steps. */
  turn(): void {
    if (this.#ready.length === 0) return
    const ready = this.#ready
    this.#ready = []
    for (const walk of ready) {
      if (walk.session.isClosed) continue
      if (walk.whole === null && walk.dueMs > this.#server.nowMs) this.#ready.push(walk)
      else this.#advance(walk)
    }
  }

  /** Its connection is to be read on although a command is under way: that one waits, for as long as its client is there. */
  readsOn(session: Session): boolean {
    const { walk } = session
    if (walk?.kind !== 'wait') return false
    if (session.hasEnded) walk.hurry(this.#server.nowMs + WAIT_ENDED_MS)
    return session.parser.heldBytes <= WAIT_READS_BYTES_MAX
  }

  /** The end is near: who waits for copies is told how many there are. */
  hurry(deadlineMs: number): void {
    for (const { walk } of this.#server.sessions.values()) if (walk?.kind === 'wait') walk.hurry(deadlineMs)
  }

  /** When `turn` is wanted again; infinity: when an answer has come. */
  get nextTurnMs(): number {
    let next = Number.POSITIVE_INFINITY
    for (const walk of this.#ready) next = Math.min(next, walk.dueMs)
    return next
  }

  /** The session is gone. */
  forget(session: Session): void {
    if (session.walk === null) return
    this.#bytes -= session.walk.bytes
    session.walk = null
  }

  #advance(walk: Walk): void {
    const { session } = walk
    if (walk.isOver) {
      this.forget(session)
      this.#finish(walk)
      session.resume()
      return
    }
    const args = this.#args
    parseCommand(walk.command(), 0, args)
    this.#router.request(
      session.routed as RouterSession,
      walk.slot,
      lookupCommand(args) as CommandRow,
      args,
      session.protocol,
    )
  }

  #finish(walk: Walk): void {
    const { session, slot, whole, found } = walk
    if (whole !== null) {
      session.order.fill(slot, whole, 0, whole.length, session.out())
      return
    }
    const header = new ReplyWriter()
    if (walk.kind === 'scan') {
      header.array(2)
      header.bulkText(String(walk.position === null ? 0n : this.#cursors.give(walk.position)))
    }
    header.array(walk.count)
    const start = HEADER_BYTES - header.length
    found.buffer.set(header.bytes(), start)
    session.order.fill(slot, found.buffer, start, found.length, session.out())
  }

  #fail(walk: Walk, text: string): void {
    walk.whole = fromLatin1(`-${text}\r\n`)
  }
}

export type { Walk }

/** The least string that is greater than all that begin with `prefix`; empty: there is none. */
function behindAll(prefix: string): string {
  let size = prefix.length
  while (size > 0 && prefix.charCodeAt(size - 1) === 0xff) size--
  return size === 0 ? '' : prefix.slice(0, size - 1) + String.fromCharCode(prefix.charCodeAt(size - 1) + 1)
}
