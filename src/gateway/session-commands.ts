import { assert } from '../base/index.ts'
import { type CommandRow, commandReply, commands } from '../redis/index.ts'
import { clientCommands } from './client-commands.ts'
import { connectionCommands } from './connection-commands.ts'
import { info } from './info.ts'
import type { SessionCommand } from './server.ts'
import { serverCommands } from './server-commands.ts'

const byName: Readonly<Record<string, SessionCommand>> = {
  ...connectionCommands,
  ...clientCommands,
  ...serverCommands,
  info,
}

const byRow = new Map<CommandRow, SessionCommand>()

for (const row of commands) for (const each of [row, ...row.subcommands]) enter(each)

function enter(row: CommandRow): void {
  if (row.where !== 'session') return
  // COMMAND's own rows bring no code: their replies need the whole table.
  const answer = row.answer ?? (/^command\b/.test(row.name) ? commandReply : null)
  const own = byName[row.name]
  if (own !== undefined) byRow.set(row, own)
  else if (answer !== null) byRow.set(row, (_session, args, reply) => answer(args, reply))
}

/** What answers a command of the sort that needs no cell. */
export function handlerOf(row: CommandRow): SessionCommand {
  const handler = byRow.get(row)
  assert(handler !== undefined, 'every session command has its code')
  return handler
}
