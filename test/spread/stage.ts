/** The built server in a directory of its own, its cells as HTTP shows them, and what was found: what every trial needs. */
import { join } from 'node:path'
import { SYSTEM_CELL } from '../../src/model/index.ts'
import { json, Program, post, until } from '../boot/process.ts'
import { type CellShape, isWhole, tiles } from './cells.ts'
import { type Data, Lanes } from './data.ts'

export const MODES = ['load', 'grow', 'move', 'hot', 'disks'] as const
export type Mode = (typeof MODES)[number]

export interface TrialOptions {
  readonly mode: Mode
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

export interface StoreItem {
  readonly id: number
  readonly executor: number
  readonly state: string
  readonly labels: Readonly<Record<string, string>>
}

export const REPLICAS = 3
const ANSWERED_WITHIN_MS = 30_000

export class Stage {
  readonly findings: Finding[] = []
  readonly options: TrialOptions
  readonly data: Data
  readonly #directory: string
  #server: Program | null = null
  #redis = 0
  #http = 0
  #stores: readonly number[] = []
  #readyMs = 0

  constructor(options: TrialOptions, directory: string, data: Data) {
    this.options = options
    this.data = data
    this.#directory = directory
  }

  /** Where commands are answered. */
  get redis(): number {
    return this.#redis
  }

  get stores(): readonly number[] {
    return this.#stores
  }

  /** When the server last said that it is ready. */
  get readyMs(): number {
    return this.#readyMs
  }

  get pid(): number {
    return this.#server?.child.pid ?? 0
  }

  /** @param disks folders to lie in; without any, one of its own */
  async start(stores: number, flags: readonly string[] = [], disks: readonly string[] = ['d']): Promise<void> {
    const { executors, cellMegabytes } = this.options
    const counts = ['--executors', `${executors}`, '--stores', `${stores}`, '--replicas', `${REPLICAS}`]
    const size = ['--cell-size', `${Math.round(cellMegabytes * 2 ** 20)}`]
    const ports = ['--port', '0', '--http-port', '0']
    const places = disks.flatMap((disk) => ['--dir', join(this.#directory, disk)])
    this.#server = new Program(['serve', ...places, ...ports, ...counts, ...size, ...flags])
    const { redis, http } = await this.#server.ready()
    this.#readyMs = performance.now()
    this.#redis = redis
    this.#http = http
    this.#stores = Array.from({ length: stores }, (_, i) => i + 1)
  }

  async stop(signal?: NodeJS.Signals): Promise<void> {
    await this.#server?.stop(signal)
  }

  lanes(): Lanes {
    return new Lanes(this.#redis, this.options.connections, this.options.depth)
  }

  async get<T>(path: string): Promise<T> {
    return (await json(this.#http, path)).body as T
  }

  /** Until it is taken: the placement driver answers when it has written it, and others have work, too. 503 is to be asked again. */
  async order(path: string, body: object): Promise<void> {
    await until(
      () => post(this.#http, path, body),
      ({ status }) => status === 200,
      ANSWERED_WITHIN_MS,
    )
  }

  /** Few enough for one page; those that are tombstones included. */
  async storeItems(): Promise<readonly StoreItem[]> {
    return (await this.get<{ items: readonly StoreItem[] }>('/api/v1/stores')).items
  }

  /** In order of keys, the system's before the users'. */
  async cells(): Promise<readonly CellShape[]> {
    const cells: CellShape[] = []
    let after = ''
    for (;;) {
      const { items = [], next = null } = await this.get<{ items?: CellShape[]; next?: string | null }>(
        `/api/v1/cells?system=1&limit=1000${after}`,
      )
      cells.push(...items)
      if (next === null) return cells
      after = `&after=${next}`
    }
  }

  /** Returns when the last key was acknowledged. */
  async load(): Promise<number> {
    const { data, options } = this
    const lanes = this.lanes()
    const beganMs = performance.now()
    await lanes.load(data, (done) => options.progress(`${done} of ${data.count} keys loaded`))
    const loadedMs = performance.now()
    lanes.close()
    const seconds = (loadedMs - beganMs) / 1000
    const megabytes = (data.bytes / 2 ** 20).toFixed(0)
    this.tell('load', `${data.count} keys, ${megabytes} MiB in ${seconds.toFixed(1)} s`)
    this.noErrors('of the load', lanes.errors)
    this.tell('longest wait of a command of the load', `${Math.round(lanes.longestWaitMs)} ms`)
    return loadedMs
  }

  /** All of the data, and cells as they are after it was read. */
  async look(when: string): Promise<readonly CellShape[]> {
    const { data, options } = this
    const lanes = this.lanes()
    const wrong = await lanes.wrong(data, (done) => options.progress(`${done} of ${data.count} keys read`))
    const size = await lanes.size()
    lanes.close()
    this.check(`keys that are not as written ${when}`, '0', wrong === 0, `${wrong}`)
    this.check(`DBSIZE ${when}`, `${data.count}`, size === data.count, `${size}`)
    this.noErrors(`of the reading ${when}`, lanes.errors)
    this.tell(`longest wait of a command of the reading ${when}`, `${Math.round(lanes.longestWaitMs)} ms`)
    const cells = await this.cells()
    const broken = cells.filter((cell) => !isWhole(cell, REPLICAS)).length
    this.check(`cells without ${REPLICAS} peers on as many stores ${when}`, '0', broken === 0, `${broken}`)
    const isTiled = tiles(users(cells))
    this.check(`ranges tile ${when}`, 'yes', isTiled, isTiled ? 'yes' : 'no')
    return cells
  }

  noErrors(what: string, errors: ReadonlyMap<string, number>): void {
    const told = [...errors].map(([word, count]) => `${count} × ${word}`).join(', ')
    this.check(`commands refused or wrong ${what}`, 'none', errors.size === 0, told === '' ? 'none' : told)
  }

  check(what: string, wished: string, isRight: boolean, found: string): void {
    this.findings.push({ what, wished, found, isRight })
  }

  tell(what: string, found: string): void {
    this.findings.push({ what, wished: '', found, isRight: null })
  }
}

export const users = (cells: readonly CellShape[]) => cells.filter(({ id }) => id !== SYSTEM_CELL)
export const passed = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
