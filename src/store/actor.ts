/** The actor around the stores of one executor: opens them, hands them messages, closes them in order. */
import { type ActorContext, actor, type Behavior, type StopReason } from '../actor/index.ts'
import { Refusal, type StoresMessage, storesProtocol } from '../model/index.ts'
import type { RaftLog } from '../storage/index.ts'
import { storageEdge } from './edges.ts'
import { recoverStore } from './recovery.ts'
import { refuseBatch } from './refuse.ts'
import type { Store } from './store.ts'
import { Stores, type StoresArgs } from './stores.ts'

export const stores = actor<StoresMessage, StoresArgs>({
  module: import.meta.url,
  name: 'stores',
  protocol: storesProtocol,
  start: (ctx, args) => new StoresActor(ctx, args),
})

class StoresActor implements Behavior<StoresMessage> {
  readonly #ctx: ActorContext<StoresMessage>
  #stores: Stores | null = null
  #open = false

  constructor(ctx: ActorContext<StoresMessage>, args: StoresArgs) {
    this.#ctx = ctx
    const storage = ctx.edge(storageEdge)
    const mine = args.topology.stores.filter((place) => place.executor === args.executor)
    let log: RaftLog
    try {
      log = storage.openLog()
    } catch (error) {
      storage.storesLost(
        mine.map((place) => place.id),
        error as Error,
      )
      return
    }
    const host = new Stores(ctx, args, log)
    host.onFailure = (lost, error) => storage.storesLost(lost, error)
    this.#stores = host
    let left = mine.length
    for (const place of mine) {
      storage.openEngine(place, (error, engine) => {
        if (error !== null || engine === null) {
          storage.storesLost([place.id], error ?? new Error('no engine'))
          return
        }
        recoverStore(host, log, place, engine, (failed, store) => {
          if (failed !== null || store === null) {
            storage.storesLost([place.id], failed ?? new Error('no store'))
            return
          }
          host.complete(() => {
            host.stores.set(place.id, store)
            if (--left === 0) this.#opened(host)
          })
        })
      })
    }
  }

  receive(message: StoresMessage): void {
    const host = this.#stores
    const isStopped = host === null || host.failed !== null
    if (this.#open && !isStopped) host.receive(message)
    // To others there is nothing to say: Raft and PD send again.
    else if (message.kind === 'commands') {
      refuseBatch(this.#ctx, message, isStopped ? Refusal.storeStopped : Refusal.notReady)
    }
  }

  turn(): void {
    this.#stores?.turn()
  }

  executorLost(executor: number, incarnation: number): void {
    if (this.#open) this.#stores?.executorLost(executor, incarnation)
  }

  stop(why: StopReason): Promise<void> | void {
    const host = this.#stores
    if (host === null || why === 'restart' || why === 'failed') return
    return closeStores(host)
  }

  #opened(host: Stores): void {
    this.#open = true
    host.pace.start()
    this.#ctx.watchExecutors()
    host.start()
    if (host.rawLog.gatheredBytes > 0) host.syncSoon()
    this.#ctx.edge(storageEdge).observe?.(host)
  }
}

/** Everything that is acknowledged is in the log; the engines are flushed so that the next start has little to replay. */
async function closeStores(host: Stores): Promise<void> {
  host.failed ??= new Error('the stores are closed')
  for (const peer of host.peers()) {
    host.evaluator.refuseParked(peer, Refusal.notReady)
    host.snapshots.cancel(peer)
  }
  host.sendAnswers()
  await Promise.all([...host.stores.values()].map((store) => closeStore(store)))
  await new Promise<void>((resolve) => host.rawLog.close(() => resolve()))
}

function closeStore({ engine }: Store): Promise<void> {
  return new Promise((resolve) => {
    const close = () => engine.close(() => resolve())
    // A flush on a full disk would wait for room, and the log has everything.
    if (engine.full) close()
    else engine.flush(close)
  })
}
