/** The rings of the twin: the real ones, with wires between the ends that take their time. */
import type { RingEnds } from './link.ts'
import { type Ring, RingReader, RingWriter } from './ring.ts'
import type { Timer } from './types.ts'

/** What the wires need of the world. */
export interface Wires {
  readonly nowMs: number
  drawLatency(): number
  at(atMs: number, action: () => void): Timer
  requestStep(executor: number): void
}

/** A lane's writer whose bytes take their time. */
export class DelayedWriter extends RingWriter {
  readonly #world: Wires
  readonly #to: number
  readonly gate: { visible: number }
  #lastVisibleAtMs: number
  /** Of what is published next. */
  #holdMs: number
  #publishedPosition: number

  constructor(ring: Ring, world: Wires, to: number) {
    super(ring)
    this.#world = world
    this.#to = to
    this.gate = { visible: 0 }
    this.#lastVisibleAtMs = 0
    this.#holdMs = 0
    this.#publishedPosition = 0
  }

  override publish(): void {
    if (this.unpublishedBytes === 0) return
    super.publish()
    this.#publishedPosition = this.position
    const position = this.position
    const arriveMs = this.#world.nowMs + this.#world.drawLatency() + this.#holdMs
    // One lane's bytes never overtake each other.
    this.#lastVisibleAtMs = Math.max(arriveMs, this.#lastVisibleAtMs)
    this.#world.at(this.#lastVisibleAtMs, () => {
      this.gate.visible = position
      this.#world.requestStep(this.#to)
    })
  }

  hold(delayMs: number): void {
    this.#holdMs = delayMs
    this.publish()
    this.#holdMs = 0
  }

  /** Proof of death: nothing of what was published is on its way any more. */
  openGate(): void {
    this.gate.visible = this.#publishedPosition
  }
}

/** One side of a pair: `out` and `back` are the lanes there and back, control first. */
export function ends(out: DelayedWriter[], back: DelayedWriter[]): RingEnds {
  const [outControl, outData] = out as [DelayedWriter, DelayedWriter]
  const [inControl, inData] = back as [DelayedWriter, DelayedWriter]
  return {
    outControl,
    outData,
    inControl: new RingReader(inControl.ring, inControl.gate),
    inData: new RingReader(inData.ring, inData.gate),
  }
}
