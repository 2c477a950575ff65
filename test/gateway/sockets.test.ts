/** The real listener, and the clients that people use, against a gateway on this thread. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createSystem, type System } from '../../src/actor/index.ts'
import { SettingsMemory } from '../../src/boot/settings-memory.ts'
import {
  type Connection,
  type ConnectionHandler,
  debugEdge,
  gateway,
  listenerEdge,
  openListener,
  processEdge,
  settingsEdge,
  type TcpListener,
} from '../../src/gateway/index.ts'
import { actorNames, resolveOptions } from '../../src/model/index.ts'
import { topologyOf } from '../router/world.ts'
import { controlEdge, type FakeStoresControl, fakePd, fakeStores } from './fake-stores.ts'

const NAME = actorNames.gateway(1)

let listener: TcpListener
let system: System

beforeEach(async () => {
  listener = await openListener('127.0.0.1', 0)
  const control: FakeStoresControl = { holds: null, held: 0, executed: 0, farewells: 0, release: () => {} }
  const options = resolveOptions({ executors: '1', stores: '3' }, { cores: 1, memoryBytes: 2 ** 30 })
  system = await createSystem({
    executors: 1,
    mainEdges: {
      [controlEdge.name]: control,
      [listenerEdge.name]: listener,
      [debugEdge.name]: { crashExecutor() {}, pauseExecutor() {} },
      [settingsEdge.name]: new SettingsMemory(),
      [processEdge.name]: {
        id: process.pid,
        platform: 'test',
        memoryBytes: 2 ** 30,
        usage: () => ({ heapBytes: 0, residentBytes: 0, userMs: 0, systemMs: 0 }),
      },
    },
    async populate(executor, _incarnation, made) {
      if (executor !== 1) return
      await made.spawn(fakeStores, undefined, { executor, name: actorNames.stores(0) })
      await made.spawn(fakePd, undefined, { executor, name: actorNames.pd })
      const args = { options, topology: topologyOf(3, 1), name: NAME, version: '1.2.3' }
      await made.spawn(gateway, args, { executor, name: NAME })
    },
  })
})

afterEach(async () => {
  await system.stop()
  await listener.close()
})

async function open(): Promise<Socket> {
  const socket = connect(listener.port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

/** Everything until the server closes. */
async function readAll(socket: Socket): Promise<string> {
  let text = ''
  for await (const chunk of socket) text += (chunk as Buffer).toString('latin1')
  return text
}

test('a client that sends, closes its half and reads gets all replies', async () => {
  const socket = await open()
  socket.end('SET a 1\r\nGET a\r\nQUIT\r\n')
  expect(await readAll(socket)).toBe('+OK\r\n$1\r\n1\r\n+OK\r\n')
})

test('replies that do not fit into the socket arrive whole when the client reads', async () => {
  const socket = await open()
  socket.pause()
  const value = 'x'.repeat(1_000_000)
  socket.write(`*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000000\r\n${value}\r\n`)
  socket.end('GET k\r\n'.repeat(40))
  const all = await readAll(socket)
  expect(all.length).toBe('+OK\r\n'.length + 40 * (value.length + '$1000000\r\n\r\n'.length))
  expect(all.endsWith('x\r\n')).toBe(true)
})

test('a client that is one too many reads why', async () => {
  const first = await open()
  first.write('CONFIG SET maxclients 1\r\n')
  await once(first, 'data')
  expect(await readAll(await open())).toBe('-ERR max number of clients reached\r\n')
  first.destroy()
})

test('connections that came before the gateway did are served; while it is away they are closed', async () => {
  const early = await openListener('127.0.0.1', 0)
  const socket = connect(early.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write('hello')
  const received = new Promise<string>((resolve) => {
    early.attach((connection: Connection): ConnectionHandler => {
      return {
        onData(chunk) {
          resolve(Buffer.from(chunk).toString())
          connection.end()
        },
        onDrain() {},
        onEnd() {},
        onClose() {},
      }
    })
  })
  expect(await received).toBe('hello')
  early.detach()
  const late = connect(early.port, '127.0.0.1')
  late.on('error', () => {})
  await once(late, 'close')
  await early.close()
})

test('ioredis is ready, pipelines and reads', async () => {
  const client = new Redis(listener.port, '127.0.0.1')
  await once(client, 'ready')
  expect(await client.set('a', '1')).toBe('OK')
  const results = await client.pipeline().get('a').incr('a').mget('a', 'b').exec()
  expect(results?.map(([, value]) => value)).toEqual(['1', 2, ['2', null]])
  client.disconnect()
})

test('node-redis, in RESP3, is ready, pipelines and reads', async () => {
  const client = createClient({ url: `redis://127.0.0.1:${listener.port}` })
  const errors: unknown[] = []
  client.on('error', (error) => errors.push(error))
  await client.connect()
  const replies = await Promise.all([client.set('a', '1'), client.get('a'), client.mGet(['a', 'b']), client.ping()])
  expect(replies).toEqual(['OK', '1', ['1', null], 'PONG'])
  expect(errors).toEqual([])
  await client.close()
})
