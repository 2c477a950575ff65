/** Clients of others, unmodified, against the built server. */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Program, until } from '../boot/process.ts'

const base = mkdtempSync(join(tmpdir(), 'cellarium-clients-'))
let server: Program
let port = 0

async function start(): Promise<void> {
  const args = ['--dir', join(base, 'd'), '--port', `${port}`, '--http-port', '0', '--executors', '2']
  server = new Program(['serve', ...args])
  port = (await server.ready()).redis
}

beforeAll(start)

afterAll(async () => {
  await server.stop('SIGKILL')
  rmSync(base, { recursive: true, force: true })
})

/** Away and back on the same port, without a farewell. */
async function startAgain(): Promise<void> {
  await server.stop('SIGKILL')
  await start()
}

describe.each([2, 3] as const)('node-redis in RESP%i', (version) => {
  async function open() {
    const client = createClient({ url: `redis://127.0.0.1:${port}`, RESP: version })
    const errors: Error[] = []
    client.on('error', (error) => errors.push(error))
    await client.connect()
    return { client, errors }
  }
  const key = (name: string) => `node-redis:${version}:${name}`

  test('is greeted, sets, gets, counts, and lets keys expire', async () => {
    const { client, errors } = await open()
    expect(await client.ping()).toBe('PONG')
    expect(await client.set(key('a'), '1')).toBe('OK')
    expect(await client.get(key('a'))).toBe('1')
    expect(await client.incrBy(key('a'), 41)).toBe(42)
    expect(await client.mSet({ [key('b')]: 'x', [key('c')]: 'ÿ\u0000\r\n' })).toBe('OK')
    expect(await client.mGet([key('a'), key('none'), key('c')])).toEqual(['42', null, 'ÿ\u0000\r\n'])
    expect(await client.set(key('a'), 'no', { condition: 'NX' })).toBeNull()
    expect(await client.expire(key('b'), 100)).toBe(1)
    expect(await client.ttl(key('b'))).toBeGreaterThan(90)
    expect(await client.set(key('b'), 'soon', { expiration: { type: 'PX', value: 20 } })).toBe('OK')
    await until(
      () => client.get(key('b')),
      (value) => value === null,
    )
    expect(await client.del([key('a'), key('b'), key('c')])).toBe(2)
    expect(await client.configGet('appendfsync')).toEqual({ appendfsync: 'always' })
    expect(errors).toEqual([])
    await client.close()
  })

  test('gets the replies of a pipeline in order, errors among them', async () => {
    const { client } = await open()
    const replies = await Promise.allSettled([
      client.set(key('p'), 'text'),
      client.incr(key('p')),
      client.get(key('p')),
      client.sendCommand(['NO-SUCH-COMMAND', 'x']),
      client.sendCommand(['GET']),
      ...Array.from({ length: 500 }, () => client.incr(key('n'))),
    ])
    const seen = replies.map((reply) => (reply.status === 'fulfilled' ? reply.value : reply.reason.message))
    expect(seen.slice(0, 5)).toEqual([
      'OK',
      'ERR value is not an integer or out of range',
      'text',
      "ERR unknown command 'NO-SUCH-COMMAND', with args beginning with: 'x' ",
      "ERR wrong number of arguments for 'get' command",
    ])
    expect(seen.slice(5)).toEqual(Array.from({ length: 500 }, (_, i) => i + 1))
    await client.close()
  })

  test('comes back by itself when the server was away, and finds what it had written', async () => {
    const { client, errors } = await open()
    await client.set(key('kept'), 'still here')
    const again = new Promise((resolve) => client.once('ready', resolve))
    await startAgain()
    await again
    expect(await client.get(key('kept'))).toBe('still here')
    expect(errors.length).toBeGreaterThan(0)
    await client.close()
  })
})

