import type { Drain } from '../model/index.ts'
import type { Session } from './session.ts'

/** The end of a gateway: it takes nothing more, answers what is in flight, and says when all connections are closed. */
export class Draining {
  deadlineMs: number
  readonly #drain: Drain
  #isTold: boolean

  constructor(drain: Drain, deadlineMs: number) {
    this.deadlineMs = deadlineMs
    this.#drain = drain
    this.#isTold = false
  }

  /** At the end of each pass. */
  look(nowMs: number, sessions: ReadonlyMap<number, Session>): void {
    if (this.#isTold) return
    const isOver = nowMs >= this.deadlineMs
    if (sessions.size > 0 && !isOver) return
    this.#isTold = true
    this.deadlineMs = Number.POSITIVE_INFINITY
    for (const session of sessions.values()) session.connection.destroy()
    this.#drain.replyTo.tell({ kind: 'drained', inTime: !isOver })
  }
}
