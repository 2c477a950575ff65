/** Values as large as may be, through real sockets, rings, logs and engines. */
import { createHash } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { json, until } from '../boot/process.ts'
import { residentOf } from '../measure/filled.ts'
import { RealServer } from './server.ts'

const MIB = 1024 * 1024

let server: RealServer

beforeEach(() => {
  server = new RealServer('long')
})

afterEach(() => server.end())

async function start(...options: string[]): Promise<{ redis: number; http: number }> {
  const ports = await server.start(...options)
  await until(
    () => json(ports.http, '/api/v1/cells'),
    ({ items }) => items.length > 0 && items.every((cell) => cell.leader !== null && cell.peers.length === 3),
  )
  return ports
}

/** A connection that sends bytes as they are, and reads replies of which it is told the length. */
class Wire {
  readonly socket: Socket
  #chunks: Buffer[] = []
  #bytes = 0
  #heard: () => void = () => {}
  isClosed = false

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1')
    this.socket.on('data', (chunk) => {
      this.#chunks.push(chunk)
      this.#bytes += chunk.length
      this.#heard()
    })
    this.socket.on('error', () => {})
    this.socket.on('close', () => {
      this.isClosed = true
      this.#heard()
    })
  }

  send(...words: (string | Buffer)[]): void {
    this.socket.write(`*${words.length}\r\n`)
    for (const word of words) {
      this.socket.write(`$${word.length}\r\n`)
      this.socket.write(word)
      this.socket.write('\r\n')
    }
  }

  async line(): Promise<string> {
    for (;;) {
      const all = Buffer.concat(this.#chunks.slice(0, 8))
      const end = all.indexOf('\r\n')
      if (end >= 0) return (await this.bytes(end + 2)).toString().trimEnd()
      if (this.isClosed) throw new Error('the connection was closed')
      await this.#more()
    }
  }

  async bytes(count: number): Promise<Buffer> {
    while (this.#bytes < count) {
      if (this.isClosed) throw new Error('the connection was closed')
      await this.#more()
    }
    const all = Buffer.concat(this.#chunks)
    this.#chunks = [all.subarray(count)]
    this.#bytes -= count
    return all.subarray(0, count)
  }

  async bulk(): Promise<Buffer | null> {
    const header = await this.line()
    const length = Number(header.slice(1))
    if (!header.startsWith('$')) throw new Error(header)
    return length < 0 ? null : (await this.bytes(length + 2)).subarray(0, length)
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#heard = resolve
    })
  }
}

function noise(bytes: number, seed: number): Buffer {
  const block = Buffer.alloc(bytes)
  let state = seed
  for (let at = 0; at + 4 <= bytes; at += 4) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    block.writeInt32LE(state, at)
  }
  return block
}

const digest = (bytes: Buffer | null) => (bytes === null ? null : createHash('sha1').update(bytes).digest('hex'))

test('a value of 64 MiB is on three copies when it is acknowledged, and survives kill -9; a larger one is refused', async () => {
  const { redis } = await start('--executors', '2', '--request-timeout', '60s')
  const value = noise(64 * MIB, 1)
  const wire = new Wire(redis)
  wire.send('SET', 'large', value)
  expect(await wire.line()).toBe('+OK')
  wire.send('APPEND', 'large', 'x')
  expect(await wire.line()).toMatch(/^-TOOBIG /)
  wire.send('SET', 'larger', Buffer.alloc(64 * MIB + 1))
  expect(await wire.line()).toMatch(/^-TOOBIG /)
  wire.send('SETRANGE', 'large', String(40 * MIB), 'changed')
  expect(await wire.line()).toBe(`:${64 * MIB}`)
  value.write('changed', 40 * MIB)
  wire.send('GET', 'large')
  expect(digest(await wire.bulk())).toBe(digest(value))
  await server.stop('SIGKILL')

  const again = await start('--executors', '2', '--request-timeout', '60s')
  const reader = new Wire(again.redis)
  reader.send('GET', 'large')
  expect(digest(await reader.bulk())).toBe(digest(value))
  reader.send('STRLEN', 'large')
  expect(await reader.line()).toBe(`:${64 * MIB}`)
  reader.send('GETRANGE', 'large', String(40 * MIB), String(40 * MIB + 6))
  expect(String(await reader.bulk())).toBe('changed')
}, 120_000)

test('several large values in one command are taken, and given back or refused for the size of the reply', async () => {
  const { redis } = await start('--executors', '2', '--request-timeout', '60s', '--client-query-max', '128mb')
  const values = Array.from({ length: 10 }, (_, i) => noise(8 * MIB, i + 1))
  const wire = new Wire(redis)
  wire.send('MSET', ...values.flatMap((value, i) => [`{t}${i}`, value]))
  expect(await wire.line()).toBe('+OK')
  wire.send('MGET', ...values.map((_, i) => `{t}${i}`))
  expect(await wire.line()).toBe('*10')
  for (const value of values) expect(digest(await wire.bulk())).toBe(digest(value))
  wire.send('MGET', ...Array.from({ length: 40 }, (_, i) => `{t}${i % 10}`))
  expect(await wire.line()).toMatch(/^-TOOBIG /)
}, 120_000)

test('many clients that send large values at once wait for one another, and memory stays bounded', async () => {
  const clients = 8
  const { redis } = await start('--executors', '2', '--request-timeout', '60s', '--memory', '128mb')
  const { pid } = server
  const before = residentOf(pid).nowMib
  const value = noise(24 * MIB, 7)
  const wires = Array.from({ length: clients }, () => new Wire(redis))
  for (const [i, wire] of wires.entries()) wire.send('SET', `large:${i % 2}`, value)
  const replies = await Promise.all(wires.map((wire) => wire.line()))
  expect(replies).toEqual(new Array(clients).fill('+OK'))
  // Three copies of what the log has of a few of them, and what is on its way: not what all would be at once.
  expect(residentOf(pid).peakMib - before).toBeLessThan(1300)
  const [wire] = wires as [Wire]
  wire.send('GET', 'large:1')
  expect(digest(await wire.bulk())).toBe(digest(value))
}, 120_000)
