/**
 * How much faster than real time the simulator is, in CPU time, so that other programs on the machine do not count: three
 * stores, twenty cells, two hundred commands per virtual second, all checks on, no faults.
 */
import { type RunResult, run } from './run.ts'

/** The first runs are for the compiler: a search of thousands of seeds is past them after seconds. */
const WARM_UP = 6
const RUNS = 5

export async function measureSpeed(): Promise<number> {
  let bad: RunResult | null = null
  let virtualMs = 0
  let cpuMs = 0
  let operations = 0
  for (let i = 0; i < WARM_UP + RUNS && bad === null; i++) {
    const before = process.cpuUsage()
    const result = await run({ seed: `speed-${i}`, mode: 'speed' })
    const { user, system } = process.cpuUsage(before)
    if (result.kind !== 'fine') bad = result
    if (i < WARM_UP) continue
    virtualMs += result.virtualMs
    cpuMs += (user + system) / 1000
    operations += result.operations
  }
  if (bad !== null) {
    console.log(`${bad.kind}: seed ${bad.seed}: ${bad.message}`)
    return 1
  }
  const perSecond = ((operations / virtualMs) * 1000).toFixed(0)
  console.log(
    `3 stores, 20 cells, ${perSecond} commands per virtual second: ${(virtualMs / 1000).toFixed(1)} s of virtual time in ` +
      `${(cpuMs / 1000).toFixed(2)} s of CPU time, ${(virtualMs / cpuMs).toFixed(1)} × real time on one core`,
  )
  return 0
}
