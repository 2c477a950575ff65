/**
 * Ten times as much data as `--memory`, written and read back: does the process stay within its bound?
 *
 *     npm run test:memory -- [--memory 64mb] [--times 10] [--value 1kb] [--executors 2]
 *
 * The bound is `--memory`, 150 MB for the program, 100 MB for each executor, and 1 % of the data; the peak of the resident
 * set is what the kernel has recorded. Exit code 1: over the bound, or a value was wrong.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { parseBytes } from '../../src/model/index.ts'
import { Program } from '../boot/process.ts'
import { Filled, mib, residentOf } from './filled.ts'

const MIB = 1024 * 1024
const { values } = parseArgs({
  options: {
    memory: { type: 'string', default: '64mb' },
    times: { type: 'string', default: '10' },
    value: { type: 'string', default: '1kb' },
    executors: { type: 'string', default: '2' },
  },
})
const memory = parseBytes(values.memory) ?? 64 * MIB
const executors = Number(values.executors)
const dataBytes = memory * Number(values.times)
const bound = mib(memory) + 150 + 100 * executors + mib(dataBytes) / 100

const dir = mkdtempSync(join(tmpdir(), 'cellarium-memory-'))
const program = new Program([
  ...['serve', '--port', '0', '--http-port', '0', '--dir', dir],
  ...['--executors', `${executors}`, '--memory', values.memory],
])
try {
  const { redis } = await program.ready()
  const pid = program.child.pid ?? 0
  const filled = new Filled(redis, dataBytes, parseBytes(values.value) ?? 1024)
  console.log(`${cpus().length} × ${cpus()[0]?.model}; Node ${process.version}`)
  console.log(`${filled.keys} values of ${filled.valueBytes} bytes: ${mib(dataBytes)} MiB; --memory ${values.memory}`)
  const look = (when: string) => {
    const { nowMib, anonymousMib, peakMib } = residentOf(pid)
    const figures = [nowMib, anonymousMib, peakMib].map((figure) => figure.toFixed(0).padStart(6))
    console.log(
      `${when.padEnd(10)} resident ${figures[0]} MiB, anonymous ${figures[1]}, peak ${figures[2]} of ${bound.toFixed(0)}`,
    )
  }
  const timer = setInterval(() => look(''), 5000)
  look('started')
  await filled.write()
  look('written')
  const wrongs = await filled.wrongs()
  clearInterval(timer)
  look('read')
  for (const wrong of wrongs.slice(0, 10)) console.log(wrong)
  const { peakMib } = residentOf(pid)
  const isWithin = peakMib <= bound
  console.log(
    isWithin && wrongs.length === 0 ? 'within the bound' : `FAILED: ${wrongs.length} wrong, ${peakMib.toFixed(0)} MiB`,
  )
  process.exitCode = isWithin && wrongs.length === 0 ? 0 : 1
} finally {
  await program.stop()
  rmSync(dir, { recursive: true, force: true })
}
