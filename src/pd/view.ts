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
  type StoreInfo,
  type StorePlace,
  type StoreReport,
  type StoreState,
  sameEpoch,
} from '../model/index.ts'
import type { OrderedState } from './offline.ts'
import { Ranges } from './ranges.ts'
import type { PdSettings } from './settings.ts'

/** A store as far as it is known; one that has never reported is known by its place alone. */
export interface ViewStore {
  report: StoreReport
  /** −1: it has not reported to this PD. */
  heardMs: number
}

export class View {
  readonly settings: PdSettings
  readonly #startedMs: number
  readonly #cells = new Map<number, CellReport>()
  readonly #ranges = new Ranges()
  /**
   * Cells of which a part was reported as another's, by a newer version, and the rest not yet: parents whose child was
   * the first to report. Nothing is known of their range or ordered of them; their peers are there and are counted.
   */
  readonly #cut = new Map<number, CellReport>()
  /** Cells whose last leader was on a thread that has exited: nobody leads them until someone says so. */
  readonly #leaderless = new Set<number>()
  readonly #stores = new Map<number, ViewStore>()
  /** Cells that changed for those who route: taken by `takeChanged`. */
  #changed = new Set<number>()
  #complete: boolean | null = false
  #wasComplete = false
  #ordered: ReadonlyMap<number, OrderedState> = new Map()

  /** Stores of `places` are known from the start, so that a placement waits for a better one that is only late. */
  constructor(settings: PdSettings, places: readonly StorePlace[], nowMs: number) {
    this.settings = settings
    this.#startedMs = nowMs
    for (const place of places) {
      const { id, executor, dir, labels } = place
      const report: StoreReport = { store: id, executor, dir, labels, state: 'up', cells: 0, leaders: 0, sizeBytes: 0 }
      this.#stores.set(id, { report, heardMs: -1 })
    }
  }

  heartbeat(message: Heartbeat, nowMs: number): void {
    for (const report of message.stores) {
      const held = this.#stores.get(report.store)
      // Lost is for good (rule 16): a late word from a store that was still up does not bring it back.
      if (held?.report.state === 'lost' && report.state !== 'lost') continue
      this.#stores.set(report.store, { report, heardMs: nowMs })
    }
    for (const report of message.cells) this.#take(report)
  }

