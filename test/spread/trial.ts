/**
 * Many cells on the built server, from an empty directory: do they spread, and is everything there?
 *
 *   load   random keys until there are many cells; soon after the last one all stores have as many of them, and lead as many
 *   grow   the same, then a restart with more stores, which get their share as soon
 *   move   a cluster cut into many cells before it is loaded; then a restart with more stores, which get their share while
 *          commands run, whose waits are compared with those before it
 *   hot    all commands go to the keys of one cell; it is cut, and its parts are led by all threads
 *   disks  two disks, of which one is taken offline, and later there are stores on another: copies lie apart where they can
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Data } from './data.ts'
import { disksTrial } from './disks.ts'
import { lookEven, near, untilEven } from './even.ts'
import { hotTrial } from './hot.ts'
import { moveTrial } from './move.ts'
import { type Finding, type Mode, Stage, type TrialOptions } from './stage.ts'

/** Cells are cut somewhere between half of their size and all of it. */
const CELLS_SHARE = 0.8

const trials: Readonly<Record<Mode, (stage: Stage) => Promise<void>>> = {
  load: loadTrial,
  grow: growTrial,
  move: moveTrial,
  hot: hotTrial,
  disks: disksTrial,
}

/** Everything that was found, also when some of it is wrong; throws only if it cannot go on. */
export async function trial(options: TrialOptions): Promise<readonly Finding[]> {
  const directory = mkdtempSync(join(tmpdir(), 'cellarium-spread-'))
  const stage = new Stage(options, directory, new Data(options.megabytes, options.valueBytes))
  try {
    await trials[options.mode](stage)
    return stage.findings
  } finally {
    await stage.stop('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }
}

async function loadTrial(stage: Stage): Promise<void> {
  await stage.start(stage.options.stores)
  await untilEven(stage, 'after the load', await stage.load(), near)
  await lookEven(stage, 'after the load', cellsOf(stage), near)
}

async function growTrial(stage: Stage): Promise<void> {
  await loadTrial(stage)
  await stage.stop()
  await stage.start(stage.options.storesLater)
  await untilEven(stage, 'after the restart', stage.readyMs, near)
  await lookEven(stage, 'after the restart', cellsOf(stage), near)
}

/** How many there are to be at least. */
function cellsOf({ data, options }: Stage): number {
  return Math.floor((data.bytes / (options.cellMegabytes * 2 ** 20)) * CELLS_SHARE)
}
