/** One scenario, from its first tick to its verdict: PD's mind over stores that obey, in virtual time. */
import { EMPTY, Random } from '../../src/base/index.ts'
import type { Peer } from '../../src/model/index.ts'
import type { OrderedState } from '../../src/pd/offline.ts'
import { Planner } from '../../src/pd/planner.ts'
import { type PdSettings, pdDefaults } from '../../src/pd/settings.ts'
import type { Happening, Scenario } from './scenario.ts'
import { keyOf, type SimStore, SimStores } from './stores.ts'

const STEP_MS = 100
/** Nothing has begun for so long: it has settled. */
const QUIET_MS = 20_000
const MINUTE_MS = 60_000

export interface Verdict {
  readonly name: string
  readonly stores: number
  readonly cells: number
  readonly operators: number
  readonly splits: number
  /** After the last event; −1: never. */
  readonly settledMs: number
  /** Most operators begun in any minute after it had settled. */
  readonly churn: number
  readonly cellsApart: string
  readonly leadersApart: string
  readonly threadsApart: number
  readonly tickMs: { readonly mean: number; readonly p99: number; readonly max: number }
  readonly wrong: readonly string[]
  /** The same for the same seed, on any machine. */
  readonly fingerprint: string
}

/** `clockMs`: real time, to measure what PD costs; it decides nothing. */
export function runScenario(scenario: Scenario, clockMs: () => number): Verdict {
  return new Run(scenario, clockMs).run()
}

class Run {
  readonly #scenario: Scenario
  readonly #clockMs: () => number
  readonly #random: Random
  readonly #settings: PdSettings
  readonly #stores: SimStores
  readonly #ordered = new Map<number, OrderedState>()
  #planner: Planner
  #nextId = 0
  #generation = 1
  #operators = 0
  #fingerprint = 0
  readonly #begunMs: number[] = []
  readonly #ticks: number[] = []

  constructor(scenario: Scenario, clockMs: () => number) {
    this.#scenario = scenario
    this.#clockMs = clockMs
    this.#random = new Random(scenario.seed)
    this.#settings = { ...pdDefaults, cellSizeBytes: 16 * 1024 * 1024, ...scenario.settings }
    const {
      smallCellBytes: smallBytes,
      snapshotsPerStoreMax: snapshotsMax,
      cellSizeBytes: cellBytesMax,
    } = this.#settings
    this.#stores = new SimStores(this.#random.fork(), { smallBytes, snapshotsMax, cellBytesMax })
    this.#stores.executors = scenario.executors
    this.#stores.disks = scenario.disks
    for (let i = 0; i < scenario.stores; i++) this.#stores.addStore()
    this.#fill()
    this.#planner = this.#newPlanner(0)
  }

  run(): Verdict {
    const { runMs, events } = this.#scenario
    const left = [...events]
    let lastEventMs = 0
    for (let nowMs = 0; nowMs <= runMs; nowMs += STEP_MS) {
      while (left.length > 0 && (left[0]?.atMs ?? 0) <= nowMs) {
        this.#happen((left.shift() as (typeof left)[0]).happening, nowMs)
        lastEventMs = nowMs
      }
      this.#step(nowMs)
    }
    return this.#judge(lastEventMs)
  }

