/**
 * Many cells on the built server, from an empty directory: do they spread, and is everything there?
 *
 *   load   random keys until there are many cells; soon after the last one all stores have as many of them, and lead as many
 *   grow   the same, then a restart with more stores, which get their share as soon
 *   move   a cluster cut into many cells before it is loaded; then a restart with more stores, which get their share while
 *          commands run, whose waits are compared with those before it
 *
 * What is counted are all cells, the system's own too, as PD does.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { usageOf } from '../../src/bench/index.ts'
import { SYSTEM_CELL } from '../../src/model/index.ts'
import { json, Program, post, until } from '../boot/process.ts'
import { type CellShape, type Evenness, isWhole, leadersOf, peersOf, tiles } from './cells.ts'
import { Data, Lanes } from './data.ts'
import { Pulse, type Waits } from './pulse.ts'

export interface TrialOptions {
  readonly mode: 'load' | 'grow' | 'move'
  readonly megabytes: number
  readonly cellMegabytes: number
  readonly stores: number
  /** After the restart. */
  readonly storesLater: number
  /** Stores are even by threads: give numbers of stores that are multiples of it. */
  readonly executors: number
  readonly valueBytes: number
  readonly connections: number
  /** Commands in flight on each connection. */
  readonly depth: number
  /** Of `move`: cells to begin with, and commands per second. */
  readonly cells: number
  readonly rate: number
  readonly evenWithinMs: number
  readonly progress: (line: string) => void
}

/** A thing that was looked at; `isRight` null: it is only told. */
export interface Finding {
  readonly what: string
  readonly wished: string
  readonly found: string
  readonly isRight: boolean | null
}

const REPLICAS = 3
/** Cells are cut somewhere between half of their size and all of it. */
const CELLS_SHARE = 0.8
const GAP_MAX = 2
const DEVIATION_MAX = 0.05
const P99_FACTOR_MAX = 2
const BEFORE_MS = 15_000
const CELLS_WITHIN_MS = 180_000
const LOOK_AGAIN_MS = 200
const PAUSED_WITHIN_MS = 30_000
/** What moves cells and leaders by itself, so that it can be told when. */
const MOVERS = ['cells', 'leaders', 'places', 'hot-cells']

/** Everything that was found, also when some of it is wrong; throws only if it cannot go on. */
export async function trial(options: TrialOptions): Promise<readonly Finding[]> {
  const directory = mkdtempSync(join(tmpdir(), 'cellarium-spread-'))
  const running = new Trial(options, directory)
  try {
    await running.run()
    return running.findings
  } finally {
    await running.end()
    rmSync(directory, { recursive: true, force: true })
  }
}

class Trial {
  readonly findings: Finding[] = []
  readonly #options: TrialOptions
  readonly #directory: string
  readonly #data: Data
  #server: Program | null = null
  #redis = 0
  #http = 0
  #stores: readonly number[] = []
  /** When the server last said that it is ready. */
  #readyMs = 0

  constructor(options: TrialOptions, directory: string) {
    this.#options = options
    this.#directory = directory
    this.#data = new Data(options.megabytes, options.valueBytes)
  }

  async run(): Promise<void> {
    const { mode, stores, storesLater, cells } = this.#options
    await this.#start(stores, mode === 'move' ? ['--initial-cells', `${cells}`] : [])
    if (mode === 'move') await this.#cut()
    const loadedMs = await this.#load()
    if (mode !== 'move') {
      await this.#even('after the load', loadedMs, isNear)
      await this.#look('after the load')
    }
    if (mode === 'load') return
    if (mode === 'move') await this.#pause(true)
    await this.#server?.stop()
    await this.#start(storesLater)
    if (mode === 'move') await this.#moveUnderLoad()
    else await this.#even('after the restart', this.#readyMs, isNear)
    await this.#look('after the restart')
  }

  async end(): Promise<void> {
    await this.#server?.stop('SIGKILL')
  }

