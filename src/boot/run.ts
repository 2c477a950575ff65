/**
 * The system of actors: what lives where, what is started again when a thread has died, and the order in which all of it
 * ends. The same for the server and for a cluster embedded in another program.
 *
 *   executors 0 … N−1   the stores of each; PD on the first of them; gateways, with `--gateways first` or `all`
 *   main (N)            the supervisor, the desk for HTTP, the gateway
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { BroadcastChannel } from 'node:worker_threads'
import { createSystem, type Edges, ExecutorLost, type LogEntry, type System } from '../actor/index.ts'
import { assert, unreachable } from '../base/index.ts'
import {
  type DebugPort,
  debugEdge,
  gateway,
  type Listener,
  listenerEdge,
  processEdge,
  settingsEdge,
} from '../gateway/index.ts'
import {
  actorNames,
  type Drain,
  type Drained,
  type GatewayMessage,
  type Options,
  type SupervisorMessage,
  type Topology,
} from '../model/index.ts'
import { type Desk, type DeskEdge, deskEdge, opsDesk } from '../ops/index.ts'
import { stores } from '../store/index.ts'
import type { ExecutorEdgesArgs } from './executor-edges.ts'
import type { ListenPlace } from './executor-listener.ts'
import { Fence, type FenceRecord } from './fence.ts'
import { gatewayNames } from './gateways.ts'
import { ConnectionGone, type InProcessListener } from './in-process.ts'
import type { Loss, WordToMain } from './main-channel.ts'
import { engineMemory, heapLimits } from './memory-shares.ts'
import { PdHome } from './pd-home.ts'
import { processPort } from './process-port.ts'
import type { SettingsMemory } from './settings-memory.ts'
import { fenceEdge, supervisor } from './supervisor.ts'

export interface Parts {
  readonly options: Options
  readonly topology: Topology
  /** Where it is written down which stores are lost; null: everything is in memory. */
  readonly record: FenceRecord | null
  /** Of the main thread's gateway. */
  readonly listener: Listener
  /** What CONFIG SET has changed, of all gateways. */
  readonly settings: SettingsMemory
  /** Where the gateways on executors listen, by executor. */
  readonly gateways: readonly (ListenPlace | null)[]
  /** Of the product, for INFO. */
  readonly version: string
  log(entry: LogEntry): void
  say(message: string): void
  /** Every store is fenced. */
  nothingLeft(reasons: string): void
}

export interface Running {
  readonly system: System
  desk(): Desk | null
  /** Answers what is in flight, then stops everything; false when that took longer than it may. */
  stop(timeoutMs: number): Promise<boolean>
}

const MIB = 1024 * 1024
/** Of a turn, before the largest reply (`store/origin.ts` and `store/pending.ts`). */
const REPLIES_BYTES = 64 * MIB
/** Headers, and other commands of the batch. */
const FRAME_BYTES = 16 * MIB
const PROBE_INTERVAL_MS = 20
/** Any key will do: what is asked is whether its cell has a leader that answers. */
const PROBE_KEY = 'cellarium:probe'
/** A little of the time to stop is kept for the disks. */
const DRAIN_SHARE = 0.4

export async function run(parts: Parts): Promise<Running> {
  const runner = new Runner(parts)
  await runner.start()
  return runner
}

class Runner implements Running {
  readonly #parts: Parts
  readonly #executors: number
  readonly #fence: Fence
  #home: PdHome
  readonly #channelName: string
  #channel: BroadcastChannel | null = null
  #desk: Desk | null = null
  #system: System | null = null

  constructor(parts: Parts) {
    const { options, topology } = parts
    this.#parts = parts
    this.#executors = topology.executors
    this.#fence = new Fence(topology, parts.record, parts.say)
    this.#home = new PdHome({ options, topology }, parts.say)
    this.#channelName = `cellarium/${topology.cluster}/${randomUUID()}`
  }