  #fill(): void {
    const { cells, stores, on, cellBytes } = this.#scenario
    const { replicas } = this.#settings
    const put = (id: number, system: boolean, start: Uint8Array, end: Uint8Array | null, at: number) => {
      const homes = on.length > 0 ? on : Array.from({ length: replicas }, (_, i) => ((at + i) % stores) + 1)
      const peers = homes.map((store): Peer => ({ id: ++this.#nextId, store, role: 'voter' }))
      this.#stores.addCell({ id, system, start, end, epoch: { version: 1, confVer: 1 }, peers }, system ? 0 : cellBytes)
    }
    put(1, true, EMPTY, null, 0)
    const width = Math.floor(256 ** 6 / cells)
    for (let i = 0; i < cells; i++) {
      put(2 + i, false, i === 0 ? EMPTY : keyOf(i * width), i === cells - 1 ? null : keyOf((i + 1) * width), i)
    }
    this.#nextId = Math.max(this.#nextId, cells + 2) + 1000
  }

  #newPlanner(nowMs: number): Planner {
    const places = [...this.#stores.stores.values()].map(({ place }) => place)
    return new Planner({ settings: this.#settings, places, random: this.#random.fork(), nowMs })
  }

  #happen(happening: Happening, nowMs: number): void {
    const stores = this.#stores
    switch (happening.what) {
      case 'grow':
        stores.growth = happening.bytesPerSecond
        return
      case 'add':
        for (let i = 0; i < happening.stores; i++) stores.addStore()
        return
      case 'load':
        stores.load(happening.cells, happening.commands, happening.spread)
        return
      case 'lose':
        stores.lose(happening.store)
        return
      case 'offline':
        this.#ordered.set(happening.store, 'offline')
        this.#planner.view.setOrdered(this.#ordered)
        return
      case 'silence':
      case 'wake':
        this.#store(happening.store).silent = happening.what === 'silence'
        return
      case 'fill':
        this.#store(happening.store).filledShare = happening.share
        return
      case 'restart':
        this.#planner = this.#newPlanner(nowMs)
        this.#planner.view.setOrdered(this.#ordered)
        this.#generation++
        stores.reportAll()
    }
  }

  #store(id: number): SimStore {
    return this.#stores.stores.get(id) as SimStore
  }

  #step(nowMs: number): void {
    const stores = this.#stores
    stores.advance(nowMs, STEP_MS)
    const message = stores.heartbeats(nowMs, nowMs % 1000 === 0, (cell) => {
      this.#planner.splitWanted(cell, 'it has grown', nowMs)
    })
    const beganMs = this.#clockMs()
    if (message !== null) this.#planner.heartbeat(message, nowMs)
    this.#planner.tick(nowMs)
    const orders = this.#planner.plan(this.#generation, () => this.#nextId++, nowMs)
    // The first tick is told all cells there are, which is no tick like others.
    if (nowMs > 0) this.#ticks.push(this.#clockMs() - beganMs)
    for (const order of orders) {
      stores.obey(order, nowMs)
      this.#mix(order.cell)
      this.#mix(order.store)
    }
    for (const { event, ...rest } of this.#planner.takeHappened()) {
      if (event !== 'operatorStarted' || !('operator' in rest)) continue
      this.#operators++
      this.#begunMs.push(nowMs)
      this.#mix(nowMs)
    }
  }

  #mix(value: number): void {
    this.#fingerprint = (Math.imul(this.#fingerprint ^ value, 0x01000193) + value) >>> 0
  }

