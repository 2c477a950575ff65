/**
 * What goes wrong: each kind of fault strikes at times of its own, at the rate that was drawn (`fault-settings.ts`).
 *
 * Phases: `start` → until `stop` each kind strikes at drawn times → `stop` heals all that can be healed: executors run,
 * messages pass, disks are quick. What was lost stays lost. After that the product must come back by itself.
 *
 * Every strike is told to `trace`, and counted.
 */
import type { MessageFilter } from '../../src/actor/index.ts'
import type { Random } from '../../src/base/index.ts'
import type { FaultSettings } from './fault-settings.ts'
import { Weather } from './weather.ts'

/** What can be done to the world. The cluster does it. */
export interface Victim {
  /** Workers; the main thread has the next number, and dies with the process only. */
  readonly executors: number
  readonly nowMs: number
  /** Where PD is; null: nowhere just now. */
  readonly pdExecutor: number | null
  schedule(delayMs: number, action: () => void): void
  isUp(executor: number): boolean
  crashExecutor(executor: number): void
  restartExecutor(executor: number): void
  crashProcess(): void
  restartProcess(): void
  /** The next start of the process finds a new store in its configuration. */
  addStore(random: Random): void
  pauseExecutor(executor: number, durationMs: number): void
  setFilter(filter: MessageFilter | null): void
  /** From now on a sync of this executor's disk takes so long, from and to; null: as usual. */
  setSyncMs(executor: number, range: [number, number] | null): void
  setWallSkew(executor: number, skewMs: number): void
  /** From now on this executor's disk has no more room, or has it again. */
  setFull(executor: number, isFull: boolean): void
  /** The next sync of some disk fails; false when the loss of no disk could be borne. */
  failSync(random: Random): boolean
  /** Something on some disk rots, and its thread is started anew, or reads it; false likewise. */
  rot(random: Random): boolean
  /** Whatever a majority of the disks had synced is damaged, and their threads die. */
  ruin(random: Random): void
  /** Where some cell is led; null: nowhere that is known. */
  someLeader(random: Random): number | null
  /** Once, soon after the next reply has left for a client: the moment at which a promise has just been made. */
  whenReplying(action: () => void): void
  /** Some cell is asked to be led by some other store. */
  transferLeader(random: Random): void
  /** Some cell is asked to be split, somewhere or in its middle. */
  splitCell(random: Random): void
  /** Some cell is asked to become a part of its neighbour. */
  mergeCells(random: Random): void
  /** Some cell is asked to have a peer more, or one less. */
  changeMembers(random: Random): void
  /** Some store is asked to be emptied, or to be used again. */
  orderStore(random: Random): void
  changeSetting(random: Random): void
  trace(text: string): void
}

/** The longest pause is beyond any lease and any election. */
const PAUSE_MS_MAX = 3000
const DRIFT_STEP_MS = 100

export class Faults {
  readonly #victim: Victim
  readonly #random: Random
  readonly #settings: FaultSettings
  readonly #merges: Random
  readonly #weather: Weather
  #active = false
  #processDown = false
  #storeAdded = false
  /** By executor: what jumps and drift have come to. */
  readonly #skewMs: number[] = []
  /** When a majority was destroyed; Infinity: never. */
  ruinedMs = Number.POSITIVE_INFINITY
  /** By kind, for the summary of a run. */
  readonly strikes = new Map<string, number>()

