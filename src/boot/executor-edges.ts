/**
 * The disks of an executor, made on its own thread. The main thread hands over only what can be cloned: where things lie,
 * and the name of the channel on which a loss is told.
 */
import { closeSync, existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { BroadcastChannel } from 'node:worker_threads'
import type { Edges } from '../actor/index.ts'
import { assert } from '../base/index.ts'
import type { StorePlace, Topology } from '../model/index.ts'
import {
  type Engine,
  LOG_FILES,
  LogDamage,
  LogLost,
  memoryEngine,
  memoryRaftLog,
  nodeDisk,
  openRaftLog,
  openRocksEngine,
} from '../storage/index.ts'
import { type StorageEdge, storageEdge } from '../store/index.ts'
import { putFirstCells } from './first-cells.ts'
import { databaseDirectory } from './identity.ts'

export interface ExecutorEdgesArgs {
  readonly topology: Topology
  /** Nothing outlives the process, nor a thread its stores. */
  readonly inMemory: boolean
  readonly lossChannel: string
}

/** What goes over the channel. */
export interface Loss {
  readonly stores: readonly number[]
  readonly reason: string
  /** False: what is on the disk can still be trusted, and another run may open it (a full disk, too many open files). */
  readonly forGood: boolean
}

/** A thread that died lets go of its databases a moment after its exit is known. */
const LOCK_RETRY_MS = 50
const LOCK_WAIT_MS = 10_000

export function makeExecutorEdges(executor: number, _incarnation: number, args: ExecutorEdgesArgs): Edges {
  return { [storageEdge.name]: args.inMemory ? memoryStorage(args) : diskStorage(executor, args) }
}

function diskStorage(executor: number, args: ExecutorEdgesArgs): StorageEdge {
  const place = args.topology.stores.find((store) => store.executor === executor)
  return {
    openLog() {
      assert(place !== undefined, 'an executor without stores has no log')
      return openRaftLog(nodeDisk, { directory: place.logDir })
    },
    openEngine(store, done) {
      openPatiently(databaseDirectory(store.dir), LOCK_WAIT_MS, done)
    },
    storesLost(stores, error) {
      const forGood = isForGood(error, place)
      if (forGood && place !== undefined) markAsLost(place)
      tellLoss(args.lossChannel, { stores, reason: error.message, forGood })
    },
  }
}

function openPatiently(
  path: string,
  patienceMs: number,
  done: (error: Error | null, engine: Engine | null) => void,
): void {
  openRocksEngine(path, {}, (error, engine) => {
    if (error === null || patienceMs <= 0 || !/lock/i.test(error.message)) done(error, engine)
    else setTimeout(() => openPatiently(path, patienceMs - LOCK_RETRY_MS, done), LOCK_RETRY_MS)
  })
}

/** After a failed sync the log has marked itself; damage has a name; RocksDB tells of its own as corruption. */
function isForGood(error: Error, place: StorePlace | undefined): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof LogDamage || at instanceof LogLost || /corruption/i.test(at.message)) return true
  }
  return place !== undefined && existsSync(join(place.logDir, LOG_FILES.lost))
}

/** Beside the word to the main thread, which this thread may not live to send. */
function markAsLost(place: StorePlace): void {
  try {
    closeSync(openSync(join(place.logDir, LOG_FILES.lost), 'a'))
  } catch {
    // The disk that failed may refuse this too; cluster.json says it on every other disk.
  }
}

function tellLoss(name: string, loss: Loss): void {
  const channel = new BroadcastChannel(name)
  channel.postMessage(loss)
  channel.close()
}

function memoryStorage(args: ExecutorEdgesArgs): StorageEdge {
  return {
    openLog: () => memoryRaftLog(),
    openEngine(store, done) {
      const engine = memoryEngine()
      if (store.id !== args.topology.stores[0]?.id) {
        process.nextTick(done, null, engine)
        return
      }
      putFirstCells(engine, store.id).then(
        () => process.nextTick(done, null, engine),
        (error: unknown) => process.nextTick(done, error as Error, null),
      )
    },
    storesLost(stores, error) {
      tellLoss(args.lossChannel, { stores, reason: error.message, forGood: true })
    },
  }
}
