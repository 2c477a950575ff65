/**
 * Actors under test: the deterministic twin, and what makes a search out of it. Published as `cellarium/testing`.
 *
 * **For** programs that use `cellarium/actor`. The definitions that run on threads run here unchanged: in one thread, on
 * virtual time, with everything that a machine leaves open drawn from a seed (which executor goes on next, how long a
 * message is on its way, when a death is noticed).
 *
 * **Promises.** The same seed, the same run, on every machine. Order within a lane is kept, nothing is delivered twice and
 * nothing is lost, unless a fault was asked for; and only such faults happen as happen to threads: an executor may die,
 * stand still or be slow, messages of the lane `droppable` may be lost or come twice.
 *
 * **Refuses** what cannot travel between threads (functions, class instances): also in the arguments of an actor.
 *
 * **The caller** keeps chance and time out of the actors, but for `ctx.random` and `ctx.clock`, and state out of their
 * modules; `verify` finds out where that was forgotten. Real files and sockets are edges (`ctx.edge`): hand in simulated
 * ones, whose ends are events of the simulation (`schedule`).
 *
 * ```ts
 * // explored.ts
 * import { explore, injectFaults } from 'cellarium/testing'
 * import { counter } from './counter.ts'
 *
 * const { runs } = await explore({ seeds: 100, executors: 3, restartDelayMs: 50, onExecutorExit() {} }, (simulation) => {
 *   const ref = simulation.spawn(counter, undefined, { executor: 1 })
 *   injectFaults(simulation, { crash: { everyMs: 500 }, pause: { everyMs: 200, forMs: 100 } })
 *   ref.tell({ kind: 'add', amount: 2 })
 *   simulation.run({ untilMs: 1_000 })
 * })
 * console.log(`${runs} runs`) // 100 runs
 * ```
 */
import {
  checkSimulation,
  createSimulation,
  type Simulation,
  type SimulationOptions,
  type Verdict,
} from './actor/index.ts'
import { checkFunction, checkMs, checkOptions, checkSeed, Random, shown } from './base/index.ts'

export {
  createSimulation,
  type ExecutorInspection,
  type Lane,
  type LogEntry,
  type MessageFilter,
  type Simulation,
  type SimulationOptions,
  type Verdict,
} from './actor/index.ts'

// ──────────────────────────────────────────────────────────────────────────────────────────────────────────── one run

/**
 * What the promise resolves to, or rejects with, with virtual time going on until then: `await settled(simulation,
 * ref.ask(…))`. Throws when it is not settled within `limitMs` (virtual; default 60 000) from now.
 */
export async function settled<T>(simulation: Simulation, promise: Promise<T>, limitMs = 60_000): Promise<T> {
  if (typeof promise?.then !== 'function') throw new TypeError('settled takes a simulation and a promise')
  if (await simulation.drive(promise, limitMs)) return promise
  promise.catch(() => {})
  throw new Error(`not settled within ${limitMs} ms of virtual time`)
}

// ───────────────────────────────────────────────────────────────────────────────────────────────────────────── faults

/** What goes wrong, and how often: times are virtual milliseconds, on the average; shares are from 0 to 1. */
export interface FaultPlan {
  /** A worker's thread exits, and is started again by the simulation's `restartDelayMs`, or else after `downMs` (100). */
  crash?: { everyMs: number; downMs?: number }
  /** A worker stands still, as one does whose machine swaps. */
  pause?: { everyMs: number; forMs: number }
  /** Messages between executors are late by up to so much, and hold back what follows in their lane. */
  delay?: { share: number; maxMs: number }
  /** Of messages in the lane `droppable`, the share that is lost. */
  loss?: number
  /** Of messages in the lane `droppable`, the share that comes twice. */
  duplicates?: number
}

const faultNames: Readonly<Record<keyof FaultPlan, true>> = {
  crash: true,
  pause: true,
  delay: true,
  loss: true,
  duplicates: true,
}

/** A plan of faults that never happen would find nothing, and look like one that did. */
function checkPlan(plan: FaultPlan): void {
  checkOptions('injectFaults', plan, faultNames)
  const { crash, pause, delay, loss, duplicates } = plan
  if (crash !== undefined) checkOptions('crash', crash, { everyMs: true, downMs: true })
  if (crash?.downMs !== undefined) checkMs('downMs of crash', crash.downMs)
  if (pause !== undefined) {
    checkOptions('pause', pause, { everyMs: true, forMs: true })
    checkMs('forMs of pause', pause.forMs)
  }
  if (delay !== undefined) {
    checkOptions('delay', delay, { share: true, maxMs: true })
    checkMs('maxMs of delay', delay.maxMs)
  }
  if (delay !== undefined) checkShare('share of delay', delay.share)
  if (loss !== undefined) checkShare('loss', loss)
  if (duplicates !== undefined) checkShare('duplicates', duplicates)
}

function checkShare(what: string, value: unknown): void {
  if (typeof value === 'number' && value >= 0 && value <= 1) return
  throw new RangeError(`${what} is a share from 0 to 1, not ${shown(value)}`)
}

/** What `injectFaults` returns. */
export interface Faults {
  /** How many there were of each kind. */
  readonly counts: Readonly<Record<'crashes' | 'pauses' | 'delayed' | 'lost' | 'duplicated', number>>
  /** No more of them; those that are down come back. */
  stop(): void
}

