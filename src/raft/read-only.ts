import { equalBytes } from '../base/index.ts'
import type { Message } from './message.ts'

/** One read that waits for a quorum to say that this node leads still. */
interface PendingRead {
  readonly request: Message
  readonly context: Uint8Array
  /** The commit index when the read came: what the state machine must have applied before it answers. */
  readonly index: number
  readonly acknowledgedBy: number[]
}

/**
 * Reads that wait for their round of heartbeats (thesis §6.4), oldest first. An acknowledgement of one answers all
 * before it: they asked earlier, so what confirms the later confirms them.
 */
export class ReadOnly {
  #queue: PendingRead[] | null = null

  /** Nothing when a read with that context waits already. */
  add(request: Message, context: Uint8Array, index: number): void {
    if (this.#find(context) !== -1) return
    const read: PendingRead = { request, context, index, acknowledgedBy: [] }
    if (this.#queue === null) this.#queue = [read]
    else this.#queue.push(read)
  }

  /** `from` has answered the heartbeat with that context. Null when no such read waits (any more). */
  acknowledge(from: number, context: Uint8Array): PendingRead | null {
    const at = this.#find(context)
    if (at === -1) return null
    const read = this.#queue![at]!
    if (!read.acknowledgedBy.includes(from)) read.acknowledgedBy.push(from)
    return read
  }

  /** Takes out `read` and all before it. */
  releaseUpTo(read: PendingRead): PendingRead[] {
    const released = this.#queue!.splice(0, this.#queue!.indexOf(read) + 1)
    if (this.#queue!.length === 0) this.#queue = null
    return released
  }

  /** What heartbeats carry, so that a lost round is made up for by the next. */
  lastContext(): Uint8Array | null {
    return this.#queue === null ? null : this.#queue[this.#queue.length - 1]!.context
  }

  clear(): void {
    this.#queue = null
  }

  #find(context: Uint8Array): number {
    if (this.#queue === null) return -1
    // From the newest: it is what the latest heartbeats carried.
    for (let at = this.#queue.length - 1; at >= 0; at--) {
      if (equalBytes(this.#queue[at]!.context, context)) return at
    }
    return -1
  }
}
