/**
 * Every option, once: name, type, default, whether it can change while the server runs. Flags (`--cell-size 96mb`),
 * environment (`CELLARIUM_CELL_SIZE`), `CONFIG GET`, the embedded API (`cellSize`) and `--help` are made from this table.
 */
import { SetUpError } from '../base/index.ts'

export type OptionType = 'text' | 'integer' | 'bytes' | 'duration' | 'flag' | readonly string[]

interface OptionRow {
  readonly type: OptionType
  /** As one would write it; empty: none, or worked out from the machine (the summary says how). */
  readonly default: string
  readonly summary: string
  readonly repeatable?: boolean
  /** May be changed by CONFIG SET. */
  readonly atRunTime?: boolean
  readonly min?: number
  readonly max?: number
}

export const optionTable = {
  bind: {
    type: 'text',
    default: '127.0.0.1',
    summary: 'address to listen on; others than loopback ask for --requirepass',
  },
  port: { type: 'integer', default: '6379', summary: 'port for Redis clients; 0 picks a free one', min: 0, max: 65535 },
  httpPort: { type: 'integer', default: '6380', summary: 'port for HTTP; 0 picks a free one', min: 0, max: 65535 },
  dir: { type: 'text', default: './data', summary: 'where the data is; repeat it, once per disk', repeatable: true },
  labels: {
    type: 'text',
    default: '',
    summary: 'labels of the stores of a --dir, such as "host=a zone=1"; repeat it, once per --dir',
    repeatable: true,
  },
  executors: { type: 'integer', default: '', summary: 'worker threads (default: one per core)', min: 1, max: 999 },
  stores: {
    type: 'integer',
    default: '',
    summary: 'stores (default: the smallest multiple of --executors that is at least 3)',
    min: 1,
    max: 999,
  },
  replicas: { type: 'integer', default: '3', summary: 'copies of each cell, on as many stores', min: 1, max: 9 },
  cellSize: { type: 'bytes', default: '96mb', summary: 'a cell that grows beyond this is split', min: 65536 },
  initialCells: { type: 'integer', default: '1', summary: 'cells of a new cluster', min: 1, max: 100000 },
  splitPeers: {
    type: ['all', 'one'],
    default: 'all',
    summary: 'copies of a child of a split to begin with: on all stores of its parent, or one, until more are made',
  },
  memory: {
    type: 'bytes',
    default: '',
    summary: 'for data in memory (default: a quarter of RAM, at most 4gb)',
    min: 16777216,
  },
  valueMax: { type: 'bytes', default: '64mb', summary: 'largest value', min: 1024, max: 536870912 },
  maxClients: { type: 'integer', default: '10000', summary: 'connections at once', min: 1, atRunTime: true },
  clientQueryMax: {
    type: 'bytes',
    default: '',
    summary: 'bytes of unfinished command a client may have (default: --value-max + 1mb)',
    min: 1024,
  },
  clientOutputMax: {
    type: 'bytes',
    default: '256mb',
    summary: 'bytes of unread replies, after which a client is closed',
    atRunTime: true,
  },
  requestTimeout: {
    type: 'duration',
    default: '5s',
    summary: 'how long a command may wait for a leader',
    min: 10,
    atRunTime: true,
  },
  connectionOrder: {
    type: ['keys', 'strict'],
    default: 'keys',
    summary: 'order of one connection: per key and cell, or of all its commands',
    atRunTime: true,
  },
  tick: { type: 'duration', default: '50ms', summary: "Raft's unit of time", min: 1 },
  electionTicks: {
    type: 'integer',
    default: '10',
    summary: 'ticks without a leader before an election (drawn from n to 2n)',
    min: 3,
  },
  sleepAfter: {
    type: 'duration',
    default: '3s',
    summary: 'a cell that nobody has used for so long sleeps: no ticks, no messages; 0: never',
    min: 0,
  },
  gateways: {
    type: ['main', 'first', 'all'],
    default: 'main',
    summary: 'threads that serve clients: main, executor first, or all',
  },
  requirepass: { type: 'text', default: '', summary: 'password that clients must give', atRunTime: true },
  enableDebugCommand: {
    type: ['no', 'yes'],
    default: 'no',
    summary: 'permit DEBUG, which can crash and block executors',
  },
} as const satisfies Record<string, OptionRow>

export type OptionName = keyof typeof optionTable

/** All options with their values: bytes as numbers, durations as milliseconds. */
export interface Options {
  bind: string
  port: number
  httpPort: number
  dir: string[]
  labels: string[]
  executors: number
  stores: number
  replicas: number
  cellSize: number
  initialCells: number
  splitPeers: 'all' | 'one'
  memory: number
  valueMax: number
  maxClients: number
  clientQueryMax: number
  clientOutputMax: number
  requestTimeout: number
  connectionOrder: 'keys' | 'strict'
  tick: number
  electionTicks: number
  sleepAfter: number
  gateways: 'main' | 'first' | 'all'
  requirepass: string
  enableDebugCommand: 'no' | 'yes'
}

