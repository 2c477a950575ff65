import { latin1, utf8 } from '../../src/base/index.ts'
import type { Engine, EngineBatch, EngineSnapshot, Pair, ScanLimits } from '../../src/storage/index.ts'

/** Keys to values, as text. */
export type Texts = Record<string, string>

export function batch(puts: Texts, deleteRanges: [string, string][] = []): EngineBatch {
  return {
    deleteRanges: deleteRanges.map(([start, end]) => ({ start: utf8(start), end: utf8(end) })),
    keys: Object.keys(puts).map(utf8),
    values: Object.values(puts).map(utf8),
  }
}

export function written(engine: Engine, batch: EngineBatch): Promise<void> {
  return new Promise((resolve, reject) => engine.write(batch, (error) => (error === null ? resolve() : reject(error))))
}

export function flushed(engine: Engine): Promise<void> {
  return new Promise((resolve, reject) => engine.flush((error) => (error === null ? resolve() : reject(error))))
}

export function closed(engine: Engine): Promise<void> {
  return new Promise((resolve, reject) => engine.close((error) => (error === null ? resolve() : reject(error))))
}

export function read(engine: Engine, keys: Uint8Array[]): Promise<(Uint8Array | null)[]> {
  return new Promise((resolve, reject) => {
    engine.getMany(keys, (error, values) => (error === null ? resolve(values) : reject(error)))
  })
}

export async function get(engine: Engine, keys: string[]): Promise<(string | null)[]> {
  const values = await read(engine, keys.map(utf8))
  return values.map((value) => (value === null ? null : latin1(value)))
}

export function scanned(
  from: Engine | EngineSnapshot,
  start: Uint8Array,
  end: Uint8Array,
  limits: ScanLimits,
): Promise<{ pairs: Pair[]; more: boolean }> {
  return new Promise((resolve, reject) => {
    from.scan(start, end, limits, (error, pairs, more) => (error === null ? resolve({ pairs, more }) : reject(error)))
  })
}

/** All whose keys are text. */
export async function everything(from: Engine | EngineSnapshot): Promise<Texts> {
  const { pairs } = await scanned(from, Uint8Array.of(), utf8('~~~'), { pairsMax: 1e9, bytesMax: 1e9 })
  return Object.fromEntries(pairs.map(({ key, value }) => [latin1(key), latin1(value)]))
}
