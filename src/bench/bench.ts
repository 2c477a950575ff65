/** `cellarium bench`, from its flags to a table: against a running server, or servers of our own, one after the other. */
import { accessSync, constants, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, resolve } from 'node:path'
import { SetUpError } from '../base/index.ts'
import type { Target } from './connection.ts'
import type { BenchOptions } from './flags.ts'
import { lookAtMachine, type Machine, machineLines } from './machine.ts'
import { type Measurement, measure } from './measure.ts'
import { OwnServer } from './own-server.ts'
import { chartOf, latencyLine, type Row, shortNumber, table, warnings, workloadText } from './report.ts'
import { drawBars } from './svg.ts'

export interface BenchEdges {
  /** The program itself, for servers of our own. */
  readonly program: string
  /** As typed, for whoever reads the figures later. */
  readonly commandLine: string
  /** A line of the result. */
  say(line: string): void
  /** A line that the next one replaces; empty: takes it away. */
  progress(line: string): void
}

interface Report {
  readonly machine: Machine
  readonly synced: string
  readonly command: string
  readonly date: string
  readonly rows: readonly Row[]
}

/** Rejects with a `SetUpError` when there is no such server. */
export async function bench(options: BenchOptions, edges: BenchEdges): Promise<void> {
  for (const file of [options.jsonFile, options.svgFile]) refuseUnwritable(file)
  const directory = options.embedded?.dir || tmpdir()
  const machine = lookAtMachine(directory)
  const rows = options.embedded === null ? [await measureRunning(options, edges)] : await measureOwn(options, edges)
  edges.progress('')
  const report: Report = {
    machine,
    synced: syncedText(options, rows),
    command: edges.commandLine,
    date: new Date().toISOString(),
    rows,
  }
  for (const line of textOf(report, options)) edges.say(line)
  if (options.jsonFile !== '') writeFileSync(options.jsonFile, `${JSON.stringify(report, null, 2)}\n`)
  if (options.svgFile !== '') writeFileSync(options.svgFile, pictureOf(report, options))
}

/** Now, and not when all has been measured. */
function refuseUnwritable(file: string): void {
  if (file === '') return
  const directory = dirname(resolve(file))
  try {
    accessSync(directory, constants.W_OK)
  } catch (error) {
    throw new SetUpError(`${file} cannot be written: ${directory} (${(error as NodeJS.ErrnoException).code})`)
  }
}

/** Few threads: each costs a core's caches something, and one can ask for more than a server of a few cores answers. */
function threadsFor({ threads, workload }: BenchOptions): number {
  const suitable = threads ?? Math.max(1, Math.min(Math.ceil(workload.connections / 50), availableParallelism() >> 2))
  return Math.min(suitable, workload.connections)
}

async function measureRunning(options: BenchOptions, edges: BenchEdges): Promise<Row> {
  const { host, port } = options.target
  const rounds: Measurement[] = []
  for (let i = 0; i < options.rounds; i++) {
    try {
      rounds.push(await measureOnce(options, options.target, null, i, edges))
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (!/ECONNREFUSED|ENOTFOUND|EHOSTUNREACH/.test(code ?? message)) throw error
      throw new SetUpError(`no server answers at ${host}:${port}: start one with 'cellarium serve', or use --embedded`)
    }
  }
  return { name: rounds[0]?.server.version || `${host}:${port}`, rounds }
}

async function measureOwn(options: BenchOptions, edges: BenchEdges): Promise<Row[]> {
  const { executors, replicas, flags, dir } = options.embedded as NonNullable<BenchOptions['embedded']>
  const counts = executors.length === 0 ? [availableParallelism()] : executors
  const rounds: Measurement[][] = counts.map(() => [])
  // All take turns, so that what else the machine does in between meets each of them.
  for (let i = 0; i < options.rounds; i++) {
    for (const [at, count] of counts.entries()) {
      edges.progress(`starting a server with ${count} executors`)
      const server = await OwnServer.start({
        program: edges.program,
        parent: dir || tmpdir(),
        flags: ['--executors', String(count), ...flags],
        replicas,
      })
      try {
        rounds[at]?.push(await measureOnce(options, server.target, server.pid, i, edges))
      } finally {
        await server.stop()
      }
    }
  }
  return counts.map((count, at) => ({
    name: count === 1 ? '1 executor' : `${count} executors`,
    rounds: rounds[at] ?? [],
  }))
}

function measureOnce(
  options: BenchOptions,
  target: Target,
  pid: number | null,
  round: number,
  edges: BenchEdges,
): Promise<Measurement> {
  const of = options.rounds > 1 ? `round ${round + 1} of ${options.rounds}: ` : ''
  return measure({
    target,
    workload: options.workload,
    threads: threadsFor(options),
    // Where it was filled, it stays filled.
    fill: options.fill && (round === 0 || options.embedded !== null),
    warmUpMs: options.warmUpMs,
    durationMs: options.durationMs,
    seed: `round ${round}`,
    pid,
    progress: (phase, share, perSecond) => {
      edges.progress(
        `${of}${phase} ${String(Math.floor(share * 100)).padStart(3)} %   ${shortNumber(perSecond)} commands/s`,
      )
    },
  })
}

function syncedText({ embedded }: BenchOptions, rows: readonly Row[]): string {
  const version = rows[0]?.rounds[0]?.server.version ?? ''
  if (!version.startsWith('cellarium'))
    return `${version || 'the server'}: what it syncs, and how many copies it keeps, is its own affair`
  const copies = embedded === null ? 'as many copies as it was started with' : `${embedded.replicas} copies`
  return `${copies}; a write is answered when a majority of them has synced it; all copies are on one machine`
}

function textOf({ machine, synced, command, rows }: Report, options: BenchOptions): string[] {
  const noted = warnings(rows)
  const seconds = rows.flatMap(({ name, rounds }) => {
    const all = rounds.flatMap((round) => round.seconds)
    return all.length < 2
      ? []
      : [`${name}: slowest second ${shortNumber(Math.min(...all))}, fastest ${shortNumber(Math.max(...all))} commands`]
  })
  const first = rows[0]?.rounds[0]?.server
  const shape = first?.cells
    ? [`server    ${first.version}: ${first.executors} executors, ${first.stores} stores, ${first.cells} cells`]
    : []
  return [
    `load      ${workloadText(options.workload)}; ${options.durationMs / 1000} s after ${options.warmUpMs / 1000} s of warm-up${options.rounds > 1 ? `, medians of ${options.rounds} rounds` : ''}`,
    ...(rows.length === 1 ? shape : []),
    `synced    ${synced}`,
    ...machineLines(machine),
    `command   ${command}`,
    `latency   ${options.workload.ratePerSecond > 0 ? 'from the time at which a command was to be sent' : 'from the write of a batch to the reply; a stalled client sends nothing'}`,
    '',
    table(rows),
    ...(rows.length === 1
      ? [`latency in ms: ${rows[0]?.rounds.map((round) => latencyLine(round.latency)).join('; ')}`]
      : []),
    ...seconds,
    ...noted.map((text) => `note: ${text}`),
  ]
}

function pictureOf({ machine, synced, command, rows }: Report, options: BenchOptions): string {
  const title = options.embedded === null ? (rows[0]?.name ?? '') : 'Cellarium, by number of executors'
  return drawBars(chartOf(title, workloadText(options.workload), rows, [synced, ...machineLines(machine), command]))
}
