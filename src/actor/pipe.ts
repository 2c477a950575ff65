/** The end of a promise as a message: how an actor waits for the world without waiting. */
import type { Held, LocalActor } from './local-actor.ts'

/** What `ctx.pipeToSelf` does. */
export function pipe<R>(
  actor: LocalActor,
  promise: PromiseLike<R>,
  done: (value: R) => unknown,
  failed: (error: unknown) => unknown,
): void {
  const life = actor.life
  const tell = (make: () => unknown): void =>
    actor.here.fromOutside(() => {
      if (actor.life === life && actor.state === 'running') actor.enqueueHeld(new Piped(make))
    })
  promise.then(
    (value) => tell(() => done(value)),
    (error: unknown) => tell(() => failed(error)),
  )
}

class Piped implements Held {
  readonly from: null
  readonly bytes: number
  readonly take: () => unknown

  constructor(make: () => unknown) {
    this.from = null
    this.bytes = 0
    this.take = make
  }
}
