/** The main thread's hold on one incarnation of an executor's thread: its control, and the proof of its end. */
import { MessageChannel, type Worker } from 'node:worker_threads'
import { wrap } from 'comlink/dist/esm/comlink.mjs'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import type { Piscina } from 'piscina'
import type { Control, ExecutorTask, Remote } from './control.ts'
import { ExecutorLost } from './errors.ts'

/** A thread that does not answer this long is taken for one that never will. */
const CALL_TIMEOUT_MS = 30_000

export class Thread {
  readonly executor: number
  readonly incarnation: number
  readonly threadId: number
  /**
   * Resolves at the Worker's `exit`, with what was thrown there. piscina's rejection comes earlier, while writes of the
   * dying thread may still be under way, so it proves nothing.
   */
  readonly exited: Promise<Error | null>
  /** Resolves when the task has ended, in whatever way. */
  readonly ended: Promise<Error | null>
  isExited: boolean
  readonly #worker: Worker
  readonly #control: Remote<Control>

  constructor(task: ExecutorTask, worker: Worker, control: Remote<Control>, ended: Promise<Error | null>) {
    this.executor = task.executor
    this.incarnation = task.incarnation
    this.threadId = worker.threadId
    this.isExited = false
    this.#worker = worker
    this.#control = control
    this.ended = ended
    this.exited = new Promise((resolve) => {
      worker.once('exit', () => {
        this.isExited = true
        void ended.then(resolve)
      })
    })
  }

  static async launch(pool: Piscina, task: Omit<ExecutorTask, 'port'>): Promise<Thread> {
    const { port1, port2 } = new MessageChannel()
    const whole: ExecutorTask = { ...task, port: port2 }
    const ended = (pool.run(whole, { transferList: [port2] }) as Promise<void>).then(
      () => null,
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    )
    void ended.then(() => port1.close())
    const control = wrap<Remote<Control>>(nodeEndpoint(port1))
    const failed = ended.then((error): never => {
      throw error ?? new Error('an executor ended before it began')
    })
    const threadId = await Promise.race([control.hello(), failed])
    failed.catch(() => {})
    const worker = pool.threads.find((candidate) => candidate.threadId === threadId)
    if (worker === undefined) throw (await ended) ?? new Error('the thread of an executor is gone')
    return new Thread(whole, worker, control, ended)
  }

  /** A call that fails when the thread ends, because its answer never comes then. */
  async call<R>(make: (control: Remote<Control>) => Promise<R>, timeoutMs = CALL_TIMEOUT_MS): Promise<R> {
    if (this.isExited) throw new ExecutorLost(`executor ${this.executor} has exited`, 'never')
    let timer: NodeJS.Timeout | undefined
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`executor ${this.executor} does not answer`)), timeoutMs)
    })
    const gone = this.ended.then((): never => {
      throw new ExecutorLost(`executor ${this.executor} exited`, 'unknown')
    })
    try {
      return await Promise.race([make(this.#control), gone, limit])
    } finally {
      clearTimeout(timer)
      gone.catch(() => {})
    }
  }

  terminate(): void {
    void this.#worker.terminate()
  }
}
