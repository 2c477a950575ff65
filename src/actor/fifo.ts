/** A queue in a circle of slots that doubles when it is full; it never shifts its elements and keeps none that was taken. */
export class Fifo<T> {
  #slots: (T | undefined)[]
  #mask: number
  #head: number
  #size: number

  constructor() {
    this.#slots = new Array<T | undefined>(16).fill(undefined)
    this.#mask = 15
    this.#head = 0
    this.#size = 0
  }

  get size(): number {
    return this.#size
  }

  push(item: T): void {
    if (this.#size > this.#mask) this.#grow()
    this.#slots[(this.#head + this.#size) & this.#mask] = item
    this.#size++
  }

  /** Before the oldest: it is the next to be taken. */
  unshift(item: T): void {
    if (this.#size > this.#mask) this.#grow()
    this.#head = (this.#head - 1) & this.#mask
    this.#slots[this.#head] = item
    this.#size++
  }

  /** The oldest, which stays. */
  peek(): T | undefined {
    return this.#slots[this.#head]
  }

  /** The one so many places behind the oldest; only when there is one. */
  at(place: number): T {
    return this.#slots[(this.#head + place) & this.#mask] as T
  }

  /** The oldest; only when there is one. */
  shift(): T {
    const head = this.#head
    const item = this.#slots[head] as T
    this.#slots[head] = undefined
    this.#head = (head + 1) & this.#mask
    this.#size--
    return item
  }

  #grow(): void {
    const slots = new Array<T | undefined>((this.#mask + 1) * 2).fill(undefined)
    for (let i = 0; i < this.#size; i++) slots[i] = this.#slots[(this.#head + i) & this.#mask]
    this.#slots = slots
    this.#mask = slots.length - 1
    this.#head = 0
  }
}
