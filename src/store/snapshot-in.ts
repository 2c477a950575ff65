/**
 * A cell's data on its way into this store (rule 24).
 *
 * Phases: pieces arrive and are *staged*, beside the data and out of its way → all are there, and flushed → the record
 * `installing` is synced → the range is cleared and filled from the stage, the last batch carrying the state → flushed
 * → Raft is given its snapshot, and answers the leader when the log's new start is synced.
 *
 * Why a stage: until the last piece is here, the peer keeps what it had. It may be needed: a peer that lags still
 * counts among the copies of what it has acknowledged. And once all is here, a crash needs no leader to go on.
 */
import { assert, copyBytes } from '../base/index.ts'
import { type CellState, decodeCellState, encodeCellState, type SnapshotPiece } from '../model/index.ts'
import { Message, MessageType } from '../raft/index.ts'
import { type Engine, metaKey, stagingKey, stagingRange } from '../storage/index.ts'
import { giveWay, mayGiveWay } from './absorb.ts'
import { rangeOfCell } from './cell-range.ts'
import type { Peer } from './peer.ts'
import { INSTALLED, isMember, metadata, REFUSED, stateFor } from './snapshot-out.ts'
import { decodePairs } from './snapshot-pairs.ts'
import type { Store } from './store.ts'
import type { Stores } from './stores.ts'

/** Taken in at once by one store: each is staged, so that all of it is written twice, and flushed, while commands are served. */
const IN_MAX = 16

export class SnapshotIn {
  readonly fromPeer: number
  readonly fromStore: number
  readonly index: number
  readonly term: number
  readonly leaderTerm: number
  readonly state: CellState
  next = 0
  /** A piece is being written to the stage. */
  busy = false
  /** It came to nothing, and its stage is being deleted. */
  dropped = false
  /** All is staged: the peer is out of Raft until it is installed. */
  installing = false
  sinceMs: number

  constructor(piece: SnapshotPiece, state: CellState, nowMs: number) {
    this.fromPeer = piece.fromPeer
    this.fromStore = piece.fromStore
    this.index = piece.index
    this.term = piece.term
    this.leaderTerm = piece.leaderTerm
    this.state = state
    this.sinceMs = nowMs
  }
}

/** Without another piece for so long, what is staged is let go. */
const SILENCE_MS = 30_000

export class SnapshotsIn {
  readonly #stores: Stores
  readonly #in = new Set<Peer>()
  /** Steps that wait until their store's engine has no other write under way. */
  #waiting: { peer: Peer; into: SnapshotIn; step: () => void }[] = []

  constructor(stores: Stores) {
    this.#stores = stores
  }

  take(message: SnapshotPiece): void {
    const { cell, fromStore: toStore, fromPeer: toPeer, toPeer: fromPeer, index } = message
    const peer = this.#stores.peer(message.toStore, cell)
    if (peer?.id === fromPeer) this.#piece(peer, message)
    else {
      const taken = { kind: 'snapshotPieceTaken', toStore, cell, fromPeer, toPeer, index, next: REFUSED } as const
      this.#stores.transport.tell(toStore, taken)
    }
  }

