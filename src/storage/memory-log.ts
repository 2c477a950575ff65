import { assert } from '../base/index.ts'
import type { Entry, HardState } from '../raft/index.ts'
import { GroupImage, PerCell } from './group-image.ts'
import type { GroupLog, LogStart, RaftLog, RaftLogStats, Tombstone } from './raft-log.ts'

class MemoryRaftLog implements RaftLog {
  readonly stats: RaftLogStats = { syncs: 0, bytes: 0, batches: 0, segments: 0 }
  readonly full = false
  gatheredBytes = 0
  flushing = false
  readonly #later: (run: () => void) => void
  readonly #groups = new PerCell<GroupImage>()
  readonly #tombstones = new PerCell<Tombstone>()

  constructor(later: (run: () => void) => void) {
    this.#later = later
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
    assert(this.#groups.get(store, cell) === undefined, 'the group exists already')
    const group = new GroupImage(store, cell, peer, { ...start }, { ...hardState })
    this.#groups.set(store, cell, group)
    this.gatheredBytes++
    return group
  }

  append(group: GroupLog, hardState: HardState | null, entries: readonly Entry[]): void {
    const image = this.#own(group)
    if (hardState !== null) image.hardState = { ...hardState }
    if (entries.length > 0) image.append(entries)
    this.gatheredBytes++
    for (const entry of entries) this.gatheredBytes += entry.data.length
  }

  installing(group: GroupLog, index: number): void {
    this.#own(group).installingIndex = index
    this.gatheredBytes++
  }

  restart(group: GroupLog, start: LogStart, hardState: HardState): void {
    const image = this.#own(group)
    image.restart({ ...start })
    image.hardState = { ...hardState }
    image.installingIndex = 0
    this.gatheredBytes++
  }

  bury(group: GroupLog, confVer: number): void {
    const { store, cell, peer } = this.#own(group)
    this.#groups.delete(store, cell)
    this.entomb({ store, cell, peer, confVer })
  }

  entomb(tombstone: Tombstone): void {
    this.#tombstones.set(tombstone.store, tombstone.cell, tombstone)
    this.gatheredBytes++
  }

  flush(done: (error: Error | null) => void): void {
    assert(!this.flushing, 'one flush at a time')
    this.flushing = true
    this.stats.batches++
    this.stats.bytes += this.gatheredBytes
    this.gatheredBytes = 0
    this.#later(() => {
      this.flushing = false
      done(null)
    })
  }

  trim(group: GroupLog, index: number): void {
    this.#own(group).trim(index)
  }

  holders(): Iterable<GroupLog> {
    return []
  }

  makeRoom(): void {}

  close(done: (error: Error | null) => void): void {
    this.#later(() => done(null))
  }

  #own(group: GroupLog): GroupImage {
    const image = this.#groups.get(group.store, group.cell)
    assert(image === group, 'a group that is not of this log')
    return image
  }
}

/** No disk: nothing outlives the process. For `--dir memory`, and to measure what the disk costs. */
export function memoryRaftLog(later: (run: () => void) => void = setImmediate): RaftLog {
  return new MemoryRaftLog(later)
}
