/**
 * The reported world: what leaders of cells and stores have said, and when. PD believes nothing else, least of all that
 * an order of its own was carried out.
 */
import { compareBytes } from '../base/index.ts'
import {
  type Cell,
  type CellReport,
  type Heartbeat,
  type MemberWanted,
  olderEpoch,
  type Peer,
  type PeerRemoved,
  peerWithId,
  type StoreInfo,
  sameEpoch,
} from '../model/index.ts'
import { Ranges } from './ranges.ts'
import { type StoresRecord, StoreView } from './store-view.ts'
import { type StoreTally, Tallies } from './tally.ts'

export class View extends StoreView {
  readonly #cells = new Map<number, CellReport>()
  readonly #ranges = new Ranges()
  /**
   * Cells of which a part was reported as another's, by a newer version, and the rest not yet: parents whose child was
   * the first to report. Nothing is known of their range or ordered of them; their peers are there and are counted.
   */
  readonly #cut = new Map<number, CellReport>()
  /** Cells whose last leader was on a thread that has exited: nobody leads them until someone says so. */
  readonly #leaderless = new Set<number>()
  /** By cells that are no more: which one reports to have absorbed them. */
  readonly #merged = new Map<number, number>()
  #tallies = new Tallies()
  /** Cells that changed for those who route: taken by `takeChanged`. */
  #changed = new Set<number>()
  #wasComplete = false

