/**
 * What must hold among the replicas at any moment, whatever has gone wrong. Looked at from outside, now and then; it
 * reads what the stores hold and changes nothing.
 *
 *  1. One leader per term and cell (election safety).
 *  2. The entry that one peer has applied at an index is the one that every other applies there (state machine safety).
 *  3. What a peer holds at its applied index, its engine with its overlay on top, is what all entries up to there make
 *     of nothing: so replicas are equal at equal applied index, and no write-back, snapshot or recovery has lost or kept
 *     what it should not.
 *  4. A cell's epoch does not go back from one leader that serves to the next.
 *  5. Cells tile the keyspace: see `tiling.ts`.
 *  6. A cell's clock does not go back along its log; a child's begins where its parent's was, and what takes another cell
 *     in goes on from the later of the two.
 *  7. Queues and memory keep their bounds, and a peer's marks their order.
 *
 * Reference for 2 and 3 is a record of the entries of each cell, taken from whoever applied them first, and their
 * effects replayed by a second reading of the format (`effects.ts`).
 */
import { compareBytes, latin1 } from '../../src/base/index.ts'
import { decodeCommitMerge, decodeSplit, FIRST_USER_CELL, olderEpoch, SYSTEM_CELL } from '../../src/model/index.ts'
import { ENTRY_KIND, rangeOf, SCOPE } from '../../src/storage/index.ts'
import type { Stores } from '../../src/store/index.ts'
import {
  applyEntry,
  changeSpace,
  effectsOf,
  firstDifference,
  type OpenGroup,
  type RawSpace,
  stampOf,
} from './effects.ts'
import { OverlayImage } from './overlay-image.ts'
import { RecordedEntry } from './recorded.ts'
import { Tiling } from './tiling.ts'

type Peer = NonNullable<ReturnType<Stores['peer']>>

/** A wrong state, not a crash: exit code 11. */
export class WrongState extends Error {
  override readonly name = 'WrongState'
}

class CellRecord {
  /** Leader by term. */
  readonly leaders = new Map<number, number>()
  /** By index. */
  readonly entries = new Map<number, RecordedEntry>()
  /** The reference state, and up to which index it has come. Null: entries that were never seen stand in between. */
  space: RawSpace | null = new Map()
  readonly open: OpenGroup = []
  spaceIndex: number
  /** False: it is to be born of a split that the reference has not come to. */
  born: boolean
  /** The cell's clock at `spaceIndex`. */
  clockMs = 0
  servingTerm = 0
  servingEpoch = { version: 0, confVer: 0 }

  constructor(firstIndex: number, born: boolean) {
    this.spaceIndex = firstIndex
    this.born = born
  }
}

/** What was seen of one life of a peer. */
class SeenPeer {
  readonly record: CellRecord
  cell: Peer['cell'] | null = null
  /** How far its entries were followed. */
  followed = 0
  readonly overlay = new OverlayImage()

  constructor(record: CellRecord) {
    this.record = record
  }
}

const RAFT_BYTES_MAX = 256 * 1024 * 1024
const PENDING_MAX = 200_000
const PARKED_MAX = 20_000
/** What is in memory of a store, in shares of what it may hold: an overlay that is full is being written all the while. */
const SHARES_MAX = 4

export class Replicas {
  readonly #cells = new Map<number, CellRecord>()
  readonly #seen = new WeakMap<Peer, SeenPeer>()
  readonly #firstIndex: number
  readonly #trace: (text: string) => void
  readonly tiling = new Tiling()
  /** At the next comparisons every entry that a peer holds is looked at again. */
  thorough = false
  comparisons = 0
  entriesSeen = 0

  /** @param firstIndex what the log of a first cell begins behind */
  constructor(firstIndex: number, trace: (text: string) => void) {
    this.#firstIndex = firstIndex
    this.#trace = trace
  }

  /** Everything that can be seen at once. Often enough that no entry is trimmed unseen. */
  look(hosts: Iterable<Stores>): void {
    for (const host of hosts) {
      // They are out of service, and their last entries may have been seen nowhere yet.
      for (const peer of host.absorptions.sources()) this.#followEntries(peer, this.#seenOf(peer))
      for (const store of host.stores.values()) {
        let overlayBytes = 0
        for (const peer of store.peers.values()) {
          this.#lookAt(peer)
          overlayBytes += peer.overlayBytes
        }
        if (overlayBytes > SHARES_MAX * host.overlayBytesMax) {
          throw new WrongState(`store ${store.id} holds ${overlayBytes} bytes that its engine lacks`)
        }
      }
    }
    const overlap = this.tiling.overlap()
    if (overlap !== null) throw new WrongState(overlap)
  }

  #record(cell: number): CellRecord {
    let record = this.#cells.get(cell)
    if (record === undefined) {
      record = new CellRecord(this.#firstIndex, cell === SYSTEM_CELL || cell === FIRST_USER_CELL)
      this.#cells.set(cell, record)
    }
    return record
  }

