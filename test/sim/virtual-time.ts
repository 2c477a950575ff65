/** Virtual time without actors: for the parts of the simulator that are tested on their own. */
import type { Schedule } from './network.ts'

interface Event {
  readonly atMs: number
  readonly order: number
  readonly action: () => void
}

export class VirtualTime {
  nowMs = 0
  #order = 0
  /** A binary heap by time, then by the order of scheduling. */
  readonly #heap: Event[] = []

  readonly schedule: Schedule = (delayMs, action) => {
    const heap = this.#heap
    heap.push({ atMs: this.nowMs + Math.max(0, delayMs), order: this.#order++, action })
    let at = heap.length - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!earlier(heap[at] as Event, heap[parent] as Event)) break
      swap(heap, at, parent)
      at = parent
    }
  }

  run(untilMs: number): void {
    for (;;) {
      const next = this.#heap[0]
      if (next === undefined || next.atMs > untilMs) break
      this.#removeFirst()
      this.nowMs = next.atMs
      next.action()
    }
    this.nowMs = untilMs
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop() as Event
    if (heap.length === 0) return
    heap[0] = last
    for (let at = 0; ; ) {
      let least = at
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && earlier(heap[child] as Event, heap[least] as Event)) least = child
      }
      if (least === at) return
      swap(heap, at, least)
      at = least
    }
  }
}

function earlier(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}

function swap(heap: Event[], a: number, b: number): void {
  const kept = heap[a] as Event
  heap[a] = heap[b] as Event
  heap[b] = kept
}
