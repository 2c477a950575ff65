/** Bytes in, bytes out: order, pipelining, protocol, limits. */
import { describe, expect, test } from 'vitest'
import { PENDING_MAX } from '../../src/gateway/session.ts'
import { encodeCommand } from '../../src/redis/index.ts'
import { Street } from './street.ts'

describe('replies', () => {
  test('to a pipeline of cell and session commands leave in the order of the requests', () => {
    const client = new Street().connect()
    const lines = ['SET a 1', 'PING', 'GET a', 'ECHO x', 'NOSUCH', 'GET', 'GET b', 'PING']
    expect(client.type(...lines)).toBe(
      '+OK\r\n+PONG\r\n$1\r\n1\r\n$1\r\nx\r\n' +
        "-ERR unknown command 'NOSUCH', with args beginning with: \r\n" +
        "-ERR wrong number of arguments for 'get' command\r\n$-1\r\n+PONG\r\n",
    )
  })

  test('that come before their turn wait for it, and then leave together', () => {
    const street = new Street()
    const client = street.connect()
    street.stores.holds = 'slow'
    expect(client.type('GET slow', 'SET a 1', 'PING', 'GET slow2', 'GET a')).toBe('')
    expect(street.stores.held).toBe(2)
    street.stores.release()
    expect(client.take()).toBe('$-1\r\n+OK\r\n+PONG\r\n$-1\r\n$1\r\n1\r\n')
  })

  test('of one pass leave in one write', () => {
    const client = new Street().connect()
    client.type(...Array.from({ length: 16 }, () => 'PING'))
    expect(client.writes).toBe(1)
  })

  test('to many commands that come byte by byte are the same', () => {
    const client = new Street().connect()
    const bytes = Buffer.concat([
      encodeCommand(['SET', 'k', 'v\r\n']),
      encodeCommand(['GET', 'k']),
      Buffer.from('PING\r\n'),
    ])
    for (const byte of bytes) client.send(Uint8Array.of(byte))
    expect(client.take()).toBe('+OK\r\n$3\r\nv\r\n\r\n+PONG\r\n')
  })

  test('of sessions do not mix', () => {
    const street = new Street()
    const clients = Array.from({ length: 20 }, () => street.connect())
    for (const [i, client] of clients.entries()) client.send(`SET k${i} v${i}\r\nGET k${i}\r\nECHO e${i}\r\n`)
    for (const [i, client] of clients.entries()) {
      const size = `v${i}`.length
      expect(client.take()).toBe(`+OK\r\n$${size}\r\nv${i}\r\n$${size}\r\ne${i}\r\n`)
    }
  })

  test('that are large arrive whole, also when others wait behind them', () => {
    const street = new Street()
    const client = street.connect()
    const value = 'x'.repeat(300_000)
    client.send(encodeCommand(['SET', 'big', value]))
    expect(client.take()).toBe('+OK\r\n')
    expect(client.type('GET big', 'GET big', 'PING')).toBe(`$300000\r\n${value}\r\n$300000\r\n${value}\r\n+PONG\r\n`)
  })

  test('to a pipeline far longer than what may be in flight all come', () => {
    const client = new Street().connect()
    const count = PENDING_MAX * 5
    client.send(Array.from({ length: count }, (_, i) => `SET k${i} ${i}\r\n`).join(''))
    expect(client.take()).toBe('+OK\r\n'.repeat(count))
    expect(client.isPaused).toBe(false)
  })
})

