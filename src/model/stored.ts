/** Cells and what is stored beside them, to protobuf and back. The generated classes stay behind this file. */
import './protobuf.ts'
import { copyBytes, copySmall, EMPTY, unboxed } from '../base/index.ts'
import type { Cell, Epoch, Peer } from './cell.ts'
import { cellarium as proto } from './gen/cell.js'
import { type Absorbed, absorbedFrom, epochFrom, type Merging, mergingFrom, mergingTo } from './merges.ts'

/** As Raft's thesis has it: who votes now, who voted before a joint change, who learns, and who will learn after it. */
export interface StoredConfState {
  voters: number[]
  votersOutgoing: number[]
  learners: number[]
  learnersNext: number[]
  autoLeave: boolean
}

/** The applied state of a peer, beside its data and written in the same batch. */
export interface CellState {
  readonly cell: Cell
  readonly peer: number
  readonly appliedIndex: number
  readonly appliedTerm: number
  /** Milliseconds since 1970: no evaluation of this cell sees an earlier time (a dead key stays dead). */
  readonly clockFloorMs: number
  readonly keys: number
  readonly sizeBytes: number
  readonly confState: StoredConfState
  /** A snapshot is being taken in; the data is not whole, and the install starts again after a crash. */
  readonly installing: boolean
  readonly merging: Merging | null
  /** What has become a part of this cell; these ids are dead for ever. */
  readonly absorbed: readonly Absorbed[]
}

/** In the context of a configuration change: the store of each peer it names, and the epoch it was decided on. */
export interface MembershipChange {
  readonly peers: readonly Peer[]
  readonly epoch: Epoch
}

function peerFrom(peer: { id?: number | null; store?: number | null; learner?: boolean | null }): Peer {
  return { id: unboxed(peer.id ?? 0), store: peer.store ?? 0, role: peer.learner ? 'learner' : 'voter' }
}

function peerTo(peer: Peer): { id: number; store: number; learner: boolean } {
  return { id: peer.id, store: peer.store, learner: peer.role === 'learner' }
}

function cellTo(cell: Cell) {
  return {
    id: cell.id,
    system: cell.system,
    start: cell.start,
    end: cell.end ?? EMPTY,
    epoch: { ...cell.epoch },
    peers: cell.peers.map(peerTo),
  }
}

function cellFrom(cell: proto.ICell | null | undefined): Cell {
  // Decoded bytes are views of the input, which may be a ring or a batch: keep copies.
  const end = cell?.end
  return {
    id: unboxed(cell?.id ?? 0),
    system: cell?.system ?? false,
    start: copySmall(cell?.start ?? EMPTY),
    end: end && end.length > 0 ? copySmall(end) : null,
    epoch: epochFrom(cell?.epoch),
    peers: (cell?.peers ?? []).map(peerFrom),
  }
}

export function encodeCell(cell: Cell): Uint8Array {
  return proto.Cell.encode(cellTo(cell)).finish()
}

export function decodeCell(bytes: Uint8Array): Cell {
  return cellFrom(proto.Cell.decode(bytes))
}

export function encodeCellState(state: CellState): Uint8Array {
  const { merging, absorbed } = state
  return proto.CellState.encode({
    ...state,
    cell: cellTo(state.cell),
    merging: mergingTo(merging),
    absorbed: [...absorbed],
  }).finish()
}

export function decodeCellState(bytes: Uint8Array): CellState {
  const state = proto.CellState.decode(bytes)
  return {
    cell: cellFrom(state.cell),
    peer: unboxed(state.peer),
    appliedIndex: unboxed(state.appliedIndex),
    appliedTerm: unboxed(state.appliedTerm),
    clockFloorMs: state.clockFloorMs,
    keys: state.keys,
    sizeBytes: sizeFrom(state.sizeBytes),
    confState: {
      voters: idsFrom(state.confState?.voters),
      votersOutgoing: idsFrom(state.confState?.votersOutgoing),
      learners: idsFrom(state.confState?.learners),
      learnersNext: idsFrom(state.confState?.learnersNext),
      autoLeave: state.confState?.autoLeave ?? false,
    },
    installing: state.installing,
    merging: mergingFrom(state.merging),
    absorbed: absorbedFrom(state.absorbed),
  }
}

/** Who is in no part of a configuration is in the same one for all cells: these lists are never changed. */
const NO_IDS: number[] = []

function idsFrom(ids: readonly number[] | null | undefined): number[] {
  return ids === null || ids === undefined || ids.length === 0 ? NO_IDS : ids.map(unboxed)
}

/** A size that was below zero when it was written comes back as nearly 2^64, and stays so for ever if it is believed. */
function sizeFrom(bytes: number): number {
  return bytes > Number.MAX_SAFE_INTEGER ? 0 : bytes
}

export function encodeMembershipChange(change: MembershipChange): Uint8Array {
  return proto.MembershipChange.encode({ peers: change.peers.map(peerTo), epoch: { ...change.epoch } }).finish()
}

export function decodeMembershipChange(bytes: Uint8Array): MembershipChange {
  const change = proto.MembershipChange.decode(bytes)
  return { peers: (change.peers ?? []).map(peerFrom), epoch: epochFrom(change.epoch) }
}

/**
 * An administrative entry: cut the cell at `key`; what is right of it becomes the child. Keys and bytes of both halves
 * are as the leader knows them when it proposes.
 */
export interface Split {
  readonly epoch: Epoch
  readonly key: Uint8Array
  readonly child: number
  readonly childPeers: readonly Peer[]
  readonly parentKeys: number
  readonly childKeys: number
  readonly parentBytes: number
  readonly childBytes: number
  /** The child goes on with one copy: it is born on all stores, and whoever leads it first removes the others. */
  readonly single: boolean
}

export function encodeSplit(split: Split): Uint8Array {
  return proto.Split.encode({
    ...split,
    epoch: { ...split.epoch },
    childPeers: split.childPeers.map(peerTo),
  }).finish()
}

export function decodeSplit(bytes: Uint8Array): Split {
  const split = proto.Split.decode(bytes)
  return {
    epoch: epochFrom(split.epoch),
    key: copyBytes(split.key),
    child: split.child,
    childPeers: (split.childPeers ?? []).map(peerFrom),
    parentKeys: split.parentKeys,
    childKeys: split.childKeys,
    parentBytes: sizeFrom(split.parentBytes),
    childBytes: sizeFrom(split.childBytes),
    single: split.single ?? false,
  }
}
