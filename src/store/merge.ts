/**
 * Two neighbouring cells made one (rule 19): the *source* S becomes a part of the *target* T. Their peers live on the same
 * stores, all of them voters.
 *
 * Phases: PD's order to S's leader → **prepare** in S's log: from the moment it is proposed S serves no command, writes or
 * reads, and when it is applied, S has a later version and is *merging* → when every voter of S has the log up to there,
 * S's leader asks T's leader to decide → **commit** in T's log, and wherever it is applied, the peer of S there becomes a
 * part of that of T (`absorb.ts`); or **refuse** in T's log, and then **rollback** in S's, which serves again.
 *
 * Why it is safe:
 *
 * 1. *The decision is in one log, and is made once.* Commit and refuse name the version of T for which S was prepared, do
 *    nothing under another one, and each of them raises it, as everything does that changes T's range. So of all that is
 *    ever proposed for one preparation at most one has effect, and what is behind it finds another version.
 * 2. *The decision can be read off any peer of T.* `absorbed` names what has become a part of T, and is handed on with T
 *    itself. So a peer with a later version than the expected one and without S among its absorbed has decided against S,
 *    one with S among them has decided for it, and no later entry changes what it says. It may be old: then it says nothing.
 * 3. *A rollback follows a refusal only*, so S and T never both serve S's keys. No clock has a say in it: a leader of S
 *    that has waited too long asks T to refuse, and goes on asking until it knows.
 * 4. *S serves nothing while it is decided.* The leader that proposed the preparation has served nothing since. Those of
 *    earlier terms had lost their leases before it was elected, and cannot confirm their leadership. Those of later terms
 *    have applied the preparation before they evaluate anything (rule 2): it is committed before T is asked.
 *    So T's leader may serve the whole range as soon as it has applied the commit and the engine has what S had.
 * 5. *Where T applies the commit, S's data is there.* T's epoch is the one of the order, members and all, so it has peers
 *    exactly on the stores of S, whose membership nothing changes once it is prepared (its version is another). Each of
 *    these had acknowledged S's log up to the preparation, synced; it is committed, so it is never cut off; it is not
 *    trimmed while S is merging. So what of it is not applied yet can be applied there and then, whatever the peer of S
 *    knows to be committed. Behind the preparation there are only entries that change no key. If a crash has taken its
 *    birth back, what bore it is in another log there, and that is committed, too (`absorb.ts`: `bornHere`).
 * 6. *Who comes by a snapshot comes behind the decision.* A snapshot of T that tells of S among its absorbed takes the
 *    place of S's peer (`absorb.ts`: `giveWay`). One whose store has no peer of T any more asks PD, as anyone without a
 *    leader does, and goes; but it stays while there is a peer of T that may still have to take it in.
 * 7. *Time never goes back* (rule 7): T's clock becomes the later of the two.
 *
 * A crash anywhere loses nothing but time: what is merging is applied state, and whoever leads S next asks again.
 */
import { compareBytes } from '../base/index.ts'
import {
  type Absorbed,
  type Cell,
  decodeCommitMerge,
  decodePrepareMerge,
  decodeRefuseMerge,
  decodeRollbackMerge,
  encodeCommitMerge,
  encodePrepareMerge,
  encodeRefuseMerge,
  encodeRollbackMerge,
  type MergeAsked,
  type MergeTold,
  type Merging,
  peerOn,
  sameEpoch,
} from '../model/index.ts'
import { type Entry, EntryType, ProgressState } from '../raft/index.ts'
import { ENTRY_KIND } from '../storage/index.ts'
import { administrative } from './entry.ts'
import { answersNow } from './membership.ts'
import type { Peer } from './peer.ts'
import type { Store } from './store.ts'
import type { Stores } from './stores.ts'

/** A merge that is not decided so long after its preparation, or after its leader came, is to be refused. */
const PATIENCE_MS = 3000
/** A voter that lacks more entries than this would keep the cell waiting. */
const LAG_MAX = 1000

