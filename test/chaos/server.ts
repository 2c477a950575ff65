/** The built server as a process on three disks, of which the last can be filled. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, json, Program, until } from '../boot/process.ts'
import { isWhole } from '../spread/cells.ts'

export const EXECUTORS = 3
/** Room for a few segments of the log and a small engine. */
const SMALL_DISK = '160m'
const WHOLE_MS_MAX = 60_000

export class Server {
  readonly base = mkdtempSync(join(tmpdir(), 'cellarium-chaos-'))
  readonly disks: readonly string[]
  /** False: this user may not mount; then no disk can be filled. */
  readonly canFill: boolean
  /** Everything that all its lives have said. */
  said = ''
  redis = 0
  http = 0
  #program: Program | null = null

  constructor() {
    this.disks = ['a', 'b', 'c'].map((name) => join(this.base, name))
    for (const disk of this.disks) mkdirSync(disk)
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${SMALL_DISK}`, 'tmpfs', this.#small])
    this.canFill = mounted.status === 0
  }

  async start(): Promise<void> {
    const dirs = this.disks.flatMap((disk) => ['--dir', join(disk, 'd')])
    const ports = ['--port', '0', '--http-port', '0', '--executors', `${EXECUTORS}`, '--enable-debug-command', 'yes']
    const program = new Program(['serve', ...dirs, ...ports, '--memory', '64mb', '--request-timeout', '3s'])
    this.#program = program
    try {
      const { redis, http } = await program.ready()
      this.redis = redis
      this.http = http
    } finally {
      this.said += program.stdout + program.stderr
    }
  }

  async kill(): Promise<void> {
    await this.#program?.stop('SIGKILL')
    this.said += `${this.#program?.stdout ?? ''}${this.#program?.stderr ?? ''}`
    this.#program = null
  }

  /** What the present life has said. */
  get words(): string {
    return `${this.#program?.stdout ?? ''}${this.#program?.stderr ?? ''}`
  }

  signal(signal: NodeJS.Signals): void {
    this.#program?.child.kill(signal)
  }

  get isRunning(): boolean {
    return this.#program !== null && this.#program.child.exitCode === null && this.#program.child.signalCode === null
  }

  /** A DEBUG command, whose answer nobody waits for. */
  async debug(...words: readonly (string | number)[]): Promise<void> {
    const client = new Client(this.redis)
    await client.send('DEBUG', ...words).catch(() => {})
    client.close()
  }

  /** Takes the small disk's last byte. */
  fill(): void {
    const { bavail, bsize } = statfsSync(this.#small)
    try {
      writeFileSync(join(this.#small, 'filler'), Buffer.alloc(Number(bavail) * Number(bsize)))
    } catch {
      // Others have taken some of it meanwhile.
    }
  }

  unfill(): void {
    rmSync(join(this.#small, 'filler'), { force: true })
  }

  /** Every cell has three voters and a leader. */
  async whole(): Promise<void> {
    await until(
      () => json(this.http, '/api/v1/cells?system=1'),
      ({ status, items }) => status === 200 && items.length >= 2 && items.every((cell) => isWhole(cell, 3)),
      WHOLE_MS_MAX,
    )
  }

  async end(): Promise<void> {
    await this.kill()
    if (this.canFill) spawnSync('umount', [this.#small])
    rmSync(this.base, { recursive: true, force: true })
  }

  get #small(): string {
    return this.disks[2] as string
  }
}
