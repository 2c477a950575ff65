/**
 * The product in one thread: executors, stores, PD and gateway as they are, over simulated disks, engines and
 * connections that outlive what runs on them.
 *
 * ```
 *  clients ── Network ── gateway (main or all)   ─┐
 *                                                 ├── messages of the twin (filtered by the faults)
 *  SimulatedDisk ── raft log ─┐                   │
 *  SimulatedEngineDisk ───────┴── stores ─────────┘      pd (on the first executor that is up)
 * ```
 *
 * A crash of an executor is a crash of its disk and engines: what was not synced is gone or torn. A crash of the process
 * is that of all of them, and of all connections. Everything comes back by `restart…`, as the supervisor would do it.
 *
 * A throw anywhere in the product comes out of `simulation.run`: that is a bug, and the run ends.
 */
import {
  ActorError,
  createSimulation,
  type Edges,
  type LogEntry,
  type MessageFilter,
  type Simulation,
} from '../../src/actor/index.ts'
import { type Random, Random as Seeded } from '../../src/base/index.ts'
import { Fence } from '../../src/boot/fence.ts'
import { FIRST_INDEX, putFirstCells } from '../../src/boot/first-cells.ts'
import { SettingsMemory } from '../../src/boot/settings-memory.ts'
import { fenceEdge, supervisor } from '../../src/boot/supervisor.ts'
import { gateway, listenerEdge, processEdge, settingsEdge } from '../../src/gateway/index.ts'
import {
  actorNames,
  type Options,
  resolveOptions,
  type StorePlace,
  type SupervisorMessage,
  type Topology,
} from '../../src/model/index.ts'
import { pd } from '../../src/pd/index.ts'
import { openRaftLog } from '../../src/storage/index.ts'
import {
  type Space,
  type StorageEdge,
  type Stores,
  storageEdge,
  stores,
  UNKNOWN_SPACE,
  type ValueSizes,
} from '../../src/store/index.ts'
import { Destruction, type Machine } from './destruction.ts'
import { SimulatedDisk } from './disk.ts'
import { SimulatedEngineDisk } from './engine.ts'
import type { Mode } from './fault-settings.ts'
import type { Victim } from './faults.ts'
import { processPort, SimulatedListener } from './listener.ts'
import { Network } from './network.ts'
import { Orders } from './orders.ts'
import { VirtualTime } from './virtual-time.ts'

export const WALL_START_MS = 1_800_000_000_000
/** Whatever throws ends the run. */
const supervise = 'escalate'
const PD_AGAIN_MS = 20
const SMALL_FILES_BYTES = 4096
const AMPLE_BYTES = 2 ** 40

export interface ClusterSettings {
  readonly executors: number
  readonly stores: number
  readonly replicas: number
  readonly segmentBytes: number
  readonly options: Readonly<Record<string, string>>
  /** Small ones make many of a run's values long, and their effects groups of entries; null: as in the product. */
  readonly sizes: ValueSizes | null
  /** How long a sync of the log takes, from and to, when nothing is wrong. */
  readonly syncMs: [number, number]
  /** How long an engine takes to read: slow ones let commands overtake those that wait, where they may. */
  readonly readMs: [number, number]
  /** Between executors. */
  readonly latencyMs: { readonly minMs: number; readonly maxMs: number }
  readonly clientLatencyMs: { readonly min: number; readonly max: number }
  readonly cutProbability: number
}

