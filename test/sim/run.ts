/**
 * One run: one seed, from an empty directory to a verdict.
 *
 * Phases, in virtual time:
 *
 *   birth     the cluster starts and raises its cells to all their copies
 *   trouble   clients work while faults strike; replicas are looked at all the while
 *   healing   faults stop, clients finish what they have begun; within a limit every cell must be served and whole
 *   peace     clients work once more: now everything they send must be executed
 *   farewell  every key that was ever used is read; the replicas are compared with the record of their entries
 *   rest      nobody asks for anything, so nobody may be busy, and cells sleep
 *   night     something befalls the sleepers
 *   morning   whatever that was, every key is read again, and every cell comes back to all its copies
 *
 * and then the history of all operations is judged.
 */
import { Random } from '../../src/base/index.ts'
import { checkHistory, formatOperation, type Operation } from '../check/index.ts'
import { Client, type ClientWorld, History } from './client.ts'
import { Cluster, drawCluster, WALL_START_MS } from './cluster.ts'
import { drawFaults, Faults } from './faults.ts'
import { Replicas, WrongState } from './replicas.ts'
import { CommandSource, drawWorkload } from './workload.ts'

/** As the process's exit codes have it. */
export const exitCodes = { fine: 0, crash: 10, wrong: 11, stuck: 12 } as const

export interface RunOptions {
  readonly seed: string
  /** Prints events with their virtual time. */
  readonly trace?: (atMs: number, text: string) => void
  /** Gets all operations at the end. */
  readonly history?: (operations: readonly Operation[]) => void
}

export interface RunResult {
  readonly kind: keyof typeof exitCodes
  readonly seed: string
  readonly virtualMs: number
  /** The same for the same seed, on every machine. */
  readonly hash: string
  readonly message: string
  readonly operations: number
  readonly unknown: number
  readonly notExecuted: number
  readonly undecided: number
  readonly strikes: ReadonlyMap<string, number>
}

const BIRTH_MS_MAX = 30_000
const HEALING_MS_MAX = 60_000
const PEACE_MS = 3000
const FAREWELL_MS_MAX = 30_000
/** A few seconds' work for one key; what is then undecided is counted, and is no failure. */
const CONFIGURATIONS_MAX = 150_000
const REST_MS = 1000
/** From the time at which a cell may sleep until all do: questions may have to be asked again. */
const ASLEEP_MS_MAX = 15_000
/** Ticks and heartbeats take some; one that never sleeps takes tens of thousands. */
const REST_PASSES_MAX = 500
const LOOK_EVERY_MS = 10
const COMPARE_EVERY_MS = 2000

class Stuck extends Error {
  override readonly name = 'Stuck'
}

/** Nothing thrown by the product or by a check gets past this. */
export async function run(options: RunOptions): Promise<RunResult> {
  const play = new Play(options)
  let kind: RunResult['kind'] = 'fine'
  let message = ''
  try {
    await play.play()
  } catch (error) {
    kind = error instanceof WrongState ? 'wrong' : error instanceof Stuck ? 'stuck' : 'crash'
    message = describe(error, kind === 'crash')
  }
  options.history?.(play.operations)
  return play.result(kind, message)
}

function describe(error: unknown, withStack: boolean): string {
  if (!(error instanceof Error)) return String(error)
  const own = withStack ? (error.stack ?? error.message) : error.message
  return error.cause === undefined ? own : `${own}\n  caused by ${describe(error.cause, withStack)}`
}

class Play {
  readonly #seed: string
  readonly #random: Random
  /** For naps and the night: of its own, so that nothing else is drawn differently for them. */
  readonly #night: Random
  readonly #trace: (text: string) => void
  readonly #history = new History()
  #cluster: Cluster | null = null
  #faults: Faults | null = null
  #undecided = 0
  #napping = false

  constructor(options: RunOptions) {
    this.#seed = options.seed
    this.#random = new Random(`${options.seed}/run`)
    this.#night = new Random(`${options.seed}/night`)
    const { trace } = options
    this.#trace = trace === undefined ? () => {} : (text) => trace(this.#cluster?.nowMs ?? 0, text)
  }

  get operations(): readonly Operation[] {
    return this.#history.operations
  }