export class Merges {
  readonly #stores: Stores

  constructor(stores: Stores) {
    this.#stores = stores
  }

  /**
   * PD's order to the source. One that makes no sense here is left: PD derives its orders anew. False: it would make sense
   * if all voters were known to be there, which a leader that has just come, or slept, finds out in a moment.
   */
  begin(peer: Peer, target: Cell): boolean {
    const { cell, store } = peer
    if (cell.system || target.system || !mayPropose(peer) || peer.barrier !== null || peer.merging !== null) return true
    if (peer.split !== null || peer.confState.votersOutgoing.length > 0) return true
    if (!isAdjacent(cell, target) || !livesWith(cell, target)) return true
    // The neighbour may have changed since PD heard of it, or be about to, and in vain a cell is not to stop serving.
    const beside = store.peers.get(target.id)
    if (beside === undefined || beside.merging !== null) return true
    if (beside.cell.epoch.version > target.epoch.version) return true
    if (!this.#isWhole(peer)) return false
    const prepare = { epoch: cell.epoch, target: target.id, targetEpoch: target.epoch }
    this.#propose(peer, ENTRY_KIND.prepareMerge, encodePrepareMerge(prepare))
    return true
  }

  /** All its voters are there and close behind. */
  #isWhole(peer: Peer): boolean {
    const { id: self, node, cell } = peer
    return cell.peers.every(({ id }) => {
      if (id === self) return true
      const progress = node.progress(id)
      if (progress?.state !== ProgressState.replicate || progress.match + LAG_MAX < node.lastIndex) return false
      return answersNow(this.#stores, peer, id)
    })
  }

  /** Nobody evaluates anything for this cell until the entry is applied (rule 17). */
  #propose(peer: Peer, kind: number, bytes: Uint8Array): void {
    if (!peer.node.propose(administrative(kind, bytes))) return
    peer.administeredIndex = peer.node.lastIndex
    this.#stores.touch(peer)
  }

  /** Called whenever something has happened to a peer that is merging: its leader asks what was decided, or is to be. */
  advance(peer: Peer): void {
    const { merging, cell, store } = peer
    const { nowMs, options, transport } = this.#stores
    if (merging === null || !mayPropose(peer)) return
    const wanted = this.#wanted(peer, merging)
    if (wanted === peer.mergeWanted && nowMs - peer.mergeAskedMs < options.tick) return
    peer.mergeWanted = wanted
    peer.mergeAskedMs = nowMs
    const asked: MergeAsked = {
      kind: 'mergeAsked',
      fromStore: store.id,
      fromPeer: peer.id,
      source: cell,
      merging,
      wanted,
    }
    // Whoever has a peer of the target, wherever that has moved since, may know.
    for (let executor = 0; executor < this.#stores.topology.executors; executor++) {
      transport.tellExecutor(executor, asked)
    }
  }

  #wanted(peer: Peer, { index }: Merging): MergeAsked['wanted'] {
    const sinceMs = Math.max(peer.preparedMs, peer.leadSinceMs)
    if (this.#stores.nowMs - sinceMs >= PATIENCE_MS) return 'refuse'
    const all = peer.cell.peers.every((member) => (peer.node.progress(member.id)?.match ?? 0) >= index)
    return all ? 'commit' : 'nothing'
  }

