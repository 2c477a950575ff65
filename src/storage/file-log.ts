import { randomInt } from 'node:crypto'
import { assert } from '../base/index.ts'
import { type Entry, type HardState, NO_ENTRIES } from '../raft/index.ts'
import { aligned, sealBatch } from './batch.ts'
import type { Disk } from './disk.ts'
import { BATCH_HEADER_BYTES, LOG_FILES, RECORD, RECORD_HEADER_BYTES } from './format.ts'
import { Gather, type GatheredBatch } from './gather.ts'
import type { PerCell } from './group-image.ts'
import { openLogHead } from './log-head.ts'
import { FileGroup, FileTombstone, place } from './pins.ts'
import { type GroupLog, LogLost, type LogStart, type RaftLog, type RaftLogStats, type Tombstone } from './raft-log.ts'
import { recoverLog } from './recovery.ts'
import { type Segment, Segments } from './segments.ts'

export interface RaftLogOptions {
  /** Of this log alone; made if it is not there. */
  directory: string
  /** Of a segment, in bytes. An entry must fit in it. */
  segmentBytes?: number
  /** With more live segments than this, what little of idle groups lives in the oldest is written anew, to free it. */
  checkpointSegments?: number
  /** Freed segments kept for the next ones. */
  sparesMax?: number
  /** Drawn by the caller when chance must come from a seed: what tells the batches of this log from any others. */
  identity?: number
}

/** Of a segment, unless another size is given. */
export const SEGMENT_BYTES = 16 * 1024 * 1024
/** Groups and tombstones looked at, per flush, to free the oldest segment. */
const CHECKPOINT_MAX = 256
const CHECKPOINT_BYTES_MAX = CHECKPOINT_MAX * RECORD_HEADER_BYTES

/**
 * The log on disk.
 *
 * ```
 *   append …  ──►  gather  ── flush ──►  flight  ── write, sync, batch by batch ──►  done
 *                    ▲                                   │
 *                    └───────────── the same two buffers ┘
 * ```
 */
class FileRaftLog implements RaftLog {
  readonly stats: RaftLogStats
  flushing: boolean
  readonly #disk: Disk
  readonly #directory: string
  readonly #segmentBytes: number
  readonly #reserveBytes: number
  readonly #checkpointSegments: number
  readonly #identity: number
  readonly #incarnation: number
  readonly #groups: PerCell<FileGroup>
  readonly #tombstones: PerCell<FileTombstone>
  readonly #segments: Segments
  #gather: Gather
  /** What is being written; it and the gather change places. */
  #flight: Gather
  #flightAt: number
  #done: ((error: Error | null) => void) | null
  /** Waiting for a next segment. */
  #stalled: boolean
  /** Number of the last batch written; and of the last one known to be synced. */
  #written: number
  #synced: number
  /** What the header of the last batch said of the oldest segment needed. */
  #oldest: number
  #dead: boolean
  #closing: (() => void) | null

