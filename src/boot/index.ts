/**
 * From directories and options to a running cluster, and back. The main thread's part of the product.
 *
 * **For** the command line (`serve`) and for clusters embedded in another program (`embed`).
 *
 * **Promises.** Set-up can be cut off anywhere and begun again. A directory is used by one process at a time, and a store
 * only under the identity it was made with: what is gone, was damaged, or failed a sync comes back as a new store and never
 * under its old id. What is wrong is said in one sentence, with what to do about it, before anything is changed.
 *
 * **Refuses** directories of a newer format, of another cluster, or in use; fewer stores than the cluster has or was
 * made with; an address beyond this machine without a password; to begin anew where every store is lost.
 *
 * **The caller** sets UV_THREADPOOL_SIZE before anything else (`bin.cts` does), and ends the process.
 */

export { embed } from './embed.ts'
export type { Cluster, ClusterOptions, Key, Reply, SetOptions } from './embedded-types.ts'
export type { CommandPart } from './in-process.ts'
export { type Served, type ServeOptions, serve } from './serve.ts'
export { NothingToServe, recordedOptions } from './set-up.ts'
export { isNoSpace } from './space.ts'
