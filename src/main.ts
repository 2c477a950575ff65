/** The program: reads the command line, carries out what it says, and turns what comes of it into lines and exit codes. */
import { availableParallelism, totalmem } from 'node:os'
import { pino } from 'pino'
import type { LogEntry } from './actor/index.ts'
import { SetUpError } from './base/index.ts'
import { type BenchOptions, bench } from './bench/index.ts'
import { isNoSpace, NothingToServe, recordedOptions, type Served, serve } from './boot/index.ts'
import { type GivenOptions, type LogLevelName, readCommandLine } from './cli.ts'
import { ctl } from './ctl.ts'
import { type Options, optionTable, resolveOptions } from './model/index.ts'
import { ownVersion } from './version.ts'

/** 0 is what remains. */
const EXIT = { usage: 1, damage: 2 } as const
const STOP_WITHIN_MS = 5_000

export async function main(argv: readonly string[]): Promise<void> {
  try {
    const version = ownVersion()
    const plan = readCommandLine(argv, process.env, version)
    if (plan.command === 'ctl') await ctl(plan, (text) => console.log(text))
    else if (plan.command === 'bench') await runBench(plan.options, argv)
    else if (plan.command === 'serve') await runServer(plan.given, plan.logLevel, version)
    else console.log(plan.text)
  } catch (error) {
    end(error)
  }
}

async function runServer(given: GivenOptions, logLevel: LogLevelName, version: string): Promise<void> {
  const logger = pino({ level: logLevel, base: null }, pino.destination({ dest: 2, sync: true }))
  const options = optionsFor(given)
  let served: Served | null = null
  let isStopping = false
  const signal = (name: NodeJS.Signals) => {
    // Before there is a server nothing was promised to anyone, and set-up may be cut off anywhere.
    if (isStopping || served === null) process.exit(0)
    isStopping = true
    logger.info(`stopping after ${name}: answering what is in flight`)
    const late = setTimeout(() => process.exit(0), STOP_WITHIN_MS)
    void served.stop(STOP_WITHIN_MS - 500).then((inTime) => {
      clearTimeout(late)
      logger.info(inTime ? 'stopped' : 'stopped before everything was closed; the raft log has what was acknowledged')
      process.exit(0)
    })
  }
  process.on('SIGTERM', signal)
  process.on('SIGINT', signal)

  served = await serve({
    options,
    storesGiven: given.stores !== undefined,
    version,
    log: (entry) => writeEntry(logger, entry),
    say: (message) => logger.info(message),
    nothingLeft: (reasons) => end(new NothingToServe(`every store has stopped: ${reasons}`)),
  })
  const { redis, http, executors, stores } = served
  console.log(`cellarium ready: redis on ${redis}, http on ${http}, ${executors} executors, ${stores} stores`)
}

async function runBench(options: BenchOptions, argv: readonly string[]): Promise<void> {
  // So that servers of our own end with us: they are ended when this process exits.
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => process.exit(130))
  await bench(options, {
    program: argv[1] as string,
    commandLine: ['cellarium', ...argv.slice(2)].join(' '),
    say: (line) => console.log(line),
    progress: (line) => {
      if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`)
    },
  })
}

/** Flags, then the environment, then what the cluster was made with, then the defaults. */
function optionsFor(given: GivenOptions): Options {
  const directories = given.dir ?? [optionTable.dir.default]
  const recorded = recordedOptions(typeof directories === 'string' ? [directories] : directories)
  const known: GivenOptions =
    recorded === null ? {} : { stores: String(recorded.stores), replicas: String(recorded.replicas) }
  return resolveOptions({ ...known, ...given }, { cores: availableParallelism(), memoryBytes: totalmem() })
}

function writeEntry(logger: pino.Logger, { level, message, fields, executor, actor }: LogEntry): void {
  logger[level]({ executor, actor, ...fields }, message)
}

/** One line for what the user can mend; the whole story for what is a bug of ours. */
function end(error: unknown): never {
  const mendable = mendableEnd(error)
  console.error(mendable === null ? error : `cellarium: ${mendable.line}`)
  process.exit(mendable?.code ?? EXIT.usage)
}

/** The line, and the exit code, of what is no bug; null for what is. */
export function mendableEnd(error: unknown): { line: string; code: number } | null {
  const { name, message, code } = error as NodeJS.ErrnoException
  const isFull = isNoSpace(error)
  const line = isFull ? `${message}: make room and start again` : message
  // Nothing is broken by that.
  if (isFull) return { line, code: EXIT.usage }
  if (error instanceof NothingToServe || name === 'LogDamage' || name === 'LogLost') return { line, code: EXIT.damage }
  // A word of the operating system, such as EACCES. Those of Node itself, such as ERR_INVALID_ARG_TYPE, tell of a bug.
  if (error instanceof SetUpError || /^E[A-Z0-9]+$/.test(code ?? '')) return { line, code: EXIT.usage }
  return null
}
