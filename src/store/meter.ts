/**
 * What cells cost their leaders, and how the stores of this executor fare, as PD is told of it. Per command it counts; the
 * time of a turn is shared out among the cells that it served, by their commands, which costs one more look at the clock
 * a turn and none a command.
 */
import { fromLatin1 } from '../base/index.ts'
import type { CellLoad } from '../model/index.ts'
import type { Arguments, CommandRow } from '../redis/index.ts'
import type { Peer } from './peer.ts'

/** One key in so many commands is remembered: a power of two. */
const SAMPLE_EVERY = 64
const SAMPLES_MAX = 128
/** With fewer, nobody knows where the middle is. */
const SAMPLES_MIN = 32
/** Both sides of the middle have at least this share of the commands. */
const SIDE_MIN = 0.4
/** No report of load for less than this: a rate from a moment is none. */
const WINDOW_MIN_MS = 900

/** Of one cell, at its leader; made when it is first asked something, and dropped when nobody does any more. */
export class Meter {
  commands = 0
  bytes = 0
  cpuMicros = 0
  /** In this turn. */
  turnCommands = 0
  sinceMs: number
  readonly #keys: string[] = []
  #sampled = 0

  constructor(nowMs: number) {
    this.sinceMs = nowMs
  }

  sample(key: string): void {
    this.#keys[this.#sampled++ % SAMPLES_MAX] = key
  }

  /** Null: it is too early to tell. What is told is not told again. */
  take(nowMs: number): CellLoad | null {
    const forMs = nowMs - this.sinceMs
    if (forMs < WINDOW_MIN_MS) return null
    const load = { forMs, commands: this.commands, bytes: this.bytes, cpuMicros: this.cpuMicros }
    this.sinceMs = nowMs
    this.commands = 0
    this.bytes = 0
    this.cpuMicros = 0
    return this.#keys.length < SAMPLES_MIN ? load : { ...load, middle: middleOf(this.#keys) }
  }
}

/** The key that has about as many of these before it as behind; null when one key is too many of them. */
export function middleOf(keys: readonly string[]): Uint8Array | null {
  const sorted = [...keys].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const middle = sorted[sorted.length >>> 1] as string
  const before = sorted.indexOf(middle)
  const behind = sorted.lastIndexOf(middle) + 1
  const isFair = (left: number) => left >= sorted.length * SIDE_MIN && left <= sorted.length * (1 - SIDE_MIN)
  if (isFair(before)) return fromLatin1(middle)
  return isFair(behind) ? fromLatin1(sorted[behind] as string) : null
}

export class Meters {
  readonly #served: Peer[] = []
  #syncBeganMs = 0
  /** The longest since they were last taken. */
  #syncMs = 0
  #lagMs = 0

  count(peer: Peer, args: Arguments, row: CommandRow, replyBytes: number, nowMs: number): void {
    let { meter } = peer
    if (meter === null) {
      meter = new Meter(nowMs)
      peer.meter = meter
    }
    if ((meter.commands & (SAMPLE_EVERY - 1)) === 0 && row.firstKey > 0) meter.sample(args.key(row.firstKey))
    meter.commands++
    meter.bytes += args.commandEnd - args.commandStart + replyBytes
    if (meter.turnCommands++ === 0) this.#served.push(peer)
  }

  /** Commands were served in this turn, so that it is worth a look at the clock. */
  get hasServed(): boolean {
    return this.#served.length > 0
  }

  charge(turnMs: number): void {
    let total = 0
    for (const { meter } of this.#served) total += meter?.turnCommands ?? 0
    for (const { meter } of this.#served) {
      if (meter === null) continue
      meter.cpuMicros += (turnMs * 1000 * meter.turnCommands) / total
      meter.turnCommands = 0
    }
    this.#served.length = 0
  }

  syncBegan(nowMs: number): void {
    this.#syncBeganMs = nowMs
  }

  syncEnded(nowMs: number): void {
    this.#syncMs = Math.max(this.#syncMs, nowMs - this.#syncBeganMs)
  }

  late(byMs: number): void {
    this.#lagMs = Math.max(this.#lagMs, byMs)
  }

  takeWaits(): { syncMs: number; lagMs: number } {
    const waits = { syncMs: this.#syncMs, lagMs: this.#lagMs }
    this.#syncMs = 0
    this.#lagMs = 0
    return waits
  }
}
