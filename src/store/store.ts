import type { StorePlace } from '../model/index.ts'
import type { Entry } from '../raft/index.ts'
import type { CommandRow } from '../redis/index.ts'
import type { Engine, RaftLog } from '../storage/index.ts'
import { ParkingBudget } from './parking.ts'
import type { Peer } from './peer.ts'
import { DiskRoom } from './room.ts'
import type { Stores } from './stores.ts'

const ASK_FOR_ROOM_MS = 1000
/** Data of a message's entries. */
const SMALL_ENTRIES_BYTES = 4096

/** One data directory: the unit of failure and of balance. Its peers share the executor's raft log. */
export class Store {
  readonly id: number
  readonly place: StorePlace
  readonly engine: Engine
  readonly log: RaftLog
  readonly peers = new Map<number, Peer>()
  /** By cells that have become a part of another since this store was opened: of which. */
  readonly heirs = new Map<number, number>()
  /** Of entries that are applied and not in the engine yet, of all peers together. */
  overlayBytes = 0
  /** What commands that wait here take, of all peers together. */
  readonly parkingBudget = new ParkingBudget()
  /** Those that are awake. What each turn and each tick looks at is among them. */
  readonly active = new Set<Peer>()
  /** Of those that sleep, and so do not change. */
  asleepLeaders = 0
  asleepBytes = 0
  /** Peers here that lead and are awake, as of the last tick. */
  leaders = 0
  /** A read batch is at the engine: one at a time (rule 29). */
  reading = false
  /** A page is being read, for a walk. */
  paging = false
  /** A write batch is at the engine; null when it is free. */
  writing: 'writeBack' | 'install' | 'delete' | null = null
  flushing = false
  /** Who waits for a flush that begins after the one under way. */
  flushWanted: (() => void)[] = []
  /** Bytes of entries written back since the last flush of the engine began. */
  unflushedBytes = 0
  lastWriteMs = 0
  /** When write-back last looked whether there is something to do. */
  lookedMs = 0
  /** On its disk. */
  readonly room = new DiskRoom()
  /** When a full log was last asked to make room. */
  #askedMs = 0

  constructor(place: StorePlace, engine: Engine, log: RaftLog) {
    this.id = place.id
    this.place = place
    this.engine = engine
    this.log = log
  }

  tick(stores: Stores): void {
    const { nowMs } = stores
    this.leaders = 0
    this.room.look(stores, this)
    // A log that is full does not look for room by itself.
    if (!this.log.full || nowMs - this.#askedMs < ASK_FOR_ROOM_MS) return
    this.#askedMs = nowMs
    this.log.makeRoom()
  }

  /** No more is taken in. */
  get isFull(): boolean {
    return this.log.full || this.engine.full || this.room.left === 'none'
  }

  /** Is this writing command refused? What makes room is not while there is some left, nor are PD's few keys. */
  refuses({ cell }: Peer, { flags }: CommandRow): boolean {
    return this.isFull || (this.room.left === 'little' && !cell.system && flags.includes('denyoom'))
  }

  /** Small ones have a place in the log yet: without them no new leader could serve even reads. */
  refusesEntries(entries: readonly Entry[]): boolean {
    return this.log.full || (this.isFull && !areSmall(entries))
  }

  /** The peer here of the cell that a cell has become a part of. */
  heirOf(cell: number): Peer | undefined {
    let heir = this.heirs.get(cell)
    while (heir !== undefined && !this.peers.has(heir)) heir = this.heirs.get(heir)
    return heir === undefined ? undefined : this.peers.get(heir)
  }

  /** Was this peer of the cell, or a later one, removed from here? It does not come back. */
  isBuried(cell: number, peer: number): boolean {
    const tombstone = this.log.tombstone(this.id, cell)
    return tombstone !== undefined && tombstone.peer >= peer
  }
}

function areSmall(entries: readonly Entry[]): boolean {
  let bytes = 0
  for (const { data } of entries) bytes += data.length
  return bytes <= SMALL_ENTRIES_BYTES
}
