/** The load generator as a whole: threads, their phases, and what they counted, as one. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Target } from './connection.ts'
import { Histogram } from './histogram.ts'
import type { LoadCount, LoadOrder, LoadTask, LoadWord } from './load.ts'
import type { Workload } from './workload.ts'

/** What all threads counted together. */
export interface Counted {
  readonly commands: number
  readonly perSecond: number
  readonly errors: number
  readonly firstError: string
  readonly nils: number
  readonly latencies: Histogram
}

export class Generator {
  readonly #threads: readonly LoadThread[]
  readonly #progress: readonly Float64Array[]
  /** Rejects when a thread or a connection is lost: no figure of such a run means anything. */
  readonly #lost: Promise<never>

  constructor(target: Target, workload: Workload, threads: number, seed: string) {
    const progress: Float64Array[] = []
    const { connections, keys, ratePerSecond } = workload
    const share = (whole: number, i: number) => Math.floor((whole * i) / threads)
    this.#threads = Array.from({ length: threads }, (_, i) => {
      const own = share(connections, i + 1) - share(connections, i)
      progress.push(new Float64Array(new SharedArrayBuffer(2 * Float64Array.BYTES_PER_ELEMENT)))
      return new LoadThread({
        target,
        workload: { ...workload, connections: own, ratePerSecond: (ratePerSecond * own) / connections },
        fillFrom: share(keys, i),
        fillEnd: share(keys, i + 1),
        seed: `${seed} ${i}`,
        progress: progress[i]!,
      })
    })
    this.#progress = progress
    this.#lost = Promise.race(this.#threads.map((thread) => thread.lost))
    this.#lost.catch(() => {})
  }

  /** Commands answered, and errors among them, since the beginning; a twentieth of a second old at most. */
  progress(): { commands: number; errors: number } {
    const sum = { commands: 0, errors: 0 }
    for (const each of this.#progress) {
      sum.commands += each[0]!
      sum.errors += each[1]!
    }
    return sum
  }

  async order(order: Exclude<LoadOrder, 'end'>): Promise<void> {
    await this.#all(order)
  }

  /** Waits, unless the load fails before. */
  async last(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms)
    })
    await Promise.race([over, this.#lost]).finally(() => clearTimeout(timer))
  }

  async end(): Promise<Counted> {
    const counts = (await this.#all('end')) as LoadCount[]
    const latencies = new Histogram()
    for (const count of counts) latencies.merge(count.latencies)
    const sum = (of: (count: LoadCount) => number) => counts.reduce((total, count) => total + of(count), 0)
    return {
      commands: sum((count) => count.commands),
      perSecond: sum((count) => count.commands / count.seconds),
      errors: sum((count) => count.errors),
      firstError: counts.find((count) => count.firstError !== '')?.firstError ?? '',
      nils: sum((count) => count.nils),
      latencies,
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()))
  }

  #all(order: LoadOrder): Promise<(LoadCount | null)[]> {
    return Promise.race([Promise.all(this.#threads.map((thread) => thread.obey(order))), this.#lost])
  }
}

class LoadThread {
  readonly lost: Promise<never>
  readonly #worker: Worker
  #answer: ((counted: LoadCount | null) => void) | null = null

  constructor(task: LoadTask) {
    this.#worker = new Worker(new URL('../../workers/load.js', import.meta.url), { workerData: task })
    this.lost = new Promise((_, reject) => {
      this.#worker.on('error', reject)
      this.#worker.on('message', (word: LoadWord) => {
        if ('failed' in word) reject(new Error(word.failed))
        else this.#answer?.(word.counted)
      })
    })
    this.lost.catch(() => {})
  }

  obey(order: LoadOrder): Promise<LoadCount | null> {
    return new Promise((resolve) => {
      this.#answer = resolve
      this.#worker.postMessage(order)
    })
  }

  async close(): Promise<void> {
    const gone = once(this.#worker, 'exit')
    void this.#worker.terminate()
    await gone
  }
}
