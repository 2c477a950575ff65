/**
 * The actor on the main thread that knows which stores are lost: it hears of it, and tells PD, again and again, since a
 * new PD knows nothing.
 */
import { actor, type EdgeToken, edge } from '../actor/index.ts'
import { actorNames, type PdMessage, type SupervisorMessage } from '../model/index.ts'
import type { Fence } from './fence.ts'

export interface FenceEdge {
  readonly fence: Fence
  /** Called after stores were lost, when it is written down. */
  lost(): void
}

export const fenceEdge: EdgeToken<FenceEdge> = edge<FenceEdge>('fence')

const TELL_AGAIN_MS = 5_000

export const supervisor = actor<SupervisorMessage>({
  module: import.meta.url,
  name: 'supervisor',
  start(ctx) {
    const { fence, lost } = ctx.edge(fenceEdge)
    const pd = ctx.named<PdMessage>(actorNames.pd)
    const tell = () => {
      const stores = fence.reports()
      if (stores.length > 0) ctx.tell(pd, { kind: 'heartbeat', executor: ctx.executor, stores, cells: [] })
    }
    ctx.every(TELL_AGAIN_MS, { kind: 'tick' })
    return {
      receive(message) {
        switch (message.kind) {
          case 'storesLost':
            if (fence.lose(message.stores, message.reason, message.forGood)) {
              lost()
              tell()
            }
            return
          case 'reportAll':
          case 'tick':
            tell()
            return
        }
      },
    }
  },
})
