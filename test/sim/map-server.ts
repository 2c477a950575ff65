/**
 * A server that is one map, correct because it does one thing at a time; and the same server with one habit that is
 * wrong. It shows that the clients, the network and the checker find what they are there to find.
 */
import { copyBytes, fromLatin1, latin1, type Random } from '../../src/base/index.ts'
import {
  Arguments,
  type CommandRow,
  type Keyspace,
  lookupCommand,
  ReplyWriter,
  RequestParser,
  type StringValue,
  type Walked,
} from '../../src/redis/index.ts'
import type { WireEnd } from './network.ts'

/** What it does wrong, now and then. */
export type Habit =
  | 'none'
  /** says OK to a write and forgets it */
  | 'forgets'
  /** does a write twice */
  | 'repeats'
  /** answers a read from what was there a while ago */
  | 'readsThePast'
  /** refuses a write as not executed, and does it later */
  | 'refusesAndDoes'
  /** exchanges the replies of two commands of a connection */
  | 'exchangesReplies'
  /** does the commands of a pipeline in another order */
  | 'reordersPipelines'
  /** brings a deleted or expired key back */
  | 'revives'
  /** FLUSHALL leaves something */
  | 'flushesBadly'
  /** forgets the time to live when a value is changed */
  | 'losesExpiry'

interface Entry {
  value: Uint8Array
  expireAtMs: number
}

class MapKeyspace implements Keyspace {
  nowMs = 0
  readonly valueBytesMax = 1 << 20
  entries = new Map<string, Entry>()
  readonly removed = new Map<string, Entry>()
  habit: Habit = 'none'

  get count(): number {
    for (const key of [...this.entries.keys()]) this.find(key)
    return this.entries.size
  }

  find(key: string): StringValue | null {
    const entry = this.entries.get(key)
    if (entry === undefined) return null
    const { value, expireAtMs } = entry
    if (expireAtMs !== 0 && expireAtMs <= this.nowMs) {
      this.#drop(key, entry)
      return null
    }
    return { type: 'string', buffer: value, start: 0, end: value.length, expireAtMs }
  }

  findAt(source: Uint8Array, start: number, end: number): StringValue | null {
    return this.find(latin1(source.subarray(start, end)))
  }

  put(key: string, source: Uint8Array, start: number, end: number, expireAtMs: number): void {
    this.entries.set(key, { value: copyBytes(source.subarray(start, end)), expireAtMs })
  }

  patch(key: string, offset: number, source: Uint8Array, start: number, end: number): void {
    const old = this.entries.get(key) ?? { value: new Uint8Array(0), expireAtMs: 0 }
    const value = new Uint8Array(Math.max(old.value.length, offset + end - start))
    value.set(old.value)
    value.set(source.subarray(start, end), offset)
    this.entries.set(key, { value, expireAtMs: this.habit === 'losesExpiry' ? 0 : old.expireAtMs })
  }

  expire(key: string, expireAtMs: number): void {
    const { value } = this.entries.get(key) as Entry
    this.entries.set(key, { value, expireAtMs: this.habit === 'losesExpiry' ? 0 : expireAtMs })
  }

  remove(key: string): boolean {
    if (this.find(key) === null) return false
    this.#drop(key, this.entries.get(key) as Entry)
    return true
  }

  #drop(key: string, entry: Entry): void {
    this.removed.set(key, { value: entry.value, expireAtMs: 0 })
    this.entries.delete(key)
  }

  readonly copies = 2

  walk(from: string, end: string, keysMax: number, visit: (key: string, type: string) => void): Walked {
    const inRange = [...this.entries.keys()].filter((key) => key >= from && (end === '' || key < end)).sort()
    const looked = inRange.slice(0, keysMax)
    for (const key of looked) if (this.find(key) !== null) visit(key, 'string')
    return { next: inRange[keysMax] ?? null, looked: looked.length }
  }

  randomKey(): string | null {
    const [key] = this.entries.keys()
    return key === undefined || this.find(key) === null ? null : key
  }

  chance(): number {
    return 0.5
  }

  clear(): void {
    const [survivor] = this.habit === 'flushesBadly' ? this.entries : []
    this.entries.clear()
    if (survivor !== undefined) this.entries.set(...survivor)
  }
}

