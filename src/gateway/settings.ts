/**
 * What CONFIG shows and changes: our options by their own names, and the settings of Redis that tools ask for, by its
 * names. A setting that cannot change may still be "set" to the value it has: tools do that.
 */
import {
  flagName,
  type OptionName,
  type Options,
  optionTable,
  parseBytes,
  parseDuration,
  parseOption,
} from '../model/index.ts'
import { matchGlob, type RequestLimits } from '../redis/index.ts'
import type { RouterSettings } from '../router/index.ts'
import { isLoopback } from './loopback.ts'

interface Described {
  readonly type: 'text' | 'integer' | 'bytes' | 'duration' | 'flag' | readonly string[]
  readonly atRunTime?: boolean
  readonly min?: number
  readonly max?: number
}

const INTEGER_MAX = 4_294_967_295

/** Redis's name of an option of ours. */
const aliases: Readonly<Record<string, OptionName>> = {
  maxclients: 'maxClients',
  'proto-max-bulk-len': 'valueMax',
  'client-query-buffer-limit': 'clientQueryMax',
}

/** What tools ask for, and is as it is. */
const fixed: Readonly<Record<string, string>> = {
  appendfsync: 'always',
  appendonly: 'yes',
  'cluster-enabled': 'no',
  databases: '1',
  dbfilename: '',
  'io-threads': '1',
  'lazyfree-lazy-eviction': 'no',
  'lazyfree-lazy-expire': 'no',
  logfile: '',
  loglevel: 'notice',
  maxmemory: '0',
  'maxmemory-clients': '0',
  'maxmemory-policy': 'noeviction',
  'notify-keyspace-events': '',
  'replica-read-only': 'yes',
  save: '',
  'slowlog-log-slower-than': '-1',
  'slowlog-max-len': '0',
  'tcp-keepalive': '300',
  timeout: '0',
}

/** One setting that CONFIG SET is asked to change, by the name and with the value that were given. */
export interface Wish {
  readonly name: string
  readonly value: string
}

/** What the parser can count; and what Redis takes: an argument that is only too long for a value its command refuses. */
const QUERY_BYTES_MAX = 2 ** 31 - 1
const ARGUMENT_BYTES_MAX = 512 * 1024 * 1024

/** Beyond these what comes is no command, and its connection is closed. */
export function requestLimits(options: Options): RequestLimits {
  return { argumentBytesMax: ARGUMENT_BYTES_MAX, queryBytesMax: Math.min(options.clientQueryMax, QUERY_BYTES_MAX) }
}

export class Settings {
  readonly options: Options
  readonly #optionByName: Map<string, OptionName>
  readonly #names: string[]

  /** Keeps a copy of the options: other gateways have theirs. */
  constructor(options: Options) {
    this.options = { ...options }
    this.#optionByName = new Map()
    for (const name of Object.keys(optionTable) as OptionName[]) this.#optionByName.set(flagName(name), name)
    for (const [name, option] of Object.entries(aliases)) this.#optionByName.set(name, option)
    this.#names = [...this.#optionByName.keys(), ...Object.keys(fixed)].sort()
  }

  get forRouter(): RouterSettings {
    const { requestTimeout, connectionOrder, valueMax } = this.options
    return { requestTimeoutMs: requestTimeout, connectionOrder, valueBytesMax: valueMax }
  }

  /** Names and values of what fits one of the patterns, each once. A name that is no pattern is given as it was typed. */
  find(patterns: readonly string[]): [string, string][] {
    const found = new Map<string, string>()
    for (const pattern of patterns) {
      for (const name of this.#names) {
        if (found.has(name) || !matchGlob(pattern, name, true)) continue
        found.set(name, /[*?[]/.test(pattern) ? name : pattern)
      }
    }
    return [...found].map(([name, shown]) => [shown, this.#value(name)])
  }

  /** What is wrong with the wishes, as the text of an error, or null. Nothing is changed. */
  check(wishes: readonly Wish[]): string | null {
    const seen = new Set<string>()
    for (const wish of wishes) {
      const name = wish.name.toLowerCase()
      if (!this.#optionByName.has(name) && fixed[name] === undefined) {
        return `ERR Unknown option or number of arguments for CONFIG SET - '${wish.name.replace(/\0.*/s, '')}'`
      }
      const failed = (why: string) => `ERR CONFIG SET failed (possibly related to argument '${wish.name}') - ${why}`
      const key = this.#optionByName.get(name) ?? name
      if (seen.has(key)) return failed('duplicate parameter')
      seen.add(key)
      const option = this.#optionByName.get(name)
      if (wish.value === this.#value(name)) continue
      if (option === undefined) return failed("can't set immutable config")
      const row: Described = optionTable[option]
      if (row.atRunTime !== true) return failed("can't set immutable config")
      const fault = faultOf(row, wish.value)
      if (fault !== null) return failed(fault)
      if (option === 'requirepass' && wish.value === '' && !isLoopback(this.options.bind)) {
        return failed(`bind ${this.options.bind} can be reached from other machines, which needs a password`)
      }
    }
    return null
  }

  /** Wishes that `check` has passed. Returns the options that were changed. */
  apply(wishes: readonly Wish[]): OptionName[] {
    const changed: OptionName[] = []
    for (const wish of wishes) {
      const option = this.#optionByName.get(wish.name.toLowerCase())
      if (option === undefined || wish.value === this.#value(wish.name.toLowerCase())) continue
      this.set(option, wish.value)
      changed.push(option)
    }
    return changed
  }

  set(option: OptionName, value: string): void {
    const values = this.options as unknown as Record<OptionName, string | number>
    values[option] = parseOption(option, value)
  }

  #value(name: string): string {
    const option = this.#optionByName.get(name)
    if (option === undefined) return fixed[name] as string
    const value = this.options[option]
    return Array.isArray(value) ? value.join(' ') : String(value)
  }
}

/** In Redis's words. */
function faultOf(row: Described, value: string): string | null {
  if (typeof row.type === 'object') {
    return row.type.includes(value) ? null : `argument(s) must be one of the following: ${row.type.join(', ')}`
  }
  if (row.type === 'text' || row.type === 'flag') return null
  let number: number | null
  if (row.type === 'bytes') {
    number = parseBytes(value)
    if (number === null) return 'argument must be a memory value'
  } else if (row.type === 'duration') {
    number = parseDuration(value)
    if (number === null) return 'argument must be a time such as 500ms or 5s'
  } else {
    number = /^-?\d+$/.test(value) ? Number(value) : null
    if (number === null) return "argument couldn't be parsed into an integer"
  }
  const min = row.min ?? 0
  const max = row.max ?? (row.type === 'integer' ? INTEGER_MAX : Number.MAX_SAFE_INTEGER)
  return number < min || number > max ? `argument must be between ${min} and ${max} inclusive` : null
}
