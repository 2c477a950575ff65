/**
 * A cell's data on its way to a peer that lacks too much of the log (rule 24).
 *
 * Phases: Raft asks for a snapshot → the cell is written back, and the engine's view of that moment kept → Raft's
 * message names the receiver → pieces, one on its way at a time, each sent when the one before was taken → the receiver
 * has installed it, and Raft is told.
 */
import { copyBytes, EMPTY } from '../base/index.ts'
import {
  type CellState,
  decodeCellState,
  encodeCellState,
  peerOn,
  peerWithId,
  type SnapshotPieceTaken,
} from '../model/index.ts'
import type { Message, Snapshot } from '../raft/index.ts'
import type { Pair } from '../storage/index.ts'
import { behind, rangeOfCell } from './cell-range.ts'
import type { Peer } from './peer.ts'
import { encodePairs } from './snapshot-pairs.ts'
import type { Store } from './store.ts'
import type { Stores } from './stores.ts'
import { View } from './view.ts'

/**
 * What one piece may hold: to take it, on either side, is a millisecond or two of a thread that has commands to serve. It
 * is written into a ring where it stands, for a larger message would go through buffers of its own (`actor/out-lane.ts`).
 */
const PIECE_PAIRS = 512
const PIECE_BYTES = 96 * 1024
/** Two lengths before each pair. */
const ENCODED_BYTES = PIECE_BYTES + PIECE_PAIRS * 8
/** Without a word from the receiver for so long, the stream is given up, and Raft tries again. */
const SILENCE_MS = 10_000
/** A kept view that nobody has asked for is let go, and much sooner when another cell of the store waits for its place. */
const UNUSED_MS = 30_000
const UNUSED_MS_MIN = 1000
/** Of one store, being prepared, kept or under way: more than PD lets it move at once. One that comes back may need thousands. */
const OUT_MAX = 16
/** After a refusal: who refuses has others to take in, most often. */
const REFUSED_MS = 500

/** The receiver has installed everything. */
export const INSTALLED = -2
/** The receiver will not take it. */
export const REFUSED = -1

/** What a leader has prepared for those that lag, and the one stream of it that is under way. */
export class SnapshotOut {
  state: CellState | null = null
  view: View | null = null
  toPeer = 0
  toStore = 0
  piece = 0
  after: Uint8Array | null = null
  ended = false
  /** Where pieces are put together, again and again: fresh ones would have the collector look at everything. */
  buffer: Uint8Array = EMPTY
  sinceMs = 0
  /** It was refused: not to be offered again before this. */
  againMs = 0

  get streaming(): boolean {
    return this.toPeer !== 0
  }
}

export class Snapshots {
  readonly #stores: Stores
  readonly #out = new Set<Peer>()
  /** Whose next piece is due, in the order in which they asked. */
  #due: { peer: Peer; out: SnapshotOut }[] = []
  /** A piece is being read: one at a time of all that are led on this thread, however many streams there are. */
  #reading = false

  constructor(stores: Stores) {
    this.#stores = stores
  }

  /** Raft's question: the newest snapshot there is; null: being prepared, ask again. */
  prepared(peer: Peer): Snapshot | null {
    const out = peer.snapshotOut
    const state = out?.state
    if (out && out.againMs > this.#stores.nowMs) return null
    if (state) {
      // Raft can go on from it only if the log still begins at or before it.
      if (state.appliedIndex + 1 >= peer.group.firstIndex()) return metadata(state)
      if (out.streaming) return null
      this.cancel(peer)
    } else if (out !== null) {
      return null
    }
    // Raft asks again with the next answer of that follower.
    if (!this.#hasPlace(peer.store)) return null
    const preparing = new SnapshotOut()
    peer.snapshotOut = preparing
    preparing.sinceMs = this.#stores.nowMs
    this.#out.add(peer)
    this.#stores.writeBack.force(peer, (written) => {
      if (peer.snapshotOut !== preparing) return
      preparing.state = written
      preparing.view = new View(peer.store.engine)
      preparing.sinceMs = this.#stores.nowMs
    })
    return null
  }

