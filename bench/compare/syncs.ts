/** How many syncs a process asks the kernel for, for those that do not tell: counted by strace, while it is watched. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export function canCountSyncs(): boolean {
  return spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0
}

/** Commands per sync while `work` runs, which says how many commands it was. Watched, a process is slower. */
export async function commandsPerSync(pid: number, work: () => Promise<number>): Promise<number | null> {
  const directory = mkdtempSync(join(tmpdir(), 'cellarium-strace-'))
  const file = join(directory, 'counts')
  const strace = spawn('strace', ['-f', '-c', '-e', 'trace=fsync,fdatasync', '-o', file, '-p', String(pid)], {
    stdio: 'ignore',
  })
  const ended = new Promise((resolve) => strace.once('exit', resolve))
  try {
    const commands = await work()
    strace.kill('SIGINT')
    await ended
    let syncs = 0
    for (const line of readFileSync(file, 'latin1').split('\n')) {
      const [, calls] = /^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?f(?:data)?sync$/.exec(line) ?? []
      syncs += Number(calls ?? 0)
    }
    return syncs === 0 ? null : commands / syncs
  } finally {
    strace.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }
}
