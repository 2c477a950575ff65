/**
 * Every message that an actor of the product may receive, and the names under which the actors are found. Nobody
 * imports a store, PD, gateway or ops: they are written to.
 */
import type { Ref } from '../actor/index.ts'
import type { Cell, Epoch, Peer } from './cell.ts'
import type { CellLoad, StoreHealth, UsualLoad } from './load.ts'
import type { Absorbed, MergeAsked, MergeTold, Merging } from './merges.ts'
import type { OperatorAnswer, OperatorInfo, OperatorWanted, StoreOrder } from './operators.ts'
import type { OptionName } from './options.ts'
import type { PdAsked, PdTold } from './pd-questions.ts'
import type { Recovered, RecoveryWanted, Survivors, SurvivorsWanted } from './recovery.ts'

export const actorNames = {
  pd: 'pd',
  stores: (executor: number) => `stores/${executor}`,
  gateway: (executor: number) => `gateway/${executor}`,
  /** On the main thread: tells PD which stores are lost. */
  supervisor: 'supervisor',
  /** On the main thread: asks PD on behalf of HTTP. */
  ops: 'ops',
} as const

/** Many commands for cells of one executor's stores: records of `CommandWriter`. */
export interface CommandBatch {
  readonly kind: 'commands'
  /** The name of the actor that wants the answers. */
  readonly origin: string
  /** Of the origin: an answer to an earlier generation is dropped. */
  readonly generation: number
  readonly records: Uint8Array
}

/** Many answers: records of `AnswerWriter`. */
export interface AnswerBatch {
  readonly kind: 'answers'
  readonly generation: number
  readonly records: Uint8Array
}

/** Raft messages between the stores of two executors: records of `RaftWriter`. */
export interface RaftBatch {
  readonly kind: 'raft'
  /** Without entries it may be dropped when there is no room. */
  readonly carriesEntries: boolean
  readonly records: Uint8Array
}

/** A piece of a cell's data on its way to a store that takes a snapshot in. */
export interface SnapshotPiece {
  readonly kind: 'snapshotPiece'
  readonly fromStore: number
  readonly toStore: number
  readonly cell: number
  readonly fromPeer: number
  readonly toPeer: number
  /** Of Raft: the entry that the data holds the effects of. */
  readonly index: number
  readonly term: number
  /** The term in which its sender leads. */
  readonly leaderTerm: number
  /** From 0; the receiver refuses a gap. */
  readonly piece: number
  readonly last: boolean
  /** `encodeCellState`: only in the first piece. */
  readonly state: Uint8Array | null
  /** u32 key bytes │ u32 value bytes │ key │ value, repeated. */
  readonly pairs: Uint8Array
}

/**
 * The receiver's word on a piece: `next` is the piece it waits for; −1: it will not take it; −2: all is installed. One
 * piece is on its way at a time.
 */
export interface SnapshotPieceTaken {
  readonly kind: 'snapshotPieceTaken'
  readonly toStore: number
  readonly cell: number
  readonly fromPeer: number
  readonly toPeer: number
  readonly index: number
  readonly next: number
}

/** What PD asks of a cell, one step at a time. Ignored when the epoch is another, or when it has been done. */
export type OrderStep =
  | { readonly kind: 'addLearner'; readonly peer: Peer }
  | { readonly kind: 'promoteLearner'; readonly peer: Peer }
  | { readonly kind: 'removePeer'; readonly peer: Peer }
  /** One joint change: the learner `peer` is promoted, and the voter `removed` goes. */
  | { readonly kind: 'replacePeer'; readonly peer: Peer; readonly removed: Peer }
  | { readonly kind: 'transferLeader'; readonly toStore: number }
  /** Cut at `key`; null: in the middle. The child has a peer beside each voter; if `single`, it keeps one in the end. */
  | {
      readonly kind: 'split'
      readonly key: Uint8Array | null
      readonly child: number
      readonly childPeers: readonly Peer[]
      readonly single?: boolean
    }
  /** The cell becomes a part of its neighbour, whose peers live on the same stores. */
  | { readonly kind: 'merge'; readonly target: Cell }

export interface Order {
  readonly kind: 'order'
  /** PD's: a store ignores a lower one than it has seen (rule 31). */
  readonly generation: number
  readonly store: number
  readonly cell: number
  readonly epoch: Epoch
  readonly step: OrderStep
}

/** The leader of a cell that has grown asks to be told to split it, with ids for the child and its peers. */
export interface SplitWanted {
  readonly kind: 'splitWanted'
  readonly store: number
  readonly cell: Cell
  readonly reason: string
}

