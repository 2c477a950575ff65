/**
 * What goes wrong in a run, drawn from its seed: first a *mode*, which says what the run is about, then a rate for each kind of
 * fault. In most modes most kinds are absent, so that some seeds see nothing but paused executors and others see
 * everything at once: what a mixture hides, a monotony shows.
 */
import type { Random } from '../../src/base/index.ts'

/**
 * * `mixed`: each kind is there or not;
 * * `leases`: leaders that hear and are not heard, sleep, are transferred, while their clients go on reading: few keys,
 *   mostly reads, a gateway beside each leader;
 * * `power`: threads and the process die again and again, at the worst moments;
 * * `moves`: splits, new and removed peers, leaders moved, stores emptied, added and lost, with threads that die;
 * * `merges`: cells cut and made one again, all the time, while threads die and peers move;
 * * `clocks`: keys that die, on wall clocks that jump and drift;
 * * `order`: pipelines to few keys in few cells, whose leaders move;
 * * `speed`: nothing goes wrong, in twenty cells, so that time can be measured; no seed draws it;
 * * `ruin`: a majority of the copies is destroyed; what follows may be refused and must not be wrong.
 */
export type Mode = 'mixed' | 'leases' | 'power' | 'moves' | 'merges' | 'clocks' | 'order' | 'ruin' | 'speed'

export const modes: readonly Mode[] = [
  'mixed',
  'leases',
  'power',
  'moves',
  'merges',
  'clocks',
  'order',
  'ruin',
  'speed',
]

export function drawMode(random: Random): Mode {
  return random.pick([
    'mixed',
    'mixed',
    'mixed',
    'leases',
    'leases',
    'power',
    'power',
    'moves',
    'moves',
    'clocks',
    'order',
    'ruin',
  ])
}

/** Mean time between two strikes; Infinity: never. */
export interface FaultSettings {
  /** A thread dies and is started again; what its disks had not synced is gone or torn. */
  readonly executorCrashMs: number
  /** The whole process dies, the power with it, and is started again. */
  readonly processCrashMs: number
  /** When the process starts again it has a store more. Once in a run. */
  readonly storeAddedProbability: number
  /** A thread stands still, sometimes for longer than any lease. */
  readonly pauseMs: number
  /** For a while messages are late; those that may be dropped are dropped, or come twice. */
  readonly weatherMs: number
  /** For a while nothing passes between two executors: what may not be dropped comes afterwards. */
  readonly partitionMs: number
  /** The same for the executor that PD is on; and when PD's thread dies, no PD for so long at most. */
  readonly pdPartitionMs: number
  readonly pdAwayMsMax: number
  /** A thread stands still and, when it wakes up, hears of nothing new for a while: it believes in the world that was. */
  readonly tranceMs: number
  /** Nobody hears a leader's thread, and it hears the others late: its lease must end before they elect another. */
  readonly eclipseMs: number
  /** For a while a disk takes long to sync. */
  readonly slowDiskMs: number
  /** For a while a disk has no room for another segment. */
  readonly fullDiskMs: number
  /** A sync fails: the stores of that disk are lost for good. Only where that leaves enough of them. */
  readonly syncFailureMs: number
  /** A bit flips in what a log, or an engine, had synced. Under the same condition. */
  readonly rotMs: number
  /** Someone asks for another leader. */
  readonly transferMs: number
  /** Someone asks for a cell to be split. */
  readonly splitMs: number
  /** Someone asks for two cells to be made one. */
  readonly mergeMs: number
  /** Someone asks for a peer more, or one less. */
  readonly memberMs: number
  /** Someone asks for a store to be emptied, or to be used again. */
  readonly offlineMs: number
  /** Someone changes a setting that may be changed while the server runs. */
  readonly settingMs: number
  /** The wall clock of an executor jumps. */
  readonly wallSkewMs: number
  /** By how much, at most. */
  readonly wallSkewMaxMs: number
  /** The wall clocks go too fast or too slow, by so much of a second per second at most. */
  readonly driftMax: number
  /** Once, after so long: a majority of the disks is destroyed. */
  readonly ruinAfterMs: number
}

