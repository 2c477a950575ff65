/**
 * The two worlds in which actors live, behind one face: real threads and the twin. What holds in one must hold in the
 * other, so the tests of what the runtime means run in both.
 */
import {
  type ActorDefinition,
  type AskOptions,
  createSimulation,
  createSystem,
  type Edges,
  type ExecutorInspection,
  type Ref,
  type Simulation,
  type SpawnOptions,
  type System,
} from '../../src/actor/index.ts'
import { holder, observedEdges } from './actors.ts'

export interface WorldOptions {
  executors: number
  ringBytes?: number
  queueBytesMax?: number
  assemblyBytesMax?: number
  restarts?: boolean
  mainEdges?: Edges
  /** Workers have an observer, whose notes are the edge `notes`. */
  observe?: boolean
  populate?(world: World, executor: number, incarnation: number): Promise<void>
}

export interface World {
  readonly main: number
  spawn<M, A>(definition: ActorDefinition<M, A>, args: A, options: SpawnOptions & { executor: number }): Promise<Ref<M>>
  named<M>(name: string): Ref<M>
  ask<M, R>(ref: Ref<M>, make: (replyTo: Ref<R>) => M, options?: AskOptions): Promise<R>
  /** Until the condition holds, in this world's time. */
  until(condition: () => Promise<boolean>): Promise<void>
  crash(executor: number): void
  /** The executor takes nothing any more; then `during` runs, and what it told is on its way; then the executor dies. */
  crashAfter(executor: number, during: () => void): Promise<void>
  inspect(): Promise<readonly ExecutorInspection[]>
  exits: { executor: number; incarnation: number; error: string | null }[]
  logs: string[]
  end(): Promise<void>
}

export interface WorldMaker {
  readonly kind: 'threads' | 'twin'
  make(options: WorldOptions): Promise<World>
}

const ASK: AskOptions = { timeoutMs: 10_000 }

class Threads implements World {
  readonly main: number
  readonly exits: World['exits'] = []
  readonly logs: string[] = []
  readonly #hold = new Int32Array(new SharedArrayBuffer(8))
  #system: System | null = null

  constructor(options: WorldOptions) {
    this.main = options.executors
  }

