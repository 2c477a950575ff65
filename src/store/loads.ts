/**
 * Cold keys on their way into the working state (rule 6): commands that need them are parked, their keys are gathered
 * over a turn, and asked of the engine in one batch for each store.
 */
import { assert, fromLatin1 } from '../base/index.ts'
import { dataKey } from '../storage/index.ts'
import { scopeOfCell } from './cell-range.ts'
import type { Peer } from './peer.ts'
import type { Store } from './store.ts'
import type { Stores } from './stores.ts'

const KEYS_MAX = 4096

/** What must still be so when a load arrives, else it is asked for again. */
interface Load {
  readonly peer: Peer
  readonly key: string
  readonly term: number
  readonly version: number
  readonly rangeEffects: number
}

export class Loads {
  readonly #stores: Stores
  readonly #wanted = new Map<Store, Load[]>()

  constructor(stores: Stores) {
    this.#stores = stores
  }

  want(peer: Peer, key: string): void {
    if (peer.loading.has(key)) return
    peer.loading.add(key)
    let loads = this.#wanted.get(peer.store)
    if (loads === undefined) {
      loads = []
      this.#wanted.set(peer.store, loads)
    }
    const working = peer.working
    assert(working !== null, 'a load is wanted by a peer without a working state')
    loads.push({
      peer,
      key,
      term: working.term,
      version: peer.cell.epoch.version,
      rangeEffects: working.rangeEffects,
    })
  }

  /** Sends what was gathered; one read batch is at a store's engine at a time. */
  send(): void {
    for (const [store, wanted] of this.#wanted) {
      if (store.reading || wanted.length === 0) continue
      const loads = wanted.splice(0, KEYS_MAX)
      store.reading = true
      const keys = loads.map(({ peer, key }) => dataKey(scopeOfCell(peer.cell), fromLatin1(key)))
      store.engine.getMany(keys, (error, values) => {
        store.reading = false
        this.#stores.complete(() => {
          if (error !== null) this.#stores.engineFailed(store, error)
          else this.#arrived(loads, values)
        })
      })
    }
  }

  #arrived(loads: readonly Load[], values: readonly (Uint8Array | null)[]): void {
    const crowded = new Set<Peer>()
    for (let i = 0; i < loads.length; i++) {
      const { peer, key, term, version, rangeEffects } = loads[i] as Load
      peer.loading.delete(key)
      const working = peer.working
      if (working === null || working.term !== term) continue
      this.#stores.touch(peer)
      // A key of another range or of before a FLUSHALL is not taken in: the command that waits asks again.
      if (peer.cell.epoch.version !== version || working.rangeEffects !== rangeEffects) continue
      working.load(key, values[i] ?? null)
      if (working.memoryBytes > this.#stores.workingBytesMax(peer.store)) crowded.add(peer)
    }
    // Not before the commands that wait have run on what they asked for.
    if (crowded.size > 0) this.#stores.atTurnEnd(() => this.#evict(crowded))
  }

  #evict(crowded: ReadonlySet<Peer>): void {
    for (const peer of crowded) {
      const bytesMax = this.#stores.workingBytesMax(peer.store) * 0.9
      peer.working?.evict(bytesMax, peer.forgettableIndex, (key) => peer.parked.awaits(key))
    }
  }
}
