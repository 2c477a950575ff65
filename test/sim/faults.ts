/**
 * What goes wrong, drawn from a seed: each kind has a rate of its own, and most runs lack some of them, so that some seeds
 * see nothing but paused executors and others see everything at once.
 *
 * Phases: `start` → until `stop` each kind strikes at drawn times → `stop` heals all that can be healed: executors run,
 * messages pass, disks are quick. What was lost stays lost. After that the product must come back by itself.
 *
 * Every strike is told to `trace`.
 */
import type { Lane, MessageFilter } from '../../src/actor/index.ts'
import type { Random } from '../../src/base/index.ts'

/** Mean time between two strikes; Infinity: never. */
export interface FaultSettings {
  /** A thread dies and is started again; what its disks had not synced is gone or torn. */
  readonly executorCrashMs: number
  /** The whole process dies, the power with it, and is started again. */
  readonly processCrashMs: number
  /** A thread stands still, sometimes for longer than any lease. */
  readonly pauseMs: number
  /** For a while messages are late; those that may be dropped are dropped, or come twice. */
  readonly weatherMs: number
  /** For a while nothing passes between two executors: what may not be dropped comes afterwards. */
  readonly partitionMs: number
  /** A thread stands still and, when it wakes up, hears of nothing new for a while: it believes in the world that was. */
  readonly tranceMs: number
  /** For a while a disk takes long to sync. */
  readonly slowDiskMs: number
  /** For a while a disk has no room for another segment. */
  readonly fullDiskMs: number
  /** A sync fails: the stores of that disk are lost for good. Once in a run, and only where that leaves enough of them. */
  readonly syncFailureMs: number
  /** Someone asks for another leader. */
  readonly transferMs: number
  /** Someone asks for a cell to be split. */
  readonly splitMs: number
  /** The wall clock of an executor jumps. */
  readonly wallSkewMs: number
  /** By how much, at most. */
  readonly wallSkewMaxMs: number
}

/** The kinds of trouble that a run may name. */
export function drawFaults(random: Random): FaultSettings {
  // A quiet run now and then: what is wrong there is wrong without any excuse.
  const quiet = random.chance(0.1)
  const rate = (probability: number, fromMs: number, toMs: number) =>
    !quiet && random.chance(probability) ? fromMs + random.float() * (toMs - fromMs) : Number.POSITIVE_INFINITY
  return {
    executorCrashMs: rate(0.6, 1500, 15_000),
    processCrashMs: rate(0.3, 5000, 20_000),
    pauseMs: rate(0.5, 500, 8000),
    weatherMs: rate(0.6, 1000, 8000),
    partitionMs: rate(0.5, 1500, 10_000),
    tranceMs: rate(0.4, 2000, 10_000),
    slowDiskMs: rate(0.4, 2000, 10_000),
    fullDiskMs: rate(0.2, 2000, 10_000),
    syncFailureMs: rate(0.2, 2000, 10_000),
    transferMs: rate(0.5, 300, 4000),
    splitMs: rate(0.4, 500, 6000),
    wallSkewMs: rate(0.2, 1000, 5000),
    wallSkewMaxMs: random.pick([5, 200, 3000]),
  }
}

/** What can be done to the world. The cluster does it. */
export interface Victim {
  /** Workers; the main thread has the next number, and dies with the process only. */
  readonly executors: number
  readonly nowMs: number
  schedule(delayMs: number, action: () => void): void
  isUp(executor: number): boolean
  crashExecutor(executor: number): void
  restartExecutor(executor: number): void
  crashProcess(): void
  restartProcess(): void
  pauseExecutor(executor: number, durationMs: number): void
  setFilter(filter: MessageFilter | null): void
  /** From now on a sync of this executor's disk takes so long, from and to; null: as usual. */
  setSyncMs(executor: number, range: [number, number] | null): void
  setWallSkew(executor: number, skewMs: number): void
  /** From now on this executor's disk has no more room, or has it again. */
  setFull(executor: number, isFull: boolean): void
  /** The next sync of some disk fails; false when the loss of no disk could be borne. */
  failSync(random: Random): boolean
  /** Where some cell is led; null: nowhere that is known. */
  someLeader(random: Random): number | null
  /** Once, soon after the next reply has left for a client: the moment at which a promise has just been made. */
  whenReplying(action: () => void): void
  /** Some cell is asked to be led by some other store. */
  transferLeader(random: Random): void
  /** Some cell is asked to be split, somewhere or in its middle. */
  splitCell(random: Random): void
  trace(text: string): void
}

interface Weather {
  readonly untilMs: number
  readonly drop: number
  readonly delay: number
  readonly duplicate: number
}

/** The longest pause is beyond any lease and any election. */
const PAUSE_MS_MAX = 3000
const MESSAGE_DELAY_MS_MAX = 400

