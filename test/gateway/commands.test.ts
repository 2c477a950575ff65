/** What the gateway itself answers, byte for byte as Redis 7.0.15 does where Redis has the command. */
import { describe, expect, test } from 'vitest'
import { handlerOf } from '../../src/gateway/session-commands.ts'
import { commands } from '../../src/redis/index.ts'
import { type FakeConnection, Street } from './street.ts'

/** Each line with its reply. */
function talk(client: FakeConnection, ...exchange: [string, string | RegExp][]): void {
  for (const [line, reply] of exchange) {
    const told = client.type(line)
    if (typeof reply === 'string') expect(told, line).toBe(reply)
    else expect(told, line).toMatch(reply)
  }
}

const SYNTAX = '-ERR syntax error\r\n'
const OK = '+OK\r\n'

test('every command that is not for cells has its code', () => {
  for (const row of commands) {
    for (const each of [row, ...row.subcommands]) {
      const isContainer = each.subcommands.length > 0 && each.arity < -1
      if (each.where === 'session' && !isContainer) expect(() => handlerOf(each), each.name).not.toThrow()
    }
  }
})

test('PING, ECHO, SELECT, TIME, QUIT', () => {
  const street = new Street()
  const client = street.connect()
  talk(
    client,
    ['PING', '+PONG\r\n'],
    ['PING hello', '$5\r\nhello\r\n'],
    ['PING a b', "-ERR wrong number of arguments for 'ping' command\r\n"],
    ['ECHO x', '$1\r\nx\r\n'],
    ['ECHO', "-ERR wrong number of arguments for 'echo' command\r\n"],
    ['SELECT 0', OK],
    ['SELECT 1', '-ERR DB index is out of range\r\n'],
    ['SELECT -1', '-ERR DB index is out of range\r\n'],
    ['SELECT x', '-ERR value is not an integer or out of range\r\n'],
    ['TIME', /^\*2\r\n\$10\r\n1700000000\r\n\$\d\r\n\d+\r\n$/],
    ['TIME x', "-ERR wrong number of arguments for 'time' command\r\n"],
  )
  expect(client.type('QUIT', 'PING')).toBe(OK)
  expect(client.isEnded).toBe(true)
})

describe('HELLO', () => {
  const pairs = (proto: number, id: number) =>
    `$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n$5\r\nproto\r\n:${proto}\r\n$2\r\nid\r\n:${id}\r\n` +
    '$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n'

  test('tells about the server, in the protocol that it asks for', () => {
    const client = new Street().connect()
    talk(
      client,
      ['HELLO', `*14\r\n${pairs(2, 1)}`],
      ['HELLO 3', `%7\r\n${pairs(3, 1)}`],
      ['GET nothing', '_\r\n'],
      ['CLIENT GETNAME', '_\r\n'],
      ['HELLO 2 SETNAME x SETNAME y', `*14\r\n${pairs(2, 1)}`],
      ['CLIENT GETNAME', '$1\r\ny\r\n'],
    )
  })

  test('refuses as Redis does', () => {
    const client = new Street().connect()
    talk(
      client,
      ['HELLO 4', '-NOPROTO unsupported protocol version\r\n'],
      ['HELLO x', '-ERR Protocol version is not an integer or out of range\r\n'],
      ['HELLO 3 FOO', "-ERR Syntax error in HELLO option 'FOO'\r\n"],
      ['HELLO 3 SETNAME', "-ERR Syntax error in HELLO option 'SETNAME'\r\n"],
      ['HELLO 3 SETNAME "a b"', '-ERR Client names cannot contain spaces, newlines or special characters.\r\n'],
      ['HELLO 2 AUTH a b', '-WRONGPASS invalid username-password pair or user is disabled.\r\n'],
      ['GET nothing', '$-1\r\n'],
    )
  })

  test('in the middle of a pipeline changes what comes behind it, and not what is before', () => {
    const street = new Street()
    const client = street.connect()
    street.stores.holds = 'slow'
    expect(client.type('GET slow', 'HELLO 3', 'GET slow', 'PING')).toBe('')
    street.stores.release()
    expect(client.take()).toBe(`$-1\r\n%7\r\n${pairs(3, 1)}_\r\n+PONG\r\n`)
  })
})

