/**
 * How often PD looks at the world when nobody tells it anything: as often as it takes to carry operators on, until nothing
 * has happened for some time, longer than any pause of a balance; then rarely. What is told wakes it in any case, so only
 * what follows from the time alone is found later: that a store is silent, that two cells have been cold for long enough.
 */
import { untilBeatMs } from '../model/index.ts'

const TICK_MS = 100
const REST_BEATS = 4
/** At rest, of cells that are looked at in turn: so many ticks' share in one. */
const REST_SHARE = 3

export class Pace {
  /** How many times the usual number of cells a tick is to look at. */
  share = 1
  #busyMs: number

  constructor(nowMs: number) {
    this.#busyMs = nowMs
  }

  /** Something has happened, or is under way. */
  disturb(nowMs: number): void {
    this.#busyMs = nowMs
    this.share = 1
  }

  get rests(): boolean {
    return this.share > 1
  }

  /** How long until the next tick. */
  next(nowMs: number, restAfterMs: number): number {
    if (nowMs - this.#busyMs <= restAfterMs) return TICK_MS
    this.share = REST_SHARE
    return untilBeatMs(nowMs, REST_BEATS)
  }
}
