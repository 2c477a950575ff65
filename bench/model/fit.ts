/** From observations of small servers to the cost of a command, and from that to what larger machines would do. */
import type { Observation } from './observe.ts'

/** Microseconds of CPU. What is shared by the commands of a batch is counted by the turn, the message, the sync. */
export interface Model {
  readonly gateway: { readonly command: number; readonly pass: number }
  readonly executors: {
    /** At the leader: executed, proposed, committed, answered. */
    readonly command: number
    /** At each further copy: appended, acknowledged, collected for the engine. */
    readonly copy: number
    readonly turn: number
    /** Between two executors: both ends, the doorbell included. */
    readonly message: number
  }
  /** Off the threads that turn: the engine's writing for each copy, the sync of a log. */
  readonly others: { readonly copy: number; readonly sync: number }
}

/** How often something happens for a command. All executors and copies together. */
export interface Counts {
  readonly passes: number
  readonly turns: number
  readonly messages: number
  readonly syncs: number
  readonly copies: number
}

/** Nothing is shared: each command has turns, messages and syncs of its own, on three threads. */
export const ALONE: Counts = { passes: 1, turns: 3, messages: 4, syncs: 3, copies: 3 }

const SWEEPS = 20_000

/**
 * Weights, none below zero, with which the columns come nearest to the targets. Errors count in proportion to the target: a
 * command that costs 50 µs must not drown those that cost 3. One weight after the other is set to its best, until
 * nothing moves: with few columns that is soon.
 */
export function fitWeights(rows: readonly (readonly number[])[], targets: readonly number[]): number[] {
  const columns = rows[0]?.length ?? 0
  const scaled = rows.map((row, i) => row.map((value) => value / (targets[i] as number)))
  const weights = new Array<number>(columns).fill(0)
  const left = targets.map(() => 1)
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let moved = 0
    for (let column = 0; column < columns; column++) {
      let along = 0
      let square = 0
      scaled.forEach((row, i) => {
        along += (row[column] as number) * (left[i] as number)
        square += (row[column] as number) ** 2
      })
      if (square === 0) continue
      const before = weights[column] as number
      const after = Math.max(0, before + along / square)
      weights[column] = after
      moved = Math.max(moved, Math.abs(after - before))
      scaled.forEach((row, i) => {
        left[i]! -= (after - before) * (row[column] as number)
      })
    }
    if (moved < 1e-9) break
  }
  return weights
}

export function fit(all: readonly Observation[]): Model {
  const [gatewayCommand, pass] = fitWeights(
    all.map(({ gateway }) => [1, gateway.turns]),
    all.map(({ gateway }) => gateway.us),
  )
  const [command, copy, turn, message] = fitWeights(
    all.map(({ shape, executors, ringMessages }) => [1, shape.replicas - 1, executors.turns, ringMessages]),
    all.map(({ executors }) => executors.us),
  )
  const [engine, sync] = fitWeights(
    all.map(({ shape, syncs }) => [shape.replicas, syncs]),
    all.map(({ othersUs }) => othersUs),
  )
  return {
    gateway: { command: gatewayCommand ?? 0, pass: pass ?? 0 },
    executors: { command: command ?? 0, copy: copy ?? 0, turn: turn ?? 0, message: message ?? 0 },
    others: { copy: engine ?? 0, sync: sync ?? 0 },
  }
}

/** Microseconds of a command, by where they are spent. */
export function costOf(
  { gateway, executors, others }: Model,
  counts: Counts,
): { gateway: number; executors: number; others: number } {
  const { passes, turns, messages, syncs, copies } = counts
  return {
    gateway: gateway.command + gateway.pass * passes,
    executors:
      executors.command + executors.copy * (copies - 1) + executors.turn * turns + executors.message * messages,
    others: others.copy * copies + others.sync * syncs,
  }
}

export interface Prediction {
  /** Commands per second. */
  readonly perSecond: number
  /** What is full first. */
  readonly bottleneck: string
}

/** An executor on every core, as many cells as it takes for all of them to lead as many, clients on other machines. */
export function predict(model: Model, cores: number, counts: Counts, gateways: 'main' | 'all'): Prediction {
  const { gateway, executors, others } = costOf(model, counts)
  const limits: readonly (readonly [string, number])[] = [
    ['all cores', (cores * 1e6) / (gateway + executors + others)],
    ["the gateway's thread", gateways === 'main' ? 1e6 / gateway : Number.POSITIVE_INFINITY],
    ['the executors', (cores * 1e6) / (executors + (gateways === 'all' ? gateway : 0))],
  ]
  const [bottleneck, perSecond] = limits.reduce((least, each) => (each[1] < least[1] ? each : least))
  return { perSecond, bottleneck }
}

const RING_BYTES = 1.25 * 2 ** 20

/** Two rings for each ordered pair of threads, the main one included. */
export function ringMemoryBytes(executors: number): number {
  return (executors + 1) * executors * RING_BYTES
}
