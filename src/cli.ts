/**
 * The command line: what was typed becomes a plan, or a sentence that says what is wrong and what would be right. The
 * flags are made from the table of options; nothing is written twice.
 */
import { delimiter } from 'node:path'
import { cac } from 'cac'
import { SetUpError } from './base/index.ts'
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
    }
  /** Help or the version was printed. */
  | { readonly command: 'none' }

/** How --help groups the options; every option stands in exactly one. */
export const optionGroups: readonly { readonly title: string; readonly names: readonly OptionName[] }[] = [
  { title: 'Network', names: ['bind', 'port', 'httpPort', 'requirepass', 'maxClients', 'gateways'] },
  { title: 'Storage', names: ['dir', 'stores', 'executors', 'replicas', 'memory'] },
  { title: 'Cells', names: ['cellSize', 'initialCells', 'splitPeers'] },
  {
    title: 'Clients',
    names: ['valueMax', 'clientQueryMax', 'clientOutputMax', 'requestTimeout', 'connectionOrder'],
  },
  { title: 'Raft', names: ['tick', 'electionTicks'] },
  { title: 'Development', names: ['enableDebugCommand'] },
]

const CTL_WORDS = {
  cells: 'cells, their ranges, peers and leaders',
  stores: 'stores, where they are and how they are',
  executors: 'threads and how busy they are',
  operators: 'what the placement driver is doing, and why',
  'transfer-leader': 'CELL STORE: lets that store lead the cell',
} as const

/**
 * A value keeps its text. The parser beneath reads `007` as a number and `-x` as a flag, so each value is tied to its
 * flag behind this mark, which no shell can pass, and freed from it afterwards.
 */
const MARK = '\u0000'
/** The parser may call it again on what it has returned. */
const unmarked = (value: unknown) => (String(value).startsWith(MARK) ? String(value).slice(1) : String(value))

export function readCommandLine(argv: readonly string[], environment: NodeJS.ProcessEnv, version: string): Plan {
  const cli = cac('cellarium')
  const valued = new Set<string>()
  const serve = cli.command('serve', 'Serve Redis clients').usage('serve [--dir DIR] [--port PORT] …')
  for (const name of Object.keys(optionTable) as OptionName[]) {
    valued.add(flagName(name))
    serve.option(`--${flagName(name)} <value>`, optionTable[name].summary, { type: [unmarked] })
  }
  valued.add('log-level')
  serve.option('--log-level <value>', logLevels.join(' | '), { type: [unmarked] })
  serve.example('cellarium serve --dir /var/lib/cellarium')
  serve.example('cellarium serve --dir /disk1/cellarium --dir /disk2/cellarium --executors 8')

  const ctl = cli.command('ctl [...words]', 'Look at a running server, and give it orders').usage('ctl WHAT [--json]')
  ctl.option('--url <value>', 'where its HTTP is (default: http://127.0.0.1:6380)', { type: [unmarked] })
  ctl.option('--password <value>', 'of the server (better: CELLARIUM_REQUIREPASS)', { type: [unmarked] })
  ctl.option('--json', 'print JSON, for programs')
  valued.add('url').add('password')

  cli.help((sections) =>
    cli.matchedCommandName === 'serve' ? serveHelp() : cli.matchedCommandName === 'ctl' ? ctlHelp() : sections,
  )
  cli.version(version)
  cli.parse(['', '', ...tieValues(argv.slice(2), valued)], { run: false })

  if (cli.options.help || (cli.options.version && cli.matchedCommandName === undefined)) return { command: 'none' }
  if (cli.matchedCommandName === undefined && cli.args.length === 0 && Object.keys(cli.options).length <= 1) {
    cli.outputHelp()
    throw new SetUpError('say what to do: cellarium serve, or cellarium ctl')
  }
  const command = cli.matchedCommandName
  if (command !== 'serve' && command !== 'ctl') {
    const word = cli.args[0]
    if (word === undefined) throw new SetUpError('say what to do first: cellarium serve, or cellarium ctl')
    throw new SetUpError(`there is no command '${word}'${suggestion(word, ['serve', 'ctl'], '')}`)
  }
  refuseUnknownFlags(cli.options, command === 'serve' ? serve.options : ctl.options)
  const flags = cli.options as Record<string, unknown>
  if (command === 'serve') {
    if (cli.args.length > 0) throw new SetUpError(`serve takes only flags, and not '${cli.args[0]}'`)
    return { command, given: givenOptions(flags, environment), logLevel: logLevelOf(flags, environment) }
  }
  const asked = lastOf(flags.url) ?? environment.CELLARIUM_URL ?? 'http://127.0.0.1:6380'
  return {
    command,
    words: ctlWords(cli.args),
    url: asked.replace(/\/$/, ''),
    password: lastOf(flags.password) ?? environment.CELLARIUM_REQUIREPASS ?? '',
    asJson: flags.json === true,
  }
}

