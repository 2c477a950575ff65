/**
 * What an actor is made from. No closure crosses threads: a definition carries its module's URL and a name in it, and a
 * thread that does not have it imports the module, whose evaluation registers it.
 */
import { AssertionError, assert } from '../base/index.ts'
import { checkDefinition } from './arguments.ts'
import type { ActorContext, Behavior, Lanes, Protocol } from './types.ts'

/** What `actor` returns: what an actor of this kind is made from, on whatever thread. */
export interface ActorDefinition<M, A = void> {
  /** `module#name`: the same on every thread. */
  readonly key: string
  readonly module: string
  readonly name: string
  readonly protocol: Protocol<M> | null
  readonly asynchronous: boolean
  /** Called by the runtime, on the thread of the actor. */
  readonly start: (ctx: ActorContext<M>, args: A) => Behavior<M>
}

/** A definition whose messages and arguments are of no interest. */
export type AnyDefinition = ActorDefinition<never, never>

/** What an actor is, said once. */
export interface ActorOptions<M, A> {
  /** `import.meta.url`. */
  module: string
  /** Unique in the module. */
  name: string
  /** How its messages travel between threads: in which lane, in which encoding. Default: lane `data`, the structured codec. */
  protocol?: Protocol<M> | Lanes<M>
  /** Declares that `receive` may return a promise: the mailbox then waits for it, and a rejection counts as a throw. */
  asynchronous?: boolean
  /** Called on the actor's own thread, again at each restart. A throw is a throw of the actor. */
  start(ctx: ActorContext<M>, args: A): Behavior<M>
}

const registry = new Map<string, AnyDefinition>()

/** Defines an actor. Call it where the module is evaluated, so that importing the module on another thread defines it there. */
export function actor<M, A = void>(options: ActorOptions<M, A>): ActorDefinition<M, A> {
  checkDefinition(options)
  const key = `${options.module}#${options.name}`
  const definition: ActorDefinition<M, A> = {
    key,
    module: options.module,
    name: options.name,
    protocol: options.protocol === undefined ? null : whole(options.protocol),
    asynchronous: options.asynchronous ?? false,
    start: (ctx, args) => options.start(ctx, args),
  }
  registry.set(key, definition as unknown as AnyDefinition)
  return definition
}

function whole<M>(protocol: Protocol<M> | Lanes<M>): Protocol<M> {
  if ('encode' in protocol) return protocol
  return {
    lane: (message) => protocol.lane(message),
    encode: () => false,
    decode: () => {
      throw new AssertionError('what was never encoded is not decoded')
    },
  }
}

/** The definition if its module has been evaluated on this thread. */
export function knownDefinition(key: string): AnyDefinition | undefined {
  return registry.get(key)
}

/** The definition, importing its module when it must. */
export async function loadDefinition(key: string): Promise<AnyDefinition> {
  const known = registry.get(key)
  if (known !== undefined) return known
  await import(key.slice(0, key.lastIndexOf('#')))
  const loaded = registry.get(key)
  assert(loaded !== undefined, `the module of an actor does not define it when it is evaluated: ${key}`)
  return loaded
}
