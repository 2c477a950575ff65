/**
 * What the main thread does before any executor opens a store (rule 30). Phases, each of which may be cut off anywhere
 * and is done again at the next start:
 *
 *   directories  made, tried for writing, locked; their copies of cluster.json read and put in the order of the disks; a
 *                start that is refused before the plan takes back what it has made
 *   plan         a new cluster is written down with stores that are *planned*; a store whose directory or log is gone is
 *                written down as *lost*, and a planned one takes its slot (rule 16); so are stores beyond those there are
 *   build        planned stores get a directory, a database and an identity; the first store of a new cluster gets its
 *                two cells
 *   logs         every executor gets a raft log on each disk of its stores; logs of another number of executors are taken over
 *   mark         cluster.json says that all this is so: stores *up*, cluster *bootstrapped*
 *   clean        what the logs of the former layout held is there twice now, and the former ones are removed
 *
 * Nothing is believed before the mark: a planned store has never been opened by an executor, so what lies in its
 * directory can be made again; a log that cluster.json does not name is removed.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { SetUpError } from '../base/index.ts'
import type { Topology } from '../model/index.ts'
import { LOG_FILES, nodeDisk } from '../storage/index.ts'
import { type Cluster, type ClusterCopy, readCluster, type StoreRecord, writeCluster } from './cluster.ts'
import { isMissingOrEmpty, whyNotWritable } from './directory.ts'
import { writeFirstCells } from './first-cells.ts'
import { createDatabase, readIdentity, writeIdentity } from './identity.ts'
import { readLabels } from './labels.ts'
import {
  addStores,
  isLogOf,
  liveStores,
  logDirectory,
  logNumber,
  newCluster,
  orderDisks,
  refuseFewerStores,
  replaceLost,
  slotsOf,
  storeDirectory,
  topologyOf,
  type Wanted,
  wantedLogs,
} from './layout.ts'
import { type DirectoryLock, lockDirectory } from './lock.ts'
import { arrangeLogs } from './logs.ts'
import { MadeDirectories } from './made-directories.ts'
import { refuseScarceRoom, roomToBegin } from './space.ts'

/** Stopped by damage: exit code 2, and no restart helps. */
export class NothingToServe extends Error {
  override readonly name = 'NothingToServe'
}

export interface Prepared {
  readonly cluster: Cluster
  /** In the order of the disks, absolute. */
  readonly directories: readonly string[]
  readonly topology: Topology
  /** Found lost at this start, with the reason. */
  readonly lost: ReadonlyMap<number, string>
  /** Gives the directories back; after everything in them is closed. */
  release(): Promise<void>
}

export interface SetUpHooks {
  /** A sentence for the log. */
  say?(message: string): void
  /** After each thing that was made durable: a test throws here, and begins again. */
  reached?(step: string): void
}

/** Of a cluster that exists: the values that stand where no flag was given. Null when there is none. */
export function recordedOptions(directories: readonly string[]): { stores: number; replicas: number } | null {
  let newest: Cluster | null = null
  for (const directory of directories) {
    const cluster = readCluster(directory)?.cluster ?? null
    if (cluster !== null && (newest === null || cluster.revision > newest.revision)) newest = cluster
  }
  return newest === null ? null : { stores: slotsOf(newest), replicas: newest.replicas }
}

export async function setUp(given: readonly string[], wanted: Wanted, hooks: SetUpHooks = {}): Promise<Prepared> {
  const made = new MadeDirectories()
  const locks = new Map<string, DirectoryLock>()
  const release = async () => {
    const held = [...locks.values()]
    locks.clear()
    for (const lock of held) await lock.release()
  }
  try {
    const opened = openDirectories(given, made)
    for (const directory of opened) locks.set(directory, await lockDirectory(directory))
    return { ...(await prepare(opened, wanted, hooks)), release }
  } catch (error) {
    made.takeBack(new Set(locks.keys()))
    // What is said is why the start was refused, and not that a lock of which nothing is left could not be closed.
    await Promise.allSettled([...locks.values()].map((lock) => lock.release()))
    throw error
  }
}

