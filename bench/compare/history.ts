/** A sample of what clients saw while a server was under load, judged by the checker of the tests. */

import { Random } from '../../src/base/index.ts'
import { InfoClient, type Target } from '../../src/bench/index.ts'
import { ReplyError } from '../../src/redis/index.ts'
import { checkHistory } from '../../test/check/index.ts'
import { History } from '../../test/sim/history.ts'

const CONNECTIONS = 6
const KEYS = 24
/** Commands of one connection that are on their way together. */
const DEPTH = 3
/** Of one connection: the search for an order takes time that grows with it. */
const OPERATIONS_MAX = 2500

export interface Verdict {
  readonly operations: number
  readonly keys: number
  /** Nobody can say what became of them: counted as either. */
  readonly unknown: number
  readonly violations: readonly string[]
  readonly undecided: readonly string[]
}

export class Historian {
  readonly #history = new History()
  readonly #clients: InfoClient[]
  readonly #random: Random
  #isStopped = false
  #running: Promise<unknown> = Promise.resolve()

  constructor(target: Target, seed: string) {
    this.#random = new Random(seed)
    this.#clients = Array.from({ length: CONNECTIONS }, () => new InfoClient(target))
  }

  start(): void {
    this.#running = Promise.all(this.#clients.map((client, i) => this.#converse(client, i)))
  }

  /** Resolves when so many operations were recorded. */
  async recorded(operations: number): Promise<void> {
    while (this.#history.operations.length < operations) await new Promise((resolve) => setImmediate(resolve))
  }

  async judge(): Promise<Verdict> {
    this.#isStopped = true
    await this.#running
    // The end of the history reads everything: a write that was answered and lost shows now.
    const reader = this.#clients[0] as InfoClient
    for (let key = 0; key < KEYS; key++) {
      for (const prefix of ['text', 'count']) await this.#do(reader, 0, ['GET', `history:${prefix}:${key}`])
    }
    for (const client of this.#clients) client.close()
    const { operations } = this.#history
    const { violations, undecided } = checkHistory(operations)
    const unknown = operations.filter(({ outcome }) => outcome === 'unknown').length
    return { operations: operations.length, keys: 2 * KEYS, unknown, violations, undecided }
  }

  async #converse(client: InfoClient, connection: number): Promise<void> {
    for (let sent = 0; sent < OPERATIONS_MAX && !this.#isStopped; sent += DEPTH) {
      await Promise.all(
        Array.from({ length: DEPTH }, (_, i) => this.#do(client, connection, this.#command(connection, sent + i))),
      )
    }
  }

  /** Values are written once only, so that a read names the write that it saw. */
  #command(connection: number, number: number): string[] {
    const random = this.#random
    const text = `history:text:${random.below(KEYS)}`
    const count = `history:count:${random.below(KEYS)}`
    const value = `${connection}.${number};`
    const drawn = random.below(20)
    if (drawn < 6) return ['SET', text, value]
    if (drawn < 12) return ['GET', text]
    if (drawn < 14) return ['APPEND', text, value]
    if (drawn < 15) return ['DEL', text]
    return drawn < 18 ? ['INCR', count] : ['GET', count]
  }

  async #do(client: InfoClient, connection: number, command: string[]): Promise<void> {
    const { operations } = this.#history
    const operation = this.#history.sent(connection, operations.length, command, Date.now())
    const reply = await client.ask(...command).catch((error: Error) => error)
    // Anything but a reply: the connection is gone, and so is every hope to learn more.
    if (reply instanceof Error && !(reply instanceof ReplyError)) return
    this.#history.returned(operation, reply, Date.now())
  }
}