  constructor(disk: Disk, options: RaftLogOptions) {
    this.#disk = disk
    this.#directory = options.directory
    this.#segmentBytes = options.segmentBytes ?? SEGMENT_BYTES
    this.#reserveBytes = Math.min(256 * 1024, aligned(this.#segmentBytes >>> 3))
    this.#checkpointSegments = options.checkpointSegments ?? 8
    const head = openLogHead(disk, options.directory, options.identity ?? randomInt(2 ** 32))
    this.#identity = head.identity
    this.#incarnation = head.incarnation
    const recovered = recoverLog(disk, options.directory, head.identity, head.incarnation)
    this.#syncEnd(recovered.live)
    this.#groups = recovered.groups
    this.#tombstones = recovered.tombstones
    this.#written = recovered.lastNumber
    this.#synced = recovered.lastNumber
    this.#oldest = recovered.oldest
    this.#segments = new Segments(
      disk,
      { directory: options.directory, segmentBytes: this.#segmentBytes, sparesMax: options.sparesMax ?? 4 },
      recovered,
      () => {
        if (this.#stalled) this.#writeNext()
      },
    )
    this.#gather = new Gather(this.#segmentBytes - this.#reserveBytes)
    this.#flight = new Gather(this.#segmentBytes - this.#reserveBytes)
    this.#flightAt = 0
    this.#done = null
    this.#stalled = false
    this.#dead = false
    this.#closing = null
    this.flushing = false
    this.stats = { syncs: 0, bytes: 0, batches: 0, segments: recovered.live.length }
    this.#segments.prepare()
  }

  group(store: number, cell: number): GroupLog | undefined {
    return this.#groups.get(store, cell)
  }

  groups(): Iterable<GroupLog> {
    return this.#groups.values()
  }

  tombstones(): Iterable<Tombstone> {
    return this.#tombstones.values()
  }

  tombstone(store: number, cell: number): Tombstone | undefined {
    return this.#tombstones.get(store, cell)
  }

  create(store: number, cell: number, peer: number, start: LogStart, hardState: HardState): GroupLog {
    this.#refuseIfOver()
    assert(this.#groups.get(store, cell) === undefined, 'the group exists already')
    const group = new FileGroup(store, cell, peer, { ...start }, { ...hardState })
    this.#groups.set(store, cell, group)
    this.#gather.add(RECORD.restart, group, NO_ENTRIES)
    return group
  }

  append(group: GroupLog, hardState: HardState | null, entries: readonly Entry[]): void {
    this.#refuseIfOver()
    const own = this.#own(group)
    // A copy, because Raft may go on changing the object it hands out.
    if (hardState !== null) own.hardState = { ...hardState }
    if (entries.length > 0) own.append(entries)
    this.#gather.add(RECORD.append, own, entries)
  }

  installing(group: GroupLog, index: number): void {
    this.#refuseIfOver()
    const own = this.#own(group)
    own.installingIndex = index
    this.#gather.add(RECORD.append, own, NO_ENTRIES)
  }

  restart(group: GroupLog, start: LogStart, hardState: HardState): void {
    this.#refuseIfOver()
    const own = this.#own(group)
    own.restart({ ...start })
    own.hardState = { ...hardState }
    own.installingIndex = 0
    this.#gather.add(RECORD.restart, own, NO_ENTRIES)
  }

  bury(group: GroupLog, confVer: number): void {
    this.#refuseIfOver()
    const own = this.#own(group)
    this.#groups.delete(own.store, own.cell)
    this.#entomb({ store: own.store, cell: own.cell, peer: own.peer, confVer }, own)
  }

  entomb(tombstone: Tombstone): void {
    this.#refuseIfOver()
    this.#entomb(tombstone, null)
  }

  #entomb(tombstone: Tombstone, buried: FileGroup | null): void {
    const before = this.#tombstones.get(tombstone.store, tombstone.cell)
    const own = new FileTombstone(
      tombstone,
      [before, buried ?? undefined].filter((item) => item !== undefined),
    )
    this.#tombstones.set(own.store, own.cell, own)
    this.#gather.addTombstone(own)
  }

  get gatheredBytes(): number {
    return this.#gather.length
  }

  get full(): boolean {
    return this.#segments.full
  }

  makeRoom(): void {
    if (this.#segments.full && !this.#dead) this.#segments.prepare()
  }

  flush(done: (error: Error | null) => void): void {
    this.#refuseIfOver()
    assert(!this.flushing, 'one flush at a time')
    this.flushing = true
    this.#done = done
    this.#gatherCheckpoints()
    // Even when nothing was gathered: what is no longer needed can only be freed by a batch that says so.
    this.#gather.ensureBatch()
    const gathered = this.#gather
    this.#gather = this.#flight
    this.#flight = gathered
    this.#flightAt = 0
    this.#writeNext()
  }

  trim(group: GroupLog, index: number): void {
    this.#own(group).trim(index)
  }

  *holders(): Generator<GroupLog> {
    for (const item of this.#segments.live[0]?.pins ?? []) {
      if (item instanceof FileGroup && this.#isCurrent(item) && !item.couldMove()) yield item
    }
  }

  close(done: (error: Error | null) => void): void {
    assert(this.#closing === null, 'closed twice')
    const end = () => this.#segments.close(() => done(null))
    this.#closing = end
    // A flush that waits for room on a full disk might wait forever: it was never answered, and is given up.
    if (!this.flushing || (this.#stalled && this.#segments.full)) end()
  }

  /** Writes the next batch of the flight, if there is a place for it, and syncs it. */
  #writeNext(): void {
    const batch = this.#flight.batches[this.#flightAt] as GatheredBatch
    const length = aligned(batch.length)
    if (!this.#hasRoom(length, batch.entries === 0)) {
      if (!this.#segments.ready) {
        this.#stalled = true
        if (this.#segments.full) this.#closing?.()
        return
      }
      this.#segments.rotate()
    }
    this.#stalled = false
    try {
      this.#write(batch, length)
    } catch (error) {
      queueMicrotask(() => this.#die(error as Error))
      return
    }
    this.#segments.active?.file?.sync((error) => this.#batchSynced(error))
  }

  /** The last bytes of a segment are kept for records without entries, and for the time when no next one can be had. */
  #hasRoom(length: number, small: boolean): boolean {
    const { active, full } = this.#segments
    if (active === null) return false
    return active.used + length <= this.#segmentBytes - (small && full ? 0 : this.#reserveBytes)
  }

  #write(batch: GatheredBatch, length: number): void {
    const segment = this.#segments.active as NonNullable<Segments['active']>
    for (const touch of batch.touches) place(touch, segment)
    // It counts on the records of this very batch: they and the header are there together, or neither is.
    this.#oldest = this.#firstNeeded()
    this.#written++
    sealBatch(this.#flight.bytes, this.#flight.view, batch.offset, {
      length: batch.length - BATCH_HEADER_BYTES,
      count: batch.touches.length,
      identity: this.#identity,
      incarnation: this.#incarnation,
      segment: segment.number,
      number: this.#written,
      durableTo: this.#synced,
      oldest: this.#oldest,
    })
    segment.file?.write(this.#flight.bytes.subarray(batch.offset, batch.offset + length), segment.used)
    segment.used += length
    this.stats.batches++
    this.stats.bytes += length
    this.stats.segments = this.#segments.live.length
  }

  #firstNeeded(): number {
    for (const segment of this.#segments.live) {
      if (segment.pins.size > 0 || segment === this.#segments.active) return segment.number
    }
    return this.#oldest
  }

  #batchSynced(error: Error | null): void {
    if (error !== null) {
      this.#die(error)
      return
    }
    this.stats.syncs++
    this.#synced = this.#written
    this.#flightAt++
    if (this.#flightAt < this.#flight.batches.length) {
      this.#writeNext()
      return
    }
    this.#flight.clear()
    this.#segments.free(this.#oldest)
    this.stats.segments = this.#segments.live.length
    this.#endFlush(null)
  }

  #endFlush(error: Error | null): void {
    const done = this.#done as (error: Error | null) => void
    this.#done = null
    this.flushing = false
    done(error)
    this.#closing?.()
  }

  /** Nothing of this log is trusted again, not even by a later process: the mark stays in the directory. */
  #die(error: Error): void {
    this.#dead = true
    this.#markLost(error)
    this.#endFlush(error)
  }

  #markLost(error: Error): void {
    try {
      this.#disk.replace(`${this.#directory}/${LOG_FILES.lost}`, Buffer.from(`${error.message}\n`))
    } catch {
      // A disk that fails here as well leaves no mark; whoever hears of the failure keeps the stores fenced off.
    }
  }

  /**
   * The last batch may have been written by a process that died before it was synced. It counts from now on, and is
   * answered for without another write: so it must be durable first. What was written before it was synced before it.
   */
  #syncEnd(live: readonly Segment[]): void {
    const last = live[live.length - 1]
    if (last === undefined) return
    try {
      this.#disk.syncFile(last.path)
    } catch (error) {
      this.#markLost(error as Error)
      throw new LogLost(this.#directory)
    }
  }

  /** Writes anew what is small and idle in the oldest segment, so that it can be freed. */
  #gatherCheckpoints(): void {
    const { live, full } = this.#segments
    const oldest = live[0]
    // On a full disk a freed segment is the way out, but not at the price of the room that votes need.
    const wanted = full ? this.#hasRoom(CHECKPOINT_BYTES_MAX, false) : live.length > this.#checkpointSegments
    if (oldest === undefined || oldest === this.#segments.active || !wanted) return
    let left = Math.min(oldest.pins.size, CHECKPOINT_MAX)
    for (const item of oldest.pins) {
      if (left-- === 0) return
      if (this.#isCurrent(item)) {
        if (item instanceof FileTombstone) this.#gather.addTombstone(item)
        else if (item.couldMove()) this.#gather.add(RECORD.append, item, NO_ENTRIES)
      }
      // To the end of the line, so that those who must wait for the engine do not hide the others.
      oldest.pins.delete(item)
      oldest.pins.add(item)
    }
  }

  /** Not so: what was buried or superseded, while the record that says so waits for its place. */
  #isCurrent(item: FileGroup | FileTombstone): boolean {
    const map: PerCell<FileGroup | FileTombstone> = item instanceof FileGroup ? this.#groups : this.#tombstones
    return map.get(item.store, item.cell) === item
  }

  #own(group: GroupLog): FileGroup {
    const own = this.#groups.get(group.store, group.cell)
    assert(own === group, 'a group that is not of this log')
    return own
  }

  #refuseIfOver(): void {
    if (this.#dead) throw new LogLost(this.#directory)
    assert(this.#closing === null, 'the log is closed')
  }
}

/** Recovers what is there, synchronously; throws LogDamage, LogLost, or SetUpError for a directory of a newer format. */
export function openRaftLog(disk: Disk, options: RaftLogOptions): RaftLog {
  return new FileRaftLog(disk, options)
}
