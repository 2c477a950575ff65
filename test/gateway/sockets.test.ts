/** The real listener, and the clients that people use, against a gateway on this thread. */
import { createHash } from 'node:crypto'
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

const open = (): Promise<Socket> => openTo(listener.port)

async function openTo(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
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

test('what a client sends arrives as it was sent, in small and large pieces, and stays as it is while others send', async () => {
  const taker = await openListener('127.0.0.1', 0)
  const chunks: Uint8Array[][] = []
  let ends = 0
  taker.attach(() => {
    const mine: Uint8Array[] = []
    chunks.push(mine)
    return {
      onData: (chunk) => void mine.push(chunk),
      onDrain() {},
      onEnd: () => void ends++,
      onClose() {},
    }
  })
  const sizes = [1, 40, 48, 49, 4_095, 4_096, 16_384, 16_385, 65_536, 65_537, 300_000]
  const sockets = await Promise.all(sizes.map(() => openTo(taker.port)))
  const sent = sockets.map((): Buffer[] => [])
  for (let round = 0; round < sizes.length; round++) {
    for (let i = 0; i < sockets.length; i++) {
      const bytes = Buffer.alloc(sizes[(i + round) % sizes.length] as number, `${i}/${round} `)
      ;(sent[i] as Buffer[]).push(bytes)
      ;(sockets[i] as Socket).write(bytes)
    }
  }
  for (const socket of sockets) socket.end()
  await expect.poll(() => ends).toBe(sockets.length)
  const digest = (parts: readonly Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest('hex')
  expect(chunks.map(digest).sort()).toEqual(sent.map(digest).sort())
  await taker.close()
})

test('a connection that is paused gives nothing until it is read on, and then all of it, and its end', async () => {
  const taker = await openListener('127.0.0.1', 0)
  const taken: Connection[] = []
  let read = ''
  let hasEnded = false
  taker.attach((connection) => {
    taken.push(connection)
    return {
      onData(chunk) {
        read += Buffer.from(chunk).toString('latin1')
        if (read === 'one') connection.pause()
      },
      onDrain() {},
      onEnd: () => {
        hasEnded = true
      },
      onClose() {},
    }
  })
  const socket = await openTo(taker.port)
  socket.write('one')
  await expect.poll(() => read).toBe('one')
  socket.end('two'.repeat(100_000))
  // Another client's bytes come: the loop has been where the first one's would have been read.
  const other = await openTo(taker.port)
  await expect.poll(() => taken.length).toBe(2)
  expect([read, hasEnded]).toEqual(['one', false])
  taken[0]?.resume()
  await expect.poll(() => hasEnded).toBe(true)
  expect(read).toBe(`one${'two'.repeat(100_000)}`)
  other.destroy()
  await taker.close()
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
