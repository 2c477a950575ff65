/** What PD hears of this executor's stores: at once what has changed, and everything on an interval. */
import type { CellReport, StoreHealth, StoreReport } from '../model/index.ts'
import { ProgressState } from '../raft/index.ts'
import type { Peer } from './peer.ts'
import type { Store } from './store.ts'
import type { Stores } from './stores.ts'

const INTERVAL_MS = 1000
/** Without a PD to take them, reports are not made in every turn. */
const RETRY_MS = 100
/** A peer that has not answered for so long is reported as down. */
const DOWN_MS = 2000
/** Reports in one message: the rest goes in the next turns. */
const CELLS_PER_TURN = 1000

export class Heartbeats {
  readonly #stores: Stores
  readonly #due = new Set<Peer>()
  #lastMs = Number.NEGATIVE_INFINITY
  /** PD has asked for everything, and has not been told the last of it. */
  #isAsked = false
  /** When PD took nothing last. */
  #refusedMs = Number.NEGATIVE_INFINITY

  constructor(stores: Stores) {
    this.#stores = stores
  }

  /** PD is new: it is told of everything that is led here, of what sleeps as well, and nobody wakes for it (rule 32). */
  reportAll(): void {
    this.#lastMs = Number.NEGATIVE_INFINITY
    this.#isAsked = true
    for (const peer of this.#stores.peers()) if (peer.isLeader) this.#due.add(peer)
  }

  /** PD is to hear of this cell at the end of the turn. */
  due(peer: Peer): void {
    this.#due.add(peer)
  }

  /** PD has not been told all that it is to hear. */
  get isHeldUp(): boolean {
    return this.#due.size > 0 || this.#isAsked
  }

  advance(): void {
    const { nowMs } = this.#stores
    const all = nowMs - this.#lastMs >= INTERVAL_MS
    if ((!all && this.#due.size === 0) || nowMs - this.#refusedMs < RETRY_MS) return
    // What sleeps has said its last word when it fell asleep.
    if (all) for (const peer of this.#awake()) if (peer.isLeader) this.#due.add(peer)
    const told: Peer[] = []
    const cells: CellReport[] = []
    for (const peer of this.#due) {
      if (cells.length === CELLS_PER_TURN) break
      told.push(peer)
      if (peer.working !== null && !peer.destroyed && peer.unsyncedChanges === 0) cells.push(reportOf(peer, nowMs))
    }
    if (all || cells.length > 0) {
      const { syncs, bytes } = this.#stores.rawLog.stats
      const raftLog = { syncs, bytes }
      const { executor } = this.#stores
      const news = { kind: 'heartbeat' as const, executor, stores: this.#storeReports(), cells, raftLog }
      const isWhole = this.#isAsked && told.length === this.#due.size
      const taken = this.#stores.tellPd(isWhole ? { ...news, whole: true } : news)
      // Without a PD nothing is lost: what is due stays due.
      if (!taken) {
        this.#refusedMs = nowMs
        return
      }
      if (all) this.#lastMs = nowMs
      if (isWhole) this.#isAsked = false
    }
    for (const peer of told) this.#due.delete(peer)
    if (this.#due.size > 0) this.#stores.again()
  }

  *#awake(): Iterable<Peer> {
    for (const store of this.#stores.stores.values()) yield* store.active
  }

  #storeReports(): StoreReport[] {
    const waits = this.#stores.meters.takeWaits()
    return [...this.#stores.stores.values()].map((store): StoreReport => {
      let leaders = store.asleepLeaders
      let sizeBytes = store.asleepBytes
      for (const peer of store.active) {
        if (peer.isLeader) leaders++
        sizeBytes += peer.sizeBytes
      }
      const { executor, dir, labels } = store.place
      const report = { store: store.id, executor, dir, labels, state: 'up' as const, cells: store.peers.size, leaders }
      return { ...report, sizeBytes, health: this.#health(store, waits) }
    })
  }

  #health(store: Store, waits: Pick<StoreHealth, 'syncMs' | 'lagMs'>): StoreHealth {
    const { capacityBytes, freeBytes } = store.room.space
    let snapshotsOut = 0
    let snapshotsIn = 0
    for (const peer of store.active) {
      if (peer.snapshotOut?.streaming) snapshotsOut++
      if (peer.snapshotIn !== null) snapshotsIn++
    }
    return { capacityBytes, freeBytes, ...waits, snapshotsOut, snapshotsIn }
  }
}

function reportOf(peer: Peer, nowMs: number): CellReport {
  const { node, cell } = peer
  const pending: number[] = []
  const down: { peer: number; seconds: number }[] = []
  const match: { peer: number; index: number }[] = []
  for (const member of cell.peers) {
    const progress = node.progress(member.id)
    const index = member.id === peer.id ? node.lastIndex : (progress?.match ?? 0)
    match.push({ peer: member.id, index })
    if (member.id === peer.id) continue
    if (progress?.state !== ProgressState.replicate) pending.push(member.id)
    const silentMs = peer.asleep
      ? 0
      : nowMs - Math.max(peer.leadSinceMs, peer.wokenMs, peer.heardAtMs.get(member.id) ?? 0)
    if (silentMs > DOWN_MS) down.push({ peer: member.id, seconds: Math.floor(silentMs / 1000) })
  }
  const leader = peer.member ?? { id: peer.id, store: peer.store.id, role: 'voter' as const }
  const joint = peer.confState.votersOutgoing.length > 0
  const { sizeBytes, keys, snapshotOut: out } = peer
  const load = peer.meter?.take(nowMs) ?? null
  if (load?.commands === 0) peer.meter = null
  const { merging, absorbed } = peer
  const held = {
    ...{ cell, term: node.term, leader, pending, down, match, sizeBytes, keys, joint },
    ...(merging === null ? {} : { merging }),
    ...(absorbed.length === 0 ? {} : { absorbed }),
  }
  const report = load === null || load.commands === 0 ? held : { ...held, load }
  return out?.streaming ? { ...report, snapshot: { peer: out.toPeer, pieces: out.piece } } : report
}
