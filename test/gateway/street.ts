/** A gateway in the twin, between simulated connections and fake stores. */
import { createSimulation, type LogEntry, type Simulation } from '../../src/actor/index.ts'
import { assert } from '../../src/base/index.ts'
import { SettingsMemory } from '../../src/boot/settings-memory.ts'
import {
  type Accept,
  type Connection,
  type ConnectionHandler,
  debugEdge,
  gateway,
  type Listener,
  listenerEdge,
  processEdge,
  settingsEdge,
} from '../../src/gateway/index.ts'
import {
  actorNames,
  type GatewayMessage,
  type OptionName,
  type Options,
  resolveOptions,
} from '../../src/model/index.ts'
import { topologyOf } from '../router/world.ts'
import { controlEdge, type FakeStoresControl, fakePd, fakeStores } from './fake-stores.ts'

export const EXECUTORS = 2
/** The main thread's. */
export const GATEWAY = actorNames.gateway(EXECUTORS)

export class FakeConnection implements Connection {
  readonly remoteAddress: string
  readonly localAddress = '127.0.0.1:6379'
  received = ''
  writes = 0
  isPaused = false
  /** It was told to end, and everything has left. */
  isEnded = false
  isDestroyed = false
  /** The client does not read: what is written stays here. */
  isStuck = false
  bufferedBytes = 0
  handler: ConnectionHandler | null = null
  readonly #street: Street
  #stuck: Uint8Array[] = []

  constructor(street: Street, number: number) {
    this.#street = street
    this.remoteAddress = `127.0.0.1:${50_000 + number}`
  }

  get isClosed(): boolean {
    return this.isEnded || this.isDestroyed
  }

  write(bytes: Uint8Array): boolean {
    assert(!this.isClosed, 'nothing is written to a closed connection')
    this.writes++
    if (this.isStuck) {
      this.#stuck.push(bytes)
      this.bufferedBytes += bytes.length
      return false
    }
    this.received += Buffer.from(bytes).toString('latin1')
    return true
  }

  /** The client reads again. */
  unstick(): void {
    this.isStuck = false
    for (const bytes of this.#stuck.splice(0)) this.received += Buffer.from(bytes).toString('latin1')
    this.bufferedBytes = 0
    this.#street.simulation.schedule(0, () => this.handler?.onDrain())
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
  }

  end(): void {
    this.isEnded = true
    this.#street.simulation.schedule(0, () => this.handler?.onClose())
  }

  destroy(): void {
    if (this.isDestroyed) return
    this.isDestroyed = true
    this.#street.simulation.schedule(0, () => this.handler?.onClose())
  }

  // The client's side.

  send(bytes: string | Uint8Array): void {
    const chunk = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
    this.#street.simulation.schedule(0, () => this.handler?.onData(chunk))
  }

  /** The client has sent its last byte. */
  finish(): void {
    this.#street.simulation.schedule(0, () => this.handler?.onEnd())
  }

  hangUp(): void {
    this.isDestroyed = true
    this.#street.simulation.schedule(0, () => this.handler?.onClose())
  }

  /** What has come since the last time, once nothing more happens. */
  take(): string {
    this.#street.settle()
    const { received } = this
    this.received = ''
    return received
  }

  /** Lines as a person types them, in one packet; the replies to them. */
  type(...lines: string[]): string {
    this.send(lines.map((line) => `${line}\r\n`).join(''))
    return this.take()
  }
}

class FakeListener implements Listener {
  readonly host = '127.0.0.1'
  readonly port = 6379
  accept: Accept | null = null

  attach(accept: Accept): void {
    this.accept = accept
  }

  detach(): void {
    this.accept = null
  }
}

export class Street {
  readonly simulation: Simulation
  readonly listener = new FakeListener()
  readonly stores: FakeStoresControl = { holds: null, held: 0, executed: 0, farewells: 0, release: () => {} }
  /** What outlives the gateway. */
  readonly settings = new SettingsMemory()
  readonly debugCalls: string[] = []
  readonly logged: LogEntry[] = []
  #connections = 0

  constructor(given: Partial<Record<OptionName, string>> = {}) {
    const options: Options = resolveOptions(
      { executors: String(EXECUTORS), stores: '4', ...given },
      { cores: 2, memoryBytes: 2 ** 30 },
    )
    const topology = topologyOf(4, EXECUTORS)
    this.simulation = createSimulation({
      seed: 'street',
      executors: EXECUTORS,
      wallStartMs: 1_700_000_000_123,
      edges: () => ({
        [controlEdge.name]: this.stores,
        [listenerEdge.name]: this.listener,
        [settingsEdge.name]: this.settings,
        [processEdge.name]: {
          id: 4711,
          platform: 'twin',
          memoryBytes: 2 ** 30,
          usage: () => ({ heapBytes: 1536, residentBytes: 3 * 2 ** 20, userMs: 1500, systemMs: 250 }),
        },
        [debugEdge.name]: {
          crashExecutor: (executor: number) => this.debugCalls.push(`crash ${executor}`),
          pauseExecutor: (executor: number, ms: number) => this.debugCalls.push(`pause ${executor} ${ms}`),
        },
      }),
      populate: (executor, _incarnation, simulation) => {
        if (executor === 0) {
          simulation.spawn(fakeStores, undefined, { executor, name: actorNames.stores(0) })
          simulation.spawn(fakePd, undefined, { executor, name: actorNames.pd })
        } else if (executor === EXECUTORS) {
          const args = { options, topology, name: GATEWAY, version: '1.2.3' }
          simulation.spawn(gateway, args, { executor, name: GATEWAY, supervise: 'escalate' })
        }
      },
      log: (entry) => this.logged.push(entry),
    })
    this.settle()
  }

  get gateway() {
    return this.simulation.named<GatewayMessage>(GATEWAY)
  }

  connect(): FakeConnection {
    const connection = new FakeConnection(this, ++this.#connections)
    const { accept } = this.listener
    assert(accept !== null, 'the gateway takes connections')
    connection.handler = accept(connection)
    if (connection.handler === null) connection.isEnded = true
    return connection
  }

  /** Long enough for any message to arrive, and for what it causes. */
  settle(forMs = 20): void {
    this.simulation.run({ untilMs: this.simulation.clock.monotonicMs() + forMs })
    const bad = this.logged.filter(({ level }) => level === 'error' || level === 'warn')
    assert(bad.length === 0, `nothing goes wrong in the actors: ${bad[0]?.message} ${JSON.stringify(bad[0]?.fields)}`)
  }
}
