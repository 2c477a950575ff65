import { copyBytes, EMPTY } from '../base/index.ts'
import type { Refusal } from '../model/index.ts'
import type { CommandRow } from '../redis/index.ts'
import type { Join } from './join.ts'
import type { Lane, RouterSession } from './session.ts'

/** A range of keys `[start, end)`, `end` null for no bound. */
export interface KeyRange {
  readonly start: Uint8Array
  readonly end: Uint8Array | null
}

/**
 * One command, or the part of one that goes to one cell, from its arrival to its reply.
 *
 * Where it is: *held* by its session (`lane` null), or in a lane and there *waiting* (`sequence` 0) or *on its way*
 * (`sequence` is that of the transmission). Each transmission has a number of its own, so that the answer to an earlier
 * one is never taken for the answer to a later one.
 *
 * Pooled: all fields are set at the start of each life.
 */
export class Pending {
  session: RouterSession | null = null
  lane: Lane | null = null
  previous: Pending | null = null
  next: Pending | null = null
  /** The caller's number for the reply. */
  slot = 0
  /** Place in the order of the session. The parts of a command share it. */
  order = 0
  row: CommandRow | null = null
  protocol = 2
  /**
   * The command's RESP bytes: the caller's until `ownsBytes`, then in the block of the last batch it was sent in, or a
   * copy if it could not be sent at once.
   */
  buffer: Uint8Array = EMPTY
  start = 0
  end = 0
  ownsBytes = false
  sequence = 0
  deadlineMs = 0
  /** Why it came back last. */
  refusal: Refusal = 0
  /** Set in a part of a command over several cells. */
  join: Join | null = null
  /** Of such a part: the places of its keys among all keys of the command. */
  places: readonly number[] | null = null
  /** Of a part of a command over the whole key space: the range it is for. */
  range: KeyRange | null = null

  /** The caller's buffer is not valid any longer. */
  own(): void {
    if (this.ownsBytes) return
    this.buffer = copyBytes(this.buffer.subarray(this.start, this.end))
    this.end -= this.start
    this.start = 0
    this.ownsBytes = true
  }
}

/** Records to be used again, so that a command costs no allocation. */
export class PendingPool {
  #free: Pending | null = null

  take(): Pending {
    const pending = this.#free
    if (pending === null) return new Pending()
    this.#free = pending.next
    pending.next = null
    return pending
  }

  give(pending: Pending): void {
    pending.session = null
    pending.lane = null
    pending.previous = null
    pending.row = null
    pending.buffer = EMPTY
    pending.ownsBytes = false
    pending.sequence = 0
    pending.refusal = 0
    pending.join = null
    pending.places = null
    pending.range = null
    pending.next = this.#free
    this.#free = pending
  }
}
