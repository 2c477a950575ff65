import { helpSubcommand } from './help.ts'
import { type Answer, type CommandFlag, type CommandRow, sessionCommand } from './row.ts'
import {
  answerCaching,
  answerGetRedirection,
  answerPause,
  answerTracking,
  answerTrackingInfo,
  answerUnblock,
  answerUnpause,
} from './tracking.ts'

const PLAIN: readonly CommandFlag[] = ['noscript', 'loading', 'stale']
const ADMIN: readonly CommandFlag[] = ['admin', ...PLAIN]

interface Differing {
  readonly flags?: readonly CommandFlag[]
  readonly tips?: readonly string[]
  readonly complexity?: string
  readonly answer?: Answer
}

function subcommand(word: string, arity: number, since: string, summary: string, other: Differing = {}): CommandRow {
  return sessionCommand({
    name: `client|${word}`,
    arity,
    flags: other.flags ?? PLAIN,
    categories: ['connection'],
    tips: other.tips ?? [],
    summary,
    since,
    group: 'connection',
    complexity: other.complexity ?? 'O(1)',
    ...(other.answer === undefined ? {} : { answer: other.answer }),
  })
}

export const client: CommandRow = sessionCommand({
  name: 'client',
  arity: -2,
  flags: [],
  summary: 'Contains the commands about connections.',
  since: '2.4.0',
  group: 'connection',
  complexity: 'Depends on subcommand.',
  subcommands: [
    subcommand('caching', 3, '6.0.0', 'Refused: no connection is told of keys that change.', { answer: answerCaching }),
    subcommand('getname', 2, '2.6.9', 'Gives the name of this connection.'),
    subcommand('getredir', 2, '6.0.0', 'Gives -1: nothing is told to another connection.', {
      answer: answerGetRedirection,
    }),
    helpSubcommand('client', 'connection', ['connection'], () => client.subcommands),
    subcommand('id', 2, '5.0.0', 'Gives the number of this connection.'),
    subcommand('info', 2, '6.2.0', 'Describes this connection.', { tips: ['nondeterministic_output'] }),
    subcommand('kill', -3, '2.4.0', 'Closes connections that fit a filter.', {
      flags: ADMIN,
      complexity: 'O(N) for N connections',
    }),
    subcommand('list', -2, '2.4.0', 'Describes connections, one on each line.', {
      flags: ADMIN,
      tips: ['nondeterministic_output'],
      complexity: 'O(N) for N connections',
    }),
    subcommand('no-evict', 3, '7.0.0', 'Accepted: no connection is closed to gain memory here.', { flags: ADMIN }),
    subcommand('no-touch', 3, '7.2.0', 'Accepted: reads leave no trace here.'),
    subcommand('pause', -3, '2.9.50', 'Refused: no connection is held up.', { flags: ADMIN, answer: answerPause }),
    subcommand('reply', 3, '3.2.0', 'Turns replies off and on, or skips the next one.'),
    subcommand('setinfo', 4, '7.2.0', 'Tells the name and version of the client library.'),
    subcommand('setname', 3, '2.6.9', 'Names this connection.'),
    subcommand('tracking', -3, '6.0.0', 'OFF is accepted; ON is refused: no connection is told of keys that change.', {
      answer: answerTracking,
    }),
    subcommand('trackinginfo', 2, '6.2.0', 'Tells that no keys are tracked.', { answer: answerTrackingInfo }),
    subcommand('unblock', -3, '5.0.0', 'Gives 0: only WAIT blocks, and it ends by itself.', {
      flags: ADMIN,
      answer: answerUnblock,
    }),
    subcommand('unpause', 2, '6.2.0', 'Accepted: no connection is held up.', { flags: ADMIN, answer: answerUnpause }),
  ],
})
