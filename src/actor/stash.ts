/**
 * Messages that an actor puts aside until it can handle them: while it loads, while it waits for an answer.
 *
 * Released, they lie in the mailbox before everything that came later, so the order in which each sender told them is kept.
 * A life that ends with messages put aside gives them back: a restarted actor handles them, also the one during which it
 * threw if that was put aside before; of a stopped actor they become dead letters, and their askers are told.
 */
import { actorOf, type Held, type LocalActor, type PutAside } from './local-actor.ts'
import type { ActorRef } from './refs.ts'
import type { ActorContext, AnyRef } from './types.ts'

/** How much may be put aside. */
export interface StashOptions {
  /** It holds no more messages than this. Default: as many as the mailbox. */
  messagesMax?: number
}

/** Messages that were put aside in this life of the actor, oldest first. */
export interface Stash<M> {
  /** How many are put aside. */
  readonly size: number
  /**
   * Puts a message aside, which its sender may still be waiting for. False: there is no room, and it is the caller's
   * to refuse. Views of the runtime's memory (of a protocol's `decode`) are copied first, by the caller.
   */
  push(message: M, from: AnyRef | null): boolean
  /** Back into the mailbox, oldest first, before all that lies there. They are handled after the current call. */
  release(): void
}

/** A new one for this life of the actor: `const waiting = stash(ctx)`, in `start`. */
export function stash<M>(ctx: ActorContext<M>, options: StashOptions = {}): Stash<M> {
  const actor = actorOf(ctx)
  const stash = new MailboxStash(actor, options.messagesMax ?? actor.mailboxMax)
  actor.stashes = [...actor.stashes, stash]
  return stash
}

class MailboxStash implements Stash<unknown>, PutAside {
  readonly #actor: LocalActor
  readonly #messagesMax: number
  #messages: Stashed[]

  constructor(actor: LocalActor, messagesMax: number) {
    this.#actor = actor
    this.#messagesMax = messagesMax
    this.#messages = []
  }

  get size(): number {
    return this.#messages.length
  }

  push(message: unknown, from: AnyRef | null): boolean {
    if (this.#messages.length >= this.#messagesMax) return false
    this.#messages.push(new Stashed(message, from as ActorRef | null))
    return true
  }

  release(): void {
    const messages = this.#messages
    this.#messages = []
    this.#actor.enqueueFirst(messages)
  }
}

class Stashed implements Held {
  readonly from: ActorRef | null
  readonly bytes: number
  readonly #message: unknown

  constructor(message: unknown, from: ActorRef | null) {
    this.from = from
    this.bytes = 0
    this.#message = message
  }

  take(): unknown {
    return this.#message
  }
}
