/** What `cellarium bench` can be told: one row for each flag, of which reading and help are made. */
import { SetUpError } from '../base/index.ts'
import { parseBytes, parseDuration } from '../model/index.ts'
import { type CommandName, commandNames, type Mix, type Workload } from './workload.ts'

type FlagType = 'text' | 'integer' | 'number' | 'bytes' | 'duration' | 'bare' | readonly string[]

interface FlagRow {
  readonly type: FlagType
  readonly default: string
  readonly summary: string
  readonly min?: number
  readonly max?: number
}

const loadRows = {
  mix: { type: 'text', default: 'set', summary: 'commands and their weights: set, get, incr, append; set=1,get=9' },
  connections: { type: 'integer', default: '50', summary: 'clients', min: 1 },
  pipeline: { type: 'integer', default: '1', summary: 'commands that a client sends in one write', min: 1 },
  keys: { type: 'integer', default: '100000', summary: 'size of the key space', min: 1 },
  distribution: { type: ['uniform', 'zipfian'], default: 'uniform', summary: 'how keys are drawn' },
  zipf: { type: 'number', default: '0.99', summary: "the exponent of Zipf's law, below 1", min: 0.01 },
  'value-size': { type: 'bytes', default: '64', summary: 'of SET and APPEND', min: 1 },
  rate: {
    type: 'integer',
    default: '0',
    summary: 'commands per second, sent at their time; 0: as fast as answered',
    min: 0,
  },
  duration: { type: 'duration', default: '10s', summary: 'how long is measured', min: 1 },
  'warm-up': { type: 'duration', default: '3s', summary: 'how long the load runs before', min: 0 },
  fill: {
    type: ['auto', 'yes', 'no'],
    default: 'auto',
    summary: 'set every key once before; auto: when the mix has GET',
  },
  spread: { type: 'bare', default: '', summary: 'keys begin with evenly divided bytes, as suits many --initial-cells' },
  threads: {
    type: 'integer',
    default: '',
    summary: 'of the load generator (default: by connections and cores)',
    min: 1,
  },
  rounds: { type: 'integer', default: '1', summary: 'measurements of each; the median counts', min: 1 },
} as const satisfies Record<string, FlagRow>

const serverRows = {
  host: { type: 'text', default: '127.0.0.1', summary: 'of the running server' },
  port: { type: 'integer', default: '6379', summary: 'of the running server', min: 1, max: 65535 },
  password: { type: 'text', default: '', summary: 'of the running server (better: CELLARIUM_REQUIREPASS)' },
} as const satisfies Record<string, FlagRow>

const embeddedRows = {
  embedded: {
    type: 'bare',
    default: '',
    summary: 'start servers of our own, one after the other, in fresh directories',
  },
  executors: { type: 'text', default: '', summary: 'numbers of worker threads to compare: 1,2,4 (default: the cores)' },
  replicas: { type: 'integer', default: '3', summary: 'copies of each cell', min: 1 },
  stores: { type: 'integer', default: '', summary: 'as of serve', min: 1 },
  'initial-cells': { type: 'integer', default: '1', summary: 'as of serve', min: 1 },
  memory: { type: 'text', default: '', summary: 'as of serve' },
  dir: {
    type: 'text',
    default: '',
    summary: "in which directories are made (default: the system's for temporary files)",
  },
} as const satisfies Record<string, FlagRow>

const outputRows = {
  json: { type: 'text', default: '', summary: 'FILE to write all figures to' },
  svg: { type: 'text', default: '', summary: 'FILE to draw a picture to' },
} as const satisfies Record<string, FlagRow>

const rows = { ...loadRows, ...serverRows, ...embeddedRows, ...outputRows }
type FlagName = keyof typeof rows

export const benchFlags: Readonly<Record<string, FlagRow>> = rows

export interface BenchOptions {
  readonly workload: Workload
  readonly durationMs: number
  readonly warmUpMs: number
  readonly fill: boolean
  /** Null: as many as suit. */
  readonly threads: number | null
  readonly rounds: number
  readonly target: { readonly host: string; readonly port: number; readonly password: string }
  /** Null: a running server is measured. */
  readonly embedded: {
    /** Empty: one server, with an executor per core. */
    readonly executors: readonly number[]
    readonly replicas: number
    /** Further flags of serve. */
    readonly flags: readonly string[]
    /** Empty: the system's. */
    readonly dir: string
  } | null
  readonly jsonFile: string
  readonly svgFile: string
}

