/** Random keys, each with a value that follows from it: loaded, and read back to the last one. */
import { createHash } from 'node:crypto'
import { ReplyError } from '../../src/redis/index.ts'
import { Client } from '../boot/process.ts'

const KEY_BYTES = 12
/** A command that is refused is sent again: the fault is counted, and what is looked at afterwards is all of the data. */
const TRIES_MAX = 20

export class Data {
  readonly count: number
  readonly bytes: number
  readonly #valueBytes: number

  constructor(megabytes: number, valueBytes: number) {
    this.#valueBytes = valueBytes
    this.count = Math.ceil((megabytes * 2 ** 20) / (KEY_BYTES + valueBytes))
    this.bytes = this.count * (KEY_BYTES + valueBytes)
  }

  /** Any bytes, evenly over the whole range of keys. */
  key(i: number): Uint8Array {
    return createHash('md5').update(`key ${i}`).digest().subarray(0, KEY_BYTES)
  }

  value(i: number): string {
    const text = createHash('md5').update(`value ${i}`).digest('hex')
    return text.repeat(Math.ceil(this.#valueBytes / text.length)).slice(0, this.#valueBytes)
  }
}

export class Lanes {
  /** Error replies, by their first word. */
  readonly errors = new Map<string, number>()
  longestWaitMs = 0
  readonly #clients: readonly Client[]
  readonly #depth: number

  constructor(port: number, connections: number, depth: number) {
    this.#clients = Array.from({ length: connections }, () => new Client(port))
    this.#depth = depth
  }

  close(): void {
    for (const client of this.#clients) client.close()
  }

  /** @param progress called now and then, with the number of keys that are done */
  async load(data: Data, progress: (done: number) => void): Promise<void> {
    await this.#each(data.count, progress, async (client, i) => {
      await this.#ask(client, 'SET', data.key(i), data.value(i))
    })
  }

  /** How many keys have not the value that they were given. */
  async wrong(data: Data, progress: (done: number) => void): Promise<number> {
    let wrong = 0
    await this.#each(data.count, progress, async (client, i) => {
      if ((await this.#ask(client, 'GET', data.key(i))) !== data.value(i)) wrong++
    })
    return wrong
  }

  /** Reads, and writes as it is, one key after the other and again from the first, as long as it may. */
  async keepBusy(data: Data, goesOn: () => boolean): Promise<void> {
    await this.#each(
      Number.POSITIVE_INFINITY,
      () => {},
      async (client, serial) => {
        const i = serial % data.count
        if (serial % 2 === 0) await this.#ask(client, 'GET', data.key(i))
        else await this.#ask(client, 'SET', data.key(i), data.value(i))
      },
      goesOn,
    )
  }

  async size(): Promise<number> {
    return Number(await this.#ask(this.#clients[0] as Client, 'DBSIZE'))
  }

  /** So many in flight on each connection, and never more. */
  async #each(
    count: number,
    progress: (done: number) => void,
    act: (client: Client, i: number) => Promise<void>,
    goesOn = () => true,
  ): Promise<void> {
    let next = 0
    let done = 0
    const lane = async (client: Client): Promise<void> => {
      while (next < count && goesOn()) {
        await act(client, next++)
        if (++done % 1000 === 0) progress(done)
      }
    }
    await Promise.all(this.#clients.flatMap((client) => Array.from({ length: this.#depth }, () => lane(client))))
    progress(done)
  }

  async #ask(client: Client, ...parts: (string | Uint8Array)[]): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      const sentMs = performance.now()
      const reply = await client.send(...parts)
      this.longestWaitMs = Math.max(this.longestWaitMs, performance.now() - sentMs)
      if (!(reply instanceof ReplyError)) return reply
      const word = reply.message.split(' ')[0] as string
      this.errors.set(word, (this.errors.get(word) ?? 0) + 1)
      if (tries === TRIES_MAX) throw new Error(`refused ${TRIES_MAX} times: ${reply.message}`)
    }
  }
}
