/**
 * A cell cut in two (rules 17 and 18).
 *
 * Phases at the leader: it has grown, and PD is asked → PD's order comes, with ids for the child → commands are held
 * until all that was evaluated is applied, and the cell is written back as of then → its engine is read from the start
 * to the middle (or to the key of the order), which finds the key and counts what is left of it, while commands go on
 * → commands are held again, and the split is proposed → applied.
 *
 * Phases at every peer, at the same index: the range cut, version + 1, the child born with what the log already has for
 * it → what the parent had not written back yet is written, with both states in the last batch (a *barrier*: until then
 * the child evaluates nothing and writes nothing back, for the engine lacks some of its keys) → both go on.
 *
 * No data moves. A key of a split never falls between two keys that begin with the same `{tag}`.
 */
import { assert, compareBytes, fromLatin1 } from '../base/index.ts'
import {
  type Cell,
  type CellState,
  containsKey,
  decodeSplit,
  encodeSplit,
  type Peer as Member,
  type OrderStep,
  peerOn,
  type Split,
  sameEpoch,
} from '../model/index.ts'
import { type Entry, EntryType } from '../raft/index.ts'
import { ENTRY_KIND, isMainKey, type Pair, rangeOf, SCOPE, userKeyOf } from '../storage/index.ts'
import { createPeer } from './birth.ts'
import { behind, rangeOfCell } from './cell-range.ts'
import { administrative, ownBytesOf } from './entry.ts'
import { KeyChanges } from './key-changes.ts'
import type { Peer } from './peer.ts'
import { Single } from './single.ts'
import type { Stores } from './stores.ts'
import { campaignUntilLed } from './survivors.ts'
import { View } from './view.ts'

/** The log of a split-born peer begins behind this entry, as that of a first cell does. */
export const BORN_INDEX = 5
const BORN_TERM = 5

const SCAN_PAIRS = 1000
const SCAN_BYTES = 1024 * 1024
/** A cell that is still too big asks PD again. */
const ASK_AGAIN_MS = 5000
/** A split that has not come about in this time is given up, and commands go on. */
const HOLD_MAX_MS = 2000

type OrderedSplit = Extract<OrderStep, { kind: 'split' }>

/** The leader's part of a split under way. */
export class SplitJob {
  readonly order: OrderedSplit
  readonly term: number
  phase: 'drain' | 'write' | 'scan' | 'proposed' = 'drain'
  heldSinceMs: number
  view: View | null = null
  /** As of this state the engine was read. */
  state: CellState | null = null
  readonly left: LeftHalf
  /** A FLUSHALL in between makes void what was counted. */
  rangeEffects = 0

  constructor(order: OrderedSplit, term: number, key: Uint8Array | null, nowMs: number) {
    this.order = order
    this.term = term
    this.heldSinceMs = nowMs
    this.left = new LeftHalf(key)
  }

  /** Commands wait: the split needs to know exactly what is in the cell. */
  get holdsCommands(): boolean {
    return this.phase === 'drain' || this.phase === 'proposed'
  }
}

export class Splits {
  readonly #stores: Stores
  readonly #askedMs = new Map<number, number>()

  constructor(stores: Stores) {
    this.#stores = stores
  }

