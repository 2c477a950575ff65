/**
 * The raft logs of an executor whose stores lie on several disks, as one: a record goes to the log on its store's own
 * disk, so that losing a disk loses the stores there and no others; a flush is done when all of them are durable.
 */
import { assert } from '../base/index.ts'
import type { Entry, HardState } from '../raft/index.ts'
import type { GroupLog, LogStart, RaftLog, RaftLogStats, Tombstone } from '../storage/index.ts'

export class LogPerDisk implements RaftLog {
  readonly #logs: readonly RaftLog[]
  readonly #ofStore: ReadonlyMap<number, RaftLog>
  #flushing = 0
  #failure: Error | null = null

  constructor(ofStore: ReadonlyMap<number, RaftLog>) {
    this.#ofStore = ofStore
    this.#logs = [...new Set(ofStore.values())]
  }

  group(store: number, cell: number): GroupLog | undefined {
    return this.#of(store).group(store, cell)
  }

  *groups(): Iterable<GroupLog> {
    for (const log of this.#logs) yield* log.groups()
  }

  *tombstones(): Iterable<Tombstone> {
    for (const log of this.#logs) yield* log.tombstones()
  }

  tombstone(store: number, cell: number): Tombstone | undefined {
    return this.#of(store).tombstone(store, cell)
  }

  create(store: number, cell: number, peer: number, start: LogStart, hardState: HardState): GroupLog {
    return this.#of(store).create(store, cell, peer, start, hardState)
  }

  append(group: GroupLog, hardState: HardState | null, entries: readonly Entry[]): void {
    this.#of(group.store).append(group, hardState, entries)
  }

  installing(group: GroupLog, index: number): void {
    this.#of(group.store).installing(group, index)
  }

  restart(group: GroupLog, start: LogStart, hardState: HardState): void {
    this.#of(group.store).restart(group, start, hardState)
  }

  bury(group: GroupLog, confVer: number): void {
    this.#of(group.store).bury(group, confVer)
  }

  entomb(tombstone: Tombstone): void {
    this.#of(tombstone.store).entomb(tombstone)
  }

  get gatheredBytes(): number {
    let bytes = 0
    for (const log of this.#logs) bytes += log.gatheredBytes
    return bytes
  }

  get flushing(): boolean {
    return this.#flushing > 0
  }

  flush(done: (error: Error | null) => void): void {
    assert(this.#flushing === 0, 'one flush at a time')
    this.#flushing = this.#logs.length
    for (const log of this.#logs) {
      log.flush((error) => {
        this.#failure ??= error
        if (--this.#flushing === 0) done(this.#failure)
      })
    }
  }

  trim(group: GroupLog, index: number): void {
    this.#of(group.store).trim(group, index)
  }

  *holders(): Iterable<GroupLog> {
    for (const log of this.#logs) yield* log.holders()
  }

  get full(): boolean {
    return this.#logs.some((log) => log.full)
  }

  makeRoom(): void {
    for (const log of this.#logs) if (log.full) log.makeRoom()
  }

  get stats(): RaftLogStats {
    const sum: RaftLogStats = { syncs: 0, bytes: 0, batches: 0, segments: 0 }
    for (const { stats } of this.#logs) {
      sum.syncs += stats.syncs
      sum.bytes += stats.bytes
      sum.batches += stats.batches
      sum.segments += stats.segments
    }
    return sum
  }

  close(done: (error: Error | null) => void): void {
    let left = this.#logs.length
    let failure: Error | null = null
    for (const log of this.#logs) {
      log.close((error) => {
        failure ??= error
        if (--left === 0) done(failure)
      })
    }
  }

  #of(store: number): RaftLog {
    const log = this.#ofStore.get(store)
    assert(log !== undefined, 'a store whose raft log is lost is not served')
    return log
  }
}
