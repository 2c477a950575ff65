/**
 * `cluster.json`: what a directory knows of its cluster. Every directory of the cluster holds a copy, so that no disk is
 * more precious than another; they are written one after the other, and the highest revision is the truth.
 */
import { join } from 'node:path'
import { SetUpError, utf8 } from '../base/index.ts'
import { FORMAT_VERSION, nodeDisk } from '../storage/index.ts'
import { readIfThere } from './directory.ts'

/**
 * `planned`: has an id, and perhaps no directory yet; nothing was ever opened in it. `up`: its identity is on disk.
 * `lost`: gone for good, its id is never used again.
 */
export type StoreRecordState = 'planned' | 'up' | 'lost'

export interface StoreRecord {
  readonly id: number
  /** Its place among the stores, from 0: a store that takes the place of a lost one takes its slot. Executor = slot mod executors. */
  readonly slot: number
  readonly disk: number
  /** Random: tells this store from any other that ever had its directory. */
  readonly incarnation: string
  readonly state: StoreRecordState
  /** Why it is lost; empty otherwise. */
  readonly reason: string
}

/** The raft log of one executor's stores on one disk. A name is never used for another log. */
export interface LogRecord {
  readonly executor: number
  readonly disk: number
  readonly name: string
}

export interface Cluster {
  readonly format: number
  readonly cluster: string
  /** Grows with each write. */
  readonly revision: number
  readonly bootstrapped: boolean
  /** Of the layout of the logs. */
  readonly executors: number
  readonly replicas: number
  readonly disks: number
  readonly nextStore: number
  readonly nextLog: number
  readonly stores: readonly StoreRecord[]
  readonly logs: readonly LogRecord[]
}

export const CLUSTER_FILE = 'cluster.json'

/** What one directory says: the cluster, and which of its disks this directory is (from 1). */
export interface ClusterCopy {
  readonly disk: number
  readonly cluster: Cluster
}

/** What the directory says, null when it says nothing. Refuses what was written by a newer program, or by none. */
export function readCluster(directory: string): ClusterCopy | null {
  const file = join(directory, CLUSTER_FILE)
  let text: string | null
  try {
    text = readIfThere(file)
  } catch (error) {
    throw new SetUpError(
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code}): give another --dir or its rights`,
    )
  }
  if (text === null) return null
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch {
    throw new SetUpError(`${file} is not JSON: restore it from another directory of the cluster or from a backup`)
  }
  const copy = found as Partial<Cluster> & { disk?: unknown }
  if (typeof copy !== 'object' || copy === null || typeof copy.format !== 'number') {
    throw new SetUpError(`${file} was not written by cellarium: give another --dir`)
  }
  if (copy.format > FORMAT_VERSION) {
    throw new SetUpError(
      `${directory} was written by a newer cellarium (format ${copy.format}, this one reads up to ${FORMAT_VERSION}): upgrade`,
    )
  }
  const { disk, ...cluster } = copy
  if (
    typeof disk !== 'number' ||
    typeof cluster.cluster !== 'string' ||
    !Array.isArray(cluster.stores) ||
    !Array.isArray(cluster.logs)
  ) {
    throw new SetUpError(`${file} lacks what it must hold: restore it from another directory of the cluster`)
  }
  return { disk, cluster: cluster as Cluster }
}

/**
 * Writes the next revision to every directory; `directories[i]` is disk i + 1. A directory that cannot be written is
 * told to `failed`, or, without it, the failure is thrown when all others have been written.
 */
export function writeCluster(
  directories: readonly string[],
  cluster: Cluster,
  failed?: (directory: string, error: unknown) => void,
): Cluster {
  const next: Cluster = { ...cluster, revision: cluster.revision + 1 }
  let failure: unknown = null
  for (let i = 0; i < directories.length; i++) {
    const directory = directories[i] as string
    try {
      nodeDisk.replace(join(directory, CLUSTER_FILE), utf8(`${JSON.stringify({ disk: i + 1, ...next }, null, 2)}\n`))
    } catch (error) {
      failure ??= error
      failed?.(directory, error)
    }
  }
  if (failure !== null && failed === undefined) throw failure
  return next
}