export function drawCluster(random: Random, mode: Mode): ClusterSettings {
  const many = mode === 'leases' || mode === 'ruin' || mode === 'speed'
  const executors = many ? 3 : mode === 'moves' ? random.pick([3, 3, 4]) : random.pick([1, 2, 3, 3, 3, 4])
  const spare = mode === 'moves' ? 0.7 : mode === 'ruin' || mode === 'speed' ? 0 : 0.3
  const stores = executors * Math.ceil(3 / executors) * (random.chance(spare) ? 2 : 1)
  return {
    executors,
    stores,
    replicas: 3,
    // Small segments turn over in seconds; what one turn writes into an entry must still fit in.
    segmentBytes: random.pick([256 * 1024, 512 * 1024, 1024 * 1024]),
    options: {
      memory: random.pick(['16mb', '64mb']),
      connectionOrder: random.chance(0.8) ? 'keys' : 'strict',
      requestTimeout: random.pick(['1s', '5s']),
      valueMax: '1mb',
      // Who reads from a leader that nobody else hears is beside it.
      gateways: mode === 'leases' ? 'all' : random.pick(['main', 'all']),
      initialCells: mode === 'speed' ? '19' : mode === 'order' ? '1' : random.pick(['1', '1', '1', '3']),
      // A child with one peer is not merged before it has others.
      splitPeers: mode === 'merges' ? 'all' : random.pick(['all', 'all', 'one']),
      sleepAfter: random.pick(['60ms', '200ms', '500ms', '3s', '0']),
    },
    syncMs: random.pick<[number, number]>([
      [0.1, 2],
      [0.1, 2],
      [2, 30],
    ]),
    readMs: random.pick<[number, number]>(
      mode === 'order'
        ? [[2, 60]]
        : [
            [0.05, 1],
            [0.05, 1],
            [2, 60],
          ],
    ),
    latencyMs: random.pick([
      { minMs: 0.005, maxMs: 0.2 },
      { minMs: 0.1, maxMs: 10 },
    ]),
    clientLatencyMs: random.pick([
      { min: 0.05, max: 0.5 },
      { min: 0.5, max: 20 },
    ]),
    cutProbability: random.pick([0, 0.05]),
    sizes: random.pick([
      null,
      { wholeBytesMax: 12, chunkBytes: 16, entryBytesMax: 160, sweptKeysMin: 1, heldKeysMax: 0 },
      { wholeBytesMax: 100, chunkBytes: 40, entryBytesMax: 400, sweptKeysMin: 2, heldKeysMax: 3 },
      { wholeBytesMax: 2000, chunkBytes: 1000, entryBytesMax: 6000, sweptKeysMin: 4, heldKeysMax: 0 },
    ]),
  }
}

type Trace = (text: string) => void

export class Cluster implements Victim {
  readonly settings: ClusterSettings
  readonly options: Options
  /** A start of the process may add stores. */
  topology: Topology
  readonly executors: number
  /** One for each gateway. */
  readonly networks: readonly Network[]
  readonly trace: Trace
  /** Of executors whose stores are open. */
  readonly hosts = new Map<number, Stores>()
  /** What store 1's cells begin behind. */
  readonly firstIndex = FIRST_INDEX
  /** By executor; null where there is no gateway. */
  readonly #networks: readonly (Network | null)[]
  readonly #machines: Machine[]
  #fence: Fence
  readonly orders: Orders
  readonly #destruction: Destruction
  /** When PD's thread has died: how long it takes until there is another. */
  pdAwayMsMax = 50
  readonly #random: Random
  readonly #before = new VirtualTime()
  readonly #settings = new SettingsMemory()
  #simulation: Simulation | null = null
  /** Lives of an executor in the present process. */
  #incarnations: number[] = []
  /** Where PD is, null while it is nowhere. */
  #deaths = 0
  #pdExecutor: number | null = null

  private constructor(random: Random, settings: ClusterSettings, trace: Trace) {
    this.settings = settings
    this.trace = trace
    this.#random = random
    this.executors = settings.executors
    const { executors } = settings
    this.options = resolveOptions(
      {
        executors: `${executors}`,
        stores: `${settings.stores}`,
        replicas: `${settings.replicas}`,
        ...settings.options,
      },
      { cores: executors, memoryBytes: 2 ** 30 },
    )
    const places: StorePlace[] = []
    for (let i = 0; i < settings.stores; i++) {
      const executor = i % executors
      places.push({ id: i + 1, executor, dir: `store-${i + 1}`, logDir: `log-${executor}`, labels: {} })
    }
    this.topology = { cluster: 'simulated', executors, stores: places }
    this.#fence = new Fence(this.topology, null, (message) => trace(message))
    this.#machines = []
    for (let executor = 0; executor < executors; executor++) {
      const engines = new Map<number, SimulatedEngineDisk>()
      for (const place of places) {
        if (place.executor === executor) engines.set(place.id, this.#engine(random))
      }
      const disk = new SimulatedDisk(this.schedule, random.fork())
      disk.syncMs = settings.syncMs
      this.#machines.push({ disk, engines })
    }
    const { clientLatencyMs: latencyMs, cutProbability } = settings
    const wires = { latencyMs, cutProbability, highWaterBytes: 64 * 1024 }
    this.#networks = Array.from({ length: executors + 1 }, (_, executor) =>
      executor === executors || this.options.gateways === 'all'
        ? new Network(random.fork(), wires, this.schedule, () => this.nowMs)
        : null,
    )
    this.networks = this.#networks.filter((network) => network !== null)
    const [orders, destruction] = this.#troubles()
    this.orders = orders
    this.#destruction = destruction
  }

