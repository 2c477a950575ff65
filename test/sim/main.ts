/**
 * `npm run sim -- …`
 *
 * ```
 *   --seed S            plays one seed twice, and says what came of it: the same seed must play the same
 *   --seed S --trace    plays it once and prints what happens, with virtual times
 *   --seeds N           plays N seeds on all cores; --first F begins with that number, --minutes M ends after so long
 *   --until-failure     ends with the first that fails
 *   --fresh             with seeds that nobody has played before: `npm run sim:fresh`
 *   --mode M            every run is about M (`fault-settings.ts`); else each seed draws its own
 *   --long              every run lasts a minute of virtual time, and has two thousand commands, at least
 *   --speed             how much faster than real time: 3 stores, 20 cells, 200 commands per virtual second
 * ```
 *
 * How the pieces fit, from the bottom:
 *
 * ```
 *   disk, engine, network, listener   what the product's edges are made of here; they outlive crashes
 *   cluster                           the product over them, and everything that can be done to it
 *   orders, destruction               what people order of it; what destroys synced data, and where it may
 *   workload, client                  what clients do, drawn from the seed, and the history of what they saw
 *   fault-settings, weather, faults   what goes wrong, drawn from the seed
 *   effects, tiling, replicas         what must hold among replicas at any moment
 *   run                               one seed: birth, trouble, healing, peace, farewell; then ../check judges the history
 *   main, sim.test                    many seeds
 *   map-server, virtual-time          a server that is one map: it shows that all of this finds what is wrong
 * ```
 * A new command: its meaning in `../check/model.ts` and its draw in `workload.ts`. A new fault: a rate, a strike, and
 * what `Victim` needs for it. A seed says the same only as long as nobody draws one number more: keep the trace.
 *
 * Ends with 10 when the product crashed, 11 when an answer or a replica was wrong, 12 when it did not come back; with 1
 * when the command line is.
 */
import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Mode, modes } from './fault-settings.ts'
import { exitCodes, type RunResult, run } from './run.ts'
import { measureSpeed } from './speed.ts'

const PROGRESS_EVERY_MS = 10_000
/** Almost all that a run allocates is dead soon after: the more room it finds, the less often the living are copied. */
const CHILD_FLAGS = ['--max-semi-space-size=64', '--min-semi-space-size=64']

interface Played {
  readonly result: RunResult
  readonly realMs: number
}

/** What all runs of one command line have in common. */
interface Manner {
  readonly mode: Mode | null
  readonly long: boolean
}

async function play(seed: string, { mode, long }: Manner, trace: boolean): Promise<Played> {
  const startedMs = Date.now()
  const print = (atMs: number, text: string) => console.log(`${atMs.toFixed(3).padStart(12)}  ${text}`)
  const result = await run({ seed, long, ...(mode === null ? {} : { mode }), ...(trace ? { trace: print } : {}) })
  return { result, realMs: Date.now() - startedMs }
}

function summary({ result, realMs }: Played): string {
  const { kind, seed, mode, virtualMs, operations, unknown, notExecuted, undecided, hash, strikes } = result
  const faults = [...strikes].map(([name, count]) => `${count} × ${name}`).join(', ')
  return (
    `seed ${seed} (${mode}): ${kind}, ${(virtualMs / 1000).toFixed(1)} s virtual in ${(realMs / 1000).toFixed(1)} s real ` +
    `(${(virtualMs / realMs).toFixed(0)} ×), ${operations} commands, ${notExecuted} not executed, ${unknown} unknown, ` +
    `${undecided} undecided, hash ${hash}\n  faults: ${faults || 'none'}`
  )
}

function replayLine(seed: string, { mode, long }: Manner): string {
  return `  replay: npm run sim -- --seed ${seed}${mode === null ? '' : ` --mode ${mode}`}${long ? ' --long' : ''} --trace`
}

async function playOne(seed: string, manner: Manner, trace: boolean): Promise<number> {
  const played = await play(seed, manner, trace)
  console.log(summary(played))
  const { result } = played
  if (result.kind !== 'fine') {
    console.log(`${result.kind} at ${result.virtualMs.toFixed(3)} ms: ${result.message}\n${replayLine(seed, manner)}`)
    return exitCodes[result.kind]
  }
  if (trace) return exitCodes.fine
  const again = await play(seed, manner, false)
  if (again.result.hash !== result.hash) {
    console.log(`the same seed played differently: hash ${again.result.hash}\n${replayLine(seed, manner)}`)
    return exitCodes.wrong
  }
  console.log('the same again')
  return exitCodes.fine
}

/** A process that plays the seeds it is sent, so that what kills it names its seed. */
function serveSeeds(manner: Manner): void {
  process.on('message', (seed: string) => {
    void play(seed, manner, false).then((played) => {
      const strikes = [...played.result.strikes]
      process.send?.({ ...played, result: { ...played.result, strikes } })
    })
  })
}

interface Tally {
  played: number
  virtualMs: number
  operations: number
  undecided: number
  /** Runs by mode; and by kind of fault how often it struck, and in how many runs. */
  readonly modes: Map<string, number>
  readonly strikes: Map<string, { times: number; runs: number }>
  failures: { seed: string; kind: keyof typeof exitCodes }[]
}

interface Seeds {
  readonly prefix: string
  readonly untilFailure: boolean
  readonly first: number
  readonly count: number
  readonly minutes: number
}

