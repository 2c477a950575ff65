/** All timers of an executor in one heap, so that the host needs one timer of its own. */
import type { Timer } from './types.ts'

export interface TimerOwner {
  /** Counts up when the owner's timers are to be forgotten. */
  readonly life: number
  timerFired(message: unknown): void
}

class Entry implements Timer {
  readonly heap: Timers
  readonly owner: TimerOwner
  readonly life: number
  readonly message: unknown
  /** 0: once. */
  readonly intervalMs: number
  readonly sequence: number
  dueMs: number
  /** Place in the heap; −1 when it is not there. */
  index: number

  constructor(heap: Timers, owner: TimerOwner, message: unknown, dueMs: number, intervalMs: number, sequence: number) {
    this.heap = heap
    this.owner = owner
    this.life = owner.life
    this.message = message
    this.intervalMs = intervalMs
    this.sequence = sequence
    this.dueMs = dueMs
    this.index = -1
  }

  cancel(): void {
    this.heap.remove(this)
  }
}

export class Timers {
  readonly #heap: Entry[]
  readonly #onEarlier: (dueMs: number) => void
  #sequence: number

  /** `onEarlier` is told when the first timer became an earlier one. */
  constructor(onEarlier: (dueMs: number) => void) {
    this.#heap = []
    this.#onEarlier = onEarlier
    this.#sequence = 0
  }

  get size(): number {
    return this.#heap.length
  }

  /** Infinity when there is none. */
  get nextDueMs(): number {
    const first = this.#heap[0]
    return first === undefined ? Number.POSITIVE_INFINITY : first.dueMs
  }

  add(owner: TimerOwner, message: unknown, dueMs: number, intervalMs: number): Timer {
    const entry = new Entry(this, owner, message, dueMs, intervalMs, this.#sequence++)
    this.#push(entry)
    if (entry.index === 0) this.#onEarlier(dueMs)
    return entry
  }

  /** Fires what is due, in order of due time, then of setting. */
  fireDue(nowMs: number): void {
    while (this.nextDueMs <= nowMs) this.fireFirst(nowMs)
  }

  /** Fires the first, which there is. */
  fireFirst(nowMs: number): void {
    const first = this.#heap[0] as Entry
    this.remove(first)
    if (first.life !== first.owner.life) return
    if (first.intervalMs > 0) {
      // A loop that was late does not make up for the beats it missed.
      first.dueMs += first.intervalMs
      if (first.dueMs <= nowMs) first.dueMs = nowMs + first.intervalMs
      this.#push(first)
    }
    first.owner.timerFired(first.message)
  }

  remove(entry: Entry): void {
    const index = entry.index
    if (index < 0) return
    entry.index = -1
    const last = this.#heap.pop() as Entry
    if (last === entry) return
    this.#place(last, index)
    this.#up(index)
    this.#down(last.index)
  }

  #push(entry: Entry): void {
    this.#place(entry, this.#heap.length)
    this.#up(entry.index)
  }

  #place(entry: Entry, index: number): void {
    this.#heap[index] = entry
    entry.index = index
  }

  #up(index: number): void {
    const entry = this.#heap[index] as Entry
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = this.#heap[parentIndex] as Entry
      if (!before(entry, parent)) break
      this.#place(parent, index)
      index = parentIndex
    }
    this.#place(entry, index)
  }

  #down(index: number): void {
    const entry = this.#heap[index] as Entry
    for (;;) {
      let childIndex = index * 2 + 1
      if (childIndex >= this.#heap.length) break
      const right = this.#heap[childIndex + 1]
      if (right !== undefined && before(right, this.#heap[childIndex] as Entry)) childIndex++
      const child = this.#heap[childIndex] as Entry
      if (!before(child, entry)) break
      this.#place(child, index)
      index = childIndex
    }
    this.#place(entry, index)
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence)
}
