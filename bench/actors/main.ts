/**
 * The actor runtime beside other ways to talk to a worker thread: one-way messages, questions, a token between two
 * threads, and one more actor; side by side, in turn, with the same message.
 *
 *     npm run bench:actors [-- --seconds 1 --rounds 5 --bytes 64 --comedy FOLDER]
 *
 * `--comedy` names a folder in whose node_modules comedy is installed; without it, it is looked for in ours, and left out
 * where it is not there. What a library has no word for is a dash: comlink, piscina and comedy know calls, and no message without
 * an answer that says when the other side has it, so their flood is of calls, 64 at a time.
 */
import { parseArgs } from 'node:util'
import { alignedTable, lookAtMachine, machineLines, median, medianOf, shortNumber } from '../../src/bench/index.ts'
import { cellarium } from './cellarium.ts'
import { comedy } from './comedy.ts'
import { comlink } from './comlink.ts'
import { ASKED_AT_ONCE, type Contender, floodByCalls, type Opened } from './contender.ts'
import { piscina } from './piscina.ts'
import { ports } from './ports.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '5' },
    bytes: { type: 'string', default: '64' },
    comedy: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
})
const roundMs = Number(values.seconds) * 1000
const rounds = Number(values.rounds)
const payload = new Uint8Array(Number(values.bytes)).fill(120)

const SPAWNED_MIN = 8
const contenders: readonly Contender[] = [cellarium, ports, piscina, comlink, comedy]

interface Figures {
  readonly name: string
  readonly floodPerSecond: number | null
  readonly asksPerSecond: number
  readonly askP50Ms: number
  readonly askP99Ms: number
  readonly hopsPerSecond: number | null
  readonly spawnMs: number | null
  /** Of resident memory, for each of those that were spawned. */
  readonly spawnBytes: number | null
}

/** Operations per second: of as many as fill the time, found by doubling. */
async function rate(work: (count: number) => Promise<unknown>): Promise<number> {
  for (let count = 64; ; count *= 2) {
    const beganMs = performance.now()
    await work(count)
    const tookMs = performance.now() - beganMs
    if (tookMs >= roundMs / 2) return (count * 1000) / tookMs
  }
}

async function askTimes(opened: Opened): Promise<number[]> {
  const times: number[] = []
  for (const endMs = performance.now() + roundMs / 2; performance.now() < endMs; ) {
    const beganMs = performance.now()
    await opened.ask(times.length, payload)
    times.push(performance.now() - beganMs)
  }
  return times
}

async function spawnCost({ spawn }: Opened): Promise<{ ms: number; bytes: number } | null> {
  if (spawn === undefined) return null
  // The first of its kind loads code that the others share.
  await spawn()
  const before = process.memoryUsage.rss()
  const times: number[] = []
  // Of small things many: the system counts memory in pages, and lends it in larger pieces.
  for (const endMs = performance.now() + roundMs; times.length < SPAWNED_MIN || performance.now() < endMs; ) {
    const beganMs = performance.now()
    await spawn()
    times.push(performance.now() - beganMs)
  }
  return { ms: median(times), bytes: Math.max(0, process.memoryUsage.rss() - before) / times.length }
}

async function round({ name }: Contender, opened: Opened, isLast: boolean): Promise<Figures> {
  const { flood, pingPong } = opened
  const times = (await askTimes(opened)).sort((a, b) => a - b)
  const spawned = isLast ? await spawnCost(opened) : null
  return {
    name,
    floodPerSecond: flood === undefined ? null : await rate((count) => flood(count, payload)),
    asksPerSecond: await rate((count) => floodByCalls((sequence) => opened.ask(sequence, payload), count)),
    askP50Ms: times[times.length >> 1] as number,
    askP99Ms: times[Math.floor(times.length * 0.99)] as number,
    hopsPerSecond: pingPong === undefined ? null : await rate(pingPong),
    spawnMs: spawned?.ms ?? null,
    spawnBytes: spawned?.bytes ?? null,
  }
}

function together(all: readonly Figures[]): Figures {
  const of = (figure: (each: Figures) => number | null) => medianOf(all, figure)
  return {
    name: (all[0] as Figures).name,
    floodPerSecond: of((each) => each.floodPerSecond),
    asksPerSecond: of((each) => each.asksPerSecond) as number,
    askP50Ms: of((each) => each.askP50Ms) as number,
    askP99Ms: of((each) => each.askP99Ms) as number,
    hopsPerSecond: of((each) => each.hopsPerSecond),
    spawnMs: of((each) => each.spawnMs),
    spawnBytes: of((each) => each.spawnBytes),
  }
}

async function main(): Promise<void> {
  const machine = lookAtMachine('.')
  const figures = new Map<Contender, Figures[]>()
  // They take turns, and only one has threads at a time. The first turn warms up what this thread shares.
  for (let i = 0; i <= rounds; i++) {
    for (const contender of contenders) {
      const opened = await contender.open(values.comedy)
      if (opened === null) {
        if (i === 0) console.error(`${contender.name} is left out: it is not installed`)
        continue
      }
      const found = await round(contender, opened, i === rounds)
      if (i > 0) figures.set(contender, [...(figures.get(contender) ?? []), found])
      await opened.close()
    }
  }
  const all = [...figures.values()].map(together)
  if (values.json) {
    console.log(JSON.stringify({ machine, bytes: payload.length, rounds, figures: all }))
    return
  }
  const head = [
    '',
    'one way/s',
    `asks/s, ${ASKED_AT_ONCE} at once`,
    'ask p50 ms',
    'p99 ms',
    'hops/s',
    'spawn ms',
    'KiB each',
  ]
  const rows = all.map((each) => [
    each.name,
    ...[each.floodPerSecond, each.asksPerSecond, each.askP50Ms, each.askP99Ms, each.hopsPerSecond, each.spawnMs].map(
      shortNumber,
    ),
    shortNumber(each.spawnBytes === null ? null : each.spawnBytes / 1024),
  ])
  console.log(
    `messages of ${payload.length} bytes and a number between two threads; medians of ${rounds} rounds, in turn`,
  )
  console.log('spawn: one more actor; of postMessage and comedy that is one more thread\n')
  console.log(`${alignedTable([head, ...rows])}\n`)
  for (const text of machineLines(machine).slice(0, 1)) console.log(text)
  console.log(`command   npm run bench:actors -- ${process.argv.slice(2).join(' ')}`.replace(/ -- $/, ''))
}

await main()