describe('a password', () => {
  const NOAUTH = '-NOAUTH Authentication required.\r\n'
  const WRONG = '-WRONGPASS invalid username-password pair or user is disabled.\r\n'

  test('is asked for before anything but AUTH, HELLO, QUIT and RESET; what is wrong in itself is said first', () => {
    const client = new Street({ requirepass: 'secret' }).connect()
    talk(
      client,
      ['PING', NOAUTH],
      ['GET a', NOAUTH],
      ['CONFIG GET requirepass', NOAUTH],
      ['FOO', "-ERR unknown command 'FOO', with args beginning with: \r\n"],
      ['GET', "-ERR wrong number of arguments for 'get' command\r\n"],
      ['HELLO 3', /^-NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH /],
      ['AUTH wrong', WRONG],
      ['AUTH secret wrong', WRONG],
      ['AUTH other secret', WRONG],
      ['AUTH a b c', SYNTAX],
      ['RESET', '+RESET\r\n'],
      ['PING', NOAUTH],
      ['AUTH secret', OK],
      ['PING', '+PONG\r\n'],
      ['AUTH wrong', WRONG],
      ['PING', '+PONG\r\n'],
      ['RESET', '+RESET\r\n'],
      ['PING', NOAUTH],
      ['AUTH default secret', OK],
      ['PING', '+PONG\r\n'],
    )
  })

  test('can be given in HELLO', () => {
    const client = new Street({ requirepass: 'secret' }).connect()
    talk(
      client,
      ['HELLO 3 AUTH default wrong', WRONG],
      ['HELLO 3 AUTH default secret', /^%7\r\n/],
      ['PING', '+PONG\r\n'],
    )
  })

  test('that is not set: AUTH says so, and the user default needs none', () => {
    const client = new Street().connect()
    talk(
      client,
      [
        'AUTH x',
        '-ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?\r\n',
      ],
      ['AUTH x y', WRONG],
      ['AUTH default y', OK],
    )
  })

  test('that is set later is asked of those that come later', () => {
    const street = new Street()
    const early = street.connect()
    talk(early, ['CONFIG SET requirepass secret', OK], ['PING', '+PONG\r\n'])
    talk(street.connect(), ['PING', NOAUTH], ['AUTH secret', OK])
  })

  test('before it is given only small commands are taken', () => {
    const client = new Street({ requirepass: 'secret' }).connect()
    client.send('*100\r\n')
    expect(client.take()).toBe('-ERR Protocol error: unauthenticated multibulk length\r\n')
  })
})

