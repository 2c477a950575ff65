/**
 * One process per directory.
 *
 * The lock must die with the process, however it dies, and hold between containers that share a volume. A file with a
 * process id does neither (ids are used again, and differ between containers); a listening socket leaves a stale name
 * that two starters may both take over, and its path may have 104 bytes only. So a tiny RocksDB database is opened in
 * `DIR/lock`: it holds a kernel lock on its file, which no crash can leave behind, and knows of a second opening in this
 * process too.
 */
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SetUpError } from '../base/index.ts'
import { type Engine, openRocksEngine } from '../storage/index.ts'
import { readIfThere } from './directory.ts'

export interface DirectoryLock {
  release(): Promise<void>
}

export function lockDirectory(directory: string): Promise<DirectoryLock> {
  const path = join(directory, 'lock')
  const owner = join(path, 'owner')
  return new Promise((resolve, reject) => {
    openRocksEngine(path, {}, (error, engine) => {
      if (error !== null || engine === null) {
        const holder = readIfThere(owner)
        const who = holder === null ? 'another process' : `process ${holder.trim()}`
        reject(
          error !== null && isLocked(error)
            ? new SetUpError(`${directory} is in use by ${who}: stop it, or give another --dir`)
            : new SetUpError(`${directory} cannot be locked: ${error === null ? 'it did not open' : error.message}`),
        )
        return
      }
      // Only for the message above; what locks is the database.
      writeFileSync(owner, `${process.pid}\n`)
      // The database keeps a diary of each opening, and none of it is of use.
      for (const name of readdirSync(path)) if (name.startsWith('LOG.old.')) rmSync(join(path, name), { force: true })
      resolve({ release: () => closed(engine) })
    })
  })
}

/** RocksDB's words for a database that is open elsewhere: in this process, or in another. */
export function isLocked(error: Error): boolean {
  return /lock hold by|while lock file/i.test(error.message)
}

function closed(engine: Engine): Promise<void> {
  return new Promise((resolve, reject) => engine.close((error) => (error === null ? resolve() : reject(error))))
}
