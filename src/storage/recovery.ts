/**
 * Reads a log from its segments.
 *
 * 1. The last segment with a whole batch is found; its last batch says which segment is the oldest still needed.
 * 2. From there on every segment is read in order. Batches carry consecutive numbers over all segments, also across
 *    restarts, so what is missing between two that are whole is noticed wherever it lies.
 * 3. What lies behind the last whole batch, with nothing whole and later behind it, was never answered for: a torn
 *    tail. It is cut by being left behind: writing goes on in a new segment.
 *
 * Segments before the oldest needed and behind the last whole batch are leftovers, to be used again.
 */
import { aligned, type BatchHeader, type LogRecord, openBatch, readRecords, viewOf } from './batch.ts'
import type { Disk } from './disk.ts'
import { BATCH_ALIGNMENT, BATCH_HEADER_BYTES, BATCH_MAGIC, RECORD } from './format.ts'
import type { Touch } from './gather.ts'
import { PerCell } from './group-image.ts'
import { FileGroup, FileTombstone, place, repin } from './pins.ts'
import { LogDamage } from './raft-log.ts'
import { Segment, segmentNumber, segmentPath } from './segments.ts'

export interface Recovered {
  groups: PerCell<FileGroup>
  tombstones: PerCell<FileTombstone>
  live: Segment[]
  leftovers: string[]
  /** The greatest number that any segment bears. */
  highest: number
  /** Of the last whole batch; 0 when there is none. */
  lastNumber: number
  oldest: number
}

interface Scanned {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly batches: { at: number; header: BatchHeader }[]
  /** Where the next batch would lie. */
  readonly end: number
}

export function recoverLog(disk: Disk, directory: string, identity: number, incarnation: number): Recovered {
  const numbers: number[] = []
  for (const name of disk.list(directory)) {
    const number = segmentNumber(name)
    if (number !== null) numbers.push(number)
  }
  numbers.sort((a, b) => a - b)
  const result: Recovered = {
    groups: new PerCell(),
    tombstones: new PerCell(),
    live: [],
    leftovers: [],
    highest: numbers[numbers.length - 1] ?? 0,
    lastNumber: 0,
    oldest: 0,
  }

  let last: Scanned | null = null
  while (numbers.length > 0) {
    const number = numbers[numbers.length - 1] as number
    last = scanSegment(disk, directory, number, identity)
    if (last.batches.length > 0) break
    result.leftovers.push(segmentPath(directory, number))
    numbers.pop()
  }
  const newest = last?.batches[last.batches.length - 1]?.header
  if (last === null || newest === undefined) return result
  result.lastNumber = newest.number
  result.oldest = newest.oldest

  let before: { path: string; end: number; number: number; incarnation: number } | null = null
  /** The first segment without a whole batch behind the last one with. */
  let empty: string | null = null
  for (const number of numbers) {
    const path = segmentPath(directory, number)
    if (number < newest.oldest) {
      result.leftovers.push(path)
      continue
    }
    const isLast = number === numbers[numbers.length - 1]
    const scanned: Scanned = isLast ? last : scanSegment(disk, directory, number, identity)
    const first = scanned.batches[0]?.header
    if (first === undefined) {
      // One that was made ready, or spare, when a process ended; if it held something, the numbers tell.
      result.leftovers.push(path)
      empty ??= path
      continue
    }
    if (before === null && number !== newest.oldest) {
      throw new LogDamage(segmentPath(directory, newest.oldest), 0, 'a segment that is needed is missing')
    }
    if (before !== null && first.number !== before.number + 1) {
      const missing = `batches ${before.number + 1} to ${first.number - 1} are missing or damaged`
      throw empty === null ? new LogDamage(before.path, before.end, missing) : new LogDamage(empty, 0, missing)
    }
    if (first.incarnation < (before?.incarnation ?? 0) || first.incarnation > incarnation) {
      throw new LogDamage(path, 0, `written by incarnation ${first.incarnation}, which does not follow`)
    }
    const segment = new Segment(number, path, null)
    segment.used = scanned.end
    result.live.push(segment)
    replaySegment(result, scanned, segment)
    const end = scanned.batches[scanned.batches.length - 1] as { header: BatchHeader }
    empty = null
    before = { path, end: scanned.end, number: end.header.number, incarnation: first.incarnation }
  }

  for (const group of result.groups.values()) {
    if (!group.hole) continue
    const what = `entries of cell ${group.cell} before ${group.firstIndex()} are missing`
    throw new LogDamage((result.live[0] as Segment).path, 0, what)
  }
  return result
}

/** Every segment that was ever made has so many bytes, or a multiple. */
const SEGMENT_UNIT_BYTES = 4096

