/** A cluster of three executors in one thread on virtual time, with one client, to watch a command on its way. */
import { createSimulation, type Edges, type Simulation } from '../../src/actor/index.ts'
import { Random } from '../../src/base/index.ts'
import { putFirstCells } from '../../src/boot/first-cells.ts'
import { SettingsMemory } from '../../src/boot/settings-memory.ts'
import {
  type Accept,
  type Connection,
  type ConnectionHandler,
  gateway,
  type Listener,
  listenerEdge,
  type ProcessPort,
  processEdge,
  settingsEdge,
} from '../../src/gateway/index.ts'
import { actorNames, FIRST_USER_CELL, resolveOptions, type Topology } from '../../src/model/index.ts'
import { pd } from '../../src/pd/index.ts'
import { memoryEngine, openRaftLog } from '../../src/storage/index.ts'
import { type StorageEdge, type Stores, storageEdge, stores } from '../../src/store/index.ts'
import { SimulatedDisk } from '../sim/disk.ts'

const EXECUTORS = 3
const ENGINE_MS = 0.5

const topology: Topology = {
  cluster: 'simulated',
  executors: EXECUTORS,
  stores: [1, 2, 3].map((id) => ({ id, executor: id - 1, dir: `store-${id}`, logDir: `log-${id}`, labels: {} })),
}

const options = resolveOptions({ executors: '3', stores: '3' }, { cores: EXECUTORS, memoryBytes: 2 ** 30 })

const port: ProcessPort = {
  id: 1,
  platform: 'simulated',
  memoryBytes: 2 ** 30,
  usage: () => ({ heapBytes: 0, residentBytes: 0, userMs: 0, systemMs: 0 }),
}

export class SetWorld implements Listener {
  readonly host = 'simulated'
  readonly port = 0
  /** What the client was sent. */
  received = ''
  readonly #hosts: Stores[] = []
  #accept: Accept | null = null
  #handler: ConnectionHandler | null = null
  #simulation: Simulation | null = null

  constructor(seed: string) {
    this.#simulation = createSimulation({
      seed,
      executors: EXECUTORS,
      edges: (executor) => (executor === EXECUTORS ? this.#mainEdges() : { [storageEdge.name]: this.#storage(seed) }),
      populate: (executor, incarnation, simulation) => {
        // Called for the first time before `createSimulation` returns.
        this.#simulation = simulation
        if (executor === EXECUTORS) {
          const name = actorNames.gateway(executor)
          simulation.spawn(gateway, { options, topology, name, version: '0' }, { executor, name })
          return
        }
        const args = { executor, topology, options, incarnation }
        simulation.spawn(stores, args, { executor, name: actorNames.stores(executor) })
        if (executor === 0) simulation.spawn(pd, { options, topology }, { executor, name: actorNames.pd })
      },
    })
  }

  get simulation(): Simulation {
    return this.#simulation as Simulation
  }

  attach(accept: Accept): void {
    this.#accept = accept
  }

  detach(): void {
    this.#accept = null
  }

  /**
   * Until the cell of all users' keys has three voters and a leader that serves, no log is being synced, for which the
   * command would have to wait, and the client is connected.
   */
  async open(): Promise<boolean> {
    const served = await this.simulation.drive(() => this.#isServed() && this.#isSynced(), 60_000)
    this.#handler = this.#accept?.(this.#connection()) ?? null
    return served && this.#handler !== null
  }

  send(text: string): void {
    this.simulation.schedule(0, () => this.#handler?.onData(Buffer.from(text, 'latin1')))
  }

  /** Whether the cell's entries are in every engine, and their log is trimmed. */
  isWrittenBack(): boolean {
    return this.#hosts.every((host) => {
      for (const peer of host.peers()) {
        if (peer.cell.id !== FIRST_USER_CELL) continue
        return peer.durable === peer.applied && peer.group.firstIndex() > peer.applied
      }
      return false
    })
  }

  #isSynced(): boolean {
    return this.#hosts.every(({ rawLog, wantsSync }) => !rawLog.flushing && !wantsSync)
  }

  #isServed(): boolean {
    return this.#hosts.some((host) => {
      for (const peer of host.peers()) {
        if (peer.cell.id !== FIRST_USER_CELL || peer.working === null) continue
        const { peers } = peer.cell
        return peers.length === EXECUTORS && peers.every((member) => member.role === 'voter')
      }
      return false
    })
  }

  #connection(): Connection {
    return {
      remoteAddress: 'client:1',
      localAddress: 'server:1',
      bufferedBytes: 0,
      write: (bytes) => {
        this.received += Buffer.from(bytes).toString('latin1')
        return true
      },
      pause: () => {},
      resume: () => {},
      end: () => {},
      destroy: () => {},
    }
  }

  #mainEdges(): Edges {
    return {
      [listenerEdge.name]: this,
      [processEdge.name]: port,
      [settingsEdge.name]: new SettingsMemory(),
    }
  }

  #storage(seed: string): StorageEdge {
    const later = (delayMs: number, run: () => void) => void this.simulation.schedule(delayMs, run)
    const disk = new SimulatedDisk(later, new Random(`${seed}/disk`))
    return {
      openLog: () => openRaftLog(disk, { directory: 'log', segmentBytes: 256 * 1024, identity: 1 }),
      openEngine: (place, done) => {
        const engine = memoryEngine((run) => later(ENGINE_MS, run))
        if (place.id !== 1) later(ENGINE_MS, () => done(null, engine))
        else void putFirstCells(engine, place.id).then(() => later(ENGINE_MS, () => done(null, engine)))
      },
      storesLost: (_lost, error) => {
        throw error
      },
      observe: (host) => {
        this.#hosts.push(host)
      },
    }
  }
}