  get system(): System {
    assert(this.#system !== null, 'the system is not there yet')
    return this.#system
  }

  desk(): Desk | null {
    return this.#desk
  }

  async start(): Promise<void> {
    const { options, topology, record, gateways, log, say } = this.#parts
    // Before any store is opened: one that cannot be is told at once.
    const channel = new BroadcastChannel(this.#channelName)
    channel.onmessage = (event) => this.#told((event as { data: WordToMain }).data)
    channel.unref()
    this.#channel = channel
    const args: ExecutorEdgesArgs = {
      topology,
      inMemory: record === null,
      channel: this.#channelName,
      gateways,
      engine: engineMemory(options),
    }
    for (;;) {
      const { fenced } = this.#fence
      this.#home = new PdHome({ options, topology }, say)
      try {
        await createSystem({
          executors: this.#executors,
          edges: { module: new URL('./executor-edges.js', import.meta.url).href, name: 'makeExecutorEdges', args },
          mainEdges: this.#mainEdges(),
          populate: (executor, incarnation, system) => this.#populate(executor, incarnation, system),
          onExecutorExit: (executor, incarnation, error) => this.#exited(executor, incarnation, error),
          ...largestMessages(options),
          resourceLimits: heapLimits(options),
          log,
        })
        return
      } catch (error) {
        // A thread that finds one of its stores lost begins anew without it, and so does the system when it has only
        // just begun. The word of the loss came before the thread's end, and may be read after it.
        await new Promise((resolve) => setImmediate(resolve))
        if (this.#fence.fenced === fenced || this.#fence.nothingLeft) throw error
      }
    }
  }

  async stop(timeoutMs: number): Promise<boolean> {
    const endMs = Date.now() + timeoutMs
    this.#home.stop()
    const names = gatewayNames(this.#parts.gateways)
    await Promise.all(names.map((name) => drain(this.system, name, timeoutMs * DRAIN_SHARE)))
    const inTime = await this.system.stop({ timeoutMs: Math.max(100, endMs - Date.now()) })
    this.#channel?.close()
    this.#desk = null
    return inTime
  }

  readonly #debug: DebugPort = {
    crashExecutor: (executor) => ifUp(() => this.system.crashExecutor(executor)),
    pauseExecutor: (executor, durationMs) => ifUp(() => this.system.pauseExecutor(executor, durationMs)),
  }

  #mainEdges(): Edges {
    const desk: DeskEdge = {
      stores: {
        lost: () => this.#fence.reports().map(({ store }) => store),
        executors: () => [...new Set(this.#fence.topology.stores.map(({ executor }) => executor))],
      },
      open: (opened) => {
        this.#desk = opened
      },
    }
    return {
      [fenceEdge.name]: this.#fence,
      [deskEdge.name]: desk,
      [listenerEdge.name]: this.#parts.listener,
      [processEdge.name]: processPort,
      [settingsEdge.name]: this.#parts.settings,
      [debugEdge.name]: this.#debug,
    }
  }

  async #populate(executor: number, incarnation: number, system: System): Promise<void> {
    this.#system = system
    const { options } = this.#parts
    if (executor === this.#executors) {
      await system.spawn(supervisor, undefined, { executor, name: actorNames.supervisor })
      await system.spawn(opsDesk, undefined, { executor, name: actorNames.ops })
      await this.#spawnGateway(executor, system)
      return
    }
    if (this.#fence.storesOf(executor).length > 0) {
      const args = { executor, topology: this.#fence.topology, options, incarnation }
      // A store that has fallen has files open: it begins anew with its thread, never beside its former self.
      await system.spawn(stores, args, { executor, name: actorNames.stores(executor), supervise: 'escalate' })
    }
    if ((this.#parts.gateways[executor] ?? null) !== null) await this.#spawnGateway(executor, system)
    await this.#home.executorUp(executor, system)
  }

  async #spawnGateway(executor: number, system: System): Promise<void> {
    const { settings, options, topology, version, gateways } = this.#parts
    const { changes } = settings
    const name = actorNames.gateway(executor)
    const others = gatewayNames(gateways).filter((other) => other !== name)
    await system.spawn(gateway, { options, changes, topology, name, others, version }, { executor, name })
  }

  #exited(executor: number, incarnation: number, error: Error | null): void {
    if (executor >= this.#executors) return
    this.#parts.say(
      `executor ${executor} (start ${incarnation}) has exited${error === null ? '' : `: ${error.message}`}`,
    )
    if (this.#parts.record === null) {
      // What was in its memory only is gone, and a store that forgot is not the store it was. Fenced before the
      // thread is started again.
      const lost = this.#fence.storesOf(executor).map((store) => store.id)
      this.#lose({ stores: lost, reason: 'its thread has exited, and its data was in memory', forGood: true })
    }
    void this.#home.executorExit(executor, this.system)
  }

  #told(word: WordToMain): void {
    switch (word.kind) {
      case 'loss':
        return this.#lose(word)
      case 'say':
        return this.#parts.say(word.message)
      case 'setting':
        this.#parts.settings.note(word.change)
        return
      case 'crash':
        return this.#debug.crashExecutor(word.executor)
      case 'pause':
        return this.#debug.pauseExecutor(word.executor, word.durationMs)
      default:
        return unreachable(word)
    }
  }

  #lose({ stores: lost, reason, forGood }: Omit<Loss, 'kind'>): void {
    if (!this.#fence.lose(lost, reason, forGood)) return
    if (this.#fence.nothingLeft) this.#parts.nothingLeft(this.#fence.reasons)
    // One that is not there yet tells PD when it begins.
    this.#system?.named<SupervisorMessage>(actorNames.supervisor).tell({ kind: 'tick' })
  }
}

/** A command travels whole, and so do the replies of a turn, the last of which may be as large as a reply can be. */
function largestMessages({ clientQueryMax, clientOutputMax }: Options) {
  const largest = Math.max(clientQueryMax, clientOutputMax + REPLIES_BYTES) + FRAME_BYTES
  return { messageBytesMax: Math.max(128 * MIB, largest), assemblyBytesMax: Math.max(256 * MIB, largest) }
}

/** A gateway that does not answer is not waited for: stopping closes its connections. */
async function drain(system: System, name: string, timeoutMs: number): Promise<void> {
  try {
    await system
      .named<GatewayMessage>(name)
      .ask<Drained>((replyTo): Drain => ({ kind: 'drain', timeoutMs, replyTo }), { timeoutMs: timeoutMs + 200 })
  } catch {
    // It has said nothing in time.
  }
}

/** A cell without a leader lets a command wait, and then refuses it: so it is asked until it answers, or all is over. */
export async function firstAnswer(
  listener: InProcessListener,
  password: () => string,
  isOver: () => boolean = () => false,
): Promise<void> {
  while (!isOver()) {
    const client = listener.connect()
    try {
      const given = password()
      if (given !== '') await client.send(['AUTH', given])
      while (typeof (await client.send(['EXISTS', PROBE_KEY])) !== 'number' && !isOver()) {
        await sleep(PROBE_INTERVAL_MS)
      }
      return
    } catch (error) {
      // The gateway was started again.
      if (!(error instanceof ConnectionGone)) throw error
      await sleep(PROBE_INTERVAL_MS)
    } finally {
      client.close()
    }
  }
}

/** A thread that is down, or on its way there, cannot be hurt: that is no reason for whoever asks to fall. */
function ifUp(hurt: () => void): void {
  try {
    hurt()
  } catch (error) {
    if (!(error instanceof ExecutorLost)) throw error
  }
}
