/** What INFO shows of the whole server, gathered from heartbeats. */
import type { GatewayFacts } from '../model/index.ts'
import type { View } from './view.ts'

export class Facts {
  /** By executor: of its thread today, and of those before it that this PD has seen. */
  readonly #logs = new Map<number, { syncs: number; bytes: number; formerSyncs: number; formerBytes: number }>()

  /** A thread that was started again counts from nothing. */
  countLog(executor: number, { syncs, bytes }: { readonly syncs: number; readonly bytes: number }): void {
    const held = this.#logs.get(executor) ?? { syncs: 0, bytes: 0, formerSyncs: 0, formerBytes: 0 }
    const begunAnew = syncs < held.syncs
    this.#logs.set(executor, {
      syncs,
      bytes,
      formerSyncs: held.formerSyncs + (begunAnew ? held.syncs : 0),
      formerBytes: held.formerBytes + (begunAnew ? held.bytes : 0),
    })
  }

  of(view: View): GatewayFacts {
    const facts = { raftLogSyncs: 0, raftLogBytes: 0, commandsProcessed: 0, cells: view.userCells, keys: view.userKeys }
    for (const log of this.#logs.values()) {
      facts.raftLogSyncs += log.syncs + log.formerSyncs
      facts.raftLogBytes += log.bytes + log.formerBytes
    }
    return { kind: 'facts', ...facts }
  }
}
