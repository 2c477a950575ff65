import { compareBytes } from '../base/index.ts'
import type { Cell } from '../model/index.ts'

/** What is believed about one cell. Nothing here is a promise: a peer that knows better refuses, and says what it knows. */
export class RouteEntry {
  /** As it was told; cut where a newer neighbour was learned of since. */
  cell: Cell
  /** Commands are sent to this store: the leader's as far as we know, or a guess. 0: the cell has no peer we know of. */
  store: number
  /** False: `store` is a guess among the peers. */
  known: boolean
  /** Raft's term of the leader that was told last. */
  term: number
  /** The map's `rangeVersion` when this range, or the version of its epoch, became what it is. */
  rangeVersion: number

  constructor(cell: Cell, rangeVersion: number) {
    this.cell = cell
    this.store = firstVoter(cell)
    this.known = false
    this.term = 0
    this.rangeVersion = rangeVersion
  }
}

function firstVoter(cell: Cell): number {
  return (cell.peers.find((peer) => peer.role === 'voter') ?? cell.peers[0])?.store ?? 0
}

/**
 * Which cell holds a key: ranges in byte order that never overlap and may leave holes, where nothing is known.
 *
 * A cell with a newer `epoch.version` wins over all that it overlaps: a split or a merge gives each cell it makes a
 * higher version than the cell had that held the range before. What remains of an older cell beside a newer one stays,
 * with its old version: its peers will refuse that and tell the new state.
 */
export class RangeMap {
  /** Lies apart: no key of a client leads there. */
  system: RouteEntry | null
  /** The one entry, when a single cell holds all keys. */
  only: RouteEntry | null
  /** Grows with each change of a range, not with a change of leader. */
  rangeVersion: number
  #entries: RouteEntry[]
  readonly #byId: Map<number, RouteEntry>

  constructor() {
    this.system = null
    this.only = null
    this.rangeVersion = 1
    this.#entries = []
    this.#byId = new Map()
  }

  get size(): number {
    return this.#entries.length
  }

  entries(): readonly RouteEntry[] {
    return this.#entries
  }

  byId(cell: number): RouteEntry | undefined {
    return this.#byId.get(cell)
  }