/** A peer that has not heard of a leader for a while asks PD whether it still belongs to its cell. */
export interface MemberWanted {
  readonly kind: 'memberWanted'
  readonly store: number
  readonly cell: number
  readonly peer: number
  readonly confVer: number
}

/** As of `confVer` the cell has no such peer any more: it was removed, and did not hear of it. */
export interface PeerRemoved {
  readonly kind: 'peerRemoved'
  readonly store: number
  readonly cell: number
  readonly peer: number
  readonly confVer: number
  /** The whole cell has become a part of another one. */
  readonly merged?: true
}

/** PD is new and asks every store to report all its leaders at once (rule 32). */
export interface ReportAll {
  readonly kind: 'reportAll'
  readonly generation: number
}

/**
 * The stores of an executor are there: once in a while to each other executor, and never per cell (rule 13). A sleeping
 * cell counts on it.
 */
export interface Alive {
  readonly kind: 'alive'
  readonly executor: number
  readonly incarnation: number
}

/** About the sleep of cells: records of `SleepWriter`. May be lost. */
export interface SleepBatch {
  readonly kind: 'sleep'
  readonly executor: number
  readonly incarnation: number
  readonly records: Uint8Array
}

export type StoresMessage =
  | CommandBatch
  | RaftBatch
  | Alive
  | SleepBatch
  | SnapshotPiece
  | SnapshotPieceTaken
  | Order
  | PeerRemoved
  | MergeAsked
  | MergeTold
  | ReportAll
  | SurvivorsWanted
  | RecoveryWanted
  | StoresInternal

/** What the stores' actor sends to itself. Never crosses threads. */
export interface StoresInternal {
  readonly kind: 'tick'
}

/** What the leader of a cell tells PD: at once after a change, else on an interval. */
export interface CellReport {
  readonly cell: Cell
  readonly term: number
  readonly leader: Peer
  /** Ids of peers that have not caught up (no data yet, or a snapshot under way). */
  readonly pending: readonly number[]
  readonly down: readonly { readonly peer: number; readonly seconds: number }[]
  /** By peer: the last index known to be in its log; progress for PD's eyes. */
  readonly match: readonly { readonly peer: number; readonly index: number }[]
  readonly sizeBytes: number
  readonly keys: number
  /** The snapshot that is on its way to a peer: how many of its pieces were taken. */
  readonly snapshot?: { readonly peer: number; readonly pieces: number }
  /** Members of two configurations are in force at once, for about a round; the cell leaves that state by itself. */
  readonly joint?: boolean
  /** It is prepared to be merged, and serves nothing until that is decided. */
  readonly merging?: Merging
  /** What has become a part of it. */
  readonly absorbed?: readonly Absorbed[]
  /** Only in reports on the interval, and only when there was any. */
  readonly load?: CellLoad
}

export interface StoreReport {
  readonly store: number
  readonly executor: number
  readonly dir: string
  readonly labels: Readonly<Record<string, string>>
  readonly state: 'up' | 'lost'
  readonly cells: number
  readonly leaders: number
  readonly sizeBytes: number
  readonly health?: StoreHealth
}

export interface Heartbeat {
  readonly kind: 'heartbeat'
  readonly executor: number
  readonly stores: readonly StoreReport[]
  /** Only cells that this executor's stores lead. */
  readonly cells: readonly CellReport[]
  /** Of this executor's raft log, since its thread began. */
  readonly raftLog?: { readonly syncs: number; readonly bytes: number }
  /** With this, all that was led here when PD asked for everything has been told. Absent: it may be no more than news. */
  readonly whole?: true
}

/** A gateway asks for all routes (at its start, or when it is lost). */
export interface RoutesWanted {
  readonly kind: 'routesWanted'
  readonly origin: string
}

/** `disconnected`: no heartbeat for 20 s. `down`: for 30 min. `lost`: it never comes back under its id (rule 16). */
export type StoreState = 'up' | 'disconnected' | 'down' | 'offline' | 'lost' | 'tombstone'

export interface StoreInfo extends Omit<StoreReport, 'state'> {
  readonly state: StoreState
  readonly lastHeartbeatMs: number
  /** Its share of leaders, and of cells, beside that of others. */
  readonly leaderWeight: number
  readonly cellWeight: number
  /** By order of a person. */
  readonly evictLeaders: boolean
  /** PD has found that it keeps others waiting. */
  readonly slow: boolean
}