  #piece(peer: Peer, message: SnapshotPiece): void {
    const into = message.piece === 0 ? this.#begin(peer, message) : peer.snapshotIn
    if (!into || into.installing || into.busy) return
    if (into.fromPeer !== message.fromPeer || into.index !== message.index || into.next !== message.piece) {
      this.#answer(peer, message.fromStore, message.fromPeer, message.index, REFUSED)
      return
    }
    into.busy = true
    into.sinceMs = this.#stores.nowMs
    // The message is a view of a ring: what is staged is a copy.
    const staged = stagedPiece(message)
    const { last, piece } = message
    // What an earlier snapshot left on the stage goes first: its later pieces must not be taken for this one's.
    const deleteRanges = piece === 0 ? [stagingRange(peer.cell.id)] : []
    this.#whenFree(peer, into, () => {
      this.#write(peer, into, { deleteRanges, keys: [stagingKey(peer.cell.id, piece)], values: [staged] }, () => {
        into.busy = false
        into.next++
        if (last) this.#staged(peer, into)
        else this.#answer(peer, into.fromStore, into.fromPeer, into.index, into.next)
      })
    })
  }

  get isIdle(): boolean {
    return this.#in.size === 0 && this.#waiting.length === 0
  }

  /** Goes on where the engine has become free; called each turn. */
  advance(): void {
    if (this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const entry of waiting) {
      if (entry.peer.snapshotIn !== entry.into || entry.peer.destroyed) continue
      if (entry.peer.store.writing !== null) this.#waiting.push(entry)
      else entry.step()
    }
  }

  tick(): void {
    for (const peer of this.#in) {
      const into = peer.snapshotIn
      if (into === null || peer.destroyed) this.#in.delete(peer)
      else if (!into.installing && !into.busy && this.#stores.nowMs - into.sinceMs > SILENCE_MS) this.#drop(peer)
    }
  }

  #begin(peer: Peer, message: SnapshotPiece): SnapshotIn | null {
    const { node, store } = peer
    const current = peer.snapshotIn
    if (current?.installing || (current?.busy && !current.dropped)) return null
    const state = message.state === null ? null : stateFor(copyBytes(message.state), peer.id)
    if (state !== null && this.#isHere(peer, message.index, message.term)) {
      const { fromStore, fromPeer, index, leaderTerm } = message
      // It is here, perhaps installed before a crash, and the leader does not know. Raft tells it, or it asks for ever.
      this.#stores.complete(() => this.#tellRaft(peer, fromPeer, leaderTerm, state))
      this.#answer(peer, fromStore, fromPeer, index, INSTALLED)
      return null
    }
    const useful =
      state !== null &&
      !current?.dropped &&
      this.#countOf(store) < IN_MAX + (current == null ? 0 : 1) &&
      message.leaderTerm >= node.term &&
      peer.barrier === null &&
      peer.bornOf === null &&
      isMember(state, store.id, peer.id) &&
      this.#hasPlace(store, state)
    if (!useful) {
      this.#answer(peer, message.fromStore, message.fromPeer, message.index, REFUSED)
      return null
    }
    const into = new SnapshotIn(message, state, this.#stores.nowMs)
    peer.snapshotIn = into
    this.#in.add(peer)
    return into
  }

  #countOf(store: Store): number {
    let count = 0
    for (const peer of this.#in) if (peer.store === store && peer.snapshotIn !== null && !peer.destroyed) count++
    return count
  }

  /** Nobody else is there, but for those that are a part of it; and they may go. */
  #hasPlace(store: Store, { cell, absorbed }: CellState): boolean {
    const isFree = !this.#stores.overlaps(store, cell, absorbed)
    return isFree && mayGiveWay(this.#stores, store, cell, absorbed)
  }

  /** Does the log hold all that the snapshot does? */
  #isHere(peer: Peer, index: number, term: number): boolean {
    return index <= peer.node.committed || peer.node.termAt(index) === term
  }

  #tellRaft(peer: Peer, leader: number, leaderTerm: number, state: CellState): void {
    if (peer.destroyed) return
    const message = new Message(MessageType.snap, peer.id, leader, leaderTerm)
    message.snapshot = metadata(state)
    peer.node.step(message)
    this.#stores.touch(peer)
  }

  /** All pieces are staged: durable, marked, installed, durable, told. */
  #staged(peer: Peer, into: SnapshotIn): void {
    const { store, node, group } = peer
    // While the pieces came a split may have been applied here, whose child needs what this would take the place of, or
    // another peer may have come to be in that range.
    const isInTheWay = peer.barrier !== null || peer.bornOf !== null || !this.#hasPlace(store, into.state)
    if (isInTheWay || this.#isHere(peer, into.index, into.term) || into.leaderTerm < node.term) {
      this.#refuse(peer, into)
      return
    }
    into.installing = true
    store.engine.flush((error) => {
      this.#complete(peer, error, () => {
        const { cell, absorbed } = into.state
        if (!this.#hasPlace(store, into.state)) {
          into.installing = false
          this.#refuse(peer, into)
          return
        }
        store.log.installing(group, into.index)
        giveWay(this.#stores, store, cell, absorbed)
        this.#stores.afterSync(() => {
          this.#whenFree(peer, into, () => {
            store.writing = 'install'
            installFromStage(store.engine, into.state, (failed) => {
              this.#complete(peer, failed, () => this.#installed(peer, into), true)
            })
          })
        })
      })
    })
  }

  #refuse(peer: Peer, into: SnapshotIn): void {
    this.#answer(peer, into.fromStore, into.fromPeer, into.index, REFUSED)
    this.#drop(peer)
  }

  #installed(peer: Peer, into: SnapshotIn): void {
    const { state } = into
    peer.snapshotIn = null
    this.#in.delete(peer)
    peer.cell = state.cell
    peer.confState = state.confState
    peer.applied = state.appliedIndex
    peer.appliedTerm = state.appliedTerm
    peer.keys = state.keys
    peer.sizeBytes = state.sizeBytes
    peer.clockFloorMs = Math.max(peer.clockFloorMs, state.clockFloorMs)
    peer.written = state.appliedIndex
    peer.durable = state.appliedIndex
    peer.dropOverlay()
    peer.openParts = 0
    peer.merging = state.merging
    peer.absorbed = state.absorbed
    this.#tellRaft(peer, into.fromPeer, into.leaderTerm, state)
    assert(peer.node.committed >= into.index, 'Raft did not take a snapshot that is installed')
    this.#answer(peer, into.fromStore, into.fromPeer, into.index, INSTALLED)
  }

  /** It comes to nothing, and its stage is deleted. */
  #drop(peer: Peer): void {
    const into = peer.snapshotIn as SnapshotIn
    into.busy = true
    into.dropped = true
    this.#whenFree(peer, into, () => {
      this.#write(peer, into, { deleteRanges: [stagingRange(peer.cell.id)], keys: [], values: [] }, () => {
        peer.snapshotIn = null
        this.#in.delete(peer)
      })
    })
  }

  #write(peer: Peer, into: SnapshotIn, batch: Parameters<Engine['write']>[0], done: () => void): void {
    const { store } = peer
    store.writing = 'install'
    const written = () => {
      if (peer.snapshotIn === into) done()
    }
    store.engine.write(batch, (error) => this.#complete(peer, error, written, true))
  }

  #whenFree(peer: Peer, into: SnapshotIn, step: () => void): void {
    this.#waiting.push({ peer, into, step })
    this.advance()
  }

  #complete(peer: Peer, error: Error | null, step: () => void, wasWriting = false): void {
    this.#stores.complete(() => {
      if (wasWriting) peer.store.writing = null
      if (error !== null) this.#stores.engineFailed(peer.store, error)
      else if (!peer.destroyed) step()
    })
  }

  #answer(peer: Peer, toStore: number, toPeer: number, index: number, next: number): void {
    this.#stores.transport.tell(toStore, {
      kind: 'snapshotPieceTaken',
      toStore,
      cell: peer.cell.id,
      fromPeer: peer.id,
      toPeer,
      index,
      next,
    })
  }
}