  #troubles(): [Orders, Destruction] {
    const cluster = this
    const orders: Orders = new Orders({
      hosts: this.hosts,
      gateways: this.#networks.flatMap((network, i) => (network === null ? [] : [actorNames.gateway(i)])),
      get storeIds() {
        return cluster.topology.stores.map(({ id }) => id)
      },
      named: (name) => this.simulation.named(name),
      maySpare: (store) => this.#destruction.maySpare(store),
      mayRemove: () => this.#destruction.mayRemove(),
      maySplit: () => this.settings.options.splitPeers !== 'one' || this.#destruction.mayRemove(),
      trace: this.trace,
    })
    const destruction = new Destruction({
      executors: this.executors,
      replicas: this.settings.replicas,
      machines: this.#machines,
      hosts: this.hosts,
      offline: orders.offline,
      get topology() {
        return cluster.topology
      },
      isUp: (executor) => this.isUp(executor),
      crashExecutor: (executor) => this.crashExecutor(executor),
      restartExecutor: (executor) => this.restartExecutor(executor),
      schedule: this.schedule,
      trace: this.trace,
    })
    return [orders, destruction]
  }

  #engine(random: Random): SimulatedEngineDisk {
    const engine = new SimulatedEngineDisk(this.schedule, random.fork())
    engine.readMs = this.settings.readMs
    return engine
  }

  #machine(executor: number): Machine {
    return this.#machines[executor] as Machine
  }

  static async start(seed: string, settings: ClusterSettings, trace: Trace): Promise<Cluster> {
    const cluster = new Cluster(new Seeded(`${seed}/cluster`), settings, trace)
    await cluster.#bootstrap()
    cluster.#simulation = cluster.#simulate(seed)
    return cluster
  }

  /** Of all disks: writes that a crash has lost, and sectors that it has torn. */
  get crashDamage(): { readonly lostWrites: number; readonly tornSectors: number } {
    let lostWrites = 0
    let tornSectors = 0
    for (const { disk } of this.#machines) {
      lostWrites += disk.lostWrites
      tornSectors += disk.tornSectors
    }
    return { lostWrites, tornSectors }
  }

  get lostStores(): number {
    return this.#fence.fenced
  }

  get pdExecutor(): number | null {
    return this.#pdExecutor
  }

  get simulation(): Simulation {
    return this.#simulation as Simulation
  }

  get nowMs(): number {
    return this.#simulation === null ? this.#before.nowMs : this.#simulation.clock.monotonicMs()
  }

  readonly schedule = (delayMs: number, action: () => void): void => {
    if (this.#simulation === null) this.#before.schedule(delayMs, action)
    else this.#simulation.schedule(delayMs, action)
  }

  /** As the main thread does before any executor opens a store (rule 30). */
  async #bootstrap(): Promise<void> {
    const first = this.topology.stores[0] as StorePlace
    const engine = this.#machine(first.executor).engines.get(first.id)?.open()
    if (engine === undefined) throw new Error('the first store has an engine')
    const cells = putFirstCells(engine, first.id)
    // Its disk answers in virtual time, which goes on between the steps of the promise.
    for (let ms = 1; ms <= 2000; ms++) {
      this.#before.run(ms)
      await null
    }
    await cells
    engine.close(() => {})
    this.#before.run(4000)
  }

  #simulate(seed: string): Simulation {
    return createSimulation({
      seed: `${seed}/simulation`,
      executors: this.executors,
      wallStartMs: WALL_START_MS,
      latency: this.settings.latencyMs,
      edges: (executor) => ({
        ...(executor < this.executors ? { [storageEdge.name]: this.#storage(executor) } : {}),
        ...this.#street(executor),
      }),
      populate: (executor, _incarnation, simulation) => this.#populate(executor, simulation),
      log: (entry) => this.#log(entry),
    })
  }

  #populate(executor: number, simulation: Simulation): void {
    // Called for the first time before `createSimulation` returns.
    this.#simulation = simulation
    const { topology, options } = this
    if (this.#networks[executor]) {
      const names = this.#networks.flatMap((network, i) => (network === null ? [] : [actorNames.gateway(i)]))
      const name = actorNames.gateway(executor)
      const others = names.filter((other) => other !== name)
      simulation.spawn(gateway, { topology, options, name, others, version: '0.0.0' }, { executor, name, supervise })
    }
    if (executor === this.executors) {
      simulation.spawn(supervisor, undefined, { executor, name: actorNames.supervisor, supervise })
      return
    }
    const incarnation = (this.#incarnations[executor] ?? 0) + 1
    this.#incarnations[executor] = incarnation
    if (this.#fence.storesOf(executor).length > 0) {
      const { sizes } = this.settings
      const args = { executor, topology: this.#fence.topology, options, incarnation, ...(sizes && { sizes }) }
      simulation.spawn(stores, args, { executor, name: actorNames.stores(executor), supervise })
    }
    this.#placePd()
  }

  /** As `boot` does it: on the first executor that is up, and elsewhere when that one has fallen. */
  #placePd(): void {
    if (this.#pdExecutor !== null) return
    const { topology, options } = this
    for (let executor = 0; executor < this.executors; executor++) {
      if (!this.isUp(executor)) continue
      try {
        this.simulation.spawn(pd, { options, topology }, { executor, name: actorNames.pd, supervise })
        this.#pdExecutor = executor
      } catch (error) {
        if (!(error instanceof ActorError)) throw error
        // Not everyone knows yet that the former one is dead.
        this.schedule(PD_AGAIN_MS, () => this.#placePd())
      }
      return
    }
  }

  #street(executor: number): Edges {
    const network = this.#networks[executor]
    const fence = executor === this.executors ? { [fenceEdge.name]: this.#fence } : {}
    return network
      ? {
          [listenerEdge.name]: new SimulatedListener(network),
          [processEdge.name]: processPort,
          [settingsEdge.name]: this.#settings,
          ...fence,
        }
      : {}
  }

  #storage(executor: number): StorageEdge {
    const machine = this.#machine(executor)
    const identity = this.#random.u32()
    return {
      openLog: () =>
        openRaftLog(machine.disk, {
          directory: `log-${executor}`,
          segmentBytes: this.settings.segmentBytes,
          identity,
        }),
      openEngine: (place, done) => {
        const disk = machine.engines.get(place.id) as SimulatedEngineDisk
        disk.later([0.1, 20], () => done(null, disk.open()))
      },
      storesLost: (lost, error) => {
        if (!this.#destruction.doomed.has(executor)) {
          throw new Error(`stores ${lost.join(', ')} are lost, and no disk has failed`, { cause: error })
        }
        this.hosts.delete(executor)
        // As `boot` has it: an engine that fails is named, and the thread begins anew with the stores that are whole.
        const named = Number(/^store (\d+):/.exec(error.message)?.[1])
        this.#fence.lose(lost.includes(named) ? [named] : lost, error.message, true)
        this.schedule(1, () => {
          if (this.isUp(this.executors))
            this.simulation.named<SupervisorMessage>(actorNames.supervisor).tell({ kind: 'tick' })
          if (!this.isUp(executor) || this.#fence.storesOf(executor).length === 0) return
          this.crashExecutor(executor)
          this.schedule(1, () => {
            if (this.isUp(this.executors) && !this.isUp(executor)) this.restartExecutor(executor)
          })
        })
      },
      // Of every second disk nothing is known, so that the log is the first to find out.
      spaceOf: () => (executor % 2 === 0 ? spaceIn(machine) : UNKNOWN_SPACE),
      observe: (host) => {
        this.hosts.set(executor, host)
        this.trace(`the stores of executor ${executor} are open`)
      },
    }
  }

  #log(entry: LogEntry): void {
    const fields = Object.keys(entry.fields).length > 0 ? ` ${JSON.stringify(entry.fields, withoutObjects)}` : ''
    this.trace(`[${entry.level}] ${entry.executor} ${entry.actor}: ${entry.message}${fields}`)
  }

  // ─────────────────────────────────────────────────────────────────────────────────────────────── what faults may do

  isUp(executor: number): boolean {
    return this.simulation.isUp(executor)
  }

  crashExecutor(executor: number): void {
    this.simulation.crashExecutor(executor)
    this.#crashDisks(executor)
    this.#networks[executor]?.serverVanishes()
    if (executor !== this.#pdExecutor) return
    this.#pdExecutor = null
    // The exit of a thread is noticed a while later.
    this.schedule(1 + this.#random.float() * this.pdAwayMsMax, () => this.#placePd())
  }

  restartExecutor(executor: number): void {
    this.simulation.restartExecutor(executor)
  }

  crashProcess(): void {
    this.simulation.crashAll()
    for (let executor = 0; executor < this.executors; executor++) this.#crashDisks(executor)
    for (const network of this.networks) network.serverVanishes()
  }

  restartProcess(): void {
    this.#incarnations = []
    this.#pdExecutor = null
    this.simulation.restartAll()
  }

  pauseExecutor(executor: number, durationMs: number): void {
    this.simulation.pauseExecutor(executor, durationMs)
  }

  setFilter(filter: MessageFilter | null): void {
    this.simulation.setFilter(filter)
  }

  setSyncMs(executor: number, range: [number, number] | null): void {
    this.#machine(executor).disk.syncMs = range ?? this.settings.syncMs
  }

  setFull(executor: number, isFull: boolean): void {
    const { disk, engines } = this.#machine(executor)
    for (const engine of engines.values()) engine.full = isFull
    // A segment is what there is no room for: small files still find some, as on real disks.
    disk.capacityBytes = isFull ? disk.usedBytes + SMALL_FILES_BYTES : Number.POSITIVE_INFINITY
  }

  setWallSkew(executor: number, skewMs: number): void {
    this.simulation.setWallSkew(executor, skewMs)
  }

  someLeader(random: Random): number | null {
    const leaders: number[] = []
    for (const [executor, host] of this.hosts) {
      for (const peer of host.peers()) if (peer.isLeader) leaders.push(executor)
    }
    return leaders.length === 0 ? null : random.pick(leaders.sort((a, b) => a - b))
  }

  whenReplying(action: () => void): void {
    let done = false
    for (const network of this.networks) {
      network.onReply = () => {
        if (!done) this.schedule(this.#random.float() * 0.2, action)
        done = true
      }
    }
  }

  failSync(random: Random): boolean {
    return this.#destruction.failSync(random)
  }

  rot(random: Random): boolean {
    return this.#destruction.rot(random)
  }

  ruin(random: Random): void {
    this.#destruction.ruin(random)
  }

  transferLeader(random: Random): void {
    this.orders.transferLeader(random)
  }

  splitCell(random: Random): void {
    this.orders.splitCell(random)
  }

  mergeCells(random: Random): void {
    this.orders.mergeCells(random)
  }

  changeMembers(random: Random): void {
    this.orders.changeMembers(random)
  }

  orderStore(random: Random): void {
    this.orders.orderStore(random)
  }

  changeSetting(random: Random): void {
    this.orders.changeSetting(random)
  }

  addStore(random: Random): void {
    const executor = random.below(this.executors)
    const id = this.topology.stores.length + 1
    const place = { id, executor, dir: `store-${id}`, logDir: `log-${executor}`, labels: {} }
    this.topology = { ...this.topology, stores: [...this.topology.stores, place] }
    this.#machine(executor).engines.set(id, this.#engine(random))
    const fence = new Fence(this.topology, null, (message) => this.trace(message))
    const lost = this.#fence.reports().map(({ store }) => store)
    if (lost.length > 0) fence.lose(lost, this.#fence.reasons, true)
    this.#fence = fence
    this.trace(`store ${id} is added on executor ${executor}`)
  }

  /**
   * Of each three deaths the power survives one: what the dead one had written is found, and is not durable by that. An
   * engine may have lost something all the same, which is more than a real one does.
   */
  #crashDisks(executor: number): void {
    this.hosts.delete(executor)
    const machine = this.#machine(executor)
    if (++this.#deaths % 3 === 0) machine.disk.kill()
    else machine.disk.crash()
    for (const engine of machine.engines.values()) engine.crash()
  }

  // ──────────────────────────────────────────────────────────────────────────────────────────────────── what is asked

  /** Damage may be found long after it was done. */
  letDamageLurk(mayLurk: boolean): void {
    this.#destruction.mayLurk = mayLurk
  }

  /** What is missing before each of these cells, and whichever there are, is served and has all its copies; null: nothing. */
  whatIsMissing(cells: readonly number[] = []): string | null {
    for (let executor = 0; executor <= this.executors; executor++) {
      if (!this.isUp(executor)) return `executor ${executor} is down`
      if (executor < this.executors && this.#fence.storesOf(executor).length > 0 && !this.hosts.has(executor))
        return `the stores of executor ${executor} are not open`
    }
    const served = new Set<number>()
    for (const host of this.hosts.values()) {
      for (const peer of host.peers()) {
        const { cell, node } = peer
        if (!node.isLeader) continue
        if (peer.working === null) return `the leader of cell ${cell.id} does not serve`
        if (peer.merging !== null) return `cell ${cell.id} is being merged`
        if (cell.peers.length !== this.settings.replicas) return `cell ${cell.id} has ${cell.peers.length} peers`
        if (peer.confState.votersOutgoing.length > 0) return `cell ${cell.id} is in a joint configuration`
        for (const member of cell.peers) {
          if (member.role !== 'voter') return `peer ${member.id} of cell ${cell.id} is a ${member.role}`
          const other = this.#hostOf(member.store)?.peer(member.store, cell.id)
          if (other === undefined || other.id !== member.id) return `peer ${member.id} of cell ${cell.id} is not there`
          if (other.applied < node.committed) return `peer ${member.id} of cell ${cell.id} is behind`
        }
        served.add(cell.id)
      }
    }
    for (const host of this.hosts.values()) {
      for (const peer of host.peers()) if (!served.has(peer.cell.id)) return `cell ${peer.cell.id} has no leader`
    }
    for (const cell of cells) if (!served.has(cell)) return `cell ${cell} is nowhere`
    return served.size >= 2 ? null : 'there are no cells'
  }

  /** A peer that is awake, where nobody wants anything and cells may sleep; null: all sleep. */
  whoIsAwake(): string | null {
    for (const host of this.hosts.values()) {
      for (const { asleep, cell, store } of host.peers()) {
        if (!asleep) return `the peer of cell ${cell.id} on store ${store.id} is awake`
      }
    }
    return null
  }

  #hostOf(store: number): Stores | undefined {
    const place = this.topology.stores.find((each) => each.id === store)
    return place === undefined ? undefined : this.hosts.get(place.executor)
  }
}

function withoutObjects(key: string, value: unknown): unknown {
  if (value instanceof Error) return value.message
  return key !== '' && typeof value === 'object' && value !== null ? String(value) : value
}

/** A disk has all the room that it may want, or none. */
function spaceIn({ disk }: Machine): Space {
  const freeBytes = disk.capacityBytes === Number.POSITIVE_INFINITY ? AMPLE_BYTES : 0
  return { capacityBytes: 2 * AMPLE_BYTES, freeBytes, reserveBytes: AMPLE_BYTES / 1024, sharers: 1 }
}
