/** Pairs in order of their raw keys. The bytes belong to whoever receives them. */
export interface Pair {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** From `start` up to, and without, `end`. */
export interface KeyRange {
  readonly start: Uint8Array
  readonly end: Uint8Array
}

export interface ScanLimits {
  pairsMax: number
  bytesMax: number
}

/** `more`: there are pairs in the range behind the last one given. */
export type ScanDone = (error: Error | null, pairs: Pair[], more: boolean) => void

/** `values[i]` belongs to `keys[i]`; null deletes the key. The bytes must stay as they are until `done`. */
export interface EngineBatch {
  deleteRanges: KeyRange[]
  keys: Uint8Array[]
  values: (Uint8Array | null)[]
}

/** How things were at one moment, whatever is written later. Must be released. */
export interface EngineSnapshot {
  /** The next pairs of [start, end): at least one if there is any, then as many as fit in both limits. */
  scan(start: Uint8Array, end: Uint8Array, limits: ScanLimits, done: ScanDone): void
  release(): void
}

/**
 * The applied state of one store: an ordered map from raw keys to bytes.
 *
 * A write that is done can be read; it is durable only when a `flush` that was begun after it is done. After a crash
 * there is what the last finished flush left and perhaps some later batches, in order, each whole or not at all.
 * `done` never comes before the call has returned. Whoever calls keeps to one write, one flush and one read at a
 * time: the pool of threads behind it is shared.
 */
export interface Engine {
  /** There was no room on the disk: writes and flushes wait until there is, while reads go on. */
  readonly full: boolean
  getMany(keys: readonly Uint8Array[], done: (error: Error | null, values: (Uint8Array | null)[]) => void): void
  /** Whole or not at all: first the ranges are deleted, then puts and deletes take effect in the order given. */
  write(batch: EngineBatch, done: (error: Error | null) => void): void
  /** What had been written (its `done` had come) before this call is durable when `done` comes. */
  flush(done: (error: Error | null) => void): void
  snapshot(): EngineSnapshot
  scan(start: Uint8Array, end: Uint8Array, limits: ScanLimits, done: ScanDone): void
  /** Keys and values together, roughly. */
  approximateBytes(start: Uint8Array, end: Uint8Array, done: (error: Error | null, bytes: number) => void): void
  /** After what is in flight. Snapshots must have been released. */
  close(done: (error: Error | null) => void): void
}