  async play(): Promise<void> {
    const random = this.#random
    const settings = drawCluster(random.fork())
    const workload = drawWorkload(random.fork())
    const faultSettings = drawFaults(random.fork())
    this.#trace(`cluster ${JSON.stringify(settings)}`)
    this.#trace(`workload ${JSON.stringify(workload)}`)
    this.#trace(`faults ${JSON.stringify(faultSettings)}`)

    const cluster = await Cluster.start(this.#seed, settings, this.#trace)
    this.#cluster = cluster
    const { simulation } = cluster
    const replicas = new Replicas(cluster.firstIndex, this.#trace)
    const failures: WrongState[] = []
    const compare = (): number =>
      replicas.compare(cluster.hosts.values(), (found) => {
        if (found !== null) failures.push(found)
      })
    this.#watch(replicas, compare, failures)

    await this.#until(
      () => cluster.whatIsMissing() === null,
      BIRTH_MS_MAX,
      () => `after its birth: ${cluster.whatIsMissing()}`,
    )

    this.#trace('trouble begins')
    const source = new CommandSource(random.fork(), workload)
    const world: ClientWorld = {
      networks: cluster.networks,
      schedule: cluster.schedule,
      history: this.#history,
      source,
      settings: workload,
      wallMs: () => WALL_START_MS + cluster.nowMs,
      resting: false,
    }
    const clients = Array.from({ length: workload.clients }, () => new Client(world, random.fork()))
    for (const client of clients) client.start()
    const faults = new Faults(cluster, random.fork(), faultSettings)
    this.#faults = faults
    faults.start()
    if (this.#night.chance(0.5)) this.#nap(world, clients)
    await this.#for(random.between(5000, 25_000))

    faults.stop()
    this.#napping = false
    world.resting = true
    await this.#until(
      () =>
        cluster.nowMs > faults.heldUntilMs &&
        cluster.whatIsMissing() === null &&
        clients.every((client) => client.idle),
      HEALING_MS_MAX,
      () => `after faults stopped: ${cluster.whatIsMissing() ?? 'clients wait for replies'}`,
    )

    this.#trace('peace')
    const before = this.#history.operations.length
    world.resting = false
    for (const client of clients) client.resume()
    await this.#for(PEACE_MS)
    world.resting = true
    await this.#until(
      () => clients.every((client) => client.idle),
      FAREWELL_MS_MAX,
      () => 'clients wait for replies in peace',
    )
    this.#expectDone(this.#history.operations.slice(before), workload.vanishProbability > 0)

    this.#trace('farewell')
    const reader = new Client(world, random.fork())
    const last = [...source.keys].sort().map((key) => reader.ask(['GET', key]))
    last.push(reader.ask(['DBSIZE']))
    await this.#until(
      () => reader.idle,
      FAREWELL_MS_MAX,
      () => 'the last reads are not answered',
    )
    this.#expectDone(last, false)
    await this.#until(
      () => cluster.whatIsMissing() === null,
      HEALING_MS_MAX,
      () => `at the end: ${cluster.whatIsMissing()}`,
    )
    replicas.look(cluster.hosts.values())
    const begun = compare()
    const wanted = replicas.comparisons + begun
    await this.#until(
      () => replicas.comparisons >= wanted,
      FAREWELL_MS_MAX,
      () => 'engines are not read',
    )
    if (failures.length > 0) throw failures[0]
    await this.#expectRest()
    await this.#sleepThroughTheNight(reader, [...source.keys].sort())
    this.#trace(
      `${replicas.entriesSeen} entries, ${replicas.comparisons} comparisons of contents, ${simulation.steps} steps`,
    )

    const verdict = checkHistory(this.#history.operations, {
      toleranceMs: 2 + toleranceOf(faultSettings),
      configurationsMax: CONFIGURATIONS_MAX,
    })
    this.#undecided = verdict.undecided.length
    if (verdict.violations.length > 0) throw new WrongState(verdict.violations.join('\n'))
  }

  /** Looks at the replicas from time to time, whatever else goes on. */
  #watch(replicas: Replicas, compare: () => number, failures: readonly WrongState[]): void {
    const cluster = this.#cluster as Cluster
    let comparedMs = 0
    const look = () => {
      replicas.look(cluster.hosts.values())
      if (failures.length > 0) throw failures[0]
      if (cluster.nowMs - comparedMs >= COMPARE_EVERY_MS) {
        comparedMs = cluster.nowMs
        compare()
      }
      cluster.schedule(LOOK_EVERY_MS, look)
    }
    look()
  }

  async #until(condition: () => boolean, limitMs: number, what: () => string): Promise<void> {
    const { simulation } = this.#cluster as Cluster
    // Looked at now and then: it costs more than most events.
    const endMs = simulation.clock.monotonicMs() + limitMs
    while (!condition()) {
      if (simulation.clock.monotonicMs() >= endMs) throw new Stuck(`not within ${limitMs / 1000} s: ${what()}`)
      await this.#for(20)
    }
  }

  async #for(durationMs: number): Promise<void> {
    const { simulation } = this.#cluster as Cluster
    simulation.run({ untilMs: simulation.clock.monotonicMs() + durationMs })
  }

  async #expectRest(): Promise<void> {
    const { simulation } = this.#cluster as Cluster
    const passes = () => simulation.inspect().map((executor) => executor.passes)
    const before = passes()
    await this.#for(REST_MS)
    passes().forEach((count, executor) => {
      const more = count - (before[executor] as number)
      if (more > REST_PASSES_MAX) throw new Stuck(`executor ${executor} has made ${more} passes in a second of rest`)
    })
  }

  /** By day too, all clients now and then rest together, for long enough that some cells fall asleep among the faults. */
  #nap(world: ClientWorld, clients: readonly Client[]): void {
    const cluster = this.#cluster as Cluster
    this.#napping = true
    const wake = () => {
      if (!this.#napping) return
      world.resting = false
      for (const client of clients) client.resume()
      cluster.schedule(500 + this.#night.float() * 4000, doze)
    }
    const doze = () => {
      if (!this.#napping) return
      world.resting = true
      cluster.schedule(this.#night.float() * 2500, wake)
    }
    cluster.schedule(this.#night.float() * 3000, doze)
  }

  async #sleepThroughTheNight(reader: Client, keys: readonly string[]): Promise<void> {
    const cluster = this.#cluster as Cluster
    const faults = this.#faults as Faults
    if (cluster.options.sleepAfter > 0) {
      await this.#until(
        () => cluster.whoIsAwake() === null,
        cluster.options.sleepAfter + ASLEEP_MS_MAX,
        () => `though nobody asks for anything, ${cluster.whoIsAwake()}`,
      )
    }
    this.#trace('night')
    await this.#for(this.#night.float() * 3000)
    faults.strikeAtNight(this.#night)
    await this.#for(this.#night.float() * 2000)
    this.#trace('morning')
    // What is not executed in time may be asked again: the thread that it is led on may still be away.
    let asked = keys.map((key) => reader.ask(['GET', key]))
    await this.#until(
      () => {
        if (!reader.idle) return false
        asked = asked.filter(({ outcome }) => outcome !== 'done').map(({ command }) => reader.ask(command))
        return asked.length === 0
      },
      FAREWELL_MS_MAX,
      () => `in the morning ${asked.length} reads are not answered`,
    )
    await this.#until(
      () => cluster.whatIsMissing() === null,
      HEALING_MS_MAX,
      () => `in the morning: ${cluster.whatIsMissing()}`,
    )
  }

  #expectDone(operations: readonly Operation[], mayVanish: boolean): void {
    for (const operation of operations) {
      if (operation.outcome === 'done') continue
      // A client that vanished does not hear of its last commands.
      if (mayVanish && operation.returnedAt === Number.POSITIVE_INFINITY) continue
      throw new Stuck(`in peace a command was not executed: ${formatOperation(operation)}`)
    }
  }

  result(kind: RunResult['kind'], message: string): RunResult {
    const { operations } = this.#history
    const count = (outcome: Operation['outcome']) => operations.filter((each) => each.outcome === outcome).length
    return {
      kind,
      seed: this.#seed,
      virtualMs: this.#cluster?.nowMs ?? 0,
      hash: `${this.#cluster?.simulation.traceHash ?? 'none'}-${historyHash(operations)}`,
      message,
      operations: operations.length,
      unknown: count('unknown'),
      notExecuted: count('notExecuted'),
      undecided: this.#undecided,
      strikes: this.#faults?.strikes ?? new Map(),
    }
  }
}

/** Clocks of two executors may be off in opposite directions. */
function toleranceOf(settings: { wallSkewMs: number; wallSkewMaxMs: number }): number {
  return Number.isFinite(settings.wallSkewMs) ? settings.wallSkewMaxMs : 0
}

function historyHash(operations: readonly Operation[]): string {
  let hash = 0
  for (const { invokedAt, returnedAt, outcome, reply } of operations) {
    const text = `${invokedAt}/${returnedAt}/${outcome}/${JSON.stringify(reply)}`
    for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  }
  return (hash >>> 0).toString(16).padStart(8, '0')
}
