/**
 * What each command means, written a second time and as plainly as can be: the state of a few keys, and for a command
 * with a known reply the states that it may have led to.
 *
 * Time is what makes this more than a map. A client does not know when its command was evaluated, only that it was
 * between sending it and hearing of it. So the instant at which a key dies is an interval, which every later
 * observation narrows: a key that was seen alive at `t` dies at `t` or later; one that was seen dead is gone for good.
 * The order of evaluation times is not used, so that a key's interval may come out too wide: never too narrow.
 */
import { isError, type Reply } from './history.ts'

/** A key that exists. It dies between `diesFromMs` and `diesUntilMs`; both Infinity: never. */
export interface LiveKey {
  readonly value: string
  readonly diesFromMs: number
  readonly diesUntilMs: number
}

export type KeyState = LiveKey | null

/** The states of all keys of a group. Equal states are one object: see `StateTable`. */
export interface GroupState {
  readonly id: number
  readonly keys: readonly KeyState[]
}

/** Gives equal states one identity, so that the search compares numbers. */
export class StateTable {
  readonly #states = new Map<string, GroupState>()
  readonly empty: GroupState

  constructor(keys: number) {
    this.empty = this.intern(new Array<KeyState>(keys).fill(null))
  }

  /** Keeps `keys`: the caller no longer owns the array. */
  intern(keys: KeyState[]): GroupState {
    let name = ''
    for (const key of keys) {
      if (key === null) name += '-;'
      else if (key.diesFromMs === Number.POSITIVE_INFINITY) name += `${key.value.length}=${key.value};`
      else name += `${key.value.length}=${key.value}@${key.diesFromMs}:${key.diesUntilMs};`
    }
    let state = this.#states.get(name)
    if (state === undefined) {
      state = { id: this.#states.size, keys }
      this.#states.set(name, state)
    }
    return state
  }
}

/** One command, its reply and its time, meeting one state. */
export class Evaluation {
  keys: KeyState[] = []
  /** Null when the reply is not known; then any would do. */
  expected: { readonly reply: Reply } | null = null
  /** The evaluation took place within these. */
  fromMs = 0
  untilMs = 0
  put(position: number, value: string): void {
    this.keys[position] = { value, diesFromMs: Number.POSITIVE_INFINITY, diesUntilMs: Number.POSITIVE_INFINITY }
  }

  /** The value changes, and the time to live stays; a key that was not there has none. */
  replace(position: number, value: string): void {
    const old = this.keys[position] as KeyState
    if (old === null) this.put(position, value)
    else this.keys[position] = { value, diesFromMs: old.diesFromMs, diesUntilMs: old.diesUntilMs }
  }

  dieIn(position: number, ms: number): void {
    const { value } = this.keys[position] as LiveKey
    this.keys[position] = { value, diesFromMs: this.fromMs + ms, diesUntilMs: this.untilMs + ms }
  }

  dieAt(position: number, atMs: number): void {
    const { value } = this.keys[position] as LiveKey
    this.keys[position] = { value, diesFromMs: atMs, diesUntilMs: atMs }
  }