/** u32 bytes of the state (only in the first piece) │ state │ pairs. */
function stagedPiece(message: SnapshotPiece): Uint8Array {
  const stateBytes = message.state?.length ?? 0
  const staged = Buffer.allocUnsafe(4 + stateBytes + message.pairs.length)
  staged.writeUInt32LE(stateBytes, 0)
  if (message.state !== null) staged.set(message.state, 4)
  staged.set(message.pairs, 4 + stateBytes)
  return staged
}

/** The state that the first staged piece of a cell carries; for recovery. */
export function stagedState(piece: Uint8Array, peer: number): CellState {
  const buffer = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
  return stateFor(buffer.subarray(4, 4 + buffer.readUInt32LE(0)), peer)
}

/**
 * Clears the range, and what there is of cells that are a part of this one, fills it from the stage, and ends with the
 * state; durable when `done`. Can be repeated after a crash at any point, for the stage is deleted only with the last batch.
 */
export function installFromStage(engine: Engine, state: CellState, done: (error: Error | null) => void): void {
  const { cell } = state
  const dead = state.absorbed.map((absorbed) => metaKey(absorbed.cell))
  let ranges = [rangeOfCell(cell)]
  const fill = (piece: number): void => {
    engine.getMany([stagingKey(cell.id, piece)], (error, [staged]) => {
      if (error !== null) return done(error)
      const pairs = staged ? decodePairs(staged.subarray(4 + Buffer.from(staged).readUInt32LE(0))) : []
      const keys = pairs.map((pair) => pair.key)
      const values: (Uint8Array | null)[] = pairs.map((pair) => pair.value)
      const deleteRanges = piece === 0 ? ranges : []
      if (staged)
        return engine.write({ deleteRanges, keys, values }, (failed) => (failed ? done(failed) : fill(piece + 1)))
      deleteRanges.push(stagingRange(cell.id))
      const metas = [encodeCellState(state), ...dead.map(() => null)]
      return engine.write({ deleteRanges, keys: [metaKey(cell.id), ...dead], values: metas }, (failed) =>
        failed ? done(failed) : engine.flush(done),
      )
    })
  }
  if (dead.length === 0) return fill(0)
  return engine.getMany(dead, (error, states) => {
    if (error !== null) return done(error)
    ranges = [...ranges, ...states.flatMap((bytes) => (bytes ? [rangeOfCell(decodeCellState(bytes).cell)] : []))]
    return fill(0)
  })
}
