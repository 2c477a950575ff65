/**
 * All commands go to the keys of one cell, evenly. Nobody orders anything: the placement driver cuts it where its load is
 * cut in half, and lets its parts be led by all threads.
 *
 * A thread that has time to spare keeps its load, which is right for people and hides what is to be seen here: on a machine
 * whose cores the clients share, no thread of a server is ever busy enough. So the bounds are set lower.
 */
import type { CellShape } from './cells.ts'
import { passed, type Stage, users } from './stage.ts'

const FACTOR_MAX = 1.3
/** It is to last: so many looks in a row. */
const LOOKS = 5
const LOOK_AGAIN_MS = 1000
const SETTINGS = { busyCpu: 0.05, loadSplitCpu: 0.02, loadSplitCommands: 500, hotRestMs: 5000 }

export async function hotTrial(stage: Stage): Promise<void> {
  await stage.start(stage.options.stores)
  await stage.load()
  stage.tell('settings', JSON.stringify(SETTINGS))
  const began = users(await stage.cells()).length
  stage.check('cells before it', '1', began === 1, `${began}`)
  await stage.order('/api/v1/settings', SETTINGS)
  const lanes = stage.lanes()
  const beganMs = performance.now()
  const endMs = beganMs + stage.options.evenWithinMs
  let isOver = false
  const asking = lanes.keepBusy(stage.data, () => !isOver)
  let even = 0
  let loads: readonly number[] = []
  while (even < LOOKS && performance.now() < endMs) {
    await passed(LOOK_AGAIN_MS)
    const cells = users(await stage.cells())
    loads = await loadsOf(stage, cells)
    even = factorOf(loads) <= FACTOR_MAX ? even + 1 : 0
    stage.options.progress(`${cells.length} cells, commands/s of threads ${loads.join(' ')}`)
  }
  const seconds = (performance.now() - beganMs) / 1000
  isOver = true
  await asking
  lanes.close()
  const found = `${factorOf(loads).toFixed(2)} after ${seconds.toFixed(0)} s (${loads.join(' ')} commands/s)`
  stage.check(
    `load of the busiest thread to the mean, ${LOOKS} looks in a row`,
    `≤ ${FACTOR_MAX}`,
    even >= LOOKS,
    found,
  )
  stage.noErrors('beside it', lanes.errors)
  const cells = users(await stage.look('after it'))
  stage.check('cells after it', '≥ 2', cells.length >= 2, `${cells.length}`)
}

/** Of each executor, what the cells cost that its stores lead. */
async function loadsOf(stage: Stage, cells: readonly CellShape[]): Promise<readonly number[]> {
  const items = await stage.storeItems()
  const loads = Array.from({ length: stage.options.executors }, () => 0)
  for (const { leader, load } of cells) {
    const executor = items.find(({ id }) => id === leader)?.executor
    if (executor !== undefined) loads[executor] = (loads[executor] as number) + load.commandsPerSecond
  }
  return loads
}

/** Without any load nothing is spread. */
function factorOf(loads: readonly number[]): number {
  const mean = loads.reduce((sum, load) => sum + load, 0) / loads.length
  return mean === 0 ? Number.POSITIVE_INFINITY : Math.max(...loads) / mean
}
