/**
 * The system, on the main thread: starts the executors, tells all of each other, notices deaths, starts again, stops.
 *
 * Phases of a thread's life: launched (a piscina worker took the task) → booted (its edges are made) → admitted (rings
 * to and from everyone) → populated → exited (the Worker's `exit`, not piscina's rejection) → buried (everyone has
 * drained and dropped it) → launched again, under the next incarnation number.
 *
 * Admitting and burying are done one at a time, so every executor hears of the others' lives in the same order.
 */
import { availableParallelism } from 'node:os'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { inspect as readableValue } from 'node:util'
import { threadId } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { Random, systemClock } from '../base/index.ts'
import { checkPlace, checkSystem } from './arguments.ts'
import { makeRings, type PairRings, ringEnds } from './control.ts'
import type { ActorDefinition, AnyDefinition } from './definition.ts'
import { ExecutorLost, errorText, NameTaken, SystemStopped } from './errors.ts'
import { defaultSpinMs, EventLoop, makeDoorbells } from './event-loop.ts'
import { Executor, noDeadLetters } from './executor.ts'
import type { LaneLimits } from './out-lane.ts'
import { ActorRef, targetOf } from './refs.ts'
import { encodeAlone } from './structured.ts'
import type { System, SystemOptions } from './system-types.ts'
import { Thread } from './thread.ts'
import type { AnyRef, ExecutorInspection, LogEntry, LogLevel, Ref, SpawnOptions, SystemInspection } from './types.ts'

const MIB = 1024 * 1024
/** How long a change waits for an executor that is busy. It hears of it later, in order. */
const NOTICE_TIMEOUT_MS = 500
/** A thread that lived less than this is started again with a growing delay. */
const SHORT_LIFE_MS = 1_000
const RESTART_DELAY_MAX_MS = 2_000
/** Fewer than a worker takes: nothing may hold the main thread for long. */
const MAIN_FRAMES_PER_PASS = 1024
const STOP_TIMEOUT_MS = 10_000

/** Resolves when all executors are up and populated. Rejects on a thread of a system: one process has them side by side. */
export async function createSystem(options: SystemOptions): Promise<System> {
  checkSystem(options)
  const system = new ActorSystem(options)
  try {
    await system.start()
  } catch (error) {
    await system.abandon()
    throw error
  }
  return system
}

class ActorSystem implements System {
  readonly executors: number
  readonly #options: SystemOptions
  readonly #ringBytes: number
  readonly #limits: LaneLimits
  readonly #assemblyBytesMax: number
  readonly #doorbells: SharedArrayBuffer
  readonly #seed: string
  readonly #pool: Piscina
  readonly #loop: EventLoop
  readonly #main: Executor
  /** Admitted and not buried, by number. */
  readonly #threads: (Thread | null)[]
  readonly #incarnations: number[]
  #generation: number
  /** The end of the last change of who is there. */
  #lastChange: Promise<void>
  #stopping: boolean
  #utilization: ReturnType<typeof performance.eventLoopUtilization>

