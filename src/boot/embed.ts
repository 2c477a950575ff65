/**
 * A cluster inside another program: the same boot, threads and gateway as the server's, and a client without a socket. It
 * listens nowhere, handles no signals and never ends the process.
 */
import { randomUUID } from 'node:crypto'
import { availableParallelism, totalmem } from 'node:os'
import { CellariumError, checkOptions, SetUpError } from '../base/index.ts'
import { requestLimits } from '../gateway/index.ts'
import {
  type ClusterEvent,
  type OptionName,
  type Options,
  optionTable,
  resolveOptions,
  type Topology,
  type World,
} from '../model/index.ts'
import { type CellShape, cellShapes, type StoreShape, storeShape } from '../ops/index.ts'
import { ReplyError, type RequestLimits, type Reply as WireReply } from '../redis/index.ts'
import type { Cluster, ClusterOptions, Key, Reply, SetOptions, SocketOption } from './embedded-types.ts'
import { asCellariumError, asValue, refuseUnsound, setWords } from './embedded-words.ts'
import { gatewayPlaces } from './gateways.ts'
import { type CommandPart, ConnectionGone, type InProcessClient, InProcessListener } from './in-process.ts'
import { firstAnswer, type Running, run } from './run.ts'
import { recordedOptions, setUp } from './set-up.ts'
import { SettingsMemory } from './settings-memory.ts'
import { threadPoolAdvice } from './thread-pool.ts'

const CLOSE_WITHIN_MS = 5_000
/** Of that, for commands that have no reply yet; the rest is for the disks. */
const REPLIES_SHARE = 0.5
/** What PTTL answers instead of a time. */
const NO_SUCH_KEY = -2
const NO_EXPIRY = -1

const socketOptions: Readonly<Record<SocketOption, true>> = {
  bind: true,
  port: true,
  httpPort: true,
  requirepass: true,
  maxClients: true,
  gateways: true,
}

export async function embed(given: ClusterOptions, version: string): Promise<Cluster> {
  const { dir = optionTable.dir.default, log = warn, ...rest } = given
  const say = (message: string) => log({ level: 'info', message, fields: {} })
  const directories = typeof dir === 'string' ? [dir] : dir
  if (!Array.isArray(directories) || directories.length === 0 || directories.some((one) => typeof one !== 'string')) {
    throw new SetUpError("dir is a directory, a list of directories, or 'memory'")
  }
  const inMemory = directories.length === 1 && directories[0] === 'memory'
  const recorded = inMemory ? null : recordedOptions(directories)
  const options = optionsFrom({ ...recorded, ...rest }, directories)
  const advice = threadPoolAdvice(options.stores)
  if (advice !== null && !inMemory) log({ level: 'warn', message: advice, fields: {} })

  const wanted = { ...options, labels: options.labels, storesGiven: rest.stores !== undefined }
  const prepared = inMemory ? null : await setUp(directories, wanted, { say })
  const topology = prepared?.topology ?? memoryTopology(options)
  const listener = new InProcessListener(null)
  let failure: string | null = null
  let running: Running | null = null
  try {
    const nothingLeft = (reasons: string) => {
      failure = reasons
      listener.close()
    }
    running = await run({
      options,
      topology,
      record: prepared,
      listener,
      settings: new SettingsMemory(),
      gateways: gatewayPlaces('main', topology.executors, listener.host, listener.port),
      version,
      log,
      say,
      nothingLeft,
    })
    await firstAnswer(
      listener,
      () => '',
      () => failure !== null,
    )
    if (failure !== null) throw new SetUpError(`every store has stopped: ${failure}`)
    const release = prepared?.release ?? (async () => {})
    return new EmbeddedCluster(listener, running, () => failure, release, requestLimits(options))
  } catch (error) {
    await running?.stop(CLOSE_WITHIN_MS)
    listener.close()
    await prepared?.release()
    throw error
  }
}

function warn({ level, message }: { level: string; message: string }): void {
  if (level === 'warn' || level === 'error') process.emitWarning(message, 'CellariumWarning')
}

function optionsFrom(given: Readonly<Record<string, unknown>>, directories: readonly string[]): Options {
  const values: Partial<Record<OptionName, string | readonly string[]>> = { dir: directories, requirepass: '' }
  for (const [name, value] of Object.entries(given)) {
    if (!(name in optionTable)) throw new SetUpError(`there is no option '${name}'`)
    if (Object.hasOwn(socketOptions, name)) {
      throw new SetUpError(`'${name}' is an option of a server: a cluster inside a program listens nowhere`)
    }
    if (value === undefined) continue
    values[name as OptionName] = Array.isArray(value) ? value.map(String) : String(value)
  }
  return resolveOptions(values, { cores: availableParallelism(), memoryBytes: totalmem() })
}

function memoryTopology(options: Options): Topology {
  const stores = Array.from({ length: options.stores }, (_, i) => ({
    id: i + 1,
    executor: i % options.executors,
    dir: `memory:${i + 1}`,
    logDir: `memory:log-${i % options.executors}`,
    labels: {},
  }))
  return { cluster: randomUUID(), executors: options.executors, stores }
}

