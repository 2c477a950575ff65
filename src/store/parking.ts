import { assert, LazyMap } from '../base/index.ts'
import type { CommandRow } from '../redis/index.ts'
import type { Origin } from './origin.ts'

/** A command that cannot run just now: its keys are being loaded, leadership is in doubt, or Raft takes no more this turn. */
export class ParkedCommand {
  readonly origin: Origin
  readonly session: number
  /** Of origin and session together. */
  readonly sessionKey: number
  readonly sequence: number
  readonly version: number
  readonly protocol: number
  readonly flags: number
  readonly row: CommandRow | undefined
  /** RESP bytes of the command, its own copy. */
  readonly bytes: Uint8Array
  readonly keys: readonly string[]
  /** What it takes in memory, its keys included. */
  readonly parkedBytes: number
  /** It shares a key with every other. */
  readonly wholeRange: boolean
  readonly expiresAtMs: number
  /** In which it was taken from the mailbox: only what confirms leadership after that confirms it for this command. */
  readonly turn: number
  /** The last of its keys that is being asked of the engine for it. */
  lastWanted: string | null
  /** The last of its keys whose long value is being fetched for it. */
  lastFetched: string | null
  /** Of all that were parked here. */
  readonly order: number
  /** How many of its keys, and whether its session, an earlier one waits for. */
  blockers: number
  previous: ParkedCommand | null
  next: ParkedCommand | null

  constructor(command: CommandToPark, order: number, previous: ParkedCommand | null) {
    this.origin = command.origin
    this.session = command.session
    this.sessionKey = command.sessionKey
    this.sequence = command.sequence
    this.version = command.version
    this.protocol = command.protocol
    this.flags = command.flags
    this.row = command.row
    this.bytes = command.bytes
    this.keys = command.keys
    this.wholeRange = command.wholeRange
    this.expiresAtMs = command.expiresAtMs
    this.turn = command.turn
    this.lastWanted = command.lastWanted
    this.lastFetched = command.lastFetched
    this.parkedBytes = bytesOf(command)
    this.order = order
    this.blockers = 0
    this.previous = previous
    this.next = null
  }
}

/** As it came: the rest is given to it where it is parked. */
export type CommandToPark = Omit<ParkedCommand, 'parkedBytes' | 'order' | 'blockers' | 'previous' | 'next'>

const COMMANDS_MAX = 20_000
/** Of all peers of a store together. */
const BYTES_MAX = 64 * 1024 * 1024
/** What a parked command costs beside its bytes and its keys. Roughly. */
const COMMAND_BYTES = 256
/** And what a key costs beside its bytes: a string, its place in the list, another in the table of who waits for it. */
const KEY_BYTES = 64

/** A million keys of a byte each take much more than the bytes in which they were named. */
function bytesOf({ bytes, keys }: CommandToPark): number {
  let sum = COMMAND_BYTES + bytes.length + keys.length * KEY_BYTES
  for (const key of keys) sum += key.length
  return sum
}

/** Shared by the peers of a store: a bound for each of them would be none when a store has thousands. */
export class ParkingBudget {
  bytes = 0
  readonly bytesMax: number

  constructor(bytesMax: number = BYTES_MAX) {
    this.bytesMax = bytesMax
  }

  get isSpent(): boolean {
    return this.bytes >= this.bytesMax
  }

  charge(bytes: number): void {
    this.bytes += bytes
    assert(this.bytes >= 0, 'what is parked takes memory')
  }
}

/** Those that wait for one thing, in order; the first may have it. */
class Queue {
  readonly #commands: ParkedCommand[] = []
  #first = 0

  get first(): ParkedCommand | undefined {
    return this.#commands[this.#first]
  }

