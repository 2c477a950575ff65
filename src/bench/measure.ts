/**
 * One measurement: connect, fill, warm up, measure, ask the server what that cost it.
 */
import type { Target } from './connection.ts'
import { type Counted, Generator } from './generator.ts'
import { type Usage, usageOf } from './process-usage.ts'
import { type Info, InfoClient, Sampler } from './server-info.ts'
import { type Workload, writeShare } from './workload.ts'

export interface MeasureOptions {
  readonly target: Target
  readonly workload: Workload
  /** Of the load generator. */
  readonly threads: number
  readonly fill: boolean
  readonly warmUpMs: number
  readonly durationMs: number
  readonly seed: string
  /** Called when the measured time begins and when it ends, for whoever has more to look at. */
  readonly edge?: () => Promise<void>
  /** Of the server, where it runs on this machine; null: what INFO says, if it says something. */
  readonly pid: number | null
  /** Called several times a second: the phase, how far it is (0 to 1), and commands per second just now. */
  progress(phase: string, share: number, perSecond: number): void
}

export interface Latencies {
  readonly meanMs: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  readonly p9999Ms: number
  readonly maxMs: number
}

/** What it cost the server. Null: it does not tell, or there was too little time to tell. */
export interface ServerCost {
  readonly syncsPerSecond: number | null
  /** Of commands that write; the copies' syncs are counted, too. */
  readonly commandsPerSync: number | null
  readonly cpuSecondsPerMillion: number | null
  readonly residentBytes: number | null
  /** Into the raft logs of all copies. */
  readonly logBytesPerCommand: number | null
  /** Whatever else was written: segments of the log made ready, write-back, flushes, compaction. */
  readonly otherBytesPerCommand: number | null
  readonly keys: number | null
}

export interface Measurement {
  readonly workload: Workload
  readonly durationMs: number
  readonly commands: number
  readonly perSecond: number
  readonly errors: number
  readonly firstError: string
  /** GETs that found nothing. */
  readonly nils: number
  readonly latency: Latencies
  /** Commands in each whole second, from the first measured one on. */
  readonly seconds: readonly number[]
  /** How many cores the load generator kept busy. */
  readonly clientCores: number
  readonly cost: ServerCost
  /** As INFO says. Absent fields are empty. */
  readonly server: {
    readonly version: string
    readonly executors: string
    readonly stores: string
    readonly cells: string
  }
}

const PROGRESS_MS = 250

export async function measure(options: MeasureOptions): Promise<Measurement> {
  const { target, workload, threads, warmUpMs, durationMs } = options
  const generator = new Generator(target, workload, threads, options.seed)
  const client = new InfoClient(target)
  try {
    await generator.order('open')
    if (options.fill) await watched(generator, options, 'filling', workload.keys, () => generator.order('fill'))
    await generator.order('run')
    await watched(generator, options, 'warming up', null, () => generator.last(warmUpMs))
    const pid = options.pid ?? localPid(target, await client.info().catch(() => new Map()))
    await options.edge?.()
    const before = pid === null ? null : usageOf(pid)
    const clientBefore = process.cpuUsage()
    const sampler = new Sampler(client)
    const seconds: number[] = []
    await generator.order('measure')
    const timer = everySecond(generator, seconds)
    await watched(generator, options, 'measuring', null, () => generator.last(durationMs))
    timer.stop()
    const rates = sampler.stop()
    const after = pid === null ? null : usageOf(pid)
    const own = process.cpuUsage(clientBefore)
    const counted = await generator.end()
    await options.edge?.()
    const info = await client.info().catch((): Info => new Map())
    const spent = before !== null && after !== null ? { before, after } : null
    return {
      workload,
      durationMs,
      ...figures(counted),
      seconds,
      clientCores: (own.user + own.system) / 1000 / durationMs,
      cost: cost(counted, workload, durationMs, rates, spent, info),
      server: {
        version: info.has('cellarium_version') ? `cellarium ${info.get('cellarium_version')}` : redisName(info),
        executors: info.get('executors') ?? '',
        stores: info.get('stores') ?? '',
        cells: info.get('cells') ?? '',
      },
    }
  } finally {
    client.close()
    await generator.close()
  }
}