describe('what is in flight', () => {
  test('of one session is bounded: beyond that it is not read', () => {
    const street = new Street()
    const client = street.connect()
    street.stores.holds = 'slow'
    client.send('GET slow\r\n'.repeat(PENDING_MAX + 500))
    street.settle()
    expect(street.stores.held).toBe(PENDING_MAX)
    expect(client.isPaused).toBe(true)
    street.stores.release()
    street.settle()
    expect(street.stores.held).toBe(500)
    expect(client.isPaused).toBe(false)
    street.stores.release()
    expect(client.take()).toBe('$-1\r\n'.repeat(PENDING_MAX + 500))
  })

  test('is bounded in bytes of replies: who asks for large values and does not read has few of them under way', () => {
    const street = new Street()
    const client = street.connect()
    const other = street.connect()
    const value = 'x'.repeat(1024 * 1024)
    client.send(encodeCommand(['SET', 'big', value]))
    client.type('GET big')
    client.isStuck = true
    street.stores.executed = 0
    client.send('GET big\r\n'.repeat(300))
    street.settle()
    // 16 MiB of them, and what was taken before the first was known to be unread.
    expect(street.stores.executed).toBeLessThan(40)
    expect(client.isDestroyed).toBe(false)
    expect(other.type('PING')).toBe('+PONG\r\n')
    client.unstick()
    street.settle(3000)
    expect(client.take().length).toBe(300 * `$1048576\r\n${value}\r\n`.length)
  })

  test('does not leave it unread when the last of them is answered after it has read a large value', () => {
    const street = new Street()
    const client = street.connect()
    const value = 'x'.repeat(17 * 1024 * 1024)
    client.send(encodeCommand(['SET', 'big', value]))
    street.settle(3000)
    expect(client.take()).toBe('+OK\r\n')
    street.stores.holds = 'slow'
    client.isStuck = true
    client.send('GET big\r\nSET slow 1\r\n')
    street.settle(3000)
    client.unstick()
    expect(client.take().length).toBeGreaterThan(value.length)
    expect(client.isPaused).toBe(true)
    street.stores.release()
    expect(client.take()).toBe('+OK\r\n')
    expect(client.isPaused).toBe(false)
  })

  test.each([
    ['large values', [encodeCommand(['GET', 'big']), encodeCommand(['SET', 'slow', 'x'.repeat(40 * 1024 * 1024)])]],
    ['one that was read', ['GET big\r\nSET slow 1\r\n']],
  ])('is answered and the connection closed, when the client closed its half behind %s', (_what, chunks) => {
    const street = new Street()
    const client = street.connect()
    client.send(encodeCommand(['SET', 'big', 'x'.repeat(17 * 1024 * 1024)]))
    street.settle(3000)
    street.stores.holds = 'slow'
    for (const chunk of chunks) client.send(chunk)
    street.settle(3000)
    client.take()
    client.finish()
    expect(client.take()).toBe('')
    street.stores.release()
    expect(client.take()).toBe('+OK\r\n')
    expect(client.isEnded).toBe(true)
  })

  test('of a client that is gone is not to be executed: the stores are told', () => {
    const street = new Street()
    const [quiet, busy] = [street.connect(), street.connect()]
    street.stores.holds = 'slow'
    expect(busy.type('GET slow', 'GET slow2')).toBe('')
    expect(quiet.type('GET a')).toBe('$-1\r\n')
    quiet.hangUp()
    street.settle()
    expect(street.stores.farewells).toBe(0)
    busy.hangUp()
    street.settle()
    expect(street.stores.farewells).toBe(1)
    street.stores.release()
    street.settle()
  })

  test('is bounded in bytes too, and what is beyond is read when there is room', () => {
    const street = new Street()
    const client = street.connect()
    street.stores.holds = 'slow'
    const one = encodeCommand(['SET', 'slow', 'x'.repeat(2 * 1024 * 1024)])
    for (let i = 0; i < 20; i++) client.send(one)
    street.settle(2000)
    const held = street.stores.held
    expect(held * one.length).toBeGreaterThan(32 * 1024 * 1024)
    expect(held).toBeLessThan(20)
    expect(client.isPaused).toBe(true)
    street.stores.release()
    street.settle(2000)
    expect(street.stores.held).toBe(20 - held)
    street.stores.release()
    expect(client.take()).toBe('+OK\r\n'.repeat(20))
  })

  test('when its client has gone is forgotten: the commands are executed, and their replies dropped', () => {
    const street = new Street()
    const client = street.connect()
    street.stores.holds = 'slow'
    client.type('SET slow 1')
    client.hangUp()
    street.settle()
    street.stores.release()
    street.settle()
    expect(client.received).toBe('')
    expect(street.connect().type('GET slow', 'CLIENT LIST ID 1')).toBe('')
  })

  test('of a client that has sent its last byte is answered before the connection is closed', () => {
    const street = new Street()
    const client = street.connect()
    street.stores.holds = 'slow'
    client.send('SET a 1\r\nGET slow\r\n')
    client.finish()
    expect(client.take()).toBe('+OK\r\n')
    expect(client.isEnded).toBe(false)
    street.stores.release()
    expect(client.take()).toBe('$-1\r\n')
    expect(client.isEnded).toBe(true)
  })

  test('does not let one client keep others waiting: each is read in turn', () => {
    const street = new Street()
    const greedy = street.connect()
    const modest = street.connect()
    let repliesWhenModestCame = -1
    const write = modest.write.bind(modest)
    modest.write = (bytes) => {
      repliesWhenModestCame = greedy.received.length / '+PONG\r\n'.length
      return write(bytes)
    }
    greedy.send('PING\r\n'.repeat(20_000))
    modest.send('PING\r\n')
    expect(modest.take()).toBe('+PONG\r\n')
    expect(repliesWhenModestCame).toBeLessThan(1000)
    expect(greedy.take()).toBe('+PONG\r\n'.repeat(20_000))
  })
})

