import type { Arguments } from './arguments.ts'
import type { Keyspace } from './keyspace.ts'
import type { ReplyWriter } from './reply-writer.ts'

/** Redis's flags, in the order in which COMMAND INFO lists them. */
const commandFlags = [
  'write',
  'readonly',
  'denyoom',
  'module',
  'admin',
  'pubsub',
  'noscript',
  'blocking',
  'loading',
  'stale',
  'skip_monitor',
  'skip_slowlog',
  'asking',
  'fast',
  'no_auth',
  'may_replicate',
  'no_async_loading',
  'no_multi',
  'allow_busy',
] as const
export type CommandFlag = (typeof commandFlags)[number]

/** Redis's ACL categories, in the order in which COMMAND INFO lists them. */
const commandCategories = [
  'keyspace',
  'read',
  'write',
  'set',
  'sortedset',
  'list',
  'hash',
  'string',
  'bitmap',
  'hyperloglog',
  'geo',
  'stream',
  'pubsub',
  'admin',
  'fast',
  'slow',
  'blocking',
  'dangerous',
  'connection',
  'transaction',
  'scripting',
] as const
export type CommandCategory = (typeof commandCategories)[number]

export type CommandGroup = 'string' | 'generic' | 'server' | 'connection' | 'cluster'

/**
 * How a command over several cells is cut, one command per cell, and how the replies are joined:
 * `none` not at all (CROSSCELL) · `sum` integers are added · `array` elements go back to their keys' places ·
 * `min` the least integer · `allOk` OK when all said OK · `least` the part with the least score, the first of its elements, is the reply.
 */
export type Spread = 'none' | 'sum' | 'array' | 'allOk' | 'least' | 'min'

/** Runs at the leader of a cell, on its working state. Writes exactly one reply. */
export type Execute = (args: Arguments, keyspace: Keyspace, reply: ReplyWriter) => void
/** Needs nothing but the table and its arguments. Writes exactly one reply. */
export type Answer = (args: Arguments, reply: ReplyWriter) => void

/** One command: all that any part of the server knows about it. Made by `cellCommand` and its sisters only. */
export interface CommandRow {
  /** Lower case; a subcommand has its container's name before it, as in `client|id`. */
  readonly name: string
  /** The number of arguments, the name included; negative: at least that many. */
  readonly arity: number
  readonly flags: readonly CommandFlag[]
  /** Index of the first key, 0 for none; of the last, negative from the end; and the distance between keys. */
  readonly firstKey: number
  readonly lastKey: number
  readonly keyStep: number
  /** ACL categories, those that follow from the flags included. */
  readonly categories: readonly CommandCategory[]
  readonly tips: readonly string[]
  /** What is done to the keys, as COMMAND INFO tells it. */
  readonly keyFlags: readonly string[]
  /** What is done to the second of two keys, where that is something else than to the first; else empty. */
  readonly secondKeyFlags: readonly string[]
  readonly keyNotes: string
  readonly summary: string
  readonly since: string
  readonly group: CommandGroup
  readonly complexity: string
  /**
   * `cell`: run by the leader of a cell. `session`: answered by the gateway, whose code is keyed by name. `walk`: made of
   * many steps over the cells, which the gateway takes.
   */
  readonly where: 'cell' | 'session' | 'walk'
  /** It may change the cell: the flag `write`, at hand. */
  readonly writes: boolean
  /** For the system range, never for clients, to whom it is an unknown command. */
  readonly internal: boolean
  /** It may see any key of its cell. Without keys it concerns all cells. */
  readonly wholeRange: boolean
  /** It looks at what there is in order, and not at keys by name. Others of other connections need not wait for it. */
  readonly walks: boolean
  readonly spread: Spread
  readonly subcommands: readonly CommandRow[]
  /** Set exactly when `where` is `cell`. */
  readonly execute: Execute | null
  /** Set for session commands that need no session. */
  readonly answer: Answer | null
}

