/** Those who route: told all routes once, then what changes, and the figures for INFO. */
import type { ActorContext, Ref } from '../actor/index.ts'
import type { GatewayFacts, GatewayMessage, PdMessage, Route } from '../model/index.ts'

/** Routes in one message. */
const ROUTES_MAX = 500
/** All routes of ten thousand cells are some megabytes: a road that had no room for them is not tried in every pass. */
const ALL_AGAIN_MS = 500

/** Nor are they sent all the time to who asks again and again while leaders are being elected: what changes is told anyway. */
const ALL_AGAIN_MS_PER_ROUTE = 0.1

interface Subscriber {
  readonly ref: Ref<GatewayMessage>
  /** When all routes may be sent again. */
  allAgainMs: number
  /** A message found no room: what has changed since is no use without it. */
  isCutOff: boolean
  /** It is new, cut off, or has asked again: all routes are sent. */
  wantsAll: boolean
}

export class Subscribers {
  readonly #ctx: ActorContext<PdMessage>
  readonly #byName = new Map<string, Subscriber>()

  constructor(ctx: ActorContext<PdMessage>) {
    this.#ctx = ctx
  }

  add(name: string): void {
    const known = this.#byName.get(name)
    if (known !== undefined) known.wantsAll = true
    else this.#byName.set(name, { ref: this.#ctx.named(name), allAgainMs: 0, isCutOff: false, wantsAll: true })
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
      if (subscriber.wantsAll && nowMs >= subscriber.allAgainMs) {
        all ??= allRoutes()
        routes = all
        subscriber.wantsAll = false
        subscriber.isCutOff = false
        subscriber.allAgainMs = nowMs + all.length * ALL_AGAIN_MS_PER_ROUTE
      } else if (subscriber.isCutOff) continue
      for (let i = 0; i < routes.length; i += ROUTES_MAX) {
        const message = { kind: 'routes', routes: routes.slice(i, i + ROUTES_MAX) } as const
        if (this.#ctx.tell(subscriber.ref, message)) continue
        subscriber.wantsAll = true
        subscriber.isCutOff = true
        subscriber.allAgainMs = nowMs + ALL_AGAIN_MS
        break
      }
    }
  }
}
