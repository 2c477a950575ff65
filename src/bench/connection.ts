/**
 * One client of a load: sends a batch, waits until all of it is answered, and sends the next. So what it sent last is
 * always answered before its memory is used again.
 *
 * What a latency is. Without a rate: from just before the write of the batch to the reply, for every command of it. A
 * server that stalls then stalls the load as well, and the commands that nobody sent are in no figure. With a rate
 * (`dueMs`): from the time at which the command was to be sent, sent or not, to its reply: what stalls counts in full.
 */
import { connect, type Socket } from 'node:net'
import { encodeCommand } from '../redis/index.ts'
import type { Histogram } from './histogram.ts'
import { ReplyCounter } from './reply-counter.ts'

/** Bytes for the next commands. They may be written over when the connection asks again. */
export interface Source {
  next(count: number): Uint8Array
}

export interface Target {
  readonly host: string
  readonly port: number
  /** Empty: none. */
  readonly password: string
}

export class Connection {
  readonly replies = new ReplyCounter()
  readonly #pipeline: number
  readonly #latencies: Histogram
  readonly #lost: (error: Error) => void
  readonly #socket: Socket
  readonly #opened: Promise<void>
  /** The batch on its way: when each of its commands was due. */
  readonly #dueMs: Float64Array
  #sent = 0
  #answered = 0
  #source: Source | null = null
  /** What is to be said when the batch has been answered. */
  #idle: ((connection: Connection) => void) | null = null
  answeredInAll = 0

  constructor(
    target: Target,
    pipeline: number,
    batchMax: number,
    latencies: Histogram,
    chunk: Uint8Array,
    lost: (error: Error) => void,
  ) {
    this.#pipeline = pipeline
    this.#latencies = latencies
    this.#lost = lost
    this.#dueMs = new Float64Array(batchMax)
    const onChunk = (length: number): boolean => {
      this.#take(length, chunk)
      return true
    }
    // All connections of a thread are read into one chunk: it has been looked at when the next read begins.
    const { host, port } = target
    this.#socket = connect({ host, port, noDelay: true, onread: { buffer: chunk, callback: onChunk } })
    this.#socket.on('error', lost)
    this.#socket.on('close', () => lost(new Error('the server closed a connection')))
    this.#opened = new Promise((resolve) => {
      this.#socket.once('connect', () => {
        if (target.password === '') resolve()
        else {
          const words = encodeCommand(['AUTH', target.password])
          this.use({ next: () => words }, () => resolve())
          this.send(1, performance.now(), 0)
        }
      })
    })
  }

  async open(): Promise<void> {
    await this.#opened
  }

  get isIdle(): boolean {
    return this.#answered === this.#sent
  }

  /** Takes its commands from there: as fast as they are answered, or, with `idle`, when that one sends more. */
  use(source: Source, idle: ((connection: Connection) => void) | null): void {
    this.#source = source
    this.#idle = idle
  }

  /** `dueMs`: when the first was to be sent; the others follow at the interval. */
  send(count: number, dueMs: number, intervalMs: number): void {
    const source = this.#source
    if (source === null) return
    this.#sent = count
    this.#answered = 0
    for (let i = 0; i < count; i++) this.#dueMs[i] = dueMs + i * intervalMs
    this.#socket.write(source.next(count))
  }

  close(): void {
    this.#socket.removeListener('error', this.#lost)
    this.#socket.removeAllListeners('close')
    this.#socket.on('error', () => {})
    this.#socket.destroy()
  }

  #take(length: number, chunk: Uint8Array): void {
    try {
      const replies = this.replies.take(chunk, length)
      if (replies === 0) return
      if (this.#answered + replies > this.#sent) throw new Error('there came more replies than commands were sent')
      this.#count(replies)
    } catch (error) {
      this.#lost(error as Error)
      return
    }
    if (this.#answered < this.#sent) return
    if (this.#idle !== null) this.#idle(this)
    else if (this.#source !== null) this.send(this.#pipeline, performance.now(), 0)
  }

  #count(replies: number): void {
    const nowMs = performance.now()
    const until = this.#answered + replies
    // Neighbours that were due at the same time, as all of a batch are without a rate, are counted in one step.
    while (this.#answered < until) {
      const dueMs = this.#dueMs[this.#answered]!
      let same = this.#answered + 1
      while (same < until && this.#dueMs[same] === dueMs) same++
      this.#latencies.add(nowMs - dueMs, same - this.#answered)
      this.#answered = same
    }
    this.answeredInAll += replies
  }
}
