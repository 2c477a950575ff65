/** A string value and where its bytes lie; not copied, and good until the next call of the keyspace that gave it. */
export interface StringValue {
  readonly type: 'string'
  readonly buffer: Uint8Array
  readonly start: number
  readonly end: number
  /** Milliseconds since 1970; 0 is never. */
  readonly expireAtMs: number
}

/**
 * What a command sees of its cell. Every key that the command names is in memory when it runs.
 *
 * A command calls a writing function only for what it changes: each call may become an effect in the log. `source` is
 * copied before the call returns: it may be scratch space, or a buffer that the next command overwrites.
 */
export interface Keyspace {
  /** The cell's wall clock; it does not change during one evaluation. */
  readonly nowMs: number
  /** The longest value that may be written (`--value-max`). */
  readonly valueBytesMax: number
  /** Keys that are alive. */
  readonly count: number
  /** Copies beside this one that have, when the answer leaves, what the connection has written here. */
  readonly copies: number
  /** Null: absent or dead. The implementation deletes a dead key when it meets one. */
  find(key: string): StringValue | null
  /** The same for the key that lies there: who only reads needs no text of it. */
  findAt(source: Uint8Array, start: number, end: number): StringValue | null
  put(key: string, source: Uint8Array, start: number, end: number, expireAtMs: number): void
  /** Bytes at an offset of an existing or a new string. Beyond its end it grows, a gap is zeros, the time to live stays. */
  patch(key: string, offset: number, source: Uint8Array, start: number, end: number): void
  /** For a key that exists; 0 makes it stay. */
  expire(key: string, expireAtMs: number): void
  /** Whether it was there. */
  remove(key: string): boolean
  clear(): void
  /**
   * The keys from `from` on, in byte order, up to and without `end` (empty: none) or the end of the cell: at most
   * `keysMax` are looked at, and those that are alive are visited. `next`: where to go on; null: behind the last key.
   */
  walk(from: string, end: string, keysMax: number, visit: (key: string, type: string) => void): Walked
  /** A key, in the long run each as often as another; null: none yet, and one should ask again. There are keys. */
  randomKey(): string | null
  /** From 0 up to, and without, 1. */
  chance(): number
}

export interface Walked {
  readonly next: string | null
  readonly looked: number
}
