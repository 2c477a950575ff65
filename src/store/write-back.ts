/**
 * Effects on their way from the overlay into the engine (rule 22), lazily and in large batches.
 *
 * Phases for one cell: begun (by memory, by length of the log, by idleness, or because someone needs it) → its entries
 * are read, a slice a turn, and of each key only the newest effect is kept → written in pieces, the last of which
 * carries the cell's state with the new applied index → `written` grows. Now and then the engine is flushed → what
 * was written before is `durable` → the log is trimmed.
 *
 * A crash between two pieces leaves the old applied index: the log is replayed from there, and since effects are
 * absolute, the end is the same.
 */
import { assert } from '../base/index.ts'
import type { CellState } from '../model/index.ts'
import type { Entry } from '../raft/index.ts'
import { EFFECT, type EngineBatch } from '../storage/index.ts'
import { EffectReader } from './entry.ts'
import { isEffects } from './entry-groups.ts'
import { NewestEffects } from './newest.ts'
import type { Peer } from './peer.ts'
import { forgetKeys } from './sleep.ts'
import type { Store } from './store.ts'
import type { Stores } from './stores.ts'
import {
  addState,
  type Barrier,
  type Companion,
  holdersOf,
  isReady,
  isVoid,
  type Job,
  newJob,
  type Request,
  trimMax,
} from './write-back-job.ts'

/** Entries in memory of one store that begin a write-back. */
const OVERLAY_BYTES_MAX = 128 * 1024 * 1024
/** Effects that are read in one turn: about a millisecond. */
const EFFECTS_PER_TURN = 2000
const PIECE_KEYS = 1000
/** A cell that has no more than this to be written goes with another one's batch. */
const SMALL_ENTRIES = 16
const SMALL_BYTES = 16 * 1024
const PIECE_BYTES = 2 * 1024 * 1024
/** Written bytes after which the engine is flushed. */
const UNFLUSHED_BYTES_MAX = 64 * 1024 * 1024
/** Log segments after which the engine is flushed, and the groups that hold the oldest are written back. */
const SEGMENTS_MAX = 24
/** Log segments after which nothing in the oldest is kept for a follower that lags. */
const SEGMENTS_KEPT_MAX = 40
const LOOK_MS = 20
/** Without new entries for so long, a store writes back and flushes what it has. */
const IDLE_MS = 2000

export class WriteBack {
  readonly #stores: Stores
  readonly #reader = new EffectReader()
  readonly #dirty = new Map<Store, Set<Peer>>()
  readonly #jobs = new Map<Store, Job>()
  /** In the order in which they are served; each is called when the engine holds exactly what the cell's state says. */
  readonly #waiting = new Map<Peer, Request[]>()

  constructor(stores: Stores) {
    this.#stores = stores
  }

  /** The engines have all that was applied. */
  get isIdle(): boolean {
    return this.#jobs.size + this.#waiting.size === 0 && [...this.#dirty.values()].every(({ size }) => size === 0)
  }

  /** An entry was applied: the engine is behind. */
  dirty(peer: Peer): void {
    let peers = this.#dirty.get(peer.store)
    if (peers === undefined) {
      peers = new Set()
      this.#dirty.set(peer.store, peers)
    }
    peers.add(peer)
    peer.store.lastWriteMs = this.#stores.nowMs
  }

  /** Writes the cell back now; `written` comes before anything else is written to its store (rule 24). */
  force(peer: Peer, written: (state: CellState) => void): void {
    this.#ask(peer, { state: null, written, barrier: null })
  }

  /** The same, as of a state that the cell has right now, whatever is applied until the job begins. */
  forceAs(peer: Peer, state: CellState, written: (state: CellState) => void, barrier: Barrier | null = null): void {
    this.#ask(peer, { state, written, barrier })
  }

  /** What was asked for as of that state is not wanted any more. */
  withdraw(peer: Peer, state: CellState | null): void {
    const requests = this.#waiting.get(peer)?.filter((request) => state === null || request.state !== state)
    if (requests === undefined || requests.length === 0) this.#waiting.delete(peer)
    else this.#waiting.set(peer, requests)
  }

