/**
 * Which executor writes which raft log. When the number of executors changes, the logs of the former layout are read,
 * and what they hold of each live store goes into its new log; the former ones are removed only when
 * cluster.json names the new ones.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { LOG_FILES, LogDamage, nodeDisk, openRaftLog, type RaftLog } from '../storage/index.ts'
import type { Cluster, LogRecord } from './cluster.ts'
import { isMissingOrEmpty } from './directory.ts'
import { isLogOf, liveStores, logDirectory, wantedLogs } from './layout.ts'

const IMPORT_ENTRY_BYTES = 8 * 1024 * 1024

export interface Arranged {
  /** The same object when nothing had to change. */
  readonly cluster: Cluster
  /** Directories of logs that cluster.json will no longer name. */
  readonly retired: readonly string[]
}

export async function arrangeLogs(
  directories: readonly string[],
  cluster: Cluster,
  executors: number,
  reached: (step: string) => void,
): Promise<Arranged> {
  const usable = cluster.logs.filter((log) => isUsable(logDirectory(directories, log)))
  const relaid = cluster.executors !== executors
  const kept = relaid ? [] : usable
  const missing = wantedLogs(cluster, executors).filter(
    (want) => !kept.some((log) => log.executor === want.executor && log.disk === want.disk),
  )
  if (missing.length === 0 && kept.length === cluster.logs.length) {
    if (cluster.stores.some((store) => store.state === 'planned')) await buryLostStores(directories, cluster)
    return { cluster, retired: [] }
  }

  let nextLog = cluster.nextLog
  const made = missing.map((want): LogRecord => ({ ...want, name: `log-${nextLog++}` }))
  const next: Cluster = { ...cluster, executors, nextLog, logs: [...kept, ...made] }
  const targets = new Map<LogRecord, RaftLog>()
  try {
    for (const log of made) {
      targets.set(log, openRaftLog(nodeDisk, { directory: logDirectory(directories, log) }))
      reached(`${log.name} made`)
    }
    for (const log of relaid ? usable : []) {
      await takeOver(logDirectory(directories, log), cluster, executors, targets)
      reached(`${log.name} taken over`)
    }
  } finally {
    for (const log of targets.values()) await closed(log)
  }
  await buryLostStores(directories, { ...next, logs: kept })
  const retired = relaid ? usable.map((log) => logDirectory(directories, log)) : []
  return { cluster: next, retired }
}

function isUsable(directory: string): boolean {
  return !isMissingOrEmpty(directory) && !existsSync(join(directory, LOG_FILES.lost))
}

/** Copies what a former log holds of live stores. Nothing is taken from it: cut off, it is done again. */
async function takeOver(
  directory: string,
  cluster: Cluster,
  executors: number,
  targets: ReadonlyMap<LogRecord, RaftLog>,
): Promise<void> {
  const stores = new Map(liveStores(cluster).map((store) => [store.id, store]))
  const targetOf = (id: number): RaftLog | undefined => {
    const store = stores.get(id)
    if (store === undefined) return undefined
    for (const [record, log] of targets) if (isLogOf(record, store, executors)) return log
    return undefined
  }
  let former: RaftLog
  try {
    former = openRaftLog(nodeDisk, { directory })
  } catch (error) {
    if (!(error instanceof LogDamage)) throw error
    error.message += `; it can be taken over by another number of executors only when it is whole: start with --executors ${cluster.executors}`
    throw error
  }
  try {
    for (const tombstone of former.tombstones()) targetOf(tombstone.store)?.entomb(tombstone)
    for (const group of former.groups()) {
      const target = targetOf(group.store)
      if (target === undefined) continue
      const first = group.firstIndex()
      const start = { index: first - 1, term: group.term(first - 1) }
      const copy = target.create(group.store, group.cell, group.peer, start, group.hardState)
      for (let at = first; at <= group.lastIndex(); ) {
        const entries = group.entries(at, group.lastIndex() + 1, IMPORT_ENTRY_BYTES)
        if (entries === null) throw new Error(`the log in ${directory} was trimmed while it was read`)
        target.append(copy, null, entries)
        at += entries.length
        if (target.gatheredBytes > IMPORT_ENTRY_BYTES) await flushed(target)
      }
      if (group.installingIndex > 0) target.installing(copy, group.installingIndex)
    }
    for (const target of targets.values()) await flushed(target)
  } finally {
    await closed(former)
  }
}

/** A store that is lost leaves records in a log that others go on using: they would hold its segments for ever. */
async function buryLostStores(directories: readonly string[], cluster: Cluster): Promise<void> {
  const lost = new Set(cluster.stores.filter((store) => store.state === 'lost').map((store) => store.id))
  if (lost.size === 0) return
  for (const record of cluster.logs) {
    const log = openRaftLog(nodeDisk, { directory: logDirectory(directories, record) })
    try {
      for (const group of [...log.groups()]) if (lost.has(group.store)) log.bury(group, 0)
      await flushed(log)
    } finally {
      await closed(log)
    }
  }
}

function flushed(log: RaftLog): Promise<void> {
  return new Promise((resolve, reject) => log.flush((error) => (error === null ? resolve() : reject(error))))
}

function closed(log: RaftLog): Promise<void> {
  return new Promise((resolve, reject) => log.close((error) => (error === null ? resolve() : reject(error))))
}