describe.each([2, 3] as const)('ioredis in RESP%i', (version) => {
  async function open() {
    const client = new Redis(port, '127.0.0.1', { protocol: version })
    const errors: Error[] = []
    client.on('error', (error) => errors.push(error))
    await once(client, 'ready')
    return { client, errors }
  }
  const key = (name: string) => `ioredis:${version}:${name}`

  test('is ready, sets, gets, counts, and lets keys expire', async () => {
    const { client, errors } = await open()
    expect(await client.set(key('a'), '1')).toBe('OK')
    expect(await client.incrby(key('a'), 41)).toBe(42)
    expect(await client.mset(key('b'), 'x', key('c'), 'y')).toBe('OK')
    expect(await client.mget(key('a'), key('none'), key('c'))).toEqual(['42', null, 'y'])
    expect(await client.getBuffer(key('b'))).toEqual(Buffer.from('x'))
    expect(await client.pexpire(key('b'), 20)).toBe(1)
    await until(
      () => client.exists(key('b')),
      (count) => count === 0,
    )
    expect(await client.pttl(key('c'))).toBe(-1)
    expect(await client.type(key('c'))).toBe('string')
    expect(errors).toEqual([])
    await client.quit()
  })

  test('gets the replies of a pipeline in order, errors among them', async () => {
    const { client } = await open()
    const pipeline = client.pipeline().set(key('p'), 'text').incr(key('p')).get(key('p')).call('NO-SUCH-COMMAND')
    for (let i = 0; i < 500; i++) pipeline.incr(key('n'))
    const replies = (await pipeline.exec()) as [Error | null, unknown][]
    expect(replies.slice(0, 4).map(([error, value]) => error?.message ?? value)).toEqual([
      'OK',
      'ERR value is not an integer or out of range',
      'text',
      "ERR unknown command 'NO-SUCH-COMMAND', with args beginning with: ",
    ])
    expect(replies.slice(4).map(([, value]) => value)).toEqual(Array.from({ length: 500 }, (_, i) => i + 1))
    await client.quit()
  })

  test('comes back by itself when the server was away, and finds what it had written', async () => {
    const { client } = await open()
    await client.set(key('kept'), 'still here')
    const again = new Promise((resolve) => client.once('ready', resolve))
    await startAgain()
    await again
    expect(await client.get(key('kept'))).toBe('still here')
    await client.quit()
  })
})

const isThere = (program: string) => spawnSync(program, ['--version']).status === 0

/** What a program of redis-tools prints for this input. */
function run(program: string, args: readonly string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync(program, ['-p', `${port}`, ...args], { input, encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return stdout
}

describe.skipIf(!isThere('redis-cli'))('redis-cli (of redis-tools)', () => {
  const lines = [
    'SET cli "two words"',
    'GET cli',
    'INCR cli',
    'MSET cli:n 41 cli:m x',
    'INCR cli:n',
    'MGET cli:n none',
    '',
  ]

  test('reads replies as Redis gives them', () => {
    expect(run('redis-cli', ['--no-raw'], lines.join('\n'))).toBe(
      [
        'OK',
        '"two words"',
        '(error) ERR value is not an integer or out of range',
        'OK',
        '(integer) 42',
        '1) "42"',
        '2) (nil)',
        '',
      ].join('\n'),
    )
    expect(run('redis-cli', ['--raw', 'GET', 'cli'])).toBe('two words\n')
  })

  test('speaks RESP3, where a map is a map', () => {
    const printed = run('redis-cli', ['-3', '--no-raw'], 'CONFIG GET databases\nGET none\n')
    expect(printed).toBe('1# "databases" => "1"\n(nil)\n')
  })

  test('reads a value from its standard input, and sends a file of commands at once', () => {
    const value = 'x'.repeat(200_000)
    expect(run('redis-cli', ['-x', 'SET', 'cli:large'], value)).toBe('OK\n')
    expect(run('redis-cli', ['--raw', 'GET', 'cli:large'])).toBe(`${value}\n`)
    const file = Array.from({ length: 1000 }, (_, i) => `SET cli:pipe:${i} ${i}\r\n`).join('')
    expect(run('redis-cli', ['--pipe'], file)).toContain('errors: 0, replies: 1000')
  })
})

describe.skipIf(!isThere('redis-benchmark'))('redis-benchmark (of redis-tools)', () => {
  test.each([[[]], [['-P', '16']], [['-3']]])('runs to its end with %j', (more) => {
    const printed = run('redis-benchmark', ['-q', '-n', '1000', '-t', 'set,get,incr,mset', ...more])
    const named = [...printed.matchAll(/^(?:.*\r)?([A-Z]+).*: [\d.]+ requests per second/gm)].map(([, name]) => name)
    expect(named).toEqual(['SET', 'GET', 'INCR', 'MSET'])
    expect(printed).not.toMatch(/error|warning/i)
  })
})

test('commands may be typed into a bare connection', async () => {
  const socket = connect(port, '127.0.0.1')
  socket.setEncoding('utf8')
  socket.write('SET typed "a b"\r\nget typed\r\n\r\nINCRBY typed:n 5\r\nGET "unbalanced\r\n')
  let text = ''
  for await (const chunk of socket) text += chunk
  expect(text).toBe('+OK\r\n$3\r\na b\r\n:5\r\n-ERR Protocol error: unbalanced quotes in request\r\n')
})
