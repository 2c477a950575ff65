import { helpSubcommand } from './help.ts'
import { type CommandRow, sessionCommand } from './row.ts'

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
