/**
 * Which executors live, as far as this one knows: for all sleeping cells together (rule 13).
 *
 * Phases of another executor: not heard of → alive, since a word of an incarnation → its exit is proven, or it has been
 * silent for longer than any lease → alive again, in the same incarnation (it was only silent) or in a later one (which
 * proves the end of the earlier).
 *
 * One word per pair of executors and 100 ms, whatever the number of cells, or each time that an executor at rest looks at
 * the time (`pace.ts`), and only while the stores can work: one whose log has failed falls silent.
 */
import type { StoresMessage } from '../model/index.ts'
import type { Stores } from './stores.ts'

const WORD_MS = 100
/** In election timeouts; no lease lasts for one. */
const SILENCE_ELECTIONS = 2
const SILENCE_MS_MIN = 10 * WORD_MS

class Other {
  /** The latest life that was heard of; 0: none. */
  incarnation = 0
  /** That life is over, for its thread has exited. */
  ended = false
  silent = false
  heardMs = 0
  /** A word for it that its ring had no room for. */
  isOwed = false
  /** Time since then as far as this thread had it. One that stood still itself has heard nobody, and that proves nothing. */
  silentMs = 0

  /** Is that life of it known to be over? */
  isOver(incarnation: number): boolean {
    return incarnation < this.incarnation || (incarnation === this.incarnation && this.ended)
  }
}

export class Liveness {
  readonly #stores: Stores
  readonly #incarnation: number
  readonly #others: Other[] = []
  #saidMs = Number.NEGATIVE_INFINITY
  #lookedMs: number

  constructor(stores: Stores, incarnation: number) {
    this.#stores = stores
    this.#incarnation = incarnation
    this.#lookedMs = stores.nowMs
    for (let executor = 0; executor < stores.topology.executors; executor++) this.#others.push(new Other())
  }

  /** Does that life of the executor last, as far as is known? */
  isAlive(executor: number, incarnation: number): boolean {
    if (executor === this.#stores.executor) return true
    const other = this.#others[executor]
    return other !== undefined && other.incarnation === incarnation && !other.ended && !other.silent
  }

  heard(executor: number, incarnation: number): void {
    const other = this.#others[executor] as Other
    if (other.isOver(incarnation)) return
    other.heardMs = this.#stores.nowMs
    other.silentMs = 0
    other.silent = false
    if (incarnation === other.incarnation) return
    const isFirst = other.incarnation === 0
    const wasEnded = other.ended
    other.incarnation = incarnation
    other.ended = false
    // Of the first life that is heard of nothing follows: what is led there is led in that very life.
    if (isFirst) return
    // What was led there is led no more. If the end of that life was known, this was said already: what is led there now may
    // be led in the new life, whose leaders speak before its first word comes, and promises to the living are kept.
    if (!wasEnded) this.#stores.wakings.ledFrom(executor, true)
    // What has a peer there may have something to bring it.
    this.#stores.wakings.withPeerOn(executor)
  }

  /** Its thread has exited. */
  lost(executor: number, incarnation: number): void {
    const other = this.#others[executor] as Other
    // A later life has spoken, or that end is known: what is led there now is none of its leaders' any more.
    if (other.isOver(incarnation)) return
    other.incarnation = incarnation
    other.ended = true
    this.#stores.wakings.ledFrom(executor, true)
  }

  /** Longer than any lease. */
  get #silenceMs(): number {
    return Math.max(SILENCE_ELECTIONS * this.#stores.electionMs, SILENCE_MS_MIN)
  }

  /** When the next of those that are heard of now will have been silent for too long. */
  get silenceEndsMs(): number {
    let heardMs = Number.POSITIVE_INFINITY
    for (const other of this.#others) if (this.#isListenedTo(other)) heardMs = Math.min(heardMs, other.heardMs)
    return heardMs + this.#silenceMs + 1
  }

  /** A word waits for room in a ring. */
  get isHeldUp(): boolean {
    for (const other of this.#others) if (other.isOwed) return true
    return false
  }

  #isListenedTo({ incarnation, ended, silent }: Other): boolean {
    return incarnation !== 0 && !ended && !silent
  }

  /** Called once in a turn in which time has passed. */
  tick(): void {
    const { nowMs, executor: self, options, pace } = this.#stores
    // A tick that comes one tick late is usual; more than that is a thread that stood still.
    const passedMs = Math.min(nowMs - this.#lookedMs, pace.waitMs + options.tick)
    this.#lookedMs = nowMs
    for (let executor = 0; executor < this.#others.length; executor++) {
      const other = this.#others[executor] as Other
      if (executor === self || !this.#isListenedTo(other)) continue
      other.silentMs += passedMs
      if (Math.min(nowMs - other.heardMs, other.silentMs) <= this.#silenceMs) continue
      other.silent = true
      this.#stores.wakings.ledFrom(executor, false)
    }
    this.#say()
  }

  /** What a full ring refuses is said again at each tick, before the heartbeats of that turn: they would starve it for ever. */
  #say(): void {
    const { nowMs, executor: self, transport } = this.#stores
    const isTime = nowMs - this.#saidMs >= WORD_MS
    if (isTime) this.#saidMs = nowMs
    const word: StoresMessage = { kind: 'alive', executor: self, incarnation: this.#incarnation }
    for (let executor = 0; executor < this.#others.length; executor++) {
      const other = this.#others[executor] as Other
      if (executor === self || !(isTime || other.isOwed)) continue
      other.isOwed = !transport.tellExecutor(executor, word)
    }
  }
}