  /** Cells that have grown too big ask PD; called each tick. */
  tick(peer: Peer): void {
    const { nowMs, options } = this.#stores
    const job = peer.split
    if (job?.holdsCommands && nowMs - job.heldSinceMs > HOLD_MAX_MS && job.phase === 'drain') this.cancel(peer)
    const tooBig = peer.working !== null && peer.working.sizeBytes > options.cellSize
    if (!tooBig || job !== null || peer.cell.system || peer.barrier !== null || peer.merging !== null) return
    if (nowMs - (this.#askedMs.get(peer.cell.id) ?? Number.NEGATIVE_INFINITY) < ASK_AGAIN_MS) return
    const reason = `${Math.round((peer.working?.sizeBytes ?? 0) / 1024)} KiB are more than ${options.cellSize / 1024} KiB`
    const told = this.#stores.tellPd({ kind: 'splitWanted', store: peer.store.id, cell: peer.cell, reason })
    if (told) this.#askedMs.set(peer.cell.id, nowMs)
  }

  /** PD's order. One that makes no sense here is left: PD derives its orders anew. */
  begin(peer: Peer, order: OrderedSplit): void {
    if (peer.split !== null || peer.barrier !== null || peer.working === null || peer.cell.system) return
    if (peer.merging !== null || peer.isAdministered) return
    if (peer.confState.votersOutgoing.length > 0) return
    const key = order.key === null ? null : beginningOfTag(order.key)
    if (key !== null && (!containsKey(peer.cell, key) || compareBytes(key, peer.cell.start) === 0)) return
    peer.split = new SplitJob(order, peer.node.term, key, this.#stores.nowMs)
    this.advance(peer)
  }

  /** Called in each turn in which something has happened to a peer with a split under way. */
  advance(peer: Peer): void {
    const job = peer.split
    const working = peer.working
    if (job === null || job.phase !== 'drain') return
    if (working === null || working.term !== job.term) return this.cancel(peer)
    if (peer.applied !== peer.node.lastIndex) return
    job.phase = 'write'
    job.state = { ...peer.state(), keys: working.count, sizeBytes: working.sizeBytes }
    job.rangeEffects = working.rangeEffects
    working.changes = new KeyChanges()
    this.#stores.writeBack.forceAs(peer, job.state, () => {
      if (peer.split !== job) return
      job.phase = 'scan'
      job.view = new View(peer.store.engine)
      this.#scan(peer, job, null)
    })
  }

  /** Leadership is lost, or the split came to nothing: commands go on. */
  cancel(peer: Peer): void {
    const job = peer.split
    if (job === null) return
    peer.split = null
    job.view?.release()
    job.view = null
    if (peer.working !== null) peer.working.changes = null
    this.#stores.writeBack.withdraw(peer, job.state)
    this.#stores.touch(peer)
  }

  #scan(peer: Peer, job: SplitJob, after: Uint8Array | null): void {
    const { cell } = peer
    const range = rangeOfCell(cell)
    const halfBytes = (job.state as CellState).sizeBytes / 2
    const limits = { pairsMax: SCAN_PAIRS, bytesMax: SCAN_BYTES }
    ;(job.view as View).scan(after ?? range.start, range.end, limits, (error, pairs, more) => {
      this.#stores.complete(() => {
        if (error !== null) return this.#stores.engineFailed(peer.store, error)
        if (peer.split !== job || job.view === null) return
        for (const pair of pairs) if (job.left.take(pair, halfBytes, cell.start)) return this.#propose(peer, job)
        const last = pairs[pairs.length - 1]
        if (more && last !== undefined) return this.#scan(peer, job, behind(last.key))
        // To the right of the key of an order there may be nothing; a middle that was not found is none.
        if (job.left.key !== null && job.order.key !== null) return this.#propose(peer, job)
        return this.cancel(peer)
      })
    })
  }

  #propose(peer: Peer, job: SplitJob): void {
    const { working, node, cell } = peer
    const key = job.left.key as Uint8Array
    if (working === null || working.term !== job.term || !node.isLeader || node.term !== job.term)
      return this.cancel(peer)
    // A change of members since the order makes the ids of the child's peers wrong; a child is never born joint.
    if (peer.confState.votersOutgoing.length > 0) return this.cancel(peer)
    if (!fits(job.order.childPeers, cell) || node.proposalBudgetBytes() === 0 || peer.isAdministered)
      return this.cancel(peer)
    if (working.rangeEffects !== job.rangeEffects) return this.cancel(peer)
    const changes = (working.changes ?? new KeyChanges()).leftOf(key)
    const parentKeys = job.left.keys + changes.keys
    const parentBytes = Math.min(working.sizeBytes, Math.max(0, job.left.bytes + changes.bytes))
    const split: Split = {
      epoch: cell.epoch,
      key,
      child: job.order.child,
      childPeers: job.order.childPeers,
      parentKeys,
      childKeys: working.count - parentKeys,
      parentBytes,
      childBytes: working.sizeBytes - parentBytes,
      single: job.order.single ?? false,
    }
    if (!node.propose(administrative(ENTRY_KIND.split, encodeSplit(split)))) return this.cancel(peer)
    job.view?.release()
    job.view = null
    job.phase = 'proposed'
    job.heldSinceMs = this.#stores.nowMs
    this.#stores.touch(peer)
  }
}

