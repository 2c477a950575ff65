/**
 * Stores: the peers of an executor and the turn that drives them. (`turn.ts` is the heart: read it first.)
 *
 * **For.** Holding replicas of cells: each is a Raft group's member over a part of the executor's log, with its applied
 * state in an engine; executing commands where it leads.
 *
 * **Promises.** An answer *done* means that everything it depends on is synced on a majority. *Not executed* means that
 * it never was and never will be. Reads are linearizable. What is acknowledged survives the loss of any minority.
 *
 * **Refuses.** To run a command whose range, version or order is not what the sender thought; to go on after a failed
 * sync.
 *
 * **The caller** passes the edge `storageEdge` to the executor and spawns `stores` there, once, under the name
 * `actorNames.stores(executor)`; everything else is messages (`model/messages.ts`).
 */
export { stores } from './actor.ts'
export { type Space, type StorageEdge, storageEdge, UNKNOWN_SPACE } from './edges.ts'
export type { ValueSizes } from './key-record.ts'
export { roomLeft } from './room.ts'
export type { Stores, StoresArgs } from './stores.ts'
