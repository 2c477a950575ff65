/** What is known of stores: their reports, what persons have ordered of them, and what follows from both. */
import type { StorePlace, StoreReport, StoreState } from '../model/index.ts'
import type { OrderedState } from './offline.ts'
import type { PdSettings } from './settings.ts'
import type { StoreSettings } from './store-settings.ts'

/** A store as far as it is known; one that has never reported is known by its place alone. */
export interface ViewStore {
  report: StoreReport
  /** −1: it has not reported to this PD. */
  heardMs: number
  /** Its labels in the order of their weight: what two stores differ in fails apart. */
  place: readonly string[]
}

const NOWHERE: readonly string[] = []

export interface StoresRecord {
  readonly stores: readonly Pick<ViewStore, 'report' | 'heardMs'>[]
  readonly ordered: readonly (readonly [number, OrderedState])[]
  readonly storeSettings: readonly (readonly [number, StoreSettings])[]
}

export class StoreView {
  readonly settings: PdSettings
  protected readonly startedMs: number
  readonly #stores = new Map<number, ViewStore>()
  /** How many stores that are used each executor has. */
  readonly #onExecutor = new Map<number, number>()
  #fewestOnExecutor = 1
  #ordered: ReadonlyMap<number, OrderedState> = new Map()
  #storeSettings: ReadonlyMap<number, StoreSettings> = new Map()
  /** Slow ones: found by `slow.ts`. */
  #slow: ReadonlySet<number> = new Set()

  /** Stores of `places` are known from the start, so that a placement waits for a better one that is only late. */
  constructor(settings: PdSettings, places: readonly StorePlace[], nowMs: number) {
    this.settings = settings
    this.startedMs = nowMs
    for (const { id, executor, dir, labels } of places) {
      const report: StoreReport = { store: id, executor, dir, labels, state: 'up', cells: 0, leaders: 0, sizeBytes: 0 }
      this.#stores.set(id, { report, heardMs: -1, place: [] })
    }
    this.placesChanged()
  }

  /** Labels, their order, or which stores are used have changed. */
  placesChanged(): void {
    const { isolationLabels } = this.settings
    this.#onExecutor.clear()
    for (const store of this.#stores.values()) {
      const { report } = store
      store.place = isolationLabels.map((name) => this.#label(report, name))
      if (report.state === 'lost' || this.#ordered.has(report.store)) continue
      this.#onExecutor.set(report.executor, (this.#onExecutor.get(report.executor) ?? 0) + 1)
    }
    this.#fewestOnExecutor = Math.min(...this.#onExecutor.values())
  }

  protected takeStore(report: StoreReport, nowMs: number): void {
    const held = this.#stores.get(report.store)
    // Lost is for good (rule 16): a late word from a store that was still up does not bring it back.
    if (held?.report.state === 'lost' && report.state !== 'lost') return
    // Whatever tells that a store is lost knows less of its labels than it said itself.
    const labels = held !== undefined && report.state === 'lost' ? held.report.labels : report.labels
    this.#stores.set(report.store, { report: { ...report, labels }, heardMs: nowMs, place: held?.place ?? NOWHERE })
    const same =
      held !== undefined &&
      held.report.state === report.state &&
      held.report.executor === report.executor &&
      sameLabels(held.report.labels, labels)
    if (!same) this.placesChanged()
  }

  /** By order of a person; until the next call. */
  setOrdered(ordered: ReadonlyMap<number, OrderedState>): void {
    this.#ordered = ordered
    this.placesChanged()
  }

  setStoreSettings(settings: ReadonlyMap<number, StoreSettings>): void {
    this.#storeSettings = settings
    this.placesChanged()
  }

  storeSettings(store: number): StoreSettings | undefined {
    return this.#storeSettings.get(store)
  }

  setSlow(slow: ReadonlySet<number>): void {
    this.#slow = slow
  }

  isSlow(store: number): boolean {
    return this.#slow.has(store)
  }

  /** Up, and neither a person nor its own slowness has taken leadership from it. */
  mayLead(store: number, nowMs: number): boolean {
    return this.storeState(store, nowMs) === 'up' && !this.isEvicted(store)
  }

  isEvicted(store: number): boolean {
    return this.#slow.has(store) || this.#storeSettings.get(store)?.evictLeaders === true
  }

  place(store: number): readonly string[] {
    return this.#stores.get(store)?.place ?? NOWHERE
  }

  leaderWeight(store: number): number {
    return (this.#storeSettings.get(store)?.leaderWeight ?? 1) * this.#shareOfThread(store)
  }

  cellWeight(store: number): number {
    return (this.#storeSettings.get(store)?.cellWeight ?? 1) * this.#shareOfThread(store)
  }

  store(id: number): ViewStore | undefined {
    return this.#stores.get(id)
  }

  stores(): IterableIterator<ViewStore> {
    return this.#stores.values()
  }

  storeState(id: number, nowMs: number): StoreState {
    const store = this.#stores.get(id)
    // A store that nobody knows is not in this process: what it had is gone.
    if (store === undefined) return 'lost'
    if (store.report.state === 'lost') return 'lost'
    const ordered = this.#ordered.get(id)
    if (ordered !== undefined) return ordered
    const silentMs = nowMs - (store.heardMs < 0 ? this.startedMs : store.heardMs)
    if (silentMs >= this.settings.downMs) return 'down'
    if (store.heardMs < 0 || silentMs >= this.settings.disconnectedMs) return 'disconnected'
    return 'up'
  }

  /** True when its peers count as gone: they are replaced, and removed when the replacement has caught up. */
  isGone(store: number, nowMs: number): boolean {
    const state = this.storeState(store, nowMs)
    return state !== 'up' && state !== 'disconnected'
  }

  /** As its directory was given them, and over that as a person has. */
  #label(store: StoreReport, name: string): string {
    if (name === 'executor') return String(store.executor)
    return this.#storeSettings.get(store.store)?.labels?.[name] ?? store.labels[name] ?? ''
  }

  /** It is threads that are to have equal work: stores that share one count less than one that has its own. */
  #shareOfThread(store: number): number {
    const executor = this.#stores.get(store)?.report.executor ?? -1
    const sharers = this.#onExecutor.get(executor)
    return sharers === undefined ? 1 : this.#fewestOnExecutor / sharers
  }

  /** As `restoreStores` takes it. */
  protected recordStores() {
    return {
      startedMs: this.startedMs,
      stores: [...this.#stores.values()].map(({ report, heardMs }) => ({ report, heardMs })),
      ordered: [...this.#ordered],
      storeSettings: [...this.#storeSettings],
    }
  }

  protected restoreStores({ stores, ordered, storeSettings }: StoresRecord): void {
    for (const { report, heardMs } of stores) this.#stores.set(report.store, { report, heardMs, place: NOWHERE })
    this.#ordered = new Map(ordered)
    this.#storeSettings = new Map(storeSettings)
    this.placesChanged()
  }
}

function sameLabels(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  if (a === b) return true
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name])
}
