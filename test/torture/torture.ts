/**
 * The built server, struck again and again in the middle of splits, merges and moves.
 *
 * A campaign begins with an empty directory. In each round something is ordered (a split, a merge, or a store is to be emptied or
 * used again), and when the placement driver shows that it is under way the process is killed, or one of its threads,
 * while clients write. After it everything that was acknowledged must be there, and at the end every cell must have its
 * copies and the ranges must tile. No client may wait so long for a reply that only the router's patience ended it.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Random } from '../../src/base/index.ts'
import { Client, json, Program, post, until } from '../boot/process.ts'
import { Load } from '../real/load.ts'
import { type CellShape, isWhole, tiles } from '../spread/cells.ts'

export type Strike = 'kill' | 'crash'

export interface TortureOptions {
  readonly seed: string
  readonly rounds: number
  readonly strikes: readonly Strike[]
  readonly executors?: number
  readonly stores?: number
  readonly say?: (line: string) => void
}

/** What was going on when it was struck. */
export interface TortureResult {
  readonly strikes: ReadonlyMap<string, number>
  readonly acknowledged: number
  readonly longestWaitMs: number
  readonly cells: number
}

export interface OperatorShape {
  readonly kind: string
  readonly outcome: string | null
}

const WRITERS = 6
const DEPTH = 8
/** A few hundred keys of these make cells that have to be cut, and snapshots of several pieces. */
const PADDING = 3000
const CELL_SIZE = '200kb'
const CELLS_MAX = 24
/** How long what was ordered may take to begin, and how far into it the strike comes. */
const BEGINS_WITHIN_MS = 1500
const STRIKE_AFTER_MS_MAX = 60
/** Request time-out and the router's grace are 15 s: who waited nearly so long was forgotten. */
const WAIT_MS_MAX = 14_000
const REPLICAS = 3
const ENDS_WITHIN_MS = 2000

export async function torture(options: TortureOptions): Promise<TortureResult> {
  const directory = mkdtempSync(join(tmpdir(), 'cellarium-torture-'))
  const campaign = new Campaign(options, directory)
  try {
    return await campaign.run()
  } catch (error) {
    throw new Error(`campaign ${options.seed}: ${(error as Error).message}${await campaign.lastWords()}`, {
      cause: error,
    })
  } finally {
    await campaign.end()
    rmSync(directory, { recursive: true, force: true })
  }
}

class Campaign {
  readonly #options: TortureOptions
  readonly #directory: string
  readonly #random: Random
  readonly #executors: number
  readonly #load = new Load(WRITERS, DEPTH, PADDING)
  readonly #strikes = new Map<string, number>()
  readonly #offline = new Set<number>()
  #server: Program | null = null
  #redis = 0
  #http = 0

  constructor(options: TortureOptions, directory: string) {
    this.#options = options
    this.#directory = directory
    this.#random = new Random(`torture ${options.seed}`)
    this.#executors = options.executors ?? 3
  }

