/**
 * What cells cost that nobody uses: memory, processor time, and the time in which they serve again after a restart.
 *
 *     npm run bench:idle [-- --cells 10000 --executors 2 --seconds 30]
 *
 * Everything is that of the real server's process, from the outside: resident memory and processor time as the kernel
 * counts them (so Linux only). Each cell has three peers and one key of 64 bytes. Memory per peer is what the process
 * holds more than one that has two cells only, divided by all peers; nothing is left out.
 *
 * The cells are laid out on disk as their births leave them, before the server is started: to watch it split itself ten
 * thousand times is another measurement.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Usage, usageOf } from '../src/bench/index.ts'
import { untilAtRest } from './at-rest.ts'
import { keyOf, layOut, REPLICAS } from './many-cells.ts'

const PORT = 7395

const { values } = parseArgs({
  options: {
    cells: { type: 'string', default: '10000' },
    executors: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '30' },
  },
})
const cells = Number(values.cells)
const executors = Number(values.executors)
const seconds = Number(values.seconds)

class Server {
  readonly #child: ChildProcess
  readonly startedMs = performance.now()

  constructor(directory: string) {
    const program = fileURLToPath(new URL('../src/bin.cjs', import.meta.url))
    const args = ['serve', '--dir', directory, '--port', `${PORT}`, '--http-port', '0', '--executors', `${executors}`]
    this.#child = spawn(process.execPath, [program, ...args, '--replicas', `${REPLICAS}`], {
      stdio: 'ignore',
    })
  }

  usage(): Usage {
    const usage = usageOf(this.#child.pid as number)
    if (usage === null) throw new Error('the server is gone, or this system has no /proc')
    return usage
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill('SIGTERM')
    await ended
  }
}

/** One command for each cell, pipelined; resolves to the number of those that were not executed. */
function askEachCell(command: (key: string) => string): Promise<number> {
  return new Promise((resolve, reject) => {
    let replies = 0
    let errors = 0
    let tail = ''
    const socket = connect(PORT, '127.0.0.1', () => {
      for (let number = 0; number < cells; number++) socket.write(command(keyOf(number).toString()))
    })
    socket.setTimeout(60_000, () => socket.destroy(new Error('no reply in a minute')))
    socket.on('data', (data) => {
      const lines = (tail + data.toString('latin1')).split('\r\n')
      tail = lines.pop() as string
      for (const line of lines) {
        // The value itself is a line, too, and its header says that it comes.
        if (line.startsWith('$') && line !== '$-1') continue
        if (line.startsWith('-')) errors++
        replies++
      }
      if (replies === cells) socket.end(() => resolve(errors))
    })
    socket.once('error', reject)
  })
}

async function untilAllServe(server: Server): Promise<number> {
  for (;;) {
    const errors = await askEachCell((key) => `GET ${key}\r\n`).catch(() => cells)
    if (errors === 0) return (performance.now() - server.startedMs) / 1000
    if (performance.now() - server.startedMs > 300_000)
      throw new Error(`${errors} cells do not serve after five minutes`)
    await pause(100)
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function measureIdle(server: Server): Promise<{ residentBytes: number; shareOfCore: number }> {
  // What was begun is done, and what sleeps sleeps.
  const cpuSeconds = () => server.usage().cpuSeconds
  await untilAtRest({ cpuSeconds, everyMs: 3000, share: 0.05, times: 3, looksMax: 40 })
  const before = cpuSeconds()
  await pause(seconds * 1000)
  const { cpuSeconds: after, residentBytes } = server.usage()
  return { residentBytes, shareOfCore: (after - before) / seconds }
}

const directory = mkdtempSync(join(tmpdir(), 'cellarium-idle-'))
const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
console.log(`bench:idle --cells ${cells} --executors ${executors} --seconds ${seconds}`)
console.log(`${cpus()[0]?.model}, ${availableParallelism()} cores, ${memory}, Node ${process.version}\n`)
const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`
const percent = (share: number) => `${(share * 100).toFixed(2)} % of a core`
try {
  const empty = new Server(join(directory, 'empty'))
  await pause(8000)
  const base = await measureIdle(empty)
  await empty.stop()
  console.log(`two cells:        ${megabytes(base.residentBytes)}, ${percent(base.shareOfCore)}`)

  const full = join(directory, 'full')
  await layOut(full, cells, executors)
  const first = new Server(full)
  console.log(`first start:      every cell serves after ${(await untilAllServe(first)).toFixed(1)} s`)
  const value = 'v'.repeat(64)
  const errors = await askEachCell((key) => `SET ${key} ${value}\r\n`)
  if (errors > 0) throw new Error(`${errors} of ${cells} writes were refused`)
  const idle = await measureIdle(first)
  const peers = cells * REPLICAS
  const perPeer = (idle.residentBytes - base.residentBytes) / peers / 1024
  console.log(`${cells} cells idle: ${megabytes(idle.residentBytes)}, ${percent(idle.shareOfCore)}`)
  console.log(`                  ${perPeer.toFixed(1)} KiB a peer, of ${peers}`)
  const stoppedMs = performance.now()
  await first.stop()
  console.log(`stop:             ${((performance.now() - stoppedMs) / 1000).toFixed(1)} s`)

  const second = new Server(full)
  console.log(`restart:          every cell serves after ${(await untilAllServe(second)).toFixed(1)} s`)
  const again = await measureIdle(second)
  const perPeerAgain = (again.residentBytes - base.residentBytes) / peers / 1024
  console.log(
    `then idle:        ${megabytes(again.residentBytes)}, ${percent(again.shareOfCore)}, ${perPeerAgain.toFixed(1)} KiB a peer`,
  )
  await second.stop()
} finally {
  rmSync(directory, { recursive: true, force: true })
}
