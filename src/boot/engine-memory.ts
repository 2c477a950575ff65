import type { Options } from '../model/index.ts'
import type { RocksOptions } from '../storage/index.ts'

const MIB = 1024 * 1024
/** Of `--memory`, for each store: with less, a cache of RocksDB's own size would be too large a part of it. */
const CACHE_FROM_BYTES = 256 * MIB

/**
 * What an engine may take beside `--memory`. The working states are the cache that counts, and behind them the kernel
 * keeps the files' pages: so where memory is short an engine has no cache, and memtables are small.
 */
export function engineMemory({ memory, stores }: Options): RocksOptions {
  const share = memory / stores
  return {
    ...(share < CACHE_FROM_BYTES && { cacheBytes: 0 }),
    writeBufferBytes: Math.floor(Math.max(4 * MIB, Math.min(16 * MIB, share / 2))),
  }
}
