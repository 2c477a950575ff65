/**
 * Committed entries, on leaders and followers alike (rules 17, 22, 23). Effects stay where they are: the log's memory
 * is the overlay, and `written` tells how much of it is in the engine. Administrative entries take effect here, in the
 * turn that learns of their commit.
 */
import { assert } from '../base/index.ts'
import { type Entry, EntryType } from '../raft/index.ts'
import { applyCommit } from './absorb.ts'
import { EffectReader } from './entry.ts'
import { isEffects, isPart } from './entry-groups.ts'
import { applyMembership } from './membership.ts'
import { applyMergeStep, isCommitMerge, isOfMerge } from './merge.ts'
import type { Peer } from './peer.ts'
import { applySplit, isSplit, raiseBarrier } from './split.ts'
import type { Stores } from './stores.ts'

const reader = new EffectReader()

export function apply(stores: Stores, peer: Peer, entry: Entry): void {
  assert(entry.index === peer.applied + 1, 'an entry is applied out of order')
  let then: (() => void) | null = null
  const parts = peer.openParts
  // Behind any other entry than the one that closes it, a group has come to nothing.
  peer.openParts = isPart(entry) ? parts + 1 : 0
  if (entry.type !== EntryType.normal) {
    applyMembership(stores, peer, entry)
  } else if (isSplit(entry)) {
    const birth = applySplit(stores, peer, entry)
    if (birth !== null) then = () => raiseBarrier(stores, peer, birth)
    // The child needs its other peers, which are born when they hear of the commit.
    peer.node.announceCommit()
  } else if (isOfMerge(entry)) {
    const source = isCommitMerge(entry) ? applyCommit(stores, peer, entry) : null
    if (source !== null) then = () => stores.absorptions.begin(peer, source, entry.index)
    if (!isCommitMerge(entry)) applyMergeStep(stores, peer, entry)
    peer.node.announceCommit()
  } else if (entry.data.length > 0) {
    assert(isEffects(entry), 'an entry of an unknown kind')
    reader.reset(entry.data)
    assert(reader.version === peer.cell.epoch.version, 'effects that were evaluated under another version of the cell')
    peer.overlayBytes += entry.data.length
    peer.store.overlayBytes += entry.data.length
    if (peer.openParts === 0) {
      assert(reader.parts === parts, 'a group is closed by an entry that belongs to another')
      peer.keys = reader.keys
      peer.sizeBytes = Math.max(0, reader.sizeBytes)
    }
    if (reader.stampMs > peer.clockFloorMs) peer.clockFloorMs = reader.stampMs
  }
  peer.applied = entry.index
  peer.appliedTerm = entry.term
  // A new leader's own entry is no use of the cell: after ten thousand elections those that nobody uses sleep at once.
  if (entry.data.length > 0) peer.usedMs = stores.nowMs
  then?.()
  // Its own removal may have been the entry.
  if (!peer.destroyed) stores.writeBack.dirty(peer)
}
