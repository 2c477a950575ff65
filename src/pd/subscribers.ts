/** Those who route: told all routes once, then what changes, and the figures for INFO. */
import type { ActorContext, Ref } from '../actor/index.ts'
import type { GatewayFacts, GatewayMessage, PdMessage, Route } from '../model/index.ts'

/** Routes in one message. */
const ROUTES_MAX = 500
/** All routes of ten thousand cells are some megabytes: a road that had no room for them is not tried in every pass. */
const ALL_AGAIN_MS = 500

interface Subscriber {
  readonly ref: Ref<GatewayMessage>
  /** It is new, or a message found no room: all routes are sent. */
  wantsAll: boolean
  refusedMs: number
}

export class Subscribers {
  readonly #ctx: ActorContext<PdMessage>
  readonly #byName = new Map<string, Subscriber>()

  constructor(ctx: ActorContext<PdMessage>) {
    this.#ctx = ctx
  }

  add(name: string): void {
    this.#byName.set(name, { ref: this.#ctx.named(name), wantsAll: true, refusedMs: Number.NEGATIVE_INFINITY })
  }

  /** Someone is to be told all routes as soon as there is room. */
  get isHeldUp(): boolean {
    for (const { wantsAll } of this.#byName.values()) if (wantsAll) return true
    return false
  }

  tellFacts(facts: GatewayFacts): void {
    for (const { ref } of this.#byName.values()) this.#ctx.tell(ref, facts)
  }

  tellRoutes(changed: readonly Route[], allRoutes: () => readonly Route[]): void {
    let all: readonly Route[] | null = null
    const nowMs = this.#ctx.clock.monotonicMs()
    for (const subscriber of this.#byName.values()) {
      let routes = changed
      if (subscriber.wantsAll) {
        if (nowMs - subscriber.refusedMs < ALL_AGAIN_MS) continue
        all ??= allRoutes()
        routes = all
      }
      subscriber.wantsAll = false
      for (let i = 0; i < routes.length; i += ROUTES_MAX) {
        const message = { kind: 'routes', routes: routes.slice(i, i + ROUTES_MAX) } as const
        if (this.#ctx.tell(subscriber.ref, message)) continue
        subscriber.wantsAll = true
        subscriber.refusedMs = nowMs
        break
      }
    }
  }
}
