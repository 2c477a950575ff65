/** An entry as it was applied first, wherever that was: what every other peer applies at its index is compared with it. */
import { crc32 } from 'node:zlib'
import { equalBytes } from '../../src/base/index.ts'
import { type Effects, effectsOf } from './effects.ts'

/** A longer entry is read anew for each peer: kept, long values would fill the memory. */
const KEPT_ENTRY_BYTES = 4096
/** To leave the language costs more than to compare so many bytes in it. */
const OWN_BYTES_MAX = 256

export class RecordedEntry {
  readonly term: number
  /** Null when it changes no keys, or when the reference is already behind it. */
  data: Uint8Array | null
  /** All its bytes, while they are few; else null, and their sum stands for them. */
  readonly #bytes: Uint8Array | null
  readonly #crc: number
  /** Read once for all peers that hold these bytes. */
  #effects: Effects | null = null

  /** @param isWanted the reference has still to come to it, and it may change keys */
  constructor(term: number, data: Uint8Array, isWanted: boolean) {
    const isKept = data.length <= KEPT_ENTRY_BYTES
    const copy = isKept || isWanted ? new Uint8Array(data) : null
    this.term = term
    this.data = isWanted ? copy : null
    this.#bytes = isKept ? copy : null
    this.#crc = isKept ? 0 : crc32(data)
  }

  /** These are the bytes that were applied first. */
  holds(data: Uint8Array): boolean {
    const bytes = this.#bytes
    if (bytes !== null) return sameBytes(bytes, data)
    return data.length > KEPT_ENTRY_BYTES && this.#crc === crc32(data)
  }

  /** What an entry does that a peer holds now, be it as it was recorded or not. */
  effectsOf(data: Uint8Array): Effects {
    if (this.#bytes === null || !this.holds(data)) return effectsOf(data)
    this.#effects ??= effectsOf(data)
    return this.#effects
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  const { length } = a
  if (length !== b.length) return false
  if (length > OWN_BYTES_MAX) return equalBytes(a, b)
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return false
  return true
}
