/**
 * What each part of the program may take beside `--memory`, by how much that is. Where it is large the limits are those
 * at which most is done; where it is small they follow it, for the whole process is what its owner has room for.
 */
import type { ResourceLimits } from '../actor/index.ts'
import type { Options } from '../model/index.ts'
import type { RocksOptions } from '../storage/index.ts'

const MIB = 1024 * 1024
/** Of `--memory`, for each store: with less, a cache of RocksDB's own size would be too large a part of it. */
const CACHE_FROM_BYTES = 256 * MIB
/** Likewise: a memtable as large as this, or two, is little of it. */
const LARGE_MEMTABLE_FROM_BYTES = 64 * MIB
/** Of `--memory`, for each executor: with so much, a heap has a young generation of V8's own size. */
const YOUNG_FROM_BYTES = 256 * MIB
const YOUNG_MIB_MIN = 3
/** Per cent of what was left over by its last whole collection, by which a heap may grow until the next. */
const GROWTH_PERCENT = 100
const SHORT_GROWTH_PERCENT = 30

/**
 * The working states are the cache that counts, and behind them the kernel keeps the files' pages: so where memory is
 * short an engine has no cache, and memtables are small. Those weigh more than their size: their blocks come from the
 * arena of whatever pool thread writes, and each of these arenas keeps what it once had.
 */
export function engineMemory({ memory, stores }: Options): RocksOptions {
  const share = memory / stores
  return {
    ...(share < CACHE_FROM_BYTES && { cacheBytes: 0 }),
    writeBufferBytes: share >= LARGE_MEMTABLE_FROM_BYTES ? 16 * MIB : Math.floor(Math.max(2 * MIB, share / 8)),
  }
}

/**
 * The young generation of an executor's heap. Under load it is resident up to its limit; and the buffers of entries and
 * messages, many times as large as the objects that hold them, are freed only when it has filled up. So it costs a
 * multiple of its size, and where memory is short it is small, and swept more often.
 */
export function heapLimits({ memory, executors }: Options): ResourceLimits {
  const share = memory / executors
  if (share >= YOUNG_FROM_BYTES) return {}
  return { maxYoungGenerationSizeMb: Math.max(YOUNG_MIB_MIN, Math.floor(share / 8 / MIB)) }
}

/**
 * How soon a heap is collected whole. V8 finds that out by how fast a heap grows, and one that is small it collects at each
 * fourth part more or so: with cells moving, about once in two seconds in each thread, each time for 10 to 50 ms in which no
 * command is answered there. Some tens of megabytes more are fewer of those pauses.
 *
 * A command that waits for the engine lives long enough to leave the young generation and dies soon after, and with it lie
 * the buffers that it held: garbage of many times its size, in all of the allocator's arenas. So where memory is short it is
 * not let lie so long.
 */
export function heapGrowthPercent({ memory, executors }: Options): number {
  return memory / executors >= YOUNG_FROM_BYTES ? GROWTH_PERCENT : SHORT_GROWTH_PERCENT
}
