/**
 * Cold keys on their way into the working state (rule 6): commands that need them are parked, their keys are gathered
 * over a turn, and asked of the engine in one batch for each store.
 *
 * Of a long value the main record comes first, which many commands need no more than. Its bytes are *fetched* when a
 * command wants them: one value of a store at a time, a few chunks at a time.
 */
import { assert, fromLatin1 } from '../base/index.ts'
import { dataKey } from '../storage/index.ts'
import { scopeOfCell } from './cell-range.ts'
import { Fetch } from './fetch.ts'
import type { Peer } from './peer.ts'
import type { Store } from './store.ts'
import type { Stores } from './stores.ts'
import { EVERY_KEY, paysOff, SWEEP_PAGE, Sweep } from './sweep.ts'

const KEYS_MAX = 4096
const KEYS_MIN = 64
/** What a batch should bring: keys of one store are much alike, so the last batch tells how many the next may ask for. */
const BATCH_BYTES = 8 * 1024 * 1024

/** So much more is to be in memory before it is looked for what may be forgotten once more. */
const KEPT_GROWTH = 1.5
const COMPACT_LOADS = 16_384

/** When the engine was asked for something: what must still be so when it arrives, else it is asked for again. */
export interface Asked {
  readonly term: number
  readonly version: number
  readonly rangeEffects: number
}

export interface Load extends Asked {
  readonly peer: Peer
  readonly key: string
}

/** What waits for one store's engine. */
class Queue {
  #loads: Load[] = []
  #first = 0
  readonly fetches: Fetch[] = []
  readonly sweeps: Peer[] = []
  keysMax = KEYS_MIN
  /** Main records and chunks take turns, and both with pages of a sweep. */
  hasFetched = false
  hasSwept = false

  get hasLoads(): boolean {
    return this.#first < this.#loads.length
  }

  push(load: Load): void {
    this.#loads.push(load)
  }

  /** The oldest, so many at most. One command may want a million: they are not moved for each batch. */
  take(): readonly Load[] {
    const from = this.#first
    const loads = this.#loads.slice(from, from + this.keysMax)
    this.#first += loads.length
    if (this.#first === this.#loads.length) {
      this.#loads = []
      this.#first = 0
    } else if (this.#first >= COMPACT_LOADS && this.#first * 2 >= this.#loads.length) {
      this.#loads.splice(0, this.#first)
      this.#first = 0
    }
    return loads
  }
}

export class Loads {
  readonly #stores: Stores
  readonly #queues = new Map<Store, Queue>()
  /** In this turn, and until then, no long value is fetched: those that have come could not be used yet. */
  #heldUntilMs = 0

  constructor(stores: Stores) {
    this.#stores = stores
  }

  want(peer: Peer, key: string): void {
    if (peer.loading.has(key)) return
    peer.loading.add(key)
    this.#queue(peer.store).push(loadOf(peer, key))
  }

  /** All keys that a command misses; returns the one that comes last. */
  wantAll(peer: Peer, keys: readonly string[]): string {
    const working = peer.working as NonNullable<Peer['working']>
    const { sweptKeysMin } = this.#stores.sizes
    const bytesMax = this.#stores.workingBytesMax(peer.store)
    if (peer.sweptInVainTerm !== working.term && paysOff(working, keys.length, sweptKeysMin, bytesMax)) {
      this.#sweep(peer, working)
      return EVERY_KEY
    }
    for (const key of keys) this.want(peer, key)
    return keys[keys.length - 1] as string
  }