  async run(): Promise<TortureResult> {
    await this.#start()
    await this.#whole()
    this.#load.start(this.#redis)
    for (let round = 0; round < this.#options.rounds; round++) {
      const ordered = await this.#order()
      const strike = this.#random.pick(this.#options.strikes)
      const middle = await this.#underWay()
      await new Promise((resolve) => setTimeout(resolve, this.#random.float() * STRIKE_AFTER_MS_MAX))
      this.#count(`${strike} in a ${middle}`)
      this.#options.say?.(`round ${round + 1}: ${ordered}, ${strike} in a ${middle}`)
      if (strike === 'kill') await this.#kill()
      else await this.#crash()
      if (this.#load.longestWaitMs > WAIT_MS_MAX) {
        throw new Error(`a client waited ${Math.round(this.#load.longestWaitMs)} ms for a reply`)
      }
    }
    await this.#load.stop()
    for (const store of this.#offline) await this.#post(`stores/${store}/online`, {})
    const cells = await this.#whole()
    await this.#check()
    const { acknowledged, longestWaitMs } = this.#load
    return { strikes: this.#strikes, acknowledged, longestWaitMs, cells: cells.length }
  }

  /** How the server has ended, if it has by itself: connections close before a process is known to have ended. */
  async lastWords(): Promise<string> {
    const server = this.#server
    if (server === null) return ''
    const exit = await Promise.race([
      server.exit,
      new Promise<null>((resolve) => setTimeout(resolve, ENDS_WITHIN_MS, null)),
    ])
    if (exit === null) return `; the server lives, and has said: ${server.stderr.slice(-2000)}`
    return `; the server has ended with ${exit.code ?? exit.signal}: ${server.stderr.slice(-2000)}`
  }

  async end(): Promise<void> {
    await this.#server?.stop('SIGKILL')
    await this.#load.stop()
  }

  async #start(): Promise<void> {
    const { stores = 6 } = this.#options
    const counts = ['--executors', `${this.#executors}`, '--stores', `${stores}`, '--cell-size', CELL_SIZE]
    const ports = ['--port', '0', '--http-port', '0', '--enable-debug-command', 'yes']
    this.#server = new Program(['serve', '--dir', join(this.#directory, 'd'), ...ports, ...counts])
    const { redis, http } = await this.#server.ready()
    this.#redis = redis
    this.#http = http
  }

  /** Something that makes PD plan; what it makes of it may differ. */
  async #order(): Promise<string> {
    const cells = await this.#cells()
    if (cells.length > 1 && this.#random.chance(0.35)) {
      const at = this.#random.below(cells.length - 1)
      const [left, right] = [cells[at] as CellShape, cells[at + 1] as CellShape]
      const [source, into] = this.#random.chance(0.5) ? [left, right] : [right, left]
      const status = await this.#post('operators', { kind: 'merge', cell: source.id, into: into.id })
      return `merge of ${source.id} into ${into.id}: ${status}`
    }
    if (cells.length > 0 && cells.length < CELLS_MAX && this.#random.chance(0.5)) {
      const { id } = this.#random.pick(cells)
      await this.#post('operators', { kind: 'split', cell: id })
      return `split of ${id}`
    }
    const store = 1 + this.#random.below(this.#options.stores ?? 6)
    const isOffline = this.#offline.delete(store)
    if (!isOffline) this.#offline.add(store)
    const word = isOffline ? 'online' : 'offline'
    // Refused when it would leave too few; a store that was emptied meanwhile is out of use for good.
    const status = await this.#post(`stores/${store}/${word}`, {})
    if (status !== 200 && !isOffline) this.#offline.delete(store)
    return `store ${store} ${word}: ${status}`
  }

  /** The kind of the operator that is under way, a split, a merge or a move if there is one; `rest` when none begins. */
  async #underWay(): Promise<string> {
    const beganMs = performance.now()
    let seen = 'rest'
    while (performance.now() - beganMs < BEGINS_WITHIN_MS) {
      const { items } = await json(this.#http, '/api/v1/operators?limit=100')
      const kinds = (items as unknown as OperatorShape[])
        .filter(({ outcome }) => outcome === null)
        .map(({ kind }) => kind)
      const found = ['split', 'merge', 'move-peer', 'replace-peer', 'add-peer'].filter((kind) => kinds.includes(kind))
      if (found.length > 0) return this.#random.pick(found)
      seen = kinds[0] ?? seen
      await new Promise((resolve) => setTimeout(resolve, 3))
    }
    return seen
  }

  async #kill(): Promise<void> {
    await this.#server?.stop('SIGKILL')
    await this.#load.broken()
    await this.#start()
    await this.#check()
    this.#load.start(this.#redis)
  }

  async #crash(): Promise<void> {
    const client = new Client(this.#redis)
    await client.send('DEBUG', 'CRASH-EXECUTOR', this.#random.below(this.#executors))
    client.close()
    const target = this.#load.acknowledged + 100
    await until(
      () => this.#load.acknowledged,
      (count) => count >= target,
      60_000,
    )
    await this.#load.stop()
    await this.#check()
    this.#load.start(this.#redis)
  }

  async #check(): Promise<void> {
    const wrongs = await this.#load.wrongs(this.#redis)
    if (wrongs.length > 0) throw new Error(`not what was acknowledged: ${wrongs.slice(0, 5).join('; ')}`)
  }

  /** Until each cell has its voters and a leader, and the ranges tile. */
  async #whole(): Promise<readonly CellShape[]> {
    return await until(
      () => this.#cells(),
      (cells) => cells.every((cell) => isWhole(cell, REPLICAS)) && tiles(cells),
      120_000,
    )
  }

  async #cells(): Promise<readonly CellShape[]> {
    const { items } = await json(this.#http, '/api/v1/cells?limit=1000')
    return items as unknown as CellShape[]
  }

  async #post(path: string, body: object): Promise<number> {
    const { status } = await post(this.#http, `/api/v1/${path}`, body)
    return status
  }

  #count(what: string): void {
    this.#strikes.set(what, (this.#strikes.get(what) ?? 0) + 1)
  }
}
