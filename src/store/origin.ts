import type { Ref } from '../actor/index.ts'
import { type AnswerBatch, AnswerWriter } from '../model/index.ts'

const TURN_BYTES_MAX = 32 * 1024 * 1024

/** Who sent commands, and the answers that leave for it at the end of the turn. */
export class Origin {
  readonly name: string
  readonly generation: number
  /** A number that stands for it where sessions of several origins are told apart. */
  readonly serial: number
  readonly #ref: Ref<AnswerBatch>
  readonly #out = new AnswerWriter()
  readonly #dirty: Origin[]

  /** @param dirty the list of origins that have answers to be sent this turn; this one puts itself there */
  constructor(name: string, generation: number, serial: number, ref: Ref<AnswerBatch>, dirty: Origin[]) {
    this.name = name
    this.generation = generation
    this.serial = serial
    this.#ref = ref
    this.#dirty = dirty
  }

  /** The list to write an answer to that may leave now. */
  readonly answers = (): AnswerWriter => {
    if (this.#out.count === 0) this.#dirty.push(this)
    return this.#out
  }

  /** As much leaves with this turn as one message should hold. */
  get isLoaded(): boolean {
    return this.#out.length > TURN_BYTES_MAX
  }

  /** Answers that were written earlier and may leave now. */
  release(records: Uint8Array, count: number): void {
    this.answers().append(records, count)
  }

  send(): void {
    if (this.#out.count === 0) return
    const records = this.#ref.isLocal ? this.#out.take() : this.#out.view()
    // Refused only when the origin is no more, and then nobody waits for these.
    this.#ref.tell({ kind: 'answers', generation: this.generation, records })
    this.#out.clear()
  }
}
