/**
 * The directories that a start has made, so that a start that is refused leaves none behind: whoever mistyped a flag finds
 * nothing to clear away, and the next start nothing that looks like a cluster's.
 */
import { existsSync, realpathSync, rmdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { nodeDisk } from '../storage/index.ts'
import { CLUSTER_FILE } from './cluster.ts'

interface Made {
  readonly path: string
  /** Of the parents that were missing too, the uppermost. */
  readonly top: string
}

export class MadeDirectories {
  readonly #made: Made[] = []

  /** Makes it where it is missing. */
  make(path: string): void {
    if (existsSync(path)) return
    let top = path
    while (!existsSync(dirname(top))) top = dirname(top)
    this.#made.push({ path, top })
    nodeDisk.makeDirectory(path)
  }

  /**
   * Removes those in which no cluster has been written down. What lies in one that is locked is the lock's, and is removed
   * before the lock is given back: later it might be another's. Of one that is not locked nothing is removed but itself.
   */
  takeBack(locked: ReadonlySet<string>): void {
    for (const { path, top } of this.#made.reverse()) {
      if (existsSync(path)) {
        if (existsSync(join(path, CLUSTER_FILE))) continue
        if (locked.has(realpathSync(path))) rmSync(join(path, 'lock'), { recursive: true, force: true })
      }
      removeEmpty(path, top)
    }
  }
}

/** From the bottom up, as far as they are empty. */
function removeEmpty(path: string, top: string): void {
  for (let at = path; ; at = dirname(at)) {
    try {
      rmdirSync(at)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return
    }
    if (at === top) return
  }
}
