/**
 * Raw keys: where things lie in the engine's one ordered map.
 *
 * ```
 *  store    01 name
 *  cell     02 id (u64, big-endian)
 *  staging  03 id (u64, big-endian) piece (u64, big-endian)
 *  data     scope, user key with each 00 written as 00 FF, 00 01, suffix
 * ```
 *
 * The end mark 00 01 is less than 00 FF and less than any other byte that could stand in its place, so raw keys are
 * in the order of the user keys, and everything of one key lies together, the main record (no suffix) first. A cell
 * is therefore one contiguous range.
 */
import { assert } from '../base/index.ts'
import { KEY_END, KEY_ESCAPE, type Scope, SPACE, SUFFIX } from './format.ts'

export function metaKey(cell: number): Uint8Array {
  const key = Buffer.allocUnsafe(9)
  key[0] = SPACE.cell
  key.writeUInt32BE(Math.floor(cell / 0x1_0000_0000), 1)
  key.writeUInt32BE(cell >>> 0, 5)
  return key
}

/** The id in a key that `metaKey` made. */
export function cellOfMetaKey(key: Uint8Array): number {
  assert(key.length === 9 && key[0] === SPACE.cell, 'not the key of a cell meta')
  const view = Buffer.from(key.buffer, key.byteOffset, 9)
  return view.readUInt32BE(1) * 0x1_0000_0000 + view.readUInt32BE(5)
}

/** All cell metas of a store. */
export function metaRange(): { start: Uint8Array; end: Uint8Array } {
  return { start: Uint8Array.of(SPACE.cell), end: Uint8Array.of(SPACE.cell + 1) }
}

/** A staged piece of the snapshot that a cell takes in; pieces sort by their numbers. */
export function stagingKey(cell: number, piece: number): Uint8Array {
  const key = Buffer.allocUnsafe(17)
  key[0] = SPACE.staging
  key.writeUInt32BE(Math.floor(cell / 0x1_0000_0000), 1)
  key.writeUInt32BE(cell >>> 0, 5)
  key.writeUInt32BE(Math.floor(piece / 0x1_0000_0000), 9)
  key.writeUInt32BE(piece >>> 0, 13)
  return key
}

/** All staged pieces of a cell. */
export function stagingRange(cell: number): { start: Uint8Array; end: Uint8Array } {
  return { start: stagingKey(cell, 0), end: stagingKey(cell + 1, 0) }
}

export function storeKey(name: string): Uint8Array {
  return Buffer.concat([Uint8Array.of(SPACE.store), Buffer.from(name)])
}

/** The raw key of the main record of a user key. */
export function dataKey(scope: Scope, userKey: Uint8Array): Uint8Array {
  const length = userKey.length
  // allocUnsafe and not `new Uint8Array`: a small array of V8's own must be moved out of its heap before the engine
  // can see it, which costs more than all of this function.
  const raw = Buffer.allocUnsafe(length + 3)
  raw[0] = scope
  for (let i = 0; i < length; i++) {
    const byte = userKey[i] as number
    if (byte === 0) return escapedKey(scope, userKey, i)
    raw[i + 1] = byte
  }
  raw[length + 1] = 0
  raw[length + 2] = KEY_END
  return raw
}

/** The raw key of a part of a user key: `kind` is of the table SUFFIX, and parts of a kind sort by `suffix`. */
export function partKey(scope: Scope, userKey: Uint8Array, kind: number, suffix: Uint8Array): Uint8Array {
  const main = dataKey(scope, userKey)
  const raw = Buffer.allocUnsafe(main.length + 1 + suffix.length)
  raw.set(main)
  raw[main.length] = kind
  raw.set(suffix, main.length + 1)
  return raw
}

/** The raw key of a chunk of a long value. */
export function chunkKey(scope: Scope, userKey: Uint8Array, chunk: number): Uint8Array {
  const suffix = Buffer.allocUnsafe(4)
  suffix.writeUInt32BE(chunk)
  return partKey(scope, userKey, SUFFIX.chunk, suffix)
}

/** Everything of one user key: its main record and its parts. */
export function rangeOfKey(scope: Scope, userKey: Uint8Array): { start: Uint8Array; end: Uint8Array } {
  const start = dataKey(scope, userKey)
  const end = Buffer.from(start)
  end[end.length - 1] = KEY_END + 1
  return { start, end }
}

/** The raw range that holds exactly what belongs to the user keys of [start, end); null is unbounded. */
export function rangeOf(
  scope: Scope,
  startUserKey: Uint8Array | null,
  endUserKey: Uint8Array | null,
): { start: Uint8Array; end: Uint8Array } {
  return {
    start: startUserKey === null ? Uint8Array.of(scope) : boundOf(scope, startUserKey),
    end: endUserKey === null ? Uint8Array.of(scope + 1) : boundOf(scope, endUserKey),
  }
}

export function scopeOf(rawKey: Uint8Array): number {
  return rawKey[0] as number
}

/** The user key within a raw data key; a view of it where it holds no zero. */
export function userKeyOf(rawKey: Uint8Array): Uint8Array {
  const end = endOfUserKey(rawKey)
  for (let i = 1; i < end; i++) {
    if (rawKey[i] === 0) return unescapedKey(rawKey, end)
  }
  return rawKey.subarray(1, end)
}

/** What follows the end mark: nothing in a main record, else the kind and the suffix of the part. */
export function suffixOf(rawKey: Uint8Array): Uint8Array {
  return rawKey.subarray(endOfUserKey(rawKey) + 2)
}

export function isMainKey(rawKey: Uint8Array): boolean {
  return endOfUserKey(rawKey) + 2 === rawKey.length
}

/** The scope and the escaped key: less than all that belongs to the key, greater than all that belongs to a lesser one. */
function boundOf(scope: Scope, userKey: Uint8Array): Uint8Array {
  const main = dataKey(scope, userKey)
  return main.subarray(0, main.length - 2)
}

function escapedKey(scope: Scope, userKey: Uint8Array, firstZero: number): Uint8Array {
  const length = userKey.length
  let zeros = 0
  for (let i = firstZero; i < length; i++) if (userKey[i] === 0) zeros++
  const raw = Buffer.allocUnsafe(length + zeros + 3)
  raw[0] = scope
  let at = 1
  for (let i = 0; i < length; i++) {
    const byte = userKey[i] as number
    raw[at++] = byte
    if (byte === 0) raw[at++] = KEY_ESCAPE
  }
  raw[at++] = 0
  raw[at] = KEY_END
  return raw
}

function unescapedKey(rawKey: Uint8Array, end: number): Uint8Array {
  const key = new Uint8Array(end - 1)
  let length = 0
  for (let i = 1; i < end; i++) {
    const byte = rawKey[i] as number
    key[length++] = byte
    if (byte === 0) i++
  }
  return key.subarray(0, length)
}

function endOfUserKey(rawKey: Uint8Array): number {
  for (let at = rawKey.indexOf(0, 1); at !== -1; at = rawKey.indexOf(0, at + 2)) {
    const next = rawKey[at + 1]
    if (next === KEY_END) return at
    assert(next === KEY_ESCAPE, 'a raw key with a zero that is neither escaped nor its end')
  }
  throw new Error('a raw key without an end mark')
}