describe('CLIENT', () => {
  test('ID, names, and what clients of today say about themselves', () => {
    const street = new Street()
    const client = street.connect()
    talk(
      client,
      ['CLIENT ID', ':1\r\n'],
      ['CLIENT GETNAME', '$-1\r\n'],
      ['CLIENT SETNAME me', OK],
      ['CLIENT GETNAME', '$2\r\nme\r\n'],
      ['CLIENT SETNAME "a b"', '-ERR Client names cannot contain spaces, newlines or special characters.\r\n'],
      ['CLIENT SETINFO LIB-NAME node-redis', OK],
      ['CLIENT SETINFO lib-ver 6.0.0', OK],
      ['CLIENT SETINFO LIB-NAME "a b"', '-ERR lib-name cannot contain spaces, newlines or special characters.\r\n'],
      ['CLIENT SETINFO other x', "-ERR Unrecognized option 'other'\r\n"],
      ['CLIENT NO-EVICT on', OK],
      ['CLIENT NO-EVICT maybe', SYNTAX],
      ['CLIENT NO-TOUCH ON', OK],
      ['CLIENT FOO', "-ERR unknown subcommand 'FOO'. Try CLIENT HELP.\r\n"],
      ['CLIENT MAINT_NOTIFICATIONS ON', "-ERR unknown subcommand 'MAINT_NOTIFICATIONS'. Try CLIENT HELP.\r\n"],
      ['CLIENT', "-ERR wrong number of arguments for 'client' command\r\n"],
    )
    expect(street.connect().type('CLIENT ID')).toBe(':2\r\n')
  })

  const line = (id: number, cmd: string, rest: string, resp = 2) =>
    `id=${id} addr=127.0.0.1:${50_000 + id} laddr=127.0.0.1:6379 fd=0 ${rest} db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=0 ` +
    `qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=0 tot-mem=128 events=r cmd=${cmd} user=default ` +
    `redir=-1 resp=${resp} lib-name= lib-ver=\n`

  test('INFO and LIST give a line for each connection, verbatim in RESP3', () => {
    const street = new Street()
    const client = street.connect()
    street.connect()
    street.settle(3000)
    const own = line(1, 'client|list', 'name= age=3 idle=0 flags=N')
    const both = own + line(2, 'NULL', 'name= age=3 idle=3 flags=N')
    talk(
      client,
      ['CLIENT LIST', `$${both.length}\r\n${both}\r\n`],
      ['CLIENT LIST ID 1 99', `$${own.length}\r\n${own}\r\n`],
      ['CLIENT LIST TYPE normal', /^\$/],
      ['CLIENT LIST TYPE pubsub', '$0\r\n\r\n'],
      ['CLIENT LIST TYPE foo', "-ERR Unknown client type 'foo'\r\n"],
      ['CLIENT LIST ID x', '-ERR Invalid client ID\r\n'],
      ['CLIENT LIST FOO', SYNTAX],
      ['HELLO 3', /^%7/],
    )
    const info = line(1, 'client|info', 'name= age=3 idle=0 flags=N', 3)
    talk(client, ['CLIENT INFO', `=${info.length + 4}\r\ntxt:${info}\r\n`])
  })

  test('REPLY turns replies off and on, or skips one', () => {
    const client = new Street().connect()
    talk(
      client,
      ['CLIENT REPLY FOO', SYNTAX],
      ['CLIENT REPLY SKIP', ''],
      ['SET a 1', ''],
      ['GET a', '$1\r\n1\r\n'],
      ['CLIENT REPLY OFF', ''],
      ['PING', ''],
      ['GET a', ''],
      ['NOSUCH', ''],
      ['CLIENT REPLY SKIP', ''],
      ['PING', ''],
      ['CLIENT REPLY ON', OK],
      ['GET a', '$1\r\n1\r\n'],
    )
    expect(client.type('CLIENT REPLY SKIP', 'GET a', 'PING')).toBe('+PONG\r\n')
  })

  test('KILL closes those that fit, itself only when asked to, and after its reply', () => {
    const street = new Street()
    const client = street.connect()
    const others = [street.connect(), street.connect(), street.connect()] as const
    talk(
      client,
      ['CLIENT KILL 1.2.3.4:5', '-ERR No such client\r\n'],
      ['CLIENT KILL ID 0', '-ERR client-id should be greater than 0\r\n'],
      ['CLIENT KILL ID abc', '-ERR client-id should be greater than 0\r\n'],
      ['CLIENT KILL ID 99', ':0\r\n'],
      ['CLIENT KILL TYPE foo', "-ERR Unknown client type 'foo'\r\n"],
      ['CLIENT KILL TYPE pubsub', ':0\r\n'],
      ['CLIENT KILL USER foo', "-ERR No such user 'foo'\r\n"],
      ['CLIENT KILL FOO bar', SYNTAX],
      ['CLIENT KILL SKIPME maybe', SYNTAX],
      ['CLIENT KILL ID 1 ADDR', SYNTAX],
      ['CLIENT KILL 127.0.0.1:50002', OK],
      ['CLIENT KILL ID 3', ':1\r\n'],
    )
    expect(others.map(({ isDestroyed }) => isDestroyed)).toEqual([true, true, false])
    talk(client, ['CLIENT KILL TYPE normal SKIPME yes', ':1\r\n'], ['PING', '+PONG\r\n'])
    talk(client, ['CLIENT KILL ID 1 SKIPME no', ':1\r\n'])
    expect(client.isEnded).toBe(true)
  })
})

