/**
 * The actor on the main thread that tells PD which stores are lost, again and again, since a new PD knows nothing. What it
 * tells is the fence's; it has no state of its own.
 */
import { actor, type EdgeToken, edge } from '../actor/index.ts'
import { actorNames, type PdMessage, type SupervisorMessage } from '../model/index.ts'
import type { Fence } from './fence.ts'

export const fenceEdge: EdgeToken<Fence> = edge<Fence>('fence')

const TELL_AGAIN_MS = 5_000

export const supervisor = actor<SupervisorMessage>({
  module: import.meta.url,
  name: 'supervisor',
  start(ctx) {
    const fence = ctx.edge(fenceEdge)
    const pd = ctx.named<PdMessage>(actorNames.pd)
    const tell = () => {
      const stores = fence.reports()
      if (stores.length > 0) ctx.tell(pd, { kind: 'heartbeat', executor: ctx.executor, stores, cells: [] })
    }
    ctx.every(TELL_AGAIN_MS, { kind: 'tick' })
    tell()
    return { receive: tell }
  },
})
