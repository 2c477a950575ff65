/**
 * Collections that take no memory worth the name while they are empty: a process holds ten thousands of peers, each with
 * several of these, and most of them are never used. V8 reserves some two hundred bytes for a Map without an entry.
 */

export class LazyMap<K, V> {
  #map: Map<K, V> | null = null

  get size(): number {
    return this.#map === null ? 0 : this.#map.size
  }

  get(key: K): V | undefined {
    return this.#map === null ? undefined : this.#map.get(key)
  }

  has(key: K): boolean {
    return this.#map?.has(key) ?? false
  }

  set(key: K, value: V): void {
    this.#map ??= new Map()
    this.#map.set(key, value)
  }

  /** What is emptied so keeps its memory: most often something is put in again soon. */
  delete(key: K): void {
    this.#map?.delete(key)
  }

  /** Gives the memory back. */
  clear(): void {
    this.#map = null
  }

  /** Gives the memory back if there is nothing in it. */
  shrink(): void {
    if (this.#map?.size === 0) this.#map = null
  }
}

export class LazySet<T> {
  #set: Set<T> | null = null

  get size(): number {
    return this.#set === null ? 0 : this.#set.size
  }

  has(value: T): boolean {
    return this.#set?.has(value) ?? false
  }

  add(value: T): void {
    this.#set ??= new Set()
    this.#set.add(value)
  }

  /** As in `LazyMap`. */
  delete(value: T): void {
    this.#set?.delete(value)
  }

  clear(): void {
    this.#set = null
  }
}

/**
 * The same number, as V8 holds small integers: in the field itself. One that was read as a float is a box on the heap, and
 * so is from then on every value of every field that it was ever put into.
 */
export function unboxed(value: number): number {
  const small = value | 0
  return small === value ? small : value
}