async function prepare(
  opened: readonly string[],
  wanted: Wanted,
  hooks: SetUpHooks,
): Promise<Omit<Prepared, 'release'>> {
  const labels = readLabels(wanted.labels ?? [], opened)
  const reached = (step: string) => hooks.reached?.(step)
  const incarnation = () => randomBytes(12).toString('hex')
  const planned = plan(opened, wanted, reached)
  const { directories } = planned
  let { cluster } = planned
  removeUnnamedLogs(directories, cluster)

  const lost = cluster.bootstrapped ? findLost(directories, cluster) : new Map<number, string>()
  const before = cluster
  const replaced = replaceLost(cluster, lost, incarnation)
  cluster = replaced.cluster
  if (replaced.added.length > 0 || lost.size > 0) {
    refuseWithoutAnyStore(before, cluster, directories)
    for (const [store, reason] of lost) hooks.say?.(`store ${store} is lost: ${reason}`)
    for (const store of replaced.added) hooks.say?.(`store ${store.id} takes the place of a lost one, empty`)
    cluster = writeCluster(directories, cluster)
    reached('lost stores written down')
  }
  const more = addStores(cluster, wanted, incarnation)
  if (more.added.length > 0) {
    hooks.say?.(`stores ${more.added.map((store) => store.id).join(', ')} are added, empty`)
    cluster = writeCluster(directories, more.cluster)
    reached('more stores written down')
  }

  for (const store of liveStores(cluster)) {
    if (store.state === 'planned') await buildStore(directories, cluster, store, reached)
  }
  if (!cluster.bootstrapped) {
    const first = cluster.stores.find((store) => store.id === 1) as StoreRecord
    await writeFirstCells(storeDirectory(directories, first), first.id)
    reached('first cells written')
  }

  const arranged = await arrangeLogs(directories, cluster, wanted.executors, reached)
  const unchanged =
    cluster.bootstrapped &&
    arranged.cluster === cluster &&
    cluster.replicas === wanted.replicas &&
    cluster.stores.every((store) => store.state !== 'planned')
  if (!unchanged) {
    const stores = cluster.stores.map(
      (store): StoreRecord => (store.state === 'planned' ? { ...store, state: 'up' } : store),
    )
    cluster = writeCluster(directories, { ...arranged.cluster, stores, replicas: wanted.replicas, bootstrapped: true })
    reached('marked')
  }
  for (const directory of arranged.retired) rmSync(directory, { recursive: true, force: true })
  return { cluster, directories, topology: topologyOf(cluster, directories, labels), lost }
}

function openDirectories(given: readonly string[], made: MadeDirectories): string[] {
  const opened: string[] = []
  for (const directory of given) {
    const path = resolve(directory)
    try {
      made.make(path)
    } catch (error) {
      throw new SetUpError(`${directory} cannot be made (${(error as NodeJS.ErrnoException).code}): give another --dir`)
    }
    const why = whyNotWritable(path)
    if (why !== null) throw new SetUpError(`${directory} cannot be written (${why}): give another --dir or its rights`)
    const real = realpathSync(path)
    if (opened.includes(real)) throw new SetUpError(`--dir ${directory} is given twice: give each directory once`)
    opened.push(real)
  }
  return opened
}

/** The cluster that is there, or a new one that is written down before anything of it is made. */
function plan(
  opened: readonly string[],
  wanted: Wanted,
  reached: (step: string) => void,
): { cluster: Cluster; directories: readonly string[] } {
  const copies: (ClusterCopy | null)[] = opened.map(readCluster)
  for (let i = 0; i < opened.length; i++) {
    const stores = copies[i] === null && readdirSync(opened[i] as string).find((name) => /^store-\d+$/.test(name))
    if (stores) {
      throw new SetUpError(
        `${opened[i]} holds ${stores} and no cluster.json: restore it from another directory of the cluster, or give another --dir`,
      )
    }
  }
  const known = orderDisks(opened, copies)
  if (known !== null) {
    refuseFewerStores(known.cluster, wanted, known.directories[0] as string)
    return known
  }
  const cluster = newCluster(randomBytes(16).toString('hex'), opened.length, wanted, () =>
    randomBytes(12).toString('hex'),
  )
  refuseWithoutRoom(opened, cluster, wanted.executors)
  const written = writeCluster(opened, cluster)
  reached('new cluster planned')
  return { cluster: written, directories: opened }
}

