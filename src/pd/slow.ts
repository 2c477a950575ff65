/**
 * Which store is slow: its syncs, or the turns of its thread, have for several reports in a row taken longer than anyone
 * should wait, and ten times as long as those of the others. When all are slow none of them is: there is nowhere better.
 *
 * At most one at a time, and it is let go when it has been well for a while. Stores of one thread, or of one log, are slow
 * together: the first that is seen goes first, then the next.
 */
import type { StoreHealth } from '../model/index.ts'
import type { View } from './view.ts'

const TIMES_OTHERS = 10

export class SlowStores {
  readonly #inARow = new Map<number, number>()
  #slow = 0
  #lastSlowMs = 0

  /** Once for each report of a store. True when which one is slow has changed. */
  reported(store: number, view: View, nowMs: number): boolean {
    const isSlow = isSlowNow(store, view)
    const inARow = isSlow ? (this.#inARow.get(store) ?? 0) + 1 : 0
    this.#inARow.set(store, inARow)
    if (this.#slow === store) {
      if (isSlow) this.#lastSlowMs = nowMs
      else if (nowMs - this.#lastSlowMs >= view.settings.slowRestMs) {
        this.#slow = 0
        return true
      }
      return false
    }
    if (this.#slow !== 0 || inARow < view.settings.slowReports) return false
    this.#slow = store
    this.#lastSlowMs = nowMs
    return true
  }

  get current(): ReadonlySet<number> {
    return new Set(this.#slow === 0 ? [] : [this.#slow])
  }

  /** One that is gone is slow no more: another may take its place. True as above. */
  gone(store: number): boolean {
    this.#inARow.delete(store)
    if (this.#slow !== store) return false
    this.#slow = 0
    return true
  }
}

function isSlowNow(store: number, view: View): boolean {
  const own = waitOf(view.store(store)?.report.health)
  if (own < view.settings.slowMs) return false
  const others: number[] = []
  for (const { report } of view.stores()) {
    if (report.store !== store && report.state === 'up' && report.health !== undefined)
      others.push(waitOf(report.health))
  }
  others.sort((a, b) => a - b)
  const median = others[others.length >>> 1]
  return median !== undefined && own >= median * TIMES_OTHERS
}

function waitOf(health: StoreHealth | undefined): number {
  return health === undefined ? 0 : Math.max(health.syncMs, health.lagMs)
}
