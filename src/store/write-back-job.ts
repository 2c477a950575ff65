/** What a write-back works on: one cell, from its state when it began to its last batch. */
import { type CellState, encodeCellState } from '../model/index.ts'
import { type EngineBatch, type KeyRange, metaKey } from '../storage/index.ts'
import { EntryGroups } from './entry-groups.ts'
import type { NewestEffects } from './newest.ts'
import type { Peer } from './peer.ts'
import type { Store } from './store.ts'

export interface Job {
  readonly peer: Peer
  readonly state: CellState
  bytes: number
  next: number
  ranges: KeyRange[]
  readonly newest: NewestEffects
  readonly groups: EntryGroups
  /** The next effect to be written; −1: they are still being read. */
  piece: number
  /** Who had asked for it when it began. */
  readonly request: Request | undefined
  /** Cells with little to write, whose all goes into the last batch of this one. */
  companions: Companion[]
}

export interface Companion {
  readonly peer: Peer
  readonly state: CellState
  readonly bytes: number
}

/** Someone waits for a cell to be written back. */
export interface Request {
  /** As of when; null: as of the moment at which the job begins. */
  readonly state: CellState | null
  readonly written: (state: CellState) => void
  /** What goes into the last batch beside the cell's own state: those that were born of it, and what is not here any more. */
  readonly barrier: Barrier | null
}

export interface Barrier {
  readonly states: readonly CellState[]
  readonly lost: readonly KeyRange[]
  /** Raw keys that are deleted. */
  readonly gone: readonly Uint8Array[]
}

export function newJob(peer: Peer, state: CellState, request: Request | undefined, newest: NewestEffects): Job {
  const next = peer.written + 1
  const groups = new EntryGroups()
  return { peer, state, bytes: 0, next, ranges: [], newest, groups, piece: -1, request, companions: [] }
}

export function addState(batch: EngineBatch, state: CellState): void {
  batch.keys.push(metaKey(state.cell.id))
  batch.values.push(encodeCellState(state))
}

/** The store's peers that hold the oldest segment of its log, which other stores may share. */
export function* holdersOf(store: Store): Iterable<Peer> {
  for (const group of store.log.holders()) {
    const peer = group.store === store.id ? store.peers.get(group.cell) : undefined
    if (peer !== undefined) yield peer
  }
}

/**
 * It has something of its own to write, and none of it is half of a group: a state never stands in the midst of one. While
 * the engine lacks what it has taken in, it is written up to there only, as `first` asks.
 */
export function isReady(peer: Peer, first: Request | undefined = undefined): boolean {
  const [absorption] = peer.absorbing
  if (absorption !== undefined && !(first?.state && first.state.appliedIndex <= absorption.index)) return false
  return !isVoid(peer) && peer.initialized && peer.bornOf === null && peer.openParts === 0
}

/** What was begun for the peer has no sense any more: it is removed, or its data is being replaced. */
export function isVoid(peer: Peer): boolean {
  return (peer.destroyed && peer.absorbedBy === null) || peer.snapshotIn !== null
}

/** What is prepared to be merged keeps its log from there on, so that nobody who has it needs a snapshot (`merge.ts`). */
export function trimMax({ durable, merging }: Peer): number {
  return merging === null ? durable : Math.min(durable, merging.index - 1)
}