const NEVER = Number.POSITIVE_INFINITY

const none: FaultSettings = {
  executorCrashMs: NEVER,
  processCrashMs: NEVER,
  storeAddedProbability: 0,
  pauseMs: NEVER,
  weatherMs: NEVER,
  partitionMs: NEVER,
  pdPartitionMs: NEVER,
  pdAwayMsMax: 50,
  tranceMs: NEVER,
  eclipseMs: NEVER,
  slowDiskMs: NEVER,
  fullDiskMs: NEVER,
  syncFailureMs: NEVER,
  rotMs: NEVER,
  transferMs: NEVER,
  splitMs: NEVER,
  mergeMs: NEVER,
  memberMs: NEVER,
  offlineMs: NEVER,
  settingMs: NEVER,
  wallSkewMs: NEVER,
  wallSkewMaxMs: 0,
  driftMax: 0,
  ruinAfterMs: NEVER,
}

export function drawFaults(random: Random, mode: Mode): FaultSettings {
  const rate = (probability: number, fromMs: number, toMs: number) =>
    random.chance(probability) ? fromMs + random.float() * (toMs - fromMs) : NEVER
  switch (mode) {
    case 'mixed':
      return drawMixture(random, rate)
    case 'speed':
      return none
    case 'leases':
      return {
        ...none,
        eclipseMs: rate(1, 1200, 3000),
        tranceMs: rate(0.5, 2000, 5000),
        pauseMs: rate(0.3, 2000, 5000),
        transferMs: rate(0.7, 300, 2000),
        executorCrashMs: rate(0.4, 3000, 10_000),
        memberMs: rate(0.3, 2000, 5000),
        weatherMs: rate(0.2, 2000, 8000),
      }
    case 'power':
      return {
        ...none,
        executorCrashMs: rate(0.9, 400, 3000),
        processCrashMs: rate(0.7, 1500, 6000),
        slowDiskMs: rate(0.4, 1000, 5000),
        fullDiskMs: rate(0.3, 1500, 6000),
        splitMs: rate(0.4, 1000, 5000),
        transferMs: rate(0.3, 500, 4000),
        pdAwayMsMax: random.pick([50, 2000]),
      }
    case 'moves':
      return {
        ...none,
        splitMs: rate(0.8, 500, 3000),
        memberMs: rate(0.9, 300, 2000),
        offlineMs: rate(0.6, 1000, 5000),
        transferMs: rate(0.6, 300, 3000),
        executorCrashMs: rate(0.5, 2000, 8000),
        processCrashMs: rate(0.4, 4000, 12_000),
        storeAddedProbability: 0.6,
        partitionMs: rate(0.5, 1500, 6000),
        pdPartitionMs: rate(0.4, 2000, 8000),
        pdAwayMsMax: random.pick([50, 2000]),
        syncFailureMs: rate(0.3, 3000, 10_000),
        rotMs: rate(0.3, 3000, 10_000),
      }
    case 'merges':
      return {
        ...none,
        splitMs: rate(1, 200, 1000),
        mergeMs: rate(1, 150, 800),
        executorCrashMs: rate(0.7, 800, 6000),
        processCrashMs: rate(0.4, 2000, 10_000),
        storeAddedProbability: 0.3,
        transferMs: rate(0.6, 200, 2000),
        memberMs: rate(0.3, 300, 3000),
        offlineMs: rate(0.2, 1500, 6000),
        weatherMs: rate(0.4, 1000, 6000),
        partitionMs: rate(0.4, 1500, 6000),
        pdPartitionMs: rate(0.2, 2000, 8000),
        pdAwayMsMax: random.pick([50, 2000]),
        pauseMs: rate(0.4, 800, 5000),
        tranceMs: rate(0.3, 2000, 8000),
        eclipseMs: rate(0.3, 1500, 8000),
        slowDiskMs: rate(0.3, 1500, 6000),
        fullDiskMs: rate(0.2, 2000, 8000),
        syncFailureMs: rate(0.2, 3000, 12_000),
        rotMs: rate(0.2, 3000, 12_000),
        wallSkewMs: rate(0.4, 500, 4000),
        wallSkewMaxMs: random.pick([5, 200, 3000]),
      }
    case 'clocks':
      return {
        ...none,
        wallSkewMs: rate(0.8, 400, 3000),
        wallSkewMaxMs: random.pick([5, 200, 3000]),
        driftMax: random.pick([0, 0.01, 0.2]),
        transferMs: rate(0.8, 300, 2000),
        executorCrashMs: rate(0.5, 2000, 8000),
        pauseMs: rate(0.3, 1000, 5000),
      }
    case 'order':
      return {
        ...none,
        transferMs: rate(0.9, 150, 1500),
        executorCrashMs: rate(0.6, 1000, 5000),
        pauseMs: rate(0.4, 500, 3000),
        weatherMs: rate(0.5, 500, 3000),
        tranceMs: rate(0.3, 2000, 6000),
        splitMs: rate(0.3, 1000, 5000),
      }
    case 'ruin':
      return {
        ...none,
        ruinAfterMs: 2000 + random.float() * 6000,
        executorCrashMs: rate(0.4, 3000, 10_000),
        transferMs: rate(0.4, 500, 4000),
        weatherMs: rate(0.4, 1000, 8000),
      }
  }
}

