import { type EdgeToken, edge } from '../actor/index.ts'
import type { StorePlace } from '../model/index.ts'
import type { Engine, RaftLog } from '../storage/index.ts'
import type { Stores } from './stores.ts'

/** Of a file system. */
export interface Space {
  readonly capacityBytes: number
  readonly freeBytes: number
  /** What is to stay free there, for all stores on it together, beside what their engines lack. */
  readonly reserveBytes: number
  /** Stores of this process that lie on it. */
  readonly sharers: number
}

/** Of a file system of which nothing is known. */
export const UNKNOWN_SPACE: Space = { capacityBytes: 0, freeBytes: 0, reserveBytes: 0, sharers: 1 }

/** The disks of an executor: given by whoever makes it, real or simulated. */
export interface StorageEdge {
  /** Recovers the executor's raft log. Throws `LogDamage` or `LogLost`: its stores must not be opened then. */
  openLog(): RaftLog
  openEngine(store: StorePlace, done: (error: Error | null, engine: Engine | null) => void): void
  /** The stores of this log are lost for good (rule 21): to be fenced, and never opened again under their ids. */
  storesLost(stores: readonly number[], error: Error): void
  /** Asked often. Without it, or with a capacity of 0, nothing is known of space. */
  spaceOf?(store: StorePlace): Space
  /** For a simulator's eyes: called once, when the stores of this executor are open. */
  observe?(stores: Stores): void
}

export const storageEdge: EdgeToken<StorageEdge> = edge<StorageEdge>('storage')
