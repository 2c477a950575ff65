/** Durability as the kernel saw it: no answer before, on a majority of logs, the sync of its entry. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Client, json, Program, until } from '../boot/process.ts'
import { readTrace, unsafeAnswers } from './system-calls.ts'

let base: string

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'cellarium-calls-'))
})

afterEach(() => {
  rmSync(base, { recursive: true, force: true })
})

const canTrace = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0

interface CellShape {
  peers: { role: string }[]
}

test.skipIf(!canTrace)(
  'no +OK leaves before the entry is synced on two of three logs (needs strace)',
  async () => {
    const trace = join(base, 'trace')
    const calls = 'pwrite64,pwritev,fdatasync,write,writev,sendto,sendmsg'
    // As a daemon (-D), so that the signal that ends the program reaches it and not its tracer.
    const strace = ['strace', '-D', '-f', '-y', '-s', '8192', '-e', `trace=${calls}`, '-o', trace]
    const ports = ['--port', '0', '--http-port', '0', '--executors', '3']
    const server = new Program(['serve', '--dir', join(base, 'd'), ...ports], {}, strace)
    const { redis, http } = await server.ready()
    await until(
      () => json(http, '/api/v1/cells'),
      ({ body }) => {
        const [cell] = (body as { items?: CellShape[] }).items ?? []
        return cell !== undefined && cell.peers.length === 3 && cell.peers.every((peer) => peer.role === 'voter')
      },
    )
    const client = new Client(redis)
    const markers: string[] = []
    // One at a time first, then many at once: answers leave in order either way.
    for (let i = 0; i < 20; i++) {
      markers.push(`marker-${i}-`)
      expect(await client.send('SET', `key:${i}`, `marker-${i}-`)).toBe('OK')
    }
    for (let round = 0; round < 10; round++) {
      const many = Array.from({ length: 10 }, (_, i) => `marker-${round}.${i}-`)
      markers.push(...many)
      await Promise.all(many.map((marker, i) => client.send('SET', `key:${i}`, marker)))
    }
    client.close()
    await server.stop()
    const ended = new RegExp(`^${server.child.pid} +\\+\\+\\+ exited`, 'm')
    const text = await until(
      () => readFileSync(trace, 'utf8'),
      (written) => ended.test(written),
    )
    const events = readTrace(text)
    expect(unsafeAnswers(events, markers, 2)).toEqual([])
  },
  120_000,
)

describe('The reader of traces', () => {
  const write = (log: string, thread = 1) => `${thread} pwrite64(5</d/${log}/0.segment>, "..m1..", 6, 0) = 6`
  const sync = (log: string) => `1 fdatasync(5</d/${log}/0.segment>) = 0`
  const answer = '9 write(30<socket:[77]>, "+OK\\r\\n", 5) = 5'
  const judge = (...lines: string[]) => unsafeAnswers(readTrace(lines.join('\n')), ['m1'], 2)

  test('accepts an answer after the syncs of two logs', () => {
    expect(judge(write('a'), sync('a'), write('b'), sync('b'), answer)).toEqual([])
  })

  test('refuses an answer before the second sync', () => {
    expect(judge(write('a'), sync('a'), write('b'), answer, sync('b'))).toHaveLength(1)
  })

  test('refuses a sync that began before the write', () => {
    const began = '2 fdatasync(5</d/b/0.segment> <unfinished ...>'
    const ended = '2 <... fdatasync resumed>) = 0'
    expect(judge(write('a'), sync('a'), began, write('b'), ended, answer)).toHaveLength(1)
    expect(judge(write('a'), sync('a'), write('b'), began, ended, answer)).toEqual([])
  })

  test('refuses a sync that failed, and two syncs of one log', () => {
    expect(judge(write('a'), sync('a'), write('b'), sync('b').replace('= 0', '= -1 EIO'), answer)).toHaveLength(1)
    expect(judge(write('a'), sync('a'), sync('a'), answer)).toHaveLength(1)
  })
})
