/**
 * What becomes of messages between executors. A ring keeps the order of its lane and loses nothing, so only what may be
 * dropped is dropped or doubled, and what is late holds back all behind it in its lane: messages are put in another order
 * only between the two lanes of a pair, each of which is late on its own.
 */
import type { Lane, MessageFilter } from '../../src/actor/index.ts'
import type { Random } from '../../src/base/index.ts'

const DELAY_MS_MAX = 400

interface Storm {
  readonly untilMs: number
  readonly drop: number
  readonly duplicate: number
  /** Of a message in each lane. */
  readonly delayControl: number
  readonly delayData: number
}

/** From whom to whom, until when; `lagMs`: all is late by so much, and nothing is lost. */
interface Cut {
  readonly untilMs: number
  readonly lagMs: number
}

export class Weather {
  readonly #random: Random
  readonly #nowMs: () => number
  readonly #count: (kind: string) => void
  #storm: Storm | null = null
  /** By the number of the pair. */
  readonly #cuts = new Map<number, Cut>()
  /** When the last message that was held back comes through; healing a cut does not hasten it. */
  heldUntilMs = 0

  constructor(random: Random, nowMs: () => number, count: (kind: string) => void) {
    this.#random = random
    this.#nowMs = nowMs
    this.#count = count
  }

  clear(): void {
    this.#storm = null
    this.#cuts.clear()
  }

  /** Each of the troubles of a storm is there or not. */
  storm(durationMs: number): void {
    const share = () => this.#random.pick([0, 0.02, 0.3])
    // One late message holds up all behind it.
    const late = () => share() / 4
    this.#storm = {
      untilMs: this.#nowMs() + durationMs,
      drop: share(),
      duplicate: share(),
      delayControl: late(),
      delayData: late(),
    }
  }

  part(from: number, to: number, untilMs: number, lagMs = Number.POSITIVE_INFINITY): void {
    this.#cuts.set(pair(from, to), { untilMs, lagMs })
  }

  readonly judge = (from: number, to: number, lane: Lane): ReturnType<MessageFilter> => {
    const nowMs = this.#nowMs()
    const cut = this.#cuts.get(pair(from, to))
    if (cut !== undefined && cut.untilMs > nowMs) return this.#judgeCut(cut, nowMs, lane)
    const storm = this.#storm
    if (storm === null || storm.untilMs < nowMs) return 'deliver'
    const random = this.#random
    if (random.chance(lane === 'data' ? storm.delayData : storm.delayControl)) {
      this.#count(lane === 'data' ? 'message delayed (data)' : 'message delayed (control)')
      return { delayMs: random.float() * DELAY_MS_MAX }
    }
    if (lane !== 'droppable') return 'deliver'
    if (random.chance(storm.drop)) {
      this.#count('message lost')
      return 'drop'
    }
    if (!random.chance(storm.duplicate)) return 'deliver'
    this.#count('message duplicated')
    return 'duplicate'
  }

  #judgeCut({ untilMs, lagMs }: Cut, nowMs: number, lane: Lane): ReturnType<MessageFilter> {
    if (lane === 'droppable' && lagMs === Number.POSITIVE_INFINITY) {
      this.#count('message lost in a partition')
      return 'drop'
    }
    const delayMs = Math.min(lagMs, untilMs - nowMs)
    this.heldUntilMs = Math.max(this.heldUntilMs, nowMs + delayMs)
    return { delayMs }
  }
}

function pair(from: number, to: number): number {
  return from * 1024 + to
}