function redisName(info: Info): string {
  const version = info.get('redis_version')
  return version === undefined ? '' : `redis ${version}`
}

function figures(
  counted: Counted,
): Omit<Measurement, 'workload' | 'durationMs' | 'seconds' | 'clientCores' | 'cost' | 'server'> {
  const { commands, perSecond, errors, firstError, nils, latencies } = counted
  return {
    commands,
    perSecond,
    errors,
    firstError,
    nils,
    latency: {
      meanMs: latencies.meanMs,
      p50Ms: latencies.percentileMs(0.5),
      p99Ms: latencies.percentileMs(0.99),
      p999Ms: latencies.percentileMs(0.999),
      p9999Ms: latencies.percentileMs(0.9999),
      maxMs: latencies.maxMs,
    },
  }
}

interface Spent {
  readonly before: Usage
  readonly after: Usage
}

function cost(
  { commands, perSecond }: Counted,
  { mix }: Workload,
  durationMs: number,
  rates: ReturnType<Sampler['stop']>,
  spent: Spent | null,
  info: Info,
): ServerCost {
  const { syncsPerSecond, logBytesPerSecond } = rates
  const logBytes = logBytesPerSecond === null ? null : logBytesPerSecond / perSecond
  const written = spent === null ? null : (spent.after.writtenBytes - spent.before.writtenBytes) / commands
  const cpuSeconds = spent === null ? null : spent.after.cpuSeconds - spent.before.cpuSeconds
  const keys = /keys=(\d+)/.exec(info.get('db0') ?? '')?.[1]
  const writesPerSecond = perSecond * writeShare(mix)
  return {
    syncsPerSecond,
    commandsPerSync: syncsPerSecond === null || syncsPerSecond < 1 ? null : writesPerSecond / syncsPerSecond,
    cpuSecondsPerMillion: cpuSeconds === null || durationMs === 0 ? null : (cpuSeconds / commands) * 1e6,
    residentBytes: spent?.after.residentBytes ?? null,
    logBytesPerCommand: logBytes,
    otherBytesPerCommand: logBytes === null || written === null ? null : Math.max(0, written - logBytes),
    keys: keys === undefined ? null : Number(keys),
  }
}

/** Of a server on this machine: what /proc says of any other process under that number would be of no use. */
function localPid(target: Target, info: Info): number | null {
  const pid = Number(info.get('process_id'))
  const isLocal = ['127.0.0.1', 'localhost', '::1'].includes(target.host)
  return isLocal && pid > 0 && usageOf(pid) !== null ? pid : null
}

/** The last second ends with the measuring itself. */
function everySecond(generator: Generator, seconds: number[]): { stop(): void } {
  const beganMs = performance.now()
  let last = generator.progress().commands
  const count = (): void => {
    const { commands } = generator.progress()
    seconds.push(commands - last)
    last = commands
  }
  const timer = setInterval(count, 1000)
  return {
    stop() {
      clearInterval(timer)
      if (Math.floor((performance.now() - beganMs) / 1000) > seconds.length) count()
    },
  }
}

/** Tells of a phase while it lasts. `commands`: how many it has, if that is what ends it. */
async function watched(
  generator: Generator,
  { progress, warmUpMs, durationMs }: MeasureOptions,
  phase: string,
  commands: number | null,
  work: () => Promise<void>,
): Promise<void> {
  const first = generator.progress().commands
  const beganMs = performance.now()
  let last = first
  const lengthMs = phase === 'warming up' ? warmUpMs : durationMs
  const timer = setInterval(() => {
    const now = generator.progress().commands
    const share = commands === null ? (performance.now() - beganMs) / lengthMs : (now - first) / commands
    progress(phase, Math.min(1, share), ((now - last) * 1000) / PROGRESS_MS)
    last = now
  }, PROGRESS_MS)
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
}
