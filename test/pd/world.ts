/** A small language for worlds: stores, cells, and what their leaders report. */
import { Random, utf8 } from '../../src/base/index.ts'
import type { Cell, CellReport, Peer, StorePlace, StoreReport } from '../../src/model/index.ts'
import { Loads } from '../../src/pd/loads.ts'
import { Operators } from '../../src/pd/operators.ts'
import type { Survey } from '../../src/pd/scheduler.ts'
import { type PdSettings, pdDefaults } from '../../src/pd/settings.ts'
import { View } from '../../src/pd/view.ts'

/** Store i lives on executor (i − 1) mod executors, disk 1. */
export function places(stores: number, executors: number): StorePlace[] {
  return Array.from({ length: stores }, (_, i) => ({
    id: i + 1,
    executor: i % executors,
    dir: `/d/store-${i + 1}`,
    logDir: `/d/log-${i % executors}`,
    labels: { disk: '1' },
  }))
}

export function storeReport(place: StorePlace, change: Partial<StoreReport> = {}): StoreReport {
  const { id, executor, dir, labels } = place
  return { store: id, executor, dir, labels, state: 'up', cells: 0, leaders: 0, sizeBytes: 0, ...change }
}

export interface CellWish {
  id?: number
  system?: boolean
  start?: string
  end?: string | null
  version?: number
  confVer?: number
  term?: number
  /** `3` a voter on store 3 with id 103, `3+` a learner there; the first leads. */
  peers?: string
  /** Stores whose peers have not caught up. */
  pending?: number[]
  index?: number
}

export function cellReport(wish: CellWish = {}): CellReport {
  const id = wish.id ?? 2
  const peers = (wish.peers ?? '1 2 3').split(' ').map(
    (text): Peer => ({
      id: 100 + Number.parseInt(text, 10),
      store: Number.parseInt(text, 10),
      role: text.endsWith('+') ? 'learner' : 'voter',
    }),
  )
  const cell: Cell = {
    id,
    system: wish.system ?? id === 1,
    start: utf8(wish.start ?? ''),
    end: wish.end === undefined || wish.end === null ? null : utf8(wish.end),
    epoch: { version: wish.version ?? 1, confVer: wish.confVer ?? 1 },
    peers,
  }
  return {
    cell,
    term: wish.term ?? 6,
    leader: peers[0] as Peer,
    pending: (wish.pending ?? []).map((store) => 100 + store),
    down: [],
    match: peers.map((peer) => ({ peer: peer.id, index: wish.index ?? 10 })),
    sizeBytes: 0,
    keys: 0,
  }
}

export interface World {
  readonly settings: PdSettings
  readonly view: View
  readonly operators: Operators
  readonly loads: Loads
  survey(nowMs?: number): Survey
  report(nowMs: number, ...cells: CellReport[]): void
}

/** All stores have just reported, unless they are named in `silent`; `lost` ones have said so. */
export function world(
  stores: StorePlace[],
  cells: CellReport[],
  change: { silent?: number[]; lost?: number[]; settings?: Partial<PdSettings>; seed?: number } = {},
): World {
  // The tables are about shares of load, whatever it amounts to.
  const settings = { ...pdDefaults, busyCpu: 0, ...change.settings }
  const view = new View(settings, stores, 0)
  const operators = new Operators(settings)
  const loads = new Loads()
  const random = new Random(change.seed ?? 1)
  const reports = stores
    .filter((store) => !change.silent?.includes(store.id))
    .map((store) => storeReport(store, change.lost?.includes(store.id) ? { state: 'lost' } : {}))
  view.heartbeat({ kind: 'heartbeat', executor: 0, stores: reports, cells }, 0)
  return {
    settings,
    view,
    operators,
    loads,
    survey: (nowMs = 0) => ({ view, operators, loads, influence: operators.influence(view), nowMs, random }),
    report: (nowMs, ...again) => view.heartbeat({ kind: 'heartbeat', executor: 0, stores: [], cells: again }, nowMs),
  }
}
