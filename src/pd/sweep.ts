/** Walks over all cells, again and again, some at a time. */
export class Sweep {
  #ids: Iterator<number> | null = null

  /** The next so many; fewer at the end of a round, after which the next one begins. */
  next(cells: { ids(): Iterator<number> }, count: number): readonly number[] {
    const some: number[] = []
    this.#ids ??= cells.ids()
    while (some.length < count) {
      const next = this.#ids.next()
      if (next.done) {
        this.#ids = null
        break
      }
      some.push(next.value)
    }
    return some
  }

  beginAnew(): void {
    this.#ids = null
  }
}