function printTables({ modes: played, strikes }: Tally): void {
  console.log(`modes: ${[...played].map(([mode, runs]) => `${runs} × ${mode}`).join(', ')}`)
  console.log(`${'fault'.padEnd(40)}${'times'.padStart(12)}${'runs'.padStart(10)}`)
  for (const [kind, { times, runs }] of [...strikes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    console.log(`${kind.padEnd(40)}${String(times).padStart(12)}${String(runs).padStart(10)}`)
  }
}

async function playMany(seeds: Seeds, manner: Manner): Promise<number> {
  const { prefix, first, count, minutes, untilFailure } = seeds
  const startedMs = Date.now()
  const endMs = startedMs + minutes * 60_000
  const tally: Tally = {
    played: 0,
    virtualMs: 0,
    operations: 0,
    undecided: 0,
    modes: new Map(),
    strikes: new Map(),
    failures: [],
  }
  let next = first
  const progress = () => {
    const speed = tally.virtualMs / (Date.now() - startedMs)
    console.log(
      `${tally.played} seeds, ${tally.failures.length} failed, ${tally.operations} commands, ` +
        `${(tally.virtualMs / 60_000).toFixed(1)} min virtual, ${speed.toFixed(0)} × real time, ${tally.undecided} undecided`,
    )
  }
  const timer = setInterval(progress, PROGRESS_EVERY_MS)
  const nextSeed = () => {
    const isOver = next >= first + count || Date.now() >= endMs || (untilFailure && tally.failures.length > 0)
    return isOver ? null : `${prefix}${next++}`
  }
  const jobs = Math.min(availableParallelism(), count)
  await Promise.all(Array.from({ length: jobs }, () => employ(nextSeed, manner, tally)))
  clearInterval(timer)
  progress()
  printTables(tally)
  for (const { seed, kind } of tally.failures) console.log(`${kind}: seed ${seed}`)
  // The worst first: a wrong answer, then a crash, then no progress.
  for (const kind of ['wrong', 'crash', 'stuck'] as const) {
    if (tally.failures.some((failure) => failure.kind === kind)) return exitCodes[kind]
  }
  return exitCodes.fine
}

/** One child after the other, as long as there are seeds; a child that dies is a crash of its seed. */
async function employ(nextSeed: () => string | null, manner: Manner, tally: Tally): Promise<void> {
  const like = [...(manner.mode === null ? [] : ['--mode', manner.mode]), ...(manner.long ? ['--long'] : [])]
  for (let seed = nextSeed(); seed !== null; ) {
    const child = fork(fileURLToPath(import.meta.url), ['--serve', ...like], { execArgv: CHILD_FLAGS })
    seed = await new Promise<string | null>((resolve) => {
      let at: string | null = seed
      child.on('message', (played: Played) => {
        count(played, manner, tally)
        at = nextSeed()
        if (at === null) child.disconnect()
        else child.send(at)
      })
      child.on('exit', (code) => {
        if (at !== null) {
          console.log(`crash: the process that played seed ${at} ended with ${code}\n${replayLine(at, manner)}`)
          tally.failures.push({ seed: at, kind: 'crash' })
          at = nextSeed()
        }
        resolve(at)
      })
      child.send(at as string)
    })
  }
}

/** Under the same conditions as the seeds of a search. */
function measureInChild(): Promise<number> {
  const child = fork(fileURLToPath(import.meta.url), ['--serve', '--speed'], { execArgv: CHILD_FLAGS })
  return new Promise((resolve) => {
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

function count({ result }: Played, manner: Manner, tally: Tally): void {
  tally.played++
  tally.virtualMs += result.virtualMs
  tally.operations += result.operations
  tally.undecided += result.undecided
  tally.modes.set(result.mode, (tally.modes.get(result.mode) ?? 0) + 1)
  for (const [kind, times] of result.strikes) {
    const known = tally.strikes.get(kind) ?? { times: 0, runs: 0 }
    tally.strikes.set(kind, { times: known.times + times, runs: known.runs + 1 })
  }
  if (result.kind === 'fine') return
  tally.failures.push({ seed: result.seed, kind: result.kind })
  console.log(`${result.kind}: seed ${result.seed} at ${result.virtualMs.toFixed(3)} ms: ${result.message}`)
  console.log(replayLine(result.seed, manner))
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string' },
      first: { type: 'string', default: '1' },
      minutes: { type: 'string' },
      fresh: { type: 'boolean', default: false },
      mode: { type: 'string' },
      long: { type: 'boolean', default: false },
      trace: { type: 'boolean', default: false },
      speed: { type: 'boolean', default: false },
      'until-failure': { type: 'boolean', default: false },
      serve: { type: 'boolean', default: false },
    },
  })
  const mode = modes.find((each) => each === values.mode) ?? null
  if (values.mode !== undefined && mode === null) throw new Error(`--mode is one of ${modes.join(', ')}`)
  const manner = { mode, long: values.long }
  if (values.serve && !values.speed) {
    serveSeeds(manner)
    return new Promise(() => {})
  }
  if (values.speed) return values.serve ? measureSpeed() : measureInChild()
  if (values.seed !== undefined) return playOne(values.seed, manner, values.trace)
  const count = Number(values.seeds ?? (values.minutes === undefined && !values.fresh ? '' : '1e9'))
  if (!(count > 0)) throw new Error('give --seed S, --seeds N, or --minutes M')
  const minutes = Number(values.minutes ?? '1e6')
  const prefix = values.fresh ? `${randomBytes(6).toString('hex')}-` : ''
  return playMany(
    { prefix, first: Number(values.first), count, minutes, untilFailure: values['until-failure'] },
    manner,
  )
}

main().then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  },
)