export class Faults {
  readonly #victim: Victim
  readonly #random: Random
  readonly #settings: FaultSettings
  #active = false
  #processDown = false
  #syncFailed = false
  #weather: Weather | null = null
  /** Pairs between which nothing droppable passes, with the end of that. */
  readonly #cuts = new Map<string, number>()
  /** When the last message that was held back by a cut comes through; healing a cut does not hasten it. */
  heldUntilMs = 0
  /** By kind, for the summary of a run. */
  readonly strikes = new Map<string, number>()

  constructor(victim: Victim, random: Random, settings: FaultSettings) {
    this.#victim = victim
    this.#random = random
    this.#settings = settings
  }

  start(): void {
    const settings = this.#settings
    this.#active = true
    this.#victim.setFilter((from, to, lane) => this.#judge(from, to, lane))
    this.#strikeEvery('executor crash', settings.executorCrashMs, () => this.#atSomeMoment(() => this.#crashExecutor()))
    this.#strikeEvery('process crash', settings.processCrashMs, () => this.#atSomeMoment(() => this.#crashProcess()))
    this.#strikeEvery('pause', settings.pauseMs, () => this.#pause())
    this.#strikeEvery('weather', settings.weatherMs, () => this.#changeWeather())
    this.#strikeEvery('partition', settings.partitionMs, () => this.#cut())
    this.#strikeEvery('trance', settings.tranceMs, () => this.#entrance())
    this.#strikeEvery('slow disk', settings.slowDiskMs, () => this.#slowDisk())
    this.#strikeEvery('full disk', settings.fullDiskMs, () => this.#fillDisk())
    this.#strikeEvery('sync failure', settings.syncFailureMs, () => this.#failSync())
    this.#strikeEvery('transfer', settings.transferMs, () => this.#victim.transferLeader(this.#random))
    this.#strikeEvery('split', settings.splitMs, () => this.#victim.splitCell(this.#random))
    this.#strikeEvery('wall clock', settings.wallSkewMs, () => this.#skew())
  }

  /** Heals. The world may still be restarting something for a moment. */
  stop(): void {
    const victim = this.#victim
    this.#active = false
    this.#weather = null
    this.#cuts.clear()
    victim.setFilter(null)
    for (let executor = 0; executor < victim.executors; executor++) {
      victim.setSyncMs(executor, null)
      victim.setFull(executor, false)
    }
    // Clocks stay as they are: a clock that goes back to what it was is one more jump.
    victim.trace('faults stop')
  }

  /** One thing befalls those who sleep, and passes by itself: or nothing does. */
  strikeAtNight(random: Random): void {
    const victim = this.#victim
    const executor = random.below(victim.executors)
    const durationMs = 1 + random.float() * PAUSE_MS_MAX
    switch (random.pick(['nothing', 'crash', 'crash', 'pause', 'process'])) {
      case 'crash':
        victim.trace(`executor ${executor} crashes in its sleep for ${durationMs.toFixed(0)} ms`)
        victim.crashExecutor(executor)
        victim.schedule(durationMs, () => victim.restartExecutor(executor))
        break
      case 'pause':
        victim.trace(`executor ${executor} stands still in its sleep for ${durationMs.toFixed(0)} ms`)
        victim.pauseExecutor(executor, durationMs)
        break
      case 'process':
        victim.trace(`the process dies in its sleep`)
        victim.crashProcess()
        victim.schedule(durationMs, () => victim.restartProcess())
        break
      default:
        break
    }
  }

  #strikeEvery(kind: string, meanMs: number, strike: () => void): void {
    if (meanMs === Number.POSITIVE_INFINITY) return
    const victim = this.#victim
    const next = () => {
      victim.schedule(-Math.log(1 - this.#random.float()) * meanMs, () => {
        if (!this.#active) return
        if (!this.#processDown) {
          this.strikes.set(kind, (this.strikes.get(kind) ?? 0) + 1)
          strike()
        }
        next()
      })
    }
    next()
  }