  /** The question of a source's leader, for any store of this executor. */
  asked(message: MergeAsked): void {
    const { source, merging, fromStore, fromPeer } = message
    let decided: MergeTold['decided'] | null = null
    let isHere = false
    for (const { peers } of this.#stores.stores.values()) {
      const target = peers.get(merging.target)
      if (target === undefined) continue
      isHere = true
      decided ??= decisionOf(target, source.id, merging)
      if (decided === null) this.#decide(target, message)
    }
    // It may have become a part of another cell since.
    if (!isHere) for (const peer of this.#stores.peers()) decided ??= decisionOf(peer, source.id, merging)
    if (decided === null) return
    const preparedIndex = merging.index
    const told: MergeTold = {
      kind: 'mergeTold',
      toStore: fromStore,
      toPeer: fromPeer,
      source: source.id,
      preparedIndex,
      decided,
    }
    this.#stores.transport.tell(fromStore, told)
  }

  /** The target's leader proposes the decision. */
  #decide(peer: Peer, { source, merging, wanted }: MergeAsked): void {
    const stores = this.#stores
    if (wanted === 'nothing') return
    stores.beginnings.hurry(peer)
    if (!mayPropose(peer) || peer.split?.phase === 'proposed') return
    stores.sleep.wake(peer)
    stores.touch(peer)
    // Behind its own preparation nothing may change its keys or its version (5). What becomes of it raises that, or makes it
    // a part of another: either way what is asked now is refused then.
    if (peer.merging !== null) return
    const { cell } = peer
    const fits = sameEpoch(cell.epoch, merging.targetEpoch) && isAdjacent(cell, source) && livesWith(cell, source)
    if (wanted === 'commit' && fits) {
      const { id, start, end, epoch } = source
      const { targetEpoch, index: preparedIndex } = merging
      const commit = { source: id, sourceVersion: epoch.version, preparedIndex, start, end, targetEpoch }
      this.#propose(peer, ENTRY_KIND.commitMerge, encodeCommitMerge(commit))
      return
    }
    const targetVersion = merging.targetEpoch.version
    this.#propose(peer, ENTRY_KIND.refuseMerge, encodeRefuseMerge({ source: source.id, targetVersion }))
  }

