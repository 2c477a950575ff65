import type { Arguments } from './arguments.ts'
import { matchGlob } from './glob.ts'
import type { ReplyWriter } from './reply-writer.ts'
import type { CommandRow } from './row.ts'
import { commands, lookupAt } from './table.ts'
import { texts } from './texts.ts'

const visible = commands.filter((row) => !row.internal)
const visibleByName = new Map<string, CommandRow>()
for (const row of visible) {
  visibleByName.set(row.name, row)
  for (const subcommand of row.subcommands) visibleByName.set(subcommand.name, subcommand)
}

/** Answers COMMAND and its subcommands, after `lookupCommand` and `checkArity` have passed. */
export function commandReply(args: Arguments, reply: ReplyWriter): void {
  if (args.count === 1) infos(visible, reply)
  else if (args.is(1, 'count')) reply.integer(visible.length)
  else if (args.is(1, 'info')) {
    if (args.count === 2) infos(visible, reply)
    else infos(named(args), reply)
  } else if (args.is(1, 'docs')) docs(args.count === 2 ? visible : named(args), reply)
  else if (args.is(1, 'list')) list(args, reply)
  else getKeys(args, reply)
}

/** The rows that arguments 2 and on name, `client|id` for a subcommand. */
function named(args: Arguments): (CommandRow | undefined)[] {
  const rows: (CommandRow | undefined)[] = []
  for (let i = 2; i < args.count; i++) rows.push(visibleByName.get(args.latin1(i).toLowerCase()))
  return rows
}

function infos(rows: readonly (CommandRow | undefined)[], reply: ReplyWriter): void {
  reply.array(rows.length)
  for (const row of rows) {
    if (row === undefined) reply.nil()
    else info(row, reply)
  }
}

function info(row: CommandRow, reply: ReplyWriter): void {
  reply.array(10)
  reply.bulkText(row.name)
  reply.integer(row.arity)
  reply.set(row.flags.length)
  for (const flag of row.flags) reply.simple(flag)
  reply.integer(row.firstKey)
  reply.integer(row.lastKey)
  reply.integer(row.keyStep)
  reply.set(row.categories.length)
  for (const category of row.categories) reply.simple(`@${category}`)
  reply.set(row.tips.length)
  for (const tip of row.tips) reply.bulkText(tip)
  keySpecifications(row, reply)
  reply.set(row.subcommands.length)
  for (const subcommand of row.subcommands) info(subcommand, reply)
}

/** One for all keys; or one for each of two, when different things are done to them. */
function keySpecifications(row: CommandRow, reply: ReplyWriter): void {
  if (row.firstKey === 0) reply.set(0)
  else if (row.secondKeyFlags.length === 0) {
    reply.set(1)
    keySpecification(row, row.keyFlags, row.firstKey, row.lastKey, reply)
  } else {
    reply.set(2)
    keySpecification(row, row.keyFlags, row.firstKey, row.firstKey, reply)
    keySpecification(row, row.secondKeyFlags, row.lastKey, row.lastKey, reply)
  }
}

/** Redis tells the last key counted from the first one, unless it counts from the end. */
function keySpecification(
  row: CommandRow,
  flags: readonly string[],
  first: number,
  last: number,
  reply: ReplyWriter,
): void {
  reply.map(row.keyNotes === '' ? 3 : 4)
  if (row.keyNotes !== '') {
    reply.bulkText('notes')
    reply.bulkText(row.keyNotes)
  }
  reply.bulkText('flags')
  reply.set(flags.length)
  for (const flag of flags) reply.simple(flag)
  reply.bulkText('begin_search')
  reply.map(2)
  reply.bulkText('type')
  reply.bulkText('index')
  reply.bulkText('spec')
  reply.map(1)
  reply.bulkText('index')
  reply.integer(first)
  reply.bulkText('find_keys')
  reply.map(2)
  reply.bulkText('type')
  reply.bulkText('range')
  reply.bulkText('spec')
  reply.map(3)
  reply.bulkText('lastkey')
  reply.integer(last < 0 ? last : last - first)
  reply.bulkText('keystep')
  reply.integer(row.keyStep)
  reply.bulkText('limit')
  reply.integer(0)
}

/** Names that are unknown are left out. */
function docs(rows: readonly (CommandRow | undefined)[], reply: ReplyWriter): void {
  const known = rows.filter((row) => row !== undefined)
  reply.map(known.length)
  for (const row of known) {
    reply.bulkText(row.name)
    documentation(row, reply)
  }
}

function documentation(row: CommandRow, reply: ReplyWriter): void {
  reply.map(row.subcommands.length === 0 ? 4 : 5)
  reply.bulkText('summary')
  reply.bulkText(row.summary)
  reply.bulkText('since')
  reply.bulkText(row.since)
  reply.bulkText('group')
  reply.bulkText(row.group)
  reply.bulkText('complexity')
  reply.bulkText(row.complexity)
  if (row.subcommands.length === 0) return
  reply.bulkText('subcommands')
  docs(row.subcommands, reply)
}

function list(args: Arguments, reply: ReplyWriter): void {
  if (args.count === 2) {
    writeNames(visible, reply)
    return
  }
  if (args.count !== 5 || !args.is(2, 'filterby')) {
    reply.errorText(texts.syntax)
    return
  }
  const filter = args.latin1(4)
  const all = [...visibleByName.values()]
  if (args.is(3, 'pattern')) {
    writeNames(
      all.filter((row) => matchGlob(filter, row.name, true)),
      reply,
    )
  } else if (args.is(3, 'aclcat')) {
    const wanted = filter.toLowerCase()
    writeNames(
      all.filter((row) => row.categories.some((category) => category === wanted)),
      reply,
    )
  } else if (args.is(3, 'module')) writeNames([], reply)
  else reply.errorText(texts.syntax)
}

function writeNames(rows: readonly CommandRow[], reply: ReplyWriter): void {
  reply.array(rows.length)
  for (const row of rows) reply.bulkText(row.name)
}

/** COMMAND GETKEYS, whose own arity makes sure of two words of a command at least. */
function getKeys(args: Arguments, reply: ReplyWriter): void {
  const row = lookupAt(args, 2)
  if (row === undefined || row.internal) {
    reply.error('ERR', 'Invalid command specified')
    return
  }
  if (row.firstKey === 0) {
    reply.error('ERR', 'The command has no key arguments')
    return
  }
  const count = args.count - 2
  if (row.arity >= 0 ? count !== row.arity : count < -row.arity) {
    reply.error('ERR', 'Invalid number of arguments specified for command')
    return
  }
  const end = row.lastKey >= 0 ? row.lastKey + 1 : count + row.lastKey + 1
  reply.array(Math.ceil((end - row.firstKey) / row.keyStep))
  for (let i = row.firstKey; i < end; i += row.keyStep) reply.bulk(args.buffer, args.start(i + 2), args.end(i + 2))
}
