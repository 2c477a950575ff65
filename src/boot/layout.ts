/**
 * Where everything lies: which directory is which disk, which store has which slot, which log serves which executor.
 * Pure decisions over what was found on the disks; `set-up.ts` carries them out.
 */
import { basename, join } from 'node:path'
import { SetUpError } from '../base/index.ts'
import type { StorePlace, Topology } from '../model/index.ts'
import { FORMAT_VERSION } from '../storage/index.ts'
import type { Cluster, ClusterCopy, LogRecord, StoreRecord } from './cluster.ts'
import type { Labels } from './labels.ts'

/** Store ids below this are the set-up's own to give; PD's begin here, so a store and a peer never share a number. */
const STORE_IDS_MAX = 999

export interface Wanted {
  readonly executors: number
  readonly stores: number
  /** The number of stores was asked for, and is not a default. */
  readonly storesGiven: boolean
  readonly replicas: number
  /** For each directory, in the order in which they are given. */
  readonly labels?: readonly string[]
}

/** A cluster that does not exist yet: all of its stores are planned. */
export function newCluster(id: string, disks: number, wanted: Wanted, incarnation: () => string): Cluster {
  const stores: StoreRecord[] = []
  for (let slot = 0; slot < wanted.stores; slot++) {
    stores.push(plannedStore(slot + 1, slot, diskOf(slot, disks, wanted.executors), incarnation()))
  }
  return {
    format: FORMAT_VERSION,
    cluster: id,
    revision: 0,
    bootstrapped: false,
    executors: wanted.executors,
    replicas: wanted.replicas,
    disks,
    nextStore: wanted.stores + 1,
    nextLog: 1,
    stores,
    logs: [],
  }
}

function plannedStore(id: number, slot: number, disk: number, incarnation: string): StoreRecord {
  return { id, slot, disk, incarnation, state: 'planned', reason: '' }
}

/** Stores of one executor share a disk where that is possible: then they share a raft log, and a sync. */
function diskOf(slot: number, disks: number, executors: number): number {
  const spread = disks <= executors ? slot % executors : slot
  return (spread % disks) + 1
}

/** The newest copy, and the directories in the order of their disks. A directory without a copy takes the place of a disk that is gone. */
export function orderDisks(
  directories: readonly string[],
  copies: readonly (ClusterCopy | null)[],
): { cluster: Cluster; directories: string[] } | null {
  let newest: Cluster | null = null
  let newestIn = ''
  for (let i = 0; i < directories.length; i++) {
    const copy = copies[i]
    if (!copy) continue
    if (newest !== null && copy.cluster.cluster !== newest.cluster) {
      throw new SetUpError(`${newestIn} and ${directories[i]} belong to different clusters: give those of one`)
    }
    if (newest === null || copy.cluster.revision > newest.revision) {
      newest = copy.cluster
      newestIn = directories[i] as string
    }
  }
  if (newest === null) return null
  if (newest.disks !== directories.length) {
    const known = newest.disks === 1 ? '1 directory' : `${newest.disks} directories`
    throw new SetUpError(
      newest.disks > directories.length
        ? `the cluster in ${newestIn} has ${known}, and --dir gives ${directories.length}: give all (an empty one for a disk that is gone)`
        : `the cluster in ${newestIn} has ${known}, and --dir gives ${directories.length}: a cluster keeps the number it began with`,
    )
  }
  const ordered = new Array<string | undefined>(newest.disks).fill(undefined)
  for (let i = 0; i < directories.length; i++) {
    const copy = copies[i]
    if (!copy) continue
    if (ordered[copy.disk - 1] !== undefined) {
      throw new SetUpError(`${ordered[copy.disk - 1]} and ${directories[i]} are copies of one directory: give only one`)
    }
    ordered[copy.disk - 1] = directories[i] as string
  }
  for (let i = 0; i < directories.length; i++) {
    if (!copies[i]) ordered[ordered.indexOf(undefined)] = directories[i] as string
  }
  return { cluster: newest, directories: ordered as string[] }
}

export function liveStores(cluster: Cluster): StoreRecord[] {
  return cluster.stores.filter((store) => store.state !== 'lost')
}

export function slotsOf(cluster: Cluster): number {
  return new Set(cluster.stores.map((store) => store.slot)).size
}

