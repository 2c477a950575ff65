/**
 * What entries do to the raw key space, written a second time from the permanent format alone: the reference that the
 * stores' engines and overlays are compared with.
 */
import { assert } from '../../src/base/index.ts'
import { EFFECT, EFFECT_HEADER_BYTES, ENTRY_KIND, ENTRY_PREFIX_BYTES } from '../../src/storage/index.ts'

/** Raw keys and raw values, a character per byte. */
export type RawSpace = Map<string, string>

/** One change: of a key to a value, or of the range from `key` to `value`. */
export interface Effect {
  readonly op: number
  readonly key: string
  readonly value: string
}

/** What an entry does, read once and applied as often as it is compared. */
export interface Effects {
  readonly isPart: boolean
  /** Of an entry that closes a group: how many stand before it. -1: the entry changes no keys. */
  readonly parts: number
  readonly changes: readonly Effect[]
}

const NOTHING: Effects = { isPart: false, parts: -1, changes: [] }

/** Entries that wait for the one that closes their group. */
export type OpenGroup = Effects[]

/** `data` is null for an entry that is not a normal one. */
export function effectsOf(data: Uint8Array | null): Effects {
  if (data === null) return NOTHING
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  switch (bytes[0]) {
    case ENTRY_KIND.part:
      return { isPart: true, parts: -1, changes: changesOf(bytes) }
    case ENTRY_KIND.effects:
      return { isPart: false, parts: bytes.readUInt16LE(2), changes: changesOf(bytes) }
    default:
      return NOTHING
  }
}

/** Applies the next entry of a cell, if it changes keys. */
export function applyEntry<S>(
  space: S,
  open: OpenGroup,
  effects: Effects,
  change: (space: S, changes: readonly Effect[]) => void,
): void {
  if (effects.isPart) {
    open.push(effects)
    return
  }
  // Half of a group that another entry has followed never counts.
  const parts = open.splice(0)
  if (effects.parts === -1) return
  assert(effects.parts === parts.length, 'a group is closed by an entry of its own')
  for (const part of parts) change(space, part.changes)
  change(space, effects.changes)
}

/** The cell's clock as of an entry; null when it has none. */
export function stampOf(data: Uint8Array | null): number | null {
  return data?.[0] === ENTRY_KIND.effects ? Buffer.from(data.buffer, data.byteOffset).readDoubleLE(8) : null
}

function changesOf(bytes: Buffer): Effect[] {
  const changes: Effect[] = []
  let at = ENTRY_PREFIX_BYTES
  while (at < bytes.length) {
    const op = bytes[at] as number
    const keyEnd = at + EFFECT_HEADER_BYTES + bytes.readUInt32LE(at + 1)
    const valueEnd = keyEnd + bytes.readUInt32LE(at + 5)
    assert(valueEnd <= bytes.length, 'an effect reaches over the end of its entry')
    const key = bytes.toString('latin1', at + EFFECT_HEADER_BYTES, keyEnd)
    changes.push({ op, key, value: bytes.toString('latin1', keyEnd, valueEnd) })
    at = valueEnd
  }
  return changes
}

/** Something that effects change. */
export interface Changing {
  /** null: it is deleted. */
  put(key: string, value: string | null): void
  clear(start: string, end: string): void
}

export function putIn(space: RawSpace, key: string, value: string | null): void {
  if (value === null) space.delete(key)
  else space.set(key, value)
}

export function clearIn(space: Map<string, unknown>, start: string, end: string): void {
  for (const key of space.keys()) if (key >= start && key < end) space.delete(key)
}

export function changeSpace(space: RawSpace, changes: readonly Effect[]): void {
  const changing = {
    put: (key: string, value: string | null) => putIn(space, key, value),
    clear: (start: string, end: string) => clearIn(space, start, end),
  }
  change(changing, changes)
}

/** In the order in which they stand there. */
export function change(changing: Changing, changes: readonly Effect[]): void {
  for (const { op, key, value } of changes) {
    switch (op) {
      case EFFECT.put:
        changing.put(key, value)
        break
      case EFFECT.delete:
        changing.put(key, null)
        break
      case EFFECT.deleteRange:
        changing.clear(key, value)
        break
      default:
        throw new Error(`an effect of an unknown kind: ${op}`)
    }
  }
}

/** The first difference between two spaces, for people; null: they are equal. */
export function firstDifference(wanted: ReadonlyMap<string, string>, found: RawSpace): string | null {
  for (const [key, value] of wanted) {
    const other = found.get(key)
    if (other === value) continue
    const shown = other === undefined ? 'absent' : JSON.stringify(other.slice(0, 80))
    return `${JSON.stringify(key)} is ${shown}, and ${JSON.stringify(value.slice(0, 80))} would be right`
  }
  if (found.size === wanted.size) return null
  for (const [key, value] of found) {
    if (!wanted.has(key)) return `${JSON.stringify(key)} is ${JSON.stringify(value.slice(0, 80))}, and should be absent`
  }
  return null
}
