/**
 * What is stored and said of merges: the administrative entries of one, what a cell's state knows of those it had a part
 * in, and what stores ask one another. What each means, and why, is told where they are applied: `store/merge.ts`.
 */
import './protobuf.ts'
import { copyBytes, EMPTY, unboxed } from '../base/index.ts'
import type { Cell, Epoch } from './cell.ts'
import { cellarium as proto } from './gen/cell.js'

/** A cell that is prepared to be merged into `target`, and serves nothing until that is decided. */
export interface Merging {
  readonly target: number
  /** The only epoch in which the target may take it in. */
  readonly targetEpoch: Epoch
  /** Of the entry that prepared it. */
  readonly index: number
}

/** A cell that was merged into this one, or into one that was; and by which entry of the log of the cell that took it in. */
export interface Absorbed {
  readonly cell: number
  readonly index: number
}

/** In the log of the source. */
export interface PrepareMerge {
  /** Of the source, on which it was decided; another one makes it a no-op. */
  readonly epoch: Epoch
  readonly target: number
  readonly targetEpoch: Epoch
}

/** In the log of the target: the decision for it. */
export interface CommitMerge {
  readonly source: number
  /** As of its preparation. */
  readonly sourceVersion: number
  /** The source is committed at least up to there. */
  readonly preparedIndex: number
  readonly start: Uint8Array
  readonly end: Uint8Array | null
  readonly targetEpoch: Epoch
}

/** In the log of the target: the decision against it. */
export interface RefuseMerge {
  readonly source: number
  readonly targetVersion: number
}

/** In the log of the source, when the target has decided against it. */
export interface RollbackMerge {
  readonly preparedIndex: number
}

/**
 * The leader of a cell that is prepared to be merged asks all stores what the log of its neighbour has decided, or shall
 * decide. Asked again and again; what a peer of the neighbour has applied of a decision never changes.
 */
export interface MergeAsked {
  readonly kind: 'mergeAsked'
  readonly fromStore: number
  readonly fromPeer: number
  /** As prepared. */
  readonly source: Cell
  readonly merging: Merging
  /** `commit`: all peers of the source have all of its log. `refuse`: it would rather serve again. */
  readonly wanted: 'commit' | 'refuse' | 'nothing'
}

export interface MergeTold {
  readonly kind: 'mergeTold'
  readonly toStore: number
  readonly toPeer: number
  readonly source: number
  readonly preparedIndex: number
  readonly decided: 'merged' | 'refused'
}

const NOTHING_ABSORBED: readonly Absorbed[] = []

type StoredEpoch = { version?: number | null; confVer?: number | null } | null | undefined

export function epochFrom(epoch: StoredEpoch): Epoch {
  return { version: unboxed(epoch?.version ?? 0), confVer: unboxed(epoch?.confVer ?? 0) }
}

export function mergingTo(merging: Merging | null): proto.IMerging | null {
  return merging === null ? null : { ...merging, targetEpoch: { ...merging.targetEpoch } }
}

export function mergingFrom(merging: proto.IMerging | null | undefined): Merging | null {
  if (!merging) return null
  return { target: merging.target ?? 0, targetEpoch: epochFrom(merging.targetEpoch), index: merging.index ?? 0 }
}

export function absorbedFrom(absorbed: readonly proto.IAbsorbed[] | null | undefined): readonly Absorbed[] {
  // Most cells have taken nothing in, and share this.
  if (!absorbed || absorbed.length === 0) return NOTHING_ABSORBED
  return absorbed.map(({ cell, index }) => ({ cell: cell ?? 0, index: index ?? 0 }))
}

export function encodePrepareMerge(prepare: PrepareMerge): Uint8Array {
  const { epoch, target, targetEpoch } = prepare
  return proto.PrepareMerge.encode({ epoch: { ...epoch }, target, targetEpoch: { ...targetEpoch } }).finish()
}

export function decodePrepareMerge(bytes: Uint8Array): PrepareMerge {
  const { epoch, target, targetEpoch } = proto.PrepareMerge.decode(bytes)
  return { epoch: epochFrom(epoch), target, targetEpoch: epochFrom(targetEpoch) }
}

export function encodeCommitMerge(commit: CommitMerge): Uint8Array {
  const { end, targetEpoch } = commit
  return proto.CommitMerge.encode({ ...commit, end: end ?? EMPTY, targetEpoch: { ...targetEpoch } }).finish()
}

export function decodeCommitMerge(bytes: Uint8Array): CommitMerge {
  const { source, sourceVersion, preparedIndex, start, end, targetEpoch } = proto.CommitMerge.decode(bytes)
  return {
    source,
    sourceVersion,
    preparedIndex,
    start: copyBytes(start),
    end: end.length > 0 ? copyBytes(end) : null,
    targetEpoch: epochFrom(targetEpoch),
  }
}

export function encodeRefuseMerge(refuse: RefuseMerge): Uint8Array {
  return proto.RefuseMerge.encode({ ...refuse }).finish()
}

export function decodeRefuseMerge(bytes: Uint8Array): RefuseMerge {
  const { source, targetVersion } = proto.RefuseMerge.decode(bytes)
  return { source, targetVersion }
}

export function encodeRollbackMerge(rollback: RollbackMerge): Uint8Array {
  return proto.RollbackMerge.encode({ ...rollback }).finish()
}

export function decodeRollbackMerge(bytes: Uint8Array): RollbackMerge {
  return { preparedIndex: proto.RollbackMerge.decode(bytes).preparedIndex }
}
