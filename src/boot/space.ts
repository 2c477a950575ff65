/** How much room a disk has, and how much of it is to stay free for what stores have taken on already. */
import { statfsSync, statSync } from 'node:fs'
import { SetUpError } from '../base/index.ts'
import type { StorePlace, Topology } from '../model/index.ts'
import { type RocksOptions, SEGMENT_BYTES } from '../storage/index.ts'
import { roomLeft, type Space } from '../store/index.ts'

const MIB = 1024 * 1024
/** RocksDB keeps what is in its two memtables in a log of its own until both are files, and files are made of files. */
const MEMTABLES_KEPT = 4
/** Of a database: what describes it, and its own journal. */
const DATABASE_BYTES = MIB
/** The one that is written, and the next. */
const SEGMENTS_KEPT = 2

/** Of a file system that cannot be asked nothing is known. */
export function roomOn(directory: string): { capacityBytes: number; freeBytes: number } {
  try {
    const { bsize, blocks, bavail } = statfsSync(directory)
    return { capacityBytes: bsize * blocks, freeBytes: bsize * bavail }
  } catch {
    return { capacityBytes: 0, freeBytes: 0 }
  }
}

/** What a new log and new databases take before anything is in them. */
export function roomToBegin(logs: number, stores: number): number {
  return logs * SEGMENTS_KEPT * SEGMENT_BYTES + stores * DATABASE_BYTES
}

export function hasRoomFor(directory: string, bytes: number): boolean {
  const { capacityBytes, freeBytes } = roomOn(directory)
  return capacityBytes === 0 || freeBytes >= bytes
}

/** Said before anything waits for room that nobody makes. */
export function refuseScarceRoom(directory: string, neededBytes: number): void {
  if (hasRoomFor(directory, neededBytes)) return
  throw new SetUpError(
    `${directory} has only ${inMib(roomOn(directory).freeBytes)} of room, and ${inMib(neededBytes)} are needed to begin: make room, or give another --dir`,
  )
}

export function inMib(bytes: number): string {
  return `${Math.floor(bytes / MIB)} MiB`
}

export function isNoSpace(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ((at as NodeJS.ErrnoException).code === 'ENOSPC' || /no space left on device/i.test(at.message)) return true
  }
  return false
}

/** Of the file systems that the stores of a process lie on; which of them share one is found out once. */
export class Spaces {
  readonly #topology: Topology
  readonly #memtableBytes: number
  readonly #known = new Map<number, { reserveBytes: number; sharers: number }>()

  constructor(topology: Topology, { writeBufferBytes }: RocksOptions) {
    this.#topology = topology
    this.#memtableBytes = writeBufferBytes ?? 16 * MIB
  }

  of(place: StorePlace): Space {
    return { ...roomOn(place.dir), ...this.#shared(place) }
  }

  /** Below this what stores have taken on cannot be expected to be written. */
  hasRoom(place: StorePlace): boolean {
    return roomLeft(this.of(place), 0) !== 'none'
  }

  #shared(place: StorePlace): { reserveBytes: number; sharers: number } {
    let shared = this.#known.get(place.id)
    if (shared === undefined) {
      const device = deviceOf(place.dir)
      const sharing = this.#topology.stores.filter(({ dir }) => device !== null && deviceOf(dir) === device)
      const logs = new Set(sharing.map(({ logDir }) => logDir)).size
      const stores = Math.max(1, sharing.length)
      const reserveBytes =
        stores * (MEMTABLES_KEPT * this.#memtableBytes + DATABASE_BYTES) + logs * SEGMENTS_KEPT * SEGMENT_BYTES
      shared = { reserveBytes, sharers: stores }
      this.#known.set(place.id, shared)
    }
    return shared
  }
}

function deviceOf(directory: string): number | null {
  try {
    return statSync(directory).dev
  } catch {
    return null
  }
}
