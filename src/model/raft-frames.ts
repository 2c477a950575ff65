/**
 * Raft messages on their way between executors, many in one message of the actors. Little-endian:
 *
 * ```
 * u32 record bytes │ u32 to store │ u32 from store │ u8 type │ u8 flags │ u16 – │ f64 cell │ f64 to │ f64 from │
 * f64 round │ f64 term │ f64 log term │ f64 index │ f64 commit │ f64 reject hint │ u32 context bytes │ u32 entries │
 * u32 range bytes │ context │ range │ per entry: f64 term │ u32 type │ u32 data bytes │ data
 * ```
 *
 * `round` is the host's, not Raft's: a leader numbers what leaves in a turn, and a follower's answers carry the
 * highest number it has handled (rule 12). Entries follow on one another from `index` + 1.
 */
import { assert, copyBytes, unboxed } from '../base/index.ts'
import { Entry, type EntryType, Message, type MessageType } from '../raft/index.ts'
import { RecordWriter } from './commands.ts'

const HEADER_BYTES = 100
const ENTRY_BYTES = 16
const FLAG_REJECT = 1
const FLAG_CONTEXT = 2

/** A Raft message with the address and the round that the hosts put on it. */
export interface Envelope {
  readonly toStore: number
  readonly fromStore: number
  readonly cell: number
  readonly round: number
  readonly message: Message
  /** The cell (`encodeCell`), told by its leader to a peer that may not have come to be; else null. */
  readonly range: Uint8Array | null
}

export class RaftWriter extends RecordWriter {
  add(
    toStore: number,
    fromStore: number,
    cell: number,
    round: number,
    message: Message,
    range: Uint8Array | null = null,
  ): void {
    assert(message.snapshot === null, 'snapshots travel in pieces of their own')
    const contextBytes = message.context === null ? 0 : message.context.length
    const rangeBytes = range === null ? 0 : range.length
    let bytes = HEADER_BYTES + contextBytes + rangeBytes
    for (let i = 0; i < message.entries.length; i++) bytes += ENTRY_BYTES + (message.entries[i] as Entry).data.length
    let at = this.reserve(bytes)
    const buffer = this.buffer
    buffer.writeUInt32LE(bytes, at)
    buffer.writeUInt32LE(toStore, at + 4)
    buffer.writeUInt32LE(fromStore, at + 8)
    buffer[at + 12] = message.type
    buffer[at + 13] = (message.reject ? FLAG_REJECT : 0) | (message.context === null ? 0 : FLAG_CONTEXT)
    buffer[at + 14] = 0
    buffer[at + 15] = 0
    buffer.writeDoubleLE(cell, at + 16)
    buffer.writeDoubleLE(message.to, at + 24)
    buffer.writeDoubleLE(message.from, at + 32)
    buffer.writeDoubleLE(round, at + 40)
    buffer.writeDoubleLE(message.term, at + 48)
    buffer.writeDoubleLE(message.logTerm, at + 56)
    buffer.writeDoubleLE(message.index, at + 64)
    buffer.writeDoubleLE(message.commit, at + 72)
    buffer.writeDoubleLE(message.rejectHint, at + 80)
    buffer.writeUInt32LE(contextBytes, at + 88)
    buffer.writeUInt32LE(message.entries.length, at + 92)
    buffer.writeUInt32LE(rangeBytes, at + 96)
    at += HEADER_BYTES
    if (message.context !== null) buffer.set(message.context, at)
    at += contextBytes
    if (range !== null) buffer.set(range, at)
    at += rangeBytes
    for (let i = 0; i < message.entries.length; i++) {
      const entry = message.entries[i] as Entry
      buffer.writeDoubleLE(entry.term, at)
      buffer.writeUInt32LE(entry.type, at + 8)
      buffer.writeUInt32LE(entry.data.length, at + 12)
      buffer.set(entry.data, at + ENTRY_BYTES)
      at += ENTRY_BYTES + entry.data.length
    }
  }
}

/** The messages of a batch. The data of entries is copied: it outlives the ring slot. */
export function readRaftBatch(records: Uint8Array, handle: (envelope: Envelope) => void): void {
  const buffer = Buffer.from(records.buffer, records.byteOffset, records.byteLength)
  let at = 0
  while (at < buffer.length) {
    const bytes = buffer.readUInt32LE(at)
    assert(bytes >= HEADER_BYTES && at + bytes <= buffer.length, 'a raft record reaches over its end')
    handle(readEnvelope(buffer, at))
    at += bytes
  }
}

/** Ids, terms and indexes end up in fields of long-lived objects. */
function integer(buffer: Buffer, at: number): number {
  return unboxed(buffer.readDoubleLE(at))
}

function readEnvelope(buffer: Buffer, at: number): Envelope {
  const flags = buffer[at + 13] as number
  const message = new Message(
    buffer[at + 12] as MessageType,
    integer(buffer, at + 24),
    integer(buffer, at + 32),
    integer(buffer, at + 48),
  )
  message.logTerm = integer(buffer, at + 56)
  message.index = integer(buffer, at + 64)
  message.commit = integer(buffer, at + 72)
  message.rejectHint = integer(buffer, at + 80)
  message.reject = (flags & FLAG_REJECT) !== 0
  const contextBytes = buffer.readUInt32LE(at + 88)
  const count = buffer.readUInt32LE(at + 92)
  let from = at + HEADER_BYTES
  if (flags & FLAG_CONTEXT) message.context = copyBytes(buffer.subarray(from, from + contextBytes))
  from += contextBytes
  const rangeBytes = buffer.readUInt32LE(at + 96)
  const range = rangeBytes === 0 ? null : copyBytes(buffer.subarray(from, from + rangeBytes))
  from += rangeBytes
  if (count > 0) {
    const entries: Entry[] = []
    for (let i = 0; i < count; i++) {
      const dataBytes = buffer.readUInt32LE(from + 12)
      const data = copyBytes(buffer.subarray(from + ENTRY_BYTES, from + ENTRY_BYTES + dataBytes))
      entries.push(
        new Entry(integer(buffer, from), message.index + 1 + i, buffer.readUInt32LE(from + 8) as EntryType, data),
      )
      from += ENTRY_BYTES + dataBytes
    }
    message.entries = entries
  }
  return {
    toStore: buffer.readUInt32LE(at + 4),
    fromStore: buffer.readUInt32LE(at + 8),
    cell: integer(buffer, at + 16),
    round: integer(buffer, at + 40),
    message,
    range,
  }
}
