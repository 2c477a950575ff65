/**
 * Cellarium inside a program: a key-value store on every core, without a server.
 *
 * **For** programs in Node.js that want the store and not the network.
 *
 * **Promises.** What a command of Redis does, it does here, through the same code. A resolved `set` means that a majority
 * of the copies has it on disk. `UNAVAILABLE` means that nothing was done, `UNKNOWN` that nobody can say; a command is
 * never run twice. Two clusters in one process, in different directories, do not meet.
 *
 * **Refuses** a directory that another process, or another cluster of this one, has open.
 *
 * **The caller** sets UV_THREADPOOL_SIZE before the program starts (a warning says to what), and awaits `close()`.
 *
 * ```ts
 * // embedded.ts
 * import { openCluster } from 'cellarium'
 *
 * const cluster = await openCluster({ dir: './data', memory: '256mb' })
 * await cluster.set('greeting', 'salve')
 * console.log(await cluster.get('greeting')) // salve
 * await cluster.close()
 * ```
 */
import { type Cluster, type ClusterOptions, embed } from './boot/index.ts'
import { ownVersion } from './version.ts'

export { CellariumError, type ErrorCode, SetUpError } from './base/index.ts'
export type { Cluster, ClusterOptions, CommandPart, Key, Reply, SetOptions } from './boot/index.ts'
export type { ClusterEvent } from './model/index.ts'
export type { CellShape, StoreShape } from './ops/index.ts'

/**
 * Resolves when keys are served: at once for a new directory, after recovery for one that was used. Rejects with a
 * `SetUpError` that says what to do where the directory or an option is wrong, and leaves nothing open then.
 *
 * It listens nowhere, handles no signals and never ends the process: a program that is stopped by a signal calls `close`
 * first, or loses nothing that was acknowledged by not doing so.
 */
export function openCluster(options: ClusterOptions = {}): Promise<Cluster> {
  return embed(options, ownVersion())
}
