/** The built server in a directory of its own: started as often as a test likes, always on the same data. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Exit, Program } from '../boot/process.ts'

export class RealServer {
  readonly #base: string
  #program: Program | null = null

  constructor(name: string) {
    this.#base = mkdtempSync(join(tmpdir(), `cellarium-${name}-`))
  }

  /** Where it answers. The flags are those of `serve`, without directory and ports. */
  async start(...flags: string[]): Promise<{ redis: number; http: number }> {
    const own = ['--dir', this.dir, '--port', '0', '--http-port', '0']
    this.#program = new Program(['serve', ...own, ...flags])
    return await this.#program.ready()
  }

  get dir(): string {
    return join(this.#base, 'd')
  }

  get pid(): number {
    return this.#program?.child.pid ?? 0
  }

  async stop(signal?: NodeJS.Signals): Promise<Exit | undefined> {
    return this.#program?.stop(signal)
  }

  /** It and its data are gone. */
  async end(): Promise<void> {
    await this.stop('SIGKILL')
    rmSync(this.#base, { recursive: true, force: true })
  }
}
