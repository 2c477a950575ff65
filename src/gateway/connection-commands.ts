/** PING, AUTH, HELLO, QUIT, RESET, SELECT, TIME: what a client says to the connection itself. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { type Arguments, databaseFault, type ReplyWriter, texts } from '../redis/index.ts'
import type { Server, SessionCommand } from './server.ts'
import type { Session } from './session.ts'

export const REDIS_VERSION = '7.0.15'

const WRONG_PASSWORD = 'WRONGPASS invalid username-password pair or user is disabled.'
const BAD_NAME = 'ERR Client names cannot contain spaces, newlines or special characters.'
const NO_PASSWORD_SET =
  'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?'
const HELLO_WITHOUT_PASSWORD =
  'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time'

const ping: SessionCommand = (_session, args, reply) => {
  if (args.count > 2) reply.error('ERR', "wrong number of arguments for 'ping' command")
  else if (args.count === 2) reply.bulk(args.buffer, args.start(1), args.end(1))
  else reply.simple('PONG')
}

const auth: SessionCommand = (session, args, reply, server) => {
  if (args.count > 3) reply.errorText(texts.syntax)
  else if (args.count === 2 && server.settings.options.requirepass === '') reply.errorText(NO_PASSWORD_SET)
  else if (passwordFits(server, args, args.count === 3 ? 1 : 0, args.count - 1)) {
    setAuthenticated(session, true)
    reply.ok()
  } else reply.errorText(WRONG_PASSWORD)
}

/** `user` is the index of the user's name, 0 if it was not given: there is one, and it is called `default`. */
function passwordFits(server: Server, args: Arguments, user: number, password: number): boolean {
  if (user !== 0 && args.latin1(user) !== 'default') return false
  const { requirepass } = server.settings.options
  return requirepass === '' || sameSecret(args.bytes(password), Buffer.from(requirepass))
}

/** In a time that tells nothing of where they differ, nor of how long the right one is. */
function sameSecret(a: Uint8Array, b: Uint8Array): boolean {
  const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()
  return timingSafeEqual(digest(a), digest(b))
}

function setAuthenticated(session: Session, isAuthenticated: boolean): void {
  session.isAuthenticated = isAuthenticated
  session.parser.authenticated = isAuthenticated
}

/** Where a session begins, and begins again at RESET. */
export function beginAuthentication(session: Session, server: Server): void {
  setAuthenticated(session, server.settings.options.requirepass === '')
}

const hello: SessionCommand = (session, args, reply, server) => {
  let protocol = session.protocol
  if (args.count > 1) {
    const wanted = args.integer(1)
    if (wanted === null) return reply.errorText('ERR Protocol version is not an integer or out of range')
    if (wanted !== 2 && wanted !== 3) return reply.errorText('NOPROTO unsupported protocol version')
    protocol = wanted
  }
  let user = 0
  let name: string | null = null
  for (let i = 2; i < args.count; i++) {
    if (args.is(i, 'auth') && i + 2 < args.count) {
      user = i + 1
      i += 2
    } else if (args.is(i, 'setname') && i + 1 < args.count) {
      name = args.latin1(++i)
      if (!isPlainWord(name)) return reply.errorText(BAD_NAME)
    } else return reply.errorText(`ERR Syntax error in HELLO option '${args.latin1(i)}'`)
  }
  if (user !== 0) {
    if (!passwordFits(server, args, user, user + 1)) return reply.errorText(WRONG_PASSWORD)
    setAuthenticated(session, true)
  }
  if (!session.isAuthenticated) return reply.errorText(HELLO_WITHOUT_PASSWORD)
  if (name !== null) session.name = name
  session.setProtocol(protocol)
  reply.protocol = protocol
  writeHello(session, reply)
}

function writeHello(session: Session, reply: ReplyWriter): void {
  reply.map(7)
  const pair = (name: string, value: string | number) => {
    reply.bulkText(name)
    if (typeof value === 'number') reply.integer(value)
    else reply.bulkText(value)
  }
  pair('server', 'redis')
  pair('version', REDIS_VERSION)
  pair('proto', session.protocol)
  pair('id', session.id)
  pair('mode', 'standalone')
  pair('role', 'master')
  reply.bulkText('modules')
  reply.array(0)
}

/** Names are shown in lines of words: Redis takes what is printable and has no space. */
export function isPlainWord(word: string): boolean {
  return /^[!-~]*$/.test(word)
}

const quit: SessionCommand = (session, _args, reply) => {
  reply.ok()
  session.isClosing = true
}

const reset: SessionCommand = (session, _args, reply, server) => {
  session.setProtocol(2)
  reply.protocol = 2
  session.name = ''
  session.isMuted = false
  session.skipsThis = false
  session.skipsNext = false
  session.noEvict = false
  session.noTouch = false
  beginAuthentication(session, server)
  reply.simple('RESET')
}

const select: SessionCommand = (_session, args, reply) => {
  const fault = databaseFault(args, 1)
  if (fault !== null) reply.errorText(fault)
  else reply.ok()
}

const time: SessionCommand = (_session, _args, reply, server) => {
  const microseconds = Math.floor(server.clock.wallMs() * 1000)
  reply.array(2)
  reply.bulkText(String(Math.floor(microseconds / 1_000_000)))
  reply.bulkText(String(microseconds % 1_000_000))
}

export const setClientName = (session: Session, name: string, reply: ReplyWriter): void => {
  if (!isPlainWord(name)) return reply.errorText(BAD_NAME)
  session.name = name
  reply.ok()
}

export const connectionCommands: Readonly<Record<string, SessionCommand>> = {
  ping,
  auth,
  hello,
  quit,
  reset,
  select,
  time,
}
