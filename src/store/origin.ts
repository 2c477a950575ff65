import type { Ref } from '../actor/index.ts'
import { type AnswerBatch, AnswerWriter } from '../model/index.ts'

/** What one message should hold. More is in it only for one answer, or those to one entry. */
const TURN_BYTES_MAX = 32 * 1024 * 1024
const STUCK_MS = 10_000

/** Who sent commands, and the answers that leave for it at the end of the turn. */
export class Origin {
  readonly name: string
  readonly generation: number
  /** A number that stands for it where sessions of several origins are told apart. */
  readonly serial: number
  readonly #ref: Ref<AnswerBatch>
  readonly #out = new AnswerWriter()
  /** Messages that are whole and go before it. */
  #whole: Uint8Array[] = []
  readonly #dirty: Origin[]
  /** Since when the gateway has no room for what is to be sent; 0: it has. */
  #stuckSinceMs = 0

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

  /** Stands for one of its sessions where those of several origins are told apart. */
  sessionKey(session: number): number {
    return this.serial * 0x1_0000_0000 + session
  }

  /** As much leaves with this turn as one message should hold, or what was to leave before has not left. */
  get isLoaded(): boolean {
    return this.#stuckSinceMs !== 0 || this.#whole.length > 0 || this.#out.length > TURN_BYTES_MAX
  }

  /**
   * Answers that were written earlier and may leave now. What many cells had waiting may do so in one turn, and all of it
   * in one message would be more than the runtime carries.
   */
  release(records: Uint8Array, count: number): void {
    if (this.#out.count > 0 && this.#out.length + records.length > TURN_BYTES_MAX) this.#whole.push(this.#out.take())
    this.answers().append(records, count)
  }

  /** At the end of a turn. What the lane has no room for now is kept, in order, and goes with a later tick. */
  send(nowMs: number): void {
    if (this.#out.count === 0 || this.#stuckSinceMs !== 0) return
    if (!this.#tellAll()) this.#stuckSinceMs = nowMs
  }

  get isStuck(): boolean {
    return this.#stuckSinceMs !== 0
  }

  tick(nowMs: number): void {
    if (this.#stuckSinceMs === 0) return
    // One that takes nothing for so long is no more, and nobody waits for these.
    const isGone = nowMs - this.#stuckSinceMs > STUCK_MS
    const waiting = this.#whole.length
    if (!this.#tellAll()) {
      const isTaking = this.#whole.length < waiting
      if (isTaking) this.#stuckSinceMs = nowMs
      if (isTaking || !isGone) return
      this.#whole = []
      this.#sent()
    }
    this.#stuckSinceMs = 0
  }

  /** The last one is never empty when there is anything to send. */
  #tellAll(): boolean {
    while (this.#whole.length > 0) {
      if (!this.#tell(this.#whole[0] as Uint8Array)) return false
      this.#whole.shift()
    }
    if (!this.#tell(this.#out.view())) return false
    this.#sent()
    return true
  }

  #tell(records: Uint8Array): boolean {
    return this.#ref.tell({ kind: 'answers', generation: this.generation, records })
  }

  /** In its own thread the receiver has the bytes themselves. */
  #sent(): void {
    if (this.#ref.isLocal) this.#out.take()
    else this.#out.clear()
  }
}
