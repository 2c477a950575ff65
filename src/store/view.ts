import type { Engine, EngineSnapshot, ScanDone, ScanLimits } from '../storage/index.ts'

/** An engine's snapshot that may be given up at any time: it is released when no scan of it is under way any more. */
export class View {
  readonly #snapshot: EngineSnapshot
  #scans = 0
  #released = false

  constructor(engine: Engine) {
    this.#snapshot = engine.snapshot()
  }

  scan(start: Uint8Array, end: Uint8Array, limits: ScanLimits, done: ScanDone): void {
    this.#scans++
    this.#snapshot.scan(start, end, limits, (error, pairs, more) => {
      this.#scans--
      if (this.#released && this.#scans === 0) this.#snapshot.release()
      done(error, pairs, more)
    })
  }

  release(): void {
    if (this.#released) return
    this.#released = true
    if (this.#scans === 0) this.#snapshot.release()
  }
}
