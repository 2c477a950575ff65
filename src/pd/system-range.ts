/** PD as a client of the system range: its commands through a router of its own, its replies as values. */
import type { ActorContext, Ref } from '../actor/index.ts'
import { assert } from '../base/index.ts'
import {
  type AnswerBatch,
  actorNames,
  type CommandBatch,
  type PdMessage,
  type Route,
  type StoresMessage,
  SYSTEM_CELL,
  type Topology,
} from '../model/index.ts'
import {
  Arguments,
  type CommandRow,
  encodeCommand,
  lookupCommand,
  parseCommand,
  type Reply,
  ReplyError,
  ReplyParser,
} from '../redis/index.ts'
import { Router, type RouterSession } from '../router/index.ts'
import type { SystemReply } from './ids.ts'

const PROTOCOL = 2

export class SystemRange {
  readonly #router: Router
  readonly #session: RouterSession
  readonly #args = new Arguments()
  #routesWanted = false
  #knowsCell = false
  #waiting: ((reply: SystemReply) => void) | null = null

  constructor(ctx: ActorContext<PdMessage>, topology: Topology, requestTimeoutMs: number) {
    const stores: Ref<StoresMessage>[] = []
    for (let executor = 0; executor < topology.executors; executor++) {
      stores.push(ctx.named(actorNames.stores(executor)))
    }
    const options = {
      origin: actorNames.pd,
      // No two lives of PD in one process begin in the same microsecond.
      generation: Math.floor(ctx.clock.monotonicMs() * 1000),
      topology,
      settings: { requestTimeoutMs, connectionOrder: 'strict' as const },
      system: true,
    }
    this.#router = new Router(options, {
      send: (executor, batch) => ctx.tell(stores[executor] as Ref<StoresMessage>, batch),
      routesWanted: () => {
        this.#routesWanted = true
      },
    })
    this.#session = this.#router.open({
      reply: (_slot, buffer, start, end) => {
        const waiting = this.#waiting
        assert(waiting !== null, 'a reply to nothing')
        this.#waiting = null
        waiting(readReply(buffer.subarray(start, end)))
      },
    })
  }

  /** The system cell has been reported, so a command has somewhere to go, and none is on its way. */
  get isReady(): boolean {
    return this.#knowsCell && this.#waiting === null
  }

  takeRoutesWanted(): boolean {
    const wanted = this.#routesWanted
    this.#routesWanted = false
    return wanted
  }

  begin(nowMs: number): void {
    this.#router.begin(nowMs)
  }

  learn(routes: readonly Route[]): void {
    const own = routes.filter((route) => route.cell.id === SYSTEM_CELL)
    if (own.length === 0) return
    this.#knowsCell = true
    this.#router.takeRoutes({ kind: 'routes', routes: own })
  }

  /** One at a time; `done` is called once, later. */
  send(command: readonly string[], done: (reply: SystemReply) => void): void {
    assert(this.#waiting === null, 'one command at a time')
    const row = lookupInternal(command[0] as string)
    parseCommand(encodeCommand(command), 0, this.#args)
    this.#waiting = done
    this.#router.request(this.#session, 0, row, this.#args, PROTOCOL)
  }

  flush(): void {
    this.#router.flush()
  }

  tick(nowMs: number): void {
    this.#router.begin(nowMs)
    this.#router.tick()
  }

  answers(batch: AnswerBatch, nowMs: number): void {
    this.#router.begin(nowMs)
    this.#router.takeAnswers(batch)
  }

  executorLost(executor: number, nowMs: number): void {
    this.#router.begin(nowMs)
    this.#router.executorLost(executor)
  }

  executorUp(executor: number): void {
    this.#router.executorUp(executor)
  }

  /** Only batches of commands are of interest: whatever else was not delivered is sent again by itself. */
  undelivered(message: unknown, nowMs: number): void {
    if ((message as CommandBatch).kind !== 'commands') return
    this.#router.begin(nowMs)
    this.#router.undelivered(message as CommandBatch)
  }
}

function lookupInternal(name: string): CommandRow {
  const args = new Arguments()
  parseCommand(encodeCommand([name]), 0, args)
  const row = lookupCommand(args)
  assert(row?.internal, 'an internal command is missing from the table')
  return row
}

function readReply(bytes: Uint8Array): SystemReply {
  const parser = new ReplyParser('text')
  parser.push(bytes)
  const reply = parser.next()
  assert(reply !== undefined, 'a reply is complete')
  return asSystemReply(reply)
}

function asSystemReply(reply: Reply): SystemReply {
  if (typeof reply === 'number') return { kind: 'integer', value: reply }
  if (reply === 'OK') return { kind: 'ok' }
  if (typeof reply === 'string') return { kind: 'text', value: reply }
  if (Array.isArray(reply)) {
    return { kind: 'list', values: reply.map((value) => (typeof value === 'string' ? value : null)) }
  }
  // UNAVAILABLE means that it was not executed, and UNKNOWN that nobody knows: neither is anything to build on.
  if (reply instanceof ReplyError && reply.code !== 'UNKNOWN' && reply.code !== 'UNAVAILABLE') {
    return { kind: 'error', message: reply.message }
  }
  return { kind: 'unknown' }
}
