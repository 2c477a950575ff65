/**
 * Commands at a steady rate beside whatever else goes on, and how long each waited. They are sent at their time, not when
 * the one before is answered: what stands still for a second has then kept a second's commands waiting, and shows.
 */
import { ReplyError } from '../../src/redis/index.ts'
import { Client } from '../boot/process.ts'
import type { Data } from './data.ts'

const CONNECTIONS = 8
const BEAT_MS = 5
/** Multiples of it, but for their whole part, are strewn evenly: every cell is asked soon, and no key always. */
const GOLDEN = 0.618_033_988_75

export interface Waits {
  readonly commands: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

export class Pulse {
  /** Error replies, and reads that did not give what was written. */
  readonly faults = new Map<string, number>()
  readonly #clients: readonly Client[]
  readonly #data: Data
  readonly #perSecond: number
  readonly #startedMs = performance.now()
  readonly #timer: NodeJS.Timeout
  #waitsMs: number[] = []
  #sent = 0
  #answered = 0
  #allAnswered: () => void = () => {}

  constructor(port: number, data: Data, perSecond: number) {
    this.#data = data
    this.#perSecond = perSecond
    this.#clients = Array.from({ length: CONNECTIONS }, () => new Client(port))
    this.#timer = setInterval(() => this.#beat(), BEAT_MS)
  }

  /** Of the commands that were answered since the last call. */
  take(): Waits {
    const sorted = this.#waitsMs.sort((a, b) => a - b)
    this.#waitsMs = []
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
    return { commands: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) }
  }

  /** Sends nothing more, and waits for what is on its way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await new Promise<void>((resolve) => {
      this.#allAnswered = resolve
      if (this.#answered === this.#sent) resolve()
    })
    for (const client of this.#clients) client.close()
  }

  #beat(): void {
    const due = Math.floor(((performance.now() - this.#startedMs) * this.#perSecond) / 1000)
    while (this.#sent < due) void this.#command(this.#sent++)
  }

  /** Writes what is there already, or reads it: so that it can be judged at any time. */
  async #command(serial: number): Promise<void> {
    const i = Math.floor(((serial * GOLDEN) % 1) * this.#data.count)
    const client = this.#clients[serial % CONNECTIONS] as Client
    const isWrite = serial % 2 === 0
    const sentMs = performance.now()
    const told = isWrite
      ? client.send('SET', this.#data.key(i), this.#data.value(i))
      : client.send('GET', this.#data.key(i))
    const reply = await told.catch((error: Error) => error)
    this.#waitsMs.push(performance.now() - sentMs)
    if (reply instanceof ReplyError) this.#fault(reply.message.split(' ')[0] as string)
    else if (reply instanceof Error) this.#fault(reply.message)
    else if (reply !== (isWrite ? 'OK' : this.#data.value(i))) this.#fault('another value')
    if (++this.#answered === this.#sent) this.#allAnswered()
  }

  #fault(what: string): void {
    this.faults.set(what, (this.faults.get(what) ?? 0) + 1)
  }
}
