/** What crosses between a program and the connection its cluster has inside: words of commands, options, replies. */
import { CellariumError, checkOptions, type ErrorCode, errorCodes, latin1, shown } from '../base/index.ts'
import { commandBytes, Push, ReplyError, type RequestLimits, type Reply as WireReply } from '../redis/index.ts'
import type { Reply, SetOptions } from './embedded-types.ts'
import type { CommandPart } from './in-process.ts'

/**
 * What would leave the one connection of all commands without a reply, or with replies of another kind, or end it: so do
 * words of browsers.
 */
const OF_CONNECTIONS = /^(quit|reset|hello|post|host:|client reply|client kill)$/i

/**
 * Before it is sent: replies find their commands by their order alone, so nothing may go that gets none, and what the
 * parser at the other end takes for no command would end the connection, and leave all others without theirs.
 */
export function refuseUnsound(parts: readonly CommandPart[], limits: RequestLimits): void {
  if (parts.length === 0) throw new CellariumError('ERR', 'a command begins with its name')
  for (const part of parts) {
    if (typeof part === 'string' || typeof part === 'number' || typeof part === 'bigint') continue
    if (part instanceof Uint8Array) continue
    throw new TypeError(`keys, values and other words of a command are text, numbers or bytes, not ${typeof part}`)
  }
  refuseLarge(parts, limits)
  const word = wordOf(parts[0])
  if (word.length > 6) return
  const asked = word.toLowerCase() === 'client' ? `${word} ${wordOf(parts[1])}` : word
  if (OF_CONNECTIONS.test(asked)) throw new CellariumError('ERR', `${asked} is for a connection, and here is none`)
}

function refuseLarge(parts: readonly CommandPart[], { queryBytesMax, argumentBytesMax }: RequestLimits): void {
  const bytes = commandBytes(parts)
  if (bytes > queryBytesMax) {
    throw new CellariumError(
      'TOOBIG',
      `a command of ${bytes} bytes is larger than clientQueryMax, ${queryBytesMax} bytes`,
    )
  }
  if (bytes <= argumentBytesMax) return
  for (const part of parts) {
    const length = part instanceof Uint8Array ? part.length : Buffer.byteLength(String(part))
    if (length <= argumentBytesMax) continue
    throw new CellariumError('TOOBIG', `a word of a command has at most ${argumentBytesMax} bytes`)
  }
}

const SET_OPTIONS: Readonly<Record<keyof SetOptions, true>> = { expireMs: true, only: true }
const CONDITIONS = { absent: ['NX'], present: ['XX'] } as const

/** As Redis's SET has them. An option that is not one would be a promise that nobody keeps. */
export function setWords(options: SetOptions): CommandPart[] {
  checkOptions('set', options, SET_OPTIONS)
  const { expireMs, only } = options
  if (only !== undefined && !Object.hasOwn(CONDITIONS, only)) {
    throw new TypeError(`only is 'absent' or 'present', not ${shown(only)}`)
  }
  if (expireMs !== undefined && typeof expireMs !== 'number') {
    throw new TypeError(`expireMs is a number of milliseconds, not ${shown(expireMs)}`)
  }
  return [...(expireMs === undefined ? [] : ['PX', expireMs]), ...(only === undefined ? [] : CONDITIONS[only])]
}

function wordOf(part: CommandPart | undefined): string {
  return part instanceof Uint8Array ? latin1(part) : String(part)
}

/** Codes that are not in our table (Redis has many) keep their word in the message. */
export function asCellariumError(reply: ReplyError): CellariumError {
  if (!(reply.code in errorCodes)) return new CellariumError('ERR', reply.message)
  return new CellariumError(reply.code as ErrorCode, reply.message.slice(reply.code.length + 1))
}

export function asValue(reply: WireReply, isText: boolean): Reply {
  if (reply instanceof Uint8Array) {
    return isText ? Buffer.from(reply.buffer, reply.byteOffset, reply.byteLength).toString('utf8') : reply
  }
  if (reply instanceof ReplyError) return asCellariumError(reply)
  if (reply instanceof Push) return reply.values.map((item) => asValue(item, isText))
  if (Array.isArray(reply)) return reply.map((item) => asValue(item, isText))
  if (reply instanceof Set) return new Set([...reply].map((item) => asValue(item, isText)))
  if (reply instanceof Map) {
    return new Map([...reply].map(([key, value]) => [asValue(key, isText), asValue(value, isText)]))
  }
  return reply as Reply
}
