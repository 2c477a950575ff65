/**
 * Recovery by order where a majority of a cell's copies is gone for good: what the desk asks of stores, and what they say.
 * No placement driver has a part in it, for the cell that is lost may be its own.
 */
import type { Cell } from './cell.ts'

/** A copy that is left, as its store sees it. */
export interface Survivor {
  readonly cell: Cell
  readonly store: number
  readonly peer: number
  /** Of its log: what is behind `committed` may never have been acknowledged, and may be the only copy of what was. */
  readonly lastTerm: number
  readonly lastIndex: number
  readonly committed: number
  readonly applied: number
  readonly keys: number
  readonly sizeBytes: number
  /** As far as it knows the members, none of the decisions of this cell can have a majority any more. */
  readonly isStuck: boolean
}

/** Which copies are left of cells that are stuck for want of these stores; or of these cells, stuck or not. */
export interface SurvivorsWanted {
  readonly kind: 'survivorsWanted'
  readonly origin: string
  readonly request: number
  readonly lost: readonly number[]
  readonly cells: readonly number[] | null
}

export interface Survivors {
  readonly kind: 'survivors'
  readonly request: number
  readonly executor: number
  readonly survivors: readonly Survivor[]
}

/** One copy that is to go on alone. */
export interface Recovery {
  readonly cell: number
  readonly store: number
  readonly peer: number
  /** The latest configuration that any copy knows: that of the only voter comes long behind it. */
  readonly confVer: number
}

export interface RecoveryWanted {
  readonly kind: 'recoveryWanted'
  readonly origin: string
  readonly request: number
  readonly lost: readonly number[]
  readonly recoveries: readonly Recovery[]
}

export interface RecoveryOutcome {
  readonly cell: number
  readonly store: number
  /** Null: it is its cell's only voter, and stays so through a crash. */
  readonly refused: string | null
}

export interface Recovered {
  readonly kind: 'recovered'
  readonly request: number
  readonly executor: number
  readonly outcomes: readonly RecoveryOutcome[]
}