  async #start(stores: number, flags: readonly string[] = []): Promise<void> {
    const { executors, cellMegabytes } = this.#options
    const counts = ['--executors', `${executors}`, '--stores', `${stores}`, '--replicas', `${REPLICAS}`]
    const size = ['--cell-size', `${Math.round(cellMegabytes * 2 ** 20)}`]
    const ports = ['--port', '0', '--http-port', '0']
    this.#server = new Program(['serve', '--dir', join(this.#directory, 'd'), ...ports, ...counts, ...size, ...flags])
    const { redis, http } = await this.#server.ready()
    this.#readyMs = performance.now()
    this.#redis = redis
    this.#http = http
    this.#stores = Array.from({ length: stores }, (_, i) => i + 1)
  }

  /** Before anything is loaded. */
  async #cut(): Promise<void> {
    const { cells: wished, progress } = this.#options
    await until(
      async () => {
        const all = users(await this.#cells())
        progress(`${all.length} of ${wished} cells`)
        return all
      },
      (all) => all.length >= wished && all.every((cell) => isWhole(cell, REPLICAS)),
      CELLS_WITHIN_MS,
    )
  }

  /** Returns when the last key was acknowledged. */
  async #load(): Promise<number> {
    const { connections, depth, progress } = this.#options
    const lanes = new Lanes(this.#redis, connections, depth)
    const beganMs = performance.now()
    await lanes.load(this.#data, (done) => progress(`${done} of ${this.#data.count} keys loaded`))
    const loadedMs = performance.now()
    lanes.close()
    const seconds = (loadedMs - beganMs) / 1000
    const megabytes = (this.#data.bytes / 2 ** 20).toFixed(0)
    this.#tell('load', `${this.#data.count} keys, ${megabytes} MiB in ${seconds.toFixed(1)} s`)
    this.#noErrors('of the load', lanes.errors)
    this.#tell('longest wait of a command of the load', `${Math.round(lanes.longestWaitMs)} ms`)
    return loadedMs
  }

  /** Waits until stores have as much, and as much to lead, as each other; says how long that took since. */
  async #even(when: string, sinceMs: number, isEven: (evenness: Evenness) => boolean): Promise<void> {
    const { evenWithinMs, progress } = this.#options
    let cells: readonly CellShape[]
    let isDone: boolean
    for (;;) {
      cells = await this.#cells()
      isDone = cells.length > 1 && cells.every((cell) => isWhole(cell, REPLICAS)) && tiles(users(cells))
      isDone &&= [peersOf, leadersOf].every((of) => isEven(of(cells, this.#stores)))
      const passedMs = performance.now() - sinceMs
      progress(`${cells.length} cells, ${this.#counted(cells)}, ${(passedMs / 1000).toFixed(0)} s ${when}`)
      if (isDone || passedMs > evenWithinMs) break
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
    }
    const tookMs = performance.now() - sinceMs
    const within = `within ${evenWithinMs / 1000} s`
    this.#check(`whole and even ${when}`, within, isDone && tookMs <= evenWithinMs, `${(tookMs / 1000).toFixed(1)} s`)
  }

  /** Cells as they are now, and all of the data. */
  async #look(when: string): Promise<void> {
    const { connections, depth, mode, cellMegabytes, progress } = this.#options
    const lanes = new Lanes(this.#redis, connections, depth)
    const wrong = await lanes.wrong(this.#data, (done) => progress(`${done} of ${this.#data.count} keys read`))
    const size = await lanes.size()
    lanes.close()
    this.#check(`keys that are not as written ${when}`, '0', wrong === 0, `${wrong}`)
    this.#check(`DBSIZE ${when}`, `${this.#data.count}`, size === this.#data.count, `${size}`)
    this.#noErrors(`of the reading ${when}`, lanes.errors)
    this.#tell(`longest wait of a command of the reading ${when}`, `${Math.round(lanes.longestWaitMs)} ms`)
    // After the reading: it must have stayed so.
    const all = await this.#cells()
    const cells = users(all)
    const bytesPerCell = cellMegabytes * 2 ** 20
    const wished = mode === 'move' ? this.#options.cells : Math.floor((this.#data.bytes / bytesPerCell) * CELLS_SHARE)
    this.#check(`cells ${when}`, `≥ ${wished}`, cells.length >= wished, `${cells.length}`)
    const broken = all.filter((cell) => !isWhole(cell, REPLICAS)).length
    this.#check(`cells without ${REPLICAS} peers on as many stores ${when}`, '0', broken === 0, `${broken}`)
    this.#check(`ranges tile ${when}`, 'yes', tiles(cells), tiles(cells) ? 'yes' : 'no')
    const isEven = mode === 'move' ? isSteady : isNear
    this.#evenness(`cells of stores ${when}`, peersOf(all, this.#stores), isEven)
    this.#evenness(`leaders of stores ${when}`, leadersOf(all, this.#stores), isEven)
  }

  async #moveUnderLoad(): Promise<void> {
    const { connections, depth, rate, progress } = this.#options
    // So that commands before and during the moves find the same in memory.
    const lanes = new Lanes(this.#redis, connections, depth)
    await lanes.wrong(this.#data, (done) => progress(`${done} of ${this.#data.count} keys warmed`))
    lanes.close()
    const pulse = new Pulse(this.#redis, this.#data, rate)
    progress('commands before the moves')
    await passed(BEFORE_MS / 3)
    pulse.take()
    await this.#longestPass()
    const beforeMachine = new Machine(this.#server)
    await passed(BEFORE_MS)
    const before = pulse.take()
    this.#tell('machine before the moves', beforeMachine.said())
    this.#tell('longest pass of a thread before the moves', await this.#longestPass())
    const cells = await this.#cells()
    const added = peersOf(cells, this.#stores).counts.slice(this.#options.stores)
    const isEmpty = added.every((count) => count === 0)
    this.#check('cells of the added stores before the moves', '0', isEmpty, added.join(' '))

    const machine = new Machine(this.#server)
    const resumedMs = performance.now()
    await this.#pause(false)
    await this.#even('after the moves began', resumedMs, isSteady)
    const during = pulse.take()
    this.#tell('machine during the moves', machine.said())
    this.#tell('longest pass of a thread during the moves', await this.#longestPass())
    await pulse.stop()
    this.#noErrors('beside the moves', pulse.faults)
    this.#tell('commands before the moves', saidOf(before))
    this.#tell('commands during the moves', saidOf(during))
    const factor = during.p99Ms / before.p99Ms
    this.#check('p99 during to before', `< ${P99_FACTOR_MAX}`, factor < P99_FACTOR_MAX, factor.toFixed(2))
  }

  /** Since the last call: how long a thread was busy with one pass, and how much too late its timers were. */
  async #longestPass(): Promise<string> {
    const { body } = await json(this.#http, '/api/v1/executors')
    const { items } = body as { items: { longestPassMs: number; timerLatenessMs: number }[] }
    const most = (of: 'longestPassMs' | 'timerLatenessMs') => Math.max(...items.map((item) => item[of])).toFixed(0)
    return `${most('longestPassMs')} ms, and woken up to ${most('timerLatenessMs')} ms late`
  }

  async #pause(paused: boolean): Promise<void> {
    for (const name of MOVERS) {
      // The placement driver answers when it has written it, and others have work, too: 503 is to be asked again.
      await until(
        () => post(this.#http, '/api/v1/schedulers', { name, paused }),
        ({ status }) => status === 200,
        PAUSED_WITHIN_MS,
      )
    }
  }

  /** In order of keys, the system's before the users'. */
  async #cells(): Promise<readonly CellShape[]> {
    const cells: CellShape[] = []
    let after = ''
    for (;;) {
      const { body } = await json(this.#http, `/api/v1/cells?system=1&limit=1000${after}`)
      const { items = [], next = null } = body as { items?: CellShape[]; next?: string | null }
      cells.push(...items)
      if (next === null) return cells
      after = `&after=${next}`
    }
  }

  #counted(cells: readonly CellShape[]): string {
    const peers = peersOf(cells, this.#stores).counts.join(' ')
    return `peers ${peers}, leaders ${leadersOf(cells, this.#stores).counts.join(' ')}`
  }

  #evenness(what: string, evenness: Evenness, isEven: (evenness: Evenness) => boolean): void {
    const { counts, gap, deviation } = evenness
    const wished = isEven === isNear ? `gap ≤ ${GAP_MAX}` : `deviation ≤ ${DEVIATION_MAX * 100} %`
    const found = `${counts.join(' ')} (gap ${gap}, deviation ${(deviation * 100).toFixed(1)} %)`
    this.#check(what, wished, isEven(evenness), found)
  }

  #noErrors(what: string, errors: ReadonlyMap<string, number>): void {
    const told = [...errors].map(([word, count]) => `${count} × ${word}`).join(', ')
    this.#check(`commands refused or wrong ${what}`, 'none', errors.size === 0, told === '' ? 'none' : told)
  }

  #check(what: string, wished: string, isRight: boolean, found: string): void {
    this.findings.push({ what, wished, found, isRight })
  }

  #tell(what: string, found: string): void {
    this.findings.push({ what, wished: '', found, isRight: null })
  }
}

const users = (cells: readonly CellShape[]) => cells.filter(({ id }) => id !== SYSTEM_CELL)
const isNear = ({ gap }: Evenness) => gap <= GAP_MAX
const isSteady = ({ deviation }: Evenness) => deviation <= DEVIATION_MAX
const passed = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

function saidOf({ commands, p50Ms, p99Ms, maxMs }: Waits): string {
  return `${commands}, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, longest ${maxMs.toFixed(0)} ms`
}

/** What the machine's cores did since it was made, and for whom: beside it every wait is to be read. */
class Machine {
  readonly #server: Program | null
  readonly #began: ReturnType<Machine['now']>

  constructor(server: Program | null) {
    this.#server = server
    this.#began = this.now()
  }

  said(): string {
    const now = this.now()
    const seconds = now.atSeconds - this.#began.atSeconds
    const cores = (of: 'busy' | 'server' | 'own') => (now[of] - this.#began[of]) / seconds
    const others = Math.max(0, cores('busy') - cores('server') - cores('own'))
    const shares = `server ${cores('server').toFixed(2)}, clients ${cores('own').toFixed(2)}, others ${others.toFixed(2)}`
    return `${cores('busy').toFixed(2)} of ${cpus().length} cores busy: ${shares}`
  }

  now() {
    const own = process.cpuUsage()
    const busyMs = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0)
    return {
      atSeconds: performance.now() / 1000,
      busy: busyMs / 1000,
      server: usageOf(this.#server?.child.pid ?? 0)?.cpuSeconds ?? 0,
      own: (own.user + own.system) / 1e6,
    }
  }
}
