/**
 * What each store has, counted as reports come in: with a hundred thousand cells nobody can look at all of them to know
 * how full a store is. Invariant: it is always what counting all held reports anew would give, which a test does.
 */
import { type CellReport, peerWithId } from '../model/index.ts'
import { IdSet } from './id-set.ts'

export class StoreTally {
  /** Cells with a peer there. */
  readonly cells = new IdSet()
  /** Of those, the ones that it leads, by the last report. */
  readonly leaders = new IdSet()
  sizeBytes = 0
  /** Peers there that have not caught up. */
  pending = 0
}

/** Sizes are told apart by powers of two: enough to see whether they differ much. */
const BUCKETS = 52

export class Tallies {
  readonly #byStore = new Map<number, StoreTally>()
  readonly #sizes: number[] = Array.from({ length: BUCKETS }, () => 0)
  readonly #nothing = new StoreTally()
  /** Of the users' cells alone. */
  userCells = 0
  userKeys = 0

  /** Of a store that nobody counted anything on: empty. */
  of(store: number): StoreTally {
    return this.#byStore.get(store) ?? this.#nothing
  }

  count(report: CellReport): void {
    for (const peer of report.cell.peers) {
      const tally = this.#make(peer.store)
      tally.cells.add(report.cell.id)
      if (peer.id === report.leader.id) tally.leaders.add(report.cell.id)
      tally.sizeBytes += report.sizeBytes
    }
    this.#countPending(report, 1)
    this.#countUser(report, 1)
  }

  uncount(report: CellReport): void {
    for (const peer of report.cell.peers) {
      const tally = this.#make(peer.store)
      tally.cells.delete(report.cell.id)
      tally.leaders.delete(report.cell.id)
      tally.sizeBytes -= report.sizeBytes
    }
    this.#countPending(report, -1)
    this.#countUser(report, -1)
  }

  /** Instead of the two above, for a report of the same members and leader: most are that. */
  recount(before: CellReport, after: CellReport): void {
    const grown = after.sizeBytes - before.sizeBytes
    if (grown !== 0) for (const peer of after.cell.peers) this.#make(peer.store).sizeBytes += grown
    if (before.pending.length > 0 || after.pending.length > 0) {
      this.#countPending(before, -1)
      this.#countPending(after, 1)
    }
    if (grown !== 0 || before.keys !== after.keys) {
      this.#countUser(before, -1)
      this.#countUser(after, 1)
    }
  }

  /**
   * How many times larger large cells (nine in ten are smaller) are than small ones (one in ten is smaller), to a factor
   * of two; those below `floorBytes` count as that: of nearly empty cells the size says nothing.
   */
  sizeSpread(floorBytes: number): number {
    const floor = bucketOf(floorBytes)
    const low = Math.max(floor, this.#bucketAt(0.1))
    return 2 ** (Math.max(floor, this.#bucketAt(0.9)) - low)
  }

  #bucketAt(share: number): number {
    let left = this.userCells * share
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.#sizes[bucket] as number
      if (left < 0) return bucket
    }
    return 0
  }

  #countPending(report: CellReport, sign: 1 | -1): void {
    for (const id of report.pending) {
      const peer = peerWithId(report.cell, id)
      if (peer !== undefined) this.#make(peer.store).pending += sign
    }
  }

  #countUser(report: CellReport, sign: 1 | -1): void {
    if (report.cell.system) return
    const bucket = bucketOf(report.sizeBytes)
    this.#sizes[bucket] = (this.#sizes[bucket] as number) + sign
    this.userCells += sign
    this.userKeys += sign * report.keys
  }

  #make(store: number): StoreTally {
    let tally = this.#byStore.get(store)
    if (tally === undefined) {
      tally = new StoreTally()
      this.#byStore.set(store, tally)
    }
    return tally
  }
}

function bucketOf(bytes: number): number {
  return bytes < 1 ? 0 : Math.min(BUCKETS - 1, Math.floor(Math.log2(bytes)) + 1)
}