  static async make(options: WorldOptions): Promise<World> {
    const world = new Threads(options)
    await createSystem({
      executors: options.executors,
      edges: {
        module: new URL('./actors.js', import.meta.url).href,
        name: 'makeTestEdges',
        args: { hold: world.#hold.buffer, observe: options.observe ?? false },
      },
      ...(options.ringBytes === undefined ? {} : { ringBytes: options.ringBytes }),
      ...(options.queueBytesMax === undefined ? {} : { queueBytesMax: options.queueBytesMax }),
      ...(options.assemblyBytesMax === undefined ? {} : { assemblyBytesMax: options.assemblyBytesMax }),
      ...(options.mainEdges === undefined ? {} : { mainEdges: options.mainEdges }),
      populate: async (executor, incarnation, system) => {
        world.#system = system
        await options.populate?.(world, executor, incarnation)
      },
      onExecutorExit: (executor, incarnation, error) => {
        world.exits.push({ executor, incarnation, error: error === null ? null : error.message })
      },
      log: (entry) => world.logs.push(`${entry.message} ${String(entry.fields.error ?? '')}`),
    })
    return world
  }

  get #up(): System {
    if (this.#system === null) throw new Error('the system is not there yet')
    return this.#system
  }

  spawn<M, A>(
    definition: ActorDefinition<M, A>,
    args: A,
    options: SpawnOptions & { executor: number },
  ): Promise<Ref<M>> {
    return this.#up.spawn(definition, args, options)
  }

  named<M>(name: string): Ref<M> {
    return this.#up.named(name)
  }

  ask<M, R>(ref: Ref<M>, make: (replyTo: Ref<R>) => M, options = ASK): Promise<R> {
    return ref.ask(make, options)
  }

  async until(condition: () => Promise<boolean>): Promise<void> {
    const endMs = performance.now() + 45_000
    while (!(await condition())) {
      if (performance.now() > endMs) throw new Error('it does not come to be in 45 seconds')
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  crash(executor: number): void {
    this.#up.crashExecutor(executor)
  }

  async crashAfter(executor: number, during: () => void): Promise<void> {
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
    this.#hold.fill(0)
    const bomb = await this.spawn(holder, undefined, { executor, supervise: 'escalate' })
    bomb.tell({ kind: 'hold' })
    while (Atomics.load(this.#hold, 0) === 0) await turn()
    during()
    // The main executor's pass, in which what was told becomes visible, is one of the next rounds of its loop.
    for (let i = 0; i < 10; i++) await turn()
    Atomics.store(this.#hold, 1, 1)
    Atomics.notify(this.#hold, 1)
  }

  async inspect(): Promise<readonly ExecutorInspection[]> {
    return (await this.#up.inspect()).executors
  }

  async end(): Promise<void> {
    await this.#up.stop()
  }
}

class Twin implements World {
  readonly main: number
  readonly exits: World['exits'] = []
  readonly logs: string[] = []
  populated: Promise<void> = Promise.resolve()
  readonly #sim: Simulation

  static async make(options: WorldOptions): Promise<World> {
    const twin = new Twin(options, 7)
    await twin.populated
    return twin
  }

  constructor(options: WorldOptions, seed: number) {
    this.main = options.executors
    this.#sim = createSimulation({
      seed,
      executors: options.executors,
      restartDelayMs: options.restarts === false ? null : 100,
      ...(options.ringBytes === undefined ? {} : { ringBytes: options.ringBytes }),
      ...(options.queueBytesMax === undefined ? {} : { queueBytesMax: options.queueBytesMax }),
      ...(options.assemblyBytesMax === undefined ? {} : { assemblyBytesMax: options.assemblyBytesMax }),
      edges: (executor) => {
        if (executor === options.executors) return options.mainEdges ?? {}
        return options.observe ? observedEdges() : {}
      },
      populate: (executor, incarnation) => {
        this.populated = this.populated.then(() => options.populate?.(this, executor, incarnation))
      },
      onExecutorExit: (executor, incarnation, error) => {
        this.exits.push({ executor, incarnation, error: error === null ? null : (error as Error).message })
      },
      log: (entry) => this.logs.push(`${entry.message} ${String(entry.fields.error ?? '')}`),
    })
  }

  spawn<M, A>(
    definition: ActorDefinition<M, A>,
    args: A,
    options: SpawnOptions & { executor: number },
  ): Promise<Ref<M>> {
    return new Promise((resolve) => resolve(this.#sim.spawn(definition, args, options)))
  }

  named<M>(name: string): Ref<M> {
    return this.#sim.named(name)
  }

  async ask<M, R>(ref: Ref<M>, make: (replyTo: Ref<R>) => M, options = ASK): Promise<R> {
    const reply = ref.ask(make, options)
    await this.#sim.drive(reply, 60_000)
    return reply
  }

  async until(condition: () => Promise<boolean>): Promise<void> {
    for (let i = 0; i < 100_000; i++) {
      if (await condition()) return
      await this.#sim.drive(() => false, 1)
    }
    throw new Error('it does not come to be in 100 seconds of virtual time')
  }

  crash(executor: number): void {
    this.#sim.crashExecutor(executor)
  }

  crashAfter(executor: number, during: () => void): Promise<void> {
    this.#sim.pauseExecutor(executor, 100)
    during()
    this.#sim.run({ untilMs: this.#sim.clock.monotonicMs() + 5 })
    this.#sim.crashExecutor(executor)
    return Promise.resolve()
  }

  inspect(): Promise<readonly ExecutorInspection[]> {
    return Promise.resolve(this.#sim.inspect())
  }

  end(): Promise<void> {
    return Promise.resolve()
  }
}

export const worlds: readonly WorldMaker[] = [
  { kind: 'twin', make: (options) => Twin.make(options) },
  { kind: 'threads', make: (options) => Threads.make(options) },
]
