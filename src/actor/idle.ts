/** A message to oneself when nobody else has said anything for a while. */
import { bound } from './bound.ts'
import type { ActorContext, Behavior } from './types.ts'

/** How long is too long, and what is said then. */
export interface ReceiveTimeout<M> {
  timeoutMs: number
  /** Received, as from nobody, when no other message came for so long; again after each further such while. */
  message: M
}

/**
 * The same behavior with a limit on silence. The time of each message is noted; one timer per `timeoutMs` looks at it, so
 * a busy actor sets none per message. News of the runtime (`terminated`, `executorLost`) is no message.
 *
 * ```ts
 * start: (ctx) => withReceiveTimeout(ctx, { timeoutMs: 30_000, message: { kind: 'idle' } }, { receive(message) { if (message.kind === 'idle') ctx.stop() } })
 * ```
 */
export function withReceiveTimeout<M>(
  ctx: ActorContext<M>,
  limit: ReceiveTimeout<NoInfer<M>>,
  behavior: Behavior<M>,
): Behavior<M> {
  const { timeoutMs, message: timeout } = limit
  if (!(timeoutMs > 0)) throw new RangeError('a receive time-out is longer than 0 ms')
  // Known by its identity: what a timer tells never leaves the thread.
  const look = {} as M
  let heardMs = ctx.clock.monotonicMs()
  ctx.after(timeoutMs, look)
  return {
    ...bound(behavior),
    receive(message, from) {
      const nowMs = ctx.clock.monotonicMs()
      if (message !== look) {
        heardMs = nowMs
        return behavior.receive(message, from)
      }
      const leftMs = heardMs + timeoutMs - nowMs
      if (leftMs > 0) {
        ctx.after(leftMs, look)
        return
      }
      heardMs = nowMs
      ctx.after(timeoutMs, look)
      return behavior.receive(timeout, null)
    },
  }
}