  #judge(lastEventMs: number): Verdict {
    const scenario = this.#scenario
    const { settledMs, churn } = this.#settling(lastEventMs)
    const wrong = [...new Set(this.#stores.faults)].slice(0, 5)
    if (settledMs < 0 || settledMs > scenario.settledWithinMs) wrong.push('it has not settled in time')
    else if (churn >= 1) wrong.push(`${churn} operators in one minute after it had settled`)
    if (this.#operators > scenario.movesMax) wrong.push(`${this.#operators} operators, ${scenario.movesMax} allowed`)
    if (this.#stores.splits < scenario.splitsMin) wrong.push(`${this.#stores.splits} splits only`)
    const users = this.#stores.cells.size - 1
    if (users > scenario.cellsMax) wrong.push(`${users} cells, ${scenario.cellsMax} allowed`)
    const used = [...this.#stores.stores.values()].filter(({ place: { id }, lost }) => !lost && !this.#ordered.has(id))
    const roomy = used.filter(({ filledShare }) => filledShare < 0.5).map(({ place }) => place.id)
    const counts = this.#counts()
    const cells = apart(roomy.map((id) => counts.get(id)?.cells ?? 0))
    const leaders = apart(roomy.map((id) => counts.get(id)?.leaders ?? 0))
    // Where load is spread, who leads many idle cells and who leads a few busy ones is another question.
    const loads = this.#stores.threadLoads()
    const loaded = loads.some((load) => load > 0)
    if (!cells.even) wrong.push(`cells are not even: ${cells.words}`)
    if (!leaders.even && !loaded) wrong.push(`leaders are not even: ${leaders.words}`)
    for (const id of scenario.emptied) if ((counts.get(id)?.cells ?? 0) > 0) wrong.push(`store ${id} is not empty`)
    for (const fault of this.#unwell()) wrong.push(fault)
    const mean = loads.reduce((sum, load) => sum + load, 0) / loads.length
    const threadsApart = mean === 0 ? 0 : Math.max(...loads) / mean - 1
    if (threadsApart > scenario.threadsWithin)
      wrong.push(`one thread has ${Math.round(threadsApart * 100)} % over the mean`)
    this.#ticks.sort((a, b) => a - b)
    const at = (share: number) => this.#ticks[Math.floor((this.#ticks.length - 1) * share)] as number
    return {
      name: scenario.name,
      stores: used.length,
      cells: this.#stores.cells.size,
      operators: this.#operators,
      splits: this.#stores.splits,
      settledMs,
      churn,
      cellsApart: cells.words,
      leadersApart: leaders.words,
      threadsApart,
      tickMs: { mean: this.#ticks.reduce((sum, ms) => sum + ms, 0) / this.#ticks.length, p99: at(0.99), max: at(1) },
      wrong,
      fingerprint: this.#fingerprint.toString(16),
    }
  }

  /** The first quiet time after the last event, and what began in the worst minute after it. */
  #settling(lastEventMs: number): { settledMs: number; churn: number } {
    const { runMs } = this.#scenario
    const begun = [lastEventMs, ...this.#begunMs.filter((ms) => ms > lastEventMs), runMs]
    const last = begun.findIndex((ms, i) => (begun[i + 1] ?? runMs) - ms >= QUIET_MS)
    if (last < 0 || last === begun.length - 1) return { settledMs: -1, churn: 0 }
    const settledAtMs = begun[last] as number
    const after = begun.slice(last + 1, -1)
    let churn = 0
    for (const ms of after)
      churn = Math.max(churn, after.filter((other) => other >= ms && other < ms + MINUTE_MS).length)
    return { settledMs: settledAtMs - lastEventMs, churn }
  }

  #counts(): Map<number, { cells: number; leaders: number }> {
    const counts = new Map([...this.#stores.stores.keys()].map((id) => [id, { cells: 0, leaders: 0 }]))
    for (const { cell, leader } of this.#stores.cells.values()) {
      for (const { store } of cell.peers) {
        const count = counts.get(store) as { cells: number; leaders: number }
        count.cells++
        if (store === leader) count.leaders++
      }
    }
    return counts
  }

  *#unwell(): Generator<string> {
    let unwell = 0
    for (const { cell } of this.#stores.cells.values()) {
      const healthy = cell.peers.filter(({ role, store }) => role === 'voter' && !this.#stores.stores.get(store)?.lost)
      if (healthy.length !== this.#settings.replicas || cell.peers.length !== healthy.length) unwell++
    }
    if (unwell > 0) yield `${unwell} cells have not the copies they should have`
  }
}

/** At most two apart where there are fewer than twenty, else a standard deviation of at most five per cent of the mean. */
function apart(counts: readonly number[]): { even: boolean; words: string } {
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length
  const deviation = Math.sqrt(counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length)
  const [low, high] = [Math.min(...counts), Math.max(...counts)]
  return {
    even: high - low <= 2 || (mean >= 20 && deviation <= mean * 0.05),
    words: `${low}–${high} (${((deviation / Math.max(1, mean)) * 100).toFixed(1)} %)`,
  }
}
