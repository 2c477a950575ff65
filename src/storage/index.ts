/**
 * Storage: what outlives the process.
 *
 * Two things, each behind an interface with a conformance suite that every implementation runs:
 *
 * * `RaftLog`: one per executor and disk, for all groups there. `append` and its kin gather and show at once in
 *   memory; `flush` makes durable; `trim` forgets. `openRaftLog` is the one on disk, `memoryRaftLog` the one without.
 * * `Engine`: one per store, an ordered map that holds the applied state. `openRocksEngine` is the only part of the
 *   program that knows RocksDB, `memoryEngine` has no disk.
 *
 * Promises: what a finished flush has carried is there after any crash; a batch of the engine is there whole or not
 * at all; a torn tail is cut; damage is refused with file and offset, never repaired by guessing.
 *
 * Refuses: a directory of a newer format, a log that has failed a sync once (for good), and every call after one.
 *
 * The caller: opens (recovery is synchronous), redoes what `installing` marks and tombstones ask for, then for each
 * turn gathers and flushes, one flush at a time, and answers for nothing before its `done`. It trims a group only up
 * to an index that is durable in the engine, looks at `full` before it proposes, and calls `makeRoom` now and then
 * while that holds. No operation calls back before it has returned; there are no timers, no clock and no promises.
 *
 * What is permanent on disk stands in format.ts, and nowhere else.
 */
export { type Disk, type DiskDone, type DiskFile, nodeDisk } from './disk.ts'
export type { Engine, EngineBatch, EngineSnapshot, KeyRange, Pair, ScanDone, ScanLimits } from './engine.ts'
export { openRaftLog, type RaftLogOptions, SEGMENT_BYTES } from './file-log.ts'
export {
  EFFECT,
  EFFECT_HEADER_BYTES,
  ENTRY_KIND,
  ENTRY_PREFIX_BYTES,
  FORMAT_VERSION,
  KEY_END,
  KEY_ESCAPE,
  LOG_FILES,
  SCOPE,
  type Scope,
  SUFFIX,
  VALUE_FLAG,
  VALUE_TYPE,
} from './format.ts'
export {
  cellOfMetaKey,
  chunkKey,
  dataKey,
  isMainKey,
  metaKey,
  metaRange,
  partKey,
  rangeOf,
  rangeOfKey,
  scopeOf,
  stagingKey,
  stagingRange,
  storeKey,
  suffixOf,
  userKeyOf,
} from './keys.ts'
export { memoryEngine } from './memory-engine.ts'
export { memoryRaftLog } from './memory-log.ts'
export {
  type GroupLog,
  LogDamage,
  LogLost,
  type LogStart,
  type RaftLog,
  type RaftLogStats,
  type Tombstone,
} from './raft-log.ts'
export { openRocksEngine, type RocksOptions } from './rocks-engine.ts'
