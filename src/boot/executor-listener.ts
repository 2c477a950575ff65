/**
 * The listener of a gateway that lives on an executor. It is made on that thread, so it takes its port there, when the
 * gateway asks for connections; the main thread has made sure before that the port is free (`serve.ts`).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Accept, type Listener, openListener, type TcpListener } from '../gateway/index.ts'
import { listenError } from './address.ts'

/** Where the gateways on executors listen. */
export interface ListenPlace {
  readonly host: string
  readonly port: number
  /** Several threads listen on the port, and the kernel deals connections out to them. */
  readonly shared: boolean
}

/** The socket of the thread's former life is closed a moment after its exit is known. */
const RETRY_MS = 20
const SAY_AGAIN_MS = 1_000

export class ExecutorListener implements Listener {
  readonly host: string
  readonly port: number
  readonly #shared: boolean
  #accept: Accept | null = null
  #sockets: TcpListener | null = null
  #isOpening = false
  readonly #say: (message: string) => void

  constructor(place: ListenPlace, say: (message: string) => void) {
    this.host = place.host
    this.port = place.port
    this.#shared = place.shared
    this.#say = say
  }

  attach(accept: Accept): void {
    this.#accept = accept
    if (this.#sockets !== null) this.#sockets.attach(accept)
    else if (!this.#isOpening) void this.#open()
  }

  detach(): void {
    this.#accept = null
    void this.#sockets?.close()
    this.#sockets = null
  }

  /** Until it succeeds: there is nobody who could do better, and a person who is told can free the port. */
  async #open(): Promise<void> {
    this.#isOpening = true
    let saidMs = performance.now()
    while (this.#accept !== null && this.#sockets === null) {
      try {
        const sockets = await openListener(this.host, this.port, this.#shared)
        if (this.#accept === null) void sockets.close()
        else {
          this.#sockets = sockets
          sockets.attach(this.#accept)
        }
      } catch (error) {
        if (performance.now() - saidMs >= SAY_AGAIN_MS) {
          saidMs = performance.now()
          const { message } = listenError(error, 'port', this.host, this.port)
          this.#say(`a gateway cannot listen, and goes on trying: ${message}`)
        }
        await sleep(RETRY_MS, undefined, { ref: false })
      }
    }
    this.#isOpening = false
  }
}