  /** What a peer of the target, or of whatever that has become a part of, has applied. */
  told({ toStore, toPeer, source, preparedIndex, decided }: MergeTold): void {
    const peer = this.#stores.peer(toStore, source)
    if (peer?.id !== toPeer || peer.merging?.index !== preparedIndex) return
    if (decided === 'merged') return hearOfMerger(this.#stores, peer)
    if (mayPropose(peer)) this.#propose(peer, ENTRY_KIND.rollbackMerge, encodeRollbackMerge({ preparedIndex }))
  }
}

/** It leads, knows all that is committed, and nothing that changes the cell is on its way. */
function mayPropose(peer: Peer): boolean {
  const { working, node } = peer
  if (working === null || !node.isLeader || working.term !== node.term || peer.transferTo !== 0) return false
  return !peer.isAdministered && peer.absorbing.length === 0 && node.proposalBudgetBytes() > 0
}

/** Null: it does not know. What it says once it says for ever. */
function decisionOf(peer: Peer, source: number, merging: Merging): MergeTold['decided'] | null {
  if (!peer.initialized) return null
  const isTarget = peer.cell.id === merging.target
  if (isTarget && peer.cell.epoch.version <= merging.targetEpoch.version) return null
  if (hasAbsorbed(peer.absorbed, source)) return 'merged'
  return isTarget || hasAbsorbed(peer.absorbed, merging.target) ? 'refused' : null
}

export function hasAbsorbed(absorbed: readonly Absorbed[], cell: number): boolean {
  for (let i = 0; i < absorbed.length; i++) if ((absorbed[i] as Absorbed).cell === cell) return true
  return false
}

export function isAdjacent(a: Cell, b: Cell): boolean {
  if (a.end !== null && compareBytes(a.end, b.start) === 0) return true
  return b.end !== null && compareBytes(b.end, a.start) === 0
}

/** Voters on the same stores, and nobody else. */
function livesWith(a: Cell, b: Cell): boolean {
  if (a.peers.length !== b.peers.length) return false
  return a.peers.every(({ store, role }) => role === 'voter' && peerOn(b, store)?.role === 'voter')
}

export function isOfMerge(entry: Entry): boolean {
  const kind = entry.data[0] ?? 0
  return entry.type === EntryType.normal && kind >= ENTRY_KIND.prepareMerge && kind <= ENTRY_KIND.rollbackMerge
}

/** Prepare, refuse and rollback change nothing but the cell's version and what it waits for. False: it does nothing. */
export function applyMergeStep(stores: Stores, peer: Peer, entry: Entry): boolean {
  const { epoch } = peer.cell
  const bytes = entry.data.subarray(1)
  switch (entry.data[0]) {
    case ENTRY_KIND.prepareMerge: {
      const prepare = decodePrepareMerge(bytes)
      if (!sameEpoch(prepare.epoch, epoch)) return false
      const { target, targetEpoch } = prepare
      peer.merging = { target, targetEpoch, index: entry.index }
      peer.preparedMs = stores.nowMs
      break
    }
    case ENTRY_KIND.refuseMerge:
      if (decodeRefuseMerge(bytes).targetVersion !== epoch.version) return false
      break
    case ENTRY_KIND.rollbackMerge:
      if (peer.merging?.index !== decodeRollbackMerge(bytes).preparedIndex) return false
      peer.merging = null
      break
  }
  raiseVersion(stores, peer)
  return true
}

/** All that a refusal does: what was asked of the former version counts no more. */
export function raiseVersion(stores: Stores, peer: Peer): void {
  const { epoch } = peer.cell
  peer.mergeWanted = null
  stores.splits.cancel(peer)
  peer.cell = { ...peer.cell, epoch: { ...epoch, version: epoch.version + 1 } }
  stores.heartbeats.due(peer)
  stores.touch(peer)
}

export function isRollbackOf(entry: Entry, preparedIndex: number): boolean {
  if (!isOfMerge(entry) || entry.data[0] !== ENTRY_KIND.rollbackMerge) return false
  return decodeRollbackMerge(entry.data.subarray(1)).preparedIndex === preparedIndex
}

/**
 * The cell is a part of another one for good. Its peer goes, unless one of the target is here that may have to take it in:
 * that one will, or a snapshot will take the place of both.
 */
export function hearOfMerger(stores: Stores, peer: Peer): void {
  const prepared = preparedIn(peer)
  if (prepared !== null && mayTakeIn(peer.store, prepared.target)) return
  if (hasComeToItsEnd(stores, peer)) stores.removals.removeUnknowing(peer)
}

/** A peer of it is here with data, or is still to be born of a split that will be replayed. */
function mayTakeIn(store: Store, target: number): boolean {
  const group = store.log.group(store.id, target)
  return store.peers.get(target)?.initialized === true || (group !== undefined && group.firstIndex() > 1)
}

/**
 * Of a peer whose cell is known to be a part of another: has it applied all that is committed, up to its preparation? What
 * it is not told by a leader any more it is told here.
 */
export function hasComeToItsEnd(stores: Stores, peer: Peer): boolean {
  const index = preparedIn(peer)?.index ?? 0
  if (peer.applied >= Math.max(index, peer.node.committed)) return true
  peer.node.learnCommitted(index)
  stores.sleep.wake(peer)
  stores.touch(peer)
  return false
}

/** What its log was last prepared for, be that known to be committed or not; null: nothing, or it was rolled back. */
function preparedIn({ merging, group }: Peer): Pick<Merging, 'target' | 'index'> | null {
  if (merging !== null) return merging
  for (let index = group.lastIndex(); index >= group.firstIndex(); index--) {
    const entry = group.entry(index)
    if (!isOfMerge(entry)) continue
    if (entry.data[0] === ENTRY_KIND.rollbackMerge) return null
    if (entry.data[0] === ENTRY_KIND.prepareMerge) {
      return { target: decodePrepareMerge(entry.data.subarray(1)).target, index }
    }
  }
  return null
}

export function isCommitMerge(entry: Entry): boolean {
  return entry.data[0] === ENTRY_KIND.commitMerge
}

export function commitOf(entry: Entry) {
  return decodeCommitMerge(entry.data.subarray(1))
}
