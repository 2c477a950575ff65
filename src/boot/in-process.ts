/**
 * A client without a socket: commands in, replies out, through the same gateway, parser and router as any other. For the
 * embedded cluster, and for the server to find out whether it serves.
 */
import type { Accept, Connection, ConnectionHandler, Listener } from '../gateway/index.ts'
import { encodeCommand, type Reply, ReplyParser } from '../redis/index.ts'

/** A word of a command: text and numbers stand for their bytes in UTF-8. */
export type CommandPart = string | number | bigint | Uint8Array

/** Bulk strings are bytes. */
export interface InProcessClient {
  /** Rejects only when the connection is gone before the reply: then nobody knows whether the command was executed. */
  send(parts: readonly CommandPart[]): Promise<Reply>
  /** Resolves when no command waits for a reply, or after so long. */
  idle(withinMs: number): Promise<void>
  close(): void
}

export class ConnectionGone extends Error {
  override readonly name = 'ConnectionGone'
  /** The command had left before. */
  readonly wasSent: boolean

  constructor(wasSent: boolean) {
    super('the connection is closed')
    this.wasSent = wasSent
  }
}

/** A listener for clients of this process, beside another one for sockets when there is one. */
export class InProcessListener implements Listener {
  readonly host: string
  readonly port: number
  readonly #sockets: Listener | null
  #accept: Accept | null = null
  #waiting: InProcessConnection[] = []
  readonly #open = new Set<InProcessConnection>()

  constructor(sockets: Listener | null) {
    this.#sockets = sockets
    this.host = sockets?.host ?? 'in-process'
    this.port = sockets?.port ?? 0
  }

  attach(accept: Accept): void {
    this.#accept = accept
    const waiting = this.#waiting
    this.#waiting = []
    for (const connection of waiting) connection.accept(accept)
    this.#sockets?.attach(accept)
  }

  detach(): void {
    this.#accept = null
    this.#sockets?.detach()
  }

  connect(): InProcessClient {
    const connection = new InProcessConnection(() => this.#open.delete(connection))
    this.#open.add(connection)
    if (this.#accept === null) this.#waiting.push(connection)
    else connection.accept(this.#accept)
    return connection
  }

  /** After the gateway has gone: whoever still waits is told. */
  close(): void {
    for (const connection of [...this.#open]) connection.destroy()
  }
}

interface Waiting {
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: Error) => void
}

class InProcessConnection implements Connection, InProcessClient {
  readonly remoteAddress = 'in-process:0'
  readonly localAddress = 'in-process:0'
  readonly bufferedBytes = 0
  readonly #onGone: () => void
  readonly #parser = new ReplyParser('bytes')
  /** In the order of their commands: the first `#sent` of them have left. */
  readonly #waiting: Waiting[] = []
  #sent = 0
  #onIdle: (() => void) | null = null
  #outgoing: Uint8Array[] = []
  #handler: ConnectionHandler | null = null
  #paused = false
  #flushing = false
  #gone = false

  constructor(onGone: () => void) {
    this.#onGone = onGone
  }

  accept(accept: Accept): void {
    this.#handler = accept(this)
    if (this.#handler === null) this.#lose()
    else this.#flushSoon()
  }

  send(parts: readonly CommandPart[]): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#gone) {
        reject(new ConnectionGone(false))
        return
      }
      this.#waiting.push({ resolve, reject })
      this.#outgoing.push(encodeCommand(parts))
      this.#flushSoon()
    })
  }

  async idle(withinMs: number): Promise<void> {
    if (this.#waiting.length === 0) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, withinMs)
      this.#onIdle = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  close(): void {
    const handler = this.#handler
    this.#lose()
    handler?.onClose()
  }

  write(bytes: Uint8Array): boolean {
    this.#parser.push(bytes)
    for (let reply = this.#parser.next(); reply !== undefined; reply = this.#parser.next()) {
      this.#sent--
      this.#waiting.shift()?.resolve(reply)
    }
    if (this.#waiting.length === 0) this.#onIdle?.()
    return true
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#flushSoon()
  }

  end(): void {
    this.destroy()
  }

  destroy(): void {
    if (this.#gone) return
    const handler = this.#handler
    this.#lose()
    // Like a socket: who closes hears of it later, and not from within.
    if (handler !== null) setImmediate(() => handler.onClose())
  }

  /** Commands given in one after the other go as one chunk, as they would in one packet. */
  #flushSoon(): void {
    if (this.#flushing || this.#paused || this.#handler === null || this.#outgoing.length === 0) return
    this.#flushing = true
    setImmediate(() => {
      this.#flushing = false
      if (this.#paused || this.#handler === null || this.#gone) return
      const chunk = Buffer.concat(this.#outgoing)
      this.#sent += this.#outgoing.length
      this.#outgoing = []
      this.#handler.onData(chunk)
    })
  }

  #lose(): void {
    if (this.#gone) return
    this.#gone = true
    this.#handler = null
    this.#onGone()
    for (let i = 0; i < this.#waiting.length; i++) this.#waiting[i]?.reject(new ConnectionGone(i < this.#sent))
    this.#waiting.length = 0
    this.#onIdle?.()
  }
}
