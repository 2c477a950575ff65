/**
 * What cells cost their leaders: the last reports of each that had any load, about one a second. The median of five says
 * what is usual, so that one burst moves nothing; the least of ten says what lasts.
 *
 * Cells without load are not held: what a hundred thousand idle ones cost is nothing.
 */
import type { CellReport, UsualLoad } from '../model/index.ts'
import type { Operators } from './operators.ts'
import type { View } from './view.ts'

/** What load is counted in, the most telling first. CPU is a share of one thread, the others are per second. */
export const DIMENSIONS = ['cpu', 'commands', 'bytes'] as const satisfies (keyof UsualLoad)[]
export type Dimension = (typeof DIMENSIONS)[number]
export type Load = UsualLoad

const WINDOWS = 10
const MEDIAN_OF = 5
/** Without a report with load for so long it has none. */
const STALE_MS = 4_000
const NO_LOAD: Load = { cpu: 0, commands: 0, bytes: 0 }

interface Windows {
  /** The newest last. */
  readonly loads: Load[]
  usual: Load
  atMs: number
  middle: Uint8Array | null | undefined
}

export class Loads {
  readonly #byCell = new Map<number, Windows>()
  #hot: ReadonlySet<number> = new Set()

  take({ cell, load }: CellReport, nowMs: number): void {
    if (load === undefined || load.forMs <= 0) return
    const perSecond = 1000 / load.forMs
    const rate: Load = {
      cpu: load.cpuMicros / 1000 / load.forMs,
      commands: load.commands * perSecond,
      bytes: load.bytes * perSecond,
    }
    let windows = this.#byCell.get(cell.id)
    if (windows === undefined || nowMs - windows.atMs > STALE_MS) {
      windows = { loads: [], usual: NO_LOAD, atMs: nowMs, middle: undefined }
      this.#byCell.set(cell.id, windows)
    }
    windows.loads.push(rate)
    if (windows.loads.length > WINDOWS) windows.loads.shift()
    windows.usual = medianOf(windows.loads)
    windows.atMs = nowMs
    windows.middle = load.middle
  }

  /** Usual load of a cell; nothing before it has lasted for some reports. */
  of(cell: number): Load {
    return this.#byCell.get(cell)?.usual ?? NO_LOAD
  }

  /** It has had at least so much in each of the last ten reports. */
  lasts(cell: number, dimension: Dimension, least: number): boolean {
    const loads = this.#byCell.get(cell)?.loads
    return loads !== undefined && loads.length === WINDOWS && loads.every((load) => load[dimension] >= least)
  }

  /** The key that divides its load in two; null: there is none; undefined: not known. */
  middleOf(cell: number): Uint8Array | null | undefined {
    return this.#byCell.get(cell)?.middle
  }

  get isEmpty(): boolean {
    return this.#byCell.size === 0
  }

  loaded(): IterableIterator<number> {
    return this.#byCell.keys()
  }

  /** It carries so much more than others that it is where it is for that. */
  isHot(cell: number): boolean {
    return this.#hot.has(cell)
  }

  /** Once a second or so: forgets what is over, and finds which cells are hot. */
  tidy(view: View, nowMs: number): void {
    let total = 0
    for (const [id, windows] of this.#byCell) {
      if (view.cell(id) === undefined || nowMs - windows.atMs > STALE_MS) this.#byCell.delete(id)
      else total += windows.usual.commands
    }
    // Beside the mean of all cells, and not of its store's: there it would stop being hot among its like.
    const most = Math.max(view.settings.hotCommandsMin, (2 * total) / Math.max(1, view.userCells))
    const hot = new Set<number>()
    for (const [id, { usual }] of this.#byCell) if (usual.commands > most) hot.add(id)
    this.#hot = hot
  }

  /** Of each executor that has a store that is up: the load of all cells that its stores lead, or are about to lead. */
  byExecutor(view: View, operators: Operators, nowMs: number): Map<number, Record<Dimension, number>> {
    const loads = new Map<number, Record<Dimension, number>>()
    for (const { report } of view.stores()) {
      if (view.storeState(report.store, nowMs) === 'up') loads.set(report.executor, { cpu: 0, commands: 0, bytes: 0 })
    }
    for (const [id, { usual }] of this.#byCell) {
      const leader = operators.successorOf(id) ?? view.cell(id)?.leader.store ?? 0
      const load = loads.get(view.store(leader)?.report.executor ?? -1)
      if (load === undefined) continue
      for (const dimension of DIMENSIONS) load[dimension] += usual[dimension]
    }
    return loads
  }
}

function medianOf(loads: readonly Load[]): Load {
  if (loads.length < MEDIAN_OF) return NO_LOAD
  const last = loads.slice(-MEDIAN_OF)
  const median = (dimension: Dimension) => {
    const values = last.map((load) => load[dimension]).sort((a, b) => a - b)
    return values[MEDIAN_OF >>> 1] as number
  }
  return { cpu: median('cpu'), commands: median('commands'), bytes: median('bytes') }
}
