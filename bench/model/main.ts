/**
 * Fits the cost model of `bench/MODEL.md` to this machine, and says what it predicts for larger ones:
 *
 *     npm run bench:model [-- --seconds 20 --warm-up 10 --pipelines 1,4,16,64 --rounds 3 --write]
 *
 * `--write` puts the figures into the page, between its two marks.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import { alignedTable, lookAtMachine, machineLines, median, shortNumber } from '../../src/bench/index.ts'
import { plainLoad } from '../plain-load.ts'
import { ALONE, type Counts, costOf, fit, type Model, predict, ringMemoryBytes } from './fit.ts'
import { type Observation, observe, type Shape } from './observe.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    'warm-up': { type: 'string', default: '10' },
    pipelines: { type: 'string', default: '1,4,16,64' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})

const shapes: readonly Shape[] = [
  { executors: 1, replicas: 1 },
  { executors: 1, replicas: 3 },
  { executors: 2, replicas: 3 },
]
const CORES = [2, 8, 32, 64]
const PAGE = 'bench/MODEL.md'
const MARKS = ['<!-- figures -->', '<!-- end of figures -->'] as const

function observedTable(all: readonly Observation[]): string {
  const head = [
    'executors, copies, pipeline',
    'commands/s',
    'gateway µs',
    'passes',
    'sleeps',
    'executors µs',
    'turns',
    'sleeps',
    'others µs',
    'syncs',
    'log bytes',
    'ring messages',
  ]
  const rows = all.map(
    ({ shape, pipeline, perSecond, gateway, executors, othersUs, syncs, logBytes, ringMessages }) => [
      `${shape.executors}, ${shape.replicas}, ${pipeline}`,
      ...[perSecond, gateway.us, gateway.turns, gateway.sleeps, executors.us, executors.turns, executors.sleeps].map(
        shortNumber,
      ),
      ...[othersUs, syncs, logBytes, ringMessages].map(shortNumber),
    ],
  )
  return alignedTable([head, ...rows])
}

function modelTable({ gateway, executors, others }: Model): string {
  const rows: readonly (readonly [string, number])[] = [
    ['gateway: a command', gateway.command],
    ['gateway: a pass', gateway.pass],
    ['leader: a command', executors.command],
    ['each other copy: a command', executors.copy],
    ['executor: a turn', executors.turn],
    ['executors: a message between two', executors.message],
    ['engine: a command and copy', others.copy],
    ['log: a sync', others.sync],
  ]
  return alignedTable([['µs of CPU', ''], ...rows.map(([name, us]) => [name, shortNumber(us)])])
}

/** As they were observed with two executors and three copies, at the largest pipeline: that is how well commands share. */
function sharedCounts(all: readonly Observation[]): Counts {
  const apart = all.filter(({ shape }) => shape.executors === 2)
  const largest = Math.max(...apart.map(({ pipeline }) => pipeline))
  const alike = apart.filter(({ pipeline }) => pipeline === largest)
  const of = (count: (each: Observation) => number) => median(alike.map(count))
  return {
    passes: of(({ gateway }) => gateway.turns),
    turns: of(({ executors }) => executors.turns),
    messages: of(({ ringMessages }) => ringMessages),
    syncs: of(({ syncs }) => syncs),
    copies: 3,
  }
}

function predictionTable(model: Model, shared: Counts): string {
  const ways: readonly (readonly [string, Counts, 'main' | 'all'])[] = [
    ['shared as here', shared, 'main'],
    ['nothing shared', ALONE, 'main'],
    ['shared, gateways on all', shared, 'all'],
  ]
  const head = ['cores', ...ways.flatMap(([title]) => [title, 'full first']), 'rings']
  const rows = CORES.map((cores) => {
    const cells = ways.flatMap(([, counts, gateways]) => {
      const { perSecond, bottleneck } = predict(model, cores, counts, gateways)
      return [shortNumber(perSecond), bottleneck]
    })
    return [String(cores), ...cells, `${shortNumber(ringMemoryBytes(cores) / 2 ** 20)} MiB`]
  })
  return alignedTable([head, ...rows])
}

async function main(): Promise<void> {
  const machine = lookAtMachine(tmpdir())
  const observations: Observation[] = []
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const pipeline of values.pipelines.split(',').map(Number)) {
      for (const shape of shapes) {
        const times = { warmUpMs: Number(values['warm-up']) * 1000, durationMs: Number(values.seconds) * 1000 }
        observations.push(await observe({ shape, workload: { ...plainLoad, pipeline }, ...times, parent: tmpdir() }))
        process.stderr.write(
          `round ${round + 1}: ${shape.executors} executors, ${shape.replicas} copies, pipeline ${pipeline}\n`,
        )
      }
    }
  }
  const model = fit(observations)
  const shared = sharedCounts(observations)
  if (values.json) {
    console.log(JSON.stringify({ machine, observations, model, shared }))
    return
  }
  const command = `npm run bench:model -- ${process.argv.slice(2).join(' ')}`.replace(/ -- $/, '')
  const { gateway, executors, others } = costOf(model, shared)
  const whole = [gateway, executors, others, gateway + executors + others].map(shortNumber)
  const text = [
    ...['Observed, of a command (SET, 64 bytes, 50 connections):', '', observedTable(observations), ''],
    ...['Fitted:', '', modelTable(model), ''],
    `Shared as here, a SET costs ${whole[0]} µs on the gateway, ${whole[1]} on executors, ${whole[2]} elsewhere: ${whole[3]} in all.`,
    ...['', 'Predicted, commands per second with three copies:', '', predictionTable(model, shared), ''],
    ...[...machineLines(machine), `command   ${command}`],
  ].join('\n')
  console.log(text)
  if (values.write) writePage(text)
}

function writePage(text: string): void {
  const page = readFileSync(PAGE, 'utf8')
  const [begin, end] = MARKS.map((mark) => page.indexOf(mark)) as [number, number]
  if (begin < 0 || end < begin) throw new Error(`${PAGE} has lost its marks`)
  writeFileSync(PAGE, `${page.slice(0, begin + MARKS[0].length)}\n\`\`\`\n${text}\n\`\`\`\n${page.slice(end)}`)
}

await main()