  /** The cell of the key `buffer[start..end)`; null: not known. */
  find(buffer: Uint8Array, start: number, end: number): RouteEntry | null {
    if (this.only !== null) return this.only
    const entries = this.#entries
    let low = 0
    let high = entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareKey(buffer, start, end, entries[middle]!.cell.start) >= 0) low = middle + 1
      else high = middle
    }
    if (low === 0) return null
    const entry = entries[low - 1]!
    return holdsKey(entry.cell, buffer, start, end, true) ? entry : null
  }

  /** The cells that hold `[start, end)` without a hole, in order; null when there is one. */
  covering(start: Uint8Array, end: Uint8Array | null): RouteEntry[] | null {
    const found: RouteEntry[] = []
    let at: Uint8Array | null = start
    for (let i = this.#firstEndingBehind(start); i < this.#entries.length && at !== null; i++) {
      if (end !== null && compareBytes(at, end) >= 0) return found
      const entry = this.#entries[i]!
      if (compareBytes(entry.cell.start, at) > 0) return null
      found.push(entry)
      at = entry.cell.end
    }
    return at === null || (end !== null && compareBytes(at, end) >= 0) ? found : null
  }

  /** Takes in what is told about a cell, unless it is older than what is known. `leaderStore` 0: not told. */
  learn(cell: Cell, leaderStore: number, term: number): void {
    let entry = cell.system ? this.#learnSystem(cell) : (this.#byId.get(cell.id) ?? null)
    if (!cell.system) {
      if (entry === null || cell.epoch.version > entry.cell.epoch.version) entry = this.#learnRange(cell, entry)
      else if (isNewerMembership(cell, entry.cell)) {
        entry.cell = { ...entry.cell, epoch: cell.epoch, peers: cell.peers }
      }
    }
    if (entry !== null) this.#learnLeader(entry, leaderStore, term)
  }

  /** A peer on `from` said that `hint` leads (0: it does not know): go there next, or to another peer of the cell. */
  moveOn(entry: RouteEntry, from: number, hint: number, reachable: (store: number) => boolean): void {
    if (entry.store !== from) return
    if (hint !== 0 && hint !== from) {
      entry.store = hint
      entry.known = true
      return
    }
    const peers = entry.cell.peers
    const at = peers.findIndex((peer) => peer.store === from)
    for (let i = 1; i <= peers.length; i++) {
      const peer = peers[(at + i) % peers.length]!
      if (peer.role !== 'voter' || peer.store === from || !reachable(peer.store)) continue
      entry.store = peer.store
      break
    }
    entry.known = false
  }

  #learnSystem(cell: Cell): RouteEntry {
    const entry = this.system
    if (entry === null) {
      this.system = new RouteEntry(cell, this.rangeVersion)
      this.#byId.set(cell.id, this.system)
      return this.system
    }
    if (cell.epoch.version > entry.cell.epoch.version || isNewerMembership(cell, entry.cell)) entry.cell = cell
    return entry
  }

  #learnLeader(entry: RouteEntry, leaderStore: number, term: number): void {
    const isNews = term > entry.term || (!entry.known && term === entry.term)
    if (leaderStore === 0 || !isNews) return
    entry.store = leaderStore
    entry.known = true
    entry.term = term
  }

  /** Puts a range in its place, and cuts what is older there. Unchanged when what is there is not older. */
  #learnRange(cell: Cell, known: RouteEntry | null): RouteEntry | null {
    const overlapped: RouteEntry[] = []
    for (let i = this.#firstEndingBehind(cell.start); i < this.#entries.length; i++) {
      const entry = this.#entries[i]!
      if (cell.end !== null && compareBytes(entry.cell.start, cell.end) >= 0) break
      if (entry === known) continue
      if (entry.cell.epoch.version >= cell.epoch.version) return known
      overlapped.push(entry)
    }
    this.rangeVersion++
    for (const old of overlapped) this.#cut(old, cell)
    const entry = known ?? new RouteEntry(cell, this.rangeVersion)
    if (known !== null) this.#remove(known)
    entry.cell = cell
    entry.rangeVersion = this.rangeVersion
    if (!cell.peers.some((peer) => peer.store === entry.store)) {
      entry.store = firstVoter(cell)
      entry.known = false
    }
    this.#byId.set(cell.id, entry)
    this.#entries.splice(this.#firstEndingBehind(cell.start), 0, entry)
    const first = this.#entries[0]!
    const holdsAll = this.#entries.length === 1 && first.cell.start.length === 0 && first.cell.end === null
    this.only = holdsAll ? first : null
    return entry
  }

  /** Index of the first entry that does not end at or before `key`. */
  #firstEndingBehind(key: Uint8Array): number {
    const entries = this.#entries
    let low = 0
    let high = entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const end = entries[middle]!.cell.end
      if (end !== null && compareBytes(end, key) <= 0) low = middle + 1
      else high = middle
    }
    return low
  }

  #remove(entry: RouteEntry): void {
    this.#entries.splice(this.#entries.indexOf(entry), 1)
    this.#byId.delete(entry.cell.id)
  }

  /** Leaves of `old` what lies outside of `cell`; of two remains the left one, for the other is as likely a cell we do not know. */
  #cut(old: RouteEntry, cell: Cell): void {
    if (compareBytes(old.cell.start, cell.start) < 0) old.cell = { ...old.cell, end: cell.start }
    else if (cell.end !== null && (old.cell.end === null || compareBytes(cell.end, old.cell.end) < 0)) {
      old.cell = { ...old.cell, start: cell.end }
    } else this.#remove(old)
    old.rangeVersion = this.rangeVersion
  }
}

function isNewerMembership(cell: Cell, known: Cell): boolean {
  return cell.epoch.version === known.epoch.version && cell.epoch.confVer > known.epoch.confVer
}

/** Like `compareBytes`, without a view made for it: keys are short and this is asked for every command. */
export function compareKey(buffer: Uint8Array, start: number, end: number, other: Uint8Array): number {
  const length = Math.min(end - start, other.length)
  for (let i = 0; i < length; i++) {
    const difference = buffer[start + i]! - other[i]!
    if (difference !== 0) return difference
  }
  return end - start - other.length
}

/** Whether the key `buffer[start..end)` lies in the cell. */
export function holdsKey(cell: Cell, buffer: Uint8Array, start: number, end: number, startIsChecked = false): boolean {
  if (!startIsChecked && compareKey(buffer, start, end, cell.start) < 0) return false
  return cell.end === null || compareKey(buffer, start, end, cell.end) < 0
}
