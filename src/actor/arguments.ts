/** What programs hand in to systems and simulations, looked at before anything is done with it. */
import { checkFunction, checkMs, checkOptions, checkSeed, isWhole, shown } from '../base/index.ts'
import type { AnyDefinition } from './definition.ts'
import { refuseInnerSystem } from './own-thread.ts'
import type { SimulationOptions } from './simulation-types.ts'
import type { SystemOptions } from './system-types.ts'
import type { AskOptions, OnThrow, SpawnOptions } from './types.ts'

/** Each name once, checked by the compiler against the type it belongs to. */
type Names<T> = Readonly<Record<keyof T, true>>

const EXECUTORS_MAX = 1024
const onThrow: Readonly<Record<OnThrow, true>> = { restart: true, stop: true, escalate: true }

const spawnNames: Names<SpawnOptions & { executor: number }> = {
  executor: true,
  name: true,
  mailbox: true,
  supervise: true,
}

const systemNames: Names<SystemOptions> = {
  executors: true,
  edges: true,
  mainEdges: true,
  ringBytes: true,
  queueBytesMax: true,
  messageBytesMax: true,
  assemblyBytesMax: true,
  spinMs: true,
  populate: true,
  onExecutorExit: true,
  log: true,
  resourceLimits: true,
}

const simulationNames: Names<SimulationOptions> = {
  seed: true,
  executors: true,
  edges: true,
  populate: true,
  latency: true,
  deathNotice: true,
  restartDelayMs: true,
  ringBytes: true,
  queueBytesMax: true,
  messageBytesMax: true,
  assemblyBytesMax: true,
  filter: true,
  onExecutorExit: true,
  log: true,
  wallStartMs: true,
}

export function checkAsk(make: unknown, options: AskOptions): void {
  if (typeof make !== 'function') {
    throw new TypeError(`ask takes a function that makes the message from its replyTo, not ${shown(make)}`)
  }
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`ask takes { timeoutMs } as its second argument, not ${shown(options)}`)
  }
  checkMs('timeoutMs of ask', options.timeoutMs)
}

export function checkSystem(options: SystemOptions): void {
  refuseInnerSystem()
  checkOptions('createSystem', options, systemNames)
  checkExecutors(options.executors)
}

/** With a seed: where it comes from is for `explore` to say. */
export function checkSimulation(options: SimulationOptions): void {
  checkOptions('createSimulation', options, simulationNames)
  checkSeed(options.seed)
  checkExecutors(options.executors)
}

function checkExecutors(executors: unknown): void {
  if (isWhole(executors, 1, EXECUTORS_MAX)) return
  throw new RangeError(`executors is a whole number from 1 to ${EXECUTORS_MAX}, not ${shown(executors)}`)
}

/** Where the spawner says on which executor: the last number is the main one's. */
export function checkPlace(
  definition: AnyDefinition,
  options: SpawnOptions & { executor: number },
  executors: number,
): void {
  checkSpawn(definition, options)
  if (isWhole(options.executor, 0, executors)) return
  const main = `${executors} is the main thread's`
  throw new RangeError(`executor is a whole number from 0 to ${executors} (${main}), not ${shown(options.executor)}`)
}

export function checkSpawn(definition: AnyDefinition, options: SpawnOptions): void {
  const given = definition as Partial<AnyDefinition> | null | undefined
  if (typeof given?.key !== 'string' || typeof given.start !== 'function') {
    throw new TypeError(`spawn takes what actor({ module, name, start }) returned, not ${shown(definition)}`)
  }
  checkOptions('spawn', options, spawnNames)
  const { name, mailbox, supervise } = options
  if (name !== undefined && typeof name !== 'string') throw new TypeError(`name is text, not ${shown(name)}`)
  if (mailbox !== undefined && !isWhole(mailbox, 1, Number.MAX_SAFE_INTEGER)) {
    throw new RangeError(`mailbox is a whole number of messages from 1 on, not ${shown(mailbox)}`)
  }
  const chosen = typeof supervise === 'object' && supervise !== null ? supervise.onThrow : supervise
  if (chosen === undefined ? supervise === undefined : Object.hasOwn(onThrow, chosen)) return
  throw new TypeError(`supervise is one of ${Object.keys(onThrow).join(', ')}, or { onThrow }, not ${shown(supervise)}`)
}

export function checkDefinition({ module, name, start }: { module: unknown; name: unknown; start: unknown }): void {
  if (typeof module !== 'string' || module === '') {
    throw new TypeError(`module of an actor is import.meta.url, not ${shown(module)}`)
  }
  if (typeof name !== 'string') throw new TypeError(`name of an actor is text, not ${shown(name)}`)
  checkFunction('start of an actor', start)
}
