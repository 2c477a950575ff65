import { assert, concatBytes, copyBytes, fromLatin1 } from '../base/index.ts'
import type { CommandRow } from '../redis/index.ts'
import { replies } from './replies.ts'
import type { RouterSession } from './session.ts'

const MINUS = 45
const CR = 13
const DOLLAR = 36

/** The parts of one command that was cut over several cells, and the reply that they become together. */
export class Join {
  readonly session: RouterSession
  readonly slot: number
  readonly row: CommandRow
  /** Parts that are not answered yet. */
  remaining: number
  #sum: number
  #error: Uint8Array | null
  #elements: Uint8Array[]
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
    this.#sum = 0
    this.#error = null
    this.#elements = []
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
    else if (this.row.spread === 'array') this.#takeElements(buffer, start, end, places)
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

  reply(): Uint8Array {
    assert(this.remaining === 0, 'a reply is made of all its parts')
    if (this.#someUnknown) return replies.unknown
    if (this.#refused !== null) return this.#someExecuted && this.row.writes ? replies.partly : this.#refused
    if (this.#error !== null) return this.#error
    if (this.row.spread === 'sum') return fromLatin1(`:${this.#sum}\r\n`)
    if (this.row.spread === 'allOk') return OK
    return concatBytes(fromLatin1(`*${this.#elements.length}\r\n`), ...this.#elements)
  }

  #takeElements(buffer: Uint8Array, start: number, end: number, places: readonly number[] | null): void {
    assert(places !== null && integerAt(buffer, start + 1) === places.length, 'a part answers each of its keys')
    let at = lineEnd(buffer, start)
    for (const place of places) {
      const next = elementEnd(buffer, at)
      this.#elements[place] = copyBytes(buffer.subarray(at, next))
      at = next
    }
    assert(at === end, 'an answer holds its elements and no more')
  }
}

const OK = fromLatin1('+OK\r\n')

/** The offset behind the line that begins at or before `at`. */
function lineEnd(buffer: Uint8Array, at: number): number {
  while (buffer[at] !== CR) at++
  return at + 2
}

function integerAt(buffer: Uint8Array, at: number): number {
  const isNegative = buffer[at] === MINUS
  if (isNegative) at++
  let value = 0
  for (; buffer[at] !== CR; at++) value = value * 10 + buffer[at]! - 48
  return isNegative ? -value : value
}

/** The offset behind the element that begins at `at`: a bulk string, or what takes one line. */
function elementEnd(buffer: Uint8Array, at: number): number {
  assert(at < buffer.length, 'an answer is complete')
  const behind = lineEnd(buffer, at)
  if (buffer[at] !== DOLLAR) return behind
  const size = integerAt(buffer, at + 1)
  return size < 0 ? behind : behind + size + 2
}
