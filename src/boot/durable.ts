/** Small files that are there whole or not at all, whenever the power goes. */
import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, renameSync, unlinkSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** What a new name in a directory needs to survive: the directory itself is synced. */
function syncDirectory(directory: string): void {
  // Windows cannot open a directory; its file system journals the names.
  if (process.platform === 'win32') return
  const descriptor = openSync(directory, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Puts the text in place of what the file held: written aside, synced, renamed over it, and the name synced. */
export function writeDurably(file: string, text: string): void {
  const aside = `${file}.new`
  const descriptor = openSync(aside, 'w', 0o644)
  try {
    writeSync(descriptor, text)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(aside, file)
  syncDirectory(dirname(file))
}

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
