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
 *
 * Where a majority of the copies was destroyed there is no healing: after the trouble every key is asked for, and every
 * command must be refused, or of unknown fate; what was answered before is judged as ever.
 */
import { Random } from '../../src/base/index.ts'
import { checkHistory, formatOperation, type Operation } from '../check/index.ts'
import { Client, type ClientWorld } from './client.ts'
import { Cluster, type ClusterSettings, drawCluster, WALL_START_MS } from './cluster.ts'
import { clockToleranceMs, drawFaults, drawMerges, drawMode, type FaultSettings, type Mode } from './fault-settings.ts'
import { Faults } from './faults.ts'
import { History } from './history.ts'
import { type Replicas, WrongState } from './replicas.ts'
import { Watch } from './watch.ts'
import { CommandSource, drawWorkload, PATIENCE_MS, type WorkloadSettings } from './workload.ts'

/** As the process's exit codes have it. */
export const exitCodes = { fine: 0, crash: 10, wrong: 11, stuck: 12 } as const

export interface RunOptions {
  readonly seed: string
  /** Otherwise drawn. */
  readonly mode?: Mode
  /** At least a minute of virtual time and two thousand commands. */
  readonly long?: boolean
  /** Prints events with their virtual time. */
  readonly trace?: (atMs: number, text: string) => void
  /** Gets all operations at the end. */
  readonly history?: (operations: readonly Operation[]) => void
}

export interface RunResult {
  readonly kind: keyof typeof exitCodes
  readonly seed: string
  readonly mode: Mode
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
const PEACES_MAX = 4
/** In the last. */
const PEACE_DEPTH_MAX = 4
const FAREWELL_MS_MAX = 30_000
/** A few seconds' work for one key; what is then undecided is counted, and is no failure. */
const CONFIGURATIONS_MAX = 150_000
const REST_MS = 1000
/** From the time at which a cell may sleep until all do: questions may have to be asked again. */
const ASLEEP_MS_MAX = 15_000
/** Ticks and heartbeats take some; one that never sleeps takes tens of thousands. */
const REST_PASSES_MAX = 500
/** With birth and peace, more than a minute. */
const LONG_TROUBLE_MS = 57_000
const LONG_COMMANDS = 2000
/** Asked for where nothing may be served. */
const RUIN_KEYS = 40
/** What is refused at once, because a thread is away, is not asked again a thousand times until it is back. */
const ASK_AGAIN_MS = 500

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
  readonly #options: RunOptions
  readonly #random: Random
  /** For naps and the night: of its own, so that nothing else is drawn differently for them. */
  readonly #night: Random
  /** For merges: likewise. */
  readonly #merges: Random
  readonly #mergeMs: number
  readonly #mode: Mode
  readonly #trace: (text: string) => void
  readonly #history = new History()
  #cluster: Cluster | null = null
  #faults: Faults | null = null
  #watch: Watch | null = null
  #world: ClientWorld | null = null
  #undecided = 0
  #napping = false

