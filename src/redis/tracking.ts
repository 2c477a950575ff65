import type { Arguments } from './arguments.ts'
import type { ReplyWriter } from './reply-writer.ts'
import type { Answer } from './row.ts'
import { quoted, texts } from './texts.ts'

/**
 * What CLIENT has for caches of clients and for holding clients up. Nobody is told here of keys that change, and nobody is
 * held up: what asks for either is refused by name, and what asks how it stands is told so.
 */

const NO_TRACKING =
  'ERR CLIENT TRACKING is not supported: this server tells no client of keys that change, so keep no cache of them'
const NO_PAUSE =
  'ERR CLIENT PAUSE is not supported: this server holds no client up; moving a leader, a copy or the whole process needs none'
const NOT_TRACKING =
  'ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled'

/** Options without a word behind them. */
const FLAGS = ['bcast', 'optin', 'optout', 'noloop'] as const

function trackingFault(args: Arguments): string | null {
  for (let i = 3; i < args.count; i++) {
    const isLast = i + 1 === args.count
    if (args.is(i, 'redirect') && !isLast) {
      if (args.integer(++i) === null) return texts.notInteger
    } else if (args.is(i, 'prefix') && !isLast) i++
    else if (!FLAGS.some((flag) => args.is(i, flag))) return texts.syntax
  }
  if (args.is(2, 'on')) return NO_TRACKING
  return args.is(2, 'off') ? null : texts.syntax
}

export const answerTracking: Answer = (args, reply) => {
  const fault = trackingFault(args)
  if (fault === null) reply.ok()
  else reply.errorText(fault)
}

export const answerCaching: Answer = (_args, reply) => reply.errorText(NOT_TRACKING)

export const answerGetRedirection: Answer = (_args, reply) => reply.integer(-1)

export const answerTrackingInfo: Answer = (_args, reply) => {
  reply.map(3)
  reply.bulkText('flags')
  reply.set(1)
  reply.bulkText('off')
  reply.bulkText('redirect')
  reply.integer(-1)
  reply.bulkText('prefixes')
  reply.array(0)
}

export const answerPause: Answer = (args, reply) => {
  if (args.count > 4) return wrongWords(args, reply)
  if (args.count === 4 && !args.is(3, 'write') && !args.is(3, 'all')) {
    return reply.error('ERR', 'CLIENT PAUSE mode must be WRITE or ALL')
  }
  const timeout = args.integer(2)
  if (timeout === null) reply.error('ERR', 'timeout is not an integer or out of range')
  else if (timeout < 0) reply.error('ERR', 'timeout is negative')
  else reply.errorText(NO_PAUSE)
}

/** As after an UNPAUSE, nobody is held up. */
export const answerUnpause: Answer = (_args, reply) => reply.ok()

/** Only WAIT lets a client wait here, and that for as long as it said itself. */
export const answerUnblock: Answer = (args, reply) => {
  if (args.count > 4) return wrongWords(args, reply)
  if (args.count === 4 && !args.is(3, 'timeout') && !args.is(3, 'error')) {
    reply.error('ERR', 'CLIENT UNBLOCK reason should be TIMEOUT or ERROR')
  } else if (args.integer(2) === null) reply.errorText(texts.notInteger)
  else reply.integer(0)
}

/** Words beyond the last one, where Redis counts them itself. */
function wrongWords(args: Arguments, reply: ReplyWriter): void {
  reply.error('ERR', `unknown subcommand or wrong number of arguments for '${quoted(args, 1, 128)}'. Try CLIENT HELP.`)
}