  constructor(options: SystemOptions) {
    const count = options.executors
    this.executors = count
    this.#options = options
    this.#ringBytes = options.ringBytes ?? MIB
    this.#limits = {
      queueBytesMax: options.queueBytesMax ?? 64 * MIB,
      messageBytesMax: options.messageBytesMax ?? 128 * MIB,
    }
    this.#assemblyBytesMax = options.assemblyBytesMax ?? 256 * MIB
    this.#doorbells = makeDoorbells(count + 1)
    this.#seed = `${process.pid}/${Date.now()}/${Math.random()}`
    this.#pool = new Piscina({
      filename: fileURLToPath(new URL('../../workers/executor.js', import.meta.url)),
      minThreads: count,
      maxThreads: count,
      concurrentTasksPerWorker: 1,
      atomics: 'disabled',
      idleTimeout: Number.POSITIVE_INFINITY,
      ...(options.resourceLimits === undefined ? {} : { resourceLimits: options.resourceLimits }),
    })
    // Deaths are noticed by the Worker's exit; a throw between two tasks has no task to reject.
    this.#pool.on('error', (error: Error) =>
      this.#log('error', 'a thread without a task failed', { error: error.stack }),
    )
    this.#loop = new EventLoop(this.#doorbells, count, 0, (entry) => this.#write(entry))
    this.#main = new Executor({
      executor: count,
      main: count,
      incarnation: 1,
      clock: systemClock,
      random: new Random(`${this.#seed}/main`),
      edges: options.mainEdges ?? {},
      host: this.#loop,
      limits: this.#limits,
      assemblyBytesMax: this.#assemblyBytesMax,
      interceptor: null,
      tracer: null,
      framesPerPass: MAIN_FRAMES_PER_PASS,
      poison: false,
    })
    this.#threads = new Array<Thread | null>(count).fill(null)
    this.#incarnations = new Array<number>(count).fill(0)
    this.#generation = 0
    this.#lastChange = Promise.resolve()
    this.#stopping = false
    this.#utilization = performance.eventLoopUtilization()
  }

  // ───────────────────────────────────────────────────────────────────────────────────────────── beginning and ending

  async start(): Promise<void> {
    this.#loop.start(this.#main)
    const launching: Promise<Thread>[] = []
    for (let i = 0; i < this.executors; i++) launching.push(this.#launch(i))
    const threads = await Promise.all(launching)
    for (const thread of threads) await this.#change(() => this.#admit(thread))
    for (const thread of threads) {
      await Promise.race([this.#populate(thread.executor, thread.incarnation), this.#untimely(thread)])
    }
    await this.#populate(this.executors, this.#main.incarnation)
    for (const thread of threads) void this.#keep(thread)
  }

  async #untimely(thread: Thread): Promise<never> {
    const error = await thread.exited
    throw error ?? new ExecutorLost(`executor ${thread.executor} exited while the system was created`, 'unknown')
  }

  async #populate(executor: number, incarnation: number): Promise<void> {
    await this.#options.populate?.(executor, incarnation, this)
  }

  async stop({ timeoutMs = STOP_TIMEOUT_MS }: { timeoutMs?: number } = {}): Promise<boolean> {
    if (this.#stopping) throw new SystemStopped('the system is stopping already')
    this.#stopping = true
    let timer: NodeJS.Timeout | undefined
    const limit = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, timeoutMs, false)
    })
    const stopped = await Promise.race([this.#stopAll(timeoutMs), limit])
    clearTimeout(timer)
    await this.abandon()
    return stopped
  }

  /** The main thread's actors first, for they are the street; then all workers at once. */
  async #stopAll(timeoutMs: number): Promise<boolean> {
    await new Promise<void>((resolve) => this.#main.fromOutside(() => this.#main.lifecycle.stopAll(resolve)))
    const threads = this.#threads.filter((thread) => thread !== null)
    const stops = threads.map(async (thread) => {
      // The task's end and the answer to the call come by different ports, in either order.
      const stopped = thread.call((control) => control.stop(), timeoutMs).then(() => thread.ended)
      const error = await Promise.race([stopped.catch((failure: Error) => failure), thread.ended])
      if (error !== null) this.#log('error', 'an executor did not stop in order', { error: error.message })
      return error === null
    })
    const results = await Promise.all(stops)
    // Their last log lines lie in the rings; the bell that was rung for them may not have been heard yet.
    this.#main.pass()
    return results.every((isOrderly) => isOrderly)
  }

  async abandon(): Promise<void> {
    this.#stopping = true
    this.#main.asks.end(new SystemStopped('the system has stopped'))
    this.#loop.stop()
    await this.#pool.destroy()
  }

  // ───────────────────────────────────────────────────────────────────────────────────────────── threads come and go

  async #launch(executor: number): Promise<Thread> {
    const incarnation = (this.#incarnations[executor] as number) + 1
    this.#incarnations[executor] = incarnation
    const thread = await Thread.launch(this.#pool, {
      executor,
      incarnation,
      main: this.executors,
      doorbells: this.#doorbells,
      spinMs: this.#options.spinMs ?? defaultSpinMs(this.executors, availableParallelism()),
      seed: this.#seed,
      edges: this.#options.edges ?? null,
      ringBytes: this.#ringBytes,
      limits: this.#limits,
      assemblyBytesMax: this.#assemblyBytesMax,
    })
    try {
      await thread.call((control) => control.boot())
    } catch (error) {
      // What its edges may have opened is free for the next one only after it is gone.
      thread.terminate()
      await thread.exited
      throw error
    }
    return thread
  }

  #change(work: () => Promise<void>): Promise<void> {
    const change = this.#lastChange.then(work)
    this.#lastChange = change.catch(() => {})
    return change
  }

  async #admit(thread: Thread): Promise<void> {
    const { executor, incarnation } = thread
    const calls: Promise<unknown>[] = []
    for (const other of this.#threads) {
      if (other === null) continue
      const [there, back] = this.#pair()
      calls.push(thread.call((control) => control.connect(other.executor, other.incarnation, there)))
      calls.push(
        other.call((control) => control.connect(executor, incarnation, back), NOTICE_TIMEOUT_MS).catch(() => {}),
      )
    }
    const [there, back] = this.#pair()
    calls.push(thread.call((control) => control.connect(this.executors, this.#main.incarnation, there)))
    this.#main.links.connect(executor, incarnation, ringEnds(back, this.#ringBytes))
    this.#threads[executor] = thread
    try {
      await Promise.all(calls)
    } catch (error) {
      // It died meanwhile: its exit is handled like any other.
      if (!(error instanceof ExecutorLost)) throw error
    }
  }

  /** New rings between two, as each of them sees them. */
  #pair(): [PairRings, PairRings] {
    this.#generation++
    const a = makeRings(this.#ringBytes, this.#generation)
    const b = makeRings(this.#ringBytes, this.#generation)
    return [
      { generation: this.#generation, toPeer: a, fromPeer: b },
      { generation: this.#generation, toPeer: b, fromPeer: a },
    ]
  }

  async #bury(thread: Thread): Promise<void> {
    const { executor, incarnation } = thread
    this.#threads[executor] = null
    this.#main.fromOutside(() => this.#main.links.lose(executor, incarnation))
    const others = this.#threads.filter((other) => other !== null)
    const tell = (other: Thread): Promise<void> =>
      other.call((control) => control.lose(executor, incarnation), NOTICE_TIMEOUT_MS)
    await Promise.allSettled(others.map(tell))
  }

  /** One executor's number, through all its incarnations. */
  async #keep(thread: Thread): Promise<void> {
    let failures = 0
    let bornMs = systemClock.monotonicMs()
    for (;;) {
      const error = await thread.exited
      if (this.#stopping) return
      const { executor, incarnation } = thread
      const reason = error === null ? 'its task ended' : (error.stack ?? error.message)
      this.#log('error', 'an executor exited', { executor, incarnation, error: reason })
      await this.#change(() => this.#bury(thread))
      this.#options.onExecutorExit?.(executor, incarnation, error)
      failures = systemClock.monotonicMs() - bornMs < SHORT_LIFE_MS ? failures + 1 : 0
      const next = await this.#revive(executor, failures)
      if (next === null) return
      thread = next
      bornMs = systemClock.monotonicMs()
    }
  }

  /** Null: the system is stopping. */
  async #revive(executor: number, failures: number): Promise<Thread | null> {
    for (;;) {
      if (failures > 1) await delay(Math.min(RESTART_DELAY_MAX_MS, 50 * 2 ** Math.min(failures, 10)))
      if (this.#stopping) return null
      failures++
      let thread: Thread
      try {
        thread = await this.#launch(executor)
      } catch (error) {
        if (!this.#stopping)
          this.#log('error', 'an executor could not be started', { executor, error: errorText(error) })
        continue
      }
      try {
        await this.#change(() => this.#admit(thread))
        await Promise.race([this.#populate(executor, thread.incarnation), thread.exited])
      } catch (error) {
        // It is there, but not what it should be: down with it, and once more.
        this.#log('error', 'an executor could not be populated', { executor, error: errorText(error) })
        thread.terminate()
      }
      return thread
    }
  }

  crashExecutor(executor: number): void {
    const thread = this.#up(executor)
    thread.call((control) => control.crash()).catch(() => {})
  }

  pauseExecutor(executor: number, durationMs: number): void {
    const thread = this.#up(executor)
    thread.call((control) => control.pause(durationMs), durationMs + 30_000).catch(() => {})
  }

  #up(executor: number): Thread {
    const thread = this.#threads[executor] ?? null
    if (thread === null) throw new ExecutorLost(`executor ${executor} is not up`, 'never')
    return thread
  }

  // ──────────────────────────────────────────────────────────────────────────────────────────────────────────── actors

  async spawn<M, A>(
    definition: ActorDefinition<M, A>,
    args: A,
    options: SpawnOptions & { executor: number },
  ): Promise<Ref<M>> {
    if (this.#stopping) throw new SystemStopped('nothing is spawned in a system that stops')
    checkPlace(definition as unknown as AnyDefinition, options, this.executors)
    const { executor, ...rest } = options
    const main = this.#main
    if (executor === this.executors) {
      const actor = main.lifecycle.spawn(definition as unknown as AnyDefinition, args, rest, null)
      await new Promise<void>((resolve) => main.names.whenKnown(actor, resolve))
      return actor.ref
    }
    const thread = this.#up(executor)
    const encoded = encodeAlone(main, args)
    const reply = await thread.call((control) => control.spawn(definition.key, encoded, rest))
    if (!reply.ok) {
      if (reply.isNameTaken) throw new NameTaken(reply.message)
      const error = new Error(reply.message)
      error.stack = reply.stack
      throw error
    }
    return new ActorRef(main, executor, thread.incarnation, reply.serial, reply.protocolKey, rest.name ?? null, null)
  }

  named<M>(name: string): Ref<M> {
    return this.#main.named(name)
  }

  async stopActor(ref: AnyRef): Promise<void> {
    const target = targetOf(ref)
    if (target === null) return
    const main = this.#main
    await new Promise<void>((resolve, reject) => {
      const replyTo = main.asks.open(target, () => resolve(), reject, { timeoutMs: STOP_TIMEOUT_MS })
      const link = main.links.to(target.executor, target.incarnation)
      if (target.executor === this.executors) main.lifecycle.stopFor(target.serial, replyTo)
      else if (link === null) main.asks.reply(replyTo.serial, undefined)
      else main.notices.stop(link, target.serial, replyTo)
    })
  }

  // ─────────────────────────────────────────────────────────────────────────────────────────────────────── inspection

  async inspect(): Promise<SystemInspection> {
    const executors = await Promise.all(this.#threads.map((thread, executor) => this.#inspectThread(thread, executor)))
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, this.#utilization)
    this.#utilization = now
    executors.push(this.#main.inspect(threadId, utilization))
    return { executors }
  }

  async #inspectThread(thread: Thread | null, executor: number): Promise<ExecutorInspection> {
    if (thread !== null) {
      try {
        return await thread.call((control) => control.inspect(), NOTICE_TIMEOUT_MS)
      } catch {
        // Busy, or just gone: reported as lost.
      }
    }
    return {
      executor,
      incarnation: this.#incarnations[executor] as number,
      state: thread === null ? 'starting' : 'lost',
      threadId: thread === null ? -1 : thread.threadId,
      actors: [],
      lanes: [],
      deadLetters: noDeadLetters(),
      passes: 0,
      messages: 0,
      turns: 0,
      timers: 0,
      longestPassMs: 0,
      timerLatenessMs: 0,
      utilization: 0,
    }
  }

  #log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): void {
    this.#write({ level, message, fields, executor: this.executors, actor: '' })
  }

  #write(entry: LogEntry): void {
    if (this.#options.log !== undefined) this.#options.log(entry)
    else if (entry.level === 'warn' || entry.level === 'error') {
      const who = entry.actor === '' ? `executor ${entry.executor}` : `executor ${entry.executor}, ${entry.actor}`
      process.stderr.write(`${entry.level} (${who}): ${entry.message} ${readableValue(entry.fields)}\n`)
    }
  }
}

function delay(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs))
}