/** `cellSize` → `cell-size`: the name on the command line and in CONFIG. */
export function flagName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** `cellSize` → `CELLARIUM_CELL_SIZE`. */
export function environmentName(name: string): string {
  return `CELLARIUM_${flagName(name).replaceAll('-', '_').toUpperCase()}`
}

const byteUnits: Record<string, number> = {
  '': 1,
  b: 1,
  k: 1000,
  kb: 1024,
  m: 1e6,
  mb: 1024 ** 2,
  g: 1e9,
  gb: 1024 ** 3,
}

/** As in redis.conf: `1k` is 1000, `1kb` is 1024; case does not matter. */
export function parseBytes(text: string): number | null {
  const match = /^(\d+)([a-z]*)$/i.exec(text.trim())
  const unit = match && byteUnits[(match[2] as string).toLowerCase()]
  return match && unit !== undefined && unit !== null ? Number(match[1]) * unit : null
}

const durationUnits: Record<string, number> = { '': 1, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

export function parseDuration(text: string): number | null {
  const match = /^(\d+)([a-z]*)$/i.exec(text.trim())
  const unit = match && durationUnits[(match[2] as string).toLowerCase()]
  return match && unit !== undefined && unit !== null ? Number(match[1]) * unit : null
}

/** One value from its text, or an error that says what would be right. */
export function parseOption(name: OptionName, value: string): string | number {
  const row: OptionRow = optionTable[name]
  const flag = `--${flagName(name)}`
  if (typeof row.type === 'object') {
    if (!row.type.includes(value)) throw new SetUpError(`${flag} is one of ${row.type.join(', ')}, not '${value}'`)
    return value
  }
  if (row.type === 'text' || row.type === 'flag') return value
  const number =
    row.type === 'bytes'
      ? parseBytes(value)
      : row.type === 'duration'
        ? parseDuration(value)
        : /^\d+$/.test(value)
          ? Number(value)
          : null
  const example =
    row.type === 'bytes'
      ? 'a size such as 64mb'
      : row.type === 'duration'
        ? 'a time such as 500ms or 5s'
        : 'a whole number'
  if (number === null || !Number.isSafeInteger(number)) throw new SetUpError(`${flag} is ${example}, not '${value}'`)
  if (row.min !== undefined && number < row.min) throw new SetUpError(`${flag} is at least ${row.min}, not ${number}`)
  if (row.max !== undefined && number > row.max) throw new SetUpError(`${flag} is at most ${row.max}, not ${number}`)
  return number
}

/** What the defaults that depend on the machine are worked out from. */
export interface Machine {
  readonly cores: number
  readonly memoryBytes: number
}

/** Beyond its cores threads only take turns, and each has rings to every other: a thousand of them would never begin. */
function refuseIdleThreads(executors: number, cores: number): void {
  const max = Math.max(64, cores * 4)
  if (executors <= max) return
  const machine = cores === 1 ? 'one core' : `${cores} cores`
  throw new SetUpError(`--executors is at most ${max} on this machine, which has ${machine}, not ${executors}`)
}

/** Values as text (a flag twice: a list), completed by the defaults. Unknown names are the caller's to refuse. */
export function resolveOptions(
  given: Partial<Record<OptionName, string | readonly string[]>>,
  machine: Machine,
): Options {
  const values: Record<string, string | number | string[]> = {}
  for (const name of Object.keys(optionTable) as OptionName[]) {
    const row: OptionRow = optionTable[name]
    const value = given[name]
    if (row.repeatable) {
      const several = value === undefined ? [row.default] : typeof value === 'string' ? [value] : [...value]
      // A variable of a shell that was never set: taken as a path it would be the directory one happens to be in.
      if (row.default !== '' && several.includes('')) throw new SetUpError(`--${flagName(name)} is empty`)
      values[name] = several
    } else if (value !== undefined) {
      values[name] = parseOption(name, typeof value === 'string' ? value : (value[value.length - 1] as string))
    } else if (row.default !== '' || row.type === 'text') {
      values[name] = parseOption(name, row.default)
    }
  }
  const options = values as unknown as Options
  // As it stands in a URL.
  options.bind = options.bind.replace(/^\[(.*)\]$/, '$1')
  options.executors ??= machine.cores
  refuseIdleThreads(options.executors, machine.cores)
  options.stores ??= options.executors * Math.ceil(3 / options.executors)
  options.memory ??= Math.min(Math.floor(machine.memoryBytes / 4), 4 * 1024 ** 3)
  options.clientQueryMax ??= options.valueMax + 1024 ** 2
  if (options.replicas > options.stores) {
    throw new SetUpError(`--replicas ${options.replicas} needs as many stores, and --stores is ${options.stores}`)
  }
  return options
}
