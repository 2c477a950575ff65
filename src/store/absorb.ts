/**
 * A peer of a cell becomes a part of the peer of its neighbour on the same store: what the *commit* of a merge does where
 * it is applied (`merge.ts` tells why it may).
 *
 * Phases: the source's log is applied up to its preparation → range, counts, clock and what it had absorbed itself are the
 * target's, the source's peer is out of service, all in memory and in this turn → what the engine lacks of the source is
 * written → what it lacks of the target is written, up to the commit, and the last batch holds the target's new state and
 * takes the source's away: the one moment at which a restart finds one cell in the place of two → commands go on → that
 * batch is durable → the source's log is buried.
 *
 * Until the batch is there nothing later of the target is written: its state would claim keys that the engine lacks. Until
 * it is durable both logs stay, and after a crash the commit is applied again, to the same peers.
 */
import { assert, compareBytes } from '../base/index.ts'
import { type Absorbed, type Cell, type CellState, type CommitMerge, Refusal, sameEpoch } from '../model/index.ts'
import type { Entry } from '../raft/index.ts'
import { metaKey, stagingRange } from '../storage/index.ts'
import { apply } from './apply.ts'
import { commitOf, hasAbsorbed, hasComeToItsEnd, isAdjacent, isRollbackOf, raiseVersion } from './merge.ts'
import type { Peer } from './peer.ts'
import { retire } from './removal.ts'
import { settle } from './settle.ts'
import { childOf } from './split.ts'
import type { Store } from './store.ts'
import type { Stores } from './stores.ts'

/** What a peer has taken in and the engine does not know yet. */
export class Absorption {
  readonly source: Peer
  /** Of the commit. */
  readonly index: number
  /** The target's, when the commit was applied. */
  readonly state: CellState

  constructor(source: Peer, index: number, state: CellState) {
    this.source = source
    this.index = index
    this.state = state
  }
}

interface Burial {
  readonly source: Peer
  /** When this peer is durable up to there. */
  by: Peer
  index: number
}

export class Absorptions {
  readonly #stores: Stores
  #burials: Burial[] = []
  /** Sources that wait until they have written what they took in themselves. */
  readonly #waiting = new Map<Peer, () => void>()

  constructor(stores: Stores) {
    this.#stores = stores
  }

  get isIdle(): boolean {
    return this.#burials.length === 0 && this.#waiting.size === 0
  }

  /** The entry counts as applied; its effects go to the engine before any later ones. */
  begin(peer: Peer, source: Peer, index: number): void {
    for (const burial of this.#burials) {
      if (burial.by !== source) continue
      burial.by = peer
      burial.index = index
    }
    this.#burials.push({ source, by: peer, index })
    peer.absorbing = [...peer.absorbing, new Absorption(source, index, peer.state())]
    peer.barrier = peer.barrier === null ? peer.cell : hull(peer.barrier, peer.cell)
    peer.barriers++
    // While it is not durable the peer's log is all there is of it, also when the peer is to leave.
    peer.splitIndex = index
    if (peer.absorbing.length === 1) this.#next(peer)
  }

  #next(peer: Peer): void {
    const absorption = peer.absorbing[0]
    if (absorption === undefined) return
    const { source } = absorption
    const { writeBack } = this.#stores
    const write = () => writeBack.forceAs(source, source.state(), () => this.#sourceWritten(peer, absorption))
    if (source.absorbing.length === 0) write()
    else this.#waiting.set(source, write)
  }

