/**
 * Cellarium beside Redis, which is what people would use instead: the same client, the same commands, on this machine,
 * in turn (A B A B …), so that what the machine does to one it does to the other. Redis syncs each write too
 * (`appendfsync always`), to one copy on one core; Cellarium to three copies.
 *
 *     npm run bench:redis [-- --rounds 3 --seconds 5 --gateways first]
 *
 * Each measurement lasts so long whatever the rate is, and begins when both servers are at rest: what a server still has
 * to do for the writes of one workload is not paid by the next, nor by the other server. A write-back that falls into
 * the interval is in its figures; the rest of it is not, and `bench:compare` tells it apart.
 *
 * Needs `redis-server` and `redis-benchmark` (Debian: redis-server, redis-tools). Ratios of one run are what counts;
 * absolute figures are this machine's, on this day.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { median, usageOf } from '../src/bench/index.ts'
import { type Rest, untilAtRest } from './at-rest.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    gateways: { type: 'string', default: 'main' },
  },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)

/** Enough to learn a rate from, for a first guess. */
const FIRST_REQUESTS = 50_000
/** A short one for a first rate, and one as long as those that count: hot code is compiled before anything does. */
const WARM_UPS = 2

interface Workload {
  readonly name: string
  readonly test: 'set' | 'get'
  readonly pipeline: number
}

const workloads: readonly Workload[] = [
  { name: 'SET, pipeline 1', test: 'set', pipeline: 1 },
  { name: 'SET, pipeline 16', test: 'set', pipeline: 16 },
  { name: 'GET, pipeline 1', test: 'get', pipeline: 1 },
  { name: 'GET, pipeline 16', test: 'get', pipeline: 16 },
]

interface Figures {
  readonly perSecond: number
  readonly p99Ms: number
}

class Server {
  readonly name: string
  readonly port: number
  readonly #figures = new Map<string, Figures[]>()
  readonly #child: ChildProcess
  readonly #directory: string

  constructor(name: string, port: number, command: (directory: string) => readonly string[]) {
    this.name = name
    this.port = port
    this.#directory = mkdtempSync(join(tmpdir(), 'cellarium-bench-'))
    const [program, ...args] = command(this.#directory) as [string, ...string[]]
    this.#child = spawn(program, args, { stdio: 'ignore' })
  }

  async ready(): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      if (await answers(this.port)) return
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    throw new Error(`${this.name} does not answer`)
  }

  /** With as many requests as the last rate makes of the time. */
  measure({ test, pipeline, name }: Workload): void {
    const seen = this.#figures.get(name) ?? []
    const last = seen.at(-1)
    const count = last === undefined ? FIRST_REQUESTS : Math.max(1, Math.round(last.perSecond * seconds))
    const args = ['-p', `${this.port}`, '-c', '50', '-P', `${pipeline}`, '-n', `${count}`, '-r', '100000', '-d', '64']
    const run = spawnSync('redis-benchmark', [...args, '-t', test, '--csv'], { encoding: 'utf8' })
    const row = run.stdout.trim().split('\n').at(-1)?.replaceAll('"', '').split(',') ?? []
    const perSecond = Number(row[1])
    if (!(perSecond > 0)) throw new Error(`redis-benchmark told no rate: ${run.stderr.trim() || run.stdout.trim()}`)
    seen.push({ perSecond, p99Ms: Number(row[6]) })
    this.#figures.set(name, seen)
  }

  /** Of each workload, without what was measured to warm up. */
  of({ name }: Workload): readonly Figures[] {
    return (this.#figures.get(name) ?? []).slice(WARM_UPS)
  }

  get cpuSeconds(): number {
    return usageOf(this.#child.pid as number)?.cpuSeconds ?? 0
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill('SIGTERM')
    await ended
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

/** True when a PING and a write are answered as they should be. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('SET ready yes\r\n'))
    socket.setTimeout(1000, () => socket.destroy())
    socket.once('data', (data) => {
      socket.destroy()
      resolve(data.toString().startsWith('+OK'))
    })
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
}

const program = fileURLToPath(new URL('../src/bin.cjs', import.meta.url))
const servers = [
  new Server('cellarium', 7391, (directory) => [
    process.execPath,
    program,
    ...['serve', '--dir', directory, '--port', '7391', '--http-port', '0', '--gateways', values.gateways],
  ]),
  new Server('redis', 7392, (directory) => [
    'redis-server',
    ...['--port', '7392', '--dir', directory, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always'],
  ]),
]
const [cellarium, redis] = servers as [Server, Server]

/** Neither has anything to do: what one does at rest would be in the other's figures. */
const rest: Rest = {
  cpuSeconds: () => servers.reduce((sum, server) => sum + server.cpuSeconds, 0),
  everyMs: 500,
  share: 0.1,
  times: 1,
  looksMax: 60,
}

async function measureAll(said: string): Promise<void> {
  for (const workload of workloads) {
    for (const server of servers) {
      await untilAtRest(rest)
      server.measure(workload)
    }
  }
  process.stderr.write(`${said}\n`)
}

console.log(`bench:redis --rounds ${rounds} --seconds ${seconds} --gateways ${values.gateways}`)
console.log(
  `${cpus()[0]?.model}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}; ` +
    'redis-benchmark -c 50 -d 64 -r 100000, client on the same cores',
)
console.log('cellarium: 3 copies, each synced; redis: appendfsync always, 1 copy\n')
await Promise.all(servers.map((server) => server.ready()))
for (let i = 0; i < WARM_UPS; i++) await measureAll(`warm-up ${i + 1} of ${WARM_UPS}`)
for (let round = 0; round < rounds; round++) await measureAll(`round ${round + 1} of ${rounds}`)

const column = (text: string | number, width: number) => String(text).padStart(width)
console.log(
  `${'workload'.padEnd(18)}${column('cellarium/s', 13)}${column('redis/s', 11)}${column('ratio', 8)}   spread`,
)
for (const workload of workloads) {
  const ours = cellarium.of(workload)
  const theirs = redis.of(workload)
  const ratios = ours.map((figures, i) => figures.perSecond / (theirs[i] as Figures).perSecond)
  const spread = `${Math.min(...ratios).toFixed(2)} – ${Math.max(...ratios).toFixed(2)}`
  const rates = [ours, theirs].map((all) => Math.round(median(all.map((figures) => figures.perSecond))))
  console.log(
    `${workload.name.padEnd(18)}${column(rates[0] as number, 13)}${column(rates[1] as number, 11)}` +
      `${column(median(ratios).toFixed(2), 8)}   ${spread}` +
      `   p99 ${median(ours.map((figures) => figures.p99Ms)).toFixed(1)} and ${median(theirs.map((figures) => figures.p99Ms)).toFixed(1)} ms`,
  )
}
await Promise.all(servers.map((server) => server.stop()))
