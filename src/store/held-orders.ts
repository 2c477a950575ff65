/** Orders of PD that a leader would obey if it knew who answers: it has just begun to lead, or slept. */
import type { Order } from '../model/index.ts'

/** Then it is left: PD gives it again where it still makes sense. */
const HOLD_MS = 1000

export class HeldOrders {
  readonly #held = new Map<number, { readonly order: Order; readonly untilMs: number }>()

  /** Of the order that is tried again now; null: none is. */
  #retriedUntilMs: number | null = null

  get isEmpty(): boolean {
    return this.#held.size === 0
  }

  /** One for each cell. An order that is tried again is held no longer than it was to be. */
  hold(order: Order, nowMs: number): void {
    this.#held.set(order.cell, { order, untilMs: this.#retriedUntilMs ?? nowMs + HOLD_MS })
  }

  /** Called each tick: all are tried again. */
  tick(nowMs: number, obey: (order: Order) => void): void {
    if (this.#held.size === 0) return
    const held = [...this.#held.values()]
    this.#held.clear()
    for (const { order, untilMs } of held) {
      if (nowMs > untilMs) continue
      this.#retriedUntilMs = untilMs
      obey(order)
    }
    this.#retriedUntilMs = null
  }
}