  /**
   * The reply to a question for the time to live. Only a range of it is known: the expected reply when it lies in that
   * range, which then narrows the key's interval; −3, which never fits, when it does not.
   */
  remaining(position: number, unitMs: number, roundingMs: number): Reply {
    const key = this.keys[position] as KeyState
    if (key === null) return -2
    if (key.diesFromMs === Number.POSITIVE_INFINITY) return -1
    if (this.expected === null) return 0
    const reply = this.expected.reply
    if (typeof reply !== 'number' || reply < 0) return -3
    const diesFromMs = Math.max(key.diesFromMs, this.fromMs + reply * unitMs - roundingMs)
    const diesUntilMs = Math.min(key.diesUntilMs, this.untilMs + reply * unitMs + roundingMs)
    if (diesFromMs > diesUntilMs) return -3
    this.keys[position] = { value: key.value, diesFromMs, diesUntilMs }
    return reply
  }
}

/** Runs on `evaluation.keys[at[0]]` and so on, the keys of the part in order; returns the reply. */
export type Run = (evaluation: Evaluation, at: readonly number[]) => Reply

export interface CommandModel {
  /** Which arguments are keys: the first, all, every second, or none because all keys of the keyspace are meant. */
  readonly keys: 'first' | 'all' | 'pairs' | 'keyspace'
  /** How the reply is cut when the keys lie in several groups. `none`: such a command is not cut. */
  readonly cut: 'array' | 'sum' | 'ok' | 'none'
  readonly writes: boolean
  /** What the command with these arguments, without the name, does. */
  meaning(args: readonly string[]): Run
  /** With this reply it changed nothing, though it may write. */
  idle?(reply: Reply, args: readonly string[]): boolean
}

const notInteger = { error: 'ERR' }

/** An integer as Redis takes it: no sign but minus, no leading zeros. */
function integer(text: string): bigint | null {
  return /^(0|-?[1-9]\d*)$/.test(text) ? BigInt(text) : null
}

const OK = 'OK'
const isZero = (reply: Reply) => reply === 0

function adding(by: bigint): Run {
  return (evaluation, at) => {
    const position = at[0] as number
    const key = evaluation.keys[position] as KeyState
    const old = key === null ? 0n : integer(key.value)
    if (old === null) return notInteger
    const sum = old + by
    evaluation.replace(position, String(sum))
    return Number(sum)
  }
}

function rewriting(change: (old: string) => string): Run {
  return (evaluation, at) => {
    const position = at[0] as number
    const whole = change(evaluation.keys[position]?.value ?? '')
    evaluation.replace(position, whole)
    return whole.length
  }
}

function counting(change: (evaluation: Evaluation, position: number) => void): Run {
  return (evaluation, at) => {
    let count = 0
    for (const position of at) {
      if (evaluation.keys[position] === null) continue
      count++
      change(evaluation, position)
    }
    return count
  }
}

function reading(answer: (key: KeyState) => Reply): Run {
  return (evaluation, at) => answer(evaluation.keys[at[0] as number] as KeyState)
}

function expiring(ms: number): Run {
  return (evaluation, at) => {
    const position = at[0] as number
    if (evaluation.keys[position] === null) return 0
    if (ms <= 0) evaluation.keys[position] = null
    else evaluation.dieIn(position, ms)
    return 1
  }
}

function setting(value: string, options: readonly string[]): Run {
  let condition = ''
  let get = false
  let keep = false
  let dies: ((evaluation: Evaluation, position: number) => void) | null = null
  for (let i = 0; i < options.length; i++) {
    const option = (options[i] as string).toUpperCase()
    if (option === 'NX' || option === 'XX') condition = option
    else if (option === 'GET') get = true
    else if (option === 'KEEPTTL') keep = true
    else {
      const given = Number(options[++i])
      if (option === 'EX') dies = (evaluation, position) => evaluation.dieIn(position, given * 1000)
      else if (option === 'PX') dies = (evaluation, position) => evaluation.dieIn(position, given)
      else if (option === 'EXAT') dies = (evaluation, position) => evaluation.dieAt(position, given * 1000)
      else if (option === 'PXAT') dies = (evaluation, position) => evaluation.dieAt(position, given)
      else throw new Error(`the model knows no option ${option} of SET`)
    }
  }
  return (evaluation, at) => {
    const position = at[0] as number
    const old = evaluation.keys[position] as KeyState
    const wanted = condition === '' || (condition === 'NX') === (old === null)
    if (wanted) {
      if (keep) evaluation.replace(position, value)
      else evaluation.put(position, value)
      dies?.(evaluation, position)
    }
    return get ? (old?.value ?? null) : wanted ? OK : null
  }
}

const remove = (evaluation: Evaluation, position: number) => {
  evaluation.keys[position] = null
}

const deleting: CommandModel = {
  keys: 'all',
  cut: 'sum',
  writes: true,
  meaning: () => counting(remove),
  idle: isZero,
}

/** Every command the checker understands. A history with another one is refused, not guessed at. */
export const commandModels: Readonly<Record<string, CommandModel>> = {
  GET: { keys: 'first', cut: 'none', writes: false, meaning: () => reading((key) => key?.value ?? null) },
  STRLEN: { keys: 'first', cut: 'none', writes: false, meaning: () => reading((key) => key?.value.length ?? 0) },
  TYPE: {
    keys: 'first',
    cut: 'none',
    writes: false,
    meaning: () => reading((key) => (key === null ? 'none' : 'string')),
  },
  MGET: {
    keys: 'all',
    cut: 'array',
    writes: false,
    meaning: () => (evaluation, at) => at.map((position) => evaluation.keys[position]?.value ?? null),
  },
  EXISTS: { keys: 'all', cut: 'sum', writes: false, meaning: () => counting(() => {}) },
  SET: {
    keys: 'first',
    cut: 'none',
    writes: true,
    meaning: (args) => setting(args[1] as string, args.slice(2)),
    // With GET, nil says that the key was absent, and that it may have been made.
    idle: (reply, args) => reply === null && !args.includes('GET'),
  },
  MSET: {
    keys: 'pairs',
    cut: 'ok',
    writes: true,
    meaning: (args) => (evaluation, at) => {
      for (let i = 0; i < at.length; i++) evaluation.put(at[i] as number, args[2 * i + 1] as string)
      return OK
    },
  },
  SETRANGE: {
    keys: 'first',
    cut: 'none',
    writes: true,
    meaning: (args) => {
      const offset = Number(args[1])
      const part = args[2] as string
      return rewriting((old) => old.padEnd(offset, '\0').slice(0, offset) + part + old.slice(offset + part.length))
    },
  },
  APPEND: {
    keys: 'first',
    cut: 'none',
    writes: true,
    meaning: (args) => rewriting((old) => old + (args[1] as string)),
  },
  INCR: { keys: 'first', cut: 'none', writes: true, meaning: () => adding(1n), idle: isError },
  DECR: { keys: 'first', cut: 'none', writes: true, meaning: () => adding(-1n), idle: isError },
  INCRBY: {
    keys: 'first',
    cut: 'none',
    writes: true,
    meaning: (args) => adding(BigInt(args[1] as string)),
    idle: isError,
  },
  DECRBY: {
    keys: 'first',
    cut: 'none',
    writes: true,
    meaning: (args) => adding(-BigInt(args[1] as string)),
    idle: isError,
  },
  DEL: deleting,
  UNLINK: deleting,
  EXPIRE: {
    keys: 'first',
    cut: 'none',
    writes: true,
    meaning: (args) => expiring(Number(args[1]) * 1000),
    idle: isZero,
  },
  PEXPIRE: { keys: 'first', cut: 'none', writes: true, meaning: (args) => expiring(Number(args[1])), idle: isZero },
  PERSIST: {
    keys: 'first',
    cut: 'none',
    writes: true,
    meaning: () => (evaluation, at) => {
      const position = at[0] as number
      const key = evaluation.keys[position] as KeyState
      if (key === null || key.diesFromMs === Number.POSITIVE_INFINITY) return 0
      evaluation.put(position, key.value)
      return 1
    },
    idle: isZero,
  },
  TTL: {
    keys: 'first',
    cut: 'none',
    writes: false,
    meaning: () => (evaluation, at) => evaluation.remaining(at[0] as number, 1000, 500),
  },
  PTTL: {
    keys: 'first',
    cut: 'none',
    writes: false,
    meaning: () => (evaluation, at) => evaluation.remaining(at[0] as number, 1, 0),
  },
  FLUSHALL: {
    keys: 'keyspace',
    cut: 'ok',
    writes: true,
    meaning: () => (evaluation) => {
      evaluation.keys.fill(null)
      return OK
    },
  },
  // Judged apart, in `count.ts`: it is a sum over all groups.
  DBSIZE: { keys: 'keyspace', cut: 'sum', writes: false, meaning: () => () => null },
}

export function commandModel(command: readonly string[]): CommandModel {
  const model = commandModels[command[0] as string]
  if (model === undefined) throw new Error(`the model knows no command ${command[0]}`)
  return model
}
