/**
 * `npm run sim -- …`
 *
 * ```
 *   --seed S            plays one seed, and says what came of it
 *   --seed S --verify   plays it twice: the same seed must play the same
 *   --seed S --trace    prints what happens, with virtual times
 *   --seeds N           plays N seeds on all cores; --first F begins with that number, --minutes M ends after so long
 * ```
 *
 * How the pieces fit, from the bottom:
 *
 * ```
 *   disk, engine, network, listener   what the product's edges are made of here; they outlive crashes
 *   cluster                           the product over them, and everything that can be done to it
 *   workload, client                  what clients do, drawn from the seed, and the history of what they saw
 *   faults                            what goes wrong, drawn from the seed
 *   effects, replicas                 what must hold among replicas at any moment
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
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { exitCodes, type RunResult, run } from './run.ts'

const PROGRESS_EVERY_MS = 10_000

interface Played {
  readonly result: RunResult
  readonly realMs: number
}

async function play(seed: string, trace: boolean): Promise<Played> {
  const startedMs = Date.now()
  const print = (atMs: number, text: string) => console.log(`${atMs.toFixed(3).padStart(12)}  ${text}`)
  const result = await run(trace ? { seed, trace: print } : { seed })
  return { result, realMs: Date.now() - startedMs }
}

function summary({ result, realMs }: Played): string {
  const { kind, seed, virtualMs, operations, unknown, notExecuted, undecided, hash, strikes } = result
  const faults = [...strikes].map(([name, count]) => `${count} × ${name}`).join(', ')
  return (
    `seed ${seed}: ${kind}, ${(virtualMs / 1000).toFixed(1)} s virtual in ${(realMs / 1000).toFixed(1)} s real ` +
    `(${(virtualMs / realMs).toFixed(0)} ×), ${operations} commands, ${notExecuted} not executed, ${unknown} unknown, ` +
    `${undecided} undecided, hash ${hash}\n  faults: ${faults || 'none'}`
  )
}

function replayLine(seed: string): string {
  return `  replay: npm run sim -- --seed ${seed} --trace`
}

async function playOne(seed: string, verify: boolean, trace: boolean): Promise<number> {
  const played = await play(seed, trace)
  console.log(summary(played))
  const { result } = played
  if (result.kind !== 'fine') {
    console.log(`${result.kind} at ${result.virtualMs.toFixed(3)} ms: ${result.message}\n${replayLine(seed)}`)
    return exitCodes[result.kind]
  }
  if (verify) {
    const again = await play(seed, false)
    if (again.result.hash !== result.hash) {
      console.log(`the same seed played differently: hash ${again.result.hash}\n${replayLine(seed)}`)
      return exitCodes.wrong
    }
    console.log('the same again')
  }
  return exitCodes.fine
}

/** A process that plays the seeds it is sent, so that what kills it names its seed. */
function serveSeeds(): void {
  process.on('message', (seed: string) => {
    void play(seed, false).then((played) => {
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
  failures: { seed: string; kind: keyof typeof exitCodes }[]
}

async function playMany(first: number, count: number, minutes: number): Promise<number> {
  const startedMs = Date.now()
  const endMs = startedMs + minutes * 60_000
  const tally: Tally = { played: 0, virtualMs: 0, operations: 0, undecided: 0, failures: [] }
  let next = first
  const progress = () => {
    const speed = tally.virtualMs / (Date.now() - startedMs)
    console.log(
      `${tally.played} seeds, ${tally.failures.length} failed, ${tally.operations} commands, ` +
        `${(tally.virtualMs / 60_000).toFixed(1)} min virtual, ${speed.toFixed(0)} × real time, ${tally.undecided} undecided`,
    )
  }
  const timer = setInterval(progress, PROGRESS_EVERY_MS)
  const nextSeed = () => (next < first + count && Date.now() < endMs ? String(next++) : null)
  const jobs = Math.min(availableParallelism(), count)
  await Promise.all(Array.from({ length: jobs }, () => employ(nextSeed, tally)))
  clearInterval(timer)
  progress()
  for (const { seed, kind } of tally.failures) console.log(`${kind}: seed ${seed}`)
  // The worst first: a wrong answer, then a crash, then no progress.
  for (const kind of ['wrong', 'crash', 'stuck'] as const) {
    if (tally.failures.some((failure) => failure.kind === kind)) return exitCodes[kind]
  }
  return exitCodes.fine
}

/** One child after the other, as long as there are seeds; a child that dies is a crash of its seed. */
async function employ(nextSeed: () => string | null, tally: Tally): Promise<void> {
  for (let seed = nextSeed(); seed !== null; ) {
    const child = fork(fileURLToPath(import.meta.url), ['--serve'])
    seed = await new Promise<string | null>((resolve) => {
      let at: string | null = seed
      child.on('message', (played: Played) => {
        count(played, tally)
        at = nextSeed()
        if (at === null) child.disconnect()
        else child.send(at)
      })
      child.on('exit', (code) => {
        if (at !== null) {
          console.log(`crash: the process that played seed ${at} ended with ${code}\n${replayLine(at)}`)
          tally.failures.push({ seed: at, kind: 'crash' })
          at = nextSeed()
        }
        resolve(at)
      })
      child.send(at as string)
    })
  }
}

function count({ result }: Played, tally: Tally): void {
  tally.played++
  tally.virtualMs += result.virtualMs
  tally.operations += result.operations
  tally.undecided += result.undecided
  if (result.kind === 'fine') return
  tally.failures.push({ seed: result.seed, kind: result.kind })
  console.log(`${result.kind}: seed ${result.seed} at ${result.virtualMs.toFixed(3)} ms: ${result.message}`)
  console.log(replayLine(result.seed))
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string' },
      first: { type: 'string', default: '1' },
      minutes: { type: 'string', default: '1000000' },
      verify: { type: 'boolean', default: false },
      trace: { type: 'boolean', default: false },
      serve: { type: 'boolean', default: false },
    },
  })
  if (values.serve) {
    serveSeeds()
    return new Promise(() => {})
  }
  if (values.seed !== undefined) return playOne(values.seed, values.verify, values.trace)
  const seeds = Number(values.seeds ?? (values.minutes === '1000000' ? '' : '1e9'))
  if (!(seeds > 0)) throw new Error('give --seed S, or --seeds N')
  return playMany(Number(values.first), seeds, Number(values.minutes))
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
