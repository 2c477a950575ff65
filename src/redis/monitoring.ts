import type { Arguments } from './arguments.ts'
import { helpSubcommand } from './help.ts'
import type { ReplyWriter } from './reply-writer.ts'
import { type Answer, type CommandFlag, type CommandRow, sessionCommand } from './row.ts'
import { quoted } from './texts.ts'

/**
 * SLOWLOG and LATENCY, as of a Redis that was told to record neither: which is what `slowlog-log-slower-than` says.
 * Tools that watch servers ask for them, and go on when there is nothing.
 */

function answerNothing(_args: Arguments, reply: ReplyWriter): void {
  reply.array(0)
}

function answerZero(_args: Arguments, reply: ReplyWriter): void {
  reply.integer(0)
}

function answerOk(_args: Arguments, reply: ReplyWriter): void {
  reply.ok()
}

function answerSlowlogGet(args: Arguments, reply: ReplyWriter): void {
  if (args.count > 3) {
    const word = quoted(args, 1, 128)
    reply.error('ERR', `unknown subcommand or wrong number of arguments for '${word}'. Try SLOWLOG HELP.`)
    return
  }
  const count = args.count === 2 ? -1 : args.integer(2)
  if (count === null || count < -1) reply.error('ERR', 'count should be greater than or equal to -1')
  else reply.array(0)
}

function slowlogSubcommand(
  word: string,
  arity: number,
  tips: readonly string[],
  summary: string,
  answer: Answer,
): CommandRow {
  return sessionCommand({
    name: `slowlog|${word}`,
    arity,
    flags: ['admin', 'loading', 'stale'],
    tips: ['request_policy:all_nodes', ...tips],
    summary,
    since: '2.2.12',
    group: 'server',
    answer,
  })
}

const VARIES = 'nondeterministic_output'
const ALL_SUCCEED = 'response_policy:all_succeeded'

export const slowlog: CommandRow = sessionCommand({
  name: 'slowlog',
  arity: -2,
  flags: [],
  summary: 'Contains the commands about the log of slow commands, which is empty.',
  since: '2.2.12',
  group: 'server',
  complexity: 'Depends on subcommand.',
  subcommands: [
    slowlogSubcommand('get', -2, [VARIES], 'Gives no commands: none are recorded.', answerSlowlogGet),
    helpSubcommand('slowlog', 'server', [], () => slowlog.subcommands, '6.2.0'),
    slowlogSubcommand('len', 2, ['response_policy:agg_sum', VARIES], 'Gives 0: none are recorded.', answerZero),
    slowlogSubcommand('reset', 2, [ALL_SUCCEED], 'Answers OK: nothing is recorded.', answerOk),
  ],
})

const ADMIN: readonly CommandFlag[] = ['admin', 'noscript', 'loading', 'stale']
const SPECIAL: readonly string[] = [VARIES, 'request_policy:all_nodes', 'response_policy:special']

function latencySubcommand(
  word: string,
  arity: number,
  since: string,
  tips: readonly string[],
  summary: string,
  answer: Answer,
): CommandRow {
  return sessionCommand({
    name: `latency|${word}`,
    arity,
    flags: ADMIN,
    tips,
    summary,
    since,
    group: 'server',
    answer,
  })
}

function answerHistogram(_args: Arguments, reply: ReplyWriter): void {
  reply.map(0)
}

/** Redis's, when it was told to record nothing, says so in the words of a film. */
function answerLatencyDoctor(_args: Arguments, reply: ReplyWriter): void {
  reply.verbatim('txt', 'No delays are recorded, so there is nothing to say of them. cellarium bench measures them.\n')
}

function answerGraph(args: Arguments, reply: ReplyWriter): void {
  reply.error('ERR', `No samples available for event '${quoted(args, 2)}'`)
}

export const latency: CommandRow = sessionCommand({
  name: 'latency',
  arity: -2,
  flags: [],
  summary: 'Contains the commands about delays, of which none are recorded.',
  since: '2.8.13',
  group: 'server',
  complexity: 'Depends on subcommand.',
  subcommands: [
    latencySubcommand('doctor', 2, '2.8.13', SPECIAL, 'Tells that nothing is recorded.', answerLatencyDoctor),
    latencySubcommand('graph', 3, '2.8.13', SPECIAL, 'Refused: there are no samples.', answerGraph),
    helpSubcommand('latency', 'server', [], () => latency.subcommands, '2.8.13'),
    latencySubcommand('histogram', -2, '7.0.0', SPECIAL, 'Gives no commands: none are measured.', answerHistogram),
    latencySubcommand('history', 3, '2.8.13', SPECIAL, 'Gives no samples: none are recorded.', answerNothing),
    latencySubcommand('latest', 2, '2.8.13', SPECIAL, 'Gives no events: none are recorded.', answerNothing),
    latencySubcommand(
      'reset',
      -2,
      '2.8.13',
      ['request_policy:all_nodes', ALL_SUCCEED],
      'Gives 0, the number of events that were forgotten.',
      answerZero,
    ),
  ],
})
