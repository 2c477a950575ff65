/** The bytes of batches and records: see the table in format.ts. Hand-written, because it runs once for every record of every turn. */
import { crc32 } from 'node:zlib'
import { copyBytes, unboxed } from '../base/index.ts'
import { Entry, type EntryType, type HardState } from '../raft/index.ts'
import { BATCH_ALIGNMENT, BATCH_HEADER_BYTES, BATCH_MAGIC, ENTRY_HEADER_BYTES, RECORD_HEADER_BYTES } from './format.ts'
import type { LogStart } from './raft-log.ts'

const TWO_32 = 0x1_0000_0000

function putU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true)
  view.setUint32(at + 4, (value / TWO_32) >>> 0, true)
}

function getU64(view: DataView, at: number): number {
  return unboxed(view.getUint32(at, true) + view.getUint32(at + 4, true) * TWO_32)
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

export function aligned(length: number): number {
  return (length + BATCH_ALIGNMENT - 1) & -BATCH_ALIGNMENT
}

export interface BatchHeader {
  /** Of the records behind the header, in bytes. */
  length: number
  count: number
  identity: number
  incarnation: number
  segment: number
  number: number
  durableTo: number
  oldest: number
}

/** Seals the batch whose records lie already behind the place of its header: after this only its bytes are written. */
export function sealBatch(bytes: Uint8Array, view: DataView, at: number, header: BatchHeader): void {
  view.setUint32(at, BATCH_MAGIC, true)
  view.setUint32(at + 8, header.length, true)
  view.setUint32(at + 12, header.count, true)
  view.setUint32(at + 16, header.identity, true)
  view.setUint32(at + 20, header.incarnation, true)
  putU64(view, at + 24, header.segment)
  putU64(view, at + 32, header.number)
  putU64(view, at + 40, header.durableTo)
  putU64(view, at + 48, header.oldest)
  view.setUint32(at + 4, crc32(bytes.subarray(at + 8, at + BATCH_HEADER_BYTES + header.length)), true)
}

/** The header of the batch at `at`; null when there is none of that segment and log that is whole. */
export function openBatch(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  identity: number,
  segment: number,
): BatchHeader | null {
  if (at + BATCH_HEADER_BYTES > bytes.length) return null
  if (view.getUint32(at, true) !== BATCH_MAGIC) return null
  if (view.getUint32(at + 16, true) !== identity || getU64(view, at + 24) !== segment) return null
  const length = view.getUint32(at + 8, true)
  if (at + BATCH_HEADER_BYTES + length > bytes.length) return null
  const crc = crc32(bytes.subarray(at + 8, at + BATCH_HEADER_BYTES + length))
  if (view.getUint32(at + 4, true) !== crc) return null
  return {
    length,
    count: view.getUint32(at + 12, true),
    identity,
    incarnation: view.getUint32(at + 20, true),
    segment,
    number: getU64(view, at + 32),
    durableTo: getU64(view, at + 40),
    oldest: getU64(view, at + 48),
  }
}

export function putRecordHeader(
  view: DataView,
  at: number,
  length: number,
  kind: number,
  count: number,
  firstIndex: number,
  group: { store: number; cell: number; peer: number; hardState: HardState; start: LogStart },
  extra: number,
): void {
  view.setUint32(at, length, true)
  view.setUint32(at + 4, kind, true)
  view.setUint32(at + 8, group.store, true)
  view.setUint32(at + 12, count, true)
  putU64(view, at + 16, group.cell)
  putU64(view, at + 24, group.peer)
  putU64(view, at + 32, group.hardState.term)
  putU64(view, at + 40, group.hardState.vote)
  putU64(view, at + 48, group.hardState.commit)
  putU64(view, at + 56, group.start.index)
  putU64(view, at + 64, group.start.term)
  putU64(view, at + 72, extra)
  putU64(view, at + 80, firstIndex)
}

/** Returns where the next entry goes. */
export function putEntry(bytes: Uint8Array, view: DataView, at: number, entry: Entry): number {
  view.setUint32(at, entry.data.length, true)
  view.setUint32(at + 4, entry.type, true)
  putU64(view, at + 8, entry.term)
  bytes.set(entry.data, at + ENTRY_HEADER_BYTES)
  return at + ENTRY_HEADER_BYTES + entry.data.length
}

export interface LogRecord {
  kind: number
  store: number
  cell: number
  peer: number
  hardState: HardState
  start: LogStart
  extra: number
  /** With copies of their bytes: what was read pins whole segments. */
  entries: Entry[]
}

/** The records of a batch; null when they do not fill it exactly, which a sound checksum makes a bug of the writer. */
export function readRecords(bytes: Uint8Array, view: DataView, at: number, header: BatchHeader): LogRecord[] | null {
  const end = at + BATCH_HEADER_BYTES + header.length
  const records: LogRecord[] = []
  let from = at + BATCH_HEADER_BYTES
  for (let i = 0; i < header.count; i++) {
    if (from + RECORD_HEADER_BYTES > end) return null
    const to = from + view.getUint32(from, true)
    if (to > end) return null
    const entries = readEntries(bytes, view, from, to)
    if (entries === null) return null
    records.push({
      kind: view.getUint32(from + 4, true) & 0xff,
      store: view.getUint32(from + 8, true),
      cell: getU64(view, from + 16),
      peer: getU64(view, from + 24),
      hardState: { term: getU64(view, from + 32), vote: getU64(view, from + 40), commit: getU64(view, from + 48) },
      start: { index: getU64(view, from + 56), term: getU64(view, from + 64) },
      extra: getU64(view, from + 72),
      entries,
    })
    from = to
  }
  return from === end ? records : null
}

function readEntries(bytes: Uint8Array, view: DataView, from: number, to: number): Entry[] | null {
  const count = view.getUint32(from + 12, true)
  const first = getU64(view, from + 80)
  const entries: Entry[] = []
  let at = from + RECORD_HEADER_BYTES
  for (let i = 0; i < count; i++) {
    if (at + ENTRY_HEADER_BYTES > to) return null
    const data = at + ENTRY_HEADER_BYTES
    const end = data + view.getUint32(at, true)
    if (end > to) return null
    const type = view.getUint32(at + 4, true) as EntryType
    entries.push(new Entry(getU64(view, at + 8), first + i, type, copyBytes(bytes.subarray(data, end))))
    at = end
  }
  return at === to ? entries : null
}
