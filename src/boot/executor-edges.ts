/**
 * The disks of an executor, and its gateway's listener, made on its own thread. The main thread hands over only what can
 * be cloned: where things lie, and the name of the channel on which it is told of a loss.
 */
import { closeSync, existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { Edges } from '../actor/index.ts'
import { assert } from '../base/index.ts'
import { debugEdge, listenerEdge, processEdge, settingsEdge } from '../gateway/index.ts'
import type { StorePlace, Topology } from '../model/index.ts'
import {
  LOG_FILES,
  LogDamage,
  LogLost,
  memoryEngine,
  memoryRaftLog,
  nodeDisk,
  openRaftLog,
  openRocksEngine,
  type RaftLog,
  type RocksOptions,
} from '../storage/index.ts'
import { type StorageEdge, storageEdge } from '../store/index.ts'
import { ExecutorListener, type ListenPlace } from './executor-listener.ts'
import { putFirstCells } from './first-cells.ts'
import { databaseDirectory } from './identity.ts'
import { type Opened, openLastingEngine } from './lasting-engine.ts'
import { isLocked } from './lock.ts'
import { LogPerDisk } from './log-per-disk.ts'
import { remoteDebug, tellMain } from './main-channel.ts'
import { processPort } from './process-port.ts'
import { SettingsMemory } from './settings-memory.ts'
import { isNoSpace, Spaces } from './space.ts'

export interface ExecutorEdgesArgs {
  readonly topology: Topology
  /** Nothing outlives the process, nor a thread its stores. */
  readonly inMemory: boolean
  /** The name of the channel to the main thread. */
  readonly channel: string
  /** Where this executor's gateway listens; null: it has none. By executor. */
  readonly gateways: readonly (ListenPlace | null)[]
  readonly engine: RocksOptions
}

/** A thread that died lets go of its databases a moment after its exit is known. */
const LOCK_RETRY_MS = 50
const LOCK_WAIT_MS = 10_000
const ROOM_RETRY_MS = 1000

export function makeExecutorEdges(executor: number, incarnation: number, args: ExecutorEdgesArgs): Edges {
  const storage = args.inMemory ? memoryStorage(args) : diskStorage(executor, incarnation, args)
  const edges = { [storageEdge.name]: storage }
  const place = args.gateways[executor] ?? null
  if (place === null) return edges
  return {
    ...edges,
    [listenerEdge.name]: new ExecutorListener(place, (message) => tellMain(args.channel, { kind: 'say', message })),
    [processEdge.name]: processPort,
    [settingsEdge.name]: new SettingsMemory((change) => tellMain(args.channel, { kind: 'setting', change })),
    [debugEdge.name]: remoteDebug(args.channel),
  }
}

function diskStorage(executor: number, incarnation: number, args: ExecutorEdgesArgs): StorageEdge {
  const spaces = new Spaces(args.topology, args.engine)
  const places = args.topology.stores.filter((store) => store.executor === executor)
  return {
    openLog: () => openLogs(places),
    openEngine(store, done) {
      const open = (opened: Opened) => openPatiently(databaseDirectory(store.dir), args.engine, LOCK_WAIT_MS, opened)
      const hasRoom = () => spaces.hasRoom(store)
      const say = (message: string) => tellMain(args.channel, { kind: 'say', message: `store ${store.id}: ${message}` })
      const begin = (): void => {
        openLastingEngine({ open, hasRoom, say }, (error, engine) => {
          // A process that begins says what it lacks, and ends. One that has served waits for room with this thread.
          if (error === null || incarnation === 1 || !isNoSpace(error)) done(error, engine)
          else setTimeout(begin, ROOM_RETRY_MS)
        })
      }
      begin()
    },
    spaceOf: (store) => spaces.of(store),
    storesLost(stores, error) {
      const failedLogs = places.filter((place) => stores.includes(place.id) && isMarked(place.logDir))
      const fenced = failedLogs.length > 0 ? failedLogs.map((place) => place.id) : concerned(stores, error)
      const forGood = failedLogs.length > 0 || isCorruption(error)
      tellMain(args.channel, { kind: 'loss', stores: fenced, reason: error.message, forGood })
      // The others of this executor are whole, and are opened again without these when the thread begins anew.
      if (places.length > fenced.length) process.nextTick(() => beginAnew(fenced))
    },
  }
}

function beginAnew(fenced: readonly number[]): never {
  throw new Error(`begins anew without stores ${fenced.join(', ')}`)
}

/** A log marks itself when a sync has failed; damage is marked when it is found. */
function isMarked(logDir: string): boolean {
  return existsSync(join(logDir, LOG_FILES.lost))
}

/** All stores of an executor stop together, but when it was one's engine that failed the error names it. */
function concerned(stores: readonly number[], error: Error): readonly number[] {
  const named = Number(/^store (\d+):/.exec(error.message)?.[1])
  return stores.includes(named) ? [named] : stores
}

function isCorruption(error: Error): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) if (/corruption/i.test(at.message)) return true
  return false
}

/** One log per disk; those that are lost are left out, unless there is no other. */
function openLogs(places: readonly StorePlace[]): RaftLog {
  const logs = new Map<string, RaftLog>()
  for (const { logDir } of places) {
    if (!logs.has(logDir) && !isMarked(logDir)) logs.set(logDir, openLog(logDir))
  }
  const [first] = places
  assert(first !== undefined, 'an executor without stores has no log')
  const [only] = logs.values()
  if (only === undefined) throw new LogLost(first.logDir)
  if (logs.size === 1 && places.every((place) => logs.has(place.logDir))) return only
  const ofStore = new Map<number, RaftLog>()
  for (const place of places) {
    const log = logs.get(place.logDir)
    if (log !== undefined) ofStore.set(place.id, log)
  }
  return new LogPerDisk(ofStore)
}

/** Damage is for good, like a failed sync, and is marked in the same way: no later run takes what is there for a log. */
function openLog(directory: string): RaftLog {
  try {
    return openRaftLog(nodeDisk, { directory })
  } catch (error) {
    if (error instanceof LogDamage) closeSync(openSync(join(directory, LOG_FILES.lost), 'a'))
    throw error
  }
}

function openPatiently(path: string, options: RocksOptions, patienceMs: number, done: Opened): void {
  openRocksEngine(path, options, (error, engine) => {
    if (error === null || patienceMs <= 0 || !isLocked(error)) done(error, engine)
    else setTimeout(() => openPatiently(path, options, patienceMs - LOCK_RETRY_MS, done), LOCK_RETRY_MS)
  })
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
      tellMain(args.channel, { kind: 'loss', stores, reason: error.message, forGood: true })
    },
  }
}
