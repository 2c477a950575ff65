import type { Patience } from './operator.ts'

/** PD's numbers, in one place. Times in milliseconds. */
export interface PdSettings {
  readonly replicas: number
  /** Silence of a store after which it is *disconnected*, and after which it is *down* and its peers are replaced. */
  readonly disconnectedMs: number
  readonly downMs: number
  /** An order that has no effect yet is given again so often. */
  readonly resendMs: number
  /**
   * An operator of which nothing moves for so long is given up, for it keeps its cell from others. Never a fixed time for
   * the whole: data may be large. `change`: of members or leaders, a round or two. `catchUp`: the peer has no word of a
   * piece or an entry; it may be installing what it has. `split`: the leader reads half of the cell.
   */
  readonly noProgressMs: Readonly<Record<Patience, number>>
  /** Balance begins when the reports tile the keyspace, or so long after PD's start: no news is not news of absence. */
  readonly incompleteMs: number
  readonly leaderOperatorsMax: number
  readonly cellOperatorsMax: number
  readonly replicaOperatorsMax: number
  /** Cells that are split at once, for their size or at the beginning. */
  readonly splitOperatorsMax: number
  /** Where the child of a split begins: on all stores of its parent, or on that of its leader. */
  readonly splitPeers: 'all' | 'one'
  /** Cells that a new cluster is cut into. */
  readonly initialCells: number
  /** A leader that wants a split asks again and again; when it has not for so long, it does not want it any more. */
  readonly splitWantedMs: number
  /** After a split that came to nothing its cell is left to others for so long. */
  readonly splitRestMs: number
  /** Snapshots that a store takes in at once. */
  readonly snapshotsPerStoreMax: number
  /** The pause of the balance schedulers: from the first, growing by the factor while nothing is found. */
  readonly balancePauseMinMs: number
  readonly balancePauseMaxMs: number
  readonly balancePauseFactor: number
  /** Ids are given out of blocks of this size; one write in the system range for each. */
  readonly idBlock: number
  /** Ended operators that are kept to be shown. */
  readonly operatorsShown: number
  /** Labels in the order of their weight; `executor` is implicit. */
  readonly isolationLabels: readonly string[]
}

export const pdDefaults: PdSettings = {
  replicas: 3,
  disconnectedMs: 20_000,
  downMs: 30 * 60_000,
  resendMs: 2_000,
  noProgressMs: { change: 10_000, catchUp: 60_000, split: 30_000 },
  incompleteMs: 60_000,
  leaderOperatorsMax: 4,
  cellOperatorsMax: 8,
  replicaOperatorsMax: 8,
  splitOperatorsMax: 8,
  splitPeers: 'all',
  initialCells: 1,
  splitWantedMs: 15_000,
  splitRestMs: 60_000,
  snapshotsPerStoreMax: 3,
  balancePauseMinMs: 10,
  balancePauseMaxMs: 5_000,
  balancePauseFactor: 1.3,
  idBlock: 1_000,
  operatorsShown: 64,
  isolationLabels: ['zone', 'host', 'disk', 'executor'],
}
