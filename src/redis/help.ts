import type { Arguments } from './arguments.ts'
import type { ReplyWriter } from './reply-writer.ts'
import { type CommandCategory, type CommandGroup, type CommandRow, sessionCommand } from './row.ts'

/** HELP of a container, built from the rows of its subcommands; they are asked for when a client asks. */
export function helpSubcommand(
  container: string,
  group: CommandGroup,
  categories: readonly CommandCategory[],
  subcommands: () => readonly CommandRow[],
  since = '5.0.0',
): CommandRow {
  return sessionCommand({
    name: `${container}|help`,
    arity: 2,
    flags: ['loading', 'stale'],
    categories,
    summary: 'Prints this help.',
    since,
    group,
    answer: (_args: Arguments, reply: ReplyWriter): void => {
      const lines = [`${container.toUpperCase()} <subcommand> [<arg> ...]. Subcommands are:`]
      for (const row of subcommands()) {
        lines.push(row.name.slice(container.length + 1).toUpperCase(), `    ${row.summary}`)
      }
      reply.array(lines.length)
      for (const line of lines) reply.simple(line)
    },
  })
}