/** `--port 1` becomes `--port=<mark>1`. */
function tieValues(words: readonly string[], valued: ReadonlySet<string>): string[] {
  const tied: string[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string
    if (word === '--') {
      tied.push(...words.slice(i))
      break
    }
    const equals = word.indexOf('=')
    const flag = word.startsWith('--') ? word.slice(2, equals < 0 ? undefined : equals) : ''
    if (!valued.has(flag)) {
      tied.push(word)
      continue
    }
    if (equals < 0 && i + 1 >= words.length) throw new SetUpError(`--${flag} needs a value`)
    const value = equals < 0 ? (words[++i] as string) : word.slice(equals + 1)
    tied.push(`--${flag}=${MARK}${value}`)
  }
  return tied
}

function refuseUnknownFlags(
  options: Record<string, unknown>,
  known: readonly { name: string; names: string[] }[],
): void {
  const names = known.flatMap((option) => option.names)
  for (const given of Object.keys(options)) {
    if (given === '--' || given === 'help' || given === 'h' || names.includes(given)) continue
    const flag = flagName(given)
    throw new SetUpError(`there is no flag --${flag}${suggestion(flag, names.map(flagName), '--')}`)
  }
}

function givenOptions(flags: Record<string, unknown>, environment: NodeJS.ProcessEnv): GivenOptions {
  const given: GivenOptions = {}
  for (const name of Object.keys(optionTable) as OptionName[]) {
    const values = flags[name]
    const variable = environment[environmentName(name)]
    const repeatable = 'repeatable' in optionTable[name]
    if (Array.isArray(values)) given[name] = repeatable ? (values as string[]) : (values.at(-1) as string)
    else if (variable !== undefined) given[name] = repeatable ? variable.split(delimiter) : variable
  }
  return given
}

function logLevelOf(flags: Record<string, unknown>, environment: NodeJS.ProcessEnv): LogLevelName {
  const level = lastOf(flags.logLevel) ?? environment.CELLARIUM_LOG_LEVEL ?? 'info'
  if ((logLevels as readonly string[]).includes(level)) return level as LogLevelName
  throw new SetUpError(`--log-level is one of ${logLevels.join(', ')}, not '${level}'`)
}

function ctlWords(words: readonly string[]): readonly string[] {
  const [what, ...rest] = words
  const known = Object.keys(CTL_WORDS)
  if (what === undefined) throw new SetUpError(`say what: cellarium ctl ${known.join(' | ')}`)
  if (!known.includes(what)) throw new SetUpError(`ctl does not know '${what}'${suggestion(what, known, '')}`)
  const wanted = what === 'transfer-leader' ? 2 : 0
  if (rest.length !== wanted || !rest.every((word) => /^\d+$/.test(word))) {
    throw new SetUpError(
      wanted === 0
        ? `ctl ${what} takes no further words`
        : 'ctl transfer-leader takes two ids: that of the cell and that of the store',
    )
  }
  return words
}

function lastOf(values: unknown): string | undefined {
  return Array.isArray(values) ? (values.at(-1) as string) : undefined
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

interface Section {
  title?: string
  body: string
}

const VALUE_WORDS: Readonly<Record<string, string>> = {
  text: 'TEXT',
  integer: 'N',
  bytes: 'BYTES',
  duration: 'TIME',
  flag: 'yes|no',
}

function serveHelp(): Section[] {
  const line = (flag: string, summary: string) => `  ${flag.padEnd(32)} ${summary}`
  const groups = optionGroups.map(({ title, names }): Section => {
    const body = names.map((name) => {
      const row = optionTable[name]
      const word = typeof row.type === 'string' ? VALUE_WORDS[row.type] : row.type.join('|')
      return line(
        `--${flagName(name)} ${word}`,
        row.default === '' ? row.summary : `${row.summary} (default: ${row.default})`,
      )
    })
    return { title, body: body.join('\n') }
  })
  return [
    { body: 'cellarium serve: serve Redis clients' },
    {
      title: 'Usage',
      body: '  $ cellarium serve                      # data in ./data, redis on 127.0.0.1:6379, http on 127.0.0.1:6380\n  $ cellarium serve --dir /d1 --dir /d2  # one directory per disk',
    },
    ...groups,
    { title: 'Logs', body: line(`--log-level ${logLevels.join('|')}`, 'to stderr, as JSON (default: info)') },
    {
      title: 'Values',
      body: '  BYTES as in redis.conf: 1kb is 1024, 1k is 1000, 96mb, 4gb. TIME: 50ms, 5s, 1m, 1h.\n  Every flag can stand in the environment: --cell-size as CELLARIUM_CELL_SIZE.',
    },
    {
      title: 'Exit codes',
      body: '  0 stopped as asked · 1 wrong usage or set-up · 2 stopped by a failed sync or by damage',
    },
  ]
}

function ctlHelp(): Section[] {
  const words = Object.entries(CTL_WORDS).map(([word, summary]) => `  ${word.padEnd(18)} ${summary}`)
  return [
    { body: 'cellarium ctl: look at a running server, and give it orders' },
    { title: 'Usage', body: '  $ cellarium ctl cells\n  $ cellarium ctl transfer-leader 2 3' },
    { title: 'What', body: words.join('\n') },
    {
      title: 'Options',
      body: '  --url URL            where its HTTP is (default: http://127.0.0.1:6380; also CELLARIUM_URL)\n  --password PASSWORD  of the server (better: CELLARIUM_REQUIREPASS, which no process list shows)\n  --json               print JSON, for programs',
    },
  ]
}
