/**
 * A real client of a real server, whose history is judged like that of a simulated one: it draws its commands from the
 * simulator's workload, sends them in bursts, notes what comes back, and connects again when it is cut off.
 */
import { connect, type Socket } from 'node:net'
import { fromLatin1, type Random } from '../../src/base/index.ts'
import { encodeCommand, type Reply, ReplyParser } from '../../src/redis/index.ts'
import type { Operation } from '../check/index.ts'
import { History } from '../sim/history.ts'
import type { CommandSource } from '../sim/workload.ts'

const DEPTH_MAX = 8
const AGAIN_MS = 50
const THOUGHT_MS_MAX = 20

/** What all clients of a round share. */
export class Round {
  readonly history = new History()
  readonly source: CommandSource
  /** Of the running server; null while there is none. */
  port: number | null = null
  resting = false

  constructor(source: CommandSource) {
    this.source = source
  }
}

export class ChaosClient {
  readonly #round: Round
  readonly #random: Random
  #socket: Socket | null = null
  #parser = new ReplyParser('bytes')
  #connection = 0
  #sequence = 0
  #waiting: Operation[] = []
  #ended = false

  constructor(round: Round, random: Random) {
    this.#round = round
    this.#random = random
  }

  get idle(): boolean {
    return this.#waiting.length === 0
  }

  start(): void {
    this.#connect()
  }

  end(): void {
    this.#ended = true
    this.#socket?.destroy()
    this.#socket = null
  }

  /** One command, sent when there is a connection. */
  ask(command: readonly string[]): Operation | null {
    return this.#socket === null ? null : (this.#send([command])[0] as Operation)
  }

  #connect(): void {
    if (this.#ended) return
    const { port, history } = this.#round
    if (port === null) {
      this.#later(AGAIN_MS, () => this.#connect())
      return
    }
    const socket = connect(port, '127.0.0.1')
    socket.setNoDelay(true)
    this.#parser = new ReplyParser('bytes')
    socket.on('connect', () => {
      this.#connection = history.nextConnection()
      this.#sequence = 0
      this.#socket = socket
      this.#think()
    })
    socket.on('data', (bytes) => {
      this.#parser.push(bytes)
      for (let reply = this.#parser.next(); reply !== undefined; reply = this.#parser.next()) this.#returned(reply)
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      // The fate of what was in flight stays unknown.
      this.#waiting = []
      this.#socket = null
      this.#later(AGAIN_MS, () => this.#connect())
    })
  }

  #think(): void {
    const socket = this.#socket
    this.#later(this.#random.float() * THOUGHT_MS_MAX, () => {
      if (socket === null || socket !== this.#socket || this.#ended) return
      const room = DEPTH_MAX - this.#waiting.length
      if (!this.#round.resting && room > 0) {
        const count = this.#random.chance(0.5) ? 1 : this.#random.between(1, room)
        this.#send(Array.from({ length: count }, () => this.#round.source.next()))
      }
      this.#think()
    })
  }

  #send(commands: readonly (readonly string[])[]): Operation[] {
    const { history } = this.#round
    const operations = commands.map((command) => history.sent(this.#connection, ++this.#sequence, command, Date.now()))
    this.#waiting.push(...operations)
    this.#socket?.write(Buffer.concat(commands.map((command) => encodeCommand(command.map(fromLatin1)))))
    return operations
  }

  #returned(reply: Reply): void {
    const operation = this.#waiting.shift()
    if (operation === undefined) throw new Error('a reply that nobody waits for')
    this.#round.history.returned(operation, reply, Date.now())
  }

  #later(delayMs: number, action: () => void): void {
    setTimeout(action, delayMs)
  }
}