/** What the scan has passed: everything left of `key`, once that is known. */
class LeftHalf {
  key: Uint8Array | null
  keys = 0
  bytes = 0
  readonly #given: boolean
  #tag: string | null = null
  #keysBeforeTag = 0
  #bytesBeforeTag = 0

  constructor(key: Uint8Array | null) {
    this.key = key
    this.#given = key !== null
  }

  /** True when the key is found: the pair, and all behind it, are right of it. */
  take(pair: Pair, halfBytes: number, start: Uint8Array): boolean {
    const userKey = userKeyOf(pair.key)
    if (this.#given) {
      if (compareBytes(userKey, this.key as Uint8Array) >= 0) return true
    } else if (isMainKey(pair.key)) {
      const tag = tagOf(userKey)
      if (tag === null || tag !== this.#tag) {
        if (this.bytes >= halfBytes && this.keys > 0) return this.#cutAt(tag === null ? userKey : fromLatin1(tag))
        this.#tag = tag
        this.#keysBeforeTag = this.keys
        this.#bytesBeforeTag = this.bytes
      } else if (this.bytes >= halfBytes && this.#keysBeforeTag > 0 && compareBytes(fromLatin1(tag), start) > 0) {
        // The middle lies within a tag: the cut goes before it.
        this.keys = this.#keysBeforeTag
        this.bytes = this.#bytesBeforeTag
        return this.#cutAt(fromLatin1(tag))
      }
    }
    // As the working state counts a key: its bytes, and those of its value wherever they lie.
    if (isMainKey(pair.key)) {
      this.keys++
      this.bytes += userKey.length + ownBytesOf(pair.value)
    } else {
      this.bytes += pair.value.length
    }
    return false
  }

  #cutAt(key: Uint8Array): true {
    this.key = Uint8Array.from(key)
    return true
  }
}

/** `{tag}` with its braces when the key begins with one; a character per byte. */
function tagOf(key: Uint8Array): string | null {
  if (key[0] !== 0x7b) return null
  const end = key.indexOf(0x7d)
  return end < 0 ? null : Buffer.from(key.buffer, key.byteOffset, end + 1).toString('latin1')
}

/** Where the keys of a key's tag begin; the key itself when it has none. */
function beginningOfTag(key: Uint8Array): Uint8Array {
  const tag = tagOf(key)
  return tag === null ? key : fromLatin1(tag)
}

/** Do the child's peers live beside the parent's, in the same roles, and beside all who vote? An order may be older. */
function fits(childPeers: readonly Member[], parent: Cell): boolean {
  const isBeside = (peer: Member) => childPeers.some(({ store }) => store === peer.store)
  if (!parent.peers.every((peer) => peer.role !== 'voter' || isBeside(peer))) return false
  return childPeers.every((peer) => peerOn(parent, peer.store)?.role === peer.role)
}

export function isSplit(entry: Entry): boolean {
  return entry.data[0] === ENTRY_KIND.split
}

/** Whom the entry bears; 0: nobody. */
export function childOf(entry: Entry): number {
  return entry.type === EntryType.normal && isSplit(entry) ? decodeSplit(entry.data.subarray(1)).child : 0
}

/** What a split that was applied leaves to be done: the cell as it was, and the child's peer, if there is one here. */
export interface Birth {
  readonly before: Cell
  readonly child: Peer | null
}

