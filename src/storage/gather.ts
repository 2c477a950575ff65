import { assert } from '../base/index.ts'
import type { Entry } from '../raft/index.ts'
import { aligned, putEntry, putRecordHeader, viewOf } from './batch.ts'
import { BATCH_HEADER_BYTES, ENTRY_HEADER_BYTES, RECORD, RECORD_HEADER_BYTES } from './format.ts'
import type { FileGroup, FileTombstone } from './pins.ts'

const INITIAL_BYTES = 256 * 1024
/** A buffer that one large flush has blown up beyond this is given back after it. */
const KEPT_BYTES = 8 * 1024 * 1024

/** What a record changes of the question which segments are needed: answered when it is known which segment it lands in. */
export interface Touch {
  readonly kind: number
  readonly item: FileGroup | FileTombstone
  /** Where the group's log began when this was gathered. */
  readonly startIndex: number
  /** Of the entries in the record; `last` is less than `first` when there are none. */
  readonly first: number
  readonly last: number
}

export interface GatheredBatch {
  /** Of the header, in the buffer of the gather. */
  offset: number
  /** With the header, up to the end of the last record. */
  length: number
  entries: number
  readonly touches: Touch[]
}

/**
 * The batch being built, in one buffer that is used again and again. More than one batch only when it would not fit
 * in a segment.
 */
export class Gather {
  bytes: Uint8Array
  view: DataView
  readonly batches: GatheredBatch[]
  readonly #batchBytesMax: number
  #end: number

  constructor(batchBytesMax: number) {
    this.bytes = Buffer.alloc(INITIAL_BYTES)
    this.view = viewOf(this.bytes)
    this.batches = []
    this.#batchBytesMax = batchBytesMax
    this.#end = 0
  }

  get length(): number {
    return this.#end
  }

  /** Forgets everything, for the next use. */
  clear(): void {
    this.batches.length = 0
    this.#end = 0
    if (this.bytes.length <= KEPT_BYTES) return
    this.bytes = Buffer.alloc(INITIAL_BYTES)
    this.view = viewOf(this.bytes)
  }

  /** A batch without records says nothing but what its header says: which segments are still needed. */
  ensureBatch(): GatheredBatch {
    return this.batches[this.batches.length - 1] ?? this.#newBatch()
  }

  /** A record, or several where the entries would not fit in one batch. */
  add(kind: number, group: FileGroup, entries: readonly Entry[]): void {
    let from = 0
    do {
      const room = this.#batchBytesMax - BATCH_HEADER_BYTES - RECORD_HEADER_BYTES
      let to = from
      let length = RECORD_HEADER_BYTES
      for (; to < entries.length; to++) {
        const entryBytes = ENTRY_HEADER_BYTES + (entries[to] as Entry).data.length
        assert(entryBytes <= room, 'an entry that does not fit in a segment')
        if (length + entryBytes > room + RECORD_HEADER_BYTES) break
        length += entryBytes
      }
      this.#addPart(kind, group, entries, from, to, length)
      from = to
    } while (from < entries.length)
  }

  addTombstone(tombstone: FileTombstone): void {
    const batch = this.#roomFor(RECORD_HEADER_BYTES)
    const { store, cell, peer } = tombstone
    const group = { store, cell, peer, hardState: NO_STATE, start: NO_START }
    putRecordHeader(this.view, this.#end, RECORD_HEADER_BYTES, RECORD.tombstone, 0, 0, group, tombstone.confVer)
    this.#end += RECORD_HEADER_BYTES
    batch.length += RECORD_HEADER_BYTES
    batch.touches.push({ kind: RECORD.tombstone, item: tombstone, startIndex: 0, first: 0, last: -1 })
  }

  #addPart(kind: number, group: FileGroup, entries: readonly Entry[], from: number, to: number, length: number): void {
    const batch = this.#roomFor(length)
    const first = from === to ? 0 : (entries[from] as Entry).index
    const said = to < entries.length ? withCommitUpTo(first + to - from - 1, group) : group
    putRecordHeader(this.view, this.#end, length, kind, to - from, first, said, group.installingIndex)
    let at = this.#end + RECORD_HEADER_BYTES
    for (let i = from; i < to; i++) at = putEntry(this.bytes, this.view, at, entries[i] as Entry)
    this.#end = at
    batch.length += length
    batch.entries += to - from
    batch.touches.push({ kind, item: group, startIndex: group.start.index, first, last: first + to - from - 1 })
  }

  #roomFor(length: number): GatheredBatch {
    let batch = this.ensureBatch()
    if (batch.length + length > this.#batchBytesMax) batch = this.#newBatch()
    this.#grow(this.#end + length)
    return batch
  }

  #newBatch(): GatheredBatch {
    const offset = aligned(this.#end)
    this.#grow(offset + BATCH_HEADER_BYTES)
    const batch = { offset, length: BATCH_HEADER_BYTES, entries: 0, touches: [] }
    this.batches.push(batch)
    this.#end = offset + BATCH_HEADER_BYTES
    return batch
  }

  #grow(length: number): void {
    // Eight more, so that a sealed batch can be written up to its aligned end.
    if (length + 8 <= this.bytes.length) return
    const grown = Buffer.alloc(Math.max(length + 8, this.bytes.length * 2))
    grown.set(this.bytes.subarray(0, this.#end))
    this.bytes = grown
    this.view = viewOf(grown)
  }
}

/** A crash may leave this record and not the rest, and nothing is committed that the log does not hold. */
function withCommitUpTo(last: number, { store, cell, peer, hardState, start }: FileGroup) {
  return { store, cell, peer, start, hardState: { ...hardState, commit: Math.min(hardState.commit, last) } }
}

const NO_STATE = { term: 0, vote: 0, commit: 0 }
const NO_START = { index: 0, term: 0 }
