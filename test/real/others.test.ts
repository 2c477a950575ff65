/** Clients in other languages, as Debian packs them, unmodified, against the built server. */
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findRoot } from '../tidy/project.ts'
import { RealServer } from './server.ts'

const others = join(findRoot(), 'test/real/others')
/** Debian's own Python has Debian's packages; another one may stand before it. */
const python = '/usr/bin/python3'
const goEnvironment = { ...process.env, GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOFLAGS: '' }

const hasRedisPy = spawnSync(python, ['-c', 'import redis']).status === 0
const hasRedigo =
  spawnSync('go', ['list', 'github.com/gomodule/redigo/redis'], { env: goEnvironment, cwd: tmpdir() }).status === 0

const server = new RealServer('others')
let port = 0

beforeAll(async () => {
  port = (await server.start('--executors', '1')).redis
})

afterAll(async () => {
  await server.stop()
  await server.end()
})

function ends(command: string, args: string[], environment: NodeJS.ProcessEnv = process.env): void {
  const { status, stdout, stderr } = spawnSync(command, args, { env: environment, encoding: 'utf8', timeout: 60_000 })
  expect({ status, said: stdout.trim(), stderr }).toEqual({ status: 0, said: 'ok', stderr: '' })
}

test.skipIf(!hasRedisPy)(
  `redis-py finds all that it expects${hasRedisPy ? '' : ' (skipped: python3-redis is not installed)'}`,
  () => ends(python, [join(others, 'smoke.py'), String(port)]),
)

test.skipIf(!hasRedigo)(
  `redigo finds all that it expects${hasRedigo ? '' : ' (skipped: golang-github-gomodule-redigo-dev is not installed)'}`,
  () => ends('go', ['run', join(others, 'smoke.go'), String(port)], goEnvironment),
)
