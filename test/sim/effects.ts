/**
 * What entries do to the raw key space, written a second time from the permanent format alone: the reference that the
 * stores' engines and overlays are compared with.
 */
import { assert, latin1 } from '../../src/base/index.ts'
import { EFFECT, EFFECT_HEADER_BYTES, ENTRY_KIND, ENTRY_PREFIX_BYTES } from '../../src/storage/index.ts'

/** Raw keys and raw values, a character per byte. */
export type RawSpace = Map<string, string>

/** Entries that wait for the one that closes their group. */
export type OpenGroup = Uint8Array[]

/** Applies the next entry of a cell, if it changes keys; `data` is null for one that is not a normal one. */
export function applyEntry(space: RawSpace, open: OpenGroup, data: Uint8Array | null): void {
  if (data?.[0] === ENTRY_KIND.part) {
    open.push(data)
    return
  }
  // Half of a group that another entry has followed never counts.
  const parts = open.splice(0)
  if (data?.[0] !== ENTRY_KIND.effects) return
  assert(Buffer.from(data).readUInt16LE(2) === parts.length, 'a group is closed by an entry of its own')
  for (const part of parts) applyEffects(space, part)
  applyEffects(space, data)
}

/** The cell's clock as of an entry; null when it has none. */
export function stampOf(data: Uint8Array | null): number | null {
  return data?.[0] === ENTRY_KIND.effects ? Buffer.from(data.buffer, data.byteOffset).readDoubleLE(8) : null
}

function applyEffects(space: RawSpace, data: Uint8Array): void {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  let at = ENTRY_PREFIX_BYTES
  while (at < bytes.length) {
    const op = bytes[at]
    const keyEnd = at + EFFECT_HEADER_BYTES + bytes.readUInt32LE(at + 1)
    const valueEnd = keyEnd + bytes.readUInt32LE(at + 5)
    assert(valueEnd <= bytes.length, 'an effect reaches over the end of its entry')
    const key = latin1(bytes.subarray(at + EFFECT_HEADER_BYTES, keyEnd))
    const value = latin1(bytes.subarray(keyEnd, valueEnd))
    switch (op) {
      case EFFECT.put:
        space.set(key, value)
        break
      case EFFECT.delete:
        space.delete(key)
        break
      case EFFECT.deleteRange:
        for (const each of [...space.keys()]) if (each >= key && each < value) space.delete(each)
        break
      default:
        throw new Error(`an effect of an unknown kind: ${op}`)
    }
    at = valueEnd
  }
}

/** The first difference between two spaces, for people; null: they are equal. */
export function firstDifference(wanted: RawSpace, found: RawSpace): string | null {
  for (const [key, value] of wanted) {
    const other = found.get(key)
    if (other === value) continue
    const shown = other === undefined ? 'absent' : JSON.stringify(other.slice(0, 80))
    return `${JSON.stringify(key)} is ${shown}, and ${JSON.stringify(value.slice(0, 80))} would be right`
  }
  for (const [key, value] of found) {
    if (!wanted.has(key)) return `${JSON.stringify(key)} is ${JSON.stringify(value.slice(0, 80))}, and should be absent`
  }
  return null
}