  /** The thread is gone, and with it every leader on it. */
  executorLost(executor: number): void {
    for (const report of this.#cells.values()) {
      if (this.#stores.get(report.leader.store)?.report.executor === executor) this.#leaderless.add(report.cell.id)
    }
  }

  /** 0: unknown. */
  leaderStore(report: CellReport): number {
    return this.#leaderless.has(report.cell.id) ? 0 : report.leader.store
  }

  /** By order of a person; until the next call. */
  setOrdered(ordered: ReadonlyMap<number, OrderedState>): void {
    this.#ordered = ordered
  }

  cellAt(key: Uint8Array, system: boolean): Cell | undefined {
    return this.#ranges.at(key, system)
  }

  cell(id: number): CellReport | undefined {
    return this.#cells.get(id)
  }

  ids(): IterableIterator<number> {
    return this.#cells.keys()
  }

  cells(): IterableIterator<CellReport> {
    return this.#cells.values()
  }

  store(id: number): ViewStore | undefined {
    return this.#stores.get(id)
  }

  stores(): IterableIterator<ViewStore> {
    return this.#stores.values()
  }

  storeState(id: number, nowMs: number): StoreState {
    const store = this.#stores.get(id)
    // A store that nobody knows is not in this process: what it had is gone.
    if (store === undefined) return 'lost'
    if (store.report.state === 'lost') return 'lost'
    const ordered = this.#ordered.get(id)
    if (ordered !== undefined) return ordered
    const silentMs = nowMs - (store.heardMs < 0 ? this.#startedMs : store.heardMs)
    if (silentMs >= this.settings.downMs) return 'down'
    if (store.heardMs < 0 || silentMs >= this.settings.disconnectedMs) return 'disconnected'
    return 'up'
  }

  /** True when its peers count as gone: they are replaced, and removed when the replacement has caught up. */
  isGone(store: number, nowMs: number): boolean {
    const state = this.storeState(store, nowMs)
    return state !== 'up' && state !== 'disconnected'
  }

  /** What a peer is to be told that is reported to be no member any more: it would never hear of it from the others. */
  removalOf({ store, cell, peer, confVer }: MemberWanted): PeerRemoved | null {
    const now = this.cell(cell)?.cell
    if (now === undefined || now.epoch.confVer <= confVer || now.peers.some((member) => member.id === peer)) return null
    return { kind: 'peerRemoved', store, cell, peer, confVer: now.epoch.confVer }
  }

  isPending(report: CellReport, peer: Peer): boolean {
    return report.pending.includes(peer.id) || report.down.some((down) => down.peer === peer.id)
  }

  /** Peers and leaders that each store has, each cell counted once. */
  counts(): Map<number, { cells: number; leaders: number }> {
    const counts = new Map<number, { cells: number; leaders: number }>()
    for (const id of this.#stores.keys()) counts.set(id, { cells: 0, leaders: 0 })
    for (const report of this.#cells.values()) addTo(counts, report)
    for (const report of this.#cut.values()) addTo(counts, report)
    return counts
  }

  /** The reported ranges tile the whole user keyspace, and the system range is there. */
  get complete(): boolean {
    if (this.#complete === null) {
      this.#complete = this.#ranges.tile()
      if (this.#complete) {
        this.#wasComplete = true
        // Everything is told of: what was left of those is not theirs any more.
        this.#cut.clear()
      }
    }
    return this.#complete
  }

  /**
   * Every cell has been seen; or silence has lasted so long that what is missing will not come by waiting. A hole that
   * opens later is a split of which one half has not reported yet: all peers are counted, and the rest is balanced.
   */
  mayBalance(nowMs: number): boolean {
    return this.complete || this.#wasComplete || nowMs - this.#startedMs >= this.settings.incompleteMs
  }

  /** Ids of cells whose place, range or leader is another since the last call. */
  takeChanged(): number[] {
    if (this.#changed.size === 0) return []
    const changed = [...this.#changed]
    this.#changed = new Set()
    return changed
  }

  storeInfos(nowMs: number): StoreInfo[] {
    const counts = this.counts()
    return [...this.#stores.values()]
      .map(({ report, heardMs }): StoreInfo => {
        const count = counts.get(report.store)
        return {
          ...report,
          state: this.storeState(report.store, nowMs),
          cells: count?.cells ?? 0,
          leaders: count?.leaders ?? 0,
          lastHeartbeatMs: heardMs < 0 ? -1 : nowMs - heardMs,
        }
      })
      .sort((a, b) => a.store - b.store)
  }

  #take(report: CellReport): void {
    const { cell } = report
    const held = this.#cells.get(cell.id)
    const last = held ?? this.#cut.get(cell.id)
    if (last !== undefined) {
      if (olderEpoch(cell.epoch, last.cell.epoch)) return
      if (report.term < last.term) return
    }
    // A range changes only together with the version, so most reports move nothing here.
    if (held === undefined || held.cell.epoch.version !== cell.epoch.version) {
      const overlapping = this.#ranges.overlapping(cell).filter((other) => other.id !== cell.id)
      // Two cells of one version never overlap: the word that came first stands until a newer version contradicts it.
      if (overlapping.some((other) => other.epoch.version >= cell.epoch.version)) return
      for (const other of overlapping) {
        const whole = this.#cells.get(other.id) as CellReport
        this.#ranges.remove(other)
        this.#cells.delete(other.id)
        this.#changed.delete(other.id)
        this.#leaderless.delete(other.id)
        if (reachesBeyond(other, cell)) this.#cut.set(other.id, whole)
      }
      this.#cut.delete(cell.id)
      if (held !== undefined) this.#ranges.remove(held.cell)
      this.#ranges.insert(cell)
      this.#complete = null
    }
    this.#cells.set(cell.id, report)
    this.#leaderless.delete(cell.id)
    if (held === undefined || held.leader.id !== report.leader.id || !sameEpoch(held.cell.epoch, cell.epoch)) {
      this.#changed.add(cell.id)
    }
  }
}

function addTo(counts: Map<number, { cells: number; leaders: number }>, report: CellReport): void {
  for (const peer of report.cell.peers) {
    const count = counts.get(peer.store)
    if (count === undefined) continue
    count.cells++
    if (peer.id === report.leader.id) count.leaders++
  }
}

/** Some keys of `other` are not in `cell`. */
function reachesBeyond(other: Cell, cell: Cell): boolean {
  if (compareBytes(other.start, cell.start) < 0) return true
  if (cell.end === null) return false
  return other.end === null || compareBytes(other.end, cell.end) > 0
}
