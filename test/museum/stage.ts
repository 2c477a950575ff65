/**
 * A simulated cluster on which a known failure is played out, step by step: three executors, a gateway beside each, one
 * client per gateway whose every command is noted. `finish` heals, reads everything, and judges what the clients saw.
 */
import { Random } from '../../src/base/index.ts'
import { FIRST_USER_CELL } from '../../src/model/index.ts'
import { checkHistory, type Operation } from '../check/index.ts'
import { Client, type ClientWorld } from '../sim/client.ts'
import { Cluster, type ClusterSettings, drawCluster, WALL_START_MS } from '../sim/cluster.ts'
import { History } from '../sim/history.ts'
import { Watch } from '../sim/watch.ts'
import { Weather } from '../sim/weather.ts'
import { CommandSource, drawWorkload, PATIENCE_MS } from '../sim/workload.ts'

export const EXECUTORS = 3
const LIMIT_MS = 60_000

export class Stage {
  readonly cluster: Cluster
  readonly random: Random
  readonly #watch: Watch
  readonly #weather: Weather
  readonly #history = new History()
  readonly #clients: readonly Client[]

  static async open(seed: string, change: Partial<ClusterSettings> = {}): Promise<Stage> {
    const drawn = drawCluster(new Random(`${seed}/settings`), 'leases')
    const cluster = await Cluster.start(
      seed,
      {
        ...drawn,
        stores: EXECUTORS,
        latencyMs: { minMs: 0.01, maxMs: 0.5 },
        clientLatencyMs: { min: 0.05, max: 0.2 },
        cutProbability: 0,
        ...change,
        options: { ...drawn.options, initialCells: '1', sleepAfter: '0', requestTimeout: '5s', ...change.options },
      },
      () => {},
    )
    const stage = new Stage(cluster, seed)
    stage.until(() => cluster.whatIsMissing() === null, 'the cluster is whole')
    return stage
  }

  private constructor(cluster: Cluster, seed: string) {
    this.cluster = cluster
    this.random = new Random(`${seed}/stage`)
    this.#watch = new Watch(cluster, () => {})
    this.#weather = new Weather(
      this.random.fork(),
      () => cluster.nowMs,
      () => {},
    )
    cluster.setFilter(this.#weather.judge)
    const settings = drawWorkload(this.random.fork())
    this.#clients = cluster.networks.map((network) => {
      const world: ClientWorld = {
        networks: [network],
        schedule: cluster.schedule,
        history: this.#history,
        source: new CommandSource(this.random.fork(), settings),
        settings,
        wallMs: () => WALL_START_MS + cluster.nowMs,
        // It sends nothing of itself.
        depthMax: 1,
        resting: true,
        vanished: 0,
      }
      return new Client(world, this.random.fork(), PATIENCE_MS)
    })
  }

  run(ms: number): void {
    const { simulation } = this.cluster
    simulation.run({ untilMs: simulation.clock.monotonicMs() + ms })
    this.#watch.throwFound()
  }

  until(condition: () => boolean, what: string, limitMs = LIMIT_MS): void {
    const endMs = this.cluster.nowMs + limitMs
    while (!condition()) {
      if (this.cluster.nowMs > endMs) throw new Error(`not within ${limitMs} ms: ${what}`)
      this.run(1)
    }
  }

  /** Sent to the gateway beside that executor; nobody waits for the reply. */
  send(gateway: number, ...command: string[]): Operation {
    return (this.#clients[gateway] as Client).ask(command)
  }

  /** Waits for the reply, or for the end of the connection. */
  ask(gateway: number, ...command: string[]): Operation {
    const operation = this.send(gateway, ...command)
    const client = this.#clients[gateway] as Client
    this.until(() => operation.returnedAt !== Number.POSITIVE_INFINITY || client.idle, command.join(' '))
    return operation
  }

  /** Where the users' cell is led by one that may serve. */
  leader(): number {
    return this.leaders()[0] ?? -1
  }

  /** Also of those that do not know yet that there is another. */
  leaders(): number[] {
    const found: number[] = []
    for (const [executor, host] of this.cluster.hosts) {
      for (const peer of host.peers()) {
        if (peer.cell.id === FIRST_USER_CELL && peer.isLeader && peer.working !== null) found.push(executor)
      }
    }
    return found
  }

  settledLeader(): number {
    this.until(() => this.leader() >= 0, 'a leader')
    return this.leader()
  }

  /** Nobody hears it any more for so long, nor, unless it is only mute, does it hear anybody. */
  cutOff(executor: number, ms: number, onlyMute = false): void {
    const untilMs = this.cluster.nowMs + ms
    for (let other = 0; other <= EXECUTORS; other++) {
      if (other === executor) continue
      this.#weather.part(executor, other, untilMs)
      if (!onlyMute) this.#weather.part(other, executor, untilMs)
    }
  }

  crash(executor: number, forMs: number): void {
    this.cluster.crashExecutor(executor)
    this.cluster.schedule(forMs, () => this.cluster.restartExecutor(executor))
  }

  /** Everything heals; `keys` are read; what the clients saw must have an order. */
  finish(keys: readonly string[]): readonly Operation[] {
    this.#weather.clear()
    this.until(() => this.cluster.whatIsMissing() === null, 'the cluster is whole again')
    this.until(() => this.#clients.every((client) => client.idle), 'everything is answered')
    const reads = keys.map((key) => this.ask(EXECUTORS, 'GET', key))
    const operations = this.#history.operations
    const { violations } = checkHistory(operations, {
      toleranceMs: 5,
      sessionOrder: { cellOf: this.#watch.replicas.tiling.cellFinder(), strict: false },
    })
    if (violations.length > 0) throw new Error(violations.join('\n'))
    return reads
  }
}
