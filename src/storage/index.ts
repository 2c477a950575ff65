/**
 * Storage: the raft log and the engine.
 */
export { type Disk, type DiskDone, type DiskFile, nodeDisk } from './disk.ts'
export type { Engine, EngineBatch, EngineSnapshot, KeyRange, Pair, ScanDone, ScanLimits } from './engine.ts'
export { FORMAT_VERSION, SCOPE, type Scope, SUFFIX } from './format.ts'
export {
  type GroupLog,
  LogDamage,
  LogLost,
  type LogStart,
  type RaftLog,
  type RaftLogStats,
  type Tombstone,
} from './raft-log.ts'
