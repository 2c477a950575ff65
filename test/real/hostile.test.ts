/** What no honest client sends, to the built server over sockets: it refuses, waits or closes, and stays small. */
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { usageOf } from '../../src/bench/index.ts'
import { encodeCommand } from '../../src/redis/index.ts'
import { Client, until } from '../boot/process.ts'
import { RealServer } from './server.ts'

const server = new RealServer('hostile')
let port = 0

beforeAll(async () => {
  const sizes = ['--memory', '256mb', '--client-output-max', '16mb', '--max-clients', '20', '--request-timeout', '5m']
  port = (await server.start('--executors', '1', ...sizes)).redis
})

afterAll(async () => {
  await server.stop()
  await server.end()
})

/** A socket that remembers what it has read and whether it was closed. */
function raw(): { socket: Socket; read: () => string; isClosed: () => boolean } {
  const socket = connect(port, '127.0.0.1')
  let received = ''
  let closed = false
  socket.on('data', (chunk) => (received += chunk.toString('latin1')))
  socket.on('error', () => {})
  socket.on('close', () => (closed = true))
  return { socket, read: () => received, isClosed: () => closed }
}

function residentBytes(): number {
  return usageOf(server.pid)?.residentBytes ?? Number.NaN
}

test.each([
  ['*2147483648\r\n', '-ERR Protocol error: invalid multibulk length\r\n'],
  ['*1\r\n$2147483648\r\n', '-ERR Protocol error: invalid bulk length\r\n'],
  ['*1\r\n$-1\r\n', '-ERR Protocol error: invalid bulk length\r\n'],
  ['*1\r\nGET\r\n', "-ERR Protocol error: expected '$', got 'G'\r\n"],
  ['GET "a\r\n', '-ERR Protocol error: unbalanced quotes in request\r\n'],
])('%j is answered by %j, and the connection is closed', async (sent, reply) => {
  const { socket, read, isClosed } = raw()
  socket.write(sent)
  await until(isClosed, (closed) => closed)
  expect(read()).toBe(reply)
})

test('a command that is half sent waits, and takes effect when the rest comes', async () => {
  const { socket, read } = raw()
  const bytes = Buffer.from(encodeCommand(['SET', 'half', 'x'.repeat(1000)]))
  socket.write(bytes.subarray(0, 500))
  const other = new Client(port)
  expect(await other.send('GET', 'half')).toBe(null)
  expect(read()).toBe('')
  socket.write(bytes.subarray(500))
  await until(read, (text) => text === '+OK\r\n')
  expect(String(await other.send('STRLEN', 'half'))).toBe('1000')
  socket.destroy()
  other.close()
})

test('a client that never reads is closed at its output limit, and the server does not grow by what it asked for', async () => {
  const client = new Client(port)
  await client.send('SET', 'large', 'x'.repeat(1024 * 1024))
  const before = residentBytes()
  const connections = async () =>
    Number(/total_connections_received:(\d+)/.exec(String(await client.send('INFO')))?.[1])
  const connectionsBefore = await connections()
  const { socket, isClosed } = raw()
  socket.pause()
  const request = encodeCommand(['GET', 'large'])
  socket.write(Buffer.concat(Array.from({ length: 2000 }, () => request)))
  await until(connections, (count) => count > connectionsBefore)
  await until(
    () => client.send('CLIENT', 'LIST'),
    (list) => String(list).trim().split('\n').length === 1,
  )
  // What it had asked for and not been answered is not worked off at the cost of others.
  const beganMs = performance.now()
  expect(await client.send('SET', 'small', 'v')).toBe('OK')
  expect(performance.now() - beganMs).toBeLessThan(2000)
  // Two thousand replies of 1 MiB, of which it may be owed 16 MiB.
  expect(residentBytes() - before).toBeLessThan(300 * 1024 * 1024)
  socket.resume()
  await until(isClosed, (closed) => closed)
  client.close()
})

test('a command of a million arguments is executed', async () => {
  const client = new Client(port)
  const keys = Array.from({ length: 500_000 }, (_, i) => i.toString(36))
  expect(await client.sendWords(['MSET', ...interleaved(keys)])).toBe('OK')
  const twice = [...keys, ...keys]
  expect(await client.sendWords(['EXISTS', ...twice])).toBe(twice.length)
  expect(((await client.sendWords(['MGET', ...twice])) as unknown[]).length).toBe(twice.length)
  expect(await client.sendWords(['DEL', ...twice])).toBe(keys.length)
  expect(await client.send('PING')).toBe('PONG')
  client.close()
}, 240_000)

function interleaved(keys: readonly string[]): string[] {
  const words: string[] = []
  for (const key of keys) words.push(key, 'v')
  return words
}

test('a connection beyond the limit is told so, and closed; those within it are served', async () => {
  const within = Array.from({ length: 20 }, () => new Client(port))
  for (const client of within) expect(await client.send('PING')).toBe('PONG')
  const { read, isClosed } = raw()
  await until(isClosed, (closed) => closed)
  expect(read()).toBe('-ERR max number of clients reached\r\n')
  for (const client of within) {
    expect(await client.send('PING')).toBe('PONG')
    client.close()
  }
})
