import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ExecutorListener } from '../../src/boot/executor-listener.ts'
import { firstConnection, gatewayNames, gatewayPlaces, refuseUnsharedPort } from '../../src/boot/gateways.ts'
import { openListener } from '../../src/gateway/index.ts'
import { type Reply, ReplyError } from '../../src/redis/index.ts'
import { Client, json, Program, until } from './process.ts'

let base: string
let programs: Program[]

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'cellarium-gateways-'))
  programs = []
})

afterEach(async () => {
  await Promise.all(programs.map((program) => program.stop('SIGKILL')))
  rmSync(base, { recursive: true, force: true })
})

function start(...args: string[]): Program {
  const ports = ['--port', '0', '--http-port', '0', '--executors', '2', '--enable-debug-command', 'yes']
  const program = new Program(['serve', '--dir', join(base, 'd'), ...ports, ...args])
  programs.push(program)
  return program
}

async function gatewaysOf(http: number): Promise<(string | undefined)[]> {
  const { items } = await json(http, '/api/v1/executors')
  return items.map((executor) => executor.actors.map((actor) => actor.name).find((name) => name.startsWith('gateway')))
}

/** The first executor's thread dies, and the client's connection with it. */
async function crashFirst(client: Client): Promise<void> {
  // Whether the answer leaves before the thread dies is nobody's concern.
  await client.send('DEBUG', 'CRASH-EXECUTOR', '0').catch(() => null)
  const ping = () => client.send('PING').catch((error: Error) => error.message)
  await until(ping, (answer) => answer === 'the connection was closed')
}

/** What a new connection is answered; undefined: nothing. */
async function askAnew(port: number, ...words: string[]): Promise<Reply | undefined> {
  const client = new Client(port)
  try {
    return await client.send(...words)
  } catch {
    return undefined
  } finally {
    client.close()
  }
}

/** Whether this Node lets several threads listen on one port. */
const canShare = (() => {
  try {
    refuseUnsharedPort('all', process.platform, process.versions.node)
    return true
  } catch {
    return false
  }
})()

describe('A port that all threads listen on', () => {
  test.each(['22.12.0', '22.21.1', '23.1.0', '24.0.0', '26.1.0'])('is there with Node %s on Linux', (version) => {
    expect(() => refuseUnsharedPort('all', 'linux', version)).not.toThrow()
  })

  test.each([
    ['linux', '20.20.2'],
    ['linux', '22.11.0'],
    ['linux', '23.0.0'],
    ['darwin', '24.0.0'],
  ])('is not on %s with Node %s, and is refused with what to do', (platform, version) => {
    expect(() => refuseUnsharedPort('all', platform, version)).toThrow(/use --gateways main or first/)
    expect(() => refuseUnsharedPort('first', platform, version)).not.toThrow()
  })
})

test('The main thread has a gateway in any case, and the executors as it is wished', () => {
  const names = (gateways: 'main' | 'first' | 'all') => gatewayNames(gatewayPlaces(gateways, 3, '::1', 7))
  expect(names('main')).toEqual(['gateway/3'])
  expect(names('first')).toEqual(['gateway/0', 'gateway/3'])
  expect(names('all')).toEqual(['gateway/0', 'gateway/1', 'gateway/2', 'gateway/3'])
})

describe('A port that another program has taken meanwhile', () => {
  test('is not taken for that of this server, whatever it answers', async () => {
    const other = createServer((socket) =>
      socket.on('data', () => socket.write('+PONG\r\n$13\r\nprocess_id:1\r\n\r\n')),
    )
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    await expect(firstConnection('127.0.0.1', port, () => '', 100)).rejects.toThrow(/another program/)
    other.close()
  })

  test('is asked for again and again, and that is said', async () => {
    const other = await openListener('127.0.0.1', 0)
    const said: string[] = []
    const place = { host: '127.0.0.1', port: other.port, shared: false }
    const listener = new ExecutorListener(place, (message) => said.push(message))
    listener.attach(() => null)
    expect(
      await until(
        () => said[0] ?? '',
        (message) => message !== '',
      ),
    ).toMatch(/cannot listen.* is taken by another/)
    await other.close()
    const closed = () =>
      new Promise<boolean>((resolve) => {
        const socket = connect(other.port, '127.0.0.1')
        socket.resume().once('end', () => resolve(true))
        socket.once('error', () => resolve(false))
      })
    expect(await until(closed, (isClosed) => isClosed)).toBe(true)
    listener.detach()
  })
})