/** More may be asked for at any start. */
export function refuseFewerStores(cluster: Cluster, wanted: Wanted, directory: string): void {
  const slots = slotsOf(cluster)
  if (!wanted.storesGiven || wanted.stores >= slots) return
  throw new SetUpError(
    `the cluster in ${directory} has ${slots} stores, and --stores asks for ${wanted.stores}: leave the flag out, and empty stores with cellarium ctl offline`,
  )
}

/** Slots beyond those that there are, each with an empty store under an id that no other ever had (rule 16). */
export function addStores(
  cluster: Cluster,
  wanted: Wanted,
  incarnation: () => string,
): { cluster: Cluster; added: StoreRecord[] } {
  const added: StoreRecord[] = []
  if (!wanted.storesGiven) return { cluster, added }
  let { nextStore } = cluster
  for (let slot = slotsOf(cluster); slot < wanted.stores; slot++) {
    refuseBeyondLastId(nextStore)
    added.push(plannedStore(nextStore++, slot, diskOf(slot, cluster.disks, wanted.executors), incarnation()))
  }
  return { cluster: { ...cluster, nextStore, stores: [...cluster.stores, ...added] }, added }
}

function refuseBeyondLastId(id: number): void {
  if (id <= STORE_IDS_MAX) return
  throw new SetUpError(`all ${STORE_IDS_MAX} store ids have been used: begin a new cluster and copy the data over`)
}

/** The stores become *lost*, and each slot that has no store left gets a new, planned one. */
export function replaceLost(
  cluster: Cluster,
  lost: ReadonlyMap<number, string>,
  incarnation: () => string,
): { cluster: Cluster; added: StoreRecord[] } {
  const stores = cluster.stores.map(
    (store): StoreRecord =>
      lost.has(store.id) ? { ...store, state: 'lost', reason: lost.get(store.id) as string } : store,
  )
  const held = new Set(stores.filter((store) => store.state !== 'lost').map((store) => store.slot))
  const added: StoreRecord[] = []
  let nextStore = cluster.nextStore
  for (const slot of [...new Set(stores.map((store) => store.slot))].sort((a, b) => a - b)) {
    if (held.has(slot)) continue
    refuseBeyondLastId(nextStore)
    const disk = (stores.find((store) => store.slot === slot) as StoreRecord).disk
    added.push(plannedStore(nextStore++, slot, disk, incarnation()))
  }
  return { cluster: { ...cluster, nextStore, stores: [...stores, ...added] }, added }
}

/** One log for each executor and disk that has stores (rule 20). */
export function wantedLogs(cluster: Cluster, executors: number): Omit<LogRecord, 'name'>[] {
  const logs: Omit<LogRecord, 'name'>[] = []
  for (const store of [...liveStores(cluster)].sort((a, b) => a.slot - b.slot)) {
    const executor = store.slot % executors
    if (!logs.some((log) => isLogOf(log, store, executors))) logs.push({ executor, disk: store.disk })
  }
  return logs
}

export function isLogOf(log: Omit<LogRecord, 'name'>, store: StoreRecord, executors: number): boolean {
  return log.executor === store.slot % executors && log.disk === store.disk
}

export function storeDirectory(directories: readonly string[], store: StoreRecord): string {
  return join(directories[store.disk - 1] as string, `store-${store.id}`)
}

export function logDirectory(directories: readonly string[], log: LogRecord): string {
  return join(directories[log.disk - 1] as string, log.name)
}

/** The number in the name of a log's directory, null for any other name. */
export function logNumber(path: string): number | null {
  const match = /^log-(\d+)$/.exec(basename(path))
  return match === null ? null : Number(match[1])
}

/** What the rest of the program needs to know: only stores that are served. */
export function topologyOf(
  cluster: Cluster,
  directories: readonly string[],
  labels: ReadonlyMap<string, Labels>,
): Topology {
  const stores: StorePlace[] = []
  for (const store of liveStores(cluster)) {
    const executor = store.slot % cluster.executors
    const log = cluster.logs.find((record) => isLogOf(record, store, cluster.executors)) as LogRecord
    stores.push({
      id: store.id,
      executor,
      dir: storeDirectory(directories, store),
      logDir: logDirectory(directories, log),
      labels: { disk: String(store.disk), ...labels.get(directories[store.disk - 1] as string) },
    })
  }
  return { cluster: cluster.cluster, executors: cluster.executors, stores: stores.sort((a, b) => a.id - b.id) }
}
