/**
 * Stores that must not be opened again, kept on the main thread, over restarts of executors, and in cluster.json, over
 * restarts of the process (rule 21).
 */
import type { StorePlace, StoreReport, Topology } from '../model/index.ts'
import { type Cluster, type StoreRecord, writeCluster } from './cluster.ts'

/** Where it is written down; null when everything is in memory. */
export interface FenceRecord {
  readonly directories: readonly string[]
  readonly cluster: Cluster
}

export class Fence {
  readonly #topology: Topology
  readonly #record: FenceRecord | null
  #cluster: Cluster | null
  /** Not to be opened by this process, with the reason; and which of them by no other either. */
  readonly #fenced = new Map<number, string>()
  readonly #lost = new Set<number>()
  readonly #say: (message: string) => void

  constructor(topology: Topology, record: FenceRecord | null, say: (message: string) => void) {
    this.#topology = topology
    this.#record = record
    this.#cluster = record?.cluster ?? null
    this.#say = say
  }

  /** True when any of them was not fenced before. What is for good is written down before it returns. */
  lose(stores: readonly number[], reason: string, forGood: boolean): boolean {
    const fresh = stores.filter((store) => !this.#fenced.has(store) && this.#place(store) !== undefined)
    for (const store of fresh) {
      this.#fenced.set(store, reason)
      if (forGood) this.#lost.add(store)
      this.#say(`store ${store} ${forGood ? 'is lost, and will never be opened again' : 'has stopped'}: ${reason}`)
    }
    if (fresh.length > 0 && forGood) this.#writeDown()
    return fresh.length > 0
  }

  /** What an executor may open, and where the others are: without what is fenced. */
  get topology(): Topology {
    if (this.#fenced.size === 0) return this.#topology
    return { ...this.#topology, stores: this.#topology.stores.filter((store) => !this.#fenced.has(store.id)) }
  }

  storesOf(executor: number): readonly StorePlace[] {
    return this.topology.stores.filter((store) => store.executor === executor)
  }

  /** How many. */
  get fenced(): number {
    return this.#fenced.size
  }

  get nothingLeft(): boolean {
    return this.topology.stores.length === 0
  }

  get reasons(): string {
    return [...new Set(this.#fenced.values())].join('; ')
  }

  /** For PD: also those that earlier runs have lost, while a peer may still be reported on them. */
  reports(): StoreReport[] {
    const reports = new Map<number, StoreReport>()
    const add = (store: number, executor: number, dir: string) =>
      reports.set(store, { store, executor, dir, labels: {}, state: 'lost', cells: 0, leaders: 0, sizeBytes: 0 })
    for (const store of this.#cluster?.stores ?? []) {
      if (store.state === 'lost') add(store.id, store.slot % this.#topology.executors, '')
    }
    for (const id of this.#lost) {
      const place = this.#place(id) as StorePlace
      add(id, place.executor, place.dir)
    }
    return [...reports.values()]
  }

  #place(store: number): StorePlace | undefined {
    return this.#topology.stores.find((place) => place.id === store)
  }

  #writeDown(): void {
    if (this.#record === null || this.#cluster === null) return
    const stores = this.#cluster.stores.map((store): StoreRecord => {
      if (!this.#lost.has(store.id)) return store
      return { ...store, state: 'lost', reason: this.#fenced.get(store.id) ?? '' }
    })
    this.#cluster = writeCluster(this.#record.directories, { ...this.#cluster, stores }, (directory, error) =>
      this.#say(`${directory} cannot be told that a store is lost: ${String(error)}`),
    )
  }
}