describe('A gateway on an executor', () => {
  test('serves clients on the port of the ready line, and again when its thread has died', async () => {
    const server = start('--gateways', 'first')
    const { redis, http } = await server.ready()
    expect(await gatewaysOf(http)).toEqual(['gateway/0', undefined, 'gateway/2'])
    const client = new Client(redis)
    expect(await client.send('SET', 'a', '1')).toBe('OK')
    await crashFirst(client)
    const again = () => askAnew(redis, 'GET', 'a')
    expect(await until(again, (value) => value !== undefined && !(value instanceof ReplyError))).toBe('1')
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })

  test('keeps a new password when its thread has died, and HTTP asks for it from its first request on', async () => {
    const server = start('--gateways', 'first', '--requirepass', 'old')
    const { redis, http } = await server.ready()
    const client = new Client(redis)
    expect(await client.send('AUTH', 'old')).toBe('OK')
    expect(await client.send('CONFIG', 'SET', 'requirepass', 'new')).toBe('OK')
    const status = async (password: string) =>
      (await json(http, '/api/v1/cells', { headers: { authorization: `Bearer ${password}` } })).status
    expect(
      await until(
        () => status('new'),
        (answer) => answer === 200,
      ),
    ).toBe(200)
    expect(await status('old')).toBe(401)
    await crashFirst(client)
    expect(
      await until(
        () => askAnew(redis, 'AUTH', 'old'),
        (answer) => answer !== undefined,
      ),
    ).toMatchObject({ code: 'WRONGPASS' })
    expect(await askAnew(redis, 'AUTH', 'new')).toBe('OK')
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })

  test('that shares its port serves a part of the connections', async (context) => {
    if (!canShare) {
      const refused = start('--gateways', 'all')
      expect(await refused.exit).toEqual({ code: 1, signal: null })
      expect(refused.stderr).toContain('--gateways all needs Linux and Node 22.12')
      context.skip(!process.versions.node.startsWith('20.'), 'this Node has no port that threads share')
      return
    }
    const server = start('--gateways', 'all')
    const { redis, http } = await server.ready()
    expect(await gatewaysOf(http)).toEqual(['gateway/0', 'gateway/1', 'gateway/2'])
    const clients = Array.from({ length: 32 }, () => new Client(redis))
    const ids = await Promise.all(clients.map((client) => client.send('CLIENT', 'ID')))
    // Each gateway gives out ids of its own residue, so that no two clients of the server share one.
    expect(new Set(ids).size).toBe(32)
    expect(new Set(ids.map((id) => Number(id) % 3)).size).toBe(2)
    for (const client of clients) client.close()
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })

  // Not skipped elsewhere, but not there: with Node 20 no two gateways have clients, and nothing could be shown.
  if (canShare) {
    test('agrees with the others on settings: the last one holds everywhere, and of many at once one and the same', async () => {
      const server = start('--gateways', 'all')
      const { redis } = await server.ready()
      const clients = Array.from({ length: 24 }, () => new Client(redis))
      const ids = await Promise.all(clients.map((client) => client.send('CLIENT', 'ID')))
      const set = (client: Client, value: number) => client.send('CONFIG', 'SET', 'request-timeout', `${value}ms`)
      const values = () => Promise.all(clients.map((client) => client.send('CONFIG', 'GET', 'request-timeout')))
      const differ = (replies: readonly Reply[]) => new Set(replies.map((reply) => JSON.stringify(reply))).size

      const one = clients[0] as Client
      const other = clients[ids.findIndex((id) => Number(id) % 3 !== Number(ids[0]) % 3)] as Client
      for (let value = 1001; value <= 1040; value++) {
        // Each waits for the reply of the one before, which came from the other gateway.
        expect(await set(value % 2 === 0 ? one : other, value)).toBe('OK')
      }
      const last = await until(values, (replies) => differ(replies) === 1)
      expect(JSON.stringify(last[0])).toContain('1040')

      for (let round = 0; round < 20; round++) {
        await Promise.all(clients.map((client, index) => set(client, 2000 + round * 100 + index)))
        const agreed = await until(values, (replies) => differ(replies) === 1)
        expect(JSON.stringify(agreed[0])).toContain(String(20 + round))
      }
      for (const client of clients) client.close()
      expect(await server.stop()).toEqual({ code: 0, signal: null })
    })
  }

  test('does not begin on a port that another program has', async () => {
    const server = start()
    const { redis } = await server.ready()
    const args = ['serve', '--dir', join(base, 'e'), '--http-port', '0', '--gateways', 'first']
    const second = new Program([...args, '--port', String(redis)])
    programs.push(second)
    expect(await second.exit).toEqual({ code: 1, signal: null })
    expect(second.stderr).toContain('is taken by another program')
  })
})
