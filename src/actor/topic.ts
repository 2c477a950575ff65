/**
 * Publish and subscribe between actors, over threads.
 *
 * Each executor has a relay, an actor that knows the subscribers of its own thread. A publisher tells every relay once,
 * whatever the number of subscribers behind it:
 *
 *      publisher ──► relay of executor 0 ──► subscriber, subscriber
 *               └──► relay of executor 1 ──► subscriber
 *
 * No thread is a single point of failure: one that dies takes its relay and its subscribers with it, together, and both
 * begin anew together.
 */
import { type ActorDefinition, actor } from './definition.ts'
import { actorOf } from './local-actor.ts'
import type { Namer, Spawner } from './pool.ts'
import { type ActorRef, targetOf } from './refs.ts'
import type { ActorContext, AnyRef, Ref } from './types.ts'

/** What `topic` returns: a name for what is published and for those who want to hear it. */
export interface Topic<M> {
  readonly name: string
  /** Spawns the relay of that executor. Called from `populate`, for every executor, the main one too, and first. */
  populate(executor: number, where: Spawner): Promise<void>
  /** For the actor whose context it is, or for what is outside actors. */
  publisher(where: Namer & { readonly executors: number }): Publisher<M>
  /**
   * From now on the actor is told what is published: what a publisher tells after this call was handled at the
   * subscriber's relay. Twice is once. It ends with the actor, and is kept when the actor is restarted. False: that
   * executor has no relay now.
   */
  subscribe(ctx: ActorContext<never>, subscriber: Ref<M>): boolean
  /** What is on its way may still come. */
  unsubscribe(ctx: ActorContext<never>, subscriber: Ref<M>): boolean
}

/** What `topic.publisher` returns, for as long as its owner lives. */
export interface Publisher<M> {
  /**
   * How many executors took it. To each subscriber, with the publisher as `from`, the messages of one publisher come in the order published, at most
   * once. One whose mailbox is full misses it, which its relay counts and logs. The subscribers of one thread are handed
   * the same object, which nobody may change.
   */
  publish(message: M): number
}

type RelayMessage =
  | { readonly kind: 'subscribe' | 'unsubscribe'; readonly subscriber: AnyRef }
  | { readonly kind: 'publish'; readonly message: unknown }

/** Describes a topic; everyone who evaluates the same description on whatever thread means the same topic. */
export function topic<M>(name: string): Topic<M> {
  const relayName = (executor: number): string => `${name}@${executor}`
  const tellRelay = (ctx: ActorContext<never>, kind: 'subscribe' | 'unsubscribe', subscriber: Ref<M>): boolean => {
    const message: RelayMessage = { kind, subscriber }
    return ctx.named<RelayMessage>(relayName(subscriber.executor)).tell(message)
  }
  return {
    name,
    populate(executor, where) {
      // One that began anew by itself would have forgotten its subscribers, and nobody would know.
      const options = { executor, name: relayName(executor), supervise: 'escalate' } as const
      return Promise.resolve(where.spawn(relay, undefined, options)).then(() => {})
    },
    publisher(where) {
      const relays = Array.from({ length: where.executors + 1 }, (_, i) => where.named<RelayMessage>(relayName(i)))
      return {
        publish(message) {
          let taken = 0
          for (const to of relays) if (to.tell({ kind: 'publish', message })) taken++
          return taken
        },
      }
    },
    subscribe: (ctx, subscriber) => tellRelay(ctx, 'subscribe', subscriber),
    unsubscribe: (ctx, subscriber) => tellRelay(ctx, 'unsubscribe', subscriber),
  }
}

const relay: ActorDefinition<RelayMessage> = actor<RelayMessage>({
  module: import.meta.url,
  name: 'relay',
  start(ctx) {
    const { outbound } = actorOf(ctx).here
    /** By id: a name is resolved once, so that the same actor is not told twice. */
    const subscribers = new Map<string, ActorRef>()
    let missed = 0
    const publish = (to: ActorRef, message: unknown, publisher: AnyRef | null): void => {
      if (isEnding(to) || outbound.post(to, message, publisher as ActorRef | null)) return
      missed++
      // Often at first, seldom when it goes on.
      if ((missed & (missed - 1)) !== 0) return
      ctx.log('warn', 'a subscriber had no room for a message', { subscriber: to.name ?? to.id, missed })
    }
    return {
      receive(message, from) {
        if (message.kind === 'publish') {
          for (const subscriber of subscribers.values()) publish(subscriber, message.message, from)
          return
        }
        const subscriber = targetOf(message.subscriber)
        // A name that nobody has any more.
        if (subscriber === null) return
        if (message.kind === 'subscribe') {
          subscribers.set(subscriber.id, subscriber)
          ctx.watch(message.subscriber)
        } else {
          subscribers.delete(subscriber.id)
          ctx.unwatch(message.subscriber)
        }
      },
      terminated(ref) {
        subscribers.delete(ref.id)
      },
    }
  },
})

/** Its end is known here already, and news of it lies in the mailbox. */
function isEnding(ref: ActorRef): boolean {
  return ref.local !== null && ref.local.state !== 'running'
}
