/** What is compared: a load, two servers, and how the two should stand to each other. */
import type { Workload } from '../../src/bench/index.ts'
import { plainLoad } from '../plain-load.ts'
import { type CellariumShape, cellarium, etcd, type Peer, redis } from './peers.ts'

/** `rate`: more is better. `p99` and `cpu` (per command, and per copy): less is better. */
export interface Criterion {
  readonly of: 'rate' | 'p99' | 'cpu'
  /** Ours to theirs: what must be reached, and what is wished for. */
  readonly floor: number
  readonly goal: number
}

export interface Row {
  readonly name: string
  readonly workload: Workload
  readonly ours: Peer
  readonly theirs: Peer
  readonly criteria: readonly Criterion[]
}

const three: CellariumShape = { replicas: 3, cells: 1, memory: '' }
/** Data of ten times as much as a server may keep in memory. */
const LARGE_KEYS = 640_000
const small: CellariumShape = { ...three, memory: '64mb' }

function row(
  name: string,
  load: Partial<Workload>,
  criteria: readonly Criterion[] = [],
  ours: CellariumShape = three,
  theirs: Peer = redis('always'),
): Row {
  return { name, workload: { ...plainLoad, ...load }, ours: cellarium(ours), theirs, criteria }
}

const rate = (floor: number, goal: number): Criterion => ({ of: 'rate', floor, goal })
const one = { ...three, replicas: 1 }
const reads = redis('everysec')

export const rows: readonly Row[] = [
  row('set-p1', { pipeline: 1 }, [rate(0.5, 1), { of: 'p99', floor: 3, goal: 1.5 }]),
  row('set-p16', {}, [rate(0.45, 1), { of: 'cpu', floor: 2, goal: 1 }]),
  row('set-p64', { pipeline: 64 }),
  row('set-c1-p1', { connections: 1, pipeline: 1 }, [rate(0.5, 0.7)]),
  row('set-c500-p1', { connections: 500, pipeline: 1 }),
  row('set-c500-p16', { connections: 500 }),
  row('set-p1-one-copy', { pipeline: 1 }, [rate(0.6, 1.3)], one),
  row('set-p16-one-copy', {}, [rate(0.6, 1.3)], one),
  row('set-p16-100-cells', { spread: true }, [rate(0.8, 1)], { ...three, cells: 100 }, cellarium(three)),
  row('set-c500-p16-100-cells', { spread: true, connections: 500 }, [], { ...three, cells: 100 }, cellarium(three)),
  row('set-p16-10m-keys', { keys: 10_000_000 }),
  row('set-p16-zipfian', { distribution: 'zipfian' }),
  row('set-1k-p1', { pipeline: 1, valueBytes: 1024 }),
  row('set-1k-p16', { valueBytes: 1024 }),
  row('set-1k-p16-large', { valueBytes: 1024, keys: LARGE_KEYS }, [], small),
  row('get-p1', { mix: { get: 1 }, pipeline: 1 }, [rate(0.6, 0.9)], three, reads),
  row('get-p16', { mix: { get: 1 } }, [rate(0.4, 0.9)], three, reads),
  row('get-1k-p16', { mix: { get: 1 }, valueBytes: 1024 }, [], three, reads),
  row('get-p16-zipfian', { mix: { get: 1 }, distribution: 'zipfian' }, [], three, reads),
  row('get-1k-p16-large', { mix: { get: 1 }, valueBytes: 1024, keys: LARGE_KEYS }, [], small, reads),
  row('half-p1', { mix: { set: 1, get: 1 }, pipeline: 1 }),
  row('half-p16', { mix: { set: 1, get: 1 } }),
  row('incr-p16', { mix: { incr: 1 } }),
  row('append-p16', { mix: { append: 1 } }),
  row('set-p1-etcd', { pipeline: 1 }, [rate(4, 8)], three, etcd()),
  row('set-p16-etcd', {}, [rate(15, 20)], three, etcd()),
]
