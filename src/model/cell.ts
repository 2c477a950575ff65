import { compareBytes } from '../base/index.ts'

/** Grows with each change of a cell: `version` at a split or merge, `confVer` at a membership change. */
export interface Epoch {
  readonly version: number
  readonly confVer: number
}

/** One replica of a cell. Its id is Raft's node id; PD gives it once and never again. */
export interface Peer {
  readonly id: number
  readonly store: number
  readonly role: 'voter' | 'learner'
}

/** A range `[start, end)` of keys in byte order, with its epoch and its peers. */
export interface Cell {
  readonly id: number
  /** The system range lies outside the user keyspace and never shares a cell with it. */
  readonly system: boolean
  /** Included; empty: from the first key. */
  readonly start: Uint8Array
  /** Not included; null: to the last key. */
  readonly end: Uint8Array | null
  readonly epoch: Epoch
  readonly peers: readonly Peer[]
}

/** Ids below this one are given by bootstrap alone: `raise` of PD's watermark starts here. */
export const FIRST_FREE_ID = 1000
export const SYSTEM_CELL = 1
export const FIRST_USER_CELL = 2

export function containsKey(cell: Cell, key: Uint8Array): boolean {
  return compareBytes(key, cell.start) >= 0 && (cell.end === null || compareBytes(key, cell.end) < 0)
}

/** Their ranges overlap. */
export function shareKeys(a: Cell, b: Cell): boolean {
  return a.system === b.system && (containsKey(a, b.start) || containsKey(b, a.start))
}

export function sameEpoch(a: Epoch, b: Epoch): boolean {
  return a.version === b.version && a.confVer === b.confVer
}

/** True when `a` tells of an older state of the cell than `b`, in either part. */
export function olderEpoch(a: Epoch, b: Epoch): boolean {
  return a.version < b.version || a.confVer < b.confVer
}

export function peerOn(cell: Cell, store: number): Peer | undefined {
  return cell.peers.find((peer) => peer.store === store)
}

export function peerWithId(cell: Cell, id: number): Peer | undefined {
  return cell.peers.find((peer) => peer.id === id)
}

/** Which store lives on which executor, and where its data is. Fixed while the process runs. */
export interface StorePlace {
  readonly id: number
  readonly executor: number
  readonly dir: string
  /** The raft log that it shares with the other stores of its executor and disk. */
  readonly logDir: string
  readonly labels: Readonly<Record<string, string>>
}

export interface Topology {
  readonly cluster: string
  readonly executors: number
  readonly stores: readonly StorePlace[]
}
