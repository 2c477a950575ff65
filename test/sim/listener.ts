/** The gateway's edges: simulated connections as it knows them, and a process of which nothing is to be told. */
import type { Accept, Connection, Listener, ProcessPort } from '../../src/gateway/index.ts'
import type { Network, WireEnd } from './network.ts'

class SimulatedConnection implements Connection {
  readonly remoteAddress: string
  readonly localAddress = 'simulated:6379'
  readonly #end: WireEnd

  constructor(end: WireEnd, number: number) {
    this.remoteAddress = `client:${number}`
    this.#end = end
  }

  get bufferedBytes(): number {
    return this.#end.bufferedBytes
  }

  write(bytes: Uint8Array): boolean {
    this.#end.send(bytes)
    // Copied, so that nothing refers to them any more.
    return true
  }

  pause(): void {
    this.#end.pause()
  }

  resume(): void {
    this.#end.resume()
  }

  end(): void {
    this.#end.end()
  }

  destroy(): void {
    this.#end.vanish()
  }
}

export class SimulatedListener implements Listener {
  readonly host = 'simulated'
  readonly port = 6379
  readonly #network: Network
  #accepted = 0

  constructor(network: Network) {
    this.#network = network
  }

  attach(accept: Accept): void {
    this.#network.accept = (end) => {
      const handler = accept(new SimulatedConnection(end, ++this.#accepted))
      if (handler === null) {
        end.end()
        return
      }
      end.handler = {
        data: (bytes) => handler.onData(bytes),
        ended: () => handler.onEnd(),
        closed: () => handler.onClose(),
        drained: () => handler.onDrain(),
      }
    }
  }

  detach(): void {
    this.#network.accept = null
  }
}

export const processPort: ProcessPort = {
  id: 1,
  platform: 'simulated',
  memoryBytes: 2 ** 30,
  usage: () => ({ heapBytes: 0, residentBytes: 0, userMs: 0, systemMs: 0 }),
}
