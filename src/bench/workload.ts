/** What is asked of the server, and the bytes that ask it: encoded once, so that a command costs a few digits. */
import { Random, utf8 } from '../base/index.ts'
import { encodeCommand } from '../redis/index.ts'
import { type KeyPicker, UniformKeys, ZipfianKeys } from './keys.ts'

export const commandNames = ['set', 'get', 'incr', 'append'] as const
export type CommandName = (typeof commandNames)[number]

/** Of commands, by name: weights that need not come to any sum. */
export type Mix = Readonly<Partial<Record<CommandName, number>>>

export interface Workload {
  readonly mix: Mix
  readonly connections: number
  /** Commands that a connection sends in one write; the next when all of them have been answered. */
  readonly pipeline: number
  readonly keys: number
  readonly distribution: 'uniform' | 'zipfian'
  /** The exponent of Zipf's law. */
  readonly zipfTheta: number
  readonly valueBytes: number
  /** Keys begin with two bytes that are evenly divided, as suits `--initial-cells`. */
  readonly spread: boolean
  /** Commands per second of all connections together, sent at their time; 0: as fast as replies come. */
  readonly ratePerSecond: number
}

interface Row {
  readonly writes: boolean
  /** Of three kinds of keys each command finds values that it can use. */
  readonly prefix: string
  readonly command: (key: Uint8Array, value: Uint8Array) => readonly (string | Uint8Array)[]
}

const rows: Readonly<Record<CommandName, Row>> = {
  set: { writes: true, prefix: 'key:', command: (key, value) => ['SET', key, value] },
  get: { writes: false, prefix: 'key:', command: (key) => ['GET', key] },
  incr: { writes: true, prefix: 'counter:', command: (key) => ['INCR', key] },
  append: { writes: true, prefix: 'text:', command: (key, value) => ['APPEND', key, value] },
}

const DIGITS = 12
const ZERO = 48

/** The share of a mix that changes something: reads are never synced. */
export function writeShare(mix: Mix): number {
  let writes = 0
  let all = 0
  for (const name of commandNames) {
    all += mix[name] ?? 0
    if (rows[name].writes) writes += mix[name] ?? 0
  }
  return writes / all
}

/** A command with a gap for its key's number. */
interface Template {
  readonly bytes: Uint8Array
  /** Of the first byte of the key's digits. */
  readonly digitsAt: number
  /** Of the two bytes before the prefix; -1: there are none. */
  readonly spreadAt: number
  /** Up to where a draw of the mix means this one. */
  readonly upTo: number
}

/** Writes batches of commands for one connection. What it wrote may be overwritten when it has been answered. */
export class Requests {
  readonly #random: Random
  readonly #templates: readonly Template[]
  readonly #weights: number
  readonly #keys: KeyPicker
  readonly #slots: Uint8Array
  readonly #slotBytes: number

  constructor(workload: Workload, seed: string) {
    this.#random = new Random(seed)
    const { mix, keys, distribution, zipfTheta, pipeline } = workload
    let upTo = 0
    const templates: Template[] = []
    for (const name of commandNames) {
      const weight = mix[name] ?? 0
      if (weight === 0) continue
      upTo += weight
      templates.push(template(rows[name], workload, upTo, this.#random))
    }
    this.#templates = templates
    this.#weights = upTo
    this.#keys =
      distribution === 'zipfian' ? new ZipfianKeys(this.#random, keys, zipfTheta) : new UniformKeys(this.#random, keys)
    this.#slotBytes = Math.max(...templates.map((each) => each.bytes.length))
    this.#slots = new Uint8Array(this.#slotBytes * pipeline)
    // Of a single kind all slots are laid out for good, and only the keys change.
    if (templates.length === 1)
      for (let i = 0; i < pipeline; i++) this.#slots.set(templates[0]!.bytes, this.#slotBytes * i)
  }

  /** The next `count` commands, back to back, in memory that belongs to this object. */
  next(count: number): Uint8Array {
    if (this.#templates.length === 1) {
      const only = this.#templates[0]!
      for (let i = 0; i < count; i++) putKey(this.#slots, i * this.#slotBytes, only, this.#keys.next())
      return this.#slots.subarray(0, count * this.#slotBytes)
    }
    let at = 0
    for (let i = 0; i < count; i++) {
      const each = this.#draw()
      this.#slots.set(each.bytes, at)
      putKey(this.#slots, at, each, this.#keys.next())
      at += each.bytes.length
    }
    return this.#slots.subarray(0, at)
  }

  #draw(): Template {
    const drawn = this.#random.float() * this.#weights
    for (const each of this.#templates) if (drawn < each.upTo) return each
    return this.#templates[this.#templates.length - 1]!
  }
}

/** SETs of the keys `from` up to `end`, each once: so that a GET finds something. */
export class FillRequests {
  readonly #template: Template
  readonly #slots: Uint8Array
  #next: number
  readonly #end: number

  constructor(workload: Workload, batch: number, from: number, end: number, seed: string) {
    this.#template = template(rows.set, workload, 1, new Random(seed))
    this.#slots = new Uint8Array(this.#template.bytes.length * batch)
    for (let i = 0; i < batch; i++) this.#slots.set(this.#template.bytes, this.#template.bytes.length * i)
    this.#next = from
    this.#end = end
  }

  get left(): number {
    return this.#end - this.#next
  }

  next(count: number): Uint8Array {
    const { length } = this.#template.bytes
    for (let i = 0; i < count; i++) putKey(this.#slots, i * length, this.#template, this.#next++)
    return this.#slots.subarray(0, count * length)
  }
}

function template(row: Row, { valueBytes, spread }: Workload, upTo: number, random: Random): Template {
  const begin = spread ? 2 : 0
  const prefix = utf8(row.prefix)
  const key = new Uint8Array(begin + prefix.length + DIGITS).fill(ZERO)
  key.set(prefix, begin)
  // Bytes at random: a disk or an engine that compresses gains little from them.
  const value = new Uint8Array(valueBytes)
  for (let i = 0; i < valueBytes; i++) value[i] = random.between(33, 126)
  const bytes = encodeCommand(row.command(key, value))
  const keyAt = Buffer.from(bytes).indexOf(key)
  return { bytes, digitsAt: keyAt + begin + prefix.length, spreadAt: spread ? keyAt : -1, upTo }
}

function putKey(into: Uint8Array, at: number, { digitsAt, spreadAt }: Template, key: number): void {
  let rest = key
  // All digits, always: an earlier batch may have left a longer number there.
  for (let i = at + digitsAt + DIGITS - 1; i >= at + digitsAt; i--) {
    const tenth = Math.floor(rest / 10)
    into[i] = ZERO + rest - tenth * 10
    rest = tenth
  }
  if (spreadAt >= 0) {
    const bits = Math.imul(key + 1, 0x9e37_79b1) >>> 16
    into[at + spreadAt] = bits >> 8
    into[at + spreadAt + 1] = bits & 255
  }
}
