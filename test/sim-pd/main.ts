/**
 * The placement driver's simulator: `npm run sim:pd`, all scenarios; `npm run sim:pd -- NAME… [--seed S]`, some.
 * Prints a table; exits with 11 when something was wrong.
 */
import { runScenario, type Verdict } from './run.ts'
import { readScenario, scenarioNames } from './scenario.ts'

function main(words: readonly string[]): number {
  const at = words.indexOf('--seed')
  const seed = at < 0 ? null : Number(words[at + 1])
  const wanted = words.filter((_, i) => at < 0 || (i !== at && i !== at + 1))
  const verdicts: Verdict[] = []
  for (const name of wanted.length > 0 ? wanted : scenarioNames().sort()) {
    const scenario = readScenario(name)
    const verdict = runScenario(seed === null ? scenario : { ...scenario, seed }, cpuMs)
    verdicts.push(verdict)
    for (const wrong of verdict.wrong) console.log(`${name}: ${wrong}`)
  }
  print(verdicts)
  return verdicts.some(({ wrong }) => wrong.length > 0) ? 11 : 0
}

/** Not what the clock says: others may want this machine, too. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function print(verdicts: readonly Verdict[]): void {
  const titles = [
    'scenario',
    'stores',
    'cells',
    'operators',
    'splits',
    'settled',
    'a minute',
    'cells',
    'leaders',
    'threads',
    'CPU ms a tick',
    'p99',
    'max',
    '',
  ]
  const lines = verdicts.map((verdict) => [
    verdict.name,
    String(verdict.stores),
    String(verdict.cells),
    String(verdict.operators),
    String(verdict.splits),
    verdict.settledMs < 0 ? 'never' : `${(verdict.settledMs / 1000).toFixed(1)} s`,
    String(verdict.churn),
    verdict.cellsApart,
    verdict.leadersApart,
    `+${Math.round(verdict.threadsApart * 100)} %`,
    verdict.tickMs.mean.toFixed(3),
    verdict.tickMs.p99.toFixed(2),
    verdict.tickMs.max.toFixed(1),
    verdict.wrong.length === 0 ? 'ok' : 'WRONG',
  ])
  const widths = titles.map((title, i) => Math.max(title.length, ...lines.map((line) => (line[i] as string).length)))
  for (const line of [titles, ...lines]) {
    console.log(
      line
        .map((word, i) => word.padEnd(widths[i] as number))
        .join('  ')
        .trimEnd(),
    )
  }
}

process.exitCode = main(process.argv.slice(2))