interface Described {
  readonly name: string
  readonly arity: number
  readonly flags: readonly CommandFlag[]
  readonly categories?: readonly CommandCategory[]
  readonly tips?: readonly string[]
  readonly summary: string
  readonly since: string
  readonly group: CommandGroup
  readonly complexity?: string
}

interface CellCommand extends Described {
  /** `[first, last, step]`. */
  readonly keys?: readonly [number, number, number]
  readonly keyFlags?: readonly string[]
  readonly secondKeyFlags?: readonly string[]
  readonly keyNotes?: string
  readonly spread?: Spread
  readonly internal?: boolean
  readonly walks?: boolean
  readonly execute: Execute
}

interface SessionCommand extends Described {
  readonly answer?: Answer
  readonly subcommands?: readonly CommandRow[]
}

/** A command that the leader of a cell runs. Without keys it concerns the whole range. */
export function cellCommand(described: CellCommand): CommandRow {
  const keys = described.keys ?? [0, 0, 0]
  return row(described, {
    firstKey: keys[0],
    lastKey: keys[1],
    keyStep: keys[2],
    keyFlags: described.keyFlags ?? [],
    secondKeyFlags: described.secondKeyFlags ?? [],
    keyNotes: described.keyNotes ?? '',
    where: 'cell',
    internal: described.internal ?? false,
    wholeRange: keys[0] === 0 || described.walks === true,
    walks: described.walks ?? false,
    spread: described.spread ?? 'none',
    subcommands: [],
    execute: described.execute,
    answer: null,
  })
}

/** A command that the gateway answers. */
export function sessionCommand(described: SessionCommand): CommandRow {
  return keyless(described, 'session', described.subcommands ?? [], described.answer ?? null)
}

/** A command of which the gateway takes the steps. */
export function walkCommand(described: Described): CommandRow {
  return keyless(described, 'walk', [], null)
}

function keyless(
  described: Described,
  where: 'session' | 'walk',
  subcommands: readonly CommandRow[],
  answer: Answer | null,
): CommandRow {
  return row(described, {
    firstKey: 0,
    lastKey: 0,
    keyStep: 0,
    keyFlags: [],
    secondKeyFlags: [],
    keyNotes: '',
    where,
    internal: false,
    wholeRange: false,
    walks: false,
    spread: 'none',
    subcommands,
    execute: null,
    answer,
  })
}

type Derived = 'flags' | 'categories' | 'tips' | 'complexity' | 'writes'

/** One literal for all rows, so that they have one shape. */
function row(described: Described, rest: Omit<CommandRow, keyof Described | Derived>): CommandRow {
  return {
    name: described.name,
    arity: described.arity,
    flags: commandFlags.filter((flag) => described.flags.includes(flag)),
    firstKey: rest.firstKey,
    lastKey: rest.lastKey,
    keyStep: rest.keyStep,
    categories: categoriesOf(described),
    tips: described.tips ?? [],
    keyFlags: rest.keyFlags,
    secondKeyFlags: rest.secondKeyFlags,
    keyNotes: rest.keyNotes,
    summary: described.summary,
    since: described.since,
    group: described.group,
    complexity: described.complexity ?? 'O(1)',
    where: rest.where,
    writes: described.flags.includes('write'),
    internal: rest.internal,
    wholeRange: rest.wholeRange,
    walks: rest.walks,
    spread: rest.spread,
    subcommands: rest.subcommands,
    execute: rest.execute,
    answer: rest.answer,
  }
}

/** Some categories follow from flags; what is not fast is slow. */
function categoriesOf(described: Described): CommandCategory[] {
  const { flags } = described
  const all = new Set<CommandCategory>(described.categories)
  if (flags.includes('write')) all.add('write')
  if (flags.includes('readonly')) all.add('read')
  if (flags.includes('admin')) all.add('admin').add('dangerous')
  if (flags.includes('pubsub')) all.add('pubsub')
  if (flags.includes('blocking')) all.add('blocking')
  all.add(flags.includes('fast') ? 'fast' : 'slow')
  return commandCategories.filter((category) => all.has(category))
}
