/**
 * A cell's data on its way into this store (rule 24).
 *
 * Phases: pieces arrive and are *staged*, beside the data and out of its way → all are there, and flushed → the record
 * `installing` is synced → the range is cleared and filled from the stage, the last batch carrying the state → flushed
 * → Raft is given its snapshot, and answers the leader when the log's new start is synced.
 *
 * A snapshot of few keys is *held* instead: its pieces stay in memory, and when all are there one batch clears the range,
 * fills it and tells the state → flushed → as above. It is written once then, not twice, and flushed once.
 *
 * Why a stage: until the last piece is here, the peer keeps what it had. It may be needed: a peer that lags still
 * counts among the copies of what it has acknowledged. And once all is here, a crash needs no leader to go on.
 */
import { assert, copyBytes } from '../base/index.ts'
import type { CellState, SnapshotPiece } from '../model/index.ts'
import { Message, MessageType } from '../raft/index.ts'
import { type Engine, stagingKey, stagingRange } from '../storage/index.ts'
import { giveWay, mayGiveWay } from './absorb.ts'
import type { Peer } from './peer.ts'
import { INSTALLED, isMember, metadata, REFUSED, stateFor } from './snapshot-out.ts'
import { installAtOnce, installFromStage, stagedPiece } from './snapshot-stage.ts'
import type { Store } from './store.ts'
import type { Stores } from './stores.ts'

/** Taken in at once by one store: each is staged, so that all of it is written twice, and flushed, while commands are served. */
const IN_MAX = 16
/** A snapshot that is held has no more bytes than this, nor more than leaves all that may be held half of the overlays' share. */
const HELD_BYTES_MAX = 1024 * 1024

export class SnapshotIn {
  readonly fromPeer: number
  readonly fromStore: number
  readonly index: number
  readonly term: number
  readonly leaderTerm: number
  readonly state: CellState
  /** The pieces that have come; null: they are staged. */
  held: Uint8Array[] | null
  next = 0
  /** A piece is being written to the stage. */
  busy = false
  /** It came to nothing, and its stage is being deleted. */
  dropped = false
  /** All is staged: the peer is out of Raft until it is installed. */
  installing = false
  sinceMs: number

