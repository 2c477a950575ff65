import { assert, fromLatin1 } from '../base/index.ts'
import { chunkKey } from '../storage/index.ts'
import { scopeOfCell } from './cell-range.ts'
import type { KeyRecord } from './key-record.ts'
import type { Load } from './loads.ts'
import type { ValueApart } from './value-apart.ts'

const BATCH_BYTES = 4 * 1024 * 1024

/**
 * A long value on its way into memory, chunk by chunk: from the entry in the overlay that has it newest, else from the
 * engine. While it is far nobody can change a part of it, only all of it, and then what was fetched is of no use.
 */
export class Fetch {
  readonly load: Load
  #value: Buffer | null = null
  /** Of the value as it was when its memory was made. */
  #apart: ValueApart | null = null
  #chunkBytes = 0
  #index = 0
  #next = 0
  #asked: number[] = []
  #isDamaged = false

  constructor(load: Load) {
    this.load = load
  }

  /** Raw keys of the next chunks to be read; null: the value is whole. */
  next(record: KeyRecord): Uint8Array[] | null {
    if (record.apart !== this.#apart || record.index !== this.#index || record.bytes !== this.#value?.length) {
      this.#begin(record)
    }
    assert(!this.#isDamaged, `a chunk of a value of ${record.bytes} bytes is missing, or of another length`)
    const keys: Uint8Array[] = []
    this.#asked = []
    const { peer, key } = this.load
    const userKey = fromLatin1(key)
    for (let bytes = 0; this.#next < record.chunks && bytes < BATCH_BYTES; this.#next++) {
      const newer = record.newer?.get(this.#next)
      if (newer !== undefined) {
        this.#place(this.#next, newer.slab.buffer.subarray(newer.start, newer.end))
        continue
      }
      this.#asked.push(this.#next)
      keys.push(chunkKey(scopeOfCell(peer.cell), userKey, this.#next))
      bytes += record.chunkBytes
    }
    return keys.length === 0 ? null : keys
  }

  arrived(values: readonly (Uint8Array | null)[]): void {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]
      // One that is not there is of a value that was overwritten or deleted meanwhile: the next look finds that out.
      if (value) this.#place(this.#asked[i] as number, value)
      else this.#isDamaged = true
    }
  }

  take(): Buffer {
    assert(this.#value !== null, 'a value is taken when it is whole')
    return this.#value
  }

  #begin(record: KeyRecord): void {
    this.#apart = record.apart
    this.#index = record.index
    this.#chunkBytes = record.chunkBytes
    this.#value = Buffer.allocUnsafeSlow(record.bytes)
    this.#next = 0
    this.#isDamaged = false
  }

  #place(chunk: number, bytes: Uint8Array): void {
    const at = chunk * this.#chunkBytes
    const value = this.#value as Buffer
    if (bytes.length === Math.min(this.#chunkBytes, value.length - at)) value.set(bytes, at)
    else this.#isDamaged = true
  }
}