describe('CONFIG', () => {
  test('GET gives what fits the patterns, each once; RESP3 gets a map', () => {
    const client = new Street().connect()
    talk(
      client,
      ['CONFIG GET save', '*2\r\n$4\r\nsave\r\n$0\r\n\r\n'],
      ['CONFIG GET appendonly', '*2\r\n$10\r\nappendonly\r\n$3\r\nyes\r\n'],
      ['CONFIG GET APPENDFSYNC data*', '*4\r\n$11\r\nAPPENDFSYNC\r\n$6\r\nalways\r\n$9\r\ndatabases\r\n$1\r\n1\r\n'],
      ['CONFIG GET maxclients maxc*', '*2\r\n$10\r\nmaxclients\r\n$5\r\n10000\r\n'],
      ['CONFIG GET request-timeout', '*2\r\n$15\r\nrequest-timeout\r\n$4\r\n5000\r\n'],
      ['CONFIG GET nothing', '*0\r\n'],
      ['CONFIG GET', "-ERR wrong number of arguments for 'config|get' command\r\n"],
      ['HELLO 3', /^%7/],
      ['CONFIG GET save', '%1\r\n$4\r\nsave\r\n$0\r\n\r\n'],
    )
  })

  test('SET changes what may change, all of it or nothing', () => {
    const client = new Street().connect()
    const failed = (name: string, why: string) =>
      `-ERR CONFIG SET failed (possibly related to argument '${name}') - ${why}\r\n`
    talk(
      client,
      ['CONFIG SET maxclients 5 request-timeout 250ms', OK],
      ['CONFIG GET max-clients', '*2\r\n$11\r\nmax-clients\r\n$1\r\n5\r\n'],
      ['CONFIG GET request-timeout', '*2\r\n$15\r\nrequest-timeout\r\n$3\r\n250\r\n'],
      ['CONFIG SET foo bar', "-ERR Unknown option or number of arguments for CONFIG SET - 'foo'\r\n"],
      ['CONFIG SET port 99', failed('port', "can't set immutable config")],
      ['CONFIG SET databases 4', failed('databases', "can't set immutable config")],
      ['CONFIG SET maxclients abc', failed('maxclients', "argument couldn't be parsed into an integer")],
      ['CONFIG SET maxclients 0', failed('maxclients', 'argument must be between 1 and 4294967295 inclusive')],
      ['CONFIG SET maxclients 5 max-clients 6', failed('max-clients', 'duplicate parameter')],
      ['CONFIG SET client-output-max abc', failed('client-output-max', 'argument must be a memory value')],
      [
        'CONFIG SET connection-order loose',
        failed('connection-order', 'argument(s) must be one of the following: keys, strict'),
      ],
      ['CONFIG SET maxclients 100 foo', SYNTAX],
      ['CONFIG SET maxclients 7 port 99', failed('port', "can't set immutable config")],
      ['CONFIG GET maxclients', '*2\r\n$10\r\nmaxclients\r\n$1\r\n5\r\n'],
      ['CONFIG SET save "" appendonly yes databases 1', OK],
      ['CONFIG SET', "-ERR wrong number of arguments for 'config|set' command\r\n"],
    )
  })

  test('a new --request-timeout holds for commands from then on', () => {
    const street = new Street()
    const client = street.connect()
    talk(client, ['CONFIG SET request-timeout 100ms', OK])
    street.stores.holds = 'slow'
    client.type('GET slow')
    street.settle(200)
    expect(client.take()).toMatch(/^-UNAVAILABLE /)
  })

  test('what another gateway was told holds here too', () => {
    const street = new Street()
    street.gateway.tell({ kind: 'settingChanged', name: 'maxClients', value: '3', stamp: 1, by: 0 })
    talk(street.connect(), ['CONFIG GET maxclients', '*2\r\n$10\r\nmaxclients\r\n$1\r\n3\r\n'])
  })
})

