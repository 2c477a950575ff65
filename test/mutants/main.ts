/**
 * `npm run test:mutants [-- NAME…]`: are the tests able to fail? (Raft has more of its own in `raft/`.)
 * `npm run sim:mutants [-- NAME…]`: is the simulator? Says of each how many seeds it took, of 300 at most.
 *
 * Each `*.patch` here breaks one promise of the product. Its first line says which, its second who must notice:
 *
 * ```
 *   An append is acknowledged although nothing was synced
 *   Caught by: test/storage/raft-log-crashes.test.ts, sim 40
 *   diff --git …
 * ```
 * A third line may name the rules that it breaks. `sim 40` are the simulator's seeds from 1 to 40, until one is red. The patch is applied to a temporary copy, which is built; then each of the
 * named is run on its own, and must be red. That all of them are green without any patch is tried first, because red
 * that was there before proves nothing.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const HERE = 'test/mutants'
const COPIED = ['src', 'workers', 'test', 'bench', 'package.json', 'tsconfig.json', 'README.md']
const RUN_MAX_MS = 30 * 60_000
const SEEDS_MAX = 300

interface Mutant {
  readonly name: string
  readonly breaks: string
  readonly guards: readonly string[]
}

interface Run {
  readonly green: boolean
  /** What was red, or how it ended. */
  readonly told: string
  readonly tookMs: number
}

function readMutant(name: string): Mutant {
  const [breaks = '', second = ''] = readFileSync(join(HERE, `${name}.patch`), 'utf8').split('\n')
  const guards = /^Caught by: (.+)$/.exec(second)?.[1]?.split(', ') ?? []
  if (breaks === '' || guards.length === 0)
    throw new Error(`${name}.patch does not say what it breaks, and who notices`)
  return { name, breaks, guards }
}

/** A copy of the tree, patched, built. */
class Copy {
  readonly directory = mkdtempSync(join(tmpdir(), 'cellarium-mutant-'))

  constructor() {
    for (const path of COPIED) cpSync(path, join(this.directory, path), { recursive: true })
    symlinkSync(resolve('node_modules'), join(this.directory, 'node_modules'))
  }

  apply(name: string): void {
    // One line of context is enough: code around the place may change without a new patch.
    this.#must('git', ['apply', '-C1', resolve(HERE, `${name}.patch`)])
  }

  build(): void {
    // What a mutant has cut off may leave a name that nobody uses.
    this.#must('node_modules/.bin/tsc', ['--noUnusedLocals', 'false', '--noUnusedParameters', 'false'])
    cpSync(join(this.directory, 'src/model/gen'), join(this.directory, 'dist/src/model/gen'), { recursive: true })
  }

