/**
 * The disks of an executor, made on its own thread. The main thread hands over only what can be cloned: where things lie,
 * and the name of the channel on which a loss is told.
 */
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { BroadcastChannel } from 'node:worker_threads'
import type { Edges } from '../actor/index.ts'
import { assert } from '../base/index.ts'
import type { StorePlace, Topology } from '../model/index.ts'
import { LOG_FILES, memoryEngine, memoryRaftLog, nodeDisk, openRaftLog, openRocksEngine } from '../storage/index.ts'
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
}

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
      openRocksEngine(databaseDirectory(store.dir), {}, done)
    },
    storesLost(stores, error) {
      if (place !== undefined) markAsLost(place)
      tellLoss(args.lossChannel, { stores, reason: error.message })
    },
  }
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
      tellLoss(args.lossChannel, { stores, reason: error.message })
    },
  }
}