class EmbeddedCluster implements Cluster {
  readonly #listener: InProcessListener
  readonly #running: Running
  readonly #failure: () => string | null
  readonly #release: () => Promise<void>
  readonly #limits: RequestLimits
  #client: InProcessClient
  #closing: Promise<boolean> | null = null

  constructor(
    listener: InProcessListener,
    running: Running,
    failure: () => string | null,
    release: () => Promise<void>,
    limits: RequestLimits,
  ) {
    this.#listener = listener
    this.#running = running
    this.#failure = failure
    this.#release = release
    this.#limits = limits
    this.#client = listener.connect()
  }

  async get(key: Key): Promise<string | null> {
    return (await this.command('GET', key)) as string | null
  }

  async getBuffer(key: Key): Promise<Uint8Array | null> {
    return (await this.commandBuffer('GET', key)) as Uint8Array | null
  }

  async mget(...keys: Key[]): Promise<(string | null)[]> {
    return keys.length === 0 ? [] : ((await this.command('MGET', ...keys)) as (string | null)[])
  }

  async set(key: Key, value: CommandPart, options: SetOptions = {}): Promise<boolean> {
    return (await this.#send(['SET', key, value, ...setWords(options)])) !== null
  }

  async incr(key: Key, by: number | bigint = 1): Promise<number | bigint> {
    return (await this.#send(['INCRBY', key, by])) as number | bigint
  }

  async del(...keys: Key[]): Promise<number> {
    return keys.length === 0 ? 0 : ((await this.#send(['DEL', ...keys])) as number)
  }

  async exists(...keys: Key[]): Promise<number> {
    return keys.length === 0 ? 0 : ((await this.#send(['EXISTS', ...keys])) as number)
  }

  async expire(key: Key, afterMs: number): Promise<boolean> {
    return (await this.#send(['PEXPIRE', key, afterMs])) === 1
  }

  async ttl(key: Key): Promise<number | null> {
    const leftMs = (await this.#send(['PTTL', key])) as number
    if (leftMs === NO_SUCH_KEY) return null
    return leftMs === NO_EXPIRY ? Number.POSITIVE_INFINITY : leftMs
  }

  async command(...parts: CommandPart[]): Promise<Reply> {
    return asValue(await this.#send(parts), true)
  }

  async commandBuffer(...parts: CommandPart[]): Promise<Reply> {
    return asValue(await this.#send(parts), false)
  }

  async cells(): Promise<CellShape[]> {
    return cellShapes((await this.#world()).cells)
  }

  async stores(): Promise<StoreShape[]> {
    return (await this.#world()).stores.map(storeShape)
  }

  onEvent(listener: (event: ClusterEvent) => void): () => void {
    const desk = this.#closing === null ? this.#running.desk() : null
    if (desk === null) throw new CellariumError('UNAVAILABLE', 'the cluster is closed')
    return desk.watch((event) => {
      // It is the program's: what it throws is not to bring down an actor of ours.
      queueMicrotask(() => listener(event))
    })
  }

  async close(options: { timeoutMs?: number } = {}): Promise<boolean> {
    checkOptions('close', options, { timeoutMs: true })
    this.#closing ??= this.#close(options.timeoutMs ?? CLOSE_WITHIN_MS)
    return this.#closing
  }

  async #close(timeoutMs: number): Promise<boolean> {
    const endMs = performance.now() + timeoutMs
    // A gateway that is to end takes no more commands, and what was given in just now has not come to it yet.
    await this.#client.idle(timeoutMs * REPLIES_SHARE)
    const inTime = await this.#running.stop(Math.max(0, endMs - performance.now()))
    this.#listener.close()
    await this.#release()
    return inTime
  }

  async #send(parts: readonly CommandPart[]): Promise<WireReply> {
    if (this.#closing !== null) throw new CellariumError('UNAVAILABLE', 'the cluster is closed')
    refuseUnsound(parts, this.#limits)
    const failure = this.#failure()
    if (failure !== null) throw new CellariumError('MISCONF', `every store has stopped: ${failure}`)
    let reply: WireReply
    try {
      reply = await this.#client.send(parts)
    } catch (error) {
      if (!(error instanceof ConnectionGone)) throw error
      // The gateway was started again, or is gone: the next command finds out.
      if (this.#closing === null) this.#client = this.#listener.connect()
      if (error.wasSent) throw new CellariumError('UNKNOWN', 'sent, and the connection was lost before the reply')
      throw new CellariumError('UNAVAILABLE', 'not executed: the connection was lost before')
    }
    if (reply instanceof ReplyError) throw asCellariumError(reply)
    return reply
  }

  #world(): Promise<World> {
    return new Promise((resolve, reject) => {
      const refused = () => reject(new CellariumError('UNAVAILABLE', 'the placement driver does not answer'))
      const desk = this.#running.desk()
      if (desk === null) refused()
      else desk.world((world) => (world === null ? refused() : resolve(world)))
    })
  }
}
