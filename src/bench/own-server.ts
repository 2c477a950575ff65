/** A server of our own, in a fresh directory, as a process beside this one; gone when the measuring is over. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { SetUpError } from '../base/index.ts'
import type { Target } from './connection.ts'

export interface OwnServerOptions {
  /** The file that Node runs: the program itself. */
  readonly program: string
  /** In which its data directory is made. */
  readonly parent: string
  /** As after `cellarium serve`, without directory and ports. */
  readonly flags: readonly string[]
  readonly replicas: number
}

const READY = /cellarium ready: redis on (.*):(\d+), http on (.*):(\d+), \d+ executors/
const ASK_AGAIN_MS = 50
const COPIES_WITHIN_MS = 60_000
/** Leaders and copies are dealt out over the stores first. */
const RESTED_MS = 1_000
const REST_WITHIN_MS = 60_000
const STOP_WITHIN_MS = 15_000

export class OwnServer {
  readonly pid: number
  readonly target: Target
  /** Where its HTTP is. */
  readonly http: string
  readonly #child: ChildProcess
  readonly #directory: string

  private constructor(child: ChildProcess, directory: string, target: Target, http: string) {
    this.pid = child.pid as number
    this.target = target
    this.http = http
    this.#child = child
    this.#directory = directory
    process.once('exit', this.#abandon)
  }

  /**
   * Resolves when every cell has all its copies and the placement driver rests: what is measured before is their work. If
   * it does not rest within a minute, it is a part of what is measured.
   */
  static async start({ program, parent, flags, replicas }: OwnServerOptions): Promise<OwnServer> {
    const directory = mkdtempSync(join(parent, 'cellarium-bench-'))
    const { UV_THREADPOOL_SIZE: _, ...environment } = process.env
    const own = ['--dir', directory, '--port', '0', '--http-port', '0', '--log-level', 'warn']
    const child = spawn(process.execPath, [program, 'serve', ...own, '--replicas', String(replicas), ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environment,
    })
    try {
      const ready = await readyLine(child)
      const server = new OwnServer(child, directory, { host: ready.host, port: ready.port, password: '' }, ready.http)
      await copiesMade(ready.http, replicas)
      await atRest(ready.http)
      return server
    } catch (error) {
      child.kill('SIGKILL')
      rmSync(directory, { recursive: true, force: true })
      throw error
    }
  }

  readonly #abandon = (): void => {
    this.#child.kill('SIGKILL')
    rmSync(this.#directory, { recursive: true, force: true })
  }

  async stop(): Promise<void> {
    process.removeListener('exit', this.#abandon)
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    const late = setTimeout(() => this.#child.kill('SIGKILL'), STOP_WITHIN_MS)
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGTERM')
      await ended
    }
    clearTimeout(late)
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

function readyLine(child: ChildProcess): Promise<{ host: string; port: number; http: string }> {
  return new Promise((resolve, reject) => {
    let said = ''
    let complained = ''
    child.stdout?.on('data', (chunk) => {
      said += String(chunk)
      const [, host, port, httpHost, httpPort] = READY.exec(said) ?? []
      if (host !== undefined) resolve({ host, port: Number(port), http: `http://${httpHost}:${httpPort}` })
    })
    child.stderr?.on('data', (chunk) => {
      complained = (complained + String(chunk)).slice(-4000)
    })
    child.once('error', reject)
    // All that it said has come when its pipes are closed.
    child.once('close', (code) => {
      const [, refusal] = /^cellarium: (.*)$/m.exec(complained) ?? []
      const isMendable = code === 1 && refusal !== undefined
      reject(isMendable ? new SetUpError(refusal) : new Error(`the server ended with ${code}: ${complained}`))
    })
  })
}

interface CellList {
  readonly items: readonly { readonly peers: readonly { readonly role: string }[] }[]
}

async function copiesMade(http: string, replicas: number): Promise<void> {
  const deadlineMs = performance.now() + COPIES_WITHIN_MS
  while (performance.now() < deadlineMs) {
    const response = await fetch(`${http}/api/v1/cells?limit=1000`)
    const { items } = response.ok ? ((await response.json()) as CellList) : { items: [] }
    const whole = items.filter(({ peers }) => peers.filter((peer) => peer.role === 'voter').length >= replicas)
    if (items.length > 0 && whole.length === items.length) return
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS))
  }
  throw new Error(`not every cell had its ${replicas} copies within ${COPIES_WITHIN_MS / 1000} s`)
}

interface OperatorList {
  readonly items: readonly { readonly outcome: string | null }[]
}

async function atRest(http: string): Promise<void> {
  const beganMs = performance.now()
  let restingSinceMs = beganMs
  while (performance.now() - restingSinceMs < RESTED_MS && performance.now() - beganMs < REST_WITHIN_MS) {
    const response = await fetch(`${http}/api/v1/operators?limit=1000`)
    const { items } = response.ok ? ((await response.json()) as OperatorList) : { items: [] }
    if (items.some(({ outcome }) => outcome === null)) restingSinceMs = performance.now()
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS))
  }
}
