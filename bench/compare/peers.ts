/** Servers to be compared: how each is started in a fresh directory, and loaded. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InfoClient, measure, OwnServer, type Target, type Workload } from '../../src/bench/index.ts'
import { ended, tie } from './children.ts'
import { etcdVersion, startEtcd } from './etcd.ts'
import { type Sample, sampleOf } from './sample.ts'

export interface Run {
  readonly workload: Workload
  readonly warmUpMs: number
  readonly durationMs: number
  readonly seed: string
  progress(text: string): void
}

/** One that runs. */
export interface Running {
  /** For a client of Redis's protocol; null: it speaks another one. */
  readonly target: Target | null
  readonly pid: number | null
  load(run: Run): Promise<Sample>
  stop(): Promise<void>
}

export interface Peer {
  readonly name: string
  /** What it has promised when it answers a write. */
  readonly synced: string
  readonly copies: number
  /** With the program's own version; null: it is not installed, and `missing` says what would be needed. */
  version(): string | null
  readonly missing: string
  start(parent: string): Promise<Running>
}

export interface CellariumShape {
  readonly replicas: number
  readonly cells: number
  /** As after `--memory`; empty: the default. */
  readonly memory: string
}

const program = fileURLToPath(new URL('../../src/bin.cjs', import.meta.url))

export function cellarium({ replicas, cells, memory }: CellariumShape): Peer {
  const copies = replicas === 1 ? '1 copy' : `${replicas} copies`
  const shape = `${copies}${cells === 1 ? '' : `, ${cells} cells`}${memory === '' ? '' : `, --memory ${memory}`}`
  return {
    name: `cellarium, ${shape}`,
    synced: 'synced on a majority of its copies',
    copies: replicas,
    missing: '',
    version: () => spawnSync(process.execPath, [program, '--version'], { encoding: 'utf8' }).stdout.trim(),
    async start(parent) {
      const flags = ['--initial-cells', String(cells), ...(memory === '' ? [] : ['--memory', memory])]
      const server = await OwnServer.start({ program, parent, flags, replicas })
      return redisLike(server.target, server.pid, () => server.stop())
    },
  }
}

export function redis(appendfsync: 'always' | 'everysec'): Peer {
  return {
    name: `redis, ${appendfsync}`,
    synced: appendfsync === 'always' ? 'synced, one copy' : 'one copy, synced within a second or two',
    copies: 1,
    missing: 'redis-server (Debian: redis-server)',
    version() {
      const run = spawnSync('redis-server', ['--version'], { encoding: 'utf8' })
      return run.status === 0 ? `redis ${/v=([\d.]+)/.exec(run.stdout)?.[1]}` : null
    },
    async start(parent) {
      const directory = mkdtempSync(join(parent, 'redis-'))
      const port = await freePort()
      const own = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory]
      const durable = ['--save', '', '--appendonly', 'yes', '--appendfsync', appendfsync]
      const child = spawn('redis-server', [...own, ...durable], { stdio: 'ignore' })
      const target = { host: '127.0.0.1', port, password: '' }
      const abandon = tie([child])
      await answers(target, child)
      return redisLike(target, child.pid as number, async () => {
        await ended(child)
        abandon()
        rmSync(directory, { recursive: true, force: true })
      })
    },
  }
}

export function etcd(): Peer {
  return {
    name: 'etcd, 3 members',
    synced: 'synced on a majority of three members, all on this machine',
    copies: 3,
    missing: 'etcd and a Go client for it (Debian: etcd-server, golang-go, golang-etcd-server-dev)',
    version: etcdVersion,
    async start(parent) {
      const ports: number[] = []
      while (ports.length < 6) ports.push(await freePort())
      const cluster = await startEtcd(parent, ports.slice(0, 3), ports.slice(3))
      return { target: null, pid: null, load: (run) => cluster.load(run), stop: () => cluster.stop() }
    },
  }
}

function redisLike(target: Target, pid: number, stop: () => Promise<void>): Running {
  let isFilled = false
  const load = async (run: Run): Promise<Sample> => {
    const fill = !isFilled && run.workload.mix.get !== undefined
    isFilled = true
    const measured = await measure({
      ...run,
      target,
      pid,
      threads: 1,
      fill,
      progress: (phase, share) => run.progress(`${phase} ${Math.floor(share * 100)} %`),
    })
    return sampleOf(measured)
  }
  return { target, pid, load, stop }
}

/** Free now; that nobody takes it in between is likely, and if somebody does, the server says so. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const ANSWERS_WITHIN_MS = 10_000

async function answers(target: Target, child: ChildProcess): Promise<void> {
  const deadlineMs = performance.now() + ANSWERS_WITHIN_MS
  while (performance.now() < deadlineMs && child.exitCode === null) {
    const client = new InfoClient(target)
    const reply = await client.ask('PING').catch(() => null)
    client.close()
    if (reply === 'PONG') return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  child.kill('SIGKILL')
  throw new Error(`no server answers at port ${target.port}`)
}
