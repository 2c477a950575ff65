/** Keys a chunk is cut in two at: adding one moves a few hundred references at most. */
const CHUNK_KEYS_MAX = 512

/**
 * The keys that a working state holds, in byte order. A sorted list of sorted lists: made only when somebody walks over
 * the keys, for no other command has a use for the order.
 *
 * Invariant: no chunk is empty, but for the only one; all keys of a chunk are less than those of the next.
 */
export class KeyOrder {
  size = 0
  #chunks: string[][] = [[]]
  // Where `next` reads.
  #chunk = 0
  #at = 0

  /** A key that is there already stays as it is. */
  add(key: string): void {
    const number = this.#chunkOf(key)
    const chunk = this.#chunks[number] as string[]
    const at = lowerBound(chunk, key)
    if (chunk[at] === key) return
    chunk.splice(at, 0, key)
    this.size++
    if (chunk.length > CHUNK_KEYS_MAX) this.#chunks.splice(number + 1, 0, chunk.splice(chunk.length >>> 1))
  }

  delete(key: string): void {
    const number = this.#chunkOf(key)
    const chunk = this.#chunks[number] as string[]
    const at = lowerBound(chunk, key)
    if (chunk[at] !== key) return
    chunk.splice(at, 1)
    this.size--
    if (chunk.length === 0 && this.#chunks.length > 1) this.#chunks.splice(number, 1)
  }

  clear(): void {
    this.size = 0
    this.#chunks = [[]]
  }

  /** `next` gives the first key that is not less, then those behind it. Adding and deleting make it void. */
  seek(from: string): void {
    this.#chunk = this.#chunkOf(from)
    this.#at = lowerBound(this.#chunks[this.#chunk] as string[], from)
  }

  next(): string | undefined {
    for (; this.#chunk < this.#chunks.length; this.#chunk++, this.#at = 0) {
      const key = (this.#chunks[this.#chunk] as string[])[this.#at]
      if (key === undefined) continue
      this.#at++
      return key
    }
    return undefined
  }

  /** The key with so many before it. */
  at(rank: number): string | undefined {
    for (const chunk of this.#chunks) {
      if (rank < chunk.length) return chunk[rank]
      rank -= chunk.length
    }
    return undefined
  }

  /** The last chunk that begins with a key not greater than this one; the first if there is none. */
  #chunkOf(key: string): number {
    const chunks = this.#chunks
    let low = 1
    let high = chunks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (((chunks[middle] as string[])[0] as string) <= key) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}

/** Index of the first key that is not less. */
function lowerBound(chunk: readonly string[], key: string): number {
  let low = 0
  let high = chunk.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((chunk[middle] as string) < key) low = middle + 1
    else high = middle
  }
  return low
}