  constructor(piece: SnapshotPiece, state: CellState, isHeld: boolean, nowMs: number) {
    this.fromPeer = piece.fromPeer
    this.fromStore = piece.fromStore
    this.index = piece.index
    this.term = piece.term
    this.leaderTerm = piece.leaderTerm
    this.state = state
    this.held = isHeld ? [] : null
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
    const { last, piece } = message
    const taken = () => {
      into.busy = false
      into.next++
      if (last) this.#whole(peer, into)
      else this.#answer(peer, into.fromStore, into.fromPeer, into.index, into.next)
    }
    // The message is a view of a ring: what is held or staged is a copy.
    if (into.held !== null) {
      into.held.push(copyBytes(message.pairs))
      this.#complete(peer, null, () => {
        if (peer.snapshotIn === into && !into.dropped) taken()
      })
      return
    }
    const staged = stagedPiece(message)
    // What an earlier snapshot left on the stage goes first: its later pieces must not be taken for this one's.
    const deleteRanges = piece === 0 ? [stagingRange(peer.cell.id)] : []
    this.#whenFree(peer, into, () => {
      this.#write(peer, into, { deleteRanges, keys: [stagingKey(peer.cell.id, piece)], values: [staged] }, taken)
    })
  }

  get isIdle(): boolean {
    return this.#in.size === 0 && this.#waiting.length === 0
  }

  /** Goes on where the engine has become free, one step a turn: commands of other cells come between them. */
  advance(): void {
    if (this.#waiting.length === 0) return
    this.#waiting = this.#waiting.filter(({ peer, into }) => peer.snapshotIn === into && !peer.destroyed)
    const next = this.#waiting.findIndex(({ peer }) => peer.store.writing === null)
    if (next < 0) return
    const [entry] = this.#waiting.splice(next, 1)
    entry?.step()
    if (this.#waiting.length > 0) this.#stores.again()
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
      !isBehindItself(peer) &&
      isMember(state, store.id, peer.id) &&
      this.#hasPlace(store, state)
    if (!useful) {
      this.#answer(peer, message.fromStore, message.fromPeer, message.index, REFUSED)
      return null
    }
    // What an earlier one has left on the stage goes with the first piece of one that is staged, too.
    const isHeld = this.#mayHold(state) && (current === null || current.held !== null)
    const into = new SnapshotIn(message, state, isHeld, this.#stores.nowMs)
    peer.snapshotIn = into
    this.#in.add(peer)
    return into
  }

  /** Of what has become a part of the cell there may be data and a state to be taken away, which takes a stage. */
  #mayHold({ keys, sizeBytes, absorbed }: CellState): boolean {
    const bytesMax = Math.min(HELD_BYTES_MAX, this.#stores.overlayBytesMax / (2 * IN_MAX))
    return keys <= this.#stores.sizes.heldKeysMax && sizeBytes <= bytesMax && absorbed.length === 0
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

  /** All pieces have come. */
  #whole(peer: Peer, into: SnapshotIn): void {
    const { node, store } = peer
    // While the pieces came a split may have been applied here, whose child needs what this would take the place of, or
    // another peer may have come to be in that range.
    const isInTheWay =
      peer.barrier !== null || peer.bornOf !== null || isBehindItself(peer) || !this.#hasPlace(store, into.state)
    if (isInTheWay || this.#isHere(peer, into.index, into.term) || into.leaderTerm < node.term) {
      this.#refuse(peer, into)
      return
    }
    into.installing = true
    if (into.held !== null) this.#installHeld(peer, into, into.held)
    else this.#installStaged(peer, into)
  }

  /** One batch, durable, told. */
  #installHeld(peer: Peer, into: SnapshotIn, pieces: readonly Uint8Array[]): void {
    // A peer that has just come to be has its log on disk before the engine tells of it.
    this.#stores.afterSync(() => {
      this.#whenFree(peer, into, () => {
        if (!this.#mayInstall(peer, into)) return
        this.#write(peer, into, installAtOnce(into.state, pieces), () => this.#makeDurable(peer, into))
      })
    })
  }

  /** Durable, marked, installed, durable, told. */
  #installStaged(peer: Peer, into: SnapshotIn): void {
    const { store, group } = peer
    this.#stores.flushes.flush(store, () => {
      if (peer.destroyed || !this.#mayInstall(peer, into)) return
      store.log.installing(group, into.index)
      giveWay(this.#stores, store, into.state.cell, into.state.absorbed)
      this.#stores.afterSync(() => {
        this.#whenFree(peer, into, () => {
          store.writing = 'install'
          installFromStage(store.engine, into.state, (failed) => {
            this.#complete(peer, failed, () => this.#makeDurable(peer, into), true)
          })
        })
      })
    })
  }

  /** Another peer may have come to be in that range meanwhile. */
  #mayInstall(peer: Peer, into: SnapshotIn): boolean {
    if (this.#hasPlace(peer.store, into.state)) return true
    into.installing = false
    this.#refuse(peer, into)
    return false
  }

  #makeDurable(peer: Peer, into: SnapshotIn): void {
    this.#stores.flushes.flush(peer.store, () => {
      if (!peer.destroyed) this.#installed(peer, into)
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

  /** It comes to nothing, and its stage, if it has one, is deleted. */
  #drop(peer: Peer): void {
    const into = peer.snapshotIn as SnapshotIn
    if (into.held !== null) {
      peer.snapshotIn = null
      this.#in.delete(peer)
      return
    }
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
    this.#stores.again()
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

/**
 * What is known to be committed is on its way to this very disk, and will be applied when it is there. Among it may be what
 * bears a child, and only this peer's log has what that is born with. While a snapshot is installed nothing more is heard.
 */
function isBehindItself({ node, applied, initialized }: Peer): boolean {
  return initialized && node.committed > applied
}
