/** The load generator against servers: what it says must be what happened. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { plainLoad } from '../../bench/plain-load.ts'
import { type Measurement, measure, type Target, type Workload } from '../../src/bench/index.ts'
import { Client, json, Program, until, voters } from '../boot/process.ts'

let base: string

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'cellarium-measure-'))
})

afterEach(() => {
  rmSync(base, { recursive: true, force: true })
})

const workload: Workload = { ...plainLoad, connections: 8, pipeline: 4, keys: 1000 }

function measured(target: Target, given: Partial<Workload>, durationMs: number, fill = false): Promise<Measurement> {
  return measure({
    target,
    workload: { ...workload, ...given },
    threads: 1,
    fill,
    warmUpMs: 0,
    durationMs,
    seed: 'test',
    pid: null,
    progress: () => {},
  })
}

describe('The load generator', () => {
  let server: Server
  let commands: number
  let answer: (socket: Socket, count: number) => void

  beforeEach(async () => {
    commands = 0
    answer = (socket, count) => socket.write('+OK\r\n'.repeat(count))
    server = createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', (chunk) => {
        const count = chunk.toString('latin1').match(/\*\d+\r\n/g)?.length ?? 0
        commands += count
        answer(socket, count)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })

  afterEach(() => {
    server.close()
  })

  const target = (): Target => ({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, password: '' })

  /** Once, when so many commands have come, nobody gets an answer for a while. */
  const stallOnce = (atCommand: number, forMs: number): void => {
    let endsMs = 0
    answer = (socket, count) => {
      if (endsMs === 0 && commands >= atCommand) endsMs = performance.now() + forMs
      const leftMs = endsMs - performance.now()
      if (leftMs <= 0) socket.write('+OK\r\n'.repeat(count))
      else setTimeout(() => socket.write('+OK\r\n'.repeat(count)), leftMs)
    }
  }

  test('with a rate counts a stall for every command that should have been sent meanwhile', async () => {
    stallOnce(200, 400)
    const { latency } = await measured(target(), { connections: 1, pipeline: 64, ratePerSecond: 1000 }, 1500)
    // 400 of about 1500 were late, the first by 400 ms and the last by next to nothing.
    expect(latency.maxMs).toBeGreaterThan(300)
    expect(latency.meanMs).toBeGreaterThan(20)
  })

  test('without a rate counts a stall once for each client that waited, as it says', async () => {
    stallOnce(200, 400)
    const { latency, commands: sent } = await measured(target(), { connections: 1, pipeline: 1 }, 1500)
    expect(latency.maxMs).toBeGreaterThan(300)
    expect(latency.meanMs).toBeLessThan(5 + 400 / sent)
  })

  test('keeps to the rate', async () => {
    const { perSecond } = await measured(target(), { connections: 5, pipeline: 4, ratePerSecond: 2000 }, 1000)
    expect(perSecond).toBeGreaterThan(1600)
    expect(perSecond).toBeLessThan(2400)
  })

  test('sets each key once before it measures, when it is to fill', async () => {
    let filled = 0
    const plain = answer
    answer = (socket, count) => {
      if (filled < 5000) filled += count
      plain(socket, count)
    }
    const { commands: counted } = await measured(target(), { mix: { get: 1 }, keys: 5000, pipeline: 1 }, 100, true)
    expect(filled).toBe(5000)
    expect(counted).toBeLessThan(commands - 4990)
  })

  test('tells errors, and the first of them', async () => {
    answer = (socket, count) => socket.write('-BUSY a queue is full\r\n'.repeat(count))
    const { errors, commands: counted, firstError } = await measured(target(), {}, 100)
    expect(errors).toBe(counted)
    expect(firstError).toBe('BUSY a queue is full')
  })

  test('has no figures when a connection was lost', async () => {
    answer = (socket, count) => (commands > 500 ? socket.destroy() : socket.write('+OK\r\n'.repeat(count)))
    await expect(measured(target(), {}, 60_000)).rejects.toThrow(/closed|ECONNRESET|EPIPE/)
  })
})

const canTrace = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0

