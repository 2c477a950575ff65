import type { Arguments } from './arguments.ts'
import type { ReplyWriter } from './reply-writer.ts'
import { type CommandFlag, sessionCommand } from './row.ts'

const BEFORE_PASSWORD: readonly CommandFlag[] = ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy']

export const auth = sessionCommand({
  name: 'auth',
  arity: -2,
  flags: BEFORE_PASSWORD,
  categories: ['connection'],
  summary: 'Gives the password.',
  since: '1.0.0',
  group: 'connection',
})

function answerEcho(args: Arguments, reply: ReplyWriter): void {
  reply.bulk(args.buffer, args.start(1), args.end(1))
}

export const echo = sessionCommand({
  name: 'echo',
  arity: 2,
  flags: ['loading', 'stale', 'fast'],
  categories: ['connection'],
  summary: 'Gives back its argument.',
  since: '1.0.0',
  group: 'connection',
  answer: answerEcho,
})

export const hello = sessionCommand({
  name: 'hello',
  arity: -1,
  flags: BEFORE_PASSWORD,
  categories: ['connection'],
  summary: 'Chooses the protocol, may give a password and a name, and tells about the server.',
  since: '6.0.0',
  group: 'connection',
})

export const ping = sessionCommand({
  name: 'ping',
  arity: -1,
  flags: ['fast'],
  categories: ['connection'],
  tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
  summary: 'Answers PONG, or its argument.',
  since: '1.0.0',
  group: 'connection',
})

export const quit = sessionCommand({
  name: 'quit',
  arity: -1,
  flags: BEFORE_PASSWORD,
  categories: ['connection'],
  summary: 'Closes the connection, after OK.',
  since: '1.0.0',
  group: 'connection',
})

export const reset = sessionCommand({
  name: 'reset',
  arity: 1,
  flags: BEFORE_PASSWORD,
  categories: ['connection'],
  summary: 'Makes the connection as if it were new.',
  since: '6.2.0',
  group: 'connection',
})

export const select = sessionCommand({
  name: 'select',
  arity: 2,
  flags: ['loading', 'stale', 'fast'],
  categories: ['connection'],
  summary: 'Chooses a database; there is one, and its number is 0.',
  since: '1.0.0',
  group: 'connection',
})
