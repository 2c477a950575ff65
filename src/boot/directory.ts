/** What there is in a directory, and whether it can be written. */
import { closeSync, openSync, readdirSync, readFileSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'

/** The text of the file, null when there is none. */
export function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Null when a file can be made in the directory, else why not: asked of the disk, since permissions do not tell of a read-only mount. */
export function whyNotWritable(directory: string): string | null {
  const probe = join(directory, '.writable')
  try {
    closeSync(openSync(probe, 'w'))
    unlinkSync(probe)
    return null
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
}

/** True for a directory that is not there and for one that holds nothing: what was in it is gone. */
export function isMissingOrEmpty(directory: string): boolean {
  try {
    return readdirSync(directory).length === 0
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true
    throw error
  }
}
