import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ReplyError } from '../../src/redis/index.ts'
import { Client, type Item, json, Program, until, voters } from './process.ts'

let base: string
let programs: Program[]

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'cellarium-serve-'))
  programs = []
})

afterEach(async () => {
  await Promise.all(programs.map((program) => program.stop('SIGKILL')))
  rmSync(base, { recursive: true, force: true })
})

function start(args: readonly string[] = [], environment: NodeJS.ProcessEnv = {}, before: readonly string[] = []) {
  const ports = ['--port', '0', '--http-port', '0', '--executors', '2']
  const program = new Program(['serve', '--dir', join(base, 'd'), ...ports, ...args], environment, before)
  programs.push(program)
  return program
}

/** What a start that is refused says: one line, and code 1. */
async function refusal(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<string> {
  const program = start(args, environment)
  expect(await program.exit).toEqual({ code: 1, signal: null })
  expect(program.stdout).toBe('')
  const lines = program.stderr.trimEnd().split('\n')
  expect(lines).toHaveLength(1)
  return lines[0] as string
}

/** Until both cells have three voters. */
function untilWhole(http: number) {
  return until(
    () => json(http, '/api/v1/cells?system=1'),
    ({ items }) => items.length === 2 && items.every((cell) => voters(cell) === 3),
  )
}

function names(executor: Item | undefined): string[] {
  return executor?.actors.map((actor) => actor.name) ?? []
}

describe('A server', () => {
  test('says in one line when it is ready, serves both ports, and ends with 0 within five seconds of SIGTERM', async () => {
    const server = start()
    const { redis, http, line } = await server.ready()
    expect(line).toMatch(
      /^cellarium ready: redis on 127\.0\.0\.1:\d+, http on 127\.0\.0\.1:\d+, 2 executors, 4 stores$/,
    )
    const client = new Client(redis)
    expect(await client.send('SET', 'a', '1')).toBe('OK')
    expect(await json(http, '/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } })
    const { items } = await json(http, '/api/v1/executors')
    expect(items.map((executor) => executor.role)).toEqual(['worker', 'worker', 'main'])
    client.close()
    const beganMs = Date.now()
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    expect(Date.now() - beganMs).toBeLessThan(5_000)
  })

  test.each(['SIGTERM', 'SIGKILL'] as const)(
    'that ended by %s has at the next start all that it had acknowledged',
    async (signal) => {
      const first = start()
      const writer = new Client((await first.ready()).redis)
      const replies = await Promise.all(
        Array.from({ length: 200 }, (_, i) => writer.send('SET', `key:${i}`, `value:${i}`)),
      )
      expect(new Set(replies)).toEqual(new Set(['OK']))
      await first.stop(signal)
      writer.close()
      const second = start()
      const reader = new Client((await second.ready()).redis)
      const values = await Promise.all(Array.from({ length: 200 }, (_, i) => reader.send('GET', `key:${i}`)))
      expect(values).toEqual(Array.from({ length: 200 }, (_, i) => `value:${i}`))
      reader.close()
    },
  )

  test('moved to another number of executors has all that it had', async () => {
    const first = start()
    const writer = new Client((await first.ready()).redis)
    for (let i = 0; i < 20; i++) expect(await writer.send('SET', `key:${i}`, i)).toBe('OK')
    await first.stop('SIGKILL')
    writer.close()
    const second = start(['--executors', '1'])
    const { redis, line } = await second.ready()
    expect(line).toContain('1 executors, 4 stores')
    const reader = new Client(redis)
    for (let i = 0; i < 20; i++) expect(await reader.send('GET', `key:${i}`)).toBe(String(i))
    reader.close()
  })

  test('raises a new cluster to three copies on its own, no two of them needlessly on one executor', async () => {
    const server = start()
    const { http } = await server.ready()
    const { items } = await untilWhole(http)
    for (const cell of items) {
      const executors = new Set(cell.peers.map((peer) => (peer.store - 1) % 2))
      expect(executors.size).toBe(2)
    }
  })

  test('loses a thread and goes on: it is started again, and the placement driver answers from another', async () => {
    const server = start(['--enable-debug-command', 'yes'])
    const { redis, http } = await server.ready()
    await untilWhole(http)
    const client = new Client(redis)
    expect(await client.send('SET', 'a', '1')).toBe('OK')
    await client.send('DEBUG', 'CRASH-EXECUTOR', '0')
    const executors = () => json(http, '/api/v1/executors')
    const lives = (name: string, executor: number) =>
      until(executors, ({ items }) => names(items[executor]).includes(name))
    const { items } = await lives('pd', 1)
    expect(names(items[0])).not.toContain('pd')
    expect((await lives('stores/0', 0)).items[0]?.incarnation).toBe(2)
    const get = () => client.send('GET', 'a')
    expect(await until(get, (value) => !(value instanceof ReplyError))).toBe('1')
    await until(
      () => json(http, '/api/v1/stores'),
      ({ items }) => items.length === 4 && items.every((store) => store.state === 'up'),
    )
    client.close()
  })

  test('is told to crash a thread that is down already, and keeps its clients', async () => {
    const server = start(['--enable-debug-command', 'yes'])
    const { redis, http } = await server.ready()
    const client = new Client(redis)
    // One after the other, until the thread has been away and is back: some of them find nothing to crash.
    const hurt = async () => {
      for (let i = 0; i < 20; i++) {
        expect(await client.send('DEBUG', 'CRASH-EXECUTOR', '0')).toBe('OK')
        expect(await client.send('DEBUG', 'SLEEP', '0.001', 'EXECUTOR', '0')).toBe('OK')
      }
      return json(http, '/api/v1/executors')
    }
    await until(hurt, ({ items }) => (items[0]?.incarnation ?? 0) > 1)
    client.close()
  })

  test('moves a leader when it is told to over HTTP', async () => {
    const server = start()
    const { http } = await server.ready()
    const order = (cell: number, store: number) =>
      json(http, '/api/v1/operators', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ kind: 'transfer-leader', cell, store }),
      })
    const [, cell] = (await untilWhole(http)).items
    const target = cell?.peers.find((peer) => peer.store !== cell.leader)?.store as number
    expect((await order(2, target)).status).toBe(202)
    await until(
      () => json(http, '/api/v1/cells'),
      ({ items }) => items[0]?.leader === target,
    )
    expect((await order(2, 77)).status).toBe(404)
  })

  test('asks for its password on both ports', async () => {
    const server = start([], { CELLARIUM_REQUIREPASS: '007' })
    const { redis, http } = await server.ready()
    const client = new Client(redis)
    expect(await client.send('GET', 'a')).toMatchObject({ code: 'NOAUTH' })
    expect(await client.send('AUTH', '007')).toBe('OK')
    expect(await client.send('GET', 'a')).toBeNull()
    expect((await json(http, '/api/v1/cells')).status).toBe(401)
    expect((await json(http, '/api/v1/cells', { headers: { authorization: 'Bearer 007' } })).status).toBe(200)
    expect((await json(http, '/readyz')).status).toBe(200)
    // Changed on one, it is changed on the other.
    const bearer = (password: string) => ({ headers: { authorization: `Bearer ${password}` } })
    expect(await client.send('CONFIG', 'SET', 'requirepass', 'other')).toBe('OK')
    expect((await json(http, '/api/v1/cells', bearer('007'))).status).toBe(401)
    expect((await json(http, '/api/v1/cells', bearer('other'))).status).toBe(200)
    client.close()
  })

  test('whose only raft log fails a sync ends with 2, and does not begin anew in its place', async (context) => {
    if (spawnSync('strace', ['-o', '/dev/null', 'true']).status !== 0) context.skip()
    const one = ['--executors', '1', '--stores', '1', '--replicas', '1']
    const first = start(one)
    await first.ready()
    await first.stop()
    // Of the log alone: a disk that fails RocksDB's syncs stops the store, too, but not for good.
    const segments = Array.from({ length: 20 }, (_, i) => `${String(i + 1).padStart(16, '0')}.segment`)
    const paths = segments.flatMap((name) => ['-P', join(base, 'd', 'log-1', name)])
    const inject = ['-e', 'trace=fdatasync', '-e', 'inject=fdatasync:error=EIO:when=3+', ...paths]
    const broken = start(one, {}, ['strace', '-f', '-qq', '-o', join(base, 'trace'), ...inject])
    const client = await broken.ready().then(
      ({ redis }) => new Client(redis),
      () => null,
    )
    for (let i = 0; client !== null && i < 100; i++) {
      if ((await client.send('SET', 'a', i).catch(() => null)) === null) break
    }
    client?.close()
    expect(await broken.exit).toEqual({ code: 2, signal: null })
    const again = start(one)
    expect(await again.exit).toEqual({ code: 2, signal: null })
    expect(again.stderr).toMatch(/^cellarium: every store of the cluster in .* is lost/m)
  })
})

