/**
 * The life of an executor on a piscina worker: one task that ends only when the system stops. The thread dies of anything
 * that is thrown outside an actor; the supervisor on the main thread sees its exit.
 */
import { performance } from 'node:perf_hooks'
import { threadId } from 'node:worker_threads'
import { expose } from 'comlink/dist/esm/comlink.mjs'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { assert, Random, systemClock } from '../base/index.ts'
import { type Control, type ExecutorTask, type PairRings, ringEnds, type SpawnReply } from './control.ts'
import { loadDefinition } from './definition.ts'
import { ActorError } from './errors.ts'
import { EventLoop } from './event-loop.ts'
import { Executor } from './executor.ts'
import { markExecutorThread } from './own-thread.ts'
import { decodeAlone } from './structured.ts'
import type { Edges, ExecutorInspection, LogEntry, MakeEdges, SpawnOptions } from './types.ts'

const FRAMES_PER_PASS = 4096

/** Resolves when the system has stopped this executor. */
export async function runExecutor(task: ExecutorTask): Promise<void> {
  markExecutorThread()
  const thread = new ExecutorThread(task)
  expose(thread, nodeEndpoint(task.port))
  await thread.finished
  // The last reply must be out before the port is closed.
  await new Promise((resolve) => setImmediate(resolve))
  task.port.close()
}

class ExecutorThread implements Control {
  readonly finished: Promise<void>
  readonly #task: ExecutorTask
  readonly #loop: EventLoop
  #finish: () => void
  #executor: Executor | null
  #utilization: ReturnType<typeof performance.eventLoopUtilization>

  constructor(task: ExecutorTask) {
    this.#task = task
    this.#finish = () => {}
    this.finished = new Promise((resolve) => {
      this.#finish = resolve
    })
    this.#executor = null
    this.#loop = new EventLoop(task.doorbells, task.executor, task.spinMs, (entry) => this.#log(entry))
    this.#utilization = performance.eventLoopUtilization()
  }

  hello(): number {
    return threadId
  }

  async boot(): Promise<void> {
    const task = this.#task
    const edges = await makeEdges(task)
    this.#executor = new Executor({
      executor: task.executor,
      main: task.main,
      incarnation: task.incarnation,
      clock: systemClock,
      random: new Random(`${task.seed}/${task.executor}/${task.incarnation}`),
      edges,
      host: this.#loop,
      limits: task.limits,
      assemblyBytesMax: task.assemblyBytesMax,
      interceptor: null,
      tracer: null,
      framesPerPass: FRAMES_PER_PASS,
      poison: false,
    })
    this.#loop.start(this.#executor)
  }

  connect(executor: number, incarnation: number, rings: PairRings): void {
    const here = this.#up()
    here.fromOutside(() => here.links.connect(executor, incarnation, ringEnds(rings, this.#task.ringBytes)))
  }

  lose(executor: number, incarnation: number): void {
    const here = this.#up()
    here.fromOutside(() => here.links.lose(executor, incarnation))
  }

  async spawn(key: string, args: Uint8Array, options: SpawnOptions): Promise<SpawnReply> {
    const here = this.#up()
    const definition = await loadDefinition(key)
    try {
      const actor = here.lifecycle.spawn(definition, decodeAlone(here, args), options, null)
      await new Promise<void>((resolve) => here.names.whenKnown(actor, resolve))
      return { ok: true, serial: actor.serial, protocolKey: actor.ref.protocolKey }
    } catch (error) {
      const { message, stack } = error instanceof Error ? error : new Error(String(error))
      const isNameTaken = error instanceof ActorError && error.code === 'NameTaken'
      return { ok: false, isNameTaken, message, stack: stack ?? message }
    }
  }

  inspect(): ExecutorInspection {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, this.#utilization)
    this.#utilization = now
    return this.#up().inspect(threadId, utilization)
  }

  async stop(): Promise<void> {
    const here = this.#up()
    await new Promise<void>((resolve) => here.fromOutside(() => here.lifecycle.stopAll(resolve)))
    here.flush()
    this.#loop.stop()
    this.#finish()
  }

  crash(): void {
    setImmediate(() => {
      throw new Error(`executor ${this.#task.executor} was told to crash`)
    })
  }

  pause(durationMs: number): void {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs)
  }

  #up(): Executor {
    assert(this.#executor !== null, 'an executor is booted first')
    return this.#executor
  }

  /** To the main thread, where the log is written. */
  #log(entry: LogEntry): void {
    const main = this.#executor?.links.list.find((link) => link.executor === this.#task.main)
    if (main !== undefined) this.#executor?.notices.log(main, entry)
  }
}

async function makeEdges(task: ExecutorTask): Promise<Edges> {
  if (task.edges === null) return {}
  const module = (await import(task.edges.module)) as Record<string, unknown>
  const make = module[task.edges.name]
  if (typeof make !== 'function') throw new TypeError(`${task.edges.module} exports no function ${task.edges.name}`)
  return (make as MakeEdges)(task.executor, task.incarnation, task.edges.args)
}
