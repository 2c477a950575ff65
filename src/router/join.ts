import { assert, copyBytes, fromLatin1, latin1 } from '../base/index.ts'
import { bulkAt, type CommandRow, elementEnd, integerAt, lineEnd } from '../redis/index.ts'
import type { Pending } from './pending.ts'
import { replies } from './replies.ts'
import type { RouterSession } from './session.ts'

const MINUS = 45
const ASTERISK = 42
const COLON = 58

/** The parts of one command that was cut over several cells, and the reply that they become together. */
export class Join {
  readonly session: RouterSession
  readonly slot: number
  readonly row: CommandRow
  /** Parts that are not answered yet. */
  remaining: number
  /** The command itself, to be placed anew when all parts have told: a cell reaches over the bounds of one of them now. */
  anew: Pending | null
  #sum: number
  #min: number
  #error: Uint8Array | null
  #elements: Uint8Array[]
  /** Of the parts so far: the one with the least rank. */
  #least: Uint8Array | null
  #leastRank: number
  #someExecuted: boolean
  #someUnknown: boolean
  /** What is said when a part was not executed. */
  #refused: Uint8Array | null

  constructor(session: RouterSession, slot: number, row: CommandRow, parts: number) {
    assert(row.spread !== 'none', 'this command is never cut')
    this.session = session
    this.slot = slot
    this.row = row
    this.remaining = parts
    this.anew = null
    this.#sum = 0
    this.#min = Number.POSITIVE_INFINITY
    this.#error = null
    this.#elements = []
    this.#least = null
    this.#leastRank = Number.POSITIVE_INFINITY
    this.#someExecuted = false
    this.#someUnknown = false
    this.#refused = null
  }

  /** The reply of a part; `places`: where its elements go. */
  done(buffer: Uint8Array, start: number, end: number, places: readonly number[] | null): void {
    this.remaining--
    this.#someExecuted = true
    if (buffer[start] === MINUS) {
      this.#error ??= copyBytes(buffer.subarray(start, end))
      return
    }
    if (this.row.spread === 'sum') this.#sum += integerAt(buffer, start + 1)
    else if (this.row.spread === 'min') this.#min = Math.min(this.#min, integerAt(buffer, start + 1))
    else if (this.row.spread === 'array') this.#takeElements(buffer, start, end, places)
    else if (this.row.spread === 'least') this.#takeScored(buffer, start, end)
  }

  unknown(): void {
    this.remaining--
    this.#someUnknown = true
  }

  /** A part was not executed, and its time is over. */
  refused(reply: Uint8Array): void {
    this.remaining--
    this.#refused ??= reply
  }

  /** No part has failed for good, and what writes has been executed nowhere: nothing is done twice if all is asked again. */
  get mayBeginAnew(): boolean {
    if (this.#someUnknown || this.#refused !== null) return false
    return !this.row.writes || !this.#someExecuted
  }

  /** When it may not: the part that is left can be asked of nobody, and was not executed. */
  replyWithoutRest(): Uint8Array {
    this.#refused ??= replies.unavailable
    return this.reply()
  }

  reply(): Uint8Array {
    assert(this.remaining === 0, 'a reply is made of all its parts')
    if (this.#someUnknown) return replies.unknown
    if (this.#refused !== null) return this.#someExecuted && this.row.writes ? replies.partly : this.#refused
    if (this.#error !== null) return this.#error
    if (this.row.spread === 'sum') return fromLatin1(`:${this.#sum}\r\n`)
    if (this.row.spread === 'min') return fromLatin1(`:${this.#min}\r\n`)
    if (this.row.spread === 'allOk') return OK
    if (this.row.spread === 'least') return this.#least as Uint8Array
    // Not spread into arguments: there may be a million.
    return Buffer.concat([fromLatin1(`*${this.#elements.length}\r\n`), ...this.#elements])
  }

  #takeScored(buffer: Uint8Array, start: number, end: number): void {
    const rank = rankAt(buffer, start)
    if (this.#least !== null && rank >= this.#leastRank) return
    this.#leastRank = rank
    this.#least = copyBytes(buffer.subarray(start, end))
  }

  #takeElements(buffer: Uint8Array, start: number, end: number, places: readonly number[] | null): void {
    assert(places !== null && integerAt(buffer, start + 1) === places.length, 'a part answers each of its keys')
    // One copy for all of them.
    const own = copyBytes(buffer.subarray(start, end))
    let at = lineEnd(own, 0)
    for (const place of places) {
      const next = elementEnd(own, at)
      this.#elements[place] = own.subarray(at, next)
      at = next
    }
    assert(at === own.length, 'an answer holds its elements and no more')
  }
}

const OK = fromLatin1('+OK\r\n')

/** An array: its first element is its score. A number instead: one should ask again. Else: there is nothing here. */
function rankAt(buffer: Uint8Array, at: number): number {
  if (buffer[at] === ASTERISK) return Number(latin1(bulkAt(buffer, lineEnd(buffer, at)) as Uint8Array))
  return buffer[at] === COLON ? Number.MAX_VALUE : Number.POSITIVE_INFINITY
}