  #sourceWritten(peer: Peer, absorption: Absorption): void {
    const { writeBack } = this.#stores
    const { source, state } = absorption
    writeBack.forget(source)
    source.dropOverlay()
    const { id } = source.cell
    writeBack.forceAs(peer, state, () => this.#written(peer), {
      states: [],
      lost: [stagingRange(id)],
      gone: [metaKey(id)],
    })
  }

  #written(peer: Peer): void {
    peer.absorbing = peer.absorbing.slice(1)
    if (--peer.barriers === 0) peer.barrier = null
    this.#stores.touch(peer)
    this.#next(peer)
    if (peer.absorbing.length > 0) return
    const wait = this.#waiting.get(peer)
    this.#waiting.delete(peer)
    wait?.()
  }

  /** Called each turn: logs of what is durable as a part of another are not needed any more. */
  advance(): void {
    if (this.#burials.length === 0) return
    const left: Burial[] = []
    for (const burial of this.#burials) {
      if (burial.by.durable >= burial.index) bury(this.#stores, burial.source)
      else left.push(burial)
    }
    this.#burials = left
  }

  /** Its log is here still: no peer of that cell may come to be. */
  isUnderWay(store: Store, cell: number): boolean {
    return this.#burials.some(({ source }) => source.store === store && source.cell.id === cell)
  }

  /** What is in memory of peers that are out of service and not buried yet. */
  *sources(): Iterable<Peer> {
    for (const { source } of this.#burials) yield source
  }
}

function bury(stores: Stores, { store, group, cell }: Peer): void {
  store.log.bury(group, cell.epoch.confVer)
  stores.syncSoon()
}

/** The first with the least range that holds both; they overlap, or lie side by side. */
function hull(a: Cell, b: Cell): Cell {
  const start = compareBytes(a.start, b.start) <= 0 ? a.start : b.start
  if (a.end === null || b.end === null) return { ...a, start, end: null }
  return { ...a, start, end: compareBytes(a.end, b.end) >= 0 ? a.end : b.end }
}

/** At every peer of the target, at the same index; not counted as applied yet. The source's peer; null: it does nothing. */
export function applyCommit(stores: Stores, peer: Peer, entry: Entry): Peer | null {
  const commit = commitOf(entry)
  const before = peer.cell
  const isFitting = sameEpoch(commit.targetEpoch, before.epoch) && isAdjacent(before, rangeIn(commit, before))
  if (!isFitting) {
    stores.log('info', 'a merge was decided on another epoch and does nothing', { cell: before.id })
    return null
  }
  const found = bornHere(stores, peer.store, commit.source)
  if (!found?.initialized || wasRolledBack(found, commit.preparedIndex)) {
    refuseLate(stores, peer, commit.source)
    return null
  }
  stores.splits.cancel(peer)
  stores.snapshots.cancel(peer)
  const source = takeOut(stores, peer, found, commit)
  const version = Math.max(before.epoch.version, source.cell.epoch.version) + 1
  peer.cell = { ...hull(before, source.cell), epoch: { version, confVer: before.epoch.confVer } }
  peer.keys += source.keys
  peer.sizeBytes += source.sizeBytes
  peer.clockFloorMs = Math.max(peer.clockFloorMs, source.clockFloorMs)
  peer.absorbed = [...peer.absorbed, ...source.absorbed, { cell: commit.source, index: entry.index }]
  peer.usedMs = Math.max(peer.usedMs, source.usedMs)
  // Commands are held since the commit was proposed, so what is in memory is what is committed here.
  peer.working?.reshape(peer.cell, peer.keys, peer.sizeBytes)
  source.absorbedBy = peer
  stores.evaluator.refuseParked(source, Refusal.epochNotMatch, peer)
  peer.store.heirs.set(commit.source, peer.cell.id)
  stores.heartbeats.due(peer)
  return source
}

/**
 * Does the source's peer here take a snapshot in? It has all up to the preparation, but who leads it now may have come by a
 * snapshot itself, and cannot send it what is behind that entry by entry. The commit waits for the end of that.
 */
export function mustAwaitSource({ store }: Peer, entry: Entry): boolean {
  return store.peers.get(commitOf(entry).source)?.snapshotIn?.installing === true
}

function rangeIn({ start, end }: CommitMerge, like: Cell): Cell {
  return { ...like, start, end }
}

/**
 * Has the source's peer here gone on behind that preparation? A rollback in its log, be it known to be committed or not,
 * follows a refusal in the target's.
 */
function wasRolledBack({ applied, merging, group, snapshotIn }: Peer, preparedIndex: number): boolean {
  if (applied >= preparedIndex && merging?.index !== preparedIndex) return true
  // It lacks what its others have trimmed, and no log is trimmed behind a preparation that is not decided.
  if (snapshotIn?.installing) return true
  for (let index = Math.max(preparedIndex + 1, group.firstIndex()); index <= group.lastIndex(); index++) {
    if (isRollbackOf(group.entry(index), preparedIndex)) return true
  }
  return false
}

/**
 * A majority had refused this merge, and this peer, which had the commit in its log, is the one that goes on without them
 * (`unsafe-recover.ts`): what it has of the source went on by itself, or elsewhere. It does what the refusal would have done.
 */
function refuseLate(stores: Stores, peer: Peer, source: number): void {
  const { cell } = peer
  stores.log('warn', 'a merge that had been refused does nothing: its source has gone on', { cell: cell.id, source })
  raiseVersion(stores, peer)
}

/** The source's peer here, with all applied that is committed, and out of service. */
function takeOut(stores: Stores, peer: Peer, source: Peer, { sourceVersion, preparedIndex }: CommitMerge): Peer {
  while (source.applied < preparedIndex) apply(stores, source, source.group.entry(source.applied + 1))
  const { merging, cell } = source
  const isPrepared = merging?.target === peer.cell.id && merging.index === preparedIndex
  assert(isPrepared && cell.epoch.version === sourceVersion, 'a merge is committed as it was prepared')
  // What is behind the preparation changes nothing, so nothing is lost with it.
  source.pending.commit(preparedIndex, stores.termAt(source))
  endCell(stores, source)
  return source
}

/**
 * The peer of a cell that is known to have had one here. After a crash its birth may have to be replayed, and its parent may
 * not have come to that yet: nor ever will by itself, if it has become a part of another cell since. But what bore a child
 * is committed.
 */
function bornHere(stores: Stores, store: Store, id: number): Peer | undefined {
  const isBorn = () => store.peers.get(id)?.initialized === true
  for (const group of isBorn() ? [] : [...store.log.groups()]) {
    if (group.store !== store.id || group.cell === id) continue
    for (let index = group.firstIndex(); index <= group.lastIndex() && !isBorn(); index++) {
      if (childOf(group.entry(index)) !== id) continue
      const parent = bornHere(stores, store, group.cell)
      // An earlier one may have been decided on another epoch; those up to the one that bore it are committed.
      if (parent === undefined || parent.applied >= index) continue
      parent.node.learnCommitted(index)
      settle(stores, parent, index)
    }
  }
  return store.peers.get(id)
}

/** Out of service, and with it what was under way in its cell. */
function endCell(stores: Stores, peer: Peer): void {
  stores.splits.cancel(peer)
  peer.page = null
  peer.snapshotIn = null
  retire(stores, peer)
}

/**
 * Of a snapshot of the target: it tells of all that these peers have, and what they lack. They may go when no other peer
 * here waits for what only their logs know: a child that they have yet to bear, or that was just born.
 */
export function mayGiveWay(stores: Stores, store: Store, cell: Cell, absorbed: readonly Absorbed[]): boolean {
  return inTheWay(store, cell, absorbed).every((peer) => {
    const isFree = peer.barrier === null && peer.bornOf === null && peer.absorbing.length === 0
    return isFree && peer.snapshotIn === null && peer.durable >= peer.splitIndex && hasComeToItsEnd(stores, peer)
  })
}

/** Their data goes, and their states with it, when the snapshot is installed; its mark is in the log before this. */
export function giveWay(stores: Stores, store: Store, cell: Cell, absorbed: readonly Absorbed[]): void {
  for (const peer of inTheWay(store, cell, absorbed)) {
    stores.evaluator.refuseParked(peer, Refusal.cellNotFound)
    stores.writeBack.forget(peer)
    endCell(stores, peer)
    peer.dropOverlay()
    bury(stores, peer)
  }
}

function inTheWay(store: Store, { id }: Cell, absorbed: readonly Absorbed[]): Peer[] {
  return [...store.peers.values()].filter((peer) => peer.cell.id !== id && hasAbsorbed(absorbed, peer.cell.id))
}
