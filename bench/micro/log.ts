import { closeSync, fdatasync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Entry } from '../../src/raft/index.ts'
import { nodeDisk, openRaftLog, type RaftLog } from '../../src/storage/index.ts'
import type { MicroSuite, MicroTask } from './suite.ts'

const SIZES = [300, 4096, 65_536]
const BARE_BYTES = 16 * 1024 * 1024

export const log: MicroSuite = {
  name: 'raft log',
  about: 'one entry is appended, written and synced on disk; beside it a bare write and fdatasync of as many bytes',
  async open(directory) {
    const raftLog = openRaftLog(nodeDisk, { directory: join(directory, 'log') })
    const file = openSync(join(directory, 'bare'), 'w')
    const zeros = Buffer.alloc(1 << 20)
    for (let at = 0; at < BARE_BYTES; at += zeros.length) writeSync(file, zeros, 0, zeros.length, at)
    return {
      tasks: SIZES.flatMap((bytes, i) => [appendTask(raftLog, i + 1, bytes), bareTask(file, bytes)]),
      async close() {
        closeSync(file)
        await new Promise<void>((resolve, reject) => raftLog.close((error) => (error ? reject(error) : resolve())))
      },
    }
  },
}

function appendTask(raftLog: RaftLog, cell: number, bytes: number): MicroTask {
  const group = raftLog.create(1, cell, cell, { index: 0, term: 0 }, { term: 1, vote: 1, commit: 0 })
  const data = new Uint8Array(bytes)
  let index = 0
  const run = (): Promise<void> => {
    index++
    raftLog.append(group, { term: 1, vote: 1, commit: index - 1 }, [new Entry(1, index, 0, data)])
    // What is far behind is trimmed, as write-back would have it: segments are used again.
    if (index % 256 === 0) raftLog.trim(group, index - 128)
    return new Promise((resolve, reject) => raftLog.flush((error) => (error ? reject(error) : resolve())))
  }
  return { name: `log, ${bytes} bytes`, operations: 1, run }
}

function bareTask(file: number, bytes: number): MicroTask {
  const data = Buffer.alloc(bytes, 1)
  let at = 0
  const run = (): Promise<void> => {
    if (at + bytes > BARE_BYTES) at = 0
    writeSync(file, data, 0, bytes, at)
    at += bytes
    return new Promise((resolve, reject) => fdatasync(file, (error) => (error ? reject(error) : resolve())))
  }
  return { name: `bare, ${bytes} bytes`, operations: 1, run }
}