function scanSegment(disk: Disk, directory: string, number: number, identity: number): Scanned {
  const path = segmentPath(directory, number)
  const bytes = disk.read(path)
  const view = viewOf(bytes)
  const batches: { at: number; header: BatchHeader }[] = []
  let end = 0
  let before: BatchHeader | null = null
  for (;;) {
    const header = openBatch(bytes, view, end, identity, number)
    if (header === null) break
    // A segment is written by one incarnation, in order: what does not follow is no part of it.
    if (before !== null && (header.number !== before.number + 1 || header.incarnation !== before.incarnation)) break
    batches.push({ at: end, header })
    before = header
    end = aligned(end + BATCH_HEADER_BYTES + header.length)
  }
  refuseLaterBatch(path, bytes, view, end, identity, number, before)
  // It was filled to its end before anything was written in it, and does not shrink: what was cut off is no torn tail.
  if (before !== null && bytes.length % SEGMENT_UNIT_BYTES !== 0) {
    throw new LogDamage(path, bytes.length, 'the segment is shorter than it was made')
  }
  return { bytes, view, batches, end }
}

/** A whole batch behind one that is not: if it was written when the bad one was known to be synced, the bad one is damage. */
function refuseLaterBatch(
  path: string,
  bytes: Uint8Array,
  view: DataView,
  end: number,
  identity: number,
  segment: number,
  before: BatchHeader | null,
): void {
  const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const magic = Buffer.alloc(4)
  magic.writeUInt32LE(BATCH_MAGIC)
  const bad = before === null ? 0 : before.number + 1
  for (let at = haystack.indexOf(magic, end + 1); at !== -1; at = haystack.indexOf(magic, at + 1)) {
    if (at % BATCH_ALIGNMENT !== 0) continue
    const later = openBatch(bytes, view, at, identity, segment)
    if (later === null || later.number <= bad || later.durableTo < bad) continue
    throw new LogDamage(
      path,
      end,
      `a batch is damaged: batch ${later.number} at offset ${at}, written after it, is whole`,
    )
  }
}

function replaySegment(result: Recovered, scanned: Scanned, segment: Segment): void {
  for (const { at, header } of scanned.batches) {
    const records = readRecords(scanned.bytes, scanned.view, at, header)
    if (records === null) throw new LogDamage(segment.path, at, 'the records of a batch do not fill it')
    for (const record of records) replayRecord(result, record, segment, at)
  }
}

function replayRecord(result: Recovered, record: LogRecord, segment: Segment, at: number): void {
  const { groups, tombstones } = result
  const { store, cell, peer } = record
  const group = groups.get(store, cell)
  switch (record.kind) {
    case RECORD.tombstone: {
      // Rewritten later, a tombstone may stand behind the birth of the next peer: that one stays.
      const buried = group !== undefined && group.peer === peer
      const superseded = [tombstones.get(store, cell), buried ? group : undefined]
      const tombstone = new FileTombstone(
        { store, cell, peer, confVer: record.extra },
        superseded.filter((item) => item !== undefined),
      )
      if (buried) groups.delete(store, cell)
      tombstones.set(store, cell, tombstone)
      tombstone.place(segment)
      return
    }
    case RECORD.restart: {
      if (group !== undefined) repin(group, null)
      const fresh = new FileGroup(store, cell, peer, record.start, record.hardState)
      groups.set(store, cell, fresh)
      replayGroup(fresh, record, segment)
      return
    }
    case RECORD.append: {
      if (group === undefined) {
        // What came before lay in segments that are no longer needed: each record carries the whole small state.
        const found = new FileGroup(store, cell, peer, record.start, record.hardState)
        groups.set(store, cell, found)
        replayGroup(found, record, segment)
        return
      }
      if (group.peer !== peer) throw new LogDamage(segment.path, at, `cell ${cell} has records of two peers`)
      replayGroup(group, record, segment)
      return
    }
    default:
      throw new LogDamage(segment.path, at, `a record of unknown kind ${record.kind}`)
  }
}

function replayGroup(group: FileGroup, record: LogRecord, segment: Segment): void {
  group.hardState = record.hardState
  group.installingIndex = record.extra
  if (record.start.index >= group.start.index) {
    group.advance(record.start)
    group.hole = false
  }
  const { entries } = record
  const first = entries[0]?.index ?? 0
  if (entries.length > 0) {
    if (first > group.lastIndex() + 1 || first <= group.start.index) {
      // What lies between is excused by a record to come, whose log begins later; if none comes, it is missing.
      group.hole = first - 1 !== record.start.index
      group.restart(group.hole ? { index: first - 1, term: 0 } : record.start)
    }
    group.append(entries)
  }
  const touch: Touch = {
    kind: record.kind,
    item: group,
    startIndex: record.start.index,
    first,
    last: first + entries.length - 1,
  }
  place(touch, segment)
}
