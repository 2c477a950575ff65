/**
 * What the server says of itself, in INFO, and what the system says of its process. INFO's count of syncs comes from
 * heartbeats and is up to a second old, so the rate is the slope of a line through many samples, and not a difference.
 */
import { connect, type Socket } from 'node:net'
import { encodeCommand, type Reply, ReplyError, ReplyParser } from '../redis/index.ts'
import type { Target } from './connection.ts'

/** Fields of INFO, of all sections. */
export type Info = ReadonlyMap<string, string>

/** A connection for questions, beside those of the load. */
export class InfoClient {
  readonly #socket: Socket
  readonly #parser = new ReplyParser()
  readonly #waiting: { resolve: (reply: Reply) => void; reject: (error: Error) => void }[] = []

  constructor({ host, port, password }: Target) {
    this.#socket = connect({ host, port })
    this.#socket.on('data', (chunk) => {
      this.#parser.push(chunk)
      for (let reply = this.#parser.next(); reply !== undefined; reply = this.#parser.next()) {
        this.#waiting.shift()?.resolve(reply)
      }
    })
    const lost = (error: Error) => {
      for (const { reject } of this.#waiting.splice(0)) reject(error)
    }
    this.#socket.on('error', lost)
    this.#socket.on('close', () => lost(new Error('the server closed the connection')))
    if (password !== '') this.ask('AUTH', password).catch(() => {})
  }

  async ask(...words: string[]): Promise<Reply> {
    const reply = await new Promise<Reply>((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#socket.write(encodeCommand(words))
    })
    if (reply instanceof ReplyError) throw reply
    return reply
  }

  async info(): Promise<Info> {
    const reply = await this.ask('INFO', 'everything')
    const text = reply instanceof Uint8Array ? Buffer.from(reply).toString() : String(reply)
    return parseInfo(text)
  }

  close(): void {
    this.#socket.destroy()
  }
}

export function parseInfo(text: string): Info {
  const fields = new Map<string, string>()
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0 && !line.startsWith('#')) fields.set(line.slice(0, colon), line.slice(colon + 1))
  }
  return fields
}

/** A counter that is read again and again while it grows. */
export class Slope {
  #count = 0
  #firstSeconds = 0
  #firstValue = 0
  #sumX = 0
  #sumY = 0
  #sumXX = 0
  #sumXY = 0

  add(seconds: number, value: number): void {
    // Counted from the first sample on: sums of large numbers would leave little of small differences.
    if (this.#count++ === 0) {
      this.#firstSeconds = seconds
      this.#firstValue = value
    }
    const x = seconds - this.#firstSeconds
    const y = value - this.#firstValue
    this.#sumX += x
    this.#sumY += y
    this.#sumXX += x * x
    this.#sumXY += x * y
  }

  /** Of the line that comes nearest to all samples; null when there are too few to say. */
  perSecond(): number | null {
    const spread = this.#count * this.#sumXX - this.#sumX ** 2
    return this.#count < 3 || spread === 0 ? null : (this.#count * this.#sumXY - this.#sumX * this.#sumY) / spread
  }
}

const SAMPLE_MS = 100

/** Reads INFO until told to stop. */
export class Sampler {
  readonly #client: InfoClient
  readonly #syncs = new Slope()
  readonly #logBytes = new Slope()
  readonly #timer: NodeJS.Timeout
  #isAsking = false

  constructor(client: InfoClient) {
    this.#client = client
    this.#timer = setInterval(() => void this.#sample(), SAMPLE_MS)
  }

  stop(): { readonly syncsPerSecond: number | null; readonly logBytesPerSecond: number | null } {
    clearInterval(this.#timer)
    return { syncsPerSecond: this.#syncs.perSecond(), logBytesPerSecond: this.#logBytes.perSecond() }
  }

  async #sample(): Promise<void> {
    if (this.#isAsking) return
    this.#isAsking = true
    // Without an answer there is no sample. That the server is gone is the load's to tell.
    const info = await this.#client.info().catch(() => null)
    this.#isAsking = false
    const syncs = info?.get('raft_log_syncs')
    if (syncs === undefined) return
    const seconds = performance.now() / 1000
    this.#syncs.add(seconds, Number(syncs))
    this.#logBytes.add(seconds, Number(info?.get('raft_log_bytes')))
  }
}