/** What is made for a new cluster, disk by disk, before anything is in it. */
function refuseWithoutRoom(opened: readonly string[], cluster: Cluster, executors: number): void {
  const logs = wantedLogs(cluster, executors)
  opened.forEach((directory, i) => {
    const ofDisk = ({ disk }: { disk: number }) => disk === i + 1
    const neededBytes = roomToBegin(logs.filter(ofDisk).length, cluster.stores.filter(ofDisk).length)
    refuseScarceRoom(directory, neededBytes)
  })
}

/** Logs that were being made when the program ended, and logs whose removal was cut off. Those marked as lost are kept for whoever looks into it. */
function removeUnnamedLogs(directories: readonly string[], cluster: Cluster): void {
  const named = new Set(cluster.logs.map((log) => logDirectory(directories, log)))
  for (const directory of directories) {
    for (const name of readdirSync(directory)) {
      const path = join(directory, name)
      const number = logNumber(path)
      if (number === null || named.has(path)) continue
      if (number >= cluster.nextLog || !existsSync(join(path, LOG_FILES.lost))) {
        rmSync(path, { recursive: true, force: true })
      }
    }
  }
}

/** Stores that were up and whose data is not there any more, with the reason. */
function findLost(directories: readonly string[], cluster: Cluster): Map<number, string> {
  const lost = new Map<number, string>()
  for (const store of cluster.stores) {
    if (store.state !== 'up') continue
    const reason = whyLost(directories, cluster, store)
    if (reason !== null) lost.set(store.id, reason)
  }
  return lost
}

function whyLost(directories: readonly string[], cluster: Cluster, store: StoreRecord): string | null {
  const directory = storeDirectory(directories, store)
  if (isMissingOrEmpty(directory)) return `${directory} is gone`
  const identity = readIdentity(directory)
  if (identity === null) return `${directory} has no identity`
  if (
    identity.cluster !== cluster.cluster ||
    identity.store !== store.id ||
    identity.incarnation !== store.incarnation
  ) {
    throw new SetUpError(
      `${directory} is store ${identity.store} of cluster ${identity.cluster}, not store ${store.id} of this one: put the right directory back, or remove it to begin that store anew`,
    )
  }
  if (isMissingOrEmpty(join(directory, 'db'))) return `${join(directory, 'db')} is gone`
  const log = cluster.logs.find((record) => isLogOf(record, store, cluster.executors))
  if (log === undefined) return 'its raft log is lost'
  const logPath = logDirectory(directories, log)
  if (isMissingOrEmpty(logPath)) return `its raft log ${logPath} is gone`
  if (existsSync(join(logPath, LOG_FILES.lost))) return `its raft log ${logPath} has failed`
  return null
}

/** With no store left that has ever held data there is nothing to rebuild from, and an empty cluster in its place would be a lie. */
function refuseWithoutAnyStore(before: Cluster, after: Cluster, directories: readonly string[]): void {
  if (!before.bootstrapped || after.stores.some((store) => store.state === 'up')) return
  const reasons = [...new Set(after.stores.filter((store) => store.reason !== '').map((store) => store.reason))]
  throw new NothingToServe(
    `every store of the cluster in ${directories.join(', ')} is lost (${reasons.join('; ')}): restore a backup, or begin a new cluster in an empty --dir`,
  )
}

async function buildStore(
  directories: readonly string[],
  cluster: Cluster,
  store: StoreRecord,
  reached: (step: string) => void,
): Promise<void> {
  const directory = storeDirectory(directories, store)
  nodeDisk.makeDirectory(directory)
  reached(`store ${store.id}: directory`)
  await createDatabase(directory)
  reached(`store ${store.id}: database`)
  writeIdentity(directory, { cluster: cluster.cluster, store: store.id, incarnation: store.incarnation })
  reached(`store ${store.id}: identity`)
}
