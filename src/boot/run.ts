/**
 * The system of actors: what lives where, what is started again when a thread has died, and the order in which all of it
 * ends. The same for the server and for a cluster embedded in another program.
 *
 *   executors 0 … N−1   the stores of each; PD on the first of them
 *   main (N)            the supervisor, the desk for HTTP, the gateway
 */
import { randomUUID } from 'node:crypto'
import { totalmem } from 'node:os'
import { BroadcastChannel } from 'node:worker_threads'
import { createSystem, type LogEntry, type System } from '../actor/index.ts'
import { debugEdge, gateway, type Listener, listenerEdge, type ProcessPort, processEdge } from '../gateway/index.ts'
import {
  actorNames,
  type Drain,
  type Drained,
  type GatewayMessage,
  type Options,
  type SupervisorMessage,
  type Topology,
} from '../model/index.ts'
import { type Desk, deskEdge, opsDesk } from '../ops/index.ts'
import { stores } from '../store/index.ts'
import type { ExecutorEdgesArgs, Loss } from './executor-edges.ts'
import { Fence, type FenceRecord } from './fence.ts'
import { PdHome } from './pd-home.ts'
import { fenceEdge, supervisor } from './supervisor.ts'

export interface Parts {
  readonly options: Options
  readonly topology: Topology
  /** Where it is written down which stores are lost; null: everything is in memory. */
  readonly record: FenceRecord | null
  readonly listener: Listener
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

/** A little of the time to stop is kept for the disks. */
const DRAIN_SHARE = 0.4

export async function run(parts: Parts): Promise<Running> {
  const { options, topology, say } = parts
  const executors = topology.executors
  const fence = new Fence(topology, parts.record, say)
  const home = new PdHome({ options, topology }, say)
  const lossChannel = `cellarium/${topology.cluster}/${randomUUID()}`
  const args: ExecutorEdgesArgs = { topology, inMemory: parts.record === null, lossChannel }
  const fencedSome = () => {
    if (fence.nothingLeft) parts.nothingLeft(fence.reasons)
  }
  let desk: Desk | null = null
  let system: System | null = null

  const populate = async (executor: number, incarnation: number, made: System): Promise<void> => {
    system = made
    if (executor < executors) {
      if (fence.storesOf(executor).length > 0) {
        const storesArgs = { executor, topology: fence.topology, options, incarnation }
        const spawnOptions = { executor, name: actorNames.stores(executor), supervise: 'escalate' as const }
        await made.spawn(stores, storesArgs, spawnOptions)
      }
      await home.executorUp(executor, made)
      return
    }
    await made.spawn(supervisor, undefined, { executor, name: actorNames.supervisor })
    await made.spawn(opsDesk, undefined, { executor, name: actorNames.ops })
    const name = actorNames.gateway(executor)
    await made.spawn(gateway, { options, topology, name, version: parts.version }, { executor, name })
  }

  const made = await createSystem({
    executors,
    edges: { module: new URL('./executor-edges.js', import.meta.url).href, name: 'makeExecutorEdges', args },
    mainEdges: {
      [fenceEdge.name]: {
        fence,
        lost: fencedSome,
      },
      [deskEdge.name]: {
        open: (opened: Desk) => {
          desk = opened
        },
      },
      [listenerEdge.name]: parts.listener,
      [processEdge.name]: processPort,
      [debugEdge.name]: {
        crashExecutor: (executor: number) => system?.crashExecutor(executor),
        pauseExecutor: (executor: number, durationMs: number) => system?.pauseExecutor(executor, durationMs),
      },
    },
    populate,
    onExecutorExit(executor, incarnation, error) {
      if (executor >= executors || system === null) return
      say(`executor ${executor} (start ${incarnation}) has exited${error === null ? '' : `: ${error.message}`}`)
      if (parts.record === null) {
        // What was in its memory only is gone, and a store that forgot is not the store it was. Fenced before the
        // thread is started again.
        const lost = fence.storesOf(executor).map((store) => store.id)
        fence.lose(lost, 'its thread has exited, and its data was in memory', true)
        fencedSome()
        system.named<SupervisorMessage>(actorNames.supervisor).tell({ kind: 'tick' })
      }
      void home.executorExit(executor, system)
    },
    log: parts.log,
  })
  system = made

  const losses = new BroadcastChannel(lossChannel)
  losses.onmessage = (event) => {
    const loss = (event as { data: Loss }).data
    made.named<SupervisorMessage>(actorNames.supervisor).tell({ kind: 'storesLost', ...loss })
  }
  losses.unref()

  return {
    system: made,
    desk: () => desk,
    async stop(timeoutMs) {
      const endMs = Date.now() + timeoutMs
      home.stop()
      await drain(made, actorNames.gateway(executors), timeoutMs * DRAIN_SHARE)
      const inTime = await made.stop({ timeoutMs: Math.max(100, endMs - Date.now()) })
      losses.close()
      desk = null
      return inTime
    },
  }
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

const processPort: ProcessPort = {
  id: process.pid,
  platform: `${process.platform} ${process.arch}`,
  memoryBytes: totalmem(),
  usage() {
    const memory = process.memoryUsage()
    const cpu = process.cpuUsage()
    return {
      heapBytes: memory.heapUsed,
      residentBytes: memory.rss,
      userMs: cpu.user / 1000,
      systemMs: cpu.system / 1000,
    }
  },
}
