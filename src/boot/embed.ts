/**
 * A cluster inside another program: the same boot, threads and gateway as the server's, and a client without a socket. It
 * listens nowhere, handles no signals and never ends the process.
 */
import { randomUUID } from 'node:crypto'
import { availableParallelism, totalmem } from 'node:os'
import type { LogEntry } from '../actor/index.ts'
import { CellariumError, type ErrorCode, errorCodes } from '../base/index.ts'
import {
  type OptionName,
  type Options,
  optionTable,
  resolveOptions,
  type Topology,
  type World,
} from '../model/index.ts'
import { type CellShape, cellShapes, type StoreShape, storeShape } from '../ops/index.ts'
import { type Reply, ReplyError } from '../redis/index.ts'
import { gatewayPlaces } from './gateways.ts'
import { type CommandPart, ConnectionGone, type InProcessClient, InProcessListener } from './in-process.ts'
import { firstAnswer, type Running, run } from './run.ts'
import { recordedOptions, setUp } from './set-up.ts'
import { threadPoolAdvice } from './thread-pool.ts'

/** Of no use without a socket. */
type SocketOption = 'bind' | 'port' | 'httpPort' | 'requirepass' | 'maxClients' | 'gateways'

/** The options of the command line by their names in camelCase, as numbers (bytes, milliseconds) or as text (`'96mb'`, `'5s'`). */
export type ClusterOptions = {
  readonly [name in Exclude<OptionName, SocketOption | 'dir'>]?: string | number
} & {
  /** A directory, several (one per disk), or `'memory'`: nothing outlives the process. Default `./data`. */
  readonly dir?: string | readonly string[]
  /** What the cluster has to say. Default: warnings and errors become process warnings. */
  readonly log?: (entry: Pick<LogEntry, 'level' | 'message' | 'fields'>) => void
}

/** What a command may answer. Bulk strings are text. */
export type Value = Exclude<Reply, ReplyError>

export interface Cluster {
  /** Text as UTF-8; null when there is no such key. */
  get(key: string | Uint8Array): Promise<string | null>
  getBuffer(key: string | Uint8Array): Promise<Uint8Array | null>
  set(key: string | Uint8Array, value: string | number | bigint | Uint8Array): Promise<void>
  /** How many of them there were. */
  del(...keys: (string | Uint8Array)[]): Promise<number>
  /** Any command: `command('SET', 'a', 1, 'EX', 60)`. */
  command(...parts: CommandPart[]): Promise<Value>
  cells(): Promise<CellShape[]>
  stores(): Promise<StoreShape[]>
  /** Answers what is in flight and closes everything. Resolves to false when that was not done in time. */
  close(options?: { timeoutMs?: number }): Promise<boolean>
}

const CLOSE_WITHIN_MS = 5_000

export async function embed(given: ClusterOptions, version: string): Promise<Cluster> {
  const { dir = optionTable.dir.default, log = warn, ...rest } = given
  const say = (message: string) => log({ level: 'info', message, fields: {} })
  const directories = typeof dir === 'string' ? [dir] : dir
  const inMemory = directories.length === 1 && directories[0] === 'memory'
  const recorded = inMemory ? null : recordedOptions(directories)
  const options = optionsFrom({ ...recorded, ...rest }, directories)
  const advice = threadPoolAdvice(options.stores)
  if (advice !== null && !inMemory) log({ level: 'warn', message: advice, fields: {} })

  const wanted = { ...options, storesGiven: rest.stores !== undefined }
  const prepared = inMemory ? null : await setUp(directories, wanted, { say })
  const topology = prepared?.topology ?? memoryTopology(options)
  const listener = new InProcessListener(null)
  let failure: string | null = null
  try {
    const nothingLeft = (reasons: string) => {
      failure = reasons
      listener.close()
    }
    const running = await run({
      options,
      topology,
      record: prepared,
      listener,
      gateways: gatewayPlaces('main', topology.executors, listener.host, listener.port),
      version,
      log,
      say,
      nothingLeft,
    })
    await firstAnswer(listener, '')
    return new EmbeddedCluster(listener, running, () => failure, prepared?.release ?? (async () => {}))
  } catch (error) {
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
    if (!(name in optionTable)) throw new CellariumError('ERR', `there is no option '${name}'`)
    if (value !== undefined) values[name as OptionName] = String(value)
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
  #client: InProcessClient
  #closing: Promise<boolean> | null = null

  constructor(
    listener: InProcessListener,
    running: Running,
    failure: () => string | null,
    release: () => Promise<void>,
  ) {
    this.#listener = listener
    this.#running = running
    this.#failure = failure
    this.#release = release
    this.#client = listener.connect()
  }

  async get(key: string | Uint8Array): Promise<string | null> {
    return (await this.command('GET', key)) as string | null
  }

  async getBuffer(key: string | Uint8Array): Promise<Uint8Array | null> {
    return (await this.#send(['GET', key])) as Uint8Array | null
  }

  async set(key: string | Uint8Array, value: string | number | bigint | Uint8Array): Promise<void> {
    await this.#send(['SET', key, value])
  }

  async del(...keys: (string | Uint8Array)[]): Promise<number> {
    return keys.length === 0 ? 0 : ((await this.#send(['DEL', ...keys])) as number)
  }

  async command(...parts: CommandPart[]): Promise<Value> {
    return asText(await this.#send(parts)) as Value
  }

  async cells(): Promise<CellShape[]> {
    return cellShapes((await this.#world()).cells)
  }

  async stores(): Promise<StoreShape[]> {
    return (await this.#world()).stores.map(storeShape)
  }

  close({ timeoutMs = CLOSE_WITHIN_MS }: { timeoutMs?: number } = {}): Promise<boolean> {
    this.#closing ??= this.#close(timeoutMs)
    return this.#closing
  }

  async #close(timeoutMs: number): Promise<boolean> {
    const inTime = await this.#running.stop(timeoutMs)
    this.#listener.close()
    await this.#release()
    return inTime
  }

  async #send(parts: readonly CommandPart[]): Promise<Reply> {
    if (this.#closing !== null) throw new CellariumError('UNAVAILABLE', 'the cluster is closed')
    const failure = this.#failure()
    if (failure !== null) throw new CellariumError('MISCONF', `every store has stopped: ${failure}`)
    let reply: Reply
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

/** Codes that are not in our table (Redis has many) keep their word in the message. */
function asCellariumError(reply: ReplyError): CellariumError {
  if (!(reply.code in errorCodes)) return new CellariumError('ERR', reply.message)
  return new CellariumError(reply.code as ErrorCode, reply.message.slice(reply.code.length + 1))
}

function asText(reply: Reply): Reply {
  if (reply instanceof Uint8Array) return Buffer.from(reply.buffer, reply.byteOffset, reply.byteLength).toString('utf8')
  if (Array.isArray(reply)) return reply.map(asText)
  if (reply instanceof Set) return new Set([...reply].map(asText))
  if (reply instanceof Map) return new Map([...reply].map(([key, value]) => [key, asText(value)]))
  return reply
}
