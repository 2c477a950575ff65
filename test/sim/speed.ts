/**
 * How much faster than real time the simulator is, in CPU time of the whole process, so that other programs on the machine
 * do not count: three stores, twenty cells, two hundred commands per virtual second, all checks on, no faults but a death
 * at night. Runs are as long as those of `--long`.
 *
 * What is measured is what the seeds of a search cost: played one after the other by a process that lives for all of them.
 * A program that has just begun gives most of its time to the compiler, so the first runs do not count, and the line says so.
 */
import { type RunResult, run } from './run.ts'

const WARM_UP = 20
const RUNS = 6

export async function measureSpeed(): Promise<number> {
  let bad: RunResult | null = null
  let virtualMs = 0
  let cpuMs = 0
  let operations = 0
  for (let i = 0; i < WARM_UP + RUNS && bad === null; i++) {
    const before = process.cpuUsage()
    const result = await run({ seed: `speed-${i}`, mode: 'speed', long: true })
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
      `${(cpuMs / 1000).toFixed(2)} s of CPU time, ${(virtualMs / cpuMs).toFixed(1)} × real time on one core ` +
      `(${RUNS} runs, ${(cpuMs / RUNS / 1000).toFixed(2)} s each, behind ${WARM_UP} that warm the process up)`,
  )
  return 0
}
