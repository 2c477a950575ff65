/** Time that passes only when a test says so. Events at the same moment come in the order in which they were asked for. */
export class VirtualTime {
  nowMs = 0
  #sequence = 0
  #events: { atMs: number; sequence: number; run: () => void }[] = []

  readonly schedule = (delayMs: number, run: () => void): void => {
    this.#events.push({ atMs: this.nowMs + delayMs, sequence: this.#sequence++, run })
  }

  /** Runs the next event; false when there is none. */
  step(): boolean {
    let next = 0
    for (let i = 1; i < this.#events.length; i++) {
      const a = this.#events[i]!
      const b = this.#events[next]!
      if (a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence)) next = i
    }
    const [event] = this.#events.splice(next, 1)
    if (event === undefined) return false
    this.nowMs = Math.max(this.nowMs, event.atMs)
    event.run()
    return true
  }

  advance(ms: number): void {
    const until = this.nowMs + ms
    while (this.#events.some((event) => event.atMs <= until)) this.step()
    this.nowMs = until
  }

  /** Until nothing is left that could happen by itself. */
  drain(): void {
    while (this.step());
  }

  /** From now on events run by themselves, one at a time, whenever the process has nothing else to do. */
  get byItself(): (delayMs: number, run: () => void) => void {
    return (delayMs, run) => {
      this.schedule(delayMs, run)
      setImmediate(() => this.step())
    }
  }
}