/** At every peer, at the same index. The caller has not counted the entry as applied yet. Null: it does nothing. */
export function applySplit(stores: Stores, peer: Peer, entry: Entry): Birth | null {
  const split = decodeSplit(entry.data.subarray(1))
  if (!sameEpoch(split.epoch, peer.cell.epoch) || !containsKey(peer.cell, split.key)) {
    stores.log('info', 'a split was decided on another epoch and does nothing', { cell: peer.cell.id })
    stores.splits.cancel(peer)
    stores.heartbeats.due(peer)
    return null
  }
  stores.splits.cancel(peer)
  stores.snapshots.cancel(peer)
  const before = peer.cell
  const version = before.epoch.version + 1
  const childCell: Cell = {
    id: split.child,
    system: before.system,
    start: split.key,
    end: before.end,
    epoch: { version, confVer: before.epoch.confVer },
    peers: split.childPeers,
  }
  peer.cell = { ...before, end: split.key, epoch: { version, confVer: before.epoch.confVer } }
  peer.keys = split.parentKeys
  peer.sizeBytes = split.parentBytes
  // Commands are held since the split was proposed, so what is in memory is what is committed here.
  const { working } = peer
  const isExact = working !== null && peer.isLeader && working.entryIndex <= entry.index
  const inherited = isExact ? working.heirs(split.key) : null
  working?.reshape(peer.cell, split.parentKeys, split.parentBytes)
  const child = bearChild(stores, peer, childCell, split)
  if (child !== null) child.inherited = inherited
  // A second split may be applied while the barrier of the first is up: it covers the widest range.
  peer.barrier ??= before
  peer.barriers++
  peer.splitIndex = entry.index
  stores.heartbeats.due(peer)
  // The leader of the parent leads the child as well, if the others agree: its caches and its clients are here.
  // Theirs may come to be a moment after they are asked, so they are asked again with each tick: until somebody leads, the
  // child's part of the keys is not served.
  if (child !== null && peer.isLeader) campaignUntilLed(stores, child)
  if (child !== null) stores.touch(child)
  return { before, child }
}

/** When the split's entry counts as applied: everything up to it goes to the engine before anything else does. */
export function raiseBarrier(stores: Stores, peer: Peer, { before, child }: Birth): void {
  const states = child === null ? [] : [child.state()]
  const lost = child === null ? [rangeOf(SCOPE.user, peer.cell.end, before.end)] : []
  stores.writeBack.forceAs(
    peer,
    peer.state(),
    () => {
      if (--peer.barriers === 0) peer.barrier = null
      if (child !== null) {
        child.bornOf = null
        stores.touch(child)
      }
      stores.touch(peer)
    },
    { states, lost, gone: [] },
  )
}

/** The child's peer on this store; null when it has none here, or none any more. */
function bearChild(stores: Stores, parent: Peer, cell: Cell, split: Split): Peer | null {
  const { store } = parent
  const member = peerOn(cell, store.id)
  if (member === undefined || store.isBuried(cell.id, member.id)) return null
  const { log } = store
  const start = { index: BORN_INDEX, term: BORN_TERM }
  const newborn = { term: BORN_TERM, vote: 0, commit: BORN_INDEX }
  // One that another's message called to life knows nothing yet: it is born anew, from the parent. But it may have voted, and
  // heard a leader, and what it promised by that it keeps.
  const stranger = store.peers.get(cell.id)
  if (stranger !== undefined) {
    assert(!stranger.initialized, 'a child lives before it is born')
    store.peers.delete(cell.id)
    store.active.delete(stranger)
    stranger.destroyed = true
    stores.writeBack.forget(stranger)
  }
  let group = log.group(store.id, cell.id)
  if (group === undefined) group = log.create(store.id, cell.id, member.id, start, newborn)
  else if (group.firstIndex() === 1) {
    const { term, vote } = group.hardState
    log.restart(group, start, term >= BORN_TERM ? { ...newborn, term, vote } : newborn)
  }
  const voters = cell.peers.filter((peer) => peer.role === 'voter').map((peer) => peer.id)
  const learners = cell.peers.filter((peer) => peer.role === 'learner').map((peer) => peer.id)
  const state: CellState = {
    cell,
    peer: member.id,
    appliedIndex: BORN_INDEX,
    appliedTerm: BORN_TERM,
    clockFloorMs: parent.clockFloorMs,
    keys: split.childKeys,
    sizeBytes: split.childBytes,
    confState: { voters, votersOutgoing: [], learners, learnersNext: [], autoLeave: false },
    installing: false,
    merging: null,
    absorbed: [],
  }
  const child = createPeer(stores, store, state, group)
  child.bornOf = parent
  if (split.single) child.single = new Single(cell.epoch.confVer)
  // It has been used as its parent was: one that was never used would be put to sleep at once.
  child.usedMs = parent.usedMs
  if (stranger !== undefined) child.leaderContactMs = stranger.leaderContactMs
  store.peers.set(cell.id, child)
  stores.heartbeats.due(child)
  return child
}