  run(guard: string): Run {
    const beganMs = performance.now()
    const told = guard.startsWith('sim ') ? this.#simulate(Number(guard.slice(4))) : this.#test(guard)
    return { green: told === null, told: told ?? 'green', tookMs: performance.now() - beganMs }
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true })
  }

  /** Seeds from 1 on, until one fails; null when all are fine, else how many were played and what the first to fail said. */
  #simulate(seeds: number): string | null {
    const played = this.#start(process.execPath, [
      'dist/test/sim/main.js',
      ...['--seeds', `${seeds}`, '--until-failure'],
    ])
    if (played.status === 0) return null
    const lines = played.stdout.split('\n')
    const count = lines.findLast((text) => /^\d+ seeds, /.test(text))?.split(' ')[0]
    const line = lines.find((text) => /^(crash|wrong|stuck): /.test(text))
    return `${count} seeds, ${line ?? `ended with ${played.status}: ${played.stderr.slice(-500)}`}`
  }

  #test(file: string): string | null {
    const built = file.replace(/^test\//, 'dist/test/').replace(/\.ts$/, '.js')
    const options = ['--config', 'test/vitest.config.ts', '--root', '.', '--bail', '1', '--reporter', 'json']
    const vitest = this.#start(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...options, built])
    const report = readReport(vitest.stdout)
    if (report === null || report.numTotalTests === 0) throw new Error(`${file} ran no test: ${vitest.stderr}`)
    if (vitest.status === 0) return null
    const assertions = report.testResults.flatMap((result) => result.assertionResults)
    const red = assertions.find((assertion) => assertion.status === 'failed')
    return red === undefined ? `ended with ${vitest.status}` : red.fullName
  }

  #start(command: string, args: readonly string[]) {
    const { NODE_OPTIONS: _, ...env } = process.env
    const result = spawnSync(command, args, {
      cwd: this.directory,
      env,
      encoding: 'utf8',
      timeout: RUN_MAX_MS,
      maxBuffer: 256 * 1024 * 1024,
    })
    if (result.error !== undefined) throw result.error
    return result
  }

  #must(command: string, args: readonly string[]): void {
    const { status, stdout, stderr } = this.#start(command, args)
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stdout}${stderr}`)
  }
}

interface Report {
  readonly numTotalTests: number
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

/** Tests may print before the report does. */
function readReport(printed: string): Report | null {
  const at = printed.lastIndexOf('{"numTotalTestSuites"')
  return at < 0 ? null : (JSON.parse(printed.slice(at)) as Report)
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`

/** Each guard once; of seeds only the most, among which the others are. */
function withMostSeeds(guards: readonly string[]): Set<string> {
  const seeds = guards.filter((guard) => guard.startsWith('sim ')).map((guard) => Number(guard.slice(4)))
  const most = `sim ${Math.max(...seeds)}`
  return new Set(guards.filter((guard) => !guard.startsWith('sim ') || guard === most))
}

/** Those that are red without any patch. */
function redBefore(guards: ReadonlySet<string>): string[] {
  const copy = new Copy()
  try {
    copy.build()
    const red: string[] = []
    for (const guard of guards) {
      const { green, told, tookMs } = copy.run(guard)
      console.log(`  ${guard}: ${told} (${seconds(tookMs)})`)
      if (!green) red.push(guard)
    }
    return red
  } finally {
    copy.remove()
  }
}

/** Returns how many of the named did not notice. */
function tryMutant(mutant: Mutant): number {
  console.log(`\n${mutant.name}: ${mutant.breaks}`)
  const copy = new Copy()
  try {
    copy.apply(mutant.name)
    copy.build()
    let missed = 0
    for (const guard of mutant.guards) {
      const { green, told, tookMs } = copy.run(guard)
      if (green) missed++
      console.log(`  ${green ? 'NOT CAUGHT' : 'caught'} by ${guard} (${seconds(tookMs)})${green ? '' : `: ${told}`}`)
    }
    return missed
  } finally {
    copy.remove()
  }
}

function main(args: readonly string[]): void {
  const bySimulator = args.includes('--sim')
  const asked = args.filter((arg) => arg !== '--sim')
  const all = readdirSync(HERE).flatMap((file) => (file.endsWith('.patch') ? [file.slice(0, -6)] : []))
  let mutants = (asked.length > 0 ? asked : all.sort()).map(readMutant)
  if (bySimulator) {
    mutants = mutants
      .filter(({ guards }) => asked.length > 0 || guards.some((guard) => guard.startsWith('sim ')))
      .map((mutant) => ({ ...mutant, guards: [`sim ${SEEDS_MAX}`] }))
  } else {
    console.log('without any patch:')
    const red = redBefore(withMostSeeds(mutants.flatMap((mutant) => mutant.guards)))
    if (red.length > 0) throw new Error(`red without any patch: ${red.join(', ')}`)
  }
  let failed = 0
  for (const mutant of mutants) {
    if (tryMutant(mutant) > 0) failed++
  }
  console.log(`\n${mutants.length - failed} caught, ${failed} not`)
  if (failed > 0 || mutants.length === 0) process.exitCode = 1
}

main(process.argv.slice(2))