  /** @param merges chance for orders to merge: of its own, so that nothing else is drawn differently for them */
  constructor(victim: Victim, random: Random, settings: FaultSettings, merges: Random) {
    this.#merges = merges
    this.#victim = victim
    this.#random = random
    this.#settings = settings
    this.#weather = new Weather(
      random.fork(),
      () => victim.nowMs,
      (kind) => this.#count(kind),
    )
  }

  /** When the last message that was held back comes through. */
  get heldUntilMs(): number {
    return this.#weather.heldUntilMs
  }

  start(): void {
    const settings = this.#settings
    const victim = this.#victim
    const random = this.#random
    this.#active = true
    victim.setFilter(this.#weather.judge)
    this.#every('executor crash', settings.executorCrashMs, () => this.#atSomeMoment(() => this.#crashExecutor()))
    this.#every('process crash', settings.processCrashMs, () => this.#atSomeMoment(() => this.#crashProcess()))
    this.#every('pause', settings.pauseMs, () => this.#pause())
    this.#every('weather', settings.weatherMs, () => this.#storm())
    this.#every(null, settings.partitionMs, () => this.#cut())
    this.#every('partition of PD', settings.pdPartitionMs, () => this.#cutPd())
    this.#every('trance', settings.tranceMs, () => this.#entrance())
    this.#every('eclipse', settings.eclipseMs, () => this.#eclipse())
    this.#every('slow disk', settings.slowDiskMs, () => this.#slowDisk())
    this.#every('full disk', settings.fullDiskMs, () => this.#fillDisk())
    this.#every(null, settings.syncFailureMs, () => {
      if (victim.failSync(random)) this.#count('failed sync')
    })
    this.#every(null, settings.rotMs, () => {
      if (victim.rot(random)) this.#count('bit rot')
    })
    this.#every('transfer', settings.transferMs, () => victim.transferLeader(random))
    this.#every('split', settings.splitMs, () => victim.splitCell(random))
    this.#every('merge', settings.mergeMs, () => victim.mergeCells(this.#merges), this.#merges)
    this.#every('membership change', settings.memberMs, () => victim.changeMembers(random))
    this.#every('store offline or online', settings.offlineMs, () => victim.orderStore(random))
    this.#every('setting changed', settings.settingMs, () => victim.changeSetting(random))
    this.#every('clock jump', settings.wallSkewMs, () => this.#jump())
    if (settings.driftMax > 0) this.#drift()
    if (Number.isFinite(settings.ruinAfterMs)) victim.schedule(settings.ruinAfterMs, () => this.#ruin())
  }

  /** Heals. The world may still be restarting something for a moment. */
  stop(): void {
    const victim = this.#victim
    this.#active = false
    this.#weather.clear()
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

  #count(kind: string): void {
    this.strikes.set(kind, (this.strikes.get(kind) ?? 0) + 1)
  }

  /** `kind` null: the strike counts itself. */
  #every(kind: string | null, meanMs: number, strike: () => void, random: Random = this.#random): void {
    if (meanMs === Number.POSITIVE_INFINITY) return
    const victim = this.#victim
    const next = () => {
      victim.schedule(-Math.log(1 - random.float()) * meanMs, () => {
        if (!this.#active) return
        if (!this.#processDown) {
          if (kind !== null) this.#count(kind)
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
    if (!this.#storeAdded && this.#random.chance(this.#settings.storeAddedProbability)) {
      this.#storeAdded = true
      this.#count('store added')
      victim.addStore(this.#random)
    }
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

  #storm(): void {
    const durationMs = this.#random.float() * 4000
    this.#weather.storm(durationMs)
    this.#victim.trace(`messages are lost, late or doubled for ${durationMs.toFixed(0)} ms`)
  }

  #cut(): void {
    const { executors } = this.#victim
    // The main one too: a gateway that hears of nothing new sends to leaders that were.
    const a = this.#random.below(executors + 1)
    // One from one other; or from all, so that what it leads must be led by others before it knows.
    const isAlone = this.#random.chance(0.5)
    const other = (a + 1 + this.#random.below(executors)) % (executors + 1)
    // Both ways, or one: half of a partition is the worse kind.
    const bothWays = this.#random.chance(0.6)
    this.#count(
      `${isAlone ? 'partition of an executor' : 'partition of a pair'} ${bothWays ? '(symmetric)' : '(one-way)'}`,
    )
    this.#part(a, isAlone ? null : other, bothWays)
  }

  #cutPd(): void {
    const { pdExecutor } = this.#victim
    if (pdExecutor !== null) this.#part(pdExecutor, null, true)
  }

  #part(a: number, other: number | null, bothWays: boolean): void {
    const { executors, nowMs } = this.#victim
    const untilMs = nowMs + this.#random.float() * 4000
    for (let b = 0; b <= executors; b++) {
      if (b === a || (other !== null && b !== other)) continue
      this.#weather.part(a, b, untilMs)
      if (bothWays) this.#weather.part(b, a, untilMs)
    }
    const parted = `${bothWays ? 'and' : 'to'} ${other ?? 'all others'}`
    this.#victim.trace(`${a} ${parted} are parted for ${(untilMs - nowMs).toFixed(0)} ms`)
  }

  #entrance(): void {
    const { executors, nowMs } = this.#victim
    const executor = this.#victim.someLeader(this.#random) ?? this.#someExecutor()
    const durationMs = 300 + this.#random.float() * PAUSE_MS_MAX
    const deafMs = this.#random.float() * 1000
    for (let other = 0; other <= executors; other++) {
      if (other === executor) continue
      this.#weather.part(executor, other, nowMs + durationMs + deafMs)
      this.#weather.part(other, executor, nowMs + durationMs + deafMs)
    }
    this.#victim.trace(
      `executor ${executor} pauses for ${durationMs.toFixed(0)} ms and is deaf ${deafMs.toFixed(0)} ms longer`,
    )
    this.#victim.pauseExecutor(executor, durationMs)
  }

  #eclipse(): void {
    const { executors, nowMs } = this.#victim
    const executor = this.#victim.someLeader(this.#random) ?? this.#someExecutor()
    const durationMs = 600 + this.#random.float() * 1800
    // What it hears is old: answers to rounds of long ago, and the news of another leader.
    const lagMs = this.#random.float() * 900
    const untilMs = nowMs + durationMs
    for (let other = 0; other <= executors; other++) {
      if (other === executor) continue
      this.#weather.part(executor, other, untilMs)
      this.#weather.part(other, executor, untilMs, lagMs)
    }
    this.#victim.trace(
      `executor ${executor} is not heard for ${durationMs.toFixed(0)} ms, and hears what is ${lagMs.toFixed(0)} ms old`,
    )
  }

  #fillDisk(): void {
    const executor = this.#someExecutor()
    const durationMs = this.#random.float() * 5000
    this.#victim.trace(`the disk of executor ${executor} is full for ${durationMs.toFixed(0)} ms`)
    this.#victim.setFull(executor, true)
    this.#victim.schedule(durationMs, () => this.#victim.setFull(executor, false))
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

  #jump(): void {
    const executor = this.#someExecutor()
    const skewMs = (this.#random.float() * 2 - 1) * this.#settings.wallSkewMaxMs
    this.#victim.trace(`the wall clock of executor ${executor} is ${skewMs.toFixed(0)} ms off`)
    this.#skewMs[executor] = skewMs
    this.#victim.setWallSkew(executor, skewMs)
  }

  /** Each clock at a rate of its own, beside the jumps. */
  #drift(): void {
    const victim = this.#victim
    const rates = Array.from(
      { length: victim.executors },
      () => (this.#random.float() * 2 - 1) * this.#settings.driftMax,
    )
    this.#count('clock drift')
    const step = () => {
      if (!this.#active) return
      rates.forEach((rate, executor) => {
        const skewMs = (this.#skewMs[executor] ?? 0) + rate * DRIFT_STEP_MS
        this.#skewMs[executor] = skewMs
        victim.setWallSkew(executor, skewMs)
      })
      victim.schedule(DRIFT_STEP_MS, step)
    }
    victim.schedule(DRIFT_STEP_MS, step)
  }

  #ruin(): void {
    const victim = this.#victim
    if (!this.#active || this.#processDown) return
    this.#count('majority destroyed')
    this.ruinedMs = victim.nowMs
    victim.ruin(this.#random)
  }
}
