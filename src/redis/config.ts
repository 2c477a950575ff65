import type { Arguments } from './arguments.ts'
import { helpSubcommand } from './help.ts'
import type { ReplyWriter } from './reply-writer.ts'
import { type CommandRow, sessionCommand } from './row.ts'

function answerRewrite(_args: Arguments, reply: ReplyWriter): void {
  reply.error('ERR', 'The server is running without a config file')
}

export const config: CommandRow = sessionCommand({
  name: 'config',
  arity: -2,
  flags: [],
  summary: 'Contains the commands about settings.',
  since: '2.0.0',
  group: 'server',
  complexity: 'Depends on subcommand.',
  subcommands: [
    sessionCommand({
      name: 'config|get',
      arity: -3,
      flags: ['admin', 'noscript', 'loading', 'stale'],
      summary: 'Gives the settings whose names fit one of the patterns.',
      since: '2.0.0',
      group: 'server',
      complexity: 'O(N) for N patterns',
    }),
    helpSubcommand('config', 'server', [], () => config.subcommands),
    sessionCommand({
      name: 'config|resetstat',
      arity: 2,
      flags: ['admin', 'noscript', 'loading', 'stale'],
      summary: 'Begins anew to count what INFO tells.',
      since: '2.0.0',
      group: 'server',
    }),
    sessionCommand({
      name: 'config|rewrite',
      arity: 2,
      flags: ['admin', 'noscript', 'loading', 'stale'],
      summary: 'Refused: settings are given by flags, and there is no file of them.',
      since: '2.8.0',
      group: 'server',
      answer: answerRewrite,
    }),
    sessionCommand({
      name: 'config|set',
      arity: -4,
      flags: ['admin', 'noscript', 'loading', 'stale'],
      tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
      summary: 'Changes settings while the server runs.',
      since: '2.0.0',
      group: 'server',
      complexity: 'O(N) for N settings',
    }),
  ],
})