  #someExecutor(): number {
    return this.#random.below(this.#victim.executors)
  }

  /** At any time, or just when something was promised. */
  #atSomeMoment(strike: () => void): void {
    if (this.#random.chance(0.5)) strike()
    else {
      this.#victim.whenReplying(() => {
        if (this.#active && !this.#processDown) strike()
      })
    }
  }

  #crashExecutor(): void {
    const victim = this.#victim
    const leader = this.#random.chance(0.5) ? victim.someLeader(this.#random) : null
    const executor = leader ?? this.#someExecutor()
    if (!victim.isUp(executor)) return
    const downMs = this.#random.pick([1, 100, 1500]) * (0.5 + this.#random.float())
    victim.trace(`executor ${executor} crashes for ${downMs.toFixed(0)} ms`)
    victim.crashExecutor(executor)
    victim.schedule(downMs, () => {
      if (!this.#processDown && !victim.isUp(executor)) victim.restartExecutor(executor)
    })
  }

  #crashProcess(): void {
    const victim = this.#victim
    const downMs = 10 + this.#random.float() * 1000
    victim.trace(`the process crashes for ${downMs.toFixed(0)} ms`)
    this.#processDown = true
    victim.crashProcess()
    victim.schedule(downMs, () => {
      this.#processDown = false
      victim.trace('the process starts again')
      victim.restartProcess()
    })
  }

  #pause(): void {
    // Main too: a gateway that stands still must not confuse anyone either.
    const executor = this.#random.below(this.#victim.executors + 1)
    const durationMs = this.#random.float() ** 2 * PAUSE_MS_MAX
    this.#victim.trace(`executor ${executor} pauses for ${durationMs.toFixed(0)} ms`)
    this.#victim.pauseExecutor(executor, durationMs)
  }

  #changeWeather(): void {
    const random = this.#random
    const share = () => random.pick([0, 0.02, 0.3])
    const durationMs = random.float() * 4000
    this.#weather = {
      untilMs: this.#victim.nowMs + durationMs,
      drop: share(),
      // One late message holds up all behind it.
      delay: share() / 4,
      duplicate: share(),
    }
    this.#victim.trace(`messages are lost, late or doubled for ${durationMs.toFixed(0)} ms`)
  }

  #cut(): void {
    const { executors, nowMs } = this.#victim
    const durationMs = this.#random.float() * 4000
    // The main one too: a gateway that hears of nothing new sends to leaders that were.
    const a = this.#random.below(executors + 1)
    // One from one other; or from all, so that what it leads must be led by others before it knows.
    const isAlone = this.#random.chance(0.5)
    const other = (a + 1 + this.#random.below(executors)) % (executors + 1)
    // Both ways, or one: half of a partition is the worse kind.
    const bothWays = this.#random.chance(0.6)
    for (let b = 0; b <= executors; b++) {
      if (b !== a && (isAlone || b === other)) this.#part(a, b, bothWays, nowMs + durationMs)
    }
    const parted = `${bothWays ? 'and' : 'to'} ${isAlone ? 'all others' : other}`
    this.#victim.trace(`${a} ${parted} are parted for ${durationMs.toFixed(0)} ms`)
  }

  #part(a: number, b: number, bothWays: boolean, untilMs: number): void {
    this.#cuts.set(`${a}>${b}`, untilMs)
    if (bothWays) this.#cuts.set(`${b}>${a}`, untilMs)
  }

  #entrance(): void {
    const { executors, nowMs } = this.#victim
    const executor = this.#victim.someLeader(this.#random) ?? this.#someExecutor()
    const durationMs = 300 + this.#random.float() * PAUSE_MS_MAX
    const deafMs = this.#random.float() * 1000
    for (let other = 0; other <= executors; other++) {
      if (other !== executor) this.#part(executor, other, true, nowMs + durationMs + deafMs)
    }
    this.#victim.trace(
      `executor ${executor} pauses for ${durationMs.toFixed(0)} ms and is deaf ${deafMs.toFixed(0)} ms longer`,
    )
    this.#victim.pauseExecutor(executor, durationMs)
  }

  #judge(from: number, to: number, lane: Lane): ReturnType<MessageFilter> {
    const { nowMs } = this.#victim
    const cutUntilMs = this.#cuts.get(`${from}>${to}`) ?? 0
    if (cutUntilMs > nowMs) {
      if (lane === 'droppable') return 'drop'
      this.heldUntilMs = Math.max(this.heldUntilMs, cutUntilMs)
      return { delayMs: cutUntilMs - nowMs }
    }
    const weather = this.#weather
    if (weather === null || weather.untilMs < nowMs) return 'deliver'
    const random = this.#random
    if (random.chance(weather.delay)) return { delayMs: random.float() * MESSAGE_DELAY_MS_MAX }
    if (lane !== 'droppable') return 'deliver'
    if (random.chance(weather.drop)) return 'drop'
    return random.chance(weather.duplicate) ? 'duplicate' : 'deliver'
  }

  #fillDisk(): void {
    const executor = this.#someExecutor()
    const durationMs = this.#random.float() * 5000
    this.#victim.trace(`the disk of executor ${executor} is full for ${durationMs.toFixed(0)} ms`)
    this.#victim.setFull(executor, true)
    this.#victim.schedule(durationMs, () => this.#victim.setFull(executor, false))
  }

  #failSync(): void {
    if (!this.#syncFailed) this.#syncFailed = this.#victim.failSync(this.#random)
  }

  #slowDisk(): void {
    const executor = this.#someExecutor()
    const durationMs = this.#random.float() * 3000
    const slowMs = this.#random.pick([20, 200, 1000])
    this.#victim.trace(
      `the disk of executor ${executor} takes up to ${slowMs} ms a sync for ${durationMs.toFixed(0)} ms`,
    )
    this.#victim.setSyncMs(executor, [slowMs / 10, slowMs])
    this.#victim.schedule(durationMs, () => this.#victim.setSyncMs(executor, null))
  }

  #skew(): void {
    const executor = this.#someExecutor()
    const skewMs = (this.#random.float() * 2 - 1) * this.#settings.wallSkewMaxMs
    this.#victim.trace(`the wall clock of executor ${executor} is ${skewMs.toFixed(0)} ms off`)
    this.#victim.setWallSkew(executor, skewMs)
  }
}