const limits = { argumentBytesMax: 1 << 20, queryBytesMax: 1 << 22 }
const HABIT_PROBABILITY = 0.02

export class MapServer {
  readonly #keyspace = new MapKeyspace()
  readonly #random: Random
  readonly #habit: Habit
  readonly #wallMs: () => number
  readonly #schedule: (delayMs: number, action: () => void) => void
  #past = new Map<string, Entry>()
  #pastMs = 0
  commands = 0

  constructor(
    random: Random,
    habit: Habit,
    wallMs: () => number,
    schedule: (delayMs: number, action: () => void) => void,
  ) {
    this.#random = random
    this.#habit = habit
    this.#wallMs = wallMs
    this.#schedule = schedule
    this.#keyspace.habit = habit
  }

  accept(end: WireEnd): void {
    const parser = new RequestParser(limits)
    const reply = new ReplyWriter(2)
    end.handler = {
      data: (bytes) => {
        parser.push(bytes)
        const replies: Uint8Array[] = []
        const commands: Uint8Array[] = []
        const args = new Arguments()
        while (parser.next(args) === 'command') commands.push(args.encode())
        for (const place of this.#order(commands.length)) {
          const reader = new RequestParser(limits)
          reader.push(commands[place] as Uint8Array)
          reader.next(args)
          replies[place] = this.#execute(args, reply)
        }
        if (this.#now('exchangesReplies') && replies.length > 1) replies.reverse()
        if (replies.length > 0) end.send(Buffer.concat(replies))
      },
      ended: () => end.end(),
      closed: () => {},
    }
  }

  #now(habit: Habit): boolean {
    return this.#habit === habit && this.#random.chance(HABIT_PROBABILITY)
  }

  #order(count: number): number[] {
    const places = [...Array(count).keys()]
    return this.#now('reordersPipelines') ? places.reverse() : places
  }

  #execute(args: Arguments, reply: ReplyWriter): Uint8Array {
    this.commands++
    const keyspace = this.#keyspace
    keyspace.nowMs = this.#wallMs()
    const row = lookupCommand(args) as CommandRow
    if (row.name === 'hello') {
      reply.reset()
      reply.protocol = 3
      reply.map(0)
      return copyBytes(reply.bytes())
    }
    if (keyspace.nowMs - this.#pastMs > 500) {
      this.#past = new Map(keyspace.entries)
      this.#pastMs = keyspace.nowMs
    }
    const run = () => {
      reply.reset()
      ;(row.execute as NonNullable<typeof row.execute>)(args, keyspace, reply)
      return copyBytes(reply.bytes())
    }
    const present = keyspace.entries
    if (this.#now('readsThePast') && !row.writes) {
      keyspace.entries = new Map(this.#past)
      const answer = run()
      keyspace.entries = present
      return answer
    }
    if (this.#now('forgets') && row.writes) {
      keyspace.entries = new Map(present)
      const answer = run()
      keyspace.entries = present
      return answer
    }
    if (this.#now('revives')) {
      const [key, entry] = [...keyspace.removed].pop() ?? []
      if (key !== undefined && entry !== undefined && !keyspace.entries.has(key)) keyspace.entries.set(key, entry)
    }
    if (this.#now('refusesAndDoes') && row.writes) {
      const copy = args.encode()
      this.#schedule(this.#random.below(50), () => {
        const later = new Arguments()
        const reader = new RequestParser(limits)
        reader.push(copy)
        reader.next(later)
        row.execute?.(later, keyspace, new ReplyWriter(2))
      })
      return fromLatin1('-BUSY not executed\r\n')
    }
    if (this.#now('repeats') && row.writes) run()
    return run()
  }
}
