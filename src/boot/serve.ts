/**
 * A server, from a directory to "ready" and back. Phases:
 *
 *   refuse     what is wrong is said before anything is touched
 *   listen     both ports are taken; clients that come now wait until the gateway takes them
 *   set up     directories, bootstrap, logs (`set-up.ts`)
 *   run        threads and actors (`run.ts`)
 *   ready      a command on a user's key has been answered
 *   stop       in reverse: what is in flight is answered, stores are flushed, locks are given back, ports closed
 */
import { setFlagsFromString } from 'node:v8'
import type { LogEntry } from '../actor/index.ts'
import { openListener } from '../gateway/index.ts'
import type { Options } from '../model/index.ts'
import { openHttp } from '../ops/index.ts'
import { addressText, listenError, refuseOnePortForTwo, refuseOpenDoor } from './address.ts'
import { firstConnection, gatewayPlaces, refuseUnsharedPort } from './gateways.ts'
import { InProcessListener } from './in-process.ts'
import { heapGrowthPercent } from './memory-shares.ts'
import { firstAnswer, type Running, run } from './run.ts'
import { setUp } from './set-up.ts'
import { SettingsMemory } from './settings-memory.ts'
import { inMib, roomOn } from './space.ts'
import { StartPatience } from './start-patience.ts'
import { threadPoolAdvice } from './thread-pool.ts'

export interface ServeOptions {
  readonly options: Options
  /** Asked for, and not a default. */
  readonly storesGiven: boolean
  readonly version: string
  log(entry: LogEntry): void
  say(message: string): void
  /** Every store is fenced: nothing is left to serve. */
  nothingLeft(reasons: string): void
}

export interface Served {
  /** `host:port`. */
  readonly redis: string
  readonly http: string
  readonly executors: number
  readonly stores: number
  /** Within the time, or false. May be called more than once. */
  stop(timeoutMs: number): Promise<boolean>
}

const PROGRESS_INTERVAL_MS = 1_000
/** A few segments of a log: with less, a store may wait for room for as long as there is none. */
const SCARCE_BYTES = 128 * 1024 * 1024

/** Resolves when users' keys are served. Leaves nothing behind when it rejects. */
export async function serve(given: ServeOptions): Promise<Served> {
  const { options, say } = given
  refuseOpenDoor(options.bind, options.requirepass)
  refuseOnePortForTwo(options)
  refuseUnsharedPort(options.gateways, process.platform, process.versions.node)
  const advice = threadPoolAdvice(options.stores)
  if (advice !== null) say(advice)
  // For all threads there will be, and this one: the process is ours. Inside another program it is not.
  setFlagsFromString(`--heap-growing-percent=${heapGrowthPercent(options)}`)

  let phase = 'setting up the directories'
  let running: Running | null = null
  let isReady = false
  const progress = setInterval(() => say(`still starting: ${phase}${scarceRoom(options.dir)}`), PROGRESS_INTERVAL_MS)
  const patience = new StartPatience(options.dir)
  const closers: ((timeoutMs: number) => Promise<unknown>)[] = []
  const stop = async (timeoutMs: number): Promise<boolean> => {
    isReady = false
    let inTime = true
    for (const close of closers.splice(0).reverse()) if ((await close(timeoutMs)) === false) inTime = false
    return inTime
  }
  try {
    const sockets = await openListener(options.bind, options.port).catch((error: unknown) => {
      throw listenError(error, 'port', options.bind, options.port)
    })
    const onMain = options.gateways === 'main'
    // Gateways on executors take it on their own threads; that it was free is known, and what it is if it was 0.
    if (!onMain) await sockets.close()
    else closers.push(() => sockets.close())
    const listener = new InProcessListener(onMain ? sockets : null)
    const settings = new SettingsMemory()
    // As CONFIG SET has it: HTTP asks for the same one as the gateways.
    const password = () => settings.over(options).requirepass
    const http = await openHttp({
      bind: options.bind,
      port: options.httpPort,
      password: async () => password(),
      desk: () => running?.desk() ?? null,
      executors: async () => (running === null ? [] : (await running.system.inspect()).executors),
      isReady: () => isReady,
    }).catch((error: unknown) => {
      throw listenError(error, 'http-port', options.bind, options.httpPort)
    })
    closers.push(() => http.close())

    const wanted = { ...options, labels: options.labels, storesGiven: given.storesGiven }
    const prepared = await patience.until(setUp(options.dir, wanted, { say }))
    closers.push(() => prepared.release())

    phase = 'opening the stores'
    const { topology } = prepared
    const gateways = gatewayPlaces(options.gateways, topology.executors, sockets.host, sockets.port)
    const parts = { ...given, topology, record: prepared, listener, settings, gateways }
    const started = await run(parts)
    running = started
    closers.push((timeoutMs) => started.stop(timeoutMs))

    phase = 'waiting for the first answer on a key'
    await patience.until(firstAnswer(listener, password, () => patience.isOver))
    if (!onMain) await firstConnection(sockets.host, sockets.port, password)
    isReady = true
    return {
      redis: addressText(sockets.host, sockets.port),
      http: addressText(http.host, http.port),
      executors: topology.executors,
      stores: topology.stores.length,
      stop,
    }
  } catch (error) {
    await stop(1_000)
    throw error
  } finally {
    clearInterval(progress)
    patience.end()
  }
}

/** Said of directories on a disk that has hardly any room; empty when all have. */
function scarceRoom(directories: readonly string[]): string {
  const scarce = directories.flatMap((directory) => {
    const { capacityBytes, freeBytes } = roomOn(directory)
    if (capacityBytes === 0 || freeBytes > SCARCE_BYTES) return []
    return [`${directory} has only ${inMib(freeBytes)} of room`]
  })
  return scarce.length === 0 ? '' : `; ${scarce.join(', ')}`
}
