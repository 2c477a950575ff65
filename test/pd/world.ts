/** A small language for worlds: stores, cells, and what their leaders report. */
import { Random, utf8 } from '../../src/base/index.ts'
import type { Cell, CellReport, Peer, StorePlace, StoreReport } from '../../src/model/index.ts'
import { Loads } from '../../src/pd/loads.ts'
import { Operators } from '../../src/pd/operators.ts'
import { type Scheduler, Survey } from '../../src/pd/scheduler.ts'
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

export const keyAt = (i: number) => `k${String(i).padStart(4, '0')}`

/** So many cells, one behind the other over the whole keyspace. */
export function manyCells(count: number, peers: (i: number) => string, firstId = 10): CellReport[] {
  return Array.from({ length: count }, (_, i) =>
    cellReport({
      id: firstId + i,
      start: i === 0 ? '' : keyAt(i),
      end: i === count - 1 ? null : keyAt(i + 1),
      peers: peers(i),
    }),
  )
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
    survey: (nowMs = 0) => new Survey({ view, operators, loads, nowMs, random }),
    report: (nowMs, ...again) =>
      void view.heartbeat({ kind: 'heartbeat', executor: 0, stores: [], cells: again }, nowMs),
  }
}

/** Carries out wishes at once, until there are none; returns how many there were. */
export function settle(of: World, scheduler: Scheduler): number {
  let moves = 0
  for (; moves < 500; moves++) {
    const [wish] = scheduler(of.survey())
    if (wish === undefined) break
    const { cell, leader, term, ...rest } = of.view.cell(wish.cell) as CellReport
    let peers = cell.peers.slice()
    let leads = leader.store
    for (const step of wish.steps) {
      if (step.kind === 'addLearner') peers.push({ id: 1000 + moves, store: step.store, role: 'voter' })
      else if (step.kind === 'replacePeer') peers = peers.filter(({ id }) => id !== step.removed)
      else if (step.kind === 'removePeer') peers = peers.filter(({ id }) => id !== step.peer)
      else if (step.kind === 'transferLeader') leads = step.store
    }
    const epoch = { version: cell.epoch.version, confVer: cell.epoch.confVer + 1 }
    const led = peers.find(({ store }) => store === leads) ?? (peers[0] as Peer)
    of.report(0, { ...rest, cell: { ...cell, peers, epoch }, leader: led, term: term + 1 })
  }
  return moves
}

/** Of each store. */
export function countsOf(of: World, what: 'cells' | 'leaders'): number[] {
  return [...of.view.stores()].map(({ report }) => of.view.tally(report.store)[what].size)
}
