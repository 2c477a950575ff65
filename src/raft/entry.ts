import { EMPTY } from '../base/index.ts'

/** Numbers that stand in logs and travel between threads: their meaning never changes. */
export const EntryType = { normal: 0, confChange: 1, confChangeV2: 2 } as const
export type EntryType = (typeof EntryType)[keyof typeof EntryType]

const NORMAL = EntryType.normal

/** One place in the replicated log. Never changed once made, so that logs, messages and Readys may share it. */
export class Entry {
  readonly term: number
  readonly index: number
  readonly type: EntryType
  readonly data: Uint8Array

  constructor(term: number, index: number, type: EntryType = NORMAL, data: Uint8Array = EMPTY) {
    this.term = term
    this.index = index
    this.type = type
    this.data = data
  }
}

/** Shared by everything that holds no entries, so that a node at rest owns no array. Nobody may push to it. */
export const NO_ENTRIES: readonly Entry[] = Object.freeze([])

function varintBytes(value: number): number {
  let bytes = 1
  while (value >= 128) {
    value /= 128
    bytes++
  }
  return bytes
}

/** Bytes of the protobuf encoding: what the limits of sizes count, whatever encoding a host stores. */
export function encodedBytes(entry: Entry): number {
  const length = entry.data.length
  const head = 3 + varintBytes(entry.type) + varintBytes(entry.term) + varintBytes(entry.index)
  return length === 0 ? head : head + 1 + varintBytes(length) + length
}

export function encodedBytesOf(entries: readonly Entry[]): number {
  let bytes = 0
  for (let i = 0; i < entries.length; i++) bytes += encodedBytes(entries[i]!)
  return bytes
}

/** Bytes of the payloads alone: what the limits of uncommitted and in-flight data count. An empty entry costs nothing. */
export function payloadBytesOf(entries: readonly Entry[]): number {
  let bytes = 0
  for (let i = 0; i < entries.length; i++) bytes += entries[i]!.data.length
  return bytes
}

/** The longest beginning within `bytesMax`, but at least one entry: an entry larger than the limit must travel too. */
export function limitBytes(entries: readonly Entry[], bytesMax: number): readonly Entry[] {
  if (bytesMax === Number.POSITIVE_INFINITY || entries.length < 2) return entries
  let bytes = encodedBytes(entries[0]!)
  let count = 1
  while (count < entries.length) {
    bytes += encodedBytes(entries[count]!)
    if (bytes > bytesMax) break
    count++
  }
  return count === entries.length ? entries : entries.slice(0, count)
}
