/**
 * How often the stores of an executor look at the time: at each `--tick` while anything is under way, and rarely when all
 * of its peers sleep and nothing waits for anything. A thread that is woken costs several times what it then does, so it
 * is the number of wake-ups that makes the price of idle cells.
 *
 * Phases: something is under way → a tick each `--tick` → a turn ends and nothing is under way any more → a tick each
 * beat (`model/rest.ts`), at the same moments on all executors → a turn ends and something is under way again: a tick each
 * `--tick`, from then on.
 *
 * Whatever is to happen by the clock and not by a message has its place in `isAtRest`. What remains at rest: the word that
 * this executor lives, the silence of others, which is looked at when it is over and not later (`liveness.ts`), and the
 * report to PD.
 */
import type { ActorContext, Timer } from '../actor/index.ts'
import { type StoresMessage, untilBeatMs } from '../model/index.ts'
import type { Store } from './store.ts'
import type { Stores } from './stores.ts'

export class Pace {
  /** How far the next tick is from the last one; no more than this has passed for one that has not stood still. */
  waitMs: number
  readonly #stores: Stores
  readonly #ctx: ActorContext<StoresMessage>
  #timer: Timer | null = null
  #rests = false

  constructor(stores: Stores, ctx: ActorContext<StoresMessage>) {
    this.#stores = stores
    this.#ctx = ctx
    this.waitMs = stores.options.tick
  }

  /** The stores are open. */
  start(): void {
    this.waitMs = this.#stores.options.tick
    this.#timer = this.#ctx.every(this.waitMs, { kind: 'tick' })
  }

  /** A tick has come. */
  ticked(): void {
    if (!this.#rests) return
    // At rest each wait is measured anew. This may be a tick that was in the mailbox already when rest began: the timer that
    // was set then would go off beside the next one, and each of the two would be followed by others for ever.
    this.#timer?.cancel()
    this.#timer = null
  }

  /** At the end of each turn. */
  keep(): void {
    if (!isAtRest(this.#stores)) {
      if (!this.#rests) return
      this.#rests = false
      this.#timer?.cancel()
      this.start()
    } else if (!this.#rests || this.#timer === null) {
      this.#rests = true
      this.#timer?.cancel()
      this.waitMs = this.#restMs()
      this.#timer = this.#ctx.after(this.waitMs, { kind: 'tick' })
    }
  }

  #restMs(): number {
    const { nowMs, liveness, options } = this.#stores
    return Math.max(options.tick, Math.min(untilBeatMs(nowMs, 1), liveness.silenceEndsMs - nowMs))
  }
}

function isAtRest(stores: Stores): boolean {
  for (const store of stores.stores.values()) if (!isStoreAtRest(store)) return false
  if (stores.rawLog.flushing || stores.wantsSync || !stores.heldOrders.isEmpty) return false
  if (stores.beginnings.isUnderWay || stores.sleep.isWanted || stores.wakings.isUnderWay) return false
  if (!stores.writeBack.isIdle || !stores.removals.isIdle || !stores.absorptions.isIdle) return false
  if (!stores.snapshots.isIdle || !stores.snapshotsIn.isIdle || !stores.unsafeRecoveries.isIdle) return false
  if (stores.transport.isHeldUp || stores.liveness.isHeldUp || stores.heartbeats.isHeldUp) return false
  for (const origin of stores.origins.values()) if (origin.isStuck) return false
  return true
}

function isStoreAtRest(store: Store): boolean {
  if (store.active.size > 0 || store.writing !== null || store.flushing || store.log.full) return false
  return store.unflushedBytes === 0 && !store.reading && !store.paging
}
