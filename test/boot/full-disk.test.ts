/** The built server on a disk that is full, for real: a small file system in memory, which only root may mount. */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { Client, json, Program, until } from './process.ts'

const MIB = 1024 * 1024
const VALUE_BYTES = 2048
const WAITS = /writing waits for room/

class SmallDisk {
  readonly path = mkdtempSync(join(tmpdir(), 'cellarium-small-'))
  readonly isMounted: boolean

  constructor(size: string) {
    this.isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', this.path]).status === 0
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.path)
    return bavail * bsize
  }

  /** Takes all but so much. */
  fill(leaveBytes: number): void {
    try {
      writeFileSync(join(this.path, 'filler'), Buffer.alloc(Math.max(0, this.freeBytes - leaveBytes)))
    } catch {
      // The server was quicker with the last of it.
    }
  }

  unfill(): void {
    rmSync(join(this.path, 'filler'), { force: true })
  }

  remove(): void {
    if (this.isMounted) spawnSync('umount', ['-l', this.path])
    rmSync(this.path, { recursive: true, force: true })
  }
}

const probe = new SmallDisk('1m')
const canMount = probe.isMounted
probe.remove()

/** What a client was told is written, key by key. */
class Writer {
  readonly written = new Map<string, string>()
  readonly #client: Client
  #next = 0

  constructor(client: Client) {
    this.#client = client
  }

  async set(key = `k${this.#next++}`): Promise<string> {
    const value = randomBytes(VALUE_BYTES / 2).toString('hex')
    const reply = await this.#client.send('SET', key, value)
    if (reply === 'OK') this.written.set(key, value)
    // Whether it was executed may not be known.
    else this.written.delete(key)
    return reply instanceof Error ? reply.message : String(reply)
  }

  /** Until one is refused. */
  async untilRefused(): Promise<void> {
    for (;;) {
      const replies = await Promise.all(Array.from({ length: 50 }, () => this.set()))
      if (replies.some((reply) => reply !== 'OK')) return
    }
  }
}

async function wrongKeys(client: Client, written: ReadonlyMap<string, string>): Promise<string[]> {
  const wrong: string[] = []
  for (const [key, value] of written) if (String(await client.send('GET', key)) !== value) wrong.push(key)
  return wrong
}

describe.skipIf(!canMount)('On a small disk', () => {
  let disk: SmallDisk
  let program: Program | null = null
  const serve = (executors = 2): Program => {
    const size = ['--executors', `${executors}`, '--stores', '3', '--memory', '48mb', '--request-timeout', '500ms']
    program = new Program(['serve', '--dir', join(disk.path, 'd'), '--port', '0', '--http-port', '0', ...size])
    return program
  }

  afterEach(async () => {
    await program?.stop('SIGKILL')
    program = null
    disk.remove()
  })

  test('writes are refused before there is no room, deletes, reads and HTTP go on, and so do writes when a file is deleted', async () => {
    disk = new SmallDisk('320m')
    const server = serve()
    const { redis, http } = await server.ready()
    const client = new Client(redis)
    const writer = new Writer(client)
    await writer.set('first')
    await writer.set('second')
    disk.fill(disk.freeBytes / 2)
    await writer.untilRefused()
    expect(await writer.set()).toMatch(/^MISCONF not executed/)
    expect(disk.freeBytes).toBeGreaterThan(20 * MIB)
    expect(String(await client.send('GET', 'first'))).toBe(writer.written.get('first'))
    expect((await json(http, '/api/v1/stores')).status).toBe(200)
    expect(await client.send('DEL', 'second')).toBe(1)
    writer.written.delete('second')
    disk.unfill()
    await until(
      () => writer.set('again'),
      (reply) => reply === 'OK',
    )
    expect(server.stderr).not.toMatch(WAITS)
    expect(await wrongKeys(client, writer.written)).toEqual([])
    client.close()
  })

  test('when others have taken the last of it the process goes on, and what was acknowledged is there, now and after a crash', async () => {
    disk = new SmallDisk('320m')
    const server = serve()
    const { redis } = await server.ready()
    const client = new Client(redis)
    const writer = new Writer(client)
    for (let i = 0; i < 40; i++) await Promise.all(Array.from({ length: 50 }, () => writer.set()))
    disk.fill(0)
    await writer.untilRefused()
    await until(
      () => WAITS.test(server.stderr),
      (waits) => waits,
    )
    expect(await writer.set()).toMatch(/^MISCONF not executed/)
    expect(await wrongKeys(client, writer.written)).toEqual([])
    disk.unfill()
    await until(
      () => writer.set('again'),
      (reply) => reply === 'OK',
    )
    await until(
      () => /there is room again: writing goes on/.test(server.stderr),
      (goesOn) => goesOn,
    )
    expect(await wrongKeys(client, writer.written)).toEqual([])
    client.close()
    await server.stop('SIGKILL')
    const again = new Client((await serve().ready()).redis)
    expect(await wrongKeys(again, writer.written)).toEqual([])
    again.close()
  })

  test('too small for what a new cluster needs, the server says so and ends with 1', async () => {
    disk = new SmallDisk('20m')
    const server = serve()
    expect(await server.exit).toEqual({ code: 1, signal: null })
    expect(server.stderr.trim().split('\n').at(-1)).toMatch(
      /^cellarium: .* has only \d+ MiB of room, and 67 MiB are needed to begin: make room, or give another --dir$/,
    )
  })

  test('without room for its databases a cluster that is there is not served: the server says so and ends with 1', async () => {
    disk = new SmallDisk('320m')
    const first = serve()
    const client = new Client((await first.ready()).redis)
    const writer = new Writer(client)
    for (let i = 0; i < 40; i++) await Promise.all(Array.from({ length: 50 }, () => writer.set()))
    client.close()
    await first.stop('SIGKILL')
    disk.fill(0)
    const second = serve()
    expect(await second.exit).toEqual({ code: 1, signal: null })
    expect(second.stderr.trim().split('\n').at(-1)).toMatch(/^cellarium: .*make room/)
    disk.unfill()
    const again = new Client((await serve().ready()).redis)
    expect(await wrongKeys(again, writer.written)).toEqual([])
    again.close()
  })

  test('without room for the logs of more executors neither, once it has waited for ten seconds', async () => {
    disk = new SmallDisk('320m')
    await serve().ready()
    await program?.stop()
    disk.fill(4 * MIB)
    const second = serve(3)
    expect(await second.exit).toEqual({ code: 1, signal: null })
    expect(second.stderr.trim().split('\n').at(-1)).toMatch(
      /^cellarium: .* has only \d MiB of room, and 32 MiB are needed to begin: make room, or give another --dir$/,
    )
    disk.unfill()
    await serve(3).ready()
  })
})
