/**
 * A pool: actors of one definition, spread over the workers, and the router with which anyone deals messages to them.
 *
 * There is no actor in between: a router is a list of names, and each sender has its own. Members are found by name, so a
 * member that was lost with its thread is found again as soon as it is spawned again.
 */
import { assert } from '../base/index.ts'
import type { ActorDefinition } from './definition.ts'
import type { Ref, SpawnOptions } from './types.ts'

/** A system, or a simulation. */
export interface Spawner {
  readonly executors: number
  /** Throws, or rejects, when the executor is not up or the name is taken. */
  spawn<M, A>(
    definition: ActorDefinition<M, A>,
    args: A,
    options: SpawnOptions & { executor: number },
  ): Ref<M> | Promise<Ref<M>>
}

/** Who knows names: the context of an actor, a system, a simulation. */
export interface Namer {
  /** The reference is resolved at each tell: it follows the name. */
  named<M>(name: string): Ref<M>
}

/** Who the members are. Mailbox and supervision are those of each member. */
export interface PoolOptions<M, A> extends Omit<SpawnOptions, 'name'> {
  /** Unique in the system: the members are called `name/0`, `name/1`, … */
  name: string
  /** How many members; number i lives on executor i mod executors, none on the main thread. */
  size: number
  member: ActorDefinition<M, A>
  args: A
}

/** What `pool` returns: the members by their names, whether or not they are there now. */
export interface Pool<M> {
  readonly name: string
  readonly size: number
  /**
   * Spawns the members that live on that executor. Called from `populate`, so that they are there again after their
   * thread was lost. Resolves when everyone knows them.
   */
  populate(executor: number, where: Spawner): Promise<void>
  /** The members, for the actor whose context it is, or for what is outside actors. */
  router(where: Namer): Router<M>
}

/**
 * Deals messages to the members. What a router does is decided by the sender alone: no message is on its way longer than
 * one that is told to an actor.
 */
export interface Router<M> {
  readonly members: readonly Ref<M>[]
  /** To the next member in turn that takes it. False: none did (all mailboxes are full, or no member is there). */
  tell(message: M): boolean
  /**
   * To the member of the key, always the same one. So messages of one key from one sender are handled in the order told,
   * and by nobody else. False: it did not take it, and no other member is asked.
   */
  tellKey(key: string | number | bigint | Uint8Array, message: M): boolean
  /** To each member; how many took it. On this thread they are handed the same object, which nobody may change. */
  tellAll(message: M): number
  /** The next in turn, to be asked: `router.next().ask(…)`. */
  next(): Ref<M>
  /** The member of the key. */
  of(key: string | number | bigint | Uint8Array): Ref<M>
}

/** Describes a pool; `populate` spawns it, and `router` finds it, on whatever thread the same description is evaluated. */
export function pool<M, A>(options: PoolOptions<M, A>): Pool<M> {
  const { name, size, member, args, ...rest } = options
  assert(Number.isInteger(size) && size >= 1, 'a pool has at least one member')
  return {
    name,
    size,
    populate(executor, where) {
      const spawned: (Ref<M> | Promise<Ref<M>>)[] = []
      if (executor < where.executors) {
        for (let i = executor; i < size; i += where.executors) {
          spawned.push(where.spawn(member, args, { ...rest, executor, name: `${name}/${i}` }))
        }
      }
      return Promise.all(spawned).then(() => {})
    },
    router: (where) => new PoolRouter(name, size, where),
  }
}

class PoolRouter<M> implements Router<M> {
  readonly members: readonly Ref<M>[]
  #next: number

  constructor(name: string, size: number, where: Namer) {
    this.members = Array.from({ length: size }, (_, i) => where.named<M>(`${name}/${i}`))
    this.#next = 0
  }

  tell(message: M): boolean {
    for (let tries = this.members.length; tries > 0; tries--) {
      if (this.next().tell(message)) return true
    }
    return false
  }

  tellKey(key: string | number | bigint | Uint8Array, message: M): boolean {
    return this.of(key).tell(message)
  }

  tellAll(message: M): number {
    let taken = 0
    for (const member of this.members) if (member.tell(message)) taken++
    return taken
  }

  next(): Ref<M> {
    const member = this.members[this.#next] as Ref<M>
    this.#next = (this.#next + 1) % this.members.length
    return member
  }

  of(key: string | number | bigint | Uint8Array): Ref<M> {
    return this.members[hash(key) % this.members.length] as Ref<M>
  }
}

/** FNV-1a, and a last mix because only its low bits may count. A number and its decimal digits are the same key. */
function hash(key: string | number | bigint | Uint8Array): number {
  const bytes = key instanceof Uint8Array ? key : Buffer.from(String(key))
  let h = 0x811c9dc5
  for (let i = 0; i < bytes.length; i++) h = Math.imul(h ^ (bytes[i] as number), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  return (h ^ (h >>> 13)) >>> 0
}
