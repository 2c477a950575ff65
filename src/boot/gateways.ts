/** Which threads have a gateway (`--gateways`), and where those on executors listen. */
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { SetUpError } from '../base/index.ts'
import { actorNames, type Options } from '../model/index.ts'
import type { ListenPlace } from './executor-listener.ts'

type Gateways = Options['gateways']

const CONNECT_RETRY_MS = 20
const CONNECT_WAIT_MS = 5_000

/** Since when several threads may listen on one port. */
const SHARED_SINCE = [
  [22, 12],
  [23, 1],
] as const

export function refuseUnsharedPort(gateways: Gateways, platform: string, version: string): void {
  if (gateways !== 'all' || (platform === 'linux' && canSharePort(version))) return
  throw new SetUpError(
    `--gateways all needs Linux and Node 22.12, 23.1 or later, for one port that all threads listen on; this is ${platform} with Node ${version}: use --gateways main or first`,
  )
}

function canSharePort(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const since = SHARED_SINCE.find(([since]) => since === major)
  return since === undefined ? major > SHARED_SINCE[0][0] : minor >= since[1]
}

/** By executor: where its gateway listens, or null when it has none. */
export function gatewayPlaces(
  gateways: Gateways,
  executors: number,
  host: string,
  port: number,
): readonly (ListenPlace | null)[] {
  return Array.from({ length: executors }, (_, executor) =>
    gateways === 'all' || (gateways === 'first' && executor === 0) ? { host, port, shared: gateways === 'all' } : null,
  )
}

/** The names of all gateways: the main thread has one in any case, for the process's own commands. */
export function gatewayNames(places: readonly (ListenPlace | null)[]): readonly string[] {
  const onExecutors = places.flatMap((place, executor) => (place === null ? [] : [actorNames.gateway(executor)]))
  return [...onExecutors, actorNames.gateway(places.length)]
}

/** Resolves when somebody listens there. */
export async function firstConnection(host: string, port: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < CONNECT_WAIT_MS; waitedMs += CONNECT_RETRY_MS) {
    if (await connects(host, port)) return
    await sleep(CONNECT_RETRY_MS)
  }
  throw new SetUpError(
    `${host}:${port} was free, and could not be listened on: has another program taken it meanwhile?`,
  )
}

function connects(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
