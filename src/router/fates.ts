/**
 * A command from its record to its reply. What becomes of one (rule 4):
 *
 * * *done*: its reply, as it came
 * * *unknown*: `UNKNOWN`; it may have taken effect
 * * *given up*: it did not take effect, and will not be sent again
 *
 * A part of a command over several cells tells its join instead, which replies when all parts have told.
 */
import type { Arguments, CommandRow } from '../redis/index.ts'
import type { Join } from './join.ts'
import { type Pending, PendingPool } from './pending.ts'
import { replies } from './replies.ts'
import type { Lane, RouterSession } from './session.ts'

export class Fates {
  /** Commands and parts of commands that have no reply yet, and the bytes kept for them. */
  inFlight: number
  heldBytes: number
  readonly #pool: PendingPool

  constructor() {
    this.inFlight = 0
    this.heldBytes = 0
    this.#pool = new PendingPool()
  }

  /** A record for a command that has come. */
  begin(
    session: RouterSession,
    slot: number,
    row: CommandRow,
    args: Arguments,
    protocol: number,
    deadlineMs: number,
  ): Pending {
    const pending = this.#pool.take()
    pending.session = session
    pending.slot = slot
    pending.order = ++session.order
    pending.row = row
    pending.protocol = protocol
    pending.buffer = args.buffer
    pending.start = args.commandStart
    pending.end = args.commandEnd
    pending.deadlineMs = deadlineMs
    this.#count(session, pending)
    return pending
  }

  /** A record for a part; with its own bytes, or (null) with those of the command it is cut from. */
  beginPart(session: RouterSession, from: Pending, join: Join, bytes: Uint8Array | null): Pending {
    const pending = this.#pool.take()
    pending.session = session
    pending.slot = from.slot
    pending.order = from.order
    pending.row = from.row
    pending.protocol = from.protocol
    pending.deadlineMs = from.deadlineMs
    pending.refusal = from.refusal
    pending.join = join
    if (bytes === null) {
      from.own()
      pending.buffer = from.buffer
      pending.start = from.start
      pending.end = from.end
    } else {
      pending.buffer = bytes
      pending.start = 0
      pending.end = bytes.length
    }
    pending.ownsBytes = true
    this.#count(session, pending)
    return pending
  }

  /** Out of its lane, and its transmission, if it has one, is over. */
  leave(session: RouterSession, lane: Lane, pending: Pending): void {
    if (pending.sequence !== 0) {
      session.untrack(pending)
      lane.outstanding--
    }
    lane.remove(pending)
    session.active--
  }

  done(session: RouterSession, lane: Lane, pending: Pending, buffer: Uint8Array, start: number, end: number): void {
    if (pending.order > lane.effectOrder) lane.effectOrder = pending.order
    this.leave(session, lane, pending)
    const join = pending.join
    if (join === null) session.client.reply(pending.slot, buffer, start, end)
    else {
      join.done(buffer, start, end, pending.places)
      this.#look(join)
    }
    this.discard(pending)
  }

  unknown(session: RouterSession, lane: Lane, pending: Pending): void {
    if (pending.order > lane.effectOrder) lane.effectOrder = pending.order
    this.leave(session, lane, pending)
    const join = pending.join
    if (join === null) session.client.reply(pending.slot, replies.unknown, 0, replies.unknown.length)
    else {
      join.unknown()
      this.#look(join)
    }
    this.discard(pending)
  }

  /** `lane` null: it is in none. */
  giveUp(session: RouterSession, lane: Lane | null, pending: Pending, reply: Uint8Array): void {
    if (lane !== null) this.leave(session, lane, pending)
    const join = pending.join
    if (join === null) session.client.reply(pending.slot, reply, 0, reply.length)
    else {
      join.refused(reply)
      this.#look(join)
    }
    this.discard(pending)
  }

  /** The record is free again; nobody is told. */
  discard(pending: Pending): void {
    const bytes = pending.end - pending.start
    this.inFlight--
    this.heldBytes -= bytes
    ;(pending.session as RouterSession).heldBytes -= bytes
    this.#pool.give(pending)
  }

  #count(session: RouterSession, pending: Pending): void {
    const bytes = pending.end - pending.start
    this.inFlight++
    this.heldBytes += bytes
    session.heldBytes += bytes
  }

  #look(join: Join): void {
    if (join.remaining > 0) return
    const session = join.session
    if (session.barrier === join) session.barrier = null
    const { anew } = join
    join.anew = null
    if (anew !== null && join.mayBeginAnew) {
      session.held.unshift(anew)
      return
    }
    if (anew !== null) this.discard(anew)
    const reply = anew === null ? join.reply() : join.replyWithoutRest()
    session.client.reply(join.slot, reply, 0, reply.length)
  }
}
