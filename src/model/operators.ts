/** Orders by hand, and the plans of PD as they are shown. */

export type HandKind = 'transfer-leader' | 'add-peer' | 'remove-peer' | 'split' | 'merge'

/** What a person may order of a cell. */
export interface HandOrder {
  readonly operator: HandKind
  readonly cell: number
  /** 0 in a split and a merge. */
  readonly store: number
  /** Where to split; null: in the middle. */
  readonly key: Uint8Array | null
  /** In a merge: the neighbour that the cell becomes a part of. */
  readonly into?: number
}

/** Its `OperatorAnswer` goes to `origin`. */
export interface OperatorWanted extends HandOrder {
  readonly kind: 'operatorWanted'
  readonly origin: string
  readonly request: number
}

/** By hand: empty this store and keep it empty, or use it again. Answered, as an operator is, when it is remembered for good. */
export interface StoreOrder {
  readonly kind: 'storeOrder'
  readonly store: number
  readonly offline: boolean
  readonly origin: string
  readonly request: number
}

/** PD's word on an order by hand: the operator that carries it out (of a store's order: the store), or why there is none. */
export interface OperatorAnswer {
  readonly kind: 'operatorAnswer'
  readonly request: number
  /** 0: refused. */
  readonly operator: number
  readonly refusal: 'none' | 'notFound' | 'notPossible' | 'notReady'
  readonly message: string
}

/** A plan of PD for one cell, as it is shown. */
export interface OperatorInfo {
  readonly id: number
  readonly kind: string
  /** The scheduler that wished it, or `hand`. */
  readonly by: string
  readonly cell: number
  readonly reason: string
  readonly steps: readonly { readonly kind: string; readonly store: number; readonly done: boolean }[]
  /** What has moved last: the sign that it is alive. */
  readonly progress: string
  readonly ageMs: number
  /** Null while it is under way. */
  readonly outcome: 'finished' | 'cancelled' | 'noProgress' | null
}
