/** What is reported to PD, and what threads tell of themselves, in the text format that Prometheus reads. Pure. */
import type { ExecutorInspection } from '../actor/index.ts'
import type { World } from '../model/index.ts'

type Labels = Readonly<Record<string, string | number>>
type Sample = readonly [labels: Labels, value: number]

interface Metric {
  readonly name: string
  readonly type: 'gauge' | 'counter'
  readonly help: string
  readonly samples: readonly Sample[]
}

export function metricsText(world: World, executors: readonly ExecutorInspection[]): string {
  return [...ofStores(world), ...ofCells(world), ...ofOperators(world), ...ofExecutors(executors)].map(textOf).join('')
}

function textOf({ name, type, help, samples }: Metric): string {
  const lines = samples.map(([labels, value]) => `cellarium_${name}${labelsText(labels)} ${value}\n`)
  return `# HELP cellarium_${name} ${help}\n# TYPE cellarium_${name} ${type}\n${lines.join('')}`
}

function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

function* ofStores({ stores }: World): Generator<Metric> {
  const gauge = (name: string, help: string, value: (store: World['stores'][0]) => number | undefined): Metric => {
    const samples = stores.flatMap((store): Sample[] => {
      const measured = value(store)
      return measured === undefined ? [] : [[{ store: store.store, executor: store.executor }, measured]]
    })
    return { name, type: 'gauge', help, samples }
  }
  yield gauge('store_up', '1 for a store that is up', ({ state }) => (state === 'up' ? 1 : 0))
  yield gauge('store_cells', 'peers of cells on the store', ({ cells }) => cells)
  yield gauge('store_leaders', 'cells that the store leads', ({ leaders }) => leaders)
  yield gauge('store_bytes', 'bytes of its cells', ({ sizeBytes }) => sizeBytes)
  yield gauge('store_slow', '1 for a store that leads nothing because it is slow', ({ slow }) => (slow ? 1 : 0))
  yield gauge('store_sync_wait_seconds', 'longest sync between its last two reports', ({ health }) =>
    seconds(health?.syncMs),
  )
  yield gauge('store_lag_seconds', 'longest delay of its thread between its last two reports', ({ health }) =>
    seconds(health?.lagMs),
  )
  yield gauge('store_disk_capacity_bytes', 'of the file system it lies on', ({ health }) => health?.capacityBytes)
  yield gauge('store_disk_free_bytes', 'of the file system it lies on', ({ health }) => health?.freeBytes)
  yield gauge('store_snapshots_out', 'snapshots that it sends', ({ health }) => health?.snapshotsOut)
  yield gauge('store_snapshots_in', 'snapshots that it takes in', ({ health }) => health?.snapshotsIn)
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000
}

function* ofCells({ cells }: World): Generator<Metric> {
  const users = cells.filter(({ cell }) => !cell.system)
  const sum = (of: (cell: World['cells'][0]) => number) => users.reduce((total, cell) => total + of(cell), 0)
  const gauge = (name: string, help: string, value: number): Metric => {
    return { name, type: 'gauge', help, samples: [[{}, value]] }
  }
  yield gauge('cells', 'cells of users', users.length)
  yield gauge(
    'keys',
    'keys, approximately',
    sum(({ keys }) => keys),
  )
  yield gauge(
    'bytes',
    'bytes of keys and values, approximately, each once',
    sum(({ sizeBytes }) => sizeBytes),
  )
  yield gauge(
    'cells_without_leader',
    'cells that nobody is known to lead',
    sum(({ leaderStore }) => (leaderStore === 0 ? 1 : 0)),
  )
  yield gauge(
    'peers_behind',
    'peers that have not caught up',
    sum(({ pending }) => pending.length),
  )
  yield gauge(
    'peers_down',
    'peers that their leader does not hear of',
    sum(({ down }) => down.length),
  )
}

function* ofOperators({ operators = [] }: World): Generator<Metric> {
  const byScheduler = new Map<string, number>()
  for (const { by } of operators) byScheduler.set(by, (byScheduler.get(by) ?? 0) + 1)
  const samples = [...byScheduler].map(([scheduler, count]): Sample => [{ scheduler }, count])
  yield { name: 'operators', type: 'gauge', help: 'operators under way, by what wished them', samples }
}

function* ofExecutors(executors: readonly ExecutorInspection[]): Generator<Metric> {
  const metric = (
    name: string,
    type: Metric['type'],
    help: string,
    value: (of: ExecutorInspection) => number,
  ): Metric => {
    return {
      name,
      type,
      help,
      samples: executors.map((executor): Sample => [{ executor: executor.executor }, value(executor)]),
    }
  }
  yield metric('executor_up', 'gauge', '1 for a thread that is up', ({ state }) => (state === 'up' ? 1 : 0))
  yield metric(
    'executor_incarnation',
    'gauge',
    'how many times the thread was started',
    ({ incarnation }) => incarnation,
  )
  yield metric('executor_passes_total', 'counter', 'turns of its loop', ({ passes }) => passes)
  yield metric('executor_messages_total', 'counter', 'messages of actors it has handled', ({ messages }) => messages)
}