  #seenOf(peer: Peer): SeenPeer {
    let seen = this.#seen.get(peer)
    if (seen === undefined) {
      seen = new SeenPeer(this.#record(peer.cell.id))
      this.#seen.set(peer, seen)
    }
    return seen
  }

  #lookAt(peer: Peer): void {
    if (peer.destroyed || !peer.initialized) return
    const seen = this.#seenOf(peer)
    const { record } = seen
    const { node } = peer
    if (node.isLeader) {
      const leader = record.leaders.get(node.term)
      if (leader === undefined) {
        record.leaders.set(node.term, peer.id)
        this.#trace(`cell ${peer.cell.id} is led by peer ${peer.id} on store ${peer.store.id} in term ${node.term}`)
      } else if (leader !== peer.id) {
        throw new WrongState(
          `cell ${peer.cell.id} has two leaders in term ${node.term}: peers ${leader} and ${peer.id}`,
        )
      }
    }
    peer.checkInvariant()
    if (peer.pending.count > PENDING_MAX) throw new WrongState(`${peer.pending.count} answers wait at one peer`)
    if (peer.parked.length > PARKED_MAX) throw new WrongState(`${peer.parked.length} commands are parked at one peer`)
    if (peer.group.bytes > RAFT_BYTES_MAX) throw new WrongState(`the log of one peer holds ${peer.group.bytes} bytes`)
    if (seen.cell !== peer.cell) {
      const wrong = this.tiling.see(peer.cell)
      if (wrong !== null) throw new WrongState(wrong)
      this.tiling.merged(peer.absorbed)
      seen.cell = peer.cell
    }
    this.#followEntries(peer, seen)
    if (peer.working !== null) this.#followEpoch(peer, record)
  }

  #followEntries(peer: Peer, seen: SeenPeer): void {
    if (seen.followed === peer.applied) return
    const { group } = peer
    const { record } = seen
    let at = Math.max(seen.followed + 1, group.firstIndex())
    for (; at <= peer.applied; at++) {
      const entry = group.entry(at)
      const known = record.entries.get(at)
      if (known === undefined) {
        const isWanted = entry.type === 0 && at > record.spaceIndex
        record.entries.set(at, new RecordedEntry(entry.term, entry.data, isWanted))
        this.entriesSeen++
      } else if (known.term !== entry.term || !known.holds(entry.data)) {
        throw new WrongState(
          `cell ${peer.cell.id}: peer ${peer.id} on store ${peer.store.id} has applied another entry at ${at} ` +
            `(term ${entry.term}) than was applied elsewhere (term ${known.term})`,
        )
      }
    }
    seen.followed = peer.applied
  }

  #followEpoch(peer: Peer, record: CellRecord): void {
    const { term } = peer.node
    if (term < record.servingTerm) return
    if (olderEpoch(peer.cell.epoch, record.servingEpoch)) {
      throw new WrongState(
        `cell ${peer.cell.id}: the leader of term ${term} serves epoch ${JSON.stringify(peer.cell.epoch)}, and ` +
          `${JSON.stringify(record.servingEpoch)} was served in term ${record.servingTerm}`,
      )
    }
    record.servingTerm = term
    record.servingEpoch = peer.cell.epoch
  }

  /**
   * Compares what the peers hold with the reference. It takes a moment: engines are read through their own calls, from
   * a snapshot taken now. `done` comes for every comparison begun, unless the executor crashes before.
   */
  compare(hosts: Iterable<Stores>, done: (found: WrongState | null) => void): number {
    const peers: Peer[] = []
    for (const host of hosts) {
      if (host.failed !== null) continue
      for (const store of host.stores.values()) {
        for (const peer of store.peers.values()) {
          // While a snapshot is being taken in there is nothing whole to compare.
          if (peer.initialized && !peer.destroyed && peer.snapshotIn === null) peers.push(peer)
        }
      }
    }
    peers.sort((a, b) => a.applied - b.applied)
    let begun = 0
    const copies = new Map<CellRecord, { index: number; space: RawSpace }>()
    for (const peer of peers) {
      const record = this.#record(peer.cell.id)
      // A split-born peer lacks what its parent's overlay still has, and one that takes another in what that one's has.
      if (!record.born || peer.bornOf !== null || peer.absorbing.length > 0) continue
      if (peer.applied < record.spaceIndex || !this.#advance(record, peer.cell.id, peer.applied, peer)) continue
      begun++
      let copy = copies.get(record)
      if (copy?.index !== record.spaceIndex) {
        copy = { index: record.spaceIndex, space: new Map(record.space as RawSpace) }
        copies.set(record, copy)
      }
      this.#comparePeer(peer, record, copy.space, done)
    }
    return begun
  }

  #comparePeer(
    peer: Peer,
    record: CellRecord,
    wanted: ReadonlyMap<string, string>,
    done: (found: WrongState | null) => void,
  ): void {
    const { applied, written, id } = peer
    const { cell, store } = peer
    const { overlay } = this.#seenOf(peer)
    const changed = overlay.follow(peer, record.entries, this.thorough)
    if (changed !== 0) {
      throw new WrongState(
        `cell ${cell.id}: entry ${changed} at peer ${id} on store ${store.id} is not what was applied there`,
      )
    }
    const addOverlay = overlay.taken()
    const range = rangeOf(cell.system ? SCOPE.system : SCOPE.user, cell.start, cell.end)
    const start = latin1(range.start)
    const end = latin1(range.end)
    const snapshot = store.engine.snapshot()
    const found: RawSpace = new Map()
    const read = (from: Uint8Array) => {
      snapshot.scan(from, range.end, { pairsMax: 1000, bytesMax: 1 << 20 }, (error, pairs, more) => {
        if (error !== null) {
          // It rots: the store will find out as we have.
          snapshot.release()
          this.comparisons++
          done(null)
          return
        }
        for (const { key, value } of pairs) found.set(latin1(key), latin1(value))
        const last = pairs[pairs.length - 1]
        if (more && last !== undefined) {
          read(Buffer.concat([last.key, Uint8Array.of(0)]))
          return
        }
        snapshot.release()
        addOverlay(found)
        // What the overlay says of keys that were given away since is another cell's affair.
        for (const key of found.keys()) if (key < start || key >= end) found.delete(key)
        this.comparisons++
        const difference = firstDifference(wanted, found)
        done(
          difference === null
            ? null
            : new WrongState(
                `cell ${cell.id}: peer ${id} on store ${store.id} at ${applied} (written ${written}): ${difference}`,
              ),
        )
      })
    }
    read(range.start)
  }

  /**
   * Replays recorded entries up to what a peer has applied, of its cell or of one that has become a part of it; false when
   * one of them was never seen, or what it needs has not been replayed yet.
   */
  #advance(record: CellRecord, cell: number, upTo: number, peer: Peer): boolean {
    while (record.spaceIndex < upTo) {
      const { space } = record
      const entry = record.entries.get(record.spaceIndex + 1)
      if (space === null) return false
      if (entry === undefined) {
        record.space = null
        return false
      }
      const kind = entry.data?.[0]
      if (kind === ENTRY_KIND.commitMerge && !this.#merge(record, space, entry.data as Uint8Array, peer)) return false
      applyEntry(space, record.open, entry.data === null ? effectsOf(null) : entry.effectsOf(entry.data), changeSpace)
      this.#followClock(record, cell, stampOf(entry.data))
      if (kind === ENTRY_KIND.split) this.#split(record, space, peer, entry.data as Uint8Array)
      entry.data = null
      record.spaceIndex++
    }
    return record.space !== null
  }

  #followClock(record: CellRecord, cell: number, stampMs: number | null): void {
    if (stampMs === null) return
    if (stampMs < record.clockMs) {
      throw new WrongState(
        `cell ${cell}: its clock goes back from ${record.clockMs} to ${stampMs} at entry ${record.spaceIndex + 1}`,
      )
    }
    record.clockMs = stampMs
  }

  /** Moves to the child what is right of the key, unless the split did nothing: then there never was such a child. */
  #split(record: CellRecord, space: RawSpace, peer: Peer, data: Uint8Array): void {
    const split = decodeSplit(data.subarray(1))
    const { end } = peer.cell
    const isCut = end !== null && compareBytes(end, split.key) <= 0
    if (!isCut && !this.tiling.knows(split.child)) return
    const child = this.#record(split.child)
    if (child.born) return
    child.born = true
    child.clockMs = record.clockMs
    const bound = latin1(rangeOf(SCOPE.user, split.key, null).start)
    for (const [key, value] of space) {
      if (key < bound) continue
      space.delete(key)
      child.space?.set(key, value)
    }
  }

  /** Takes in what the source was when it was prepared, if this is the entry that did it; false: that is not known yet. */
  #merge(record: CellRecord, space: RawSpace, data: Uint8Array, peer: Peer): boolean {
    const { source, preparedIndex } = decodeCommitMerge(data.subarray(1))
    const index = record.spaceIndex + 1
    if (!peer.absorbed.some((absorbed) => absorbed.cell === source && absorbed.index === index)) return true
    const other = this.#record(source)
    if (!other.born) return false
    if (!this.#advance(other, source, preparedIndex, peer)) {
      if (other.space === null) record.space = null
      return false
    }
    for (const [key, value] of other.space as RawSpace) space.set(key, value)
    record.clockMs = Math.max(record.clockMs, other.clockMs)
    return true
  }
}