  /** False: it is the last one here already, for it names the thing twice. */
  push(command: ParkedCommand): boolean {
    if (this.#commands[this.#commands.length - 1] === command) return false
    this.#commands.push(command)
    return true
  }

  /** True when another one is the first now. */
  remove(command: ParkedCommand): boolean {
    const commands = this.#commands
    if (commands[this.#first] !== command) {
      const at = commands.indexOf(command, this.#first)
      if (at >= 0) commands.splice(at, 1)
      return false
    }
    this.#first++
    // The consumed head is cut off now and then, so that a queue that is never empty does not grow for ever.
    if (this.#first >= 64 && this.#first * 2 >= commands.length) {
      commands.splice(0, this.#first)
      this.#first = 0
    }
    return true
  }
}

/** Who waits for what; one for which nobody else waits needs no queue. */
class Waiting<Thing> {
  readonly #of = new LazyMap<Thing, ParkedCommand | Queue>()

  has(thing: Thing): boolean {
    return this.#of.has(thing)
  }

  add(thing: Thing, command: ParkedCommand): void {
    const there = this.#of.get(thing)
    if (there === undefined) {
      this.#of.set(thing, command)
    } else if (there instanceof Queue) {
      if (there.push(command) && there.first !== command) command.blockers++
    } else if (there !== command) {
      const queue = new Queue()
      queue.push(there)
      queue.push(command)
      this.#of.set(thing, queue)
      command.blockers++
    }
  }

  remove(thing: Thing, command: ParkedCommand): void {
    const there = this.#of.get(thing)
    if (there === command) this.#of.delete(thing)
    else if (there instanceof Queue && there.remove(command)) {
      const { first } = there
      if (first === undefined) this.#of.delete(thing)
      else first.blockers--
    }
  }

  shrink(): void {
    this.#of.shrink()
  }
}

/**
 * The commands that one peer has parked, in order of arrival. A later command may overtake one of them only if they
 * share neither a key nor the connection (rule 9).
 *
 * They are looked at again and again while they wait, and one of them may name a million keys. So each knows how many
 * earlier ones it waits for (`blockers`), which changes only when one of those leaves: a look costs nothing per key.
 * And the keys of one that is parked alone are put into the table only when somebody asks for keys.
 */
export class Parking {
  readonly #budget: ParkingBudget
  /** In order, linked. */
  first: ParkedCommand | null = null
  #last: ParkedCommand | null = null
  length = 0
  #order = 0
  readonly #sessions = new Waiting<number>()
  readonly #keys = new Waiting<string>()
  readonly #wholeRange = new Queue()
  /** It was parked when no other was, and its keys are not in the table yet. */
  #lone: ParkedCommand | null = null

  constructor(budget: ParkingBudget) {
    this.#budget = budget
  }

  get isEmpty(): boolean {
    return this.first === null
  }

  /** Its peer falls asleep, and nothing is parked. */
  shrink(): void {
    this.#sessions.shrink()
    this.#keys.shrink()
  }

  get isFull(): boolean {
    return this.length >= COMMANDS_MAX || this.#budget.isSpent
  }

  add(given: CommandToPark): void {
    this.#enterLone()
    const command = new ParkedCommand(given, ++this.#order, this.#last)
    if (this.#last === null) this.first = command
    else this.#last.next = command
    this.#last = command
    this.length++
    this.#budget.charge(command.parkedBytes)
    this.#sessions.add(command.sessionKey, command)
    if (command.wholeRange) this.#wholeRange.push(command)
    if (this.length === 1) this.#lone = command
    else this.#enterKeys(command)
  }

  #enterKeys(command: ParkedCommand): void {
    for (const key of command.keys) this.#keys.add(key, command)
  }

  #enterLone(): void {
    if (this.#lone !== null) this.#enterKeys(this.#lone)
    this.#lone = null
  }

  remove(command: ParkedCommand): void {
    const { previous, next } = command
    assert(previous === null ? this.first === command : previous.next === command, 'a command is parked once')
    if (previous === null) this.first = next
    else previous.next = next
    if (next === null) this.#last = previous
    else next.previous = previous
    this.length--
    this.#budget.charge(-command.parkedBytes)
    this.#sessions.remove(command.sessionKey, command)
    if (command.wholeRange) this.#wholeRange.remove(command)
    if (command === this.#lone) this.#lone = null
    else for (const key of command.keys) this.#keys.remove(key, command)
  }

  /** Must this one, which is parked, wait behind others that are? */
  mustStay(command: ParkedCommand): boolean {
    if (command.blockers > 0) return true
    if (command.wholeRange) return command.previous !== null
    const { first } = this.#wholeRange
    return first !== undefined && first.order < command.order
  }

  /** Must a command that has just come wait behind those that are parked? */
  holdsBack(sessionKey: number, keys: readonly string[], wholeRange: boolean): boolean {
    if (this.isEmpty) return false
    if (this.#wholeRange.first !== undefined || wholeRange || this.#sessions.has(sessionKey)) return true
    if (keys.length > 0) this.#enterLone()
    for (const key of keys) if (this.#keys.has(key)) return true
    return false
  }

  /** Does one of them name this key? */
  awaits(key: string): boolean {
    this.#enterLone()
    return this.#keys.has(key)
  }
}
