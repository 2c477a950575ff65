/** CLIENT and its subcommands. */
import { type Arguments, type ReplyWriter, texts } from '../redis/index.ts'
import { isPlainWord, setClientName } from './connection-commands.ts'
import type { Server, SessionCommand } from './server.ts'
import type { Session } from './session.ts'

const id: SessionCommand = (session, _args, reply) => reply.integer(session.id)

const getName: SessionCommand = (session, _args, reply) => {
  if (session.name === '') reply.nil()
  else reply.bulkBytes(Buffer.from(session.name, 'latin1'))
}

const setName: SessionCommand = (session, args, reply) => setClientName(session, args.latin1(2), reply)

/** Of Redis 7.2, which clients of today send at once. */
const setInfo: SessionCommand = (session, args, reply) => {
  const isName = args.is(2, 'lib-name')
  if (!isName && !args.is(2, 'lib-ver')) {
    return reply.errorText(`ERR Unrecognized option '${args.latin1(2)}'`)
  }
  const value = args.latin1(3)
  if (!isPlainWord(value)) {
    const option = isName ? 'lib-name' : 'lib-ver'
    return reply.errorText(`ERR ${option} cannot contain spaces, newlines or special characters.`)
  }
  if (isName) session.libraryName = value
  else session.libraryVersion = value
  reply.ok()
}

const info: SessionCommand = (session, _args, reply, server) => reply.verbatim('txt', `${describe(session, server)}\n`)

const TYPES = ['normal', 'master', 'replica', 'slave', 'pubsub']

const list: SessionCommand = (_session, args, reply, server) => {
  let chosen: Iterable<Session> = server.sessions.values()
  if (args.count === 4 && args.is(2, 'type')) {
    const type = args.latin1(3).toLowerCase()
    if (!TYPES.includes(type)) return reply.errorText(`ERR Unknown client type '${args.latin1(3)}'`)
    if (type !== 'normal') chosen = []
  } else if (args.count > 3 && args.is(2, 'id')) {
    const sessions: Session[] = []
    for (let i = 3; i < args.count; i++) {
      const wanted = args.integer(i)
      if (wanted === null) return reply.errorText('ERR Invalid client ID')
      const found = server.sessions.get(Number(wanted))
      if (found !== undefined) sessions.push(found)
    }
    chosen = sessions
  } else if (args.count !== 2) return reply.errorText(texts.syntax)
  let lines = ''
  for (const session of chosen) lines += `${describe(session, server)}\n`
  reply.verbatim('txt', lines)
}

/** One line, with the fields of Redis 7.0 and the library of 7.2; what we do not measure is 0. */
function describe(session: Session, server: Server): string {
  const { connection, parser, order } = session
  const commandBytes = session.routed?.heldBytes ?? 0
  const seconds = (sinceMs: number) => Math.floor((server.nowMs - sinceMs) / 1000)
  const fields: [string, string | number][] = [
    ['id', session.id],
    ['addr', connection.remoteAddress],
    ['laddr', connection.localAddress],
    ['fd', 0],
    ['name', session.name],
    ['age', seconds(session.createdAtMs)],
    ['idle', seconds(session.lastCommandAtMs)],
    ['flags', `${session.noEvict ? 'e' : ''}${session.noTouch ? 'T' : ''}` || 'N'],
    ['db', 0],
    ['sub', 0],
    ['psub', 0],
    ['ssub', 0],
    ['multi', -1],
    ['qbuf', parser.heldBytes],
    ['qbuf-free', 0],
    ['argv-mem', commandBytes],
    ['multi-mem', 0],
    ['rbs', 0],
    ['rbp', 0],
    ['obl', 0],
    ['oll', 0],
    ['omem', connection.bufferedBytes + order.earlyBytes],
    ['tot-mem', parser.heldBytes + commandBytes + connection.bufferedBytes + order.heldBytes],
    ['events', session.isPaused ? '' : 'r'],
    ['cmd', session.lastCommand?.name ?? 'NULL'],
    ['user', 'default'],
    ['redir', -1],
    ['resp', session.protocol],
    ['lib-name', session.libraryName],
    ['lib-ver', session.libraryVersion],
  ]
  return fields.map(([name, value]) => `${name}=${value}`).join(' ')
}

