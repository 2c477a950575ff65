/** Bytes of a store that is not running are flipped or cut off, in its raft log or in RocksDB's files. */
import { closeSync, existsSync, openSync, readdirSync, readSync, statSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '../../src/base/index.ts'

/** The files of a disk that hold data: segments of the log, and RocksDB's tables and logs. */
function files(directory: string, wanted: RegExp): string[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory, { recursive: true })
    .map((name) => join(directory, name as string))
    .filter((path) => wanted.test(path) && statSync(path).isFile() && statSync(path).size > 0)
    .sort()
}

/** What was done, for people; null: there was nothing to damage. */
export function damage(disk: string, random: Random): string | null {
  const ofLog = random.chance(0.5)
  const found = files(disk, ofLog ? /\/log-[^/]*\/[^/]*\.seg|\/log-[^/]*\/segment/ : /\/store-\d+\/.*\.(sst|log)$/)
  if (found.length === 0) return null
  const path = random.pick(found)
  const used = lastByte(path)
  if (used <= 0) return null
  if (random.chance(0.3)) {
    const bytes = random.below(used)
    truncateSync(path, bytes)
    return `${path} is cut off at ${bytes} of ${used}`
  }
  const offset = random.below(used)
  const file = openSync(path, 'r+')
  const byte = Buffer.alloc(1)
  readSync(file, byte, 0, 1, offset)
  byte[0] = (byte[0] as number) ^ (1 << random.below(8))
  writeSync(file, byte, 0, 1, offset)
  closeSync(file)
  return `a bit of ${path} flips at ${offset} of ${used}`
}

/** Segments are filled with zeros ahead of need: only what lies before their last other byte is of interest. */
function lastByte(path: string): number {
  const { size } = statSync(path)
  const file = openSync(path, 'r')
  const piece = Buffer.alloc(1 << 16)
  try {
    for (let end = size; end > 0; end -= piece.length) {
      const start = Math.max(0, end - piece.length)
      const length = readSync(file, piece, 0, end - start, start)
      for (let i = length - 1; i >= 0; i--) if (piece[i] !== 0) return start + i + 1
    }
    return 0
  } finally {
    closeSync(file)
  }
}