  /** Returns the cells of which it says something that a check could act on. */
  heartbeat(message: Heartbeat, nowMs: number): number[] {
    for (const report of message.stores) this.takeStore(report, nowMs)
    const news: number[] = []
    for (const report of message.cells) if (this.#take(report)) news.push(report.cell.id)
    return news
  }

  /** The thread is gone, and with it every leader on it. */
  executorLost(executor: number): void {
    for (const report of this.#cells.values()) {
      if (this.store(report.leader.store)?.report.executor === executor) this.#leaderless.add(report.cell.id)
    }
  }

  /** 0: unknown. */
  leaderStore(report: CellReport): number {
    return this.#leaderless.has(report.cell.id) ? 0 : report.leader.store
  }

  tally(store: number): StoreTally {
    return this.#tallies.of(store)
  }

  get userCells(): number {
    return this.#tallies.userCells
  }

  get userKeys(): number {
    return this.#tallies.userKeys
  }

  /** Sizes differ so much that to count cells would say little. */
  get sizesDiffer(): boolean {
    return this.#tallies.sizeSpread(this.settings.cellSizeBytes / 8) > 4
  }

  neighbours(cell: Cell): Cell[] {
    return this.#ranges.neighbours(cell)
  }

  cellAt(key: Uint8Array, system: boolean): Cell | undefined {
    return this.#ranges.at(key, system)
  }

  cell(id: number): CellReport | undefined {
    return this.#cells.get(id)
  }

  /** Undefined: as far as is reported it is a cell of its own, or nobody knows it. */
  mergedInto(cell: number): number | undefined {
    return this.#merged.get(cell)
  }

  ids(): IterableIterator<number> {
    return this.#cells.keys()
  }

  cells(): IterableIterator<CellReport> {
    return this.#cells.values()
  }

  /** What a peer is to be told that is reported to be no member any more: it would never hear of it from the others. */
  removalOf({ store, cell, peer, confVer }: MemberWanted): PeerRemoved | null {
    const now = this.cell(cell)?.cell
    if (this.#merged.has(cell)) return { kind: 'peerRemoved', store, cell, peer, confVer, merged: true }
    if (now === undefined || now.epoch.confVer < confVer || peerWithId(now, peer) !== undefined) return null
    return { kind: 'peerRemoved', store, cell, peer, confVer: now.epoch.confVer }
  }

  /** The peer counts as gone: with its store, or because its leader has not heard of it for as long. */
  isPeerGone(report: CellReport, peer: Peer, nowMs: number): boolean {
    if (this.isGone(peer.store, nowMs)) return true
    if (report.down.length === 0) return false
    return report.down.some((down) => down.peer === peer.id && down.seconds * 1000 >= this.settings.downMs)
  }

  isPending(report: CellReport, peer: Peer): boolean {
    return report.pending.includes(peer.id) || report.down.some((down) => down.peer === peer.id)
  }

  /** The reported ranges tile the whole user keyspace, and the system range is there. */
  get complete(): boolean {
    return this.#ranges.tile()
  }

  /**
   * Every cell has been seen; or silence has lasted so long that what is missing will not come by waiting. A hole that
   * opens later is a split of which one half has not reported yet: all peers are counted, and the rest is balanced.
   */
  mayBalance(nowMs: number): boolean {
    return this.complete || this.#wasComplete || nowMs - this.startedMs >= this.settings.incompleteMs
  }

  /** Ids of cells whose place, range or leader is another since the last call. */
  takeChanged(): number[] {
    if (this.#changed.size === 0) return []
    const changed = [...this.#changed]
    this.#changed = new Set()
    return changed
  }

  /** Counts everything anew, in the order in which it is held. */
  recount(): void {
    this.#tallies = new Tallies()
    for (const report of this.held()) this.#tallies.count(report)
  }

  /** All reports: what is left of cells that were cut, then the cells. */
  held(): CellReport[] {
    return [...this.#cut.values(), ...this.#cells.values()]
  }

  record() {
    return {
      ...this.recordStores(),
      wasComplete: this.#wasComplete,
      leaderless: [...this.#leaderless],
    }
  }

  restore(
    record: StoresRecord & { wasComplete: boolean; leaderless: readonly number[] },
    held: readonly CellReport[],
  ): void {
    this.restoreStores(record)
    for (const report of held) this.#take(report)
    for (const cell of record.leaderless) this.#leaderless.add(cell)
    this.#wasComplete ||= record.wasComplete
  }

  storeInfos(nowMs: number): StoreInfo[] {
    return [...this.stores()]
      .map(({ report, heardMs }): StoreInfo => {
        const tally = this.tally(report.store)
        const settings = this.storeSettings(report.store)
        return {
          ...report,
          labels: { ...report.labels, ...settings?.labels },
          state: this.storeState(report.store, nowMs),
          cells: tally.cells.size,
          leaders: tally.leaders.size,
          leaderWeight: settings?.leaderWeight ?? 1,
          cellWeight: settings?.cellWeight ?? 1,
          evictLeaders: settings?.evictLeaders === true,
          slow: this.isSlow(report.store),
          lastHeartbeatMs: heardMs < 0 ? -1 : nowMs - heardMs,
        }
      })
      .sort((a, b) => a.store - b.store)
  }

  /** True when it says something that a check of the cell could act on. An older word than is held says nothing. */
  #take(report: CellReport): boolean {
    const { cell } = report
    const held = this.#cells.get(cell.id)
    const last = held ?? this.#cut.get(cell.id)
    if (last !== undefined) {
      if (olderEpoch(cell.epoch, last.cell.epoch)) return false
      if (report.term < last.term) return false
    }
    // A range changes only together with the version, so most reports move nothing here.
    if ((held === undefined || held.cell.epoch.version !== cell.epoch.version) && !this.#place(cell, held)) return false
    const moved = held === undefined || held.leader.id !== report.leader.id || !sameEpoch(held.cell.epoch, cell.epoch)
    if (!moved) this.#tallies.recount(held, report)
    else {
      if (held !== undefined) this.#tallies.uncount(held)
      this.#tallies.count(report)
      this.#changed.add(cell.id)
    }
    this.#cells.set(cell.id, report)
    if (report.absorbed?.length !== held?.absorbed?.length) {
      for (const absorbed of report.absorbed ?? []) this.#merged.set(absorbed.cell, cell.id)
    }
    if (this.#leaderless.size > 0) this.#leaderless.delete(cell.id)
    return moved || isAiling(report) || isAiling(held)
  }

  /** Its range takes its place among the others'. False: a newer word than this one stands there. */
  #place(cell: Cell, held: CellReport | undefined): boolean {
    const overlapping = this.#ranges.overlapping(cell).filter((other) => other.id !== cell.id)
    // Two cells of one version never overlap: the word that came first stands until a newer version contradicts it.
    if (overlapping.some((other) => other.epoch.version >= cell.epoch.version)) return false
    for (const other of overlapping) {
      const whole = this.#cells.get(other.id) as CellReport
      this.#ranges.remove(other)
      this.#cells.delete(other.id)
      this.#changed.delete(other.id)
      this.#leaderless.delete(other.id)
      if (reachesBeyond(other, cell)) this.#cut.set(other.id, whole)
      else this.#tallies.uncount(whole)
    }
    const cut = this.#cut.get(cell.id)
    if (cut !== undefined) {
      this.#cut.delete(cell.id)
      this.#tallies.uncount(cut)
    }
    if (held !== undefined) this.#ranges.remove(held.cell)
    this.#ranges.insert(cell)
    if (this.#ranges.tile()) {
      this.#wasComplete = true
      // Everything is told of: what was left of those is not theirs any more.
      for (const rest of this.#cut.values()) this.#tallies.uncount(rest)
      this.#cut.clear()
    }
    return true
  }
}

function isAiling(report: CellReport | undefined): boolean {
  return report !== undefined && (report.pending.length > 0 || report.down.length > 0)
}

/** Some keys of `other` are not in `cell`. */
function reachesBeyond(other: Cell, cell: Cell): boolean {
  if (compareBytes(other.start, cell.start) < 0) return true
  if (cell.end === null) return false
  return other.end === null || compareBytes(other.end, cell.end) > 0
}
