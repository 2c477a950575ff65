import type { Ref } from '../actor/index.ts'
import type { RaftBatch, SleepBatch, StoresMessage } from '../model/index.ts'

/**
 * No batch that may be dropped is longer: the ring takes those only whole, and the smallest of them by an eighth of its
 * control lane. A longer one would be refused every time, and with it every heartbeat to that executor.
 */
export const LOSSY_BATCH_BYTES = 1536
/** What waits for room; beyond it messages are lost, as Raft bears. */
const WAITING_BYTES_MAX = 1024 * 1024

/**
 * Batches for one executor that may be lost. When its ring is full they wait for the next turns: the last of ten thousand
 * cells would otherwise lose all of its heartbeats, as it comes last in every turn.
 */
export class LossyLane {
  readonly #ref: Ref<StoresMessage>
  #waiting: (RaftBatch | SleepBatch)[] = []
  #waitingBytes = 0
  /** Its thread has died, and none was there since: nothing waits for the next life. */
  #isDown = false

  constructor(ref: Ref<StoresMessage>) {
    this.#ref = ref
  }

  get isHeldUp(): boolean {
    return this.#waiting.length > 0
  }

  /** The records may be a view: what has to wait is copied. */
  tell(batch: RaftBatch | SleepBatch): void {
    if (this.#waiting.length === 0 && this.#ref.tell(batch)) {
      this.#isDown = false
      return
    }
    if (this.#isDown) return
    const { length } = batch.records
    if (this.#waitingBytes + length > WAITING_BYTES_MAX) return
    this.#waiting.push({ ...batch, records: Uint8Array.from(batch.records) })
    this.#waitingBytes += length
  }

  /** Once a turn. */
  retry(): void {
    if (this.#waiting.length === 0) return
    let sent = 0
    for (const batch of this.#waiting) {
      if (!this.#ref.tell(batch)) break
      this.#waitingBytes -= batch.records.length
      sent++
    }
    this.#waiting = this.#waiting.slice(sent)
  }

  /** Its thread has died. */
  lost(): void {
    this.#isDown = true
    this.#waiting = []
    this.#waitingBytes = 0
  }
}
