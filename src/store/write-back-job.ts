/** What a write-back works on: one cell, from its state when it began to its last batch. */
import type { CellState } from '../model/index.ts'
import type { KeyRange } from '../storage/index.ts'
import { EntryGroups } from './entry-groups.ts'
import type { NewestEffects } from './newest.ts'
import type { Peer } from './peer.ts'

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
}

export function newJob(peer: Peer, state: CellState, request: Request | undefined, newest: NewestEffects): Job {
  const next = peer.written + 1
  const groups = new EntryGroups()
  return { peer, state, bytes: 0, next, ranges: [], newest, groups, piece: -1, request, companions: [] }
}