/**
 * From now on things go wrong in the simulation, drawn from its seed, until `stop`. The main executor is spared: when it
 * dies, so does the process (`crashAll`). It takes the place of a message filter.
 */
export function injectFaults(simulation: Simulation, plan: FaultPlan): Faults {
  checkPlan(plan)
  const random = simulation.random.fork()
  const counts = { crashes: 0, pauses: 0, delayed: 0, lost: 0, duplicated: 0 }
  let isStopped = false
  /** Again and again, after times that are exponential, as those of independent events are. */
  const nowAndThen = (everyMs: number, action: (executor: number) => void): void => {
    if (!(everyMs > 0)) throw new RangeError('a fault happens every so many milliseconds, more than 0')
    simulation.schedule(-Math.log(1 - random.float()) * everyMs, () => {
      if (isStopped) return
      const executor = random.below(simulation.executors)
      if (simulation.isUp(executor)) action(executor)
      nowAndThen(everyMs, action)
    })
  }
  const { crash, pause } = plan
  if (crash !== undefined) {
    nowAndThen(crash.everyMs, (executor) => {
      counts.crashes++
      simulation.crashExecutor(executor)
      simulation.schedule(crash.downMs ?? 100, () => {
        if (!simulation.isUp(executor)) simulation.restartExecutor(executor)
      })
    })
  }
  if (pause !== undefined) {
    nowAndThen(pause.everyMs, (executor) => {
      counts.pauses++
      simulation.pauseExecutor(executor, pause.forMs)
    })
  }
  const onItsWay = (isDroppable: boolean): Verdict => {
    if (isDroppable && random.chance(plan.loss ?? 0)) {
      counts.lost++
      return 'drop'
    }
    if (isDroppable && random.chance(plan.duplicates ?? 0)) {
      counts.duplicated++
      return 'duplicate'
    }
    if (plan.delay === undefined || !random.chance(plan.delay.share)) return 'deliver'
    counts.delayed++
    return { delayMs: random.float() * plan.delay.maxMs }
  }
  simulation.setFilter((_from, _to, lane) => onItsWay(lane === 'droppable'))
  return {
    counts,
    stop: () => {
      // Another filter may stand there by now.
      if (isStopped) return
      isStopped = true
      simulation.setFilter(null)
    },
  }
}

// ─────────────────────────────────────────────────────────────────────────────────────────────────────────── many runs

/** The world to play in, and how often. */
export interface ExploreOptions extends Omit<SimulationOptions, 'seed'> {
  /** How many, or which. */
  seeds: number | readonly (number | string)[]
  /** Where counting begins when `seeds` is a number. Default 1. */
  first?: number
  /** Plays each seed twice, and fails when the two runs differ. */
  verify?: boolean
}

/** What was played. */
export interface Explored {
  readonly runs: number
  readonly virtualMs: number
  /** Passes of executors. */
  readonly steps: number
}

/** What a run threw, with its seed: `explore({ …, seeds: [failure.seed] }, …)` plays it again. */
export class SeedFailed extends Error {
  override readonly name = 'SeedFailed'
  readonly seed: number | string

  constructor(seed: number | string, cause: unknown) {
    super(`seed ${seed}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.seed = seed
  }
}

/**
 * Plays the scenario once for each seed, in a simulation of its own each time. What it throws, or an actor whose throw ends
 * a thread, rejects with a SeedFailed; the seeds after it are not played.
 */
export async function explore(
  options: ExploreOptions,
  scenario: (simulation: Simulation, seed: number | string) => void | Promise<void>,
): Promise<Explored> {
  checkFunction('the scenario of explore', scenario)
  const { seeds, first = 1, verify = false, ...rest } = options
  const list = seedList(seeds, first)
  checkSimulation({ ...rest, seed: first })
  let virtualMs = 0
  let steps = 0
  for (const seed of list) {
    try {
      const simulation = await play(rest, seed, scenario)
      virtualMs += simulation.clock.monotonicMs()
      steps += simulation.steps
      if (!verify) continue
      const again = await play(rest, seed, scenario)
      if (again.traceHash !== simulation.traceHash) {
        throw new Error('two runs differ: something in the actors, or in the scenario, does not come from the seed')
      }
    } catch (error) {
      throw new SeedFailed(seed, error)
    }
  }
  return { runs: list.length, virtualMs, steps }
}

/** A search that looks at nothing finds nothing, and would pass for one that found all well. */
function seedList(seeds: number | readonly (number | string)[], first: number): readonly (number | string)[] {
  if (typeof seeds === 'number' && Number.isInteger(seeds) && seeds >= 1) {
    checkSeed(first)
    return Array.from({ length: seeds }, (_, i) => first + i)
  }
  if (!Array.isArray(seeds) || seeds.length === 0) {
    throw new TypeError(`seeds is how many, from 1 on, or a list of seeds, not ${shown(seeds)}`)
  }
  for (const seed of seeds) checkSeed(seed)
  return seeds
}

async function play(
  options: Omit<SimulationOptions, 'seed'>,
  seed: number | string,
  scenario: (simulation: Simulation, seed: number | string) => void | Promise<void>,
): Promise<Simulation> {
  const simulation = createSimulation({ ...options, seed })
  await scenario(simulation, seed)
  return simulation
}

/** Chance for the test's own data, from a seed: the same on every machine. */
export { Random }
