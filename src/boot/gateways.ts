/** Which threads have a gateway (`--gateways`), and where those on executors listen. */
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { SetUpError } from '../base/index.ts'
import { actorNames, type Options } from '../model/index.ts'
import { encodeCommand } from '../redis/index.ts'
import type { ListenPlace } from './executor-listener.ts'

type Gateways = Options['gateways']

const CONNECT_RETRY_MS = 20
const CONNECT_WAIT_MS = 5_000
const HEARD_MAX = 64 * 1024

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

/** Resolves when a gateway of this process answers there: another program may have taken the port meanwhile. */
export async function firstConnection(
  host: string,
  port: number,
  password: () => string,
  waitMs = CONNECT_WAIT_MS,
): Promise<void> {
  const endMs = performance.now() + waitMs
  for (let leftMs = waitMs; leftMs > 0; leftMs = endMs - performance.now()) {
    if (await answers(host, port, password(), leftMs)) return
    await sleep(CONNECT_RETRY_MS)
  }
  throw new SetUpError(
    `${host}:${port} was free, and no gateway of this server answers there: has another program taken it meanwhile?`,
  )
}

function answers(host: string, port: number, password: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const ours = `\r\nprocess_id:${process.pid}\r\n`
    const socket = connect({ host, port, timeout: timeoutMs })
    let heard = ''
    let isOurs = false
    socket.once('connect', () => {
      if (password !== '') socket.write(encodeCommand(['AUTH', password]))
      socket.write(encodeCommand(['INFO', 'server']))
    })
    socket.on('data', (chunk) => {
      heard = (heard + chunk.toString('latin1')).slice(-HEARD_MAX)
      isOurs = heard.includes(ours)
      if (isOurs || heard.includes('NOAUTH')) socket.destroy()
    })
    const stop = () => socket.destroy()
    socket.once('timeout', stop)
    socket.once('end', stop)
    socket.once('error', stop)
    socket.once('close', () => resolve(isOurs))
  })
}
