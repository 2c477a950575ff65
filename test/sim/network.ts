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
  /** The other side sends no more, but may still read. */
  ended(): void
  /** It is over, by whomever: both sides have ended, or one has vanished. Comes once, and nothing after it. */
  closed(): void
  /** Everything is gone after `send` returned false. */
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
  /** Sent, and not yet arrived. */
  bufferedBytes = 0
  readonly #network: Network
  #isClosed = false
  /** We send no more; the other side sends no more. */
  #hasEnded = false
  #peerHasEnded = false
  #vanished = false
  /** Something sent before it vanished was lost, so nothing behind that arrives. */
  #torn = false
  readonly #letters: Letter[] = []
  #waitsForDrain = false
  #lastArrivalMs = 0
  #paused = false
  /** Arrived while paused. */
  readonly #held: Letter[] = []

  constructor(network: Network) {
    this.#network = network
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** False: wait for `drained` before sending more. The bytes are copied. */
  send(bytes: Uint8Array): boolean {
    if (this.#isClosed || this.#hasEnded) return true
    this.#network.sent(this)
    const { random, settings } = this.#network
    let start = 0
    while (start < bytes.length) {
      const rest = bytes.length - start
      const length = rest > 1 && random.chance(settings.cutProbability) ? 1 + random.below(rest - 1) : rest
      this.bufferedBytes += length
      this.#post(Buffer.from(bytes.subarray(start, start + length)))
      start += length
    }
    if (this.bufferedBytes > settings.highWaterBytes) this.#waitsForDrain = true
    return !this.#waitsForDrain
  }

  /** After what was sent, the other side hears that no more will come. */
  end(): void {
    if (this.#isClosed || this.#hasEnded) return
    this.#hasEnded = true
    this.#post('end')
    if (this.#peerHasEnded) this.#close()
  }

  /** This side is gone at once, and with it some of what it had sent. */
  vanish(): void {
    if (this.#isClosed) return
    this.#vanished = true
    this.#post('lost')
    this.#close()
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

  #close(): void {
    this.#isClosed = true
    this.#held.length = 0
    this.#network.forget(this)
    this.#network.schedule(0, () => this.handler?.closed())
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
    this.bufferedBytes -= letter.length
    if (this.#vanished && this.#network.random.chance(0.5)) this.#torn = true
    if (!this.#torn) peer.#arrive(letter)
    if (this.#waitsForDrain && !this.#isClosed && this.bufferedBytes === 0) {
      this.#waitsForDrain = false
      this.handler?.drained?.()
    }
  }

  #arrive(letter: Letter): void {
    if (this.#isClosed) return
    // A vanished side is noticed at once; what it sent is read first only by who is reading.
    if (letter !== 'lost' && (this.#paused || this.#held.length > 0)) this.#held.push(letter)
    else this.#open(letter)
  }

  #open(letter: Letter): void {
    if (this.#isClosed) return
    if (letter === 'lost') {
      this.#close()
    } else if (letter === 'end') {
      this.#peerHasEnded = true
      this.handler?.ended()
      if (this.#hasEnded && !this.#isClosed) this.#close()
    } else {
      this.handler?.data(letter)
    }
  }
}

export class Network {
  readonly random: Random
  readonly settings: NetworkSettings
  readonly schedule: Schedule
  readonly nowMs: () => number
  /** What a server end is given to; null: nobody listens, and connections are refused. */
  accept: ((end: WireEnd) => void) | null = null
  /** Called when the server sends something, and then forgotten. */
  onReply: (() => void) | null = null
  readonly #serverEnds = new Set<WireEnd>()

  constructor(random: Random, settings: NetworkSettings, schedule: Schedule, nowMs: () => number) {
    this.random = random
    this.settings = settings
    this.schedule = schedule
    this.nowMs = nowMs
  }

  /** The client's end. Bytes may be sent at once; when nobody listens it is closed. */
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
    for (const end of [...this.#serverEnds]) {
      // Nobody is there any more to be told.
      end.handler = null
      end.vanish()
    }
  }

  /** Called by the ends. */
  sent(end: WireEnd): void {
    if (this.onReply === null || !this.#serverEnds.has(end)) return
    const action = this.onReply
    this.onReply = null
    action()
  }

  /** Called by the ends. */
  forget(end: WireEnd): void {
    this.#serverEnds.delete(end)
  }
}