/** `given`: flags as they were typed, bare ones with an empty text. */
export function readBenchOptions(given: ReadonlyMap<string, string>, environment: NodeJS.ProcessEnv): BenchOptions {
  const text = (name: FlagName): string => given.get(name) ?? rows[name].default
  const number = (name: FlagName): number => numberOf(name, text(name))
  const optional = (name: FlagName): readonly string[] => (text(name) === '' ? [] : [`--${name}`, text(name)])
  const isEmbedded = given.has('embedded')
  for (const name of Object.keys(isEmbedded ? serverRows : embeddedRows)) {
    if (!given.has(name)) continue
    const why = isEmbedded
      ? 'is of a running server, and --embedded starts its own'
      : 'is of a server of our own: add --embedded'
    throw new SetUpError(`--${name} ${why}`)
  }
  const mix = mixOf(text('mix'))
  const theta = number('zipf')
  if (theta >= 1) throw new SetUpError(`--zipf is below 1, not ${theta}`)
  const fill = oneOf('fill', text('fill'))
  return {
    workload: {
      mix,
      connections: number('connections'),
      pipeline: number('pipeline'),
      keys: number('keys'),
      distribution: oneOf('distribution', text('distribution')) as 'uniform' | 'zipfian',
      zipfTheta: theta,
      valueBytes: number('value-size'),
      spread: given.has('spread'),
      ratePerSecond: number('rate'),
    },
    durationMs: number('duration'),
    warmUpMs: number('warm-up'),
    fill: fill === 'yes' || (fill === 'auto' && mix.get !== undefined),
    threads: given.has('threads') ? number('threads') : null,
    rounds: number('rounds'),
    target: {
      host: text('host'),
      port: number('port'),
      password: given.get('password') ?? environment.CELLARIUM_REQUIREPASS ?? '',
    },
    embedded: isEmbedded
      ? {
          executors: text('executors') === '' ? [] : text('executors').split(',').map(executorCount),
          replicas: number('replicas'),
          flags: [...optional('stores'), ...optional('initial-cells'), ...optional('memory')],
          dir: text('dir'),
        }
      : null,
    jsonFile: text('json'),
    svgFile: text('svg'),
  }
}

function numberOf(name: FlagName, text: string): number {
  const row: FlagRow = rows[name]
  const plain = row.type === 'number' ? /^\d+(\.\d+)?$/ : /^\d+$/
  const value =
    row.type === 'bytes'
      ? parseBytes(text)
      : row.type === 'duration'
        ? parseDuration(text)
        : plain.test(text)
          ? Number(text)
          : null
  if (value === null || !Number.isFinite(value)) {
    const example = { bytes: 'a size such as 64 or 1kb', duration: 'a time such as 500ms or 10s', number: 'a number' }
    const what = example[row.type as keyof typeof example] ?? 'a whole number'
    throw new SetUpError(`--${name} is ${what}, not '${text}'`)
  }
  if (row.min !== undefined && value < row.min) throw new SetUpError(`--${name} is at least ${row.min}, not ${text}`)
  if (row.max !== undefined && value > row.max) throw new SetUpError(`--${name} is at most ${row.max}, not ${text}`)
  return value
}

function oneOf(name: FlagName, text: string): string {
  const choices = rows[name].type as readonly string[]
  if (choices.includes(text)) return text
  throw new SetUpError(`--${name} is one of ${choices.join(', ')}, not '${text}'`)
}

function executorCount(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text)
  throw new SetUpError(`--executors is a list of numbers such as 1,2,4, and has '${text}'`)
}

function mixOf(text: string): Mix {
  const mix: Partial<Record<CommandName, number>> = {}
  for (const part of text.toLowerCase().split(',')) {
    const [, name, weight = '1'] = /^([a-z]+)(?:=(\d+))?$/.exec(part) ?? []
    if (!(commandNames as readonly (string | undefined)[]).includes(name) || Number(weight) === 0) {
      throw new SetUpError(`--mix is like set or set=1,get=9, of ${commandNames.join(', ')}; it has '${part}'`)
    }
    if (Object.hasOwn(mix, name as CommandName)) throw new SetUpError(`--mix has ${name} twice`)
    mix[name as CommandName] = Number(weight)
  }
  return mix
}

const VALUE_WORDS: Readonly<Record<string, string>> = {
  text: 'TEXT',
  integer: 'N',
  number: 'X',
  bytes: 'BYTES',
  duration: 'TIME',
}

export function benchHelp(): string {
  const group = (title: string, of: Readonly<Record<string, FlagRow>>): string => {
    const lines = Object.entries(of).map(([name, row]) => {
      const word = typeof row.type === 'string' ? (VALUE_WORDS[row.type] ?? '') : row.type.join('|')
      const otherwise = row.default === '' ? '' : ` (default: ${row.default})`
      return `  ${`--${name} ${word}`.trimEnd().padEnd(32)} ${row.summary}${otherwise}`
    })
    return [title, ...lines].join('\n')
  }
  return `cellarium bench: how much a server does, how fast it answers, and what that costs it

Usage
  $ cellarium bench                                   # SETs, on the server at 127.0.0.1:6379
  $ cellarium bench --mix set=1,get=9 --pipeline 16   # one write to nine reads, 16 commands in each write to the socket
  $ cellarium bench --embedded --executors 1,2,4      # servers of our own: how it scales with threads
  $ cellarium bench --rate 20000 --duration 10m       # at a fixed rate: what a client waits when the server stalls

It works with any server that speaks the protocol; what only Cellarium tells (syncs) is left out for others.

${group('Load', loadRows)}

${group('A running server', serverRows)}

${group('Servers of our own', embeddedRows)}

${group('Output', outputRows)}

What the figures mean
  Without --rate a client sends its commands, waits for all replies, and sends the next. A latency is the time from the
  write to the reply. When the server stalls so do the clients, and what they would have sent meanwhile is in no figure.
  With --rate each command has its time, and its latency runs from there, whether it could be sent then or not: that is
  what users of a service see. Times are kept to a millisecond.
  A percentile is the upper end of a bucket that is 1.6 % wide. Syncs are of all copies; commands per sync counts writes.
  The client needs CPU, too: on few cores it takes it from the server. Its share is printed.`
}
