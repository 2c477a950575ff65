/** A cluster inside another program, as its users see it. No code here. */
import type { LogEntry } from '../actor/index.ts'
import type { CellariumError } from '../base/index.ts'
import type { ClusterEvent, OptionName } from '../model/index.ts'
import type { CellShape, StoreShape } from '../ops/index.ts'
import type { Push, ReplyError, Reply as WireReply } from '../redis/index.ts'
import type { CommandPart } from './in-process.ts'

/** Of no use without a socket, and refused. */
export type SocketOption = 'bind' | 'port' | 'httpPort' | 'requirepass' | 'maxClients' | 'gateways'

/**
 * The options of the command line by their names in camelCase: bytes and milliseconds as numbers, or as text with a unit
 * (`'96mb'`, `'5s'`). `cellarium serve --help` tells what each one does.
 */
export type ClusterOptions = {
  readonly [name in Exclude<OptionName, SocketOption | 'dir' | 'labels'>]?: string | number
} & {
  /** A directory, several (one per disk), or `'memory'`: nothing outlives the process. Default `./data`. */
  readonly dir?: string | readonly string[]
  /** Labels of the stores of each directory, in their order: `'host=a zone=1'`. */
  readonly labels?: string | readonly string[]
  /** What the cluster has to say. Default: warnings and errors become process warnings. */
  readonly log?: (entry: Pick<LogEntry, 'level' | 'message' | 'fields'>) => void
}

/** Text stands for its bytes in UTF-8. */
export type Key = string | Uint8Array

/**
 * What a command answers. Bulk strings are text in `command` and bytes in `commandBuffer`; an integer is a bigint only
 * where a number would not be exact; an error inside an array is an error there, and not thrown.
 */
export type Reply =
  | Exclude<WireReply, ReplyError | Push | readonly unknown[] | ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>>
  | CellariumError
  | Reply[]
  | Map<Reply, Reply>
  | Set<Reply>

/** What `set` may be told beside key and value. */
export interface SetOptions {
  /** Milliseconds, more than 0, until the key is gone. Without it the key stays, also if it had an expiry before. */
  readonly expireMs?: number
  /** Only if there is no such key, or only if there is one. */
  readonly only?: 'absent' | 'present'
}

/**
 * All that asks the store rejects with a CellariumError whose `code` says what became of the command: `UNAVAILABLE`,
 * `BUSY`, `MISCONF`, `LOADING` (not executed, may be sent again), `TOOBIG`, `CROSSCELL`, `WRONGTYPE`, `ERR` (not executed,
 * and never will be as it is), `UNKNOWN` (nobody can say).
 *
 * Commands given in one after the other, without waiting, go together and take effect in that order where they share a
 * key or a cell.
 */
export interface Cluster {
  /** Text; null when there is no such key. */
  get(key: Key): Promise<string | null>
  /** The bytes as they were set. */
  getBuffer(key: Key): Promise<Uint8Array | null>
  /** In the order of the keys. Keys in several cells are read at several instants. */
  mget(...keys: Key[]): Promise<(string | null)[]>
  /**
   * True: it was set, and a majority of the copies has it on disk. False: `only` did not hold. An option that is not one of
   * SetOptions rejects with a TypeError: Redis's other words go through `command`.
   */
  set(key: Key, value: CommandPart, options?: SetOptions): Promise<boolean>
  /** Adds to a number, 0 when there is none, and resolves with the sum: a bigint where a number would not be exact. */
  incr(key: Key, by?: number | bigint): Promise<number | bigint>
  /** How many of them there were. */
  del(...keys: Key[]): Promise<number>
  /** How many of them there are; one that is named twice counts twice. */
  exists(...keys: Key[]): Promise<number>
  /** The key is gone after so many milliseconds. False: there is no such key. */
  expire(key: Key, afterMs: number): Promise<boolean>
  /** Milliseconds until the key is gone: Infinity when it stays, null when there is no such key. */
  ttl(key: Key): Promise<number | null>
  /**
   * Any command: `command('SET', 'a', 1, 'EX', 60)`. Those about a connection's end and its replies (QUIT, RESET, HELLO,
   * CLIENT REPLY) reject with `ERR`; what is no CommandPart rejects with a TypeError.
   */
  command(...parts: CommandPart[]): Promise<Reply>
  /** The same, with bytes for bulk strings. */
  commandBuffer(...parts: CommandPart[]): Promise<Reply>
  /** What `/api/v1/cells` shows. Rejects with `UNAVAILABLE` when the placement driver does not answer. */
  cells(): Promise<CellShape[]>
  /** What `/api/v1/stores` shows. */
  stores(): Promise<StoreShape[]>
  /**
   * Calls the listener with what happens to cells from now on: splits, changes of leaders, operators. What happens while
   * the placement driver moves to another thread may be missed: read `cells()`. Returns the function that ends it.
   */
  onEvent(listener: (event: ClusterEvent) => void): () => void
  /**
   * Waits for the commands that were given in before, half of the limit at most (default 5000 ms), takes no new ones, and
   * closes everything; the process can end by itself afterwards. Resolves to false when that was not done within the
   * limit: nothing acknowledged is lost by it. Further calls give the same.
   */
  close(options?: { timeoutMs?: number }): Promise<boolean>
}
