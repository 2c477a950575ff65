/**
 * What the small parts cost, one at a time, with everything else taken away:
 *
 *     npm run bench [-- --only PATTERN --time 500 --json]
 *
 * A call of each task does many operations; the figures are per operation: median, least and 99th percentile of the calls,
 * in nanoseconds of wall time, and the bytes that V8's heap and array buffers were asked for. Tasks run after one another in
 * one thread, on a machine that may do other things: compare two runs of one task, not this table with another's.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Bench } from 'tinybench'
import { alignedTable, lookAtMachine, machineLines, shortNumber } from '../../src/bench/index.ts'
import { allocatedBytes } from './allocation.ts'
import { evaluate } from './evaluate.ts'
import { log } from './log.ts'
import { parse } from './parse.ts'
import { raft } from './raft.ts'
import { ring } from './ring.ts'
import { route } from './route.ts'
import type { MicroSuite, MicroTask } from './suite.ts'
import { writeBack } from './write-back.ts'

const suites: readonly MicroSuite[] = [ring, parse, raft, log, route, evaluate, writeBack]

interface Figures {
  readonly suite: string
  readonly task: string
  readonly medianNs: number
  readonly p99Ns: number
  readonly leastNs: number
  readonly calls: number
  readonly bytes: number
}

async function measureTask(suite: MicroSuite, task: MicroTask, timeMs: number): Promise<Figures> {
  const bench = new Bench({ time: timeMs, warmupTime: Math.ceil(timeMs / 4), throws: true })
  // Told, and not left to be found out: a task of the disk must not be begun twice.
  const first = task.run()
  await first
  bench.add(task.name, () => task.run(), { async: first !== undefined })
  await bench.run()
  const result = bench.tasks[0]?.result
  if (result === undefined || !('latency' in result)) throw new Error(`${suite.name}, ${task.name}: no result`)
  const { latency } = result
  const perOperation = (ms: number) => (ms * 1e6) / task.operations
  return {
    suite: suite.name,
    task: task.name,
    medianNs: perOperation(latency.p50),
    p99Ns: perOperation(latency.p99),
    leastNs: perOperation(latency.min),
    calls: latency.samplesCount,
    bytes: (await allocatedBytes(() => task.run(), latency.p50)) / task.operations,
  }
}

function print(suite: MicroSuite, figures: readonly Figures[]): void {
  const head = ['', 'ns/op', 'least', 'p99', 'calls', 'bytes/op']
  const rows = figures.map(({ task, medianNs, leastNs, p99Ns, calls, bytes }) => [
    `  ${task}`,
    ...[medianNs, leastNs, p99Ns, calls].map(shortNumber),
    shortNumber(Math.round(bytes)),
  ])
  console.log(`${suite.name}: ${suite.about}\n${alignedTable([head, ...rows])}\n`)
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: '' },
      time: { type: 'string', default: '500' },
      json: { type: 'boolean', default: false },
    },
  })
  const wanted = suites.filter(({ name }) => name.includes(values.only))
  if (wanted.length === 0) throw new Error(`--only is a part of one of: ${suites.map(({ name }) => name).join(', ')}`)
  const directory = mkdtempSync(join(tmpdir(), 'cellarium-micro-'))
  const machine = lookAtMachine(directory)
  const all: Figures[] = []
  try {
    for (const suite of wanted) {
      const { tasks, close } = await suite.open(directory)
      const figures: Figures[] = []
      for (const task of tasks) figures.push(await measureTask(suite, task, Number(values.time)))
      await close()
      if (!values.json) print(suite, figures)
      all.push(...figures)
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
  if (values.json) console.log(JSON.stringify({ machine, figures: all }))
  else for (const line of machineLines(machine)) console.log(line)
}

await main()
