/**
 * Simulated connections between clients and the server: bytes arrive in order, after a while, in other pieces than they
 * were sent in; either side may vanish. What is under way when a side vanishes is delivered or lost, as chance has it.
 *
 * One object per connection (`Wire`) with two ends. Whoever holds an end gives it an `EndHandler` and calls its methods;
 * nothing calls back before the call that caused it has returned.
 */
import type { Random } from '../../src/base/index.ts'

export interface EndHandler {
  data(bytes: Uint8Array): void
  /** The other side will send no more. `lost`: without a farewell, and what was under way may be gone. */
  closed(lost: boolean): void
  /** There is room again after `send` returned false. */
  drained?(): void
}

export interface NetworkSettings {
  latencyMs: { min: number; max: number }
  /** A piece that is sent is cut in pieces with this probability. */
  cutProbability: number
  /** `send` returns false while more than this is under way. */
  highWaterBytes: number
}

/** Runs something later, in virtual time. */
export type Schedule = (delayMs: number, action: () => void) => void

/** What is on its way from one end to the other: a piece of bytes, or the news that no more will come. */
type Letter = Uint8Array | 'end' | 'lost'

export class WireEnd {
  handler: EndHandler | null = null
  /** Set by the network: the other side. */
  peer: WireEnd | null = null
  readonly #network: Network
  #closed = false
  #vanished = false
  /** Something sent before it vanished was lost, so nothing behind that arrives. */
  #torn = false
  readonly #letters: Letter[] = []
  #bytesUnderWay = 0
  #waitsForDrain = false
  #lastArrivalMs = 0
  #paused = false
  /** Arrived while paused. */
  readonly #held: Letter[] = []

  constructor(network: Network) {
    this.#network = network
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** False: wait for `drained` before sending more. The bytes are copied. */
  send(bytes: Uint8Array): boolean {
    if (this.#closed) return false
    const { random, settings } = this.#network
    let start = 0
    while (start < bytes.length) {
      const rest = bytes.length - start
      const length = rest > 1 && random.chance(settings.cutProbability) ? 1 + random.below(rest - 1) : rest
      this.#bytesUnderWay += length
      this.#post(new Uint8Array(bytes.subarray(start, start + length)))
      start += length
    }
    if (this.#bytesUnderWay <= settings.highWaterBytes) return true
    this.#waitsForDrain = true
    return false
  }

  /** After what was sent, the other side hears that no more will come. */
  end(): void {
    this.#close('end')
  }

  /** This side is gone at once, and with it some of what it had sent. */
  vanish(): void {
    this.#vanished = true
    this.#close('lost')
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#network.schedule(0, () => {
      while (!this.#paused && this.#held.length > 0) this.#open(this.#held.shift() as Letter)
    })
  }

  #close(news: 'end' | 'lost'): void {
    if (this.#closed) return
    this.#closed = true
    this.#held.length = 0
    this.#network.forget(this)
    this.#post(news)
  }

  /** Each letter has its own event; which letter an event delivers is decided by their order alone. */
  #post(letter: Letter): void {
    const network = this.#network
    const { min, max } = network.settings.latencyMs
    const nowMs = network.nowMs()
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, nowMs + min + network.random.float() * (max - min))
    this.#letters.push(letter)
    network.schedule(this.#lastArrivalMs - nowMs, () => this.#deliver())
  }

  #deliver(): void {
    const letter = this.#letters.shift() as Letter
    const peer = this.peer as WireEnd
    if (typeof letter === 'string') {
      peer.#arrive(letter)
      return
    }
    this.#bytesUnderWay -= letter.length
    if (this.#vanished && this.#network.random.chance(0.5)) this.#torn = true
    if (!this.#torn) peer.#arrive(letter)
    if (this.#waitsForDrain && !this.#closed && this.#bytesUnderWay <= this.#network.settings.highWaterBytes / 2) {
      this.#waitsForDrain = false
      this.handler?.drained?.()
    }
  }

  #arrive(letter: Letter): void {
    if (this.#closed) return
    if (this.#paused || this.#held.length > 0) this.#held.push(letter)
    else this.#open(letter)
  }

  #open(letter: Letter): void {
    if (this.#closed) return
    if (typeof letter !== 'string') {
      this.handler?.data(letter)
      return
    }
    this.#closed = true
    this.#network.forget(this)
    this.handler?.closed(letter === 'lost')
  }
}

export class Network {
  readonly random: Random
  readonly settings: NetworkSettings
  readonly schedule: Schedule
  readonly nowMs: () => number
  /** What a server end is given to; null: nobody listens, and connections are refused. */
  accept: ((end: WireEnd) => void) | null = null
  readonly #serverEnds = new Set<WireEnd>()

  constructor(random: Random, settings: NetworkSettings, schedule: Schedule, nowMs: () => number) {
    this.random = random
    this.settings = settings
    this.schedule = schedule
    this.nowMs = nowMs
  }

  /** The client's end. Bytes may be sent at once; a refusal comes as `closed(true)`. */
  connect(handler: EndHandler): WireEnd {
    const client = new WireEnd(this)
    const server = new WireEnd(this)
    client.peer = server
    server.peer = client
    client.handler = handler
    this.schedule(0, () => {
      if (this.accept === null) server.vanish()
      else {
        this.#serverEnds.add(server)
        this.accept(server)
      }
    })
    return client
  }

  /** The server's process is gone: all its connections are. */
  serverVanishes(): void {
    this.accept = null
    for (const end of [...this.#serverEnds]) end.vanish()
  }

  /** Called by the ends. */
  forget(end: WireEnd): void {
    this.#serverEnds.delete(end)
  }
}
