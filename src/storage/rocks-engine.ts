/**
 * The engine on RocksDB: the only file that knows the binding (the npm package `rocksdb-native`, under the name `rocksdb`).
 *
 * Traps that this file keeps from everyone else:
 * * a batch that is neither made with `autoDestroy` nor destroyed makes `close` wait for ever;
 * * an iterator reads `capacity` pairs per trip to another thread, and its default of 8 costs more than twice as much a pair;
 * * what a write has acknowledged is in RocksDB's own log, unsynced: only `flush` makes it durable, and that holds a
 *   thread of libuv's pool for 100 to 250 ms;
 * * on Linux the binding needs the system library libatomic.
 */
import { createRequire } from 'node:module'
import { assert, SetUpError } from '../base/index.ts'
import type { Engine, EngineBatch, EngineSnapshot, Pair, ScanDone, ScanLimits } from './engine.ts'

export interface RocksOptions {
  /** Of recently read blocks. The binding knows only RocksDB's own size, 32 MB per store, or none: 0 is none. */
  cacheBytes?: number
  /** A memtable; there are two at most. */
  writeBufferBytes?: number
  /** Files kept open; each costs its index and filter where they are not in the cache. */
  openFilesMax?: number
}

/** What is used of the binding. It has no types of its own. */
interface RocksModule {
  new (path: string, options: object): RocksDb
  constants: { pinningTier: { FLUSHED_AND_SIMILAR: number } }
}

interface RocksDb {
  ready(): Promise<void>
  read(options: { capacity: number; autoDestroy: true }): RocksReadBatch
  write(options: { capacity: number; autoDestroy: true }): RocksWriteBatch
  iterator(range: { gte: Uint8Array; lt: Uint8Array }, options: { limit: number; capacity: number }): RocksIterator
  snapshot(): RocksDb
  flush(): Promise<void>
  approximateSize(start: Uint8Array, end: Uint8Array, options: { includeMemtables: boolean }): Promise<number>
  close(): Promise<void>
}

interface RocksReadBatch {
  get(key: Uint8Array): Promise<Uint8Array | null>
  tryFlush(): void
}

interface RocksWriteBatch {
  tryPut(key: Uint8Array, value: Uint8Array): void
  tryDelete(key: Uint8Array): void
  tryDeleteRange(start: Uint8Array, end: Uint8Array): void
  flush(): Promise<void>
}

/** A stream of pairs. */
interface RocksIterator {
  on(event: 'data', listener: (pair: Pair) => void): void
  on(event: 'error', listener: (error: Error) => void): void
  on(event: 'close', listener: () => void): void
  destroy(): void
}

/** Pairs per trip: with values of 128 KiB this is 8 MiB, and the trip is a fifth of the cost. */
const ITERATOR_CAPACITY = 64
/** Read in one batch: its memory is bounded, and others get their turn on the pool's thread. */
const READS_MAX = 1024

let binding: RocksModule | null = null

/** Loaded only when it is needed: a program that keeps all in memory runs where the binding does not. */
function loadBinding(): RocksModule {
  try {
    binding ??= createRequire(import.meta.url)('rocksdb') as RocksModule
    return binding
  } catch (error) {
    const because = (error as Error).message
    const hint = because.includes('libatomic') ? ' (install libatomic1)' : ''
    throw new SetUpError(`RocksDB cannot be loaded${hint}: ${because}`)
  }
}

class RocksEngine implements Engine {
  /** It knows no more than its error says: who opens it may have it opened anew. */
  readonly full = false
  readonly #db: RocksDb

  constructor(db: RocksDb) {
    this.#db = db
  }

  getMany(keys: readonly Uint8Array[], done: (error: Error | null, values: (Uint8Array | null)[]) => void): void {
    // The binding is never given nothing to do.
    if (keys.length === 0) {
      process.nextTick(done, null, [])
      return
    }
    const values: (Uint8Array | null)[] = []
    const next = (): void => {
      const from = values.length
      const to = Math.min(keys.length, from + READS_MAX)
      const batch = this.#db.read({ capacity: to - from, autoDestroy: true })
      const reads: Promise<Uint8Array | null>[] = []
      for (let i = from; i < to; i++) reads.push(batch.get(keys[i] as Uint8Array))
      batch.tryFlush()
      settle(Promise.all(reads), (error, found) => {
        if (error !== null) {
          done(error, [])
          return
        }
        for (const value of found ?? []) values.push(value)
        if (values.length < keys.length) next()
        else done(null, values)
      })
    }
    next()
  }