  /** Those that name a state come first, in the order of their states: a later one would write over them. */
  #ask(peer: Peer, request: Request): void {
    const requests = this.#waiting.get(peer) ?? []
    const indexOf = ({ state }: Request) => state?.appliedIndex ?? Number.POSITIVE_INFINITY
    const at = requests.findIndex((other) => indexOf(other) > indexOf(request))
    this.#waiting.set(peer, requests.toSpliced(at < 0 ? requests.length : at, 0, request))
    this.dirty(peer)
  }

  forget(peer: Peer): void {
    this.#dirty.get(peer.store)?.delete(peer)
    this.#waiting.delete(peer)
  }

  /** A step for each store that has something to do. True: call again in a turn soon. */
  advance(): boolean {
    let more = false
    for (const store of this.#stores.stores.values()) {
      const job = this.#jobs.get(store)
      if (job !== undefined) more = this.#continue(store, job) || more
      else if (store.writing === null && this.#isTime(store)) more = this.#begin(store) || more
    }
    return more
  }

  /** To look at all that is dirty costs something: now and then is enough, unless someone waits. */
  #isTime(store: Store): boolean {
    if (this.#waiting.size === 0 && this.#stores.nowMs - store.lookedMs < LOOK_MS) return false
    store.lookedMs = this.#stores.nowMs
    return true
  }

  #begin(store: Store): boolean {
    const dirty = this.#dirty.get(store)
    const peer = dirty && this.#choose(store, dirty)
    if (!dirty || !peer) {
      this.#letGo(store)
      this.#maybeFlush(store)
      return false
    }
    dirty.delete(peer)
    store.writing = 'writeBack'
    const request = this.#nextRequest(peer)
    const state = request?.state ?? peer.state()
    // Later entries, or later requests, are for another job.
    if (state.appliedIndex < peer.applied || this.#waiting.has(peer)) dirty.add(peer)
    this.#jobs.set(store, newJob(peer, state, request, new NewestEffects(this.#stores.random.u32())))
    return true
  }

  /** One as of a state that the engine is beyond, by a snapshot, is void: it would take the cell back to that state. */
  #nextRequest(peer: Peer): Request | undefined {
    const requests = this.#waiting.get(peer) ?? []
    let request = requests.shift()
    while (request?.state && request.state.appliedIndex < peer.written) {
      assert(request.barrier === null, 'nothing takes the place of a parent before what its child lacks is written')
      request = requests.shift()
    }
    if (requests.length === 0) this.#waiting.delete(peer)
    return request
  }

  #choose(store: Store, dirty: ReadonlySet<Peer>): Peer | undefined {
    const idle = this.#stores.nowMs - store.lastWriteMs > IDLE_MS
    let bytes = 0
    let largest: Peer | undefined
    for (const peer of dirty) {
      // A peer that takes a snapshot in is written by that.
      if (!isReady(peer, this.#waiting.get(peer)?.[0])) continue
      if (this.#waiting.has(peer)) return peer
      bytes += peer.overlayBytes
      if (largest === undefined || peer.overlayBytes > largest.overlayBytes) largest = peer
    }
    if (idle || bytes > this.#half(OVERLAY_BYTES_MAX)) return largest
    if (store.log.stats.segments > SEGMENTS_MAX) {
      for (const peer of holdersOf(store)) if (dirty.has(peer) && isReady(peer)) return peer
    }
    return undefined
  }

  /**
   * Entries stay in memory until what they did is durable: what waits to be written and what waits to be flushed have
   * the store's share between them.
   */
  #half(bytesMax: number): number {
    return Math.min(bytesMax, this.#stores.overlayBytesMax / 2)
  }

  #continue(store: Store, job: Job): boolean {
    // A piece is at the engine: the job, and with it the engine, is held until that is done.
    if (job.piece >= 0) return false
    if (isVoid(job.peer)) {
      this.#abort(store, job)
      return false
    }
    return this.#collect(store, job)
  }

  #collect(store: Store, job: Job): boolean {
    const { peer } = job
    let count = 0
    while (job.next <= job.state.appliedIndex && count < EFFECTS_PER_TURN) {
      count += 1 + this.#read(job, peer.group.entry(job.next++))
    }
    if (job.next > job.state.appliedIndex) {
      for (const range of job.request?.barrier?.lost ?? []) {
        job.ranges.push(range)
        job.newest.deleteRange(range.start, range.end)
      }
      job.piece = 0
      this.#writePiece(store, job)
    }
    return true
  }

  /** Takes the effects that count from this entry on; returns how many. */
  #read(job: Job, entry: Entry): number {
    let count = 0
    if (isEffects(entry)) job.bytes += entry.data.length
    for (const { data } of job.groups.take(entry)) {
      this.#reader.reset(data)
      job.newest.lookAt(this.#reader.buffer)
      while (this.#reader.next()) {
        count++
        this.#take(job)
      }
    }
    return count
  }

  #take(job: Job): void {
    const { op, buffer, keyStart, keyEnd, valueStart, valueEnd } = this.#reader
    if (op === EFFECT.deleteRange) {
      const start = buffer.subarray(keyStart, keyEnd)
      const end = buffer.subarray(valueStart, valueEnd)
      job.ranges.push({ start, end })
      job.newest.deleteRange(start, end)
      return
    }
    job.newest.put(keyStart, keyEnd, op === EFFECT.delete ? -1 : valueStart, valueEnd)
  }

  #writePiece(store: Store, job: Job): void {
    const { newest } = job
    const batch: EngineBatch = { deleteRanges: job.ranges, keys: [], values: [] }
    job.ranges = []
    let bytes = 0
    while (job.piece < newest.length && batch.keys.length < PIECE_KEYS && bytes < PIECE_BYTES) {
      const key = newest.key(job.piece)
      const value = newest.value(job.piece)
      job.piece++
      if (key === null) continue
      batch.keys.push(key)
      batch.values.push(value)
      bytes += key.length + (value?.length ?? 0)
    }
    const last = job.piece === newest.length
    if (last) {
      addState(batch, job.state)
      this.#addBarrier(batch, job.request?.barrier ?? null)
      if (job.request === undefined) this.#addCompanions(store, job, batch)
    }
    store.engine.write(batch, (error) => {
      this.#stores.complete(() => {
        if (error !== null) this.#stores.engineFailed(store, error)
        else if (isVoid(job.peer)) this.#abort(store, job)
        else if (last) this.#written(store, job)
        else this.#writePiece(store, job)
      })
    })
  }

  #addBarrier(batch: EngineBatch, barrier: Barrier | null): void {
    for (const state of barrier?.states ?? []) addState(batch, state)
    for (const key of barrier?.gone ?? []) {
      batch.keys.push(key)
      batch.values.push(null)
    }
  }

  /** Thousands of cells with an entry each, as after a start, are not worth a batch of the engine each. */
  #addCompanions(store: Store, job: Job, batch: EngineBatch): void {
    const dirty = this.#dirty.get(store)
    if (dirty === undefined || this.#waiting.size > 0) return
    const newest = new NewestEffects(this.#stores.random.u32())
    let looked = 0
    for (const peer of dirty) {
      if (batch.keys.length + newest.length >= PIECE_KEYS || looked++ >= PIECE_KEYS) break
      const isSmall = peer.applied - peer.written <= SMALL_ENTRIES && peer.overlayBytes <= SMALL_BYTES
      if (!isSmall || peer === job.peer || !isReady(peer)) continue
      dirty.delete(peer)
      const small = newJob(peer, peer.state(), undefined, newest)
      while (small.next <= small.state.appliedIndex) this.#read(small, peer.group.entry(small.next++))
      batch.deleteRanges.push(...small.ranges)
      addState(batch, small.state)
      job.companions.push({ peer, state: small.state, bytes: small.bytes })
    }
    // Cells have no key in common, so those of all of them stand in one table.
    for (let at = 0; at < newest.length; at++) {
      const key = newest.key(at)
      if (key === null) continue
      batch.keys.push(key)
      batch.values.push(newest.value(at))
    }
  }

  #written(store: Store, job: Job): void {
    this.#end(store)
    this.#settled(store, job)
    job.request?.written(job.state)
    this.#companionsWritten(store, job)
  }

  #companionsWritten(store: Store, job: Job): void {
    for (const companion of job.companions) {
      if (!isVoid(companion.peer)) this.#settled(store, companion)
      else if (!companion.peer.destroyed) this.#dirty.get(store)?.add(companion.peer)
    }
  }

  #settled(store: Store, { peer, state, bytes }: Companion): void {
    peer.written = state.appliedIndex
    peer.overlayBytes -= bytes
    store.overlayBytes -= bytes
    if (!peer.parked.isEmpty) this.#stores.touch(peer)
    // Entries without bytes hold segments of the log, too, until they are durable here.
    store.unflushedBytes += Math.max(1, bytes)
    if (peer.asleep) return forgetKeys(this.#stores, peer)
    peer.evict(this.#stores.workingBytesMax(store))
  }

  /** What was not written stays to be written, should the snapshot come to nothing. */
  #abort(store: Store, job: Job): void {
    this.#end(store)
    this.#companionsWritten(store, job)
    if (job.peer.destroyed) return
    this.#dirty.get(store)?.add(job.peer)
    if (job.request !== undefined) this.#waiting.set(job.peer, [job.request, ...(this.#waiting.get(job.peer) ?? [])])
  }

  #end(store: Store): void {
    this.#jobs.delete(store)
    store.writing = null
  }

  /** Of the oldest segment, what is kept only for a follower that lags: it gets a snapshot, and the log an end. */
  #letGo(store: Store): void {
    if (store.log.stats.segments <= SEGMENTS_KEPT_MAX) return
    for (const peer of holdersOf(store)) {
      if (trimMax(peer) >= peer.group.firstIndex()) store.log.trim(peer.group, trimMax(peer))
    }
  }

  #maybeFlush(store: Store): void {
    if (store.flushing || store.unflushedBytes === 0) return
    const idle = this.#stores.nowMs - store.lastWriteMs > IDLE_MS
    const unflushedMax = this.#half(UNFLUSHED_BYTES_MAX)
    if (!idle && store.unflushedBytes < unflushedMax && store.log.stats.segments <= SEGMENTS_MAX) return
    this.#stores.flushes.flush(store, () => {})
  }
}