/** For HTTP and the like: the reported world, as PD sees it. */
export interface WorldWanted {
  readonly kind: 'worldWanted'
  readonly origin: string
  readonly request: number
}

export type PdMessage =
  | Heartbeat
  | RoutesWanted
  | WorldWanted
  | AnswerBatch
  | Routes
  | TransferWanted
  | SplitWanted
  | MemberWanted
  | OperatorWanted
  | StoreOrder
  | EventsWanted
  | PdAsked
  | PdInternal

/** An order by hand to which nobody waits for an answer: lead `cell` from `toStore`. */
export interface TransferWanted {
  readonly kind: 'transferWanted'
  readonly cell: number
  readonly toStore: number
}

/** Someone wants to hear what happens, for the next ten seconds; who listens longer asks again. */
export interface EventsWanted {
  readonly kind: 'eventsWanted'
  readonly origin: string
}

/** What has happened, as PD saw it. What nobody listened to is not told later. */
export type ClusterEvent =
  | { readonly event: 'operatorStarted' | 'operatorEnded'; readonly operator: OperatorInfo }
  | { readonly event: 'cellSplit'; readonly cell: number; readonly child: number }
  | { readonly event: 'cellMerged'; readonly cell: number; readonly into: number }
  /** `store` 0: nobody is known to lead it. */
  | { readonly event: 'leaderChanged'; readonly cell: number; readonly store: number }

export interface Events {
  readonly kind: 'events'
  readonly events: readonly ClusterEvent[]
}

export interface PdInternal {
  readonly kind: 'tick'
}

/** Where a cell is led, as far as the sender knows; `leaderStore` 0: unknown. */
export interface Route {
  readonly cell: Cell
  readonly leaderStore: number
  /** Raft's term of that leader: a later term is believed. */
  readonly term: number
}

export interface Routes {
  readonly kind: 'routes'
  readonly routes: readonly Route[]
}

/** A cell as PD sees it. */
export interface WorldCell extends CellReport {
  /** 0: unknown. */
  readonly leaderStore: number
  /** What it usually costs its leader; absent: nothing. */
  readonly usual?: UsualLoad
}

export interface World {
  readonly kind: 'world'
  readonly request: number
  readonly cells: readonly WorldCell[]
  readonly stores: readonly StoreInfo[]
  /** Under way. */
  readonly operators?: readonly OperatorInfo[]
}

export type SupervisorMessage = ReportAll | SupervisorInternal

export interface SupervisorInternal {
  readonly kind: 'tick'
}

export type OpsMessage = World | OperatorAnswer | PdTold | Events | Survivors | Recovered | OpsInternal

export type OpsInternal =
  | { readonly kind: 'expired' | 'recoveryExpired'; readonly request: number }
  | { readonly kind: 'askForEvents' }

/** Figures of the whole server, which INFO tells. Whoever gathers them sends them to each gateway, about once a second. */
export interface GatewayFacts {
  readonly kind: 'facts'
  readonly raftLogSyncs: number
  readonly raftLogBytes: number
  /** Of all gateways together. */
  readonly commandsProcessed: number
  /** Of clients: without the system cell. */
  readonly cells: number
  /** Approximate, from the cells' reports. */
  readonly keys: number
}

/** Stop taking connections and commands; answer what is in flight, if that takes no longer than this; close all. */
export interface Drain {
  readonly kind: 'drain'
  readonly timeoutMs: number
  /** Told when no connection is left. */
  readonly replyTo: Ref<Drained>
}

export interface Drained {
  readonly kind: 'drained'
  /** False: the time was over first. */
  readonly inTime: boolean
}

/**
 * CONFIG SET at another gateway: an option that may change at run time, and its value as it was written. Of two changes of
 * one option the later one holds, wherever and in whatever order they are heard of: `stamp` is a time of the clock that all
 * threads share, later than that of every change its gateway knew of; of equal ones that of the higher executor is later.
 */
export interface SettingChanged {
  readonly kind: 'settingChanged'
  readonly name: OptionName
  readonly value: string
  readonly stamp: number
  readonly by: number
}

export function isLaterChange(a: SettingChanged, b: SettingChanged): boolean {
  return a.stamp > b.stamp || (a.stamp === b.stamp && a.by > b.by)
}

export type GatewayMessage = AnswerBatch | Routes | World | GatewayFacts | Drain | SettingChanged | GatewayInternal

export interface GatewayInternal {
  readonly kind: 'tick'
}