  /** One that has served may give its place up. */
  #hasPlace(store: Store): boolean {
    let unused: Peer | null = null
    let count = 0
    for (const other of this.#out) {
      if (other.store !== store) continue
      count++
      const out = other.snapshotOut
      const isUnused = out?.state && !out.streaming && this.#stores.nowMs - out.sinceMs > UNUSED_MS_MIN
      if (isUnused) unused = other
    }
    if (count < OUT_MAX) return true
    if (unused === null) return false
    this.cancel(unused)
    return true
  }

  /** Raft's message to a peer that is to have the snapshot: its data goes instead. */
  send(peer: Peer, message: Message): void {
    const out = peer.snapshotOut
    const member = peerWithId(peer.cell, message.to)
    if (!out?.state || out.streaming || member === undefined || message.snapshot?.index !== out.state.appliedIndex) {
      peer.node.reportSnapshot(message.to, false)
      return
    }
    if (!isMember(out.state, member.store, member.id)) {
      // It was prepared before this peer was added, and would tell it that it does not belong to the cell.
      this.cancel(peer)
      peer.node.reportSnapshot(message.to, false)
      return
    }
    out.toPeer = member.id
    out.toStore = member.store
    out.piece = 0
    out.after = null
    out.ended = false
    out.sinceMs = this.#stores.nowMs
    this.#sendPiece(peer, out)
  }

  taken(peer: Peer, message: SnapshotPieceTaken): void {
    const out = peer.snapshotOut
    if (!out?.streaming || message.fromPeer !== out.toPeer || message.index !== out.state?.appliedIndex) return
    out.sinceMs = this.#stores.nowMs
    if (message.next === INSTALLED) this.#end(peer, out, true)
    else if (message.next === REFUSED) {
      out.againMs = this.#stores.nowMs + REFUSED_MS
      this.#end(peer, out, false)
    } else if (message.next === out.piece + 1 && !out.ended) {
      out.piece = message.next
      this.#sendPiece(peer, out)
    }
  }

  get isIdle(): boolean {
    return this.#out.size === 0
  }

  /** Now and then: streams that nobody answers or waits for are given up, views nobody wants are let go. */
  tick(): void {
    for (const peer of this.#out) {
      const out = peer.snapshotOut
      if (out === null) continue
      const silentMs = this.#stores.nowMs - out.sinceMs
      const isGone = peerWithId(peer.cell, out.toPeer) === undefined
      if (out.streaming && (isGone || silentMs > SILENCE_MS)) this.#end(peer, out, false)
      else if (!out.streaming && silentMs > UNUSED_MS) this.cancel(peer)
    }
  }

  /** The receiver's thread has died. */
  lostExecutor(executor: number): void {
    for (const peer of this.#out) {
      const out = peer.snapshotOut
      if (out?.streaming && this.#stores.transport.executorOf(out.toStore) === executor) this.#end(peer, out, false)
    }
  }

  cancel(peer: Peer): void {
    const out = peer.snapshotOut
    if (out === null) return
    out.view?.release()
    peer.snapshotOut = null
    this.#out.delete(peer)
    // Otherwise Raft would wait for the end of the stream, and send nothing else to whom it went.
    if (out.streaming) peer.node.reportSnapshot(out.toPeer, false)
  }

  /** The next piece is read when it is its turn; called in each turn. */
  advance(): void {
    while (!this.#reading) {
      const next = this.#due.shift()
      if (next === undefined) return
      if (next.peer.snapshotOut === next.out && next.out.streaming) this.#readPiece(next.peer, next.out)
    }
  }

  #sendPiece(peer: Peer, out: SnapshotOut): void {
    this.#due.push({ peer, out })
  }

  #readPiece(peer: Peer, out: SnapshotOut): void {
    const { cell } = out.state as CellState
    const range = rangeOfCell(cell)
    const start = out.after ?? range.start
    const { piece, toPeer } = out
    this.#reading = true
    ;(out.view as View).scan(
      start,
      range.end,
      { pairsMax: PIECE_PAIRS, bytesMax: PIECE_BYTES },
      (error, pairs, more) => {
        this.#stores.complete(() => {
          this.#reading = false
          if (error !== null) {
            this.#stores.engineFailed(peer.store, error)
            return
          }
          if (peer.snapshotOut !== out || out.piece !== piece || out.toPeer !== toPeer) return
          const last = pairs[pairs.length - 1]
          // The next piece begins right behind this one: the last key and a zero.
          if (last !== undefined) out.after = behind(last.key)
          out.ended = !more
          this.#tellPiece(peer, out, pairs)
        })
      },
    )
  }

  #tellPiece(peer: Peer, out: SnapshotOut, pairs: readonly Pair[]): void {
    const { transport, executor } = this.#stores
    const state = out.state as CellState
    // On this very thread it is handed over as it is, and may be looked at when the next one is put together already.
    const isHandedOver = transport.executorOf(out.toStore) === executor
    if (!isHandedOver && out.buffer.length === 0) out.buffer = Buffer.allocUnsafeSlow(ENCODED_BYTES)
    transport.tell(out.toStore, {
      kind: 'snapshotPiece',
      fromStore: peer.store.id,
      toStore: out.toStore,
      cell: state.cell.id,
      fromPeer: peer.id,
      toPeer: out.toPeer,
      index: state.appliedIndex,
      term: state.appliedTerm,
      leaderTerm: peer.node.term,
      piece: out.piece,
      last: out.ended,
      state: out.piece === 0 ? encodeCellState(state) : null,
      pairs: encodePairs(pairs, isHandedOver ? EMPTY : out.buffer),
    })
  }

  #end(peer: Peer, out: SnapshotOut, installed: boolean): void {
    const { toPeer } = out
    out.toPeer = 0
    out.toStore = 0
    peer.node.reportSnapshot(toPeer, installed)
    this.#stores.touch(peer)
    // The view is kept a while for the next that lags, unless the log has moved on.
    out.sinceMs = this.#stores.nowMs
  }
}

/** What Raft is told of a snapshot. Its data stays behind: it travels in pieces. */
export function metadata(state: CellState): Snapshot {
  return {
    index: state.appliedIndex,
    term: state.appliedTerm,
    confState: state.confState,
    data: copyBytes(encodeCellState(state)),
  }
}

/** The receiver's own state out of the sender's: another peer, the same cell. */
export function stateFor(bytes: Uint8Array, peer: number): CellState {
  return { ...decodeCellState(bytes), peer }
}

export function isMember(state: CellState, store: number, peer: number): boolean {
  return peerOn(state.cell, store)?.id === peer
}
