/** Tells those who listen what happens. Nothing is kept: who was not there reads the world as it is. */
import type { ActorContext, Ref } from '../actor/index.ts'
import type { ClusterEvent, OpsMessage, PdMessage, Route } from '../model/index.ts'

const LISTENS_MS = 10_000

export class EventTeller {
  readonly #ctx: ActorContext<PdMessage>
  readonly #listeners = new Map<string, { readonly ref: Ref<OpsMessage>; untilMs: number }>()
  /** By cell, as it was told last. */
  readonly #leaders = new Map<number, number>()

  constructor(ctx: ActorContext<PdMessage>) {
    this.#ctx = ctx
  }

  listen(name: string, nowMs: number): void {
    this.#listeners.set(name, { ref: this.#ctx.named(name), untilMs: nowMs + LISTENS_MS })
  }

  /** Once a turn, with the routes that have changed in it. */
  tell(ofOperators: readonly ClusterEvent[], changed: readonly Route[], nowMs: number): void {
    const events = [...ofOperators]
    for (const { cell, leaderStore } of changed) {
      const former = this.#leaders.get(cell.id)
      if (former === leaderStore) continue
      this.#leaders.set(cell.id, leaderStore)
      // The first word of a cell is news of the cell, not of its leader.
      if (former !== undefined) events.push({ event: 'leaderChanged', cell: cell.id, store: leaderStore })
    }
    if (events.length === 0) return
    for (const [name, { ref, untilMs }] of this.#listeners) {
      if (nowMs >= untilMs) this.#listeners.delete(name)
      else this.#ctx.tell(ref, { kind: 'events', events })
    }
  }
}
