import type { Session } from './session.ts'

const BYTES_MIN = 64 * 1024 * 1024
const BYTES_MAX = 512 * 1024 * 1024
/** Of one session, below which it counts for nothing. */
const LARGE_BYTES = 256 * 1024
/** A session that goes first and sends nothing for so long lets another go before it. */
const SILENCE_MS = 1000
/** One that had to wait has so long to show that it sends: what its client had sent meanwhile lies in the kernel. */
const PROOF_MS = 100

/**
 * What commands take in memory here, of all sessions together: those that are under way, and large ones that have come in
 * part. Each of those may grow to `client-query-max`; that many clients with large ones do not fill the memory, only so
 * much is read at a time. When it is used up one session goes on, the one that began first, and the others are not read
 * until it is done. So each of them comes to its end. Half a command of which no more comes has no turn: it keeps what it
 * has, and goes behind the others when more of it comes.
 */
export class Pressure {
  readonly #bytesMax: number
  readonly #wake: (session: Session) => void
  /** Not read because of what is under way for all sessions together. */
  readonly #thirsty = new Set<Session>()
  /** In the order in which they began, and what each holds. */
  readonly #bytes = new Map<Session, number>()
  readonly #waiting = new Set<Session>()
  #sum = 0
  #first: Session | null = null
  #firstMovedMs = 0

  /** @param memory of `--memory`, this gateway's part: commands are no part of it, but may take half as much beside it */
  constructor(memory: number, wake: (session: Session) => void) {
    this.#bytesMax = Math.min(BYTES_MAX, Math.max(BYTES_MIN, memory / 2))
    this.#wake = wake
  }

  /** Commands under way take so much that no more are read. */
  isHigh(sentBytes: number): boolean {
    return sentBytes > this.#bytesMax
  }

  /** The session is not read. One with a reply to come is woken by it; what others have in flight is no concern of its replies. */
  paused(session: Session, sentBytes: number): void {
    if (this.isHigh(sentBytes)) this.#thirsty.add(session)
  }

  /** When `release` is wanted; infinity: not before something else happens. */
  get nextLookMs(): number {
    return this.#waiting.size === 0 ? Number.POSITIVE_INFINITY : this.#firstMovedMs + SILENCE_MS
  }

  /** The session has been read as far as it goes. True: it must not be read further now. `sent`: bytes of commands under way. */
  mustWait(session: Session, sentBytes: number, nowMs: number): boolean {
    const bytes = session.parser.heldBytes
    const before = this.#bytes.get(session) ?? 0
    if (bytes <= LARGE_BYTES) {
      if (before > 0) this.forget(session)
      return false
    }
    this.#sum += bytes - before
    this.#bytes.set(session, bytes)
    if (this.#first === null) this.#goFirst(session, nowMs)
    else if (session === this.#first && bytes !== before) this.#firstMovedMs = nowMs
    if (session === this.#first || this.#sum + sentBytes <= this.#bytesMax) return false
    this.#waiting.add(session)
    return true
  }

  forget(session: Session): void {
    this.#thirsty.delete(session)
    this.#sum -= this.#bytes.get(session) ?? 0
    this.#bytes.delete(session)
    this.#waiting.delete(session)
    if (this.#first === session) this.#first = null
  }

  /** Sessions that may be read again. */
  release(sentBytes: number, nowMs: number): void {
    if (this.#thirsty.size > 0 && sentBytes < this.#bytesMax / 2) {
      for (const session of this.#thirsty) this.#wake(session)
      this.#thirsty.clear()
    }
    if (this.#waiting.size === 0) return
    if (this.#first !== null && nowMs - this.#firstMovedMs >= SILENCE_MS) this.#goLast(this.#first)
    if (this.#first === null) this.#goFirst(this.#next, nowMs - SILENCE_MS + PROOF_MS)
    const first = this.#first as Session | null
    if (first !== null && this.#waiting.delete(first)) this.#wake(first)
    if (this.#sum + sentBytes > this.#bytesMax / 2) return
    for (const session of this.#waiting) this.#wake(session)
    this.#waiting.clear()
  }

  /** Of those that wait, the one that began first. Whoever does not wait may be read, and has nothing to be read. */
  get #next(): Session | null {
    for (const session of this.#bytes.keys()) if (this.#waiting.has(session)) return session
    return null
  }

  #goFirst(session: Session | null, movedMs: number): void {
    this.#first = session
    this.#firstMovedMs = movedMs
  }

  #goLast(session: Session): void {
    const bytes = this.#bytes.get(session) as number
    this.#bytes.delete(session)
    this.#bytes.set(session, bytes)
    this.#first = null
  }
}
