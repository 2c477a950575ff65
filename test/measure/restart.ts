/**
 * How long a server that was killed takes until it answers again, with a given amount of data.
 *
 *     npm run test:restart -- [--data 1gb] [--value 1kb] [--executors 2] [--seconds 10]
 *
 * From the start of the process to the first answer of every part of the key space; then everything is read back. Exit code
 * 1: it took longer than `--seconds`, or a value was wrong.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { usageOf } from '../../src/bench/index.ts'
import { parseBytes } from '../../src/model/index.ts'
import { Client, Program } from '../boot/process.ts'
import { Filled, mib } from './filled.ts'

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '1gb' },
    value: { type: 'string', default: '1kb' },
    executors: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '10' },
  },
})
const dataBytes = parseBytes(values.data) ?? 2 ** 30
const dir = mkdtempSync(join(tmpdir(), 'cellarium-restart-'))
const begin = () => {
  const ports = ['--port', '0', '--http-port', '0', '--dir', dir, '--executors', values.executors]
  return new Program(['serve', ...ports, '--request-timeout', '60s'])
}

let program = begin()
try {
  const { redis } = await program.ready()
  const valueBytes = parseBytes(values.value) ?? 1024
  console.log(`${cpus().length} × ${cpus()[0]?.model}; Node ${process.version}; ${mib(dataBytes)} MiB of data`)
  await new Filled(redis, dataBytes, valueBytes).write()
  await program.stop('SIGKILL')

  const startedMs = performance.now()
  program = begin()
  const again = await program.ready()
  const readyMs = performance.now() - startedMs
  const filled = new Filled(again.redis, dataBytes, valueBytes)
  const client = new Client(again.redis)
  // Keys far apart: each cell must have a leader that answers.
  const every = Math.max(1, Math.floor(filled.keys / 200))
  await Promise.all(Array.from({ length: 200 }, (_, i) => client.send('EXISTS', `fill:${(i * every) % filled.keys}`)))
  const servedMs = performance.now() - startedMs
  // Where other work is going on beside it, time by the clock says little.
  const cpuSeconds = usageOf(program.child.pid ?? 0)?.cpuSeconds ?? Number.NaN
  client.close()
  const seconds = (ms: number) => (ms / 1000).toFixed(1)
  console.log(`ready after ${seconds(readyMs)} s, every cell answers after ${seconds(servedMs)} s`)
  console.log(`${cpuSeconds.toFixed(1)} s of CPU until then`)
  const wrongs = await filled.wrongs()
  for (const wrong of wrongs.slice(0, 10)) console.log(wrong)
  const isFine = servedMs <= Number(values.seconds) * 1000 && wrongs.length === 0
  console.log(isFine ? 'in time, and everything is there' : `FAILED: ${wrongs.length} wrong`)
  process.exitCode = isFine ? 0 : 1
} finally {
  await program.stop('SIGKILL')
  rmSync(dir, { recursive: true, force: true })
}