describe('INFO', () => {
  test('has the sections that are asked for, and the fields that tools read', () => {
    const street = new Street()
    const client = street.connect()
    street.gateway.tell({
      kind: 'facts',
      raftLogSyncs: 12,
      raftLogBytes: 3456,
      commandsProcessed: 789,
      cells: 5,
      keys: 42,
    })
    client.type('SET a 1', 'GET a')
    const all = client.type('INFO')
    const titles = [...all.matchAll(/# (\w+)/g)].map((match) => match[1])
    expect(titles).toEqual([
      'Server',
      'Clients',
      'Memory',
      'Persistence',
      'Stats',
      'Replication',
      'CPU',
      'Cluster',
      'Keyspace',
      'Cellarium',
    ])
    for (const field of [
      'redis_version:7.0.15',
      'cellarium_version:1.2.3',
      'redis_mode:standalone',
      'process_id:4711',
      'tcp_port:6379',
      'loading:0',
      'connected_clients:1',
      'maxclients:10000',
      'used_memory_human:1.50K',
      'used_memory_rss_human:3.00M',
      'total_connections_received:1',
      'total_commands_processed:3',
      'role:master',
      'used_cpu_user:1.500000',
      'cluster_enabled:0',
      'db0:keys=42,expires=0,avg_ttl=0',
    ]) {
      expect(all).toContain(`\r\n${field}\r\n`)
    }
    const ours =
      '# Cellarium\r\nraft_log_syncs:12\r\nraft_log_bytes:3456\r\ncommands_processed:789\r\ncells:5\r\nstores:4\r\nexecutors:2\r\n'
    talk(
      client,
      ['INFO cellarium', `$${ours.length}\r\n${ours}\r\n`],
      ['INFO nothing', '$0\r\n\r\n'],
      ['INFO clients CLUSTER', /^\$\d+\r\n# Clients\r\n[^#]*\r\n\r\n# Cluster\r\ncluster_enabled:0\r\n\r\n$/],
      ['HELLO 3', /^%7/],
      ['INFO cluster', '=34\r\ntxt:# Cluster\r\ncluster_enabled:0\r\n\r\n'],
    )
  })
})

test('CONFIG RESETSTAT counts anew', () => {
  const client = new Street().connect()
  talk(
    client,
    ['PING', '+PONG\r\n'],
    ['CONFIG RESETSTAT', OK],
    ['INFO stats', /\r\ntotal_commands_processed:1\r\n/],
    ['CONFIG RESETSTAT x', "-ERR wrong number of arguments for 'config|resetstat' command\r\n"],
    ['CONFIG REWRITE', '-ERR The server is running without a config file\r\n'],
  )
})

describe('what is saved, and where', () => {
  test('WAIT tells how many copies beside the first have it all, and waits for more of them until its time is over', () => {
    const street = new Street()
    const client = street.connect()
    talk(
      client,
      ['WAIT 0 0', ':2\r\n'],
      ['WAIT 2 0', ':2\r\n'],
      ['WAIT -1 9223372036854775807', ':2\r\n'],
      ['WAIT x 0', '-ERR value is not an integer or out of range\r\n'],
      ['WAIT 0 1.5', '-ERR timeout is not an integer or out of range\r\n'],
      ['WAIT 0 -1', '-ERR timeout is negative\r\n'],
      ['WAIT 0', "-ERR wrong number of arguments for 'wait' command\r\n"],
      ['WAIT 3 200', ''],
    )
    street.settle(150)
    expect(client.take()).toBe('')
    street.settle(100)
    expect(client.take()).toBe(':2\r\n')
    talk(client, ['WAIT 3 0', ''])
    street.settle(5000)
    client.hangUp()
    street.settle()
  })

  test('WAIT is over soon after its client has closed its half, however long it might have waited', () => {
    const street = new Street()
    const client = street.connect()
    talk(client, ['WAIT 3 0', ''])
    // Only a connection that is read tells of its end.
    expect(client.isPaused).toBe(false)
    client.finish()
    street.settle(1500)
    expect(client.take()).toBe(':2\r\n')
    expect(client.isEnded).toBe(true)
  })

  test('WAIT asks less and less often, and stops when its client is gone', () => {
    const street = new Street()
    const client = street.connect()
    talk(client, ['WAIT 3 0', ''])
    street.settle(1000)
    street.stores.executed = 0
    street.settle(1000)
    expect(street.stores.executed).toBeGreaterThan(5)
    expect(street.stores.executed).toBeLessThan(12)
    client.hangUp()
    street.settle()
    street.stores.executed = 0
    street.settle(1000)
    expect(street.stores.executed).toBe(0)
  })

  test('What comes behind a WAIT is taken up to a bound, and answered after it', () => {
    const street = new Street()
    const client = street.connect()
    talk(client, ['WAIT 3 200', ''])
    for (let i = 0; i < 8; i++) client.send(`ECHO ${'x'.repeat(32_000)}\r\n`)
    expect(client.take()).toBe('')
    expect(client.isPaused).toBe(true)
    street.settle(300)
    expect(client.take()).toBe(`:2\r\n${`$32000\r\n${'x'.repeat(32_000)}\r\n`.repeat(8)}`)
    expect(client.isPaused).toBe(false)
  })

  test('WAIT is answered behind the writes before it', () => {
    const street = new Street()
    const client = street.connect()
    street.stores.holds = 'slow'
    expect(client.type('SET slow 1', 'WAIT 1 0')).toBe('')
    street.stores.release()
    expect(client.take()).toBe(`${OK}:2\r\n`)
  })

  test('SAVE, BGSAVE and LASTSAVE answer as when everything is saved', () => {
    const client = new Street().connect()
    talk(
      client,
      ['SAVE', OK],
      ['BGSAVE', '+Background saving started\r\n'],
      ['LASTSAVE', /^:170000000\d\r\n$/],
      ['ROLE', '*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n'],
    )
  })

  test('SHUTDOWN is refused, and tells how the server is stopped', () => {
    const client = new Street({ enableDebugCommand: 'yes' }).connect()
    const refusal = '-ERR SHUTDOWN is not for clients: stop the server by the signal SIGTERM to process 4711\r\n'
    talk(client, ['SHUTDOWN', refusal], ['shutdown nosave NOW', refusal], ['SHUTDOWN x', SYNTAX], ['PING', '+PONG\r\n'])
  })
})

test('subcommands that a cell answers find their way there', () => {
  const street = new Street()
  const client = street.connect()
  talk(client, ['SET a 1', OK], ['OBJECT ENCODING a', '$3\r\nint\r\n'], ['MEMORY USAGE a', /^:\d+\r\n$/])
  expect(street.stores.executed).toBe(3)
})

test('MEMORY STATS has the names of Redis that mean something here', () => {
  const client = new Street().connect()
  const told = client.type('MEMORY STATS').split('\r\n').slice(0, -1)
  expect(told.filter((_, i) => i === 0 || i % 3 === 2)).toEqual([
    '*6',
    'total.allocated',
    'allocator.resident',
    'keys.count',
  ])
  expect(told.filter((_, i) => i > 0 && i % 3 === 0).every((value) => /^:\d+$/.test(value))).toBe(true)
})

describe('DEBUG', () => {
  test('is refused unless the server was started to permit it', () => {
    const client = new Street().connect()
    talk(
      client,
      ['DEBUG SLEEP 0', /^-ERR DEBUG command not allowed\. If the enable-debug-command option is set to "local"/],
      ['DEBUG', "-ERR wrong number of arguments for 'debug' command\r\n"],
    )
  })

  test('crashes and blocks executors', () => {
    const street = new Street({ enableDebugCommand: 'yes' })
    const client = street.connect()
    talk(
      client,
      ['DEBUG CRASH-EXECUTOR 1', OK],
      ['DEBUG CRASH-EXECUTOR 2', '-ERR there is no such executor\r\n'],
      ['DEBUG SLEEP 0.5', OK],
      ['DEBUG SLEEP 2 EXECUTOR 0', OK],
      ['DEBUG SLEEP 2 EXECUTOR x', '-ERR there is no such executor\r\n'],
      ['DEBUG SLEEP x', '-ERR value is not a valid float\r\n'],
      ['DEBUG FOO', "-ERR unknown subcommand or wrong number of arguments for 'FOO'. Try DEBUG HELP.\r\n"],
      ['DEBUG HELP', /^\*7\r\n\+DEBUG <subcommand>/],
    )
    expect(street.debugCalls).toEqual(['crash 1', 'pause 2 500', 'pause 0 2000'])
  })
})

test('COMMAND is answered from the table', () => {
  const client = new Street().connect()
  talk(
    client,
    ['COMMAND COUNT', /^:\d+\r\n$/],
    ['COMMAND GETKEYS MSET a 1 b 2', '*2\r\n$1\r\na\r\n$1\r\nb\r\n'],
    ['COMMAND DOCS nosuch', '*0\r\n'],
  )
})

test('RESET makes the connection as if it were new', () => {
  const client = new Street().connect()
  client.type('HELLO 3 SETNAME me', 'CLIENT REPLY OFF')
  talk(client, ['RESET', '+RESET\r\n'], ['CLIENT GETNAME', '$-1\r\n'], ['GET nothing', '$-1\r\n'])
})