  constructor(options: RunOptions) {
    this.#options = options
    this.#random = new Random(`${options.seed}/run`)
    this.#night = new Random(`${options.seed}/night`)
    const drawn = drawMode(this.#random.fork())
    this.#merges = new Random(`${options.seed}/merges`)
    const { mode, mergeMs } = drawMerges(this.#merges, options.mode ?? drawn)
    this.#mode = options.mode ?? mode
    this.#mergeMs = mergeMs
    const { trace } = options
    this.#trace = trace === undefined ? () => {} : (text) => trace(this.#cluster?.nowMs ?? 0, text)
  }

  get operations(): readonly Operation[] {
    return this.#history.operations
  }

  async play(): Promise<void> {
    const random = this.#random
    const settings = drawCluster(random.fork(), this.#mode)
    const workload = drawWorkload(random.fork(), this.#mode)
    const drawnFaults = drawFaults(random.fork(), this.#mode)
    const mergeMs = Math.min(drawnFaults.mergeMs, this.#mergeMs)
    const faultSettings = {
      ...drawnFaults,
      mergeMs: Number.isFinite(drawnFaults.splitMs) ? mergeMs : Number.POSITIVE_INFINITY,
    }
    this.#trace(`mode ${this.#mode}`)
    this.#trace(`cluster ${JSON.stringify(settings)}`)
    this.#trace(`workload ${JSON.stringify(workload)}`)
    this.#trace(`faults ${JSON.stringify(faultSettings)}`)

    const cluster = await Cluster.start(this.#options.seed, settings, this.#trace)
    this.#cluster = cluster
    cluster.pdAwayMsMax = faultSettings.pdAwayMsMax
    const { splitMs, memberMs, offlineMs } = faultSettings
    cluster.letDamageLurk(![splitMs, memberMs, offlineMs].some(Number.isFinite))
    const watch = new Watch(cluster, this.#trace)
    this.#watch = watch
    await this.#until(
      () => cluster.whatIsMissing() === null,
      BIRTH_MS_MAX,
      () => `after its birth: ${cluster.whatIsMissing()}`,
    )

    const { world, clients } = this.#employ(cluster, workload)
    if (this.#mode !== 'speed' && this.#night.chance(0.5)) this.#nap(world, clients)
    await this.#trouble(cluster, faultSettings)
    this.#napping = false
    world.resting = true
    if (Number.isFinite((this.#faults as Faults).ruinedMs)) {
      await this.#ruins(cluster, world, clients)
    } else {
      await this.#heal(cluster, clients, watch)
      await this.#peace(cluster, world, clients)
      const reader = await this.#farewell(cluster, world, watch)
      await this.#expectRest()
      await this.#sleepThroughTheNight(reader, [...world.source.keys].sort())
    }
    watch.trace()
    this.#judge(watch.replicas, settings, faultSettings)
  }

  #employ(cluster: Cluster, workload: WorkloadSettings): { world: ClientWorld; clients: readonly Client[] } {
    this.#trace('trouble begins')
    const random = this.#random
    const world: ClientWorld = {
      networks: cluster.networks,
      schedule: cluster.schedule,
      history: this.#history,
      source: new CommandSource(random.fork(), workload),
      settings: workload,
      wallMs: () => WALL_START_MS + cluster.nowMs,
      depthMax: workload.depthMax,
      resting: false,
      vanished: 0,
    }
    this.#world = world
    const clients = Array.from({ length: workload.clients }, () => new Client(world, random.fork()))
    for (const client of clients) client.start()
    return { world, clients }
  }

  async #trouble(cluster: Cluster, settings: FaultSettings): Promise<void> {
    const faults = new Faults(cluster, this.#random.fork(), settings, this.#merges)
    this.#faults = faults
    faults.start()
    const troubleMs = this.#random.between(5000, this.#mode === 'mixed' || this.#mode === 'speed' ? 25_000 : 15_000)
    await this.#for(this.#options.long ? LONG_TROUBLE_MS : troubleMs)
    while (this.#options.long && this.#history.operations.length < LONG_COMMANDS) await this.#for(1000)
    faults.stop()
  }

  async #heal(cluster: Cluster, clients: readonly Client[], watch: Watch): Promise<void> {
    const missing = () => cluster.whatIsMissing(watch.replicas.tiling.cells)
    await this.#until(
      () =>
        cluster.nowMs > (this.#faults as Faults).heldUntilMs &&
        missing() === null &&
        clients.every((client) => client.idle),
      HEALING_MS_MAX,
      () => `after faults stopped: ${missing() ?? 'clients wait for replies'}`,
    )
  }

  /**
   * Full service within a bounded time: PD may still be moving what the faults have left, and with a short request
   * time-out a command may meet that. So peace is tried a few times, and once everything must be executed. What is asked
   * behind fifty others that go one by one over slow disks is not bound to be: in the last try there are a few.
   */
  async #peace(cluster: Cluster, world: ClientWorld, clients: readonly Client[]): Promise<void> {
    for (let tried = 1; ; tried++) {
      if (tried === PEACES_MAX) world.depthMax = Math.min(world.depthMax, PEACE_DEPTH_MAX)
      const missed = await this.#tryPeace(world, clients)
      if (missed === null) break
      if (tried === PEACES_MAX) throw new Stuck(`in peace a command was not executed: ${formatOperation(missed)}`)
    }
    cluster.trace('farewell')
  }

  /** The first command that was not executed, or null. */
  async #tryPeace(world: ClientWorld, clients: readonly Client[]): Promise<Operation | null> {
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
    const { vanishProbability, patienceMs } = world.settings
    const mayVanish = vanishProbability > 0 || patienceMs < PATIENCE_MS
    return firstNotDone(this.#history.operations.slice(before), mayVanish)
  }

  async #farewell(cluster: Cluster, world: ClientWorld, watch: Watch): Promise<Client> {
    const reader = new Client(world, this.#random.fork(), PATIENCE_MS)
    const last = [...world.source.keys].sort().map((key) => reader.ask(['GET', key]))
    last.push(reader.ask(['DBSIZE']))
    await this.#untilDone(reader, last, 'at the end')
    await this.#until(
      () => cluster.whatIsMissing() === null,
      HEALING_MS_MAX,
      () => `at the end: ${cluster.whatIsMissing()}`,
    )
    watch.look()
    const gap = watch.replicas.tiling.gap()
    if (gap !== null) throw new WrongState(gap)
    watch.replicas.thorough = true
    const wanted = watch.compareAll()
    watch.replicas.thorough = false
    await this.#until(
      () => watch.replicas.comparisons >= wanted,
      FAREWELL_MS_MAX,
      () => 'engines are not read',
    )
    watch.throwFound()
    return reader
  }

  /** A majority of the copies is gone: nothing may be served that was on them. */
  async #ruins(cluster: Cluster, world: ClientWorld, clients: readonly Client[]): Promise<void> {
    this.#trace('nothing may be served any more')
    await this.#until(
      () => clients.every((client) => client.idle),
      HEALING_MS_MAX,
      () => 'clients wait for replies of a cluster in ruins',
    )
    const reader = new Client(world, this.#random.fork(), PATIENCE_MS)
    const last = [...world.source.keys]
      .sort()
      .slice(0, RUIN_KEYS)
      .map((key) => reader.ask(['GET', key]))
    last.push(reader.ask(['SET', 'text/ruins', 'v0']))
    await this.#until(
      () => reader.idle,
      FAREWELL_MS_MAX,
      () => 'the last reads are not answered',
    )
    // Damage to what nobody needs any more is no damage.
    if (cluster.lostStores * 2 <= cluster.settings.replicas) return
    for (const operation of last) {
      if (operation.outcome === 'done')
        throw new WrongState(`served, and most copies are destroyed: ${formatOperation(operation)}`)
    }
  }

  #judge(replicas: Replicas, settings: ClusterSettings, faults: FaultSettings): void {
    const strict = settings.options.connectionOrder === 'strict' && !Number.isFinite(faults.settingMs)
    const verdict = checkHistory(this.#history.operations, {
      toleranceMs: 2 + clockToleranceMs(faults, (this.#cluster as Cluster).nowMs),
      configurationsMax: CONFIGURATIONS_MAX,
      sessionOrder: { cellOf: replicas.tiling.cellFinder(), strict },
    })
    this.#undecided = verdict.undecided.length
    if (verdict.violations.length > 0) throw new WrongState(verdict.violations.join('\n'))
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
    const asked = keys.map((key) => reader.ask(['GET', key]))
    await this.#untilDone(reader, asked, 'in the morning')
    await this.#until(
      () => cluster.whatIsMissing() === null,
      HEALING_MS_MAX,
      () => `in the morning: ${cluster.whatIsMissing()}`,
    )
  }

  /** What is not executed in time is asked again: the thread that it is led on may be away, or its cell on the move. */
  async #untilDone(reader: Client, reads: readonly Operation[], when: string): Promise<void> {
    const cluster = this.#cluster as Cluster
    let asked = reads
    let askedMs = cluster.nowMs
    await this.#until(
      () => {
        if (!reader.idle) return false
        const missing = asked.filter(({ outcome }) => outcome !== 'done')
        if (missing.length === 0) return true
        if (cluster.nowMs - askedMs < ASK_AGAIN_MS) return false
        askedMs = cluster.nowMs
        asked = missing.map(({ command }) => reader.ask(command))
        return false
      },
      FAREWELL_MS_MAX,
      () => `${when} ${asked.length} reads are not answered`,
    )
  }

  result(kind: RunResult['kind'], message: string): RunResult {
    const { operations } = this.#history
    const count = (outcome: Operation['outcome']) => operations.filter((each) => each.outcome === outcome).length
    return {
      kind,
      seed: this.#options.seed,
      mode: this.#mode,
      virtualMs: this.#cluster?.nowMs ?? 0,
      hash: `${this.#cluster?.simulation.traceHash ?? 'none'}-${historyHash(operations)}`,
      message,
      operations: operations.length,
      unknown: count('unknown'),
      notExecuted: count('notExecuted'),
      undecided: this.#undecided,
      strikes: this.#strikes(),
    }
  }

  #strikes(): Map<string, number> {
    const strikes = new Map(this.#faults?.strikes ?? [])
    const { lostWrites = 0, tornSectors = 0 } = this.#cluster?.crashDamage ?? {}
    if (lostWrites > 0) strikes.set('unsynced write lost', lostWrites)
    if (tornSectors > 0) strikes.set('torn sector', tornSectors)
    const merged = this.#watch?.replicas.tiling.merges ?? 0
    if (merged > 0) strikes.set('cell merged', merged)
    const vanished = this.#world?.vanished ?? 0
    if (vanished > 0) strikes.set('client vanished', vanished)
    return strikes
  }
}

function historyHash(operations: readonly Operation[]): string {
  let hash = 0
  for (const { invokedAt, returnedAt, outcome, reply } of operations) {
    const text = `${invokedAt}/${returnedAt}/${outcome}/${JSON.stringify(reply)}`
    for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  }
  return (hash >>> 0).toString(16).padStart(8, '0')
}

function firstNotDone(operations: readonly Operation[], mayVanish: boolean): Operation | null {
  for (const operation of operations) {
    if (operation.outcome === 'done') continue
    // A client that vanished does not hear of its last commands.
    if (mayVanish && operation.returnedAt === Number.POSITIVE_INFINITY) continue
    return operation
  }
  return null
}