  write(batch: EngineBatch, done: (error: Error | null) => void): void {
    const { deleteRanges, keys, values } = batch
    const capacity = deleteRanges.length + keys.length
    if (capacity === 0) {
      process.nextTick(done, null)
      return
    }
    const writes = this.#db.write({ capacity, autoDestroy: true })
    for (const { start, end } of deleteRanges) writes.tryDeleteRange(start, end)
    for (let i = 0; i < keys.length; i++) {
      const value = values[i]
      assert(value !== undefined, 'a batch with fewer values than keys')
      if (value === null) writes.tryDelete(keys[i] as Uint8Array)
      else writes.tryPut(keys[i] as Uint8Array, value)
    }
    settle(writes.flush(), (error) => {
      if (error === null) done(null)
      else this.#sayWhy(error, done)
    })
  }

  flush(done: (error: Error | null) => void): void {
    settle(this.#db.flush(), done)
  }

  /** The binding says of a write only that it was not done; a flush is told what is in its way. */
  #sayWhy(error: Error, done: (error: Error | null) => void): void {
    settle(this.#db.flush(), (reason) => done(reason === null ? error : new Error(reason.message, { cause: reason })))
  }

  snapshot(): EngineSnapshot {
    return new RocksSnapshot(this.#db.snapshot())
  }

  scan(start: Uint8Array, end: Uint8Array, limits: ScanLimits, done: ScanDone): void {
    scanRocks(this.#db, start, end, limits, done)
  }

  approximateBytes(start: Uint8Array, end: Uint8Array, done: (error: Error | null, bytes: number) => void): void {
    settle(this.#db.approximateSize(start, end, { includeMemtables: true }), (error, bytes) => done(error, bytes ?? 0))
  }

  close(done: (error: Error | null) => void): void {
    settle(this.#db.close(), done)
  }
}

class RocksSnapshot implements EngineSnapshot {
  #session: RocksDb | null

  constructor(session: RocksDb) {
    this.#session = session
  }

  scan(start: Uint8Array, end: Uint8Array, limits: ScanLimits, done: ScanDone): void {
    assert(this.#session !== null, 'a snapshot is read after its release')
    scanRocks(this.#session, start, end, limits, done)
  }

  release(): void {
    // Closing a session that is not the root does nothing that could fail or wait.
    void this.#session?.close()
    this.#session = null
  }
}

function scanRocks(db: RocksDb, start: Uint8Array, end: Uint8Array, limits: ScanLimits, done: ScanDone): void {
  // One more than asked for, to know whether there is more.
  const limit = Math.max(1, limits.pairsMax) + 1
  const iterator = db.iterator({ gte: start, lt: end }, { limit, capacity: Math.min(limit, ITERATOR_CAPACITY) })
  const pairs: Pair[] = []
  let bytes = 0
  let more = false
  let failure: Error | null = null
  iterator.on('data', (pair) => {
    if (more) return
    bytes += pair.key.length + pair.value.length
    more = pairs.length > 0 && (pairs.length >= limits.pairsMax || bytes > limits.bytesMax)
    if (more) iterator.destroy()
    else pairs.push(pair)
  })
  iterator.on('error', (error) => {
    failure = error
  })
  iterator.on('close', () => done(failure, failure === null ? pairs : [], more))
}

/** From the binding's promises to callbacks. An exception in `done` is the caller's own and must not become a rejection. */
function settle<T>(promise: Promise<T>, done: (error: Error | null, value?: T) => void): void {
  promise.then(
    (value) => process.nextTick(done, null, value),
    (error: unknown) => process.nextTick(done, error instanceof Error ? error : new Error(String(error))),
  )
}

/** Opens, or makes, the database in the directory `path`. */
export function openRocksEngine(
  path: string,
  options: RocksOptions,
  done: (error: Error | null, engine: Engine | null) => void,
): void {
  const open = async (): Promise<Engine> => {
    const Rocks = loadBinding()
    const tier = Rocks.constants.pinningTier.FLUSHED_AND_SIMILAR
    const db = new Rocks(path, {
      // Several stores share the machine: memory must not grow with the data, so indexes and filters lie in the
      // cache, and only those of fresh files are pinned there.
      tableCacheIndexAndFilterBlocks: options.cacheBytes !== 0,
      // Without a cache the indexes of all open files are in memory, and larger blocks make them shorter.
      tableBlockSize: options.cacheBytes === 0 ? 16 * 1024 : 8 * 1024,
      blockCache: options.cacheBytes !== 0,
      topLevelIndexPinningTier: tier,
      partitionPinningTier: tier,
      unpartitionedPinningTier: tier,
      optimizeFiltersForMemory: true,
      writeBufferSize: options.writeBufferBytes ?? 16 * 1024 * 1024,
      maxOpenFiles: options.openFilesMax ?? 256,
      maxBackgroundJobs: 2,
    })
    await db.ready()
    return new RocksEngine(db)
  }
  settle(open(), (error, engine) => done(error, engine ?? null))
}
