/** Cells that move beside commands: how much longer do those wait than before it? */
import { cpus } from 'node:os'
import { usageOf } from '../../src/bench/index.ts'
import { until } from '../boot/process.ts'
import { isWhole, peersOf } from './cells.ts'
import { lookEven, steady, untilEven } from './even.ts'
import { Pulse, type Waits } from './pulse.ts'
import { passed, REPLICAS, type Stage, users } from './stage.ts'

const P99_FACTOR_MAX = 2
const BEFORE_MS = 15_000
const CELLS_WITHIN_MS = 180_000
/** What moves cells and leaders by itself, so that it can be told when. */
const MOVERS = ['cells', 'leaders', 'places', 'hot-cells']

/** A cluster that is cut into many cells before it is loaded; then more stores, which get their share under commands. */
export async function moveTrial(stage: Stage): Promise<void> {
  const { stores, storesLater, cells } = stage.options
  await stage.start(stores, ['--initial-cells', `${cells}`])
  await cut(stage)
  await stage.load()
  await pause(stage, true)
  await stage.stop()
  await stage.start(storesLater)
  await moveUnderLoad(stage)
  await lookEven(stage, 'after the restart', cells, steady)
}

/** Before anything is loaded. */
async function cut(stage: Stage): Promise<void> {
  const { cells: wished, progress } = stage.options
  await until(
    async () => {
      const all = users(await stage.cells())
      progress(`${all.length} of ${wished} cells`)
      return all
    },
    (all) => all.length >= wished && all.every((cell) => isWhole(cell, REPLICAS)),
    CELLS_WITHIN_MS,
  )
}

async function pause(stage: Stage, paused: boolean): Promise<void> {
  for (const name of MOVERS) await stage.order('/api/v1/schedulers', { name, paused })
}

async function moveUnderLoad(stage: Stage): Promise<void> {
  const { rate, progress } = stage.options
  // So that commands before and during the moves find the same in memory.
  const lanes = stage.lanes()
  await lanes.wrong(stage.data, (done) => progress(`${done} of ${stage.data.count} keys warmed`))
  lanes.close()
  const pulse = new Pulse(stage.redis, stage.data, rate)
  progress('commands before the moves')
  await passed(BEFORE_MS / 3)
  pulse.take()
  await longestPass(stage)
  const beforeMachine = new Machine(stage)
  await passed(BEFORE_MS)
  const before = pulse.take()
  stage.tell('machine before the moves', beforeMachine.said())
  stage.tell('longest pass of a thread before the moves', await longestPass(stage))
  const cells = await stage.cells()
  const added = peersOf(cells, stage.stores).counts.slice(stage.options.stores)
  const isEmpty = added.every((count) => count === 0)
  stage.check('cells of the added stores before the moves', '0', isEmpty, added.join(' '))

  const machine = new Machine(stage)
  const resumedMs = performance.now()
  await pause(stage, false)
  await untilEven(stage, 'after the moves began', resumedMs, steady)
  const during = pulse.take()
  stage.tell('machine during the moves', machine.said())
  stage.tell('longest pass of a thread during the moves', await longestPass(stage))
  await pulse.stop()
  stage.noErrors('beside the moves', pulse.faults)
  stage.tell('commands before the moves', saidOf(before))
  stage.tell('commands during the moves', saidOf(during))
  const factor = during.p99Ms / before.p99Ms
  stage.check('p99 during to before', `< ${P99_FACTOR_MAX}`, factor < P99_FACTOR_MAX, factor.toFixed(2))
}

/** Since the last call: how long a thread was busy with one pass, and how much too late its timers were. */
async function longestPass(stage: Stage): Promise<string> {
  const { items } = await stage.get<{ items: { longestPassMs: number; timerLatenessMs: number }[] }>(
    '/api/v1/executors',
  )
  const most = (of: 'longestPassMs' | 'timerLatenessMs') => Math.max(...items.map((item) => item[of])).toFixed(0)
  return `${most('longestPassMs')} ms, and woken up to ${most('timerLatenessMs')} ms late`
}

function saidOf({ commands, p50Ms, p99Ms, maxMs }: Waits): string {
  return `${commands}, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, longest ${maxMs.toFixed(0)} ms`
}

/** What the machine's cores did since it was made, and for whom: beside it every wait is to be read. */
class Machine {
  readonly #stage: Stage
  readonly #began: ReturnType<Machine['now']>

  constructor(stage: Stage) {
    this.#stage = stage
    this.#began = this.now()
  }

  said(): string {
    const now = this.now()
    const seconds = now.atSeconds - this.#began.atSeconds
    const cores = (of: 'busy' | 'server' | 'own') => (now[of] - this.#began[of]) / seconds
    const others = Math.max(0, cores('busy') - cores('server') - cores('own'))
    const shares = `server ${cores('server').toFixed(2)}, clients ${cores('own').toFixed(2)}, others ${others.toFixed(2)}`
    return `${cores('busy').toFixed(2)} of ${cpus().length} cores busy: ${shares}`
  }

  now() {
    const own = process.cpuUsage()
    const busyMs = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0)
    return {
      atSeconds: performance.now() / 1000,
      busy: busyMs / 1000,
      server: usageOf(this.#stage.pid)?.cpuSeconds ?? 0,
      own: (own.user + own.system) / 1e6,
    }
  }
}
