import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Mutant, mutants } from './mutants.ts'

/**
 * Do the tests of Raft see its bugs? Each mutant is one mistake, made in a copy of the room; the room's tests run over
 * it until the first fails, which must be by an assertion. Prints what caught each mutant, and when.
 *
 * `node dist/test/mutants/raft/main.js [words of a mutant's name …]`, from the top of the repository.
 */

const COPIED = [
  'src/raft',
  'src/base',
  'test/raft',
  'test/scenarios',
  'test/traces',
  'test/vitest.config.ts',
  'package.json',
]
/** A mutant may loop for ever. That is no assertion, so it counts as not caught. */
const RUN_MS_MAX = 120_000

interface Failure {
  readonly test: string
  readonly message: string
}

class Workshop {
  readonly #folder = mkdtempSync(join(tmpdir(), 'raft-mutants-'))

  constructor(repository: string) {
    for (const path of COPIED) cpSync(join(repository, path), join(this.#folder, path), { recursive: true })
    symlinkSync(join(repository, 'node_modules'), join(this.#folder, 'node_modules'), 'dir')
    const { compilerOptions } = JSON.parse(readFileSync(join(repository, 'tsconfig.json'), 'utf8'))
    const config = {
      compilerOptions: { ...compilerOptions, noCheck: true, declaration: false },
      include: ['src', 'test'],
    }
    writeFileSync(join(this.#folder, 'tsconfig.json'), JSON.stringify(config))
    writeFileSync(
      join(this.#folder, 'vitest.config.js'),
      "export default { test: { include: ['dist/test/**/*.test.js'] } }\n",
    )
  }

  close(): void {
    rmSync(this.#folder, { recursive: true })
  }

  /** Makes the mistake, runs the tests, and takes it back. */
  try(mutant: Mutant): Failure | null {
    const path = join(this.#folder, 'src/raft', mutant.file)
    const source = readFileSync(path, 'utf8')
    if (source.split(mutant.find).length !== 2) throw new Error(`${mutant.name}: the text to change is not there once`)
    writeFileSync(
      path,
      source.replace(mutant.find, () => mutant.replace),
    )
    try {
      return this.run()
    } finally {
      writeFileSync(path, source)
    }
  }

  /** The first test that fails, of all of the room. */
  run(): Failure | null {
    const compiled = this.#spawn('typescript/bin/tsc', [])
    if (compiled.status !== 0) throw new Error(`the copy does not compile:\n${compiled.stdout}`)
    const report = join(this.#folder, 'report.json')
    rmSync(report, { force: true })
    // All files in one thread and one module graph: what takes time is starting, not testing.
    const one = ['--pool=threads', '--no-isolate', '--no-file-parallelism']
    const run = this.#spawn('vitest/vitest.mjs', [
      'run',
      '--config',
      'vitest.config.js',
      ...one,
      '--bail=1',
      '--reporter=json',
      `--outputFile=${report}`,
    ])
    if (run.error !== undefined) return { test: '(none: the run took too long)', message: String(run.error) }
    if (!existsSync(report)) throw new Error(`the tests did not run:\n${run.stderr}`)
    return firstFailure(readFileSync(report, 'utf8'))
  }

  #spawn(program: string, args: string[]) {
    const command = [join(this.#folder, 'node_modules', program), ...args]
    return spawnSync(process.execPath, command, { cwd: this.#folder, encoding: 'utf8', timeout: RUN_MS_MAX })
  }
}

interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly message: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly title: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

function firstFailure(report: string): Failure | null {
  const { testResults } = JSON.parse(report) as Report
  for (const { assertionResults } of testResults) {
    const failed = assertionResults.find(({ status }) => status === 'failed')
    if (failed !== undefined) return { test: failed.title, message: failed.failureMessages[0] ?? '' }
  }
  const broken = testResults.find(({ message }) => message !== '')
  return broken === undefined ? null : { test: broken.name, message: broken.message }
}

/** One of a test, one of the code itself, or one within the counterexample that a property reports. */
function isAssertion({ message }: Failure): boolean {
  return message.includes('AssertionError')
}

function main(): number {
  const words = process.argv.slice(2)
  const chosen = mutants.filter(({ name }) => words.every((word) => name.includes(word)))
  const workshop = new Workshop(process.cwd())
  let missed = 0
  try {
    const sane = workshop.run()
    if (sane !== null) throw new Error(`the tests fail without a mutant: ${sane.test}\n${sane.message}`)
    for (const mutant of chosen) {
      const begin = process.hrtime.bigint()
      const failure = workshop.try(mutant)
      const seconds = (Number(process.hrtime.bigint() - begin) / 1e9).toFixed(1)
      if (failure !== null && isAssertion(failure)) {
        console.log(`caught  ${mutant.name}\n        after ${seconds} s by: ${failure.test}`)
      } else {
        missed++
        console.log(
          `MISSED  ${mutant.name} (${mutant.file}), ${seconds} s${failure === null ? '' : `: ${failure.test}\n${failure.message}`}`,
        )
      }
    }
  } finally {
    workshop.close()
  }
  console.log(`${chosen.length - missed} of ${chosen.length} mutants caught`)
  return missed === 0 && chosen.length > 0 ? 0 : 1
}

process.exitCode = main()
