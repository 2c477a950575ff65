/** What a process of this machine has used, as Linux counts it in /proc. */
import { readdirSync, readFileSync } from 'node:fs'

export interface Usage {
  /** Of all its threads, those that have ended too, in user and system mode. */
  readonly cpuSeconds: number
  readonly residentBytes: number
  /** Given to the disks, not only to the page cache. */
  readonly writtenBytes: number
}

export interface ThreadUsage {
  readonly id: number
  readonly cpuSeconds: number
  /** Times that it went to sleep by itself, so that it had to be woken. */
  readonly sleeps: number
}

/** Linux tells user programs so, whatever the kernel's own tick is. */
const TICKS_PER_SECOND = 100

/** Null where there is no such process, or no /proc. */
export function usageOf(pid: number): Usage | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    const io = readFileSync(`/proc/${pid}/io`, 'latin1')
    return {
      cpuSeconds: cpuSeconds(readFileSync(`/proc/${pid}/stat`, 'latin1')),
      residentBytes: Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024,
      writtenBytes: Number(/^write_bytes: (\d+)/m.exec(io)?.[1] ?? 0),
    }
  } catch {
    return null
  }
}

/** Of the threads that are there now. The first one of the process has its number. */
export function threadsOf(pid: number): ThreadUsage[] {
  const threads: ThreadUsage[] = []
  for (const id of readdirSync(`/proc/${pid}/task`)) {
    try {
      const status = readFileSync(`/proc/${pid}/task/${id}/status`, 'latin1')
      threads.push({
        id: Number(id),
        cpuSeconds: cpuSeconds(readFileSync(`/proc/${pid}/task/${id}/stat`, 'latin1')),
        sleeps: Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1] ?? 0),
      })
    } catch {
      // It has ended in between.
    }
  }
  return threads
}

/** `utime` and `stime`: the 14th and 15th field; the second is a name, in brackets, with anything in it. */
function cpuSeconds(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}
