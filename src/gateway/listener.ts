/** TCP: the real connections. */
import { createServer, type ListenOptions, type Server, type Socket } from 'node:net'
import type { Accept, Connection, ConnectionHandler, Listener } from './edges.ts'
import { readInto } from './read-buffer.ts'

/** As Redis's `tcp-keepalive`. */
const KEEP_ALIVE_MS = 300_000
/** Clients that came before the gateway was there to take them; more are closed. */
const WAITING_MAX = 1024

export interface TcpListener extends Listener {
  /** Takes no more connections and gives the port back; those that are open stay. */
  close(): Promise<void>
}

/**
 * Resolves when the port is taken; rejects as `net.Server` does when it cannot be. Port 0 picks a free one. `shared`:
 * other threads listen on it as well, which needs Linux and Node 22.12 or 23.1.
 */
export function openListener(host: string, port: number, shared = false): Promise<TcpListener> {
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    // Not in the declarations of the oldest Node that is supported, which ignores it.
    const where: ListenOptions & { reusePort: boolean } = { host, port, backlog: 511, reusePort: shared }
    server.listen(where, () => {
      server.off('error', reject)
      const address = server.address()
      const taken = address !== null && typeof address === 'object' ? address.port : port
      resolve(new NetListener(server, host, taken))
    })
  })
}

class NetListener implements TcpListener {
  readonly host: string
  readonly port: number
  readonly #server: Server
  #accept: Accept | null
  /** Connections from before the gateway was there; null once there has been one. */
  #waiting: Socket[] | null

  constructor(server: Server, host: string, port: number) {
    this.host = host
    this.port = port
    this.#server = server
    this.#accept = null
    this.#waiting = []
    server.on('connection', (socket) => this.#connected(socket))
    // A connection that could not be accepted (no file descriptors left) is no reason to fall.
    server.on('error', () => {})
  }

  attach(accept: Accept): void {
    this.#accept = accept
    const waiting = this.#waiting ?? []
    this.#waiting = null
    for (const socket of waiting) this.#connected(socket)
  }

  detach(): void {
    this.#accept = null
  }

  async close(): Promise<void> {
    for (const socket of this.#waiting ?? []) socket.destroy()
    this.#waiting = null
    // The port is free when this returns; the callback would wait for the last connection, which is the gateway's to end.
    this.#server.close()
  }

  #connected(socket: Socket): void {
    if (this.#accept !== null) {
      if (!socket.destroyed) new TcpConnection(socket).begin(this.#accept)
    } else if (this.#waiting !== null && this.#waiting.length < WAITING_MAX) {
      socket.once('error', ignore)
      this.#waiting.push(socket)
    } else socket.destroy()
  }
}

function ignore(): void {}

class TcpConnection implements Connection {
  readonly remoteAddress: string
  readonly localAddress: string
  readonly #socket: Socket
  #handler: ConnectionHandler | null

  constructor(accepted: Socket) {
    const take = (chunk: Uint8Array): void => this.#handler?.onData(chunk)
    const socket = readInto(accepted, take) ?? accepted.on('data', take)
    this.#socket = socket
    this.#handler = null
    this.remoteAddress = addressOf(socket.remoteAddress, socket.remotePort)
    this.localAddress = addressOf(socket.localAddress, socket.localPort)
  }

  begin(accept: Accept): void {
    const socket = this.#socket
    // What an error tells us, `close` tells too.
    socket.on('error', ignore)
    const handler = accept(this)
    if (handler === null) {
      socket.destroySoon()
      return
    }
    this.#handler = handler
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    socket.on('drain', () => handler.onDrain())
    socket.on('end', () => handler.onEnd())
    socket.on('close', () => handler.onClose())
    socket.resume()
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength
  }

  write(bytes: Uint8Array): boolean {
    if (!this.#socket.writable) return true
    this.#socket.write(bytes)
    // Node tries the system call at once; when it took everything, nothing is left that refers to the bytes.
    return this.#socket.writableLength === 0
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    this.#socket.end()
    // Half open, it would stay so until the client closes its side; nobody reads what it may still send.
    this.#socket.destroySoon()
  }

  destroy(): void {
    this.#socket.destroy()
  }
}

function addressOf(host: string | undefined, port: number | undefined): string {
  return `${host?.includes(':') ? `[${host}]` : host}:${port}`
}
