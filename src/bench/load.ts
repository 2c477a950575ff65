/**
 * The connections of one thread of the load generator, and the phases that all threads go through together:
 *
 *   open      every connection is there
 *   fill      each thread sets its share of the keys, once
 *   run       commands flow; what is measured now is thrown away when `measure` comes
 *   measure   counting begins anew
 *   end       counting ends; what was counted goes to whoever started the thread
 */
import type { MessagePort } from 'node:worker_threads'
import { Connection, type Target } from './connection.ts'
import { Histogram, type HistogramState } from './histogram.ts'
import { FillRequests, Requests, type Workload } from './workload.ts'

/** What a thread is given at birth. */
export interface LoadTask {
  readonly target: Target
  /** Its `connections` and `ratePerSecond` are this thread's share. */
  readonly workload: Workload
  /** The keys that it sets in the fill: from, and up to but without. */
  readonly fillFrom: number
  readonly fillEnd: number
  readonly seed: string
  /** Two numbers in shared memory: commands that were answered since its birth, and errors among them. */
  readonly progress: Float64Array
}

export type LoadOrder = 'open' | 'fill' | 'run' | 'measure' | 'end'

/** What was ordered is done, or can no longer be. */
export type LoadWord = { readonly counted: LoadCount | null } | { readonly failed: string }

/** Of the time between `measure` and `end`. */
export interface LoadCount {
  readonly commands: number
  readonly seconds: number
  readonly errors: number
  readonly firstError: string
  /** Replies that said that there was no such key. */
  readonly nils: number
  readonly latencies: HistogramState
}

const CHUNK_BYTES = 256 * 1024
const TICK_MS = 1
const FILL_PIPELINE = 64

/** Takes orders from the port until it is closed. */
export function runLoadThread(task: LoadTask, port: MessagePort): void {
  const failed = (error: Error) => port.postMessage({ failed: error.message } satisfies LoadWord)
  const load = new Load(task, failed)
  port.on('message', (order: LoadOrder) => {
    load.obey(order).then((counted) => port.postMessage({ counted } satisfies LoadWord), failed)
  })
}

class Load {
  readonly #task: LoadTask
  readonly #failed: (error: Error) => void
  readonly #latencies = new Histogram()
  #connections: Connection[] = []
  #ticker: NodeJS.Timeout | null = null
  #beganMs = 0
  #before = { commands: 0, errors: 0, nils: 0 }

  constructor(task: LoadTask, failed: (error: Error) => void) {
    this.#task = task
    this.#failed = failed
  }

  async obey(order: LoadOrder): Promise<LoadCount | null> {
    if (order === 'open') await this.#open()
    else if (order === 'fill') await this.#fill()
    else if (order === 'run') this.#run()
    else if (order === 'measure') this.#measure()
    else return this.#end()
    return null
  }

  async #open(): Promise<void> {
    const { target, workload, progress } = this.#task
    const chunk = new Uint8Array(CHUNK_BYTES)
    const pipeline = Math.max(workload.pipeline, FILL_PIPELINE)
    this.#connections = Array.from(
      { length: workload.connections },
      () => new Connection(target, workload.pipeline, pipeline, this.#latencies, chunk, this.#failed),
    )
    await Promise.all(this.#connections.map((connection) => connection.open()))
    const show = setInterval(() => {
      const { commands, errors } = this.#totals()
      progress[0] = commands
      progress[1] = errors
    }, 50)
    show.unref()
  }

  #fill(): Promise<void> {
    const { workload, fillFrom, fillEnd, seed } = this.#task
    const fill = new FillRequests(workload, FILL_PIPELINE, fillFrom, fillEnd, `${seed} fill`)
    return new Promise((resolve) => {
      let busy = this.#connections.length
      const more = (connection: Connection): void => {
        if (fill.left > 0) connection.send(Math.min(FILL_PIPELINE, fill.left), performance.now(), 0)
        else if (--busy === 0) resolve()
      }
      for (const connection of this.#connections) {
        connection.use(fill, more)
        more(connection)
      }
    })
  }

  #run(): void {
    const { workload, seed } = this.#task
    const sendDue = workload.ratePerSecond > 0 ? this.#pace() : null
    this.#connections.forEach((connection, i) => {
      connection.use(new Requests(workload, `${seed} ${i}`), sendDue === null ? null : () => sendDue(i))
      if (sendDue === null) connection.send(workload.pipeline, performance.now(), 0)
    })
  }

  /** A tick lets connections that are idle send what has become due since they last did; so does the end of a batch. */
  #pace(): (i: number) => void {
    const { workload } = this.#task
    const intervalMs = (1000 * workload.connections) / workload.ratePerSecond
    const startMs = performance.now()
    const dueMs = this.#connections.map((_, i) => startMs + (intervalMs * i) / workload.connections)
    const sendDue = (i: number): void => {
      const connection = this.#connections[i]!
      const overdueMs = performance.now() - dueMs[i]!
      if (overdueMs < 0 || !connection.isIdle) return
      const count = Math.min(workload.pipeline, Math.floor(overdueMs / intervalMs) + 1)
      const firstMs = dueMs[i]!
      dueMs[i] = firstMs + count * intervalMs
      connection.send(count, firstMs, intervalMs)
    }
    this.#ticker = setInterval(() => {
      for (let i = 0; i < this.#connections.length; i++) sendDue(i)
    }, TICK_MS)
    return sendDue
  }

  #measure(): void {
    this.#latencies.clear()
    this.#before = this.#totals()
    this.#beganMs = performance.now()
  }

  #end(): LoadCount {
    const seconds = (performance.now() - this.#beganMs) / 1000
    const { commands, errors, nils } = this.#totals()
    const latencies = this.#latencies.state()
    const firstError = this.#connections.map((each) => each.replies.firstError).find((text) => text !== '') ?? ''
    if (this.#ticker !== null) clearInterval(this.#ticker)
    for (const connection of this.#connections) connection.close()
    return {
      commands: commands - this.#before.commands,
      seconds,
      errors: errors - this.#before.errors,
      firstError,
      nils: nils - this.#before.nils,
      latencies,
    }
  }

  #totals(): { commands: number; errors: number; nils: number } {
    const totals = { commands: 0, errors: 0, nils: 0 }
    for (const { answeredInAll, replies } of this.#connections) {
      totals.commands += answeredInAll
      totals.errors += replies.errors
      totals.nils += replies.nils
    }
    return totals
  }
}
