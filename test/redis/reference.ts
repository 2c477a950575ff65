/** A redis-server to compare with, where one is installed. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { encodeCommand, type Reply, ReplyParser } from '../../src/redis/index.ts'
import { replyEnd } from './raw-replies.ts'

/** Other versions differ in words: only this one is the reference. */
const version = String(spawnSync('redis-server', ['--version']).stdout ?? '')
export const installed = version.includes(' v=7.0.')

/** A connection to a server that gives back raw replies. */
export class Reference {
  readonly socket: Socket
  #received = Buffer.alloc(0)
  #wake = () => {}
  ended = false

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1')
    this.socket.setNoDelay(true)
    this.socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#wake()
    })
    this.socket.on('close', () => {
      this.ended = true
      this.#wake()
    })
  }

  /** As many replies as were asked for; fewer when the connection ends before. */
  async ask(bytes: Uint8Array, count: number): Promise<Buffer[]> {
    this.socket.write(bytes)
    const replies: Buffer[] = []
    while (replies.length < count) {
      const end = this.#received.length === 0 ? -1 : replyEnd(this.#received, 0)
      if (end >= 0) {
        replies.push(this.#received.subarray(0, end))
        this.#received = this.#received.subarray(end)
      } else if (this.ended) break
      else await new Promise<void>((wake) => (this.#wake = wake))
    }
    return replies
  }

  async value(...command: string[]): Promise<Reply> {
    const [raw] = await this.ask(encodeCommand(command.map((word) => Buffer.from(word, 'latin1'))), 1)
    const parser = new ReplyParser()
    parser.push(raw!)
    return parser.next()!
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** A server of its own for a file of tests, that keeps nothing. */
export class RedisServer {
  port = 0
  #process: ChildProcess | null = null
  readonly #connections: Reference[] = []

  async start(...options: string[]): Promise<void> {
    this.port = await freePort()
    const words = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...options]
    this.#process = spawn('redis-server', words, { stdio: ['ignore', 'pipe', 'inherit'], cwd: tmpdir() })
    let log = ''
    for await (const chunk of this.#process.stdout!) {
      log += chunk
      if (log.includes('Ready to accept connections')) return
    }
    throw new Error(`redis-server did not start: ${log}`)
  }

  connect(): Reference {
    const made = new Reference(this.port)
    this.#connections.push(made)
    return made
  }

  async stop(): Promise<void> {
    for (const { socket } of this.#connections) socket.destroy()
    const server = this.#process
    if (server === null || server.exitCode !== null) return
    server.kill('SIGKILL')
    await once(server, 'exit')
  }
}

/** What Redis tells of how it keeps a value hangs on the way in which the value came to be; ours does not. */
export function isKeptOtherwise(command: string[], ours: Buffer, their: Buffer): boolean {
  const asked = command.slice(0, 2).join(' ').toLowerCase()
  const isInteger = (reply: Buffer) => /^:\d+\r\n$/.test(reply.toString())
  if (/^(object (refcount|idletime)|memory usage)$/.test(asked)) return isInteger(ours) && isInteger(their)
  const encodings = ['$3\r\nint\r\n', '$6\r\nembstr\r\n', '$3\r\nraw\r\n']
  const place = encodings.indexOf(ours.toString())
  return asked === 'object encoding' && place >= 0 && encodings.indexOf(their.toString()) > place
}

/** Times to live that may differ by what the round took, a few seconds at most. */
export function closeInTime(ours: Buffer, their: Buffer, unitMs: number): boolean {
  const a = Number(ours.toString().slice(1))
  const b = Number(their.toString().slice(1))
  // Above 2^53 milliseconds ours is rounded.
  return a > 0 && b > 0 && Math.abs(a - b) * unitMs <= Math.max(5000, a * unitMs * 2 ** -52)
}
