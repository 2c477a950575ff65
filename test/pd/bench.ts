/** PD on the twin: the real actor and real messages in virtual time, over stores that obey, or lose what they are told. */
import { actor, createSimulation, type EdgeToken, edge, type LogEntry, type Simulation } from '../../src/actor/index.ts'
import {
  actorNames,
  type GatewayMessage,
  type OperatorAnswer,
  type OpsMessage,
  type PdMessage,
  type PdQuestion,
  type PdTold,
  resolveOptions,
  type Topology,
} from '../../src/model/index.ts'
import { type PdSettings, pd } from '../../src/pd/index.ts'
import { FakeWorld, fakeStores, worldEdge } from './fake-stores.ts'
import { places } from './world.ts'

type Heard = (GatewayMessage | OpsMessage)[]
const heardEdge: EdgeToken<Heard> = edge<Heard>('heard')

/** Keeps what it is told. */
const listener = actor<GatewayMessage | OpsMessage>({
  module: import.meta.url,
  name: 'listener',
  start(ctx) {
    const heard = ctx.edge(heardEdge)
    return { receive: (message) => void heard.push(message) }
  },
})

export const EXECUTORS = 3
const options = resolveOptions({ executors: '3', stores: '3' }, { cores: 3, memoryBytes: 2 ** 30 })

export class Bench {
  readonly world: FakeWorld
  readonly simulation: Simulation
  readonly heard: Heard = []
  readonly logged: LogEntry[] = []
  readonly topology: Topology
  readonly #settings: Partial<PdSettings>
  #pdHome = 0

  constructor(seed: number, fill: (world: FakeWorld) => void, stores = 3, settings: Partial<PdSettings> = {}) {
    this.#settings = settings
    this.topology = { cluster: 'twin', executors: EXECUTORS, stores: places(stores, EXECUTORS) }
    this.world = new FakeWorld(this.topology)
    fill(this.world)
    this.simulation = createSimulation({
      seed,
      executors: EXECUTORS,
      edges: () => ({ [worldEdge.name]: this.world, [heardEdge.name]: this.heard }),
      log: (entry) => this.logged.push(entry),
      populate: (executor, _, simulation) => {
        if (executor < EXECUTORS) {
          simulation.spawn(fakeStores, undefined, { executor, name: actorNames.stores(executor) })
          if (executor === this.#pdHome) this.#spawnPd(simulation)
        } else simulation.spawn(listener, undefined, { executor, name: 'listener' })
      },
    })
  }

  tell(message: PdMessage): void {
    this.simulation.named<PdMessage>(actorNames.pd).tell(message)
  }

  /** The thread of PD dies, and the supervisor has it begin on another. */
  movePd(): void {
    const former = this.#pdHome
    this.#pdHome = (former + 1) % EXECUTORS
    this.simulation.crashExecutor(former)
    this.simulation.run({ untilMs: this.simulation.clock.monotonicMs() + 100 })
    this.#spawnPd(this.simulation)
    this.simulation.restartExecutor(former)
  }

  runUntil(wished: () => boolean, limitMs = 300_000): boolean {
    return this.simulation.runUntil(wished, limitMs)
  }

  run(forMs: number): void {
    this.simulation.run({ untilMs: this.simulation.clock.monotonicMs() + forMs })
  }

  /** The answer to an order by hand. */
  ask(
    order:
      | {
          kind: 'operatorWanted'
          operator: 'transfer-leader' | 'add-peer' | 'remove-peer'
          cell: number
          store: number
          key: null
        }
      | { kind: 'operatorWanted'; operator: 'split'; cell: number; store: 0; key: Uint8Array | null }
      | { kind: 'storeOrder'; store: number; offline: boolean },
  ): OperatorAnswer {
    return this.#answerTo((request) => ({ ...order, origin: 'listener', request }), 'operatorAnswer') as OperatorAnswer
  }

  /** The answer to a question. */
  question(question: PdQuestion): PdTold {
    const asked = (request: number) => ({ kind: 'pdAsked', origin: 'listener', request, question }) as const
    return this.#answerTo(asked, 'pdTold') as PdTold
  }

  #answerTo(asked: (request: number) => PdMessage, kind: Heard[number]['kind']): Heard[number] {
    const answers = () => this.heard.filter((message) => message.kind === kind)
    const request = answers().length
    this.tell(asked(request))
    if (!this.runUntil(() => answers().length > request, 10_000)) throw new Error('there was no answer')
    return answers()[request] as Heard[number]
  }

  get cellCounts(): number[] {
    const counts = new Map(this.topology.stores.map((store) => [store.id, 0]))
    for (const { cell } of this.world.cells.values()) {
      for (const { store } of cell.peers) counts.set(store, (counts.get(store) as number) + 1)
    }
    return [...counts.values()]
  }

  get voters(): number[] {
    return [...this.world.cells.values()].map(({ cell }) => cell.peers.filter((peer) => peer.role === 'voter').length)
  }

  /** Messages that PD has handled. */
  get handled(): number {
    const actors = this.simulation.inspect().flatMap((executor) => executor.actors)
    return actors.find(({ name }) => name === actorNames.pd)?.handled ?? 0
  }

  get leaders(): number[] {
    const counts = new Map(this.topology.stores.map((store) => [store.id, 0]))
    for (const { leader } of this.world.cells.values()) counts.set(leader, (counts.get(leader) as number) + 1)
    return [...counts.values()]
  }

  #spawnPd(simulation: Simulation): void {
    const executor = this.#pdHome
    simulation.spawn(
      pd,
      { options, topology: this.topology, settings: this.#settings },
      { executor, name: actorNames.pd },
    )
  }
}

export function nineCells(world: FakeWorld): void {
  world.add(1, '', null, [1])
  for (let i = 0; i < 8; i++) world.add(i + 2, i === 0 ? '' : `k${i}`, i === 7 ? null : `k${i + 1}`, [1])
}

export const spread = (counts: readonly number[]) => Math.max(...counts) - Math.min(...counts)