interface KillFilter {
  id: number | null
  address: string | null
  localAddress: string | null
  /** False: of a type that nobody here has. */
  isNormal: boolean
  skipMe: boolean
}

const kill: SessionCommand = (session, args, reply, server) => {
  if (args.count === 3) {
    const address = args.latin1(2)
    for (const other of server.sessions.values()) {
      if (other.connection.remoteAddress !== address) continue
      // Its own reply leaves first.
      if (other === session) session.isClosing = true
      else server.kill(other)
      return reply.ok()
    }
    return reply.error('ERR', 'No such client')
  }
  const filter = readFilter(args, reply)
  if (filter === null) return
  let killed = 0
  let killsItself = false
  for (const other of server.sessions.values()) {
    if (!fits(other, filter) || (other === session && filter.skipMe)) continue
    killed++
    if (other === session) killsItself = true
    else server.kill(other)
  }
  reply.integer(killed)
  if (killsItself) session.isClosing = true
}

function readFilter(args: Arguments, reply: ReplyWriter): KillFilter | null {
  const filter: KillFilter = { id: null, address: null, localAddress: null, isNormal: true, skipMe: true }
  for (let i = 2; i < args.count; i += 2) {
    const fault = i + 1 < args.count ? readCriterion(filter, args, i) : texts.syntax
    if (fault === null) continue
    reply.errorText(fault)
    return null
  }
  return filter
}

/** What is wrong with it, or null. */
function readCriterion(filter: KillFilter, args: Arguments, i: number): string | null {
  const value = args.latin1(i + 1)
  if (args.is(i, 'id')) {
    const wanted = args.integer(i + 1)
    if (wanted === null || wanted < 1) return 'ERR client-id should be greater than 0'
    filter.id = Number(wanted)
  } else if (args.is(i, 'addr')) filter.address = value
  else if (args.is(i, 'laddr')) filter.localAddress = value
  else if (args.is(i, 'type')) {
    if (!TYPES.includes(value.toLowerCase())) return `ERR Unknown client type '${value}'`
    filter.isNormal = value.toLowerCase() === 'normal'
  } else if (args.is(i, 'user')) {
    if (value !== 'default') return `ERR No such user '${value}'`
  } else if (args.is(i, 'skipme')) {
    if (!args.is(i + 1, 'yes') && !args.is(i + 1, 'no')) return texts.syntax
    filter.skipMe = args.is(i + 1, 'yes')
  } else return texts.syntax
  return null
}

function fits(session: Session, filter: KillFilter): boolean {
  if (!filter.isNormal) return false
  if (filter.id !== null && session.id !== filter.id) return false
  if (filter.address !== null && session.connection.remoteAddress !== filter.address) return false
  return filter.localAddress === null || session.connection.localAddress === filter.localAddress
}

const replyMode: SessionCommand = (session, args, reply) => {
  if (args.is(2, 'on')) {
    session.isMuted = false
    session.skipsThis = false
    reply.ok()
  } else if (args.is(2, 'off')) session.isMuted = true
  else if (args.is(2, 'skip')) session.skipsNext = !session.isMuted
  else reply.errorText(texts.syntax)
}

/** ON or OFF, for what changes nothing here and is shown in CLIENT LIST. */
function onOff(set: (session: Session, isOn: boolean) => void): SessionCommand {
  return (session, args, reply) => {
    if (!args.is(2, 'on') && !args.is(2, 'off')) return reply.errorText(texts.syntax)
    set(session, args.is(2, 'on'))
    reply.ok()
  }
}

export const clientCommands: Readonly<Record<string, SessionCommand>> = {
  'client|id': id,
  'client|getname': getName,
  'client|setname': setName,
  'client|setinfo': setInfo,
  'client|info': info,
  'client|list': list,
  'client|kill': kill,
  'client|reply': replyMode,
  'client|no-evict': onOff((session, isOn) => {
    session.noEvict = isOn
  }),
  'client|no-touch': onOff((session, isOn) => {
    session.noTouch = isOn
  }),
}
