/**
 * The command line: what was typed becomes a plan, or a sentence that says what is wrong and what would be right. The
 * flags are made from the table of options; nothing is written twice.
 */
import { delimiter } from 'node:path'
import { parseArgs } from 'node:util'
import { SetUpError } from './base/index.ts'
import { type BenchOptions, benchFlags, benchHelp, readBenchOptions } from './bench/index.ts'
import { CTL_WORDS, type CtlWord } from './ctl-words.ts'
import { environmentName, flagName, type OptionName, optionTable } from './model/index.ts'

export type GivenOptions = Partial<Record<OptionName, string | readonly string[]>>

const logLevels = ['debug', 'info', 'warn', 'error'] as const
export type LogLevelName = (typeof logLevels)[number]

export type Plan =
  | { readonly command: 'serve'; readonly given: GivenOptions; readonly logLevel: LogLevelName }
  | {
      readonly command: 'ctl'
      readonly words: readonly string[]
      readonly url: string
      readonly password: string
      readonly asJson: boolean
      readonly loseData: boolean
    }
  | { readonly command: 'bench'; readonly options: BenchOptions }
  /** Help, or the version. */
  | { readonly command: 'print'; readonly text: string }

/** How --help groups the options; every option stands in exactly one. */
export const optionGroups: readonly { readonly title: string; readonly names: readonly OptionName[] }[] = [
  { title: 'Network', names: ['bind', 'port', 'httpPort', 'requirepass', 'maxClients', 'gateways'] },
  { title: 'Storage', names: ['dir', 'labels', 'stores', 'executors', 'replicas', 'memory'] },
  { title: 'Cells', names: ['cellSize', 'initialCells', 'splitPeers'] },
  {
    title: 'Clients',
    names: ['valueMax', 'clientQueryMax', 'clientOutputMax', 'requestTimeout', 'connectionOrder'],
  },
  { title: 'Raft', names: ['tick', 'electionTicks', 'sleepAfter'] },
  { title: 'Development', names: ['enableDebugCommand'] },
]

const COMMANDS = ['serve', 'bench', 'ctl'] as const
type Command = (typeof COMMANDS)[number]

/** Those of each command; a flag with a value takes the word after it as it was typed, `007` and `-x` too. */
const FLAGS: Readonly<Record<Command, readonly string[]>> = {
  serve: [...(Object.keys(optionTable) as OptionName[]).map(flagName), 'log-level'],
  bench: Object.keys(benchFlags),
  ctl: ['url', 'password', 'json', 'yes-lose-data'],
}
const FOR_ALL = ['help', 'version']
const WITHOUT_VALUE: Readonly<Record<Command, readonly string[]>> = {
  serve: FOR_ALL,
  bench: [...Object.keys(benchFlags).filter((name) => benchFlags[name]?.type === 'bare'), ...FOR_ALL],
  ctl: ['json', 'yes-lose-data', ...FOR_ALL],
}

export function readCommandLine(argv: readonly string[], environment: NodeJS.ProcessEnv, version: string): Plan {
  const { words, flags } = readWords(argv.slice(2))
  const [command, ...rest] = words as [Command | undefined, ...string[]]
  if (flags.has('help')) return { command: 'print', text: helpFor(command) }
  if (flags.has('version')) return { command: 'print', text: `cellarium ${version}` }
  if (command === undefined) {
    throw new SetUpError('say what to do first: cellarium serve, bench or ctl; cellarium --help tells more')
  }
  if (!COMMANDS.includes(command)) {
    throw new SetUpError(`there is no command '${command}'${suggestion(command, COMMANDS, '')}`)
  }
  for (const flag of flags.keys()) {
    if (!FLAGS[command].includes(flag)) {
      const given = flag.length === 1 ? `-${flag}` : `--${flag}`
      throw new SetUpError(`there is no flag ${given}${suggestion(flag, FLAGS[command], '--')}`)
    }
  }
  if (command !== 'ctl' && rest.length > 0) throw new SetUpError(`${command} takes only flags, and not '${rest[0]}'`)
  if (command === 'bench') {
    const given = new Map([...flags].map(([name, values]) => [name, values.at(-1) ?? '']))
    return { command, options: readBenchOptions(given, environment) }
  }
  if (command === 'serve') {
    return { command, given: givenOptions(flags, environment), logLevel: logLevelOf(flags, environment) }
  }
  const url = flags.get('url')?.at(-1) ?? environment.CELLARIUM_URL ?? 'http://127.0.0.1:6380'
  return {
    command,
    words: ctlWords(rest),
    url: url.replace(/\/$/, ''),
    password: flags.get('password')?.at(-1) ?? environment.CELLARIUM_REQUIREPASS ?? '',
    asJson: flags.has('json'),
    loseData: flags.has('yes-lose-data'),
  }
}

type Flags = ReadonlyMap<string, readonly string[]>

/** Not strict: the parser would refuse a value that begins with a dash, and knows no flag that was perhaps meant. */
function readWords(args: readonly string[]): { words: string[]; flags: Flags } {
  // Which flags take a value is the command's to say, and it stands before them.
  const command = COMMANDS.find((name) => name === args.find((word) => !word.startsWith('-'))) ?? 'serve'
  const bare = WITHOUT_VALUE[command]
  const valued = FLAGS[command].filter((flag) => !bare.includes(flag))
  const { tokens, positionals } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    options: {
      ...Object.fromEntries(valued.map((flag) => [flag, { type: 'string' }] as const)),
      ...Object.fromEntries(bare.map((flag) => [flag, { type: 'boolean' }] as const)),
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean', short: 'v' },
    },
  })
  const flags = new Map<string, string[]>()
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const values = flags.get(token.name) ?? []
    if (valued.includes(token.name)) {
      if (token.value === undefined) throw new SetUpError(`--${token.name} needs a value`)
      values.push(token.value)
    } else if (token.value !== undefined && bare.includes(token.name)) {
      throw new SetUpError(`--${token.name} takes no value`)
    }
    flags.set(token.name, values)
  }
  return { words: positionals, flags }
}

