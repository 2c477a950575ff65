/** The least that stands between simulated connections and the router: every command waits for its turn to be answered. */
import { type ActorContext, actor, type Behavior, type EdgeToken, edge, type Ref } from '../../src/actor/index.ts'
import { concatBytes, copyBytes } from '../../src/base/index.ts'
import {
  actorNames,
  type GatewayMessage,
  gatewayProtocol,
  type Options,
  type PdMessage,
  type StoresMessage,
  type Topology,
} from '../../src/model/index.ts'
import { Arguments, type CommandRow, lookupCommand, ReplyWriter, RequestParser } from '../../src/redis/index.ts'
import { Router, type RouterSession } from '../../src/router/index.ts'
import type { Network, WireEnd } from './network.ts'

export const networkEdge: EdgeToken<Network> = edge<Network>('simulated network')

export interface PlainGatewayArgs {
  readonly topology: Topology
  readonly options: Options
}

class Session {
  readonly end: WireEnd
  readonly parser: RequestParser
  routed: RouterSession | null = null
  protocol = 2
  /** Replies by slot; those before `first` are sent. */
  readonly replies = new Map<number, Uint8Array>()
  first = 1
  last = 0

  constructor(end: WireEnd, options: Options) {
    this.end = end
    this.parser = new RequestParser({ argumentBytesMax: options.valueMax, queryBytesMax: options.clientQueryMax })
  }

  answer(slot: number, reply: Uint8Array): void {
    this.replies.set(slot, reply)
    const ready: Uint8Array[] = []
    for (let next = this.replies.get(this.first); next !== undefined; next = this.replies.get(this.first)) {
      this.replies.delete(this.first++)
      ready.push(next)
    }
    if (ready.length > 0) this.end.send(concatBytes(...ready))
  }
}

class PlainGateway implements Behavior<GatewayMessage> {
  readonly #ctx: ActorContext<GatewayMessage>
  readonly #router: Router
  readonly #options: Options
  readonly #args = new Arguments()
  readonly #arrived: { session: Session; bytes: Uint8Array | null }[] = []

  constructor(ctx: ActorContext<GatewayMessage>, { topology, options }: PlainGatewayArgs) {
    this.#ctx = ctx
    this.#options = options
    const stores: Ref<StoresMessage>[] = []
    for (let i = 0; i < topology.executors; i++) stores.push(ctx.named<StoresMessage>(actorNames.stores(i)))
    const pd = ctx.named<PdMessage>(actorNames.pd)
    const origin = actorNames.gateway(ctx.executor)
    const { requestTimeout, connectionOrder } = options
    const generation = Math.floor(ctx.clock.monotonicMs() * 1000) + 1
    this.#router = new Router(
      { origin, generation, topology, settings: { requestTimeoutMs: requestTimeout, connectionOrder } },
      {
        send: (executor, batch) => ctx.tell(stores[executor] as Ref<StoresMessage>, batch),
        routesWanted: () => ctx.tell(pd, { kind: 'routesWanted', origin }),
      },
    )
    ctx.watchExecutors()
    ctx.every(5, { kind: 'tick' })
    ctx.edge(networkEdge).accept = (end) => this.#accept(end)
  }

  #accept(end: WireEnd): void {
    const session = new Session(end, this.#options)
    session.routed = this.#router.open({
      reply: (slot, buffer, from, to) => session.answer(slot, copyBytes(buffer.subarray(from, to))),
    })
    const arrived = (bytes: Uint8Array | null) => {
      this.#arrived.push({ session, bytes })
      this.#ctx.requestTurn()
    }
    end.handler = { data: arrived, closed: () => arrived(null) }
  }

  receive(message: GatewayMessage): void {
    this.#router.begin(this.#ctx.clock.monotonicMs())
    if (message.kind === 'answers') this.#router.takeAnswers(message)
    else if (message.kind === 'routes') this.#router.takeRoutes(message)
    else if (message.kind === 'tick') this.#router.tick()
    this.#ctx.requestTurn()
  }

  undelivered(_to: unknown, message: unknown): void {
    this.#router.begin(this.#ctx.clock.monotonicMs())
    this.#router.undelivered(message as never)
    this.#ctx.requestTurn()
  }

  executorLost(executor: number): void {
    this.#router.begin(this.#ctx.clock.monotonicMs())
    this.#router.executorLost(executor)
    this.#ctx.requestTurn()
  }

  executorUp(executor: number): void {
    this.#router.executorUp(executor)
  }

  turn(): void {
    this.#router.begin(this.#ctx.clock.monotonicMs())
    for (const { session, bytes } of this.#arrived.splice(0)) {
      if (session.routed === null) continue
      if (bytes === null) {
        this.#router.close(session.routed)
        session.routed = null
      } else {
        session.parser.push(bytes)
        this.#parse(session, session.routed)
      }
    }
    this.#router.flush()
  }

  #parse(session: Session, routed: RouterSession): void {
    while (session.parser.next(this.#args) === 'command') {
      const row = lookupCommand(this.#args) as CommandRow
      const slot = ++session.last
      if (row.where === 'cell') {
        this.#router.request(routed, slot, row, this.#args, session.protocol)
        continue
      }
      session.protocol = 3
      const reply = new ReplyWriter(3)
      reply.map(0)
      session.answer(slot, copyBytes(reply.bytes()))
    }
  }
}

export const plainGateway = actor<GatewayMessage, PlainGatewayArgs>({
  module: import.meta.url,
  name: 'plainGateway',
  protocol: gatewayProtocol,
  start: (ctx, args) => new PlainGateway(ctx, args),
})
