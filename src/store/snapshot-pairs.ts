/** Pairs of a snapshot as they travel and are staged: u32 key bytes │ u32 value bytes │ key │ value, repeated. */
import { assert } from '../base/index.ts'
import type { Pair } from '../storage/index.ts'

/** In `room` if there is enough of it, else in memory of its own. */
export function encodePairs(pairs: readonly Pair[], room: Uint8Array): Uint8Array {
  let bytes = 0
  for (const { key, value } of pairs) bytes += 8 + key.length + value.length
  const memory = room.length < bytes ? Buffer.allocUnsafeSlow(bytes) : room
  const buffer = Buffer.from(memory.buffer, memory.byteOffset, bytes)
  let at = 0
  for (const { key, value } of pairs) {
    buffer.writeUInt32LE(key.length, at)
    buffer.writeUInt32LE(value.length, at + 4)
    buffer.set(key, at + 8)
    buffer.set(value, at + 8 + key.length)
    at += 8 + key.length + value.length
  }
  return buffer
}

export function decodePairs(bytes: Uint8Array): Pair[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const pairs: Pair[] = []
  let at = 0
  while (at < buffer.length) {
    const keyEnd = at + 8 + buffer.readUInt32LE(at)
    const valueEnd = keyEnd + buffer.readUInt32LE(at + 4)
    assert(valueEnd <= buffer.length, 'a pair reaches over the end of its piece')
    pairs.push({ key: buffer.subarray(at + 8, keyEnd), value: buffer.subarray(keyEnd, valueEnd) })
    at = valueEnd
  }
  return pairs
}
