import { helpSubcommand } from './help.ts'
import { type CommandRow, sessionCommand } from './row.ts'

const IN_ANY_ORDER = ['nondeterministic_output_order']

function subcommand(word: string, arity: number, since: string, complexity: string, summary: string): CommandRow {
  return sessionCommand({
    name: `command|${word}`,
    arity,
    flags: ['loading', 'stale'],
    categories: ['connection'],
    tips: word === 'info' || word === 'list' || word === 'docs' ? IN_ANY_ORDER : [],
    summary,
    since,
    group: 'server',
    complexity,
  })
}

/** Only rows: the replies need the whole table, and are in `command-reply.ts`, above it. */
export const command: CommandRow = sessionCommand({
  name: 'command',
  arity: -1,
  flags: ['loading', 'stale'],
  categories: ['connection'],
  tips: IN_ANY_ORDER,
  summary: 'Describes all commands.',
  since: '2.8.13',
  group: 'server',
  complexity: 'O(N) for N commands',
  subcommands: [
    subcommand('count', 2, '2.8.13', 'O(1)', 'Gives the number of commands.'),
    subcommand('docs', -2, '7.0.0', 'O(N) for N commands', 'Tells what commands are for.'),
    subcommand('getkeys', -4, '2.8.13', 'O(N) for N arguments', 'Gives the keys in a whole command.'),
    helpSubcommand('command', 'server', ['connection'], () => command.subcommands),
    subcommand('info', -2, '2.8.13', 'O(N) for N commands', 'Describes the commands named, or all.'),
    subcommand('list', -2, '7.0.0', 'O(N) for N commands', 'Gives the names of commands, which a filter may choose.'),
  ],
})