function givenOptions(flags: Flags, environment: NodeJS.ProcessEnv): GivenOptions {
  const given: GivenOptions = {}
  for (const name of Object.keys(optionTable) as OptionName[]) {
    const values = flags.get(flagName(name))
    const variable = environment[environmentName(name)]
    const repeatable = 'repeatable' in optionTable[name]
    if (values !== undefined) given[name] = repeatable ? values : (values.at(-1) as string)
    else if (variable !== undefined) given[name] = repeatable ? variable.split(delimiter) : variable
  }
  return given
}

function logLevelOf(flags: Flags, environment: NodeJS.ProcessEnv): LogLevelName {
  const level = flags.get('log-level')?.at(-1) ?? environment.CELLARIUM_LOG_LEVEL ?? 'info'
  if ((logLevels as readonly string[]).includes(level)) return level as LogLevelName
  throw new SetUpError(`--log-level is one of ${logLevels.join(', ')}, not '${level}'`)
}

function ctlWords(words: readonly string[]): readonly string[] {
  const [what, ...rest] = words
  const known = Object.keys(CTL_WORDS)
  if (what === undefined) throw new SetUpError(`say what: cellarium ctl ${known.join(' | ')}`)
  if (!known.includes(what)) throw new SetUpError(`ctl does not know '${what}'${suggestion(what, known, '')}`)
  const { takes, pattern } = CTL_WORDS[what] as CtlWord
  const many = takes.endsWith('…')
  if ((!many && rest.length > takes.split(' ').length) || !pattern.test(rest.join(' '))) {
    const usage =
      takes === '' ? 'no further words' : takes + (/CELL|STORE/.test(takes) ? ', where CELL and STORE are ids' : '')
    throw new SetUpError(`ctl ${what} takes ${usage}`)
  }
  return words
}

function suggestion(given: string, known: readonly string[], prefix: string): string {
  let best = ''
  let bestDistance = Math.max(2, Math.floor(given.length / 3)) + 1
  for (const name of known) {
    const distance = name.startsWith(given) ? 1 : editDistance(given, name)
    if (distance < bestDistance) {
      best = name
      bestDistance = distance
    }
  }
  return best === '' ? ': see --help' : `: did you mean ${prefix}${best}?`
}

/** Letters to add, drop or change to get from one word to the other. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}

const VALUE_WORDS: Readonly<Record<string, string>> = {
  text: 'TEXT',
  integer: 'N',
  bytes: 'BYTES',
  duration: 'TIME',
  flag: 'yes|no',
}

function helpFor(command: string | undefined): string {
  if (command === 'serve') return serveHelp()
  if (command === 'bench') return benchHelp()
  return command === 'ctl' ? ctlHelp() : programHelp()
}

function programHelp(): string {
  return `cellarium: a Redis-protocol key-value store that uses every core and loses nothing

Usage
  $ cellarium serve     serve Redis clients
  $ cellarium bench     measure a server, running or our own
  $ cellarium ctl       look at a running server, and give it orders
  $ cellarium serve --help, cellarium bench --help, cellarium ctl --help
  $ cellarium --version`
}

function serveHelp(): string {
  const line = (flag: string, summary: string) => `  ${flag.padEnd(32)} ${summary}`
  const groups = optionGroups.map(({ title, names }) => {
    const lines = names.map((name) => {
      const row = optionTable[name]
      const word = typeof row.type === 'string' ? VALUE_WORDS[row.type] : row.type.join('|')
      const otherwise = row.default === '' ? '' : ` (default: ${row.default})`
      return line(`--${flagName(name)} ${word}`, row.summary + otherwise)
    })
    return [title, ...lines].join('\n')
  })
  return `cellarium serve: serve Redis clients

Usage
  $ cellarium serve                      # data in ./data, redis on 127.0.0.1:6379, http on 127.0.0.1:6380
  $ cellarium serve --dir /d1 --dir /d2  # one directory per disk

${groups.join('\n\n')}

Logs
${line(`--log-level ${logLevels.join('|')}`, 'to stderr, as JSON (default: info)')}

Values
  BYTES as in redis.conf: 1kb is 1024, 1k is 1000, 96mb, 4gb. TIME: 50ms, 5s, 1m, 1h.
  Every flag can stand in the environment: --cell-size as CELLARIUM_CELL_SIZE.

Exit codes
  0 stopped as asked · 1 wrong usage or set-up, or too little room · 2 stopped by a failed sync, or by damage`
}

function ctlHelp(): string {
  const words = Object.entries(CTL_WORDS).map(([word, { takes, summary }]) => {
    return `  ${`${word} ${takes}`.padEnd(28)} ${summary}`
  })
  return `cellarium ctl: look at a running server, and give it orders

Usage
  $ cellarium ctl cells
  $ cellarium ctl transfer-leader 2 3

What
${words.join('\n')}

Options
  --url URL            where its HTTP is (default: http://127.0.0.1:6380; also CELLARIUM_URL)
  --password PASSWORD  of the server (better: CELLARIUM_REQUIREPASS, which no process list shows)
  --json               print JSON, for programs
  --yes-lose-data      with unsafe-recover: do it`
}