function drawMixture(
  random: Random,
  rate: (probability: number, fromMs: number, toMs: number) => number,
): FaultSettings {
  // A quiet run now and then: what is wrong there is wrong without any excuse.
  if (random.chance(0.1)) return none
  return {
    executorCrashMs: rate(0.6, 1500, 15_000),
    processCrashMs: rate(0.3, 5000, 20_000),
    storeAddedProbability: random.pick([0, 0.3]),
    pauseMs: rate(0.5, 500, 8000),
    weatherMs: rate(0.6, 1000, 8000),
    partitionMs: rate(0.5, 1500, 10_000),
    pdPartitionMs: rate(0.2, 3000, 10_000),
    pdAwayMsMax: random.pick([50, 50, 3000]),
    tranceMs: rate(0.4, 2000, 10_000),
    eclipseMs: rate(0.3, 2000, 10_000),
    slowDiskMs: rate(0.4, 2000, 10_000),
    fullDiskMs: rate(0.2, 2000, 10_000),
    syncFailureMs: rate(0.2, 2000, 10_000),
    rotMs: rate(0.2, 2000, 10_000),
    transferMs: rate(0.5, 300, 4000),
    splitMs: rate(0.4, 500, 6000),
    mergeMs: NEVER,
    memberMs: rate(0.3, 500, 5000),
    offlineMs: rate(0.2, 2000, 8000),
    settingMs: rate(0.2, 1000, 6000),
    wallSkewMs: rate(0.2, 1000, 5000),
    wallSkewMaxMs: random.pick([5, 200, 3000]),
    driftMax: random.pick([0, 0, 0.01]),
    ruinAfterMs: NEVER,
  }
}

/** How far wall clocks may come to be apart from the true time: what times to live are judged by. */
export function clockToleranceMs(settings: FaultSettings, virtualMs: number): number {
  const jumps = Number.isFinite(settings.wallSkewMs) ? settings.wallSkewMaxMs : 0
  return jumps + settings.driftMax * virtualMs
}

/**
 * In other modes cells are made one now and then, where they are cut; one run in eight is about nothing else. Drawn apart,
 * so that all the other seeds say what they said before there were merges.
 */
export function drawMerges(random: Random, drawn: Mode): { readonly mode: Mode; readonly mergeMs: number } {
  const mode = random.chance(0.125) && drawn !== 'ruin' ? 'merges' : drawn
  const isThere = (mode === 'mixed' || mode === 'moves' || mode === 'power') && random.chance(0.4)
  return { mode, mergeMs: isThere ? 300 + random.float() * 3000 : NEVER }
}
