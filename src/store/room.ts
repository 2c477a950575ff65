/**
 * What the disk of a store has room for.
 *
 * Everything that was taken into the log has to go to the engine before the log can be trimmed, and for that the engine
 * needs room: for its own log, for the files of its memtables, for files made of files. An engine that finds none stops
 * writing. So commands are refused while there is still room for what was taken in:
 *
 * ```
 *   free ───────────────────────────┬───────────────────────────────┬──────────────────── 0
 *        enough                     │ little                        │ none
 *        everything is taken        │ what makes room is taken      │ nothing is taken, as a leader or as a follower
 *                 reserve + what engines lack                reserve / 2
 * ```
 *
 * Others write to the same disk, and are not asked: so it may be full all the same, and the engine waits (`Engine.full`).
 */
import { type Space, UNKNOWN_SPACE } from './edges.ts'
import type { Store } from './store.ts'
import type { Stores } from './stores.ts'

/** What can be written meanwhile is a small part of the reserve. */
const LOOK_MS = 100

const RECOVERED_MS = 1000
/** From the least. */
const LEVELS = ['none', 'little', 'enough'] as const
export type RoomLeft = (typeof LEVELS)[number]

export class DiskRoom {
  space: Space = UNKNOWN_SPACE
  left: RoomLeft = 'enough'
  #lookedMs = Number.NEGATIVE_INFINITY
  /** When there was last no more than `left` says. */
  #scarceMs = Number.NEGATIVE_INFINITY

  /** Called each tick. */
  look(stores: Stores, store: Store): void {
    if (stores.nowMs - this.#lookedMs < LOOK_MS) return
    this.#lookedMs = stores.nowMs
    this.space = stores.spaceOf(store.place)
    const left = roomLeft(this.space, store.overlayBytes + store.unflushedBytes)
    const isMore = LEVELS.indexOf(left) > LEVELS.indexOf(this.left)
    if (!isMore) this.#scarceMs = stores.nowMs
    // Files that are made of others come and go: more room counts when it has stayed for a while, less at once.
    if (left === this.left || (isMore && stores.nowMs - this.#scarceMs < RECOVERED_MS)) return
    const { freeBytes, capacityBytes } = this.space
    const fields = { store: store.id, freeBytes, capacityBytes }
    if (left === 'none') stores.log('warn', 'the disk is full: writes are refused until there is room', fields)
    else if (left === 'enough') stores.log('info', 'the disk has room again: writes are taken', fields)
    else stores.log('warn', 'the disk has little room left: only what makes room is taken', fields)
    this.left = left
  }
}

/** `lackingBytes`: what the engine of one store lacks. The others on that disk are taken to lack as much. */
export function roomLeft({ capacityBytes, freeBytes, reserveBytes, sharers }: Space, lackingBytes: number): RoomLeft {
  if (capacityBytes === 0 || freeBytes >= reserveBytes + sharers * lackingBytes) return 'enough'
  return freeBytes >= reserveBytes / 2 ? 'little' : 'none'
}