test('ctl shows what there is, gives orders, and says in one line what is wrong', async () => {
  const server = start([], { CELLARIUM_REQUIREPASS: 'word' })
  const { http } = await server.ready()
  const auth = { headers: { authorization: 'Bearer word' } }
  const cells = async () => (await json(http, '/api/v1/cells', auth)).items
  const [cell] = await until(cells, (items) => voters(items[0]) === 3)
  const ctl = async (words: string, password = 'word') => {
    const program = new Program(['ctl', ...words.split(' '), '--url', `http://127.0.0.1:${http}`], {
      CELLARIUM_REQUIREPASS: password,
    })
    programs.push(program)
    const { code } = await program.exit
    return { code, out: program.stdout, error: program.stderr }
  }
  const table = await ctl('cells')
  expect(table.out.split('\n')[0]).toMatch(/^cell +start +end +epoch +stores +keys +size +commands\/s$/)
  expect(table.out).toMatch(/^2 +\(first\) +\(last\) +1\.\d+ /m)
  expect((await ctl('stores')).out.match(/ up /g)).toHaveLength(4)
  expect(JSON.parse((await ctl('executors --json')).out)).toHaveLength(3)
  const target = cell?.peers.find((peer) => peer.store !== cell.leader)?.store
  expect((await ctl(`transfer-leader 2 ${target}`)).out).toMatch(/^operator \d+ is under way/)
  expect((await ctl('operators')).out).toContain('ordered by hand')
  expect(await ctl('transfer-leader 77 1')).toMatchObject({
    code: 1,
    out: '',
    error: expect.stringMatching(/^cellarium: there is no cell 77: .*\n$/),
  })
  expect((await ctl('cells', 'wrong')).error).toContain('the password is wrong')
  await server.stop()
  expect((await ctl('cells')).error).toMatch(
    /^cellarium: no server answers at .* \(ECONNREFUSED\): start it, or give its --url\n$/,
  )
})

