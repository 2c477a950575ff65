/** One server under one load: what each of its threads spent on a command, and how often it turned and slept for it. */
import { fileURLToPath } from 'node:url'
import { measure, OwnServer, type ThreadUsage, threadsOf, type Workload } from '../../src/bench/index.ts'

export interface Shape {
  readonly executors: number
  readonly replicas: number
}

/** Microseconds of CPU, turns and sleeps: of a command. */
export interface ThreadCost {
  readonly us: number
  readonly turns: number
  readonly sleeps: number
}

export interface Observation {
  readonly shape: Shape
  readonly pipeline: number
  readonly perSecond: number
  readonly gateway: ThreadCost
  /** All executors together. */
  readonly executors: ThreadCost
  /** Syncs of the log, RocksDB's own threads, the collector's helpers. */
  readonly othersUs: number
  readonly syncs: number
  readonly logBytes: number
  /** Messages that went over rings between executors. */
  readonly ringMessages: number
}

interface ExecutorItem {
  readonly id: number
  readonly role: 'main' | 'worker'
  readonly passes: number
  readonly turns: number
  readonly lanes: readonly { readonly to: number; readonly sentMessages: number }[]
}

interface Look {
  readonly threads: readonly ThreadUsage[]
  readonly items: readonly ExecutorItem[]
}

const program = fileURLToPath(new URL('../../src/bin.cjs', import.meta.url))

export interface ObserveOptions {
  readonly shape: Shape
  readonly workload: Workload
  readonly warmUpMs: number
  readonly durationMs: number
  readonly parent: string
}

export async function observe({ shape, workload, warmUpMs, durationMs, parent }: ObserveOptions): Promise<Observation> {
  const flags = ['--executors', String(shape.executors)]
  const server = await OwnServer.start({ program, parent, flags, replicas: shape.replicas })
  try {
    const looks: Look[] = []
    const { commands, perSecond, cost } = await measure({
      target: server.target,
      pid: server.pid,
      workload,
      threads: 1,
      fill: workload.mix.get !== undefined,
      warmUpMs,
      durationMs,
      seed: 'model',
      edge: async () => void looks.push(await look(server)),
      progress: () => {},
    })
    const [before, after] = looks as [Look, Look]
    const { main, executors, others } = divide(before, after, server.pid, shape.executors)
    const per = (value: number) => value / commands
    const grown = (of: (item: ExecutorItem) => number, role: ExecutorItem['role']) =>
      total(after, of, role) - total(before, of, role)
    const betweenExecutors = (item: ExecutorItem) =>
      item.lanes.reduce((sum, lane) => sum + (lane.to < shape.executors ? lane.sentMessages : 0), 0)
    return {
      shape,
      pipeline: workload.pipeline,
      perSecond,
      gateway: { us: per(main.us), turns: per(grown((item) => item.passes, 'main')), sleeps: per(main.sleeps) },
      executors: {
        us: per(executors.us),
        turns: per(grown((item) => item.turns, 'worker')),
        sleeps: per(executors.sleeps),
      },
      othersUs: per(others.us),
      syncs: (cost.syncsPerSecond ?? 0) / perSecond,
      logBytes: cost.logBytesPerCommand ?? 0,
      ringMessages: per(grown(betweenExecutors, 'worker')),
    }
  } finally {
    await server.stop()
  }
}

async function look(server: OwnServer): Promise<Look> {
  const response = await fetch(`${server.http}/api/v1/executors?limit=1000`)
  const { items } = (await response.json()) as { items: ExecutorItem[] }
  return { threads: threadsOf(server.pid), items }
}

function total({ items }: Look, of: (item: ExecutorItem) => number, role: ExecutorItem['role']): number {
  return items.filter((item) => item.role === role).reduce((sum, item) => sum + of(item), 0)
}

interface Spent {
  readonly id: number
  readonly us: number
  readonly sleeps: number
}

/** The system does not say which thread is an executor. They are those, beside the first, that have spent the most. */
export function divide(
  before: { readonly threads: readonly ThreadUsage[] },
  after: { readonly threads: readonly ThreadUsage[] },
  pid: number,
  executorCount: number,
): { main: Spent; executors: Spent; others: Spent } {
  const spent = after.threads.map(({ id, cpuSeconds, sleeps }) => {
    const earlier = before.threads.find((thread) => thread.id === id)
    return { id, us: (cpuSeconds - (earlier?.cpuSeconds ?? 0)) * 1e6, sleeps: sleeps - (earlier?.sleeps ?? 0) }
  })
  const ranked = spent.filter(({ id }) => id !== pid).sort((a, b) => b.us - a.us)
  const sum = (all: readonly Spent[]): Spent =>
    all.reduce((so, each) => ({ id: 0, us: so.us + each.us, sleeps: so.sleeps + each.sleeps }), {
      id: 0,
      us: 0,
      sleeps: 0,
    })
  return {
    main: sum(spent.filter(({ id }) => id === pid)),
    executors: sum(ranked.slice(0, executorCount)),
    others: sum(ranked.slice(executorCount)),
  }
}
