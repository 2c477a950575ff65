/**
 * What the main thread asks of an executor's thread, over comlink: start, connect, spawn, inspect, stop. No message of an
 * actor ever goes this way.
 */
import type { MessagePort } from 'node:worker_threads'
import { assert } from '../base/index.ts'
import type { RingEnds } from './link.ts'
import type { LaneLimits } from './out-lane.ts'
import { Ring, RingReader, RingWriter } from './ring.ts'
import type { EdgesModule } from './system-types.ts'
import type { ExecutorInspection, SpawnOptions } from './types.ts'

/** What a piscina worker is given to become an executor. */
export interface ExecutorTask {
  readonly executor: number
  readonly incarnation: number
  /** Number of the main thread's executor. */
  readonly main: number
  readonly port: MessagePort
  readonly doorbells: SharedArrayBuffer
  readonly spinMs: number
  readonly seed: string
  readonly edges: EdgesModule | null
  readonly ringBytes: number
  readonly limits: LaneLimits
  readonly assemblyBytesMax: number
}

/** Both lanes of one direction in one buffer, and who they belong to. */
export interface PairRings {
  readonly generation: number
  readonly toPeer: SharedArrayBuffer
  readonly fromPeer: SharedArrayBuffer
}

export type SpawnReply =
  | { readonly ok: true; readonly serial: number; readonly protocolKey: string }
  | { readonly ok: false; readonly isNameTaken: boolean; readonly message: string; readonly stack: string }

export interface Control {
  /** The thread's id, before any code but ours has run there. */
  hello(): number
  /** Makes the edges and the executor. */
  boot(): Promise<void>
  connect(executor: number, incarnation: number, rings: PairRings): void
  lose(executor: number, incarnation: number): void
  /** `args` in the structured codec, so that references may be among them. */
  spawn(key: string, args: Uint8Array, options: SpawnOptions): Promise<SpawnReply>
  inspect(): ExecutorInspection
  /** Stops all actors, then the task ends. */
  stop(): Promise<void>
  crash(): void
  pause(durationMs: number): void
}

/** Every call is a promise over there. */
export type Remote<T> = {
  readonly [K in keyof T]: T[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : never
}

/** The control lane needs little: its messages are small, and what is droppable may be dropped. */
function controlBytes(ringBytes: number): number {
  return Math.max(1024, ringBytes >> 2)
}

/** One direction of a pair. */
export function makeRings(ringBytes: number, generation: number): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(Ring.bytes(controlBytes(ringBytes)) + Ring.bytes(ringBytes))
  for (const ring of ringsOf(buffer, ringBytes)) ring.setGeneration(generation)
  return buffer
}

function ringsOf(buffer: SharedArrayBuffer, ringBytes: number): [Ring, Ring] {
  const control = controlBytes(ringBytes)
  return [new Ring(buffer, 0, control), new Ring(buffer, Ring.bytes(control), ringBytes)]
}

export function ringEnds(rings: PairRings, ringBytes: number): RingEnds {
  const [outControl, outData] = ringsOf(rings.toPeer, ringBytes)
  const [inControl, inData] = ringsOf(rings.fromPeer, ringBytes)
  for (const ring of [outControl, outData, inControl, inData]) {
    assert(ring.generation === rings.generation, 'rings belong to the incarnations they were made for')
  }
  return {
    outControl: new RingWriter(outControl),
    outData: new RingWriter(outData),
    inControl: new RingReader(inControl),
    inData: new RingReader(inData),
  }
}