  #sweep(peer: Peer, working: NonNullable<Peer['working']>): void {
    // One that was begun in an earlier term is void, and tells when it has ended.
    peer.loading.add(EVERY_KEY)
    if (peer.sweep !== null) return
    peer.sweep = new Sweep(working, askedNow(peer))
    this.#queue(peer.store).sweeps.push(peer)
  }

  /** The bytes of a long value whose main record is known. */
  wantBytes(peer: Peer, key: string): void {
    if (peer.fetching.has(key)) return
    peer.fetching.add(key)
    this.#queue(peer.store).fetches.push(new Fetch(loadOf(peer, key)))
  }

  /** Answers are not taken as fast as values come: more of them would only lie here. */
  holdLong(): void {
    this.#heldUntilMs = this.#stores.nowMs + 1
  }

  /** Sends what was gathered; one read batch is at a store's engine at a time. */
  send(): void {
    for (const [store, queue] of this.#queues) {
      if (store.reading) continue
      if (queue.sweeps.length > 0 && !queue.hasSwept) {
        this.#readPage(store, queue)
        continue
      }
      queue.hasSwept = false
      const mayFetch = queue.fetches.length > 0 && this.#stores.nowMs >= this.#heldUntilMs
      if (mayFetch && (!queue.hasLoads || !queue.hasFetched)) this.#fetch(store, queue)
      else if (queue.hasLoads) this.#load(store, queue)
      else if (queue.sweeps.length > 0) this.#readPage(store, queue)
    }
  }

  #queue(store: Store): Queue {
    let queue = this.#queues.get(store)
    if (queue === undefined) {
      queue = new Queue()
      this.#queues.set(store, queue)
    }
    return queue
  }

  #load(store: Store, queue: Queue): void {
    const loads = queue.take()
    queue.hasFetched = false
    const keys = loads.map(({ peer, key }) => dataKey(scopeOfCell(peer.cell), fromLatin1(key)))
    this.#read(store, keys, (values) => {
      let bytes = 1
      for (const value of values) bytes += value?.length ?? 0
      const keysMax = Math.min(KEYS_MAX, queue.keysMax * 4, Math.floor((BATCH_BYTES * loads.length) / bytes))
      queue.keysMax = Math.max(KEYS_MIN, keysMax)
      this.#arrived(loads, values)
    })
  }

  #fetch(store: Store, queue: Queue): void {
    queue.hasFetched = true
    const fetch = queue.fetches[0] as Fetch
    const { peer, key } = fetch.load
    const record = isCurrent(peer, fetch.load) ? (peer.working?.far(key) ?? null) : null
    // It may have been overwritten, deleted or brought since it was wanted; whoever still waits for it looks again.
    const chunks = record === null ? null : fetch.next(record)
    if (record === null || chunks === null) {
      queue.fetches.shift()
      peer.fetching.delete(key)
      if (record !== null) peer.working?.bring(record, fetch.take())
      this.#stores.touch(peer)
      this.#stores.again()
      this.#crowd(new Set([peer]))
      return
    }
    this.#read(store, chunks, (values) => fetch.arrived(values))
  }

  #readPage(store: Store, queue: Queue): void {
    const peer = queue.sweeps[0] as Peer
    const sweep = peer.sweep as Sweep
    queue.hasSwept = true
    store.reading = true
    store.engine.scan(sweep.start, sweep.end, SWEEP_PAGE, (error, pairs, more) => {
      store.reading = false
      this.#stores.complete(() => {
        if (error !== null) return this.#stores.engineFailed(store, error)
        const working = isCurrent(peer, sweep.asked) ? peer.working : null
        // One that is void has brought nothing: whoever waits asks again.
        if (working !== null && !sweep.takePage(working, pairs, more)) return this.#stores.again()
        if (working !== null && !working.isWhole) peer.sweptInVainTerm = working.term
        peer.sweep = null
        peer.loading.delete(EVERY_KEY)
        queue.sweeps.shift()
        this.#stores.touch(peer)
        this.#stores.again()
        this.#crowd(new Set([peer]))
      })
    })
  }

  #read(store: Store, keys: Uint8Array[], arrived: (values: readonly (Uint8Array | null)[]) => void): void {
    store.reading = true
    store.engine.getMany(keys, (error, values) => {
      store.reading = false
      this.#stores.complete(() => {
        if (error !== null) this.#stores.engineFailed(store, error)
        else arrived(values)
      })
    })
  }

  #arrived(loads: readonly Load[], values: readonly (Uint8Array | null)[]): void {
    const crowded = new Set<Peer>()
    for (let i = 0; i < loads.length; i++) {
      const load = loads[i] as Load
      const { peer, key } = load
      const working = peer.working
      // What is asked for in a later term is under way still.
      if (working === null || working.term !== load.term) continue
      peer.loading.delete(key)
      this.#stores.touch(peer)
      // A key of another range or of before a FLUSHALL is not taken in: the command that waits asks again.
      if (!isCurrent(peer, load)) continue
      working.load(key, values[i] ?? null)
      crowded.add(peer)
    }
    this.#crowd(crowded)
  }

  /** Not before the commands that wait have run on what they asked for. */
  #crowd(peers: ReadonlySet<Peer>): void {
    this.#stores.atTurnEnd(() => {
      for (const peer of peers) {
        const { working } = peer
        const bytesMax = this.#stores.workingBytesMax(peer.store)
        if (working === null || working.memoryBytes <= bytesMax) continue
        // What parked commands wait for stays, and may be most of it: to look at all of that with each batch would take
        // longer than to load it.
        if (!peer.parked.isEmpty && working.memoryBytes < peer.keptBytes * KEPT_GROWTH) continue
        peer.evict(bytesMax * 0.9)
        peer.keptBytes = working.memoryBytes
      }
    })
  }
}

function loadOf(peer: Peer, key: string): Load {
  const { term, version, rangeEffects } = askedNow(peer)
  return { peer, key, term, version, rangeEffects }
}

function askedNow(peer: Peer): Asked {
  const working = peer.working
  assert(working !== null, 'a load is wanted by a peer without a working state')
  return { term: working.term, version: peer.cell.epoch.version, rangeEffects: working.rangeEffects }
}

export function isCurrent(peer: Peer, { term, version, rangeEffects }: Asked): boolean {
  const working = peer.working
  return (
    working !== null &&
    working.term === term &&
    working.rangeEffects === rangeEffects &&
    peer.cell.epoch.version === version
  )
}
