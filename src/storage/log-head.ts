import { crc32 } from 'node:zlib'
import { SetUpError, text, utf8 } from '../base/index.ts'
import type { Disk } from './disk.ts'
import { FORMAT_VERSION, LOG_FILES } from './format.ts'
import { LogDamage, LogLost } from './raft-log.ts'
import { segmentNumber } from './segments.ts'

export interface LogHead {
  readonly identity: number
  readonly incarnation: number
}

/** Reads who this log is, and opens its next incarnation: the file says so before anything else is written. */
export function openLogHead(disk: Disk, directory: string, newIdentity: number): LogHead {
  const path = `${directory}/${LOG_FILES.head}`
  const names = disk.list(directory)
  if (names.includes(LOG_FILES.lost)) throw new LogLost(directory)
  let head = { identity: newIdentity, incarnation: 1 }
  if (names.includes(LOG_FILES.head)) {
    const found = readHead(disk, path)
    head = { identity: found.identity, incarnation: found.incarnation + 1 }
  } else if (names.some((name) => segmentNumber(name) !== null)) {
    throw new LogDamage(path, 0, 'the head of the log is missing, but there are segments')
  }
  disk.makeDirectory(directory)
  const written = { format: FORMAT_VERSION, ...head, crc: checksum(FORMAT_VERSION, head) }
  disk.replace(path, utf8(`${JSON.stringify(written)}\n`))
  return head
}

function readHead(disk: Disk, path: string): LogHead {
  let parsed: { format?: unknown; identity?: unknown; incarnation?: unknown; crc?: unknown }
  try {
    parsed = JSON.parse(text(disk.read(path)))
  } catch {
    throw new LogDamage(path, 0, 'the head of the log is not JSON')
  }
  const { format, identity, incarnation, crc } = parsed
  // First the format: a newer one may have any other shape.
  if (typeof format === 'number' && format > FORMAT_VERSION) {
    throw new SetUpError(
      `${path} is of format ${format}, written by a newer program; this one reads up to ${FORMAT_VERSION}`,
    )
  }
  if (typeof format !== 'number' || typeof identity !== 'number' || typeof incarnation !== 'number') {
    throw new LogDamage(path, 0, 'the head of the log lacks a field')
  }
  const head = { identity, incarnation }
  if (crc !== checksum(format, head)) throw new LogDamage(path, 0, 'the checksum of the head of the log is wrong')
  return head
}

function checksum(format: number, head: LogHead): number {
  return crc32(`${format} ${head.identity} ${head.incarnation}`)
}
