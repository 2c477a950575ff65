/** etcd, three members on this machine, driven by a client in its own language (`etcd/main.go`). */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { usageOf } from '../../src/bench/index.ts'
import { ended, tie } from './children.ts'
import type { Run } from './peers.ts'
import type { Sample } from './sample.ts'

export interface EtcdCluster {
  load(run: Run): Promise<Sample>
  stop(): Promise<void>
}

/** Its best of these counts: it gains from many more than a server with pipelines does. */
const CONNECTIONS = [50, 128, 256]
/** Where Debian's packages of Go libraries lie. */
const GO_PATH = '/usr/share/gocode'
const HEALTHY_WITHIN_MS = 30_000

/** The client as a program; null: it cannot be built. Built once. */
let built: string | null | undefined

function client(): string | null {
  if (built !== undefined) return built
  const directory = mkdtempSync(join(tmpdir(), 'cellarium-go-'))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  // The source is not compiled with the rest: from dist/bench/compare it is three up, and down again.
  const source = fileURLToPath(new URL('../../../bench/compare/etcd/main.go', import.meta.url))
  const program = join(directory, 'put')
  const env = { ...process.env, GO111MODULE: 'off', GOPATH: GO_PATH, GOCACHE: join(directory, 'cache'), GOFLAGS: '' }
  const run = spawnSync('go', ['build', '-o', program, source], { env, encoding: 'utf8' })
  built = run.status === 0 ? program : null
  return built
}

/** Null unless both the server and the client are there. */
export function etcdVersion(): string | null {
  const run = spawnSync('etcd', ['--version'], { encoding: 'utf8' })
  if (run.status !== 0 || client() === null) return null
  return `etcd ${/Version: ([\d.]+)/.exec(run.stdout)?.[1]}`
}

export async function startEtcd(
  parent: string,
  clientPorts: readonly number[],
  peerPorts: readonly number[],
): Promise<EtcdCluster> {
  const directory = mkdtempSync(join(parent, 'etcd-'))
  const url = (port: number | undefined) => `http://127.0.0.1:${port}`
  const members = clientPorts.map((_, i) => `m${i}=${url(peerPorts[i])}`).join(',')
  const children = clientPorts.map((port, i) => {
    const own = ['--name', `m${i}`, '--data-dir', join(directory, `m${i}`), '--log-level', 'error']
    const clients = ['--listen-client-urls', url(port), '--advertise-client-urls', url(port)]
    const peers = ['--listen-peer-urls', url(peerPorts[i]), '--initial-advertise-peer-urls', url(peerPorts[i])]
    const group = ['--initial-cluster', members, '--initial-cluster-state', 'new']
    return spawn('etcd', [...own, ...clients, ...peers, ...group], { stdio: 'ignore' })
  })
  const abandon = tie(children)
  const stop = async (): Promise<void> => {
    await Promise.all(children.map(ended))
    abandon()
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    for (const port of clientPorts) await healthy(url(port))
  } catch (error) {
    await stop()
    throw error
  }
  return { load: (run) => best(run, clientPorts.map(url), children), stop }
}

async function best(run: Run, endpoints: readonly string[], children: readonly ChildProcess[]): Promise<Sample> {
  let found: Sample | null = null
  for (const connections of CONNECTIONS) {
    run.progress(`${connections} connections`)
    const sample = await once(run, connections, endpoints, children)
    if (found === null || sample.perSecond > found.perSecond) found = sample
  }
  return found as Sample
}

/** What the client prints. */
interface Printed {
  readonly commands: number
  readonly seconds: number
  readonly errors: number
  readonly firstError: string
  readonly p50Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
}

async function once(
  { workload, warmUpMs, durationMs }: Run,
  connections: number,
  endpoints: readonly string[],
  children: readonly ChildProcess[],
): Promise<Sample> {
  const flags = {
    endpoints: endpoints.join(','),
    connections,
    keys: workload.keys,
    value: workload.valueBytes,
    warmup: `${warmUpMs}ms`,
    duration: `${durationMs}ms`,
  }
  const args = Object.entries(flags).map(([name, value]) => `-${name}=${value}`)
  const child = spawn(client() as string, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const marks: { cpuSeconds: number; syncs: number }[] = []
  const mark = async () => marks.push({ cpuSeconds: sumOf(children, 'cpuSeconds'), syncs: await syncsOf(endpoints) })
  let said = ''
  // A line when the warm-up is over, and one with the figures.
  let marking: Promise<unknown> = Promise.resolve()
  child.stdout.on('data', (chunk) => {
    const before = said.includes('\n')
    said += String(chunk)
    if (!before && said.includes('\n')) marking = mark()
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`the client of etcd ended with ${code}`)
  await marking
  await mark()
  const printed = JSON.parse(said.split('\n')[1] as string) as Printed
  const [first, last] = marks as [(typeof marks)[0], (typeof marks)[0]]
  const perSecond = printed.commands / printed.seconds
  const syncsPerSecond = (last.syncs - first.syncs) / printed.seconds
  return {
    perSecond,
    p50Ms: printed.p50Ms,
    p99Ms: printed.p99Ms,
    p999Ms: printed.p999Ms,
    slowest: null,
    syncsPerSecond,
    commandsPerSync: syncsPerSecond > 0 ? perSecond / syncsPerSecond : null,
    cpuSecondsPerMillion: ((last.cpuSeconds - first.cpuSeconds) / printed.commands) * 1e6,
    residentBytes: sumOf(children, 'residentBytes'),
    logBytesPerCommand: null,
    otherBytesPerCommand: null,
    keys: null,
    errors: printed.errors,
    firstError: printed.firstError,
    seconds: [],
  }
}

function sumOf(children: readonly ChildProcess[], figure: 'cpuSeconds' | 'residentBytes'): number {
  return children.reduce((sum, each) => sum + (usageOf(each.pid as number)?.[figure] ?? 0), 0)
}

/** Of the write-ahead logs of all members. */
async function syncsOf(endpoints: readonly string[]): Promise<number> {
  let sum = 0
  for (const endpoint of endpoints) {
    const text = await (await fetch(`${endpoint}/metrics`)).text()
    sum += Number(/^etcd_disk_wal_fsync_duration_seconds_count (\d+)/m.exec(text)?.[1] ?? 0)
  }
  return sum
}

async function healthy(endpoint: string): Promise<void> {
  const deadlineMs = performance.now() + HEALTHY_WITHIN_MS
  while (performance.now() < deadlineMs) {
    const text = await fetch(`${endpoint}/health`).then(
      (response) => response.text(),
      () => '',
    )
    if (text.includes('"true"')) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${endpoint} is not healthy`)
}
