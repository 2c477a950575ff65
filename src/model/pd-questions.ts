/** Questions to PD, and their answers. */
import type { OperatorAnswer } from './operators.ts'

/** What a person asks PD, or tells it, beside orders for one cell. */
export type PdQuestion =
  | { readonly what: 'settings' }
  | { readonly what: 'changeSettings'; readonly change: Readonly<Record<string, string | number>> }
  | { readonly what: 'schedulers' }
  /** Under way, and those that ended of late. */
  | { readonly what: 'operators' }
  | { readonly what: 'pauseScheduler'; readonly name: string; readonly paused: boolean }
  | { readonly what: 'whyCell'; readonly cell: number }
  | { readonly what: 'whyStore'; readonly store: number }
  | { readonly what: 'changeStore'; readonly store: number; readonly change: StoreChange }
  /** Cells of their own are to begin at these keys. */
  | { readonly what: 'splitAt'; readonly keys: readonly Uint8Array[]; readonly scatter: boolean }
  /** The reported world with a seed: what PD decides from here on can be found again. */
  | { readonly what: 'record' }

export interface StoreChange {
  readonly leaderWeight?: number
  readonly cellWeight?: number
  /** Over those of its directory; an empty text takes one away. */
  readonly labels?: Readonly<Record<string, string>>
  readonly evictLeaders?: boolean
}

export interface PdAsked {
  readonly kind: 'pdAsked'
  readonly origin: string
  readonly request: number
  readonly question: PdQuestion
}

/** What is to be remembered is answered when it is. */
export interface PdTold {
  readonly kind: 'pdTold'
  readonly request: number
  readonly refusal: OperatorAnswer['refusal']
  readonly message: string
  /** By `what`: as HTTP shows it; null when it was refused. */
  readonly value: unknown
}
