/** What INFO tells about the process, asked on any of its threads. */
import { totalmem } from 'node:os'
import type { ProcessPort } from '../gateway/index.ts'

export const processPort: ProcessPort = {
  id: process.pid,
  platform: `${process.platform} ${process.arch}`,
  memoryBytes: totalmem(),
  usage() {
    const memory = process.memoryUsage()
    const cpu = process.cpuUsage()
    return {
      heapBytes: memory.heapUsed,
      residentBytes: memory.rss,
      userMs: cpu.user / 1000,
      systemMs: cpu.system / 1000,
    }
  },
}