test('A server with a damaged raft log on one disk goes on with the stores of the other', async () => {
  const args = ['--dir', join(base, 'second'), '--executors', '1', '--stores', '2', '--replicas', '1']
  const first = start(args)
  const writer = new Client((await first.ready()).redis)
  expect(await writer.send('SET', 'a', '1')).toBe('OK')
  writer.close()
  await first.stop()
  const log = JSON.parse(readFileSync(join(base, 'second', 'cluster.json'), 'utf8')).logs.find(
    (record: { disk: number }) => record.disk === 2,
  )
  writeFileSync(join(base, 'second', log.name, 'log.json'), 'not a log')
  const second = start(args)
  const { redis, http } = await second.ready()
  const reader = new Client(redis)
  expect(await reader.send('GET', 'a')).toBe('1')
  reader.close()
  const { items } = await until(
    () => json(http, '/api/v1/stores'),
    ({ items }) => items.some((store) => store.state === 'lost'),
  )
  expect(items.map((store) => `${store.id} ${store.state}`)).toEqual(['1 up', '2 lost'])
  await second.stop()
  const third = start(args)
  await third.ready()
  expect(third.stderr).toContain('store 3 takes the place of a lost one, empty')
})

describe('A start is refused in one line', () => {
  test('for a directory that is in use, naming the process', async () => {
    const server = start()
    await server.ready()
    expect(await refusal([])).toContain(`is in use by process ${server.child.pid}: stop it, or give another --dir`)
  })

  test('for a port that is taken', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as { port: number }
    expect(await refusal(['--port', String(port)])).toContain(`127.0.0.1:${port} is taken by another program`)
    expect(await refusal(['--http-port', String(port)])).toContain('give another --http-port')
    other.close()
  })

  test('for a directory of a newer format, and for fewer stores than there are', async () => {
    mkdirSync(join(base, 'd'))
    writeFileSync(join(base, 'd', 'cluster.json'), '{"format": 99}')
    expect(await refusal([])).toContain('written by a newer cellarium')
    rmSync(join(base, 'd'), { recursive: true })
    const server = start()
    await server.ready()
    await server.stop()
    expect(await refusal(['--stores', '3'])).toContain('has 4 stores, and --stores asks for 3')
  })

  test('for an address beyond this machine without a password', async () => {
    expect(await refusal(['--bind', '0.0.0.0'])).toContain('give a password with --requirepass')
  })

  test('for flags that are wrong, with what would be right', async () => {
    expect(await refusal(['--prot', '1'])).toBe('cellarium: there is no flag --prot: did you mean --port?')
    expect(await refusal(['--cell-size', 'big'])).toContain("not 'big'")
    expect(await refusal(['--replicas', '9'])).toContain('needs as many stores')
    expect(await refusal(['--port', '7000', '--http-port', '7000'])).toBe(
      'cellarium: --port and --http-port are both 7000: give another --port or --http-port',
    )
    expect(await refusal([], { CELLARIUM_TICK: 'soon' })).toContain('--tick')
  })
})

test('Set-up writes down what it has made, in every directory', async () => {
  const server = start(['--dir', join(base, 'second')])
  await server.ready()
  await server.stop()
  const read = (name: string) => JSON.parse(readFileSync(join(base, name, 'cluster.json'), 'utf8'))
  expect(read('d')).toMatchObject({ disk: 1, format: 1, bootstrapped: true, executors: 2, disks: 2 })
  expect({ ...read('second'), disk: 1 }).toEqual(read('d'))
})
