import type { Entry, HardState } from '../raft/index.ts'

/** The place behind which a log begins: what is at or before `index` is not in it. */
export interface LogStart {
  readonly index: number
  readonly term: number
}

export interface Tombstone {
  readonly store: number
  readonly cell: number
  readonly peer: number
  readonly confVer: number
}

/** What a log holds of one group, in memory: the entries that were not trimmed yet. What Raft reads its log from. */
export interface GroupLog {
  readonly store: number
  readonly cell: number
  readonly peer: number
  readonly hardState: HardState
  /** Index of the snapshot whose installation was begun and not ended; 0 if none. */
  readonly installingIndex: number
  /** Sum of the data of the entries held, in bytes. */
  readonly bytes: number
  firstIndex(): number
  lastIndex(): number
  /** COMPACTED before the place where the log begins, UNAVAILABLE behind its end. */
  term(index: number): number
  /** From `low` up to, and without, `high`; at least one, then as many as fit in `bytesMax` (as they are stored). Null when `low` was trimmed. */
  entries(low: number, high: number, bytesMax: number): readonly Entry[] | null
  /** The entry at an index that is held: anything else is a bug of the caller. */
  entry(index: number): Entry
}

export interface RaftLogStats {
  syncs: number
  bytes: number
  batches: number
  /** Live segments, the one being written included. */
  segments: number
}

/**
 * One log for all groups of an executor and disk.
 *
 * Every change shows in the group's memory at once and gathers; it is durable when the `flush` that carries it is
 * done. After a crash the log is what the last finished flush left, and perhaps some of what was gathered after it,
 * in the order in which it was gathered, cut somewhere between two records.
 */
export interface RaftLog {
  group(store: number, cell: number): GroupLog | undefined
  groups(): Iterable<GroupLog>
  /** The newest per store and cell. */
  tombstones(): Iterable<Tombstone>
  tombstone(store: number, cell: number): Tombstone | undefined

  /** A peer comes to be here: a log without entries, beginning after `start`. There must be no group of that store and cell. */
  create(store: number, cell: number, peer: number, start: LogStart, hardState: HardState): GroupLog
  /** Entries follow on what the group holds, or take the place of what it holds from their first index on. */
  append(group: GroupLog, hardState: HardState | null, entries: readonly Entry[]): void
  /** The installation of a snapshot begins. Whoever finds the mark after a crash clears the range and installs again. */
  installing(group: GroupLog, index: number): void
  /** The snapshot is installed: the log begins anew after `start`, without entries, and the mark is taken away. */
  restart(group: GroupLog, start: LogStart, hardState: HardState): void
  /** The peer is removed: a tombstone is written and the group is gone. */
  bury(group: GroupLog, confVer: number): void
  /** A tombstone from the log of another layout. */
  entomb(tombstone: Tombstone): void

  readonly gatheredBytes: number
  readonly flushing: boolean
  /**
   * Writes and syncs all that was gathered; one at a time. Usually one write and one sync; more when what was
   * gathered does not fit in what is left of the segment. A failed write or sync is the end of this log: `done` gets
   * the error, and every later call refuses.
   */
  flush(done: (error: Error | null) => void): void

  /** Everything up to `index` is durable in the engine. Forgotten here at once, and on disk with segments that nothing needs. */
  trim(group: GroupLog, index: number): void
  /** Groups whose entries hold the oldest segment: writing them back and trimming them frees it. */
  holders(): Iterable<GroupLog>
  /**
   * True while no next segment could be had. Nothing may then be proposed nor appended; records without entries
   * still find room. `makeRoom` tries again, and freed segments help by themselves.
   */
  readonly full: boolean
  makeRoom(): void

  readonly stats: RaftLogStats
  /** Waits for what is in flight, and gives back the files. What was gathered and not flushed is lost. */
  close(done: (error: Error | null) => void): void
}

/** Bytes that must be right are not: the stores of this log stop. Never repaired by guessing. */
export class LogDamage extends Error {
  override readonly name = 'LogDamage'
  readonly file: string
  readonly offset: number

  constructor(file: string, offset: number, message: string) {
    super(`${message} (file ${file}, offset ${offset})`)
    this.file = file
    this.offset = offset
  }
}

/** A sync of this log failed once: what the disk holds is not what was answered for, so nothing of it is used again. */
export class LogLost extends Error {
  override readonly name = 'LogLost'
  readonly directory: string

  constructor(directory: string) {
    super(`a sync of the raft log in ${directory} has failed before: its stores are lost and must be built anew`)
    this.directory = directory
  }
}