test.skipIf(!canTrace)('INFO counts the syncs that the kernel saw (needs strace)', async () => {
  const trace = join(base, 'trace')
  const strace = ['strace', '-D', '-f', '-y', '-e', 'trace=fdatasync', '-o', trace]
  const program = new Program(['serve', '--dir', join(base, 'd'), '--port', '0', '--http-port', '0'], {}, strace)
  const { redis, http } = await program.ready()
  await until(
    () => json(http, '/api/v1/cells'),
    ({ items }) => items.length > 0 && items.every((cell) => voters(cell) === 3),
  )
  const result = await measured({ host: '127.0.0.1', port: redis, password: '' }, {}, 3000)
  expect(result.errors).toBe(0)
  expect(result.cost.syncsPerSecond).toBeGreaterThan(0)
  expect(result.cost.commandsPerSync).toBeCloseTo(result.perSecond / (result.cost.syncsPerSecond as number), 6)

  const client = new Client(redis)
  const seen = () => readFileSync(trace, 'latin1').match(/fdatasync\(\d+<[^>]*\.segment>/g)?.length ?? 0
  const said = async () => Number(/raft_log_syncs:(\d+)/.exec(String(await client.send('INFO', 'cellarium')))?.[1])
  // Segments are synced, too, when they are made ready: a few, and no batch of the log.
  const [counted] = await until(
    async () => [await said(), seen()] as const,
    ([info, kernel]) => info > 100 && info <= kernel && info >= kernel * 0.97 - 10,
  )
  expect(counted).toBeGreaterThan(0)
  client.close()
  await program.stop()
})

test('cellarium bench starts servers of its own, writes figures and a picture, and leaves nothing behind', async () => {
  const files = ['--json', join(base, 'figures.json'), '--svg', join(base, 'picture.svg')]
  const load = ['--duration', '400ms', '--warm-up', '100ms', '--pipeline', '4', '--mix', 'set=1,get=1', '--keys', '500']
  const own = ['--embedded', '--executors', '1,2', '--memory', '64mb', '--dir', base]
  const program = new Program(['bench', ...own, ...load, ...files])
  expect(await program.exit).toEqual({ code: 0, signal: null })
  const { rows, machine } = JSON.parse(readFileSync(join(base, 'figures.json'), 'utf8'))
  expect(rows.map((row: { name: string }) => row.name)).toEqual(['1 executor', '2 executors'])
  for (const { rounds } of rows as { rounds: Measurement[] }[]) {
    expect(rounds[0]?.commands).toBeGreaterThan(0)
    expect(rounds[0]?.errors).toBe(0)
    expect(rounds[0]?.nils).toBe(0)
  }
  expect(machine.disk.syncMedianMs).toBeGreaterThan(0)
  expect(program.stdout).toMatch(/3 copies; a write is answered when a majority of them has synced it/)
  expect(readFileSync(join(base, 'picture.svg'), 'utf8')).toContain('2 executors')
  expect(readdirSync(base).sort()).toEqual(['figures.json', 'picture.svg'])
})

test.each([
  [['--port', '1', '--json', '/nowhere/a.json'], '/nowhere/a.json cannot be written: /nowhere (ENOENT)'],
  [['--embedded', '--replicas', '9', '--stores', '3'], '--replicas 9 needs as many stores, and --stores is 3'],
  [['--embedded', '--executors', '1000'], '--executors is at most 999, not 1000'],
])('cellarium bench %j is refused in one line before anything is measured', async (flags, line) => {
  const program = new Program(['bench', ...flags])
  expect(await program.exit).toEqual({ code: 1, signal: null })
  expect(program.stderr).toBe(`cellarium: ${line}\n`)
  expect(program.stdout).toBe('')
})

test('cellarium bench says what to do when nobody answers', async () => {
  const program = new Program(['bench', '--port', '1', '--duration', '1s'])
  expect((await program.exit).code).toBe(1)
  expect(program.stderr).toMatch(/no server answers at 127\.0\.0\.1:1: start one with 'cellarium serve'/)
  expect(existsSync(join(base, 'figures.json'))).toBe(false)
})
