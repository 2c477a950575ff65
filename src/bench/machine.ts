/** Where something was measured: without it, no figure means anything. */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { cpus, release, totalmem, type } from 'node:os'
import { join, resolve } from 'node:path'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryBytes: number
  readonly node: string
  /** Name and version. */
  readonly kernel: string
  readonly disk: Disk
}

export interface Disk {
  readonly directory: string
  /** As mounted: `ext4 on /dev/vda1`; empty where that is not told. */
  readonly fileSystem: string
  /** Of 4 KiB written over in a file that has its length: the median and the 99th percentile. */
  readonly syncMedianMs: number
  readonly syncP99Ms: number
}

/** Takes a fraction of a second, for the disk. */
export function lookAtMachine(directory: string): Machine {
  const all = cpus()
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryBytes: totalmem(),
    node: process.version,
    kernel: `${type()} ${release()}`,
    disk: { directory, fileSystem: fileSystemOf(directory), ...timeSyncs(directory) },
  }
}

const SYNCS = 200
const BLOCK_BYTES = 4096
const BLOCKS = 256

function timeSyncs(directory: string): { syncMedianMs: number; syncP99Ms: number } {
  const own = mkdtempSync(join(directory, 'cellarium-disk-'))
  try {
    const file = openSync(join(own, 'blocks'), 'w')
    const block = Buffer.alloc(BLOCK_BYTES, 1)
    for (let i = 0; i < BLOCKS; i++) writeSync(file, block, 0, BLOCK_BYTES, i * BLOCK_BYTES)
    fdatasyncSync(file)
    const times: number[] = []
    for (let i = 0; i < SYNCS; i++) {
      block.fill(i)
      const beganMs = performance.now()
      writeSync(file, block, 0, BLOCK_BYTES, (i % BLOCKS) * BLOCK_BYTES)
      fdatasyncSync(file)
      times.push(performance.now() - beganMs)
    }
    closeSync(file)
    times.sort((a, b) => a - b)
    return { syncMedianMs: times[SYNCS >> 1]!, syncP99Ms: times[Math.floor(SYNCS * 0.99)]! }
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
}

function fileSystemOf(directory: string): string {
  try {
    const path = resolve(directory)
    let best: readonly string[] = []
    for (const line of readFileSync('/proc/mounts', 'utf8').split('\n')) {
      const fields = line.split(' ')
      const point = fields[1] ?? ''
      const holds = point === '/' || path === point || path.startsWith(`${point}/`)
      if (point !== '' && holds && point.length >= (best[1] ?? '').length) best = fields
    }
    return best.length === 0 ? '' : `${best[2]} on ${best[0]}`
  } catch {
    return ''
  }
}

/** Two lines for people. */
export function machineLines({ cpu, cores, memoryBytes, node, kernel, disk }: Machine): string[] {
  const where = disk.fileSystem === '' ? disk.directory : `${disk.directory} (${disk.fileSystem})`
  return [
    `machine   ${cpu}, ${cores} cores, ${(memoryBytes / 2 ** 30).toFixed(0)} GiB; Node ${node}; ${kernel}`,
    `disk      ${where}: write and fdatasync of 4 KiB takes ${disk.syncMedianMs.toFixed(3)} ms, p99 ${disk.syncP99Ms.toFixed(3)} ms`,
  ]
}
