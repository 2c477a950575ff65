/** The program as a process of its own, and a client for it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { encodeCommand, type Reply, ReplyParser } from '../../src/redis/index.ts'

const program = fileURLToPath(new URL('../../src/bin.cjs', import.meta.url))

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export class Program {
  readonly child: ChildProcess
  readonly exit: Promise<Exit>
  stdout = ''
  stderr = ''
  readonly #heard = new Set<() => void>()

  /** `before`: what the program is run under, as `strace …`. */
  constructor(args: readonly string[], environment: NodeJS.ProcessEnv = {}, before: readonly string[] = []) {
    const [command, ...rest] = [...before, process.execPath, program, ...args] as [string, ...string[]]
    const { UV_THREADPOOL_SIZE: _, ...inherited } = process.env
    this.child = spawn(command, rest, { env: { ...inherited, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
    this.child.stdout?.on('data', (chunk) => this.#hear('stdout', chunk))
    this.child.stderr?.on('data', (chunk) => this.#hear('stderr', chunk))
    this.exit = new Promise((resolve) => this.child.on('close', (code, signal) => resolve({ code, signal })))
  }

  /** The ports of the ready line; rejects when the program ends before it. */
  async ready(): Promise<{ redis: number; http: number; line: string }> {
    const line = await this.said('stdout', /cellarium ready: .*/)
    const [, redis, http] = /redis on [^ ]*:(\d+), http on [^ ]*:(\d+)/.exec(line) ?? []
    return { redis: Number(redis), http: Number(http), line }
  }

  said(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(this[stream])
        if (found === null) return
        this.#heard.delete(look)
        resolve(found[0])
      }
      this.#heard.add(look)
      look()
      void this.exit.then(({ code }) =>
        reject(new Error(`ended with ${code} before it said ${pattern}: ${this.stderr}`)),
      )
    })
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    this.child.kill(signal)
    return this.exit
  }

  #hear(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    this[stream] += chunk.toString()
    for (const look of [...this.#heard]) look()
  }
}

export class Client {
  readonly #socket: Socket
  readonly #parser = new ReplyParser()
  readonly #waiting: { resolve: (reply: Reply) => void; reject: (error: Error) => void }[] = []

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.on('data', (chunk) => {
      this.#parser.push(chunk)
      for (let reply = this.#parser.next(); reply !== undefined; reply = this.#parser.next()) {
        this.#waiting.shift()?.resolve(reply)
      }
    })
    const lost = () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error('the connection was closed'))
    }
    this.#socket.on('error', lost)
    this.#socket.on('close', lost)
  }

  send(...parts: (string | number | Uint8Array)[]): Promise<Reply> {
    return this.sendWords(parts)
  }

  /** For more of them than a call may have arguments. */
  sendWords(parts: readonly (string | number | Uint8Array)[]): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) {
        reject(new Error('the connection was closed'))
        return
      }
      this.#waiting.push({ resolve, reject })
      this.#socket.write(encodeCommand(parts))
    })
  }

  close(): void {
    this.#socket.destroy()
  }
}

/** What the lists of HTTP hold, as far as it is looked at. */
export interface Item {
  readonly id: number
  readonly role: string
  readonly state: string
  readonly incarnation: number
  readonly leader: number | null
  readonly peers: readonly { readonly id: number; readonly store: number; readonly role: string }[]
  readonly actors: readonly { readonly name: string }[]
}

export interface Answer {
  readonly status: number
  readonly body: unknown
  /** Of a list; empty for anything else. */
  readonly items: readonly Item[]
}

export async function json(port: number, path: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init)
  const body = (await response.json()) as { items?: Item[] }
  return { status: response.status, body, items: body.items ?? [] }
}

export function post(port: number, path: string, body: object): Promise<Answer> {
  const headers = { 'content-type': 'application/json' }
  return json(port, path, { method: 'POST', headers, body: JSON.stringify(body) })
}

export function voters(cell: Item | undefined): number {
  return cell?.peers.filter((peer) => peer.role === 'voter').length ?? 0
}

const ASK_AGAIN_MS = 5

/**
 * Asks again and again until the answer is as wished, and gives up when that takes too long. Between two questions it
 * leaves the processor to whoever is to answer.
 */
export async function until<T>(
  ask: () => T | Promise<T>,
  wished: (answer: T) => boolean,
  patienceMs = 45_000,
): Promise<T> {
  const beganMs = performance.now()
  for (;;) {
    const answer = await ask()
    if (wished(answer)) return answer
    if (performance.now() - beganMs > patienceMs) {
      throw new Error(`not in ${patienceMs} ms; the last answer was ${inspect(answer, { depth: 8 }).slice(0, 4_000)}`)
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS))
  }
}