describe('a client that does not read', () => {
  const value = 'x'.repeat(1024 * 1024)

  test('is not read either, until it has read what it is owed', () => {
    const street = new Street()
    const client = street.connect()
    client.send(encodeCommand(['SET', 'big', value]))
    client.take()
    client.isStuck = true
    client.send('GET big\r\n'.repeat(20))
    street.settle(2000)
    expect(client.bufferedBytes).toBeGreaterThan(20 * value.length)
    expect(client.isDestroyed).toBe(false)
    const executed = street.stores.executed
    client.send('GET big\r\n'.repeat(10))
    street.settle()
    expect(client.isPaused).toBe(true)
    expect(street.stores.executed).toBe(executed)
    client.unstick()
    street.settle(2000)
    expect(client.take()).toBe(`$1048576\r\n${value}\r\n`.repeat(30))
    expect(client.isPaused).toBe(false)
  })

  test('is closed when more than --client-output-max is unread', () => {
    const street = new Street({ clientOutputMax: '4mb' })
    const client = street.connect()
    client.send(encodeCommand(['SET', 'big', value]))
    client.take()
    client.isStuck = true
    client.send('GET big\r\n'.repeat(3))
    street.settle()
    expect(client.isDestroyed).toBe(false)
    client.send('GET big\r\n'.repeat(3))
    street.settle()
    expect(client.isDestroyed).toBe(true)
  })

  test('does not see its replies overwritten by those that come behind them', () => {
    const client = new Street().connect()
    client.isStuck = true
    client.type('ECHO first')
    client.type('ECHO second')
    client.unstick()
    expect(client.take()).toBe('$5\r\nfirst\r\n$6\r\nsecond\r\n')
  })
})

describe('what is not the protocol', () => {
  test('is answered with the error, after the replies before it, and the connection is closed', () => {
    const street = new Street()
    const client = street.connect()
    street.stores.holds = 'slow'
    client.send('GET slow\r\n*1\r\n!oops\r\nPING\r\n')
    expect(client.take()).toBe('')
    street.stores.release()
    expect(client.take()).toBe("$-1\r\n-ERR Protocol error: expected '$', got '!'\r\n")
    expect(client.isEnded).toBe(true)
  })

  test('a command larger than --client-query-max is refused', () => {
    const client = new Street({ clientQueryMax: '2000', valueMax: '1024' }).connect()
    client.send(encodeCommand(['MSET', ...Array.from({ length: 8 }, () => 'y'.repeat(500))]))
    expect(client.take()).toMatch(/^-TOOBIG Protocol error/)
    expect(client.isEnded).toBe(true)
  })

  test("a browser's request closes the connection without a word", () => {
    const client = new Street().connect()
    expect(client.type('POST / HTTP/1.1', 'Host: localhost')).toBe('')
    expect(client.isDestroyed).toBe(true)
  })

  test('commands for the system range are unknown commands', () => {
    const client = new Street().connect()
    expect(client.type('SYSGET k')).toBe("-ERR unknown command 'SYSGET', with args beginning with: 'k' \r\n")
  })
})

describe('the server', () => {
  test('refuses more clients than --max-clients, and takes one again when another has gone', () => {
    const street = new Street({ maxClients: '2' })
    const first = street.connect()
    street.connect()
    const third = street.connect()
    expect(third.received).toBe('-ERR max number of clients reached\r\n')
    expect(third.handler).toBeNull()
    first.hangUp()
    street.settle()
    expect(street.connect().type('PING')).toBe('+PONG\r\n')
  })

  test('that drains answers what is in flight, takes nothing more, closes all, and says so', async () => {
    const street = new Street()
    const client = street.connect()
    const idle = street.connect()
    street.stores.holds = 'slow'
    client.type('SET slow 1')
    const drained = street.gateway.ask((replyTo) => ({ kind: 'drain', timeoutMs: 1000, replyTo }), { timeoutMs: 5000 })
    street.settle()
    expect(street.listener.accept).toBeNull()
    expect(idle.isEnded).toBe(true)
    expect(client.isEnded).toBe(false)
    client.send('PING\r\n')
    street.stores.release()
    expect(client.take()).toBe('+OK\r\n')
    expect(client.isEnded).toBe(true)
    await street.simulation.drive(drained, 1000)
    expect(await drained).toEqual({ kind: 'drained', inTime: true })
  })

  test('that drains does not wait for copies that may never be there', async () => {
    const street = new Street()
    const client = street.connect()
    expect(client.type('WAIT 3 0')).toBe('')
    const drained = street.gateway.ask((replyTo) => ({ kind: 'drain', timeoutMs: 1000, replyTo }), { timeoutMs: 5000 })
    await street.simulation.drive(drained, 1000)
    expect(await drained).toEqual({ kind: 'drained', inTime: true })
    expect(client.take()).toBe(':2\r\n')
  })

  test('that drains closes what takes longer than it may', async () => {
    const street = new Street()
    const client = street.connect()
    street.stores.holds = 'slow'
    client.type('SET slow 1')
    const drained = street.gateway.ask((replyTo) => ({ kind: 'drain', timeoutMs: 300, replyTo }), { timeoutMs: 5000 })
    await street.simulation.drive(drained, 1000)
    expect(await drained).toEqual({ kind: 'drained', inTime: false })
    expect(client.isDestroyed).toBe(true)
  })
})
