/** The actor on the main thread through which HTTP asks PD: it pairs answers with questions, and gives up on time. */
import { type ActorContext, actor, type EdgeToken, edge, type Ref } from '../actor/index.ts'
import {
  actorNames,
  type ClusterEvent,
  type HandOrder,
  type OperatorAnswer,
  type OpsMessage,
  type PdMessage,
  type PdQuestion,
  type PdTold,
  type World,
} from '../model/index.ts'
import { type RecoveryAnswer, RecoveryDesk, type StoresKnown } from './recovery.ts'

/** `null`: no answer in time. */
export interface Desk {
  world(done: (world: World | null) => void): void
  order(order: HandOrder, done: (answer: OperatorAnswer | null) => void): void
  orderStore(store: number, offline: boolean, done: (answer: OperatorAnswer | null) => void): void
  ask(question: PdQuestion, done: (answer: PdTold | null) => void): void
  /** From now until the returned function is called. */
  watch(listener: (event: ClusterEvent) => void): () => void
  /** See `RecoveryDesk`. */
  recover(given: readonly unknown[] | null, done: (answer: RecoveryAnswer | null) => void): void
}

/** Through which the desk is handed to those who speak HTTP. */
export interface DeskEdge {
  readonly stores: StoresKnown
  open(desk: Desk): void
}

export const deskEdge: EdgeToken<DeskEdge> = edge<DeskEdge>('desk')

const ANSWER_WITHIN_MS = 2_000
/** PD forgets a listener after ten seconds, and a new PD knows none. */
const EVENTS_AGAIN_MS = 2_000

type Answer = World | OperatorAnswer | PdTold
type Waiting = { readonly done: (answer: Answer | null) => void }

class OpsDesk implements Desk {
  readonly recovery: RecoveryDesk
  readonly #ctx: ActorContext<OpsMessage>
  readonly #pd: Ref<PdMessage>
  readonly #waiting = new Map<number, Waiting>()
  readonly #listeners = new Set<(event: ClusterEvent) => void>()
  #request = 0

  constructor(ctx: ActorContext<OpsMessage>, stores: StoresKnown) {
    this.#ctx = ctx
    this.recovery = new RecoveryDesk(ctx, stores)
    this.#pd = ctx.named(actorNames.pd)
    ctx.every(EVENTS_AGAIN_MS, { kind: 'askForEvents' })
  }

  world(done: (world: World | null) => void): void {
    const request = this.#expect((answer) => done(answer as World | null))
    this.#send(request, { kind: 'worldWanted', origin: actorNames.ops, request })
  }

  order(order: HandOrder, done: (answer: OperatorAnswer | null) => void): void {
    const request = this.#expect((answer) => done(answer as OperatorAnswer | null))
    this.#send(request, { kind: 'operatorWanted', ...order, origin: actorNames.ops, request })
  }

  orderStore(store: number, offline: boolean, done: (answer: OperatorAnswer | null) => void): void {
    const request = this.#expect((answer) => done(answer as OperatorAnswer | null))
    this.#send(request, { kind: 'storeOrder', store, offline, origin: actorNames.ops, request })
  }

  ask(question: PdQuestion, done: (answer: PdTold | null) => void): void {
    const request = this.#expect((answer) => done(answer as PdTold | null))
    this.#send(request, { kind: 'pdAsked', origin: actorNames.ops, request, question })
  }

  recover(given: readonly unknown[] | null, done: (answer: RecoveryAnswer | null) => void): void {
    this.recovery.recover(given, done)
  }

  watch(listener: (event: ClusterEvent) => void): () => void {
    this.#listeners.add(listener)
    this.askForEvents()
    return () => void this.#listeners.delete(listener)
  }

  askForEvents(): void {
    if (this.#listeners.size > 0) this.#ctx.tell(this.#pd, { kind: 'eventsWanted', origin: actorNames.ops })
  }

  tell(events: readonly ClusterEvent[]): void {
    for (const listener of this.#listeners) for (const event of events) listener(event)
  }

  answer(request: number, answer: Answer | null): void {
    const waiting = this.#waiting.get(request)
    if (waiting === undefined) return
    this.#waiting.delete(request)
    waiting.done(answer)
  }

  close(): void {
    for (const request of [...this.#waiting.keys()]) this.answer(request, null)
    this.recovery.close()
  }

  #expect(done: Waiting['done']): number {
    const request = ++this.#request
    this.#waiting.set(request, { done })
    this.#ctx.after(ANSWER_WITHIN_MS, { kind: 'expired', request })
    return request
  }

  #send(request: number, message: PdMessage): void {
    // PD is between two threads, perhaps: whoever asked is told at once, and may ask again.
    if (!this.#ctx.tell(this.#pd, message)) this.answer(request, null)
  }
}

export const opsDesk = actor<OpsMessage>({
  module: import.meta.url,
  name: 'ops',
  start(ctx) {
    const edge = ctx.edge(deskEdge)
    const desk = new OpsDesk(ctx, edge.stores)
    edge.open(desk)
    return {
      receive(message) {
        switch (message.kind) {
          case 'askForEvents':
            desk.askForEvents()
            return
          case 'events':
            desk.tell(message.events)
            return
          case 'survivors':
          case 'recovered':
            desk.recovery.answered(message)
            return
          case 'recoveryExpired':
            desk.recovery.expired(message.request)
            return
          case 'expired':
            desk.answer(message.request, null)
            return
          default:
            desk.answer(message.request, message)
        }
      },
      stop: () => desk.close(),
    }
  },
})
