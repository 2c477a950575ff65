/** The comparison with other servers, in small: that it runs, checks what it says it checks, and writes what it says it writes. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Historian } from '../../bench/compare/history.ts'
import { Program } from '../boot/process.ts'

let base: string

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'cellarium-comparing-'))
})

afterEach(() => {
  rmSync(base, { recursive: true, force: true })
})

const isThere = spawnSync('redis-server', ['--version']).status === 0

test.skipIf(!isThere)(
  'Cellarium and Redis are measured in turn, and a history under load is judged (needs redis-server)',
  () => {
    const program = fileURLToPath(new URL('../../bench/compare/main.js', import.meta.url))
    const times = ['--seconds', '1', '--warm-up', '0', '--rounds', '2']
    const where = ['--dir', base, '--out', join(base, 'results')]
    const run = spawnSync(process.execPath, [program, '--workloads', 'half-p16', ...times, ...where], {
      encoding: 'utf8',
    })
    expect(run.stderr).toBe('')
    expect(run.status).toBe(0)
    expect(run.stdout).toMatch(/operations on 48 keys, recorded under this load, are linearizable/)
    const { rows } = JSON.parse(readFileSync(join(base, 'results', 'compare.json'), 'utf8'))
    expect(rows).toHaveLength(1)
    const { ours, theirs, history } = rows[0]
    for (const sample of [...ours, ...theirs]) {
      expect(sample.perSecond).toBeGreaterThan(0)
      expect(sample.errors).toBe(0)
      expect(sample.cpuSecondsPerMillion).toBeGreaterThan(0)
    }
    expect([ours.length, theirs.length]).toEqual([2, 2])
    expect(history.operations).toBeGreaterThan(50)
    expect(readFileSync(join(base, 'results', 'compare.svg'), 'utf8')).toContain('half-p16')
    expect(readdirSync(base)).toEqual(['results'])
  },
)

test('a recorded history of a server that loses a write is refused', async () => {
  const server = new Program(['serve', '--dir', join(base, 'd'), '--port', '0', '--http-port', '0', '--replicas', '1'])
  const { redis } = await server.ready()
  const target = { host: '127.0.0.1', port: redis, password: '' }
  const honest = new Historian(target, 'seed')
  honest.start()
  await honest.recorded(300)
  expect((await honest.judge()).violations).toEqual([])

  // The keys of the honest history are still there: to a history that begins with none of them, that is wrong.
  const other = new Historian(target, 'another')
  other.start()
  await other.recorded(300)
  expect((await other.judge()).violations).not.toEqual([])
  await server.stop()
})
