/** Numbers of which one can be drawn by chance: added, taken out and drawn in the same short time, however many they are. */
export class IdSet {
  readonly #ids: number[] = []
  readonly #places = new Map<number, number>()

  get size(): number {
    return this.#ids.length
  }

  add(id: number): void {
    if (this.#places.has(id)) return
    this.#places.set(id, this.#ids.length)
    this.#ids.push(id)
  }

  /** The last one takes its place: the order says nothing. */
  delete(id: number): void {
    const place = this.#places.get(id)
    if (place === undefined) return
    this.#places.delete(id)
    const last = this.#ids.pop() as number
    if (last === id) return
    this.#ids[place] = last
    this.#places.set(last, place)
  }

  /** `place` is below the size. */
  at(place: number): number {
    return this.#ids[place] as number
  }

  values(): IterableIterator<number> {
    return this.#ids.values()
  }
}
