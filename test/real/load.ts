import { ReplyError } from '../../src/redis/index.ts'
import { Client } from '../boot/process.ts'

/**
 * Writers that remember what they were told. Each connection counts up its own counter and sets keys of its own, a few
 * commands at a time, so that afterwards it is known what must be there: every value that was acknowledged, or one that
 * was sent later; and of a counter at least what was acknowledged and at most what was sent.
 */
export class Load {
  acknowledged = 0
  /** Replies that were errors, by their first word. */
  readonly errors = new Map<string, number>()
  /** The longest time between two acknowledgements to anyone. */
  longestGapMs = 0
  /** The longest that anyone waited for a reply, be it an error. */
  longestWaitMs = 0
  readonly #writers: Writer[] = []
  #lastMs = performance.now()
  #stopped = false
  #running: Promise<unknown> = Promise.resolve()

  /** @param padding behind each value: so many spaces, which do not change the number that it is */
  constructor(writers: number, depth = 8, padding = 0) {
    for (let i = 0; i < writers; i++) this.#writers.push(new Writer(`writer:${i}`, depth, padding))
  }

  /** Writes until `stop`, or until the connections break. */
  start(port: number): void {
    this.#stopped = false
    this.#lastMs = performance.now()
    this.#running = Promise.all(this.#writers.map((writer) => this.#write(writer, port)))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  /** Whoever is in flight is cut off with the server: waits until all have noticed. */
  async broken(): Promise<void> {
    await this.#running
  }

  /** Reads everything back; a line for each thing that is not as it must be. */
  async wrongs(port: number): Promise<string[]> {
    const client = new Client(port)
    const wrongs: string[] = []
    for (const writer of this.#writers) {
      const counter = Number((await client.send('GET', writer.counter)) ?? 0)
      if (!(counter >= writer.incrementsAcknowledged && counter <= writer.incrementsSent)) {
        wrongs.push(`${writer.counter} is ${counter}, not ${writer.incrementsAcknowledged} to ${writer.incrementsSent}`)
      }
      for (const [key, { acknowledged, sent }] of writer.keys) {
        const value = Number((await client.send('GET', key)) ?? -1)
        if (!(value >= acknowledged && value <= sent)) wrongs.push(`${key} is ${value}, not ${acknowledged} to ${sent}`)
      }
    }
    client.close()
    return wrongs
  }

  async #write(writer: Writer, port: number): Promise<void> {
    const client = new Client(port)
    try {
      while (!this.#stopped) await Promise.all(writer.burst(client).map((reply) => this.#count(reply)))
    } catch {
      // The server is gone. What was in flight has an unknown fate, and `sent` counts it.
    } finally {
      client.close()
    }
  }

  async #count(told: Promise<unknown>): Promise<void> {
    const sentMs = performance.now()
    const reply = await told
    this.longestWaitMs = Math.max(this.longestWaitMs, performance.now() - sentMs)
    if (reply instanceof ReplyError) {
      const word = reply.message.split(' ')[0] as string
      this.errors.set(word, (this.errors.get(word) ?? 0) + 1)
      return
    }
    this.acknowledged++
    const nowMs = performance.now()
    if (nowMs - this.#lastMs > this.longestGapMs) this.longestGapMs = nowMs - this.#lastMs
    this.#lastMs = nowMs
  }
}

class Writer {
  readonly counter: string
  incrementsSent = 0
  incrementsAcknowledged = 0
  readonly keys = new Map<string, { acknowledged: number; sent: number }>()
  readonly #name: string
  readonly #depth: number
  readonly #padding: string
  #serial = 0

  constructor(name: string, depth: number, padding: number) {
    this.#name = name
    this.#depth = depth
    this.#padding = ' '.repeat(padding)
    this.counter = `${name}:counter`
  }

  burst(client: Client): Promise<unknown>[] {
    const replies: Promise<unknown>[] = []
    for (let i = 0; i < this.#depth; i++) {
      if (i % 2 === 0) replies.push(this.#increment(client))
      else replies.push(this.#set(client))
    }
    return replies
  }

  async #increment(client: Client): Promise<unknown> {
    this.incrementsSent++
    const reply = await client.send('INCR', this.counter)
    if (!(reply instanceof ReplyError)) this.incrementsAcknowledged++
    return reply
  }

  async #set(client: Client): Promise<unknown> {
    const serial = ++this.#serial
    const key = `${this.#name}:${serial % 50}`
    let known = this.keys.get(key)
    if (known === undefined) {
      known = { acknowledged: -1, sent: -1 }
      this.keys.set(key, known)
    }
    known.sent = serial
    const reply = await client.send('SET', key, `${serial}${this.#padding}`)
    if (!(reply instanceof ReplyError) && serial > known.acknowledged) known.acknowledged = serial
    return reply
  }
}
